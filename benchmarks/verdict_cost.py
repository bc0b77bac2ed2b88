"""What a verdict costs: all stories of four cells of twenty contents, and how the cost grows.

    python benchmarks/verdict_cost.py [--quick]

Wall time on two processes, and CPU time summed over all of them (a machine that does other work
makes the first longer, not the second). The aim is 60 s for four cells and twenty points.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from megabar.campaign.schedulers import run_units
from megabar.campaign.studies import HANDFUL, WITNESSED, rivals, simulated, unit
from megabar.inference.hypotheses import hypothesis
from megabar.inference.priors import PRIORS
from megabar.inference.units_of_work import UnitResult, run_work_unit, work_unit

RESULTS = Path(__file__).resolve().parent / "results" / "verdict_cost.json"
WORKERS = 2
SIZES = ((1, 20), (2, 20), (4, 20), (8, 20), (4, 10), (4, 40))


def cpu() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def cost(design) -> dict:
    """Judge one campaign of first order by every story, as ``megabar verdict`` does."""
    truth = unit(design=design, truth="first", asked="first", campaign=3, error=0.02)
    *_, weeks = simulated(truth)
    names = rivals(design)
    units = [work_unit(weeks, hypothesis(one), PRIORS["lah10"], seed=1) for one in names]
    before, begin = cpu(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        done = run_units(
            units, run_work_unit, folder=Path(folder), scheduler="process", workers=WORKERS
        )
    wall = time.perf_counter() - begin
    results = [UnitResult.from_json(one.result) for one in done if one.result]
    return {
        "cells": design.cells,
        "points": design.points,
        "witnesses": sorted(design.witnesses),
        "stories": len(names),
        "wall_s": round(wall, 1),
        "cpu_s": round(cpu() - before, 1),
        "refused": sum(one.refused for one in results),
        "failed": len(units) - len(results),
        "load_before": round(os.getloadavg()[0], 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="four cells of twenty points alone")
    asked = parser.parse_args()
    sizes = ((4, 20),) if asked.quick else SIZES
    rows = []
    print(
        f"{'cells':>5}{'points':>8}{'witnesses':>11}{'stories':>9}{'wall':>9}{'CPU':>9}{'refused':>9}"
    )
    designs = [replace(HANDFUL, cells=cells, points=points) for cells, points in sizes]
    for design in (*designs, WITNESSED):
        row = cost(design)
        rows.append(row)
        print(
            f"{row['cells']:>5}{row['points']:>8}{len(row['witnesses']):>11}{row['stories']:>9}"
            f"{row['wall_s']:>7} s{row['cpu_s']:>7} s{row['refused']:>9}",
            flush=True,
        )
        if not asked.quick:
            RESULTS.write_text(json.dumps({"workers": WORKERS, "rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
