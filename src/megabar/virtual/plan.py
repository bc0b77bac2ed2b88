"""The plan of a virtual campaign: ``simulation.toml``, read once and checked to the last entry."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from megabar.errors import PlanError
from megabar.virtual import finite_pulses, nmr, transport_plan
from megabar.virtual.couplings import RigidDecay
from megabar.virtual.drifts import STEADY, Drift
from megabar.virtual.finite_pulses import Shaped
from megabar.virtual.plan_entries import Table, placed
from megabar.virtual.plan_laws import release_of
from megabar.virtual.settings import Settings
from megabar.virtual.truth import SHAPES, Line, LineTable, PoolTable, Release

if TYPE_CHECKING:
    from pathlib import Path

    from megabar.virtual.transport_plan import Transport, TransportCell

SCHEMA: Final = "simulation/1"
SESSIONS: Final = ("precursor", "hydride", "all")
NUMBERS: Final = ("float64", "int32")


# --- what a plan holds ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Magnet:
    """The magnet: field as a text, nu(TMS) [Hz] on day one, and its drift [Hz/MHz/day]."""

    field: str
    proton_frequency: float
    drift: float


@dataclass(frozen=True, kw_only=True)
class Nucleus:
    """One channel of the spectrometer, see :class:`megabar.virtual.spectrometer.Receiver`."""

    frequency_ratio: float
    limit_of_detection: float
    ring_down: float
    ring_down_time: float
    carrier_scatter: float
    coil: Drift
    noise: Drift


@dataclass(frozen=True, kw_only=True)
class Copper:
    """The copper that gives shifts their zero."""

    nucleus: str
    ambient_at: datetime
    ambient_atoms: float
    atoms_in_cell: float
    knight_shift: float
    knight_shift_change: float
    knight_shift_change_std: float
    line: Line


@dataclass(frozen=True, kw_only=True)
class VirtualCell:
    """One cell of the campaign; its sessions in days since heating."""

    name: str
    heated_at: datetime
    synthesis_pressure: str
    metal_atoms: float
    field_offset: float
    precursor: tuple[float, ...]
    hydride: tuple[float, ...]
    release: Release

    @property
    def sessions(self) -> tuple[tuple[str, float], ...]:
        """Kind and day of each session, in order."""
        before = [("precursor", day) for day in self.precursor]
        return (*before, *(("hydride", day) for day in self.hydride))


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One measurement that is made in the sessions of its kind."""

    name: str
    session: str
    nucleus: str
    sequence: str
    n_scans: int
    settings: Settings
    stated_t1: str | None
    stated_t1_std: str | None
    stated_power: str | None
    stated_power_std: str | None

    @property
    def duration(self) -> float:
        """Time of the whole measurement [s]."""
        steps = max(1, len(self.settings.steps))
        return steps * self.n_scans * self.settings.repetition_time


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """A whole plan."""

    name: str
    seed: int
    metal: str
    number: str
    magnet: Magnet
    nuclei: Mapping[str, Nucleus]
    copper: Copper
    precursor_h_per_metal: float
    precursor_h_per_metal_std: float
    lines: Mapping[str, Mapping[str, LineTable]]
    pools: Mapping[str, Mapping[str, PoolTable]]
    cells: tuple[VirtualCell, ...]
    channels: tuple[Channel, ...]
    transport: Transport | None = None

    @property
    def all_cells(self) -> tuple[VirtualCell | TransportCell, ...]:
        """Cells of NMR, and cells of transport after them."""
        return (*self.cells, *(self.transport.cells if self.transport else ()))

    def channels_of(self, session: str) -> tuple[Channel, ...]:
        """Give the measurements of one kind of session, in order."""
        return tuple(c for c in self.channels if c.session in (session, "all"))


def read_plan(path: Path) -> Simulation:
    """Read and check a plan.

    Parameters
    ----------
    path
        A ``simulation.toml``.

    Returns
    -------
    :
        The plan.

    Raises
    ------
    PlanError
        Naming the entry at fault.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        msg = f"Found no plan at {path}; a virtual campaign starts from a simulation.toml."
        raise PlanError(msg) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path.name} is no TOML: {error}. Correct the line named."
        raise PlanError(msg) from None
    return _simulation(Table(entries, where=path.name))


def _simulation(top: Table) -> Simulation:
    top.word("schema", (SCHEMA,))
    nuclei = {name: _nucleus(table) for name, table in top.named_tables("nucleus").items()}
    precursor = top.table("precursor")
    hydride = top.table("hydride")
    kinds = {"precursor": precursor, "hydride": hydride}
    plan = Simulation(
        name=top.text("name"),
        seed=top.whole("seed", low=0),
        metal=top.word("metal", tuple(nuclei)),
        number=top.word("number", NUMBERS),
        magnet=_magnet(top.table("magnet")),
        nuclei=nuclei,
        copper=_copper(top.table("copper"), tuple(nuclei)),
        precursor_h_per_metal=precursor.number("h_per_metal"),
        precursor_h_per_metal_std=precursor.number("h_per_metal_std"),
        lines={kind: _lines(table) for kind, table in kinds.items()},
        pools={kind: _pools(table, tuple(nuclei)) for kind, table in kinds.items()},
        cells=tuple(_cell(table) for table in top.list_of_tables("cell")),
        channels=tuple(_channel(table, tuple(nuclei)) for table in top.list_of_tables("channel")),
        transport=_transport(top),
    )
    for table in (top, *kinds.values()):
        table.done()
    _check_names(plan, top)
    return plan


def _transport(top: Table) -> Transport | None:
    if not top.has("transport") and not top.has("transport_cell"):
        return None
    cells = tuple(map(transport_plan.transport_cell, top.list_of_tables("transport_cell")))
    return transport_plan.transport(top.table("transport"), cells)


def _check_names(plan: Simulation, top: Table) -> None:
    names = [cell.name for cell in plan.all_cells]
    if len(set(names)) < len(names):
        raise top.error("cell", f"found names {names}; each cell needs a name of its own.")
    for kind in ("precursor", "hydride"):
        folders = [channel.name for channel in plan.channels_of(kind)]
        if len(set(folders)) < len(folders):
            raise top.error("channel", f"found {folders} in one {kind} session; names collide.")
        for channel in plan.channels_of(kind):
            if channel.nucleus not in (*plan.lines[kind], plan.copper.nucleus):
                raise top.error(
                    "channel", f"{channel.name} needs a line of {channel.nucleus} in [{kind}.line]."
                )
        for name, pool in plan.pools[kind].items():
            if pool.nucleus not in plan.lines[kind]:
                raise top.error(
                    kind,
                    f"pool {name} adds to a line of {pool.nucleus}, which [{kind}.line] lacks.",
                )


def _magnet(table: Table) -> Magnet:
    table.quantity("field", "T")
    magnet = Magnet(
        field=table.text("field"),
        proton_frequency=table.quantity("proton_frequency", "Hz"),
        drift=table.quantity("drift", "Hz/MHz/day"),
    )
    table.done()
    return magnet


def _nucleus(table: Table) -> Nucleus:
    nucleus = Nucleus(
        frequency_ratio=table.number("frequency_ratio"),
        limit_of_detection=table.quantity("limit_of_detection", "Hz**-0.5"),
        ring_down=table.quantity("ring_down", "Hz**0.5"),
        ring_down_time=table.quantity("ring_down_time", "s"),
        carrier_scatter=table.quantity("carrier_scatter", "Hz"),
        coil=_drift(table, "coil"),
        noise=_drift(table, "noise"),
    )
    table.done()
    return nucleus


def _drift(table: Table, name: str) -> Drift:
    day = table.quantities(f"{name}_day", "day", default=[])
    scale = table.numbers(f"{name}_scale", default=[])
    if not day and not scale:
        return STEADY
    try:
        return Drift(day=day, scale=scale)
    except PlanError as error:
        raise table.error(f"{name}_scale", str(error)) from None


def _copper(table: Table, nuclei: tuple[str, ...]) -> Copper:
    copper = Copper(
        nucleus=table.word("nucleus", nuclei),
        ambient_at=table.moment("ambient_at"),
        ambient_atoms=table.number("ambient_atoms"),
        atoms_in_cell=table.number("atoms_in_cell"),
        knight_shift=table.quantity("knight_shift", "Hz/MHz"),
        knight_shift_change=table.quantity("knight_shift_change", "Hz/MHz"),
        knight_shift_change_std=table.quantity("knight_shift_change_std", "Hz/MHz"),
        line=Line(
            shape=table.word("shape", SHAPES),
            fwhm=table.quantity("fwhm", "Hz"),
            shift=table.quantity("shift", "Hz/MHz"),
            t1=table.quantity("t1", "s"),
            t2=table.quantity("t2", "s", or_infinite=True),
        ),
    )
    table.done()
    return copper


def _lines(table: Table) -> dict[str, LineTable]:
    lines = {}
    for nucleus, entry in table.named_tables("line").items():
        try:
            lines[nucleus] = _line(entry)
        except PlanError as error:
            raise placed(error, entry) from None
        entry.done()
    return lines


def _pools(table: Table, nuclei: tuple[str, ...]) -> dict[str, PoolTable]:
    pools = {}
    for name, entry in table.named_tables("pool", needed=False).items():
        try:
            pools[name] = PoolTable(
                nucleus=entry.word("nucleus", nuclei),
                per_metal=entry.numbers("per_metal"),
                line=_line(entry),
            )
        except PlanError as error:
            raise placed(error, entry) from None
        entry.done()
    return pools


def _line(entry: Table) -> LineTable:
    return LineTable(
        shape=entry.word("shape", SHAPES),
        content=entry.numbers("content"),
        fwhm=entry.quantities("fwhm", "Hz"),
        shift=entry.quantities("shift", "Hz/MHz"),
        t1=entry.quantities("t1", "s"),
        t2=entry.quantities("t2", "s", or_infinite=True),
        quadrupole_coupling=entry.quantities("quadrupole_coupling", "Hz", default=[]),
        asymmetry=entry.numbers("asymmetry", default=[]),
        quadrupole_coupling_fwhm=entry.quantities("quadrupole_coupling_fwhm", "Hz", default=[]),
        pair_coupling=entry.quantities("pair_coupling", "Hz", default=[]),
        decay=_decay(entry),
    )


def _decay(table: Table) -> RigidDecay | None:
    time = table.quantities("decay_time", "s", default=[])
    decay = table.numbers("decay", default=[])
    return RigidDecay(time=time, decay=decay) if time or decay else None


def _cell(table: Table) -> VirtualCell:
    release = release_of(table)
    table.quantity("synthesis_pressure", "GPa")
    cell = VirtualCell(
        name=table.folder_name("name"),
        heated_at=table.moment("heated_at"),
        synthesis_pressure=table.text("synthesis_pressure"),
        metal_atoms=table.number("metal_atoms"),
        field_offset=table.quantity("field_offset", "Hz/MHz"),
        precursor=table.quantities("precursor", "day"),
        hydride=table.quantities("hydride", "day"),
        release=release,
    )
    table.done()
    if any(day >= 0 for day in cell.precursor):
        raise table.error("precursor", f"found {cell.precursor}; it is measured before day 0.")
    if any(day < 0 for day in cell.hydride):
        raise table.error("hydride", f"found {cell.hydride}; heating is day 0.")
    folders = [session_folder(kind, day) for kind, day in cell.sessions]
    if len(set(folders)) < len(folders):
        raise table.error("hydride", f"found two sessions on one day: {folders}.")
    return cell


def session_folder(kind: str, elapsed: float) -> str:
    """Name the folder of a session.

    Parameters
    ----------
    kind
        ``"precursor"`` or ``"hydride"``.
    elapsed
        Days since heating.

    Returns
    -------
    :
        ``"precursor-1"`` (days before heating), or ``"day-007"``.

    Examples
    --------
    >>> session_folder("hydride", 7.0), session_folder("precursor", -1.5)
    ('day-007', 'precursor-1.5')
    """
    if kind == "precursor":
        return f"precursor{elapsed:g}"
    whole, part = divmod(elapsed, 1)
    return f"day-{whole:03.0f}" + (f"{part:.3g}"[1:] if part else "")


def _channel(table: Table, nuclei: tuple[str, ...]) -> Channel:
    sequence = table.word("sequence", tuple(nmr.CYCLES))
    cycle = len(nmr.CYCLES[sequence][1])
    try:
        settings = Settings(
            pulse_length=table.quantity("pulse_length", "s"),
            flip_angle=math.radians(table.quantity("flip_angle", "deg")),
            dead_time=table.quantity("dead_time", "s"),
            dwell=table.quantity("dwell", "s"),
            points=table.whole("points", low=16),
            repetition_time=table.quantity("repetition_time", "s"),
            echo_delay=table.optional_quantity("echo_delay", "s"),
            before_echo=table.optional_quantity("before_echo", "s"),
            steps=table.quantities("steps", "s", default=[]),
            saturation=table.whole("saturation", low=0, default=0),
            shaped=_shaped(table),
        )
        settings.check(sequence)
    except PlanError as error:
        raise placed(error, table) from None
    channel = Channel(
        name=table.text("name"),
        session=table.word("session", SESSIONS),
        nucleus=table.word("nucleus", nuclei),
        sequence=sequence,
        n_scans=table.whole("n_scans", low=cycle),
        settings=settings,
        stated_t1=table.optional_text("stated_t1"),
        stated_t1_std=table.optional_text("stated_t1_std"),
        stated_power=table.optional_text("stated_power"),
        stated_power_std=table.optional_text("stated_power_std"),
    )
    if channel.n_scans % cycle:
        raise table.error("n_scans", f"found {channel.n_scans}; a multiple of {cycle} is needed.")
    table.done()
    return channel


def _shaped(table: Table) -> Shaped | None:
    shape = table.optional_word("pulse_shape", finite_pulses.SHAPES)
    if shape is None:
        return None
    return Shaped(
        shape=shape,
        nutation_frequency=table.quantity("nutation_frequency", "Hz"),
        truncation=table.number("truncation") if shape == "gaussian" else None,
    )
