r"""Which further measurement decides between what the data leave open, from the models themselves.

For a measurement as precise as the present one the explanations predict Gaussian distributions of
the logarithm; what it is expected to tell is their mutual information,

.. math:: I = \frac1K \sum_k \int p_k \log_2 \frac{p_k}{\frac1K \sum_l p_l} \, \mathrm dx

at most :math:`\log_2 K` bits for K explanations.

Twin: ``motion.relaxation``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import combinations
from math import log, log2, nan, pi, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.matter import nuclei
from megabar.observables.diffusivity_answers import cm2

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from megabar.observables.measured_times import MeasuredTimes
    from megabar.observables.motion_models import Motion

FIELDS: Final = (0.25, 0.5, 2.0)
"""Fields at which a measurement is thought of, over the present one."""

WARMED: Final = 2.0
"""Factor on D of a warmer sample that is thought of."""

_LOCK_OVER_WIDTH: Final = 10.0  # a locking field that holds the whole line
_SAME: Final = 1.5  # explanations closer than this factor in D are one


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """One way to explain what was measured.

    Parameters
    ----------
    name
        For people: ``"slow branch"``, ...
    motion
        The model.
    diffusivity
        D [m2/s].
    further_r1, further_r2
        Of other mechanisms [s-1], supposed independent of field and temperature.
    """

    name: str
    motion: Motion
    diffusivity: float
    further_r1: float
    further_r2: float

    @property
    def label(self) -> str:
        """Name and D."""
        return f"{self.name} (D = {cm2(self.diffusivity)})"


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """One measurement and what each explanation predicts for it.

    Parameters
    ----------
    measurement
        What to measure: ``"T1 at 98.8 MHz"``, ...
    predictions
        Label of the explanation and its prediction [s].
    information
        What it is expected to tell [bit].
    separation
        Smallest difference between two explanations, in standard errors.
    sentence
        What is to be told.
    """

    measurement: str
    predictions: tuple[tuple[str, float], ...]
    information: float
    separation: float
    sentence: str


def explanations_of(
    times: MeasuredTimes,
    motion: Motion,
    candidates: Sequence[tuple[str, float]],
    *,
    sigmas: float,
) -> tuple[Explanation, ...]:
    """Complete diffusivities with the further rates that the data ask for.

    Parameters
    ----------
    times
        What was measured.
    motion
        The model.
    candidates
        Name and D [m2/s]; the earlier of two that are alike is kept.
    sigmas
        By how many standard errors a dipolar rate may exceed the measured one.

    Returns
    -------
    :
        Those that the data allow, slowest first.
    """
    kept: list[Explanation] = []
    for name, diffusivity in candidates:
        if not motion.slowest() <= diffusivity < np.inf:
            continue
        further = _further_rates(times, motion, diffusivity, sigmas=sigmas)
        alike = any(abs(log(diffusivity / one.diffusivity)) < log(_SAME) for one in kept)
        if further is not None and not alike:
            kept.append(
                Explanation(
                    name=name,
                    motion=motion,
                    diffusivity=diffusivity,
                    further_r1=further[0],
                    further_r2=further[1],
                )
            )
    return tuple(sorted(kept, key=lambda one: one.diffusivity))


def suggestions_between(
    times: MeasuredTimes, explanations: Sequence[Explanation]
) -> tuple[Suggestion, ...]:
    """Rank measurements by what they tell between explanations.

    Parameters
    ----------
    times
        What was measured; a further measurement is thought as precise.
    explanations
        What is left open; fewer than two leave nothing to decide.

    Returns
    -------
    :
        T1, T2 at other fields and warmer, T1rho, the most telling first.
    """
    if len(explanations) < 2:
        return ()
    found = [_suggestion(one, explanations) for one in _measurements(times)]
    return tuple(sorted(found, key=lambda one: (-round(one.information, 2), -one.separation)))


def gradient_needed(*, diffusivity: float, t2: float) -> float:
    r"""Give the steady gradient whose diffusion decay in a Hahn echo equals T2.

    .. math:: \tfrac23 \gamma^2 G^2 D \tau^3 = 1, \quad 2 \tau = T_2

    Parameters
    ----------
    diffusivity
        D [m2/s].
    t2
        T2 [s].

    Returns
    -------
    :
        G [T/m].

    References
    ----------
    Stejskal, Tanner, J. Chem. Phys. 42, 288 (1965), doi:10.1063/1.1695690.

    Examples
    --------
    >>> print(f"{gradient_needed(diffusivity=1e-10, t2=2e-3):.1f} T/m")
    14.5 T/m
    """
    gamma = nuclei.nucleus("1H").gyromagnetic_ratio_bare
    return sqrt(3 / (2 * diffusivity * (t2 / 2) ** 3)) / gamma


def information(logarithms: Sequence[float], *, error: float) -> float:
    """Compute what a measurement is expected to tell between equally likely explanations.

    Parameters
    ----------
    logarithms
        Logarithm of the number that each predicts.
    error
        Relative standard error of the measurement.

    Returns
    -------
    :
        Mutual information [bit].

    Examples
    --------
    >>> print(f"{information([0.0, 0.0], error=0.1):.2f} {information([0.0, 9.0], error=0.1):.2f}")
    0.00 1.00
    """
    x = np.linspace(-8, 8, 801)
    centers = np.asarray(logarithms, dtype=np.float64) / error
    told = 0.0
    for center in centers:
        apart = (center + x)[:, None] - centers
        mixed = np.mean(np.exp(-(apart**2) / 2), axis=1)
        own = np.exp(-(x**2) / 2)
        told += float(np.sum(own * (-(x**2) / 2 / log(2) - np.log2(mixed))))
    return max(told * float(x[1] - x[0]) / sqrt(2 * pi) / len(centers), 0.0)


@dataclass(frozen=True, kw_only=True)
class _Measurement:
    """One measurement that is thought of: at which field, how precise, how much warmer."""

    quantity: str
    error: float
    larmor_frequency: float
    where: str = ""
    faster: float = 1.0
    locking_frequency: float = nan

    def predict(self, one: Explanation) -> float:
        """Give the time [s] that an explanation means."""
        d, larmor = self.faster * one.diffusivity, self.larmor_frequency
        if self.quantity == "T1rho":
            locked = one.motion.r1rho(
                d, larmor_frequency=larmor, locking_frequency=self.locking_frequency
            )
            return 1 / (float(locked) + one.further_r2)
        rates = one.motion.rates(d, larmor_frequency=larmor)
        if self.quantity == "T1":
            return 1 / (float(rates.r1) + one.further_r1)
        return 1 / (float(rates.r2) + one.further_r2)


def _further_rates(
    times: MeasuredTimes, motion: Motion, diffusivity: float, *, sigmas: float
) -> tuple[float, float] | None:
    """Give what the dipolar R1 and R2 leave to other mechanisms; none if they exceed the data.

    Of a time that was not measured the same is supposed as of the other.
    """
    rates = motion.rates(diffusivity, larmor_frequency=times.larmor_frequency)
    left: list[float] = []
    for measured, dipolar in ((times.t1, float(rates.r1)), (times.t2, float(rates.r2))):
        if measured is None:
            continue
        rate, std = 1 / measured[0], measured[1] / measured[0] ** 2
        if dipolar > rate + sigmas * std:
            return None
        left.append(max(rate - dipolar, 0.0))
    return (left[0], left[-1]) if left else (0.0, 0.0)


def _measurements(times: MeasuredTimes) -> Iterator[_Measurement]:
    here = times.larmor_frequency
    errors = {
        name: found[1] / found[0]
        for name, found in (("T1", times.t1), ("T2", times.t2), ("T1rho", times.t1rho))
        if found is not None and found[1] > 0
    }
    if not errors:
        return
    typical = max(errors.values())
    for name in ("T1", "T2"):
        think = partial(_Measurement, quantity=name, error=errors.get(name, typical))
        if name not in errors:
            yield think(larmor_frequency=here)
        for share in FIELDS:
            where = f" at {share * here / 1e6:.3g} MHz"
            yield think(larmor_frequency=share * here, where=where)
        where = f" when warmer, so that D is {WARMED:g} times as large"
        yield think(larmor_frequency=here, where=where, faster=WARMED)
    width = times.fwhm[0] if times.fwhm else 1 / (pi * times.t2[0]) if times.t2 else 0.0
    if times.t1rho is None and width > 0:
        lock = _LOCK_OVER_WIDTH * width
        yield _Measurement(
            quantity="T1rho",
            error=errors.get("T2", typical),
            larmor_frequency=here,
            where=f" locked at {lock / 1e3:.3g} kHz",
            locking_frequency=lock,
        )


def _suggestion(measurement: _Measurement, explanations: Sequence[Explanation]) -> Suggestion:
    predictions = [(one.label, measurement.predict(one)) for one in explanations]
    logarithms = [log(value) for _, value in predictions]
    error = measurement.error
    bits = information(logarithms, error=error)
    separation = min(abs(a - b) for a, b in combinations(logarithms, 2)) / error
    listed = ", ".join(f"{_ms(value)} if {label}" for label, value in predictions)
    name = f"{measurement.quantity}{measurement.where}"
    return Suggestion(
        measurement=name,
        predictions=tuple(predictions),
        information=bits,
        separation=separation,
        sentence=(
            f"{name}, to {error:.0%}: {listed}. Tells {bits:.2f} of {log2(len(predictions)):.2f} "
            f"bit; the closest two are {separation:.2g} standard errors apart."
        ),
    )


def _ms(time: float) -> str:
    return f"{1e3 * time:.3g} ms"
