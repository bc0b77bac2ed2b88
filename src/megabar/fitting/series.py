"""Many fits at once: batched Levenberg-Marquardt with eliminated amplitudes.

Every row has its own damping and leaves the batch when it has arrived; a row that fails never stops
the others. Twin of `least_squares`, whose engine is scipy's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from megabar.fitting.models import Array, Model
from megabar.fitting.problem import Problem, engine_name, prepare, starts
from megabar.fitting.projection import block_size, linearise, projected_hessian
from megabar.fitting.results import Ending, Fit, finish

_ARRIVED = 1e-9  # remaining decrease of chi2, relative to chi2 or what the noise gives it
_EXACT = 1e-22  # the same, relative to the squared data: they are then met to rounding
_FIRST_DAMPING, _LAST_DAMPING = 1e-3, 1e12
_MOST_STEPS = 200


def fit_series(
    model: Model,
    x: ArrayLike,
    y: ArrayLike,
    *,
    start: Mapping[str, ArrayLike] | ArrayLike,
    noise_std: ArrayLike | None,
    noise_covariance: ArrayLike | None = None,
    fixed: Mapping[str, ArrayLike] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    warm_start: bool = True,
) -> tuple[Fit, ...]:
    """Fit every row of a series by itself.

    Parameters
    ----------
    model
        Model from this folder or of your own.
    x
        Abscissa (n_x,).
    y
        Data (n_rows, n_x).
    start
        As in `least_squares.fit`; values may also be (n_rows,), an array (n_rows, p).
    noise_std, noise_covariance
        As in `least_squares.fit`; the level may also be (n_rows, 1) or (n_rows, n_x).
    fixed, bounds
        As in `least_squares.fit`; fixed values may be (n_rows,).
    warm_start
        Whether the series helps its rows: if all have one start, it is first improved on the
        co-added series (each row weighted by its overlap with the strongest), and rows that fail
        are tried again from the nearest row that succeeded.

    Returns
    -------
    :
        One result for each row. A row that did not arrive has ``success`` False, chi2 and errors
        inf, and its last iterate; nothing is raised for it.

    Raises
    ------
    Undetermined, ValueError
        As in `least_squares.fit`, for the series as a whole.

    References
    ----------
    Marquardt, J. Soc. Ind. Appl. Math. 11, 431 (1963), doi:10.1137/0111030.

    Examples
    --------
    >>> import numpy as np
    >>> from megabar.fitting.curves import exponential_decay
    >>> time = np.linspace(0, 5, 50)
    >>> rows = np.array([[3.0], [2.0]]) * np.exp(-time / np.array([[2.0], [1.0]]))
    >>> fits = fit_series(exponential_decay(), time, rows, noise_std=0.01,
    ...                   start={"time_constant": 1.5})
    >>> [round(fit["time_constant"][0], 4) for fit in fits]
    [2.0, 1.0]
    """
    problem = prepare(
        model,
        x,
        y,
        noise={"noise_std": noise_std, "noise_covariance": noise_covariance},
        fixed=fixed,
        bounds=bounds,
    )
    first = starts(problem, start)
    if warm_start and len(first) > 1 and np.all(first == first[0]):
        first = np.broadcast_to(_common_start(problem, first[0]), first.shape)
    results = _fit_rows(problem, np.arange(len(first)), first)
    if warm_start:
        _try_again(problem, results)
    return tuple(results)


def _fit_rows(problem: Problem, rows: Array, first: Array) -> list[Fit]:
    size = block_size(problem)
    results: list[Fit] = []
    for begin in range(0, len(rows), size):
        part = slice(begin, begin + size)
        theta, endings = minimise(problem, rows[part], first[part])
        results += finish(problem, rows[part], theta, first[part], endings)
    return results


def _common_start(problem: Problem, first: Array) -> Array:
    """Improve one start on the co-added series; return it unchanged if that fit fails."""
    strongest = problem.rows[np.argmax(np.einsum("nx,nx->n", problem.rows, problem.rows))]
    weights = problem.rows @ strongest
    total = np.linalg.norm(weights) or 1.0
    row = np.zeros(1, dtype=int)
    together = replace(
        problem,
        rows=(weights / total @ problem.rows)[None],
        theta=problem.theta[:1],
        known=problem.known[:1],
    )
    theta, (ending,) = minimise(together, row, first[None])
    return theta[0] if ending.success else first


def _try_again(problem: Problem, results: list[Fit]) -> None:
    arrived = np.array([fit.success for fit in results])
    if not arrived.any():
        return
    good = np.flatnonzero(arrived)
    failed = np.flatnonzero(~arrived)
    for row in failed:
        nearest = results[good[np.argmin(np.abs(good - row))]].values[problem.free]
        again = _fit_rows(problem, np.array([row]), nearest[None])[0]
        if again.success:
            results[row] = again


@dataclass
class _Batch:
    """Iterates of the rows that are still under way."""

    rows: Array
    theta: Array
    damping: Array
    chi2: Array
    gradient: Array
    gram: Array

    def only(self, which: Array) -> "_Batch":
        return _Batch(**{name: value[which] for name, value in vars(self).items()})


def minimise(problem: Problem, rows: Array, first: Array) -> tuple[Array, list[Ending]]:
    """Minimise chi2 of some rows, each from its own start.

    Parameters
    ----------
    problem
        The problem.
    rows
        Indices (n,) of its rows.
    first
        Start of the free parameters (n, k).

    Returns
    -------
    theta
        Last iterates (n, k).
    endings
        How each row ended.
    """
    theta = np.array(first)
    words = np.full(len(rows), "steps exhausted", dtype=object)
    calls = np.ones(len(rows), dtype=int)
    places = np.arange(len(rows))
    point = linearise(problem, theta, rows)
    batch = _Batch(
        rows=np.asarray(rows),
        theta=theta.copy(),
        damping=np.full(len(rows), _FIRST_DAMPING),
        chi2=point.chi2,
        gradient=point.gradient,
        gram=point.gram,
    )
    for _ in range(_MOST_STEPS):
        hessian, gradient = _inside(problem, batch)
        full_step = _solved(hessian, gradient, 0.0 * batch.damping)
        arrived = _arrived(problem, batch, full_step, gradient)
        lost = (batch.damping > _LAST_DAMPING) | ~np.isfinite(batch.chi2)
        landing = np.clip(batch.theta + full_step, problem.lower, problem.upper)
        theta[places[arrived]] = landing[arrived]
        theta[places[~arrived]] = batch.theta[~arrived]
        words[places[arrived]] = ""
        words[places[lost & ~arrived]] = "no step lowers chi2"
        going = ~(arrived | lost)
        if not going.any():
            break
        places = places[going]
        batch = batch.only(going)
        _step(problem, batch, hessian[going], gradient[going])
        theta[places] = batch.theta
        calls[places] += 1
    engine = engine_name("batched Levenberg-Marquardt", np)
    return theta, [
        Ending(
            success=not word,
            reason=word or "chi2 is stationary",
            evaluations=int(count) + 1,
            engine=engine,
        )
        for word, count in zip(words, calls, strict=True)
    ]


def _inside(problem: Problem, batch: _Batch) -> tuple[Array, Array]:
    """Return Hessian and gradient without the directions that lead out of bounds."""
    count = problem.free.size
    hessian = projected_hessian(batch.gram, count)
    gradient = batch.gradient
    out = ((batch.theta <= problem.lower) & (gradient < 0)) | (
        (batch.theta >= problem.upper) & (gradient > 0)
    )
    if out.any():
        gradient = np.where(out, 0.0, gradient)
        hessian = np.where(out[:, :, None] | out[:, None, :], 0.0, hessian)
    return hessian, gradient


def _solved(hessian: Array, gradient: Array, damping: Array) -> Array:
    """Solve (H + damping diag H) step = gradient; directions without curvature stay."""
    diagonal = np.einsum("nkk->nk", hessian)
    norms = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = hessian / norms[:, :, None] / norms[:, None, :]
    extra = np.where(diagonal > 0, damping[:, None] + 1e-13, 1.0)
    scaled = scaled + extra[:, :, None] * np.eye(hessian.shape[-1])
    right = np.where(diagonal > 0, gradient / norms, 0.0)
    step: Array = np.linalg.solve(scaled, right[..., None])[..., 0] / norms
    return step


def _arrived(problem: Problem, batch: _Batch, step: Array, gradient: Array) -> Array:
    """Tell which rows have nothing left to gain, by the decrease that a full step promises."""
    promised = np.einsum("nk,nk->n", step, gradient)
    enough = smallest_gain(problem, batch.rows, batch.chi2)
    arrived: Array = (np.abs(promised) <= enough) & np.isfinite(batch.chi2)
    return arrived


def smallest_gain(problem: Problem, rows: Array, chi2: Array) -> Array:
    """Return the decrease of chi2 (n,), before scaling, that is not worth a step."""
    data = problem.rows[rows]
    typical = chi2
    if not problem.whiten.origin.startswith("estimated"):
        typical = np.maximum(chi2, problem.degrees_of_freedom * problem.whiten.scale[rows])
    gain: Array = np.maximum(_ARRIVED * typical, _EXACT * np.einsum("nx,nx->n", data, data))
    return gain


def _step(problem: Problem, batch: _Batch, hessian: Array, gradient: Array) -> None:
    step = _solved(hessian, gradient, batch.damping)
    trial = np.clip(batch.theta + step, problem.lower, problem.upper)
    point = linearise(problem, trial, batch.rows)
    better = point.chi2 < batch.chi2
    batch.damping = np.where(better, batch.damping / 10, batch.damping * 10)
    batch.theta = np.where(better[:, None], trial, batch.theta)
    batch.chi2 = np.where(better, point.chi2, batch.chi2)
    batch.gradient = np.where(better[:, None], point.gradient, batch.gradient)
    batch.gram = np.where(better[:, None, None], point.gram, batch.gram)
