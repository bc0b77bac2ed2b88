r"""Which law a falling critical temperature follows, if the data can tell one from another.

.. math:: T = T_0, \quad T_0 + \Delta\,[t > t_j], \quad T_p + (T_0 - T_p) e^{-t/\tau}, \quad
    T_p + (T_0 - T_p) e^{-(t/\tau)^\beta}, \quad T_r + s\,(x(t) - x_r), \quad
    T_r + \frac{dT}{dP} (P(t) - P_r)

Laws are compared by AICc, and by how well each predicts a point that it has not seen. "Constant" is
always among them. Where the data end before two time constants, plateau and time are not told
apart, and what is given is the initial slope and the ratio at the last day.

Twin: ``superconductivity.anchors``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, hypot, inf, isfinite, log, nan
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import fitting
from megabar.errors import FitFailed, Undetermined
from megabar.observables.measured_words import measured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.observables.tc_series import TcSeries

_ENOUGH_FOR_BETA: Final = 8
_ENOUGH_TIMES: Final = 2.0  # time constants that a plateau needs
_LARGEST_BETA: Final = 1.5
_CLEAR: Final = 10.0  # of AICc: below, the data do not tell two laws apart


@dataclass(frozen=True, kw_only=True)
class TcLaw:
    """One law fitted to one series.

    Parameters
    ----------
    name
        ``"constant"``, ``"jump"``, ``"exponential"``, ``"stretched"``, ``"composition"`` or
        ``"pressure"``.
    values
        Parameter -> value and standard error: temperatures [K], times [day].
    chi2, degrees_of_freedom
        Misfit.
    aicc
        Corrected information criterion; inf for more unknowns than the points can carry.
    left_out
        Mean over the points of the squared deviation, in its error, of a point from what the others
        predict.
    identified
        Whether every parameter is determined by itself.
    sentence
        What is determined, in words.
    """

    name: str
    values: Mapping[str, tuple[float, float]]
    chi2: float
    degrees_of_freedom: int
    aicc: float
    left_out: float
    identified: bool
    sentence: str


@dataclass(frozen=True, kw_only=True)
class TcComparison:
    """All laws of one series, the best first.

    Parameters
    ----------
    cell
        Its name.
    laws
        By AICc, rising.
    sentence
        Whether they are told apart.
    """

    cell: str
    laws: tuple[TcLaw, ...]
    sentence: str


def compare(
    series: TcSeries,
    *,
    jump_at: float | None = None,
    h_per_metal: NDArray[np.float64] | None = None,
    pressure: NDArray[np.float64] | None = None,
) -> TcComparison:
    """Fit all laws that the data allow, and say what tells them apart.

    Parameters
    ----------
    series
        Critical temperatures of one cell.
    jump_at
        Day of a logged event, an electrode or a load, if there was one.
    h_per_metal
        Hydrogen per metal at the same days, (n,), where NMR measured it.
    pressure
        Pressure at the same days [Pa], (n,), where somebody logged it.

    Returns
    -------
    :
        The laws.

    Raises
    ------
    Undetermined
        If there are fewer than three points.
    ValueError
        If a covariate has not one value for each point.

    References
    ----------
    Hurvich, Tsai, Biometrika 76, 297 (1989), doi:10.1093/biomet/76.2.297.

    Examples
    --------
    >>> from megabar.observables.tc_series import TcSeries
    >>> day = np.linspace(0, 60, 13)
    >>> noise = np.random.default_rng(1).normal(size=day.size)
    >>> series = TcSeries(cell="A", elapsed=day, value=80 + 80 * np.exp(-day / 12) + noise,
    ...                   std=np.ones(day.size), criterion="midpoint", direction=1)
    >>> compare(series).laws[0].name
    'exponential'
    """
    if series.value.size < 3:
        msg = f"Found {series.value.size} points of {series.cell}; three are the least for a law."
        raise Undetermined(msg, quality="not determined")
    covariates = {"composition": h_per_metal, "pressure": pressure}
    for name, along in covariates.items():
        if along is not None and np.shape(along) != series.value.shape:
            msg = f"Found {np.shape(along)} of {name} for {series.value.size} points; one for each."
            raise ValueError(msg)
    tasks = list(_tasks(series, jump_at, covariates))
    laws = [law for law in (_fitted(series, task) for task in tasks) if law is not None]
    ordered = tuple(sorted(laws, key=lambda one: one.aicc))
    return TcComparison(cell=series.cell, laws=ordered, sentence=_told_apart(ordered))


@dataclass(frozen=True, kw_only=True)
class _Task:
    """A law: its model over an abscissa, and where to start."""

    name: str
    model: fitting.Model
    along: NDArray[np.float64]
    starts: Sequence[Mapping[str, float]]
    bounds: Mapping[str, tuple[float, float]]


def _tasks(
    series: TcSeries, jump_at: float | None, covariates: Mapping[str, NDArray[np.float64] | None]
) -> Any:
    day = series.elapsed - series.elapsed[0]
    span = float(day[-1]) or 1.0
    yield _linear("constant", ("level",), day)
    if jump_at is not None:
        stepped = (series.elapsed > jump_at).astype(float)
        yield _linear("jump", ("before", "jump"), stepped)
    times = [{"time_constant": share * span} for share in (0.15, 0.5, 1.5)]
    limits = {"time_constant": (span / 200, 20 * span)}
    yield _Task(
        name="exponential", model=fitting.exponential_decay(offset=True), along=day,
        starts=times, bounds=limits,
    )  # fmt: skip
    if day.size >= _ENOUGH_FOR_BETA:
        yield _Task(
            name="stretched", model=fitting.stretched_decay(offset=True), along=day,
            starts=[{**one, "stretching": beta} for one in times for beta in (0.6, 1.0)],
            bounds={**limits, "stretching": (0.05, _LARGEST_BETA)},
        )  # fmt: skip
    for name, along in covariates.items():
        if along is not None:
            yield _linear(name, ("level", "slope"), np.asarray(along) - along[0])


def _straight(amplitudes: tuple[str, ...]) -> fitting.Model:
    def kernel(x: NDArray[Any], theta: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        powers = np.stack([x**order for order in range(len(amplitudes))])
        shape = (*theta.shape[:-1], *powers.shape)
        return np.broadcast_to(powers, shape), np.zeros((*theta.shape, *powers.shape))

    return fitting.from_kernel(
        kernel, name="straight line", parameters=(), amplitudes=amplitudes, lower=()
    )


def _linear(name: str, amplitudes: tuple[str, ...], along: NDArray[np.float64]) -> _Task:
    return _Task(name=name, model=_straight(amplitudes), along=along, starts=[{}], bounds={})


def _fit(task: _Task, series: TcSeries) -> fitting.Fit | None:
    """Give the best of the fits from all starts, or None where none arrives."""
    found = []
    for start in task.starts:
        try:
            one = fitting.fit(
                task.model, task.along, series.value, start=start,
                noise_std=series.std, bounds=task.bounds,
            )  # fmt: skip
        except (FitFailed, Undetermined):
            continue
        found.append(one)
    return min(found, key=lambda one: one.chi2) if found else None


def _fitted(series: TcSeries, task: _Task) -> TcLaw | None:
    size = series.value.size
    unknowns = len(task.model.names)
    if unknowns >= size:
        return None
    best = _fit(task, series)
    if best is None:
        return None
    values = {name: best[name] for name in best.names}
    identified = all(isfinite(std) for _, std in values.values())
    sentence = ", ".join(f"{name} {_number(*pair)}" for name, pair in values.items())
    if task.name in ("exponential", "stretched"):
        span = float(task.along[-1])
        enough = span >= _ENOUGH_TIMES * best["time_constant"][0]
        identified = identified and enough and not best.at_bounds
        if not identified:
            sentence = _what_is_known(best, task, span)
    return TcLaw(
        name=task.name,
        values=values,
        chi2=best.chi2,
        degrees_of_freedom=best.degrees_of_freedom,
        aicc=_aicc(best.chi2, unknowns, size),
        left_out=_left_out(series, task, best),
        identified=identified,
        sentence=sentence,
    )


def _number(value: float, std: float) -> str:
    return measured(value, std, "") if isfinite(std) else f"{value:.4g} (error not determined)"


def _aicc(chi2: float, unknowns: int, size: int) -> float:
    room = size - unknowns - 1
    return chi2 + 2 * unknowns + 2 * unknowns * (unknowns + 1) / room if room > 0 else inf


def _what_is_known(best: fitting.Fit, task: _Task, span: float) -> str:
    """Say what a curve determines that ends before its plateau: first slope and last ratio."""
    start, end = (
        task.model.evaluate([day], best.values)[0] for day in (min(1e-3 * span, 1e-3), span)
    )
    after = task.model.evaluate([0.05 * span], best.values)[0]
    slope = (after - start) / (0.05 * span)
    return (
        "plateau and time are not told apart: the data end before two time constants. Determined "
        f"are the initial slope, {slope:.3g} K a day, and the ratio at the last day, "
        f"{end / start:.3f}"
    )


def _left_out(series: TcSeries, task: _Task, best: fitting.Fit) -> float:
    """Give the mean square, in its error, of each point's distance from what the others say.

    By the leverage h of each point, residual / (1 - h): exact for laws linear in their unknowns.
    """
    count = len(task.model.parameters)
    basis, slopes = task.model.both(task.along, best.values[:count])
    moving = best.values[count : count + slopes.shape[-2]]
    columns = np.concatenate([np.einsum("c,pcx->px", moving, slopes), basis]) / series.std
    orthogonal, _ = np.linalg.qr(columns.T)
    leverage = np.sum(orthogonal**2, axis=1)
    if np.any(leverage > 1 - 1e-9):
        return nan
    return float(np.mean((best.residuals / series.std / (1 - leverage)) ** 2))


def _told_apart(laws: Sequence[TcLaw]) -> str:
    if len(laws) < 2:
        return (
            f"Only the law {laws[0].name!r} could be fitted." if laws else "No law could be fitted."
        )
    best = laws[0]
    near = [one.name for one in laws[1:] if one.aicc - best.aicc < _CLEAR]
    if near:
        return (
            f"The law {best.name!r} describes the points best, but they do not exclude "
            f"{', '.join(near)} (AICc within {_CLEAR:g})."
        )
    return f"The law {best.name!r} describes the points; the next, {laws[1].name!r}, is " + (
        f"{laws[1].aicc - best.aicc:.0f} of AICc behind."
    )


@dataclass(frozen=True, kw_only=True)
class TimeScales:
    """Time of one decay over that of another.

    Parameters
    ----------
    ratio
        Of the two.
    low, high
        Its 95 % interval.
    sentence
        What follows.
    """

    ratio: float
    low: float
    high: float
    sentence: str


def time_scales(tc_time: tuple[float, float], content_time: tuple[float, float]) -> TimeScales:
    r"""Compare how fast a critical temperature and a hydrogen content fall.

    .. math:: \ln\frac{\tau_{T}}{\tau_{x}} \pm 1.96
        \sqrt{(\sigma_T/\tau_T)^2 + (\sigma_x/\tau_x)^2}

    Samples and geometries of transport and NMR cells differ; equal times are a parallel, no proof.

    Parameters
    ----------
    tc_time
        Time constant of the critical temperature and its standard error [day].
    content_time
        That of the content of another cell [day].

    Returns
    -------
    :
        The ratio, its interval, and whether the two agree.

    Raises
    ------
    Undetermined
        If one of the times has no finite error.

    Examples
    --------
    >>> print(time_scales((10.0, 1.0), (26.0, 2.0)).sentence)
    The critical temperature falls 2.6 times as fast as the content (95 %: 2.0 to 3.3).
    """
    stds = [std / value for value, std in (tc_time, content_time)]
    if not all(isfinite(one) for one in stds):
        msg = "Found a time constant that its data do not determine; there is nothing to compare."
        raise Undetermined(msg, quality="not determined")
    middle, spread = log(tc_time[0] / content_time[0]), 1.96 * hypot(*stds)
    ratio, low, high = exp(middle), exp(middle - spread), exp(middle + spread)
    if low <= 1 <= high:
        words = f"Critical temperature and content fall alike: ratio of times {ratio:.2g} (95 %: "
        words += f"{low:.2g} to {high:.2g})."
    else:
        faster, size = ("faster", 1 / ratio) if ratio < 1 else ("slower", ratio)
        ends = (1 / high, 1 / low) if ratio < 1 else (low, high)
        amount = "as fast as" if faster == "faster" else "as slowly as"
        words = (
            f"The critical temperature falls {size:.2g} times {amount} the content (95 %: "
            f"{ends[0]:.1f} to {ends[1]:.1f})."
        )
    return TimeScales(ratio=ratio, low=low, high=high, sentence=words)
