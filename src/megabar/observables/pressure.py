r"""Pressure of a cell from what was observed of a gauge, with the name of its scale.

A pressure is never stored without what it was made of: the observed edge or line, the scale, its
zero, the temperature and the correction of the axis. Three errors are kept apart: that of the
observation, that of the scale's own coefficients, and half the range over all scales that hold
there, which at a megabar is the largest.

Twin: ``matter.gauges``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot, isfinite, nan
from typing import TYPE_CHECKING, Any, Final

from megabar import provenance, schemas
from megabar.errors import one_of
from megabar.matter import gauges

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

UNSTATED: Final = "unstated"
"""Scale of a pressure that somebody wrote down without one."""

_COARSE: Final = 0.1e9  # Pa, error above which one decimal of a GPa is enough
_ROOM: Final = 296.0
_ROOM_RANGE: Final = (288.0, 304.0)  # K, within which no correction is due


@dataclass(frozen=True, kw_only=True)
class PressureReading:
    """One pressure, and everything that it was made of.

    Parameters
    ----------
    kind
        One of :data:`megabar.matter.gauges.KINDS`.
    observed, observed_std
        Edge or line as corrected, and its standard error [cm-1 or nm]; nan for a bare pressure.
    scale
        Name of the scale, or :data:`UNSTATED`.
    origin
        Value at zero pressure that was used [cm-1 or nm].
    temperature
        Of the gauge [K].
    axis_correction, temperature_correction
        What was subtracted from the reading of the spectrometer [cm-1 or nm].
    pressure
        [Pa].
    std
        Standard error from the observation [Pa].
    coefficient_std
        Standard error from the coefficients of the scale [Pa]; nan where they have none.
    scale_spread
        Half the range over all scales of this gauge that hold there [Pa].
    extrapolated
        Whether the pressure lies outside the range of its scale.
    position
        Where on the anvil, in words.
    started_at
        When, as numpy datetime64 or None.
    """

    kind: str
    observed: float
    observed_std: float
    scale: str
    origin: float
    temperature: float
    axis_correction: float
    temperature_correction: float
    pressure: float
    std: float
    coefficient_std: float
    scale_spread: float
    extrapolated: bool
    position: str
    started_at: Any = None

    @property
    def total_std(self) -> float:
        """All three errors in quadrature, those that are known [Pa]."""
        return hypot(*(one for one in self._parts if isfinite(one)))

    @property
    def _parts(self) -> tuple[float, float, float]:
        return (self.std, self.coefficient_std, self.scale_spread)

    @property
    def sentence(self) -> str:
        """The pressure with its scale and its errors, in one line."""
        digits = 1 if self.total_std > _COARSE else 3
        parts = [f"{self.pressure / 1e9:.{digits}f} GPa on {self.scale}"]
        if isfinite(self.observed):
            unit = gauges.KINDS[self.kind]
            places = 3 if unit == "nm" else 2
            read = f"{self.observed:.{places}f}({self.observed_std:.{places}f}) {unit}"
            parts.append(f"from {self.kind} at {read}")
        names = ("reading", "coefficients", "other scales")
        told = [
            f"{name} {one / 1e9:.{digits}f}"
            for name, one in zip(names, self._parts, strict=True)
            if isfinite(one)
        ]
        parts.append(f"errors in GPa: {', '.join(told)}")
        if self.extrapolated:
            parts.append("outside the range of the scale")
        return "; ".join(parts)


def pressure_from_gauge(
    *,
    kind: str,
    observed: float,
    observed_std: float,
    scale: str,
    temperature: float,
    axis_correction: float,
    axis_correction_std: float,
    position: str,
    origin: float | None = None,
    started_at: Any = None,
) -> PressureReading:
    r"""Turn what a spectrometer showed into a pressure.

    .. math:: s = s_\text{read} - \Delta_\text{axis} - \Delta_T, \quad P = P_\text{scale}(s)

    Parameters
    ----------
    kind
        One of :data:`megabar.matter.gauges.KINDS`.
    observed
        Edge [cm-1] or line [nm] as read.
    observed_std
        Its standard error.
    scale
        Name of the scale.
    temperature
        Of the gauge [K]. Lines of ruby and samarium borate are brought to 296 K; scales of the edge
        hold at room temperature only.
    axis_correction
        Reading minus truth of a calibration line, such as +1.0 cm-1 of silicon [cm-1 or nm].
    axis_correction_std
        Its standard error.
    position
        Where on the anvil, in words.
    origin
        Value at zero pressure of this spectrometer, where it differs from that of the scale.
    started_at
        When.

    Returns
    -------
    :
        The reading.

    Raises
    ------
    UnknownWord
        If there is no such gauge or scale.
    Undetermined
        If the scale says nothing there.
    ValueError
        If the scale belongs to another gauge, or temperature or error make no sense.

    Examples
    --------
    >>> found = pressure_from_gauge(kind="diamond edge", observed=1648.4, observed_std=1.0,
    ...     scale="akahama2006", temperature=296.0, axis_correction=1.0, axis_correction_std=0.3,
    ...     position="centre of the culet")
    >>> print(f"{found.pressure / 1e9:.1f} {found.std / 1e9:.1f} {found.coefficient_std / 1e9:.1f}")
    170.0 0.7 4.6
    """
    one_of(kind, gauges.KINDS, name="kind of gauge")
    table = gauges.scale(scale)
    if table.kind != kind:
        msg = f"Found the scale {scale} of {table.kind} for {kind}; take one of that gauge."
        raise ValueError(msg)
    if not (observed_std >= 0 and axis_correction_std >= 0):
        msg = f"Found errors {observed_std:g} and {axis_correction_std:g}; they are not negative."
        raise ValueError(msg)
    by_temperature = _temperature_correction(kind, temperature)
    corrected = observed - axis_correction - by_temperature
    std = hypot(observed_std, axis_correction_std)
    pressure = gauges.pressure_from_observed(scale=scale, observed=corrected, origin=origin)
    return PressureReading(
        kind=kind,
        observed=corrected,
        observed_std=std,
        scale=scale,
        origin=table.origin if origin is None else origin,
        temperature=temperature,
        axis_correction=axis_correction,
        temperature_correction=by_temperature,
        pressure=pressure,
        std=gauges.slope(scale=scale, observed=corrected) * std,
        coefficient_std=gauges.coefficient_std(scale=scale, observed=corrected),
        scale_spread=_spread(kind, corrected, origin),
        extrapolated=not table.range[0] <= pressure <= table.range[1],
        position=position,
        started_at=started_at,
    )


def _temperature_correction(kind: str, temperature: float) -> float:
    if kind == "ruby":
        return gauges.ruby_temperature_shift(temperature=temperature, source="datchi")
    if _ROOM_RANGE[0] <= temperature <= _ROOM_RANGE[1]:
        return 0.0
    if kind == "samarium borate":
        return gauges.samarium_temperature_shift(temperature=temperature)
    msg = (
        f"Found a diamond edge at {temperature:g} K; its scales hold at room temperature. Measure "
        "it there, and keep in mind that cells change pressure on cooling."
    )
    raise ValueError(msg)


def _spread(kind: str, observed: float, origin: float | None) -> float:
    known = gauges.all_pressures(kind=kind, observed=observed, origin=origin).values()
    return (max(known) - min(known)) / 2 if known else nan


def on_all_scales(reading: PressureReading) -> Mapping[str, float]:
    """Say what every scale of the gauge makes of a reading, with the zero of its spectrometer.

    Parameters
    ----------
    reading
        A reading with an observed value.

    Returns
    -------
    :
        Name -> pressure [Pa], of the scales in whose range it lies.

    Examples
    --------
    >>> found = pressure_from_gauge(kind="ruby", observed=710.0, observed_std=0.01, origin=694.28,
    ...     scale="ruby2020", temperature=296.0, axis_correction=0.0, axis_correction_std=0.0,
    ...     position="culet")
    >>> pressures = on_all_scales(found)
    >>> print(f"{pressures['ruby2020'] / 1e9:.2f} {pressures['mao1986'] / 1e9:.2f} GPa")
    47.74 46.51 GPa
    """
    return gauges.all_pressures(kind=reading.kind, observed=reading.observed, origin=reading.origin)


def stated_pressure(
    *, kind: str, pressure: float, std: float, scale: str, position: str
) -> PressureReading:
    """Take over a pressure that somebody wrote down, with or without its scale.

    Parameters
    ----------
    kind
        Gauge that it is said to come from, one of :data:`megabar.matter.gauges.KINDS`.
    pressure
        [Pa].
    std
        Its stated error [Pa].
    scale
        Name of its scale, or :data:`UNSTATED`: it may then belong to any scale of the gauge.
    position
        Where on the anvil, in words.

    Returns
    -------
    :
        The reading; of an unstated scale half the range over all of them is its ``scale_spread``.

    Raises
    ------
    UnknownWord
        If there is no such gauge or scale.
    ValueError
        If no scale of the gauge reaches that pressure.

    Examples
    --------
    >>> found = stated_pressure(kind="diamond edge", pressure=170e9, std=0.0, scale="unstated",
    ...                         position="not said")
    >>> print(f"{found.scale_spread / 1e9:.1f} GPa")
    6.7 GPa
    """
    one_of(kind, gauges.KINDS, name="kind of gauge")
    bare = PressureReading(
        kind=kind, observed=nan, observed_std=nan, scale=scale, origin=nan, temperature=nan,
        axis_correction=nan, temperature_correction=nan, pressure=pressure, std=std,
        coefficient_std=nan, scale_spread=nan, extrapolated=False, position=position,
    )  # fmt: skip
    if scale != UNSTATED:
        observed = gauges.observed_from_pressure(scale=scale, pressure=pressure)
        table = gauges.scale(scale)
        return replace(
            bare,
            observed=observed,
            observed_std=std / gauges.slope(scale=scale, observed=observed),
            origin=table.origin,
            coefficient_std=gauges.coefficient_std(scale=scale, observed=observed),
            scale_spread=_spread(kind, observed, None),
            extrapolated=not table.range[0] <= pressure <= table.range[1],
        )
    # It was read on one scale and may be meant on any other: the widest such change of scale
    holding = [
        name
        for name, one in gauges.scales().items()
        if one.kind == kind and one.range[0] <= pressure <= one.range[1]
    ]
    if not holding:
        msg = f"Found {pressure / 1e9:g} GPa of {kind}; no scale of it holds there."
        raise ValueError(msg)
    edges = [gauges.observed_from_pressure(scale=name, pressure=pressure) for name in holding]
    read = [
        one for edge in edges for one in gauges.all_pressures(kind=kind, observed=edge).values()
    ]
    return replace(bare, scale_spread=(max(read) - min(read)) / 2)


def converted(reading: PressureReading, *, to: str) -> PressureReading:
    """Express a reading on another scale of its gauge, through what was observed.

    Parameters
    ----------
    reading
        A reading with an observed value.
    to
        Name of the scale.

    Returns
    -------
    :
        The reading on that scale.

    Raises
    ------
    ValueError
        If nothing was observed, or the scale belongs to another gauge.

    Examples
    --------
    >>> old = stated_pressure(kind="diamond edge", pressure=170e9, std=0.0, scale="akahama2006",
    ...                       position="culet")
    >>> print(f"{converted(old, to='eremets2023').pressure / 1e9:.2f} GPa")
    164.83 GPa
    """
    if not isfinite(reading.observed):
        msg = (
            "Found a pressure without its scale; nothing observed stands behind it, so it cannot "
            "be converted. Ask for the edge or the line."
        )
        raise ValueError(msg)
    fresh = pressure_from_gauge(
        kind=reading.kind,
        observed=reading.observed,
        observed_std=reading.observed_std,
        scale=to,
        temperature=_ROOM,
        axis_correction=0.0,
        axis_correction_std=0.0,
        position=reading.position,
        started_at=reading.started_at,
    )
    return replace(
        fresh,
        temperature=reading.temperature,
        axis_correction=reading.axis_correction,
        temperature_correction=reading.temperature_correction,
    )


def observables_of(reading: PressureReading, *, sources: tuple[str, ...]) -> xr.Dataset:
    """Put a reading into the form that travels.

    Parameters
    ----------
    reading
        The reading.
    sources
        Digests of the files behind it.

    Returns
    -------
    :
        Observables with pressure [GPa], its error that of the reading; the scale, what was
        observed and the other errors among the attributes.

    Examples
    --------
    >>> old = stated_pressure(kind="diamond edge", pressure=170e9, std=1e9, scale="akahama2006",
    ...                       position="culet")
    >>> print(f"{observables_of(old, sources=()).pressure:.0f}")
    170
    """
    facts = {name: value for name, value in vars(reading).items() if name != "started_at"}
    found = schemas.observables(
        {"pressure": (reading.pressure / 1e9, reading.std / 1e9)},
        nucleus="none",
        metal="none",
        method=f"{reading.kind}, scale {reading.scale}",
        provenance=provenance.record(
            step="observables.pressure", parameters=facts, inputs=list(sources)
        ),
        started_at=reading.started_at,
        attrs={
            **{f"gauge_{name}": _plain(value) for name, value in facts.items()},
            "assumptions": ["the gauge sees the pressure of the sample"],
        },
    )
    if reading.extrapolated:
        msg = f"The pressure lies outside the range of the scale {reading.scale}."
        found = schemas.with_warnings(found, msg)
    return found


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value
