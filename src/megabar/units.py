"""The only place that understands ``"170 GPa"``.

What people type is parsed once, at the door; inside, numbers are floats. Frequency and angular
frequency share a dimension and differ by 2 pi: they have two doors, and neither opens for the
other.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from tokenize import TokenError
from typing import TYPE_CHECKING, Any

import numpy as np

from megabar.errors import MissingInput, UnitError

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

_SUGGESTIONS = {
    "k": "K for kelvin (k is the Boltzmann constant)",
    "uS": "us for microseconds (uS are microsiemens)",
    "mS": "ms for milliseconds (mS are millisiemens)",
    "A": "angstrom (A are amperes)",
    "Gpa": "GPa",
    "gpa": "GPa",
    "Angstrom": "angstrom",
    "gauss": "T (1 gauss = 1e-4 T)",
    "G": "T (1 G = 1e-4 T)",
}
_QUANTITY = re.compile(
    r"(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(?P<unit>[^\W\d][^\[\],;+]*|%|1|)"
)
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)"
_CONCISE = re.compile(
    rf"(?P<value>{_NUMBER})\((?P<std>\d+\.?\d*|\.\d+)\)(?P<power>[eE][-+]?\d+)?\s*(?P<unit>.*)"
)
_PLUS_MINUS = re.compile(r"\s*(?:\+\s?/?\s?-|\N{PLUS-MINUS SIGN})\s*")
_AMOUNT = re.compile(rf"(?P<number>{_NUMBER}(?:[eE][-+]?\d+)?)\s*(?P<unit>.*)")
_NO_UNIT = (ValueError, TypeError, AttributeError, SyntaxError, TokenError)
_SI = {  # laboratory unit of a dataset variable -> factor to SI
    "1": 1.0,
    "s": 1.0,
    "Hz": 1.0,
    "Hz/MHz": 1e-6,
    "rad": 1.0,
    "rad2 s-2": 1.0,
    "m2 s-1": 1.0,
    "K": 1.0,
    "T": 1.0,
    "ohm": 1.0,
    "A": 1.0,
    "GPa": 1e9,
    "day": 86400.0,
    "cm-1": 100.0,
    "nm": 1e-9,
    "V": 1.0,
    "m-2 s-1": 1.0,
    "s-1": 1.0,
}


@cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(cache_folder=None, autoconvert_offset_to_baseunit=False)


@lru_cache(maxsize=4096)
def _parse(text: str, unit: str, name: str) -> float:
    import pint

    found = _QUANTITY.fullmatch(text)
    word = found["unit"] if found else ""
    hint = f" Perhaps {_SUGGESTIONS[word]} is meant." if word in _SUGGESTIONS else ""
    needed = (
        f"Found {name} {text!r}; a finite number with a unit that converts to {unit} is needed."
    )
    if found is None:
        raise UnitError(needed)
    try:
        units = _registry().parse_units(_in_pint(word))
        target = _registry().parse_units(_in_pint(unit))
    except (*_NO_UNIT, pint.errors.PintError):
        raise UnitError(needed + hint) from None
    if _is_angular(str(units)) != _is_angular(unit):
        msg = (
            f"Found {name} {text!r}; {unit} is needed. Frequency and angular frequency differ "
            "by 2 pi and are never converted: write the number in the unit asked."
        )
        raise UnitError(msg)
    try:
        value = _registry().Quantity(float(found["number"]), units).to(target).magnitude
    except pint.errors.PintError:
        raise UnitError(needed + hint) from None
    return float(f"{value:.15g}")  # 5 us is 5e-06, not 4.9999999999999996e-06


def _is_angular(unit: str) -> bool:
    words = set(re.findall(r"[A-Za-z_]+", unit))
    return bool(words & {"rad", "radian", "radians", "deg", "degree", "degrees"})


def _in_pint(unit: str) -> str:
    """Spell a unit of our datasets as pint does: ``"m2 s-1"`` becomes ``"m**2 * s**-1"``."""
    if unit in {"", "1"}:
        return "dimensionless"
    return re.sub(r"(?<=[a-zA-Z])(-?\d+)(?=[\s/*]|$)", r"**\1", unit)


def parse(text: str, *, unit: str, name: str) -> float:
    """Read one quantity that somebody typed.

    Parameters
    ----------
    text
        A number with its unit, for example ``"170 GPa"``.
    unit
        The unit of the answer.
    name
        What the quantity is, for the error message.

    Returns
    -------
    :
        The number in ``unit``.

    Raises
    ------
    UnitError
        If the text is no quantity of that kind.

    Examples
    --------
    >>> parse("14 us", unit="s", name="dead time")
    1.4e-05
    >>> parse("900 ppm", unit="Hz/MHz", name="shift")
    900.0
    """
    return _parse(text.strip(), unit, name)


def quantity(value: float | str, *, unit: str, name: str) -> float:
    """Take a number that is already in ``unit``, or a text with a unit of its own.

    Parameters
    ----------
    value
        A number in ``unit``, or a text such as ``"5 us"``.
    unit
        The unit of the answer.
    name
        What the quantity is, for the error message.

    Returns
    -------
    :
        The number in ``unit``.

    Raises
    ------
    UnitError
        If the text is no quantity of that kind, or the number is not finite.

    Examples
    --------
    >>> quantity("5 us", unit="s", name="dead time")
    5e-06
    >>> quantity(5e-6, unit="s", name="dead time")
    5e-06
    """
    if isinstance(value, str):
        return parse(value, unit=unit, name=name)
    number = float(value)
    if not np.isfinite(number):
        msg = f"Found {name} {value!r}; a finite number in {unit} is needed."
        raise UnitError(msg)
    return number


def quantity_with_error(text: str, *, unit: str, name: str) -> tuple[float, float]:
    """Read one quantity with its standard error.

    The error stands in brackets, in units of the last digit of the number or with a decimal point
    of its own, or after ``+-``, in a unit or in per cent.

    Parameters
    ----------
    text
        For example ``"1.5(2) ms"``, ``"1.5 +- 0.2 ms"`` or ``"1.5 ms +- 5 %"``.
    unit
        The unit of the answer.
    name
        What the quantity is, for the error message.

    Returns
    -------
    :
        The number and its standard error in ``unit``.

    Raises
    ------
    MissingInput
        If there is no error; write ``(0)`` behind a number that is exact.
    UnitError
        If the text is no quantity of that kind, or its unit does not begin at zero.

    Examples
    --------
    >>> quantity_with_error("1.5(2) ms", unit="s", name="T1")
    (0.0015, 0.0002)
    >>> quantity_with_error("1.5 ms +- 10 %", unit="s", name="T1")
    (0.0015, 0.00015)
    """
    value, std = _parts(text.strip())
    if not std:
        number = parse(value, unit=unit, name=name)
        msg = (
            f"Found {name} {text!r} without its standard error; no error of an answer follows. "
            f"Write '1.5(2) ms' or '1.5 +- 0.2 ms' in this manner; (0) if {number:g} {unit} is "
            "exact."
        )
        raise MissingInput(msg, argument=name)
    number = parse(value, unit=unit, name=name)
    if std.endswith("%"):
        share = parse(std, unit="1", name=f"error of {name}")
        return number, float(f"{abs(number) * share:.15g}")
    width = parse(std, unit=unit, name=f"error of {name}")
    if width < 0 or parse(re.sub(rf"^{_NUMBER}", "0", std), unit=unit, name=name) != 0:
        msg = f"Found {name} {text!r}; an error from 0, in a unit that begins at 0, is needed."
        raise UnitError(msg)
    return number, width


def _parts(text: str) -> tuple[str, str]:
    """Part number and standard error, each with its unit; the error is empty if there is none."""
    found = _CONCISE.fullmatch(text)
    if found:
        power, unit = found["power"] or "", found["unit"]
        std = found["std"]
        if "." not in std:
            std += f"e-{len(found['value'].partition('.')[2])}"
        exponent = int(power[1:] or 0)
        mantissa, _, digits = std.partition("e")
        return (
            f"{found['value']}{power} {unit}",
            f"{mantissa}e{int(digits or 0) + exponent} {unit}",
        )
    value, *rest = _PLUS_MINUS.split(text, maxsplit=1)
    one, two = _AMOUNT.fullmatch(value), _AMOUNT.fullmatch(rest[0]) if rest else None
    if one is None or two is None:
        return text, ""
    return (
        value if one["unit"] else f"{value} {two['unit']}",
        rest[0] if two["unit"] else f"{rest[0]} {one['unit']}",
    )


def si(variable: xr.DataArray) -> NDArray[Any]:
    """Give the values of a dataset variable in SI, by the unit that it carries.

    Parameters
    ----------
    variable
        Any shape, with ``attrs["units"]``.

    Returns
    -------
    :
        The values in SI, same shape.

    Raises
    ------
    UnitError
        If the variable carries no unit, or one that datasets do not use.
    """
    unit = variable.attrs.get("units")
    if unit not in _SI:
        msg = f"Found units {unit!r} on {variable.name!r}; one of {', '.join(_SI)} is needed."
        raise UnitError(msg)
    values = np.asarray(variable.values)
    return values if _SI[unit] == 1.0 else values * _SI[unit]
