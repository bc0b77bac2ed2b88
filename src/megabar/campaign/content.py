"""Hydrogen per metal of each session: which lines belong together, and their content.

Every function is pure: rows in, rows out. Efficiencies come from
:mod:`megabar.campaign.content_factors`, the scale from :mod:`megabar.campaign.content_scale`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import inf, nan
from typing import TYPE_CHECKING

from megabar import provenance, schemas
from megabar.campaign import content_factors, content_scale, sessions
from megabar.campaign.content_scale import SIDES, Pair
from megabar.campaign.rows import Analysis, Failure
from megabar.errors import Undetermined
from megabar.observables.hydrogen_content import hydrogen_content

if TYPE_CHECKING:
    import xarray as xr

    from megabar.campaign.plan import Content, Plan
    from megabar.campaign.sessions import Record
    from megabar.observables.efficiencies import Factor


def contents(plan: Plan, records: Sequence[Record]) -> Iterator[Analysis | Failure]:
    """Measure hydrogen per metal in each session.

    Sessions before the heating have a content too where the scale does not rest on them.

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
        yield from _contents_of_cell(plan, plan.content, cell)


def _contents_of_cell(
    plan: Plan, told: Content, cell: Sequence[Record]
) -> Iterator[Analysis | Failure]:
    heated_at = plan.cell(cell[0].acquisition.cell).heated_at
    pairs, alone = _pairs(cell, within=told.pairing)
    before = [pair for pair in pairs if pair.hydrogen.moment < heated_at]
    for pair in pairs:
        if told.calibration != "precursor" or pair not in before:
            make = partial(_content, plan, told, cell, pair, before)
            yield sessions.attempt(pair.hydrogen, make)
    for record in alone:
        yield sessions.attempt(record, partial(_without_partner, told, record))


def _pairs(cell: Sequence[Record], *, within: float) -> tuple[list[Pair], list[Record]]:
    """Pair lines one to one, the nearest first; give also the hydrogen lines without a partner."""
    sides = {
        role: [r for r in cell if r.channel.role == role and r.channel.measure == "line"]
        for role in SIDES
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
        Pair(hydrogen=sides["hydrogen"][i], metal=sides["metal"][j])
        for i, j in sorted(hydrogen_of.items())
    ]
    alone = [h for i, h in enumerate(sides["hydrogen"]) if i not in hydrogen_of]
    return pairs, alone


def _without_partner(told: Content, record: Record) -> Analysis:
    msg = (
        f"Found no metal line within {told.pairing / 3600:g} h of {record.acquisition.source}, so "
        "it has no content. Measure both lines in one session, or lengthen pairing."
    )
    raise Undetermined(msg, quality="no solution")


def _content(
    plan: Plan, told: Content, cell: Sequence[Record], pair: Pair, before: Sequence[Pair]
) -> Analysis:
    if not content_factors.is_seen(pair.metal):
        return _not_determined(told, pair)
    lines = {side: sessions.observables_of(record) for side, record in pair.sides.items()}
    own = {
        side: content_factors.factors_of(plan, cell, record, within=told.pairing, by=told.by)
        for side, record in pair.sides.items()
    }
    found = content_scale.scale_of(plan, cell, pair, before)
    factors = {
        side: _read_alike(
            (*own[side].factors, *found.factors.get(side, ())),
            found.scale.efficiencies.get(side, {}),
        )
        for side in SIDES
    }
    numbers = hydrogen_content(
        lines["hydrogen"], lines["metal"], scale=found.scale, factors=factors
    )
    assumed = [words for side in SIDES for words in own[side].assumptions]
    numbers.attrs["assumptions"] = [*numbers.attrs["assumptions"], *dict.fromkeys(assumed)]
    inputs = [one for s in SIDES for one in (*pair.sides[s].inputs, *own[s].inputs)]
    return _row(numbers, pair.hydrogen, inputs=(*inputs, *found.inputs))


def _not_determined(told: Content, pair: Pair) -> Analysis:
    """Make the row of a session whose metal line does not stand out of the noise."""
    inputs = tuple(one for record in pair.sides.values() for one in record.inputs)
    counted, against = pair.nuclei
    numbers = schemas.observables(
        {"h_per_metal": (nan, nan)},
        nucleus=counted,
        metal=against,
        method=f"quantitative NMR, calibration by {told.calibration}",
        provenance=provenance.record(
            step="campaign.content", parameters={"mode": told.calibration}, inputs=inputs
        ),
        quality="not determined",
        started_at=pair.hydrogen.acquisition.started_at,
        attrs={
            "mode": told.calibration, "inputs": "{}", "factors": "{}", "budget": "",
            "estimate": nan, "interval": [-inf, inf], "interval_68": [-inf, inf],
            "interval_probability": 0.95, "independent_relative_std": nan,
            "common_relative_std": nan, "alternatives": [], "alternative_contents": [],
            "assumptions": [],
        },
    )  # fmt: skip
    warning = (
        f"The {against} line of {pair.metal.acquisition.source} does not stand out of the noise, "
        "so there is nothing to count against: the content is not determined. Accumulate more "
        "scans of it."
    )
    numbers = schemas.with_warnings(numbers, warning)
    return sessions.derived_row(numbers, pair.hydrogen, step=sessions.CONTENT, inputs=inputs)


def _read_alike(factors: Sequence[Factor], before: Mapping[str, float]) -> tuple[Factor, ...]:
    """Leave out other readings of transitions that the precursor was read with alike."""
    return tuple(
        replace(one, alternatives=())
        if one.name == "transition_fraction" and before.get(one.name) == one.value
        else one
        for one in factors
    )


def _row(numbers: xr.Dataset, record: Record, *, inputs: tuple[str, ...]) -> Analysis:
    """Make the row, with both parts of the error of a value; a bound has neither."""
    row = sessions.derived_row(
        numbers, record, step=sessions.CONTENT, inputs=tuple(dict.fromkeys(inputs))
    )
    if numbers["h_per_metal"].attrs["quality"] != "value":
        return row
    value = float(numbers["h_per_metal"])
    return sessions.with_parts(
        row,
        value * float(numbers.attrs["independent_relative_std"]),
        value * float(numbers.attrs["common_relative_std"]),
    )
