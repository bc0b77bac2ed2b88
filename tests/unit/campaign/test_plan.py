import json
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import datetime
from math import pi
from pathlib import Path

import pytest

from megabar.campaign import plan
from megabar.errors import PlanError

Write = Callable[..., Path]
DOCS = Path(__file__).resolve().parents[3] / "docs" / "reference" / "plan.md"

CONTENT = """
[content]
calibration = "precursor"
precursor_h_per_metal = 3.0
precursor_h_per_metal_std = 0.05
pairing = "24 hour"
"""
COPPER = """
[reference]
method = "copper"
proton_frequency = "395.107 MHz"
ambient_copper = "raw/reference/63Cu"
copper_knight_shift = "2380 ppm"
copper_knight_shift_change = "0 ppm"
copper_knight_shift_change_std = "50 ppm"
"""


def test_quantities_arrive_in_the_units_of_the_code(write: Write):
    read = plan.load(write())
    channel = read.channels[0]
    assert channel.dead_time == 12e-6
    assert channel.flip_angle == pytest.approx(pi / 2, rel=1e-14)
    assert read.cells[1].synthesis_pressure == pytest.approx(170.0, rel=1e-14)


def test_a_time_with_a_zone_becomes_utc_and_one_without_stays(write: Write):
    read = plan.load(write())
    assert read.cells[0].heated_at == datetime(2026, 1, 10, 12)  # noqa: DTZ001
    assert read.cells[1].heated_at == datetime(2026, 1, 10, 13)  # noqa: DTZ001


def test_a_plan_cannot_be_changed_after_reading(write: Write):
    read = plan.load(write())
    with pytest.raises(FrozenInstanceError, match="cannot assign"):
        read.name = "other"  # type: ignore[misc]


def test_an_unknown_key_is_named_with_its_table_and_the_nearest_known_key(write: Write):
    with pytest.raises(PlanError, match=r'"1H-fid".dead_tme: unknown key. Did you mean dead_time'):
        plan.load(write(("dead_time", "dead_tme")))


def test_an_unknown_key_at_the_top_is_told_in_the_words_of_the_file(write: Write):
    with pytest.raises(
        PlanError, match=r"fieldd: unknown key. Did you mean field.*channel, content"
    ):
        plan.load(write(("metal =", 'fieldd = "9 T"\nmetal =')))


@pytest.mark.parametrize(
    ("found", "written", "message"),
    [
        ('"12 us"', '"12 uS"', r"dead_time '12 uS'.*us for microseconds"),
        ('"12 us"', "12e-6", r"1.2e-05, which has no unit. Write a text such as '5 s'"),
        ('"12 us"', '"12 Hz"', r"converts to s"),
        ('"90 deg"', '"90 us"', r"flip_angle '90 us'"),
        ('"1.7 Mbar"', '"170 Gpa"', r'\[\[cell\]\] "cell-2".synthesis_pressure.*GPa'),
        ('"line"', '"lines"', r"measure: found 'lines'. Did you mean line\?"),
        ('"lorentzian"', '"lorenzian"', r"Did you mean lorentzian\?"),
        ('"campaign/1"', '"campaign/2"', r"schema: found 'campaign/2'. Did you mean campaign/1"),
        ('"1H"', '"2Hz"', r'"1H-fid".nucleus.*2Hz'),
        ('"139La"', '"La139"', r"metal.*Did you mean 139La"),
        ("2026-01-10T12:00:00", '"yesterday"', r'"cell-1".heated_at: found'),
        ('name = "cell-1"', 'name = "cell 1"', r"'cell 1'.*pattern"),
        ('name = "cell-1"', 'name = "../x"', r"'../x'.*pattern"),
        ('name = "cell-1"', 'name = "cell-2"', r'"cell-2": 2 tables have this name'),
        ('name = "cell-1"', 'name = "reference"', r"kept for records outside any cell"),
        ('shape = "lorentzian"\n', "", r'shape: missing; measure "line" needs it'),
        ('files = "*/1H_fid"\n', "", r'"1H-fid".files: missing, and it is not guessed'),
        ("dead_time", 'cells = ["cell-3"]\ndead_time', r"cells: found 'cell-3'. Did you mean"),
        ("dead_time", 'normal_state = ["9 K", "10 K"]\ndead_time', r'"line" does not use it'),
        ("dead_time", 'window = ["1 kHz", "-1 kHz"]\ndead_time', r"first limit is not below"),
        ("dead_time", 'window = ["1 kHz"]\ndead_time', r"window: found .*too few entries"),
        ("dead_time", 't1 = "2 s"\ndead_time', r"t1: a stated time needs its error"),
        ("dead_time", 'sequence = "fidd"\ndead_time', r"sequence 'fidd'.*Did you mean fid"),
        ("metal =", "metal", r"campaign.toml: this is no TOML: .*line 4"),
    ],
)
def test_a_mistake_is_named_with_what_was_found_and_what_to_do(
    write: Write, found: str, written: str, message: str
):
    with pytest.raises(PlanError, match=message):
        plan.load(write((found, written)))


def test_all_mistakes_are_told_at_once(write: Write):
    path = write(('"12 us"', '"12 uS"'), ('"lorentzian"', '"gauss"'), ("metal", "mettal"))
    with pytest.raises(PlanError, match=r"campaign.toml: 3 mistakes") as caught:
        plan.load(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert all(word in str(caught.value) for word in ("12 uS", "'gauss'", "mettal"))


def test_a_table_whose_entries_are_wrong_is_not_also_called_empty(write: Write):
    with pytest.raises(PlanError) as caught:
        plan.load(write(('"line"', '"lines"')))
    assert "at least 1" not in str(caught.value)


def test_a_missing_plan_is_told_in_one_sentence(tmp_path: Path):
    with pytest.raises(PlanError, match=r"campaign.toml: there is no such file"):
        plan.load(tmp_path / "campaign.toml")


def test_a_plan_that_is_no_text_is_told(tmp_path: Path):
    (tmp_path / "campaign.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(PlanError, match="byte 8 is no UTF-8"):
        plan.load(tmp_path / "campaign.toml")


def test_content_needs_a_line_of_each_side(write: Write):
    with pytest.raises(PlanError, match=r'no \[\[channel\]\].*role = "hydrogen"') as caught:
        plan.load(write(add=CONTENT))
    assert 'role = "metal"' in str(caught.value)


def test_copper_needs_its_channel_and_a_pairing(write: Write):
    with pytest.raises(PlanError, match=r"\[reference\].pairing: missing") as caught:
        plan.load(write(add=COPPER))
    assert 'measure = "copper"' in str(caught.value)


@pytest.mark.parametrize(("method", "key"), [("xi", "proton_frequency"), ("external", "external")])
def test_each_way_of_referencing_names_what_it_lacks(write: Write, method: str, key: str):
    with pytest.raises(PlanError, match=rf'\[reference\].{key}: missing, and method "{method}"'):
        plan.load(write(add=f'[reference]\nmethod = "{method}"\n'))


def test_an_entry_for_one_file_goes_before_its_channel_and_a_later_one_before_an_earlier(
    write: Write,
):
    path = write(
        add='[[file]]\npath = "raw/cell-1/day-1/1H_fid"\ndead_time = "20 us"\nsense = -1\n'
    )
    path.with_name("decisions.toml").write_text(
        '[[file]]\npath = "raw/cell-1/day-1/1H_fid/"\ndead_time = "30 us"\nexclude = "detuned"\n'
    )
    read = plan.load(path)
    taken, excluded = plan.decisions_for(read, read.channels[0], "raw/cell-1/day-1/1H_fid")
    assert taken["dead_time"] == 30e-6
    assert taken["sense"] == -1
    assert taken["nucleus"] == "1H"
    assert excluded == "detuned"
    others, none = plan.decisions_for(read, read.channels[0], "raw/cell-1/day-2/1H_fid")
    assert others["dead_time"] == 12e-6
    assert none is None


def test_a_mistake_in_the_later_decisions_names_that_file(write: Write):
    path = write()
    path.with_name("decisions.toml").write_text('[[file]]\npath = "a"\nexclud = "no reason"\n')
    with pytest.raises(PlanError, match=r'decisions.toml: \[\[file\]\] "a".exclud: unknown key'):
        plan.load(path)


def test_an_exclusion_needs_a_reason(write: Write):
    with pytest.raises(PlanError, match=r'\[\[file\]\] "a".exclude: found'):
        plan.load(write(add='[[file]]\npath = "a"\nexclude = ""\n'))


def test_the_decisions_bear_the_names_of_the_readers():
    from dataclasses import fields

    from megabar.readers.decisions import Decisions

    ours = {f.name for f in fields(plan.Decisions)}
    assert ours == {f.name for f in fields(Decisions)} - {"cell"}


def test_the_json_schema_knows_each_key_and_forbids_others():
    schema = plan.json_schema()
    assert {"cell", "channel", "file", "reference", "content"} <= set(schema["properties"])
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Channel"]["properties"]["dead_time"]["anyOf"][0]["type"] == "string"
    json.dumps(schema)


def test_each_key_of_the_plan_stands_in_the_documentation():
    text = DOCS.read_text()
    schema = plan.json_schema()
    tables = [schema, *schema["$defs"].values()]
    keys = {key for table in tables for key in table["properties"]}
    assert {key for key in keys if f"`{key}`" not in text} == set()


def test_each_plan_in_the_documentation_is_a_plan(tmp_path: Path):
    blocks = re.findall(r"```toml\n(.*?)```", DOCS.read_text(), flags=re.DOTALL)
    whole = [block for block in blocks if "schema =" in block]
    assert len(whole) >= 4
    for block in whole:
        (tmp_path / "campaign.toml").write_text(block)
        plan.load(tmp_path / "campaign.toml")


def test_each_table_in_the_documentation_fits_into_its_first_plan(tmp_path: Path):
    text = DOCS.read_text().split("## Mistakes and their messages")[0]
    whole, *others = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    tables = [block for block in others if block.startswith("[[")]
    assert len(tables) >= 2
    for block in tables:
        (tmp_path / "campaign.toml").write_text(f"{whole}\n{block}")
        plan.load(tmp_path / "campaign.toml")


def test_each_message_shown_in_the_documentation_is_what_is_said(tmp_path: Path):
    text = DOCS.read_text()
    shown = text.split("## Mistakes and their messages")[1].split("\n## ")[0]
    pairs = re.findall(r"```toml\n(.*?)```\n+```text\n(.*?)```", shown, flags=re.DOTALL)
    assert len(pairs) >= 5
    whole = next(
        b for b in re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL) if "schema =" in b
    )
    for block, message in pairs:
        (tmp_path / "campaign.toml").write_text(f"{whole}\n{block}")
        with pytest.raises(PlanError, match=re.escape(" ".join(message.split()))):
            raise _on_one_line(tmp_path)


def _on_one_line(folder: Path) -> PlanError:
    with pytest.raises(PlanError, match=r"campaign\.toml") as caught:
        plan.load(folder / "campaign.toml")
    return PlanError(" ".join(str(caught.value).split()))
