"""How far two laws of loss can differ at all: the least distance of one curve from another."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from megabar.hydrogen.rates import content


def _distance(name: str, days: np.ndarray) -> float:
    """Least sum of squares, in units of the noise, that a law leaves of a first-order loss."""
    shapes = {"contract": {"nu": 2.0}}.get(name, {})
    truth = content("first", elapsed=days, rate=0.02543, initial=10.6, final=2.297, spread=0.0)

    def misses(p: np.ndarray) -> np.ndarray:
        curve = content(
            name, elapsed=days, rate=float(np.exp(p[1])), initial=p[0], final=p[2], spread=0.0,
            **shapes,
        )  # fmt: skip
        return (curve - truth) / 0.35

    fits = [
        least_squares(
            misses, [10.6, np.log(rate), final], bounds=([8, -9, 0.1], [13, 2, 6]), xtol=1e-12,
            ftol=1e-12,
        )
        for rate in (0.005, 0.01, 0.02)
        for final in (1.0, 3.0, 5.0)
    ]  # fmt: skip
    return min(2 * one.cost for one in fits)


@pytest.mark.parametrize(
    ("name", "points", "last", "distance", "tolerance"),
    [("contract", 20, 65.0, 0.15, 0.05), ("zero", 20, 65.0, 12.35, 0.05),
     ("contract", 40, 120.0, 2.77, 0.03), ("zero", 40, 120.0, 48.5, 0.03)],
)  # fmt: skip
def test_two_laws_of_one_class_cannot_be_told_apart_by_twenty_contents(
    name: str, points: int, last: float, distance: float, tolerance: float
) -> None:
    found = _distance(name, np.linspace(0.0, last, points))
    assert found == pytest.approx(distance, rel=tolerance)
