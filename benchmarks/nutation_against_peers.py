"""Nutation of a powder of I = 7/2 with pulses of two shapes, against SIMPSON, QuTiP and SLEEPY.

    python benchmarks/nutation_against_peers.py [--rounds 3] [--simpson PROGRAM]
        [--environment FOLDER]

C_Q 0.5 MHz, asymmetry 0.1, to first order and on resonance; 233 directions of a ZCW set; 81 lengths
of 0 to 40 us; peak 62.5 kHz, rectangular or Gaussian (standard deviation 0.4 of half of the length)
in 32 slices, every length a pulse of its own. Milliseconds of CPU time (user and system) of one
thread for each direction, fastest of the rounds. Ours is the whole call, compilation left out; from
SIMPSON the time of a run with one direction is taken off, from the others their import.

SIMPSON is looked for in the PATH, or taken from --simpson. QuTiP and SLEEPY are installed with pip
into environments of their own in FOLDER, by default one that is thrown away; they are given fewer
directions. What is not there is left out, and a sentence says so. The whole takes two minutes.

Exits with 1 if a peer differs by more than 1e-8 of a perfect signal, or if with shaped pulses we
take more than a tenth of SIMPSON's time or a five-hundredth of SLEEPY's.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402  (threads are set first)

from megabar.spins.coupling_nodes import coupling_nodes  # noqa: E402
from megabar.spins.hamiltonians import first_order_coupling  # noqa: E402
from megabar.spins.orientations import Orientations, sphere_grid  # noqa: E402
from megabar.spins.pulse_responses import responses_from_coupling  # noqa: E402
from megabar.spins.pulse_shapes import gaussian_shape, rectangular_shape  # noqa: E402
from megabar.spins.tensors import gradient_tensor  # noqa: E402

SPIN, COUPLING, ASYMMETRY, PEAK = 3.5, 0.5e6, 0.1, 62.5e3
STEP, LENGTHS, DIRECTIONS, NODES = 0.5e-6, 81, 233, 64
SHAPES = {
    "rectangular": rectangular_shape(),
    "shaped": gaussian_shape(truncation=float(np.exp(-0.5 / 0.4**2)), slices=32),
}
SOME = {
    "qutip": {"rectangular": 20, "shaped": 1},
    "sleepy": {"rectangular": 55, "shaped": 3},
}
PACKAGES = {"qutip": ["qutip"], "sleepy": ["sleepy-nmr", "ipython", "matplotlib"]}
AGREEMENT = 1e-8
LARGEST_SHARE = {("SIMPSON", "shaped"): 1 / 10, ("sleepy", "shaped"): 1 / 500}

QUTIP = """
import json, sys, time
import numpy as np, qutip
job = json.load(open(sys.argv[1]))
x, y, z = qutip.jmat(3.5)
plus, norm = x + 1j * y, (x * x).tr()
squared = 3 * z * z - 15.75 * qutip.qeye(8)
def run():
    total = np.zeros(job["lengths"], complex)
    for f, weight in zip(job["couplings"], job["weight"]):
        for k in range(job["lengths"]):
            if len(job["amplitude"]) == 1 and k:
                whole = step * whole
            else:
                whole = qutip.qeye(8)
                piece = job["step"] * (k or 1) / len(job["amplitude"])
                for amplitude in job["amplitude"]:
                    step = (-2j * np.pi * piece * (amplitude * x + f * squared)).expm()
                    whole = step * whole if k else whole
            total[k] += weight * (plus * whole * z * whole.dag()).tr()
    return total / norm
"""
SLEEPY = """
import json, sys, time
import numpy as np, SLEEPY as sl
sl.Defaults["verbose"] = False
job = json.load(open(sys.argv[1]))
def run():
    powder = sl.PowderAvg("alpha0beta0")
    powder.alpha, powder.beta = np.array(job["alpha"]), np.array(job["beta"])
    powder.gamma, powder.weight = 0 * powder.alpha, np.array(job["weight"])
    ex = sl.ExpSys(v0H=395, Nucs=["139La"], vr=0, pwdavg=powder)
    ex.set_inter("quadrupole", i=0, Cq=job["quadrupole"], eta=job["asymmetry"], order=1)
    free = ex.Liouvillian()
    amplitude = np.array(job["amplitude"])
    if len(amplitude) == 1:
        seq = free.Sequence()
        seq.add_channel("139La", t=[0, job["step"]], v1=amplitude, phase=[0.0])
        rho = sl.Rho("139Laz", "139Lap")
        rho.DetProp(seq, n=job["lengths"])
        return 2 * np.asarray(rho.I).ravel()
    found = [0.0]  # without a pulse there is nothing to hear
    for k in range(1, job["lengths"]):
        seq = free.Sequence()
        edges = np.linspace(0, k * job["step"], len(amplitude) + 1)
        seq.add_channel("139La", t=edges, v1=amplitude, phase=0 * amplitude)
        rho = seq.U() * sl.Rho("139Laz", "139Lap")
        rho()
        found.append(np.asarray(rho.I).ravel()[-1])
    return 2 * np.array(found)
"""
TIMED = """
took = []
for _ in range(job["rounds"]):
    began = time.process_time()
    signal = run()
    took.append(time.process_time() - began)
real, imag = signal.real.tolist(), signal.imag.tolist()
print(json.dumps({"seconds": min(took), "real": real, "imag": imag}))
"""
PROGRAMS = {"qutip": QUTIP + TIMED, "sleepy": SLEEPY + TIMED}


@dataclass(frozen=True)
class Timing:
    """What one tool needed, and how far its curve is from ours."""

    milliseconds: float
    apart: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--simpson", default=shutil.which("simpson"))
    parser.add_argument("--environment", type=Path, default=None)
    chosen = parser.parse_args()
    print(f"ms a direction, ratio to ours, difference; {_processor()}")
    failed = False
    with tempfile.TemporaryDirectory() as thrown_away:
        folder = Path(thrown_away)
        pythons = {name: _installed(name, chosen.environment or folder) for name in PACKAGES}
        for name in SHAPES:
            ours = _ours(name, chosen.rounds)
            print(f"{name}\n  {'megabar':10s} {ours:9.4f}")
            timings = {"SIMPSON": _simpson(name, chosen, folder)}
            for peer, python in pythons.items():
                timings[peer] = _package(peer, python, name, chosen.rounds, folder)
            for peer, timing in timings.items():
                failed |= _judged(peer, name, timing, ours)
    print(_nodes(chosen.rounds))
    return int(failed)


def _directions(some: int) -> Orientations:
    """Take some of the directions, spread over the set; their weights still sum to one."""
    grid = sphere_grid(DIRECTIONS)
    which = np.linspace(0, len(grid) - 1, some + 2)[1:-1].astype(int)
    chosen = which if some < len(grid) else np.arange(len(grid))
    return Orientations(
        alpha=grid.alpha[chosen],
        beta=grid.beta[chosen],
        weight=np.full(len(chosen), 1 / len(chosen)),
    )


def _couplings(grid: Orientations) -> np.ndarray:
    return first_order_coupling(
        quadrupole_coupling=COUPLING,
        gradient=gradient_tensor(asymmetry=ASYMMETRY),
        spin=SPIN,
        directions=grid.directions,
    )


def _curve(name: str, couplings: np.ndarray, weight: np.ndarray) -> np.ndarray:
    found = responses_from_coupling(
        spin=SPIN,
        coupling=couplings,
        offset=0.0,
        amplitude=PEAK * SHAPES[name].amplitude,
        durations=STEP * np.arange(LENGTHS),
    )
    return weight @ found.sum(axis=-1)


def _of_directions(name: str, some: int) -> np.ndarray:
    grid = _directions(some)
    return _curve(name, _couplings(grid), grid.weight)


def _ours(name: str, rounds: int) -> float:
    """Milliseconds for each direction."""
    _of_directions(name, DIRECTIONS)  # compiles
    took = []
    for _ in range(4 * rounds):
        began = time.process_time()
        _of_directions(name, DIRECTIONS)
        took.append(time.process_time() - began)
    return 1e3 * min(took) / DIRECTIONS


def _nodes(rounds: int) -> str:
    """Say what the powder of many directions costs as a sum over couplings."""
    fine = _of_directions("shaped", DIRECTIONS)
    took = []
    for _ in range(2 * rounds):
        began = time.process_time()
        nodes = coupling_nodes(
            quadrupole_coupling=COUPLING, asymmetry=ASYMMETRY, spin=SPIN, count=NODES
        )
        curve = _curve("shaped", nodes.coupling, nodes.weight)
        took.append(time.process_time() - began)
    return (
        f"shaped, converged powder from {NODES} couplings: {1e3 * min(took):.0f} ms in all; the "
        f"{DIRECTIONS} directions differ from it by {np.abs(curve - fine).max():.1e}"
    )


def _judged(peer: str, name: str, timing: Timing | str, ours: float) -> bool:
    """Print one line, and say whether a limit was broken."""
    if isinstance(timing, str):
        print(f"  {peer} skipped: {timing}")
        return False
    share = LARGEST_SHARE.get((peer, name), np.inf)
    limit = "" if np.isinf(share) else f" (limit 1/{1 / share:.0f})"
    print(
        f"  {peer:10s} {timing.milliseconds:9.4f}  we take "
        f"1/{timing.milliseconds / ours:.1f}{limit}, {timing.apart:.1e}"
    )
    return timing.apart > AGREEMENT or ours > share * timing.milliseconds


def _simpson(name: str, chosen: argparse.Namespace, folder: Path) -> Timing | str:
    if not chosen.simpson:
        return "it is not in the PATH; name the program with --simpson"
    seconds = {}
    for some in (1, DIRECTIONS):
        grid = _directions(some)
        angles = np.degrees(np.column_stack([np.pi / 2 - grid.alpha, grid.beta]))
        lines = [
            f"{alpha:.15g} {beta:.15g} {weight:.17g}"
            for (alpha, beta), weight in zip(angles, grid.weight, strict=True)
        ]
        (folder / "some.cry").write_text("\n".join([str(some), *lines, ""]), encoding="utf-8")
        (folder / "nutation.in").write_text(_simpson_input(name), encoding="utf-8")
        took = []
        for _ in range(chosen.rounds):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            try:
                subprocess.run(
                    [chosen.simpson, "nutation.in"],
                    cwd=folder, check=True, capture_output=True, timeout=600,
                )  # fmt: skip
            except (OSError, subprocess.SubprocessError) as stopped:
                return f"it stopped ({stopped})"
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        seconds[some] = min(took)
    real, imaginary = np.loadtxt(folder / "nutation.out").T
    signal = (real - 1j * imaginary) / 42  # its spins turn the other way
    return Timing(
        milliseconds=1e3 * (seconds[DIRECTIONS] - seconds[1]) / (DIRECTIONS - 1),
        apart=float(np.abs(signal - _of_directions(name, DIRECTIONS)).max()),
    )


def _simpson_input(name: str) -> str:
    """Write the job in its words; lengths of one slice are powers of one propagator."""
    slices = " ".join(f"{{{PEAK * high:.15g} 0}}" for high in SHAPES[name].amplitude)
    shaped = [
        "  reset", "  acq", "  for {set k 1} {$k<$par(np)} {incr k} {", "    reset",
        "    pulse_shaped [expr 0.5*$k] $shp(1)", "    acq", "  }",
    ]  # fmt: skip
    powers = [
        "  reset", f"  pulse 0.5 {PEAK:.15g} x", "  store 1", "  reset", "  acq $par(np) 1 0"
    ]  # fmt: skip
    return "\n".join([
        "spinsys {", "  channels 139La", "  nuclei 139La",
        f"  quadrupole 1 1 {COUPLING:.15g} {ASYMMETRY:.15g} 0 0 0", "}",
        "par {", "  proton_frequency 395e6", "  spin_rate 0", f"  np {LENGTHS}", "  sw 2000000",
        "  crystal_file some", "  gamma_angles 1", "  start_operator I1z",
        "  detect_operator I1p", "  method direct", "  num_cores 1", "  verbose 0000", "}",
        "proc pulseq {} {", "  global par shp", *(powers if name == "rectangular" else shaped), "}",
        "proc main {} {", "  global par shp", "  set tcl_precision 17",
        f"  set shp(1) [list2shape {{{slices}}}]",
        "  set f [fsimpson]", "  set o [open nutation.out w]",
        "  for {set i 1} {$i <= $par(np)} {incr i} {",
        '    puts $o [format "%.15g %.15g" [findex $f $i -re] [findex $f $i -im]]', "  }",
        "  close $o", "}", "",
    ])  # fmt: skip


def _package(peer: str, python: Path | str, name: str, rounds: int, folder: Path) -> Timing | str:
    if isinstance(python, str):
        return python
    some = SOME[peer][name]
    job = folder / "job.json"
    job.write_text(json.dumps(_job(name, some, rounds)), encoding="utf-8")
    done = subprocess.run(
        [str(python), "-c", PROGRAMS[peer], str(job)],
        capture_output=True, text=True, check=False, env=os.environ | {"MPLBACKEND": "Agg"},
    )  # fmt: skip
    if done.returncode:
        return f"it stopped ({_last_line(done.stderr)})"
    result = json.loads(done.stdout.splitlines()[-1])
    signal = np.array(result["real"]) + 1j * np.array(result["imag"])
    return Timing(
        milliseconds=1e3 * result["seconds"] / some,
        apart=float(np.abs(signal - _of_directions(name, some)).max()),
    )


def _job(name: str, some: int, rounds: int) -> dict[str, object]:
    """Write the job in plain numbers."""
    grid = _directions(some)
    return {
        "lengths": LENGTHS,
        "step": STEP,
        "rounds": rounds if name == "rectangular" else 1,
        "amplitude": (PEAK * SHAPES[name].amplitude).tolist(),
        "couplings": _couplings(grid).tolist(),
        "alpha": (np.pi / 2 - grid.alpha).tolist(),
        "beta": grid.beta.tolist(),
        "weight": grid.weight.tolist(),
        "quadrupole": COUPLING,
        "asymmetry": ASYMMETRY,
    }


def _installed(name: str, folder: Path) -> Path | str:
    """Python of the environment of a peer, or why there is none."""
    environment = folder / name
    python = environment / "bin" / "python"
    steps = [] if python.exists() else [[sys.executable, "-m", "venv", str(environment)]]
    steps.append([str(python), "-m", "pip", "install", "--quiet", *PACKAGES[name]])
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"it cannot be installed here ({_last_line(done.stderr)})"
    return python


def _last_line(text: str) -> str:
    return (text.strip() or "no message").splitlines()[-1]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "an unnamed processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"one core of {names[0]}" if names else "an unnamed processor"


if __name__ == "__main__":
    sys.exit(main())
