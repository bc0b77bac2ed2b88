"""Verbs on campaigns, on a small virtual one: from nothing to the report, and what it answers."""

import json
from collections import Counter
from importlib.resources import as_file, files

import pytest
from tests.batteries import small_campaign

from megabar.campaign.rows import Failure
from megabar.cli import main, terminal, work
from megabar.virtual.plan import read_plan


def facts_of(capsys, *words):
    code = main.main([*map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    folder = tmp_path_factory.mktemp("campaigns") / "small"
    small_campaign.simulate(folder)
    assert main.main(["run", str(folder), "--workers", "0"]) in {
        terminal.OK,
        terminal.LOW_CONFIDENCE,
    }
    return folder


def test_simulate_writes_a_campaign_and_the_next_command(tmp_path, capsys):
    small_campaign.simulate(tmp_path / "first")
    code = main.main(
        ["simulate", str(tmp_path / "first.toml"), "-o", str(tmp_path / "second"), "--seed", "5"]
    )
    assert code == terminal.OK
    assert (tmp_path / "second" / "campaign.toml").is_file()
    assert f"megabar run {tmp_path / 'second'}" in capsys.readouterr().out


def test_simulate_refuses_another_campaign_in_its_place(campaign, capsys):
    plan = campaign.with_suffix(".toml")
    code = main.main(["simulate", str(plan), "-o", str(campaign), "--seed", "99"])
    assert code == terminal.BAD_INPUT
    assert capsys.readouterr().err.count("\n") == 1


def test_a_second_run_has_nothing_to_do_and_names_the_report_command(campaign, capsys):
    code, facts = facts_of(capsys, "run", campaign)
    assert facts["done"] == 0
    assert facts["skipped"] > 10
    assert facts["failures"] == []
    assert code == terminal.OK
    main.main(["run", str(campaign)])
    assert f"megabar report {campaign}" in capsys.readouterr().out


@pytest.mark.parametrize("place", [".", "campaign.toml", "store"])
def test_plan_folder_and_store_name_the_same_campaign(place, campaign, capsys):
    code, facts = facts_of(capsys, "status", campaign / place)
    assert code == terminal.OK
    assert facts["campaign"] == str(campaign)


def test_status_counts_every_file_as_done(campaign, capsys):
    _, facts = facts_of(capsys, "status", campaign)
    assert sum(row["missing"] for row in facts["progress"]) == 0
    assert sum(row["done"] for row in facts["progress"]) == sum(
        row["found"] for row in facts["progress"]
    )
    main.main(["status", str(campaign)])
    assert "megabar report" in capsys.readouterr().out


def test_status_of_a_campaign_that_never_ran_names_the_run_command(tmp_path, capsys):
    small_campaign.simulate(tmp_path / "fresh")
    assert main.main(["status", str(tmp_path / "fresh")]) == terminal.OK
    assert "megabar run" in capsys.readouterr().out


def test_show_of_a_campaign_lists_cells_and_channels(campaign, capsys):
    code, facts = facts_of(capsys, "show", campaign)
    assert code == terminal.OK
    assert facts["format"] == "campaign"
    assert [cell["name"] for cell in facts["cells"]] == ["cell-1"]
    assert {"line", "t1", "t2", "copper"} <= {one["measure"] for one in facts["channels"]}
    main.main(["show", str(campaign)])
    assert "170 GPa" in capsys.readouterr().out


def test_report_prints_where_it_lies(campaign, capsys):
    code, facts = facts_of(capsys, "report", campaign)
    assert code == terminal.OK
    page = campaign / "store" / "report" / "report.html"
    assert facts["report"] == str(page)
    assert page.stat().st_size > 50_000
    assert (page.parent / "tables" / "numbers.csv").is_file()


def test_report_of_a_campaign_that_never_ran_says_what_to_do(tmp_path, capsys):
    small_campaign.simulate(tmp_path / "fresh")
    assert main.main(["report", str(tmp_path / "fresh")]) == terminal.BAD_INPUT
    assert "megabar run" in capsys.readouterr().err


def test_check_of_a_campaign_reads_every_file_and_its_archive(campaign, capsys):
    code, facts = facts_of(capsys, "check", campaign)
    assert code == terminal.OK, facts["problems"]
    assert facts["files"] > 10


def test_a_missing_plan_entry_is_found_by_check_before_the_run(tmp_path, capsys):
    folder = tmp_path / "open"
    small_campaign.simulate(folder)
    small_campaign.amend(folder, r'array = "vdlist"\n', 'array = "nolist"\n')
    code, facts = facts_of(capsys, "check", folder)
    assert code in {terminal.INPUT_MISSING, terminal.BAD_INPUT}
    assert facts["problems"]


def test_check_tells_of_a_gold_lens_before_the_run(tmp_path, capsys):
    folder = tmp_path / "gold"
    small_campaign.simulate(folder)
    small_campaign.amend(folder, r'(name = "cell-1"\n)', r'\1lens = "gold"\n')
    code, facts = facts_of(capsys, "check", folder)
    assert code == terminal.OK
    (warning,) = facts["warnings"]
    assert warning.startswith("The lens of cell-1 is of gold")


def test_check_reads_the_plan_of_a_simulation(tmp_path, capsys):
    plan = tmp_path / "any_name.toml"
    plan.write_text(small_campaign.EXAMPLE.read_text())
    code, facts = facts_of(capsys, "check", plan)
    assert (code, facts["kind"], facts["problems"]) == (terminal.OK, "simulation", [])
    plan.write_text(plan.read_text().replace("points = ", "pionts = ", 1))
    assert main.main(["check", str(plan)]) == terminal.BAD_INPUT
    assert "points: is missing" in capsys.readouterr().err


def test_the_demo_is_whole_the_first_time_and_quick_the_second(tmp_path, monkeypatch, capsys):
    small_campaign.simulate(tmp_path / "demo")
    monkeypatch.setattr(work, "files", lambda _package: tmp_path)
    first = facts_of(capsys, "demo", tmp_path / "out")
    second = facts_of(capsys, "demo", tmp_path / "out")
    assert first[0] == second[0] == terminal.OK
    assert (first[1]["fresh"], second[1]["fresh"]) == (True, False)
    assert second[1]["done"] == 0
    assert first[1]["report"] == second[1]["report"]


def test_the_plan_of_the_demo_is_in_the_package_and_can_be_simulated():
    with as_file(files("megabar.cli") / "demo.toml") as path:
        assert len(read_plan(path).cells) == 4


def a_failure(**changes):
    words = {
        "cell": "cell-1", "channel": "x", "source": "raw/x", "stage": "read", "identity": "",
        "kind": "ReadError", "message": "m",
    }  # fmt: skip
    return Failure(**{**words, **changes})


@pytest.mark.parametrize(
    ("failures", "qualities", "code"),
    [
        ([], {"value": 9}, terminal.OK),
        ([], {"value": 9, "no solution": 1}, terminal.OK),
        ([], {"value": 9, "upper bound": 1}, terminal.LOW_CONFIDENCE),
        ([], {"not reached": 1}, terminal.LOW_CONFIDENCE),
        ([a_failure()], {"value": 9}, terminal.LOW_CONFIDENCE),
        ([a_failure(argument="array")], {"upper bound": 1}, terminal.INPUT_MISSING),
    ],
)
def test_the_exit_code_says_how_far_the_numbers_carry(failures, qualities, code):
    assert work._confidence(failures, Counter(qualities)) == code
