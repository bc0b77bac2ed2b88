r"""Radio frequency fields over a sample: the amplitudes that its parts see, as values with weights.

The cavity of a diamond anvil cell sits in the gap of a lens or a small coil. Its field varies over
the cavity, so that no pulse is a 90 degree pulse everywhere. By reciprocity a nucleus is also heard
in proportion to the field that it sees.

References
----------
Hoult, Richards, J. Magn. Reson. 24, 71 (1976), doi:10.1016/0022-2364(76)90233-X. Meier et al., Sci.
Adv. 3, eaao5242 (2017), doi:10.1126/sciadv.aao5242, for the lens.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

_REACH: Final = 6.0  # standard deviations of a Gaussian that are covered; 2e-9 lies outside


@dataclass(frozen=True, kw_only=True, eq=False)
class AmplitudeDistribution:
    """Parts of a sample by the field that they see.

    Parameters
    ----------
    scale
        Field over the nominal one, (value,).
    weight
        Share of the signal that comes from there, before any pulse is computed, (value,).

    Raises
    ------
    ValueError
        If the columns differ in length, or a scale or weight is negative, or all weights are zero.
    """

    scale: Array
    weight: Array

    def __post_init__(self) -> None:
        if (
            self.scale.shape != self.weight.shape
            or min(self.scale.min(initial=0), self.weight.min(initial=0)) < 0
            or not self.weight.sum() > 0
        ):
            msg = (
                f"Found {self.scale.size} fields and {self.weight.size} weights, the smallest "
                f"{self.scale.min(initial=0):g} and {self.weight.min(initial=0):g}; a "
                "distribution needs as many of both, none negative and not all weights zero."
            )
            raise ValueError(msg)

    @property
    def mean(self) -> float:
        """Mean field over the nominal one."""
        return float(self.weight @ self.scale / self.weight.sum())

    @property
    def std(self) -> float:
        """Standard deviation of the field over the nominal one."""
        share = self.weight / self.weight.sum()
        return float(np.sqrt(share @ (self.scale - self.mean) ** 2))


def rectangular_amplitudes(*, spread: float, count: int) -> AmplitudeDistribution:
    r"""Spread fields evenly from 1 - spread to 1 + spread.

    Gauss-Legendre points: the error falls faster than any power of their number.

    Parameters
    ----------
    spread
        Half of the full range over the nominal field, 0 to 1.
    count
        Values; 8 serve two periods of a nutation at a spread of 0.3.

    Returns
    -------
    :
        Scales and weights of sum one, for nuclei that are heard alike.

    Raises
    ------
    ValueError
        If the spread is no part of one or the count is not positive.

    Examples
    --------
    >>> print(f"{rectangular_amplitudes(spread=0.3, count=8).std:.6f}")  # 0.3/sqrt(3)
    0.173205
    """
    _check(spread, count)
    place, weight = np.polynomial.legendre.leggauss(count)
    return AmplitudeDistribution(scale=1 + spread * place, weight=weight / 2)


def gaussian_amplitudes(*, relative_std: float, count: int) -> AmplitudeDistribution:
    r"""Spread fields as a Gaussian about the nominal one, cut at zero and six deviations.

    Parameters
    ----------
    relative_std
        Standard deviation over the nominal field, 0 to 1.
    count
        Values, evenly spaced.

    Returns
    -------
    :
        Scales and weights of sum one, for nuclei that are heard alike.

    Raises
    ------
    ValueError
        If the deviation is no part of one or the count is not positive.

    Examples
    --------
    >>> print(f"{gaussian_amplitudes(relative_std=0.076, count=33).mean:.6f}")
    1.000000
    """
    _check(relative_std, count)
    edges = np.linspace(-min(_REACH, 1 / max(relative_std, 1e-300)), _REACH, count + 1)
    place = (edges[1:] + edges[:-1]) / 2
    weight = np.exp(-(place**2) / 2)
    return AmplitudeDistribution(scale=1 + relative_std * place, weight=weight / weight.sum())


def amplitudes_from_map(field: ArrayLike, volume: ArrayLike) -> AmplitudeDistribution:
    """Take a distribution from a table of fields and volumes, as a measured or computed map.

    Parameters
    ----------
    field
        Field over the nominal one, (place,).
    volume
        Volume of the sample with that field, any unit, (place,).

    Returns
    -------
    :
        Scales and weights of sum one, for nuclei that are heard alike.

    Raises
    ------
    ValueError
        If the columns differ in length, or a number is negative, or all volumes are zero.

    Examples
    --------
    >>> amplitudes_from_map([0.9, 1.0, 1.1], [1.0, 2.0, 1.0]).weight.tolist()
    [0.25, 0.5, 0.25]
    """
    found = AmplitudeDistribution(
        scale=np.asarray(field, dtype=np.float64), weight=np.asarray(volume, dtype=np.float64)
    )
    return replace(found, weight=found.weight / found.weight.sum())


def heard_by_reciprocity(amplitudes: AmplitudeDistribution) -> AmplitudeDistribution:
    r"""Weigh every part of the sample by how well the coil hears it.

    .. math:: w_j \to w_j c_j / \sum_k w_k c_k

    Parameters
    ----------
    amplitudes
        With the share of nuclei as weights.

    Returns
    -------
    :
        With the share of the signal as weights, of sum one: a pulse that is perfect everywhere
        gives one.

    Raises
    ------
    ValueError
        If no part of the sample sees a field.

    Examples
    --------
    >>> heard_by_reciprocity(amplitudes_from_map([0.5, 1.0], [1.0, 1.0])).weight.round(6).tolist()
    [0.333333, 0.666667]
    """
    heard = amplitudes.weight * amplitudes.scale
    return replace(amplitudes, weight=heard / heard.sum() if heard.any() else heard)


def _check(spread: float, count: int) -> None:
    if not (0 <= spread <= 1 and count > 0):
        msg = (
            f"Found a relative spread of {spread:g} and {count} values; the spread is a part of "
            "the nominal field, from 0 to 1, and there must be a value."
        )
        raise ValueError(msg)
