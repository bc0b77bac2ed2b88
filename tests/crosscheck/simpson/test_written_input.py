"""Inputs that we write: the same system as in the inputs of the frozen curves, and a run."""

import re
import shutil
import subprocess

import numpy as np
import pytest
from tests.crosscheck.simpson.curves import FOLDER, NAMES, Curve

from megabar.readers import simpson, simpson_input
from megabar.readers.decisions import decide
from megabar.spins.evolution import signal_from_sequence
from megabar.spins.operators import product_operators
from megabar.spins.sequences import Delay, IdealPulse, Pulse
from megabar.spins.tensors import rotation_from_angles

PROGRAM = shutil.which("simpson")


def job(curve, elements=(), cycle=(((), 0.0),)):
    return simpson_input.SimpsonJob(
        system=curve.system, orientations=curve.orientations, elements=tuple(elements),
        observe=curve.nuclei[0], points=64, dwell=1e-6, proton_frequency=395.1e6, cycle=cycle,
    )  # fmt: skip


def stated(line):
    """Tensor of a line of an input, by the passive rotations of the program."""
    word, _, *rest = line.split()
    numbers = list(map(float, rest))
    if word == "quadrupole":
        coupling, asymmetry, *angles = numbers[1:]
        mean, size = 0.0, coupling
    else:
        mean, size, asymmetry, *angles = numbers
    a, b, c = np.radians(angles)
    turn = rotation_from_angles(first=-c, second=-b, third=-a)
    own = np.diag([-(1 + asymmetry) / 2, -(1 - asymmetry) / 2, 1.0])
    return mean * np.eye(3) + size * turn @ own @ turn.T


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("10-h-fid-cube8")])
def test_written_interactions_are_those_of_the_input_that_made_the_curve(name):
    ours = simpson_input.simpson_text(job(Curve(name)), name="x").splitlines()
    for theirs in (FOLDER / f"{name}.in").read_text().splitlines():
        words = theirs.split()
        if words[:1] in (["shift"], ["quadrupole"]):
            start = "  " + " ".join(words[:2])
            mine = next(line for line in ours if line.startswith(start))
            expected = stated(theirs)
            scale = max(np.abs(expected).max(), 1.0)
            np.testing.assert_allclose(stated(mine), expected, atol=2e-9 * scale)
        if words[:1] == ["dipole"]:
            mine = next(line for line in ours if line.startswith("  " + " ".join(words[:3])))
            found, expected = (np.array(line.split()[3:], dtype=float) for line in (mine, theirs))
            found[3], expected[3] = found[3] % 360, expected[3] % 360
            np.testing.assert_allclose(found, expected, rtol=1e-8)


def sequences():
    pair = Curve("12-h-hahn-n3-csa-finite")
    lanthanum = Curve("08-la-hahn-cycled-4steps")
    gauss = np.exp(-0.5 * (np.linspace(-1, 1, 16) / 0.4) ** 2) * 62.5e3
    quarter = np.pi / 2
    yield pair, [IdealPulse(channel="1H", angle=quarter, phase=0.3), Delay(duration=20e-6)], None
    yield (
        lanthanum,
        [
            Pulse(channel="139La", duration=4e-6, amplitude=gauss, phase=np.linspace(0, 1, 16)),
            Delay(duration=10e-6),
            Pulse(
                channel="139La", duration=6e-6, amplitude=np.array([62.5e3]), phase=np.array([0.7])
            ),
        ],
        tuple(((0.0, step * quarter), 2 * step * quarter) for step in range(4)),
    )


@pytest.mark.crosscheck
@pytest.mark.skipif(PROGRAM is None, reason="SIMPSON is not on the path: nothing to run")
@pytest.mark.parametrize("number", [0, 1])
def test_the_program_computes_from_our_input_what_we_compute(tmp_path, number):
    curve, elements, cycle = list(sequences())[number]
    here = job(curve, elements, cycle or (((), 0.0),))
    simpson_input.write(here, tmp_path / "run.in")
    subprocess.run([PROGRAM, "run.in"], cwd=tmp_path, check=True, capture_output=True)
    found = simpson.read(tmp_path / "run.fid", decide(nucleus=curve.nuclei[0]))
    operators = product_operators([one.spin for one in curve.system.spins])
    start, detect = sum(one.z for one in operators), sum(one.plus for one in operators)
    expected = np.zeros(here.points, dtype=complex)
    for added, receiver in here.cycle:
        steps, n = [], 0
        for element in elements:
            if isinstance(element, Pulse):
                element = Pulse(
                    channel=element.channel, duration=element.duration,
                    amplitude=element.amplitude, phase=element.phase + (added[n] if added else 0),
                )  # fmt: skip
                n += 1
            steps.append(element)
        expected += np.exp(-1j * receiver) * signal_from_sequence(
            curve.system, curve.orientations, steps, start=start, detect=detect,
            times=here.dwell * np.arange(here.points),
        )  # fmt: skip
    assert np.abs(found.signal.values[0] - expected).max() < 1e-6 * np.abs(expected).max()


def test_mistakes_are_named(tmp_path):
    curve = Curve("08-la-hahn-cycled-4steps")
    with pytest.raises(ValueError, match=re.escape("Let it end in .in")):
        simpson_input.write(job(curve), tmp_path / "run.txt")
    wrong = IdealPulse(channel="1H", angle=1.0, phase=0.0)
    with pytest.raises(ValueError, match="the system has: 139La"):
        simpson_input.simpson_text(job(curve, [wrong]), name="x")
    right = IdealPulse(channel="139La", angle=1.0, phase=0.0)
    with pytest.raises(ValueError, match="Give one for each pulse"):
        simpson_input.simpson_text(job(curve, [right], (((0.0, 1.0), 0.0),)), name="x")
