"""What every line of unit area must pass."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def check_lineshape(
    shape: Callable[[Array], Array], *, centre: float, fwhm: float, symmetric: bool = True
) -> None:
    """Unit area, positive, highest at its centre, half of that where the width says.

    `shape` gives the line (n,) at frequencies (n,). The area is an integral over the whole axis,
    frequency = centre + fwhm tan(angle), so that slow wings are counted.
    """
    angle = np.linspace(-np.pi / 2, np.pi / 2, 200_002)[1:-1]
    frequency = centre + fwhm * np.tan(angle)
    values = shape(frequency)
    assert np.all(values >= 0)
    area = np.sum(values * fwhm / np.cos(angle) ** 2) * (angle[1] - angle[0])
    assert abs(area - 1) < 1e-5

    top = shape(np.array([centre]))[0]
    near = centre + fwhm * np.linspace(-2, 2, 4001)
    assert near[np.argmax(shape(near))] == near[2000]
    if symmetric:
        distances = fwhm * np.array([0.1, 0.5, 1.0, 5.0])
        np.testing.assert_allclose(shape(centre + distances), shape(centre - distances), rtol=1e-9)
        half = shape(np.array([centre - fwhm / 2, centre + fwhm / 2]))
        np.testing.assert_allclose(half, top / 2, rtol=1e-9)
