r"""Hydrogen per metal atom by quantitative NMR, calibrated on the precursor.

.. math:: x = x_0 \frac{R}{R_0}
    \frac{\epsilon_M / \epsilon_H}{\epsilon_{M,0} / \epsilon_{H,0}}, \quad R = S_H / S_M

where S is the amplitude at t = 0 over the noise, per root scan; or the amplitude per scan and unit
of gain, which knows nothing of noise and is the more precise of the two where the receiver stayed
as it was. Nuclear constants and coil cancel if coil, tuning, pulses and sample position stay as
they were. Bandwidth cancels from a signal over noise only at equal dwell. The efficiencies epsilon
do not cancel: line shape, T1 and echo change when a trihydride becomes a superhydride.

Errors are of two kinds. What belongs to one point (its amplitudes, its noise, its T1) is
*independent*. What belongs to the scale (precursor content and ratio) is *common*: it moves a
whole series up or down together, and a column of error bars would count it as scatter.

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
from megabar.errors import Undetermined, one_of
from megabar.observables.efficiencies import Factor

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

SIDES: Final = ("hydrogen", "metal", "precursor_hydrogen", "precursor_metal")
"""The four measurements behind one content."""

_Z95: Final = 1.959963984540054  # two-sided 95 % of the normal distribution
_ASSUMPTIONS: Final = (
    "coil, tuning, pulses, receiver and sample position are those of the precursor measurement",
    "both lines show all nuclei of their kind, apart from the factors listed",
    "no hydrogen outside the sample contributes to the line",
)
COMPARISONS: Final = ("snr_per_root_scan", "amplitude_per_scan")
"""What of a line is compared with that of the precursor."""

_SKEWED_BELOW: Final = 10.0  # A_M / sA_M below which x is not normal enough for first order


def ratio_interval(
    *,
    numerator: float,
    numerator_std: float,
    denominator: float,
    denominator_std: float,
    z: float,
) -> tuple[float, float]:
    r"""Compute the interval of a ratio of two normal numbers (Fieller).

    .. math:: \frac{HM \mp \sqrt{(HM)^2 - (M^2 - z^2 s_M^2)(H^2 - z^2 s_H^2)}}{M^2 - z^2 s_M^2}

    Exact for normal, uncorrelated H and M whatever their size. A denominator below
    :math:`z s_M` leaves the ratio without an upper limit.

    Parameters
    ----------
    numerator
        H.
    numerator_std
        :math:`s_H`.
    denominator
        M, of a quantity that cannot be negative.
    denominator_std
        :math:`s_M`.
    z
        Standard normal quantile, 1.96 for 95 %.

    Returns
    -------
    :
        Lower and upper end; ``inf`` where there is no upper limit, ``-inf`` as well where the data
        say nothing at all.

    References
    ----------
    Fieller, J. R. Stat. Soc. B 16, 175 (1954), doi:10.1111/j.2517-6161.1954.tb00159.x.

    Examples
    --------
    >>> low, high = ratio_interval(
    ...     numerator=300, numerator_std=5, denominator=10, denominator_std=1, z=1.96)
    >>> print(f"{low:.2f} {high:.2f}")
    25.00 37.39
    """
    product = numerator * denominator
    below = denominator**2 - (z * denominator_std) ** 2
    above = numerator**2 - (z * numerator_std) ** 2
    inside = product**2 - below * above
    if below > 0:
        root = sqrt(max(inside, 0.0))
        return (product - root) / below, (product + root) / below
    if above <= 0 or numerator < 0:
        return -inf, inf
    return above / (product + sqrt(inside)), inf


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """Signal over noise per root scan of one record, whether the line was detected or not."""

    value: float
    std: float
    detected: bool

    @property
    def measured(self) -> bool:
        return isfinite(self.value) and isfinite(self.std)

    @property
    def relative_std(self) -> float:
        return self.std / self.value


def _reading(observables: xr.Dataset, side: str, by: str) -> _Reading:
    schemas.check(observables, "observables/1")
    name = "amplitude" if by == "amplitude_per_scan" else by
    if name not in observables:
        msg = f"Found no {name} in the {side} observables; measure the line with lines.line."
        raise ValueError(msg)
    attrs = observables.attrs
    estimate = name.split("_")[0]
    if observables[name].attrs["quality"] == "value":
        value, std = float(observables[name]), float(observables[f"{name}_std"])
        detected = True
    else:
        value = float(attrs.get(f"{estimate}_estimate", nan))
        std = float(attrs.get(f"{estimate}_estimate_std", nan))
        detected = False
    unit = 1.0
    if by == "amplitude_per_scan":
        unit = float(attrs.get("n_scans", nan)) * float(attrs.get("receiver_gain", 1.0))
    return _Reading(value=value / unit, std=std / unit, detected=detected)


def hydrogen_content(
    hydrogen: xr.Dataset,
    metal: xr.Dataset,
    *,
    precursor_hydrogen: xr.Dataset,
    precursor_metal: xr.Dataset,
    precursor_h_per_metal: float,
    precursor_h_per_metal_std: float,
    factors: Mapping[str, Sequence[Factor]] | None = None,
    by: str = "snr_per_root_scan",
) -> xr.Dataset:
    r"""Measure hydrogen per metal atom against the precursor in the same cell.

    .. math:: x = x_0 \, \frac{S_H / \epsilon_H}{S_M / \epsilon_M}
        \Big/ \frac{S_{H,0} / \epsilon_{H,0}}{S_{M,0} / \epsilon_{M,0}}

    Valid if coil, tuning, pulses, receiver and the place of the sample are those of the precursor
    measurement. The interval is Fieller's, so it stays right for a faint metal line; where the
    metal signal is compatible with none, the content has no upper limit and is a lower bound.

    Parameters
    ----------
    hydrogen
        Observables of the hydrogen line, from :func:`megabar.observables.lines.line`.
    metal
        Those of the metal line in the same session.
    precursor_hydrogen
        Those of the hydrogen line of the precursor.
    precursor_metal
        Those of its metal line.
    precursor_h_per_metal
        :math:`x_0`, hydrogen per metal atom of the precursor.
    precursor_h_per_metal_std
        Its standard error.
    factors
        Side (one of :data:`SIDES`) -> its efficiencies, of :mod:`megabar.observables.efficiencies`
        or, for the actual pulses on the actual line, of
        :mod:`megabar.observables.pulse_efficiencies`. A side without any has efficiency 1.
    by
        One of :data:`COMPARISONS`. The amplitude needs an unchanged receiver; a signal over noise
        needs equal dwells, or the factor ``bandwidth`` on both sides.

    Returns
    -------
    :
        Observables with h_per_metal; attributes independent_relative_std and
        common_relative_std keep the two kinds of error apart, ``interval`` holds 95 %.

    Raises
    ------
    Undetermined
        If a line of the precursor was not detected.
    UnknownWord
        If factors name an unknown side.
    ValueError
        If nuclei do not match, the precursor content is not positive, or dwells differ without a
        factor ``bandwidth``.

    References
    ----------
    Fieller, J. R. Stat. Soc. B 16, 175 (1954), doi:10.1111/j.2517-6161.1954.tb00159.x.

    Examples
    --------
    >>> from megabar.observables.efficiencies import Factor
    >>> def seen(nucleus, snr, std):
    ...     return schemas.observables({"snr_per_root_scan": (snr, std)}, nucleus=nucleus,
    ...         metal="none", method="example", provenance="{}")
    >>> x = hydrogen_content(seen("1H", 300, 3), seen("139La", 3, 0.03),
    ...     precursor_hydrogen=seen("1H", 290, 3), precursor_metal=seen("139La", 10, 0.1),
    ...     precursor_h_per_metal=3.0, precursor_h_per_metal_std=0.05,
    ...     factors={"metal": [Factor(name="refocusing", value=0.500, std=0, source="example")],
    ...              "precursor_metal": [
    ...                  Factor(name="refocusing", value=0.783, std=0, source="example")]})
    >>> print(f"{x.h_per_metal:.2f}")  # 3 * 100 / 29 * 0.500 / 0.783
    6.61
    """
    sides = dict(zip(SIDES, (hydrogen, metal, precursor_hydrogen, precursor_metal), strict=True))
    for side in factors or {}:
        one_of(side, SIDES, name="side of the content")
    listed = {side: tuple((factors or {}).get(side, ())) for side in SIDES}
    one_of(by, COMPARISONS, name="comparison")
    _check_inputs(sides, precursor_h_per_metal, precursor_h_per_metal_std)
    if by == "snr_per_root_scan":
        _check_bandwidth(sides, listed)
    readings = {side: _reading(one, side, by) for side, one in sides.items()}
    scale = _scale_of(
        readings, listed, (precursor_h_per_metal, precursor_h_per_metal_std / precursor_h_per_metal)
    )
    answer = _answer(readings["hydrogen"], readings["metal"], scale)
    return _observables(sides, listed, scale, answer, by)


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """Content per signal ratio, and the relative errors that do not come from that ratio."""

    factor: float
    independent: float
    common: float
    precursor: tuple[float, float]
    precursor_ratio: float
    skewed: bool


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """One content: value, total error, its kind, and the numbers behind it."""

    value: float
    std: float
    quality: str
    estimate: float
    independent: float
    interval: tuple[float, float]


def _check_inputs(
    sides: Mapping[str, xr.Dataset], precursor_h_per_metal: float, precursor_std: float
) -> None:
    for side in SIDES[:2]:
        now, before = sides[side].attrs["nucleus"], sides[f"precursor_{side}"].attrs["nucleus"]
        if now != before:
            msg = f"Found {side} nucleus {now} now and {before} in the precursor; they must agree."
            raise ValueError(msg)
    if not (precursor_h_per_metal > 0 and precursor_std >= 0):
        msg = (
            f"Found precursor content {precursor_h_per_metal}({precursor_std}); the scale rests on "
            "it, so it must be positive, with an error that is not negative."
        )
        raise ValueError(msg)


def _check_bandwidth(
    sides: Mapping[str, xr.Dataset], listed: Mapping[str, Sequence[Factor]]
) -> None:
    for side in SIDES[:2]:
        pair = (side, f"precursor_{side}")
        dwells = [float(sides[one].attrs.get("dwell", nan)) for one in pair]
        told = all("bandwidth" in {factor.name for factor in listed[one]} for one in pair)
        if told or not all(map(isfinite, dwells)) or isclose(*dwells, rel_tol=1e-3):
            continue
        msg = (
            f"Found dwells of {dwells[0]:g} s now and {dwells[1]:g} s in the precursor for the "
            f"{side} line: its signal over noise changes by the root of that. Give the factor "
            "bandwidth(dwell=...) on both sides, or compare by='amplitude_per_scan'."
        )
        raise ValueError(msg)


def _scale_of(
    readings: Mapping[str, _Reading],
    listed: Mapping[str, Sequence[Factor]],
    precursor: tuple[float, float],
) -> _Scale:
    for side in SIDES[2:]:
        if not readings[side].detected:
            msg = (
                f"The {side.replace('_', ' ')} line was not detected, so there is no scale. "
                "Measure the precursor again, or calibrate another way."
            )
            raise Undetermined(msg, quality="no solution")
    hydrogen, metal = (readings[side] for side in SIDES[2:])
    efficiency = {side: prod(factor.value for factor in listed[side]) for side in SIDES}
    now = efficiency["metal"] / efficiency["hydrogen"]
    before = efficiency["precursor_metal"] / efficiency["precursor_hydrogen"]
    ratio = hydrogen.value / metal.value
    own = [f.relative_std for side in SIDES[:2] for f in listed[side] if not f.common]
    shared = [f.relative_std for side in SIDES[:2] for f in listed[side] if f.common]
    shared += [f.relative_std for side in SIDES[2:] for f in listed[side]]
    return _Scale(
        factor=precursor[0] / ratio * now / before,
        independent=hypot(*own),
        common=hypot(precursor[1], hydrogen.relative_std, metal.relative_std, *shared),
        precursor=precursor,
        precursor_ratio=ratio,
        skewed=metal.relative_std * _SKEWED_BELOW > 1,
    )


def _answer(hydrogen: _Reading, metal: _Reading, scale: _Scale) -> _Answer:
    if not (hydrogen.measured and metal.measured):
        return _Answer(
            value=nan, std=nan, quality="no solution", estimate=nan, independent=nan,
            interval=(-inf, inf),
        )  # fmt: skip
    estimate = scale.factor * hydrogen.value / metal.value
    other = hypot(scale.independent, scale.common)

    def interval(z: float) -> tuple[float, float]:
        return ratio_interval(
            numerator=scale.factor * hydrogen.value,
            numerator_std=scale.factor * hypot(hydrogen.std, other * hydrogen.value),
            denominator=metal.value,
            denominator_std=metal.std,
            z=z,
        )

    low, high = interval(_Z95)
    independent = hypot(hydrogen.relative_std, metal.relative_std, scale.independent)
    value, std, quality = estimate, estimate * hypot(independent, scale.common), "value"
    if not isfinite(high):
        value, std, quality = (low, nan, "lower bound") if low > 0 else (nan, nan, "no solution")
    elif not hydrogen.detected:
        value, std, quality = max(high, 0.0), nan, "upper bound"
    elif metal.std * _SKEWED_BELOW > metal.value:
        inner = interval(1.0)
        std = (inner[1] - inner[0]) / 2
    return _Answer(
        value=value, std=std, quality=quality, estimate=estimate, independent=independent,
        interval=(low, high),
    )  # fmt: skip


def _observables(
    sides: Mapping[str, xr.Dataset],
    listed: Mapping[str, Sequence[Factor]],
    scale: _Scale,
    answer: _Answer,
    by: str,
) -> xr.Dataset:
    hydrogen, metal = sides["hydrogen"], sides["metal"]
    parameters = {
        "by": by,
        "precursor_h_per_metal": scale.precursor[0],
        "precursor_h_per_metal_relative_std": scale.precursor[1],
        "factors": {side: [vars(factor) for factor in listed[side]] for side in SIDES},
    }
    found = schemas.observables(
        {"h_per_metal": (answer.value, answer.std)},
        nucleus=hydrogen.attrs["nucleus"],
        metal=metal.attrs["nucleus"],
        method=f"quantitative NMR, calibrated on the precursor, {by.replace('_', ' ')} at t = 0",
        provenance=provenance.record(
            step="observables.hydrogen_content",
            parameters=parameters,
            inputs=[provenance.sha256_of_text(sides[side].attrs["provenance"]) for side in SIDES],
        ),
        quality=answer.quality,
        started_at=hydrogen["started_at"].values,
        attrs={
            "independent_relative_std": answer.independent,
            "common_relative_std": scale.common,
            "estimate": answer.estimate,
            "interval": list(answer.interval),
            "interval_probability": 0.95,
            "precursor_ratio": scale.precursor_ratio,
            "factors": json.dumps(parameters["factors"], sort_keys=True),
            "assumptions": list(_ASSUMPTIONS),
        },
    )
    warnings = [w for side in SIDES for w in schemas.warnings_of(sides[side])]
    if scale.skewed:
        warnings.append(
            "The metal line of the precursor is below ten times its error; the common scale error "
            "is larger and less symmetric than first order says."
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
