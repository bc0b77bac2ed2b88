"""Measured numbers in words."""

import pytest

from megabar.observables.measured_words import measured


@pytest.mark.parametrize(
    ("value", "std", "unit", "words"),
    [
        (2.03124e-3, 5.70055e-5, "s", "2.03(6) ms"),
        (1.5034e-3, 1.23e-5, "s", "1.503(12) ms"),
        (2.5e-05, 0.0, "s", "25 us"),
        (1.0, 0.05, "s", "1.00(5) s"),
        (180.0, 12.0, "s", "180(12) s"),
        (999.96e-6, 0.0, "s", "1000 us"),
        (395.107e6, 0.0, "Hz", "395.1 MHz"),
        (1e-3, 0.0, "s", "1 ms"),
        (1.68e-8, 2e-10, "ohm m", "16.80(20) nohm m"),
        (90.0, 1.5, "degrees", "90.0(1.5) degrees"),
        (0.25, 0.01, "", "0.250(10)"),
        (2.0, 0.996, "W", "2.0(1.0) W"),
        (0.0, 0.0, "Hz", "0 Hz"),
        (-4570.8, 0.0, "Hz", "-4.571 kHz"),
    ],
)
def test_a_number_is_rounded_to_its_error_and_takes_a_prefix(value, std, unit, words):
    assert measured(value, std, unit) == words
