"""mrsimulator 1.0.0, an independent program, computes our patterns from inputs that we write."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from megabar.readers import mrsimulator
from megabar.spins.powder_patterns import Axis, pattern_from_quadrupole_coupling, spread_factor

HERE = Path(__file__).resolve().parent
LARMOR = 55.79628195e6
WIDTHS = {"narrow": (0.5e6, 0.3, 400e3), "axial": (0.5e6, 0.0, 400e3), "wide": (20e6, 0.3, 12e6)}
JOBS = {
    name: mrsimulator.MrsimulatorJob(
        nucleus="139La", spin=3.5, quadrupole_coupling=coupling, asymmetry=eta,
        larmor_frequency=LARMOR, peer_ratio=6.06115e6, points=8192, width=width, density=400,
    )
    for name, (coupling, eta, width) in WIDTHS.items()
}  # fmt: skip
FROZEN = json.loads((HERE / "frozen.json").read_text(encoding="ascii"))


@pytest.mark.parametrize("name", JOBS)
def test_documents_are_those_from_which_the_patterns_were_made(name, tmp_path):
    path = tmp_path / "job.json"
    mrsimulator.write(JOBS[name], path)
    assert path.read_bytes() == (HERE / f"{name}.mrsim.json").read_bytes()


@pytest.mark.parametrize("group", range(4))
@pytest.mark.parametrize("name", JOBS)
def test_each_pair_of_transitions_lies_where_the_other_program_puts_it(name, group):
    job = JOBS[name]
    theirs = FROZEN["jobs"][f"{name}.mrsim.json"][group]
    step = job.width / job.points
    axis = Axis(first=-job.width / 2, step=step, count=job.points)
    weights = np.zeros(7)
    weights[[3 - group, 3 + group]] = 0.5 if group else 1.0
    ours = pattern_from_quadrupole_coupling(
        quadrupole_coupling=job.quadrupole_coupling, asymmetry=job.asymmetry, spin=job.spin,
        larmor_frequency=job.larmor_frequency, weights=weights, axis=axis, directions=100_000,
        fold=False,
    )  # fmt: skip
    assert ours.lost == 0
    mean = ours.density @ axis.frequency
    # a central line within few bins is blurred by their linear binning, and half lost
    within_bins = group == 0 and name != "wide"
    assert mean == pytest.approx(theirs["mean"], abs=(0.2 if within_bins else 0.003) * step)
    time = np.fft.rfftfreq(job.points, step)
    window = np.exp(-((np.pi * theirs["fwhm"] * time) ** 2) / (4 * np.log(2)))
    window /= spread_factor(time=time, step=step)
    broad = np.fft.irfft(np.fft.rfft(ours.density) * window, job.points)
    found = np.interp(theirs["frequency"], axis.frequency, broad)
    allowed = 3e-3 if within_bins else 5e-4
    assert np.abs(found - theirs["density"]).max() < allowed * max(theirs["density"])


@pytest.mark.skipif("MEGABAR_MRSIMULATOR" not in os.environ, reason="no environment with it named")
def test_the_program_loads_what_we_write(tmp_path):
    """MEGABAR_MRSIMULATOR is the python of an environment with mrsimulator in it."""
    path = tmp_path / "job.json"
    mrsimulator.write(JOBS["narrow"], path)
    script = (
        "import json, sys, mrsimulator;"
        "job = mrsimulator.Simulator.parse_dict_with_units(json.load(open(sys.argv[1])));"
        "print([len(m.get_transition_pathways(job.spin_systems[0])) for m in job.methods])"
    )
    done = subprocess.run(
        [os.environ["MEGABAR_MRSIMULATOR"], "-c", script, str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[1, 2, 2, 2]"
