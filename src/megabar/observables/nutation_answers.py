"""What a curve of nutation is, and what its fit says: profiles, bounds, readings.

Twin: ``spins.nutation``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import one_of
from megabar.spins.nutation import central_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar import fitting
    from megabar.spins.amplitude_distributions import AmplitudeDistribution
    from megabar.spins.pulse_shapes import PulseShape

    Array = NDArray[np.float64]

FIELD_MODELS: Final = ("homogeneous", "gaussian")
"""Models of the radio frequency field over the sample that need no measurement."""

FEWEST_PERIODS: Final = 2.0
"""Periods below which a curve bounds no coupling."""

ALL_ALIKE: Final = "all transitions as one"
CENTRAL: Final = "central transition alone"

ONE_SIDED: Final = 2.705543
"""Chi2 of one degree of freedom, 95 % on one side."""

PARAMETERS: Final = ("nutation_frequency", "variance", "quadrupole_coupling")
UNKNOWNS: Final = (*PARAMETERS, "amplitude")
"""What a fit determines: the variance is that of the field over its mean."""

_TWO_SIDED: Final = 3.841459  # as ONE_SIDED, on both sides


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """Amplitudes against the length of a pulse, and what is known of the experiment.

    Parameters
    ----------
    lengths
        Of the pulses [s], (step,).
    amplitudes
        Signed signal, of either sign as a whole, (step,).
    std
        Standard errors, (step,).
    spin
        Quantum number I.
    shape
        Of the pulses.
    field_model
        One of :data:`FIELD_MODELS`, or a measured distribution with the shares of the signal.
    detected
        One of ``spins.nutation.DETECTED``.
    known_frequency
        Nutation frequency at the peak of the shape and its error [Hz], from another line in the
        same coil; None if there is none.

    Raises
    ------
    UnknownWord
        If the model of the field is not in its list.
    ValueError
        If the columns differ in length, there are too few steps, or a length or an error is
        negative.
    """

    lengths: Array
    amplitudes: Array
    std: Array
    spin: float
    shape: PulseShape
    field_model: str | AmplitudeDistribution
    detected: str
    known_frequency: tuple[float, float] | None

    def __post_init__(self) -> None:
        if isinstance(self.field_model, str):
            one_of(self.field_model, FIELD_MODELS, name="field_model")
        sizes = {self.lengths.size, self.amplitudes.size, self.std.size}
        fewest = len(self.free) + 2
        positive = bool((self.lengths >= 0).all() and (self.std > 0).all())
        if len(sizes) != 1 or np.unique(self.lengths).size < fewest or not positive:
            msg = (
                f"Found {self.lengths.size} lengths, {self.amplitudes.size} amplitudes and "
                f"{self.std.size} errors; a nutation needs as many of each, {fewest} different "
                "lengths or more, none negative, and errors above zero."
            )
            raise ValueError(msg)

    @property
    def field_name(self) -> str:
        """Name of the model of the field."""
        return self.field_model if isinstance(self.field_model, str) else "measured"

    @property
    def free(self) -> tuple[str, ...]:
        """Unknowns of a fit at one coupling, but for the amplitude."""
        spread = ("variance",) if self.field_model == "gaussian" else ()
        return ("nutation_frequency", *spread)


@dataclass(frozen=True, kw_only=True, eq=False)
class CouplingProfile:
    """Best fits at rising couplings, for one asymmetry.

    Parameters
    ----------
    asymmetry
        Of the gradient.
    couplings
        C_Q, rising from zero [Hz], (trial,).
    chi2
        Of the best fit at each, (trial,).
    values, std
        Unknowns of :data:`UNKNOWNS` at each, and their standard errors, nan where the fit is so bad
        that it was left where a search had ended, (trial, unknown).
    spreads
        Relative standard deviations of the field, and chi2 of the best fit at each; None if the
        model of the field leaves none free.
    drawn
        Curve of the best fit at the lengths, (step,).
    """

    asymmetry: float
    couplings: Array
    chi2: Array
    values: Array
    std: Array
    spreads: tuple[Array, Array] | None
    drawn: Array

    def allowed(self, rise: float) -> tuple[float, float]:
        """Give the lowest range of couplings in which chi2 stays near its minimum; inf if open."""
        return _lowest_range(self.couplings, self.chi2, rise)

    def profiled(self, name: str, scale: float) -> tuple[float, float]:
        """Give an unknown at the best fit, and half of the width of its profile interval.

        The interval joins, over all couplings, where chi2 stays within one of its minimum. So the
        error holds what the coupling leaves open.
        """
        column = UNKNOWNS.index(name)
        rise = (self.chi2 - self.chi2.min()) / scale**2
        inside = (rise <= 1) & np.isfinite(self.std[:, column])
        if not inside.any():
            return nan, nan
        value = self.values[inside, column]
        reach = scale * self.std[inside, column] * np.sqrt(1 - rise[inside])
        width = (value + reach).max() - (value - reach).min()
        return float(self.values[int(np.argmin(self.chi2)), column]), float(width / 2)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One meaning of a curve.

    Parameters
    ----------
    name
        :data:`ALL_ALIKE` or :data:`CENTRAL`.
    frequency, std
        Nutation frequency at the peak of the shape and its standard error [Hz].
    share
        Largest signal of a nucleus over that of a perfect pulse on all its transitions.
    """

    name: str
    frequency: float
    std: float
    share: float


@dataclass(frozen=True, kw_only=True, eq=False)
class NutationFit:
    """What a curve of nutation says if all transitions turn together.

    Parameters
    ----------
    curve
        What was fitted.
    hard
        Fit without a coupling and without what is known of the field: its frequency is that at
        which the curve turns.
    profiles
        One for each asymmetry; none for spin 1/2.
    scale
        By which errors are enlarged where the residuals are above the noise.
    """

    curve: Curve
    hard: fitting.Fit
    profiles: tuple[CouplingProfile, ...]
    scale: float = 1.0

    @property
    def chi2(self) -> float:
        """Chi2 of the best fit over couplings and asymmetries."""
        return min((float(one.chi2.min()) for one in self.profiles), default=self.hard.chi2)

    @property
    def periods(self) -> float:
        """Periods of the curve that were recorded."""
        turning = self.hard["nutation_frequency"][0] * abs(self.curve.shape.mean)
        return float(turning * self.curve.lengths.max())

    @property
    def coupling_bound(self) -> float:
        """C_Q below which the truth lies with 95 % [Hz], the largest of the asymmetries; or inf."""
        if self.periods < FEWEST_PERIODS:
            return inf
        return max(
            (one.allowed(ONE_SIDED * self.scale**2)[1] for one in self.profiles), default=nan
        )

    @property
    def turns_without_coupling(self) -> bool:
        """Whether a curve without any coupling explains the amplitudes."""
        rise = _TWO_SIDED * self.scale**2
        return not self.profiles or any(one.allowed(rise)[0] == 0 for one in self.profiles)

    @property
    def spread_range(self) -> tuple[float, float]:
        """Relative standard deviation of the field, each end with 95 % on one side; nan if none."""
        tables = [one.spreads for one in self.profiles if one.spreads is not None]
        if not tables:
            return nan, nan
        chi2 = np.min([table[1] for table in tables], axis=0)
        return _lowest_range(tables[0][0], chi2, ONE_SIDED * self.scale**2)

    @property
    def spread(self) -> float:
        """Relative standard deviation of the field at the best fit."""
        if not self.profiles:
            return float(np.sqrt(self.hard["variance"][0]))
        chosen = self._chosen()
        column = UNKNOWNS.index("variance")
        return float(np.sqrt(chosen.values[int(np.argmin(chosen.chi2)), column]))

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What the curve may mean: all transitions as one, the central one alone, either or none.

        Spins with a coupling far above the field turn I + 1/2 times faster, with a small part of
        the signal, and as cleanly as those of a cubic site. Only the field itself tells the two
        apart.
        """
        spin, shares = self.curve.spin, []
        value, std = self["nutation_frequency"]
        lone = 1.0 if spin % 1 == 0 or spin == 1 / 2 else central_share(spin)
        heard = 1.0 if self.curve.detected == "all" else lone * (spin + 0.5)
        shares.append(Reading(name=ALL_ALIKE, frequency=value, std=std, share=heard))
        clean = self.hard.chi2 - self.chi2 <= _TWO_SIDED * self.scale**2
        if lone < 1 and clean:
            value, std = (one / (spin + 0.5) for one in self.hard["nutation_frequency"])
            shares.append(Reading(name=CENTRAL, frequency=value, std=std, share=lone))
        known = self.curve.known_frequency
        return tuple(
            one
            for one in shares
            if known is None or abs(one.frequency - known[0]) <= 3 * np.hypot(one.std, known[1])
        )

    def __getitem__(self, name: str) -> tuple[float, float]:
        if not self.profiles:
            value, std = self.hard[name]
            return value, self.scale * std
        return self._chosen().profiled(name, self.scale)

    def drawn(self) -> Array:
        """Give the curve of the best fit at the lengths, (step,)."""
        if self.profiles:
            return self._chosen().drawn
        return np.asarray(self.curve.amplitudes - self.hard.residuals[:-1])

    def _chosen(self) -> CouplingProfile:
        return min(self.profiles, key=lambda one: float(one.chi2.min()))


def _lowest_range(places: Array, chi2: Array, rise: float) -> tuple[float, float]:
    """Find the lowest range in which chi2, a curve over squares, stays near its minimum."""
    above = chi2 - chi2.min() - rise
    first = int(np.flatnonzero(above <= 0)[0])
    higher = np.flatnonzero((above > 0) & (np.arange(above.size) > first))

    def crossing(left: int) -> float:
        squares = places[left : left + 2] ** 2
        share = above[left] / (above[left] - above[left + 1])
        return float(np.sqrt(squares[0] + share * (squares[1] - squares[0])))

    low = 0.0 if first == 0 else crossing(first - 1)
    return low, (crossing(int(higher[0]) - 1) if higher.size else inf)
