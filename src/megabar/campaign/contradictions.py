"""What a plan must not say: statements that contradict each other or leave a step without input.

Each rule yields sentences that name the key, what was found, and what to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from megabar.errors import UnknownWord, did_you_mean
from megabar.matter import nuclei

if TYPE_CHECKING:
    from megabar.campaign.plan import Channel, Plan

RESERVED_CELL: Final = "reference"
"""Archive folder of the reference records, which belong to no cell."""

NEEDED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "line": ("shape",),
        "copper": ("shape",),
        "t1": ("model",),
        "t2": ("model",),
        "t1rho": ("model",),
        "resistance": ("normal_state",),
        "archive": (),
    }
)
"""What each measure cannot do without."""

ALLOWED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "shape": ("line", "copper", "t1", "t2", "t1rho"),
        "model": ("t1", "t2", "t1rho"),
        "window": ("line", "copper", "t1", "t2", "t1rho"),
        "until": ("line", "copper", "t1", "t2", "t1rho"),
        "drift": ("t1", "t2", "t1rho"),
        "step": ("line", "copper"),
        "normal_state": ("resistance",),
        "ramp": ("resistance",),
        "t1": ("line",),
        "t1_std": ("line",),
        "t2": ("line",),
        "t2_std": ("line",),
    }
)
"""Keys that only some measures use, and those measures."""

_REFERENCE_NEEDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "copper": (
            "proton_frequency",
            "ambient_copper",
            "copper_knight_shift",
            "copper_knight_shift_change",
            "copper_knight_shift_change_std",
        ),
        "xi": ("proton_frequency",),
        "external": ("external",),
        "none": (),
    }
)


def of(plan: Plan) -> Iterator[str]:
    """Find what a plan must not say.

    Parameters
    ----------
    plan
        A plan whose keys, units and words are right.

    Yields
    ------
    :
        One sentence for each contradiction.
    """
    yield from _names(plan)
    for channel in plan.channels:
        yield from _channel(plan, channel)
    yield from _nuclei(plan)
    yield from _reference(plan)
    yield from _content(plan)


def _names(plan: Plan) -> Iterator[str]:
    for table, names in (
        ("cell", [c.name for c in plan.cells]),
        ("channel", [c.name for c in plan.channels]),
    ):
        for name, count in Counter(names).items():
            if count > 1:
                yield f'[[{table}]] "{name}": {count} tables have this name. Give each its own.'
    if RESERVED_CELL in {c.name for c in plan.cells}:
        yield (
            f'[[cell]] "{RESERVED_CELL}": this name is kept for records outside any cell. '
            "Choose another."
        )


def _channel(plan: Plan, channel: Channel) -> Iterator[str]:
    place = f'[[channel]] "{channel.name}"'
    for key in NEEDED[channel.measure]:
        if getattr(channel, key) is None:
            yield f'{place}.{key}: missing; measure "{channel.measure}" needs it. Add {key} = ...'
    for key, measures in ALLOWED.items():
        if getattr(channel, key) is not None and channel.measure not in measures:
            yield (
                f'{place}.{key}: measure "{channel.measure}" does not use it; only '
                f"{', '.join(measures)}. Remove the key or change the measure."
            )
    known = [c.name for c in plan.cells]
    for name in channel.cells or ():
        if name not in known:
            yield f"{place}.cells: found {name!r}. {did_you_mean(name, known)}"
    yield from _intervals(channel, place)


def _intervals(channel: Channel, place: str) -> Iterator[str]:
    for key in ("window", "normal_state"):
        limits = getattr(channel, key)
        if limits is not None and not limits[0] < limits[1]:
            yield f"{place}.{key}: the first limit is not below the second. Write the lower first."
    for key in ("t1", "t2"):
        value, std = getattr(channel, key), getattr(channel, f"{key}_std")
        if (value is None) != (std is None):
            yield f"{place}.{key}: a stated time needs its error and the error its time. Give both."
        if value is not None and (value <= 0 or (std or 0) < 0):
            yield f"{place}.{key}: found {value} s with error {std} s. A time is positive."
    if channel.role != "none" and channel.measure not in ("line", "t1", "t2"):
        yield (
            f'{place}.role: measure "{channel.measure}" gives no amplitude. Use role with "line".'
        )


def _nuclei(plan: Plan) -> Iterator[str]:
    named = [("metal", plan.metal)] if plan.metal != "none" else []
    named += [(f'[[channel]] "{c.name}".nucleus', c.nucleus or "") for c in plan.channels]
    named += [(f'[[file]] "{f.path}".nucleus', f.nucleus or "") for f in plan.files]
    named += [(f"[reference.external].{name}", name) for name in plan.reference.external]
    for place, name in named:
        if name:
            try:
                nuclei.nucleus(name)
            except UnknownWord as error:
                yield f"{place}: {error}"


def _reference(plan: Plan) -> Iterator[str]:
    method = plan.reference.method
    for key in _REFERENCE_NEEDS[method]:
        if getattr(plan.reference, key) in (None, {}):
            yield f'[reference].{key}: missing, and method "{method}" needs it. Add {key} = ...'
    if method == "copper" and plan.reference.pairing is None and plan.content is None:
        yield (
            "[reference].pairing: missing; it says how far in time a copper record may be from a "
            "line that it references. Add pairing = '24 hour', or what holds for your magnet."
        )
    if method == "copper" and not any(c.measure == "copper" for c in plan.channels):
        yield (
            '[reference].method: "copper" needs a [[channel]] with measure = "copper"; there is '
            "none. Add the channel of the copper line in the cells."
        )


def _content(plan: Plan) -> Iterator[str]:
    if plan.content is None:
        return
    if plan.content.pairing <= 0:
        yield "[content].pairing: records pair within a positive time. Write such as '24 hour'."
    for role in ("hydrogen", "metal"):
        if not any(c.role == role and c.measure == "line" for c in plan.channels):
            yield (
                f'[content]: no [[channel]] with measure = "line" has role = "{role}". Name the '
                "channel that counts this side, or leave out [content]."
            )
