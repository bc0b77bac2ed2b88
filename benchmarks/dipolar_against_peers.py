"""Cost of the dipolar correlator beside its floor, and its ratio to nmrformd and NMRDfromMD.

    python benchmarks/dipolar_against_peers.py [--frames 20000] [--lag 250] [--environment FOLDER]
        [--nmrdfrommd FOLDER] [--figure FILE.png] [--quick]

312 hydrogen atoms that walk in a cube of 10.2 angstrom; all five components of the dipolar tensor
(three complex ones of the peers, which are the same five). CPU time (user and system) of one
process; compilation and the making of the trajectory are left out. We compute all pairs and all
frames, lags up to --lag; then all lags, on fewer atoms, for these are what the peers compute. A
peer is timed on one spin and all its partners, for it loops over spins one after another; that its
cost goes as partners times frames is measured with half of each, and then stated for each ordered
pair and frame. Both sides must give the same S(t)/S(0) of that spin to 1e-3, so that the same thing
is timed.

The floor is the transform of scipy alone on series of the same length: two pairs at a time, five
components, padded by the longest lag.

nmrformd comes from PyPI; NMRDfromMD is installed from the folder of its source, or from its
repository, whatever Python it asks for. Both go into FOLDER, by default one that is thrown away.
What cannot be installed is left out, and a sentence says so. Exits with 1 if a ratio is below 100,
or if results differ.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402  (threads are set first)
from scipy import fft  # noqa: E402

from megabar.motion import trajectories  # noqa: E402
from megabar.motion.trajectories.pair_spectra import block_length  # noqa: E402

ATOMS, EDGE, INTERVAL, STEP = 312, 10.2e-10, 1e-12, 0.2e-10
COMPARED = 40  # lags
LEAST_RATIO, AGREEMENT = 100, 1e-3
REPOSITORY = "git+https://github.com/NMRDfromMD/nmrdfrommd"

PEER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, MDAnalysis
from MDAnalysis.coordinates.memory import MemoryReader
name, file, lags = sys.argv[1], sys.argv[2], int(sys.argv[3])
path = np.load(file) * 1e10

def run(atoms, frames):
    universe = MDAnalysis.Universe.empty(atoms, n_residues=atoms, atom_resindex=range(atoms),
        trajectory=False)
    universe.add_TopologyAttr("resids", range(1, atoms + 1))
    box = [10.2, 10.2, 10.2, 90, 90, 90]
    universe.load_new(path[:frames, :atoms].astype(np.float32), format=MemoryReader,
        dimensions=np.array(box, dtype=np.float32), dt=1.0)
    words = {"u": universe, "atom_group": universe.atoms[[0]], "neighbor_group": universe.atoms,
        "isotropic": False}
    began = time.process_time()
    if name == "nmrformd":
        import nmrformd
        g = np.asarray(nmrformd.NMR(**words).gij)
    else:
        import nmrdfrommd
        g = np.asarray(nmrdfrommd.NMRD(**words).run_analysis()["gij"])
    return time.process_time() - began, g

run(8, 100)
costs = []
for atoms, frames in ((path.shape[1], len(path)), (path.shape[1] // 2, len(path)),
                      (path.shape[1], len(path) // 2)):
    spent, g = run(atoms, frames)
    costs.append(spent / ((atoms - 1) * frames) * 1e9)
    if len(costs) == 1:
        s = g[0] / 4 + 3 * g[1] + 0.75 * g[2]
print(json.dumps({"costs": costs, "shape": [float(x) for x in s[:lags].real / s[0].real]}))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--lag", type=int, default=250)
    parser.add_argument("--environment", type=Path, default=None)
    parser.add_argument("--nmrdfrommd", default=REPOSITORY, help="folder of the source")
    parser.add_argument("--figure", type=Path, default=None)
    parser.add_argument("--quick", action="store_true", help="78 atoms, no curves")
    chosen = parser.parse_args()
    atoms = ATOMS // 4 if chosen.quick else ATOMS
    path = _walk(ATOMS, chosen.frames)
    _ours(path[:200, :8], 10)  # compiles
    print(f"on {_processor()}")
    ours = _ours(path[:, :atoms], chosen.lag)
    pairs = atoms * (atoms - 1) / 2
    print(f"{atoms} H x {chosen.frames} frames, five components, lags up to {chosen.lag} frames:")
    print(f"  CPU {ours * 1e-9 * pairs * chosen.frames:.1f} s, {ours:.1f} ns a pair and frame;")
    print(f"  floor of the transform alone {_floor(chosen.frames, chosen.lag):.1f} ns")
    every = _ours(path[:, :40], chosen.frames - 1)
    print(
        f"  all {chosen.frames} lags (on 40 H): {every:.1f} ns; floor "
        f"{_floor(chosen.frames, chosen.frames - 1):.1f} ns"
    )
    failed = False
    mine = trajectories.dipolar_correlation_from_positions(
        positions=np.repeat(path[:, :1], 2, axis=1),
        partners=path[:, 1:],
        cell=np.eye(3) * EDGE,
        frame_interval=INTERVAL,
        longest_lag=(chosen.frames - 1) * INTERVAL,
        groups=2,
    ).values[:COMPARED]
    for name, peer in _peers(chosen, path).items():
        if isinstance(peer, str):
            print(f"{name} skipped: {peer}")
            continue
        full, half_atoms, half_frames = peer["costs"]
        apart = float(np.abs(np.array(peer["shape"]) - mine / mine[0]).max())
        print(
            f"{name}: {full:.0f} ns an ordered pair and frame (half the partners {half_atoms:.0f}, "
            f"half the frames {half_frames:.0f}); S(t)/S(0) differs by {apart:.1e}"
        )
        ratios = 2 * full / ours, 2 * full / every
        print(f"  ratio {ratios[0]:.0f}; with all lags on both sides {ratios[1]:.0f}")
        failed = failed or ratios[0] < LEAST_RATIO or apart > AGREEMENT
    if not chosen.quick:
        _curves(path, chosen)
    return int(failed)


def _walk(atoms: int, frames: int) -> np.ndarray:
    """Give positions of free walkers."""
    rng = np.random.default_rng(1)
    path = np.cumsum(rng.normal(scale=STEP, size=(frames, atoms, 3)), axis=0)
    return path + rng.random((1, atoms, 3)) * EDGE


def _ours(path: np.ndarray, lag: int) -> float:
    """CPU time of an unordered pair and frame [ns]."""
    frames, atoms = path.shape[:2]
    began = time.process_time()
    trajectories.dipolar_correlation_from_positions(
        positions=path,
        cell=np.eye(3) * EDGE,
        frame_interval=INTERVAL,
        longest_lag=lag * INTERVAL,
        groups=min(8, atoms),
    )
    return (time.process_time() - began) / (atoms * (atoms - 1) / 2 * frames) * 1e9


def _floor(frames: int, lag: int) -> float:
    length = block_length(frames=frames, longest_lag=lag)
    padded = fft.next_fast_len(length + lag)
    blocks = -(-frames // length)
    series = np.random.default_rng(2).normal(size=(blocks, 5, padded)).astype(np.complex64)
    spent = []
    for _ in range(20):
        began = time.process_time()
        fft.fft(series, axis=-1, overwrite_x=True, norm="ortho")
        spent.append(time.process_time() - began)
    return min(spent) / (2 * frames) * 1e9


def _peers(chosen: argparse.Namespace, path: np.ndarray) -> dict[str, dict | str]:
    found: dict[str, dict | str] = {}
    with tempfile.TemporaryDirectory() as thrown_away:
        folder = chosen.environment or Path(thrown_away) / "peers"
        python, file = folder / "bin" / "python", Path(thrown_away) / "path.npy"
        np.save(file, path)
        sources = {"nmrformd": "nmrformd", "nmrdfrommd": chosen.nmrdfrommd}
        for name, source in sources.items():
            steps = [] if python.exists() else [[sys.executable, "-m", "venv", str(folder)]]
            install = [str(python), "-m", "pip", "install", "--quiet", "--ignore-requires-python"]
            steps.append([*install, "scipy>=1.15,<1.17", "MDAnalysis", source])
            steps.append([str(python), "-c", PEER, name, str(file), str(COMPARED)])
            found[name] = _last_words(steps)
    return found


def _last_words(steps: list[list[str]]) -> dict | str:
    done = None
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip() or "no message").splitlines()[-1]
            return f"it cannot be installed or run here ({last})"
    return json.loads(done.stdout.splitlines()[-1])


def _curves(path: np.ndarray, chosen: argparse.Namespace) -> None:
    """Print, and draw, how cost and memory grow."""
    sizes = [(atoms, 5_000) for atoms in (39, 78, 156, 312)]
    sizes += [(39, frames) for frames in (2_500, 10_000, 20_000) if frames <= len(path)]
    print("cost and memory, lags up to 250 frames:")
    print("  atoms  frames   CPU s   ns a pair and frame   MB beyond the input")
    rows = []
    for atoms, frames in sizes:
        part = np.ascontiguousarray(path[:frames, :atoms])
        cost = min(_ours(part, 250) for _ in range(2))
        tracemalloc.start()
        _ours(part, 250)
        memory = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        spent = cost * 1e-9 * atoms * (atoms - 1) / 2 * frames
        rows.append((atoms, frames, spent, memory))
        print(f"  {atoms:5d}  {frames:6d}  {spent:6.2f}   {cost:19.1f}   {memory:19.1f}")
    if chosen.figure is not None:
        _draw(np.array(rows), chosen.figure)


def _draw(rows: np.ndarray, file: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 3.2), layout="constrained")
    axes = figure.subplots(1, 2)
    by_atoms = rows[rows[:, 1] == 5_000]
    by_frames = rows[rows[:, 0] == 39]
    by_frames = by_frames[np.argsort(by_frames[:, 1])]
    panels = [(by_atoms, 0, "atoms (5,000 frames)", 2), (by_frames, 1, "frames (39 atoms)", 1)]
    for ax, (part, column, label, power) in zip(axes, panels, strict=True):
        ax.loglog(part[:, column], part[:, 2], "o-", color="tab:blue", label="CPU time [s]")
        ax.loglog(part[:, column], part[:, 3], "s--", color="tab:orange", label="memory [MB]")
        guide = part[-1, 2] * (part[:, column] / part[-1, column]) ** power
        ax.loglog(part[:, column], guide, ":", color="0.5", label=f"power {power}")
        ax.set_xlabel(label)
        ax.set_xticks(part[:, column], [f"{n:,.0f}" for n in part[:, column]])
        ax.minorticks_off()
        ax.legend(frameon=False)
    figure.savefig(file, dpi=150)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "an unnamed processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"one core of {names[0]}" if names else "an unnamed processor"


if __name__ == "__main__":
    sys.exit(main())
