"""What a study says in numbers: ranks, coverages, and who was taken for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.inference.comparison import SURE, WITHOUT_LOSS, member_probabilities
from megabar.inference.hypotheses import FAMILIES

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from megabar.inference.units_of_work import UnitResult

BINS: Final = 20
"""Bins of ranks for the chi-squared test."""


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """How the truth ranks among the draws of its posteriors, over many campaigns.

    Parameters
    ----------
    count
        Number of campaigns.
    chi_squared_p
        Probability of a chi-squared this large of the counts in 20 bins, if ranks are uniform.
    kolmogorov_p
        Probability of a greatest distance this large of the cumulated ranks from the diagonal.
    covered_68, covered_95
        Share of campaigns whose central interval holds the truth.
    """

    count: int
    chi_squared_p: float
    kolmogorov_p: float
    covered_68: float
    covered_95: float


def ranks_of(shares: ArrayLike) -> Ranks:
    r"""Test that ranks are uniform, as they are if, and only if, posteriors are calibrated.

    Parameters
    ----------
    shares
        Share of the posterior below the truth, one per campaign, (n,).

    Returns
    -------
    :
        The numbers.

    References
    ----------
    Talts, Betancourt, Simpson, Vehtari, Gelman, arXiv:1804.06788 (2018).

    Examples
    --------
    >>> ranks_of((np.arange(400) + 0.5) / 400).covered_95
    0.95
    """
    from scipy import stats

    found = np.asarray(shares, dtype=np.float64)
    counts, _ = np.histogram(found, bins=BINS, range=(0.0, 1.0))
    away = 2 * np.abs(found - 0.5)
    return Ranks(
        count=found.size,
        chi_squared_p=float(stats.chisquare(counts).pvalue),
        kolmogorov_p=float(stats.kstest(found, "uniform").pvalue),
        covered_68=float(np.mean(away < 0.68)),
        covered_95=float(np.mean(away < 0.95)),
    )


def band_of_cumulated_ranks(count: int, *, probability: float) -> float:
    """Give the distance from the diagonal that uniform ranks keep with a probability.

    Parameters
    ----------
    count
        Number of campaigns.
    probability
        That all of the curve stays inside.

    Returns
    -------
    :
        Half width of the band.

    Examples
    --------
    >>> print(f"{band_of_cumulated_ranks(500, probability=0.95):.4f}")
    0.0604
    """
    from scipy import stats

    return float(stats.kstwo.ppf(probability, count))


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a campaign was taken for.

    Parameters
    ----------
    families
        Family -> probability.
    loss
        Probability of a loss.
    """

    families: Mapping[str, float]
    loss: float

    @property
    def family(self) -> str:
        """The most probable family."""
        return max(self.families, key=self.families.__getitem__)

    @property
    def called(self) -> str:
        """``"loss"`` or ``"no loss"`` if that is surer than 0.95, else ``"undecided"``."""
        if self.loss > SURE:
            return "loss"
        return "no loss" if self.loss < 1 - SURE else "undecided"


def taken(results: Sequence[UnitResult]) -> Taken:
    """Weigh what the hypotheses make of one campaign.

    Parameters
    ----------
    results
        One for each hypothesis.

    Returns
    -------
    :
        Probabilities.
    """
    p = member_probabilities(results)
    families = dict.fromkeys(FAMILIES, 0.0)
    for one, share in zip(results, p, strict=True):
        families[one.family] += float(share)
    loss = sum(share for name, share in families.items() if name not in WITHOUT_LOSS)
    return Taken(families=families, loss=loss)


def confusion(found: Mapping[str, Sequence[Taken]]) -> NDArray[np.float64]:
    """Count for what family campaigns of each truth were taken.

    Parameters
    ----------
    found
        Truth -> what its campaigns were taken for.

    Returns
    -------
    :
        Shares, (truths, families), in the order of ``found`` and of ``FAMILIES``.
    """
    rows = [
        [np.mean([one.family == name for one in row]) for name in FAMILIES]
        for row in found.values()
    ]
    return np.asarray(rows, dtype=np.float64)
