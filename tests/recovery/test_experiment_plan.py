"""What a plan promises is what simulated experiments of that plan scatter by.

The laboratory has its own formulas of signal and noise; the records are analysed as real ones are.
200 repeats know a scatter to 5 %, so 10 % is two standard errors of the test itself.
"""

import math

import numpy as np
import pytest

from megabar.observables import lines, relaxation_times
from megabar.observables.experiment_channels import PlannedChannel, PlannedLine, PlannedScan
from megabar.observables.experiment_plan import plan_amplitude, plan_t1
from megabar.observables.sensitivity import Limit
from megabar.virtual.settings import Settings
from megabar.virtual.spectrometer import Receiver, acquire
from megabar.virtual.truth import Cell, Line

METAL = 2.8e14
LIMITS = {"1H": 5.44e11, "139La": 5.64e12}
ATOMS = {"1H": 10.5 * METAL, "139La": METAL}
LARMOR = {"1H": 395.107e6, "139La": 55.8114e6}
REPEATS = 200
PULSE, DEAD = 4e-6, 5e-6


def planned(nucleus, *, line, scan):
    limit = Limit(
        nucleus=nucleus, route="given", value=LIMITS[nucleus], relative_std=0.0, source="test"
    )
    return PlannedChannel(
        nucleus=nucleus, atoms=ATOMS[nucleus], limit=limit, line=PlannedLine(**line),
        scan=PlannedScan(dead_time=DEAD + PULSE / 2, dwell=0.5e-6, **scan),
    )  # fmt: skip


def records(plan, nucleus, *, scans, sequence, **settings):
    """Simulate a plan again and again, with the true line that it supposes."""
    line = plan.channel.line
    t2 = math.inf if line.t2 is None else line.t2[0]
    true = Line(shape=line.shape, fwhm=line.fwhm, shift=0.0, t1=line.t1[0], t2=t2)
    cell = Cell("LaH10.5", metal_atoms=METAL, lines={nucleus: true}, field_offset=0.0)
    receiver = Receiver(
        reference_frequency=LARMOR[nucleus], carrier_frequency=LARMOR[nucleus],
        limit_of_detection=LIMITS[nucleus], ring_down=0.0, ring_down_time=0.3e-6, phase=0.0,
    )  # fmt: skip
    choices = {
        "pulse_length": PULSE, "flip_angle": plan.repetition.flip_angle, "dead_time": DEAD,
        "dwell": 0.5e-6, "points": plan.points, "repetition_time": 1.001 * plan.repetition.time,
    }  # fmt: skip
    for seed in range(REPEATS):
        yield acquire(
            cell, sequence=sequence, nucleus=nucleus, n_scans=scans, seed=seed, receiver=receiver,
            settings=Settings(**{**choices, **settings}),
        )  # fmt: skip


def noise(scans):
    return math.sqrt(scans / 0.5e-6), 0.0


def scatter(values):
    return float(np.std(values, ddof=1) / np.mean(values))


def test_an_amplitude_with_a_free_width_at_the_ernst_angle():
    one = planned(
        "1H",
        line={"shape": "lorentzian", "fwhm": 8e3, "width_known": False, "t1": (20e-3, 0.0)},
        scan={"sequence": "fid"},
    )
    plan = plan_amplitude([one], error=0.05, by="amplitude_per_scan")
    (channel,), (scans,) = plan.channels, plan.scans
    amplitudes = [
        float(lines.line(record, shape="lorentzian", noise=noise(scans)).amplitude)
        for record in records(channel, "1H", scans=scans, sequence="fid")
    ]
    assert scatter(amplitudes) == pytest.approx(plan.promised[0], rel=0.1)
    assert np.mean(amplitudes) == pytest.approx(
        channel.snr * math.sqrt(1 / 0.5e-6) * scans, rel=0.015
    )


def test_a_ratio_of_a_decay_and_a_solid_echo_at_the_hours_of_the_plan():
    """Width of the metal known, that of hydrogen free; common errors none."""
    hydrogen = planned(
        "1H",
        line={"shape": "lorentzian", "fwhm": 2e3, "width_known": False, "t1": (5e-3, 0.0)},
        scan={"sequence": "fid", "flip_angle": math.pi / 2},
    )
    metal = planned(
        "139La",
        line={
            "shape": "gaussian", "fwhm": 20e3, "width_known": True, "t1": (5e-3, 0.0),
            "t2": (1e-3, 0.0),
        },
        scan={"sequence": "solid-echo", "echo_delay": 25e-6},
    )  # fmt: skip
    plan = plan_amplitude([hydrogen, metal], error=0.06, by="amplitude_per_scan")
    first, second = plan.channels
    known = {"frequency": 0.0, "fwhm": 20e3}
    ratios = [
        float(lines.line(one, shape="lorentzian", noise=noise(plan.scans[0])).amplitude)
        / float(
            lines.line(
                two, shape="gaussian", noise=noise(plan.scans[1]), known=known
            ).amplitude
        )
        for one, two in zip(
            records(first, "1H", scans=plan.scans[0], sequence="fid"),
            records(
                second, "139La", scans=plan.scans[1], sequence="solid-echo", echo_delay=25e-6,
                before_echo=0.0,
            ),
            strict=True,
        )
    ]  # fmt: skip
    promised = math.hypot(*plan.promised)
    assert promised == pytest.approx(0.06, rel=0.02)
    assert scatter(ratios) == pytest.approx(promised, rel=0.1)


def test_a_t1_from_the_spread_delays():
    one = planned(
        "1H",
        line={"shape": "lorentzian", "fwhm": 8e3, "width_known": True, "t1": (20e-3, 0.0)},
        scan={"sequence": "fid"},
    )
    plan = plan_t1(one, error=0.04, steps=6, shortest_delay=20e-6, by="amplitude_per_scan")
    found = [
        float(relaxation_times.t1(record, shape="lorentzian", noise=noise(plan.scans)).t1)
        for record in records(
            plan.channel, "1H", scans=plan.scans, sequence="saturation-recovery",
            steps=tuple(plan.delays.delays), saturation=20, repetition_time=0.2,
        )
    ]  # fmt: skip
    assert np.mean(found) == pytest.approx(20e-3, rel=0.015)
    assert np.std(found, ddof=1) / 20e-3 == pytest.approx(plan.promised, rel=0.1)
