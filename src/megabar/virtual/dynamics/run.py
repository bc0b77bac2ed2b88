"""Molecular dynamics with any calculator of ASE, behind gates; no potential is bundled.

General-purpose potentials have holes at the density of a superhydride, and their frames look
plausible all the same. The user brings a potential trained for the phase, or a code of density
functional theory; the gates of :mod:`~megabar.virtual.dynamics.gates` say whether it behaves.

References
----------
Larsen et al., J. Phys.: Condens. Matter 29, 273002 (2017), doi:10.1088/1361-648X/aa680e, for ASE.
Vanden-Eijnden, Ciccotti, Chem. Phys. Lett. 429, 310 (2006), doi:10.1016/j.cplett.2006.07.086, for
its Langevin dynamics.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import constants, provenance
from megabar.errors import GateFailed
from megabar.matter.frames import ANGSTROM, Frames
from megabar.virtual.dynamics import gates as checks
from megabar.virtual.dynamics.limits import Gate, Limits
from megabar.virtual.dynamics.moving_atoms import MovingAtoms

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_STRAINS: Final = (-0.01, 0.0, 0.01)


@dataclass(frozen=True, kw_only=True, eq=False)
class Dynamics:
    """A simulated trajectory, and what was checked of it.

    Parameters
    ----------
    frames
        Positions, cells and potential energies in order of time; never wrapped.
    total_energy
        Potential and kinetic [J], (frame,).
    temperature
        Of the kinetic energy [K], (frame,).
    gates
        All checks made so far.
    """

    frames: Frames
    total_energy: NDArray[np.float64]
    temperature: NDArray[np.float64]
    gates: tuple[Gate, ...]


def run_md(
    atoms: Any,
    calculator: Any,
    *,
    temperature: float,
    timestep: float,
    n_steps: int,
    ensemble: str,
    seed: int,
    friction: float | None = None,
    equilibration_steps: int = 0,
    every: int = 1,
    limits: Limits | None = None,
    out: NDArray[np.floating[Any]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Dynamics:
    """Run molecular dynamics, and refuse the trajectory if a gate fails.

    Velocities are drawn at ``temperature``. At constant energy from a minimum, half of that is
    lost to the potential. The Langevin bath also moves the centre of mass, which
    ``motion.trajectories.relative_to_framework`` takes off.

    Parameters
    ----------
    atoms
        ``ase.Atoms``, periodic along all axes; it is copied.
    calculator
        Any calculator of ASE.
    temperature
        Of the starting velocities and of the bath [K].
    timestep
        Step of integration [s].
    n_steps
        Steps after equilibration.
    ensemble
        ``"nve"`` or ``"nvt"``.
    seed
        Of starting velocities and of the bath.
    friction
        Of the Langevin bath [1/s]; for ``"nvt"`` only.
    equilibration_steps
        Steps before the first frame that is kept.
    every
        Keep one frame in so many steps.
    limits
        What the gates demand; the house's limits if None.
    out
        Where the positions go, such as a file mapped to memory; new memory if None.
    progress
        Called with steps done and steps in all, at each frame.

    Returns
    -------
    :
        The trajectory with ``n_steps // every + 1`` frames, and its gates.

    Raises
    ------
    GateFailed
        If a gate or the calculator fails; ``partial`` is the trajectory up to there.
    MissingExtra
        If ASE is not installed.
    ValueError
        If the cell is not periodic, or a number makes no sense.
    """
    _check(atoms, temperature, timestep, (n_steps, equilibration_steps, every))
    moving = MovingAtoms(atoms, calculator, temperature, timestep, ensemble, friction, seed)
    told = {
        "calculator": type(calculator).__name__,
        "temperature": temperature,
        "timestep": timestep,
        "n_steps": n_steps,
        "ensemble": ensemble,
        "friction": friction,
        "seed": seed,
        "equilibration_steps": equilibration_steps,
        "every": every,
    }
    record = _Record(moving, n_steps // every + 1, every * timestep, told, out, limits or Limits())
    record.judge(*_starting_gates(moving, record.limits))
    try:
        moving.advance(equilibration_steps)
        for frame in range(record.count):
            if frame:
                moving.advance(every)
            record.take()
            if progress is not None:
                progress(equilibration_steps + frame * every, equilibration_steps + n_steps)
    except moving.calculator_error as error:
        record.judge(checks.failed_calculator(error))
    record.judge(*record.closing_gates(temperature if ensemble == "nvt" else None))
    return record.so_far()


class _Record:
    """What is kept of each frame, and the gates passed."""

    def __init__(
        self,
        moving: MovingAtoms,
        count: int,
        interval: float,
        told: dict[str, Any],
        out: NDArray[np.floating[Any]] | None,
        limits: Limits,
    ) -> None:
        shape = (count, len(moving.atoms), 3)
        if out is not None and out.shape != shape:
            msg = f"Found out=... of shape {out.shape}; this run fills {shape}."
            raise ValueError(msg)
        self.moving = moving
        self.limits = limits
        self.count = count
        self.interval = interval
        self.told = told
        self.positions = np.empty(shape) if out is None else out
        self.potential, self.kinetic = np.empty(count), np.empty(count)
        self.nearest, self.paired = np.empty(count), np.empty(count)
        self.closest, self.longest = inf, 0
        self.ages: dict[tuple[int, int], int] = {}
        self.gates: tuple[Gate, ...] = ()
        self.taken = 0

    def take(self) -> None:
        """Keep the frame of now; refuse numbers that are not finite and hydrogens too close."""
        frame = self.taken
        self.positions[frame] = self.moving.positions()
        self.potential[frame], self.kinetic[frame] = self.moving.energies()
        self.taken += 1
        whole = isfinite(self.potential[frame]) and np.isfinite(self.positions[frame]).all()
        if not whole:
            self.judge(checks.finite_gate("energy of every frame", np.array([np.nan])))
        if len(self.moving.hydrogen):
            self._watch_hydrogen(frame)

    def _watch_hydrogen(self, frame: int) -> None:
        first, second, distance = self.moving.neighbours()
        nearest = np.full(len(self.moving.hydrogen), inf)
        np.minimum.at(nearest, first, distance)
        self.nearest[frame] = nearest.mean()
        self.paired[frame] = np.mean(nearest < self.limits.pair_distance)
        self.closest = min(self.closest, float(nearest.min()))
        near = (distance < self.limits.pair_distance) & (first < second)
        pairs = zip(first[near].tolist(), second[near].tolist(), strict=True)
        self.ages = {pair: self.ages.get(pair, -1) + 1 for pair in pairs}
        self.longest = max(self.longest, *self.ages.values(), 0)
        gate = checks.closest_gate(self.closest, self.limits)
        if gate.status == "failed":
            self.judge(gate)

    def judge(self, *gates: Gate) -> None:
        """Add gates, and stop at the first that failed."""
        self.gates += gates
        for gate in gates:
            if gate.status == "failed":
                msg = (
                    f"{gate}. No number of this trajectory can be trusted; use a potential made "
                    "for this phase, a shorter step, or a longer equilibration."
                )
                raise GateFailed(f"Found {msg}", gate=gate, partial=self.so_far())

    def closing_gates(self, bath: float | None) -> list[Gate]:
        """Give the gates that need the whole run."""
        gates = [*self._hydrogen_gates()]
        energy = (self.potential + self.kinetic) / len(self.moving.atoms)
        if bath is None:
            times = self.interval * np.arange(self.count, dtype=np.float64)
            gates.append(checks.drift_gate(times, energy, self.limits))
        else:
            gates.append(checks.temperature_gate(self._temperature(), bath, self.limits))
        return gates

    def _hydrogen_gates(self) -> list[Gate]:
        host = np.flatnonzero(self.moving.atoms.numbers != 1)
        if not len(self.moving.hydrogen):
            return [checks.not_run("gates of hydrogen", "there is none")]
        gates = [
            checks.closest_gate(self.closest, self.limits),
            checks.nearest_gate(self.nearest, self.limits),
            *checks.pairing_gates(
                self.paired, self.longest * self.interval, self.interval, self.limits
            ),
        ]
        if len(host):
            gates.append(checks.framework_gate(self.positions[:, host], self.limits))
        return gates

    def _temperature(self) -> NDArray[np.float64]:
        freedom = self.moving.freedom * constants.k_boltzmann
        return np.asarray(2 * self.kinetic[: self.taken] / freedom, dtype=np.float64)

    def so_far(self) -> Dynamics:
        """Give what was kept."""
        part = slice(0, self.taken)
        cell = np.asarray(self.moving.atoms.cell.array, dtype=np.float64) * ANGSTROM
        calculator = str(self.told["calculator"])
        frames = Frames(
            positions=self.positions[part],
            cell=np.broadcast_to(cell, (self.taken, 3, 3)),
            species=tuple(self.moving.atoms.get_chemical_symbols()),
            time_ordered=True,
            source=f"dynamics with {calculator}",
            source_sha256="",
            energy=self.potential[part],
            frame_interval=self.interval,
            unwrapped=True,
            provenance=provenance.record(
                step="virtual.dynamics.run_md",
                parameters=self.told,
                inputs=[self.moving.starting_digest],
            ),
        )
        return Dynamics(
            frames=frames,
            total_energy=self.potential[part] + self.kinetic[part],
            temperature=self._temperature(),
            gates=self.gates,
        )


def _starting_gates(moving: MovingAtoms, limits: Limits) -> list[Gate]:
    forces = np.asarray(moving.atoms.get_forces(), dtype=np.float64)
    gates = [checks.finite_gate("forces at the start", forces)]
    stresses = [moving.stress(strain) for strain in _STRAINS]
    known = [stress for stress in stresses if stress is not None]
    if len(known) < len(_STRAINS):
        return [*gates, checks.not_run("pressure", "the calculator gives no stress")]
    gates.append(checks.finite_gate("stress at the start", np.array(known)))
    pressures = -np.array(known)[:, :3].mean(axis=1)
    return [*gates, *checks.pressure_gates(pressures, limits)]


def _check(atoms: Any, temperature: float, timestep: float, counts: tuple[int, int, int]) -> None:
    if not atoms.pbc.all() or not atoms.cell.rank == 3 or len(atoms) < 2:
        msg = (
            f"Found {len(atoms)} atoms in a cell with pbc {atoms.pbc.tolist()}; two or more in a "
            "cell that is periodic along all axes are needed."
        )
        raise ValueError(msg)
    if not (temperature > 0 and timestep > 0):
        msg = (
            f"Found a temperature of {temperature:g} K and a step of {timestep:g} s; both must be "
            "positive."
        )
        raise ValueError(msg)
    n_steps, equilibration_steps, every = counts
    if n_steps < 1 or equilibration_steps < 0 or every < 1:
        msg = (
            f"Found n_steps = {n_steps}, equilibration_steps = {equilibration_steps}, every = "
            f"{every}; at least 1, 0 and 1 are needed."
        )
        raise ValueError(msg)
