"""Who is taken for whom: verdicts on simulated campaigns of every truth.

    python benchmarks/verdict_confusion.py [--rounds 7] [--witnesses] [--combinations]

Four cells of twenty contents over 65 days; with --witnesses the line of the metal and T1 of 1H too.
Truths are drawn from the priors, those that lose hydrogen with half times from 15 to 45 days. Each
round has three campaigns of each truth without loss and one of each with. Every story judges every
campaign; with --combinations pairs of a loss and an artefact compete too, which makes it five times
as long. Results are kept in the folder; the summary, benchmarks/results/verdict_confusion_*.json,
is written after every round.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from megabar.campaign import study_numbers, unit_files
from megabar.campaign.schedulers import Progress, run_units
from megabar.campaign.studies import HANDFUL, WITNESSED, judged, rivals, unit
from megabar.inference.comparison import WITHOUT_LOSS
from megabar.inference.hypotheses import FAMILIES, hypothesis
from megabar.inference.priors import Prior
from megabar.inference.units_of_work import UnitResult

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


def plan(design, combinations: bool) -> tuple[list[str], list[str]]:
    """Name truths and judges."""
    every = rivals(design)
    single = [one for one in every if "+" not in one or not hypothesis(one).loses_hydrogen]
    return ([*single, *COMBINED], list(every)) if combinations else (single, single)


def campaigns(truths: list[str], number: int) -> list[tuple[str, int]]:
    """Give truth and number of the campaigns of one round."""
    seeds = {True: [number], False: [3 * number + one for one in range(3)]}
    return [(one, seed) for one in truths for seed in seeds[hypothesis(one).loses_hydrogen]]


def results_of(units: list[dict], asked: argparse.Namespace) -> list:
    if asked.summary:
        questions = (unit_files.question(one, f"{judged.__module__}:judged") for one in units)
        return [unit_files.read_result(asked.folder, one) for one in questions]
    done = run_units(
        units, judged, folder=asked.folder, scheduler=asked.scheduler, workers=asked.workers,
        progress=told,
    )  # fmt: skip
    return [one.result for one in done]


def round_of(number: int, design, truths: list[str], judges: list[str], asked) -> dict:
    """Judge the campaigns of one round: truth -> what they are taken for, and counts."""
    drawn = campaigns(truths, number)
    units = [
        unit(
            design=design, truth=truth, asked=judge, campaign=seed, error=0.1,
            changed=VISIBLE if hypothesis(truth).loses_hydrogen else {},
        )
        for truth, seed in drawn
        for judge in judges
    ]  # fmt: skip
    done = results_of(units, asked)
    found: dict = {"refused": 0, "absent": 0, "evidences": len(units), "taken": []}
    for place, (truth, _) in enumerate(drawn):
        row = done[place * len(judges) : (place + 1) * len(judges)]
        found["absent"] += sum(one is None for one in row)
        results = [UnitResult.from_json(one) for one in row if one]
        found["refused"] += sum(one.refused for one in results)
        if len(results) == len(judges):
            found["taken"].append((truth, study_numbers.taken(results)))
    return found


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
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--witnesses", action="store_true")
    parser.add_argument("--combinations", action="store_true")
    parser.add_argument("--summary", action="store_true", help="of what is there; compute nothing")
    parser.add_argument("--scheduler", default="process")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--folder", type=Path, default=Path("verdict-confusion"))
    asked = parser.parse_args()
    design = WITNESSED if asked.witnesses else HANDFUL
    truths, judges = plan(design, asked.combinations)
    name = f"{'witnesses' if asked.witnesses else 'contents'}{'_all' * asked.combinations}"
    counts = dict.fromkeys(("refused", "absent", "evidences"), 0)
    found: dict[str, list] = {one: [] for one in truths}
    for number in range(asked.rounds):
        one = round_of(number, design, truths, judges, asked)
        counts = {key: value + one[key] for key, value in counts.items()}
        for truth, taken in one["taken"]:
            found[truth].append(taken)
        rows = summary_of({truth: row for truth, row in found.items() if row})
        stays = [row for row in rows.values() if row["family"] in WITHOUT_LOSS]
        false = sum(row["called"]["loss"] for row in stays)
        total = sum(row["campaigns"] for row in stays)
        print(f"\nround {number + 1}: {counts}")
        told_rows(rows)
        print(f"stable or stable + artefact called a loss: {false} of {total}", flush=True)
        summary = {"judges": len(judges), **counts, "truths": rows}
        text = json.dumps(summary, indent=1)
        (RESULTS / f"verdict_confusion_{name}.json").write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
