"""A bicubic spline and its slopes, against scipy."""

import numpy as np
from scipy.interpolate import RectBivariateSpline

from megabar.spins.bicubic import even_spline


def test_values_and_slopes_are_those_of_scipy():
    random = np.random.default_rng(2)
    table = random.normal(size=(7, 9))
    rows, columns = 0.3 * np.arange(7), 2.0 * np.arange(9)
    theirs = RectBivariateSpline(rows, columns, table)
    ours = even_spline(table, row_step=0.3, column_step=2.0)
    row, column = random.uniform(0, 1.8, (4, 50)), random.uniform(0, 16, (4, 50))
    value, by_row, by_column = ours(row, column)
    np.testing.assert_allclose(value, theirs.ev(row, column), atol=1e-12)
    np.testing.assert_allclose(by_row, theirs.ev(row, column, dx=1), atol=1e-11)
    np.testing.assert_allclose(by_column, theirs.ev(row, column, dy=1), atol=1e-12)


def test_beyond_the_table_the_edge_goes_on_without_slope():
    table = np.random.default_rng(3).normal(size=(4, 5))
    spline = even_spline(table, row_step=1.0, column_step=1.0)
    value, by_row, by_column = spline(np.array([9.0, 1.0]), np.array([2.0, -3.0]))
    np.testing.assert_allclose(value, [table[3, 2], table[1, 0]], atol=1e-12)
    assert by_row[0] == 0
    assert by_column[1] == 0
