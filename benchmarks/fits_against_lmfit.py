"""Speed of series of fits as ratios to lmfit, in one process on one thread.

    python benchmarks/fits_against_lmfit.py [--fits 200] [--points 4096] [--rounds 3]

Lorentzian and Voigt lines, each on a constant, all unknowns free: axis -100 to 100, areas 50 to
150, centres -10 to 10, half widths or sigma 2 to 6 (second width 1 to 4), constants -0.05 to 0.05,
white noise of a fiftieth of the peak. Starts are off by up to 20 % (centres by 1). Both sides get
the same data, starts and noise, and give values with absolute errors. lmfit is used as its manual
shows: a built-in model plus ConstantModel, weights 1/sigma, ``scale_covar=False``, default method;
parameter sets are made within its time, as the arguments are within ours. CPU time (user and
system) of this process; sides alternate, and a ratio is that of their fastest rounds.

Exits with 1 if a limit is missed (1/10 Lorentzian, 1/8 Voigt) or if results differ: values by more
than a hundredth of their error, errors by more than 2 % (lmfit differentiates numerically).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402  (threads are set first)
from lmfit.models import ConstantModel, LorentzianModel, VoigtModel  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

from megabar import fitting  # noqa: E402

LIMITS = {"lorentzian": 1 / 10, "voigt": 1 / 8}
SIGMA_TO_FWHM = 2 * np.sqrt(2 * np.log(2))
OURS = {
    "lorentzian": fitting.combine(fitting.line_lorentzian(), background=0),
    "voigt": fitting.combine(fitting.line_voigt(), background=0),
}
# our unknowns in the order of the model: lmfit's name and our number over theirs
THEIRS = {
    "lorentzian": {"center": 1.0, "sigma": 2.0, "amplitude": 1.0, "c": 1.0},
    "voigt": {"center": 1.0, "sigma": SIGMA_TO_FWHM, "gamma": 2.0, "amplitude": 1.0, "c": 1.0},
}


def lines(kind: str, n: int, points: int) -> tuple[np.ndarray, ...]:
    """Return axis, data (n, points), noise (n,) and starts (n, unknowns) in our units."""
    rng = np.random.default_rng(11)
    widths = [rng.uniform(2, 6, n)] + ([rng.uniform(1, 4, n)] if kind == "voigt" else [])
    columns = [rng.uniform(-10, 10, n), *widths, rng.uniform(50, 150, n), rng.uniform(-5, 5, n)]
    columns[-1] = columns[-1] / 100
    truth = np.stack(columns, axis=-1) * list(THEIRS[kind].values())
    x = np.linspace(-100, 100, points)
    clean = OURS[kind].evaluate(x, truth)
    noise = np.ptp(clean, axis=1) / 50
    start = truth * rng.uniform(0.8, 1.2, truth.shape)
    start[:, 0] = truth[:, 0] + rng.uniform(-1, 1, n)
    return x, clean + noise[:, None] * rng.normal(size=clean.shape), noise, start


def by_lmfit(
    kind: str, x: np.ndarray, y: np.ndarray, noise: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    model = (VoigtModel() if kind == "voigt" else LorentzianModel()) + ConstantModel()
    names, factors = list(THEIRS[kind]), np.array(list(THEIRS[kind].values()))
    results = []
    for row, level, first in zip(y, noise, start / factors, strict=True):
        params = model.make_params(**dict(zip(names, first, strict=True)))
        if kind == "voigt":
            params["gamma"].set(value=first[2], expr="", vary=True)
        found = model.fit(row, params, x=x, weights=1 / level, scale_covar=False).params
        results.append([(found[name].value, found[name].stderr) for name in names])
    array = np.array(results) * factors[:, None]
    return array[..., 0], array[..., 1]


def by_us(
    kind: str, x: np.ndarray, y: np.ndarray, noise: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    model = OURS[kind]
    fits = fitting.fit_series(
        model, x, y, noise_std=noise[:, None], start=start[:, : len(model.parameters)]
    )
    assert all(fit.success for fit in fits)
    return np.array([fit.values for fit in fits]), np.array([fit.std for fit in fits])


def cpu(job: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.process_time()
    result = job()
    return time.process_time() - begin, result


def compare(kind: str, n: int, points: int, rounds: int) -> bool:
    data = lines(kind, n, points)
    spent: dict[str, list[float]] = {"lmfit": [], "ours": []}
    for _ in range(rounds):
        seconds, theirs = cpu(lambda: by_lmfit(kind, *data))
        spent["lmfit"].append(seconds)
        seconds, ours = cpu(lambda: by_us(kind, *data))
        spent["ours"].append(seconds)
    ratio = min(spent["ours"]) / min(spent["lmfit"])
    apart = np.max(np.abs(ours[0] - theirs[0]) / ours[1])
    errors = np.max(np.abs(theirs[1] / ours[1] - 1))
    print(f"{n} fits of a {kind} line on a constant, {points} points")
    for side, seconds in spent.items():
        print(f"  {side:6s} {', '.join(f'{s:.3f}' for s in seconds)} s CPU")
    print(f"  ratio 1/{1 / ratio:.1f} (limit 1/{1 / LIMITS[kind]:.0f})")
    print(f"  values within {apart:.1e} of their errors, errors within {100 * errors:.2f} %")
    return bool(ratio <= LIMITS[kind] and apart < 1e-2 and errors < 2e-2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fits", type=int, default=200)
    parser.add_argument("--points", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with threadpool_limits(limits=1):
        good = [compare(kind, chosen.fits, chosen.points, chosen.rounds) for kind in LIMITS]
    print("all limits met" if all(good) else "a limit is missed or results differ")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
