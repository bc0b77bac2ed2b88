"""Verbs on files: what they say, what they write, and which questions they ask."""

import json

import numpy as np
import pytest

from megabar import schemas
from megabar.cli import main, terminal
from megabar.readers import archive, registry


def facts_of(capsys, *words):
    code = main.main([*words, "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def acquisition(tmp_path):
    rng = np.random.default_rng(3)
    dataset = schemas.acquisition(
        rng.normal(size=(3, 64)) + 1j * rng.normal(size=(3, 64)),
        time=5e-6 + 1e-6 * np.arange(64),
        step={"delay": [0.001, 0.01, 0.1]},
        started_at="2026-01-10T12:00:00",
        attrs={
            "nucleus": "1H", "carrier_frequency": 395.1e6, "n_scans": 8.0,
            "sequence": "saturation-recovery", "repetition_time": 0.5, "dead_time": 5e-6,
            "cell": "cell-1", "source": "made up", "source_sha256": "0" * 64,
        },
    )  # fmt: skip
    path = tmp_path / "recovery.nc"
    archive.write(dataset, path)
    return path


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "cooling.csv"
    path.write_text("Temp (K),R (ohm)\n300,0.5\n200,0.4\n100,0.0\n")
    return path


def test_show_tells_nucleus_carrier_dimensions_and_start(acquisition, capsys):
    code, facts = facts_of(capsys, "show", str(acquisition))
    assert code == terminal.OK
    assert facts["format"] == "archive"
    dataset = facts["dataset"]
    assert dataset["sizes"] == {"step": 3, "time": 64}
    assert dataset["attributes"]["nucleus"] == "1H"
    assert dataset["attributes"]["carrier_frequency"] == 395.1e6
    assert dataset["ranges"]["delay"] == {"from": 0.001, "to": 0.1, "size": 3, "unit": "s"}
    assert dataset["started_at"] == "2026-01-10T12:00:00"


def test_show_lists_an_open_question_with_its_candidates_and_exits_with_0(table, capsys):
    code, facts = facts_of(capsys, "show", str(table))
    assert code == terminal.OK
    assert facts["dataset"] is None
    question = facts["questions"][0]
    assert question["argument"] == "columns"
    assert "'Temp (K)'" in question["candidates"]


def test_show_in_words_names_the_option_that_decides(table, capsys):
    main.main(["show", str(table)])
    text = capsys.readouterr().out
    assert "open question" in text
    assert "--columns" in text


def test_check_exits_with_10_where_show_only_tells(table, capsys):
    code, facts = facts_of(capsys, "check", str(table))
    assert code == terminal.INPUT_MISSING
    assert facts["problems"][0]["argument"] == "columns"


def test_read_stops_at_an_open_question_with_10_and_writes_nothing(table, tmp_path, capsys):
    out = tmp_path / "out.nc"
    code, facts = facts_of(capsys, "read", str(table), "-o", str(out))
    assert code == terminal.INPUT_MISSING
    assert facts["schema"] == "megabar.error/1"
    assert facts["argument"] == "columns"
    assert not out.exists()


@pytest.mark.parametrize(
    "decisions",
    [
        ["--columns", "temperature=Temp (K)", "--columns", "resistance=R (ohm)",
         "--source-kind", "log", "--current", "1 mA"],
        ["--set", "columns=temperature=Temp (K)", "--set", "columns=resistance=R (ohm)",
         "--set", "source_kind=log", "--set", "current=1 mA"],
    ],
)  # fmt: skip
def test_decisions_come_by_name_or_by_set(decisions, table, tmp_path, capsys):
    out = tmp_path / "out.nc"
    code, facts = facts_of(capsys, "read", str(table), "-o", str(out), *decisions)
    assert code == terminal.OK, facts
    sweep = archive.read(out)
    assert sweep["resistance"].values.tolist() == [0.5, 0.4, 0.0]
    assert sweep.attrs["current"] == 1e-3
    assert facts["written"][0]["dataset_schema"] == "sweep/1"


@pytest.mark.parametrize("suffix", ["nc", "csdf"])
def test_what_is_written_reads_back_as_it_was(suffix, acquisition, tmp_path, capsys):
    out = tmp_path / f"copy.{suffix}"
    code, _ = facts_of(capsys, "read", str(acquisition), "-o", str(out))
    assert code == terminal.OK
    before, after = registry.read(acquisition), registry.read(out)
    np.testing.assert_array_equal(after["signal"].values, before["signal"].values)
    np.testing.assert_allclose(after["time"].values, before["time"].values, rtol=1e-12)
    np.testing.assert_allclose(after["delay"].values, before["delay"].values, rtol=1e-12)


def test_csv_has_a_header_with_units_and_one_row_per_point(acquisition, tmp_path, capsys):
    out = tmp_path / "copy.csv"
    assert facts_of(capsys, "read", str(acquisition), "-o", str(out))[0] == terminal.OK
    lines = [line for line in out.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == 1 + 3 * 64
    assert "s" in lines[0]


def test_several_files_go_into_a_folder(acquisition, tmp_path, capsys):
    other = tmp_path / "other.nc"
    other.write_bytes(acquisition.read_bytes())
    out = tmp_path / "out"
    code, facts = facts_of(capsys, "read", str(acquisition), str(other), "-o", str(out))
    assert code == terminal.OK
    assert sorted(one.name for one in out.iterdir()) == ["other.nc", "recovery.nc"]
    assert len(facts["written"]) == 2


def test_several_files_never_share_one_output(acquisition, tmp_path, capsys):
    words = ["read", str(acquisition), str(acquisition), "-o"]
    assert main.main([*words, str(tmp_path / "one.nc")]) == terminal.BAD_INPUT
    assert "Give a folder" in capsys.readouterr().err
    assert main.main([*words, str(tmp_path / "folder")]) == terminal.BAD_INPUT
    assert "overwrite each other" in capsys.readouterr().err


def test_an_unknown_format_gets_a_suggestion(acquisition, tmp_path, capsys):
    words = ["read", str(acquisition), "-o", str(tmp_path / "folder"), "--as", "csd"]
    assert main.main(words) == terminal.BAD_INPUT
    assert "Did you mean .csdf" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "nucleus"], "a name and a value are needed"),
        (["--set", "nuclues=1H"], "Did you mean nucleus"),
        (["--nucleus", "1H", "--set", "nucleus=2H"], "decided twice"),
        (["--columns", "temperature"], "QUANTITY=HEADER is needed"),
        (["--dead-time", "5 Hz"], "dead time"),
    ],
)
def test_a_decision_that_makes_no_sense_is_bad_input(words, message, table, capsys):
    assert main.main(["show", str(table), *words]) == terminal.BAD_INPUT
    assert message in capsys.readouterr().err


def test_a_damaged_file_is_a_problem_of_check(acquisition, capsys):
    acquisition.write_bytes(acquisition.read_bytes()[:-10])
    code, facts = facts_of(capsys, "check", str(acquisition))
    assert code == terminal.BAD_INPUT
    assert facts["problems"][0]["kind"] in {"UnreadableFile", "TruncatedData"}


def test_check_of_the_installation_names_versions(capsys):
    code, facts = facts_of(capsys, "check")
    assert code == terminal.OK, facts["problems"]
    assert facts["packages"]["numpy"]["found"]


def test_two_packages_that_write_one_module_are_a_clash(monkeypatch, capsys):
    from importlib import metadata

    true = metadata.version
    monkeypatch.setattr(
        metadata, "version", lambda name: "0.12" if name.startswith("nmrglue") else true(name)
    )
    code, facts = facts_of(capsys, "check")
    assert code == terminal.BAD_INPUT
    assert facts["problems"][0]["kind"] == "PackageClash"


def test_an_old_or_absent_package_is_named_with_its_remedy(monkeypatch, capsys):
    from importlib import metadata

    true = metadata.version

    def version(name):
        if name == "rich":
            raise metadata.PackageNotFoundError(name)
        return "1.2.3" if name == "numpy" else true(name)

    monkeypatch.setattr(metadata, "version", version)
    _, facts = facts_of(capsys, "check")
    kinds = {one["where"]: one["kind"] for one in facts["problems"]}
    assert kinds["numpy"] == "OldPackage"
    assert kinds["rich"] == "MissingPackage"
    assert all("pip install" in one["message"] for one in facts["problems"])
