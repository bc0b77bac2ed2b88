"""Signals with known truth, made spin by spin where that is another road than the fitted form."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from megabar import schemas

Real = NDArray[np.float64]
FWHM_OF_SIGMA = 2 * np.sqrt(2 * np.log(2))


def acquisition(signal: Any, time: Real, *, sequence: str = "fid", step: Any = None, **attrs: Any):
    """An Acquisition of protons with everything said that a reader says."""
    return schemas.acquisition(
        signal,
        time=time,
        step=step,
        attrs={
            "nucleus": "1H",
            "carrier_frequency": 395.1e6,
            "n_scans": 16.0,
            "sequence": sequence,
            "repetition_time": 1.0,
            "dead_time": 0.0,
            "cell": "A",
            "source": "made in a test",
            "source_sha256": "0" * 64,
            **attrs,
        },
    )


def noise(rng: np.random.Generator, shape: tuple[int, ...], std: float = 1.0) -> Any:
    return std * (rng.normal(size=shape) + 1j * rng.normal(size=shape))


def spins(*, shape: str, fwhm: float, count: int = 20001) -> tuple[Real, Real]:
    """Offsets [Hz] and weights of many spins whose spectrum is the line."""
    if shape == "gaussian":
        offsets = np.linspace(-4, 4, count) * fwhm / FWHM_OF_SIGMA
        weights = np.exp(-4 * np.log(2) * (offsets / fwhm) ** 2)
    else:
        quantile = (np.arange(count) + 0.5) / count
        offsets = fwhm / 2 * np.tan(np.pi * (quantile - 0.5))
        weights = np.ones(count)
    return offsets, weights / weights.sum()


def precession(time: Real, offsets: Real, weights: Real) -> Any:
    """Sum of free spins, e^(2 pi i f t)."""
    return np.array([np.sum(weights * np.exp(2j * np.pi * offsets * t)) for t in time])


def solid_echo_of_spins(time: Real, offsets: Real, weights: Real, *, echo_delay: float) -> Any:
    """Rotate each spin through 90(x), tau, 90(y), t; time counts from the echo top.

    The first pulse leaves -y; the second, about y, keeps what lies along y and turns x into z.
    """
    turn = 2 * np.pi * offsets
    y = -np.cos(turn * echo_delay)  # component along the axis of the second pulse
    return np.array([np.sum(weights * y * -np.exp(1j * turn * (t + echo_delay))) for t in time])
