"""Hydrogen per metal of each session, against the precursor in the same cell.

Every function is pure: rows in, rows out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import hypot, sqrt
from typing import TYPE_CHECKING

import numpy as np

from megabar import provenance, schemas
from megabar.campaign import sessions
from megabar.campaign.rows import Analysis, Failure
from megabar.campaign.sessions import Record
from megabar.errors import Undetermined
from megabar.observables.calibrations import calibration_by_precursor
from megabar.observables.efficiencies import Factor, bandwidth, echo_decay, steady_state
from megabar.observables.hydrogen_content import hydrogen_content

if TYPE_CHECKING:
    import xarray as xr

    from megabar.campaign.plan import Plan


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """A hydrogen and a metal line of one session, and the efficiencies of each."""

    hydrogen: Record
    metal: Record


def contents(plan: Plan, records: Sequence[Record]) -> Iterator[Analysis | Failure]:
    """Measure hydrogen per metal in each session after the heating.

    Parameters
    ----------
    plan
        The plan.
    records
        Records whose numbers enter, of all cells.

    Yields
    ------
    :
        A row for each hydrogen line, or why there is none.
    """
    if plan.content is None:
        return
    for cell in sessions.of_cells(records):
        yield from _contents_of_cell(plan, cell)


def _contents_of_cell(plan: Plan, cell: Sequence[Record]) -> Iterator[Analysis | Failure]:
    heated_at = plan.cell(cell[0].acquisition.cell).heated_at
    pairs, alone = _pairs(plan, cell)
    before = [pair for pair in pairs if pair.hydrogen.moment < heated_at]
    for pair in pairs:
        if pair not in before:
            yield sessions.attempt(pair.hydrogen, partial(_content, plan, cell, pair, before))
    for record in alone:
        yield sessions.attempt(record, partial(_without_partner, plan, record))


def _pairs(plan: Plan, cell: Sequence[Record]) -> tuple[list[_Pair], list[Record]]:
    """Pair lines one to one, the nearest first; give also the hydrogen lines without a partner."""
    within = plan.content.pairing if plan.content else 0.0
    sides = {
        role: [r for r in cell if r.channel.role == role and r.channel.measure == "line"]
        for role in ("hydrogen", "metal")
    }
    close = sorted(
        (
            (abs((h.moment - m.moment).total_seconds()), h.moment, i, j)
            for i, h in enumerate(sides["hydrogen"])
            for j, m in enumerate(sides["metal"])
        ),
    )
    hydrogen_of: dict[int, int] = {}
    for distance, _, i, j in close:
        if distance <= within and i not in hydrogen_of and j not in hydrogen_of.values():
            hydrogen_of[i] = j
    pairs = [
        _Pair(hydrogen=sides["hydrogen"][i], metal=sides["metal"][j])
        for i, j in sorted(hydrogen_of.items())
    ]
    alone = [h for i, h in enumerate(sides["hydrogen"]) if i not in hydrogen_of]
    return pairs, alone


def _without_partner(plan: Plan, record: Record) -> Analysis:
    within = plan.content.pairing if plan.content else 0.0
    msg = (
        f"Found no metal line within {within / 3600:g} h of {record.acquisition.source}, so it has "
        "no content. Measure both lines in one session, or lengthen pairing."
    )
    raise Undetermined(msg, quality="no solution")


def _content(plan: Plan, cell: Sequence[Record], pair: _Pair, before: Sequence[_Pair]) -> Analysis:
    scale = plan.content
    if scale is None or not before:
        msg = (
            "Found no pair of hydrogen and metal lines before the heating, so the content has no "
            "scale. Measure the precursor in this cell, or leave out [content]."
        )
        raise Undetermined(msg, quality="no solution")
    within = scale.pairing
    now = _efficiencies(cell, pair, within=within)
    precursor, factors = _precursor(cell, before, within=within)
    numbers = hydrogen_content(
        _numbers(pair.hydrogen),
        _numbers(pair.metal),
        scale=calibration_by_precursor(
            hydrogen=precursor[0],
            metal=precursor[1],
            h_per_metal=scale.precursor_h_per_metal,
            h_per_metal_std=scale.precursor_h_per_metal_std,
            factors={"hydrogen": factors.hydrogen, "metal": factors.metal},
            by="snr_per_root_scan",
        ),
        factors={"hydrogen": now.hydrogen, "metal": now.metal},
    )
    inputs = (*now.inputs, *factors.inputs)
    row = sessions.derived_row(numbers, pair.hydrogen, step=sessions.CONTENT, inputs=inputs)
    value = float(numbers["h_per_metal"])
    return sessions.with_parts(
        row,
        value * float(numbers.attrs["independent_relative_std"]),
        value * float(numbers.attrs["common_relative_std"]),
    )


@dataclass(frozen=True, kw_only=True)
class _Efficiencies:
    """Named efficiencies of both sides, and the ids of what they were computed from."""

    hydrogen: tuple[Factor, ...]
    metal: tuple[Factor, ...]
    inputs: tuple[str, ...]


def _efficiencies(cell: Sequence[Record], pair: _Pair, *, within: float) -> _Efficiencies:
    hydrogen, used_hydrogen = _factors(cell, pair.hydrogen, within=within)
    metal, used_metal = _factors(cell, pair.metal, within=within)
    inputs = (*pair.hydrogen.inputs, *used_hydrogen, *pair.metal.inputs, *used_metal)
    return _Efficiencies(hydrogen=hydrogen, metal=metal, inputs=inputs)


def _factors(
    cell: Sequence[Record], record: Record, *, within: float
) -> tuple[tuple[Factor, ...], tuple[str, ...]]:
    """Compute the efficiencies of one line from its settings and the relaxation times."""
    sequence = record.acquisition.sequence
    t1, t1_std, used = _relaxation(cell, record, "t1", within=within)
    saturation = steady_state(
        repetition_time=_setting(record, "repetition_time"),
        t1=t1,
        t1_std=t1_std,
        flip_angle=_setting(record, "flip_angle"),
        sequence=sequence,
        echo_delay=record.acquisition.setting("echo_delay"),
    )
    factors = [
        bandwidth(dwell=_setting(record, "dwell")),
        replace(saturation, common=not used),
    ]  # stated: one for all
    if sequence != "fid":
        t2, t2_std, more = _relaxation(cell, record, "t2", within=within)
        decay = echo_decay(echo_delay=_setting(record, "echo_delay"), t2=t2, t2_std=t2_std)
        factors.append(replace(decay, common=not more))
        used += more
    return tuple(factors), used


def _setting(record: Record, name: str) -> float:
    found = record.acquisition.setting(name)
    if found is None:
        msg = (
            f"Found no {name} for {record.acquisition.source}; the content needs it. Write it in "
            f'[[channel]] "{record.channel.name}".'
        )
        raise Undetermined(msg, quality="no solution")
    return found


def _relaxation(
    cell: Sequence[Record], record: Record, name: str, *, within: float
) -> tuple[float, float, tuple[str, ...]]:
    """Take a relaxation time from the nearest record of the session, or as stated in the plan."""
    nucleus = record.acquisition.nucleus
    measured = [
        r
        for r in cell
        if r.channel.measure == name and r.acquisition.nucleus == nucleus and _is_value(r, name)
    ]
    near = sessions.nearest(record, measured, within=within)
    if near is not None:
        value = near.analysis.value(name)
        if value is not None:
            return value.value, value.std, near.inputs
    stated = getattr(record.channel, name)
    if stated is None:
        msg = (
            f"Found no {name.upper()} of {nucleus} within {within / 3600:g} h of "
            f"{record.acquisition.source}, and none stated. The content needs it: measure it, or "
            f'state {name} and {name}_std in [[channel]] "{record.channel.name}".'
        )
        raise Undetermined(msg, quality="no solution")
    return stated, getattr(record.channel, f"{name}_std"), ()


def _is_value(record: Record, name: str) -> bool:
    found = record.analysis.value(name)
    return found is not None and found.quality == "value"


def _precursor(
    cell: Sequence[Record], before: Sequence[_Pair], *, within: float
) -> tuple[tuple[xr.Dataset, xr.Dataset], _Efficiencies]:
    """Give the lines of the precursor: of its session, or the weighted mean of its sessions."""
    all_factors = [_efficiencies(cell, pair, within=within) for pair in before]
    if len(before) == 1:
        only = before[0]
        return (_numbers(only.hydrogen), _numbers(only.metal)), all_factors[0]
    lines = tuple(
        _mean(
            [getattr(pair, side) for pair in before],
            [getattr(factors, side) for factors in all_factors],
        )
        for side in ("hydrogen", "metal")
    )
    inputs = tuple(one for factors in all_factors for one in factors.inputs)
    as_if = (bandwidth(dwell=1e-6),)  # what the mean is normalised to
    return (lines[0], lines[1]), _Efficiencies(hydrogen=as_if, metal=as_if, inputs=inputs)


def _mean(records: Sequence[Record], factors: Sequence[Sequence[Factor]]) -> xr.Dataset:
    r"""Average the signal of several sessions, each over its efficiencies, by inverse variance."""
    values, variances = [], []
    for record, own in zip(records, factors, strict=True):
        signal = record.analysis.value("snr_per_root_scan")
        if signal is None or signal.quality != "value":
            msg = (
                f"Found no line above the noise in {record.acquisition.source}, a precursor "
                "record. Exclude it with its reason, or measure it again."
            )
            raise Undetermined(msg, quality="no solution")
        efficiency = float(np.prod([f.value for f in own]))
        spread = hypot(signal.std / signal.value, *(f.relative_std for f in own))
        values.append(signal.value / efficiency)
        variances.append((spread * values[-1]) ** 2)
    weights = 1 / np.asarray(variances)
    mean = float(np.sum(weights * np.asarray(values)) / np.sum(weights))
    inputs = [one for record in records for one in record.inputs]
    return schemas.observables(
        {"snr_per_root_scan": (mean, 1 / sqrt(float(np.sum(weights))))},
        nucleus=records[0].acquisition.nucleus,
        metal="none",
        method=f"weighted mean of {len(records)} sessions, each over its efficiencies",
        provenance=provenance.record(step="campaign.precursor mean", parameters={}, inputs=inputs),
        started_at=records[0].acquisition.started_at,
    )


def _numbers(record: Record) -> xr.Dataset:
    """Make the Observables of a row again."""
    row = record.analysis
    return schemas.with_warnings(
        schemas.observables(
            {v.name: (v.value, v.std) for v in row.values},
            nucleus=record.acquisition.nucleus,
            metal="none",
            method=row.method,
            provenance=row.provenance,
            quality={v.name: v.quality for v in row.values},
            started_at=record.acquisition.started_at,
            attrs=json.loads(row.details),
        ),
        *row.warnings,
    )
