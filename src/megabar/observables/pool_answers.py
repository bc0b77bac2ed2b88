"""What a separation of pools says: values, upper bounds, and what is not told apart.

Twin: none; this is bookkeeping of answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import one_of
from megabar.observables.measured_words import measured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.observables.hydrogen_pools import Pool

    Array = NDArray[np.float64]

_EQUAL: Final = 0.01  # within which weights of a combination make it a sum


@dataclass(frozen=True, kw_only=True)
class PoolAmplitude:
    """Hydrogen of one pool, as an amplitude per scan at full visibility and unit gain.

    Parameters
    ----------
    name
        Of the pool.
    quality
        ``"value"``, ``"upper bound"`` or ``"not determined"``.
    value, std
        Amplitude and standard error; nan unless the quality is ``"value"``.
    bound
        One-sided upper bound at the probability of the separation; ``inf`` if there is none.
    estimate, estimate_std
        Unbiased estimate of either sign, whatever the quality; its error may be ``inf``.
    inflation
        Error over that with the amplitudes of the other pools known.
    """

    name: str
    quality: str
    value: float
    std: float
    bound: float
    estimate: float
    estimate_std: float
    inflation: float


@dataclass(frozen=True, kw_only=True)
class Combination:
    """What the records determine of pools that they do not tell apart.

    Parameters
    ----------
    weights
        Pool -> weight, the largest 1.
    value, std
        Weighted sum of the amplitudes at full visibility, and its standard error: of the noise, and
        of what the records show of the pool that is known worst.
    noise_std
        Of the noise alone.
    """

    weights: Mapping[str, float]
    value: float
    std: float
    noise_std: float

    @property
    def words(self) -> str:
        """Name it."""
        names = " and ".join(self.weights)
        if max(self.weights.values()) - min(self.weights.values()) <= _EQUAL:
            return f"the sum of {names}"
        return " + ".join(f"{weight:.3g} {name}" for name, weight in self.weights.items())


@dataclass(frozen=True, kw_only=True, eq=False)
class PoolAmplitudes:
    """Result of a separation.

    Parameters
    ----------
    pools
        One for each pool, in their order.
    combinations
        Of pools that are not told apart.
    covariance
        Of the estimates, ``inf`` on the diagonal where the data say nothing, (pool, pool).
    quantities
        ``"t1 of H2"`` and the like -> value and standard error after the fit.
    fitted
        Pools with those values.
    noise_per_root_scan
        Rms per channel of one scan in the first record, at unit gain.
    dwell
        Of the first record [s].
    chi2, degrees_of_freedom, chi2_probability
        Of the fit of all records.
    probability
        Of the bounds.
    warnings
        Sentences.
    """

    pools: tuple[PoolAmplitude, ...]
    combinations: tuple[Combination, ...]
    covariance: Array
    quantities: Mapping[str, tuple[float, float]]
    fitted: tuple[Pool, ...]
    noise_per_root_scan: float
    dwell: float
    chi2: float
    degrees_of_freedom: int
    chi2_probability: float
    probability: float
    warnings: tuple[str, ...] = field(default=())

    def __getitem__(self, name: str) -> PoolAmplitude:
        names = [one.name for one in self.pools]
        return self.pools[names.index(one_of(name, names, name="pool"))]

    @property
    def correlation(self) -> Array:
        """Correlation matrix of the estimates; nan where one is not determined."""
        std = np.sqrt(np.diag(self.covariance))
        with np.errstate(invalid="ignore"):
            return np.asarray(self.covariance / np.outer(std, std))

    def sentences(self) -> tuple[str, ...]:
        """Say in words what is known of each pool."""
        said = [_sentence(one, self.probability) for one in self.pools]
        for one in self.combinations:
            names = " and ".join(one.weights)
            said.append(
                f"{names} are not told apart by these records: only {one.words} is determined, "
                f"{measured(one.value, one.std, '')}."
            )
        return (*said, *self.warnings)


def _sentence(one: PoolAmplitude, probability: float) -> str:
    if one.quality == "value":
        return f"{one.name}: {measured(one.value, one.std, '')} at full visibility."
    if one.quality == "upper bound":
        return f"{one.name}: below {one.bound:.4g} at full visibility ({100 * probability:g} %)."
    limit = f", though below {one.bound:.4g}" if math.isfinite(one.bound) else ""
    return f"{one.name}: not determined{limit}."
