"""What the fit of a decay shows of a line after a pulse of any length.

Spins off resonance start with phases that bend over the line, so that the decay behind a long pulse
is not that of the line. What the amplitude of a fit then means hangs on the times that were fitted
and on where they count from.

Twin: ``spins.offset_profiles``.
"""

from __future__ import annotations

from math import hypot, inf
from typing import TYPE_CHECKING

import numpy as np

from megabar import fitting
from megabar.errors import one_of
from megabar.observables.efficiencies import SHAPES
from megabar.observables.factors import factor_of_field
from megabar.observables.measured_words import measured
from megabar.observables.pulse_efficiencies import words_of_pulse
from megabar.spins.echoes import lines_after_pulse
from megabar.spins.level_nodes import nodes_from_couplings, nodes_with_offsets

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from megabar.observables.factors import Factor
    from megabar.spins.level_nodes import OffsetDistribution
    from megabar.spins.sequences import Pulse


def fitted_excitation(
    line: OffsetDistribution,
    *,
    pulse: Pulse,
    time: ArrayLike,
    pulse_end: float,
    shape: str,
    relative_field_std: float,
) -> Factor:
    r"""Compute the amplitude at t = 0 that a fit finds of a line behind a pulse.

    The decay :math:`\sum_j w_j M_{xy}(\Delta_j) e^{i 2 \pi \Delta_j (t - t_e)}` is computed at the
    times of the record and fitted with the form of :func:`megabar.observables.lines.line`, its
    width, frequency and phase free. It takes the place of
    :func:`megabar.observables.pulse_efficiencies.excitation` where the line is no longer narrow
    against one over the length of the pulse, and where times count from the middle of a pulse; see
    :func:`megabar.spins.offset_profiles.time_zero_of_pulse`. Valid for FIDs of lines broadened by
    shifts and fields, and noise that is white. It contains the sine of the flip angle:
    :func:`megabar.observables.efficiencies.steady_state` counts ``"longitudinal"`` beside it.

    Parameters
    ----------
    line
        Offsets from the carrier with weights of sum one, as of ``spins.level_nodes``.
    pulse
        What is applied.
    time
        Of the points fitted, from time zero of the record [s], (time,).
    pulse_end
        :math:`t_e`, end of the pulse on that axis [s]; half its length where times count from its
        middle.
    shape
        ``"lorentzian"`` or ``"gaussian"``, of the fit.
    relative_field_std
        Standard error of the field over the field.

    Returns
    -------
    :
        Factor ``excitation``.

    Raises
    ------
    UnknownWord
        If the shape is another one.
    ValueError
        If a time lies within the pulse, or the error of the field is negative.
    FitFailed
        If no line of that shape fits.

    Examples
    --------
    >>> from megabar.spins.level_nodes import gaussian_offsets
    >>> from megabar.spins.pulse_shapes import gaussian_shape
    >>> shape = gaussian_shape(truncation=0.01, slices=32)
    >>> peak = shape.peak_from_angle(angle=np.pi / 2, duration=14e-6)
    >>> pulse = shape.pulse(channel="1H", duration=14e-6, peak=peak, phase=0.0)
    >>> one = fitted_excitation(
    ...     gaussian_offsets(fwhm=20e3, count=129), pulse=pulse, pulse_end=7e-6,
    ...     time=12e-6 + 0.2e-6 * np.arange(400), shape="gaussian", relative_field_std=0.0)
    >>> print(f"{one.value:.2f}")  # all of it is excited
    0.97
    """
    one_of(shape, SHAPES, name="shape")
    when = np.asarray(time, dtype=np.float64)
    if when.min() < pulse_end:
        msg = (
            f"Found a first point at {when.min():g} s and a pulse that ends at {pulse_end:g} s; a "
            "decay begins behind its pulse. Leave out what was recorded before."
        )
        raise ValueError(msg)
    alone = nodes_from_couplings(spin=0.5, coupling=[0.0], offset=0.0, weight=[1.0])
    nodes = nodes_with_offsets(alone, line)
    model = fitting.fid_gaussian() if shape == "gaussian" else fitting.fid_lorentzian()

    def part(scale: float) -> float:
        after = lines_after_pulse(nodes, pulse=pulse.scaled(scale), t2=inf)
        signal = after.signal(when - pulse_end)
        size = np.abs(signal)
        # area under a decay times its width: 0.32 for a Lorentzian, 0.47 for a Gaussian
        start = {
            "frequency": float(line.weight @ line.offset),
            "fwhm": 0.4 * float(size[0] / np.trapezoid(size, when)),
        }
        found = fitting.fit(model, when, signal, start=start, noise_std=1.0)
        return hypot(found["amplitude_real"][0], found["amplitude_imag"][0])

    return factor_of_field(
        part,
        relative_field_std,
        name="excitation",
        source=(
            f"{words_of_pulse(pulse)}, {shape} fitted from {measured(float(when.min()), 0, 's')}, "
            f"the pulse ended at {measured(pulse_end, 0, 's')}"
        ),
    )
