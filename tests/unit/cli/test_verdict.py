"""The verb verdict: what it prints, what it writes, and with which exit code it leaves."""

import json

import pytest
from tests.unit.report import fake_verdict

from megabar.campaign import verdicts
from megabar.cli import main

TABLE = "day,H/La,error\n0,10.5,0.4\n10,9.5,0.4\n20,8.5,0.4\n40,6.5,0.4\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "weeks.csv"
    path.write_text(TABLE)
    return path


@pytest.fixture
def asked(monkeypatch):
    """Answer every question with the same document, and keep what was asked."""
    kept = {"document": fake_verdict.document()}

    def answer(question, work):
        kept.update(question=question, work=work)
        return kept["document"]

    monkeypatch.setattr(verdicts, "verdict", answer)
    return kept


def test_the_verdict_stands_first_and_families_before_members(table, asked, capsys):
    assert main.main(["verdict", "--csv", str(table)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("VERDICT      Verdict: loss.")
    assert printed.index("what the weeks support") < printed.index("members")
    for words in ("parameters of contract", "forecast", "what to measure next", "if you disagree",
                  "priors lah10", "missing", "excluded", "left out"):  # fmt: skip
        assert words in printed


def test_data_that_cannot_decide_leave_with_low_confidence(table, asked):
    asked["document"] = fake_verdict.document(undecided=True)
    assert main.main(["verdict", "--csv", str(table)]) == 11


def test_json_is_the_document_with_the_files(table, asked, capsys, tmp_path):
    words = ["verdict", "--csv", str(table), "--out", str(tmp_path / "out"), "--json"]
    assert main.main(words) == 0
    printed = json.loads(capsys.readouterr().out)
    written = json.loads((tmp_path / "out" / "verdict.json").read_text())
    assert printed.pop("files")[0].endswith("verdict.json")
    assert printed == written
    assert printed["schema"] == "megabar.verdict/1"


def test_all_figures_are_written_and_one_sheet_where_asked(table, asked, tmp_path):
    sheet = tmp_path / "one.png"
    out = tmp_path / "out"
    words = ["verdict", "--csv", str(table), "-o", str(out), "--figure", str(sheet)]
    assert main.main(words) == 0
    assert sheet.read_bytes().startswith(b"\x89PNG")
    names = {path.name for path in out.glob("*.svg")}
    assert names == {"families.svg", "curves.svg", "forecast.svg", "assumptions.svg", "next.svg",
                     "residuals.svg"}  # fmt: skip


def test_what_is_typed_reaches_the_question(table, asked, tmp_path):
    priors = tmp_path / "mine.toml"
    priors.write_text('base = "lah10"\n[initial_content]\nfirst = 9.6\n')
    words = ["verdict", "--csv", str(table), "--priors", str(priors), "--seed", "11",
             "--threshold", "5", "--dead-time", "12 us", "--metal-frequency", "55.95 MHz",
             "--temperature", "295 K", "--record", "t1", "--second-opinion"]  # fmt: skip
    main.main(words)
    question = asked["question"]
    assert question.priors["initial_content"].first == 9.6
    assert (question.seed, question.threshold, question.temperature) == (11, 5.0, 295.0)
    assert (question.taken.weeks.dead_time, question.taken.weeks.metal_frequency) == (12.0, 55.95)
    assert question.taken.records == ("t1",)
    assert question.second_opinion
    assert question.source["metal"] == "La"


@pytest.mark.parametrize(
    ("words", "scheduler"),
    [
        ([], "process"),
        (["--workers", "0"], "serial"),
        (["--scheduler", "local"], "local"),
        (["--scheduler", "tcp://node:8786"], "tcp://node:8786"),
        (["--slurm", "--slurm-memory", "1GB", "--slurm-time", "01:00:00"], "slurm"),
    ],
)
def test_the_work_goes_where_it_is_sent(table, asked, words, scheduler):
    main.main(["verdict", "--csv", str(table), *words])
    assert asked["work"].scheduler == scheduler
    assert (asked["work"].slurm is not None) == (scheduler == "slurm")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 10, "neither of STORE and --csv"),
        (["nowhere"], 2, "no campaign at nowhere"),
        (["--csv", "TABLE", "--priors", "lah9"], 2, "Did you mean lah10"),
        (["--csv", "TABLE", "--record", "t2"], 2, "Found record 't2'"),
        (["--csv", "TABLE", "--dead-time", "12 kg"], 2, "Found dead time '12 kg'"),
        (["--csv", "TABLE", "--figure", "x.gif"], 2, "gif"),
        (["--csv", "TABLE", "--slurm"], 10, "--slurm-memory"),
    ],
)
def test_what_cannot_be_used_is_told(table, asked, capsys, words, code, message):
    given = [str(table) if word == "TABLE" else word for word in words]
    assert main.main(["verdict", *given]) == code
    assert message in capsys.readouterr().err


def test_a_mistake_in_the_table_names_its_line(table, capsys):
    table.write_text(TABLE + "50,x,0.4\n")
    assert main.main(["verdict", "--csv", str(table)]) == 2
    assert "weeks.csv: 1 field: Line 6, column H/La: found 'x'" in capsys.readouterr().err


def test_too_few_points_leave_with_low_confidence(table, capsys):
    table.write_text("day,H/La,error\n0,10.5,0.4\n10,9.5,0.4\n")
    assert main.main(["verdict", "--csv", str(table)]) == 11
    assert "2 of 2 points are values, and 4 are needed" in capsys.readouterr().err
