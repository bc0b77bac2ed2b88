"""Functions in pieces: exact where they claim it, straight beyond their ends."""

import numpy as np
import pytest
from scipy.integrate import quad

from megabar.hydrogen.tables import (
    cubic_pieces,
    integrated_steps,
    linear_pieces,
    pack,
    value_and_slope,
)


def test_linear_pieces_go_through_their_points_and_straight_on():
    f = linear_pieces(x=[0.0, 1.0, 3.0], values=[1.0, 2.0, 0.0])
    assert f([-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0]) == pytest.approx(
        [0.0, 1.0, 1.5, 2.0, 1.0, 0.0, -1.0]
    )


def test_integral_of_steps_is_that_of_a_quadrature():
    f = integrated_steps(x=[0.0, 1.0, 2.5], left=[1.0, 4.0], right=[2.0, 0.5])

    def integrand(x):
        return 1.0 + x if x < 1 else 4.0 - 3.5 * (x - 1) / 1.5

    for end in (0.3, 1.0, 1.9, 2.5):
        exact = quad(integrand, 0, end, points=[1.0])[0] if end > 1 else quad(integrand, 0, end)[0]
        assert float(f(end)) == pytest.approx(exact, rel=1e-10)


def test_packed_functions_keep_their_values_and_slopes():
    functions = [
        cubic_pieces(function=np.sin, x=np.linspace(0, 3, 300)),
        linear_pieces(x=[0.0, 1.0], values=[0.0, 7.0]),
        cubic_pieces(function=np.exp, x=np.linspace(-1, 1, 300)),
    ]
    packed = pack(functions)
    assert value_and_slope(packed, 0, 1.234) == pytest.approx(
        (np.sin(1.234), np.cos(1.234)), abs=1e-7
    )
    assert value_and_slope(packed, 1, 2.0) == (14.0, 7.0)
    assert value_and_slope(packed, 2, 0.5) == pytest.approx((np.exp(0.5),) * 2, rel=1e-6)


def test_cubic_pieces_leave_their_ends_as_straight_lines():
    packed = pack([cubic_pieces(function=np.square, x=np.linspace(0, 2, 50))])
    assert value_and_slope(packed, 0, 3.0) == pytest.approx((8.0, 4.0))
    assert value_and_slope(packed, 0, -1.0) == pytest.approx((0.0, 0.0), abs=1e-12)


@pytest.mark.parametrize("x", [[0.0], [1.0, 0.0], [0.0, 0.0], [0.0, np.nan]])
def test_places_that_do_not_rise_are_refused(x):
    with pytest.raises(ValueError, match="two or more that rise"):
        linear_pieces(x=x, values=np.zeros(len(x)))
