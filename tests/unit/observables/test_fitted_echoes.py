"""Fits of echoes under both models of a line: there and back through fits of computed echoes."""

import math

import numpy as np
import pytest
from tests.unit.observables.signals import acquisition

from megabar.errors import UnknownWord
from megabar.observables import lines
from megabar.observables.fitted_echoes import fitted_echo, fitted_refocusing
from megabar.spins.echoes import echo_from_two_pulses
from megabar.spins.level_nodes import nodes_of_gaussian_couplings, nodes_of_gaussian_shifts
from megabar.spins.phase_tables import HAHN_16, SOLID_ECHO_8, pathway_weights_from_phases
from megabar.spins.sequences import IdealPulse, Pulse, Relaxation, rectangular_pulse

US, QUARTER, DELAY = 1e-6, math.pi / 2, 25e-6
TABLES = {"solid-echo": SOLID_ECHO_8, "hahn-echo": HAHN_16}


def short(angle=QUARTER):
    return IdealPulse(channel="139La", angle=angle, phase=0.0)


def rectangle():
    return rectangular_pulse(channel="139La", duration=4 * US, amplitude=62.5e3, phase=0.0)


def fit_of_line(nodes, pulses, time, sequence):
    """Amplitude and width that the fit of a line finds of a computed echo."""
    table = TABLES[sequence]
    lengths = [one.duration if isinstance(one, Pulse) else 0.0 for one in pulses]
    echo = echo_from_two_pulses(
        nodes, pulses=pulses, delay=DELAY - sum(lengths) / 2,
        passing=pathway_weights_from_phases(
            phases=table.pulse_phases, receiver=table.receiver_phases, spin=nodes.spin
        ),
        relaxation=Relaxation(t1=math.inf, t2=math.inf),
    )  # fmt: skip
    signal = echo.signal(DELAY + time - lengths[1] / 2)
    data = acquisition(1e3 * signal, time, sequence=sequence, echo_delay=DELAY)
    found = lines.line(data, shape="gaussian", noise=(0.1, 0))
    return float(found.amplitude) / 1e3, float(found.fwhm)


def echo(fwhm, time, *, pulses, spin=3.5, sequence="solid-echo"):
    return fitted_echo(
        spin=spin, fwhm=fwhm, pulses=pulses, echo_delay=DELAY, time=time, sequence=sequence,
        table=TABLES[sequence],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("spin", "coupled", "sequence"),
    [(3.5, 10e3, "solid-echo"), (3.5, 25e3, "solid-echo"), (0.5, 12e3, "solid-echo"),
     (0.5, 3e3, "hahn-echo")],
)  # fmt: skip
def test_gradients_whose_echo_was_fitted_are_found_again_with_their_amplitude(
    spin, coupled, sequence
):
    pulses = (rectangle(), rectangle()) if sequence == "solid-echo" else (short(), short(math.pi))
    time = 5 * US + np.arange(200) * 1.0 * US
    nodes = nodes_of_gaussian_couplings(spin=spin, fwhm=coupled, span=300 * US)
    amplitude, fwhm = fit_of_line(nodes, pulses, time, sequence)
    found = echo(fwhm, time, pulses=pulses, spin=spin, sequence=sequence)
    nearest = int(np.argmin(np.abs(np.array(found.coupled_fwhm) - coupled)))
    assert found.coupled_fwhm[nearest] == pytest.approx(coupled, rel=0.02)
    assert found.couplings[nearest] == pytest.approx(amplitude, rel=0.02)


@pytest.mark.parametrize("fwhm", [8e3, 38e3])
def test_shifts_behind_long_pulses_give_what_the_fit_of_a_line_finds(fwhm):
    pulses, time = (rectangle(), rectangle()), np.arange(200) * (1.8 / fwhm / 200)
    nodes = nodes_of_gaussian_shifts(spin=3.5, fwhm=fwhm, span=500 * US)
    amplitude, _ = fit_of_line(nodes, pulses, time, "solid-echo")
    assert echo(fwhm, time, pulses=pulses).shifts == pytest.approx(amplitude, rel=1e-3)


@pytest.mark.parametrize("sequence", ["solid-echo", "hahn-echo"])
def test_shifts_and_perfect_pulses_give_the_whole_line(sequence):
    pulses = short(), short(QUARTER if sequence == "solid-echo" else math.pi)
    found = echo(20e3, np.arange(150) * 0.5 * US, pulses=pulses, sequence=sequence)
    assert found.shifts == pytest.approx(1.0, abs=1e-6)


def test_no_gradients_of_139la_look_like_a_smooth_line_of_38_khz():
    """Their central transition stays sharp, and the fit follows it."""
    factor = fitted_refocusing(
        spin=3.5, fwhm=38e3, pulses=(short(), short()), echo_delay=DELAY,
        time=np.arange(100) * 0.5 * US, sequence="solid-echo", table=SOLID_ECHO_8,
    )  # fmt: skip
    assert factor.alternatives == (("shifts", pytest.approx(1.0)),)
    assert factor.std == 0.0
    assert "no distribution of field gradients" in factor.source


def test_the_factor_lies_between_its_readings():
    """A solid echo of pairs that has dephased: all comes back where the form expects a half."""
    factor = fitted_refocusing(
        spin=0.5, fwhm=50e3, pulses=(short(), short()), echo_delay=DELAY,
        time=np.arange(100) * 0.4 * US, sequence="solid-echo", table=SOLID_ECHO_8,
    )  # fmt: skip
    readings = dict(factor.alternatives)
    assert readings["shifts"] == pytest.approx(1.0, abs=1e-4)
    assert readings["like-spin pairs"] == pytest.approx(2.0, rel=1e-3)
    assert factor.value == pytest.approx(1.5, rel=1e-3)
    assert factor.std == pytest.approx(1 / math.sqrt(12), rel=2e-3)


@pytest.mark.parametrize(
    ("words", "error", "match"),
    [({"sequence": "fid"}, UnknownWord, "sequence"),
     ({"fwhm": 0.0}, ValueError, "needs a positive width"),
     ({"time": np.array([-1e-6, 1e-6])}, ValueError, "rise from its top")],
)  # fmt: skip
def test_impossible_inputs_are_refused(words, error, match):
    given = {
        "spin": 3.5, "fwhm": 8e3, "pulses": (short(), short()), "echo_delay": DELAY,
        "time": np.arange(100) * US, "sequence": "solid-echo", "table": SOLID_ECHO_8, **words,
    }  # fmt: skip
    with pytest.raises(error, match=match):
        fitted_echo(**given)
