"""What the figures draw: series over days, spectra over days, relaxation curves with their fit."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.special import gammaincc

from megabar.report import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import xarray as xr
    from numpy.typing import NDArray

    from megabar.history import Number

_MISFIT: Final = 1e-3


@dataclass(frozen=True, kw_only=True)
class Series:
    """One observable of one cell over the days, in the unit in which it is shown.

    Parameters
    ----------
    cell
        Name of the cell.
    index
        Number of the cell within the campaign, which decides its colour.
    elapsed
        Days since heating, (n,), rising.
    value
        (n,); nan where there is no number.
    std
        Independent standard error, (n,).
    common
        Standard error that all points share, (n,), or None.
    quality
        A term of :data:`megabar.schemas.QUALITIES` per point.
    readings
        Smallest and largest value on other readings of the scale, (n,) each, or None where the
        scale was measured.
    readings_are
        What the readings are, for the legend.
    """

    cell: str
    index: int
    elapsed: NDArray[np.float64]
    value: NDArray[np.float64]
    std: NDArray[np.float64]
    common: NDArray[np.float64] | None
    quality: tuple[str, ...]
    readings: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    readings_are: str = "other readings of the scale"

    def where(self, *terms: str) -> NDArray[np.bool_]:
        """Tell which points have one of these qualities.

        Parameters
        ----------
        terms
            Qualities.

        Returns
        -------
        :
            (n,).
        """
        found: NDArray[np.bool_] = np.array([term in terms for term in self.quality], dtype=bool)
        return found


@dataclass(frozen=True, kw_only=True)
class StraightLine:
    """A straight line through the values of a series; a description of them, not a law.

    Parameters
    ----------
    slope, slope_std
        Change per day, and its total standard error.
    slope_independent_std
        The part of the error that comes from the independent errors alone.
    at_zero
        Value at the day of heating.
    chi2, degrees_of_freedom
        Of the residuals over the independent errors.
    first, last
        Days between which it was drawn.
    """

    slope: float
    slope_std: float
    slope_independent_std: float
    at_zero: float
    chi2: float
    degrees_of_freedom: int
    first: float
    last: float

    @property
    def straight(self) -> bool:
        """Whether noise alone gives such residuals with a probability above 0.1 percent."""
        return bool(gammaincc(self.degrees_of_freedom / 2, self.chi2 / 2) > _MISFIT)


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One spectrum of a waterfall.

    Parameters
    ----------
    elapsed
        Days since heating.
    axis
        Shift [Hz/MHz], or offset from the carrier [kHz] where no reference is known.
    height
        Real part over its largest value, same shape.
    position, width
        Of the fitted line, in the unit of the axis.
    referenced
        Whether the axis is a shift.
    """

    elapsed: float
    axis: NDArray[np.float64]
    height: NDArray[np.float64]
    position: float
    width: float
    referenced: bool

    def within(self, low: float, high: float, *, most: int) -> Trace:
        """Cut it to a stretch of its axis, in no more points than paper shows.

        Parameters
        ----------
        low, high
            Ends of the stretch, in the unit of the axis.
        most
            Number of points that it may keep; neighbours are averaged beyond.

        Returns
        -------
        :
            The same spectrum, shorter.
        """
        chosen = (self.axis >= low) & (self.axis <= high)
        axis, height = self.axis[chosen], self.height[chosen]
        group = max(1, math.ceil(axis.size / most))
        whole = axis.size - axis.size % group
        return replace(
            self,
            axis=axis[:whole].reshape(-1, group).mean(axis=1),
            height=height[:whole].reshape(-1, group).mean(axis=1),
        )


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One relaxation measurement: points, the model at them, and the residuals.

    Parameters
    ----------
    elapsed
        Days since heating.
    time
        Delay or echo time [s], (n,), rising.
    points, std, model
        (n,), all over the same scale.
    fine_time, fine_model
        The model between the points, joined without overshoot, for the eye.
    """

    elapsed: float
    time: NDArray[np.float64]
    points: NDArray[np.float64]
    std: NDArray[np.float64]
    model: NDArray[np.float64]
    fine_time: NDArray[np.float64]
    fine_model: NDArray[np.float64]


def series_from_history(history: xr.DataTree, *, node: str, name: str, index: int) -> Series | None:
    """Take one observable out of the history of a cell.

    Parameters
    ----------
    history
        History of one cell.
    node
        ``"1H"``, ``"139La"``, ``"content"``, ``"63Cu"``, ...
    name
        Name of the observable.
    index
        Number of the cell within the campaign.

    Returns
    -------
    :
        Points that exist or that say why they do not; None if nobody looked for any.
    """
    if node not in history.children or name not in history[node].data_vars:
        return None
    table = history[node].to_dataset()
    qualities = [str(term) for term in np.atleast_1d(table[f"{name}_quality"].values)]
    sought = np.array([term != "" for term in qualities], dtype=bool)
    if not sought.any():
        return None
    factor = numbers.display_of(name).factor
    independent = f"{name}_independent_std"
    std = independent if independent in table else f"{name}_std"
    common = f"{name}_common_std"
    order = np.argsort(table["elapsed"].values[sought], kind="stable")

    def column(key: str) -> NDArray[np.float64]:
        whole = np.asarray(table[key].values, dtype=np.float64)
        return np.asarray(whole[sought][order] * factor)

    return Series(
        cell=str(history.attrs["cell"]),
        index=index,
        elapsed=np.asarray(table["elapsed"].values, dtype=np.float64)[sought][order],
        value=column(name),
        std=column(std),
        common=column(common) if common in table else None,
        quality=tuple(np.array(qualities)[sought][order]),
    )


def witness_node(nucleus: str) -> str:
    """Name the node of the contents that the shift of a nucleus tells.

    Parameters
    ----------
    nucleus
        Its name.

    Returns
    -------
    :
        As in the history of a cell.
    """
    return f"{nucleus} shift"


def with_readings(series: Series, rows: Iterable[Number]) -> Series:
    """Add what contents would be on other readings of their scale.

    Parameters
    ----------
    series
        The contents of a cell.
    rows
        Numbers of the same cell.

    Returns
    -------
    :
        The series; unchanged if its scale was measured.
    """
    found = {
        row.elapsed: row.details["alternative_contents"]
        for row in rows
        if row.node == "content" and row.details.get("alternative_contents")
    }
    if not found:
        return series
    each = [
        [value, *found.get(day, ())]
        for day, value in zip(series.elapsed, series.value, strict=True)
    ]
    ends = (np.array([min(row) for row in each]), np.array([max(row) for row in each]))
    return replace(series, readings=ends)


def straight_line(series: Series) -> StraightLine | None:
    r"""Draw the weighted straight line through what a series says after heating.

    .. math:: \min_{a, b} \sum_i \left(\frac{y_i - a - b t_i}{\sigma_i}\right)^2

    Only independent errors weigh. An error that all points share is taken as one of scale, as
    that of a calibration: its relative size enters the error of the slope in quadrature. Errors
    are not rescaled by chi2.

    Parameters
    ----------
    series
        Points over days; bounds, failures and points before heating are left out.

    Returns
    -------
    :
        The line, or None with fewer than three points.
    """
    use = series.where("value") & (series.elapsed >= 0) & (series.std > 0)
    use &= np.isfinite(series.value)
    if np.count_nonzero(use) < 3 or np.ptp(series.elapsed[use]) == 0:
        return None
    time, value, std = series.elapsed[use], series.value[use], series.std[use]
    design = np.stack([np.ones_like(time), time]) / std
    covariance = np.linalg.inv(design @ design.T)
    at_zero, slope = covariance @ (design @ (value / std))
    residuals = (value - at_zero - slope * time) / std
    independent = math.sqrt(covariance[1, 1])
    shared = 0.0
    if series.common is not None:
        shared = abs(slope * series.common[use][-1] / value[-1])
    return StraightLine(
        slope=float(slope),
        slope_std=math.hypot(independent, shared),
        slope_independent_std=independent,
        at_zero=float(at_zero),
        chi2=float(residuals @ residuals),
        degrees_of_freedom=len(time) - 2,
        first=float(time[0]),
        last=float(time[-1]),
    )


def curve_from_details(details: Mapping[str, Any], *, elapsed: float) -> Curve | None:
    """Take the points and the model of a relaxation measurement out of its details.

    Parameters
    ----------
    details
        What the estimator left beside its numbers: ``curve_x``, ``curve_y``, ``curve_y_std``,
        ``curve_fit``.
    elapsed
        Days since heating.

    Returns
    -------
    :
        The curve over the largest absolute value of its model; None if the details hold none.
    """
    if not {"curve_x", "curve_y", "curve_y_std", "curve_fit"} <= details.keys():
        return None
    time = np.asarray(details["curve_x"], dtype=np.float64)
    model = np.asarray(details["curve_fit"], dtype=np.float64)
    scale = float(np.max(np.abs(model), initial=0.0))
    if time.size == 0 or not math.isfinite(scale) or scale == 0:
        return None
    order = np.argsort(time, kind="stable")
    points = np.asarray(details["curve_y"], dtype=np.float64)
    std = np.broadcast_to(np.asarray(details["curve_y_std"], dtype=np.float64), points.shape)
    fine_time, fine_model = _joined(time[order], model[order] / scale)
    return Curve(
        elapsed=elapsed,
        time=time[order],
        points=points[order] / scale,
        std=std[order] / scale,
        model=model[order] / scale,
        fine_time=fine_time,
        fine_model=fine_model,
    )


def _joined(
    time: NDArray[np.float64], model: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Join the model between its points by monotone cubics over the logarithm of time."""
    drawn, first = np.unique(time, return_index=True)
    first, drawn = first[drawn > 0], drawn[drawn > 0]
    if drawn.size < 3:
        return drawn, model[first]
    fine = np.geomspace(drawn[0], drawn[-1], 160)
    join = PchipInterpolator(np.log(drawn), model[first])
    return fine, np.asarray(join(np.log(fine)), dtype=np.float64)


def spread(count: int, most: int) -> list[int]:
    """Choose which of many members are drawn: first, last, and evenly between.

    Parameters
    ----------
    count
        How many there are.
    most
        How many may be drawn.

    Returns
    -------
    :
        Rising indices without repetition.

    Examples
    --------
    >>> spread(3, 5), spread(10, 4)
    ([0, 1, 2], [0, 3, 6, 9])
    """
    if count <= most:
        return list(range(count))
    return sorted({round(k) for k in np.linspace(0, count - 1, most)})
