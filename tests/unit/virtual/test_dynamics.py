"""Molecular dynamics with calculators of ASE: laws of mechanics and heat, and gates that close."""

import builtins

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator, SCFError, all_changes
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones

from megabar import constants
from megabar.errors import GateFailed, MissingExtra, UnknownWord
from megabar.motion import trajectories
from megabar.virtual.dynamics import Limits, gates, run_md

DALTON = 1.66053906892e-27
ELECTRONVOLT = constants.elementary_charge


class Springs(Calculator):
    """Each atom on a spring of its own to where it started; energies or stress may be false."""

    implemented_properties = ("energy", "forces", "stress")

    def __init__(self, sites, stiffness, *, stress=None, energy_factor=1.0, push=0.0):
        super().__init__()
        self.sites, self.stiffness = sites, stiffness  # eV/angstrom2
        self.stress, self.energy_factor, self.push = stress, energy_factor, push

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        away = self.atoms.positions - self.sites
        energy = 0.5 * self.stiffness * np.sum(away**2) * self.energy_factor
        self.results = {"energy": energy, "forces": -self.stiffness * away + self.push}
        if "stress" in properties:
            if self.stress is None:
                raise NotImplementedError
            self.results["stress"] = self.stress(self.atoms)


def lattice(symbols, *, spacing=3.0):
    count = len(symbols)
    sites = np.stack(np.unravel_index(np.arange(count), (count, 1, 1)), axis=1) * spacing
    return Atoms(symbols, positions=sites + 1.0, cell=[count * spacing, 4.0, 4.0], pbc=True)


def on_springs(symbols, stiffness=2.0, **words):
    atoms = lattice(symbols, spacing=words.pop("spacing", 3.0))
    return atoms, Springs(atoms.positions.copy(), stiffness, **words)


def run(atoms, calculator, **words):
    told = {
        "temperature": 300.0,
        "timestep": 1e-15,
        "n_steps": 80,
        "ensemble": "nve",
        "seed": 1,
    }
    return run_md(atoms, calculator, **{**told, **words})


# --- mechanics ------------------------------------------------------------------------------------


def test_an_oscillator_obeys_the_recurrence_of_verlet_in_si():
    atoms, springs = on_springs(["H", "La"])
    step = 0.4e-15
    found = run(atoms, springs, timestep=step, n_steps=300).frames.positions
    away = found - found[0]  # every atom starts where its spring rests
    masses = atoms.get_masses()[:, np.newaxis] * DALTON
    squared = 2.0 * ELECTRONVOLT / 1e-20 / masses * step**2
    np.testing.assert_allclose(
        away[2:] + away[:-2], (2 - squared) * away[1:-1], atol=1e-7 * np.abs(away).max()
    )


def test_energy_is_kept_the_better_by_four_the_finer_the_step_by_two():
    atoms = bulk("Cu", cubic=True).repeat(2)
    scatter = [
        np.std(run(atoms, EMT(), timestep=step, n_steps=int(300e-15 / step)).total_energy)
        for step in (4e-15, 2e-15)
    ]
    assert scatter[0] / scatter[1] == pytest.approx(4, rel=0.25)


def test_energy_of_a_lennard_jones_crystal_does_not_drift_and_its_centre_stays():
    atoms = bulk("Ar", "fcc", a=5.3, cubic=True).repeat(2)
    calculator = LennardJones(sigma=3.4, epsilon=0.0103, rc=8.0, smooth=True)
    found = run(atoms, calculator, temperature=40.0, timestep=4e-15, n_steps=500)
    gate = next(gate for gate in found.gates if gate.name.startswith("drift"))
    assert gate.status == "passed"
    assert gate.found < 0.1  # meV/ps per atom
    centre = found.frames.positions.mean(axis=1)  # all of one mass
    np.testing.assert_allclose(centre, np.tile(centre[0], (501, 1)), atol=1e-20)


def test_half_the_starting_heat_goes_into_the_potential():
    found = run(bulk("Cu", cubic=True).repeat(3), EMT(), timestep=5e-15, n_steps=160).temperature
    assert found[0] == pytest.approx(300, rel=4 * np.sqrt(2 / 321))  # as drawn
    assert found[60:].mean() == pytest.approx(found[0] / 2, rel=0.05)


# --- heat -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bath():
    atoms, springs = on_springs(["H", "La"] * 60)
    return run(
        atoms,
        springs,
        n_steps=2400,
        equilibration_steps=300,
        every=10,
        ensemble="nvt",
        friction=2e13,
        limits=Limits(framework_rms=1e-10),
    )


def test_the_bath_has_the_temperature_asked_for(bath):
    blocks = bath.temperature[1:].reshape(8, -1).mean(axis=1)
    assert abs(blocks.mean() - 300) < 4 * blocks.std(ddof=1) / np.sqrt(8)
    assert blocks.std(ddof=1) / np.sqrt(8) < 5  # K: a bath wrong by a tenth would be seen


@pytest.mark.parametrize("kind", ["H", "La"])
def test_every_spring_holds_half_k_t_whatever_hangs_on_it(bath, kind):
    chosen = np.array(bath.frames.species) == kind
    away = bath.frames.positions[1:, chosen] - (lattice(["H", "La"] * 60).positions * 1e-10)[chosen]
    energy = 0.5 * 2.0 * ELECTRONVOLT / 1e-20 * away**2  # each axis
    of_atoms = energy.mean(axis=(0, 2)) / (0.5 * constants.k_boltzmann)
    error = of_atoms.std(ddof=1) / np.sqrt(chosen.sum())
    assert abs(of_atoms.mean() - 300) < 4 * error
    assert error < 9


def test_one_seed_is_one_trajectory():
    atoms, springs = on_springs(["H", "La"])
    words = {"ensemble": "nvt", "friction": 1e13, "n_steps": 40}
    first, again, other = (run(atoms, springs, seed=seed, **words) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.frames.positions, again.frames.positions)
    assert not np.array_equal(first.frames.positions, other.frames.positions)
    assert '"seed": 3' in first.frames.provenance


# --- the record -----------------------------------------------------------------------------------


def test_the_trajectory_functions_take_the_record():
    atoms = bulk("Cu", cubic=True).repeat(2)
    before = atoms.positions.copy()
    frames = run(atoms, EMT(), every=4).frames
    assert frames.interval() == pytest.approx(4e-15)
    assert frames.positions.shape == (21, 32, 3)
    paths = trajectories.unwrap(
        positions=frames.positions,
        cells=frames.cell,
        time_ordered=frames.time_ordered,
        unwrapped=frames.unwrapped,
        lattice="reference",
    )
    np.testing.assert_allclose(paths.positions, frames.positions, atol=1e-19)
    assert trajectories.msd_from_positions(positions=paths.positions)[-1] > 0
    np.testing.assert_array_equal(atoms.positions, before)


def test_positions_can_go_to_a_file_and_steps_are_told(tmp_path):
    atoms, springs = on_springs(["H", "La"])
    target = np.lib.format.open_memmap(
        tmp_path / "positions.npy", mode="w+", dtype=np.float32, shape=(5, 2, 3)
    )
    told = []
    found = run(
        atoms,
        springs,
        n_steps=8,
        every=2,
        equilibration_steps=3,
        out=target,
        progress=lambda *done: told.append(done),
    )
    assert np.shares_memory(found.frames.positions, target)
    assert told == [(3, 11), (5, 11), (7, 11), (9, 11), (11, 11)]
    with pytest.raises(ValueError, match=r"this run fills \(9, 2, 3\)"):
        run(atoms, springs, n_steps=8, out=target)


# --- gates ----------------------------------------------------------------------------------------


def test_forces_that_are_no_numbers_stop_before_the_first_frame():
    atoms, springs = on_springs(["H", "La"], push=np.nan)
    with pytest.raises(GateFailed, match="forces at the start: failed, found 6") as caught:
        run(atoms, springs)
    assert len(caught.value.partial.frames.positions) == 0


def test_a_calculator_that_gives_up_leaves_the_frames_before(monkeypatch):
    atoms, springs = on_springs(["H", "La"])
    calls, calculate = [], Springs.calculate

    def tired(self, *rest, **words):
        calls.append(1)
        if len(calls) > 20:
            msg = "no convergence in 60 cycles"
            raise SCFError(msg)
        calculate(self, *rest, **words)

    monkeypatch.setattr(Springs, "calculate", tired)
    with pytest.raises(GateFailed, match="SCFError: no convergence") as caught:
        run(atoms, springs)
    assert 10 < len(caught.value.partial.frames.positions) <= 20


@pytest.mark.parametrize(
    ("power", "expected", "match"),
    [(+3, 100e9, "pressure falls.*failed"), (-3, 150e9, "against the expected: failed")],
)
def test_a_wrong_equation_of_state_is_refused(power, expected, match):
    """Pressure 100 GPa times a power of the edge over its start."""

    def stress(atoms):
        pressure = 100e9 * (atoms.cell.array[1, 1] / 4.0) ** power
        return np.array([-pressure] * 3 + [0.0] * 3) / (ELECTRONVOLT / 1e-30)

    atoms, springs = on_springs(["H", "La"], stress=stress)
    with pytest.raises(GateFailed, match=match):
        run(atoms, springs, limits=Limits(pressure=expected))
    kept = (
        run(*on_springs(["H", "La"], stress=stress)[:2], limits=Limits(pressure=110e9))
        if (power < 0)
        else None
    )
    assert kept is None or [gate.status for gate in kept.gates[2:4]] == ["passed", "passed"]


def test_hydrogens_that_meet_end_the_run_where_they_meet():
    atoms = lattice(["H", "H"], spacing=2.0)
    towards = np.array([[3.0, 0, 0], [-3.0, 0, 0]])
    springs = Springs(atoms.positions + towards / 4, 4.0)  # they swing towards each other
    with pytest.raises(GateFailed, match="closest hydrogens: failed") as caught:
        run(atoms, springs, temperature=1.0, timestep=0.2e-15, n_steps=200)
    positions = caught.value.partial.frames.positions
    distance = np.linalg.norm(positions[:, 0] - positions[:, 1], axis=-1)
    assert 2 < len(positions) < 201
    assert distance[-1] < 0.65e-10
    assert (distance[:-1] >= 0.65e-10).all()


def test_a_molecule_of_hydrogen_lives_too_long():
    atoms = lattice(["H", "H", "La"])
    atoms.positions[1] = atoms.positions[0] + [0.75, 0, 0]
    springs = Springs(atoms.positions.copy(), 30.0)
    words = {"temperature": 20.0, "timestep": 0.5e-15}
    with pytest.raises(GateFailed, match="longest life of a hydrogen pair: failed, found 150 fs"):
        run(atoms, springs, n_steps=300, **words)
    short = run(atoms, springs, n_steps=150, **words)
    assert "passed" in next(str(g) for g in short.gates if g.name.startswith("longest"))
    rare = run(atoms, springs, n_steps=300, every=60, **words)
    assert "too rare" in next(str(g) for g in rare.gates if g.name.startswith("longest"))


def test_the_mean_distance_of_nearest_hydrogens_is_held_against_the_expected():
    atoms, springs = on_springs(["H", "H"], spacing=1.1)
    words = {"temperature": 1.0, "n_steps": 20}
    near = run(atoms, springs, limits=Limits(nearest_hydrogen=1.13e-10), **words)
    assert "nearest hydrogen against the expected: passed" in " ".join(map(str, near.gates))
    with pytest.raises(GateFailed, match=r"nearest hydrogen.*limit 0\.05 angstrom"):
        run(atoms, springs, limits=Limits(nearest_hydrogen=1.2e-10), **words)


def test_a_host_that_shakes_apart_is_refused():
    atoms, springs = on_springs(["La", "La", "H"], stiffness=0.2)
    with pytest.raises(GateFailed, match="rms of the framework: failed"):
        run(atoms, springs, temperature=2000.0, timestep=5e-15, n_steps=200, every=10)


def test_forces_that_do_not_belong_to_the_energy_drift():
    atoms, springs = on_springs(["Cu"] * 4, stiffness=0.1, energy_factor=0.0)
    with pytest.raises(GateFailed, match="drift of the total energy: failed"):
        run(atoms, springs, temperature=1000.0, n_steps=160)


def test_what_was_not_checked_is_said():
    said = " ".join(map(str, run(*on_springs(["Cu", "Cu"]), n_steps=4).gates))
    assert "pressure: not run (the calculator gives no stress)" in said
    assert "gates of hydrogen: not run (there is none)" in said
    assert "drift of the total energy: not run (5 frames are too few for 8 blocks)" in said
    said = " ".join(map(str, run(*on_springs(["H", "La"])).gates))
    assert "nearest hydrogen against the expected: not run" in said


# --- gates as numbers -----------------------------------------------------------------------------


def test_noise_of_a_short_run_is_granted_and_a_wrong_bath_is_not():
    rng = np.random.default_rng(2)
    limits = Limits()
    statuses = [
        gates.temperature_gate(rng.normal(mean, 30, size=4000), 300.0, limits).status
        for mean in (300.0, 310.0, 325.0)
    ]
    assert statuses == ["passed", "passed", "failed"]
    short = gates.temperature_gate(rng.normal(300, 200, size=16), 300.0, limits)
    assert short.status == "not run"
    assert "too short" in short.reason


def test_growing_pairs_are_told_from_a_constant_fraction():
    rng = np.random.default_rng(4)
    constant = 0.046 + rng.normal(scale=0.01, size=800)  # as in frames of density functional theory
    growing = constant + np.linspace(0, 0.1, 800)
    statuses = [
        gates.pairing_gates(one, 20e-15, 1e-15, Limits())[0].status
        for one in (constant, growing, constant[::-1] - np.linspace(0, 0.1, 800))
    ]
    assert statuses == ["passed", "failed", "passed"]


def test_a_drift_of_the_whole_framework_is_no_displacement():
    rng = np.random.default_rng(5)
    drift = np.linspace(0, 5e-10, 200)[:, np.newaxis, np.newaxis]
    shaken = rng.normal(scale=0.1e-10, size=(200, 50, 3)) + drift
    gate = gates.framework_gate(shaken, Limits())
    assert gate.status == "passed"
    assert gate.found == pytest.approx(0.1 * np.sqrt(3), rel=0.03)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "match"),
    [
        ({"temperature": 0.0}, "both must be positive"),
        ({"timestep": -1e-15}, "both must be positive"),
        ({"n_steps": 0}, "at least 1, 0 and 1"),
        ({"every": 0}, "at least 1, 0 and 1"),
        ({"ensemble": "nvt"}, "without a positive friction"),
        ({"friction": 1e13}, "at constant energy"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused(words, match):
    with pytest.raises(ValueError, match=match):
        run(*on_springs(["H", "La"]), **words)


def test_an_unknown_ensemble_and_an_open_cell_are_refused():
    with pytest.raises(UnknownWord, match=r"npt.*Known: nve, nvt"):
        run(*on_springs(["H", "La"]), ensemble="npt")
    atoms, springs = on_springs(["H", "La"])
    atoms.pbc = (True, True, False)
    with pytest.raises(ValueError, match="periodic along all axes"):
        run(atoms, springs)


def test_without_ase_the_extra_is_named(monkeypatch):
    atoms, springs = on_springs(["H", "La"])
    real = builtins.__import__

    def absent(name, *rest, **words):
        if name.startswith("ase"):
            raise ImportError(name)
        return real(name, *rest, **words)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtra, match=r"megabar\[md\]"):
        run(atoms, springs)
