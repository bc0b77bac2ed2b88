"""A fit before it starts: data, noise, which unknowns are free, where they begin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from megabar.errors import Undetermined
from megabar.fitting.models import Array, Model, index_of
from megabar.fitting.noise import Whitening, whitening


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Data, noise, and which unknowns are free.

    Parameters
    ----------
    model
        The model.
    x
        Abscissa (n_x,).
    y
        Data (n_rows, n_x) as given.
    rows
        Whitened data (n_rows, n_white) as reals.
    whiten
        How.
    theta
        Nonlinear parameters (n_rows, p), nan where free.
    known
        Real amplitudes (n_rows, m), nan where free.
    free
        Indices of the free parameters.
    lower, upper
        Bounds of the free parameters.
    """

    model: Model
    x: Array
    y: Array
    rows: Array
    whiten: Whitening
    theta: Array
    known: Array
    free: Array
    lower: Array
    upper: Array

    @property
    def free_amplitudes(self) -> Array:
        """Indices of the free real amplitudes."""
        return np.flatnonzero(np.isnan(self.known[0]))

    @property
    def free_unknowns(self) -> Array:
        """Indices of all free unknowns among the names of the model, parameters first."""
        return np.concatenate([self.free, len(self.model.parameters) + self.free_amplitudes])

    @property
    def degrees_of_freedom(self) -> int:
        """Independent reals of one row minus its free unknowns."""
        return int(self.rows.shape[1] - self.free.size - self.free_amplitudes.size)

    def full_theta(self, theta: Array, rows: Array) -> Array:
        """Put free values (n, k) among the fixed ones."""
        full = self.theta[rows].copy()
        full[:, self.free] = theta
        return full


def prepare(
    model: Model,
    x: ArrayLike,
    y: ArrayLike,
    *,
    noise: Mapping[str, ArrayLike | None],
    fixed: Mapping[str, ArrayLike] | None,
    bounds: Mapping[str, tuple[float, float]] | None,
) -> Problem:
    """Check the data of a fit and sort its unknowns.

    Parameters
    ----------
    model
        The model.
    x, y
        Abscissa (n_x,) and data (n_rows, n_x).
    noise
        ``noise_std`` and ``noise_covariance``, see `noise.whitening`.
    fixed
        Values of unknowns that are held, numbers or (n_rows,).
    bounds
        Bounds of nonlinear parameters that replace those of the model.

    Returns
    -------
    :
        The problem.

    Raises
    ------
    ValueError
        If shapes do not fit, values are not finite, or names are unknown.
    Undetermined
        If there are fewer independent points than free unknowns.
    """
    abscissa, data = _checked(model, x, y)
    rule = whitening(
        model,
        data,
        noise_std=noise.get("noise_std"),
        noise_covariance=noise.get("noise_covariance"),
    )
    values = _held(model, fixed or {}, len(data))
    count = len(model.parameters)
    free = np.flatnonzero(np.isnan(values[0, :count]))
    lower, upper = _limits(model, bounds or {})
    problem = Problem(
        model=model,
        x=abscissa,
        y=data,
        rows=rule(data, np.arange(len(data))),
        whiten=rule,
        theta=values[:, :count],
        known=values[:, count:],
        free=free,
        lower=lower[free],
        upper=upper[free],
    )
    least = 1 if rule.origin.startswith("estimated") else 0
    if problem.degrees_of_freedom < least:
        msg = (
            f"Found {problem.rows.shape[1]} independent reals for "
            f"{problem.rows.shape[1] - problem.degrees_of_freedom} free unknowns"
            f"{' and the noise' if least else ''}. Fix some, or measure more points."
        )
        raise Undetermined(msg, quality="no solution")
    return problem


def starts(problem: Problem, start: Mapping[str, ArrayLike] | ArrayLike) -> Array:
    """Return the free parameters (n_rows, k) to start from, inside the bounds.

    Parameters
    ----------
    problem
        The problem.
    start
        Values by name, numbers or (n_rows,), or an array (p,) or (n_rows, p) in the order of the
        model's parameters. Names of amplitudes are ignored: they need no start.

    Returns
    -------
    :
        Start values.

    Raises
    ------
    ValueError
        If one is missing, unknown, not finite or out of bounds.
    """
    names = [problem.model.parameters[k] for k in problem.free]
    shape = (len(problem.rows), problem.free.size)
    if isinstance(start, Mapping):
        for name in start:
            index_of(problem.model, name)
        missing = [name for name in names if name not in start]
        if missing:
            msg = f"Found no start for {', '.join(missing)}. Every free parameter needs one."
            raise ValueError(msg)
        columns = [np.broadcast_to(np.asarray(start[name], float), shape[:1]) for name in names]
        theta = np.stack(columns, axis=-1) if columns else np.zeros(shape)
    else:
        given = np.asarray(start, dtype=np.float64)
        if given.shape[-1:] != (len(problem.model.parameters),):
            msg = (
                f"Found {given.shape} start values for the parameters "
                f"{', '.join(problem.model.parameters)}. Give one each, or name them."
            )
            raise ValueError(msg)
        theta = np.broadcast_to(given[..., problem.free], shape).copy()
    _check_inside(problem, theta, names)
    return theta


def engine_name(kind: str, package: Any) -> str:
    """Name an engine with the version of the package that holds it."""
    return f"{kind}, {package.__name__} {package.__version__}"


def _checked(model: Model, x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    abscissa = np.asarray(x, dtype=np.float64)
    data = np.asarray(y)
    if data.ndim != 2 or abscissa.shape != data.shape[1:]:
        msg = (
            f"Found x of shape {abscissa.shape} and y of shape {np.shape(y)}. "
            "Give x (n_x,) and the data along their last axis."
        )
        raise ValueError(msg)
    if not (np.all(np.isfinite(abscissa)) and np.all(np.isfinite(data))):
        bad = int(np.sum(~np.isfinite(data)) + np.sum(~np.isfinite(abscissa)))
        msg = f"Found {bad} values that are not finite; every sum would be lost. Leave them out."
        raise ValueError(msg)
    if model.complex_amplitudes and not np.iscomplexobj(data):
        msg = f"Found real data for {model.name!r}, whose amplitude is complex. Give its phase."
        raise ValueError(msg)
    return abscissa, data


def _held(model: Model, fixed: Mapping[str, ArrayLike], count: int) -> Array:
    values = np.full((count, len(model.names)), np.nan)
    for name, value in fixed.items():
        values[:, index_of(model, name)] = value
        if not np.all(np.isfinite(np.asarray(value))):
            msg = f"Found {name} fixed at {value!r}. Fix it at a finite number or leave it free."
            raise ValueError(msg)
    return values


def _limits(model: Model, bounds: Mapping[str, tuple[float, float]]) -> tuple[Array, Array]:
    lower = np.array(model.lower, dtype=np.float64)
    upper = np.array(model.upper, dtype=np.float64)
    for name, (low, high) in bounds.items():
        k = index_of(model, name)
        if k >= lower.size:
            msg = (
                f"Found bounds for the amplitude {name}; a clipped amplitude has no honest error. "
                "Fit it free and judge its sign afterwards."
            )
            raise ValueError(msg)
        if not low < high:
            msg = f"Found bounds {low:g}, {high:g} for {name}. The lower must be below the upper."
            raise ValueError(msg)
        lower[k], upper[k] = low, high
    return lower, upper


def _check_inside(problem: Problem, theta: Array, names: list[str]) -> None:
    inside = (theta >= problem.lower) & (theta <= problem.upper) & np.isfinite(theta)
    if not np.all(inside):
        row, k = np.argwhere(~inside)[0]
        msg = (
            f"Found start {names[k]} = {theta[row, k]:g}, outside its bounds "
            f"{problem.lower[k]:g} to {problem.upper[k]:g}. Start inside."
        )
        raise ValueError(msg)
