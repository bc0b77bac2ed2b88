"""Verb verdict: which story the weeks of a campaign, or of a published table, support."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from megabar import provenance, units
from megabar.campaign import verdicts, weeks_table
from megabar.campaign.clusters import SlurmJobs
from megabar.campaign.runner import Campaign
from megabar.cli import nature, terminal, verdict_words, work
from megabar.errors import MissingInput, UnusableInput, one_of
from megabar.inference.priors import PRIORS, read_priors
from megabar.inference.required_records import RECORDS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from megabar.inference.priors import Prior

_FACTS: Final = {
    "dead_time": ("us", "dead time of the 1H record, such as '12 us'; 0 us if extrapolated"),
    "bandwidth": ("kHz", "full width of the 1H receiver, such as '1 MHz'"),
    "flip_angle": ("deg", "flip angle of the 1H pulse, such as '90 deg'"),
    "quality_factor": ("1", "Q of the 1H resonator"),
    "metal_frequency": ("MHz", "Larmor frequency of the metal, such as '55.95 MHz'"),
    "repetition_time": ("ms", "repetition time of the 1H record, such as '10 ms'"),
}
DOCUMENT: Final = "verdict.json"
"""Name of the document in the folder of ``--out``."""


def add_verdict_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``verdict``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument(
        "store", metavar="STORE", type=Path, nargs="?", help="campaign or store folder"
    )
    parser.add_argument(
        "--csv", metavar="FILE", type=Path,
        help="judge a published table instead: day, h_per_metal, error, cell, ...",
    )  # fmt: skip
    parser.add_argument(
        "--priors", metavar="NAME|FILE", default=verdicts.PRIORS_NAME,
        help=f"set of priors ({', '.join(PRIORS)}) or a TOML file; default {verdicts.PRIORS_NAME}",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=verdicts.SEED, help=f"default {verdicts.SEED}")
    parser.add_argument(
        "--threshold", metavar="X", type=float, default=verdicts.THRESHOLD,
        help=f"content whose day is asked for; default {verdicts.THRESHOLD:g}",
    )  # fmt: skip
    parser.add_argument(
        "--temperature", metavar="T", help="of the cells, such as '295 K', for a step of it next"
    )
    parser.add_argument(
        "--second-opinion", action="store_true", help="repeat the best stories by nested sampling"
    )
    parser.add_argument(
        "--score-future",
        action="store_true",
        help="let the first 70 %% of the days foretell the rest",
    )
    parser.add_argument(
        "--record", metavar="NAME", action="append", default=[],
        help=f"a record that exists beside the data: {', '.join(RECORDS)}; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--figure", metavar="FILE", type=Path,
        help=f"draw one sheet into {', '.join(nature.FIGURE_SUFFIXES)}",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--out", metavar="DIR", type=Path, help=f"write {DOCUMENT} and all figures"
    )
    facts = parser.add_argument_group("facts", "of a table; a column of the same name wins")
    for name, (_, words) in _FACTS.items():
        facts.add_argument(f"--{name.replace('_', '-')}", metavar="VALUE", help=words)
    _add_scheduler(parser.add_argument_group("where it is computed"))


def _add_scheduler(group: Any) -> None:
    group.add_argument("--workers", metavar="N", type=int, help="processes; 0 works in this one")
    group.add_argument(
        "--scheduler", metavar="NAME|ADDRESS",
        help="process (default), local (dask here), or tcp://HOST:PORT of a running dask scheduler",
    )  # fmt: skip
    group.add_argument("--slurm", action="store_true", help="as jobs of SLURM")
    group.add_argument("--slurm-memory", metavar="SIZE", help="of a job, such as 1GB")
    group.add_argument("--slurm-time", metavar="TIME", help="of a job, such as 01:00:00")
    group.add_argument("--slurm-queue", metavar="NAME", help="partition of the jobs")


def verdict(arguments: argparse.Namespace) -> terminal.Answer:
    """Weigh all stories that can have made the contents of the weeks.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        The verdict; exit code 11 where the data cannot decide.
    """
    nature.check_figure(arguments.figure)
    question, folder = _question(arguments)
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(TemporaryDirectory()))
        advance = stack.enter_context(terminal.progress_bar(quiet=arguments.json))
        document = verdicts.verdict(question, _work(arguments, folder, advance))
    written = _written(arguments, document)
    return terminal.Answer(
        verb="verdict",
        facts={**{k: v for k, v in document.items() if k != "schema"}, "files": written},
        text=tuple(verdict_words.words_of(document, files=written)),
        exit_code=terminal.OK if document["decided"] else terminal.LOW_CONFIDENCE,
    )


def _question(arguments: argparse.Namespace) -> tuple[verdicts.Question, Path | None]:
    """Give the question, and the folder where its work is kept; None for a passing one."""
    if (arguments.store is None) == (arguments.csv is None):
        found = "both" if arguments.store else "neither"
        msg = f"Found {found} of STORE and --csv; one verdict judges one of them. Give one."
        raise MissingInput(msg, argument="--csv")
    for name in arguments.record:
        one_of(name, RECORDS, name="record")
    asked: dict[str, Any] = {
        "priors": _priors(arguments.priors),
        "priors_name": arguments.priors,
        "seed": arguments.seed,
        "threshold": arguments.threshold,
        "temperature": _temperature(arguments.temperature),
        "second_opinion": arguments.second_opinion,
        "future": arguments.score_future,
    }
    if arguments.csv is not None:
        taken = weeks_table.read_weeks(
            arguments.csv, facts=_facts(arguments), records=arguments.record
        )
        source = {
            "kind": "csv", "name": arguments.csv.name, "metal": taken.metal,
            "sha256": provenance.sha256_of_file(arguments.csv),
        }  # fmt: skip
        return verdicts.Question(taken=taken, source=source, **asked), arguments.out
    if not work.is_campaign(arguments.store):
        msg = (
            f"Found no campaign at {arguments.store}; a verdict judges the numbers of one. Give "
            "its folder, or a table with --csv."
        )
        raise UnusableInput(msg)
    campaign = Campaign.open(arguments.store)
    question = verdicts.of_campaign(campaign, records=tuple(arguments.record), **asked)
    return question, campaign.store_folder / verdicts.FOLDER


def _facts(arguments: argparse.Namespace) -> weeks_table.Facts:
    given = {
        name: units.parse(text, unit=unit, name=name.replace("_", " "))
        for name, (unit, _) in _FACTS.items()
        if (text := getattr(arguments, name)) is not None
    }
    return weeks_table.Facts(**given)


def _priors(name: str) -> Mapping[str, Prior]:
    if name in PRIORS:
        return PRIORS[name]
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        return read_priors(path)
    one_of(name, PRIORS, name="set of priors")
    return PRIORS[name]


def _temperature(text: str | None) -> float | None:
    return None if text is None else units.parse(text, unit="K", name="temperature")


def _work(arguments: argparse.Namespace, folder: Path, advance: Any) -> verdicts.Work:
    slurm = _slurm(arguments) if arguments.slurm else None
    name = "serial" if arguments.workers == 0 else "process"
    return verdicts.Work(
        folder=folder,
        scheduler="slurm" if slurm else arguments.scheduler or name,
        workers=arguments.workers or None,
        slurm=slurm,
        progress=advance,
    )


def _slurm(arguments: argparse.Namespace) -> SlurmJobs:
    for name in ("slurm_memory", "slurm_time"):
        if getattr(arguments, name) is None:
            option = f"--{name.replace('_', '-')}"
            msg = f"Found --slurm without {option}; a job says what it takes. Give {option}."
            raise MissingInput(msg, argument=option)
    return SlurmJobs(
        memory=arguments.slurm_memory, walltime=arguments.slurm_time, queue=arguments.slurm_queue
    )


def _written(arguments: argparse.Namespace, document: Mapping[str, Any]) -> list[str]:
    """Draw and write what was asked for."""
    if arguments.figure is None and arguments.out is None:
        return []
    from megabar.report import figures, verdict_figures

    files = []
    if arguments.figure is not None:
        figures.write(verdict_figures.overview(document), arguments.figure)
        files.append(arguments.figure)
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
        place = arguments.out / DOCUMENT
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)
        place.write_text(f"{text}\n", encoding="utf-8")
        files.append(place)
        for name, draw in verdict_figures.FIGURES.items():
            if verdict_figures.drawable(document, name):
                path = arguments.out / f"{name}.svg"
                figures.write(draw(document), path)
                files.append(path)
    return [str(one) for one in files]
