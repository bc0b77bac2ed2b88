"""Errors that need no parabola: profile likelihood intervals and the bootstrap.

Covariances describe chi2 by a parabola. Where it is skewed, as for a width near zero or a time
constant longer than the record, intervals come from chi2 itself or from refitted noise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from megabar.errors import FitFailed, Undetermined, one_of
from megabar.fitting.least_squares import fit
from megabar.fitting.models import Array, Model, index_of
from megabar.fitting.results import Fit
from megabar.fitting.series import fit_series

_MOST_DOUBLINGS = 40
_PRECISION = 1e-4  # of the ends of an interval, relative to its width


def profile(
    model: Model,
    x: ArrayLike,
    y: ArrayLike,
    *,
    result: Fit,
    name: str,
    probability: float,
    noise_std: ArrayLike | None = None,
    noise_covariance: ArrayLike | None = None,
    fixed: Mapping[str, ArrayLike] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[float, float]:
    r"""Find the interval in which chi2, minimised over all else, stays near its minimum.

    .. math:: \{\theta : \min \chi^2(\theta) - \chi^2_{\min} \le q\}, \quad
        q \text{ the quantile of } \chi^2_1

    Parameters
    ----------
    model, x, y, noise_std, noise_covariance, fixed, bounds
        As they were fitted; the noise must be known.
    result
        The fit.
    name
        One free unknown, a parameter or an amplitude.
    probability
        Of the interval, such as 0.683 or 0.95.

    Returns
    -------
    :
        Lower and upper end. An end is the bound of the parameter if chi2 does not rise enough
        before it, and infinite if it never does.

    Raises
    ------
    Undetermined
        If the noise is unknown, or if a better minimum is found on the way.
    FitFailed
        If a fit on the way fails.
    ValueError
        If the probability is not between 0 and 1.

    References
    ----------
    Venzon, Moolgavkar, J. R. Stat. Soc. C 37, 87 (1988), doi:10.2307/2347496.

    Examples
    --------
    >>> from megabar.fitting.curves import exponential_decay
    >>> time = np.linspace(0, 5, 50)
    >>> y = 3 * np.exp(-time / 2)
    >>> best = fit(exponential_decay(), time, y, noise_std=0.1, start={"time_constant": 1.0})
    >>> low, high = profile(exponential_decay(), time, y, noise_std=0.1, result=best,
    ...                     name="time_constant", probability=0.683)
    >>> low < 2 < high
    True
    """
    from scipy.special import chdtri

    if not 0 < probability < 1:
        msg = f"Found probability {probability:g}. It lies between 0 and 1, such as 0.95."
        raise ValueError(msg)
    if noise_std is None and noise_covariance is None:
        msg = "Found no noise; chi2 has then no scale for an interval. Give noise_std."
        raise Undetermined(msg, quality="no solution")
    centre, spread = result[one_of(name, result.names, name="unknown of the fit")]
    low, high = _limits(model, name, bounds or {})
    threshold = float(chdtri(1, 1 - probability))

    def rise(value: float) -> float:
        held = {**(fixed or {}), name: value}
        start = {key: result[key][0] for key in model.parameters}
        there = fit(
            model,
            x,
            y,
            start=start,
            noise_std=noise_std,
            noise_covariance=noise_covariance,
            fixed=held,
            bounds={key: pair for key, pair in (bounds or {}).items() if key != name},
        )
        if there.chi2 < result.chi2 - 1e-3 * threshold:
            msg = (
                f"Found chi2 {there.chi2:g} at {name} = {value:g}, below the fit's "
                f"{result.chi2:g}; the fit stood in a side minimum. Fit again from there."
            )
            raise Undetermined(msg, quality="no solution")
        return there.chi2 - result.chi2 - threshold

    first = spread if np.isfinite(spread) and spread > 0 else 0.1 * abs(centre) or 1.0
    return (
        _crossing(rise, centre, -first, low),
        _crossing(rise, centre, first, high),
    )


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """Refits of artificial data.

    Parameters
    ----------
    names
        Unknowns.
    samples
        Their values (n_arrived, n_names).
    failed
        How many refits did not arrive and are left out.
    """

    names: tuple[str, ...]
    samples: Array
    failed: int

    def of(self, name: str) -> Array:
        """Return the values (n_arrived,) of one unknown."""
        column: Array = self.samples[:, self.names.index(one_of(name, self.names, name="unknown"))]
        return column

    def std(self, name: str) -> float:
        """Return the standard deviation of one unknown."""
        return float(np.std(self.of(name), ddof=1))

    def interval(self, name: str, *, probability: float) -> tuple[float, float]:
        """Return the central percentile interval of one unknown."""
        tail = (1 - probability) / 2
        low, high = np.quantile(self.of(name), [tail, 1 - tail])
        return float(low), float(high)


def bootstrap(
    model: Model,
    x: ArrayLike,
    y: ArrayLike,
    *,
    result: Fit,
    draws: int,
    seed: int,
    kind: str = "parametric",
    noise_std: ArrayLike | None = None,
    noise_covariance: ArrayLike | None = None,
    fixed: Mapping[str, ArrayLike] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> Bootstrap:
    """Refit the fitted curve with new noise, many times.

    Parameters
    ----------
    model, x, y, noise_std, noise_covariance, fixed, bounds
        As they were fitted.
    result
        The fit.
    draws
        How many.
    seed
        Of the random numbers.
    kind
        "parametric": Gaussian noise of the stated level or covariance. "residual": residuals of
        the fit over their noise, drawn with replacement and widened for the degrees of freedom;
        for noise of unknown shape whose points are independent.

    Returns
    -------
    :
        The refitted values.

    Raises
    ------
    Undetermined
        If the kind does not go with what is known of the noise.
    FitFailed
        If fewer than nine in ten refits arrive.
    UnknownWord
        If the kind is unknown.

    References
    ----------
    Efron, Ann. Stat. 7, 1 (1979), doi:10.1214/aos/1176344552.

    Examples
    --------
    >>> from megabar.fitting.curves import exponential_decay
    >>> time = np.linspace(0, 5, 50)
    >>> y = 3 * np.exp(-time / 2)
    >>> best = fit(exponential_decay(), time, y, noise_std=0.1, start={"time_constant": 1.0})
    >>> again = bootstrap(exponential_decay(), time, y, noise_std=0.1, result=best, draws=400,
    ...                   seed=1)
    >>> abs(again.std("amplitude") / best["amplitude"][1] - 1) < 0.15
    True
    """
    generator = np.random.default_rng(seed)
    data = np.asarray(y)
    one_of(kind, ("parametric", "residual"), name="kind of bootstrap")
    if kind == "residual":
        noise = _from_residuals(generator, result, draws, noise_std, noise_covariance)
    else:
        noise = _gaussian(generator, data, draws, noise_std, noise_covariance)
    refits = fit_series(
        model,
        x,
        data - result.residuals + noise,
        start={key: result[key][0] for key in model.parameters},
        noise_std=noise_std,
        noise_covariance=noise_covariance,
        fixed=fixed,
        bounds=bounds,
        warm_start=False,
    )
    arrived = [refit.values for refit in refits if refit.success]
    if len(arrived) < 0.9 * draws:
        msg = (
            f"Found {draws - len(arrived)} of {draws} refits that did not arrive; what remains is "
            "a biased choice. Bound the parameters, or take the profile."
        )
        raise FitFailed(msg, last=arrived, reason="refits failed")
    return Bootstrap(
        names=result.names, samples=np.array(arrived), failed=int(draws - len(arrived))
    )


def _limits(
    model: Model, name: str, bounds: Mapping[str, tuple[float, float]]
) -> tuple[float, float]:
    k = index_of(model, name)
    if name in bounds:
        return bounds[name]
    if k < len(model.parameters):
        return model.lower[k], model.upper[k]
    return -np.inf, np.inf


def _crossing(rise: Callable[[float], float], centre: float, step: float, limit: float) -> float:
    """Find where chi2 has risen by the threshold, going from the centre by growing steps."""
    from scipy.optimize import brentq

    inner = centre
    for _ in range(_MOST_DOUBLINGS):
        outer = centre + step
        beyond = outer >= limit if step > 0 else outer <= limit
        if beyond:
            outer = limit
        if outer == inner:
            return limit
        if rise(outer) > 0:
            return float(brentq(rise, inner, outer, xtol=_PRECISION * abs(step), rtol=1e-12))
        if beyond:
            return limit
        inner, step = outer, 2 * step
    return float(np.sign(step) * np.inf)


def _gaussian(
    generator: np.random.Generator,
    data: Array,
    draws: int,
    noise_std: ArrayLike | None,
    noise_covariance: ArrayLike | None,
) -> Array:
    shape = (draws, *data.shape)
    white = generator.normal(size=shape)
    if np.iscomplexobj(data):
        white = white + 1j * generator.normal(size=shape)
    if noise_covariance is not None:
        variances, directions = np.linalg.eigh(np.asarray(noise_covariance))
        root = directions * np.sqrt(np.maximum(variances, 0))
        coloured: Array = white @ root.T
        return coloured
    if noise_std is None:
        msg = "Found no noise to draw from. Give noise_std, or take kind='residual'."
        raise Undetermined(msg, quality="no solution")
    scaled: Array = white * np.asarray(noise_std)
    return scaled


def _from_residuals(
    generator: np.random.Generator,
    result: Fit,
    draws: int,
    noise_std: ArrayLike | None,
    noise_covariance: ArrayLike | None,
) -> Array:
    if noise_covariance is not None:
        msg = (
            "Found correlated noise; drawing residuals one by one would lose the correlation. "
            "Take kind='parametric'."
        )
        raise Undetermined(msg, quality="no solution")
    level = 1.0 if noise_std is None else np.asarray(noise_std)
    standard = result.residuals / level
    size = standard.size * (2 if np.iscomplexobj(standard) else 1)
    chosen = generator.integers(standard.size, size=(draws, standard.size))
    widened: Array = standard[chosen] * level * np.sqrt(size / result.degrees_of_freedom)
    return widened
