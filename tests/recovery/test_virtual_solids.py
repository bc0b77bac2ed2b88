"""The analysis finds what couplings and pulses a virtual cell holds, without seeing the truth."""

import math

import numpy as np
import pytest

from megabar.matter import nuclei
from megabar.observables import pulse_efficiencies, solid_lines
from megabar.spins import lineshapes
from megabar.spins.phase_tables import SOLID_ECHO_8
from megabar.spins.transition_weights import tabulated_responses
from megabar.virtual import Cell, Line, Receiver, Settings, acquire
from megabar.virtual.couplings import Quadrupolar, RigidPairs
from megabar.virtual.finite_pulses import Shaped
from megabar.virtual.spectrometer import clean_record

FIELD = 62.5e3
LARMOR = {"1H": 395.1e6, "139La": 55.8e6}


def receiver(nucleus, phase):
    return Receiver(
        reference_frequency=LARMOR[nucleus],
        carrier_frequency=LARMOR[nucleus],
        limit_of_detection=1e12,
        ring_down=0.0,
        ring_down_time=1e-7,
        phase=phase,
    )


def settings(**changed):
    return Settings(
        **{"pulse_length": 4e-6, "flip_angle": math.pi / 2, "dead_time": 1e-6, "dwell": 1e-6,
           "points": 512, "repetition_time": 0.1} | changed
    )  # fmt: skip


def cell(nucleus, coupling, fwhm):
    line = Line(shape="gaussian", fwhm=fwhm, shift=0.0, t1=5e-3, t2=math.inf, coupling=coupling)
    return Cell("LaH10", metal_atoms=3e14, lines={nucleus: line}, field_offset=0.0)


def fid(held, nucleus, *, phase, scans, setup, seed):
    found = acquire(
        held, sequence="fid", nucleus=nucleus, n_scans=scans, seed=seed,
        receiver=receiver(nucleus, phase), settings=setup,
    )  # fmt: skip
    noise = math.sqrt(scans / setup.dwell)
    return found, (noise, 1e-3 * noise)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fit_finds_the_quadrupole_coupling_behind_a_pulse_that_is_far_from_hard(seed):
    truth = Quadrupolar(quadrupole_coupling=0.5e6, asymmetry=0.4, quadrupole_coupling_fwhm=0.0)
    setup = settings(shaped=Shaped(shape="rectangular", nutation_frequency=FIELD, truncation=None))
    record, noise = fid(
        cell("139La", truth, 4e3), "139La", phase=0.7, scans=400_000, setup=setup, seed=seed
    )
    from_end = record.assign_coords(time=record.time.copy(data=record.time.values - 2e-6))
    shape = lineshapes.quadrupoles(
        spin=nuclei.nucleus("139La").spin,
        larmor_frequency=LARMOR["139La"],
        weights=tabulated_responses(
            spin=3.5, largest_coupling=1e6, amplitude=np.array([FIELD]), duration=4e-6
        ),
        directions=6000,
    )
    found = solid_lines.solid_line(
        from_end, shape=shape, noise=noise,
        start={"frequency": 0.0, "quadrupole_coupling": 0.47e6, "asymmetry": 0.3, "fwhm": 5e3},
    )  # fmt: skip
    for name, expected in (("quadrupole_coupling", 0.5e6), ("asymmetry", 0.4)):
        value, std = found[name]
        assert value == pytest.approx(expected, abs=4 * std)
        assert std < 0.02 * expected
    size = 400_000 * 300  # scans times nuclei over the limit of detection
    assert found.amplitude[0] == pytest.approx(size, rel=0.02)


def test_a_fit_finds_the_coupling_of_rigid_pairs():
    record, noise = fid(
        cell("1H", RigidPairs(pair_coupling=40e3), 5e3), "1H", phase=-0.4, scans=400,
        setup=settings(), seed=5,
    )  # fmt: skip
    found = solid_lines.solid_line(
        record, shape=lineshapes.pairs(), noise=noise,
        start={"frequency": 0.0, "splitting": 55e3, "fwhm": 6e3},
    )  # fmt: skip
    value, std = found["splitting"]
    assert value == pytest.approx(60e3, abs=4 * std)
    assert std < 500


@pytest.mark.parametrize("width", [8e3, 38e3])
def test_the_echo_of_a_virtual_line_is_within_the_range_of_its_factor(width):
    """Shifts in one cell, gradients of the same second moment in the other."""
    shaped = Shaped(shape="rectangular", nutation_frequency=FIELD, truncation=None)
    setup = settings(shaped=shaped, echo_delay=29e-6, before_echo=1e-6, points=64)
    pulse = shaped.pulse(channel="139La", duration=4e-6)
    factor = pulse_efficiencies.refocusing_by_pulses(
        spin=3.5, fwhm=width, pulses=(pulse, pulse), delay=25e-6, at=27e-6, table=SOLID_ECHO_8
    )
    held = cell("139La", None, width)
    time, (row,) = clean_record(
        held, sequence="solid-echo", nucleus="139La", receiver=receiver("139La", 0.0),
        settings=setup,
    )  # fmt: skip
    seen = abs(row[int(np.argmin(np.abs(time)))]) / 300
    models = pulse_efficiencies.echo_by_model(
        spin=3.5, fwhm=width, pulses=(pulse, pulse), delay=25e-6, at=27e-6, table=SOLID_ECHO_8
    )
    assert seen == pytest.approx(models.shifts, rel=1e-6)
    assert abs(seen - factor.value) <= math.sqrt(3) * factor.std * (1 + 1e-6)
