"""Amplitudes and shifts as two witnesses of one content: the same story, or not.

Two questions, two tests. *On the same scale?* The contents are compared with all their errors,
those common to each series included. *In the same course?* One is laid on the other by a straight
line whose slope and height are free. No common error enters then, and of the calibration only its
shape: a straight line between two anchors has none.

Twin: :mod:`megabar.observables.composition_witness`, which reads a content from a shift.

References
----------
York, Evensen, Martinez, De Basabe Delgado, Am. J. Phys. 72, 367 (2004), doi:10.1119/1.1632486
(lines with errors of both coordinates).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan
from typing import TYPE_CHECKING

import numpy as np

from megabar.errors import Undetermined
from megabar.observables.measured_words import measured
from megabar.observables.shift_histories import RARE, chance

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from megabar.observables.composition_witness import WitnessedContents


@dataclass(frozen=True, kw_only=True)
class ContentSeries:
    """Contents from amplitudes, one for each shift that they are compared with.

    Parameters
    ----------
    cell
        Which cell.
    content
        H per metal (n,).
    independent_std
        Error of each alone (n,).
    common_relative_std
        Relative error of the scale that all share.
    """

    cell: str
    content: NDArray[np.float64]
    independent_std: NDArray[np.float64]
    common_relative_std: float


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What a shift says to the contents of one cell.

    Parameters
    ----------
    cell, nucleus
        Which cell, and whose shift.
    points
        Days that were compared.
    chi2, probability, agrees
        Of equal contents, all errors counted; how often chance alone does as badly; and whether
        that is not rare.
    scale, scale_std
        Content by amplitude over content by shift, and its error, those of both scales included.
    relative_slope, relative_slope_std
        Move of the content by amplitude over that by shift; 1 on the same scale.
    relative_chi2, relative_probability
        Of a straight line between the two; nan with fewer than three points.
    relative_agrees
        Whether both keep to one line; None where neither moves, or there are too few points.
    content_moves, shift_moves
        Whether each changes beyond its own errors.
    sentence
        The verdict in words.
    """

    cell: str
    nucleus: str
    points: int
    chi2: float
    probability: float
    agrees: bool
    scale: float
    scale_std: float
    relative_slope: float
    relative_slope_std: float
    relative_chi2: float
    relative_probability: float
    relative_agrees: bool | None
    content_moves: bool
    shift_moves: bool
    sentence: str


def agreement_with(series: ContentSeries, *, witness: WitnessedContents) -> Agreement:
    r"""Compare the contents of a cell with those that a shift tells.

    .. math:: \chi^2 = d^\mathsf{T} (C_\text{shift} + C_\text{amplitude})^{-1} d, \quad
        C_\text{amplitude} = \operatorname{diag}(\sigma^2) + s^2 \bar{x} \bar{x}^\mathsf{T}

    with the differences d and the relative error s of the scale. It multiplies the mean of both
    series and not one of them: a scale error that follows the noise of its own points pulls low.
    The two scales are taken as independent of each other. Points that the shift cannot place
    within its error are left out.

    Parameters
    ----------
    series
        Contents from amplitudes (n,).
    witness
        Contents from shifts of the same sessions (n,).

    Returns
    -------
    :
        Both tests and the verdict.

    Raises
    ------
    Undetermined
        If no point can be compared.
    ValueError
        If the series differ in length, or a content has no error of its own.

    Examples
    --------
    >>> from megabar.observables.composition_witness import Calibration, content_from_shift
    >>> own = Calibration(nucleus="139La", shift=(2950.0, 900.0), shift_std=(10.0, 10.0),
    ...                   h_per_metal=(3.0, 10.5), h_per_metal_std=(0.1, 0.2), between="linear",
    ...                   source="two samples of known content")
    >>> witness = content_from_shift(calibration=own, shift=[900.0, 1500.0, 2100.0],
    ...                              independent_std=[5.0] * 3, common_std=[20.0] * 3)
    >>> contents = ContentSeries(cell="c", content=np.array([10.6, 8.4, 6.1]),
    ...                          independent_std=np.full(3, 0.15), common_relative_std=0.05)
    >>> agreement_with(contents, witness=witness).agrees
    True
    """
    _check(series, witness)
    keep = np.flatnonzero(witness.comparable)
    if keep.size == 0:
        msg = (
            f"Found no {witness.nucleus} shift of {series.cell} within the anchors of the "
            "calibration, so it says nothing about the content. Extend the calibration."
        )
        raise Undetermined(msg, quality="not determined")
    x, own = series.content[keep], series.independent_std[keep]
    y, covariance = witness.continued[keep], witness.covariance[np.ix_(keep, keep)]
    mean = (x + y) / 2
    total = covariance + np.diag(own**2) + series.common_relative_std**2 * np.outer(mean, mean)
    difference = x - y
    chi2 = float(difference @ np.linalg.solve(total, difference))
    probability = chance(chi2, keep.size)
    scale, scale_std = _scale(x, y, total)
    line = _line(x, own, y, witness.continued_std[keep])
    moves = _moves(x, own), _moves(witness.shift[keep], witness.shift_std[keep])
    relative = _relative_verdict(line.probability, moves)
    return Agreement(
        cell=series.cell,
        nucleus=witness.nucleus,
        points=int(keep.size),
        chi2=chi2,
        probability=probability,
        agrees=probability >= RARE,
        scale=scale,
        scale_std=scale_std,
        relative_slope=line.slope,
        relative_slope_std=line.slope_std,
        relative_chi2=line.chi2,
        relative_probability=line.probability,
        relative_agrees=relative,
        content_moves=moves[0],
        shift_moves=moves[1],
        sentence=_sentence(
            witness.nucleus,
            f"chi2 {chi2:.1f} on {keep.size} points, probability {probability:.2g}",
            agrees=probability >= RARE,
            relative=relative,
            moves=moves,
            scale=(scale, scale_std),
        ),
    )


def _check(series: ContentSeries, witness: WitnessedContents) -> None:
    sizes = {np.size(series.content), np.size(series.independent_std), witness.shift.size}
    if len(sizes) != 1:
        msg = (
            f"Found series of {sorted(sizes)} points; contents and shifts of the same sessions are "
            "compared. Pair them first."
        )
        raise ValueError(msg)
    if not (np.all(series.independent_std > 0) and np.all(witness.shift_std > 0)):
        msg = (
            f"Found contents or shifts of {series.cell} without an error of their own; nothing can "
            "be weighed. Give each an error."
        )
        raise ValueError(msg)


def _scale(
    x: NDArray[np.float64], y: NDArray[np.float64], total: NDArray[np.float64]
) -> tuple[float, float]:
    """Give x/y and its error from the mean relative difference, which treats both alike."""
    middle = (x + y) / 2
    covariance = total / np.outer(middle, middle)
    weights = 1 / np.diag(covariance)
    weights /= weights.sum()
    half = float(np.clip(weights @ ((x - y) / middle) / 2, -0.99, 0.99))
    std = float(np.sqrt(weights @ covariance @ weights))
    return (1 + half) / (1 - half), std / (1 - half) ** 2


@dataclass(frozen=True, kw_only=True)
class _Line:
    slope: float
    slope_std: float
    chi2: float
    probability: float


def _line(
    y: NDArray[np.float64],
    y_std: NDArray[np.float64],
    x: NDArray[np.float64],
    x_std: NDArray[np.float64],
) -> _Line:
    """Lay a straight line through points with errors of both coordinates."""
    from scipy.optimize import minimize_scalar

    if y.size < 2 or np.ptp(x) == 0:
        return _Line(slope=nan, slope_std=nan, chi2=nan, probability=nan)
    unit = np.ptp(y) / np.ptp(x) or float(np.mean(y_std) / np.ptp(x))

    def chi2(angle: ArrayLike) -> NDArray[np.float64]:
        slope = unit * np.tan(np.asarray(angle, dtype=np.float64))[..., None]
        weights = 1 / (y_std**2 + (slope * x_std) ** 2)
        residual = y - slope * x
        height = (weights * residual).sum(-1, keepdims=True) / weights.sum(-1, keepdims=True)
        return np.asarray((weights * (residual - height) ** 2).sum(-1), dtype=np.float64)

    angles = np.linspace(-np.pi / 2, np.pi / 2, 182)[1:-1]
    best = angles[np.argmin(chi2(angles))]
    step = angles[1] - angles[0]
    bounds = (max(best - step, angles[0]), min(best + step, angles[-1]))
    found = minimize_scalar(chi2, bounds=bounds, method="bounded", options={"xatol": 1e-12})
    slope = unit * np.tan(found.x)
    weights = 1 / (y_std**2 + (slope * x_std) ** 2)
    spread = x - weights @ x / weights.sum()
    return _Line(
        slope=float(slope),
        slope_std=float(1 / np.sqrt(weights @ spread**2)),
        chi2=float(found.fun),
        probability=chance(float(found.fun), y.size - 2),
    )


def _moves(values: NDArray[np.float64], std: NDArray[np.float64]) -> bool:
    weights = std**-2
    residual = values - weights @ values / weights.sum()
    probability = chance(float(weights @ residual**2), values.size - 1)
    return not isnan(probability) and probability < RARE


def _relative_verdict(probability: float, moves: tuple[bool, bool]) -> bool | None:
    """One line for both, or not; where only one moves there is no common course."""
    if moves[0] != moves[1]:
        return False
    if not moves[0] or isnan(probability):
        return None
    return probability >= RARE


def _sentence(
    nucleus: str,
    numbers: str,
    *,
    agrees: bool,
    relative: bool | None,
    moves: tuple[bool, bool],
    scale: tuple[float, float],
) -> str:
    who = f"{nucleus} shift and H per metal by amplitudes"
    course = {
        True: "With slope and height free both keep to one straight line.",
        False: _different_course(nucleus, moves),
        None: "With slope and height free the points say nothing about a common course.",
    }[relative]
    if agrees and relative is not False:
        return f"{who} tell the same story: {numbers}. {course}"
    if agrees:
        return f"{who} agree within the errors of both scales ({numbers}), but {course}"
    apart = f"the amplitudes give {measured(*scale, '')} times what the shift gives"
    if relative:
        return (
            f"{who} do not tell the same story: {numbers}; {apart}. {course} So the scales "
            "differ, not the course: look at the calibration of either."
        )
    return f"{who} do not tell the same story: {numbers}; {apart}. {course[0].upper()}{course[1:]}"


def _different_course(nucleus: str, moves: tuple[bool, bool]) -> str:
    if moves == (True, False):
        return f"the content moves while the {nucleus} shift stays within its errors."
    if moves == (False, True):
        return f"the {nucleus} shift moves while the content stays within its errors."
    return "even with slope and height free the two keep to no common straight line."
