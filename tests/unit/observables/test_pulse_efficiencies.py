"""Efficiencies of real pulses: against Bloch vectors, closed limits, and the dynamics of pulses."""

import math

import numpy as np
import pytest

from megabar import schemas
from megabar.errors import UnknownWord
from megabar.observables import efficiencies, pulse_efficiencies
from megabar.observables.calibrations import calibration_by_precursor
from megabar.observables.hydrogen_content import hydrogen_content
from megabar.spins.coupling_nodes import coupling_nodes
from megabar.spins.level_nodes import gaussian_offsets, nodes_from_couplings
from megabar.spins.phase_tables import HAHN_16, HAHN_32, SOLID_ECHO_8
from megabar.spins.powder_decays import pake_mean
from megabar.spins.pulse_responses import responses_from_coupling
from megabar.spins.sequences import IdealPulse, rectangular_pulse

QUARTER = math.pi / 2


def short(angle=QUARTER):
    return IdealPulse(channel="139La", angle=angle, phase=0.0)


def rectangle(microseconds, field=62.5e3):
    return rectangular_pulse(
        channel="139La", duration=1e-6 * microseconds, amplitude=field, phase=0.0
    )


def powder(megahertz, count=1024):
    found = coupling_nodes(
        quadrupole_coupling=1e6 * megahertz, asymmetry=0.1, spin=3.5, count=count
    )
    return nodes_from_couplings(spin=3.5, coupling=found.coupling, offset=0.0, weight=found.weight)


# --- excitation -----------------------------------------------------------------------------------


def test_a_rectangular_pulse_excites_a_line_as_rabi_found():
    line = gaussian_offsets(fwhm=100e3, count=201)
    pulse = rectangle(4.0)
    found = pulse_efficiencies.excitation(line, pulse=pulse, relative_field_std=0.0)
    field, offset = 62.5e3, line.offset
    effective = np.hypot(field, offset)
    turn = 2 * np.pi * effective * 4e-6
    along = (field * np.sin(turn) / effective) ** 2
    across = (field * offset * (1 - np.cos(turn)) / effective**2) ** 2
    assert found.value == pytest.approx(line.weight @ np.sqrt(along + across), rel=1e-12)
    assert 0.8 < found.value < 0.99


def test_a_short_pulse_excites_the_sine_of_its_angle_and_its_error_is_the_slope():
    line = gaussian_offsets(fwhm=50e3, count=65)
    found = pulse_efficiencies.excitation(line, pulse=short(0.8), relative_field_std=0.01)
    assert found.value == pytest.approx(math.sin(0.8), rel=1e-12)
    assert found.std == pytest.approx(0.008 * math.cos(0.8), rel=0.01)


def test_a_pulse_that_is_too_weak_gains_with_the_field_and_one_too_strong_loses():
    line = gaussian_offsets(fwhm=1.0, count=65)
    for angle, sign in ((0.8, 1), (2.2, -1)):
        found = pulse_efficiencies.excitation(line, pulse=short(angle), relative_field_std=0.01)
        ((name, moved),) = found.moved_by
        assert name == efficiencies.FIELD
        assert sign * moved == pytest.approx(found.relative_std, rel=1e-12)


def test_a_perfect_pulse_still_has_an_error_of_second_order():
    line = gaussian_offsets(fwhm=1.0, count=65)
    found = pulse_efficiencies.excitation(line, pulse=short(), relative_field_std=0.1)
    assert found.std == pytest.approx(1 - math.cos(0.1 * QUARTER), rel=1e-9)


# --- transitions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("spin", [1.5, 2.5, 3.5, 4.5])
def test_the_central_transition_has_its_share_of_a_short_pulse(spin):
    found = pulse_efficiencies.transition_fraction(spin=spin, seen="central")
    expected = 3 * (spin + 0.5) ** 2 / (2 * spin * (spin + 1) * (2 * spin + 1))
    assert found.value == pytest.approx(expected, rel=1e-12)
    assert pulse_efficiencies.transition_fraction(spin=spin, seen="all").value == 1.0


@pytest.mark.parametrize(
    ("megahertz", "microseconds", "height"),
    [(0.3, 3.90, 0.9709), (0.5, 3.74, 0.9260), (2.0, 2.54, 0.5673), (20.0, 1.0, 0.1051)],
)
def test_what_a_pulse_excites_is_the_height_of_the_nutation_curve(megahertz, microseconds, height):
    found = pulse_efficiencies.excited_fraction(
        powder(megahertz), pulse=rectangle(microseconds), seen="all", relative_field_std=0.0
    )
    assert found.value == pytest.approx(height, abs=2e-4)


def test_what_a_pulse_excites_agrees_with_the_amplitudes_of_the_transitions():
    nodes = powder(1.0)
    one = responses_from_coupling(
        spin=3.5, coupling=nodes.levels[:, 0] / 21, offset=0.0, amplitude=np.array([62.5e3]),
        durations=np.array([3e-6]),
    )  # fmt: skip
    summed = nodes.weight @ one[:, 0]
    for seen, expected in (("all", abs(summed.sum())), ("central", abs(summed[3]))):
        found = pulse_efficiencies.excited_fraction(
            nodes, pulse=rectangle(3.0), seen=seen, relative_field_std=0.0
        )
        assert found.value == pytest.approx(expected, rel=1e-9)


def test_a_soft_pulse_turns_the_central_transition_alone_and_sees_a_twenty_first():
    nodes = nodes_from_couplings(spin=3.5, coupling=[50e3], offset=0.0, weight=[1.0])
    soft = rectangle(1e6 / (4 * 4 * 100.0), field=100.0)
    found = pulse_efficiencies.excited_fraction(
        nodes, pulse=soft, seen="all", relative_field_std=0.0
    )
    assert found.value == pytest.approx(1 / 21, rel=1e-3)


def test_whole_spins_have_no_central_transition():
    with pytest.raises(ValueError, match="no central transition"):
        pulse_efficiencies.transition_fraction(spin=1.0, seen="central")
    with pytest.raises(UnknownWord, match="transitions"):
        pulse_efficiencies.transition_fraction(spin=3.5, seen="middle")


def test_a_pulse_of_no_field_gives_no_factor():
    line = gaussian_offsets(fwhm=1.0, count=65)
    with pytest.raises(ValueError, match=r"excitation = 0.*positive value"):
        pulse_efficiencies.excitation(line, pulse=short(0.0), relative_field_std=0.1)


# --- echoes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("fwhm", [8e3, 20e3, 38e3])
def test_shifts_under_short_pulses_give_the_closed_form(fwhm):
    found = pulse_efficiencies.echo_by_model(
        spin=3.5, fwhm=fwhm, pulses=(short(), short()), delay=25e-6, at=25e-6, table=SOLID_ECHO_8
    )
    closed = efficiencies.refocusing(echo_delay=25e-6, fwhm=fwhm, shape="gaussian")
    assert found.shifts == pytest.approx(closed, abs=1e-8)


@pytest.mark.parametrize(
    ("table", "angle", "shifts", "couplings"),
    [(SOLID_ECHO_8, 90, 0.5, 0.249), (HAHN_16, 90, 0.5, 0.125), (HAHN_16, 180, 1.0, 0.190),
     (HAHN_32, 180, 1.0, 0.190), (SOLID_ECHO_8, 30, None, 0.399)],
)  # fmt: skip
def test_lines_that_have_dephased_refocus_as_far_as_spins_can(table, angle, shifts, couplings):
    """Ideal pulses on a fully dephased distribution, I = 7/2."""
    found = pulse_efficiencies.echo_by_model(
        spin=3.5, fwhm=200e3, pulses=(short(), short(math.radians(angle))), delay=200e-6,
        at=200e-6, table=table,
    )  # fmt: skip
    assert found.couplings == pytest.approx(couplings, abs=6e-4)
    if shifts is not None:
        assert found.shifts == pytest.approx(shifts, abs=1e-6)


def test_pairs_of_protons_refocus_completely_in_a_solid_echo_and_not_at_all_in_a_hahn_echo():
    given = {"spin": 0.5, "fwhm": 100e3, "delay": 60e-6, "at": 60e-6}
    solid = pulse_efficiencies.echo_by_model(pulses=(short(), short()), table=SOLID_ECHO_8, **given)
    hahn = pulse_efficiencies.echo_by_model(
        pulses=(short(), short(math.pi)), table=HAHN_16, **given
    )
    assert (solid.shifts, solid.couplings) == (pytest.approx(0.5, abs=1e-6), pytest.approx(1.0))
    assert (hahn.shifts, hahn.couplings) == (pytest.approx(1.0), pytest.approx(0.0, abs=1e-6))


def test_long_pulses_lose_more_of_an_echo_than_short_ones_of_the_same_angle():
    def shifts(duration):
        one = rectangle(duration, field=0.25e6 / duration)
        return pulse_efficiencies.echo_by_model(
            spin=3.5, fwhm=38e3, pulses=(one, one), delay=25e-6, at=25e-6, table=SOLID_ECHO_8
        ).shifts

    assert shifts(0.01) == pytest.approx(0.5, abs=1e-3)
    assert shifts(16.0) < 0.45 < shifts(0.01)


def test_the_factor_covers_both_models_and_says_them():
    given = {"spin": 3.5, "fwhm": 38e3, "pulses": (rectangle(4.0), rectangle(4.0)),
             "delay": 25e-6, "at": 26e-6, "table": SOLID_ECHO_8}  # fmt: skip
    models = pulse_efficiencies.echo_by_model(**given)
    factor = pulse_efficiencies.refocusing_by_pulses(**given)
    half = math.sqrt(3) * factor.std
    assert factor.value + half == pytest.approx(max(models.shifts, models.couplings))
    assert factor.value - half == pytest.approx(min(models.shifts, models.couplings))
    assert factor.common
    assert f"{models.shifts:.3f} for shifts" in factor.source
    assert dict(factor.alternatives) == {
        "shifts": models.shifts,
        "field gradients": models.couplings,
    }


def test_a_model_under_which_nothing_comes_back_is_no_alternative():
    factor = pulse_efficiencies.refocusing_by_pulses(
        spin=0.5, fwhm=100e3, pulses=(short(), short(math.pi)), delay=60e-6, at=60e-6, table=HAHN_16
    )
    assert factor.alternatives == (("shifts", pytest.approx(1.0)),)


# --- dead time ------------------------------------------------------------------------------------


def test_the_dead_time_of_a_gaussian_table_is_that_of_the_closed_form():
    time = np.linspace(0, 30e-6, 3001)
    exponent = (np.pi * 50e3 * time) ** 2 / (4 * math.log(2))
    found = pulse_efficiencies.rigid_dead_time_loss(
        time=time, decay=np.exp(-exponent), dead_time=5e-6, dead_time_std=0.0,
        relative_width_std=0.02,
    )  # fmt: skip
    closed = efficiencies.dead_time_loss(dead_time=5e-6, fwhm=50e3, fwhm_std=1e3, shape="gaussian")
    assert found.value == pytest.approx(closed.value, rel=1e-6)
    assert found.std == pytest.approx(closed.std, rel=1e-4)


def test_pairs_behind_a_dead_time_follow_their_doublet_until_nothing_is_left():
    time = np.linspace(0, 40e-6, 4001)
    given = {"time": time, "decay": pake_mean(np.pi * 60e3 * time), "dead_time_std": 0.1e-6,
             "relative_width_std": 0.0}  # fmt: skip
    found = pulse_efficiencies.rigid_dead_time_loss(dead_time=5e-6, **given)
    assert found.value == pytest.approx(float(pake_mean(np.pi * 60e3 * 5e-6)), rel=1e-9)
    with pytest.raises(ValueError, match="lower bound"):
        pulse_efficiencies.rigid_dead_time_loss(dead_time=12e-6, **given)
    with pytest.raises(ValueError, match="known to"):
        pulse_efficiencies.rigid_dead_time_loss(dead_time=50e-6, **given)


# --- the content ----------------------------------------------------------------------------------


def test_the_content_is_right_again_after_all_factors():
    """Signals of LaH10 and its precursor, each cut by what its pulses and line do to it."""

    def observed(nucleus, snr):
        return schemas.observables(
            {"snr_per_root_scan": (snr, 1e-6 * snr)}, nucleus=nucleus, metal="none", method="test",
            provenance="{}",
        )  # fmt: skip

    wide = gaussian_offsets(fwhm=50e3, count=129)
    pulse = rectangle(6.0, field=41.67e3)
    excited = pulse_efficiencies.excitation(wide, pulse=pulse, relative_field_std=0.0)
    echo = {"spin": 3.5, "pulses": (rectangle(4.0), rectangle(4.0)), "delay": 25e-6, "at": 26e-6,
            "table": SOLID_ECHO_8}  # fmt: skip
    after, before = (
        pulse_efficiencies.refocusing_by_pulses(fwhm=fwhm, **echo) for fwhm in (38e3, 8e3)
    )
    found = hydrogen_content(
        observed("1H", 10.0),
        observed("139La", 1.0 * after.value),
        scale=calibration_by_precursor(
            hydrogen=observed("1H", 3.0 * excited.value),
            metal=observed("139La", 1.0 * before.value),
            h_per_metal=3.0,
            h_per_metal_std=0.05,
            factors={"metal": [before], "hydrogen": [excited]},
            by="snr_per_root_scan",
        ),
        factors={"metal": [after]},
    )
    assert float(found.h_per_metal) == pytest.approx(10.0, rel=1e-9)
    ranges = math.hypot(after.relative_std, before.relative_std, 0.05 / 3)
    assert float(found.h_per_metal_std) == pytest.approx(10.0 * ranges, rel=0.02)
