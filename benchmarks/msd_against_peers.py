"""Mean square displacements: speed, memory and numbers against freud, MDAnalysis and others.

    python benchmarks/msd_against_peers.py [--frames 20000] [--rounds 3] [--environments FOLDER]
                                           [--figure FILE.png]

One trajectory for all: 312 hydrogens that walk by vacancies in the network of LaH10 and vibrate,
10 fs from frame to frame. Every code runs in a process of its own with one thread; CPU time (user
and system, fastest of the rounds) counts from positions in memory to the answer, imports and
compilation left out. Memory is the peak of anonymous pages beside the positions. Mean squares must
agree to 1e-6; to 2e-3 with freud, which transforms in single precision although its terms cancel;
to 1e-4 with kinisi, which takes the first frame twice (and cuts lags that are no exact multiples
of the interval in binary to the frame before; whole femtoseconds avoid that). Diffusivities are
printed beside ours with its error, because each code fits in its own way; a code without one gets a
straight line through the same lags.

Peers are installed with pip, each into a virtual environment below FOLDER, by default one that is
thrown away. One that cannot be installed or run is left out with a sentence. Then our cost and
memory against frames and atoms, with all lags in memory, and streamed from a file of float32.

Exits with 1 if a peer is faster than we, a number disagrees, or tracer and collective displacement
of 20,000 frames together take 1 s or 100 MB, or the memory of the streamed one grows with frames.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from megabar.motion import lattice_walks

EDGE, FRACTION = 5.10, 0.12  # angstrom; position of 32f
ATOMS, INTERVAL = 312, 0.01  # ps
VIBRATION = 0.12  # angstrom, rms along each axis
FIRST, LAST = 100, 400  # frames: lags of the straight line
AGREEMENT = {"freud": 2e-3, "kinisi": 1e-4}
USUAL_AGREEMENT, SLOW = 1e-6, 10.0  # relative; s, beyond which one run has to do
LIMIT_SECONDS, LIMIT_BYTES = 1.0, 100e6

HARNESS = """
import json, sys, threading, time
import numpy as np
path, interval, first, last, rounds = sys.argv[1], *map(float, sys.argv[2:])
first, last, mode = int(first), int(last), "r" if path.endswith(".mapped.npy") else None
positions = np.load(path, mmap_mode=mode)

def anonymous():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) * 1024

def line(msd):
    lags = np.arange(first, last + 1)
    return float(np.polyfit(lags * interval, msd[first : last + 1], 1)[0] / 6)

def timed(answer):
    began = time.process_time()
    return answer(positions), time.process_time() - began

{code}

warm_up()
before = peak = anonymous()
done = threading.Event()
def watch():
    global peak
    while not done.wait(0.002):
        peak = max(peak, anonymous())
watcher = threading.Thread(target=watch)
watcher.start()
(msd, diffusivity, error), seconds = timed(answer)
done.set()
watcher.join()
if seconds < {slow}:
    seconds = min(timed(answer)[1] for _ in range(int(rounds)))
chosen = np.geomspace(1, len(msd) - 1, 30).astype(int) if {compared} else []
if {compared}:
    chosen = np.unique(np.append(chosen, np.linspace(first, last, 100).astype(int)))
print(json.dumps(dict(seconds=seconds, memory=peak - before, diffusivity=diffusivity, error=error,
                      msd={{int(k): float(msd[k]) for k in chosen}})))
"""

OURS = """
from megabar.motion import trajectories
def warm_up():
    answer(positions[: 50 * last, :2])
def answer(positions):
    msd = trajectories.msd_from_positions(positions=positions)
    return msd, line(msd), None
"""
OURS_BOTH = """
from megabar.motion import trajectories
def warm_up():
    answer(positions[:1000, :2])
def answer(positions):
    trajectories.collective_msd_from_positions(positions=positions)
    return trajectories.msd_from_positions(positions=positions), None, None
"""
OURS_WITH_ERROR = """
from megabar.motion import trajectories
def warm_up():
    answer(positions[: 50 * last, :2])
def answer(positions):
    found = trajectories.tracer_diffusivity_from_positions(
        positions=positions, frame_interval=interval, fit_from=first * interval,
        fit_to=last * interval)
    return np.zeros(2), found.value, found.std
"""
OURS_STREAMED = """
from megabar.motion import trajectories
def warm_up():
    answer(positions[:2500, :2])
def answer(positions):
    msd = trajectories.msd_from_positions(positions=positions, longest_lag=1000)
    return msd, line(msd), None
"""
FREUD = """
import freud
def warm_up():
    answer(positions[:1000, :2])
def answer(positions):
    msd = freud.msd.MSD(mode="window").compute(positions).msd
    return msd, line(msd) if len(msd) > last else None, None
"""
TIDYNAMICS = """
import tidynamics
def warm_up():
    pass
def answer(positions):
    msd = np.mean([tidynamics.msd(positions[:, i]) for i in range(positions.shape[1])], axis=0)
    return msd, line(msd), None
"""
MDANALYSIS = """
import MDAnalysis
from MDAnalysis.analysis.msd import EinsteinMSD
def warm_up():
    pass
def answer(positions):
    universe = MDAnalysis.Universe.empty(positions.shape[1], trajectory=True)
    universe.load_new(positions.astype(np.float32), dt=interval)
    msd = EinsteinMSD(universe, select="all", fft=True).run().results.timeseries
    return msd, line(msd), None
"""
PYMATGEN = """
from pymatgen.analysis.diffusion.analyzer import DiffusionAnalyzer
from pymatgen.core import Structure
def warm_up():
    pass
def answer(positions):
    count = positions.shape[1]
    still = np.zeros((1, len(positions), 3))  # it needs a framework
    moved = np.concatenate([(positions - positions[0]).transpose(1, 0, 2), still])
    structure = Structure(np.eye(3) * 10.2, ["H"] * count + ["La"],
                          np.concatenate([positions[0], np.zeros((1, 3))]),
                          coords_are_cartesian=True)
    found = DiffusionAnalyzer(structure, moved, "H", 300, interval * 1e3, 1, smoothed="max")
    msd = np.full(len(positions), np.nan)
    msd[np.rint(np.array(found.dt) / (interval * 1e3)).astype(int)] = found.msd
    return msd, found.diffusivity * 1e4, found.diffusivity_std_dev * 1e4
"""
PYMATGEN_INNER = """
from pymatgen.analysis.diffusion.analyzer import _msd_from_positions_fft
def warm_up():
    pass
def answer(positions):
    msd = _msd_from_positions_fft(positions.transpose(1, 0, 2)).sum(axis=2).mean(axis=0)
    return msd, line(msd), None
"""
KINISI = """
import MDAnalysis, scipp
from kinisi.analyze import DiffusionAnalyzer
def warm_up():
    pass
def answer(positions):
    still = np.zeros((len(positions), 1, 3))
    universe = MDAnalysis.Universe.empty(positions.shape[1] + 1, trajectory=True)
    universe.add_TopologyAttr("type", ["H"] * positions.shape[1] + ["La"])
    universe.load_new(np.concatenate([positions, still], axis=1).astype(np.float32), dt=interval)
    universe.trajectory[0]
    box = np.array([1000.0, 1000, 1000, 90, 90, 90], dtype=np.float32)
    universe.trajectory.dimensions_array = np.tile(box, (len(positions), 1))
    lags = np.unique(np.linspace(first, last, 100).astype(int))
    found = DiffusionAnalyzer.from_universe(
        universe, specie="H", time_step=round(interval * 1e3) * scipp.Unit("fs"),
        step_skip=1 * scipp.units.dimensionless, progress=False,
        dt=scipp.array(dims=["time interval"], values=lags * round(interval * 1e3), unit="fs"))
    found.diffusion(first * round(interval * 1e3) * scipp.Unit("fs"), progress=False,
                    random_state=np.random.RandomState(1))
    drawn = scipp.to_unit(found.D, "angstrom^2/ps").values
    msd = np.full(len(positions), np.nan)
    msd[lags] = found.msd.values
    return msd, float(drawn.mean()), float(drawn.std())
"""
PEERS = {  # name: what pip installs, code
    "pymatgen, its FFT alone": (["pymatgen-analysis-diffusion"], PYMATGEN_INNER),
    "pymatgen": (["pymatgen-analysis-diffusion"], PYMATGEN),
    "freud": (["freud-analysis"], FREUD),
    "tidynamics": (["tidynamics"], TIDYNAMICS),
    "MDAnalysis": (["MDAnalysis", "tidynamics"], MDANALYSIS),
    "kinisi": (["kinisi", "MDAnalysis"], KINISI),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--environments", type=Path, default=None)
    parser.add_argument("--figure", type=Path, default=None)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as thrown_away:
        folder = Path(thrown_away)
        walk = _walk(chosen.frames, ATOMS)
        np.save(folder / "walk.npy", walk)
        failed = _against_peers(folder / "walk.npy", folder, chosen)
        del walk
        failed |= _curves(folder, chosen)
    return int(failed)


def _against_peers(path: Path, folder: Path, chosen: argparse.Namespace) -> bool:
    rounds = chosen.rounds
    print(f"{chosen.frames} frames of {ATOMS} atoms; D in angstrom2/ps, lags 1 to 4 ps")
    ours = _run(sys.executable, OURS, path, rounds)
    with_error = _run(sys.executable, OURS_WITH_ERROR, path, rounds, compared=False)
    both = _run(sys.executable, OURS_BOTH, path, rounds)
    _print("megabar", ours, ours)
    print(
        f"  megabar, D with error          {with_error['seconds']:8.2f} s "
        f"{with_error['memory'] / 1e6:6.0f} MB   D {with_error['diffusivity']:.5f} +- "
        f"{with_error['error']:.5f}"
    )
    _print("megabar, tracer and collective", both, ours)
    small = both["seconds"] < LIMIT_SECONDS and both["memory"] < LIMIT_BYTES
    failed = chosen.frames <= 20_000 and not small
    for name, (packages, code) in PEERS.items():
        peer = _peer(chosen.environments or folder, packages, code, path, rounds)
        if isinstance(peer, str):
            print(f"  {name:30} skipped: {peer}")
            continue
        apart = _print(name, peer, ours)
        failed |= apart > AGREEMENT.get(name, USUAL_AGREEMENT) or peer["seconds"] < ours["seconds"]
    return bool(failed)


def _print(name: str, found: dict[str, Any], ours: dict[str, Any]) -> float:
    """Print one code; give the largest relative difference of its mean squares from ours."""
    apart = [
        abs(found["msd"][lag] / value - 1)
        for lag, value in ours["msd"].items()
        if np.isfinite(found["msd"].get(lag, np.nan))
    ]
    said = f"  {name:30} {found['seconds']:8.2f} s {found['memory'] / 1e6:6.0f} MB"
    said += f"   {found['seconds'] / ours['seconds']:5.1f} times ours"
    if apart:
        said += f"   msd apart {max(apart):.0e}"
    if found["diffusivity"] is not None:
        error = f" +- {found['error']:.5f}" if found["error"] is not None else ""
        said += f"   D {found['diffusivity']:.5f}{error}"
    print(said, flush=True)
    return max(apart, default=0.0)


def _curves(folder: Path, chosen: argparse.Namespace) -> bool:
    """Print cost and memory against frames and atoms, draw them; tell whether memory grows."""
    rows: list[tuple[str, int, int, float, float, float, float]] = []
    sizes = [("frames", 2500 * 2**k, ATOMS) for k in range(6)]
    sizes += [("atoms", 20_000, 39 * 2**k) for k in range(6)]
    print("  along    frames  atoms   all lags       streamed, lags up to 1000")
    for along, frames, atoms in sizes:
        walk, rng = np.zeros((frames, atoms, 3)), np.random.default_rng(1)
        for atom in range(atoms):
            walk[:, atom] = np.cumsum(rng.normal(scale=0.05, size=(frames, 3)), axis=0)
        np.save(folder / "size.npy", walk)
        np.save(folder / "size.mapped.npy", walk.astype(np.float32))
        del walk
        whole = _run(sys.executable, OURS, folder / "size.npy", 1, compared=False)
        mapped = folder / "size.mapped.npy"
        streamed = _run(sys.executable, OURS_STREAMED, mapped, 1, compared=False)
        numbers = [whole["seconds"], whole["memory"] / 1e6]
        numbers += [streamed["seconds"], streamed["memory"] / 1e6]
        rows.append((along, frames, atoms, *numbers))
        print(
            f"  {along:8} {frames:6} {atoms:6}   {numbers[0]:6.3f} s {numbers[1]:4.0f} MB   "
            f"{numbers[2]:6.3f} s {numbers[3]:4.0f} MB",
            flush=True,
        )
    if chosen.figure is not None:
        _draw(rows, chosen.figure)
    grown = [row[6] for row in rows if row[0] == "frames" and row[1] >= 10_000]
    return max(grown) > 1.2 * min(grown) + 2  # MB of pages that the allocator keeps


def _draw(rows: list[tuple[str, int, int, float, float, float, float]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(8, 6), sharex="col", layout="constrained")
    for column, along in enumerate(("frames", "atoms")):
        chosen = [row for row in rows if row[0] == along]
        size = [row[1 + column] for row in chosen]
        for row, (offset, unit) in enumerate(
            ((3, "CPU time (s)"), (4, "memory beside the positions (MB)"))
        ):
            panel = axes[row, column]
            panel.plot(size, [one[offset] for one in chosen], "o-", label="all lags")
            label = "streamed, 1,000 lags"
            panel.plot(size, [one[offset + 2] for one in chosen], "s--", label=label)
            panel.set_xscale("log")
            panel.set_xticks(size, [f"{one:,}" for one in size], minor=False)
            panel.set_xticks([], minor=True)
            if row == 0:
                panel.set_yscale("log")
            else:
                panel.set_ylim(0, 1.05 * max(max(one[4], one[6]) for one in rows))
            panel.set_ylabel(unit)
            panel.grid(visible=True, which="both", alpha=0.3)
        fixed = f"{ATOMS} atoms" if along == "frames" else "20,000 frames"
        axes[0, column].set_title(fixed)
        axes[1, column].set_xlabel(along)
    axes[0, 0].legend()
    figure.savefig(path, dpi=150)
    print(f"  drawn into {path}")


def _walk(frames: int, atoms: int) -> np.ndarray[Any, Any]:
    """Hydrogens by vacancies in two by two by two cells of LaH10, with vibrations [angstrom]."""
    signs = [(i, j, k) for i in (1, -1) for j in (1, -1) for k in (1, -1)]
    primitive = [(0.25, 0.25, 0.25), (-0.25, -0.25, -0.25)]
    primitive += [(i * FRACTION, j * FRACTION, k * FRACTION) for i, j, k in signs]
    centres = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    network = lattice_walks.network_from_sites(
        cell=np.eye(3) * EDGE,
        sites=(EDGE * (np.array(primitive) + centres[:, None])).reshape(-1, 3),
        kinds=(["8c"] * 2 + ["32f"] * 8) * 4,
        occupancies=np.ones(40),
        jumps=[
            lattice_walks.JumpClass(
                kinds=("8c", "32f"), distance=np.sqrt(3) * (0.25 - FRACTION) * EDGE, rate=1.0
            ),
            lattice_walks.JumpClass(kinds=("32f", "32f"), distance=2 * FRACTION * EDGE, rate=1.0),
        ],
    )
    walk = lattice_walks.walk_lattice(
        lattice=lattice_walks.Lattice(network=network, repeats=(2, 2, 2)),
        atoms=atoms,
        mechanism="exclusion",
        interval=INTERVAL,
        samples=frames - 1,
        seed=1,
    )
    shape = (frames, atoms, 3)
    return walk.positions() + np.random.default_rng(2).normal(scale=VIBRATION, size=shape)


def _run(
    python: str, code: str, path: Path, rounds: int, *, compared: bool = True
) -> dict[str, Any]:
    """Run one code in a process of its own with one thread."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TBB_NUM_THREADS")
    script = HARNESS.format(code=code, slow=SLOW, compared=compared)
    command = [python, "-W", "ignore", "-c", script, str(path)]
    command += [str(number) for number in (INTERVAL, FIRST, LAST, rounds)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **dict.fromkeys(names, "1")},
    )
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or "no message").splitlines()[-1])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _peer(
    folder: Path, packages: list[str], code: str, path: Path, rounds: int
) -> dict[str, Any] | str:
    environment = folder / packages[0]
    python = environment / "bin" / "python"
    steps = [] if python.exists() else [[sys.executable, "-m", "venv", str(environment)]]
    steps.append([str(python), "-m", "pip", "install", "--quiet", *packages])
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip() or "no message").splitlines()[-1]
            return f"it cannot be installed here ({last})"
    try:
        return _run(str(python), code, path, rounds)
    except RuntimeError as error:
        return f"it cannot be run here ({error})"


if __name__ == "__main__":
    sys.exit(main())
