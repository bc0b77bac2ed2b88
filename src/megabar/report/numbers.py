"""How a number with its error is written: ``10.5(4)``, a bound as an arrow, no number as words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from megabar.errors import one_of
from megabar.schemas import QUALITIES, UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping

_SUPERSCRIPTS: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_BOUND_SIGNS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"lower bound": ("≥", ROUND_FLOOR), "upper bound": ("≤", ROUND_CEILING)}
)
_BOUND_DIGITS: Final = 2
_LARGEST_PLACE: Final = 2  # 38100(400) is read at a glance, 3.8(4) × 10⁶ needs its power


@dataclass(frozen=True, kw_only=True)
class Display:
    """How one observable is shown to people; files keep the unit of the datasets.

    Parameters
    ----------
    label, short
        Its name in words, and at the head of a column.
    unit
        Unit in which it is shown; empty for a pure number.
    factor
        Shown number over the number in the dataset.
    """

    label: str
    short: str
    unit: str
    factor: float = 1.0


_DISPLAYS: Final[Mapping[str, Display]] = MappingProxyType(
    {
        "h_per_metal": Display(label="hydrogen per metal atom", short="H per metal", unit=""),
        "shift": Display(label="shift", short="shift", unit="Hz/MHz"),
        "field_offset": Display(label="field offset", short="field offset", unit="Hz/MHz"),
        "line_frequency": Display(
            label="line frequency, offset from carrier", short="line", unit="kHz", factor=1e-3
        ),
        "fwhm": Display(label="full width at half maximum", short="width", unit="kHz", factor=1e-3),
        "t1": Display(label="T₁", short="T₁", unit="ms", factor=1e3),
        "t2": Display(label="T₂", short="T₂", unit="ms", factor=1e3),
        "t1rho": Display(label="T₁ρ", short="T₁ρ", unit="ms", factor=1e3),
        "snr_per_root_scan": Display(
            label="signal to noise per √scan", short="signal to noise / √scan", unit=""
        ),
        "nutation_frequency": Display(
            label="nutation frequency", short="nutation", unit="kHz", factor=1e-3
        ),
        "quadrupole_coupling": Display(
            label="quadrupole coupling", short="quadrupole coupling", unit="kHz", factor=1e-3
        ),
        "second_moment": Display(label="second moment", short="second moment", unit="rad² s⁻²"),
        "diffusivity": Display(label="diffusivity", short="diffusivity", unit="m² s⁻¹"),
        "tc_onset": Display(label="Tc onset", short="Tc onset", unit="K"),
        "tc_midpoint": Display(label="Tc midpoint", short="Tc midpoint", unit="K"),
        "tc_zero": Display(label="Tc zero", short="Tc zero", unit="K"),
        "tc_width": Display(label="Tc width", short="Tc width", unit="K"),
        "splitting": Display(label="splitting", short="splitting", unit="kHz", factor=1e-3),
    }
)


def display_of(name: str) -> Display:
    """Say how an observable is shown.

    Parameters
    ----------
    name
        Name in :data:`megabar.schemas.UNITS`.

    Returns
    -------
    :
        Label, unit and factor; the dataset's own unit where nothing better is agreed.

    Examples
    --------
    >>> display_of("t1").unit, display_of("t1").factor
    ('ms', 1000.0)
    """
    if name in _DISPLAYS:
        return _DISPLAYS[name]
    unit = UNITS.get(name, "1")
    words = name.replace("_", " ")
    return Display(label=words, short=words, unit="" if unit == "1" else unit)


def format_value(value: float, std: float, unit: str, *, quality: str = "value") -> str:
    """Write a number with its standard error in the last digits, as metrology does.

    The error keeps two digits if its first three digits lie from 100 to 354 or from 950 to 999
    (which round to 10), else one; the value is rounded to the same place, half to even. A power
    of ten is taken out where zeros would feign or hide digits: below 1e-3, from 1e6, and where
    the error reaches tens.

    Parameters
    ----------
    value
        The number; the bound itself where ``quality`` says so; nan if there is none.
    std
        Its standard error, same unit; nan if not known, 0 if the number was fixed by decision.
    unit
        Unit, appended; empty for a pure number.
    quality
        A term of :data:`megabar.schemas.QUALITIES`. A bound is rounded to the safe side and keeps
        its sign; where no number exists the term itself is the answer.

    Returns
    -------
    :
        The words to print.

    Raises
    ------
    ValueError
        If the error is negative.
    UnknownWord
        If the quality is none of the list.

    References
    ----------
    JCGM 100:2008 (GUM), 7.2.2 and 7.2.6. The rule of the digits: Particle Data Group, Review of
    Particle Physics, Introduction 5.3, doi:10.1103/PhysRevD.110.030001.

    Examples
    --------
    >>> format_value(10.523, 0.41, "")
    '10.5(4)'
    >>> format_value(1.5034, 0.0123, "ms")
    '1.503(12) ms'
    >>> format_value(2.34, float("nan"), "GPa", quality="upper bound")
    '≤ 2.4 GPa'
    >>> format_value(float("nan"), float("nan"), "K", quality="not reached")
    'not reached'
    """
    one_of(quality, QUALITIES, name="quality")
    if std < 0:
        msg = f"Found a standard error of {std:g}; it cannot be negative. Check its sign."
        raise ValueError(msg)
    if not math.isfinite(value):
        return "no value" if quality == "value" else quality
    if quality in _BOUND_SIGNS:
        words = _bound_words(value, *_BOUND_SIGNS[quality])
    elif quality != "value":
        return quality
    elif not math.isfinite(std):
        words = f"{_plain_words(Decimal(f'{value:.4g}'))} (error unknown)"
    elif std == 0:
        words = f"{value:.6g} (fixed)"
    else:
        words = _words_with_error(Decimal(repr(float(value))), Decimal(repr(float(std))))
    return f"{words} {unit}".rstrip().replace("-", "−")


def _place_of_error(std: Decimal) -> int:
    """Exponent of the last digit that the error keeps."""
    leading = std.adjusted()
    three = int((std.scaleb(2 - leading)).to_integral_value(ROUND_HALF_EVEN))
    if three >= 950:  # 950 to 999, and 1000 after rounding: written as 10
        return leading
    return leading - 1 if three <= 354 else leading


def _words_with_error(value: Decimal, std: Decimal) -> str:
    place = _place_of_error(std)
    rounded = value.quantize(Decimal(1).scaleb(place), ROUND_HALF_EVEN)
    digits = int(std.scaleb(-place).to_integral_value(ROUND_HALF_EVEN))
    size = rounded.adjusted() if rounded else std.adjusted()
    if -3 <= size < 6 and place <= _LARGEST_PLACE:
        return f"{rounded:f}({_error_digits(digits, place)})"
    power = max(size, place)
    return f"{rounded.scaleb(-power):f}({_error_digits(digits, place - power)}){_power(power)}"


def _error_digits(digits: int, place: int) -> str:
    """Error in units of the last digit, with its own point once it passes one: ``12.3(1.4)``."""
    if place < 0 and digits >= 10 ** (-place):
        return f"{Decimal(digits).scaleb(place):f}"
    return str(digits * 10 ** max(place, 0))


def _power(exponent: int) -> str:
    return f" × 10{str(exponent).translate(_SUPERSCRIPTS)}" if exponent else ""


def _bound_words(value: float, sign: str, rounding: str) -> str:
    if value == 0:
        return f"{sign} 0"
    exact = Decimal(repr(float(value)))
    place = exact.adjusted() - _BOUND_DIGITS + 1
    rounded = exact.quantize(Decimal(1).scaleb(place), rounding)
    return f"{sign} {_plain_words(rounded)}"


def _plain_words(value: Decimal) -> str:
    size = value.adjusted() if value else 0
    if -3 <= size < 6:
        return f"{value:f}"
    return f"{value.scaleb(-size):f}{_power(size)}"


def percent(probability: float) -> str:
    """Write a probability in percent; what is almost nothing or almost all is not rounded away.

    Parameters
    ----------
    probability
        From 0 to 1.

    Returns
    -------
    :
        For example ``"62 %"``.

    Examples
    --------
    >>> percent(0.62), percent(0.004), percent(0.9996), percent(1e-9)
    ('62 %', '0.4 %', '> 99.9 %', '< 0.1 %')
    """
    share = 100 * probability
    if share < 0.1:
        return "< 0.1 %"
    if share > 99.9:
        return "> 99.9 %"
    return f"{share:.0f} %" if 1 <= share <= 99 else f"{share:.1f} %"
