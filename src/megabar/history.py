"""Observables of one cell over the weeks: Observables -> History.

A History is a DataTree: one node for each nucleus, and for content and resistance, each over
``elapsed``, the days since the cell was heated. One row is one record: a T1 record and a line
record of the same morning are two rows, each at its own time, and what a record does not measure
is ``nan`` with the quality ``""``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import xarray as xr

from megabar import schemas

NODES: Final = ("content", "pressure", "resistance")
"""Nodes that are not named after a nucleus."""


@dataclass(frozen=True, kw_only=True)
class Number:
    """One number of one record, with all that is known about it.

    Parameters
    ----------
    cell, channel, measure, node, nucleus
        Cell; channel of the plan and what it measures; node of the History; nucleus observed.
    elapsed
        Days since the cell was heated; nan for records outside any cell.
    started_at
        Start of the record, ISO 8601.
    name, value, std, unit, quality
        As in an Observables dataset; std is the total standard error.
    independent_std, common_std
        Part of the error that belongs to this record alone, and part that the whole series
        shares, in the same unit; None where nobody told them apart.
    method, provenance
        How, in words, and as one line of JSON.
    record, source, source_sha256
        Id of the acquisition, and the raw file that it came from.
    warnings, assumptions
        One sentence each.
    details
        Further attributes: curves to draw, alternatives, intervals.
    """

    cell: str
    channel: str
    measure: str
    node: str
    nucleus: str
    elapsed: float
    started_at: str
    name: str
    value: float
    std: float
    unit: str
    quality: str
    independent_std: float | None
    common_std: float | None
    method: str
    provenance: str
    record: str
    source: str
    source_sha256: str
    warnings: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


def assemble(
    numbers: Iterable[Number],
    *,
    cell: str,
    metal: str,
    heated_at: str,
    synthesis_pressure: float | None,
    precursor_h_per_metal: float | None,
) -> xr.DataTree:
    """Put the numbers of one cell in the order of time.

    Parameters
    ----------
    numbers
        Current numbers; those of other cells are left out.
    cell
        Name of the cell.
    metal
        Its metal.
    heated_at
        Day zero, ISO 8601.
    synthesis_pressure
        [GPa], or None.
    precursor_h_per_metal
        Content that the series was scaled with, or None.

    Returns
    -------
    :
        DataTree of schema ``history/1``. Each node has variables ``name``, ``name_std`` and
        ``name_quality`` over elapsed [day]; where the error has a part that the series shares,
        ``name_independent_std`` and ``name_common_std`` too.

    Examples
    --------
    >>> tree = assemble([], cell="cell-1", metal="139La", heated_at="2026-01-10T12:00:00",
    ...                 synthesis_pressure=170.0, precursor_h_per_metal=3.0)
    >>> tree.attrs["cell"], list(tree.children)
    ('cell-1', [])
    """
    nodes: dict[str, list[Number]] = {}
    for number in numbers:
        if number.cell == cell:
            nodes.setdefault(number.node, []).append(number)
    attrs = {
        "schema": "history/1",
        "cell": cell,
        "metal": metal,
        "heated_at": heated_at,
        "synthesis_pressure": float("nan") if synthesis_pressure is None else synthesis_pressure,
    }
    children = {name: _node(entries, metal=metal) for name, entries in sorted(nodes.items())}
    if "content" in children:
        scale = float("nan") if precursor_h_per_metal is None else precursor_h_per_metal
        children["content"].attrs["precursor_h_per_metal"] = scale
    tree = xr.DataTree.from_dict({"/": xr.Dataset(attrs=attrs), **children})
    tree.name = cell
    return tree


def _node(numbers: list[Number], *, metal: str) -> xr.Dataset:
    records = sorted({(n.elapsed, n.started_at, n.record) for n in numbers})
    row_of = {record: row for row, (_, _, record) in enumerate(records)}
    first = {row_of[n.record]: n for n in reversed(numbers)}
    dataset = xr.Dataset(
        coords={
            "elapsed": ("elapsed", [elapsed for elapsed, _, _ in records], {"units": "day"}),
            "started_at": ("elapsed", np.array([s for _, s, _ in records], "datetime64[ns]")),
            **{
                name: (
                    "elapsed",
                    np.array([getattr(first[row], name) for row in range(len(first))]),
                )
                for name in ("channel", "source", "source_sha256", "record")
            },
        },
        attrs={"nucleus": numbers[0].nucleus, "metal": metal},
    )
    names = dict.fromkeys(n.name for n in numbers)
    for name in names:
        _add(dataset, name, [n for n in numbers if n.name == name], row_of)
    return dataset.assign_coords(quality=("elapsed", _worst(dataset, names)))


def _add(dataset: xr.Dataset, name: str, numbers: list[Number], row_of: dict[str, int]) -> None:
    size = dataset.sizes["elapsed"]
    unit = {"units": numbers[0].unit}
    quality = np.full(size, "", dtype=f"U{max(map(len, schemas.QUALITIES))}")
    parts = ["value", "std"]
    if any(n.common_std is not None for n in numbers):
        parts += ["independent_std", "common_std"]
    columns = {part: np.full(size, np.nan) for part in parts}
    for number in numbers:
        row = row_of[number.record]
        quality[row] = number.quality
        for part, column in columns.items():
            given = getattr(number, part)
            column[row] = np.nan if given is None else given
    for part, column in columns.items():
        label = name if part == "value" else f"{name}_{part}"
        dataset[label] = ("elapsed", column, unit)
    dataset[f"{name}_quality"] = ("elapsed", quality)
    _add_relative(dataset, name, numbers, row_of)


def _add_relative(
    dataset: xr.Dataset, name: str, numbers: list[Number], row_of: dict[str, int]
) -> None:
    """Keep what a content says about its errors relative to itself, and its scale."""
    for label in ("independent_relative_std", "common_relative_std"):
        if not any(label in n.details for n in numbers):
            continue
        column = np.full(dataset.sizes["elapsed"], np.nan)
        for number in numbers:
            column[row_of[number.record]] = number.details.get(label, np.nan)
        dataset[label] = ("elapsed", column, {"units": "1", "of": name})


def _worst(dataset: xr.Dataset, names: Iterable[str]) -> list[str]:
    columns = [dataset[f"{name}_quality"].values for name in names]
    rows = ([str(q) for q in row if q] for row in zip(*columns, strict=True))
    return [max(row, key=schemas.QUALITIES.index) for row in rows]
