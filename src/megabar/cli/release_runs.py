"""What the verb release runs: the plan, its variants, and the search for an excess of hydrogen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import MissingInput, UnusableInput
from megabar.hydrogen.release import solve
from megabar.virtual.plan_changes import ABSENT
from megabar.virtual.release_plan import read_plan

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from megabar.hydrogen.release import Release
    from megabar.virtual.release_plan import ReleasePlan

DAY: Final = 86400.0
AS_PLANNED: Final = "as planned"
_SEARCHED: Final = 1000.0  # free H per metal up to which an excess is sought
_HALVINGS: Final = 40
_FOUND: Final = 1e-4  # of the excess: where the search ends


@dataclass(frozen=True, kw_only=True)
class Variant:
    """The plan with some entries changed, and why."""

    name: str
    changes: Mapping[str, Any]
    kind: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """One variant and what its cell did; ``ends`` with all unknowns low, and with all high."""

    variant: Variant
    plan: ReleasePlan
    release: Release
    ends: tuple[Release, ...] = ()

    def first_below(self, content: float) -> float | None:
        """Give the time [s] at which the grains fall to a content, None if they do not."""
        found = self.release.content
        below = np.flatnonzero(found <= content)
        if below.size == 0:
            return None
        last = int(below[0])
        if last == 0:
            return 0.0
        pair = slice(last - 1, last + 1)
        return float(np.interp(-content, -found[pair], self.release.times[pair]))


def run(path: Path, variant: Variant, arguments: argparse.Namespace) -> Run:
    """Read the plan with the changes of a variant, and solve it.

    Parameters
    ----------
    path
        The plan.
    variant
        Its changes.
    arguments
        With ``level`` and ``solver``.

    Returns
    -------
    :
        What the cell did.

    Raises
    ------
    PlanError
        Naming the entry at fault.
    SolverTruncated
        If the integration stopped early.
    """

    def released(plan: ReleasePlan) -> Release:
        return solve(plan.cell, plan.times, level=arguments.level, solver=arguments.solver)

    plan = read_plan(path, variant.changes)
    corners = [
        {one.key: f"{getattr(one, end)!r} {one.unit}" for one in plan.unknowns}
        for end in ("low", "high")
        if plan.unknowns
    ]
    ends = [read_plan(path, {**variant.changes, **corner}) for corner in corners]
    return Run(
        variant=variant,
        plan=plan,
        release=released(plan),
        ends=tuple(released(end) for end in ends),
    )


def variants_of(plan: ReleasePlan, arguments: argparse.Namespace) -> list[Variant]:
    """List what was asked to be run beside the plan.

    Parameters
    ----------
    plan
        The plan as it is.
    arguments
        With ``vary``, ``at``, ``without`` and ``thickness``.

    Returns
    -------
    :
        The variants, in order.

    Raises
    ------
    MissingInput
        If another temperature is asked for and no rate depends on it.
    UnusableInput
        If an option cannot be read.
    """
    found = [_one(f"{name} = {value}", name, value, "vary") for name, value in _varied(arguments)]
    if arguments.at and not plan.feels_temperature:
        msg = (
            "Found --at, but no rate of the plan has an activation energy: another temperature "
            "would change nothing. Give surface.activation_energy (or attempt_rate) and at."
        )
        raise MissingInput(msg, argument="surface.activation_energy")
    found += [_one(f"at {value}", "temperature", value, "temperature") for value in arguments.at]
    found += [
        Variant(name=f"without {name}", changes={_layer(plan, name): ABSENT}, kind="layer")
        for name in arguments.without
    ]
    for word in arguments.thickness:
        name, value = _pair(word, "--thickness")
        found += [
            _one(f"{name} of {one.strip()}", f"{_layer(plan, name)}.thickness", one, "layer")
            for one in value.split(",")
        ]
    return found


def _one(name: str, key: str, value: str, kind: str) -> Variant:
    return Variant(name=name, changes={key: value.strip()}, kind=kind)


def _varied(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    pairs = [_pair(word, "--vary") for word in arguments.vary]
    return [(key, value.strip()) for key, values in pairs for value in values.split(",")]


def _pair(word: str, option: str) -> tuple[str, str]:
    name, sign, value = word.partition("=")
    if not (sign and name.strip() and value.strip()):
        msg = f"Found {option} {word!r}; a name and a value are needed. Write {option} NAME=VALUE."
        raise UnusableInput(msg)
    return name.strip(), value.strip()


def _layer(plan: ReleasePlan, name: str) -> str:
    """Give the dotted key of a layer that was called by its own name or by that of its stack."""
    known = {layer.name: stack.name for stack in plan.cell.stacks for layer in stack.layers}
    if name in known:
        return f"{known[name]}.{name}"
    return name  # a dotted key, or an error of the plan that lists what there is


# --- answers --------------------------------------------------------------------------------------


def outcome(one: Run, below: Sequence[float]) -> dict[str, Any]:
    """Say in numbers how a run ended.

    Parameters
    ----------
    one
        The run.
    below
        Contents [H/M] whose day is asked for.

    Returns
    -------
    :
        Name, kind, loss at the start, contents and inventories at the end, days.
    """
    release = one.release
    reached = {content: one.first_below(content) for content in below}
    return {
        "name": one.variant.name,
        "kind": one.variant.kind,
        "temperature": one.plan.temperature,
        "loss_at_start": DAY * one.plan.loss_at_start,
        "content": release.content[-1],
        "free": release.free[-1],
        "bound": release.bound[-1],
        "lost": release.lost[-1],
        "stacks": {name: held[-1] for name, held in release.stacks.items()},
        "layers": {name: held[-1] for name, held in release.sheets.items()},
        "below": [
            {"content": content, "day": None if time is None else time / DAY}
            for content, time in reached.items()
        ],
        "level": release.level.name,
        "drift": release.drift,
        "content_range": _range([each.content[-1] for each in (release, *one.ends)]),
        "walls_range": _range([_walls(each) for each in (release, *one.ends)]),
    }


def _walls(release: Release) -> float:
    return float(sum(held[-1] for held in release.stacks.values()))


def _range(values: Sequence[float]) -> list[float] | None:
    """Least and most over the unknowns; None where all is known."""
    return [float(min(values)), float(max(values))] if len(values) > 1 else None


def excess_of(
    path: Path,
    base: Run,
    arguments: argparse.Namespace,
    advance: Callable[[str, int, int], None],
) -> dict[str, Any]:
    """Seek the free hydrogen that halts the loss, or that keeps a content to the end.

    Parameters
    ----------
    path
        The plan.
    base
        The run of the plan as it is.
    arguments
        With ``keep``, ``level`` and ``solver``.
    advance
        Told what is being done.

    Returns
    -------
    :
        ``free`` [H/M] that halts the loss at the start, None if no amount does, with the reason;
        the content after the whole time with it; ``kept`` if a content to keep was given.
    """
    law, start = base.plan.surface.equilibrium, base.plan.start
    free = law.free_at(start, most=_SEARCHED)
    facts: dict[str, Any] = {"free": free, "h2": None if free is None else free / 2, "reason": ""}
    facts |= {"content": None, "kept": None}
    if not law.follows:
        facts["reason"] = law.why_fixed
        return facts
    if free is None:
        facts["reason"] = (
            f"with {_SEARCHED:g} free H per metal grains would rest at "
            f"{law.content(_SEARCHED):.4g}, below their start of {start:.4g}"
        )
    else:
        advance("excess", 0, 1)
        facts["content"] = _with_free(path, free, arguments).release.content[-1]
    if arguments.keep is not None:
        facts["kept"] = _kept(path, arguments, advance)
    return facts


def _with_free(path: Path, free: float, arguments: argparse.Namespace) -> Run:
    changes = {"cavity.free": float(free)}
    return run(path, Variant(name="excess", changes=changes, kind="excess"), arguments)


def _kept(
    path: Path, arguments: argparse.Namespace, advance: Callable[[str, int, int], None]
) -> dict[str, Any]:
    """Bisect for the least free hydrogen with which the content at the end is high enough."""

    def holds(free: float) -> bool:
        return bool(_with_free(path, free, arguments).release.content[-1] >= arguments.keep)

    facts: dict[str, Any] = {"content": arguments.keep, "free": None, "h2": None}
    if not holds(_SEARCHED):
        return facts
    low, high = 0.0, _SEARCHED
    if holds(low):
        return {**facts, "free": 0.0, "h2": 0.0}
    for step in range(_HALVINGS):
        advance("excess", step, _HALVINGS)
        middle = 0.5 * (low + high)
        low, high = (low, middle) if holds(middle) else (middle, high)
        if high - low <= _FOUND * high:
            break
    return {**facts, "free": high, "h2": high / 2}
