"""The examples of the page on Knight shifts run, and its table of the copper holds."""

import re
from pathlib import Path

import pytest

from megabar.spectra.copper_reference import knight_shift_change_from_pressure

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "knight-shift.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_examples_of_the_page_run():
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) == 6
    exec(compile("\n".join(blocks), PAGE.name, "exec"), {})  # noqa: S102  (our own page)


@pytest.mark.parametrize(("label", "exponent"), [("1/3", 1 / 3), ("1", 1.0), ("1.4", 1.4)])
def test_the_table_of_the_copper_holds(label, exponent):
    printed = re.search(rf"\| n = {re.escape(label)} \| (-\d+) ppm \|", TEXT)
    assert printed is not None
    found = knight_shift_change_from_pressure(
        knight_shift=2380.0, pressure=170e9, pressure_std=0.0, exponent=exponent, exponent_std=0.0
    )
    assert found.value == pytest.approx(float(printed.group(1)), abs=0.5)
