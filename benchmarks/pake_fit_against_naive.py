"""Fits of static solids: pairs against a naive powder sum, and one coupling of 139La by the clock.

    python benchmarks/pake_fit_against_naive.py [--fits 20] [--rounds 3]

Pairs: decays of 4,096 points at 200 kHz, splitting 40 to 60 kHz, Gaussian of 2.4 to 9.4 kHz full
width, frequency within 10 kHz, peak 50 times the noise of the spectrum; starts off by up to 20 %
(frequency 1 kHz, splitting 5 %). Ours is ``observables.solid_lines`` (Fresnel integrals, slopes
in closed form). The naive side sums cosines over 400 directions and leaves derivatives to
``scipy.optimize.curve_fit``; same data, same unknowns. CPU time (user and system) of one thread,
sides alternate, fastest of the rounds.

Quadrupoles: C_Q, asymmetry, shift and width of a decay of 4,096 points with the full powder and a
pulse of 4 us at 62.5 kHz, after 10 us of dead time; seconds of one fit, and of the table of the
pulse that is made once. Exits with 1 above 1/8 of the naive time, above one second for a fit of
quadrupoles, or if both sides of the pairs differ by more than a hundredth of their errors.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING, Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402  (threads are set first)
from scipy.optimize import curve_fit  # noqa: E402

from megabar import fitting, schemas  # noqa: E402
from megabar.observables import solid_lines  # noqa: E402
from megabar.spins import lineshapes  # noqa: E402
from megabar.spins.powder_patterns import enough_directions, tabulated_responses  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

POINTS, DWELL, DIRECTIONS = 4096, 5e-6, 400
LARGEST_SHARE, LONGEST, APART = 1 / 8, 1.0, 1e-2
COSINE = (np.arange(DIRECTIONS) + 0.5) / DIRECTIONS
TURNS = np.pi * (3 * COSINE**2 - 1)
TIME = DWELL * np.arange(POINTS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fits", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    return int(_pairs(chosen.fits, chosen.rounds) | _quadrupoles(chosen.rounds))


def _pairs(count: int, rounds: int) -> bool:
    rows, noise, starts = _decays(count)
    ours: list[float] = []
    naive: list[float] = []
    for _ in range(rounds):
        seconds, by_us = _cpu(lambda: _by_us(rows, noise, starts))
        ours.append(seconds)
        seconds, by_sum = _cpu(lambda: _by_sum(rows, noise, starts))
        naive.append(seconds)
    share = min(ours) / min(naive)
    apart = float(np.max(np.abs(by_us[0] - by_sum) / by_us[1]))
    print(f"{count} fits of pairs, {POINTS} points")
    print(f"  megabar    {1e3 * min(ours) / count:8.2f} ms a fit")
    print(f"  naive sum  {1e3 * min(naive) / count:8.2f} ms a fit   ratio 1/{1 / share:.1f}")
    print(f"  values within {apart:.1e} of their errors")
    return share > LARGEST_SHARE or apart > APART


def _decays(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    truth = np.stack(
        [rng.uniform(-10e3, 10e3, count), rng.uniform(40e3, 60e3, count),
         2.35482 * rng.uniform(1e3, 4e3, count)], axis=1,
    )  # fmt: skip
    clean = np.stack([lineshapes.pairs().decay(TIME, row)[0] for row in truth])
    peak = np.abs(np.fft.fft(clean, axis=1)).max(axis=1)
    noise = peak / 50 / np.sqrt(POINTS)
    rows = clean + noise[:, None] * (
        rng.normal(size=clean.shape) + 1j * rng.normal(size=clean.shape)
    )
    off = rng.uniform(-1, 1, truth.shape)
    starts = truth * (1 + off * [0.0, 0.05, 0.2]) + off * [1e3, 0.0, 0.0]
    return rows, noise, starts


def _by_us(
    rows: np.ndarray, noise: np.ndarray, starts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    shape = lineshapes.pairs()
    model = solid_lines.model_of(shape)
    fits = [
        fitting.fit(model, TIME, row, noise_std=level,
                    start=dict(zip(shape.parameters, start, strict=True)))
        for row, level, start in zip(rows, noise, starts, strict=True)
    ]  # fmt: skip
    return np.array([one.values for one in fits]), np.array([one.std for one in fits])


def _by_sum(rows: np.ndarray, noise: np.ndarray, starts: np.ndarray) -> np.ndarray:
    found = []
    for row, level, start in zip(rows, noise, starts, strict=True):
        values, _ = curve_fit(
            _naive, TIME, np.concatenate([row.real, row.imag]), p0=[*start, 1.0, 0.0],
            sigma=np.full(2 * POINTS, level), absolute_sigma=True, x_scale=[1e3, 1e3, 1e3, 1, 1],
            method="trf",
        )  # fmt: skip
        found.append(values)
    return np.array(found)


def _naive(
    t: np.ndarray, frequency: float, splitting: float, fwhm: float, real: float, imag: float
) -> np.ndarray:
    powder = np.cos(splitting * np.multiply.outer(t, TURNS)).mean(axis=1)
    damping = np.exp(-((np.pi * fwhm * t) ** 2) / (4 * np.log(2)))
    whole = (real + 1j * imag) * np.exp(2j * np.pi * frequency * t) * damping * powder
    return np.concatenate([whole.real, whole.imag])


def _quadrupoles(rounds: int) -> bool:
    table_seconds, table = _cpu(
        lambda: tabulated_responses(
            spin=3.5, largest_coupling=1.5e6, amplitude=np.array([62.5e3]), duration=4e-6
        )
    )
    directions = enough_directions(quadrupole_coupling=1e6, asymmetry=1.0, spin=3.5, width=4e3)
    shape = lineshapes.quadrupoles(
        spin=3.5, larmor_frequency=55.79628195e6, weights=table, directions=directions
    )
    at = 10e-6 + 1e-6 * np.arange(POINTS)
    decay = shape.decay(at, [1e3, 0.5e6, 0.3, 4e3])[0]
    rng = np.random.default_rng(5)
    row = 100 * decay + rng.normal(size=POINTS) + 1j * rng.normal(size=POINTS)
    acquisition = schemas.acquisition(row[None], time=at, attrs={
        "nucleus": "139La", "carrier_frequency": 55.79628195e6, "n_scans": 1024, "sequence": "fid",
        "repetition_time": 1.0, "dead_time": 10e-6, "cell": "A", "source": "simulated",
        "source_sha256": "0"})  # fmt: skip
    start = {"frequency": 0.0, "quadrupole_coupling": 0.45e6, "asymmetry": 0.4, "fwhm": 5e3}
    spent = [
        _cpu(lambda: solid_lines.solid_line(acquisition, shape=shape, start=start,
                                            noise=(1.0, 0.01)))[0]
        for _ in range(rounds + 1)
    ]  # fmt: skip
    print(f"one fit of quadrupoles after a pulse, {POINTS} points, {directions} directions")
    print(f"  megabar    {min(spent[1:]):8.3f} s; table of the pulse {table_seconds:.2f} s, once")
    return min(spent[1:]) > LONGEST


def _cpu(job: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.process_time()
    result = job()
    return time.process_time() - begin, result


if __name__ == "__main__":
    sys.exit(main())
