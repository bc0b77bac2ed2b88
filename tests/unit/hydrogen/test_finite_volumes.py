"""Cells fill their body, whatever its shape."""

import numpy as np
import pytest

from megabar.errors import UnknownWord
from megabar.hydrogen.finite_volumes import cell_means, grid


@pytest.mark.parametrize(("shape", "power"), [("plate", 1), ("cylinder", 2), ("sphere", 3)])
@pytest.mark.parametrize("grading", [1.0, 50.0])
def test_cells_fill_the_body_and_are_graded(shape, power, grading):
    cells = grid(shape=shape, n_cells=40, grading=grading)
    assert cells.shares.sum() == pytest.approx(1.0, rel=1e-14)
    widths = np.diff(cells.faces)
    assert widths[0] / widths[-1] == pytest.approx(grading, rel=1e-9)
    # at the centre of volume, the mean of a linear content is exact
    assert cells.shares @ cells.centres == pytest.approx(power / (power + 1), rel=1e-12)
    assert np.all((cells.centres > cells.faces[:-1]) & (cells.centres < cells.faces[1:]))


def test_mean_is_weighted_by_volume():
    cells = grid(shape="sphere", n_cells=2, grading=1.0)
    assert float(cell_means(values=[8.0, 0.0], shares=cells.shares)) == pytest.approx(1.0)
    assert cell_means(values=np.ones((3, 2)), shares=[2.0, 5.0]) == pytest.approx(np.ones(3))


def test_grids_that_are_none_are_refused():
    with pytest.raises(ValueError, match="at least one cell"):
        grid(shape="sphere", n_cells=0, grading=1.0)
    with pytest.raises(ValueError, match="positive grading"):
        grid(shape="sphere", n_cells=3, grading=0.0)
    with pytest.raises(UnknownWord, match="sphere"):
        grid(shape="spere", n_cells=3, grading=1.0)
