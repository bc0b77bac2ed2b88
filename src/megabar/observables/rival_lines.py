r"""Rival shapes of one line weighed against each other by their evidence.

.. math:: Z = \int \frac{\mathrm{d}\theta}{\prod_k \Delta_k} \int \mathrm{d}c \;
    e^{-\chi^2(\theta, c) / 2}

over the ranges :math:`\Delta_k` in which each parameter was thought possible beforehand. The
amplitude c is alike for all rivals. Parameters that the data fix within their range are
integrated as Gaussians (Laplace); a parameter at an end of its range, or not known better than it,
is integrated by fits of the others at fixed values of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, pi
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.special import logsumexp

from megabar.errors import FitFailed
from megabar.observables.solid_lines import SolidLine, fit_shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from megabar import fitting

_NODES, _SHARES = np.polynomial.legendre.leggauss(6)
_QUARTERINGS: Final = 8  # powers of four in which places approach the end of a range
_KNOWN: Final = 2.0  # standard errors from both ends at which a parameter counts as known
_REACH: Final = 6.0  # standard errors over which it is integrated otherwise
_DEPTH: Final = 1  # parameters that are integrated by fits; more fill their range or error
_UNIT: Final = {"asymmetry": (0.0, 1.0)}


@dataclass(frozen=True, kw_only=True)
class Rival:
    """How well one shape explains a line, beside others.

    Parameters
    ----------
    name
        Of the shape.
    log_evidence
        Natural logarithm, up to a constant that all rivals share.
    probability
        Among the rivals, each as likely as any other beforehand.
    chi2
        Of its best fit.
    degrees_of_freedom
        Of its best fit.
    """

    name: str
    log_evidence: float
    probability: float
    chi2: float
    degrees_of_freedom: int


def rivals(
    lines: Sequence[SolidLine], *, ranges: Mapping[str, tuple[float, float]]
) -> tuple[Rival, ...]:
    """Weigh shapes that were fitted to the same record.

    Parameters
    ----------
    lines
        Fits of rival shapes.
    ranges
        For each of their parameters, between which values it was thought possible, all alike; an
        asymmetry is between 0 and 1 and needs none.

    Returns
    -------
    :
        One for each line, in their order.

    Raises
    ------
    ValueError
        If the lines are of different records, or a range is missing.

    References
    ----------
    MacKay, Information Theory, Inference, and Learning Algorithms (2003), chapter 28.

    Examples
    --------
    >>> from megabar import schemas
    >>> from megabar.observables.solid_lines import solid_line
    >>> from megabar.spins import lineshapes
    >>> pair, broad = lineshapes.pairs(), lineshapes.skewed_shifts()
    >>> time = np.arange(512) * 1e-6
    >>> decay = 100 * pair.decay(time, [2e3, 40e3, 4e3])[0]
    >>> noise = np.random.default_rng(1).normal(size=(2, 512))
    >>> signal = (decay + noise[0] + 1j * noise[1])[None]
    >>> acquisition = schemas.acquisition(signal, time=time, attrs={
    ...     "nucleus": "1H", "carrier_frequency": 395e6, "n_scans": 16, "sequence": "fid",
    ...     "repetition_time": 1.0, "dead_time": 0.0, "cell": "A", "source": "example",
    ...     "source_sha256": "0"})
    >>> words = {"noise": (1.0, 0.01)}
    >>> one = solid_line(acquisition, shape=pair, **words,
    ...                  start={"frequency": 0.0, "splitting": 35e3, "fwhm": 5e3})
    >>> other = solid_line(acquisition, shape=broad, **words, fixed={"skewness": 0.0, "fwhm": 0.0},
    ...                    start={"frequency": 0.0, "deviation": 2e4})
    >>> ranges = dict.fromkeys(["splitting", "fwhm", "deviation"], (0.0, 1e5))
    >>> found = rivals([one, other], ranges={"frequency": (-1e5, 1e5), **ranges})
    >>> bool(found[0].probability > 0.999)
    True
    """
    _require_one_record(lines)
    weights = [_log_evidence(one, ranges) for one in lines]
    total = logsumexp(weights)
    return tuple(
        Rival(
            name=one.shape.name,
            log_evidence=float(weight),
            probability=float(np.exp(weight - total)),
            chi2=one.fit.chi2,
            degrees_of_freedom=one.fit.degrees_of_freedom,
        )
        for one, weight in zip(lines, weights, strict=True)
    )


def _require_one_record(lines: Sequence[SolidLine]) -> None:
    first = lines[0]
    for one in lines[1:]:
        same = one.record.signal.shape == first.record.signal.shape and one.step == first.step
        if not same or not np.array_equal(one.record.signal, first.record.signal):
            msg = "Found fits of different records; their evidence cannot be compared. Fit one."
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Question:
    """One line and the ranges of its free parameters."""

    line: SolidLine
    ranges: Mapping[str, tuple[float, float]]

    def log_integral(self, start: Mapping[str, float], fixed: Mapping[str, float]) -> float:
        """Integrate over all parameters that are not fixed."""
        bounds = {name: self.ranges[name] for name in start}
        try:
            fit = fit_shape(
                self.line.shape, self.line.record, self.line.step,
                start={name: _inside(value, bounds[name]) for name, value in start.items()},
                fixed=fixed, bounds=bounds,
            )  # fmt: skip
        except FitFailed:
            return -inf
        depth = len(fixed) - len(self.line.shape.parameters) + len(self.ranges)
        unknown = [name for name in start if not _is_known(fit, name, bounds[name])]
        if unknown and depth < _DEPTH:
            return self._by_fits(unknown[0], fit, start, fixed)
        filled = sum(_width(fit, name, bounds[name]) for name in unknown)
        return filled + _laplace(fit, [name for name in start if name not in unknown])

    def _by_fits(
        self,
        name: str,
        fit: fitting.Fit,
        start: Mapping[str, float],
        fixed: Mapping[str, float],
    ) -> float:
        """Integrate over one parameter, with fits of the others at fixed values of it."""
        value, std = fit[name]
        low, high = self.ranges[name]
        others = {key: fit[key][0] for key in start if key != name}

        def at(place: float) -> float:
            return self.log_integral(others, {**fixed, name: place})

        if np.isfinite(std):
            low, high = max(low, value - _REACH * std), min(high, value + _REACH * std)
            places = low + (high - low) * (_NODES + 1) / 2
            shares = np.log(_SHARES * (high - low) / 2)
            return float(logsumexp([at(float(place)) for place in places] + shares))
        near, far = (low, high) if value - low <= high - value else (high, low)
        steps = np.concatenate([[0.0], 4.0 ** np.arange(-_QUARTERINGS, 1)])
        logs = np.array([at(float(near + (far - near) * step)) for step in steps])
        return _log_of_segments(abs(far - near) * steps, logs)


def _log_evidence(line: SolidLine, ranges: Mapping[str, tuple[float, float]]) -> float:
    free = [
        name
        for name, std in zip(line.fit.names, line.fit.std, strict=True)
        if name in line.shape.parameters and std != 0  # those held have the error zero
    ]
    known = {**_UNIT, **ranges}
    missing = [name for name in free if name not in known]
    if missing:
        msg = f"Found no range of {', '.join(missing)}; evidence depends on it. Give one."
        raise ValueError(msg)
    question = _Question(line=line, ranges={name: known[name] for name in free})
    start = {name: line[name][0] for name in free}
    fixed = {name: line[name][0] for name in line.shape.parameters if name not in free}
    volume = sum(log(high - low) for low, high in question.ranges.values())
    return question.log_integral(start, fixed) - volume


def _inside(value: float, bounds: tuple[float, float]) -> float:
    low, high = bounds
    margin = 1e-3 * (high - low)
    return min(max(value, low + margin), high - margin)


def _is_known(fit: fitting.Fit, name: str, bounds: tuple[float, float]) -> bool:
    value, std = fit[name]
    known = _KNOWN * std
    return bool(np.isfinite(std) and bounds[0] + known < value < bounds[1] - known)


def _log_of_segments(x: NDArray[np.float64], logs: NDArray[np.float64]) -> float:
    """Integrate a function whose logarithm is linear between points."""
    kept = np.isfinite(logs)
    x, logs = x[kept], logs[kept]
    if len(x) < 2:
        return -inf
    fall = np.maximum(np.abs(np.diff(logs)), 1e-9)
    top = np.maximum(logs[1:], logs[:-1])
    return float(logsumexp(top + np.log(np.diff(x) * -np.expm1(-fall) / fall)))


def _width(fit: fitting.Fit, name: str, bounds: tuple[float, float]) -> float:
    """Logarithm of what a parameter that is hardly known fills of its range."""
    std = fit[name][1]
    whole = bounds[1] - bounds[0]
    return log(min(whole, std * (2 * pi) ** 0.5) if np.isfinite(std) else whole)


def _laplace(fit: fitting.Fit, names: Sequence[str]) -> float:
    known = [*names, *(name for name in fit.names if name.startswith("amplitude"))]
    spread: NDArray[Any] = fit.covariance_of(*known)
    if not np.isfinite(spread).all():
        return -inf
    _, determinant = np.linalg.slogdet(2 * pi * spread)
    return float(-fit.chi2 / 2 + determinant / 2)
