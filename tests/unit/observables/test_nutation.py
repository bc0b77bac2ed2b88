"""Nutation: bounds on C_Q under a named field, and curves that have two readings."""

import json

import numpy as np
import pytest
from tests.batteries.nutations import acquired, simulated_curve

from megabar import schemas
from megabar.errors import SchemaError, UnknownWord
from megabar.observables.nutation import nutation
from megabar.observables.nutation_answers import ALL_ALIKE, CENTRAL, Curve
from megabar.observables.nutation_fits import fit_nutation
from megabar.spins.amplitude_distributions import gaussian_amplitudes
from megabar.spins.pulse_shapes import gaussian_shape, rectangular_shape

RECTANGLE = rectangular_shape()
LENGTHS = np.arange(1, 42) * 1e-6
PEAK = 62.5e3


def fitted(curve, *, std=0.02, seed=1, lengths=LENGTHS, asymmetries=(0.3,), **known):
    noise = np.random.default_rng(seed).normal(size=lengths.size) * std
    given = Curve(
        lengths=lengths, amplitudes=curve + noise, std=np.full(lengths.size, std),
        **{"spin": 3.5, "shape": RECTANGLE, "field_model": "gaussian", "detected": "all",
           "known_frequency": None, **known},
    )  # fmt: skip
    return fit_nutation(given, asymmetries=asymmetries)


def measured(
    coupling, *, spread=0.03, std=0.03, lengths=LENGTHS, peak=PEAK, carrier=55.95e6, **options
):
    shape = options.get("pulse_shape", RECTANGLE)
    curve = simulated_curve(lengths, coupling=coupling, peak=peak, spread=spread, shape=shape)
    acq = acquired(lengths, curve, noise_std=std, seed=1, carrier=carrier)
    asked = {"pulse_shape": RECTANGLE, "field_model": "gaussian", "asymmetry": 0.3,
             "detected": "all", "shape": "lorentzian", "noise": (std, 0.0), **options}  # fmt: skip
    return nutation(acq, **asked)


def readings(found):
    return [one["name"] for one in json.loads(found.attrs["readings"])]


def test_a_cubic_site_bounds_its_coupling_and_has_two_readings():
    found = measured(0.0)
    assert found.quadrupole_coupling.attrs["quality"] == "upper bound"
    assert 0 < float(found.quadrupole_coupling) < 0.2e6
    assert abs(float(found.nutation_frequency) - PEAK) < 4 * float(found.nutation_frequency_std)
    assert readings(found) == [ALL_ALIKE, CENTRAL]
    together, alone = json.loads(found.attrs["readings"])
    assert together["frequency"] / alone["frequency"] == pytest.approx(4, rel=0.01)
    assert together["share"] / alone["share"] == pytest.approx(21)
    assert "differ by up to 21" in found.attrs["statement"]
    assert "field gaussian" in found.attrs["statement"]
    assert any("known_frequency" in word for word in schemas.warnings_of(found))


def test_a_field_that_is_known_decides_between_the_readings():
    strong = measured(0.0, known_frequency=(62e3, 1.5e3))
    assert readings(strong) == [ALL_ALIKE]
    assert "C_Q <" in strong.attrs["statement"]
    weak = measured(0.0, known_frequency=(15.6e3, 0.5e3))
    assert readings(weak) == [CENTRAL]
    assert "C_Q is large" in weak.attrs["statement"]
    assert weak.quadrupole_coupling.attrs["quality"] == "no solution"
    assert float(weak.nutation_frequency) == pytest.approx(PEAK / 4, rel=0.01)


def test_a_field_that_no_reading_allows_is_no_solution():
    neither = measured(0.0, known_frequency=(100e3, 2e3))
    assert readings(neither) == []
    assert neither.nutation_frequency.attrs["quality"] == "no solution"


def test_fewer_than_two_periods_bound_nothing():
    found = measured(0.0, lengths=np.arange(1, 31) * 1e-6)
    assert found.attrs["periods"] == pytest.approx(1.875, rel=0.01)
    assert found.quadrupole_coupling.attrs["quality"] == "not reached"
    assert np.isnan(float(found.quadrupole_coupling))
    assert "not bounded" in found.attrs["statement"]
    assert any("1.9 periods" in word for word in schemas.warnings_of(found))


def test_a_coupling_that_damps_excludes_a_cubic_site_and_the_second_reading():
    found = measured(0.5e6)
    assert float(found.quadrupole_coupling) == pytest.approx(0.5e6, rel=0.1)
    assert readings(found) == [ALL_ALIKE]
    assert any("A cubic site is excluded" in word for word in schemas.warnings_of(found))


def test_a_spread_of_the_field_is_no_coupling():
    """A spread of 7.6 % damps five times 90 degrees as 0.175 MHz does, but bounds stay low."""
    found = measured(0.0, spread=0.076, std=0.005)
    assert float(found.nutation_spread) == pytest.approx(0.076, abs=0.01)
    assert found.nutation_spread.attrs["quality"] == "value"
    assert float(found.quadrupole_coupling) < 0.1e6
    wrong = measured(0.0, spread=0.076, field_model="homogeneous")
    assert float(wrong.quadrupole_coupling) > 0.1e6
    assert any("homogeneous" in word for word in schemas.warnings_of(wrong))


def test_a_field_that_was_measured_is_used_as_it_is():
    field = gaussian_amplitudes(relative_std=0.076, count=33)
    found = measured(0.0, spread=0.076, field_model=field)
    assert found.attrs["field_model"] == "measured"
    assert "nutation_spread" not in found
    assert float(found.quadrupole_coupling) < 0.15e6
    assert not any("excluded" in word for word in schemas.warnings_of(found))


def test_a_shaped_pulse_is_read_by_its_peak():
    shape = gaussian_shape(truncation=0.01, slices=8)
    peak = shape.peak_from_mean(PEAK)
    found = measured(0.0, pulse_shape=shape, peak=peak)
    assert float(found.nutation_frequency) == pytest.approx(peak, rel=0.02)
    assert found.attrs["periods"] == pytest.approx(41 / 16, rel=0.02)


def test_a_large_coupling_warns_of_second_order():
    lengths = np.arange(1, 61) * 0.7e-6
    for carrier, warned in [(56e6, False), (5e6, True)]:
        found = measured(3e6, std=0.01, lengths=lengths, carrier=carrier)
        words = schemas.warnings_of(found)
        assert any("second-order shifts act" in word for word in words) == warned


def test_spin_one_half_has_a_field_and_no_coupling():
    curve = 5 * np.sin(2 * np.pi * PEAK * LENGTHS)
    acq = acquired(LENGTHS, curve, noise_std=0.1, seed=3, nucleus="1H")
    found = nutation(
        acq, pulse_shape=RECTANGLE, field_model="gaussian", asymmetry=None, detected="all",
        shape="lorentzian", noise=(0.1, 0.0),
    )  # fmt: skip
    assert "quadrupole_coupling" not in found
    assert abs(float(found.nutation_frequency) - PEAK) < 4 * float(found.nutation_frequency_std)
    assert float(found.amplitude) == pytest.approx(5, abs=0.1)


def test_a_bound_over_asymmetries_is_the_largest():
    curve = simulated_curve(LENGTHS, coupling=0.0, peak=PEAK, spread=0.0, shape=RECTANGLE)
    found = fitted(curve, asymmetries=(0.0, 1.0), field_model="homogeneous")
    bounds = [one.allowed(2.705543)[1] for one in found.profiles]
    assert found.coupling_bound == pytest.approx(max(bounds), rel=1e-3)
    # to lowest order the curve knows C_Q^2 (1 + eta^2 / 3)
    assert bounds[0] / bounds[1] == pytest.approx(np.sqrt(4 / 3), rel=0.1)


def test_the_sign_of_all_amplitudes_does_not_matter():
    curve = simulated_curve(LENGTHS, coupling=0.2e6, peak=PEAK, spread=0.02, shape=RECTANGLE)
    rising = fitted(curve, std=1e-2)
    noise = np.random.default_rng(1).normal(size=LENGTHS.size) * 1e-2
    falling = fitted(-curve - 2 * noise, std=1e-2)
    assert falling.coupling_bound == pytest.approx(rising.coupling_bound, rel=1e-6)


def test_scatter_above_the_noise_widens_the_bound():
    curve = simulated_curve(LENGTHS, coupling=0.0, peak=PEAK, spread=0.02, shape=RECTANGLE)
    rough = curve + 0.06 * np.random.default_rng(5).normal(size=LENGTHS.size)
    honest = fitted(rough, std=0.02)
    assert honest.scale > 2
    assert honest.coupling_bound > fitted(curve, std=0.02).coupling_bound


def test_what_is_refused():
    acq = acquired(LENGTHS, np.sin(LENGTHS * 4e5), noise_std=0.01, seed=0)
    options = {"pulse_shape": RECTANGLE, "asymmetry": None, "detected": "all"}
    with pytest.raises(SchemaError, match="pulse_length"):
        nutation(acq.drop_vars("pulse_length"), field_model="gaussian", **options)
    with pytest.raises(UnknownWord, match="lens"):
        fitted(np.sin(LENGTHS * 4e5), field_model="lens")
    with pytest.raises(ValueError, match="different lengths or more"):
        fitted(np.ones(3), lengths=LENGTHS[:3])


def dephasing(width, *, peak=PEAK, lengths=LENGTHS[:16]):
    """Isochromats of a Gaussian line, each about its own axis; recorded from 5 us after the end."""
    time = np.arange(5, 512) * 1e-6
    offsets = np.linspace(-3, 3, 1201) * width
    share = np.exp(-4 * np.log(2) * (offsets / width) ** 2)
    axis = np.hypot(peak, offsets)
    turned = 2 * np.pi * axis * lengths[:, None]
    signal = np.sin(turned) + 1j * offsets / axis * (1 - np.cos(turned))
    waves = np.exp(2j * np.pi * np.outer(offsets, time))
    rows = (share / share.sum() * peak / axis * signal) @ waves
    noise = np.random.default_rng(1).normal(size=(*rows.shape, 2)) @ [1e-3, 1e-3j]
    return schemas.acquisition(
        rows + noise, time=time, step={"pulse_length": lengths},
        attrs={"nucleus": "1H", "carrier_frequency": 395e6, "n_scans": 1, "cell": "A",
               "sequence": "fid", "repetition_time": 1.0, "dead_time": 5e-6,
               "source": "isochromats", "source_sha256": "0"},
    )  # fmt: skip


@pytest.mark.parametrize(("width", "bias"), [(1e3, 0.001), (8e3, 0.007), (38e3, 0.037)])
def test_a_line_as_wide_as_its_nutation_reads_the_field_high_and_is_told(width, bias):
    found = nutation(
        dephasing(width), pulse_shape=RECTANGLE, field_model="homogeneous", asymmetry=None,
        detected="all", shape="gaussian", noise=(1e-3, 0.0),
    )  # fmt: skip
    assert float(found.nutation_frequency) / PEAK - 1 == pytest.approx(bias, abs=0.002)
    told = [word for word in schemas.warnings_of(found) if "turn about tilted axes" in word]
    assert len(told) == (1 if bias > 0.005 else 0)
