"""Verbs on nature: moments, what rigid hydrogen of a crystal couples to."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import units
from megabar.cli import structure_options, terminal
from megabar.errors import MissingInput, UnusableInput
from megabar.matter import crystals, nuclei
from megabar.observables.dipolar_floor import t1_floor
from megabar.report.numbers import format_value
from megabar.spins.crystal_moments import CrystalMoments, crystal_moments, equal_sites
from megabar.spins.moments import pair_constant, pake_splitting
from megabar.spins.rigid_lines import RigidLine, rigid_line_many_spin

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from megabar.matter.crystals import Crystal

FIGURE_SUFFIXES: Final = (".svg", ".png", ".pdf")
"""Formats in which figures are written."""

_ANGSTROM: Final = 1e-10
_REACH: Final = 1.65  # shells are listed up to here, over the shortest contact
_PARTNERS: Final = 8
_ORIENTATIONS: Final = 32
_HIDDEN: Final = 0.25  # share of the rigid signal below which it is lost among the narrowed
_WEAKENED: Final = 0.95


@dataclass(frozen=True, kw_only=True, eq=False)
class _RigidProtons:
    """What one call of ``moments`` computed."""

    crystal: Crystal
    moments: CrystalMoments
    line: RigidLine
    pair: float  # constant b/2pi of the nearest pair [Hz]
    floor: float  # of T1 [s]; nan without a field
    dead_time: float  # [s]; nan if not given

    @property
    def left(self) -> float:
        """Give the decay at the end of the dead time; nan without one."""
        if not self.dead_time >= 0:
            return nan
        return self.line.fid_at(min(self.dead_time, float(self.line.time[-1])))


def add_moments_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``moments``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    structure_options.add_options(parser)
    parser.add_argument("--field", metavar="B", help="'395 MHz' of 1H or '9.28 T': floor of T1")
    parser.add_argument("--dead-time", metavar="T", help="of the receiver, such as '5 us'")
    parser.add_argument(
        "--reach", metavar="R", help="list shells up to here; 1.65 times the shortest if absent"
    )
    add_shared_options(parser)


def add_shared_options(parser: argparse.ArgumentParser) -> None:
    """Add the seed of empty sites, and the file of a figure.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument(
        "--seed", metavar="N", type=int, help="of occupied sites, where some are partly empty"
    )
    parser.add_argument(
        "--figure", metavar="FILE", type=Path, help=f"draw it ({', '.join(FIGURE_SUFFIXES)})"
    )


def moments(arguments: argparse.Namespace) -> terminal.Answer:
    """Say what rigid hydrogen couples to, how wide its line is and what dead time hides of it.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        Density, contacts, lattice sums, moments, line and decay.
    """
    check_figure(arguments.figure)
    crystal = structure_options.crystal_of(arguments)
    field = structure_options.field_of(arguments.field, name="--field") if arguments.field else nan
    reach = _length(arguments.reach, "--reach")
    dead_time = dead_time_of(arguments)
    _ask_for_seed(crystal, arguments.seed)
    found = crystal_moments(crystal)
    proton = nuclei.nucleus("1H").gyromagnetic_ratio_bare
    rigid = _RigidProtons(
        crystal=crystal,
        moments=found,
        line=rigid_line_many_spin(
            crystal, partners=_PARTNERS, orientations=_ORIENTATIONS, seed=arguments.seed
        ),
        pair=pair_constant(gyromagnetic_ratio=proton, distance=found.nearest),
        floor=t1_floor(found, larmor_frequency=field, like_only=False),
        dead_time=nan if dead_time is None else dead_time,
    )
    facts = _facts(rigid, reach or _REACH * found.nearest)
    facts["field"] = field
    facts["figure"] = None if arguments.figure is None else str(arguments.figure)
    if arguments.figure is not None:
        from megabar.report import figures, mobility_figures

        figure = mobility_figures.rigid_hydrogen(rigid.line, dead_time=dead_time)
        figures.write(figure, arguments.figure)
    return terminal.Answer(verb="moments", facts=facts, text=tuple(_words(rigid, facts)))


def check_figure(path: Path | None) -> None:
    """Refuse a figure of an unknown format before anything is computed.

    Parameters
    ----------
    path
        The file, if one is asked for.

    Raises
    ------
    UnusableInput
        If its suffix is unknown, or its folder is not there.
    """
    if path is None:
        return
    if path.suffix.lower() not in FIGURE_SUFFIXES:
        msg = f"Found --figure {path}; no figure can be written. Use {', '.join(FIGURE_SUFFIXES)}."
        raise UnusableInput(msg)
    if not path.parent.is_dir():
        msg = f"Found --figure {path}; its folder does not exist. Make it, or name another."
        raise UnusableInput(msg)


def dead_time_of(arguments: argparse.Namespace) -> float | None:
    """Read the dead time [s] that was typed, if any.

    Parameters
    ----------
    arguments
        With ``dead_time``.

    Returns
    -------
    :
        Dead time [s] or none.
    """
    if arguments.dead_time is None:
        return None
    value = units.parse(arguments.dead_time, unit="s", name="--dead-time")
    if value < 0:
        msg = f"Found --dead-time {arguments.dead_time}; it cannot be negative."
        raise UnusableInput(msg)
    return value


def _length(text: str | None, name: str) -> float | None:
    if text is None:
        return None
    value = units.parse(text, unit="m", name=name)
    if not value > 0:
        msg = f"Found {name} {text}; a length above 0 is needed."
        raise UnusableInput(msg)
    return value


def _ask_for_seed(crystal: Crystal, seed: int | None) -> None:
    if seed is None and (crystals.hydrogen_sites(crystal).occupancies < 1).any():
        msg = (
            f"Found partly empty hydrogen sites in {crystal.name}; the occupied ones are drawn at "
            "random. Give --seed N, so that the same call gives the same line."
        )
        raise MissingInput(msg, argument="--seed")


def _facts(rigid: _RigidProtons, reach: float) -> dict[str, Any]:
    """Everything in SI."""
    crystal, found, line = rigid.crystal, rigid.moments, rigid.line
    cell = crystal.cell
    return {
        "structure": structure_facts(crystal),
        "number_density": found.number_density,
        "nearest": found.nearest,
        "pair_constant": rigid.pair,
        "pake_splitting": pake_splitting(pair_constant=rigid.pair),
        "sites": list(_sites(rigid, reach)),
        "sum_r6": found.sum_r6_mean,
        "second_moment_like": found.second_moment_like,
        "second_moment_unlike": dict(found.second_moment_unlike),
        "second_moment": found.second_moment,
        "relative_error": 6 * crystal.lattice_parameter_std / float(np.linalg.norm(cell[0])),
        "fwhm_gaussian": found.fwhm_gaussian,
        "fwhm_many_spin": line.fwhm,
        "flatness": line.flatness,
        "half_time": line.half_time,
        "dead_time": rigid.dead_time,
        "left_after_dead_time": rigid.left,
        "t1_floor": rigid.floor,
    }


def structure_facts(crystal: Crystal) -> dict[str, Any]:
    """Put a crystal into JSON types, in SI.

    Parameters
    ----------
    crystal
        Any crystal.

    Returns
    -------
    :
        name, space_group, lattice_parameter and its error, volume, hydrogen_per_metal, origins.
    """
    return {
        "name": crystal.name,
        "space_group": crystal.space_group,
        "lattice_parameter": float(np.linalg.norm(crystal.cell[0])),
        "lattice_parameter_std": crystal.lattice_parameter_std,
        "volume": crystal.volume,
        "hydrogen_per_metal": crystal.hydrogen_per_metal,
        "origins": [
            {"quantity": one.quantity, "status": one.status, "source": one.source}
            for one in crystal.origins
        ],
    }


def _sites(rigid: _RigidProtons, reach: float) -> Iterator[dict[str, Any]]:
    found, crystal = rigid.moments, rigid.crystal
    hydrogen = [index for index, symbol in enumerate(crystal.species) if symbol == "H"]
    for group in equal_sites(kinds=found.kinds, sum_r6=found.sum_r6):
        first = hydrogen[group[0]]
        shells = [
            {"species": symbol, "kind": one.kind, "distance": one.distance, "count": one.count}
            for symbol in dict.fromkeys(crystal.species)
            for one in crystals.shells(crystal, around=first, species=symbol, cutoff=reach)
        ]
        yield {
            "kind": found.kinds[group[0]],
            "count": len(group),
            "occupancy": float(crystal.occupancies[first]),
            "sum_r6": float(found.sum_r6[group[0]]),
            "shells": sorted(shells, key=lambda one: one["distance"]),
        }


def _words(rigid: _RigidProtons, facts: Mapping[str, Any]) -> Iterator[terminal.Piece]:
    found, line = rigid.moments, rigid.line
    yield from structure_words(rigid.crystal)
    yield terminal.Line("density", f"{found.number_density * 1e-30:.4f} H per cubic angstrom")
    yield terminal.Line("nearest H-H", _pair_words(rigid))
    yield _site_table(facts["sites"])
    yield terminal.Table(
        title="second moment of the rigid powder",
        columns=("from", "rad2 s-2", "share"),
        rows=tuple(_moment_rows(found)),
    )
    yield terminal.Line(
        "width",
        f"{line.fwhm / 1e3:.0f} kHz with {_PARTNERS + 1} protons exactly (to about 5 %), "
        f"{found.fwhm_gaussian / 1e3:.1f} kHz as a Gaussian; M4/M2^2 = {line.flatness:.2f}, "
        "3 for a Gaussian",
    )
    yield terminal.Line("decay", _decay_words(rigid))
    if rigid.floor > 0:
        yield terminal.Line(
            "floor of T1",
            f"{rigid.floor * 1e3:.3g} ms at {facts['field'] / 1e6:.4g} MHz: no motion of this "
            "structure makes a dipolar T1 shorter",
        )
    if facts["relative_error"] > 0:
        yield terminal.Line(
            "error",
            f"of the lattice parameter: S6 and second moments +- {facts['relative_error']:.1%}, "
            f"widths +- {facts['relative_error'] / 2:.1%}",
        )
    if facts["figure"]:
        yield terminal.Line("figure", facts["figure"])


def structure_words(crystal: Crystal) -> Iterator[terminal.Piece]:
    """Say in words which crystal it is and where its numbers come from.

    Parameters
    ----------
    crystal
        Any crystal.

    Yields
    ------
    :
        Lines.
    """
    a, std = float(np.linalg.norm(crystal.cell[0])), crystal.lattice_parameter_std
    length = format_value(a / _ANGSTROM, std / _ANGSTROM, "angstrom") if std > 0 else None
    group = f", {crystal.space_group}" if crystal.space_group else ""
    yield terminal.Line(
        "structure",
        f"{crystal.name}{group}, a = {length or f'{a / _ANGSTROM:.5g} angstrom'}, "
        f"{crystal.hydrogen_per_metal:.4g} H per {crystal.metal}",
    )
    for one in crystal.origins:
        yield terminal.Line("", f"{one.quantity}: {one.status}, {one.source}")


def _pair_words(rigid: _RigidProtons) -> str:
    splitting = pake_splitting(pair_constant=rigid.pair)
    return (
        f"{rigid.moments.nearest / _ANGSTROM:.4f} angstrom; alone, such a pair has the constant "
        f"{rigid.pair / 1e3:.1f} kHz and horns {splitting / 1e3:.1f} kHz apart"
    )


def _site_table(sites: list[dict[str, Any]]) -> terminal.Table:
    rows = []
    for site in sites:
        shells = ", ".join(
            f"{one['count']} {one['species']}({one['kind']}) {one['distance'] / _ANGSTROM:.4g}"
            for one in site["shells"]
        )
        name = f"{site['count']} on {site['kind']}"
        if site["occupancy"] < 1:
            name += f", {site['occupancy']:.3g} full"
        rows.append((name, f"{site['sum_r6'] * _ANGSTROM**6:.5g}", shells))
    return terminal.Table(
        title="hydrogen sites of the cell",
        columns=("sites", "S6 (A^-6)", "neighbours: count, kind, distance (A)"),
        rows=tuple(rows),
    )


def _moment_rows(found: CrystalMoments) -> Iterator[tuple[str, str, str]]:
    for name, value in (("1H", found.second_moment_like), *found.second_moment_unlike.items()):
        yield f"1H-{name}", f"{value:.4g}", f"{value / found.second_moment:.2%}"
    yield "all", f"{found.second_moment:.4g}", ""


def _decay_words(rigid: _RigidProtons) -> str:
    half = f"at one half after {rigid.line.half_time * 1e6:.2g} us"
    if not rigid.dead_time >= 0:
        return f"{half}; give --dead-time to hold the receiver against it"
    left = f"{half}, {rigid.left:.2f} of it at the end of {rigid.dead_time * 1e6:.3g} us dead time"
    if abs(rigid.left) < _HIDDEN:
        return f"{left}: rigid hydrogen is hidden from a single pulse, only narrowed is counted"
    if rigid.left < _WEAKENED:
        return f"{left}: a single pulse counts that share of rigid hydrogen"
    return f"{left}: rigid hydrogen is seen"
