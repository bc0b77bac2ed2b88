"""What every law of hydrogen loss must pass."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def check_rate_law(
    fraction: Callable[[Array], Array],
    *,
    early: tuple[float, float] | None,
    ends_at: float,
    early_tolerance: float = 1e-2,
) -> None:
    """Starts at its start, falls without a source, begins as it should, reaches its end.

    `fraction` gives the part that is lost at reduced times of any shape; the loss starts as
    coefficient tau^power, `early` = (coefficient, power), and is complete at `ends_at`, or never
    before infinity. The parts that are left and lost sum to 1 within 0 and 1.
    """
    tau = np.concatenate(([0.0], np.geomspace(1e-9, 1e3, 6001)))
    lost = fraction(tau)
    assert lost.shape == tau.shape
    assert lost[0] == 0
    assert np.all((lost >= 0) & (lost <= 1))
    rounding = 4e-15
    assert np.all(np.diff(lost) >= -rounding)
    np.testing.assert_allclose(fraction(tau[:8].reshape(2, 4)), lost[:8].reshape(2, 4), rtol=1e-12)
    np.testing.assert_allclose(fraction(tau[4000]), lost[4000], rtol=1e-12)

    jumps = np.diff(lost)[tau[1:] > 1e-3]
    assert jumps.max() < 0.05, "a law of loss has no jump"

    if early is not None:
        coefficient, power = early
        begins = tau[1:4]
        np.testing.assert_allclose(
            fraction(begins), coefficient * begins**power, rtol=early_tolerance
        )
    if np.isfinite(ends_at):
        assert np.all(lost[tau >= ends_at] == 1)
        assert np.all(lost[tau < 0.999 * ends_at] < 1)
    else:
        np.testing.assert_allclose(fraction(np.array([1e6, 1e9])), 1.0, atol=1e-5)
