"""Efficiencies of coils, lines and receivers, from what was measured of them.

By reciprocity a coil hears a nucleus as well as it turns it, so that a nutation in the same session
says how much signal a detuned coil or an aged lens has left.

Twin: ``spins.amplitude_distributions``.
"""

from __future__ import annotations

from math import degrees, hypot, isfinite, log, pi, sin, sqrt
from typing import TYPE_CHECKING

import numpy as np

from megabar.observables.factors import FIELD, Factor, turned_by
from megabar.observables.measured_words import measured
from megabar.spins.amplitude_distributions import heard_by_reciprocity

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from megabar.spins.amplitude_distributions import AmplitudeDistribution
    from megabar.spins.level_nodes import OffsetDistribution


def coil(
    *, nutation_frequency: float, nutation_frequency_std: float, power: float, power_std: float
) -> Factor:
    r"""Compute the sensitivity of a coil from a nutation of the same session.

    .. math:: c = \frac{\nu_1 / 1\,\mathrm{kHz}}{\sqrt{P / 1\,\mathrm{W}}}

    Only the change between two sessions means anything: the unit cancels between a record and its
    precursor. Valid for a single coil that transmits and receives, thermal noise of the same
    temperature, and a sample that keeps its place. It is the receiving half; what the weaker field
    does to the flip angle is another factor, see :func:`flip_angle_from_nutation`.

    Parameters
    ----------
    nutation_frequency
        :math:`\nu_1`, of spins without couplings, at the peak of the pulse [Hz].
    nutation_frequency_std
        Its standard error [Hz].
    power
        P at the peak, where the receiver branches off [W].
    power_std
        Its standard error [W].

    Returns
    -------
    :
        Factor ``coil``.

    Raises
    ------
    ValueError
        If a number is not positive, or an error negative.

    References
    ----------
    Hoult, Richards, J. Magn. Reson. 24, 71 (1976), doi:10.1016/0022-2364(76)90233-X.

    Examples
    --------
    >>> given = {"nutation_frequency_std": 1e3, "power": 4.0, "power_std": 0.2}
    >>> before = coil(nutation_frequency=100e3, **given)
    >>> now = coil(nutation_frequency=68e3, **given)
    >>> print(f"{now.value / before.value:.2f}")
    0.68
    >>> print(f"{before.relative_std:.4f}")  # 1 % and half of 5 %
    0.0269
    """
    _positive("nutation frequency", nutation_frequency, nutation_frequency_std, "Hz")
    _positive("power", power, power_std, "W")
    value = nutation_frequency / 1e3 / sqrt(power)
    of_field = nutation_frequency_std / nutation_frequency
    return Factor(
        name="coil",
        value=value,
        std=value * hypot(of_field, power_std / power / 2),
        moved_by=((FIELD, of_field),) if of_field else (),
        source=(
            f"nutation at {measured(nutation_frequency, nutation_frequency_std, 'Hz')} with "
            f"{measured(power, power_std, 'W')}, in kHz per root watt"
        ),
    )


def flip_angle_from_nutation(
    *,
    nutation_frequency: float,
    nutation_frequency_std: float,
    duration: float,
    mean_over_peak: float,
    power_ratio: float,
) -> tuple[float, float]:
    r"""Compute the angle that a pulse turns from the nutation frequency of the same coil.

    .. math:: \theta = 2 \pi \, \nu_1 \sqrt{P / P_0} \; \bar a \, t_p

    Valid on resonance, for spins without couplings.

    Parameters
    ----------
    nutation_frequency
        :math:`\nu_1` at the peak of the pulses that were nutated [Hz].
    nutation_frequency_std
        Its standard error [Hz].
    duration
        :math:`t_p` of the pulse in question [s].
    mean_over_peak
        :math:`\bar a`, mean of its envelope over the peak: 1 for a rectangle, 0.412 for a Gaussian
        cut at 1 %; ``spins.pulse_shapes.PulseShape.mean``.
    power_ratio
        :math:`P/P_0`, power at its peak over that of the nutation.

    Returns
    -------
    :
        Angle and its standard error [rad].

    Raises
    ------
    ValueError
        If a number is not positive, or the error negative.

    Examples
    --------
    >>> angle, std = flip_angle_from_nutation(
    ...     nutation_frequency=62.5e3, nutation_frequency_std=1.25e3, duration=4e-6,
    ...     mean_over_peak=1.0, power_ratio=1.0)
    >>> print(f"{angle / (pi / 2):.3f} {std / angle:.3f}")
    1.000 0.020
    """
    _positive("nutation frequency", nutation_frequency, nutation_frequency_std, "Hz")
    for name, number in (("duration", duration), ("mean over peak", mean_over_peak),
                         ("power ratio", power_ratio)):  # fmt: skip
        _positive(name, number, 0.0, "")
    per_hertz = 2 * pi * sqrt(power_ratio) * mean_over_peak * duration
    return per_hertz * nutation_frequency, per_hertz * nutation_frequency_std


def path_loss(
    *,
    transmit_loss: float,
    transmit_loss_std: float,
    receive_loss: float,
    receive_loss_std: float,
) -> Factor:
    r"""Compute what unequal losses of the two ways do to a calibration by nutation.

    .. math:: \epsilon = \sqrt{L_\mathrm{tx} / L_\mathrm{rx}}

    The coil receives less power than the amplifier gives, so it is more sensitive than field over
    root of power says; the signal loses on its own way. Valid for power taken at the amplifier;
    a noise factor that contains the way of the signal has :math:`L_\mathrm{rx} = 1`.

    Parameters
    ----------
    transmit_loss
        :math:`L_\mathrm{tx}`, power of the amplifier over that at the coil; 1 for none.
    transmit_loss_std
        Its standard error.
    receive_loss
        :math:`L_\mathrm{rx}`, signal power at the coil over that at the receiver; 1 for none.
    receive_loss_std
        Its standard error.

    Returns
    -------
    :
        Factor ``path_loss``, above 1 if the way to the coil loses more.

    Raises
    ------
    ValueError
        If a loss is below 1, or an error negative.

    Examples
    --------
    >>> one = path_loss(transmit_loss=2.0, transmit_loss_std=0.1, receive_loss=1.0,
    ...                 receive_loss_std=0.0)
    >>> print(f"{one.value:.4f} {one.relative_std:.3f}")
    1.4142 0.025
    """
    _positive("loss on the way to the coil", transmit_loss, transmit_loss_std, "")
    _positive("loss on the way from the coil", receive_loss, receive_loss_std, "")
    if min(transmit_loss, receive_loss) < 1:
        msg = (
            f"Found losses of {transmit_loss:g} and {receive_loss:g}; a loss is power in over "
            "power out, 1 or more. Turn a transmission over, and decibels into 10**(dB/10)."
        )
        raise ValueError(msg)
    value = sqrt(transmit_loss / receive_loss)
    relative = hypot(transmit_loss_std / transmit_loss, receive_loss_std / receive_loss) / 2
    return Factor(
        name="path_loss",
        value=value,
        std=value * relative,
        source=(
            f"power loss {measured(transmit_loss, transmit_loss_std, '')} to the coil, "
            f"{measured(receive_loss, receive_loss_std, '')} from it"
        ),
        common=True,
    )


def receiver_gain(*, gain: float, gain_std: float, source: str) -> Factor:
    r"""State the gain of a receiver where the amplitudes compared were not taken at the same one.

    .. math:: G = 10^{g/20}

    For amplitudes per scan, and for signal over noise whose noise is from another record; it
    cancels from signal over noise of one record.

    Parameters
    ----------
    gain
        g, as a ratio of voltages [dB].
    gain_std
        Its standard error [dB]; the steps of a receiver are seldom right to 0.1 dB.
    source
        How it was measured.

    Returns
    -------
    :
        Factor ``receiver_gain``.

    Raises
    ------
    ValueError
        If the gain is not finite, or its error negative.

    Examples
    --------
    >>> one = receiver_gain(gain=6.0206, gain_std=0.1, source="two records of one sample")
    >>> print(f"{one.value:.4f} {one.relative_std:.4f}")
    2.0000 0.0115
    """
    if not (isfinite(gain) and isfinite(gain_std) and gain_std >= 0):
        msg = f"Found a gain of {gain:g}({gain_std:g}) dB; it needs a number and its error."
        raise ValueError(msg)
    value = 10 ** (gain / 20)
    return Factor(
        name="receiver_gain",
        value=float(value),
        std=float(value * log(10) / 20 * gain_std),
        source=f"{measured(gain, gain_std, 'dB')}, {source}",
    )


def filter_gain(
    line: OffsetDistribution,
    *,
    frequency: ArrayLike,
    gain: ArrayLike,
    relative_std: float,
    source: str,
) -> Factor:
    r"""Compute what a filter leaves of a line.

    .. math:: \epsilon = \Big| \sum_j w_j \, g(\Delta_j) \Big|

    The amplitude at t = 0 that the decay *behind* the first response of the filter leads back to,
    if its width is fitted too. Valid for inhomogeneous lines, and for a filter whose delay was
    taken off the time axis.

    Parameters
    ----------
    line
        Offsets from the carrier with weights, as of ``spins.level_nodes``, where the line stands.
    frequency
        Of the table, from the carrier, rising [Hz], (value,).
    gain
        g, real or complex with the delay taken off, over the gain at which noise or another line
        was compared, (value,).
    relative_std
        Relative standard error of the gain.
    source
        Where the table comes from.

    Returns
    -------
    :
        Factor ``filter_gain``.

    Raises
    ------
    ValueError
        If the table does not rise, has not as many gains, or does not reach over the line.

    Examples
    --------
    >>> from megabar.spins.level_nodes import OffsetDistribution
    >>> line = OffsetDistribution(offset=np.array([100e3, 300e3]), weight=np.array([0.5, 0.5]))
    >>> one = filter_gain(line, frequency=[-500e3, 0.0, 500e3], gain=[0.5, 1.0, 0.5],
    ...                   relative_std=0.01, source="swept generator")
    >>> print(f"{one.value:.3f} {one.std:.3f}")
    0.800 0.008
    """
    place, gains = np.asarray(frequency, dtype=np.float64), np.asarray(gain, dtype=np.complex128)
    if place.shape != gains.shape or place.size < 2 or not (np.diff(place) > 0).all():
        msg = (
            f"Found {place.size} frequencies and {gains.size} gains of a filter; it needs as many "
            "of both, two or more, in rising order."
        )
        raise ValueError(msg)
    used = line.offset[line.weight > 0]
    if used.min() < place[0] or used.max() > place[-1]:
        msg = (
            f"Found a line from {used.min():g} to {used.max():g} Hz and a filter known from "
            f"{place[0]:g} to {place[-1]:g} Hz; nothing says what it does beyond. Measure further."
        )
        raise ValueError(msg)
    passed = np.interp(line.offset, place, gains.real) + 1j * np.interp(
        line.offset, place, gains.imag
    )
    value = float(abs(line.weight @ passed) / line.weight.sum())
    return Factor(
        name="filter_gain",
        value=value,
        std=value * relative_std,
        source=f"{source}, known to {100 * relative_std:g} %",
        common=True,
    )


def b1_inhomogeneity(
    amplitudes: AmplitudeDistribution, *, flip_angle: float, flip_angle_std: float
) -> Factor:
    r"""Compute what an uneven field leaves of the signal of a pulse.

    .. math:: \epsilon = \frac{\sum_j w_j c_j \sin(c_j \theta)}{\sum_j w_j c_j}

    over the same sample turned by 90 degrees everywhere. It contains :math:`\sin\theta`: beside it
    :func:`megabar.observables.efficiencies.steady_state` counts ``"longitudinal"``. Valid for short
    pulses. Spins that are turned by different angles saturate differently, which is left out: for a
    spread of 20 % about 90 degrees the product is 0.9 % high at a repetition time of one T1 and
    0.25 % at three.

    Parameters
    ----------
    amplitudes
        Fields with the shares of *nuclei* that see them, as of
        ``spins.amplitude_distributions``; reception by reciprocity is counted here.
    flip_angle
        :math:`\theta` at scale 1 [rad].
    flip_angle_std
        Its standard error [rad].

    Returns
    -------
    :
        Factor ``b1_inhomogeneity``.

    Raises
    ------
    ValueError
        If nothing is seen at that angle, or no part of the sample sees a field.

    References
    ----------
    Hoult, Richards, J. Magn. Reson. 24, 71 (1976), doi:10.1016/0022-2364(76)90233-X.

    Examples
    --------
    >>> from megabar.spins.amplitude_distributions import amplitudes_from_map
    >>> field = amplitudes_from_map([0.5, 1.0], [1.0, 1.0])
    >>> one = b1_inhomogeneity(field, flip_angle=pi / 2, flip_angle_std=0.0)
    >>> print(f"{one.value:.4f}")  # (0.5 sin 45 + 1)/1.5
    0.9024
    """
    heard = heard_by_reciprocity(amplitudes)

    def part(scale: float) -> float:
        return float(heard.weight @ np.sin(heard.scale * scale * flip_angle))

    value = part(1.0)
    turned = turned_by(part, flip_angle_std / flip_angle) if value > 0 else 0.0
    return Factor(
        name="b1_inhomogeneity",
        value=value,
        std=abs(value * turned),
        moved_by=((FIELD, turned),) if turned else (),
        source=(
            f"fields spread by {100 * amplitudes.std / amplitudes.mean:.3g} %, "
            f"{measured(degrees(flip_angle), degrees(flip_angle_std), 'degrees')}, over "
            "90 degrees everywhere"
        ),
        alternatives=(("even field", sin(flip_angle)),) if sin(flip_angle) > 0 else (),
    )


def _positive(name: str, value: float, std: float, unit: str) -> None:
    if not (isfinite(value) and value > 0 and isfinite(std) and std >= 0):
        msg = (
            f"Found a {name} of {value:g}({std:g}) {unit}".rstrip()
            + "; it must be positive and its error not negative."
        )
        raise ValueError(msg)
