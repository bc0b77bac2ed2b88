r"""Variable projection: the amplitudes of a separable model are eliminated, row by row.

With the rows of :math:`\Phi` the basis, :math:`c = (\Phi \Phi^T)^{-1} \Phi y`, residuals
:math:`r = y - c \Phi` and slopes :math:`S_k = c \, \partial_k \Phi`, the Jacobian of r by theta is
:math:`-S P` with P the projector off the basis (Kaufman): its gradient :math:`-S r` is exact.
All of it follows from one small Gram matrix of the rows :math:`[S, \Phi]` for each row of data; the
theta block of the inverse of that matrix is also the covariance of the full problem.

References
----------
Golub, Pereyra, SIAM J. Numer. Anal. 10, 413 (1973), doi:10.1137/0710036;
Kaufman, BIT 15, 49 (1975), doi:10.1007/BF01932995.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from megabar.fitting.models import Array, Model
from megabar.fitting.problem import Problem

_BLOCK = 1 << 16  # reals of one quantity that are worked on at once
_RIDGE = 1e-14  # of the normalised Gram matrix: a singular basis then gives numbers, not an error
_SINGULAR = 1e-11  # eigenvalues of the normalised Gram matrix below this part of the largest are 0


@dataclass(frozen=True, kw_only=True)
class Linearised:
    """A problem around some theta.

    Parameters
    ----------
    amplitudes
        All real amplitudes (n, m), known ones included.
    residuals
        Whitened (n, n_white).
    chi2
        Their squared sum (n,), before division by the scale of the noise.
    gradient
        S r (n, k): minus half the gradient of chi2.
    gram
        Gram matrix (n, k + m_free, k + m_free) of slopes and free basis rows.
    slopes
        Whitened derivatives by theta at these amplitudes (n, k, n_white).
    phi
        Whitened basis of the free amplitudes (n, m_free, n_white).
    curve
        Model (n, n_x), not whitened.
    """

    amplitudes: Array
    residuals: Array
    chi2: Array
    gradient: Array
    gram: Array
    slopes: Array
    phi: Array
    curve: Array


def linearise(problem: Problem, theta: Array, rows: Array) -> Linearised:
    """Eliminate the amplitudes at theta (n, k) for the given rows (n,)."""
    model = problem.model
    basis, jacobian = model.both(problem.x, problem.full_theta(theta, rows))
    phi = problem.whiten(_as_reals(model, basis), rows)
    free, known, target = problem.free_amplitudes, problem.known[rows], problem.rows[rows]
    if free.size < known.shape[1]:
        target = target - np.einsum("nm,nmx->nx", np.nan_to_num(known), phi)
        phi = phi[:, free]
    overlap = phi @ phi.mT
    amplitudes = known.copy()
    amplitudes[:, free] = solve_gram(overlap, (phi @ target[..., None])[..., 0])
    residuals = target - (amplitudes[:, None, free] @ phi)[:, 0]
    linear: Array = amplitudes
    if model.complex_amplitudes:
        linear = amplitudes[:, ::2] + 1j * amplitudes[:, 1::2]
    slopes = problem.whiten(_slopes(problem, linear, jacobian), rows)
    cross = slopes @ phi.mT
    count = slopes.shape[1]
    gram = np.empty((len(rows), count + len(free), count + len(free)))
    gram[:, :count, :count] = slopes @ slopes.mT
    gram[:, :count, count:] = cross
    gram[:, count:, :count] = cross.mT
    gram[:, count:, count:] = overlap
    return Linearised(
        amplitudes=amplitudes,
        residuals=residuals,
        chi2=np.einsum("nx,nx->n", residuals, residuals),
        gradient=(slopes @ residuals[..., None])[..., 0],
        gram=gram,
        slopes=slopes,
        phi=phi,
        curve=(linear[:, None] @ basis)[:, 0],
    )


def in_blocks(problem: Problem, theta: Array, fields: Sequence[str]) -> dict[str, Array]:
    """Linearise all rows at theta (n_rows, k), a few at a time, and keep the named fields."""
    rows = np.arange(len(problem.rows))
    size = block_size(problem)
    points = [
        linearise(problem, theta[begin : begin + size], rows[begin : begin + size])
        for begin in range(0, len(rows), size)
    ]
    return {name: np.concatenate([getattr(point, name) for point in points]) for name in fields}


def block_size(problem: Problem) -> int:
    """Return how many rows to work on at once, so that they stay in the cache."""
    return max(1, _BLOCK // int(problem.rows.shape[1]))


def _slopes(problem: Problem, linear: Array, jacobian: Array) -> Array:
    """Contract the Jacobian of the basis with the amplitudes: (n, k, n_x)."""
    if problem.free.size < jacobian.shape[1]:
        jacobian = jacobian[:, problem.free]
    moving = linear[:, None, None, : jacobian.shape[2]]
    if jacobian.shape[2] == 1:
        return moving[..., 0] * jacobian[:, :, 0]
    result: Array = (moving @ jacobian)[:, :, 0]
    return result


def projected_hessian(gram: Array, count: int) -> Array:
    """Take the Schur complement (n, k, k) of the first ``count`` unknowns of a Gram matrix."""
    cross = gram[:, count:, :count]
    solved = solve_gram(gram[:, count:, count:], cross)
    result: Array = gram[:, :count, :count] - cross.mT @ solved
    return result


def off_the_basis(point: Linearised) -> Array:
    """Return S P (n, k, n_white), minus the Kaufman Jacobian of the residuals."""
    count = point.slopes.shape[1]
    solved = solve_gram(point.gram[:, count:, count:], point.gram[:, count:, :count])
    result: Array = point.slopes - solved.mT @ point.phi
    return result


def pseudo_inverse(gram: Array, *, held: Array) -> tuple[Array, Array]:
    """Invert normal matrices (n, q, q) where they can be, and tell where they cannot.

    Parameters
    ----------
    gram
        Normal matrices.
    held
        Unknowns (n, q) that are taken as known here.

    Returns
    -------
    inverse
        Pseudo-inverse (n, q, q), zero for what is held.
    undetermined
        Which unknowns (n, q) take part in a direction of no curvature.
    """
    ignored = held[:, :, None] | held[:, None, :] | ~np.isfinite(gram)
    gram = np.where(ignored, 0.0, gram)
    norms = np.sqrt(np.einsum("nqq->nq", gram))
    norms = np.where(norms > 0, norms, 1.0)
    scaled = gram / norms[:, :, None] / norms[:, None, :]
    values, vectors = np.linalg.eigh(scaled)
    good = values > _SINGULAR * np.max(values, axis=1, keepdims=True, initial=0.0)
    inverse = np.where(good, 1 / np.where(good, values, 1.0), 0.0)
    result = (vectors * inverse[:, None, :]) @ vectors.mT
    result /= norms[:, :, None] * norms[:, None, :]
    null = np.einsum("nqe,ne->nq", vectors**2, (~good).astype(float))
    return result, (null > 1e-10) & ~held


def without_error(covariance: Array, lost: Array) -> Array:
    """Give unknowns (n, q) without a Gaussian error the variance inf and covariances nan."""
    marked = np.where(lost[:, :, None] | lost[:, None, :], np.nan, covariance)
    np.einsum("nqq->nq", marked)[lost] = np.inf
    return marked


def solve_gram(gram: Array, right: Array) -> Array:
    """Solve Gram matrices (n, m, m) for vectors (n, m) or matrices (n, m, k)."""
    norms = np.sqrt(np.einsum("nmm->nm", gram))
    norms = np.where(norms > 0, norms, 1.0)
    scaled = gram / norms[:, :, None] / norms[:, None, :] + _RIDGE * np.eye(gram.shape[-1])
    columns = right[..., None] if right.ndim == 2 else right
    solved: Array = np.linalg.solve(scaled, columns / norms[..., None]) / norms[..., None]
    return solved[..., 0] if right.ndim == 2 else solved


def _as_reals(model: Model, basis: Array) -> Array:
    """Give each complex amplitude its two real basis functions, phi and i phi."""
    if not model.complex_amplitudes:
        return basis
    pairs = np.stack([basis, 1j * basis], axis=2)
    return pairs.reshape(len(basis), -1, basis.shape[-1])
