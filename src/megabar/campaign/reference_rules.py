"""What a plan must not say about the zero of its shifts, its cross-checks and its witnesses.

Each rule yields sentences that name the key, what was found, and what to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from megabar.errors import UnknownWord, did_you_mean
from megabar.matter import nuclei

if TYPE_CHECKING:
    from megabar.campaign.plan import Plan
    from megabar.campaign.reference_tables import CrossCheck, Reference, Witness

_NEEDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "copper": ("proton_frequency", "ambient_copper"),
        "xi": ("proton_frequency",),
        "external": ("external",),
        "none": (),
    }
)

STATED: Final = ("copper_knight_shift_change", "copper_knight_shift_change_std")
"""Keys that state the change of the copper Knight shift."""

BY_PRESSURE: Final = (
    "copper_pressure", "copper_pressure_std", "copper_exponent", "copper_exponent_std",
)  # fmt: skip
"""Keys from which it follows."""


def reference(plan: Plan) -> Iterator[str]:
    """Find what ``[reference]`` must not say.

    Parameters
    ----------
    plan
        A plan whose keys, units and words are right.

    Yields
    ------
    :
        One sentence for each contradiction.
    """
    told = plan.reference
    for key in _NEEDS[told.method]:
        if getattr(told, key) in (None, {}):
            found = f'method "{told.method}" needs it'
            yield f"[reference].{key}: missing, and {found}. Add {key} = ..."
    yield from _knight_shift(told)
    if told.method == "copper" and told.pairing is None and plan.content is None:
        yield (
            "[reference].pairing: missing; it says how far in time a copper record may be from a "
            "line that it references. Add pairing = '24 hour', or what holds for your magnet."
        )
    if told.method == "copper" and not any(c.measure == "copper" for c in plan.channels):
        yield (
            '[reference].method: "copper" needs a [[channel]] with measure = "copper"; there is '
            "none. Add the channel of the copper line in the cells."
        )


def _knight_shift(told: Reference) -> Iterator[str]:
    """Either stated, or from pressure and exponent, or unknown; never half of either."""
    given = {
        keys: [k for k in keys if getattr(told, k) is not None] for keys in (STATED, BY_PRESSURE)
    }
    if all(given.values()):
        yield (
            f"[reference].{given[BY_PRESSURE][0]}: the change of the copper Knight shift is stated "
            f"already by {given[STATED][0]}. Keep one of the two ways."
        )
        return
    for keys, found in given.items():
        wanted = ("copper_knight_shift", *keys)
        for key in wanted if found else ():
            if getattr(told, key) is None:
                yield f"[reference].{key}: missing, and {found[0]} needs it. Add {key} = ..."
    for key in (*STATED[1:], "copper_pressure", "copper_pressure_std"):
        number = getattr(told, key)
        if number is not None and number < 0:
            yield f"[reference].{key}: found {number:g}; it is not negative. Check its sign."


def cross_checks(plan: Plan) -> Iterator[str]:
    """Find what the ``[[cross_check]]`` tables must not say.

    Parameters
    ----------
    plan
        A plan whose keys, units and words are right.

    Yields
    ------
    :
        One sentence for each contradiction.
    """
    for name, count in Counter(check.name for check in plan.cross_checks).items():
        if count > 1:
            yield f'[[cross_check]] "{name}": {count} tables have this name. Give each its own.'
    for check in plan.cross_checks:
        place = f'[[cross_check]] "{check.name}"'
        yield from _nucleus(check.nucleus, place)
        if plan.reference.method == "none":
            yield f"{place}: shifts have no zero here. Choose a method in [reference]."
        if check.copper is not None and plan.reference.method != "copper":
            yield (
                f'{place}.copper: method "{plan.reference.method}" of [reference] does not use '
                "copper. Remove the key or change the method."
            )
        yield from _fit_of(plan, check, place)
        yield from _pressure(plan, check, place)
        if check.known_shift_std < 0:
            yield f"{place}.known_shift_std: found {check.known_shift_std:g}; it is not negative."


def _fit_of(plan: Plan, check: CrossCheck, place: str) -> Iterator[str]:
    lines = [c.name for c in plan.channels if c.measure == "line" and c.nucleus == check.nucleus]
    if check.channel is not None and check.channel not in lines:
        yield f"{place}.channel: found {check.channel!r}. {did_you_mean(check.channel, lines)}"
    elif not lines:
        yield (
            f'{place}: no [[channel]] with measure = "line" has nucleus = "{check.nucleus}", so '
            "nothing says how to fit the record. Add one."
        )


def _pressure(plan: Plan, check: CrossCheck, place: str) -> Iterator[str]:
    if (check.pressure is None) != (check.pressure_std is None):
        yield f"{place}.pressure: a pressure needs its error and the error its pressure. Give both."
    if (check.pressure or 0.0) < 0 or (check.pressure_std or 0.0) < 0:
        yield f"{place}.pressure: found a negative pressure or error. Check the signs."
    if check.pressure is not None and plan.reference.copper_exponent is None:
        yield (
            f"{place}.pressure: the Knight shift of copper at this pressure needs copper_exponent "
            "in [reference]. State copper_pressure and copper_exponent there, or leave it out."
        )


def witnesses(plan: Plan) -> Iterator[str]:
    """Find what the ``[[witness]]`` tables must not say.

    Parameters
    ----------
    plan
        A plan whose keys, units and words are right.

    Yields
    ------
    :
        One sentence for each contradiction.
    """
    for number, witness in enumerate(plan.witnesses, start=1):
        place = f"[[witness]] number {number}"
        yield from _nucleus(witness.nucleus, place)
        yield from _anchors(witness, place)
        if plan.reference.method == "none":
            yield f"{place}: shifts have no zero here. Choose a method in [reference]."
    for nucleus, count in Counter(w.nucleus for w in plan.witnesses).items():
        if count > 1:
            yield f"[[witness]]: {count} tables read a content from {nucleus}. Keep one."


def _anchors(witness: Witness, place: str) -> Iterator[str]:
    size = len(witness.shift)
    for key in ("shift_std", "h_per_metal", "h_per_metal_std"):
        found = getattr(witness, key)
        if found is not None and len(found) != size:
            count = f"{len(found)} entries for {size} anchors"
            yield f"{place}.{key}: found {count}. Give one for each."
    if not _monotone(witness.h_per_metal) or witness.h_per_metal[0] > witness.h_per_metal[-1]:
        yield f"{place}.h_per_metal: the contents do not rise. Write the anchors by rising content."
    if not _monotone(witness.shift):
        yield (
            f"{place}.shift: the shifts neither rise nor fall throughout, so one shift would mean "
            "several contents. Leave out anchors until they do."
        )
    if any(std < 0 for std in witness.shift_std):
        yield f"{place}.shift_std: found a negative error. Check the signs."


def _monotone(values: Sequence[float]) -> bool:
    steps = [b - a for a, b in pairwise(values)]
    return all(step > 0 for step in steps) or all(step < 0 for step in steps)


def _nucleus(name: str, place: str) -> Iterator[str]:
    try:
        nuclei.nucleus(name)
    except UnknownWord as error:
        yield f"{place}.nucleus: {error}"
