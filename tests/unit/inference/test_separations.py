import numpy as np
import pytest

from megabar.hydrogen.rates import content
from megabar.inference.separations import separation


def _delta2(rival: str, *, points: int, days: float) -> float:
    day = np.linspace(0, days, points)
    truth = content("first", elapsed=day, rate=0.02543, initial=10.6, final=2.297, spread=0.0)

    shapes = {"nu": 2.0} if rival == "contract" else {}

    def model(p: np.ndarray) -> np.ndarray:
        return content(
            rival, elapsed=day, initial=p[0], rate=p[1], final=p[2], spread=0.0, **shapes
        )

    bounds = [(5.0, 20.0), (1e-4, 0.2), (0.1, 6.0)]
    return separation(truth, model, std=0.35, bounds=bounds)


@pytest.mark.parametrize(
    ("points", "days", "contract", "zero", "tolerance"),
    [(20, 65.0, 0.15, 12.35, 5e-2), (40, 120.0, 2.77, 48.5, 3e-2)],
)
def test_first_order_against_a_contracting_sphere_and_a_constant_rate(
    points: int, days: float, contract: float, zero: float, tolerance: float
) -> None:
    found = _delta2("contract", points=points, days=days)
    assert found == pytest.approx(contract, rel=tolerance)
    assert _delta2("zero", points=points, days=days) == pytest.approx(zero, rel=tolerance)


def test_a_law_is_not_apart_from_itself() -> None:
    assert _delta2("first", points=20, days=65.0) == pytest.approx(0, abs=1e-8)
