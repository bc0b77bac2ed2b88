"""Records of one session: what they are, and which belong together.

Twin: none; :mod:`megabar.campaign.shifts` and :mod:`megabar.campaign.content` build on it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import hypot
from typing import TYPE_CHECKING, Any, Final

from megabar import provenance, schemas
from megabar.campaign.contradictions import RESERVED_CELL
from megabar.campaign.rows import Acquisition, Analysis, Failure, analysis_of, digest, failure_of
from megabar.errors import MegabarError, Undetermined

if TYPE_CHECKING:
    import xarray as xr

    from megabar.campaign.plan import Channel

FIELD_OFFSET: Final = "field offset"
SHIFT: Final = "shift"
CONTENT: Final = "content"
WITNESS: Final = "witness"
CROSS_CHECK: Final = "cross-check"
STEPS: Final = (FIELD_OFFSET, SHIFT, CONTENT, WITNESS, CROSS_CHECK)
"""Steps that need several records."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One acquisition whose numbers enter, and the analysis of its channel."""

    acquisition: Acquisition
    analysis: Analysis
    channel: Channel

    @property
    def moment(self) -> datetime:
        """When it started."""
        return datetime.fromisoformat(self.acquisition.started_at)

    @property
    def inputs(self) -> tuple[str, ...]:
        """What identifies it."""
        return (self.acquisition.id, self.analysis.id)


def attempt(record: Record, make: Callable[[], Analysis]) -> Analysis | Failure:
    """Make one row, or write down why not.

    Parameters
    ----------
    record
        The record that the row belongs to.
    make
        Makes it.

    Returns
    -------
    :
        The row, or the failure.
    """
    try:
        return make()
    except (MegabarError, ValueError) as error:
        return failure_of(
            error,
            cell=record.acquisition.cell,
            channel=record.channel.name,
            source=record.acquisition.source,
            stage="derive",
            identity="",
        )


def of_cells(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Sort records into cells and, within a cell, in time.

    Parameters
    ----------
    records
        Records of all cells; those outside any cell are left out.

    Yields
    ------
    :
        The records of one cell.
    """
    by_cell: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda r: (r.acquisition.started_at, r.acquisition.id)):
        if record.acquisition.cell != RESERVED_CELL:
            by_cell.setdefault(record.acquisition.cell, []).append(record)
    yield from by_cell.values()


def nearest(to: Record, among: Iterable[Record], *, within: float) -> Record | None:
    """Find the record nearest in time.

    Parameters
    ----------
    to
        The record to be near to.
    among
        Records to choose from.
    within
        Largest distance of the starts [s].

    Returns
    -------
    :
        The nearest; of two equally near ones the earlier; None if none is within.
    """

    def distance(record: Record) -> float:
        return abs((record.moment - to.moment).total_seconds())

    near = [record for record in among if distance(record) <= within]
    return min(near, key=lambda r: (distance(r), r.moment, r.acquisition.id), default=None)


def setting(record: Record, name: str) -> float:
    """Give a setting that a content needs.

    Parameters
    ----------
    record
        The record.
    name
        Its name.

    Returns
    -------
    :
        The number in SI.

    Raises
    ------
    Undetermined
        If neither file nor plan says it.
    """
    found = record.acquisition.setting(name)
    if found is None:
        msg = (
            f"Found no {name} for {record.acquisition.source}; the content needs it. Write it in "
            f'[[channel]] "{record.channel.name}".'
        )
        raise Undetermined(msg, quality="no solution")
    return found


def observables_of(record: Record) -> xr.Dataset:
    """Make the Observables of a record again.

    Parameters
    ----------
    record
        The record.

    Returns
    -------
    :
        Dataset of schema ``observables/1``.
    """
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


def number_row(
    record: Record,
    step: str,
    *,
    value: tuple[str, float],
    errors: tuple[float, float],
    method: str,
    parameters: Mapping[str, Any],
    inputs: tuple[str, ...],
    attrs: Mapping[str, Any] | None = None,
    warnings: Iterable[str] = (),
) -> Analysis:
    """Make the row of one number that was derived from several records.

    Parameters
    ----------
    record
        The record that it belongs to.
    step
        One of :data:`STEPS`.
    value
        Its name, and its value in the unit of the name.
    errors
        The part of its error that is its own, and the part that the series shares.
    method, parameters
        How, in words, and what was told.
    inputs
        Ids of what went in.
    attrs, warnings
        What else it says, and one sentence for each thing to beware of.

    Returns
    -------
    :
        The row.
    """
    name, number = value
    own, shared = errors
    numbers = schemas.observables(
        {name: (number, hypot(own, shared))},
        nucleus=record.acquisition.nucleus,
        metal="none",
        method=method,
        provenance=provenance.record(step=f"campaign.{step}", parameters=parameters, inputs=inputs),
        started_at=record.acquisition.started_at,
        attrs=attrs,
    )
    numbers = schemas.with_warnings(numbers, *warnings) if warnings else numbers
    return with_parts(derived_row(numbers, record, step=step, inputs=inputs), own, shared)


def derived_row(
    numbers: xr.Dataset, record: Record, *, step: str, inputs: tuple[str, ...]
) -> Analysis:
    """Turn Observables that were derived from several records into a row.

    Parameters
    ----------
    numbers
        Dataset of schema ``observables/1``.
    record, step, inputs
        As in :func:`number_row`.

    Returns
    -------
    :
        The row.
    """
    return analysis_of(
        numbers,
        identity=digest(step=step, inputs=list(inputs), provenance=numbers.attrs["provenance"]),
        acquisition=record.acquisition.id,
        step=step,
        node=_node(record.acquisition.nucleus, step),
        inputs=inputs,
    )


def _node(nucleus: str, step: str) -> str:
    """Say where numbers of a step stand in a History."""
    if step == WITNESS:
        return f"{nucleus} shift"
    return step if step in (CONTENT, CROSS_CHECK) else nucleus


def with_parts(row: Analysis, independent: float, common: float) -> Analysis:
    """Tell apart the two parts of the error of the only number of a row.

    Parameters
    ----------
    row
        The row.
    independent, common
        The part of its own, and the part that the series shares.

    Returns
    -------
    :
        A copy with both parts.
    """
    only = dataclasses.replace(row.values[0], independent_std=independent, common_std=common)
    return dataclasses.replace(row, values=(only,))
