r"""Whether a mean square displacement has reached diffusion, and at which lags.

.. math:: \alpha(t) = \frac{\mathrm{d} \ln (\mathrm{MSD} - p)}{\mathrm{d} \ln t}

over a factor 2 in lag, with the plateau p of vibrations taken off: a constant under a straight line
is no memory. Where atoms hop by few vacancies, MSD/6t falls to D as :math:`D + b t^{-1/2}`, and is
still too high by :math:`2 (1 - \alpha)`, its slope by :math:`1 - \alpha`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion.arguments import not_negative, positive

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPAN: Final = 3.0
"""The exponent must be 1 over so large a factor in lag."""

TOLERANCE: Final = 0.02
"""What 1 - alpha may be, unless the error of the diffusivity is larger."""

FEWEST_HOPS: Final = 3.0
"""Mean hops per atom below which a run has not begun to diffuse."""

_LONGEST_LAG: Final = 1 / 3  # of the run
_PER_OCTAVE: Final = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Regime:
    """Verdict on a mean square displacement.

    Parameters
    ----------
    quality
        ``"value"``, ``"upper bound"``, or ``"not reached"``.
    reason
        Why, in one sentence.
    fit_from, fit_to
        Lags between which it is straight [s]; nan where the quality is not ``"value"``.
    lags
        Where the exponent was computed [s].
    exponent
        There.
    """

    quality: str
    reason: str
    fit_from: float
    fit_to: float
    lags: NDArray[np.float64]
    exponent: NDArray[np.float64]


def exponent_from_msd(
    *, msd: NDArray[np.float64], frame_interval: float, plateau: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Compute the exponent of growth over a factor 2 in lag.

    Parameters
    ----------
    msd
        Mean square displacement [m2], (frame,); element k is lag k frames.
    frame_interval
        Time from one frame to the next [s].
    plateau
        What vibrations add at every lag: :math:`6 s^2` with the rms s per axis [m2].

    Returns
    -------
    :
        Lags, at the geometric middle [s], up to a third of the run, and the exponent there.

    Raises
    ------
    ValueError
        If an argument is out of range, or there are too few frames.

    Examples
    --------
    >>> lags, exponent = exponent_from_msd(
    ...     msd=1e-20 + np.arange(100) * 2e-20, frame_interval=1e-12, plateau=1e-20)
    >>> bool(np.allclose(exponent, 1))
    True
    """
    positive(frame_interval, name="frame interval", unit="s")
    not_negative(plateau, name="plateau", unit="m2")
    not_negative(msd, name="mean square displacement", unit="m2")
    longest = int(len(msd) * _LONGEST_LAG)
    if msd.ndim != 1 or longest < 2:
        msg = f"Found a mean square displacement of shape {msd.shape}; six lags or more are needed."
        raise ValueError(msg)
    count = 1 + int(_PER_OCTAVE * np.log2(longest / 2))
    early = np.unique((2.0 ** (np.arange(count) / _PER_OCTAVE)).round().astype(np.int64))
    early = early[2 * early <= longest]
    grown, before = msd[2 * early] - plateau, msd[early] - plateau
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = np.where((grown > 0) & (before > 0), np.log2(grown / before), nan)
    return np.sqrt(2.0) * early * frame_interval, exponent


def regime_from_msd(
    *,
    msd: NDArray[np.float64],
    frame_interval: float,
    plateau: float,
    jump_length: float,
    relative_std: float,
    hops_per_atom: float,
) -> Regime:
    """Judge whether a mean square displacement has reached diffusion.

    Parameters
    ----------
    msd
        Mean square displacement [m2], (frame,); element k is lag k frames.
    frame_interval
        Time from one frame to the next [s].
    plateau
        What vibrations add at every lag: six times the square of the rms per axis [m2].
    jump_length
        Distance of neighbouring sites [m].
    relative_std
        Relative error of the diffusivity [1]; nan if unknown. A larger one allows a larger
        departure of the exponent from 1.
    hops_per_atom
        Mean number of hops in the run [1]; nan if unknown.

    Returns
    -------
    :
        The verdict, with the window of lags that it is about.

    Raises
    ------
    ValueError
        If an argument is out of range, or there are too few frames.

    Examples
    --------
    >>> free = regime_from_msd(
    ...     msd=np.arange(3000) * 6e-21, frame_interval=1e-13, plateau=0.0, jump_length=1e-10,
    ...     relative_std=0.01, hops_per_atom=100.0)
    >>> free.quality
    'value'
    """
    positive(jump_length, name="jump length", unit="m")
    lags, exponent = exponent_from_msd(msd=msd, frame_interval=frame_interval, plateau=plateau)
    least = plateau + jump_length**2
    longest = int(len(msd) * _LONGEST_LAG)
    if msd[longest] < least:
        reason = (
            f"at a third of the run the mean square displacement is {msd[longest]:.3g} m2, less "
            f"than vibrations and one jump, {least:.3g} m2"
        )
        return _unfit("not reached", reason, lags, exponent)
    if hops_per_atom < FEWEST_HOPS:
        reason = f"{hops_per_atom:.2g} hops per atom in the run, fewer than {FEWEST_HOPS:g}"
        return _unfit("not reached", reason, lags, exponent)
    allowed = max(TOLERANCE, 0.0 if np.isnan(relative_std) else relative_std)
    beyond = msd[(lags / (np.sqrt(2.0) * frame_interval)).round().astype(np.int64)] >= least
    straight = beyond & (np.abs(1 - exponent) <= allowed)
    window = _longest_run(lags, straight)
    if window is not None and window[1] >= SPAN * window[0]:
        reason = f"the exponent is 1 within {allowed:.3f} over a factor {window[1] / window[0]:.1f}"
        return Regime(
            quality="value",
            reason=reason,
            fit_from=window[0],
            fit_to=window[1],
            lags=lags,
            exponent=exponent,
        )
    return _judged_bound(lags, exponent, beyond, allowed)


def _judged_bound(
    lags: NDArray[np.float64],
    exponent: NDArray[np.float64],
    beyond: NDArray[np.bool_],
    allowed: float,
) -> Regime:
    late = exponent[beyond]
    if len(late) < 2 or lags[beyond][-1] < SPAN * lags[beyond][0]:
        reason = f"less than a factor {SPAN:g} in lag lies beyond one jump"
        return _unfit("not reached", reason, lags, exponent)
    trend = np.polyfit(np.log(lags[beyond]), late, 1)[0]
    last = float(late[-1])
    if np.median(late) < 1 and trend > 0:
        reason = (
            f"the exponent is {last:.3f} and rising at the longest lags: MSD/6t is high by about "
            f"{200 * (1 - last):.0f} %"
        )
        return _unfit("upper bound", reason, lags, exponent)
    reason = f"the exponent stays at 1 within {allowed:.3f} nowhere and does not rise to it"
    return _unfit("not reached", reason, lags, exponent)


def _unfit(
    quality: str, reason: str, lags: NDArray[np.float64], exponent: NDArray[np.float64]
) -> Regime:
    return Regime(
        quality=quality, reason=reason, fit_from=nan, fit_to=nan, lags=lags, exponent=exponent
    )


def _longest_run(
    lags: NDArray[np.float64], straight: NDArray[np.bool_]
) -> tuple[float, float] | None:
    """Give first and last lag, of those in the exponents, of the widest unbroken range."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], straight, [False]]).astype(np.int8)))
    if not len(edges):
        return None
    starts, stops = edges[::2], edges[1::2] - 1
    best = int(np.argmax(lags[stops] / lags[starts]))
    half = float(np.sqrt(2.0))
    return float(lags[starts[best]] / half), float(lags[stops[best]] * half)
