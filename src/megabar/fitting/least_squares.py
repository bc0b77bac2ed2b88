"""One fit at a time: variable projection on scipy's least squares, absolute errors.

Twin of `series`, which fits many rows at once with an engine of our own: each checks the other.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from megabar.errors import FitFailed
from megabar.fitting.models import Array, Model
from megabar.fitting.problem import Problem, engine_name, prepare, starts
from megabar.fitting.projection import Linearised, linearise, off_the_basis
from megabar.fitting.results import Ending, Fit, finish

_TOLERANCE = 1e-10  # of chi2 and of the step, relative
_EVALUATIONS = 200  # at most, for each unknown


def fit(
    model: Model,
    x: ArrayLike,
    y: ArrayLike,
    *,
    start: Mapping[str, ArrayLike] | ArrayLike,
    noise_std: ArrayLike | None,
    noise_covariance: ArrayLike | None = None,
    fixed: Mapping[str, ArrayLike] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> Fit:
    r"""Fit a separable model by least squares.

    .. math:: \chi^2(\theta) = \min_c \sum_k
        |y_k - \sum_i c_i \varphi_i(x_k; \theta)|^2 / \sigma_k^2

    Complex data count as pairs. The covariance is that of all unknowns together, from the noise as
    stated; a misfit shows in chi2 and never in the errors.

    Parameters
    ----------
    model
        Model from this folder or of your own.
    x
        Abscissa (n_x,).
    y
        Data (n_x,), real or complex as the model.
    start
        Start of the nonlinear parameters, by name or in their order. Amplitudes need none.
    noise_std
        Noise per quadrature channel [unit of y], a number or (n_x,). None says that it is unknown:
        it is then estimated from the residuals, which the result records in ``noise_origin``.
    noise_covariance
        Covariance (n_x, n_x) instead of a level; see `noise.whitening`. ``noise_std`` is then None.
    fixed
        Unknowns, amplitudes too, that are held at known values.
    bounds
        Bounds of nonlinear parameters in place of those of the model.

    Returns
    -------
    :
        Values with absolute errors.

    Raises
    ------
    FitFailed
        If the engine does not arrive; ``last`` is the result at its last iterate.
    Undetermined
        If there are fewer points than unknowns, or correlated noise without its covariance.
    ValueError
        If shapes, names, bounds or starts do not fit.

    References
    ----------
    Golub, Pereyra, SIAM J. Numer. Anal. 10, 413 (1973), doi:10.1137/0710036.

    Examples
    --------
    >>> import numpy as np
    >>> from megabar.fitting.curves import exponential_decay
    >>> time = np.linspace(0, 5, 50)
    >>> result = fit(exponential_decay(), time, 3 * np.exp(-time / 2), noise_std=0.01,
    ...              start={"time_constant": 1.0})
    >>> print(f"{result['time_constant'][0]:.4f}")
    2.0000
    """
    problem = prepare(
        model,
        x,
        np.asarray(y)[None],
        noise={"noise_std": noise_std, "noise_covariance": noise_covariance},
        fixed=fixed,
        bounds=bounds,
    )
    first = starts(problem, start)
    theta, ending = _minimise(problem, first[0])
    result = finish(problem, np.zeros(1, dtype=int), theta[None], first, [ending])[0]
    if not result.success:
        msg = (
            f"Fit of {model.name} stopped after {ending.evaluations} evaluations: "
            f"{ending.reason}; its last iterate is no result. Start closer or fix a parameter."
        )
        raise FitFailed(msg, last=result, reason=ending.reason)
    return result


def _minimise(problem: Problem, first: Array) -> tuple[Array, Ending]:
    import scipy
    from scipy import optimize

    if not first.size:
        return first, Ending(
            success=True, reason="linear", evaluations=1, engine=engine_name("linear", np)
        )
    row = np.zeros(1, dtype=int)
    if not np.isfinite(linearise(problem, first[None], row).chi2[0]):
        return first, Ending(
            success=False, reason="the model is not finite at the start", evaluations=1, engine=""
        )
    size = _size(problem)
    bounded = bool(np.any(np.isfinite(problem.lower) | np.isfinite(problem.upper)))

    seen: dict[bytes, Linearised] = {}

    def point_at(theta: Array) -> Linearised:
        """Linearise once for residuals and Jacobian, which are asked for at the same place."""
        key = theta.tobytes()
        if key not in seen:
            seen.clear()
            seen[key] = linearise(problem, theta[None], row)
        return seen[key]

    def residuals(theta: Array) -> Array:
        return np.asarray(point_at(theta).residuals[0] / size)

    def jacobian(theta: Array) -> Array:
        return np.asarray(-off_the_basis(point_at(theta))[0].T / size)

    method = "trf" if bounded else "lm"
    engine = engine_name(f"variable projection, least_squares {method}", scipy)
    words: dict[str, Any] = {"bounds": (problem.lower, problem.upper)} if bounded else {}
    end = optimize.least_squares(
        residuals,
        first,
        jac=jacobian,
        method=method,
        x_scale="jac",
        ftol=_TOLERANCE,
        xtol=_TOLERANCE,
        gtol=1e-15,
        max_nfev=_EVALUATIONS * first.size,
        **words,
    )
    ending = Ending(
        success=bool(end.success), reason=end.message, evaluations=int(end.nfev), engine=engine
    )
    return np.asarray(end.x), ending


def _size(problem: Problem) -> float:
    """Return the unit of the residuals, so that tolerances do not depend on that of the data."""
    if not problem.whiten.origin.startswith("estimated"):
        return float(np.sqrt(problem.whiten.scale[0]))
    return float(np.sqrt(np.mean(problem.rows**2))) or 1.0
