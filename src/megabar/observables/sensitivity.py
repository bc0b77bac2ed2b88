r"""How few atoms a channel hears: from a record, from its pulses, or as stated, side by side.

The limit of detection :math:`\mathrm{LOD}_t` is the number of atoms of the element that give, all
excited, an amplitude at t = 0 equal to the rms noise of one quadrature channel in one scan and
1 Hz. A record of a known sample measures it; reciprocity bounds it from the field that a calibrated
pulse needs. Where both are known and disagree, both are printed: which of them is wrong is not for
arithmetic to say.

Twin: ``spins.reception``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import hypot, isfinite, log10, prod, sqrt
from typing import TYPE_CHECKING, Final

from megabar.errors import Undetermined, one_of
from megabar.observables.efficiencies import steady_state
from megabar.observables.line_readings import reading_of
from megabar.observables.lines import line
from megabar.spins import reception

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from megabar.observables.calibrations import PulseCalibration
    from megabar.observables.efficiencies import Factor
    from megabar.spins.reception import Resonance

ROUTES: Final = ("data", "reciprocity", "given")
"""How a limit of detection is known."""

BELOW_RECIPROCITY: Final = "LODT_BELOW_RECIPROCITY"
"""Status of a limit that is lower than reciprocity allows."""

_SURE: Final = 2.0  # standard errors by which a limit must lie below the bound


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A limit of detection of one nucleus.

    Parameters
    ----------
    nucleus
        Its name.
    route
        One of :data:`ROUTES`.
    value
        Atoms of the element [Hz**-0.5].
    relative_std
        Relative standard error, of what is known to err.
    source
        In words.
    """

    nucleus: str
    route: str
    value: float
    relative_std: float
    source: str

    def __post_init__(self) -> None:
        one_of(self.route, ROUTES, name="route")
        good = isfinite(self.value) and self.value > 0
        if not (good and isfinite(self.relative_std) and self.relative_std >= 0):
            msg = (
                f"Found a limit of detection of {self.value:g} atoms of {self.nucleus} with the "
                f"relative error {self.relative_std:g}; a positive number with a finite error is "
                "needed."
            )
            raise ValueError(msg)


def limit_from_data(
    observables: xr.Dataset,
    *,
    atoms: float,
    atoms_std: float,
    factors: Sequence[Factor],
    bandwidth: float | None = None,
) -> Limit:
    r"""Measure the limit of detection with a record of a sample whose atoms are known.

    .. math:: \mathrm{LOD}_t = \epsilon N / (S \sqrt{\Delta f})

    with the signal-to-noise ratio S of one scan and the product of efficiencies
    :math:`\epsilon`.

    Parameters
    ----------
    observables
        From :func:`megabar.observables.lines.line`, with ``snr_per_root_scan``.
    atoms, atoms_std
        N of the element that the record should show, and its standard error.
    factors
        Efficiencies of that record; none for a record of all spins.
    bandwidth
        Two-sided noise bandwidth [Hz]; the inverse of the dwell of the record if not given, which
        holds for a flat filter of that width.

    Returns
    -------
    :
        The limit, route ``"data"``.

    Raises
    ------
    Undetermined
        If the line was not detected: its bound bounds the limit from below only.
    ValueError
        If a number is not positive, or neither bandwidth nor dwell is known.

    References
    ----------
    arXiv:1803.05472.

    Examples
    --------
    >>> from megabar import schemas
    >>> ice = schemas.observables({"snr_per_root_scan": (39.0, 1.0)}, nucleus="1H", metal="none",
    ...     method="single scan", provenance="{}", attrs={"dwell": 0.5e-6})
    >>> one = limit_from_data(ice, atoms=3e16, atoms_std=0.0, factors=[])
    >>> print(f"{one.value:.3g} +- {one.relative_std:.1%}")
    5.44e+11 +- 2.6%
    """
    reading = reading_of(observables, side="sample", by="snr_per_root_scan")
    nucleus = str(observables.attrs["nucleus"])
    if not reading.detected:
        msg = (
            f"Found no line of {nucleus}; the limit of detection is only known to be above what "
            "its bound gives. Accumulate more scans, or take a larger sample."
        )
        raise Undetermined(msg, quality="lower bound")
    if bandwidth is None:
        dwell = float(observables.attrs.get("dwell", 0.0))
        if not dwell > 0:
            msg = "Found neither a bandwidth nor the dwell of the record; give the bandwidth."
            raise ValueError(msg)
        bandwidth = 1 / dwell
    if not (atoms > 0 and atoms_std >= 0 and bandwidth > 0):
        msg = (
            f"Found {atoms:g}({atoms_std:g}) atoms and a bandwidth of {bandwidth:g} Hz; both must "
            "be positive."
        )
        raise ValueError(msg)
    efficiency = prod(one.value for one in factors)
    told = ", ".join(f"{one.name} {one.value:.3g}" for one in factors) or "no loss"
    return Limit(
        nucleus=nucleus,
        route="data",
        value=efficiency * atoms / (reading.value * sqrt(bandwidth)),
        relative_std=hypot(
            reading.std / reading.value, atoms_std / atoms, *(one.relative_std for one in factors)
        ),
        source=f"{atoms:.3g} atoms, S = {reading.value:.3g} in {bandwidth:g} Hz, {told}",
    )


def limit_from_record(
    acq: xr.Dataset,
    *,
    shape: str,
    atoms: tuple[float, float],
    t1: tuple[float, float],
    step: int | None = None,
) -> Limit:
    """Measure the limit of detection with the raw record of a known sample.

    Short for :func:`megabar.observables.lines.line`, the steady state of the record's repetition
    and flip angle, and :func:`limit_from_data`. An echo is counted without its loss by T2.

    Parameters
    ----------
    acq
        Acquisition that says repetition_time [s] and flip_angle [rad].
    shape
        Of the line, one of :data:`megabar.observables.line_models.SHAPES`.
    atoms
        Of the element in that sample, and its standard error.
    t1
        Of that sample, and its standard error [s].
    step
        Which step, if there are several.

    Returns
    -------
    :
        The limit, route ``"data"``.

    Raises
    ------
    Undetermined
        If no line was detected.
    ValueError
        If the record does not say how it was excited.

    Examples
    --------
    >>> import numpy as np
    >>> from megabar import schemas
    >>> time = np.arange(2048) * 1e-6
    >>> noise = np.random.default_rng(1).normal(size=(2, 2048))
    >>> acq = schemas.acquisition(
    ...     100 * np.exp(-6e3 * time) + noise[0] + 1j * noise[1], time=time, attrs={
    ...     "nucleus": "1H", "carrier_frequency": 395e6, "n_scans": 16, "sequence": "fid",
    ...     "repetition_time": 1.0, "flip_angle": np.pi / 2, "dead_time": 0.0, "cell": "A",
    ...     "source": "example", "source_sha256": "0"})
    >>> one = limit_from_record(acq, shape="lorentzian", atoms=(1e15, 0.0), t1=(0.1, 0.0))
    >>> print(f"{one.value:.2g}")  # 1e15 / (100 / sqrt(16)) / sqrt(1 MHz)
    4e+10
    """
    attrs = acq.attrs
    for name in ("repetition_time", "flip_angle"):
        if not float(attrs.get(name, 0.0)) > 0:
            msg = (
                f"Found no {name} in the record {attrs.get('source', '')}; how much of its sample "
                f"it shows hangs on it. Read it with {name}=..."
            )
            raise ValueError(msg)
    delay = float(attrs.get("echo_delay", 0.0))
    state = steady_state(
        repetition_time=float(attrs["repetition_time"]),
        t1=t1[0],
        t1_std=t1[1],
        flip_angle=float(attrs["flip_angle"]),
        sequence=str(attrs["sequence"]),
        echo_delay=delay if delay > 0 else None,
    )
    return limit_from_data(
        line(acq, shape=shape, step=step), atoms=atoms[0], atoms_std=atoms[1], factors=[state]
    )


def limit_from_reciprocity(
    calibration: PulseCalibration,
    *,
    of: Resonance,
    sample_temperature: float,
    sample_temperature_std: float,
) -> Limit:
    """Compute the limit of detection that the field of a calibrated pulse allows.

    Parameters
    ----------
    calibration
        Pulse of 90 degrees, its power, and the noise of the channel.
    of
        Isotope and field.
    sample_temperature, sample_temperature_std
        Of the spins, and its standard error [K].

    Returns
    -------
    :
        The limit, route ``"reciprocity"``: no channel of thermal noise does better.

    Raises
    ------
    ValueError
        If a number is not positive.

    References
    ----------
    Hoult, Richards, J. Magn. Reson. 24, 71 (1976), doi:10.1016/0022-2364(76)90233-X.

    Examples
    --------
    >>> from megabar.observables.calibrations import PulseCalibration
    >>> pulse = PulseCalibration(pulse_90=2.5e-6, pulse_90_std=0.1e-6, mean_over_peak=1.0,
    ...     mean_over_peak_std=0.0, power=10.0, power_std=0.5, noise_temperature=300.0,
    ...     noise_temperature_std=0.0, noise_factor=1.0, noise_factor_std=0.0)
    >>> proton = reception.resonance(nucleus="1H", tms_frequency=9.0 * 42.57618e6)
    >>> one = limit_from_reciprocity(pulse, of=proton, sample_temperature=300.0,
    ...                              sample_temperature_std=0.0)
    >>> print(f"{one.value:.3g} +- {one.relative_std:.1%}")
    1.18e+14 +- 4.7%
    """
    c = reception.field_per_root_watt(
        of=of,
        pulse_90=calibration.pulse_90,
        mean_over_peak=calibration.mean_over_peak,
        power=calibration.power,
    )
    value = reception.limit_by_reciprocity(
        of=of,
        channel=reception.Channel(
            field_per_root_watt=c,
            sample_temperature=sample_temperature,
            noise_temperature=calibration.noise_temperature,
            noise_factor=calibration.noise_factor,
        ),
    )
    relative = hypot(
        calibration.pulse_90_std / calibration.pulse_90,
        calibration.mean_over_peak_std / calibration.mean_over_peak,
        calibration.power_std / calibration.power / 2,
        calibration.noise_temperature_std / calibration.noise_temperature / 2,
        calibration.noise_factor_std / calibration.noise_factor / 2,
        sample_temperature_std / sample_temperature,
    )
    return Limit(
        nucleus=of.nucleus,
        route="reciprocity",
        value=value,
        relative_std=relative,
        source=(
            f"90 degrees in {calibration.pulse_90 * 1e6:.3g} us at {calibration.power:.3g} W: "
            f"{c * 1e3:.3g} mT/sqrt(W)"
        ),
    )


def limit_of_other_nucleus(
    limit: Limit, *, of: Resonance, other: Resonance, exponent: float
) -> Limit:
    """Carry a limit to another nucleus by a model of the coil.

    Parameters
    ----------
    limit
        Of the first nucleus.
    of, other
        Both nuclei in their field.
    exponent
        p of :func:`megabar.spins.reception.limit_of_another`.

    Returns
    -------
    :
        The limit, of the same route.

    Examples
    --------
    >>> proton, lanthanum = (reception.resonance(nucleus=name, tms_frequency=395.107e6)
    ...                      for name in ("1H", "139La"))
    >>> given = Limit(nucleus="1H", route="given", value=5.44e11, relative_std=0.0, source="ice")
    >>> found = limit_of_other_nucleus(given, of=proton, other=lanthanum, exponent=2.75)
    >>> print(f"{found.value:.2e}")
    5.64e+12
    """
    return Limit(
        nucleus=other.nucleus,
        route=limit.route,
        value=reception.limit_of_another(limit=limit.value, of=of, other=other, exponent=exponent),
        relative_std=limit.relative_std,
        source=f"{limit.source}; from {of.nucleus} by the exponent {exponent:g}",
    )


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Limits of one nucleus side by side.

    Parameters
    ----------
    limits
        As they were given.
    ratios
        Route, other route, and the limit of the first over that of the second.
    statuses
        ``LODT_BELOW_RECIPROCITY`` where it applies.
    sentences
        What there is to say.
    """

    limits: tuple[Limit, ...]
    ratios: tuple[tuple[str, str, float], ...]
    statuses: tuple[str, ...]
    sentences: tuple[str, ...]


def side_by_side(limits: Sequence[Limit]) -> Comparison:
    """Hold limits of detection of one nucleus against each other.

    Parameters
    ----------
    limits
        One or more, of one nucleus.

    Returns
    -------
    :
        Ratios of all pairs, and a sentence where one is below what reciprocity allows. There is no
        verdict: it may be the pulse, the losses, the number of scans or that of the atoms.

    Raises
    ------
    ValueError
        If there is none, or they belong to several nuclei.

    Examples
    --------
    >>> ice = [Limit(nucleus="1H", route=route, value=value, relative_std=0.0, source="ice")
    ...        for route, value in (("given", 5.44e11), ("reciprocity", 1.177e14))]
    >>> found = side_by_side(ice)
    >>> found.statuses, f"{1 / found.ratios[0][2]:.0f}"
    (('LODT_BELOW_RECIPROCITY',), '216')
    """
    names = {one.nucleus for one in limits}
    if len(names) != 1:
        msg = (
            f"Found limits of {', '.join(sorted(names)) or 'nothing'}; only limits of one nucleus "
            "stand side by side. Carry them to one, or compare each alone."
        )
        raise ValueError(msg)
    pairs = list(combinations(limits, 2))
    below = [
        (one, bound)
        for bound in limits
        if bound.route == "reciprocity"
        for one in limits
        if one.route != "reciprocity" and _is_below(one, bound)
    ]
    return Comparison(
        limits=tuple(limits),
        ratios=tuple((one.route, other.route, one.value / other.value) for one, other in pairs),
        statuses=(BELOW_RECIPROCITY,) if below else (),
        sentences=tuple(_sentence(one, bound) for one, bound in below),
    )


def _is_below(one: Limit, bound: Limit) -> bool:
    width = hypot(one.relative_std, bound.relative_std)
    return one.value * (1 + _SURE * width) < bound.value


def _sentence(one: Limit, bound: Limit) -> str:
    ratio = bound.value / one.value
    return (
        f"{one.nucleus}: the limit {one.route}, {one.value:.3g} /sqrt(Hz), is {ratio:.3g} times "
        f"below the {bound.value:.3g} that reciprocity allows a coil whose pulse is {bound.source}."
        f" Either {20 * log10(ratio):.1f} dB of power are lost before the coil, or the ratio was "
        "not that of one scan, or the atoms or the pulse are not as stated. Both stand; calibrate "
        "the pulse in this cell before hours are planned on either."
    )
