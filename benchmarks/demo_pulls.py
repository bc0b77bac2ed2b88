"""Pulls of the demo campaign over several seeds: mean 0 +- 0.15 and width 1 +- 0.15 for each.

    python benchmarks/demo_pulls.py [--seeds 12]

Each seed simulates, analyses and compares a whole campaign with its truth: about a minute.
"""

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.batteries.campaigns import pulls_of  # noqa: E402

import megabar  # noqa: E402
from megabar.virtual import simulate  # noqa: E402

LIMIT = 0.15


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=12)
    n_seeds = parser.parse_args().seeds
    plan = ROOT / "examples" / "lah10-70-days" / "simulation.toml"
    with tempfile.TemporaryDirectory() as scratch:
        folders = [simulate(plan, Path(scratch) / str(k), seed=1000 + k) for k in range(n_seeds)]
        for folder in folders:
            megabar.Campaign.open(folder).run()
        pulls = pulls_of(folders)
    missed = 0
    print(f"{'observable':<22}{'pulls':>6}{'mean':>8}{'width':>8}   limit {LIMIT}")
    for (node, name), found in pulls.items():
        mean, width = found.mean(), found.std()
        good = abs(mean) < LIMIT and abs(width - 1) < LIMIT
        missed += not good
        verdict = "" if good else "MISSED"
        print(f"{node + ' ' + name:<22}{len(found):>6}{mean:>8.3f}{width:>8.3f}   {verdict}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
