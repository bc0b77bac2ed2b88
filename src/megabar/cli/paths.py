"""Verb trajectory: from the frames of molecular dynamics to D, sites, hops and NMR rates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import units
from megabar.cli import nature, structure_options, terminal
from megabar.cli.paths_facts import facts_of
from megabar.cli.paths_words import words_of
from megabar.errors import MegabarError, MissingInput, OpenQuestion, UnknownWord, UnusableInput
from megabar.observables.trajectory_mobility import trajectory_mobility

if TYPE_CHECKING:
    import argparse

    from megabar.matter.crystals import Crystal
    from megabar.matter.frames import Frames
    from megabar.observables.trajectory_answers import TrajectoryMobility

NOTHING: Final = "none"
"""The word for a framework of no atoms."""

_FEWEST_WALKS: Final = 8


def add_trajectory_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``trajectory``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="XDATCAR, LAMMPS dump, i-PI, XTC, extxyz, ..."
    )
    group = parser.add_argument_group("frames", "what the file does not say is asked")
    group.add_argument("--frame-interval", metavar="T", help="between two frames, such as '2 fs'")
    group.add_argument("--unit-style", metavar="WORD", help="of a LAMMPS run: metal, real, ...")
    group.add_argument(
        "--species", metavar="WORDS", help="symbols of the types of a dump, such as 'La H'"
    )
    group.add_argument("--every", metavar="N", type=int, default=1, help="keep one frame in N")
    group.add_argument(
        "--store", metavar="FILE", type=Path,
        help="new .npy file: positions lie on disk while they are worked on",
    )  # fmt: skip
    atoms = parser.add_argument_group("atoms")
    atoms.add_argument("--mobile", metavar="SYMBOL", default="H", help="what moves; H if absent")
    atoms.add_argument(
        "--framework", metavar="WORDS", help=f"what stays, such as 'La', or '{NOTHING}'"
    )
    structure_options.add_shape_options(parser)
    wanted = parser.add_argument_group("what is wanted")
    wanted.add_argument(
        "--field", metavar="B", action="append", default=[],
        help="'395 MHz' of 1H or '9.28 T': T1 and T2 there; may be repeated",
    )  # fmt: skip
    wanted.add_argument(
        "--bootstrap", metavar="N", type=int, default=0,
        help="walks on the network of hops, for the error and the bias of D; needs --seed",
    )  # fmt: skip
    nature.add_shared_options(parser)


def trajectory(arguments: argparse.Namespace) -> terminal.Answer:
    """Say what the atoms of a trajectory do, and what NMR would see of it.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        All parts with their verdicts; exit code 11 where one of them is no value.
    """
    nature.check_figure(arguments.figure)
    fields = [structure_options.field_of(text, name="--field") for text in arguments.field]
    framework = _framework(arguments)
    _check_numbers(arguments)
    with terminal.progress_bar(quiet=arguments.json) as advance:
        advance(f"reading {arguments.file.name}", 0, 1)
        frames = _frames(arguments)
        _check_atoms(frames, arguments.mobile, framework)
        crystal = _crystal(arguments, frames)
        found = trajectory_mobility(
            frames,
            mobile=arguments.mobile,
            framework=framework,
            crystal=crystal,
            larmor_frequency=fields,
            replicas=arguments.bootstrap,
            seed=arguments.seed,
            progress=advance,
        )
    facts: dict[str, Any] = {
        **facts_of(found),
        "structure": None if crystal is None else crystal.name,
        "figure": None if arguments.figure is None else str(arguments.figure),
    }
    text = tuple(words_of(found, structure=facts["structure"]))
    if arguments.figure is not None:
        from megabar.report import figures, trajectory_figures

        figures.write(trajectory_figures.overview(found), arguments.figure)
        text = (*text, terminal.Line("figure", str(arguments.figure)))
    return terminal.Answer(
        verb="trajectory",
        facts=facts,
        text=text,
        exit_code=terminal.OK if _sure(found) else terminal.LOW_CONFIDENCE,
    )


def _framework(arguments: argparse.Namespace) -> tuple[str, ...]:
    if arguments.framework is None:
        msg = (
            "Found no --framework; a displacement needs something that stays, or the drift of the "
            f"box counts as diffusion. Give its elements, such as --framework La, or '{NOTHING}'."
        )
        raise MissingInput(msg, argument="--framework")
    words = _words(arguments.framework)
    if words == (NOTHING,):
        return ()
    if arguments.mobile in words:
        msg = f"Found {arguments.mobile} as --mobile and in --framework; it cannot do both."
        raise UnusableInput(f"{msg} Name it once.")
    return words


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _check_numbers(arguments: argparse.Namespace) -> None:
    if arguments.every < 1:
        msg = f"Found --every {arguments.every}; one frame in a whole number from 1 is kept."
        raise UnusableInput(msg)
    if not arguments.bootstrap:
        return
    if arguments.bootstrap < _FEWEST_WALKS:
        msg = (
            f"Found --bootstrap {arguments.bootstrap}; an error is the scatter of the walks. Give "
            f"{_FEWEST_WALKS} or more: 100 know it to 7 %."
        )
        raise UnusableInput(msg)
    if arguments.structure is None:
        msg = "Found --bootstrap without sites to walk on. Name the crystal with --structure."
        raise MissingInput(msg, argument="--structure")
    if arguments.seed is None:
        msg = "Found --bootstrap without a seed; no call would repeat another. Give --seed N."
        raise MissingInput(msg, argument="--seed")


def _frames(arguments: argparse.Namespace) -> Frames:
    from megabar.readers.frames import read_trajectory

    interval = arguments.frame_interval
    try:
        return read_trajectory(
            arguments.file,
            frame_interval=None
            if interval is None
            else units.parse(interval, unit="s", name="--frame-interval"),
            unit_style=arguments.unit_style,
            species=_words(arguments.species) if arguments.species else None,
            every=arguments.every,
            store=arguments.store,
        )
    except OpenQuestion as question:
        raise _as_option(question) from question
    except MegabarError:
        raise
    except ValueError as failure:
        raise UnusableInput(str(failure)) from failure


def _as_option(question: OpenQuestion) -> MissingInput:
    """Ask in words of the command line what the reader asks in names of arguments."""
    option = f"--{question.argument.replace('_', '-')}"
    candidates = f" Candidates: {', '.join(question.candidates)}." if question.candidates else ""
    msg = (
        f"{question.file}: {question.field} is open: {question.found} Decide with {option}."
        f"{candidates}"
    )
    return MissingInput(msg, argument=option, candidates=question.candidates)


def _check_atoms(frames: Frames, mobile: str, framework: tuple[str, ...]) -> None:
    there = dict.fromkeys(frames.species)
    for option, symbols in (("--mobile", (mobile,)), ("--framework", framework)):
        for symbol in symbols:
            if symbol not in there:
                msg = (
                    f"Found {option} {symbol}, and no such atom in {frames.source}. There are: "
                    f"{', '.join(there)}."
                )
                raise UnknownWord(msg)


def _crystal(arguments: argparse.Namespace, frames: Frames) -> Crystal | None:
    """Build the crystal that the options name, as large as the box."""
    if arguments.structure is None:
        return None
    from megabar.matter import crystals

    if arguments.structure in crystals.names():
        metal = crystals.entry(arguments.structure).metal
        count = frames.species.count(metal)
        if not count:
            msg = f"Found --structure {arguments.structure}, and no {metal} in {frames.source}."
            raise UnusableInput(f"{msg} Name the structure that was simulated.")
        volume = float(np.mean(frames.volume)) / count
        arguments.volume_per_metal = f"{volume * 1e30:.9g} angstrom^3"
    return structure_options.crystal_of(arguments)


def _sure(found: TrajectoryMobility) -> bool:
    return all(part.quality == "value" for part in found.parts.values())
