"""What every reader of a file format must do, whatever the format."""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from megabar import schemas
from megabar.errors import ReadError, UnknownWord
from megabar.readers.registry import read, recognise

PRIVATE = re.compile(r"@|/Users/|/home/|\b[A-Za-z]:[\\/]|\\\\|\bOWNER\b", re.IGNORECASE)
"""Names of hosts, folders of instrument computers, drives: none of it may travel."""


def check_reader(
    path: Path,
    tmp_path: Path,
    *,
    format_name: str,
    decisions: Mapping[str, Any] | None = None,
    cut: str | None = None,
    says_its_length: bool = True,
) -> xr.Dataset:
    """Judge one reader by one file or folder that it must read; ``cut`` is the file to truncate.

    A text table does not say how long it is: half of it is a table. It must then be said that the
    last line has no end.
    """
    answers = dict(decisions or {})
    before = state_of(path)
    assert recognise(path) == format_name
    first = read(path, **answers)
    assert schemas.check(first) is first
    check_privacy(first, path)
    _check_repeats(first, path, tmp_path, answers)
    if says_its_length:
        _check_refuses_half(path, tmp_path, answers, cut)
    else:
        _check_doubts_a_cut_line(path, tmp_path, answers)
    with pytest.raises(UnknownWord, match="Did you mean nucleus"):
        read(path, nukleus="1H")
    assert state_of(path) == before
    return first


def check_privacy(dataset: xr.Dataset, path: Path) -> None:
    """No word about people, hosts or folders in what travels with the numbers."""
    words = json.dumps({name: str(value) for name, value in dataset.attrs.items()})
    assert not PRIVATE.search(words), PRIVATE.search(words)
    assert str(path.parent) not in words
    assert "/" not in dataset.attrs["source"]


def state_of(path: Path) -> dict[str, tuple[str, int]]:
    """Digest and time of change of every file, so that any touch shows."""
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return {
        str(file): (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns)
        for file in files
    }


def copy_of(path: Path, folder: Path) -> Path:
    """Copy a file or folder under its own name."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    if path.is_dir():
        shutil.copytree(path, target)
    else:
        shutil.copy2(path, target)
    return target


def _check_repeats(
    first: xr.Dataset, path: Path, tmp_path: Path, answers: Mapping[str, Any]
) -> None:
    again = read(copy_of(path, tmp_path / "elsewhere"), **answers)
    xr.testing.assert_identical(first, again)
    assert re.fullmatch(r"[0-9a-f]{64}", first.attrs["source_sha256"])
    assert json.loads(first.attrs["provenance"])["inputs"] == [first.attrs["source_sha256"]]


def _check_refuses_half(
    path: Path, tmp_path: Path, answers: Mapping[str, Any], cut: str | None
) -> None:
    target = copy_of(path, tmp_path / "half")
    file = target if cut is None else target / cut
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(ReadError, match=re.escape(target.name if cut is None else cut)) as caught:
        read(target, **answers)
    assert caught.value.file
    assert caught.value.field
    assert str(tmp_path) not in str(caught.value)


def _check_doubts_a_cut_line(path: Path, tmp_path: Path, answers: Mapping[str, Any]) -> None:
    target = copy_of(path, tmp_path / "cut")
    target.write_bytes(path.read_bytes().rstrip()[:-1])
    assert any(
        "last line has no end" in told for told in schemas.warnings_of(read(target, **answers))
    )
