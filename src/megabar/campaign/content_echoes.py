"""What the fit of an echo finds of a line, by its pulses and by what broadens it.

Every function is pure. The engine is asked once for each echo: all sessions ask for the precursor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.campaign import pulse_calibrations, sessions
from megabar.errors import Undetermined
from megabar.matter import nuclei
from megabar.observables.factors import Factor
from megabar.observables.fitted_echoes import FittedEcho, fitted_echo
from megabar.spins.phase_tables import HAHN_16, SOLID_ECHO_8

if TYPE_CHECKING:
    from megabar.campaign.pulse_calibrations import PulseKind, Turn
    from megabar.campaign.sessions import Record

TABLES: Final = {"hahn-echo": HAHN_16, "solid-echo": SOLID_ECHO_8}
"""Echo of a line -> its phase cycle."""

_POINTS: Final = 200  # of the record, from the top of the echo on
_WIDTHS: Final = 20.0  # inverse widths that are followed where the end of a record is not known


@dataclass(frozen=True, kw_only=True)
class _Echo:
    """All that the amplitude of an echo hangs on."""

    kind: PulseKind
    spin: float
    fwhm: float
    delay: float
    end: float

    def turned(self, scale: float) -> _Echo:
        kind = self.kind.turned(scale)
        return _Echo(kind=kind, spin=self.spin, fwhm=self.fwhm, delay=self.delay, end=self.end)


def refocusing_of(record: Record, turn: Turn, *, fwhm: float) -> Callable[[float], Factor]:
    """Compare the echo of the actual pulses with the form that the fit of the line supposes.

    Parameters
    ----------
    record
        A line in an echo.
    turn
        What its first pulse turns.
    fwhm
        Width that its fit found [Hz].

    Returns
    -------
    :
        Field over the one that was calibrated -> factor ``refocusing``. It contains both pulses.

    Raises
    ------
    Undetermined
        If a setting is missing, the pulses do not fit into the echo, or no couplings give the
        measured width although the plan says that couplings broaden the line.
    """
    channel = record.channel
    kind = pulse_calibrations.kind_of(record, turn)
    delay = sessions.setting(record, "echo_delay")
    if delay < sum(kind.lengths) / 2:
        msg = (
            f"Found echo_delay {delay:g} s in {record.acquisition.source}, shorter than its pulses "
            f"of {kind.lengths[0]:g} and {kind.lengths[1]:g} s. It runs from centre to centre; "
            "correct one."
        )
        raise Undetermined(msg, quality="no solution")
    end = record.acquisition.setting("last_time") or _WIDTHS / fwhm
    spin = nuclei.nucleus(record.acquisition.nucleus).spin
    echo = _Echo(
        kind=kind,
        spin=0.5 if channel.seen == "central" else spin,
        fwhm=fwhm,
        delay=delay,
        end=min(end, channel.until or end),
    )
    broadening = channel.broadening or "shifts"
    readings = _readings(echo, broadening, source=record.acquisition.source)
    straight = _found(echo, with_couplings=False).shifts

    def made(scale: float) -> Factor:
        turned = 1.0
        if scale != 1:  # how the field moves an echo of shifts stands for all readings
            turned = _found(echo.turned(scale), with_couplings=False).shifts / straight
        values = [turned * value for _, value in readings]
        several = len(values) > 1
        return Factor(
            name="refocusing",
            value=(min(values) + max(values)) / 2,
            std=(max(values) - min(values)) / 12**0.5,
            source=_words(echo, broadening, readings),
            common=several,
            alternatives=tuple(readings) if several and scale == 1 else (),
        )

    return made


def _readings(echo: _Echo, broadening: str, *, source: str) -> list[tuple[str, float]]:
    """Give what may broaden the line, and what the fit then finds."""
    other = "like-spin pairs" if echo.spin < 1 else "field gradients"
    if broadening == "shifts":
        return [("shifts", _found(echo, with_couplings=False).shifts)]
    found = _found(echo, with_couplings=True)
    coupled = [(other, value) for value in found.couplings]
    if broadening == "unknown":
        return [("shifts", found.shifts), *coupled]
    if not coupled:
        msg = (
            f"Found a line of {echo.fwhm:.4g} Hz in {source}; no distribution of {other} gives the "
            "fit of its echo that width, so it is not broadened by couplings alone. Write "
            'broadening = "shifts" or "unknown".'
        )
        raise Undetermined(msg, quality="no solution")
    return coupled


def _words(echo: _Echo, broadening: str, readings: list[tuple[str, float]]) -> str:
    length = echo.kind.lengths[0]
    pulses = f"pulses of {length * 1e6:.3g} us" if length else "short pulses"
    said = ", ".join(f"{value:.3f} for {name}" for name, value in readings)
    return (
        f"fit of a {echo.kind.sequence}, {pulses}, echo delay {echo.delay * 1e6:.3g} us, FWHM "
        f"{echo.fwhm / 1e3:.3g} kHz, broadening {broadening}: {said}"
    )


@lru_cache(maxsize=4096)
def _found(echo: _Echo, *, with_couplings: bool) -> FittedEcho:
    first, second = echo.kind.pulses()
    return fitted_echo(
        spin=echo.spin if with_couplings else 0.5,  # shifts are those of any spin
        fwhm=echo.fwhm,
        pulses=(first, second),
        echo_delay=echo.delay,
        time=np.linspace(0.0, echo.end, _POINTS),
        sequence=echo.kind.sequence,
        table=TABLES[echo.kind.sequence],
        with_couplings=with_couplings,
    )
