"""Solid echo of proton clusters, against SIMPSON, QuTiP and SLEEPY in the same run.

    python benchmarks/cluster_echo_against_peers.py [--rounds 3] [--simpson PROGRAM]
        [--environment FOLDER]

90x - 20 us - 90y with ideal pulses on the corners of a distorted cube of 2 angstrom, 2, 4, 6 and 8
protons, 512 points of 0.5 us, directions of a ZCW set: milliseconds of CPU time (user and system)
of one thread for each direction, fastest of the rounds. Ours is the whole call, compilation left
out; from SIMPSON the time of a run with one direction is taken off, from the others their import.

SIMPSON is looked for in the PATH, or taken from --simpson, and runs by two of its methods; the
faster of those that agree counts. QuTiP and SLEEPY are installed with pip into environments of
their own in FOLDER, by default one that is thrown away. What is not there is left out, and a
sentence says so. SLEEPY is given four spins at most (its matrices grow as 16^n), QuTiP one
direction of eight. The whole takes two minutes.

Exits with 1 if a peer differs by more than 1e-8 of a perfect signal, or if we take more than a
quarter of SIMPSON's time for six protons or a tenth for eight.
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

from megabar.matter import nuclei  # noqa: E402
from megabar.spins.clusters import solid_echo_from_cluster  # noqa: E402
from megabar.spins.orientations import Orientations, sphere_grid  # noqa: E402
from megabar.spins.spin_systems import Spin, SpinSystem, dipolar_pairs  # noqa: E402

CORNERS = 1e-10 * np.array([
    [0.0001, 0.0299, -0.0274], [-0.0891, -0.0455, 1.9008], [0.0060, 2.1340, -0.0492],
    [1.9380, 0.0490, 0.0357], [0.0105, 1.9070, 1.9971], [2.0695, -0.1344, 1.9542],
    [1.8099, 1.8710, -0.1842], [1.9765, 1.8733, 2.0271],
])  # fmt: skip
POINTS, DWELL, TAU = 512, 0.5e-6, 20e-6
DIRECTIONS = {2: 610, 4: 233, 6: 89, 8: 34}
FEWER = {"qutip": {2: 20, 4: 20, 6: 3, 8: 1}, "sleepy": {2: 89, 4: 10}}
PACKAGES = {"qutip": ["qutip"], "sleepy": ["sleepy-nmr", "ipython", "matplotlib"]}
METHODS = {
    "acq_block, direct block_diag dsyev": ("direct block_diag dsyev", "acq_block { delay 0.5 }"),
    "acq N prop, direct": ("direct", "acq $par(np) 1 0"),
}
AGREEMENT, LARGEST_SHARE = 1e-8, {6: 1 / 4, 8: 1 / 10}

QUTIP = """
import itertools, json, sys, time
import numpy as np, qutip
job = json.load(open(sys.argv[1]))
n = job["count"]
def placed(one, spin):
    return qutip.tensor([one if k == spin else qutip.qeye(2) for k in range(n)]).to("Dense")
x, y, z = ([placed(one, k) for k in range(n)]
           for one in (qutip.sigmax() / 2, qutip.sigmay() / 2, qutip.sigmaz() / 2))
couple = [2 * z[i] * z[j] - x[i] * x[j] - y[i] * y[j] for i, j in job["pairs"]]
first, second = (-0.5j * np.pi * sum(x)).expm(), (-0.5j * np.pi * sum(y)).expm()
detect = sum(x) + 1j * sum(y)
norm = (detect * sum(x)).tr()
def run():
    total = np.zeros(job["points"], complex)
    for row, weight in zip(job["strengths"], job["weight"]):
        h = sum(s * one for s, one in zip(row, couple))
        whole = second * (-2j * np.pi * job["tau"] * h).expm() * first
        rho = whole * sum(z) * whole.dag()
        u = (-2j * np.pi * job["dwell"] * h).expm()
        back = u.dag()
        for t in range(job["points"]):
            total[t] += weight * (detect * rho).tr()
            rho = u * rho * back
    return total / norm
"""
SLEEPY = """
import json, sys, time
import numpy as np, SLEEPY as sl
sl.Defaults["verbose"] = False
job = json.load(open(sys.argv[1]))
n = job["count"]
def run():
    powder = sl.PowderAvg("alpha0beta0")
    powder.alpha, powder.beta = np.array(job["alpha"]), np.array(job["beta"])
    powder.gamma, powder.weight = 0 * powder.alpha, np.array(job["weight"])
    ex = sl.ExpSys(v0H=395, Nucs=["1H"] * n, vr=0, pwdavg=powder)
    for (i, j), d, (ux, uy, uz) in zip(job["pairs"], job["couplings"], job["directions"]):
        ex.set_inter("dipole", i0=i, i1=j, delta=-2 * d,
                     euler=[0, -np.arccos(uz), -np.arctan2(uy, ux)])
    free = ex.Liouvillian()
    rho = sl.Rho("1Hz", "1Hp")
    turns = [free.Udelta("1H", np.pi / 2, phase) for phase in (0, np.pi / 2)]
    rho = turns[1] * (free.U(job["tau"]) * (turns[0] * rho))
    rho.DetProp(free.U(job["dwell"]), n=job["points"])
    return 2 * np.asarray(rho.I).ravel()
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
    """What one tool needed, and how far its signal is from ours."""

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
        for count in DIRECTIONS:
            ours = _ours(count, chosen.rounds)
            print(f"{count} protons, {DIRECTIONS[count]} directions")
            print(f"  megabar {ours:9.4f}")
            failed |= _against_simpson(count, ours, chosen, folder)
            for name, python in pythons.items():
                failed |= _against_package(name, python, count, ours, chosen.rounds, folder)
    if not chosen.simpson:
        print("SIMPSON is not in the PATH and was left out; name the program with --simpson.")
    return int(failed)


def _cluster(count: int) -> SpinSystem:
    gamma = nuclei.nucleus("1H").gyromagnetic_ratio_bare
    return SpinSystem(
        spins=(Spin(channel="1H", spin=0.5),) * count,
        pairs=dipolar_pairs(CORNERS[:count], gyromagnetic_ratios=[gamma] * count),
    )


def _directions(count: int, some: int) -> Orientations:
    """Take some of the directions, spread over the set; their weights still sum to one."""
    grid = sphere_grid(DIRECTIONS[count])
    which = np.linspace(0, len(grid) - 1, some + 2)[1:-1].astype(int)
    chosen = which if some < len(grid) else np.arange(len(grid))
    return Orientations(
        alpha=grid.alpha[chosen],
        beta=grid.beta[chosen],
        weight=np.full(len(chosen), 1 / len(chosen)),
    )


def _echo(count: int, some: int) -> np.ndarray:
    return solid_echo_from_cluster(
        _cluster(count),
        _directions(count, some),
        channel="1H",
        delay=TAU,
        times=DWELL * np.arange(POINTS),
    )


def _ours(count: int, rounds: int) -> float:
    """Milliseconds for each direction."""
    _echo(count, DIRECTIONS[count])  # compiles
    took = []
    for _ in range(2 * rounds):
        began = time.process_time()
        _echo(count, DIRECTIONS[count])
        took.append(time.process_time() - began)
    return 1e3 * min(took) / DIRECTIONS[count]


def _line(name: str, timing: Timing, ours: float) -> None:
    print(
        f"  {name:45s} {timing.milliseconds:9.4f}  we take 1/{timing.milliseconds / ours:.1f}, "
        f"{timing.apart:.1e}"
    )


def _against_simpson(count: int, ours: float, chosen: argparse.Namespace, folder: Path) -> bool:
    if not chosen.simpson:
        return False
    agreeing = []
    for name, (method, acquire) in METHODS.items():
        try:
            found = _simpson(count, method, acquire, chosen, folder)
        except subprocess.SubprocessError as stopped:
            print(f"  SIMPSON {name}: skipped, it stopped ({stopped})")
            continue
        _line(f"SIMPSON {name}", found, ours)
        if found.apart <= AGREEMENT:
            agreeing.append(found.milliseconds)
    if not agreeing:
        print("  no method of SIMPSON agrees")
        return True
    return ours > LARGEST_SHARE.get(count, np.inf) * min(agreeing)


def _simpson(
    count: int, method: str, acquire: str, chosen: argparse.Namespace, folder: Path
) -> Timing:
    """Time all directions less one, so that its start does not count."""
    many = DIRECTIONS[count] if "block" in method or count < 6 else 10
    seconds, signal = {}, np.empty(0)
    for some in (1, many):
        text = _simpson_input(_cluster(count), method, acquire)
        (folder / "cluster.in").write_text(text, encoding="utf-8")
        grid = _directions(count, some)
        rows = np.degrees(np.stack([grid.alpha, grid.beta])).tolist()
        lines = [f"{a:.15g} {b:.15g} {w:.17g}" for a, b, w in zip(*rows, grid.weight, strict=True)]
        (folder / "some.cry").write_text("\n".join([str(some), *lines, ""]), encoding="utf-8")
        took = []
        for _ in range(chosen.rounds if count < 8 else 1):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(
                [chosen.simpson, "cluster.in"],
                cwd=folder, check=True, capture_output=True, timeout=600,
            )  # fmt: skip
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        seconds[some] = min(took)
        real, imaginary = np.loadtxt(folder / "cluster.out").T
        signal = (real - 1j * imaginary) / (count * 2 ** (count - 2))
    return Timing(
        milliseconds=1e3 * (seconds[many] - seconds[1]) / (many - 1),
        apart=float(np.abs(signal - _echo(count, many)).max()),
    )


def _simpson_input(system: SpinSystem, method: str, acquire: str) -> str:
    """Write the job in its words: b = -d in Hz, Euler angles of the passive sense in degrees."""
    dipoles = [
        f"  dipole {pair.first + 1} {pair.second + 1} {-pair.coupling:.12f} 0 "
        f"{np.degrees(np.arccos(pair.direction[2])):.15g} "
        f"{180 - np.degrees(np.arctan2(pair.direction[1], pair.direction[0])):.15g}"
        for pair in system.pairs
    ]
    return "\n".join([
        "spinsys {", "  channels 1H", "  nuclei" + " 1H" * len(system.spins), *dipoles, "}",
        "par {", "  proton_frequency 395e6", "  spin_rate 0", f"  np {POINTS}", "  sw 2000000",
        "  crystal_file some", "  gamma_angles 1", "  start_operator Inz",
        "  detect_operator Inp", f"  method {method}", "  num_cores 1", "  verbose 0000", "}",
        "proc pulseq {} {", "  global par", "  reset", "  delay 0.5", "  store 1", "  reset",
        "  pulseid 1 250000 x", "  delay 20", "  pulseid 1 250000 y", f"  {acquire}", "}",
        "proc main {} {", "  global par", "  set f [fsimpson]", "  set o [open cluster.out w]",
        "  for {set i 1} {$i <= $par(np)} {incr i} {",
        '    puts $o [format "%.15g %.15g" [findex $f $i -re] [findex $f $i -im]]', "  }",
        "  close $o", "}", "",
    ])  # fmt: skip


def _against_package(
    name: str, python: Path | str, count: int, ours: float, rounds: int, folder: Path
) -> bool:
    if isinstance(python, str):
        print(f"  {name} skipped: {python}")
        return False
    some = FEWER[name].get(count)
    if some is None:
        print(f"  {name} skipped: {count} spins are too many for it")
        return False
    job = folder / "job.json"
    job.write_text(json.dumps(_job(count, some, rounds if count < 6 else 1)), encoding="utf-8")
    done = subprocess.run(
        [str(python), "-c", PROGRAMS[name], str(job)],
        capture_output=True, text=True, check=False, env=os.environ | {"MPLBACKEND": "Agg"},
    )  # fmt: skip
    if done.returncode:
        print(f"  {name} skipped: it stopped ({_last_line(done.stderr)})")
        return False
    result = json.loads(done.stdout.splitlines()[-1])
    signal = np.array(result["real"]) + 1j * np.array(result["imag"])
    found = Timing(
        milliseconds=1e3 * result["seconds"] / some,
        apart=float(np.abs(signal - _echo(count, some)).max()),
    )
    _line(name, found, ours)
    return found.apart > AGREEMENT


def _job(count: int, some: int, rounds: int) -> dict[str, object]:
    """Write the job in plain numbers."""
    system, grid = _cluster(count), _directions(count, some)
    axes = np.array([pair.direction for pair in system.pairs])
    couplings = np.array([pair.coupling for pair in system.pairs])
    cosines = grid.directions @ axes.T
    return {
        "count": count,
        "points": POINTS,
        "dwell": DWELL,
        "tau": TAU,
        "rounds": rounds,
        "alpha": grid.alpha.tolist(),
        "beta": grid.beta.tolist(),
        "weight": grid.weight.tolist(),
        "pairs": [(pair.first, pair.second) for pair in system.pairs],
        "couplings": couplings.tolist(),
        "directions": axes.tolist(),
        "strengths": (-couplings * (3 * cosines**2 - 1) / 2).tolist(),
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
