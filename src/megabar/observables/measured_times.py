"""T1, T2, T1rho and width of one kind of spins with their errors, and what no relaxation does.

Twin: ``motion.relaxation``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, pi, sqrt
from typing import Final

from megabar.errors import one_of
from megabar.matter import nuclei
from megabar.motion.relaxation import SMALLEST_RATIO
from megabar.schemas import SEQUENCES, UNKNOWN

HAHN: Final = ("hahn-echo", "hahn-echo-array")
"""Sequences whose T2 bounds D: they refocus fields, but no couplings between hydrogen."""


@dataclass(frozen=True, kw_only=True)
class MeasuredTimes:
    """What was measured on one kind of spins at one field.

    Solid echoes and trains of pulses refocus part of the couplings, so that T2 of rigid hydrogen
    comes out long and a bound on D too high: only a Hahn echo bounds. Repetition time selects: all
    numbers must belong to the same spins.

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
    t2_sequence
        Of T2, a word of ``schemas.SEQUENCES``; ``"unknown"`` if nobody says.
    t1rho
        T1rho on resonance and its standard error [s]; none if not measured.
    locking_frequency
        Nutation frequency nu1 of its locking field [Hz], not angular.
    fwhm
        Full width at half maximum of the line and its standard error [Hz]; none if not measured.
    instrumental_fwhm
        Width that magnet and processing give to any line [Hz]; none if not known.

    Raises
    ------
    ValueError
        If a time, width or frequency is not positive, an error negative, T1rho without its
        locking field, or the instrumental width not below the width.
    UnknownWord
        If the sequence is none of the closed list.

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
    t2_sequence: str = UNKNOWN
    t1rho: tuple[float, float] | None = None
    locking_frequency: float | None = None
    fwhm: tuple[float, float] | None = None
    instrumental_fwhm: float | None = None

    def __post_init__(self) -> None:
        _above_zero(self.larmor_frequency, "a Larmor frequency")
        if not abs(self.correlation) <= 1:
            msg = (
                f"Found a correlation of {self.correlation:g}; errors do not combine. Give -1 to 1."
            )
            raise ValueError(msg)
        one_of(self.t2_sequence, SEQUENCES, name="sequence of T2")
        for name in ("t1", "t2", "t1rho", "fwhm"):
            _value_with_error(getattr(self, name), name)
        if self.t1rho is not None:
            if self.locking_frequency is None:
                msg = "Found T1rho without its locking field; no rate can be held against it."
                raise ValueError(f"{msg} Give the nutation frequency in Hz.")
            _above_zero(self.locking_frequency, "a locking field")
        _narrower(self.instrumental_fwhm, self.fwhm)

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
    def r1rho(self) -> tuple[float, float]:
        """1/T1rho and its standard error [s-1]."""
        return _rate(self.t1rho, "T1rho")

    @property
    def rate_of_width(self) -> tuple[float, float]:
        r"""Pi times the width that the instrument does not explain, and its error [s-1].

        .. math:: W = 0.5346 L + \sqrt{0.2166 L^2 + G^2}, \quad R = \pi L

        The instrument counts as a Gaussian G, which leaves more to the sample than a Lorentzian
        would: a bound on D from it stays safe.
        """
        if self.fwhm is None:
            msg = "Found no width; what is asked for needs it. Give its value and standard error."
            raise ValueError(msg)
        width, std = self.fwhm
        gaussian = self.instrumental_fwhm or 0.0
        linear, square = 0.5346, 0.2166
        root = sqrt(square * (width**2 - gaussian**2) + linear**2 * gaussian**2)
        lorentzian = (linear * width - root) / (linear**2 - square)
        slope = (linear - square * width / root) / (linear**2 - square)
        return pi * lorentzian, pi * slope * std

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


def larmor_frequency_from_field(*, field: float) -> float:
    r"""Give the frequency of the protons of TMS in a field.

    .. math:: \nu_0 = (42.57618\ \text{MHz/T}) \, B_0

    Parameters
    ----------
    field
        B0 [T].

    Returns
    -------
    :
        nu0 [Hz], not angular; within 50 ppm of any proton line, and no better than the field.

    Raises
    ------
    ValueError
        If the field is not positive.

    References
    ----------
    Harris et al., Pure Appl. Chem. 73, 1795 (2001), doi:10.1351/pac200173111795.

    Examples
    --------
    >>> print(f"{larmor_frequency_from_field(field=9.28) / 1e6:.1f} MHz")
    395.1 MHz
    """
    if not (isfinite(field) and field > 0):
        msg = f"Found a field of {field:g} T; no frequency follows. Give it in T, above zero."
        raise ValueError(msg)
    return nuclei.TMS_FREQUENCY_OVER_FIELD * field


def _above_zero(value: float, what: str) -> None:
    if not (isfinite(value) and value > 0):
        msg = f"Found {what} of {value:g} Hz; no rate follows. Give it in Hz, above zero."
        raise ValueError(msg)


def _value_with_error(found: tuple[float, float] | None, name: str) -> None:
    if found is None:
        return
    value, std = found
    unit = "Hz" if name == "fwhm" else "s"
    if not (isfinite(value) and value > 0 and isfinite(std) and std >= 0):
        msg = f"Found {name} = {value:g} {unit} with error {std:g} {unit}; no rate follows."
        raise ValueError(f"{msg} Give a value above zero and an error of zero or more.")


def _narrower(instrumental: float | None, fwhm: tuple[float, float] | None) -> None:
    if instrumental is None or fwhm is None:
        return
    if not 0 <= instrumental < fwhm[0]:
        msg = (
            f"Found an instrumental width of {instrumental:g} Hz in a line of {fwhm[0]:g} Hz; "
            "nothing is left for the sample. Check both, or leave the width out."
        )
        raise ValueError(msg)


def _rate(time: tuple[float, float] | None, name: str) -> tuple[float, float]:
    if time is None:
        msg = f"Found no {name}; what is asked for needs it. Give its value and standard error."
        raise ValueError(msg)
    value, std = time
    return 1 / value, std / value**2
