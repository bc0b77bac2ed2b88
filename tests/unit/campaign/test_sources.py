from collections.abc import Callable
from pathlib import Path

import pytest

from megabar.campaign import plan, sources
from megabar.errors import PlanError

Write = Callable[..., Path]


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def test_a_glob_looks_below_the_directory_of_each_cell(write: Write, tmp_path: Path):
    touch(tmp_path, "raw/cell-1/b/1H_fid", "raw/cell-1/a/1H_fid", "raw/cell-2/a/1H_fid", "x/1H_fid")
    found, warnings = sources.find(plan.load(write()), tmp_path)
    assert [(s.cell, s.name) for s in found] == [
        ("cell-1", "raw/cell-1/a/1H_fid"),
        ("cell-1", "raw/cell-1/b/1H_fid"),
        ("cell-2", "raw/cell-2/a/1H_fid"),
    ]
    assert warnings == ()


def test_a_channel_without_a_file_is_a_warning_for_each_cell(write: Write, tmp_path: Path):
    touch(tmp_path, "raw/cell-1/a/1H_fid")
    found, warnings = sources.find(plan.load(write()), tmp_path)
    assert len(found) == 1
    assert warnings == (
        "cell-2: channel 1H-fid: no file matches '*/1H_fid'. Nothing is measured there yet, or "
        "the pattern or the directory is wrong.",
    )


def test_a_channel_of_some_cells_looks_only_there(write: Write, tmp_path: Path):
    touch(tmp_path, "raw/cell-1/a/1H_fid", "raw/cell-2/a/1H_fid")
    read = plan.load(write(("nucleus", 'cells = ["cell-2"]\nnucleus')))
    found, warnings = sources.find(read, tmp_path)
    assert [s.cell for s in found] == ["cell-2"]
    assert warnings == ()


SECOND = '[[channel]]\nname = "again"\nmeasure = "line"\nfiles = "*/1H*"\nshape = "gaussian"\n'


def test_one_file_in_two_channels_is_an_error_that_names_both(write: Write, tmp_path: Path):
    touch(tmp_path, "raw/cell-1/a/1H_fid")
    with pytest.raises(PlanError, match="taken by 1H-fid of cell-1 and by again of cell-1"):
        sources.find(plan.load(write(add=SECOND)), tmp_path)


def test_one_file_in_two_cells_is_an_error(write: Write, tmp_path: Path):
    touch(tmp_path, "raw/cell-1/a/1H_fid")
    path = write(('"raw/cell-2"', '"raw/cell-1"'))
    with pytest.raises(PlanError, match="must not count twice"):
        sources.find(plan.load(path), tmp_path)


def test_two_bands_of_one_file_are_two_measurements(write: Write, tmp_path: Path):
    touch(tmp_path, "raw/cell-1/a/1H_fid")
    first = ("nucleus", 'window = ["-2 kHz", "-1 kHz"]\nnucleus')
    path = write(first, add=SECOND + 'window = ["1 kHz", "2 kHz"]\n')
    found, _ = sources.find(plan.load(path), tmp_path)
    assert [s.channel.name for s in found] == ["1H-fid", "again"]


def test_a_band_of_a_file_beside_the_whole_file_is_an_error(write: Write, tmp_path: Path):
    touch(tmp_path, "raw/cell-1/a/1H_fid")
    path = write(add=SECOND + 'window = ["1 kHz", "2 kHz"]\n')
    with pytest.raises(PlanError, match="must not count twice"):
        sources.find(plan.load(path), tmp_path)


def test_an_entry_that_meets_no_file_is_a_warning(write: Write, tmp_path: Path):
    touch(tmp_path, "raw/cell-1/a/1H_fid", "raw/cell-2/a/1H_fid")
    path = write(add='[[file]]\npath = "raw/cell-1/A/1H_fid"\nsense = -1\n')
    _, warnings = sources.find(plan.load(path), tmp_path)
    assert len(warnings) == 1
    assert warnings[0].startswith('[[file]] "raw/cell-1/A/1H_fid": no channel takes such a file')


def test_the_copper_outside_is_read_like_the_copper_inside(write: Write, tmp_path: Path):
    touch(tmp_path, "raw/reference/63Cu", "raw/cell-1/a/63Cu")
    path = write(
        add='[reference]\nmethod = "copper"\npairing = "1 day"\nproton_frequency = "395 MHz"\n'
        'ambient_copper = "raw/reference/63Cu"\ncopper_knight_shift = "2380 ppm"\n'
        'copper_knight_shift_change = "0 ppm"\ncopper_knight_shift_change_std = "5 ppm"\n'
        '[[channel]]\nname = "Cu"\nmeasure = "copper"\nfiles = "*/63Cu"\nshape = "gaussian"\n'
        'dead_time = "7 us"\ncells = ["cell-1"]\nstarted_at = 2026-01-01T00:00:00\n'
    )
    (outside, inside), _ = sources.find(plan.load(path), tmp_path)
    assert (outside.cell, outside.channel.name) == ("reference", "ambient-copper")
    assert outside.channel.shape == inside.channel.shape == "gaussian"
    assert outside.decisions == {"dead_time": 7e-6}  # its own time is not that of the cell


def test_an_external_record_is_read_like_the_line_that_it_references(write: Write, tmp_path: Path):
    touch(tmp_path, "raw/TMS", "raw/cell-1/a/1H_fid")
    path = write(add='[reference]\nmethod = "external"\n[reference.external]\n1H = "raw/TMS"\n')
    found, _ = sources.find(plan.load(path), tmp_path)
    assert found[0].channel.name == "external-1H"
    assert found[0].decisions["nucleus"] == "1H"


def test_raw_data_may_lie_outside_the_folder_of_the_plan(write: Write, tmp_path: Path):
    share = tmp_path / "share"
    touch(share, "one/1H_fid")
    inside = tmp_path / "plans"
    inside.mkdir()
    path = write(('"raw/cell-1"', f'"{share}"')).rename(inside / "campaign.toml")
    found, _ = sources.find(plan.load(path), inside)
    assert [s.name for s in found] == ["../share/one/1H_fid"]


def test_a_pattern_that_is_none_is_told(write: Write, tmp_path: Path):
    touch(tmp_path, "raw/cell-1/a/1H_fid")
    with pytest.raises(PlanError, match=r'"1H-fid".files: found \'/abs/\*\''):
        sources.find(plan.load(write(('"*/1H_fid"', '"/abs/*"'))), tmp_path)
