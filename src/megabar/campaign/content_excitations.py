"""What the fit of a decay finds of a line behind its pulse.

Every function is pure. The engine is asked once for each line: all sessions ask for the precursor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.campaign import pulse_calibrations
from megabar.errors import Undetermined
from megabar.observables.fitted_excitations import fitted_excitation
from megabar.observables.pulse_efficiencies import excitation
from megabar.spins.level_nodes import OffsetDistribution, gaussian_offsets, offsets_from_profile
from megabar.spins.sequences import Pulse, rectangular_pulse

if TYPE_CHECKING:
    from megabar.campaign.pulse_calibrations import PulseKind, Turn
    from megabar.campaign.sessions import Record
    from megabar.observables.factors import Factor

_SHAPES: Final[Mapping[str, tuple[str, ...]]] = {
    "lorentzian": ("lorentzian",),
    "gaussian": ("gaussian",),
    "voigt": ("lorentzian", "gaussian"),
}
"""Shape of a channel -> shapes between which its line lies."""

_DECAYED: Final[Mapping[str, float]] = {"lorentzian": 2.2, "gaussian": 1.4}
"""Shape -> time times width in which its decay falls to 1e-3."""

_OFFSETS: Final = 257
_POINTS: Final = 96
_AGREEING: Final = 0.05  # by which a fitted and a mean excitation may differ
_TAILS: Final = 40.0  # widths to which a Lorentzian line is followed; what is cut cancels
_INSTANT: Final = rectangular_pulse(channel="any", duration=1e-12, amplitude=2.5e11, phase=0.0)
"""Turns all spins by 90 degrees at once."""


def excitation_of(record: Record, turn: Turn, *, fwhm: float) -> Callable[[float], Factor]:
    """Follow the pulse over the line, up to the form that was fitted to its decay.

    Parameters
    ----------
    record
        A line in a decay, of a channel that says the length and the shape of its pulse.
    turn
        What its pulse turns.
    fwhm
        Width that its fit found [Hz].

    Returns
    -------
    :
        Field over the one that was calibrated -> factor ``excitation``.

    Raises
    ------
    Undetermined
        If the line has no frequency.
    """
    centre = record.analysis.value("line_frequency")
    if centre is None or centre.quality != "value":
        msg = f"Found no line frequency in {record.acquisition.source}, so no pulse can reach it."
        raise Undetermined(msg, quality="no solution")
    kind = pulse_calibrations.kind_of(record, turn)
    first = max(record.acquisition.setting("first_time") or 0.0, kind.lengths[0] / 2)
    shapes = _SHAPES[record.channel.shape or ""]

    def made(scale: float) -> Factor:
        found = {
            shape: _found(kind.turned(scale), shape, fwhm, centre.value, first) for shape in shapes
        }
        fitted = _between({shape: one for shape, (one, _) in found.items()})
        return _in_doubt(fitted, found[shapes[0]][1])

    return made


@lru_cache(maxsize=4096)
def _found(
    kind: PulseKind, shape: str, fwhm: float, centre: float, first: float
) -> tuple[Factor, float]:
    """Give the factor that the fit finds, and the mean of what is excited."""
    line = _line_of(shape, fwhm, centre)
    (pulse,) = kind.pulses()

    def seen(applied: Pulse) -> Factor:
        return fitted_excitation(
            line,
            pulse=applied,
            time=first + np.linspace(0.0, _DECAYED[shape] / fwhm, _POINTS),
            pulse_end=applied.duration / 2,
            shape=shape,
            relative_field_std=0.0,
        )

    if not isinstance(pulse, Pulse):
        pulse = _INSTANT.scaled(2 * kind.angle / np.pi)
    one = seen(pulse)
    reached = excitation(line, pulse=pulse, relative_field_std=0.0)
    return replace(one, value=one.value / seen(_INSTANT).value), reached.value


def _in_doubt(fitted: Factor, reached: float) -> Factor:
    """Take a fit that finds far from what is excited as one of two readings.

    A decay that is gone before it is recorded is extrapolated by its shape alone.
    """
    apart = abs(fitted.value - reached)
    if apart <= _AGREEING:
        return fitted
    return replace(
        fitted,
        std=apart / 12**0.5,
        common=True,
        alternatives=(*fitted.alternatives, ("mean over the line", reached)),
    )


def _line_of(shape: str, fwhm: float, centre: float) -> OffsetDistribution:
    """Spread a line over its offsets from the carrier."""
    if shape == "gaussian":
        line = gaussian_offsets(fwhm=fwhm, count=_OFFSETS)
    else:
        place = np.linspace(-_TAILS, _TAILS, 4 * _OFFSETS) * fwhm
        line = offsets_from_profile(place, 1 / (1 + (2 * place / fwhm) ** 2))
    return OffsetDistribution(offset=line.offset + centre, weight=line.weight)


def _between(found: Mapping[str, Factor]) -> Factor:
    """Take the only shape, or the middle of those that a line is made of."""
    one = next(iter(found.values()))
    if len(found) == 1:
        return one
    values = [other.value for other in found.values()]
    return replace(
        one,
        value=sum(values) / len(values),
        alternatives=tuple((shape, other.value) for shape, other in found.items()),
    )
