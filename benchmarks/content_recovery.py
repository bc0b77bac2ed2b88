"""Blind recovery of contents: how often intervals hold, and what each forgotten factor costs.

    python benchmarks/content_recovery.py [--campaigns 500] [--quiet 20] [--faint 500]

Every campaign is drawn, measured by the virtual laboratory, and analysed from its raw records: 1H
line, T1 and nutation, 139La echo, T2 and nutation, before and after heating. About a second for
each of the campaigns, and two for each of the quiet ones, whose bias is compared with its size as
derived from turned vectors and Fourier integrals.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from tests.batteries import contents  # noqa: E402

NOMINAL = {68: 0.6827, 95: 0.95}


def coverage(count: int) -> int:
    found: dict = {"precursor": [], "nutation": [], "exponent": []}
    for seed in range(count):
        for mode, pair in contents.recovered(seed).items():
            found[mode].append(pair)
        if sys.stderr.isatty():
            print(f"\r{seed + 1}/{count}", end="", file=sys.stderr)
    print(f"\n{'mode':<12}{'campaigns':>10}{'68 %':>8}{'95 %':>8}{'pull mean':>11}{'width':>8}")
    missed = 0
    for mode, pairs in found.items():
        one = contents.Coverage.of(pairs)
        missed += abs(one.covered_68 - NOMINAL[68]) > 0.05
        print(
            f"{mode:<12}{one.count:>10}{100 * one.covered_68:>8.1f}{100 * one.covered_95:>8.1f}"
            f"{one.pulls.mean():>11.3f}{one.pulls.std(ddof=1):>8.3f}"
        )
    return missed


def biases(count: int) -> int:
    print(f"\n{'forgotten':<14}{'content x':>11}{'derived':>9}{'difference':>12}{'error':>8}")
    missed = 0
    found = contents.biases(range(count))
    for name, logs in found.items():
        apart = logs[:, 0] - logs[:, 1]
        error = apart.std(ddof=1) / np.sqrt(count)
        missed += abs(apart.mean()) > 3 * error
        low, high = np.exp(logs[:, 1].min()), np.exp(logs[:, 1].max())
        print(
            f"{name:<14}{np.exp(logs[:, 0].mean()):>11.4f}{np.exp(logs[:, 1].mean()):>9.4f}"
            f"{100 * apart.mean():>10.2f} %{100 * error:>6.2f} %   from {low:.3f} to {high:.3f}"
        )
    return missed


def faint(count: int) -> int:
    print(f"\n{'A/s of metal':<14}{'repeats':>8}{'chi2':>8}{'95 %':>8}{'bounded':>9}{'numbers':>9}")
    missed = 0
    for ratio in (20.0, 3.0):
        pairs = contents.faint_contents(ratio, count=count, seed=1)
        one = contents.Coverage.of(pairs)
        bounded = np.mean([np.isfinite(x.attrs["interval"]).all() for _, x in pairs])
        numbers = np.mean([x.h_per_metal.attrs["quality"] == "value" for _, x in pairs])
        chi2 = float(np.mean(one.pulls**2))  # nan where some contents have no number
        missed += not 0.92 <= one.covered_95 <= 0.98 or (ratio == 20 and not 0.85 <= chi2 <= 1.15)
        print(
            f"{ratio:<14g}{count:>8}{chi2:>8.3f}{100 * one.covered_95:>8.1f}{100 * bounded:>8.1f}%"
            f"{100 * numbers:>8.1f}%"
        )
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=500)
    parser.add_argument("--quiet", type=int, default=20)
    parser.add_argument("--faint", type=int, default=500)
    asked = parser.parse_args()
    missed = faint(asked.faint) + biases(asked.quiet) + coverage(asked.campaigns)
    print(f"\n{missed} claims missed" if missed else "\nall claims hold")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
