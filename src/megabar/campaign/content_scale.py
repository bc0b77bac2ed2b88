"""The scale of a content: from precursor records, from nutations, or from a model of the coil.

Every function is pure: rows in, a scale out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import nan, prod, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import provenance, schemas
from megabar.campaign import content_factors, pulse_calibrations, sessions
from megabar.errors import Undetermined
from megabar.observables.calibrations import (
    PulseCalibration,
    Scale,
    calibration_by_exponent,
    calibration_by_nutation,
    calibration_by_precursor,
)
from megabar.observables.factors import FIELD, Factor, combined_std
from megabar.observables.line_readings import reading_of

if TYPE_CHECKING:
    import xarray as xr

    from megabar.campaign.plan import Content, Plan
    from megabar.campaign.sessions import Record

SIDES: Final = ("hydrogen", "metal")

_EXACT: Final = 1e-9  # relative error below which a session weighs no more


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The line that is counted and the line that it is counted against, of one session."""

    hydrogen: Record
    metal: Record

    @property
    def sides(self) -> dict[str, Record]:
        """Side -> line."""
        return {"hydrogen": self.hydrogen, "metal": self.metal}

    @property
    def nuclei(self) -> tuple[str, str]:
        """Nuclei of both."""
        return self.hydrogen.acquisition.nucleus, self.metal.acquisition.nucleus


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """A scale, what it adds to the efficiencies of the session, and the records behind it."""

    scale: Scale
    inputs: tuple[str, ...]
    factors: Mapping[str, tuple[Factor, ...]] = field(default_factory=dict)


def scale_of(plan: Plan, cell: Sequence[Record], pair: Pair, before: Sequence[Pair]) -> Scaled:
    """Find the scale of one content, in the way the plan says.

    Parameters
    ----------
    plan
        A plan with ``[content]``.
    cell
        Records of the cell.
    pair
        The lines of the session.
    before
        Those of the precursor.

    Returns
    -------
    :
        The scale.

    Raises
    ------
    Undetermined
        If there is none.
    PlanError
        If the plan has no content.
    """
    told = plan.content
    if told is None:
        msg = "Found no [content] in the plan; without it there is no scale. Add the table."
        raise Undetermined(msg, quality="no solution")
    make: Mapping[str, Callable[[], Scaled]] = {
        "precursor": lambda: _by_precursor(plan, told, cell, pair, before),
        "nutation": lambda: _by_nutation(told, cell, pair),
        "exponent": lambda: _by_exponent(told, pair),
    }
    return make[told.calibration]()


# --- precursor ------------------------------------------------------------------------------------


def _by_precursor(
    plan: Plan, told: Content, cell: Sequence[Record], pair: Pair, before: Sequence[Pair]
) -> Scaled:
    if not before or told.precursor_h_per_metal is None:
        msg = (
            "Found no pair of hydrogen and metal lines before the heating, so the content has no "
            "scale. Measure the precursor in this cell, calibrate another way, or leave out "
            "[content]."
        )
        raise Undetermined(msg, quality="no solution")
    coils = {
        side: content_factors.coil_of(record, cell, within=told.pairing)
        for side, record in pair.sides.items()
    }
    means = {
        side: _precursor(plan, told, cell, [one.sides[side] for one in before], bool(coils[side]))
        for side in SIDES
    }
    scale = calibration_by_precursor(
        hydrogen=means["hydrogen"].line,
        metal=means["metal"].line,
        h_per_metal=told.precursor_h_per_metal,
        h_per_metal_std=told.precursor_h_per_metal_std or 0.0,
        factors={side: means[side].factors for side in SIDES},
        by=told.by,
    )
    return Scaled(
        scale=scale, factors=coils, inputs=(*means["hydrogen"].inputs, *means["metal"].inputs)
    )


@dataclass(frozen=True, kw_only=True)
class _Precursor:
    """A line of the precursor: of its only session, or as the mean of several."""

    line: xr.Dataset
    factors: tuple[Factor, ...]
    inputs: tuple[str, ...]


def _precursor(
    plan: Plan, told: Content, cell: Sequence[Record], records: Sequence[Record], with_coil: bool
) -> _Precursor:
    listed, inputs = [], []
    for record in records:
        own = content_factors.factors_of(plan, cell, record, within=told.pairing, by=told.by)
        coils = content_factors.coil_of(record, cell, within=told.pairing)
        if bool(coils) != with_coil:
            msg = (
                f"Found a nutation for {record.acquisition.source} or for the line that it "
                "calibrates, and none for the other: the change of the coil is not known. Name "
                "nutation in the channels of precursor and hydride, or in neither."
            )
            raise Undetermined(msg, quality="no solution")
        listed.append((*own.factors, *coils))
        inputs += [*record.inputs, *own.inputs]
    if len(records) == 1:
        line = sessions.observables_of(records[0])
        return _Precursor(line=line, factors=listed[0], inputs=tuple(inputs))
    line, factors = mean_of_sessions(records, listed, by=told.by)
    return _Precursor(line=line, factors=factors, inputs=tuple(inputs))


def mean_of_sessions(
    records: Sequence[Record], listed: Sequence[Sequence[Factor]], *, by: str
) -> tuple[xr.Dataset, tuple[Factor, ...]]:
    r"""Average one line over several sessions, each over its efficiencies.

    .. math:: \bar S = \prod_n \bar\epsilon_n \; \frac{\sum_i w_i S_i / \epsilon_i}{\sum_i w_i}

    Weights are inverse variances of what belongs to a session alone. An error that the sessions
    share, such as that of a stated T1, is that of one of them however many there are.

    Parameters
    ----------
    records
        The line in each session.
    listed
        Its efficiencies in each session.
    by
        One of ``observables.line_readings.COMPARISONS``.

    Returns
    -------
    :
        Observables of the mean line, and mean factors with the errors that are common.

    Raises
    ------
    Undetermined
        If a session saw no line.
    """
    values, own = [], []
    for record, factors in zip(records, listed, strict=True):
        reading = reading_of(sessions.observables_of(record), side="precursor", by=by)
        if not reading.detected:
            msg = (
                f"Found no line above the noise in {record.acquisition.source}, a precursor "
                "record. Exclude it with its reason, or measure it again."
            )
            raise Undetermined(msg, quality="no solution")
        values.append(reading.value / prod(one.value for one in factors))
        alone = [(one.relative_std, one.moved_by) for one in factors if not one.common]
        own.append(combined_std([(reading.relative_std, ()), *alone]))
    signal = np.asarray(values)
    weights = 1 / (signal * np.maximum(own, _EXACT)) ** 2
    shares = weights * signal / np.sum(weights * signal)
    factors = _mean_factors(listed, shares)
    mean = float(np.sum(weights * signal) / np.sum(weights))
    mean *= prod(one.value for one in factors)
    relative = 1 / sqrt(float(np.sum(weights))) / float(np.sum(weights * signal) / np.sum(weights))
    return _mean_line(records, mean, mean * relative, by), factors


def _mean_factors(listed: Sequence[Sequence[Factor]], shares: np.ndarray) -> tuple[Factor, ...]:
    names = dict.fromkeys(one.name for factors in listed for one in factors)
    return tuple(
        _mean_factor([next((one for one in fs if one.name == n), None) for fs in listed], shares)
        for n in names
    )


def _mean_factor(one_each: Sequence[Factor | None], shares: np.ndarray) -> Factor:
    there = [one for one in one_each if one is not None]
    values = np.array([1.0 if one is None else one.value for one in one_each])
    errors = [one.relative_std if one is not None and one.common else 0.0 for one in one_each]
    value = float(shares @ values)
    sharers = {one.shared for one in there}
    return replace(
        there[0],
        value=value,
        std=value * float(shares @ np.array(errors)),
        common=any(one.common for one in there),
        shared=sharers.pop() if len(sharers) == 1 else "",
        source=f"mean of {len(one_each)} sessions; {there[0].source}",
        alternatives=(),
        moved_by=(),
    )


def _mean_line(records: Sequence[Record], mean: float, std: float, by: str) -> xr.Dataset:
    name = "amplitude" if by == "amplitude_per_scan" else by
    inputs = [one for record in records for one in record.inputs]
    return schemas.observables(
        {name: (mean, std)},
        nucleus=records[0].acquisition.nucleus,
        metal="none",
        method=f"weighted mean of {len(records)} sessions, each over its efficiencies",
        provenance=provenance.record(step="campaign.precursor mean", parameters={}, inputs=inputs),
        started_at=records[0].acquisition.started_at,
        attrs={"n_scans": 1.0, "receiver_gain": 1.0} if name == "amplitude" else {},
    )


# --- nutation and exponent ------------------------------------------------------------------------


def _by_nutation(told: Content, cell: Sequence[Record], pair: Pair) -> Scaled:
    sides = {
        side: _calibrated(record, cell, within=told.pairing) for side, record in pair.sides.items()
    }
    scale = calibration_by_nutation(
        nuclei=pair.nuclei,
        hydrogen=sides["hydrogen"].pulse,
        metal=sides["metal"].pulse,
        by=told.by,
        cancelling=told.cancelling or (),
        abundances=told.abundances,
    )
    of_the_day = {f"pulse_90, {side}" for side in SIDES if sides[side].factors}
    return Scaled(
        scale=replace(
            scale, terms=tuple(term for term in scale.terms if term.name not in of_the_day)
        ),
        factors={side: sides[side].factors for side in SIDES},
        inputs=(*sides["hydrogen"].inputs, *sides["metal"].inputs),
    )


@dataclass(frozen=True, kw_only=True)
class _Calibrated:
    """A pulse calibration, and its error where it belongs to this day alone."""

    pulse: PulseCalibration
    factors: tuple[Factor, ...] = ()
    inputs: tuple[str, ...] = ()


def _calibrated(record: Record, cell: Sequence[Record], *, within: float) -> _Calibrated:
    channel = record.channel
    nutated = pulse_calibrations.nutation_of(record, cell, within=within)
    of_pulses = channel if nutated is None else nutated.record.channel
    length = (channel.pulse_90 or nan, channel.pulse_90_std or 0.0)
    if nutated is not None:
        length = pulse_calibrations.pulse_90_from_nutation(nutated)
    pulse = PulseCalibration(
        pulse_90=length[0],
        pulse_90_std=length[1],
        mean_over_peak=pulse_calibrations.shape_of(of_pulses).mean,
        mean_over_peak_std=0.0,
        power=of_pulses.pulse_power or nan,
        power_std=of_pulses.pulse_power_std or 0.0,
        **{
            name: nan if getattr(channel, name) is None else getattr(channel, name)
            for key in ("noise_temperature", "noise_factor")
            for name in (key, f"{key}_std")
        },
    )
    if nutated is None:
        return _Calibrated(pulse=pulse)
    of_the_day = Factor(
        name="coil",
        value=1.0,
        std=nutated.relative_std,
        moved_by=((FIELD, nutated.relative_std),),
        source=f"sets the scale of this session: nutation {nutated.record.acquisition.source}",
        alternatives=nutated.others,
    )
    return _Calibrated(pulse=pulse, factors=(of_the_day,), inputs=nutated.record.inputs)


def _by_exponent(told: Content, pair: Pair) -> Scaled:
    by_noise = told.by == "snr_per_root_scan"
    scale = calibration_by_exponent(
        nuclei=pair.nuclei,
        exponents=told.exponents or (),
        by=told.by,
        noise_ratio=(told.noise_ratio or nan) if by_noise else 1.0,
        noise_ratio_std=(told.noise_ratio_std or 0.0) if by_noise else 0.0,
        abundances=told.abundances,
    )
    return Scaled(scale=scale, inputs=())
