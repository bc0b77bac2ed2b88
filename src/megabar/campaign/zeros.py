"""Where the shift axis of a session has its zero, and how well that is known.

Every function is pure: rows in, numbers out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING, Final

from megabar.campaign import sessions, sources
from megabar.campaign.contradictions import RESERVED_CELL
from megabar.errors import Undetermined
from megabar.matter import nuclei
from megabar.spectra.copper_reference import (
    KnightShiftChange,
    field_offset_from_copper,
    knight_shift_change_from_pressure,
    refuse_gold,
    stated_knight_shift_change,
    words_of_change,
)

if TYPE_CHECKING:
    from megabar.campaign.plan import Plan
    from megabar.campaign.reference_tables import Reference

_PPM: Final = 1e6
_PASCAL: Final = 1e9  # in a gigapascal


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What may give a line its zero.

    Parameters
    ----------
    plan
        The plan.
    records
        Records whose numbers enter, of all cells, and the reference records.
    cell
        Those of the cell of the line, in time.
    change
        What pressure did to the Knight shift of the copper in this cell; None if nobody knows.
    method
        How the zero comes about; that of the plan if not given.
    """

    plan: Plan
    records: Sequence[sessions.Record]
    cell: Sequence[sessions.Record]
    change: KnightShiftChange | None
    method: str | None = None

    @property
    def pairing(self) -> float:
        """How far in time a copper record may be from a line [s]."""
        own, content = self.plan.reference.pairing, self.plan.content
        return own if own is not None else content.pairing if content else 0.0


@dataclass(frozen=True, kw_only=True)
class Zero:
    """Frequency of zero shift [Hz], with the parts of its relative error, and its inputs.

    ``common`` is the part that all shifts of the cell share; ``warnings`` go to every shift.
    """

    frequency: float
    independent: float
    common: float
    method: str
    inputs: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    change: KnightShiftChange | None = None


@dataclass(frozen=True, kw_only=True)
class Offset:
    """Field at the sample over that outside, less 1, with the parts of its error (fractions)."""

    value: float
    independent: float
    common: float
    inputs: tuple[str, ...]


def change_of_copper(told: Reference) -> KnightShiftChange | None:
    """Say what a plan knows about the Knight shift of the copper in the cells.

    Parameters
    ----------
    told
        Table ``[reference]``.

    Returns
    -------
    :
        The change with its errors, stated or from pressure and exponent; None if neither is given.
    """
    if told.copper_knight_shift_change is not None:
        return stated_knight_shift_change(
            knight_shift=told.copper_knight_shift or 0.0,
            change=told.copper_knight_shift_change,
            change_std=told.copper_knight_shift_change_std or 0.0,
        )
    if told.copper_pressure is not None:
        return change_at_pressure(
            told, pressure=told.copper_pressure, pressure_std=told.copper_pressure_std or 0.0
        )
    return None


def change_at_pressure(
    told: Reference, *, pressure: float, pressure_std: float
) -> KnightShiftChange:
    """Compute the change of the copper Knight shift at a pressure, by the exponent of a plan.

    Parameters
    ----------
    told
        Table ``[reference]``, with ``copper_exponent``.
    pressure, pressure_std
        Pressure and its error [GPa].

    Returns
    -------
    :
        The change with its errors.
    """
    return knight_shift_change_from_pressure(
        knight_shift=told.copper_knight_shift or 0.0,
        pressure=pressure * _PASCAL,
        pressure_std=pressure_std * _PASCAL,
        exponent=told.copper_exponent or 0.0,
        exponent_std=told.copper_exponent_std or 0.0,
    )


def frequency_of(record: sessions.Record) -> tuple[float, float]:
    """Give the frequency of a line in the laboratory, and its error.

    Parameters
    ----------
    record
        A record with a line.

    Returns
    -------
    :
        Both [Hz].

    Raises
    ------
    Undetermined
        If the record has no carrier frequency or its line was not seen.
    """
    carrier = record.acquisition.setting("carrier_frequency")
    offset = record.analysis.value("line_frequency")
    if carrier is None or offset is None or offset.quality != "value":
        found = "no carrier frequency" if carrier is None else "no line above the noise"
        msg = f"Found {found} in {record.acquisition.source}, so it has no shift."
        raise Undetermined(msg, quality="no solution")
    return carrier + offset.value, offset.std


def outside(records: Iterable[sessions.Record], channel: str, *, what: str) -> sessions.Record:
    """Find a reference record.

    Parameters
    ----------
    records
        All records.
    channel, what
        Its channel, and what it is in words.

    Returns
    -------
    :
        The record.

    Raises
    ------
    Undetermined
        If it is not there.
    """
    for record in records:
        if record.acquisition.cell == RESERVED_CELL and record.channel.name == channel:
            return record
    msg = f"Found no {what}: it is missing, failed or excluded. See megabar status for the reason."
    raise Undetermined(msg, quality="no solution")


def offset_of(scene: Scene, record: sessions.Record) -> Offset:
    """Measure the field at the sample against that of the ambient copper.

    Parameters
    ----------
    scene
        What may give a line its zero.
    record
        The copper line in the cell.

    Returns
    -------
    :
        The offset.

    Raises
    ------
    Undetermined
        If the lens of the cell is gold, a record is missing, or a line was not seen.
    """
    refuse_gold_lens(scene, record)
    ambient = outside(scene.records, sources.AMBIENT_COPPER, what="ambient copper record")
    (inside, inside_std), (reference, reference_std) = frequency_of(record), frequency_of(ambient)
    change = scene.change
    known = change.knight_shift / _PPM if change else 0.0
    value = field_offset_from_copper(
        copper_cell=inside,
        copper_ambient=reference,
        knight_shift=known,
        knight_shift_change=change.value / _PPM if change else 0.0,
    )
    by_change = change.std / _PPM / (1 + known) if change else 0.0
    return Offset(
        value=value,
        independent=inside_std / inside,
        common=hypot(reference_std / reference, by_change),
        inputs=(*record.inputs, *ambient.inputs),
    )


def refuse_gold_lens(scene: Scene, record: sessions.Record) -> None:
    """Stop if the lens of the cell of a record is gold.

    Parameters
    ----------
    scene
        What may give a line its zero.
    record
        A record of a cell of the plan, or of none.

    Raises
    ------
    Undetermined
        With the reason, and what to do.
    """
    lenses = {cell.name: cell.lens for cell in scene.plan.cells}
    refuse_gold(lenses.get(record.acquisition.cell) or "")


def zero_of(scene: Scene, record: sessions.Record) -> Zero:
    """Find the zero of the shift axis of one line.

    Parameters
    ----------
    scene
        What may give it its zero.
    record
        The line.

    Returns
    -------
    :
        The zero.

    Raises
    ------
    Undetermined
        If what the method of the plan needs is not there.
    """
    return _ZEROS[scene.method or scene.plan.reference.method](scene, record)


def _by_copper(scene: Scene, record: sessions.Record) -> Zero:
    refuse_gold_lens(scene, record)
    copper = sessions.nearest(
        record, (r for r in scene.cell if r.channel.measure == "copper"), within=scene.pairing
    )
    if copper is None:
        msg = (
            f"Found no copper record within {scene.pairing / 3600:g} h of it, so the field at the "
            "sample is unknown. Measure copper in each session, or lengthen pairing."
        )
        raise Undetermined(msg, quality="no solution")
    found = offset_of(scene, copper)
    stretch = 1 + found.value
    return Zero(
        frequency=_by_xi(scene.plan, record) * stretch,
        independent=found.independent / stretch,
        common=hypot(found.common / stretch, _xi_relative_std(record)),
        method=(
            f"{compound_of(record)} by Xi at the field that the 63Cu line shows "
            f"({found.value * _PPM:+.2f} Hz/MHz from the ambient one)"
        ),
        inputs=found.inputs,
        warnings=() if scene.change else tuple(words_of_change(None)),
        change=scene.change,
    )


def _by_proton(scene: Scene, record: sessions.Record) -> Zero:
    return Zero(
        frequency=_by_xi(scene.plan, record),
        independent=0.0,
        common=_xi_relative_std(record),
        method=f"{compound_of(record)} by Xi from the proton frequency of the magnet",
        inputs=(),
    )


def _by_external(scene: Scene, record: sessions.Record) -> Zero:
    channel = sources.external_channel(record.acquisition.nucleus)
    compound = outside(scene.records, channel, what=f"reference record {channel}")
    frequency, std = frequency_of(compound)
    return Zero(
        frequency=frequency,
        independent=0.0,
        common=std / frequency,
        method=f"external record {compound.acquisition.source}",
        inputs=compound.inputs,
    )


_ZEROS: Final[Mapping[str, Callable[[Scene, sessions.Record], Zero]]] = {
    "copper": _by_copper,
    "xi": _by_proton,
    "external": _by_external,
}


def _by_xi(plan: Plan, record: sessions.Record) -> float:
    return nuclei.reference_frequency_from_xi(
        nucleus=record.acquisition.nucleus, tms_frequency=plan.reference.proton_frequency or 0.0
    )


def _xi_relative_std(record: sessions.Record) -> float:
    entry = nuclei.nucleus(record.acquisition.nucleus)
    return 0.0 if entry.name == "1H" else entry.xi_error / entry.xi


def compound_of(record: sessions.Record) -> str:
    """Name the compound whose shift is zero.

    Parameters
    ----------
    record
        A record of a nucleus.

    Returns
    -------
    :
        Its name.
    """
    return nuclei.nucleus(record.acquisition.nucleus).reference
