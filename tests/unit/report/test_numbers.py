"""Numbers with their errors, against the conventions of metrology and published examples."""

import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from megabar.errors import UnknownWord
from megabar.report.numbers import display_of, format_value
from megabar.schemas import UNITS

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "std", "words"),
    [
        (100.02147, 0.00035, "100.02147(35)"),  # GUM 7.2.2: m_s = 100.02147(35) g
        (0.827, 0.119, "0.83(12)"),  # Review of Particle Physics, introduction 5.3
        (0.827, 0.367, "0.8(4)"),  # the same
        (6.62607015e-34, 1.1e-41, "6.62607015(11) × 10⁻³⁴"),
        (10.523, 0.41, "10.5(4)"),
        (11.1, 0.4, "11.1(4)"),
    ],
)
def test_published_numbers_are_written_as_they_were_published(value, std, words):
    assert format_value(value, std, "") == words


@pytest.mark.parametrize(
    ("std", "digits"),
    [(0.100, "10"), (0.354, "35"), (0.355, "4"), (0.949, "9"), (0.950, "1.0"), (0.999, "1.0")],
)
def test_the_error_keeps_two_digits_up_to_354_and_from_950(std, digits):
    assert format_value(5.0, std, "").split("(")[1].rstrip(")") == digits


def test_halves_are_rounded_to_even_in_decimal_not_in_binary():
    assert format_value(2.675, 0.1, "") == "2.68(10)"
    assert format_value(2.665, 0.1, "") == "2.66(10)"


def test_an_error_that_is_rounded_to_tens_keeps_the_plain_number():
    assert format_value(38123.0, 412.0, "Hz") == "38100(400) Hz"
    assert format_value(-2798.0, 52.0, "Hz/MHz") == "−2800(50) Hz/MHz"


def test_an_error_larger_than_its_value_shows_both_at_the_place_of_the_error():
    assert format_value(0.3, 12.3, "") == "0(12)"


def test_a_bound_is_rounded_to_its_safe_side():
    assert format_value(2.39, NAN, "K", quality="lower bound") == "≥ 2.3 K"
    assert format_value(2.31, NAN, "K", quality="upper bound") == "≤ 2.4 K"
    assert format_value(-1.27, NAN, "", quality="lower bound") == "≥ −1.3"
    assert format_value(0.0, NAN, "", quality="upper bound") == "≤ 0"


@given(st.floats(1e-30, 1e30))
@example(8.5e-11)
def test_a_bound_never_claims_more_than_the_data(bound):
    for quality, holds in (("lower bound", bound.__ge__), ("upper bound", bound.__le__)):
        words = format_value(bound, NAN, "", quality=quality)
        assert holds(_number(words.split(maxsplit=1)[1]))


@given(st.floats(-1e12, 1e12), st.floats(1e-12, 1e12))
def test_what_is_written_is_the_number_within_half_a_digit_of_its_error(value, std):
    words = format_value(value, std, "")
    place = _last_place(words)
    assert abs(_number(words) - value) <= 0.5000001 * place + 1e-12 * abs(value)
    assert abs(_error(words) - std) <= 0.5000001 * place
    assert place <= std * 1.06  # never coarser than its error (0.95 may be written as 1)


def test_a_number_without_error_says_so():
    assert format_value(2.5, NAN, "ms") == "2.5 (error unknown) ms"
    assert format_value(3.0, 0.0, "") == "3 (fixed)"


@pytest.mark.parametrize("quality", ["not reached", "no solution", "failed"])
def test_where_there_is_no_number_the_quality_is_the_answer(quality):
    assert format_value(NAN, NAN, "K", quality=quality) == quality
    assert format_value(7.0, 1.0, "K", quality=quality) == quality


def test_nan_is_never_printed():
    assert format_value(NAN, 1.0, "K") == "no value"
    assert format_value(math.inf, 1.0, "K") == "no value"


def test_a_negative_error_is_refused():
    with pytest.raises(ValueError, match="cannot be negative"):
        format_value(1.0, -0.1, "")


def test_an_unknown_quality_is_refused_with_a_suggestion():
    with pytest.raises(UnknownWord, match="Did you mean upper bound"):
        format_value(1.0, 0.1, "", quality="uper bound")


@pytest.mark.parametrize("name", sorted(UNITS))
def test_every_observable_has_a_way_to_be_shown(name):
    shown = display_of(name)
    assert shown.label
    assert shown.short
    assert shown.factor > 0


def test_shown_units_agree_with_those_of_the_datasets():
    assert display_of("t1").factor * 1e-3 == 1.0  # s -> ms
    assert display_of("fwhm").factor * 1e3 == 1.0  # Hz -> kHz


_POWERS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")


def _parts(words):
    mantissa, _, power = words.translate(_POWERS).partition(" × 10")
    matched = re.fullmatch(r"(-?[0-9.]+)(?:\(([0-9.]+)\))?", mantissa)
    return matched.group(1), matched.group(2), int(power or 0)


def _number(words):
    number, _, power = _parts(words)
    return float(f"{number}e{power}")  # a product with a power of ten would round once more


def _decimals(text):
    return len(text.partition(".")[2])


def _last_place(words):
    number, error, power = _parts(words)
    zeros = len(error) - len(error.rstrip("0")) if "." not in number and len(error) > 2 else 0
    if "." not in number and len(error) == 2 and number.endswith("0") and error.endswith("0"):
        zeros = 1
    return 10.0 ** (zeros - _decimals(number) + power)


def _error(words):
    number, error, power = _parts(words)
    if "." in error:
        return float(f"{error}e{power}")
    return int(error) * 10.0 ** (power - _decimals(number))
