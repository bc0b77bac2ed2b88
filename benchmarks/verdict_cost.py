"""What a verdict costs: all stories of four cells of twenty contents, and how the cost grows.

    python benchmarks/verdict_cost.py [--sizes 4x20 4x40 4x20w]

Sizes are cells x points, with w for witnesses; rows of other sizes stay as they were measured. Wall
time on two processes, and CPU time summed over all of them (a machine that does other work
makes the first longer, not the second). The aim is 60 s for four cells and twenty points.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from megabar.campaign.schedulers import run_units
from megabar.campaign.studies import HANDFUL, WITNESSED, simulated, unit
from megabar.inference.comparison import evaluated
from megabar.inference.hypotheses import all_hypotheses
from megabar.inference.priors import PRIORS
from megabar.inference.units_of_work import run_work_unit

RESULTS = Path(__file__).resolve().parent / "results" / "verdict_cost.json"
WORKERS = 2
SIZES = ("4x20", "1x20", "2x20", "4x10", "4x40", "4x20w")


def cpu() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def cost(design) -> dict:
    """Judge one campaign of first order by every story, as ``megabar verdict`` does."""
    truth = unit(design=design, truth="first", asked="first", campaign=3, error=0.02)
    *_, weeks = simulated(truth)
    stories = all_hypotheses(weeks)
    before, begin = cpu(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:

        def by_processes(units):
            done = run_units(
                units, run_work_unit, folder=Path(folder), scheduler="process", workers=WORKERS
            )
            return [one.result for one in done]

        results = evaluated(weeks, stories, PRIORS["lah10"], seed=1, evaluate=by_processes)
    return {
        "cells": design.cells,
        "points": design.points,
        "witnesses": sorted(design.witnesses),
        "stories": len(stories),
        "wall_s": round(time.perf_counter() - begin, 1),
        "cpu_s": round(cpu() - before, 1),
        "methods": dict(Counter(one.method for one in results)),
        "load_before": round(os.getloadavg()[0], 1),
    }


def design_of(size: str):
    cells, points = size.removesuffix("w").split("x")
    base = WITNESSED if size.endswith("w") else HANDFUL
    return replace(base, cells=int(cells), points=int(points))


def kept() -> dict[str, dict]:
    return json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else {}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=SIZES, metavar="SIZE")
    asked = parser.parse_args()
    print(f"{'size':>7}{'stories':>9}{'wall':>9}{'CPU':>9}  methods")
    for size in asked.sizes:
        row = cost(design_of(size))
        spent = f"{row['wall_s']:>7} s{row['cpu_s']:>7} s"
        print(f"{size:>7}{row['stories']:>9}{spent}  {row['methods']}", flush=True)
        rows = dict(sorted({**kept(), size: row}.items()))
        RESULTS.write_text(json.dumps({"workers": WORKERS, "rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
