"""Lag of a thermometer: two rates give Tc and the time constant, one bounds nothing."""

import numpy as np
import pytest
from scipy.special import expit

from megabar import schemas
from megabar.observables import critical_temperature
from megabar.observables.thermal_lag import lag_of, thermal_lag


def ramp(rate, *, tc=130.0, tau=24.0):
    """A ramp [K/s] read by a thermometer that is ahead of the sample by rate times tau."""
    sample = np.arange(115.0, 145.0, 0.05)[:: int(np.sign(rate))]
    sweep = schemas.sweep(
        {"resistance": 2.0 * expit((sample - tc) / 0.3)},
        coords={
            "temperature": sample + rate * tau,
            "direction": np.full(sample.size, np.sign(rate), dtype=np.int8),
            "time": (sample - sample[0]) / rate,
        },
        attrs={"cell": "A", "current": 1e-3, "source": "test", "source_sha256": "0"},
    )
    return critical_temperature(sweep)


def test_ramps_of_two_rates_give_tc_and_time_constant():
    found = [ramp(2 / 60), ramp(-3 / 60)]
    assert [float(one.tc_midpoint) for one in found] == pytest.approx([130.8, 128.8], abs=0.01)
    lag = thermal_lag(found)
    assert lag.tc == pytest.approx(130.0, abs=0.05)
    assert lag.tau / 60 == pytest.approx(0.40, abs=0.05)
    assert lag.hysteresis == pytest.approx(2.0, abs=0.02)
    assert lag.disagrees
    assert lag.kind == "fitted"


def test_directions_without_rates_bound_the_error_of_one_ramp():
    lag = lag_of(
        midpoints=[130.8, 128.8], stds=[0.1, 0.1], rates=[np.nan, np.nan], directions=[1, -1]
    )
    assert lag.kind == "bound"
    assert lag.least_error == pytest.approx(1.0)
    assert np.isnan(lag.tc)


def test_one_ramp_says_that_its_lag_is_not_known():
    lag = lag_of(midpoints=[130.8], stds=[0.1], rates=[0.03], directions=[1])
    assert lag.kind == "one rate"
    assert "zero is no bound" in lag.sentence
    assert np.isnan(lag.least_error)


def test_a_negative_time_constant_is_named():
    lag = lag_of(midpoints=[129.0, 131.0], stds=[0.1, 0.1], rates=[0.1, -0.1], directions=[1, -1])
    assert "no lag" in lag.sentence


def test_no_ramp_is_refused():
    with pytest.raises(ValueError, match="no ramp with a midpoint"):
        lag_of(midpoints=[], stds=[], rates=[], directions=[])
