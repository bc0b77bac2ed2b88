"""The example of the page on conventions runs, and the house knows its stages by name."""

import re
from pathlib import Path

import pytest

import megabar
from megabar import spectra
from megabar.spectra import transform as stage
from megabar.spectra.transform import transform

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "spectra.md"


def test_the_example_of_the_page_runs():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 1
    exec(compile(blocks[0], PAGE.name, "exec"), {})  # noqa: S102  (our own page)


@pytest.mark.parametrize("name", spectra.__all__)
def test_every_stage_is_a_function_whatever_was_imported_before(name):
    assert callable(getattr(megabar.spectra, name))
    assert stage is transform
