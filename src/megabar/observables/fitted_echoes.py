"""What the fit of an echo finds of a line, for both models of what broadens it.

A Gaussian distribution of field gradients is no Gaussian line: its central transition stays sharp.
The amplitude of a Gaussian fit is then not that of the top of the echo, and the width of the fit is
not that of the line. Both are followed here: the gradients are those whose echo the fit gives the
width that was measured.

Twin: ``spins.echoes``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, inf, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import brentq

from megabar import fitting
from megabar.errors import FitFailed, one_of
from megabar.observables.factors import Factor
from megabar.observables.measured_words import measured
from megabar.observables.pulse_efficiencies import words_of_pulse
from megabar.spins.echoes import echo_from_two_pulses
from megabar.spins.level_nodes import nodes_of_gaussian_couplings, nodes_of_gaussian_shifts
from megabar.spins.phase_tables import pathway_weights_from_phases
from megabar.spins.sequences import Pulse, Relaxation

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from megabar.spins.level_nodes import LevelNodes
    from megabar.spins.phase_tables import PhaseTable
    from megabar.spins.sequences import IdealPulse

SEQUENCES: Final = ("hahn-echo", "solid-echo")
"""Echoes whose fitted form is known."""

_POINTS: Final = 200  # of a record that are fitted, evenly
_WIDTHS: Final = np.geomspace(0.7, 8.0, 15)  # of gradients over that of the fit
_NOISE: Final = 1e-3  # of each point; a white noise of any size leaves the fit the same
_DARK: Final = 1e-3  # amplitude below which a fit has found nothing
_NEAR: Final = 0.01  # of the width, within which a fit is as wide as the one measured


@dataclass(frozen=True, kw_only=True)
class FittedEcho:
    """Amplitudes that a fit finds, over those of the whole line turned by 90 degrees.

    Parameters
    ----------
    shifts
        If shifts or fields broaden the line.
    couplings
        If field gradients (or pairs of like spins where the spin is 1/2) broaden it, one amplitude
        for each distribution that the fit gives the measured width; none if there is no such.
    coupled_fwhm
        Of a Gaussian line of the second moment of each of them [Hz].
    """

    shifts: float
    couplings: tuple[float, ...]
    coupled_fwhm: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class _Experiment:
    """Two pulses, and the times of a record from the top of their echo."""

    spin: float
    pulses: tuple[Pulse | IdealPulse, Pulse | IdealPulse]
    echo_delay: float
    time: NDArray[np.float64]
    table: PhaseTable
    model: fitting.Model

    @property
    def lengths(self) -> tuple[float, float]:
        first, second = (one.duration if isinstance(one, Pulse) else 0.0 for one in self.pulses)
        return first, second

    @property
    def span(self) -> float:
        return 2 * self.echo_delay + sum(self.lengths) + float(self.time[-1])

    def fitted(self, nodes: LevelNodes, *, fwhm: float) -> tuple[float, float]:
        """Amplitude and width of a fit that starts at a width; zero if it finds nothing."""
        echo = echo_from_two_pulses(
            nodes,
            pulses=self.pulses,
            delay=self.echo_delay - sum(self.lengths) / 2,
            passing=pathway_weights_from_phases(
                phases=self.table.pulse_phases,
                receiver=self.table.receiver_phases,
                spin=nodes.spin,
            ),
            relaxation=Relaxation(t1=inf, t2=inf),
        )
        signal = echo.signal(self.time + self.echo_delay - self.lengths[1] / 2)
        start = {"frequency": 0.0, "fwhm": fwhm}
        try:
            found = fitting.fit(self.model, self.time, signal, start=start, noise_std=_NOISE)
        except FitFailed:
            return 0.0, 0.0
        amplitude = hypot(found["amplitude_real"][0], found["amplitude_imag"][0])
        return amplitude, abs(found["fwhm"][0])


def fitted_echo(
    *,
    spin: float,
    fwhm: float,
    pulses: tuple[Pulse | IdealPulse, Pulse | IdealPulse],
    echo_delay: float,
    time: ArrayLike,
    sequence: str,
    table: PhaseTable,
    with_couplings: bool = True,
) -> FittedEcho:
    r"""Compute the amplitudes that the Gaussian form of an echo finds under both models.

    The echo is computed with the pulses as they were and fitted as
    :func:`megabar.observables.lines.line` does, width, frequency and phase free, over the points of
    the record. Relaxation is left out. Valid for noise that is white, and lines on resonance.

    Parameters
    ----------
    spin
        Quantum number I.
    fwhm
        That the fit of the record found [Hz].
    pulses
        The two pulses, phase 0.
    echo_delay
        :math:`\tau`, from middle to middle [s].
    time
        Of the points fitted, from the top of the echo at :math:`\tau` behind the second pulse,
        rising from 0 or later [s], (time,).
    sequence
        One of :data:`SEQUENCES`, which decides the form.
    table
        Phase cycle of ``spins.phase_tables``.
    with_couplings
        Whether the distributions of couplings are sought too, which takes a hundred fits.

    Returns
    -------
    :
        Amplitudes of both models.

    Raises
    ------
    UnknownWord
        If the sequence has no known form.
    ValueError
        If the width is not positive, or the times do not begin at the top or behind it.

    References
    ----------
    Solomon, Phys. Rev. 110, 61 (1958), doi:10.1103/PhysRev.110.61.

    Examples
    --------
    >>> from megabar.spins.phase_tables import SOLID_ECHO_8
    >>> from megabar.spins.sequences import IdealPulse
    >>> short = IdealPulse(channel="139La", angle=np.pi / 2, phase=0.0)
    >>> found = fitted_echo(
    ...     spin=3.5, fwhm=38e3, pulses=(short, short), echo_delay=25e-6, sequence="solid-echo",
    ...     time=0.5e-6 * np.arange(100), table=SOLID_ECHO_8)
    >>> print(f"{found.shifts:.3f}", found.couplings)  # no gradients look like 38 kHz in a fit
    1.000 ()
    """
    one_of(sequence, SEQUENCES, name="sequence")
    when = np.asarray(time, dtype=np.float64)
    if not (fwhm > 0 and when.size > 1 and when[0] >= 0 and when[-1] > when[0]):
        msg = (
            f"Found a width of {fwhm:g} Hz and {when.size} times from {when.min(initial=0.0):g} s; "
            "a fit of an echo needs a positive width and times that rise from its top."
        )
        raise ValueError(msg)
    model = fitting.fid_gaussian()
    if sequence == "solid-echo":
        model = fitting.solid_echo(model, echo_delay=echo_delay)
    experiment = _Experiment(
        spin=spin,
        pulses=pulses,
        echo_delay=echo_delay,
        time=when[:: max(1, when.size // _POINTS)],
        table=table,
        model=model,
    )
    shifts, _ = experiment.fitted(
        nodes_of_gaussian_shifts(spin=spin, fwhm=fwhm, span=experiment.span), fwhm=fwhm
    )
    widths = _coupled_widths(experiment, fwhm) if with_couplings else ()
    return FittedEcho(
        shifts=shifts,
        couplings=tuple(_of_couplings(experiment, width, fwhm)[0] for width in widths),
        coupled_fwhm=widths,
    )


def fitted_refocusing(
    *,
    spin: float,
    fwhm: float,
    pulses: tuple[Pulse | IdealPulse, Pulse | IdealPulse],
    echo_delay: float,
    time: ArrayLike,
    sequence: str,
    table: PhaseTable,
) -> Factor:
    r"""Compute what a fit finds of an echo if nobody knows what broadens the line.

    The middle of the amplitudes :math:`\epsilon` of :func:`fitted_echo`, with
    :math:`\sigma = (\epsilon_\mathrm{max} - \epsilon_\mathrm{min})/\sqrt{12}`. For amplitudes of
    :func:`megabar.observables.lines.line`; of one read at the top of an echo it is
    :func:`megabar.observables.pulse_efficiencies.refocusing_by_pulses`. It contains both pulses:
    :func:`megabar.observables.efficiencies.steady_state` counts ``"longitudinal"`` beside it.

    Parameters
    ----------
    spin, fwhm, pulses, echo_delay, time, sequence, table
        As of :func:`fitted_echo`.

    Returns
    -------
    :
        Factor ``refocusing`` with every reading as an alternative; the error is common to a series.

    Raises
    ------
    UnknownWord
        If the sequence has no known form.
    ValueError
        If the width or the times make no fit.

    Examples
    --------
    >>> from megabar.spins.phase_tables import SOLID_ECHO_8
    >>> from megabar.spins.sequences import IdealPulse
    >>> short = IdealPulse(channel="139La", angle=np.pi / 2, phase=0.0)
    >>> one = fitted_refocusing(
    ...     spin=3.5, fwhm=8e3, pulses=(short, short), echo_delay=25e-6, sequence="solid-echo",
    ...     time=1e-6 * np.arange(200), table=SOLID_ECHO_8)
    >>> [name for name, _ in one.alternatives]
    ['shifts']
    """
    found = fitted_echo(
        spin=spin, fwhm=fwhm, pulses=pulses, echo_delay=echo_delay, time=time, sequence=sequence,
        table=table,
    )  # fmt: skip
    other = "like-spin pairs" if spin < 1 else "field gradients"
    readings = (("shifts", found.shifts), *((other, one) for one in found.couplings))
    values = [value for _, value in readings]
    said = ", ".join(f"{value:.3f} for {name}" for name, value in readings)
    none = "" if found.couplings else f"; no distribution of {other} fits to that width"
    return Factor(
        name="refocusing",
        value=(min(values) + max(values)) / 2,
        std=(max(values) - min(values)) / sqrt(12),
        source=(
            f"fit of a {sequence}, {words_of_pulse(pulses[0])} then {words_of_pulse(pulses[1])}, "
            f"{measured(echo_delay, 0, 's')} apart, FWHM of the fit {measured(fwhm, 0, 'Hz')}: "
            f"{said}{none}"
        ),
        common=True,
        alternatives=readings,
    )


def _of_couplings(experiment: _Experiment, width: float, fwhm: float) -> tuple[float, float]:
    nodes = nodes_of_gaussian_couplings(spin=experiment.spin, fwhm=width, span=experiment.span)
    return experiment.fitted(nodes, fwhm=fwhm)


def _coupled_widths(experiment: _Experiment, fwhm: float) -> tuple[float, ...]:
    """Widths of distributions of couplings whose fits are as wide as the one that was measured."""

    def wider(width: float) -> float:
        amplitude, found = _of_couplings(experiment, width, fwhm)
        return found / fwhm - 1 if amplitude > _DARK else -1.0

    places = fwhm * _WIDTHS
    over = np.array([wider(width) for width in places])
    roots = []
    for here in range(len(places) - 1):
        if over[here] * over[here + 1] < 0:
            root = float(brentq(wider, places[here], places[here + 1], rtol=1e-3))
            if abs(wider(root)) < _NEAR:  # a fit that jumps from one minimum to another is none
                roots.append(root)
    return tuple(roots)
