"""Where the measured files are: checked against their digests, skipped where they are absent."""

import csv
import hashlib
import os
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SHIPPED = REPOSITORY / "tests" / "data"
MEASURED = Path(os.environ.get("MEGABAR_REAL_DATA", REPOSITORY.parent / "shared" / "data"))


@cache
def _manifest() -> dict[str, str]:
    with (MEASURED / "MANIFEST.csv").open(newline="") as stream:
        return {row["path"]: row["sha256"] for row in csv.DictReader(stream)}


@cache
def _verify(name: str) -> None:
    wanted = {
        path: digest
        for path, digest in _manifest().items()
        if path == name or path.startswith(f"{name}/")
    }
    for path, digest in wanted.items():
        found = hashlib.sha256((MEASURED / path).read_bytes()).hexdigest()
        if found != digest:
            msg = f"{path} is not the file that MANIFEST.csv describes; its numbers would drift."
            raise AssertionError(msg)


def data_path(name: str) -> Path:
    """Give a file or folder of the measured data, or skip the test that asks for it."""
    place = MEASURED / name
    if not (MEASURED / "MANIFEST.csv").is_file() or not place.exists():
        pytest.skip(f"The measured data {name} are not on this machine.")
    _verify(name)
    return place


def measured(name: str) -> list[Path]:
    """List the files of the manifest below a folder, in order; empty where they are absent."""
    if not (MEASURED / "MANIFEST.csv").is_file():
        return []
    return [MEASURED / path for path in sorted(_manifest()) if path.startswith(f"{name}/")]


def shipped(name: str) -> Path:
    """Give a file or folder of the small subset that travels with the tests."""
    return SHIPPED / name
