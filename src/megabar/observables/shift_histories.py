"""Shifts over the weeks: how they drift, and whether cells drift alike.

The zero of the shift axis is common to all days of a cell. It moves a history as a whole and leaves
every drift as it is, so drifts are far better known than shifts.

Twin: none; :mod:`megabar.observables.composition_witness` reads a content from the same histories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import Undetermined
from megabar.observables.knight_shift import covariance_of_shifts
from megabar.observables.measured_words import measured

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

RARE: Final = 0.0455
"""Probability of a deviation of two standard errors or more; rarer ones count as real."""


@dataclass(frozen=True, kw_only=True)
class ShiftHistory:
    """Shifts of one nucleus in one cell, in the order of time.

    Parameters
    ----------
    cell, nucleus
        Which.
    elapsed
        Days since the heating (n,).
    shift
        (n,) [Hz/MHz].
    independent_std, common_std
        Error of each day alone, and that of the zero, which all share (n,) [Hz/MHz].
    """

    cell: str
    nucleus: str
    elapsed: NDArray[np.float64]
    shift: NDArray[np.float64]
    independent_std: NDArray[np.float64]
    common_std: NDArray[np.float64]

    def __post_init__(self) -> None:
        sizes = {np.shape(getattr(self, name)) for name in ("elapsed", "shift", "independent_std")}
        if len(sizes | {np.shape(self.common_std)}) != 1 or np.ndim(self.shift) != 1:
            msg = (
                f"Found a shift history of {self.nucleus} with columns of shapes {sorted(sizes)}; "
                "one entry for each day is needed in all of them."
            )
            raise ValueError(msg)
        if not np.all(np.asarray(self.independent_std) > 0):
            msg = (
                f"Found shifts of {self.nucleus} in {self.cell} without an error of their own; "
                "no drift can be weighed. Give each an error."
            )
            raise ValueError(msg)

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Covariance of the shifts (n, n) [(Hz/MHz)^2], the zero included."""
        return covariance_of_shifts(
            independent_std=self.independent_std, common_std=self.common_std
        )


def shift_history(history: xr.DataTree, *, nucleus: str) -> ShiftHistory:
    """Take the shifts of one nucleus after the heating from the history of a cell.

    Parameters
    ----------
    history
        DataTree of schema ``history/1``.
    nucleus
        Such as ``"139La"``.

    Returns
    -------
    :
        The shifts that are values, from day zero on.

    Raises
    ------
    Undetermined
        If there are no shifts of this nucleus.
    """
    if nucleus not in history.children or "shift" not in history[nucleus].data_vars:
        msg = f"Found no shifts of {nucleus} in {history.name}. Run a campaign with [reference]."
        raise Undetermined(msg, quality="no solution")
    table = history[nucleus].to_dataset()
    keep = (table["shift_quality"].values == "value") & (table["elapsed"].values >= 0)
    columns = {
        name: table[f"shift{suffix}"].values[keep]
        for name, suffix in (
            ("shift", ""),
            ("independent_std", "_independent_std"),
            ("common_std", "_common_std"),
        )
    }
    return ShiftHistory(
        cell=str(history.name),
        nucleus=nucleus,
        elapsed=table["elapsed"].values[keep],
        **columns,
    )


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A straight line through a shift history, and whether the shift moves at all.

    Parameters
    ----------
    cell, nucleus
        Which.
    slope, slope_std
        Hz/MHz per day; the zero of the axis does not enter.
    significance
        Slope over its error.
    at_zero, at_zero_independent_std, at_zero_common_std
        Shift of the line at day zero and the two parts of its error [Hz/MHz].
    chi2, points, probability
        Of the straight line, and how often chance alone does as badly; nan for two points.
    constant_probability
        How often chance alone makes a constant shift move as much.
    sentence
        In words.
    """

    cell: str
    nucleus: str
    slope: float
    slope_std: float
    significance: float
    at_zero: float
    at_zero_independent_std: float
    at_zero_common_std: float
    chi2: float
    points: int
    probability: float
    constant_probability: float
    sentence: str


def drift_of(history: ShiftHistory) -> Drift:
    r"""Fit a straight line to a shift history.

    .. math:: \delta_i = \delta_0 + s t_i, \quad w_i = 1 / \sigma_{\text{own},i}^2

    The common error moves all points together and goes into :math:`\delta_0` alone.

    Parameters
    ----------
    history
        At least two days.

    Returns
    -------
    :
        Slope, its error, and how well a line or a constant describes the history.

    Raises
    ------
    Undetermined
        If there are fewer than two different days.

    Examples
    --------
    >>> history = ShiftHistory(cell="c", nucleus="139La", elapsed=np.array([0.0, 10.0, 20.0]),
    ...     shift=np.array([900.0, 1200.0, 1500.0]), independent_std=np.full(3, 10.0),
    ...     common_std=np.full(3, 200.0))
    >>> drift = drift_of(history)
    >>> print(f"{drift.slope:.1f}({drift.slope_std:.1f}) per day")
    30.0(0.7) per day
    """
    time, shift, own = (
        np.asarray(column, dtype=np.float64)
        for column in (history.elapsed, history.shift, history.independent_std)
    )
    if np.unique(time).size < 2:
        msg = (
            f"Found {time.size} shifts of {history.nucleus} in {history.cell} on fewer than two "
            "days; they have no drift. Measure on another day."
        )
        raise Undetermined(msg, quality="no solution")
    design = np.column_stack([np.ones_like(time), time])
    chi2, parameters, covariance = _weighted(design, shift, own)
    constant, _, _ = _weighted(design[:, :1], shift, own)
    slope, std = float(parameters[1]), float(np.sqrt(covariance[1, 1]))
    weights = own**-2
    probability = chance(chi2, time.size - 2)
    constant_probability = chance(constant, time.size - 1)
    return Drift(
        cell=history.cell,
        nucleus=history.nucleus,
        slope=slope,
        slope_std=std,
        significance=slope / std,
        at_zero=float(parameters[0]),
        at_zero_independent_std=float(np.sqrt(covariance[0, 0])),
        at_zero_common_std=float(weights @ history.common_std / weights.sum()),
        chi2=chi2,
        points=int(time.size),
        probability=probability,
        constant_probability=constant_probability,
        sentence=_drift_words(history, slope, std, probability, constant_probability),
    )


def _weighted(
    design: NDArray[np.float64], values: NDArray[np.float64], std: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Chi2, parameters and covariance of a linear fit with independent errors."""
    scaled = design / std[:, None]
    covariance = np.asarray(np.linalg.inv(scaled.T @ scaled), dtype=np.float64)
    parameters = covariance @ (scaled.T @ (values / std))
    residual = (values - design @ parameters) / std
    return float(residual @ residual), parameters, covariance


def chance(chi2: float, degrees: int) -> float:
    """Compute how often chance alone gives a chi2 as large or larger.

    Parameters
    ----------
    chi2
        Sum of squared deviations over their variance.
    degrees
        Number of degrees of freedom.

    Returns
    -------
    :
        Probability; nan without a degree of freedom.

    Examples
    --------
    >>> print(f"{chance(4.0, 1):.4f}")
    0.0455
    """
    from scipy.special import gammaincc

    return float(gammaincc(degrees / 2, chi2 / 2)) if degrees > 0 else float("nan")


def _drift_words(
    history: ShiftHistory, slope: float, std: float, line: float, constant: float
) -> str:
    who = f"{history.nucleus} shift of {history.cell}"
    moved = ("+" if slope > 0 else "") + measured(slope, std, "Hz/MHz per day")
    if constant >= RARE and abs(slope) < 2 * std:
        return f"The {who} does not move beyond its errors: {moved}."
    words = f"The {who} drifts by {moved}, z = {slope / std:.1f}"
    if line < RARE:
        return f"{words}; no straight line describes it, so this is a mean over the weeks."
    return f"{words}. The error of the zero does not enter."


@dataclass(frozen=True, kw_only=True)
class DriftComparison:
    """Drifts of several cells beside each other.

    Parameters
    ----------
    drifts
        One for each cell.
    slope, slope_std
        Their weighted mean [Hz/MHz per day].
    chi2, probability
        Of one slope for all, and how often chance alone does as badly.
    alike
        Whether one slope describes all.
    sentence
        In words.
    """

    drifts: tuple[Drift, ...]
    slope: float
    slope_std: float
    chi2: float
    probability: float
    alike: bool
    sentence: str


def compare_drifts(histories: Sequence[ShiftHistory]) -> DriftComparison:
    """Ask whether several cells drift alike.

    A change of the copper Knight shift that all cells share, and the zero of each, drop out.

    Parameters
    ----------
    histories
        Of one nucleus in at least two cells.

    Returns
    -------
    :
        The mean drift and whether it describes all cells.

    Raises
    ------
    Undetermined
        If a history has no drift.
    ValueError
        If there are fewer than two, or several nuclei.

    Examples
    --------
    >>> def history(cell, slope):
    ...     days = np.array([0.0, 10.0, 20.0])
    ...     return ShiftHistory(cell=cell, nucleus="139La", elapsed=days, shift=900 + slope * days,
    ...         independent_std=np.full(3, 10.0), common_std=np.full(3, 200.0))
    >>> compare_drifts([history("a", 30.0), history("b", 31.0)]).alike
    True
    """
    nuclei = {history.nucleus for history in histories}
    if len(histories) < 2 or len(nuclei) != 1:
        msg = (
            f"Found {len(histories)} histories of {', '.join(sorted(nuclei)) or 'no nucleus'}; two "
            "or more of one nucleus are needed to compare cells."
        )
        raise ValueError(msg)
    drifts = tuple(drift_of(history) for history in histories)
    slopes = np.array([drift.slope for drift in drifts])
    stds = np.array([drift.slope_std for drift in drifts])
    chi2, (mean,), ((variance,),) = _weighted(np.ones((slopes.size, 1)), slopes, stds)
    probability = chance(chi2, slopes.size - 1)
    return DriftComparison(
        drifts=drifts,
        slope=float(mean),
        slope_std=float(np.sqrt(variance)),
        chi2=chi2,
        probability=probability,
        alike=probability >= RARE,
        sentence=_comparison_words(drifts, float(mean), float(np.sqrt(variance)), probability),
    )


def _comparison_words(drifts: Sequence[Drift], mean: float, std: float, probability: float) -> str:
    who = f"{len(drifts)} cells"
    if probability >= RARE:
        return (
            f"{who} drift alike: {mean:+.3g}({std:.2g}) Hz/MHz per day in the mean (probability "
            f"{probability:.2g})."
        )
    listed = ", ".join(f"{d.cell} {d.slope:+.3g}({d.slope_std:.2g})" for d in drifts)
    return f"{who} do not drift alike (probability {probability:.1g}): {listed} Hz/MHz per day."
