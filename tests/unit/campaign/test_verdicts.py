"""A verdict is computed once, kept as files, and its document is what the reference says it is."""

import json
import re
from pathlib import Path

import pytest
from tests.unit.report import fake_verdict

from megabar.campaign import verdicts, weeks_table
from megabar.inference.hypotheses import hypothesis
from megabar.inference.priors import PRIORS

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "verdict.md"
RIVALS = ("stable", "stable+gain", "first", "first+gain")
FALLING = [(0, 10.5), (10, 8.6), (20, 7.2), (30, 6.1), (45, 4.9), (60, 4.3)]


@pytest.fixture(autouse=True)
def few_rivals(monkeypatch):
    monkeypatch.setattr(
        verdicts, "all_hypotheses", lambda weeks: tuple(hypothesis(one) for one in RIVALS)
    )
    monkeypatch.setattr(verdicts, "rank_measurements", lambda *_, **__: ())


def question(folder, *, points=FALLING, **more):
    path = folder / "weeks.csv"
    rows = "".join(f"{day},{x},0.3,A,{900 + 273 * (10.5 - x):.0f},30\n" for day, x in points)
    path.write_text("day,H/La,error,cell,shift (ppm),shift_error\n" + rows)
    asked = {"seed": 7, "threshold": 6.0, "thorough": False, **more}
    return verdicts.Question(
        taken=weeks_table.read_weeks(path, facts=weeks_table.Facts()),
        priors=PRIORS["lah10"],
        priors_name="lah10",
        source={"kind": "csv", "name": path.name, "sha256": "0" * 64, "metal": "La"},
        **asked,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("verdict")


@pytest.fixture
def document(folder):
    return verdicts.verdict(question(folder), verdicts.Work(folder=folder, scheduler="serial"))


def test_probabilities_of_families_and_of_members_add_up_to_one(document):
    assert sum(one["probability"] for one in document["families"]) == pytest.approx(1)
    assert sum(one["probability"] for one in document["members"]) == pytest.approx(1)
    losing = sum(o["probability"] for o in document["members"] if o["name"].startswith("first"))
    assert document["loss"]["probability"] == pytest.approx(losing)


def test_a_fall_with_its_shift_is_a_loss_that_waits_for_its_records(document):
    assert document["loss"]["probability"] > 0.95
    assert document["verdict"] == "undecided"
    assert not document["decided"]
    assert any("nutation" in one for one in document["missing"])
    assert "2507.08009" in document["contradicted_by"]


def test_the_document_has_the_keys_of_the_reference_and_no_other(document):
    section = REFERENCE.read_text(encoding="utf-8").split("## JSON")[1]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    told = {key for row in rows for key in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert told - {"files"} == set(document)


@pytest.mark.parametrize(
    "key", ["families", "members", "parameters", "cells", "curves", "assumptions"]
)
def test_entries_have_the_keys_of_the_reference_and_no_other(document, key):
    section = REFERENCE.read_text(encoding="utf-8").split("## JSON")[1]
    (row,) = [line for line in section.splitlines() if line.startswith(f"| `{key}` |")]
    told = set(re.findall(r"`(\w+)`", row.split("|")[2]))
    inner = {"family", "member", "apparent", "real"} if key == "curves" else set()
    assert told - inner == set(document[key][0])


def test_the_fake_of_the_other_tests_has_the_same_keys(document):
    fake = fake_verdict.document()
    assert set(fake) == set(document)
    for key in ("families", "members", "parameters", "cells", "curves", "assumptions"):
        assert set(fake[key][0]) == set(document[key][0])
    assert set(fake["forecast"]["cells"][0]) == set(document["forecast"]["cells"][0])
    assert set(fake["checks"]) == set(document["checks"])


def test_the_document_is_strict_json(document):
    again = json.loads(json.dumps(document, allow_nan=False))
    assert again == document


def test_a_verdict_that_was_given_is_read_and_not_computed(document, folder, monkeypatch):
    monkeypatch.setattr(verdicts, "_judged", lambda *_: pytest.fail("it was computed again"))
    again = verdicts.verdict(question(folder), verdicts.Work(folder=folder, scheduler="serial"))
    assert again == document


def test_a_damaged_document_is_computed_again_to_the_same_bytes(document, folder):
    asked = question(folder)
    (path,) = folder.glob(f"verdict-{asked.digest[:16]}*.json")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    verdicts.verdict(asked, verdicts.Work(folder=folder, scheduler="serial"))
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "change",
    [{"seed": 8}, {"threshold": 5.0}, {"temperature": 295.0}, {"points": FALLING[:5]}],
)
def test_whatever_decides_the_verdict_changes_its_digest(tmp_path, change):
    assert question(tmp_path, **change).digest != question(tmp_path).digest


def test_each_rival_left_out_is_a_row_of_the_assumptions(document):
    changes = [one["change"] for one in document["assumptions"]]
    assert changes[0] == "nothing"
    assert {"rival gain excluded", "contents alone", "families alike"} <= set(changes)


def test_a_forecast_that_is_below_already_gives_the_day_between_the_points(document):
    (cell,) = document["forecast"]["cells"]
    assert cell["below_threshold"]["probability"] > 0.95
    assert 20 < cell["below_threshold"]["median"] < 45
