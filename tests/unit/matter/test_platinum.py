"""Platinum thermometers of the standard, by its printed table."""

import numpy as np
import pytest

from megabar.matter.platinum import RANGE, platinum_temperature, resistance_ratio

PRINTED = {-200: 18.52, -150: 39.72, -100: 60.26, -50: 80.31, 0: 100.0, 100: 138.51, 400: 247.09}


@pytest.mark.parametrize(("celsius", "ohm"), PRINTED.items())
def test_resistances_of_a_pt100_are_those_of_the_printed_table(celsius, ohm):
    assert 100 * float(resistance_ratio(celsius + 273.15)) == pytest.approx(ohm, abs=0.006)


def test_temperature_is_the_inverse_over_the_whole_range():
    temperature = np.linspace(*RANGE, 401)
    back = platinum_temperature(resistance_ratio(temperature))
    assert back == pytest.approx(temperature, abs=1e-9)


def test_outside_its_range_the_standard_says_nothing():
    assert np.isnan(platinum_temperature([0.15, 4.5])).all()
