"""What a fit says: values, absolute errors, and how it ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from megabar.errors import one_of
from megabar.fitting.models import Array
from megabar.fitting.problem import Problem
from megabar.fitting.projection import Linearised, linearise, pseudo_inverse, without_error

Real = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Result of one fit; ``fit["fwhm"]`` is the pair (value, standard error).

    Parameters
    ----------
    names
        Unknowns: theta, then the real amplitudes (``c_real``, ``c_imag`` of a complex one).
    values, std, covariance
        Estimates (n,), absolute errors (n,) and covariance (n, n). Errors follow from the stated
        noise and are never rescaled by chi2. A number that the data do not determine, or one that
        stands at its bound, has the error inf; one that was held fixed has the error 0.
    chi2, degrees_of_freedom
        Sum of squared residuals over noise, complex points as pairs; number of independent reals
        minus number of free unknowns. A failed fit has chi2 = inf.
    at_bounds
        Names of the parameters that ended at a bound.
    residuals
        Data minus model (n_x,), in the unit of the data.
    success, reason
        Whether the fit arrived, and in words how it ended.
    engine
        Engine and version.
    evaluations
        Calls of the model.
    noise_origin
        "given", "given with covariance", or "estimated from the residuals".
    """

    names: tuple[str, ...]
    values: Real
    std: Real
    covariance: Real
    chi2: float
    degrees_of_freedom: int
    at_bounds: tuple[str, ...]
    residuals: Array
    success: bool
    reason: str
    engine: str
    evaluations: int
    noise_origin: str

    def __getitem__(self, name: str) -> tuple[float, float]:
        k = self._index(name)
        return float(self.values[k]), float(self.std[k])

    @property
    def chi2_probability(self) -> float:
        """Probability of a larger chi2 if model and noise are right; nan if noise was estimated."""
        if self.noise_origin.startswith("estimated") or self.degrees_of_freedom < 1:
            return float("nan")
        from scipy.special import chdtrc

        return float(chdtrc(self.degrees_of_freedom, self.chi2))

    def covariance_of(self, *names: str) -> Real:
        """Return the covariance of some unknowns, in the order in which they are named."""
        chosen = [self._index(name) for name in names]
        return self.covariance[np.ix_(chosen, chosen)]

    def derived(self, function: Callable[..., float], *names: str) -> tuple[float, float]:
        """Compute a quantity from some unknowns, with its linearised error.

        Parameters
        ----------
        function
            Takes the named unknowns in their order.
        names
            What it takes.

        Returns
        -------
        :
            Value and standard error; inf if an unknown that it depends on is not determined.
        """
        chosen = [self._index(name) for name in names]
        centre, spread = self.values[chosen], self.std[chosen]
        value = float(function(*centre))
        if not np.all(np.isfinite(spread)):
            return value, float("inf")
        steps = np.diag(1e-3 * spread)
        rises = [function(*(centre + s)) - function(*(centre - s)) for s in steps]
        slopes = np.divide(rises, 2e-3 * spread, out=np.zeros(len(chosen)), where=spread > 0)
        return value, float(np.sqrt(slopes @ self.covariance_of(*names) @ slopes))

    def as_start(self, *names: str) -> dict[str, float]:
        """Return values by name, all if none is named, to start the next fit from."""
        return {name: self[name][0] for name in names or self.names}

    def _index(self, name: str) -> int:
        return self.names.index(one_of(name, self.names, name="unknown of the fit"))


@dataclass(frozen=True, kw_only=True)
class SharedFit:
    """Result of a fit in which the rows of a series share some parameters.

    Parameters
    ----------
    shared
        Names of the shared parameters.
    rows
        One `Fit` for each row, with all its names; the shared ones repeat. Errors contain what
        the shared parameters contribute.
    shared_covariance
        Covariance (q, q) of the shared parameters.
    sensitivity
        How each unknown of each row follows the shared ones (n_rows, n_names, q).
    chi2, degrees_of_freedom
        Of all rows together.
    success, reason
        As in `Fit`.
    """

    shared: tuple[str, ...]
    rows: tuple[Fit, ...]
    shared_covariance: Real
    sensitivity: Real
    chi2: float
    degrees_of_freedom: int
    success: bool
    reason: str

    def __getitem__(self, name: str) -> tuple[Real, Real]:
        """Return values and errors (n_rows,) of one unknown along the series."""
        pairs = np.array([row[name] for row in self.rows])
        return pairs[:, 0], pairs[:, 1]

    def covariance_along(self, name: str) -> Real:
        """Return the covariance (n_rows, n_rows) of one unknown between the rows.

        Rows are correlated through the shared parameters alone: a trend along the series has this
        covariance, not the errors of the rows one by one.
        """
        k = self.rows[0].names.index(one_of(name, self.rows[0].names, name="unknown of the fit"))
        leaning = self.sensitivity[:, k]
        covariance: Real = leaning @ self.shared_covariance @ leaning.T
        np.fill_diagonal(covariance, [row.std[k] ** 2 for row in self.rows])
        return covariance


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How an engine left one row: its word, and whether it arrived."""

    success: bool
    reason: str
    evaluations: int
    engine: str


def finish(
    problem: Problem, rows: Array, theta: Array, start: Array, endings: Sequence[Ending]
) -> list[Fit]:
    """Turn last iterates into results with errors.

    Parameters
    ----------
    problem
        The problem.
    rows
        Indices (n,) of its rows that are meant.
    theta
        Free parameters (n, k) where the engine left them.
    start
        Where it began (n, k): the scale on which a bound is near.
    endings
        One for each row.

    Returns
    -------
    :
        One result for each row.
    """
    theta = ascending(problem, theta)
    point = linearise(problem, theta, rows)
    scale = noise_scale(problem, rows, point)
    held = np.zeros(point.gram.shape[:2], dtype=bool)
    held[:, : problem.free.size] = at_bounds(
        problem, theta, start, _information(problem, point, scale)
    )
    covariance, undetermined = pseudo_inverse(point.gram, held=held)
    values = np.concatenate([problem.full_theta(theta, rows), point.amplitudes], axis=1)
    residuals = problem.y[rows] - point.curve
    return [
        row_result(
            problem,
            values=values[n],
            residuals=residuals[n],
            covariance=covariance[n] * scale[n],
            held=held[n],
            undetermined=undetermined[n],
            chi2=float(point.chi2[n] / scale[n]) if scale[n] > 0 else 0.0,
            degrees_of_freedom=problem.degrees_of_freedom,
            ending=endings[n],
        )
        for n in range(len(rows))
    ]


def noise_scale(problem: Problem, rows: Array, point: Linearised) -> Array:
    """Return the variance (n,) on the whitened rows, from the residuals if unknown."""
    if problem.whiten.origin.startswith("estimated"):
        return point.chi2 / problem.degrees_of_freedom
    return problem.whiten.scale[rows]


def at_bounds(problem: Problem, theta: Array, start: Array, information: Array) -> Array:
    """Tell which free parameters (n_rows, k) stand at a bound, from their Fisher information.

    At a bound means: within 1 % of the scale of the parameter, and nearer than a hundredth of the
    error it would have alone, so that no symmetric error can be claimed.
    """
    distance = np.minimum(np.abs(theta - problem.lower), np.abs(problem.upper - theta))
    size = np.maximum(np.abs(theta), np.abs(start))
    near = distance <= 0.01 * size
    flat = np.where(near, distance, 0.0) ** 2 * information <= 1e-4
    stuck: Array = (near & flat) | (distance == 0)
    return stuck


def _information(problem: Problem, point: Linearised, scale: Array) -> Array:
    """Return the Fisher information (n, k) of each free parameter by itself."""
    alone = np.einsum("nkk->nk", point.gram)[:, : problem.free.size]
    result: Array = alone / np.maximum(scale, np.finfo(float).tiny)[:, None]
    return result


def ascending(problem: Problem, theta: Array) -> Array:
    """Put interchangeable parameters in rising order, if all of them are free."""
    parameters = [problem.model.parameters[k] for k in problem.free]
    theta = theta.copy()
    for group in problem.model.ascending:
        if set(group) <= set(parameters):
            places = [parameters.index(name) for name in group]
            theta[:, places] = np.sort(theta[:, places], axis=1)
    return theta


def row_result(
    problem: Problem,
    *,
    values: Array,
    residuals: Array,
    covariance: Array,
    held: Array,
    undetermined: Array,
    chi2: float,
    degrees_of_freedom: int,
    ending: Ending,
) -> Fit:
    """Assemble the result of one row from what is known of its free unknowns.

    Parameters
    ----------
    problem
        The problem.
    values, residuals
        All unknowns (n_names,) and data minus model (n_x,).
    covariance
        Of the free unknowns (q, q).
    held, undetermined
        Which of these stand at a bound, or are not determined (q,).
    chi2, degrees_of_freedom, ending
        As in `Fit`.

    Returns
    -------
    :
        The result.
    """
    names = problem.model.names
    unknowns = problem.free_unknowns
    full = np.zeros((len(names), len(names)))
    lost_here = held | undetermined if ending.success else np.ones(len(unknowns), dtype=bool)
    full[np.ix_(unknowns, unknowns)] = without_error(covariance[None], lost_here[None])[0]
    bound = tuple(names[k] for k in unknowns[held])
    lost = tuple(names[k] for k in unknowns[undetermined])
    return Fit(
        names=names,
        values=values,
        std=np.sqrt(np.diagonal(full)),
        covariance=full,
        chi2=chi2 if ending.success else np.inf,
        degrees_of_freedom=degrees_of_freedom,
        at_bounds=bound,
        residuals=residuals,
        success=ending.success,
        reason=_reason(ending, bound, lost),
        engine=ending.engine,
        evaluations=ending.evaluations,
        noise_origin=problem.whiten.origin,
    )


def _reason(ending: Ending, bound: tuple[str, ...], lost: tuple[str, ...]) -> str:
    if not ending.success:
        return ending.reason
    words = [ending.reason]
    if bound:
        words.append(f"{', '.join(bound)} at a bound, without a symmetric error")
    if lost:
        words.append(f"the data do not determine {', '.join(lost)}")
    return "; ".join(words)
