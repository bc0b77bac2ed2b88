"""Is the truth where the posteriors say? Simulation-based calibration of the verdict.

    python benchmarks/verdict_calibration.py [--campaigns 500] [--scheduler process] [--folder F]

For each story a campaign is drawn from its priors and handed back to it. Over the campaigns the
truth must rank uniformly among the draws of its posterior, and lie in 68 and 95 % of the intervals.
Results are kept in the folder: a second call does only what is missing. The summary goes into
benchmarks/results/verdict_calibration.json.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from megabar.campaign import study_numbers
from megabar.campaign.schedulers import Progress, run_units
from megabar.campaign.studies import HANDFUL, WITNESSED, ranked, unit

STORIES = (
    ("stable", HANDFUL), ("stable+gain", HANDFUL), ("first", HANDFUL), ("layer", HANDFUL),
    ("contract", HANDFUL), ("stable+t1", HANDFUL), ("first+gain", HANDFUL), ("first", WITNESSED),
    ("jmak", HANDFUL), ("second", HANDFUL), ("serial", HANDFUL), ("stable+t1", WITNESSED),
)  # fmt: skip
RESULTS = Path(__file__).resolve().parent / "results" / "verdict_calibration.json"


def told(progress: Progress) -> None:
    if progress.done % 20 == 0:
        print(f"{progress.done}/{progress.total}, {progress.failed} failed", flush=True)


def without_cell(name: str) -> str:
    return name.partition("[")[0]


def pooled(outcomes: list) -> dict[str, list[float]]:
    """Give the ranks of each parameter; of those that each cell has, the first cell's."""
    ranks: dict[str, list[float]] = {}
    for one in outcomes:
        seen = set()
        for name, share in one.result["ranks"].items():
            if (plain := without_cell(name)) not in seen:
                ranks.setdefault(plain, []).append(share)
                seen.add(plain)
    return ranks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=500)
    parser.add_argument("--scheduler", default="process")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--folder", type=Path, default=Path("verdict-calibration"))
    asked = parser.parse_args()
    summary, missed, tests = [], 0, 0
    for story, design in STORIES:
        units = [
            unit(design=design, truth=story, asked=story, campaign=seed, error=0.05)
            for seed in range(asked.campaigns)
        ]
        done = run_units(
            units, ranked, folder=asked.folder, scheduler=asked.scheduler, workers=asked.workers,
            progress=told,
        )  # fmt: skip
        kept = [one for one in done if one.result and one.result["ranks"]]
        refused = sum(one.result["refused"] for one in kept)
        entry = {
            "story": story, "witnesses": sorted(design.witnesses), "campaigns": len(done),
            "without_result": len(done) - len(kept), "refused": refused, "ranks": {},
        }  # fmt: skip
        print(f"\n{story}, witnesses: {', '.join(design.witnesses) or 'none'}; {refused} refused")
        for name, shares in pooled(kept).items():
            one = study_numbers.ranks_of(shares)
            off = abs(one.covered_68 - 0.68) > 0.04 or abs(one.covered_95 - 0.95) > 0.02
            missed, tests = missed + off, tests + 1
            entry["ranks"][name] = {
                **{key: round(value, 5) for key, value in vars(one).items()},
                "cumulated": np.round(np.quantile(shares, np.linspace(0, 1, 101)), 4).tolist(),
                "counts": np.histogram(shares, bins=study_numbers.BINS, range=(0, 1))[0].tolist(),
            }
            print(
                f"  {name:<28}{one.count:>5}  chi2 p {one.chi_squared_p:.3f}  "
                f"{100 * one.covered_68:5.1f} {100 * one.covered_95:5.1f} %{'  <--' if off else ''}"
            )
        summary.append(entry)
        RESULTS.write_text(json.dumps({"stories": summary}, indent=1) + "\n")
    print(f"\n{missed} of {tests} coverages outside 68 +- 4 or 95 +- 2 %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
