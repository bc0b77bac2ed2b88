"""The part of a simulation plan that makes transport cells: film, instrument, ramps, and days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from megabar.errors import PlanError
from megabar.virtual.anvils import Anvil
from megabar.virtual.plan_entries import Table, placed
from megabar.virtual.plan_laws import release_of
from megabar.virtual.resistance import (
    ELECTRODES,
    NORMAL_STATES,
    Instrument,
    Mesh,
    NormalState,
    Relation,
    Sweep,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from megabar.virtual.truth import Release


_Part = TypeVar("_Part")


@dataclass(frozen=True, kw_only=True)
class TransportCell:
    """One cell with a film and wires; its sessions in days since heating, pressure in Pa."""

    name: str
    heated_at: datetime
    synthesis_pressure: str
    pressure: float
    days: tuple[float, ...]
    release: Release


@dataclass(frozen=True, kw_only=True)
class Transport:
    """What all transport cells of a plan share, and the cells."""

    relation: Relation
    mesh: Mesh
    normal: NormalState
    stated_window: tuple[str, str]
    instrument: Instrument
    stated_current: str
    sweep: Sweep
    cells: tuple[TransportCell, ...]
    anvil: Anvil | None = None
    stated_scale: str = ""

    @property
    def ramps(self) -> tuple[str, ...]:
        """Names of the ramps, in order: warming, cooling, warming-2."""
        names: list[str] = []
        for rate in self.sweep.rates:
            word = "warming" if rate > 0 else "cooling"
            same = sum(name.startswith(word) for name in names)
            names.append(f"{word}-{same + 1}" if same else word)
        return tuple(names)


def transport_cell(table: Table) -> TransportCell:
    """Read one table [[transport_cell]].

    Parameters
    ----------
    table
        The table.

    Returns
    -------
    :
        The cell.

    Raises
    ------
    PlanError
        Naming the entry at fault.
    """
    pressure = 1e9 * table.quantity("synthesis_pressure", "GPa")
    cell = TransportCell(
        name=table.folder_name("name"),
        heated_at=table.moment("heated_at"),
        synthesis_pressure=table.text("synthesis_pressure"),
        pressure=pressure,
        days=table.quantities("days", "day"),
        release=release_of(table),
    )
    table.done()
    if any(day < 0 for day in cell.days) or len(set(cell.days)) < len(cell.days) or not cell.days:
        raise table.error("days", f"found {cell.days}; each counts from heating, and once.")
    return cell


def transport(table: Table, cells: tuple[TransportCell, ...]) -> Transport:
    """Read the table [transport].

    Parameters
    ----------
    table
        The table.
    cells
        The transport cells of the plan.

    Returns
    -------
    :
        What they share.

    Raises
    ------
    PlanError
        Naming the entry at fault.
    """
    instrument, normal = table.table("instrument"), table.table("normal_state")
    window = tuple(normal.text_list("stated_window", "K"))
    if len(window) != 2:
        raise normal.error("stated_window", f"found {list(window)}; two temperatures are needed.")
    found = Transport(
        relation=_made(_relation, table.table("relation")),
        mesh=_made(_mesh, table.table("film")),
        normal=_made(_normal, normal),
        stated_window=(window[0], window[1]),
        stated_current=instrument.text("current"),
        instrument=_made(_instrument, instrument),
        sweep=_made(_sweep, table.table("sweep")),
        cells=cells,
        **(_anvil_of(table.table("anvil")) if table.has("anvil") else {}),
    )
    table.done()
    return found


def _anvil_of(table: Table) -> dict[str, Any]:
    """Read the anvil, and the scale that the campaign plan states for its edges."""
    return {"stated_scale": table.text("stated_scale"), "anvil": _made(_anvil, table)}


def _anvil(table: Table) -> Anvil:
    return Anvil(
        scale=table.text("true_scale"),
        edge_width=table.number("edge_width"),
        step=table.number("step"),
        axis_error=table.number("axis_error"),
        counts=table.number("counts"),
        loss=1e9 * table.quantity("loss", "GPa"),
        time=table.quantity("time", "s"),
    )


def _made(read: Callable[[Table], _Part], table: Table) -> _Part:
    try:
        part = read(table)
    except PlanError as error:
        raise placed(error, table) from None
    table.done()
    return part


def _relation(table: Table) -> Relation:
    return Relation(
        content=table.numbers("content"),
        critical_temperature=table.quantities("critical_temperature", "K"),
    )


def _mesh(table: Table) -> Mesh:
    electrodes = table.word("electrodes", ELECTRODES)
    return Mesh(
        rows=table.whole("rows", low=2),
        columns=table.whole("columns", low=3),
        electrodes=electrodes,
        electrode_size=table.whole("electrode_size", low=1) if electrodes == "corners" else 0,
        spread=table.number("content_spread"),
    )


def _normal(table: Table) -> NormalState:
    law = table.word("law", NORMAL_STATES)
    residual = table.quantity("residual", "ohm")
    if law == "linear":
        return NormalState(law=law, residual=residual, slope=table.quantity("slope", "ohm/K"))
    return NormalState(
        law=law,
        residual=residual,
        coefficient=table.quantity("coefficient", "ohm"),
        debye_temperature=table.quantity("debye_temperature", "K"),
    )


def _instrument(table: Table) -> Instrument:
    return Instrument(
        current=table.quantity("current", "A"),
        voltage_noise=table.quantity("voltage_noise", "V"),
        offset_voltage=table.quantity("offset_voltage", "V"),
        thermometer_noise=table.quantity("thermometer_noise", "K"),
        lag=table.quantity("thermometer_lag", "s"),
    )


def _sweep(table: Table) -> Sweep:
    return Sweep(
        lowest=table.quantity("lowest", "K"),
        highest=table.quantity("highest", "K"),
        rates=table.quantities("rates", "K/s"),
        points=table.whole("points", low=50),
    )
