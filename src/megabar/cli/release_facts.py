"""What the verb release answers as JSON, and writes as CSV."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np

from megabar.cli.release_runs import DAY, outcome

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from megabar.cli.release_runs import Run
    from megabar.hydrogen.levels import Level


def facts_of(
    runs: Sequence[Run], arguments: argparse.Namespace, excess: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Put runs into what the JSON object holds: days, H per metal, SI for all else.

    Parameters
    ----------
    runs
        The plan as it is, then its variants.
    arguments
        Words of the command line.
    excess
        What the search for an excess found, if one was asked for.

    Returns
    -------
    :
        The facts.
    """
    base = runs[0]
    plan, release = base.plan, base.release
    grains = plan.cell.grains[0]
    return {
        "plan": str(arguments.plan),
        "name": plan.name,
        "temperature": plan.temperature,
        "start": plan.start,
        "surface": _surface(base),
        "level": _level(release.level),
        "solver": release.solver,
        "steps": release.steps,
        "drift": release.drift,
        "days": release.times / DAY,
        "content": release.content,
        "classes": {
            "radius": np.atleast_1d(grains.radii),
            "weight": release.class_weights,
            "content": release.class_contents,
        },
        "free": release.free,
        "bound": release.bound,
        "lost": release.lost,
        "stacks": dict(release.stacks),
        "layers": dict(release.sheets),
        "total": release.total,
        "unknowns": [
            {"key": one.key, "unit": one.unit, "low": one.low, "high": one.high, "used": one.middle}
            for one in plan.unknowns
        ],
        "sources": [{"key": one.key, "words": one.words} for one in plan.sources],
        "outcomes": [outcome(one, arguments.below) for one in runs],
        "excess": None if excess is None else dict(excess),
        "figure": None if arguments.figure is None else str(arguments.figure),
        "written": [],
    }


def _surface(base: Run) -> dict[str, Any]:
    surface = base.plan.surface
    return {
        "law": surface.law,
        "rate": surface.rate_at(base.plan.temperature),
        "rate_unit": "m4 s-1" if surface.law == "second order" else "m s-1",
        "activation_energy": surface.activation_energy,
        "equilibrium": surface.equilibrium.law,
    }


def _level(level: Level) -> dict[str, Any]:
    numbers = level.numbers
    return {
        "name": level.name,
        "bound": level.bound,
        "words": level.words,
        "numbers": {
            name: getattr(numbers, name)
            for name in (
                "fourier", "biot", "biot_second", "damkoehler", "stefan", "thiele",
                "reservoir_over_solid", "sink_over_release",
            )
        },
    }  # fmt: skip


# --- tables ---------------------------------------------------------------------------------------


def write_tables(runs: Sequence[Run], folder: Path) -> list[str]:
    """Write contents over the days, profiles and outcomes as CSV.

    Parameters
    ----------
    runs
        The plan as it is, then its variants.
    folder
        Made if it is not there.

    Returns
    -------
    :
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"contents.csv": _contents(runs), "profiles.csv": _profiles(runs[0])}
    written = []
    for name, rows in tables.items():
        path = folder / name
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)
        written.append(str(path))
    return written


def _contents(runs: Sequence[Run]) -> Iterable[Sequence[Any]]:
    stacks = list(dict.fromkeys(name for one in runs for name in one.release.sheets))
    yield ["variant", "day", "content", "free", "bound", "lost", *stacks]
    for one in runs:
        release, layers = one.release, one.release.sheets
        nothing = np.full(len(release.times), np.nan)
        columns = [release.content, release.free, release.bound, release.lost]
        columns += [layers.get(name, nothing) for name in stacks]
        for day, *row in zip(release.times / DAY, *columns, strict=True):
            yield [one.variant.name, f"{day:.9g}", *(_cell(value) for value in row)]


def _profiles(base: Run) -> Iterable[Sequence[Any]]:
    """Cells of grains [H per metal] and of sheets [atoms/m3], at the days of the profiles."""
    yield ["where", "day", "depth_m", "value", "unit"]
    release = base.release
    grains = {f"grains {k}": one for k, one in enumerate(release.grain_profiles, start=1)}
    wanted = np.searchsorted(release.times, base.plan.profile_times)
    for name, profile in {**grains, **release.sheet_profiles}.items():
        unit = "H per metal" if name in grains else "m-3"
        for place in wanted:
            day = release.times[place] / DAY
            for depth, value in zip(profile.depth, profile.values[place], strict=True):
                yield [name, f"{day:.9g}", f"{depth:.9g}", _cell(value), unit]


def _cell(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.9g}"
