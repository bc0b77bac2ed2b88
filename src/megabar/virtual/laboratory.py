"""A whole virtual campaign: from its plan to raw files, a campaign plan, and the truth."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from megabar import provenance
from megabar.errors import PlanError
from megabar.virtual import bruker_files, campaign_plan, resistance, spectrometer
from megabar.virtual.couplings import KINDS, Coupling
from megabar.virtual.drifts import STEADY
from megabar.virtual.plan import (
    Channel,
    Nucleus,
    Simulation,
    VirtualCell,
    read_plan,
    session_folder,
)
from megabar.virtual.settings import Settings
from megabar.virtual.transport_files import Wired
from megabar.virtual.transport_plan import TransportCell
from megabar.virtual.truth import Cell, Line

Progress = Callable[[str, int, int], None]

TRUTH_SCHEMA: Final = "truth/1"
_OURS: Final = frozenset({"raw", "campaign.toml", "truth.json", "simulation.toml"})
_PAUSE = timedelta(minutes=2)  # between two measurements of one session
_PHASE, _CELL, _CARRIER, _NOISE, _FILM, _RAMP = range(6)  # streams of random numbers


def simulate(
    plan_path: Path | str,
    out: Path | str,
    *,
    seed: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Measure a virtual campaign and write what a laboratory would have on disk, and the truth.

    Everything appears at once or not at all: the files are written beside ``out`` and the folder
    is renamed. A folder that holds this very campaign already is left as it is.

    Parameters
    ----------
    plan_path
        A ``simulation.toml``, see the reference of the simulation plan.
    out
        Folder of the campaign: ``raw/``, ``campaign.toml``, ``simulation.toml``, ``truth.json``.
    seed
        In the place of the seed of the plan.
    progress
        Called with what is done, how many are done, how many there are.

    Returns
    -------
    :
        The folder.

    Raises
    ------
    PlanError
        If the plan is impossible, or ``out`` holds something else.
    """
    source = Path(plan_path)
    plan = read_plan(source)
    chosen = plan.seed if seed is None else seed
    target = Path(out).absolute()
    identity = provenance.sha256_of_text(
        f"{provenance.sha256_of_file(source)} {chosen} {provenance.package_version()}"
    )
    if _holds(target, identity):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_remains(target)
    building = target.parent / f".{target.name}.building-{os.getpid()}"
    building.mkdir()
    try:
        truth = _Campaign(plan=plan, seed=chosen, root=building).measure(progress)
        (building / "campaign.toml").write_text(campaign_plan.text(plan), encoding="utf-8")
        shutil.copyfile(source, building / "simulation.toml")
        truth = {"schema": TRUTH_SCHEMA, "identity": identity, **truth}
        (building / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
        _put_in_place(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return target


def _holds(target: Path, identity: str) -> bool:
    """Say whether the very campaign is there; refuse what must not be overwritten."""
    if target.is_dir() and not any(target.iterdir()):
        return False
    if not target.exists():
        return False
    truth = target / "truth.json"
    found: Any = {}
    if truth.is_file():
        try:
            found = json.loads(truth.read_text(encoding="utf-8"))
        except ValueError:
            found = {}
    if not isinstance(found, dict) or found.get("schema") != TRUTH_SCHEMA:
        msg = f"Found {target}, which is no virtual campaign; it is not overwritten. Name another."
        raise PlanError(msg)
    if found.get("identity") == identity:
        return True
    further = sorted({entry.name for entry in target.iterdir()} - _OURS)
    if further:
        msg = (
            f"Found another virtual campaign in {target}, with {', '.join(further)} made from it; "
            "it is not overwritten. Name another folder, or remove this one."
        )
        raise PlanError(msg)
    return False


def _remove_remains(target: Path) -> None:
    """Remove what a killed process left while building the same folder."""
    for remains in target.parent.glob(f".{target.name}.building-*"):
        number = remains.name.rpartition("-")[2]
        if number.isdigit() and not _alive(int(number)):
            shutil.rmtree(remains, ignore_errors=True)


def _alive(process: int) -> bool:
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _put_in_place(building: Path, target: Path) -> None:
    if target.exists():
        old = building.with_name(building.name.replace(".building-", ".old-"))
        target.rename(old)
        building.rename(target)
        shutil.rmtree(old)
    else:
        building.rename(target)


@dataclass(frozen=True, kw_only=True)
class _Session:
    """One cell on one day: what it is made of, and where its records go."""

    index: tuple[int, int]
    plan: VirtualCell
    kind: str
    elapsed: float
    cell: Cell
    folder: str

    @property
    def started_at(self) -> datetime:
        return self.plan.heated_at + timedelta(days=self.elapsed)


@dataclass(frozen=True, kw_only=True)
class _Campaign:
    """One run of a plan with one seed into one folder."""

    plan: Simulation
    seed: int
    root: Path

    def _stream(self, *key: int) -> np.random.SeedSequence:
        return np.random.SeedSequence(self.seed, spawn_key=key)

    def _draw(self, *key: int) -> np.random.Generator:
        return np.random.default_rng(self._stream(*key))

    def measure(self, progress: Progress | None) -> dict[str, Any]:
        plan = self.plan
        total = sum(len(plan.channels_of(kind)) for cell in plan.cells for kind, _ in cell.sessions)
        wired = self._wired()
        total += sum(len(one.cell.days) * len(one.plan.ramps) for one in wired)
        done = 0
        ambient = self._ambient_copper()
        cells: dict[str, Any] = {}
        for number, cell in enumerate(plan.cells):
            drawn = self._made_of(number)
            sessions = []
            for session in self._sessions(number, cell, drawn):
                entry, written = self._measure_session(session)
                sessions.append(entry)
                done += written
                if progress is not None:
                    progress(f"{cell.name} {session.folder}", done, total)
            cells[cell.name] = {
                **_cell_of(cell),
                "precursor_h_per_metal": drawn["content"],
                "knight_shift_change": drawn["knight_shift_change"],
                "field_offset": cell.field_offset,
                "sessions": sessions,
            }
        transport: dict[str, Any] = {}
        for one in wired:
            sessions = []
            for number, elapsed in enumerate(one.cell.days):
                sessions.append(one.measure(number, elapsed))
                done += len(one.plan.ramps)
                if progress is not None:
                    progress(f"{one.cell.name} {sessions[-1]['folder']}", done, total)
            transport[one.cell.name] = {**_cell_of(one.cell), "sessions": sessions}
        return {
            "name": plan.name,
            "seed": self.seed,
            "metal": plan.metal,
            "version": provenance.package_version(),
            "reference": {"63Cu_ambient": ambient},
            "cells": cells,
            **({"transport_cells": transport} if transport else {}),
        }

    def _wired(self) -> tuple[Wired, ...]:
        """Grow the films of the transport cells."""
        plan = self.plan.transport
        if plan is None:
            return ()
        return tuple(
            Wired(
                plan=plan,
                cell=cell,
                grains=resistance.grown(plan.mesh, self._draw(_FILM, number)),
                draw=partial(self._draw, _RAMP, number),
                root=self.root,
            )
            for number, cell in enumerate(plan.cells)
        )

    # --- what the cells are made of ---------------------------------------------------------------

    def _made_of(self, number: int) -> dict[str, float]:
        random = self._draw(_CELL, number)
        copper = self.plan.copper
        return {
            "content": float(
                random.normal(self.plan.precursor_h_per_metal, self.plan.precursor_h_per_metal_std)
            ),
            "knight_shift_change": float(
                random.normal(copper.knight_shift_change, copper.knight_shift_change_std)
            ),
        }

    def _sessions(
        self, number: int, cell: VirtualCell, drawn: dict[str, float]
    ) -> Iterator[_Session]:
        for index, (kind, elapsed) in enumerate(cell.sessions):
            content = drawn["content"] if kind == "precursor" else cell.release.content(elapsed)
            yield _Session(
                index=(number, index),
                plan=cell,
                kind=kind,
                elapsed=elapsed,
                cell=self._cell(cell, kind, content, drawn["knight_shift_change"]),
                folder=session_folder(kind, elapsed),
            )

    def _cell(self, cell: VirtualCell, kind: str, content: float, change: float) -> Cell:
        copper = self.plan.copper
        lines = {n: table.at(content) for n, table in self.plan.lines[kind].items()}
        frequency = (1 + 1e-6 * copper.line.shift) * (
            (1e6 + copper.knight_shift + change) / (1e6 + copper.knight_shift)
        )
        lines[copper.nucleus] = copper.line.moved_to(1e6 * (frequency - 1))
        metal = self.plan.metal.lstrip("0123456789")
        return Cell(
            f"{metal}H{content:.9f}",
            metal_atoms=cell.metal_atoms,
            lines=lines,
            field_offset=cell.field_offset,
            name=cell.name,
            other_nuclei={copper.nucleus: copper.atoms_in_cell},
            pools={name: pool.at(content) for name, pool in self.plan.pools[kind].items()},
        )

    # --- measuring --------------------------------------------------------------------------------

    def _receiver(
        self,
        nucleus: str,
        cell: Cell,
        *,
        moment: datetime,
        elapsed: float | None,
        stream: tuple[int, ...],
    ) -> spectrometer.Receiver:
        radio = self.plan.nuclei[nucleus]
        days = (moment - self.plan.copper.ambient_at) / timedelta(days=1)
        field = 1 + 1e-6 * self.plan.magnet.drift * days
        reference = self.plan.magnet.proton_frequency * radio.frequency_ratio * field
        line = reference * (1 + 1e-6 * cell.field_offset) * (1 + 1e-6 * cell.line(nucleus).shift)
        scatter = self._draw(_CARRIER, *stream).normal(0.0, radio.carrier_scatter)
        names = sorted(self.plan.nuclei)
        phase = self._draw(_PHASE, stream[0], names.index(nucleus)).uniform(-math.pi, math.pi)
        return spectrometer.Receiver(
            reference_frequency=reference,
            carrier_frequency=float(round(line + scatter)),
            limit_of_detection=radio.limit_of_detection,
            ring_down=radio.ring_down,
            ring_down_time=radio.ring_down_time,
            phase=phase,
            coil_scale=1.0 if elapsed is None else radio.coil.at(elapsed),
            noise_scale=1.0 if elapsed is None else radio.noise.at(elapsed),
        )

    def _measure_session(self, session: _Session) -> tuple[dict[str, Any], int]:
        channels = self.plan.channels_of(session.kind)
        moment = session.started_at
        files: dict[str, Any] = {}
        for number, channel in enumerate(channels):
            folder = self.root / "raw" / session.plan.name / session.folder / channel.name
            stream = (*session.index, number)
            files[channel.name] = self._record(
                session.cell, channel,
                moment=moment, elapsed=session.elapsed, stream=stream, folder=folder,
            )  # fmt: skip
            moment += timedelta(seconds=round(channel.duration)) + _PAUSE
        return _truth_of(session, files), len(channels)

    def _ambient_copper(self) -> dict[str, Any]:
        copper = self.plan.copper
        metal = Cell(
            "CuH0",
            metal_atoms=copper.ambient_atoms,
            lines={copper.nucleus: copper.line},
            field_offset=0.0,
            name="reference",
        )
        channel = next(
            (c for c in self.plan.channels if c.nucleus == copper.nucleus and c.sequence == "fid"),
            None,
        )
        if channel is None:
            msg = f"Found no fid channel of {copper.nucleus}; shifts have no zero without it."
            raise PlanError(msg)
        folder = self.root / "raw" / "reference" / f"{copper.nucleus}_ambient"
        stream = (len(self.plan.cells), 0, 0)
        return self._record(
            metal, channel, moment=copper.ambient_at, elapsed=None, stream=stream, folder=folder
        )

    def _record(
        self,
        cell: Cell,
        channel: Channel,
        *,
        moment: datetime,
        elapsed: float | None,
        stream: tuple[int, ...],
        folder: Path,
    ) -> dict[str, Any]:
        """Measure one channel, write its folder, and give the truth about it."""
        receiver = self._receiver(
            channel.nucleus, cell, moment=moment, elapsed=elapsed, stream=stream
        )
        record = spectrometer.acquire(
            cell,
            sequence=channel.sequence,
            nucleus=channel.nucleus,
            n_scans=channel.n_scans,
            seed=self._stream(_NOISE, *stream),
            receiver=receiver,
            settings=channel.settings,
            started_at=moment,
        )
        radio = self.plan.nuclei[channel.nucleus]
        header = bruker_files.Header(
            basic_frequency=self.plan.magnet.proton_frequency * radio.frequency_ratio,
            dwell=channel.settings.dwell,
            pulse_length=channel.settings.pulse_length,
            saturation=channel.settings.saturation,
        )
        bruker_files.write_folder(record, folder, header=header, number=self.plan.number)
        radio = self.plan.nuclei[channel.nucleus]
        return {**_recorded(cell, channel, receiver, moment), **_drifted(radio, receiver)}


def _cell_of(cell: VirtualCell | TransportCell) -> dict[str, Any]:
    release = cell.release
    return {
        "heated_at": cell.heated_at.isoformat(),
        "law": release.law,
        "start": release.start,
        "floor": release.floor,
        "time": release.time if math.isfinite(release.time) else None,
    }


def _recorded(
    cell: Cell, channel: Channel, receiver: spectrometer.Receiver, moment: datetime
) -> dict[str, Any]:
    line = spectrometer.line_offset(cell, nucleus=channel.nucleus, receiver=receiver)
    at_zero = spectrometer.signal_at_zero(
        cell,
        sequence=channel.sequence,
        nucleus=channel.nucleus,
        receiver=receiver,
        settings=channel.settings,
    )
    noise = receiver.noise_scale * math.sqrt(channel.n_scans / channel.settings.dwell)
    return {
        "started_at": moment.isoformat(),
        "line_frequency": line,
        "carrier_frequency": receiver.carrier_frequency,
        "signal_at_zero": channel.n_scans * at_zero,
        "noise": noise,
        "snr": channel.n_scans * at_zero / noise,
        **_pulse_of(channel.settings, receiver.coil_scale),
    }


def _pulse_of(settings: Settings, coil_scale: float) -> dict[str, Any]:
    """Tell what the pulse truly did, where that is not simply the flip angle of the plan."""
    if coil_scale == 0:
        return {"flip_angle": 0.0}
    applied = settings.under(coil_scale)
    if applied.shaped is not None:
        return {"pulse": asdict(applied.shaped), "flip_angle": applied.true_flip_angle}
    return {} if coil_scale == 1 else {"flip_angle": applied.true_flip_angle}


def _drifted(radio: Nucleus, receiver: spectrometer.Receiver) -> dict[str, float]:
    scales = {
        "coil_scale": (radio.coil, receiver.coil_scale),
        "noise_scale": (radio.noise, receiver.noise_scale),
    }
    return {name: scale for name, (drift, scale) in scales.items() if drift is not STEADY}


def _coupling_of(coupling: Coupling) -> dict[str, Any]:
    return {"kind": KINDS[type(coupling)], **asdict(coupling)}


def _truth_of(session: _Session, files: dict[str, Any]) -> dict[str, Any]:
    cell = session.cell
    lines = {n: _line_of(line, cell.nuclei(n)) for n, line in cell.lines.items()}
    pools = {
        name: {
            "nucleus": pool.nucleus,
            "per_metal": pool.per_metal,
            **_line_of(pool.line, cell.metal_atoms * pool.per_metal),
        }
        for name, pool in cell.pools.items()
    }
    return {
        "elapsed": session.elapsed,
        "folder": session.folder,
        "kind": session.kind,
        "h_per_metal": cell.h_per_metal,
        **lines,
        **({"pools": pools} if pools else {}),
        "files": files,
    }


def _line_of(line: Line, number: float) -> dict[str, Any]:
    told = {
        "shape": line.shape,
        "shift": line.shift,
        "fwhm": line.fwhm,
        "t1": line.t1,
        "t2": line.t2 if math.isfinite(line.t2) else None,
        "nuclei": number,
    }
    return told if line.coupling is None else {**told, "coupling": _coupling_of(line.coupling)}
