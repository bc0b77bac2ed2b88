"""A second opinion on an evidence: nested sampling by dynesty, slices along random directions."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import MissingExtra
from megabar.inference.annealing import effective_number
from megabar.inference.evidence import Evidence, generator_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megabar.inference.posterior_modes import Array, Likelihood

_LIVE_POINTS: Final = 400
_TIMES_QUOTED: Final = 2.0  # the error that dynesty quotes is too small by up to so much
_LAST_GAIN: Final = 0.01  # of ln Z, at which live points are added and the search ends


def second_opinion(
    target: Likelihood, *, seed: int | Sequence[int], live_points: int = _LIVE_POINTS
) -> Evidence:
    """Integrate a likelihood by nested sampling.

    Slow (10 to 60 s) and without assumptions about the form of the posterior.

    Parameters
    ----------
    target
        A likelihood of parameters that are standard normal before the data.
    seed
        Of all random numbers.
    live_points
        400 by default; the error falls with their root.

    Returns
    -------
    :
        ``log_evidence_std`` is twice what dynesty quotes; ``laplace`` is nan.

    Raises
    ------
    MissingExtra
        If dynesty is not installed.

    References
    ----------
    Skilling, Bayesian Anal. 1, 833 (2006), doi:10.1214/06-BA127. Speagle, MNRAS 493, 3132 (2020),
    doi:10.1093/mnras/staa278.
    """
    try:
        from dynesty import NestedSampler
    except ImportError:
        msg = (
            "Found no dynesty; there is no second opinion on an evidence without it. "
            "Install megabar[evidence]."
        )
        raise MissingExtra(msg) from None
    from scipy.special import ndtri

    def log_likelihood(z: Array) -> float:
        value = float(target.log_likelihood(z[None, :])[0])
        return value if np.isfinite(value) else -1e300

    sampler = NestedSampler(
        log_likelihood, ndtri, target.dimension, nlive=live_points, sample="rslice",
        rstate=generator_of(seed),
    )  # fmt: skip
    with warnings.catch_warnings():  # a thin posterior makes slices that take many steps: slow only
        warnings.filterwarnings("ignore", "The slice sample interval was expanded")
        warnings.filterwarnings("ignore", "Enabling doubling strategy")
        sampler.run_nested(dlogz=_LAST_GAIN, print_progress=False)
    found = sampler.results
    weights = np.exp(found.logwt - found.logwt.max())
    weights /= np.sum(weights)
    return Evidence(
        log_evidence=float(found.logz[-1]),
        log_evidence_std=_TIMES_QUOTED * float(found.logzerr[-1]),
        laplace=float("nan"),
        effective_fraction=effective_number(weights) / weights.size,
        refused=False,
        annealed=False,
        far_behind=False,
        modes=0,
        z=np.asarray(found.samples),
        weights=weights,
    )
