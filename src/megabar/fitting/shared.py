r"""One fit of a whole series whose rows share some parameters and own the rest.

The normal matrix is a block arrow: own unknowns of a row meet those of other rows only through the
shared ones, so that rows are eliminated one by one and the cost grows with their number. With
blocks A_i (own), B_i (own by shared) and C (shared),
:math:`\mathrm{cov}(s) = (C - \sum_i B_i^T A_i^{-1} B_i)^{-1}` and own unknowns of rows i and j have
the covariance :math:`\delta_{ij} A_i^{-1} + M_i \, \mathrm{cov}(s) \, M_j^T`,
:math:`M_i = A_i^{-1} B_i`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from megabar.errors import FitFailed, one_of
from megabar.fitting.models import Array, Model
from megabar.fitting.problem import Problem, engine_name, prepare, starts
from megabar.fitting.projection import (
    in_blocks,
    projected_hessian,
    pseudo_inverse,
    solve_gram,
    without_error,
)
from megabar.fitting.results import Ending, Fit, SharedFit, ascending, at_bounds, row_result
from megabar.fitting.series import smallest_gain

_FIRST_DAMPING, _LAST_DAMPING = 1e-3, 1e12
_MOST_STEPS = 200


def fit_shared(
    model: Model,
    x: ArrayLike,
    y: ArrayLike,
    *,
    shared: Sequence[str],
    start: Mapping[str, ArrayLike] | ArrayLike,
    noise_std: ArrayLike | None,
    noise_covariance: ArrayLike | None = None,
    fixed: Mapping[str, ArrayLike] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> SharedFit:
    """Fit a series whose rows share some nonlinear parameters.

    Parameters
    ----------
    model
        Model from this folder or of your own.
    x
        Abscissa (n_x,).
    y
        Data (n_rows, n_x).
    shared
        Names of the nonlinear parameters that all rows share; the others and all amplitudes are
        each row's own.
    start
        As in `series.fit_series`; one value for each shared parameter.
    noise_std, noise_covariance
        As in `series.fit_series`; None means one unknown level for all rows.
    fixed, bounds
        As in `series.fit_series`.

    Returns
    -------
    :
        Values with absolute errors, which contain what the shared parameters contribute. Degrees
        of freedom of a row count its own unknowns only.

    Raises
    ------
    FitFailed
        If the engine does not arrive; ``last`` is the result at its last iterate.
    Undetermined, ValueError
        As in `least_squares.fit`.

    Examples
    --------
    >>> import numpy as np
    >>> from megabar.fitting.curves import exponential_decay
    >>> time = np.linspace(0, 5, 50)
    >>> rows = np.array([[3.0], [1.0]]) * np.exp(-time / 2)
    >>> result = fit_shared(exponential_decay(), time, rows, noise_std=0.01,
    ...                     start={"time_constant": 1.0}, shared=["time_constant"])
    >>> result["amplitude"][0].round(4)
    array([3., 1.])
    """
    problem = prepare(
        model,
        x,
        y,
        noise={"noise_std": noise_std, "noise_covariance": noise_covariance},
        fixed=fixed,
        bounds=bounds,
    )
    common = _common(problem, shared)
    first = starts(problem, start)
    if np.any(np.ptp(first[:, common], axis=0) > 0):
        msg = "Found different starts for a shared parameter. Give one value for all rows."
        raise ValueError(msg)
    theta, ending = _minimise(problem, common, first)
    result = _finish(problem, common, theta, first, ending)
    if not result.success:
        msg = (
            f"Fit of {len(problem.rows)} rows with {model.name} stopped after {ending.evaluations} "
            f"evaluations: {ending.reason}; its last iterate is no result. Start closer."
        )
        raise FitFailed(msg, last=result, reason=ending.reason)
    return result


@dataclass(frozen=True, kw_only=True)
class _Arrow:
    """Normal equations: own blocks, arms, shared block, gradients, chi2, and when to stop."""

    own: Array
    arms: Array
    head: Array
    own_gradient: Array
    head_gradient: Array
    chi2: float
    smallest_gain: float

    def step(self, damping: float) -> tuple[Array, Array]:
        """Solve the damped equations for the steps of own (n, k) and shared (q,) parameters."""
        own = _damped(self.own, damping)
        head = _damped(self.head[None], damping)[0]
        leaning = solve_gram(own, self.arms)
        alone = solve_gram(own, self.own_gradient)
        schur = head - np.einsum("nkq,nkr->qr", self.arms, leaning)
        right = self.head_gradient - np.einsum("nkq,nk->q", self.arms, alone)
        together = solve_gram(schur[None], right[None])[0]
        return alone - leaning @ together, together


def _common(problem: Problem, shared: Sequence[str]) -> Array:
    """Return which free parameters (k,) are shared."""
    names = [problem.model.parameters[k] for k in problem.free]
    chosen = {one_of(name, names, name="shared parameter") for name in shared}
    return np.array([name in chosen for name in names], dtype=bool)


def _minimise(problem: Problem, common: Array, first: Array) -> tuple[Array, Ending]:
    theta, damping, calls = np.array(first), _FIRST_DAMPING, 1
    arrow = _normal_equations(problem, common, theta)
    word = "steps exhausted"
    for _ in range(_MOST_STEPS):
        landing, promised = _stepped(problem, common, theta, arrow, 0.0)
        if abs(promised) <= arrow.smallest_gain:
            theta, word = landing, ""
            break
        if damping > _LAST_DAMPING or not np.isfinite(arrow.chi2):
            word = "no step lowers chi2"
            break
        trial, _ = _stepped(problem, common, theta, arrow, damping)
        there = _normal_equations(problem, common, trial)
        calls += 1
        if there.chi2 < arrow.chi2:
            theta, arrow, damping = trial, there, damping / 10
        else:
            damping *= 10
    return theta, Ending(
        success=not word,
        reason=word or "chi2 is stationary",
        evaluations=calls + 1,
        engine=engine_name("block-arrow Levenberg-Marquardt", np),
    )


def _stepped(
    problem: Problem, common: Array, theta: Array, arrow: _Arrow, damping: float
) -> tuple[Array, float]:
    """Return where a step leads, inside the bounds, and the decrease of chi2 it promises."""
    arrow = _without_exits(problem, common, theta, arrow)
    own, together = arrow.step(damping)
    step = np.empty_like(theta)
    step[:, ~common] = own
    step[:, common] = together
    promised = np.sum(own * arrow.own_gradient) + np.sum(together * arrow.head_gradient)
    return np.clip(theta + step, problem.lower, problem.upper), float(promised)


def _without_exits(problem: Problem, common: Array, theta: Array, arrow: _Arrow) -> _Arrow:
    """Take out the directions that lead out of bounds."""
    low, high = theta <= problem.lower, theta >= problem.upper
    if not (low.any() or high.any()):
        return arrow
    own_out = (low[:, ~common] & (arrow.own_gradient < 0)) | (
        high[:, ~common] & (arrow.own_gradient > 0)
    )
    head_out = (low[0, common] & (arrow.head_gradient < 0)) | (
        high[0, common] & (arrow.head_gradient > 0)
    )
    return _Arrow(
        own=np.where(own_out[:, :, None] | own_out[:, None, :], 0.0, arrow.own),
        arms=np.where(own_out[:, :, None] | head_out, 0.0, arrow.arms),
        head=np.where(head_out[:, None] | head_out, 0.0, arrow.head),
        own_gradient=np.where(own_out, 0.0, arrow.own_gradient),
        head_gradient=np.where(head_out, 0.0, arrow.head_gradient),
        chi2=arrow.chi2,
        smallest_gain=arrow.smallest_gain,
    )


def _normal_equations(problem: Problem, common: Array, theta: Array) -> _Arrow:
    point = in_blocks(problem, theta, ("gram", "gradient", "chi2"))
    inverse = 1 / problem.whiten.scale
    hessian = projected_hessian(point["gram"], problem.free.size) * inverse[:, None, None]
    gradient = point["gradient"] * inverse[:, None]
    gain = smallest_gain(problem, np.arange(len(theta)), point["chi2"])
    return _Arrow(
        own=hessian[:, ~common][:, :, ~common],
        arms=hessian[:, ~common][:, :, common],
        head=hessian[:, common][:, :, common].sum(axis=0),
        own_gradient=gradient[:, ~common],
        head_gradient=gradient[:, common].sum(axis=0),
        chi2=float(np.sum(point["chi2"] * inverse)),
        smallest_gain=float(np.sum(gain * inverse)),
    )


def _damped(matrix: Array, damping: float) -> Array:
    """Add damping times the diagonal; directions without curvature get a unit one and stay."""
    diagonal = np.einsum("nkk->nk", matrix)
    extra = np.where(diagonal > 0, damping * diagonal, 1.0)
    damped: Array = matrix + extra[:, :, None] * np.eye(matrix.shape[-1])
    return damped


def _finish(
    problem: Problem, common: Array, theta: Array, first: Array, ending: Ending
) -> SharedFit:
    names = set(_names(problem, common))
    if all(names.isdisjoint(group) or names >= set(group) for group in problem.model.ascending):
        theta = ascending(problem, theta)
    point = in_blocks(problem, theta, ("gram", "chi2", "amplitudes", "curve"))
    count, q = len(theta), int(common.sum())
    freedom = count * (problem.degrees_of_freedom + q) - q
    scale = np.array(problem.whiten.scale)
    if problem.whiten.origin.startswith("estimated"):
        scale *= np.sum(point["chi2"]) / freedom
    point["chi2"] = point["chi2"] / np.where(scale > 0, scale, np.inf)
    gram = point["gram"] / np.maximum(scale, np.finfo(float).tiny)[:, None, None]
    held = _held(problem, common, theta, first, gram)
    head, sensitivity, covariance, undetermined = _arrow_covariance(common, gram, held)
    fits = _rows(problem, point, theta, (covariance, held, undetermined), ending)
    total = np.zeros((count, len(problem.model.names), q))
    total[:, problem.free_unknowns] = sensitivity
    return SharedFit(
        shared=tuple(_names(problem, common)),
        rows=tuple(replace(fit, degrees_of_freedom=fit.degrees_of_freedom + q) for fit in fits),
        shared_covariance=head,
        sensitivity=total,
        chi2=float(np.sum(point["chi2"])) if ending.success else np.inf,
        degrees_of_freedom=freedom,
        success=ending.success,
        reason=ending.reason,
    )


def _names(problem: Problem, which: Array) -> list[str]:
    return [problem.model.parameters[k] for k in problem.free[which]]


def _held(problem: Problem, common: Array, theta: Array, first: Array, gram: Array) -> Array:
    """Tell which unknowns (n, q) of each row stand at a bound; a shared one does so for all."""
    count = problem.free.size
    information = np.einsum("nkk->nk", gram)[:, :count].copy()
    information[:, common] = information[:, common].sum(axis=0)
    held = np.zeros(gram.shape[:2], dtype=bool)
    held[:, :count] = at_bounds(problem, theta, first, information)
    return held


def _arrow_covariance(common: Array, gram: Array, held: Array) -> tuple[Array, Array, Array, Array]:
    """Invert the block arrow of all unknowns, amplitudes among the own ones.

    Returns
    -------
    head
        Covariance (q, q) of the shared parameters.
    sensitivity
        d(unknown)/d(shared) of each row (n, u, q).
    covariance
        Of the unknowns of each row (n, u, u).
    undetermined
        Which of them (n, u).
    """
    own = np.ones(gram.shape[-1], dtype=bool)
    own[: common.size] = ~common
    inverse, lost_own = pseudo_inverse(gram[:, own][:, :, own], held=held[:, own])
    arms = np.where(held[:, ~own][:, None, :], 0.0, gram[:, own][:, :, ~own])
    leaning = inverse @ arms
    schur = gram[:, ~own][:, :, ~own].sum(axis=0) - np.einsum("nuq,nur->qr", arms, leaning)
    head, lost_head = pseudo_inverse(schur[None], held=held[:1, ~own])
    sensitivity = np.zeros((*gram.shape[:2], int(common.sum())))
    sensitivity[:, own] = -leaning
    sensitivity[:, ~own] = np.eye(int(common.sum()))
    covariance = sensitivity @ head[0] @ sensitivity.mT
    covariance[np.ix_(np.arange(len(gram)), own, own)] += inverse
    undetermined = np.zeros(gram.shape[:2], dtype=bool)
    undetermined[:, own] = lost_own
    undetermined[:, ~own] = lost_head
    return without_error(head, lost_head | held[:1, ~own])[0], sensitivity, covariance, undetermined


def _rows(
    problem: Problem,
    point: dict[str, Array],
    theta: Array,
    errors: tuple[Array, Array, Array],
    ending: Ending,
) -> list[Fit]:
    covariance, held, undetermined = errors
    full = problem.full_theta(theta, np.arange(len(theta)))
    values = np.concatenate([full, point["amplitudes"]], axis=1)
    return [
        row_result(
            problem,
            values=values[n],
            residuals=problem.y[n] - point["curve"][n],
            covariance=covariance[n],
            held=held[n],
            undetermined=undetermined[n],
            chi2=float(point["chi2"][n]),
            degrees_of_freedom=problem.degrees_of_freedom,
            ending=ending,
        )
        for n in range(len(theta))
    ]
