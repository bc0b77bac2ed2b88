r"""Envelopes of pulses in slices of equal length: rectangular, Gaussian, sinc, and from a table.

A slice holds the value of the envelope at its centre. A shape says nothing of power: the same
Gaussian may be stated by its peak, by its mean, or by the angle that it turns on resonance, and the
three differ by more than a factor of two. ``PulseShape.peak_from_mean`` and
``PulseShape.peak_from_angle`` lead to the peak, which is what pulses are made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from megabar.spins.sequences import Pulse

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class PulseShape:
    """Envelope of a pulse of any length and power.

    Parameters
    ----------
    name
        In words, with what it takes to make it again.
    amplitude
        Of each slice over the peak of the envelope, may be negative, (slice,).
    phase
        Of each slice [rad], (slice,).

    Raises
    ------
    ValueError
        If there is no slice, the columns differ in length, or a number is not finite.
    """

    name: str
    amplitude: Array
    phase: Array

    def __post_init__(self) -> None:
        same = self.amplitude.shape == self.phase.shape == (len(self.amplitude),)
        finite = np.isfinite(self.amplitude).all() and np.isfinite(self.phase).all()
        if not (same and self.amplitude.size and finite):
            msg = (
                f"Found {self.amplitude.size} amplitudes and {self.phase.size} phases in the "
                f"shape {self.name!r}; a pulse needs one of both for each slice, at least one "
                "slice, and finite numbers."
            )
            raise ValueError(msg)

    @property
    def modulated(self) -> bool:
        """Whether the phase changes along the pulse."""
        return bool(np.ptp(self.phase) > 0)

    @property
    def mean(self) -> float:
        r"""Mean amplitude over the peak, what a pulse turns on resonance beside a rectangle.

        Raises
        ------
        ValueError
            If the phase changes along the pulse, so that its parts do not add up.
        """
        if self.modulated:
            msg = (
                f"Found a phase that changes along {self.name!r}; such a pulse turns no angle "
                "that its mean amplitude tells. State its peak."
            )
            raise ValueError(msg)
        return float(self.amplitude.mean())

    def peak_from_mean(self, mean: float) -> float:
        """Give the nutation frequency at the peak [Hz] if the mean is known [Hz]."""
        return mean / self._turning()

    def peak_from_angle(self, *, angle: float, duration: float) -> float:
        r"""Give the nutation frequency at the peak [Hz] of a pulse of known angle and length.

        .. math:: \nu_\mathrm{peak} = \theta / (2 \pi \, t_p \, \bar a)

        Parameters
        ----------
        angle
            That a spin on resonance without couplings turns [rad].
        duration
            :math:`t_p` [s].

        Returns
        -------
        :
            Peak [Hz].
        """
        return angle / (2 * np.pi * duration * self._turning())

    def pulse(self, *, channel: str, duration: float, peak: float, phase: float) -> Pulse:
        """Make a pulse of this shape.

        Parameters
        ----------
        channel
            Kind of spins it reaches.
        duration
            Length [s].
        peak
            Nutation frequency at the peak of the envelope [Hz].
        phase
            Added to that of every slice [rad].

        Returns
        -------
        :
            The pulse.
        """
        return Pulse(
            channel=channel,
            duration=duration,
            amplitude=peak * self.amplitude,
            phase=self.phase + phase,
        )

    def _turning(self) -> float:
        if self.mean == 0:
            msg = f"Found that {self.name!r} turns no spin on resonance. State its peak."
            raise ValueError(msg)
        return self.mean


def rectangular_shape() -> PulseShape:
    """Make the shape of constant amplitude, one slice.

    Returns
    -------
    :
        The shape.

    Examples
    --------
    >>> rectangular_shape().mean
    1.0
    """
    return PulseShape(name="rectangular", amplitude=np.ones(1), phase=np.zeros(1))


def gaussian_shape(*, truncation: float, slices: int) -> PulseShape:
    r"""Make a Gaussian that is cut where it has fallen to a part of its peak.

    .. math:: a(x) = q^{x^2}, \quad x = -1 \ldots 1

    A Gaussian stated by its standard deviation s over half of the length has
    :math:`q = e^{-1/2 s^2}`.

    Parameters
    ----------
    truncation
        q, amplitude at the ends over that of the peak, between 0 and 1.
    slices
        Count; with 32 a nutation curve is right to 3e-4.

    Returns
    -------
    :
        The shape; an even count of slices has none at the peak itself.

    Raises
    ------
    ValueError
        If the truncation is not between 0 and 1, or there is no slice.

    References
    ----------
    Bauer, Freeman, Frenkiel, Keeler, Shaka, J. Magn. Reson. 58, 442 (1984),
    doi:10.1016/0022-2364(84)90148-3.

    Examples
    --------
    >>> shape = gaussian_shape(truncation=0.01, slices=64)
    >>> print(f"{shape.mean:.5f}, {shape.peak_from_mean(62.5e3):.0f} Hz")
    0.41198, 151705 Hz
    """
    if not 0 < truncation < 1:
        msg = (
            f"Found a truncation of {truncation:g}; it is the amplitude at the ends of a Gaussian "
            "over that of its peak, between 0 and 1."
        )
        raise ValueError(msg)
    amplitude = np.asarray(truncation ** (_centres(slices) ** 2))
    return PulseShape(
        name=f"gaussian, truncated at {truncation:g}, {slices} slices",
        amplitude=amplitude,
        phase=np.zeros(slices),
    )


def sinc_shape(*, zeros: int, slices: int) -> PulseShape:
    r"""Make a sinc that ends at one of its zeros.

    .. math:: a(x) = \frac{\sin \pi n x}{\pi n x}, \quad x = -1 \ldots 1

    Parameters
    ----------
    zeros
        n, zeros on each side, that at the end included.
    slices
        Count; 10 or more for each zero.

    Returns
    -------
    :
        The shape, with negative amplitudes in every other lobe.

    Raises
    ------
    ValueError
        If there is no zero or no slice.

    Examples
    --------
    >>> print(f"{sinc_shape(zeros=1, slices=400).mean:.4f}")  # Si(pi)/pi
    0.5895
    """
    if zeros < 1:
        msg = f"Found {zeros} zeros on each side; a sinc that ends at a zero has 1 or more."
        raise ValueError(msg)
    return PulseShape(
        name=f"sinc, {zeros} zeros on each side, {slices} slices",
        amplitude=np.sinc(zeros * _centres(slices)),
        phase=np.zeros(slices),
    )


def shape_from_table(*, name: str, amplitude: ArrayLike, phase: ArrayLike) -> PulseShape:
    """Take a shape from a table of slices, its largest amplitude as the peak.

    Parameters
    ----------
    name
        What it is called.
    amplitude
        Of each slice, any unit, (slice,).
    phase
        Of each slice [rad], one for all or (slice,).

    Returns
    -------
    :
        The shape.

    Raises
    ------
    ValueError
        If there is no slice, the columns differ in length, a number is not finite, or all
        amplitudes are zero.

    Examples
    --------
    >>> shape_from_table(name="steps", amplitude=[50.0, 100.0], phase=0.0).amplitude.tolist()
    [0.5, 1.0]
    """
    high = np.atleast_1d(np.asarray(amplitude, dtype=np.float64))
    turned = np.asarray(phase, dtype=np.float64)
    turned = np.full(high.shape, turned) if turned.ndim == 0 else turned
    largest = np.abs(high).max(initial=0.0)
    if largest == 0:
        msg = f"Found no amplitude above zero in the shape {name!r}; nothing turns. Give one."
        raise ValueError(msg)
    return PulseShape(name=name, amplitude=high / largest, phase=turned)


def _centres(slices: int) -> Array:
    """Centres of slices of a pulse that runs from -1 to 1."""
    if slices < 1:
        msg = f"Found {slices} slices; a pulse has 1 or more."
        raise ValueError(msg)
    return (2 * np.arange(slices) + 1) / slices - 1
