"""One line as a decay: its shape, the form the sequence gives it, and where it stands.

Twin: ``spins.lineshapes``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2, pi, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import fitting
from megabar.errors import one_of
from megabar.observables import detection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.observables.records import Record

SHAPES: Final = {
    "lorentzian": ("frequency", "fwhm"),
    "gaussian": ("frequency", "fwhm"),
    "voigt": ("frequency", "fwhm_gaussian", "fwhm_lorentzian"),
}
"""Line shapes that can be asked for, and the parameters of each [Hz]."""

FALSE_ALARM: Final = 1e-3
"""Probability with which noise alone may pass as a line."""

PHASE: Final = "phase"
"""Name of the phase among the quantities that may be known."""

_VOIGT_SHARE: Final = 0.61  # width of each part of a Voigt line of unit width with equal parts
_FAINTEST_START: Final = 0.05  # widths of which less is left at the first point are not sought


def time_model(
    shape: str, *, sequence: str, echo_delay: float, phase: float | None = None
) -> fitting.Model:
    """Choose the decay of a line, in the form that the sequence gives it.

    Parameters
    ----------
    shape
        One of :data:`SHAPES`.
    sequence
        One of :data:`megabar.schemas.SEQUENCES`.
    echo_delay
        Time between the pulses of a solid echo [s]; nan if there is none.
    phase
        Known phase [rad], or None.

    Returns
    -------
    :
        Model of the decay; of the solid echo where two pulses in quadrature made it.

    Raises
    ------
    ValueError
        If a solid echo does not say its echo delay.

    Examples
    --------
    >>> time_model("gaussian", sequence="solid-echo", echo_delay=25e-6).name
    'solid echo, gaussian decay'
    """
    one_of(shape, SHAPES, name="shape")
    model: fitting.Model = getattr(fitting, f"fid_{shape}")(phase=phase)
    if sequence != "solid-echo":
        return model
    if not echo_delay > 0:
        msg = (
            f"Found a solid echo with echo_delay {echo_delay}; without the time between its "
            "pulses the amplitude could be wrong by a factor of two. Read it with echo_delay=..."
        )
        raise ValueError(msg)
    return fitting.solid_echo(model, echo_delay=echo_delay)


@dataclass(frozen=True, kw_only=True)
class Search:
    """The best place for the line, and what noise does at known shape.

    Parameters
    ----------
    theta
        Nonlinear parameters of the best trial, by name; a start for the fit.
    power
        Matched-filter power there.
    false_alarm
        Probability that noise alone gives as much, at most.
    threshold
        Power that noise exceeds with probability :data:`FALSE_ALARM`, at most.
    amplitude
        Amplitude at this shape, signed if everything including the phase is known.
    amplitude_std
        Its standard error at known shape.
    widest_std
        The same for the widest line sought.
    widest
        Its full width [Hz].
    """

    theta: dict[str, float]
    power: float
    false_alarm: float
    threshold: float
    amplitude: float
    amplitude_std: float
    widest_std: float
    widest: float


def search(
    record: Record,
    row: int,
    *,
    shape: str,
    known: Mapping[str, float],
    window: tuple[float, float] | None,
) -> Search:
    """Look for the line of one row, whatever its width and frequency.

    Parameters
    ----------
    record
        Decays and their noise.
    row
        Which of them.
    shape
        One of :data:`SHAPES`.
    known
        What need not be sought, by name.
    window
        Range of frequencies [Hz from carrier], or None.

    Returns
    -------
    :
        The best trial, be it signal or noise.

    Raises
    ------
    ValueError
        If the window holds no frequency.

    Examples
    --------
    >>> from megabar.observables.records import Record
    >>> time = np.arange(512) * 1e-6
    >>> record = Record(time=time, signal=np.exp(-6e3 * time + 2e5j * time)[None],
    ...     noise_std=np.array([0.1]), noise_relative_std=np.zeros(1), n_scans=np.ones(1),
    ...     sequence="fid", echo_delay=np.nan)
    >>> found = search(record, 0, shape="lorentzian", known={}, window=None)
    >>> print(f"{found.theta['frequency'] / 1e3:.0f} kHz, {found.theta['fwhm'] / 1e3:.0f} kHz")
    32 kHz, 2 kHz
    """
    model = time_model(shape, sequence=record.sequence, echo_delay=record.echo_delay)
    widths = _widths_sought(model, record, known)
    envelopes = _envelopes(model, record, widths)
    noise = float(record.noise_std[row])
    candidate = detection.best_candidate(
        record.signal[row],
        time=record.time,
        envelopes=envelopes,
        noise_std=noise,
        frequencies=known.get("frequency", window),
    )
    stds = noise / np.sqrt(np.sum(envelopes**2, axis=1))
    std = float(stds[candidate.envelope])
    names = model.parameters[1:]
    theta = {"frequency": candidate.frequency}
    theta |= dict(zip(names, map(float, widths[candidate.envelope]), strict=True))
    false_alarm, amplitude = candidate.false_alarm, std * sqrt(2 * candidate.power)
    if len(known) == len(model.parameters) + 1:
        turned = record.signal[row] * np.exp(
            -2j * pi * candidate.frequency * record.time - 1j * known[PHASE]
        )
        weight = envelopes[0]
        amplitude = float(np.sum(weight * turned.real) / np.sum(weight**2))
        false_alarm = detection.normal_tail(amplitude / std)
    return Search(
        theta=theta,
        power=candidate.power,
        false_alarm=false_alarm,
        threshold=detection.power_limit(false_alarm=FALSE_ALARM, trials=candidate.trials),
        amplitude=amplitude,
        amplitude_std=std,
        widest_std=float(stds.max()),
        widest=float(np.max(widths[np.argmax(stds)])),
    )


def _widths_sought(
    model: fitting.Model, record: Record, known: Mapping[str, float]
) -> NDArray[np.float64]:
    """Widths of each trial envelope [Hz], (envelope, width parameter)."""
    names = model.parameters[1:]
    span = record.dwell * record.time.size
    grid = np.geomspace(0.25 / span, 0.25 / record.dwell, max(8, int(log2(record.time.size))))
    share = _VOIGT_SHARE if len(names) > 1 else 1.0
    widths = np.repeat(share * grid[:, None], len(names), axis=1)
    for column, name in enumerate(names):
        if name in known:
            widths[:, column] = known[name]
    widths = np.unique(widths, axis=0)
    left = np.abs(_envelopes(model, record, widths)[:, 0])
    visible: NDArray[np.float64] = widths[left >= _FAINTEST_START]
    return visible if visible.size else widths[:1]


def _envelopes(
    model: fitting.Model, record: Record, widths: NDArray[np.float64]
) -> NDArray[np.float64]:
    theta = np.concatenate([np.zeros((len(widths), 1)), widths], axis=1)
    envelopes: NDArray[np.float64] = np.abs(model.basis(record.time, theta)[:, 0, :])
    return envelopes
