"""T1 and T2 of one kind of spins with their errors, and what no relaxation does.

Twin: ``motion.relaxation``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, pi, sqrt

from megabar.motion.relaxation import SMALLEST_RATIO


@dataclass(frozen=True, kw_only=True)
class MeasuredTimes:
    """What was measured on one kind of spins at one field.

    T2 is that of a Hahn echo: solid echoes and trains of pulses refocus part of the couplings, and
    a bound on D from them would be too high. Repetition time selects: T1 and T2 must belong to the
    same spins.

    Parameters
    ----------
    larmor_frequency
        nu0 [Hz], not angular.
    t1
        T1 and its standard error [s]; none if not measured.
    t2
        T2 and its standard error [s]; none if not measured.
    correlation
        Between the errors of T1 and T2, -1 to 1; 0 for separate records.

    Raises
    ------
    ValueError
        If a time or the frequency is not positive, or an error negative.

    Examples
    --------
    >>> times = MeasuredTimes(
    ...     larmor_frequency=395e6, t1=(2e-3, 1e-4), t2=(1e-3, 1e-4), correlation=0.0)
    >>> times.r1[0], times.r2[0], times.ratio[0]
    (500.0, 1000.0, 2.0)
    """

    larmor_frequency: float
    t1: tuple[float, float] | None = None
    t2: tuple[float, float] | None = None
    correlation: float

    def __post_init__(self) -> None:
        if not (isfinite(self.larmor_frequency) and self.larmor_frequency > 0):
            msg = f"Found a Larmor frequency of {self.larmor_frequency:g} Hz; no rate follows."
            raise ValueError(f"{msg} Give it in Hz, above zero.")
        if not abs(self.correlation) <= 1:
            msg = (
                f"Found a correlation of {self.correlation:g}; errors do not combine. Give -1 to 1."
            )
            raise ValueError(msg)
        for name in ("t1", "t2"):
            found = getattr(self, name)
            if found is None:
                continue
            value, std = found
            if not (isfinite(value) and value > 0 and isfinite(std) and std >= 0):
                msg = f"Found {name} = {value:g} s with error {std:g} s; no rate follows."
                raise ValueError(f"{msg} Give a time above zero and an error of zero or more.")

    @property
    def angular_frequency(self) -> float:
        """Give omega0 [rad/s]."""
        return 2 * pi * self.larmor_frequency

    @property
    def r1(self) -> tuple[float, float]:
        """1/T1 and its standard error [s-1]."""
        return _rate(self.t1, "T1")

    @property
    def r2(self) -> tuple[float, float]:
        """1/T2 and its standard error [s-1]."""
        return _rate(self.t2, "T2")

    @property
    def difference(self) -> tuple[float, float]:
        """R2 - R1 and its standard error [s-1], with the correlation of the two."""
        (r1, std1), (r2, std2) = self.r1, self.r2
        variance = std1**2 + std2**2 - 2 * self.correlation * std1 * std2
        return r2 - r1, sqrt(max(variance, 0.0))

    @property
    def ratio(self) -> tuple[float, float]:
        """R2/R1 and its standard error."""
        (r1, std1), (r2, std2) = self.r1, self.r2
        one, two = std1 / r1, std2 / r2
        variance = one**2 + two**2 - 2 * self.correlation * one * two
        return r2 / r1, r2 / r1 * sqrt(max(variance, 0.0))

    def unphysical(self, *, sigmas: float) -> str:
        """Say in which way T1 and T2 contradict each other, or nothing.

        Parameters
        ----------
        sigmas
            How many standard errors R2 may be below R1.

        Returns
        -------
        :
            A sentence; empty if they agree or one of them is missing.
        """
        if self.t1 is None or self.t2 is None:
            return ""
        ratio = self.ratio[0]
        if ratio < SMALLEST_RATIO:
            return f"R2/R1 = {ratio:.3g} is below 1/2, which no mechanism gives."
        difference, std = self.difference
        if difference < -sigmas * std:
            return (
                f"R2 is {-difference:.3g} s-1 below R1, more than {sigmas:g} standard errors "
                f"({std:.3g} s-1); isotropic fluctuations give R2 >= R1."
            )
        return ""


def _rate(time: tuple[float, float] | None, name: str) -> tuple[float, float]:
    if time is None:
        msg = f"Found no {name}; what is asked for needs it. Give its value and standard error."
        raise ValueError(msg)
    value, std = time
    return 1 / value, std / value**2
