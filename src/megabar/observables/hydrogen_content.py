r"""Atoms of one nucleus per atom of another by quantitative NMR, hydrogen per metal above all.

.. math:: x = k \, \frac{S_H / \epsilon_H}{S_M / \epsilon_M}

where S is the amplitude at t = 0 over the noise, per root scan; or the amplitude per scan and unit
of gain, which knows nothing of noise and is the more precise of the two where the receiver is
known. The scale k comes from :mod:`megabar.observables.calibrations`, in one of three modes. The
efficiencies epsilon are named one by one: line shape, T1 and echo change when a trihydride becomes
a superhydride, and a factor of 2 to 20 hides in those that nobody states.

Errors are of two kinds. What belongs to one point (its amplitudes, its noise, its T1) is
*independent*. What belongs to the scale is *common*: it moves a whole series up or down together,
and a column of error bars would count it as scatter.

Twin: ``spins.sequences``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, inf, isclose, isfinite, nan, prod, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import provenance, schemas
from megabar.errors import one_of
from megabar.observables import content_budget
from megabar.observables.calibrations import Scale, moved_on, shared_key
from megabar.observables.efficiencies import combined_std
from megabar.observables.line_readings import LineReading, reading_of
from megabar.observables.ratio_intervals import ratio_interval

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    from megabar.observables.efficiencies import Factor, Moved

SIDES: Final = ("hydrogen", "metal")
"""Line of what is counted, and line that it is counted against."""

_Z95: Final = 1.959963984540054  # two-sided 95 % of the normal distribution
_ASSUMPTIONS: Final = (
    "both lines show all nuclei of their kind, apart from the factors listed",
    "no nuclei outside the sample contribute to the lines",
)
_SKEWED_BELOW: Final = 10.0  # A_M / sA_M below which x is not normal enough for first order


def hydrogen_content(
    hydrogen: xr.Dataset,
    metal: xr.Dataset,
    *,
    scale: Scale,
    factors: Mapping[str, Sequence[Factor]],
) -> xr.Dataset:
    r"""Count the atoms behind one line per atom behind another.

    .. math:: x = k \, \frac{S_H / \epsilon_H}{S_M / \epsilon_M}

    Any two nuclei of the table will do; hydrogen over a metal is the usual pair. The interval is
    Fieller's, so it stays right for a faint metal line. A metal line that was not detected leaves
    the content not determined; one that was, but may be absent, leaves a lower bound; a hydrogen
    line that was not detected an upper bound.

    Parameters
    ----------
    hydrogen
        Observables of the line counted, from :func:`megabar.observables.lines.line`.
    metal
        Those of the line that it is counted against, in the same session.
    scale
        From one of the functions of :mod:`megabar.observables.calibrations`.
    factors
        Side (one of :data:`SIDES`) -> its efficiencies, of :mod:`megabar.observables.efficiencies`
        or, for the actual pulses on the actual line, of
        :mod:`megabar.observables.pulse_efficiencies`. A side without any has efficiency 1.

    Returns
    -------
    :
        Observables with h_per_metal. Attributes: independent_relative_std and common_relative_std
        keep the two kinds of error apart; ``interval`` holds 95 %, ``interval_68`` 68 %;
        ``estimate`` is the ratio itself; ``mode``, ``inputs``, ``factors`` and ``budget`` (JSON)
        say what it rests on.

    Raises
    ------
    UnknownWord
        If factors name an unknown side.
    ValueError
        If nuclei are not those of the scale, or bandwidths or gains are left open.

    References
    ----------
    Fieller, J. R. Stat. Soc. B 16, 175 (1954), doi:10.1111/j.2517-6161.1954.tb00159.x.

    Examples
    --------
    >>> from megabar.observables.calibrations import calibration_by_precursor
    >>> from megabar.observables.efficiencies import Factor
    >>> def seen(nucleus, snr, std):
    ...     return schemas.observables({"snr_per_root_scan": (snr, std)}, nucleus=nucleus,
    ...         metal="none", method="example", provenance="{}")
    >>> def eta(value):
    ...     return {"metal": [Factor(name="refocusing", value=value, std=0, source="example")]}
    >>> scale = calibration_by_precursor(hydrogen=seen("1H", 290, 3), metal=seen("139La", 10, 0.1),
    ...     h_per_metal=3.0, h_per_metal_std=0.05, factors=eta(0.783), by="snr_per_root_scan")
    >>> x = hydrogen_content(seen("1H", 300, 3), seen("139La", 3, 0.03), scale=scale,
    ...     factors=eta(0.500))
    >>> print(f"{x.h_per_metal:.2f}")  # 3 * 100 / 29 * 0.500 / 0.783
    6.61
    """
    lines = dict(zip(SIDES, (hydrogen, metal), strict=True))
    for side in factors:
        one_of(side, SIDES, name="side of the content")
    listed = {side: tuple(factors.get(side, ())) for side in SIDES}
    readings = {side: reading_of(one, side=side, by=scale.by) for side, one in lines.items()}
    _check_nuclei(readings, scale)
    (_check_bandwidth if scale.by == "snr_per_root_scan" else _check_gains)(readings, listed, scale)
    errors = _errors(listed, scale)
    answer = _answer(readings, listed, scale, errors)
    return _observables(lines, readings, listed, scale, answer, errors)


@dataclass(frozen=True, kw_only=True)
class _Errors:
    """Relative errors of a content that do not come from its two lines."""

    independent: float
    common: float
    terms: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """One content: value, total error, its kind, and the numbers behind it."""

    value: float
    std: float
    quality: str
    estimate: float
    independent: float
    interval: tuple[float, float]
    interval_68: tuple[float, float]


def _check_nuclei(readings: Mapping[str, LineReading], scale: Scale) -> None:
    found = tuple(readings[side].nucleus for side in SIDES)
    if found != scale.nuclei:
        msg = (
            f"Found lines of {found[0]} and {found[1]} with a scale for {scale.nuclei[0]} and "
            f"{scale.nuclei[1]}; they must agree."
        )
        raise ValueError(msg)


def _check_bandwidth(
    readings: Mapping[str, LineReading], listed: Mapping[str, Sequence[Factor]], scale: Scale
) -> None:
    """Refuse signals over noise of different bandwidth that no factor makes equal."""
    now = tuple(readings[side].dwell for side in SIDES)
    told = _on_both(listed, "bandwidth")
    if scale.mode == "precursor":
        if told != (scale.dwells is None):
            where = "the lines" if told else "the precursor"
            msg = f"Found the factor bandwidth on {where} alone. Give it on both, or on neither."
            raise ValueError(msg)
        pairs = zip(SIDES, now, scale.dwells or now, strict=True)
        unequal = [pair for pair in pairs if not _like(*pair[1:])]
        if unequal:
            side, here, before = unequal[0]
            msg = (
                f"Found dwells of {here:g} s now and {before:g} s in the precursor for the {side} "
                "line: its signal over noise changes by the root of that. Give the factor "
                'bandwidth(dwell=...) on all sides, or compare by "amplitude_per_scan".'
            )
            raise ValueError(msg)
    elif not told and not (all(map(isfinite, now)) and _like(*now)):
        msg = (
            f"Found dwells of {now[0]:g} and {now[1]:g} s, and no factor bandwidth on both sides: "
            "the noise of the two channels cannot be compared. Give bandwidth(dwell=...) on both."
        )
        raise ValueError(msg)


def _like(here: float, there: float) -> bool:
    return not (isfinite(here) and isfinite(there)) or isclose(here, there, rel_tol=1e-3)


def _on_both(listed: Mapping[str, Sequence[Factor]], name: str) -> bool:
    return all(name in {one.name for one in listed[side]} for side in SIDES)


def _check_gains(
    readings: Mapping[str, LineReading], listed: Mapping[str, Sequence[Factor]], scale: Scale
) -> None:
    """Refuse amplitudes of two channels whose gains nobody stated."""
    known = all(readings[side].gain_known for side in SIDES) or _on_both(listed, "receiver_gain")
    if scale.mode != "precursor" and not known:
        msg = (
            "Found amplitudes of two channels without the gain of their receivers. Give the factor "
            'receiver_gain on both sides, or compare by "snr_per_root_scan".'
        )
        raise ValueError(msg)


def _errors(listed: Mapping[str, Sequence[Factor]], scale: Scale) -> _Errors:
    """Sort errors into their kinds; what a factor shares with the scale cancels in part."""
    of_scale = {term.shared: term for term in scale.terms if term.shared}
    terms = {term.name: term.relative_std for term in scale.terms}
    moved = {term.name: term.moved_by for term in scale.terms}
    independent: list[tuple[float, Moved]] = []
    for side in SIDES:
        for one in listed[side]:
            if not one.common:
                independent.append((one.relative_std, moved_on(one, side)))
                continue
            twin = of_scale.get(shared_key(one, side))
            size, name = one.relative_std, f"{one.name}, {side}"
            if twin is not None:
                terms[twin.name], moved[twin.name] = 0.0, ()
                size = abs(size - twin.relative_std)
            terms[name], moved[name] = size, moved_on(one, side) if twin is None else ()
    common = [(size, moved[name]) for name, size in terms.items()]
    own = combined_std(independent)
    whole = combined_std([*independent, *common])
    # a scale that hangs on the nutation of the day moves together with the factors of that day
    return _Errors(independent=own, common=sqrt(max(whole**2 - own**2, 0.0)), terms=terms)


def _answer(
    readings: Mapping[str, LineReading],
    listed: Mapping[str, Sequence[Factor]],
    scale: Scale,
    errors: _Errors,
) -> _Answer:
    hydrogen, metal = (readings[side] for side in SIDES)
    if not metal.detected or not hydrogen.measured:
        return _Answer(
            value=nan, std=nan, quality="not determined", estimate=nan, independent=nan,
            interval=(-inf, inf), interval_68=(-inf, inf),
        )  # fmt: skip
    efficiency = {side: prod(one.value for one in listed[side]) for side in SIDES}
    factor = scale.value * efficiency["metal"] / efficiency["hydrogen"]
    estimate = factor * hydrogen.value / metal.value
    other = hypot(errors.independent, errors.common)

    def interval(z: float) -> tuple[float, float]:
        return ratio_interval(
            numerator=factor * hydrogen.value,
            numerator_std=factor * hypot(hydrogen.std, other * hydrogen.value),
            denominator=metal.value,
            denominator_std=metal.std,
            z=z,
        )

    low, high = interval(_Z95)
    inner = interval(1.0)
    independent = hypot(hydrogen.relative_std, metal.relative_std, errors.independent)
    value, std, quality = estimate, estimate * hypot(independent, errors.common), "value"
    if not isfinite(high):
        value, std, quality = (low, nan, "lower bound") if low > 0 else (nan, nan, "not determined")
    elif not hydrogen.detected:
        value, std, quality = max(high, 0.0), nan, "upper bound"
    elif metal.std * _SKEWED_BELOW > metal.value:
        std = (inner[1] - inner[0]) / 2
    return _Answer(
        value=value, std=std, quality=quality, estimate=estimate, independent=independent,
        interval=(low, high), interval_68=inner,
    )  # fmt: skip


def _observables(
    lines: Mapping[str, xr.Dataset],
    readings: Mapping[str, LineReading],
    listed: Mapping[str, Sequence[Factor]],
    scale: Scale,
    answer: _Answer,
    errors: _Errors,
) -> xr.Dataset:
    words = {side: [vars(one) for one in listed[side]] for side in SIDES}
    parameters = {"mode": scale.mode, "by": scale.by, "inputs": scale.inputs, "factors": words}
    known = isfinite(answer.estimate) and all(one.detected for one in readings.values())
    rows = content_budget.rows_of(readings, listed, scale, errors.terms)
    found = schemas.observables(
        {"h_per_metal": (answer.value, answer.std)},
        nucleus=scale.nuclei[0],
        metal=scale.nuclei[1],
        method=(
            f"quantitative NMR, calibration by {scale.mode}, {scale.by.replace('_', ' ')} at t = 0"
        ),
        provenance=provenance.record(
            step="observables.hydrogen_content",
            parameters=parameters,
            inputs=[
                provenance.sha256_of_text(one)
                for one in (
                    *(line.attrs["provenance"] for line in lines.values()),
                    *scale.provenances,
                )
            ],
        ),
        quality=answer.quality,
        started_at=lines["hydrogen"]["started_at"].values,
        attrs={
            "independent_relative_std": answer.independent,
            "common_relative_std": errors.common,
            "estimate": answer.estimate,
            "interval": list(answer.interval),
            "interval_probability": 0.95,
            "interval_68": list(answer.interval_68),
            "mode": scale.mode,
            "inputs": json.dumps(dict(scale.inputs), sort_keys=True),
            "factors": json.dumps(words, sort_keys=True),
            "budget": content_budget.as_json(rows) if known else "",
            "alternatives": [words for words, _ in scale.alternatives],
            "alternative_contents": [
                answer.estimate * value / scale.value for _, value in scale.alternatives
            ],
            "assumptions": [*scale.assumptions, *_ASSUMPTIONS],
        },
    )
    warnings = [one for side in SIDES for one in schemas.warnings_of(lines[side])]
    warnings += scale.warnings
    if not readings["metal"].detected:
        warnings.append(
            f"The {scale.nuclei[1]} line does not stand out of the noise, so there is nothing to "
            "count against: the content is not determined. Accumulate more scans of it."
        )
    return schemas.with_warnings(found, *warnings) if warnings else found


def content_covariance(
    *,
    h_per_metal: ArrayLike,
    independent_relative_std: ArrayLike,
    common_relative_std: float,
    scale_with: ArrayLike | None = None,
) -> NDArray[np.float64]:
    r"""Compute the covariance of a series of contents that share one scale.

    .. math:: C_{ij} = \delta_{ij} x_i^2 u_i^2 + s_c^2 m_i m_j

    Built with the measured values, m = x, the common part pulls every least-squares mean low
    (Peelle's puzzle: 1.5 and 1.0 average to 0.88). A fit must give the values of its *model* as
    ``scale_with``, or fit the scale as a parameter of prior 1 and error s_c.

    Parameters
    ----------
    h_per_metal
        x, (n,).
    independent_relative_std
        u, relative errors of single points, (n,) or one number.
    common_relative_std
        :math:`s_c`, relative error of the scale.
    scale_with
        m, values of the model at the same points, (n,); x itself if not given, for printing
        correlations only.

    Returns
    -------
    :
        (n, n).

    Raises
    ------
    ValueError
        If the shapes do not fit or an error is negative.

    References
    ----------
    Froehner, Nucl. Sci. Eng. 126, 1 (1997), doi:10.13182/NSE97-A24453.

    Examples
    --------
    >>> c = content_covariance(h_per_metal=[10.5, 9.0, 6.9],
    ...     independent_relative_std=[0.03, 0.03, 0.04], common_relative_std=0.05)
    >>> print(f"{c[0, 0]:.5f} {c[0, 1]:.5f} {c[2, 2]:.5f}")
    0.37485 0.23625 0.19520
    """
    x = np.atleast_1d(np.asarray(h_per_metal, dtype=np.float64))
    u = np.broadcast_to(np.asarray(independent_relative_std, dtype=np.float64), x.shape)
    m = x if scale_with is None else np.broadcast_to(np.asarray(scale_with, np.float64), x.shape)
    if x.ndim != 1 or np.any(u < 0) or common_relative_std < 0:
        msg = "Found a series of more than one dimension, or a negative error; check the columns."
        raise ValueError(msg)
    covariance: NDArray[np.float64] = np.diag((x * u) ** 2) + common_relative_std**2 * np.outer(
        m, m
    )
    return covariance
