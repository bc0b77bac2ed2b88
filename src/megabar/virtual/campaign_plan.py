"""The ``campaign.toml`` that a laboratory would write for the files of a virtual campaign.

It states what the person at the spectrometer knows: settings, calibration and its error. What only
the truth file knows stays out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from megabar.matter import nuclei
from megabar.virtual import anvils, transport_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from megabar.virtual.anvils import Anvil
    from megabar.virtual.plan import Channel, Simulation
    from megabar.virtual.transport_plan import Transport

_MEASURES = {
    "fid": "line",
    "solid-echo": "line",
    "hahn-echo": "line",
    "saturation-recovery": "t1",
    "hahn-echo-array": "t2",
    "nutation": "nutation",
}
_ARRAYS = {
    "saturation-recovery": ("vdlist", "delay"),
    "hahn-echo-array": ("vdlist", "echo_time"),
    "nutation": ("vplist", "pulse_length"),
}
_FOLDERS = {"precursor": "precursor*", "hydride": "day-*", "all": "*"}


def text(plan: Simulation) -> str:
    """Write the campaign plan of a virtual campaign.

    Parameters
    ----------
    plan
        The plan of the simulation.

    Returns
    -------
    :
        The text of ``campaign.toml``.
    """
    copper = plan.copper
    nmr = [cell.name for cell in plan.cells] if plan.transport else None
    parts = [
        _table(
            "",
            {
                "schema": "campaign/1",
                "name": plan.name,
                "metal": plan.metal,
                "field": plan.magnet.field,
            },
        ),
        _table(
            "[reference]",
            {
                "method": "copper",
                "proton_frequency": _quantity(1e-6 * plan.magnet.proton_frequency, "MHz"),
                "ambient_copper": f"raw/reference/{copper.nucleus}_ambient",
                "copper_knight_shift": _quantity(copper.knight_shift, "ppm"),
                "copper_knight_shift_change": _quantity(copper.knight_shift_change, "ppm"),
                "copper_knight_shift_change_std": _quantity(copper.knight_shift_change_std, "ppm"),
            },
        ),
        _table(
            "[content]",
            {
                "calibration": "precursor",
                "precursor_h_per_metal": plan.precursor_h_per_metal,
                "precursor_h_per_metal_std": plan.precursor_h_per_metal_std,
                "pairing": "12 hour",
            },
        ),
        *(
            _table(
                "[[cell]]",
                {
                    "name": cell.name,
                    "directory": f"raw/{cell.name}",
                    "heated_at": cell.heated_at,
                    "synthesis_pressure": cell.synthesis_pressure,
                },
            )
            for cell in plan.all_cells
        ),
        *(
            _table("[[channel]]", {**entries, "cells": nmr})
            for channel in plan.channels
            for entries in _channels(plan, channel)
        ),
        *(_resistances(plan.transport) if plan.transport else ()),
    ]
    return "\n".join(parts)


def _channels(plan: Simulation, channel: Channel) -> list[dict[str, Any]]:
    """One entry, or two where the shape of the line depends on the kind of session."""
    kinds = ("precursor", "hydride") if channel.session == "all" else (channel.session,)
    shapes = {kind: _shape(plan, channel, kind) for kind in kinds}
    if len(set(shapes.values())) == 1:
        return [_channel(plan, channel, channel.session, shapes[kinds[0]])]
    if channel.sequence == "nutation":  # one channel for all lines that name it
        return [_channel(plan, channel, channel.session, None)]
    return [_channel(plan, channel, kind, shapes[kind]) for kind in kinds]


def _resistances(plan: Transport) -> Iterator[str]:
    """Tell of each ramp how its table is read, and of each file when it was begun."""
    for ramp in plan.ramps:
        yield _table(
            "[[channel]]",
            {
                "name": f"resistance-{ramp}",
                "measure": "resistance",
                "files": f"{_FOLDERS['hydride']}/{ramp}.csv",
                "cells": [cell.name for cell in plan.cells],
                "columns": transport_files.COLUMNS,
                "current": plan.stated_current,
                "normal_state": list(plan.stated_window),
            },
        )
    if plan.anvil is not None:
        yield _table("[[channel]]", _edges(plan, plan.anvil))
    for cell in plan.cells:
        for day in cell.days:
            if plan.anvil is not None:
                path = transport_files.file_of(cell.name, day, "edge")
                yield _table(
                    "[[file]]",
                    {"path": path, "started_at": cell.heated_at + timedelta(days=day)},
                )
            for ramp, moment in transport_files.starts(plan, cell, day).items():
                path = transport_files.file_of(cell.name, day, ramp)
                yield _table("[[file]]", {"path": path, "started_at": moment})


def _edges(plan: Transport, anvil: Anvil) -> dict[str, Any]:
    return {
        "name": "edge",
        "measure": "pressure",
        "files": f"{_FOLDERS['hydride']}/{anvils.FILE}",
        "cells": [cell.name for cell in plan.cells],
        "columns": anvils.COLUMNS,
        "gauge": "edge",
        "scale": plan.stated_scale,
        "gauge_temperature": "296 K",
        "axis_correction": anvil.axis_error,
        "axis_correction_std": anvil.step / 2,
        "position": "centre of the culet",
    }


def _shape(plan: Simulation, channel: Channel, kind: str) -> str:
    if channel.nucleus == plan.copper.nucleus:
        return plan.copper.line.shape
    return plan.lines[kind][channel.nucleus].shape


def _channel(plan: Simulation, channel: Channel, session: str, shape: str | None) -> dict[str, Any]:
    settings = channel.settings
    is_copper = channel.nucleus == plan.copper.nucleus
    decay = "echo" not in channel.sequence
    name = _name(channel)
    pulses = _pulses(plan, channel, session)
    array, array_as = _ARRAYS.get(channel.sequence, (None, None))
    return {
        "name": name if session == "all" else f"{name}-{session}",
        "measure": "copper" if is_copper else _MEASURES[channel.sequence],
        "files": f"{_FOLDERS[session]}/{channel.name}",
        "nucleus": channel.nucleus,
        "role": _role(plan, channel),
        "sequence": "fid" if channel.sequence == "nutation" else channel.sequence,
        "shape": shape,
        "model": "single" if _MEASURES[channel.sequence] in ("t1", "t2") else None,
        "array": array,
        "array_as": array_as,
        "time_origin": _quantity(1e6 * settings.origin(channel.sequence), "us"),
        "dead_time": _quantity(1e6 * (settings.pulse_length / 2 + settings.dead_time), "us")
        if decay
        else None,
        "repetition_time": _quantity(1e3 * settings.repetition_time, "ms"),
        "echo_delay": None
        if settings.echo_delay is None
        else _quantity(1e6 * settings.echo_delay, "us"),
        "flip_angle": None
        if "nutation" in pulses
        else _quantity(math.degrees(settings.flip_angle), "deg"),
        "t1": channel.stated_t1,
        "t1_std": channel.stated_t1_std,
        **pulses,
    }


def _name(channel: Channel) -> str:
    return channel.name.replace("_", "-")


def _pulses(plan: Simulation, channel: Channel, session: str) -> dict[str, Any]:
    """Say what was calibrated, where a nutation with a power was recorded."""
    settings = channel.settings
    shaped = settings.shaped
    told = {
        "pulse_shape": "rectangular" if shaped is None else shaped.shape,
        "truncation": None if shaped is None else shaped.truncation,
        "seen": "all" if nuclei.nucleus(channel.nucleus).spin > 1 / 2 else None,
    }
    if channel.sequence == "nutation":
        return {**told, **_power(channel), "field_model": "homogeneous"}
    if _MEASURES[channel.sequence] != "line" or _role(plan, channel) == "none":
        return {}
    for one in plan.channels:
        same = one.nucleus == channel.nucleus and one.session in (session, "all")
        if one.sequence == "nutation" and one.stated_power is not None and same:
            length = _quantity(1e6 * settings.pulse_length, "us")
            echo = "echo" in channel.sequence
            broadening = _broadening(plan, channel, session) if echo else None
            return {
                **told, **_power(one),
                "pulse_length": length, "nutation": _name(one), "broadening": broadening,
            }  # fmt: skip
    return {}


def _power(nutated: Channel) -> dict[str, str | None]:
    return {"pulse_power": nutated.stated_power, "pulse_power_std": nutated.stated_power_std}


def _broadening(plan: Simulation, channel: Channel, session: str) -> str:
    kinds = ("precursor", "hydride") if session == "all" else (session,)
    tables = [plan.lines[kind][channel.nucleus] for kind in kinds]
    coupled = [bool(one.quadrupole_coupling or one.pair_coupling) for one in tables]
    return "couplings" if all(coupled) else "unknown" if any(coupled) else "shifts"


def _role(plan: Simulation, channel: Channel) -> str:
    return {"1H": "hydrogen", plan.metal: "metal"}.get(channel.nucleus, "none")


def _quantity(value: float, unit: str) -> str:
    return f"{value:.12g} {unit}"


def _table(header: str, entries: dict[str, Any]) -> str:
    lines = [header] if header else []
    lines += [f"{key} = {_toml(value)}" for key, value in entries.items() if value is not None]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_toml(one)}' for key, one in value.items())} }}"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value)
