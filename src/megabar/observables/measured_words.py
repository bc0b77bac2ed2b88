"""Measured numbers in sentences: rounded to their error, with the prefix that people say."""

from __future__ import annotations

from math import floor, log10
from typing import Final

_PREFIXES: Final = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}
_PREFIXED: Final = ("s", "Hz", "m", "W", "ohm m")
_TWO_DIGITS: Final = 3.55  # leading digits of an error up to which it keeps two, as in 1.503(12)
_BARE: Final = "{:.4g}"  # of a number whose error is not known or none


def measured(value: float, std: float, unit: str) -> str:
    """Write a number with the error of its last digits.

    Parameters
    ----------
    value
        In SI units.
    std
        Its standard error; 0 if it is exact or nobody stated one, which leaves the number alone.
    unit
        In plain letters; one of seconds, hertz, metres, watts and ohm metres takes a prefix.

    Returns
    -------
    :
        Such as ``"1.50(6) ms"``.

    Examples
    --------
    >>> measured(1.503e-3, 6e-5, "s"), measured(25e-6, 0.0, "s"), measured(62.5e3, 1.2e3, "Hz")
    ('1.50(6) ms', '25 us', '62.5(1.2) kHz')
    """
    exponent = _exponent(value) if unit in _PREFIXED else 0
    shown, error = value / 10.0**exponent, std / 10.0**exponent
    number = _with_error(shown, error) if error > 0 else _BARE.format(shown)
    return f"{number} {_PREFIXES[exponent]}{unit}".rstrip()


def _exponent(value: float) -> int:
    if value == 0:
        return 0
    return min(max(3 * floor(log10(abs(value)) / 3 + 1e-12), -9), 9)


def _with_error(value: float, std: float) -> str:
    leading = floor(log10(std))
    place = leading - 1 if std / 10.0**leading < _TWO_DIGITS else leading
    decimals = max(-place, 0)
    if round(std, decimals) < 1:
        return f"{value:.{decimals}f}({round(std * 10**decimals)})"
    return f"{value:.{decimals}f}({std:.{decimals}f})"
