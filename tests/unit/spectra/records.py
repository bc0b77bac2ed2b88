"""Decays whose truth is written down here, by formulas that the package does not use."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from megabar import schemas

ATTRS = {
    "nucleus": "139La",
    "carrier_frequency": 55.95e6,
    "n_scans": 16.0,
    "sequence": "fid",
    "repetition_time": 0.01,
    "dead_time": 0.0,
    "cell": "cell-1",
    "source": "truth",
    "source_sha256": "0" * 64,
}
DWELL = 0.5e-6


def grid(n_points: int, *, dwell: float = DWELL, start: float = 0.0) -> np.ndarray:
    return start + dwell * np.arange(n_points)


def decay(
    time: np.ndarray,
    *,
    amplitude: float = 1.0,
    frequency: float = 0.0,
    fwhm: float = 0.0,
    phase: float = 0.0,
) -> np.ndarray:
    turn = 2j * np.pi * frequency * time + 1j * phase
    return amplitude * np.exp(turn - np.pi * fwhm * np.abs(time))


def noise(shape: tuple[int, ...], *, std: float = 1.0, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return std * (rng.normal(size=shape) + 1j * rng.normal(size=shape))


def record(
    signal: np.ndarray,
    *,
    time: np.ndarray,
    step: Mapping[str, Any] | None = None,
    **attrs: Any,
) -> xr.Dataset:
    return schemas.acquisition(
        signal, time=time, attrs={**ATTRS, **attrs}, step=step, started_at="2024-05-17T10:00:00"
    )
