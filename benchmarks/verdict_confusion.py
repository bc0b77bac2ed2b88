"""Who is taken for whom: verdicts on simulated campaigns of every truth.

    python benchmarks/verdict_confusion.py [--stable 60] [--loss 20] [--combinations]

Four cells of twenty contents over 65 days, with and without the line of the metal and T1 of 1H.
Truths are drawn from the priors, those that lose hydrogen with half times from 15 to 45 days. Every
story judges every campaign; with --combinations pairs of a loss and an artefact compete too (and
make it five times as long). The summary goes into benchmarks/results/verdict_confusion.json.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from megabar.campaign import study_numbers
from megabar.campaign.schedulers import Progress, run_units
from megabar.campaign.studies import HANDFUL, WITNESSED, judged, rivals, unit
from megabar.inference.hypotheses import FAMILIES, hypothesis
from megabar.inference.priors import Prior
from megabar.inference.units_of_work import UnitResult

DESIGNS = {"contents alone": HANDFUL, "with shift, width and T1": WITNESSED}
VISIBLE = {
    "half_time": Prior(
        kind="log-uniform", first=15.0, second=45.0, unit="day", words="time of half of the loss"
    )
}
COMBINED = ("first+gain", "layer+gain", "contract+t1")
RESULTS = Path(__file__).resolve().parent / "results"


def told(progress: Progress) -> None:
    if progress.done % 200 == 0:
        print(f"{progress.done}/{progress.total}, {progress.failed} failed", flush=True)


def truths(names: tuple[str, ...], combinations: bool) -> tuple[str, ...]:
    return (*names, *COMBINED) if combinations else names


def campaigns_of(truth: str, asked: argparse.Namespace) -> int:
    return asked.loss if hypothesis(truth).loses_hydrogen else asked.stable


def judged_campaigns(design, asked: argparse.Namespace) -> tuple[dict, int, int]:
    every = rivals(design)
    single = tuple(n for n in every if "+" not in n or not hypothesis(n).loses_hydrogen)
    judges = every if asked.combinations else single
    units = {
        (truth, seed): [
            unit(
                design=design, truth=truth, asked=judge, campaign=seed, error=0.1,
                changed=VISIBLE if hypothesis(truth).loses_hydrogen else {},
            )
            for judge in judges
        ]
        for truth in truths(single, asked.combinations)
        for seed in range(campaigns_of(truth, asked))
    }  # fmt: skip
    flat = [one for row in units.values() for one in row]
    done = run_units(
        flat, judged, folder=asked.folder, scheduler=asked.scheduler, workers=asked.workers,
        progress=told,
    )  # fmt: skip
    found: dict[str, list] = {}
    refused = 0
    for number, (truth, _) in enumerate(units):
        row = done[number * len(judges) : (number + 1) * len(judges)]
        if all(one.result for one in row):
            results = [UnitResult.from_json(one.result) for one in row]
            found.setdefault(truth, []).append(study_numbers.taken(results))
            refused += sum(one.refused for one in results)
    return found, refused, sum(one.result is None for one in done)


def summary_of(found: dict) -> dict:
    shares = study_numbers.confusion(found)
    rows = {}
    for (truth, row), share in zip(found.items(), shares, strict=True):
        own = hypothesis(truth).family
        rows[truth] = {
            "family": own,
            "campaigns": len(row),
            "taken_for": dict(zip(FAMILIES, np.round(share, 4).tolist(), strict=True)),
            "mean_probability": {
                name: round(float(np.mean([one.families[name] for one in row])), 4)
                for name in FAMILIES
            },
            "called": {
                word: sum(one.called == word for one in row)
                for word in ("loss", "undecided", "no loss")
            },
            "loss_above_half": sum(one.loss > 0.5 for one in row),
        }
    return rows


def told_rows(rows: dict) -> None:
    print(f"{'truth':<20}{'n':>4}" + "".join(f"{name[:10]:>11}" for name in FAMILIES) + "   called")
    for truth, row in rows.items():
        shares = "".join(f"{100 * row['taken_for'][name]:>10.0f}%" for name in FAMILIES)
        print(f"{truth:<20}{row['campaigns']:>4}{shares}   {row['called']}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stable", type=int, default=60)
    parser.add_argument("--loss", type=int, default=20)
    parser.add_argument("--combinations", action="store_true")
    parser.add_argument("--scheduler", default="process")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--folder", type=Path, default=Path("verdict-confusion"))
    asked = parser.parse_args()
    summary = {}
    name = "verdict_confusion_all.json" if asked.combinations else "verdict_confusion.json"
    for words, design in DESIGNS.items():
        found, refused, failed = judged_campaigns(design, asked)
        rows = summary_of(found)
        stays = [row for row in rows.values() if row["family"] in ("stable", "artefact")]
        false = sum(row["called"]["loss"] for row in stays)
        total = sum(row["campaigns"] for row in stays)
        summary[words] = {"truths": rows, "refused": refused, "failed": failed}
        print(f"\n{words}: {refused} evidences refused, {failed} units failed")
        told_rows(rows)
        print(f"stable or stable + artefact called a loss: {false} of {total}", flush=True)
        (RESULTS / name).write_text(json.dumps(summary, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
