"""Sites of atoms frame by frame: speed and answers against GEMDAT and site_analysis.

    python benchmarks/sites_against_peers.py [--frames 400] [--rounds 3] [--environments FOLDER]

Hydrogen that hops by vacancies in LaH10 (320 sites, 312 atoms, cubic) and in a stretched and skewed
copy of it, vibrating by 0.12 angstrom along each axis; cores of 0.35 angstrom, and of 0.25 in the
skewed cell. Every code runs in a process of its own with one thread; CPU time (user and system,
fastest of the rounds) counts from the object each code wants its frames in to one site per atom and
frame: imports, compilation and the making of pymatgen structures are left out. GEMDAT assigns every
atom twice, to an outer and an inner radius; the time of one of its two passes stands beside.
site_analysis has numba at hand. Atoms outside all cores keep their last site, in all three codes.

Peers are installed with pip, each into a virtual environment below FOLDER, by default one that is
thrown away. One that cannot be installed or run is left out with a sentence. Then: hops counted
against those that happened, by vibration and core radius; our cost against atoms and frames.

Exits with 1 if a peer is faster than half our speed, if more than 1e-5 of all atoms and frames are
on another site, or if hops at 0.12 angstrom with cores of 0.35 are 1 % from the truth.
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
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402  (threads are set first)

from megabar.motion import lattice_walks, trajectories  # noqa: E402

ANGSTROM, PS = 1e-10, 1e-12
EDGE, FRACTION = 5.10, 0.122  # angstrom; position of 32f
INTERVAL, VIBRATION = 0.03, 0.12  # ps; angstrom
STRAINS = {  # rows: images of the cube's axes; core radius in angstrom
    "cubic": (((1, 0, 0), (0, 1, 0), (0, 0, 1)), 0.35),
    "skewed": (((1, 0, 0), (0.25, 1.05, 0), (-0.2, 0.3, 0.95)), 0.25),
}
LEAST_RATIO, AGREEMENT, TRUTH = 2.0, 1e-5, 0.01

HARNESS = """
import json, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
folder, radius, rounds = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
files = (f"{{folder}}/{{name}}.npy" for name in ("path", "cell", "sites"))
positions, cell, places = map(np.load, files)
fractions, centres = positions @ np.linalg.inv(cell) % 1.0, places @ np.linalg.inv(cell) % 1.0

def last_site(inside):
    inside, rows = np.asarray(inside), np.arange(len(inside))[:, None]
    last = np.maximum.accumulate(np.where(inside >= 0, rows, 0), axis=0)
    return np.take_along_axis(inside, last, axis=0)

{code}

seconds = []
for _ in range(rounds):
    given = prepared(fractions)
    began = time.process_time()
    found = answer(given)
    seconds.append(time.process_time() - began)
np.save(sys.argv[4], found)
print(json.dumps(dict(seconds=min(seconds), note=note())))
"""

OURS = """
from megabar.motion import trajectories
def prepared(fractions):
    return positions * 1e-10
def answer(given):
    return trajectories.sites_from_positions(
        positions=given, cell=cell * 1e-10, sites=places * 1e-10, core_radius=radius * 1e-10).site
def note():
    return ""
answer(prepared(fractions)[:2])
"""

GEMDAT = """
from gemdat.trajectory import Trajectory
from gemdat.transitions import Transitions, _calculate_atom_states
from pymatgen.core import Element, Lattice, Structure
lattice, atoms = Lattice(cell), [Element("H")] * positions.shape[1]
wanted = Structure(lattice, ["H"] * len(centres), centres, labels=["H"] * len(centres))
def prepared(fractions):
    return Trajectory(species=atoms, coords=fractions, lattice=lattice, time_step=1e-15,
                      constant_lattice=True)
def answer(given):
    return Transitions.from_trajectory(
        trajectory=given, sites=wanted, floating_specie="H", site_radius=radius).states_prev()
def note():
    given = prepared(fractions)
    began = time.process_time()
    _calculate_atom_states(sites=wanted, trajectory=given, site_radius={"": radius},
                           site_inner_fraction={"": 1.0})
    each = (time.process_time() - began) / fractions[..., 0].size
    return f"; one of its two passes {each * 1e6:.2f}"
"""

SITE_ANALYSIS = """
from pymatgen.core import Lattice, Structure
from site_analysis.builders import TrajectoryBuilder
lattice, names = Lattice(cell), ["H"] * positions.shape[1]
def prepared(fractions):
    frames = [Structure(lattice, names, frame) for frame in fractions]
    builder = TrajectoryBuilder().with_structure(frames[0]).with_mobile_species("H")
    return builder.with_spherical_sites(centres=centres.tolist(), radii=radius).build(), frames
def answer(given):
    kept, frames = given
    kept.trajectory_from_structures(frames)
    first = kept.sites[0].index
    return last_site([[-1 if site is None else site - first for site in frame]
                      for frame in kept.atoms_trajectory])
def note():
    return ""
answer(prepared(fractions[:2]))
"""

PEERS = {
    "GEMDAT": (["GEMDAT"], GEMDAT),
    "site_analysis": (["site-analysis", "numba"], SITE_ANALYSIS),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--environments", type=Path, default=None)
    chosen = parser.parse_args()
    print(f"on {_processor()}")
    with tempfile.TemporaryDirectory() as thrown_away:
        home = chosen.environments or Path(thrown_away)
        failed = [_compared(name, home, chosen, Path(thrown_away)) for name in STRAINS]
    failed.append(_against_the_truth())
    _cost()
    return int(any(failed))


def _box(repeats: int) -> lattice_walks.Lattice:
    signs = [(i, j, k) for i in (1, -1) for j in (1, -1) for k in (1, -1)]
    primitive = [(0.25, 0.25, 0.25), (-0.25, -0.25, -0.25)]
    primitive += [(i * FRACTION, j * FRACTION, k * FRACTION) for i, j, k in signs]
    centres = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    edge = EDGE * ANGSTROM
    network = lattice_walks.network_from_sites(
        cell=np.eye(3) * edge,
        sites=(edge * (np.array(primitive) + centres[:, None])).reshape(-1, 3),
        kinds=(["8c"] * 2 + ["32f"] * 8) * 4,
        occupancies=np.ones(40),
        jumps=[
            lattice_walks.JumpClass(kinds=pair, distance=length * edge, rate=1 / PS)
            for pair, length in (
                (("8c", "32f"), np.sqrt(3) * (0.25 - FRACTION)),
                (("32f", "32f"), 2 * FRACTION),
            )
        ],
    )
    return lattice_walks.Lattice(network=network, repeats=(repeats,) * 3)


def _walk(repeats: int, frames: int, seed: int = 1) -> lattice_walks.Walk:
    box = _box(repeats)
    return lattice_walks.walk_lattice(
        lattice=box,
        atoms=len(box) * 39 // 40,
        mechanism="exclusion",
        interval=INTERVAL * PS,
        samples=frames - 1,
        seed=seed,
    )


def _shaken(walk: lattice_walks.Walk, rms: float, strain: Any = None, seed: int = 2) -> Any:
    """Positions in angstrom; the lattice is strained, the vibration is not."""
    path = walk.positions() / ANGSTROM @ np.array(STRAINS["cubic"][0] if strain is None else strain)
    return path + rms * np.random.default_rng(seed).normal(size=path.shape)


def _compared(name: str, home: Path, chosen: argparse.Namespace, folder: Path) -> bool:
    strain, radius = STRAINS[name]
    walk = _walk(2, chosen.frames)
    np.save(folder / "path.npy", _shaken(walk, VIBRATION, strain))
    np.save(folder / "cell.npy", walk.lattice.cell / ANGSTROM @ np.array(strain))
    np.save(folder / "sites.npy", walk.lattice.sites / ANGSTROM @ np.array(strain))
    size, given = walk.sites.size, (folder, radius, chosen.rounds)
    ours = _run(Path(sys.executable), OURS, *given)
    if isinstance(ours, str):
        raise RuntimeError(ours)
    print(f"{name} cell, {walk.sites.shape[1]} atoms, {chosen.frames} frames, cores of {radius} A")
    print(f"  megabar        {ours['seconds'] / size * 1e6:8.3f} us per atom and frame")
    failed = False
    for peer, (packages, code) in PEERS.items():
        python = _environment(home / peer, packages)
        theirs = python if isinstance(python, str) else _run(python, code, *given)
        if isinstance(theirs, str):
            print(f"  {peer:14} skipped: it cannot be installed or run here ({theirs})")
            continue
        both = (ours["sites"] >= 0) & (theirs["sites"] >= 0)  # before the first core: no site
        differ = float((ours["sites"] != theirs["sites"])[both].mean())
        ratio = theirs["seconds"] / ours["seconds"]
        print(
            f"  {peer:14} {theirs['seconds'] / size * 1e6:8.3f} us{theirs['note']}; {ratio:.1f} "
            f"times ours; {differ:.1e} of {both.sum()} on another site"
        )
        failed = failed or ratio < LEAST_RATIO or differ > AGREEMENT
    return failed


def _environment(folder: Path, packages: list[str]) -> Path | str:
    python = folder / "bin" / "python"
    steps = [] if python.exists() else [[sys.executable, "-m", "venv", str(folder)]]
    steps.append([str(python), "-m", "pip", "install", "--quiet", *packages])
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            return (done.stderr.strip() or "no message").splitlines()[-1]
    return python


def _run(python: Path, code: str, folder: Path, radius: float, rounds: int) -> Any:
    """Seconds, a note and the sites; or the last line of what went wrong."""
    out = folder / "found.npy"
    words = [str(folder), str(radius), str(rounds), str(out)]
    done = subprocess.run(
        [str(python), "-c", HARNESS.format(code=code), *words],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return (done.stderr.strip() or "no message").splitlines()[-1]
    return {**json.loads(done.stdout.splitlines()[-1]), "sites": np.load(out)}


def _against_the_truth() -> bool:
    walk = _walk(2, 1000)
    moved = (np.diff(walk.sites, axis=0) != 0) | np.diff(walk.crossings, axis=0).any(axis=-1)
    true, radii, failed = int(moved.sum()), (0.25, 0.30, 0.35, 0.45), False
    print(f"hops counted where {true} happened; cores of {radii} A, then in cores of 0.35")
    for rms in (0.12, 0.16, 0.20):
        path = _shaken(walk, rms) * ANGSTROM
        found = {radius: _assigned(path, walk.lattice, radius) for radius in radii}
        counts = [_changes(one) for one in found.values()]
        inside = found[0.35].in_core
        print(f"  vibration {rms:.2f} A: " + "".join(f"{n:7d}" for n in counts) + f"{inside:8.1%}")
        failed = failed or (rms == VIBRATION and abs(counts[2] / true - 1) > TRUTH)
    return failed


def _changes(history: trajectories.SiteHistory) -> int:
    return int(((np.diff(history.site, axis=0) != 0) & (history.site[:-1] >= 0)).sum())


def _assigned(path: Any, box: lattice_walks.Lattice, radius: float) -> trajectories.SiteHistory:
    return trajectories.sites_from_positions(
        positions=path, cell=box.cell, sites=box.sites, core_radius=radius * ANGSTROM
    )


def _cost() -> None:
    print("our cost, us per atom and frame: sites; hops, exposures and rates from them")
    for repeats, frames in ((1, 8000), (2, 1000), (2, 4000), (2, 16000), (3, 300), (4, 125)):
        walk = _walk(repeats, frames)
        path = _shaken(walk, VIBRATION) * ANGSTROM
        began = time.process_time()
        history = _assigned(path, walk.lattice, 0.35)
        middle = time.process_time()
        edge = EDGE * ANGSTROM
        trajectories.hop_statistics_from_sites(
            history=history,
            frame_interval=INTERVAL * PS,
            cell=walk.lattice.cell,
            sites=walk.lattice.sites,
            kinds=(["8c"] * 2 + ["32f"] * 8) * (len(walk.lattice) // 10),
            jumps=[
                (("8c", "32f"), np.sqrt(3) * (0.25 - FRACTION) * edge),
                (("32f", "32f"), 2 * FRACTION * edge),
            ],
        )
        each = 1e6 / walk.sites.size
        print(
            f"  {walk.sites.shape[1]:5d} atoms, {frames:6d} frames: {(middle - began) * each:.3f}; "
            f"{(time.process_time() - middle) * each:.3f}"
        )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "an unnamed processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"one core of {names[0]}" if names else "an unnamed processor"


if __name__ == "__main__":
    sys.exit(main())
