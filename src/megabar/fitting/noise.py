"""Noise of the data of a fit: levels, covariances, and how they whiten rows.

Complex data are viewed as pairs of reals; a noise level is meant per quadrature channel.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from megabar.errors import Undetermined
from megabar.fitting.models import Array, Model


@dataclass(frozen=True, kw_only=True)
class Whitening:
    """How rows of data become rows of independent reals of unit variance, but for ``scale``.

    Parameters
    ----------
    weights
        Factors (1 or n_rows, n_x) on the points, or None.
    matrix
        Whitening matrix (n_white, n_x) of correlated noise, or None.
    scale
        Variance (n_rows,) that remains on each row.
    paired
        Whether complex points become pairs.
    origin
        Where the level comes from, for the result.
    """

    scale: Array
    paired: bool
    origin: str
    weights: Array | None = None
    matrix: Array | None = None

    def __call__(self, functions: Array, rows: Array) -> Array:
        """Whiten functions (n_rows, ..., n_x) that belong to the given rows."""
        result = functions
        if self.weights is not None:
            weights = self.weights if len(self.weights) == 1 else self.weights[rows]
            result = result * weights.reshape(-1, *(1,) * (functions.ndim - 2), functions.shape[-1])
        if self.matrix is not None:
            result = result @ self.matrix.T
        if not self.paired:
            if np.iscomplexobj(result):
                msg = "Found real data for a complex model. Give both quadrature channels."
                raise ValueError(msg)
            return result
        return np.ascontiguousarray(result, dtype=np.complex128).view(np.float64)


def whitening(
    model: Model, y: Array, *, noise_std: ArrayLike | None, noise_covariance: ArrayLike | None
) -> Whitening:
    """Decide how the rows ``y (n_rows, n_x)`` are whitened.

    Parameters
    ----------
    model
        Model of the rows; it may forbid independent noise.
    y
        Data (n_rows, n_x), real or complex.
    noise_std
        Standard deviation per quadrature channel: a number, (n_x,), (n_rows, 1) or (n_rows, n_x).
        None: unknown, to be estimated from the residuals.
    noise_covariance
        Covariance (n_x, n_x) instead; of circular complex noise Hermitian and per channel,
        E[n n^H]/2. Singular ones are allowed; directions without noise are left out.

    Returns
    -------
    :
        The rule.

    Raises
    ------
    ValueError
        If levels are not positive or do not fit the data, or if both descriptions are given.
    Undetermined
        If the noise of the model's data is correlated and no covariance is given.
    """
    paired, unit = np.iscomplexobj(y), np.ones(len(y))
    if noise_covariance is not None:
        if noise_std is not None:
            msg = "Found noise_std and noise_covariance; they could contradict. Give one, not both."
            raise ValueError(msg)
        matrix = whitening_from_covariance(noise_covariance, size=y.shape[1])
        if np.iscomplexobj(matrix) and not np.iscomplexobj(y):
            msg = "Found a complex noise covariance for real data. Give its real part."
            raise ValueError(msg)
        origin = "given with covariance"
        return Whitening(scale=unit, paired=paired, origin=origin, matrix=matrix)
    if model.noise_correlated:
        msg = (
            f"Found {model.noise_correlated}; errors that assume independent points would be wrong."
            " Give noise_covariance, or fit the unwindowed record."
        )
        raise Undetermined(msg, quality="no solution")
    if noise_std is None:
        return Whitening(scale=unit, paired=paired, origin="estimated from the residuals")
    levels = _levels(noise_std, y.shape)
    if levels.shape[1] == 1:
        scale = np.broadcast_to(levels[:, 0] ** 2, (len(y),))
        return Whitening(scale=scale, paired=paired, origin="given")
    return Whitening(scale=unit, paired=paired, origin="given", weights=1 / levels)


def whitening_from_covariance(covariance: ArrayLike, *, size: int) -> Array:
    r"""Find W with :math:`W C W^\dagger = 1` on the directions that carry noise.

    Parameters
    ----------
    covariance
        Symmetric or Hermitian, positive semidefinite (n_x, n_x).
    size
        n_x of the data.

    Returns
    -------
    :
        Matrix (rank, n_x).

    Raises
    ------
    ValueError
        If it is not square of that size, not Hermitian, or not positive.

    Examples
    --------
    >>> import numpy as np
    >>> w = whitening_from_covariance([[4.0, 0.0], [0.0, 1.0]], size=2)
    >>> np.allclose(w.T @ w, np.diag([0.25, 1.0]))
    True
    """
    matrix = np.asarray(covariance)
    if matrix.shape != (size, size):
        msg = (
            f"Found noise covariance of shape {matrix.shape} for {size} points. Give {size, size}."
        )
        raise ValueError(msg)
    if not np.allclose(matrix, matrix.conj().T, rtol=1e-8, atol=1e-12 * np.abs(matrix).max()):
        msg = "Found a noise covariance that is not Hermitian; it is none. Check its construction."
        raise ValueError(msg)
    variances, directions = np.linalg.eigh(matrix)
    if not variances[-1] > 0 or variances[0] < -1e-9 * variances[-1]:
        msg = (
            f"Found noise variances from {variances[0]:g} to {variances[-1]:g}; "
            "they must not be negative. Check the covariance."
        )
        raise ValueError(msg)
    kept = variances > 1e-10 * variances[-1]
    result: Array = (directions[:, kept] / np.sqrt(variances[kept])).conj().T
    return result


def _levels(noise_std: ArrayLike, shape: tuple[int, ...]) -> Array:
    levels = np.atleast_2d(np.asarray(noise_std, dtype=np.float64))
    fits = levels.ndim == 2 and all(a in (1, b) for a, b in zip(levels.shape, shape, strict=True))
    if not fits:
        msg = (
            f"Found noise_std of shape {np.shape(noise_std)} for data of shape {shape}. Give one "
            "number, one per point, or one per row with a second dimension of 1."
        )
        raise ValueError(msg)
    if not np.all(np.isfinite(levels) & (levels > 0)):
        msg = f"Found noise_std down to {np.min(levels):g}; weights need finite levels above 0."
        raise ValueError(msg)
    return levels
