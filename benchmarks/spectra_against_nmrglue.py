"""Speed of the spectra stages as ratios to nmrglue, in one process on one thread.

    python benchmarks/spectra_against_nmrglue.py [--fids 10000] [--points 4096]

1. Apodise, fill with zeros to twice the length, Fourier-transform and phase, complex128 on both
   sides. CPU time (user and system) of this process; the sides alternate, and a ratio is that of
   their fastest rounds. nmrglue gets all FIDs in one call of each function, as its users write it;
   that is the yardstick. For information it also gets them in blocks of 64, which spares it most
   of its trouble with memory. "stages" is what our users call on datasets, one stage after the
   other, noise estimate and schema checks included; "one call" is the same through the options of
   ``transform``.
2. Closed-form phase of a series against ``autops`` of nmrglue (acme), per spectrum.

Exits with 1 if a limit is missed: 0.6 for both roads of the first job, 0.01 for the second.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402  (threads are set first)
from nmrglue.process import proc_autophase, proc_base  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

from megabar import schemas, spectra  # noqa: E402

DWELL = 0.5e-6
WIDTH = 1e3  # Hz, of the window
ZERO, FIRST = 0.3, 1e-6  # rad, s
BLOCK = 64  # rows
LIMIT_CHAIN, AIM_CHAIN, LIMIT_PHASE = 0.6, 0.4, 0.01
ATTRS = {
    "nucleus": "1H",
    "carrier_frequency": 395.0e6,
    "n_scans": 1.0,
    "sequence": "fid",
    "repetition_time": 0.01,
    "dead_time": 0.0,
    "cell": "benchmark",
    "source": "none",
    "source_sha256": "none",
}


def fids(n_fids: int, n_points: int) -> np.ndarray:
    rng = np.random.default_rng(7)
    signal = np.empty((n_fids, n_points), dtype=np.complex128)
    noise = rng.normal(size=(64, n_points, 2)).view(np.complex128)[..., 0]
    t = np.arange(n_points) * DWELL
    decay = 30 * np.exp((2j * np.pi * 20e3 - 1 / 50e-6) * t - 1j * ZERO)
    for row in range(n_fids):
        signal[row] = decay + np.roll(noise[row % 64], row)
    return signal


def by_nmrglue(signal: np.ndarray) -> np.ndarray:
    n_points = signal.shape[1]
    data = proc_base.em(signal, lb=WIDTH * DWELL)
    data = proc_base.zf_size(data, 2 * n_points)
    data = proc_base.fft(data)
    # the same ramp: exp(i (zero + 2 pi first f)), f from -1/2 to 1/2 of 1/dwell
    return proc_base.ps(
        data, p0=np.degrees(ZERO - np.pi * FIRST / DWELL), p1=np.degrees(2 * np.pi * FIRST / DWELL)
    )


def by_nmrglue_in_blocks(signal: np.ndarray) -> np.ndarray:
    result = np.empty((len(signal), 2 * signal.shape[1]), dtype=np.complex128)
    for start in range(0, len(signal), BLOCK):
        result[start : start + BLOCK] = by_nmrglue(signal[start : start + BLOCK])
    return result


def by_stages(acq: Any) -> np.ndarray:
    return (
        acq.pipe(spectra.apodise, window="exponential", width=WIDTH)
        .pipe(spectra.transform, zero_fill=2)
        .pipe(spectra.phase, zero=ZERO, first=FIRST)["spectrum"]
        .values
    )


def by_one_call(acq: Any) -> np.ndarray:
    return spectra.transform(
        acq, zero_fill=2, window="exponential", width=WIDTH, zero=ZERO, first=FIRST
    )["spectrum"].values


def cpu(job: Callable[[], Any]) -> float:
    gc.collect()
    start = time.process_time()
    result = job()
    spent = time.process_time() - start
    del result
    return spent


def same_answer(signal: np.ndarray, acq: Any) -> None:
    theirs = by_nmrglue(signal) * DWELL
    ours = by_one_call(acq)
    # they do not halve the first point: theirs has a pedestal of half a dwell times s(0)
    frequency = (np.arange(ours.shape[1]) - ours.shape[1] // 2) / (ours.shape[1] * DWELL)
    pedestal = DWELL / 2 * np.exp(1j * (ZERO + 2 * np.pi * FIRST * frequency)) * signal[:, :1]
    assert np.allclose(theirs - pedestal, ours, rtol=0, atol=1e-12 * np.abs(ours).max())
    assert np.allclose(by_stages(acq), ours, rtol=0, atol=1e-13 * np.abs(ours).max())


def chain(n_fids: int, n_points: int, rounds: int) -> bool:
    signal = fids(n_fids, n_points)
    acq = schemas.acquisition(signal, time=np.arange(n_points) * DWELL, attrs=ATTRS)
    few = acq.isel(step=slice(0, 8))
    same_answer(few["signal"].values, few)
    jobs: dict[str, Callable[[], Any]] = {
        "nmrglue, whole": lambda: by_nmrglue(signal),
        "nmrglue, blocks": lambda: by_nmrglue_in_blocks(signal),
        "stages": lambda: by_stages(acq),
        "one call": lambda: by_one_call(acq),
    }
    spent: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            spent[name].append(cpu(job))
    theirs = min(spent["nmrglue, whole"])
    print(f"{n_fids} FIDs of {n_points} points, window + zero fill 2 + FFT + phase, complex128")
    for name, rounded in spent.items():
        ratio = min(rounded) / theirs
        blocks = min(rounded) / min(spent["nmrglue, blocks"])
        print(
            f"  {name:15s} {min(rounded):6.2f} s CPU (rounds: {_listed(rounded)})  "
            f"ratio {ratio:.2f}, to blocks {blocks:.2f}"
        )
    print(f"  limit {LIMIT_CHAIN}, aim {AIM_CHAIN}")
    return max(min(spent["stages"]), min(spent["one call"])) <= LIMIT_CHAIN * theirs


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def series_phase(n_points: int) -> bool:
    n_ours, n_theirs = 1000, 5
    signal = fids(n_ours, n_points)
    acq = schemas.acquisition(signal, time=np.arange(n_points) * DWELL, attrs=ATTRS)
    spec = spectra.transform(acq)
    rows = spec["spectrum"].values
    ours = min(cpu(lambda: spectra.autophase(spec)) for _ in range(3)) / n_ours
    theirs = min(
        cpu(lambda: [proc_autophase.autops(row, "acme", disp=False) for row in rows[:n_theirs]])
        for _ in range(2)
    )
    ratio = ours / (theirs / n_theirs)
    print(f"phase of a series of {n_ours} spectra of {n_points} points")
    print(
        f"  nmrglue autops {1e3 * theirs / n_theirs:.1f} ms, closed form {1e3 * ours:.3f} ms a row"
    )
    print(f"  ratio 1/{1 / ratio:.0f} (limit 1/{1 / LIMIT_PHASE:.0f})")
    return ratio <= LIMIT_PHASE


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fids", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with threadpool_limits(limits=1):
        good = chain(chosen.fids, chosen.points, chosen.rounds) & series_phase(chosen.points)
    print("all limits met" if good else "a limit is missed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
