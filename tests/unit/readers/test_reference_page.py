"""The examples of the page on tables run as they stand."""

import re
import shutil

import numpy as np
import pytest
from tests.realdata import REPOSITORY, shipped

import megabar

PAGE = REPOSITORY / "docs" / "reference" / "formats-tables.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def laboratory(tmp_path, monkeypatch):
    for name in ("raman-bwtek.txt", "ruby-spectrasuite.txt"):
        shutil.copy(shipped(name), tmp_path)
    for path in shipped("hydrogen").iterdir():
        shutil.copy(path, tmp_path)
    (tmp_path / "cryostat.csv").write_text(
        "t (s),T finger (K),R sensor (ohm),U (uV),U0 (uV)\n"
        "0,80,20,0,0\n10,90,25,3,1\n20,100,30,5,1\n"
    )
    (tmp_path / "sensor.csv").write_text("T (K),R/R0\n70,0.1\n80,0.2\n90,0.3\n100,0.4\n")
    (tmp_path / "two-columns.txt").write_text("1200 5\n1330 9\n1400 6\n")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_each_example_of_the_page_runs(laboratory, number):
    names = {"megabar": megabar}
    exec(EXAMPLES[number], names)  # noqa: S102 - the page is ours
    if "near_the_sample" in names:
        np.testing.assert_allclose(names["near_the_sample"], [80, 85, 90])


def test_the_page_has_examples():
    assert len(EXAMPLES) == 3
