"""What a plan must not say: statements that contradict each other or leave a step without input.

Each rule yields sentences that name the key, what was found, and what to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from megabar.campaign import content_rules, gauge_readings, reference_rules
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
        "nutation": ("pulse_shape", "field_model", "nucleus"),
        "resistance": (),
        "pressure": ("gauge", "scale", "gauge_temperature"),
        "archive": (),
    }
)
"""What each measure cannot do without."""

ALLOWED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "shape": ("line", "copper", "t1", "t2", "t1rho", "nutation"),
        "model": ("t1", "t2", "t1rho"),
        "window": ("line", "copper", "t1", "t2", "t1rho", "nutation"),
        "until": ("line", "copper", "t1", "t2", "t1rho", "nutation"),
        "drift": ("t1", "t2", "t1rho", "nutation"),
        "step": ("line", "copper"),
        "normal_state": ("resistance",),
        "ramp": ("resistance",),
        "t1": ("line",),
        "t1_std": ("line",),
        "t2": ("line",),
        "t2_std": ("line",),
        "pulse_length": ("line",),
        "pulse_shape": ("line", "nutation"),
        "truncation": ("line", "nutation"),
        "pulse_90": ("line",),
        "pulse_90_std": ("line",),
        "pulse_power": ("line", "nutation"),
        "pulse_power_std": ("line", "nutation"),
        "noise_temperature": ("line",),
        "noise_temperature_std": ("line",),
        "noise_factor": ("line",),
        "noise_factor_std": ("line",),
        "broadening": ("line",),
        "seen": ("line", "nutation"),
        "nutation": ("line",),
        "field_model": ("nutation",),
        "asymmetry": ("nutation",),
        "gauge": ("pressure",),
        "scale": ("pressure",),
        "gauge_temperature": ("pressure",),
        "axis_correction": ("pressure",),
        "axis_correction_std": ("pressure",),
        "search": ("pressure",),
        "position": ("pressure",),
    }
)
"""Keys that only some measures use, and those measures."""


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
    yield from reference_rules.reference(plan)
    yield from reference_rules.cross_checks(plan)
    yield from reference_rules.witnesses(plan)
    yield from content_rules.of(plan)


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
    if channel.measure == "pressure":
        yield from _scale(channel, place)


def _scale(channel: Channel, place: str) -> Iterator[str]:
    """Find a scale of another gauge, and a correction of an axis without an error."""
    known = gauge_readings.scales_of(channel.gauge or "")
    if channel.gauge is not None and channel.scale is not None and channel.scale not in known:
        yield (
            f"{place}.scale: found {channel.scale!r}. Scales of {channel.gauge}: "
            f"{', '.join(known)}."
        )
    if (channel.axis_correction is None) != (channel.axis_correction_std is None):
        yield f"{place}.axis_correction: a correction needs its error and the error it. Give both."


def _intervals(channel: Channel, place: str) -> Iterator[str]:
    for key in ("window", "normal_state", "search"):
        limits = getattr(channel, key)
        if limits is not None and not limits[0] < limits[1]:
            yield f"{place}.{key}: the first limit is not below the second. Write the lower first."
    for key in ("t1", "t2"):
        value, std = getattr(channel, key), getattr(channel, f"{key}_std")
        if (value is None) != (std is None):
            yield f"{place}.{key}: a stated time needs its error and the error its time. Give both."
        if value is not None and (value <= 0 or (std or 0) < 0):
            yield f"{place}.{key}: found {value} s with error {std} s. A time is positive."
    if channel.role != "none" and channel.measure not in ("line", "t1", "t2", "nutation"):
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
