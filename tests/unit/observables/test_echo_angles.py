"""Echoes of any second angle: closed limits, errors, and what is refused."""

import math

import pytest

from megabar.errors import UnknownWord
from megabar.observables import efficiencies
from megabar.observables.echo_angles import refocusing_by_angle


def echo(degrees=90.0, *, std=0.0, **more):
    given = {
        "echo_delay": 25e-6, "fwhm": 8e3, "shape": "gaussian", "sequence": "solid-echo",
        "amplitude": "top", **more,
    }  # fmt: skip
    return refocusing_by_angle(
        second_flip_angle=math.radians(degrees), second_flip_angle_std=math.radians(std), **given
    )


def test_two_pulses_of_90_degrees_are_the_closed_form():
    closed = efficiencies.refocusing(echo_delay=25e-6, fwhm=8e3, shape="gaussian")
    assert echo().value == pytest.approx(closed, rel=1e-12)
    assert echo(amplitude="fitted").value == pytest.approx(1.0, rel=1e-12)


def test_no_second_pulse_leaves_the_decay_and_180_degrees_the_whole():
    assert echo(1e-6).value == pytest.approx(2 * echo().value - 1, rel=1e-9)
    assert echo(180).value == pytest.approx(1.0)
    assert echo(180, sequence="hahn-echo").value == pytest.approx(1.0)
    assert echo(90, sequence="hahn-echo", amplitude="fitted").value == pytest.approx(0.5)


def test_a_line_that_has_gone_dark_in_between_keeps_its_echo():
    assert echo(60, fwhm=1e6).value == pytest.approx(0.25, rel=1e-12)


def test_its_error_is_the_slope_and_of_second_order_at_180_degrees():
    slope = 0.5 * math.sin(math.radians(60))
    assert echo(60, std=0.5, fwhm=1e6).std == pytest.approx(slope * math.radians(0.5), rel=0.02)
    at_half_a_turn = echo(180, std=5.0, sequence="hahn-echo").std
    assert at_half_a_turn == pytest.approx(math.sin(math.radians(2.5)) ** 2, rel=1e-9)


def test_the_other_shape_is_another_reading_of_a_solid_echo_alone():
    assert echo().alternatives == (("lorentzian", pytest.approx(echo(shape="lorentzian").value)),)
    assert echo(sequence="hahn-echo").alternatives == ()


@pytest.mark.parametrize(
    ("words", "match"),
    [({"sequence": "fid"}, "sequence"), ({"shape": "voigt"}, "shape"),
     ({"amplitude": "peak"}, "amplitude")],
)  # fmt: skip
def test_other_words_are_refused(words, match):
    with pytest.raises(UnknownWord, match=match):
        echo(**words)


def test_an_echo_of_no_second_pulse_is_none():
    with pytest.raises(ValueError, match="positive value"):
        echo(0.0, sequence="hahn-echo")
