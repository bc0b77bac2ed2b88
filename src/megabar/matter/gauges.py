r"""Pressure gauges: the edge of the diamond's Raman band, ruby, samarium borate.

What is observed is a wavenumber or a wavelength; a pressure is what one scale makes of it. At 170
GPa two published scales of the same edge differ by 5 GPa, more than any statistical error, so no
pressure is complete without the name of its scale. The zero of a scale belongs to that scale: 1.5
cm-1 in the zero of the edge is 1.2 GPa at 170 GPa.

Twin: ``observables.pressure``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import hypot, isfinite, nan
from types import MappingProxyType
from typing import Any, Final

from megabar.errors import Undetermined, UnknownWord, did_you_mean, one_of

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {"diamond edge": "cm-1", "ruby": "nm", "samarium borate": "nm"}
)
"""Kind of gauge -> unit of what is observed."""

_GIGA: Final = 1e9
_ORIGIN_SLACK: Final = {"cm-1": 0.05, "nm": 0.2}  # an own zero of the same spectrometer


def _strain(s: float, s0: float, c: tuple[float, ...]) -> float:
    x = (s - s0) / s0
    return c[0] * x * (1 + 0.5 * (c[1] - 1) * x)


def _polynomial(s: float, s0: float, c: tuple[float, ...]) -> float:
    x = (s - s0) / s0
    return c[0] * x + c[1] * x**2


def _factored(s: float, s0: float, c: tuple[float, ...]) -> float:
    x = (s - s0) / s0
    return c[0] * x * (1 + c[1] * x)


def _power(s: float, s0: float, c: tuple[float, ...]) -> float:
    return float(c[0] / c[1] * ((s / s0) ** c[1] - 1))


def _parabola(s: float, _s0: float, c: tuple[float, ...]) -> float:
    return c[0] + c[1] * s + c[2] * s**2


def _rational(s: float, s0: float, c: tuple[float, ...]) -> float:
    d = s - s0
    return c[0] * d * (1 + c[1] * d) / (1 + c[2] * d)


def _shifted(s: float, s0: float, c: tuple[float, ...]) -> float:
    return float(c[0] / c[1] * ((1 + (s - s0) / c[2]) ** c[1] - 1))


_FORMS: Final[Mapping[str, Callable[[float, float, tuple[float, ...]], float]]] = MappingProxyType(
    {
        "strain": _strain,
        "polynomial": _polynomial,
        "factored": _factored,
        "power": _power,
        "parabola": _parabola,
        "rational": _rational,
        "shifted": _shifted,
    }
)

FORMULAS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "strain": "c1 x (1 + (c2 - 1) x / 2), x = (s - s0) / s0",
        "polynomial": "c1 x + c2 x^2, x = (s - s0) / s0",
        "factored": "c1 x (1 + c2 x), x = (s - s0) / s0",
        "power": "c1 / c2 ((s / s0)^c2 - 1)",
        "parabola": "c1 + c2 s + c3 s^2",
        "rational": "c1 d (1 + c2 d) / (1 + c3 d), d = s - s0",
        "shifted": "c1 / c2 ((1 + d / c3)^c2 - 1), d = s - s0",
    }
)
"""Form of a scale -> its formula for P in GPa, with s observed and s0 the zero."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """One published relation between what is observed and the pressure.

    Parameters
    ----------
    name
        Its name, such as ``"akahama2006"``.
    kind
        One of :data:`KINDS`.
    form
        Word for its formula, as in ``gauges.toml``.
    origin
        Observed value at zero pressure that belongs to the scale, in the unit of its kind; nan if
        the formula has none.
    coefficients
        Of the formula, giving GPa.
    errors
        Their standard errors, empty where they are not known or mean nothing alone.
    range
        Pressures over which the source holds [Pa].
    status
        ``"published"`` or ``"unverified"``.
    source, note
        Where it comes from, and what to beware of.
    """

    name: str
    kind: str
    form: str
    origin: float
    coefficients: tuple[float, ...]
    errors: tuple[float, ...]
    range: tuple[float, float]
    status: str
    source: str
    note: str

    @property
    def unit(self) -> str:
        """Unit of what is observed."""
        return KINDS[self.kind]

    @property
    def observed_range(self) -> tuple[float, float]:
        """Observed values between which the scale holds and rises."""
        low, high = (observed_from_pressure(scale=self.name, pressure=end) for end in self.range)
        return low, high


@cache
def scales() -> Mapping[str, Scale]:
    """Give all scales of the table, by name, in its order.

    Returns
    -------
    :
        Name -> scale, read-only.

    Examples
    --------
    >>> [name for name, one in scales().items() if one.kind == "ruby"]
    ['ruby2020', 'mao1986', 'chijioke2005', 'dorogokupets2007']
    """
    text = files("megabar.matter").joinpath("gauges.toml").read_text(encoding="utf-8")
    return MappingProxyType({name: _scale(name, row) for name, row in tomllib.loads(text).items()})


def _scale(name: str, row: Mapping[str, Any]) -> Scale:
    low, high = (end * _GIGA for end in row["range"])
    return Scale(
        name=name,
        kind=row["kind"],
        form=one_of(row["form"], _FORMS, name="form of a scale"),
        origin=row.get("origin", nan),
        coefficients=tuple(row["coefficients"]),
        errors=tuple(row.get("errors", ())),
        range=(low, high),
        status=row["status"],
        source=row["source"],
        note=row.get("note", ""),
    )


def scale(name: str) -> Scale:
    """Look one scale up.

    Parameters
    ----------
    name
        Its name.

    Returns
    -------
    :
        The scale.

    Raises
    ------
    UnknownWord
        If the table does not hold it.

    Examples
    --------
    >>> scale("akahama2006").origin
    1334.0
    """
    if name not in scales():
        msg = f"Found pressure scale {name!r}. {did_you_mean(name, scales())}"
        raise UnknownWord(msg)
    return scales()[name]


def pressure_from_observed(
    *, scale: str, observed: float, origin: float | None = None, force_origin: bool = False
) -> float:
    r"""Compute the pressure that one scale makes of an observed edge or line.

    The formula is that of the scale, such as :math:`P = K_0 x [1 + (K_0' - 1) x / 2]` with
    :math:`x = (\nu - \nu_0)/\nu_0`. Outside its range the value is an extrapolation: compare with
    :attr:`Scale.observed_range`. A parabola below its minimum is refused.

    Parameters
    ----------
    scale
        Name of the scale.
    observed
        Edge [cm-1] or wavelength [nm], corrected for temperature.
    origin
        Value at zero pressure, where this spectrometer's own differs from that of the scale; that
        of the scale if not given.
    force_origin
        Take the origin however far it lies from that of the scale, to repeat what others did.

    Returns
    -------
    :
        Pressure [Pa].

    Raises
    ------
    UnknownWord
        If there is no such scale.
    Undetermined
        If the formula falls with pressure there.
    ValueError
        If the observed value is not positive, or the origin is too far from that of the scale.

    References
    ----------
    As in ``gauges.toml``, for each scale.

    Examples
    --------
    >>> for name in ("akahama2006", "eremets2023"):
    ...     print(f"{pressure_from_observed(scale=name, observed=1647.4) / 1e9:.2f} GPa")
    170.02 GPa
    164.85 GPa
    """
    one = _look_up(scale)
    if not (isfinite(observed) and observed > 0):
        msg = f"Found {one.kind} at {observed:g} {one.unit}; a positive value is needed."
        raise ValueError(msg)
    zero = one.origin if origin is None else _own_origin(one, origin, forced=force_origin)
    if one.form == "parabola" and slope(scale=scale, observed=observed) <= 0:
        lowest = -one.coefficients[1] / (2 * one.coefficients[2])
        msg = (
            f"Found an edge of {observed:g} cm-1; the scale {scale} is a parabola that falls below "
            f"{lowest:.1f} cm-1 and says nothing there. Use another scale."
        )
        raise Undetermined(msg, quality="no solution")
    if observed < _lowest(one):
        msg = (
            f"Found an edge of {observed:g} cm-1, below {_lowest(one):.0f} cm-1 where the scale "
            f"{scale} begins ({one.range[0] / _GIGA:.0f} GPa). Use another scale."
        )
        raise Undetermined(msg, quality="no solution")
    return _FORMS[one.form](observed, zero, one.coefficients) * _GIGA


def _own_origin(one: Scale, origin: float, *, forced: bool) -> float:
    if not isfinite(one.origin):
        msg = f"Found an origin of {origin:g} {one.unit}; the scale {one.name} has none to replace."
        raise ValueError(msg)
    if not forced and abs(origin - one.origin) > _ORIGIN_SLACK[one.unit]:
        msg = (
            f"Found an origin of {origin:g} {one.unit} for the scale {one.name}, whose own is "
            f"{one.origin:g}. The zero belongs to the scale: leave it out, or correct the axis of "
            "the spectrum instead."
        )
        raise ValueError(msg)
    return origin


def _lowest(one: Scale) -> float:
    """Observed value below which a scale with a lower end is refused."""
    return _inverse(one, one.range[0] / _GIGA) if one.range[0] > 0 else 0.0


def slope(*, scale: str, observed: float) -> float:
    """Compute how fast the pressure of a scale rises with what is observed.

    Parameters
    ----------
    scale
        Name of the scale.
    observed
        Edge [cm-1] or wavelength [nm].

    Returns
    -------
    :
        dP/ds [Pa per unit].

    Raises
    ------
    UnknownWord
        If there is no such scale.

    Examples
    --------
    >>> print(f"{slope(scale='akahama2006', observed=1647.4) / 1e9:.4f} GPa cm")
    0.6750 GPa cm
    """
    one = _look_up(scale)
    step = 1e-5 * observed
    formula = _FORMS[one.form]
    high, low = (formula(observed + s, one.origin, one.coefficients) for s in (step, -step))
    return (high - low) / (2 * step) * _GIGA


def coefficient_std(*, scale: str, observed: float) -> float:
    """Compute the error of a pressure from the errors of the scale's coefficients.

    To first order, uncorrelated, as nobody published their correlation.

    Parameters
    ----------
    scale
        Name of the scale.
    observed
        Edge [cm-1] or wavelength [nm].

    Returns
    -------
    :
        Standard error [Pa]; nan for a scale whose coefficients have no errors of their own.

    Raises
    ------
    UnknownWord
        If there is no such scale.

    Examples
    --------
    >>> print(f"{coefficient_std(scale='akahama2006', observed=1647.4) / 1e9:.2f} GPa")
    4.56 GPa
    """
    one = _look_up(scale)
    if not one.errors:
        return nan
    formula = _FORMS[one.form]
    parts = []
    for place, error in enumerate(one.errors):
        moved = [list(one.coefficients) for _ in range(2)]
        for sign, coefficients in zip((-1, 1), moved, strict=True):
            coefficients[place] += sign * 1e-3 * error
        ends = [formula(observed, one.origin, tuple(c)) for c in moved]
        parts.append((ends[1] - ends[0]) / 2e-3)
    return hypot(*parts) * _GIGA


def observed_from_pressure(*, scale: str, pressure: float) -> float:
    """Compute what a scale says one would observe, the inverse of :func:`pressure_from_observed`.

    Parameters
    ----------
    scale
        Name of the scale.
    pressure
        Pressure [Pa].

    Returns
    -------
    :
        Edge [cm-1] or wavelength [nm].

    Raises
    ------
    UnknownWord
        If there is no such scale.
    ValueError
        If the pressure lies outside what the formula can give.

    Examples
    --------
    >>> print(f"{observed_from_pressure(scale='akahama2006', pressure=170e9):.2f} cm-1")
    1647.37 cm-1
    """
    return _inverse(_look_up(scale), pressure / _GIGA)


def _inverse(one: Scale, pressure: float) -> float:
    from scipy.optimize import brentq

    start = one.origin if isfinite(one.origin) else 1300.0
    if one.form == "parabola":
        start = max(start, -one.coefficients[1] / (2 * one.coefficients[2]))
    ends = (0.999 * start if one.form != "parabola" else start, 1.8 * start)
    formula = _FORMS[one.form]
    low, high = (formula(end, one.origin, one.coefficients) for end in ends)
    if not low <= pressure <= high:
        msg = (
            f"Found {pressure:g} GPa; the scale {one.name} runs from {low:.0f} to {high:.0f} GPa "
            "where it rises."
        )
        raise ValueError(msg)
    return float(
        brentq(lambda s: formula(s, one.origin, one.coefficients) - pressure, *ends, xtol=1e-10)
    )


def convert(*, pressure: float, given: str, wanted: str) -> float:
    """Convert a pressure from one scale to another of the same gauge, by what was observed.

    Parameters
    ----------
    pressure
        On the scale ``given`` [Pa].
    given, wanted
        Names of scales.

    Returns
    -------
    :
        Pressure on the scale ``wanted`` [Pa].

    Raises
    ------
    UnknownWord
        If there is no such scale.
    ValueError
        If the two belong to different gauges.

    Examples
    --------
    >>> there = convert(pressure=170e9, given="akahama2006", wanted="eremets2023")
    >>> print(f"{there / 1e9:.2f} GPa")
    164.83 GPa
    """
    kinds = [_look_up(name).kind for name in (given, wanted)]
    if kinds[0] != kinds[1]:
        msg = f"Found scales of {kinds[0]} and {kinds[1]}; only scales of one gauge convert."
        raise ValueError(msg)
    return pressure_from_observed(
        scale=wanted, observed=observed_from_pressure(scale=given, pressure=pressure)
    )


def all_pressures(
    *, kind: str, observed: float, origin: float | None = None
) -> Mapping[str, float]:
    """Compute what every scale of one gauge makes of an observation, where it holds.

    Parameters
    ----------
    kind
        One of :data:`KINDS`.
    observed
        Edge [cm-1] or wavelength [nm].
    origin
        Value at zero pressure of this spectrometer. It replaces that of every scale whose own lies
        near enough; the others keep theirs.

    Returns
    -------
    :
        Name -> pressure [Pa], of the scales in whose range it lies.

    Raises
    ------
    UnknownWord
        If there is no such gauge.

    Examples
    --------
    >>> found = all_pressures(kind="diamond edge", observed=1647.4)
    >>> {name: round(one / 1e9, 1) for name, one in found.items() if name != "hilberer2026"}
    {'akahama2004': 169.9, 'akahama2006': 170.0, 'eremets2023': 164.8}
    """
    one_of(kind, KINDS, name="kind of gauge")
    found = {}
    for name, one in scales().items():
        if one.kind == kind:
            low, high = one.observed_range
            if low <= observed <= high:
                near = origin is not None and abs(origin - one.origin) <= _ORIGIN_SLACK[one.unit]
                found[name] = pressure_from_observed(
                    scale=name, observed=observed, origin=origin if near else None
                )
    return found


# --- temperature ----------------------------------------------------------------------------------

_RAGAN: Final = (14423.0, 4.49e-2, -4.81e-4, 3.71e-7)
_ROOM: Final = 296.0
_COLDEST: Final = -0.887  # nm, constant below 50 K


def ruby_temperature_shift(*, temperature: float, source: str) -> float:
    r"""Compute how far temperature alone moves the R1 line of ruby from its place at 296 K.

    Subtract it from a wavelength before asking a scale. ``"datchi"``: with :math:`d = T - 296` K,

    .. math:: \Delta\lambda = \begin{cases}
        0.00746\, d - 3.01 \times 10^{-6} d^2 + 8.76 \times 10^{-9} d^3 & 296 < T \le 900 \\
        0.00664\, d + 6.76 \times 10^{-6} d^2 - 2.33 \times 10^{-8} d^3 & 50 \le T \le 296
        \end{cases}

    and constant below 50 K; ``"ragan"``: differences of a cubic in wavenumbers, to 600 K. The high
    form used in the cold would be wrong by 3 GPa near 30 GPa.

    Parameters
    ----------
    temperature
        Of the ruby [K].
    source
        ``"datchi"`` or ``"ragan"``.

    Returns
    -------
    :
        Shift [nm].

    Raises
    ------
    UnknownWord
        If the source is neither.
    ValueError
        If the temperature is outside the range of the source.

    References
    ----------
    Datchi et al., High Press. Res. 27, 447 (2007), doi:10.1080/08957950701659593; its form below
    296 K from public code, not compared. Ragan, Gustavsen, Schiferl, J. Appl. Phys. 72, 5539
    (1992), doi:10.1063/1.351951, coefficients from public code, not compared.

    Examples
    --------
    >>> print(f"{ruby_temperature_shift(temperature=77.0, source='datchi'):.4f} nm")
    -0.8852 nm
    """
    one_of(source, ("datchi", "ragan"), name="source of a temperature shift")
    highest = 900.0 if source == "datchi" else 600.0
    _within(temperature, 0.0, highest, source)
    if source == "ragan":
        room, here = (1e7 / _cubic(_RAGAN, t) for t in (_ROOM, temperature))
        return here - room
    d = temperature - _ROOM
    if d > 0:
        return _cubic((0.0, 0.00746, -3.01e-6, 8.76e-9), d)
    if temperature < 50:
        return _COLDEST
    return _cubic((0.0, 0.00664, 6.76e-6, -2.33e-8), d)


def samarium_temperature_shift(*, temperature: float) -> float:
    r"""Compute how far temperature moves the 0-0 line of Sm:SrB4O7 from its place at 296 K.

    .. math:: \Delta\lambda = -8.7 \times 10^{-5} d + 4.62 \times 10^{-6} d^2
        - 2.38 \times 10^{-9} d^3, \quad d = T - 296\,\text{K}

    Parameters
    ----------
    temperature
        [K], from 296 to 900.

    Returns
    -------
    :
        Shift [nm].

    Raises
    ------
    ValueError
        If the temperature is outside that range.

    References
    ----------
    Datchi et al., High Press. Res. 27, 447 (2007), doi:10.1080/08957950701659593.

    Examples
    --------
    >>> print(f"{samarium_temperature_shift(temperature=500.0):.3f} nm")
    0.154 nm
    """
    _within(temperature, _ROOM, 900.0, "datchi")
    return _cubic((0.0, -8.7e-5, 4.62e-6, -2.38e-9), temperature - _ROOM)


def _cubic(coefficients: tuple[float, ...], x: float) -> float:
    return sum(c * x**power for power, c in enumerate(coefficients))


def _within(temperature: float, low: float, high: float, source: str) -> None:
    if not low <= temperature <= high:
        msg = (
            f"Found {temperature:g} K; the temperature shift of {source} holds from {low:g} to "
            f"{high:g} K. Measure the gauge at another temperature."
        )
        raise ValueError(msg)


_look_up = scale  # for functions whose argument bears the same name
