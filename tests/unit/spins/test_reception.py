"""Moments and limits of detection against numbers from elsewhere."""

import math

import numpy as np
import pytest

from megabar.constants import hbar, k_boltzmann, mu_0, n_avogadro
from megabar.matter import nuclei
from megabar.spins import reception

TMS = 395.107e6
PROTON = reception.resonance(nucleus="1H", tms_frequency=TMS)
LANTHANUM = reception.resonance(nucleus="139La", tms_frequency=TMS)
ICE = reception.Channel(
    field_per_root_watt=reception.field_per_root_watt(
        of=PROTON, pulse_90=2.5e-6, mean_over_peak=1.0, power=10.0
    ),
    sample_temperature=300.0,
    noise_temperature=300.0,
    noise_factor=1.0,
)


def test_the_gyromagnetic_ratio_is_that_of_xi_and_not_of_the_bare_nucleus():
    bare = nuclei.nucleus("139La").gyromagnetic_ratio_bare
    water = 42.57638 / 42.57618  # the bare ratio is held against the scale of protons in water
    offset = bare / (LANTHANUM.gyromagnetic_ratio * water) - 1
    assert 1e6 * offset == pytest.approx(7808, abs=3)


def test_the_moment_is_that_of_a_brillouin_function_summed_level_by_level():
    m = np.arange(-3.5, 4)
    energy = -LANTHANUM.gyromagnetic_ratio * hbar * m * LANTHANUM.field
    weight = np.exp(-energy / (k_boltzmann * 300))
    exact = 1e15 * 0.9991 * LANTHANUM.gyromagnetic_ratio * hbar * (m @ weight) / weight.sum()
    found = reception.equilibrium_moment(atoms=1e15, of=LANTHANUM, temperature=300.0)
    assert found == pytest.approx(exact, rel=1e-6)


def test_water_is_magnetised_as_its_susceptibility_says():
    """Curie susceptibility of protons in water at 300 K: 4.0e-9 in SI."""
    number = 2 * n_avogadro * 1e6 / 18.015
    moment = reception.equilibrium_moment(atoms=number, of=PROTON, temperature=300.0)
    assert mu_0 * moment / PROTON.field == pytest.approx(4.0e-9, rel=0.02)
    assert number * 100e-15 == pytest.approx(6.69e15, rel=2e-3)


def test_the_field_of_a_calibrated_pulse_turns_a_spin_by_a_quarter():
    field = reception.pulse_field(of=PROTON, pulse_90=14e-6, mean_over_peak=0.41198)
    turned = PROTON.gyromagnetic_ratio * field * 0.41198 * 14e-6
    assert turned == pytest.approx(math.pi / 2)


def test_the_published_experiment_on_ice_is_216_times_better_than_reciprocity_allows():
    assert math.sqrt(10) * ICE.field_per_root_watt == pytest.approx(2.349e-3, rel=5e-3)
    assert ICE.field_per_root_watt == pytest.approx(0.743e-3, rel=5e-3)
    published = 3e16 / (39 * math.sqrt(2e6))
    assert published == pytest.approx(5.44e11, rel=5e-3)
    proton = reception.resonance(nucleus="1H", tms_frequency=9.0 * nuclei.TMS_FREQUENCY_OVER_FIELD)
    allowed = reception.limit_by_reciprocity(of=proton, channel=ICE)
    assert allowed == pytest.approx(1.18e14, rel=5e-3)
    assert allowed / published == pytest.approx(216, rel=5e-3)


def test_the_limit_is_that_of_the_induced_voltage_over_nyquist_noise():
    """A coil of resistance R: unit current makes B1 = c sqrt(R/2); the voltage is w B1 m0 per amp.

    Noise at the same plane: 4 kB T R per hertz, of both quadratures half each in a complex receiver
    whose band counts twice, so that each channel holds 4 kB T R times the two-sided bandwidth.
    """
    resistance = 50.0
    per_ampere = 2 * ICE.field_per_root_watt * math.sqrt(resistance / 2)  # linear, not rotating
    moment = reception.equilibrium_moment(atoms=1.0, of=PROTON, temperature=300.0)
    voltage = 2 * math.pi * PROTON.larmor_frequency * per_ampere * moment
    noise = math.sqrt(4 * k_boltzmann * 300 * resistance)
    assert reception.limit_by_reciprocity(of=PROTON, channel=ICE) == pytest.approx(
        noise / voltage, rel=1e-12
    )


def test_both_formulas_of_one_nucleus_agree():
    """SNR of one scan from the moment, and from the limit."""
    moment = reception.equilibrium_moment(atoms=3e16, of=PROTON, temperature=300.0)
    bandwidth = 2e6
    direct = (
        2 * math.pi * PROTON.larmor_frequency * moment * ICE.field_per_root_watt
        / math.sqrt(2 * k_boltzmann * 300 * bandwidth)
    )  # fmt: skip
    limit = reception.limit_by_reciprocity(of=PROTON, channel=ICE)
    found = reception.snr_of_one_scan(atoms=3e16, limit=limit, bandwidth=bandwidth, efficiency=1.0)
    assert found == pytest.approx(direct)


@pytest.mark.parametrize(
    ("nucleus", "expected"),
    [("139La", 0.05914), ("11B", 0.1323), ("63Cu", 0.0645), ("89Y", 1.177e-4), ("29Si", 3.673e-4)],
)
def test_equal_coils_make_limits_inverse_to_receptivity(nucleus, expected):
    other = reception.resonance(nucleus=nucleus, tms_frequency=TMS)
    found = reception.limit_of_another(limit=1.0, of=PROTON, other=other, exponent=3.0)
    assert 1 / found == pytest.approx(expected, rel=2e-3)
    assert 1 / found == pytest.approx(nuclei.relative_receptivity(nucleus=nucleus), rel=1e-9)


def test_reciprocity_of_equal_fields_per_root_watt_is_the_exponent_three():
    limits = [reception.limit_by_reciprocity(of=one, channel=ICE) for one in (PROTON, LANTHANUM)]
    carried = reception.limit_of_another(limit=limits[0], of=PROTON, other=LANTHANUM, exponent=3.0)
    assert carried == pytest.approx(limits[1], rel=1e-9)


def test_a_choice_of_the_exponent_is_worth_a_factor_2_66():
    values = [
        reception.limit_of_another(limit=1.0, of=PROTON, other=LANTHANUM, exponent=p)
        for p in (3.0, 2.5)
    ]
    assert values[0] / values[1] == pytest.approx(2.66, rel=2e-3)


def test_ten_picolitres_of_hydride_are_feasible_as_published():
    """10 pl of 42 H and 4 La in 143 cubic angstrom, 2 MHz, p = 11/4."""
    cells = 10e-15 / 143e-30
    lanthanum = reception.limit_of_another(
        limit=5.44e11, of=PROTON, other=LANTHANUM, exponent=11 / 4
    )
    single = reception.snr_of_one_scan(
        atoms=42 * cells, limit=5.44e11, bandwidth=2e6, efficiency=1.0
    )
    metal = reception.snr_of_one_scan(
        atoms=4 * cells, limit=lanthanum, bandwidth=2e6, efficiency=1.0
    )
    assert single == pytest.approx(3.82, rel=1e-2)
    assert single * math.sqrt(1e4) == pytest.approx(382, rel=1e-2)
    assert metal * math.sqrt(25e3) == pytest.approx(5.55, rel=1e-2)


def test_copper_is_3_28_micrometres_deep_and_deeper_for_lanthanum():
    depths = [reception.skin_depth(resistivity=1.68e-8, frequency=nu) for nu in (395e6, 55.95e6)]
    assert depths[0] == pytest.approx(3.28e-6, rel=2e-3)
    assert depths[1] / depths[0] == pytest.approx(math.sqrt(395 / 55.95))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: reception.pulse_field(of=PROTON, pulse_90=1e-6, mean_over_peak=1.5),
            "mean of 1.5",
        ),
        (
            lambda: reception.Channel(
                field_per_root_watt=1e-3, sample_temperature=300.0, noise_temperature=300.0,
                noise_factor=0.5,
            ),
            "3 dB are 2.0",
        ),
        (
            lambda: reception.limit_of_another(
                limit=1.0, of=PROTON, exponent=3.0,
                other=reception.resonance(nucleus="1H", tms_frequency=2 * TMS),
            ),
            "not between magnets",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()
