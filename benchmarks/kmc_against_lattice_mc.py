"""Speed of kinetic Monte Carlo, and its ratio to lattice_mc in an environment of its own.

    python benchmarks/kmc_against_lattice_mc.py [--rounds 3] [--jumps 4000] [--environment FOLDER]

Simple cubic, 7 x 7 x 7 sites, 335 atoms, jumps of equal rate into empty sites only: hops per second
of CPU time (user and system) of one process, fastest of the rounds, compilation and set-up left
out. Both sides report the tracer correlation factor (squared displacement per squared jump) after
the same number of jumps; they must agree within 10 %, so that the same thing is timed. Then our
speed alone on LaH10 with 2.5 % vacancies, 320 and 2,560 sites, and by mechanism.

lattice_mc is installed with pip into FOLDER, by default one that is thrown away. Where that fails
the ratio is left out and a sentence says so. Exits with 1 if we make fewer than 1e7 hops per second
by vacancies, if the ratio is below 100, or if the factors disagree.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402  (threads are set first)

from megabar.motion import lattice_walks  # noqa: E402

EDGE, ATOMS = 7, 335
LEAST_SPEED, LEAST_RATIO, AGREEMENT = 1e7, 100, 0.10

PEER = """
import json, sys, time
from lattice_mc import init_lattice
from lattice_mc.simulation import Simulation
edge, atoms, jumps, rounds = map(int, sys.argv[1:])
speeds, factors = [], []
for _ in range(rounds):
    run = Simulation()
    run.lattice = init_lattice.cubic_lattice(edge, edge, edge, 1.0)
    run.set_number_of_atoms(atoms)
    run.set_number_of_jumps(jumps)
    began = time.process_time()
    run.run()
    speeds.append(jumps / (time.process_time() - began))
    factors.append(run.tracer_correlation)
print(json.dumps({"speed": max(speeds), "factor": sum(factors) / rounds}))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jumps", type=int, default=4000, help="jumps of a run of lattice_mc")
    parser.add_argument("--environment", type=Path, default=None)
    chosen = parser.parse_args()
    cubic = lattice_walks.Lattice(network=_cubic(), repeats=(EDGE, EDGE, EDGE))
    ours = _speed(cubic, ATOMS, "exclusion", chosen.rounds)
    factor = _factor(cubic, chosen.jumps)
    print(f"simple cubic, {len(cubic)} sites, {ATOMS} atoms, on {_processor()}")
    print(f"  megabar     {ours:.3g} hops/s, correlation factor {factor:.3f}")
    failed = ours < LEAST_SPEED
    peer = _peer(chosen)
    if isinstance(peer, str):
        print(f"  lattice_mc  skipped: {peer}")
    else:
        ratio, apart = ours / peer["speed"], abs(peer["factor"] / factor - 1)
        print(
            f"  lattice_mc  {peer['speed']:10.3g} hops/s   correlation factor {peer['factor']:.3f}"
        )
        print(f"  ratio {ratio:.3g}; factors differ by {apart:.1%}")
        failed = failed or ratio < LEAST_RATIO or apart > AGREEMENT
    for repeats in (2, 4):
        box = lattice_walks.Lattice(network=_lah10(), repeats=(repeats,) * 3)
        filled = {"exclusion": len(box) * 39 // 40, "exchange": len(box), "independent": len(box)}
        speeds = {name: _speed(box, atoms, name, chosen.rounds) for name, atoms in filled.items()}
        listed = ", ".join(f"{name} {speed:.3g}" for name, speed in speeds.items())
        print(f"LaH10, {len(box)} sites, hops/s: {listed}")
        failed = failed or speeds["exclusion"] < LEAST_SPEED
    return int(failed)


def _cubic() -> lattice_walks.Network:
    return lattice_walks.network_from_sites(
        cell=np.eye(3),
        sites=np.zeros((1, 3)),
        kinds=["A"],
        occupancies=[1.0],
        jumps=[lattice_walks.JumpClass(kinds=("A", "A"), distance=1.0, rate=1.0)],
    )


def _lah10(a: float = 5.10, x: float = 0.12) -> lattice_walks.Network:
    signs = [(i, j, k) for i in (1, -1) for j in (1, -1) for k in (1, -1)]
    primitive = [(0.25, 0.25, 0.25), (-0.25, -0.25, -0.25)]
    primitive += [(i * x, j * x, k * x) for i, j, k in signs]
    centres = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    return lattice_walks.network_from_sites(
        cell=np.eye(3) * a,
        sites=(a * (np.array(primitive) + centres[:, None])).reshape(-1, 3),
        kinds=(["8c"] * 2 + ["32f"] * 8) * 4,
        occupancies=np.ones(40),
        jumps=[
            lattice_walks.JumpClass(
                kinds=("8c", "32f"), distance=np.sqrt(3) * (0.25 - x) * a, rate=1.0
            ),
            lattice_walks.JumpClass(kinds=("32f", "32f"), distance=2 * x * a, rate=1.0),
        ],
    )


def _speed(box: lattice_walks.Lattice, atoms: int, mechanism: str, rounds: int) -> float:
    """Hops per second; ten samples of enough hops each that set-up does not count."""
    busy = len(box) - atoms if mechanism == "exclusion" else len(box)
    words = {"lattice": box, "atoms": atoms, "mechanism": mechanism, "samples": 10}
    lattice_walks.walk_lattice(**words, interval=1.0, seed=0)  # compiles
    found = []
    for seed in range(rounds):
        began = time.process_time()
        walk = lattice_walks.walk_lattice(**words, interval=2e5 / busy, seed=seed)
        found.append(walk.hops / (time.process_time() - began))
    return max(found)


def _factor(box: lattice_walks.Lattice, jumps: int) -> float:
    """Squared displacement of all atoms over the number of jumps, many short walks."""
    rate = ATOMS * 6 * (len(box) - ATOMS) / (len(box) - 1)  # of all atoms together
    plan = lattice_walks.WalkPlan(
        lattice=box, atoms=ATOMS, mechanism="exclusion", interval=jumps / rate, samples=400
    )
    found = lattice_walks.measure_walks(plan=plan, lags=[1], replicas=2, seed=1, correlate=False)
    return float(found.mean("tracer").value[0]) * ATOMS / jumps


def _peer(chosen: argparse.Namespace) -> dict[str, float] | str:
    with tempfile.TemporaryDirectory() as thrown_away:
        folder = chosen.environment or Path(thrown_away) / "lattice_mc"
        python = folder / "bin" / "python"
        steps = [] if python.exists() else [[sys.executable, "-m", "venv", str(folder)]]
        steps.append([str(python), "-m", "pip", "install", "--quiet", "lattice_mc"])
        numbers = (EDGE, ATOMS, chosen.jumps, chosen.rounds)
        steps.append([str(python), "-c", PEER, *map(str, numbers)])
        for step in steps:
            done = subprocess.run(step, capture_output=True, text=True, check=False)
            if done.returncode:
                last = (done.stderr.strip() or "no message").splitlines()[-1]
                return f"it cannot be installed or run here ({last})"
        result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return result


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "an unnamed processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"one core of {names[0]}" if names else "an unnamed processor"


if __name__ == "__main__":
    sys.exit(main())
