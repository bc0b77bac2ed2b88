"""Verb mobility: from T1, T2, T1rho and width of a crystal to how fast its hydrogen moves."""

from __future__ import annotations

from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import units
from megabar.cli import mobility_words, nature, structure_options, terminal
from megabar.cli.mobility_facts import facts_of
from megabar.errors import MegabarError, MissingInput, UnknownWord, UnusableInput, did_you_mean
from megabar.matter import crystals
from megabar.motion.lattice_walks import ZoneMesh
from megabar.observables.declared_networks import declared_networks
from megabar.observables.diffusivity_audit import AuditRow, audit_of_lah10
from megabar.observables.measured_times import MeasuredTimes
from megabar.observables.mobility import mobility as mobility_from
from megabar.observables.motion_models import exchange_walk, lattice_walk, vacancy_walk
from megabar.spins.crystal_moments import crystal_moments

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from megabar.matter.crystals import Crystal
    from megabar.observables.motion_models import Motion

AUDITED: Final = "LaH10"
"""The crystal whose published numbers are gone through on request."""

_MESH: Final = ZoneMesh(outward=16, across=6)  # rates to 2e-4 on LaH10, in a quarter of the time
_DESORPTION: Final = 50 * 86400.0  # [s], the shortest time over which the paper saw hydrogen leave
_LAH3_PRESSURE: Final = 152e9  # [Pa], of the lattice parameter of LaH3 that stands beside it


def add_mobility_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``mobility``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    structure_options.add_options(parser)
    parser.add_argument(
        "--length-error", metavar="X", help="relative error of all lengths, such as '0.2 %%'; "
        "not needed where the size of the cell has an error",
    )  # fmt: skip
    _add_data_options(parser)
    _add_model_options(parser)
    beside = parser.add_argument_group("what stands beside the answer")
    beside.add_argument(
        "--claim", metavar="D", action="append", default=[],
        help="a stated diffusivity to hold against the data, such as '1e-6 cm^2/s'",
    )  # fmt: skip
    beside.add_argument(
        "--literal", metavar="P:C:H", action="append", default=[],
        help="the closed formula of the literature with prefactor, magnetic and Planck constant, "
        "such as '3pi/10:mu0^2:hbar'; never a result",
    )  # fmt: skip
    beside.add_argument(
        "--audit", action="store_true", help=f"go through the published numbers on {AUDITED}"
    )
    nature.add_shared_options(parser)


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "data", "at least one of T1, T2, T1rho and width, each with its error: '1.5(2) ms'"
    )
    group.add_argument("--field", metavar="B", required=True, help="'395 MHz' of 1H or '9.28 T'")
    group.add_argument("--t1", metavar="T")
    group.add_argument("--t2", metavar="T")
    group.add_argument("--t2-sequence", metavar="WORD", default="unknown", help="hahn-echo, ...")
    group.add_argument("--t1rho", metavar="T", help="on resonance; needs --locking-field")
    group.add_argument("--locking-field", metavar="F", help="nutation frequency, '50 kHz'")
    group.add_argument("--fwhm", metavar="W", help="full width at half maximum, '1350(50) Hz'")
    group.add_argument("--instrumental-fwhm", metavar="W", help="of any line, such as '200 Hz'")
    group.add_argument(
        "--correlation", metavar="C", type=float, default=0.0,
        help="of the errors of T1 and T2; 0 for separate records",
    )  # fmt: skip
    group.add_argument("--dead-time", metavar="T", help="of the receiver, such as '5 us'")


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("models", "which jumps are thought possible")
    group.add_argument(
        "--network", metavar="NAME", action="append", default=[],
        help="only this declared network of jumps; may be repeated; all if absent",
    )  # fmt: skip
    group.add_argument(
        "--sigmas", metavar="K", type=float, default=2.0,
        help="standard errors that count as possible; 2 if absent",
    )  # fmt: skip


def mobility(arguments: argparse.Namespace) -> terminal.Answer:
    """Say how fast hydrogen moves, as far as relaxation and width say it.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        The verdict; exit code 11 where it is no value.
    """
    nature.check_figure(arguments.figure)
    times = _times(arguments)
    claims = [_claim(text) for text in arguments.claim]
    literal = [_literal(text) for text in arguments.literal]
    if literal and times.t1 is None:
        msg = "Found --literal without T1; the formula is one for T1. Give --t1 with its error."
        raise MissingInput(msg, argument="--t1")
    crystal = structure_options.crystal_of(arguments)
    length_error = _length_error(crystal, arguments.length_error)
    audit = _audit(crystal) if arguments.audit else ()
    with terminal.progress_bar(quiet=arguments.json) as advance:
        motions = _motions(crystal, arguments.network, arguments.seed, advance)
        advance("verdict", len(motions), len(motions) + 1)
        try:
            found = mobility_from(
                times=times,
                crystal=crystal,
                motions=motions,
                length_error=length_error,
                dead_time=nature.dead_time_of(arguments),
                claims=claims,
                literal=literal,
                seed=arguments.seed,
                sigmas=arguments.sigmas,
            )
        except MegabarError:
            raise
        except ValueError as failure:  # of the physics
            raise UnusableInput(str(failure)) from failure
    if arguments.figure is not None:
        from megabar.report import figures, mobility_figures

        figures.write(mobility_figures.verdict(found, motions), arguments.figure)
    facts: dict[str, Any] = {
        "structure": nature.structure_facts(crystal),
        **facts_of(found),
        "audit": [
            {"claim": row.claim, "arithmetic": row.arithmetic, "verdict": row.verdict}
            for row in audit
        ],
        "figure": None if arguments.figure is None else str(arguments.figure),
    }
    text = (*mobility_words.words_of(crystal, found), *mobility_words.audit_words(audit))
    if arguments.figure is not None:
        text = (*text, terminal.Line("figure", str(arguments.figure)))
    sure = found.quality == "value"
    return terminal.Answer(
        verb="mobility",
        facts=facts,
        text=text,
        exit_code=terminal.OK if sure else terminal.LOW_CONFIDENCE,
    )


def _times(arguments: argparse.Namespace) -> MeasuredTimes:
    """Put what was measured into one frozen object."""

    def measured(name: str, unit: str) -> tuple[float, float] | None:
        text = getattr(arguments, name)
        return text and units.quantity_with_error(text, unit=unit, name=_option(name))

    def exact(name: str) -> float | None:
        text = getattr(arguments, name)
        return text and units.parse(text, unit="Hz", name=_option(name))

    data = {name: measured(name, "s") for name in ("t1", "t2", "t1rho")}
    data["fwhm"] = measured("fwhm", "Hz")
    if not any(data.values()):
        msg = (
            "Found no T1, T2, T1rho or width; nothing says how hydrogen moves. Give at least one "
            "of --t1, --t2, --t1rho, --fwhm, each with its standard error."
        )
        raise MissingInput(msg, argument="--t2", candidates=("--t1", "--t2", "--t1rho", "--fwhm"))
    if data["t1rho"] and arguments.locking_field is None:
        msg = (
            "Found --t1rho without its locking field; no rate can be held against it. Give the "
            "nutation frequency, such as --locking-field '50 kHz'."
        )
        raise MissingInput(msg, argument="--locking-field")
    try:
        return MeasuredTimes(
            larmor_frequency=structure_options.field_of(arguments.field, name="--field"),
            correlation=arguments.correlation,
            t2_sequence=arguments.t2_sequence,
            locking_frequency=exact("locking_field"),
            instrumental_fwhm=exact("instrumental_fwhm"),
            **data,
        )
    except MegabarError:
        raise
    except ValueError as failure:
        raise UnusableInput(str(failure)) from failure


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _claim(text: str) -> float:
    value = units.parse(text, unit="m**2/s", name="--claim")
    if not value > 0:
        msg = f"Found --claim {text}; a diffusivity above 0 is needed, such as '1e-6 cm^2/s'."
        raise UnusableInput(msg)
    return value


def _literal(text: str) -> tuple[str, str, str]:
    parts = tuple(part.strip() for part in text.split(":"))
    if len(parts) != 3:
        msg = (
            f"Found --literal {text}; prefactor, magnetic and Planck constant are needed, such as "
            "'3pi/10:mu0^2:hbar' or '2pi/5:(mu0/4pi)^2:hbar'."
        )
        raise UnusableInput(msg)
    return parts


def _length_error(crystal: Crystal, text: str | None) -> float:
    """Give the relative error of the lattice parameter, from the option or from the crystal."""
    if text is not None:
        value = units.parse(text, unit="1", name="--length-error")
        if not 0 <= value < 0.2:
            msg = f"Found --length-error {text}; a share from 0 and below 20 % is needed."
            raise UnusableInput(msg)
        return value
    error = crystal.lattice_parameter_std / float(np.linalg.norm(crystal.cell[0]))
    if not isfinite(error):
        msg = (
            f"Found no error of the lattice parameter of {crystal.name}; rates go with its sixth "
            "power, so that no error of D follows. Write --lattice-parameter '5.10(1) angstrom', "
            "or --length-error '0.2 %'; (0) if it is exact."
        )
        raise MissingInput(msg, argument="--length-error")
    return error


def _motions(
    crystal: Crystal,
    chosen: list[str],
    seed: int | None,
    advance: Callable[[str, int, int], None],
) -> list[Motion]:
    """Walk on the declared networks, those chosen or all of them.

    On the first one atoms also hinder each other: by exclusion, and, where sites are stated to be
    partly empty, by as many vacancies.
    """
    networks = dict(declared_networks(crystal))
    for name in chosen:
        if name not in networks:
            msg = f"Found --network {name!r}, which is not declared for {crystal.name}."
            raise UnknownWord(f"{msg} {did_you_mean(name, networks)}")
    wanted = chosen or list(networks)
    first = wanted[0]
    walks: list[Callable[..., Motion]] = [partial(lattice_walk, mesh=_MESH)] * len(wanted)
    names = list(wanted)
    if networks[first].equal_sites:  # else how atoms hinder each other is not known
        empty = 1 - float(networks[first].occupancies[0])
        walks.insert(1, partial(exchange_walk, mesh=_MESH))
        names.insert(1, first)
        if empty > 0 and seed is not None:
            simulated = partial(vacancy_walk, vacancy_fraction=empty, seed=seed, mesh=_MESH)
            walks.insert(2, simulated)
            names.insert(2, first)
    motions = []
    for place, (walk, name) in enumerate(zip(walks, names, strict=True)):
        advance(name, place, len(walks) + 1)
        motions.append(walk(crystal, networks[name], name=name))
    return motions


def _audit(crystal: Crystal) -> tuple[AuditRow, ...]:
    if crystal.name != AUDITED:
        msg = (
            f"Found --audit for {crystal.name}; the published numbers are on {AUDITED}. Leave it "
            f"out, or give {AUDITED}."
        )
        raise UnusableInput(msg)
    trihydride = crystals.entry("LaH3")
    lattice = next(one for one in trihydride.lattices if one.pressure[0] == _LAH3_PRESSURE)
    return audit_of_lah10(
        crystal_moments(crystal),
        crystal_moments(crystals.crystal("LaH3", lattice_parameter=lattice.a)),
        desorption_time=_DESORPTION,
    )
