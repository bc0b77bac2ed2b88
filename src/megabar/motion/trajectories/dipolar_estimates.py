r"""From S(t) of a trajectory to spectral densities and rates, or to the reason why there are none.

.. math:: j(\omega) = 2 \int_0^{t_\text c} S \cos \omega t \, \mathrm dt + \text{tail}

with a sharp cut-off t_c at 5 to 8 correlation times: summed to the end of a run, the error of j
does not fall with the length of the run. Frequencies are those asked for, never the nearest of a
grid.

Twin: ``observables.relaxation_times``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from math import nan
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from megabar.motion.arguments import positive
from megabar.motion.relaxation import (
    REDFIELD_LIMIT,
    dipolar_constant,
    rates_like,
    rates_unlike,
    redfield_parameter,
)
from megabar.motion.relaxation.dipolar import unlike_constant
from megabar.motion.spectral_densities import LongTimeTail, from_correlation, ratio_to_tail

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from megabar.motion.relaxation import Rates
    from megabar.motion.spectral_densities import Model
    from megabar.motion.trajectories.dipolar import DipolarCorrelation

    Array = NDArray[np.float64]

CUT_OVER_TIME: Final = 8.0
"""Cut-off over correlation time, unless a cut-off is given."""

FEWEST_TIMES: Final = 10.0
"""A run must hold so many correlation times."""

LARGEST_REST: Final = 0.1
"""Mean S of the last quarter before the cut-off, times the cut-off, over the area before it."""

LARGEST_ERROR: Final = 0.5
"""Relative error of j(0) above which nothing has been learnt."""

TAIL_RATIOS: Final = (0.8, 1.25)
"""Between which S over its tail must lie, from half the cut-off to the cut-off."""

TAIL_SHIFT: Final = 0.03
"""What half the cut-off may change in j(0) for a tail to be appended; also what a tail that was
refused may have added to a value."""

_BINS: Final = 4  # of lags, so that noise of single lags refuses no tail
_SIGMAS: Final = 2.0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a correlation allows.

    Parameters
    ----------
    quality
        ``"value"``, ``"lower bound"``, or ``"not reached"``.
    reason
        Why, in one sentence.
    cut
        Where S was cut off [s].
    correlation_time
        Area under S over S(0), up to the cut-off and with the tail [s].
    tail_ratio
        Smallest and largest S over the tail before the cut-off; nan where no tail was given.
    tail_accepted
        Whether the tail was appended.
    """

    quality: str
    reason: str
    cut: float
    correlation_time: float
    tail_ratio: tuple[float, float]
    tail_accepted: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """Numbers that come with a verdict.

    Parameters
    ----------
    verdict
        What they mean.
    """

    verdict: Verdict

    @property
    def quality(self) -> str:
        """Quality of the verdict."""
        return self.verdict.quality

    @property
    def reason(self) -> str:
        """Reason of the verdict."""
        return self.verdict.reason

    @property
    def cut(self) -> float:
        """Where S was cut off [s]."""
        return self.verdict.cut

    @property
    def correlation_time(self) -> float:
        """Correlation time [s]."""
        return self.verdict.correlation_time


@dataclass(frozen=True, kw_only=True, eq=False)
class DensityEstimate(Judged):
    """A spectral density with its error.

    Parameters
    ----------
    angular_frequency
        [rad/s], any shape.
    values
        j [m-6 s] there, also where the verdict says that they mean nothing.
    std
        Their standard errors, that of the tail left out.
    tail_part
        What the tail added [m-6 s]; it goes as the diffusivity to the power -3/2.
    """

    angular_frequency: Array
    values: Array
    std: Array
    tail_part: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class RelaxationEstimate(Judged):
    """R1 and R2 of the dipole couplings of a trajectory.

    Parameters
    ----------
    r1, r2
        [s-1], shape of the Larmor frequency.
    r1_std, r2_std
        Their standard errors, that of the tail left out.
    second_moment
        Of S(0), rigid at each instant [rad2 s-2]; vibrations inflate it.
    """

    r1: Array
    r2: Array
    r1_std: Array
    r2_std: Array
    second_moment: float


def spectral_density_from_correlation(
    *,
    correlation: DipolarCorrelation,
    angular_frequency: ArrayLike,
    tail: LongTimeTail | None,
    cut: float | None = None,
) -> DensityEstimate:
    r"""Compute j of a trajectory at any frequencies, with errors and a verdict.

    The value is *not reached* while S has not decayed before the cut-off (a plateau is the second
    moment of a line, and its integral grows with the cut-off), in a run shorter than ten
    correlation times, and where the error is half of j(0). A tail is appended only where S runs
    along it from half the cut-off on and half the cut-off gives the same j(0) within 3 %. Where it
    is refused but would have added more than that, the value is a *lower bound*.

    Parameters
    ----------
    correlation
        S, to lags of more than 8 correlation times.
    angular_frequency
        [rad/s], any shape and sign.
    tail
        What diffusion leaves; None for spins that do not diffuse.
    cut
        Cut-off [s]; None for 8 correlation times.

    Returns
    -------
    :
        The estimate.

    Raises
    ------
    ValueError
        If the cut-off is beyond the longest lag.

    References
    ----------
    Sokal, Monte Carlo Methods in Statistical Mechanics, in: Functional Integration, Plenum (1997),
    doi:10.1007/978-1-4899-0319-8_6, for the cut-off.

    Examples
    --------
    >>> from megabar.motion.trajectories.dipolar import dipolar_correlation_from_positions
    >>> still = np.broadcast_to([[0, 0, 0], [1e-10, 0, 1e-10]], (40, 2, 3))
    >>> frozen = dipolar_correlation_from_positions(
    ...     positions=still, cell=np.eye(3) * 9e-10, frame_interval=1e-15, longest_lag=4e-15,
    ...     groups=2)
    >>> found = spectral_density_from_correlation(
    ...     correlation=frozen, angular_frequency=0.0, tail=None)
    >>> found.quality
    'not reached'
    """
    omega = np.asarray(angular_frequency, dtype=np.float64)
    verdict = _verdict(correlation, tail, cut, omega)
    kept = correlation.up_to(verdict.cut)
    used = tail if verdict.tail_accepted else None
    density = partial(_density, lags=kept.lags, tail=used, omega=omega)
    part = np.zeros(omega.shape)
    if used is not None:
        part = used.spectral_density_beyond(float(kept.lags[-1]), angular_frequency=omega)
    return DensityEstimate(
        angular_frequency=omega,
        values=density(kept.values),
        std=kept.std_of(density),
        tail_part=part,
        verdict=verdict,
    )


def relaxation_from_correlation(
    *,
    correlation: DipolarCorrelation,
    gyromagnetic_ratio: float,
    larmor_frequency: ArrayLike,
    tail: LongTimeTail | None,
    gyromagnetic_ratio_partner: float | None = None,
    spin_partner: float | None = None,
    cut: float | None = None,
) -> RelaxationEstimate:
    r"""Compute R1 and R2 of spins 1/2 from the correlation of a trajectory.

    .. math:: R_1 = \tfrac{3}{20} K [j(\omega_0) + 4 j(2 \omega_0)], \quad
        R_2 = \tfrac{3}{40} K [3 j(0) + 5 j(\omega_0) + 2 j(2 \omega_0)]

    and the formulas of unlike spins where the partners are others. Rates of several kinds of
    partners add. To the verdict on j comes the limit of Redfield.

    Parameters
    ----------
    correlation
        S of the spins observed with one kind of partners.
    gyromagnetic_ratio
        Of the bare nucleus observed [rad s-1 T-1].
    larmor_frequency
        nu0 [Hz], not angular; any shape.
    tail
        What diffusion leaves; its number density is that of the partners, and where they stand
        still half the diffusivity goes into it. None for spins that do not diffuse.
    gyromagnetic_ratio_partner, spin_partner
        Of partners of another kind [rad s-1 T-1, 1]; None for like spins.
    cut
        Cut-off [s]; None for 8 correlation times.

    Returns
    -------
    :
        The estimate.

    Raises
    ------
    ValueError
        If the partners do not fit the correlation, or the cut-off is beyond the longest lag.

    References
    ----------
    Abragam, The Principles of Nuclear Magnetism, Oxford (1961), ch. VIII.

    Examples
    --------
    >>> from megabar.motion.trajectories.dipolar import dipolar_correlation_from_positions
    >>> still = np.broadcast_to([[0, 0, 0], [1e-10, 0, 1e-10]], (40, 2, 3))
    >>> frozen = dipolar_correlation_from_positions(
    ...     positions=still, cell=np.eye(3) * 9e-10, frame_interval=1e-15, longest_lag=4e-15,
    ...     groups=2)
    >>> found = relaxation_from_correlation(
    ...     correlation=frozen, gyromagnetic_ratio=2.6752218744e8, larmor_frequency=395e6,
    ...     tail=None)
    >>> found.quality
    'not reached'
    """
    couple = _coupling(correlation, gyromagnetic_ratio, gyromagnetic_ratio_partner, spin_partner)
    nu = positive(larmor_frequency, name="Larmor frequency", unit="Hz")
    omega = 2 * np.pi * nu
    verdict = _verdict(correlation, tail, cut, np.stack([np.zeros_like(omega), omega, 2 * omega]))
    moment = couple.second_moment(correlation.sum_r6)
    verdict = _within_redfield(verdict, moment)
    kept = correlation.up_to(verdict.cut)
    used = tail if verdict.tail_accepted else None

    def both(values: Array) -> Array:
        density = from_correlation(lags=kept.lags, values=values, static_part=0.0, tail=used)
        rates = couple.rates(density, nu)
        return np.stack([rates.r1, rates.r2])

    r1, r2 = both(kept.values)
    r1_std, r2_std = kept.std_of(both)
    return RelaxationEstimate(
        r1=r1, r2=r2, r1_std=r1_std, r2_std=r2_std, second_moment=moment, verdict=verdict
    )


class _Coupling(NamedTuple):
    """The spins that a correlation belongs to."""

    gyromagnetic_ratio: float
    partner: tuple[float, float] | None

    def rates(self, density: Model, larmor_frequency: Array) -> Rates:
        """Give R1 and R2."""
        if self.partner is None:
            return rates_like(
                spectral_density=density,
                gyromagnetic_ratio=self.gyromagnetic_ratio,
                larmor_frequency=larmor_frequency,
            )
        return rates_unlike(
            spectral_density=density,
            gyromagnetic_ratio=self.gyromagnetic_ratio,
            gyromagnetic_ratio_partner=self.partner[0],
            spin_partner=self.partner[1],
            larmor_frequency=larmor_frequency,
        )

    def second_moment(self, sum_r6: float) -> float:
        """Give M2 [rad2 s-2] of a sum of r^-6."""
        gamma = self.gyromagnetic_ratio
        if self.partner is None:
            k = dipolar_constant(gyromagnetic_ratio=gamma, gyromagnetic_ratio_partner=gamma)
            return 9 / 20 * k * sum_r6
        c = unlike_constant(
            gyromagnetic_ratio=gamma,
            gyromagnetic_ratio_partner=self.partner[0],
            spin_partner=self.partner[1],
        )
        return 4 / 15 * c * sum_r6


def _coupling(
    correlation: DipolarCorrelation, gamma: float, partner: float | None, spin: float | None
) -> _Coupling:
    if correlation.like and partner is None and spin is None:
        return _Coupling(gamma, None)
    if correlation.like or partner is None or spin is None:
        kind = "like" if correlation.like else "unlike"
        msg = (
            f"Found a correlation of {kind} spins with a partner of gyromagnetic ratio {partner} "
            f"and spin {spin}. Unlike partners need both numbers, like ones none."
        )
        raise ValueError(msg)
    return _Coupling(gamma, (partner, spin))


def _density(values: Array, *, lags: Array, tail: LongTimeTail | None, omega: Array) -> Array:
    return from_correlation(lags=lags, values=values, static_part=0.0, tail=tail)(omega)


def _verdict(
    correlation: DipolarCorrelation, tail: LongTimeTail | None, cut: float | None, omega: Array
) -> Verdict:
    """Find cut-off and tail, and ask whether anything follows."""
    lags, found = correlation.lags, _cut_off(correlation, cut)
    ratio, accepted = (nan, nan), False
    for candidate in _candidates(found, lags, free=cut is None):
        if tail is None:
            break
        seen, accepted = _tail_test(correlation.up_to(candidate), tail)
        ratio = seen if accepted or candidate == found else ratio
        if accepted:
            found = candidate
            break
    kept = correlation.up_to(found)
    used = tail if accepted else None
    zero = np.zeros(1)
    j_zero = _density(kept.values, lags=kept.lags, tail=used, omega=zero)
    error = kept.std_of(partial(_density, lags=kept.lags, tail=used, omega=zero))
    tau = float(j_zero[0]) / (2 * float(kept.values[0]))
    quality, reason = _quality(correlation, kept, tau, float(error[0] / abs(j_zero[0])), accepted)
    if quality == "value" and tail is not None and not accepted:
        quality, reason = _without_tail(kept, tail, ratio, omega)
    return Verdict(
        quality=quality,
        reason=reason,
        cut=float(kept.lags[-1]),
        correlation_time=tau,
        tail_ratio=ratio,
        tail_accepted=accepted,
    )


def _cut_off(correlation: DipolarCorrelation, cut: float | None) -> float:
    """Give the cut-off asked for, or the first lag of 8 areas under S, by which S has decayed."""
    lags = correlation.lags
    if cut is not None:
        if not lags[1] <= cut <= lags[-1] * (1 + 1e-9):
            msg = (
                f"Found a cut-off of {cut:g} s; S was computed at lags of {lags[1]:g} to "
                f"{lags[-1]:g} s. Take one of those, or compute more lags."
            )
            raise ValueError(msg)
        return cut
    values = correlation.values
    steps = (values[1:] + values[:-1]) / 2 * np.diff(lags)
    area = np.concatenate([[0.0], np.cumsum(steps)]) / values[0]
    late = 4 * (area - np.interp(0.75 * lags, lags, area))  # last quarter, times the cut-off
    decayed = (late <= LARGEST_REST * area) & (lags > lags[1])
    reached = np.flatnonzero((lags >= CUT_OVER_TIME * area) & decayed)
    return float(lags[reached[0]] if reached.size else lags[-1])


def _candidates(cut: float, lags: Array, *, free: bool) -> list[float]:
    """Give cut-offs at which the tail is tried: later ones too, where none was asked for."""
    doubled = cut * 2.0 ** np.arange(0, 1 + np.floor(np.log2(lags[-1] / cut) + 1e-9))
    return [float(later) for later in doubled] if free else [cut]


def _tail_test(kept: DipolarCorrelation, tail: LongTimeTail) -> tuple[tuple[float, float], bool]:
    """Give the ratio of S to the tail before the cut-off, and whether it may be appended."""
    late = np.flatnonzero(kept.lags >= kept.lags[-1] / 2)
    if late.size < _BINS:
        return (nan, nan), False
    bins = np.array_split(late, _BINS)
    lags = np.array([0.0, *(kept.lags[b].mean() for b in bins)])
    binned = np.array([kept.values[0], *(kept.values[b].mean() for b in bins)])
    ratio = ratio_to_tail(lags=lags, values=binned, tail=tail)
    early = kept.up_to(kept.lags[-1] / 2)

    def shift(values: Array) -> Array:
        zero = np.zeros(1)
        late_j = _density(values, lags=kept.lags, tail=tail, omega=zero)
        return _density(values[: len(early.lags)], lags=early.lags, tail=tail, omega=zero) / late_j

    moved = abs(float(shift(kept.values)[0]) - 1)
    allowed = max(TAIL_SHIFT, _SIGMAS * float(kept.std_of(shift)[0]))
    return ratio, TAIL_RATIOS[0] <= ratio[0] and ratio[1] <= TAIL_RATIOS[1] and moved <= allowed


def _quality(
    correlation: DipolarCorrelation,
    kept: DipolarCorrelation,
    tau: float,
    relative_error: float,
    accepted: bool,
) -> tuple[str, str]:
    late = kept.lags >= 0.75 * kept.lags[-1]
    end = float(kept.lags[-1])

    def rest(values: Array) -> Array:
        return np.array([values[late].mean() * end / np.trapezoid(values, kept.lags)])

    share = float(rest(kept.values)[0])
    if not accepted and share - _SIGMAS * float(kept.std_of(rest)[0]) > LARGEST_REST:
        return "not reached", (
            f"S has not decayed at {end:.3g} s: {kept.values[late].mean() / kept.values[0]:.2g} of "
            "S(0) is left, and its integral would grow with the cut-off; take a longer run and "
            "longer lags, or read the second moment from the plateau"
        )
    if not 0 < tau < correlation.duration / FEWEST_TIMES:
        return "not reached", (
            f"the run of {correlation.duration:.3g} s is shorter than {FEWEST_TIMES:g} correlation "
            f"times of {tau:.3g} s"
        )
    if not relative_error < LARGEST_ERROR:
        return "not reached", f"the relative error of j(0) is {relative_error:.2g}; run longer"
    return "value", f"S has decayed within {end:.3g} s, {end / tau:.1f} correlation times"


def _without_tail(
    kept: DipolarCorrelation, tail: LongTimeTail, ratio: tuple[float, float], omega: Array
) -> tuple[str, str]:
    """Judge what a tail would have added that was refused."""
    j = _density(kept.values, lags=kept.lags, tail=None, omega=omega)
    part = tail.spectral_density_beyond(float(kept.lags[-1]), angular_frequency=omega)
    share = float(np.max(part / np.maximum(np.abs(j), np.finfo(float).tiny), initial=0.0))
    found = f"S is {ratio[0]:.2f} to {ratio[1]:.2f} of its long-time tail"
    if share > TAIL_SHIFT:
        return "lower bound", (
            f"{found}, so that the tail was not appended; it could add {share:.0%} to j: take a "
            "larger cell, tracked images or the route over a lattice walk"
        )
    return "value", f"{found}; the tail was left out, and could add no more than {share:.1%}"


def _within_redfield(verdict: Verdict, second_moment: float) -> Verdict:
    if verdict.quality == "not reached":
        return verdict
    angle = float(
        redfield_parameter(second_moment=second_moment, correlation_time=verdict.correlation_time)
    )
    if angle <= REDFIELD_LIMIT:
        return verdict
    return replace(
        verdict,
        quality="not reached",
        reason=(
            f"the spins turn by {angle:.2g} rad in a correlation time, more than {REDFIELD_LIMIT}; "
            "the line is no longer narrowed, see motion.narrowing"
        ),
    )
