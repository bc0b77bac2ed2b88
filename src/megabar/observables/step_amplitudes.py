r"""One signed amplitude for each step of an array, by the same linear weights for every row.

.. math:: A_i = \sum_k w_k \, s_i(t_k) \, e^{-2\pi i f_i t_k}, \quad
    \operatorname{sd}(A_i) = \sigma_i \sqrt{\textstyle\sum_k |w_k|^2}

The same weights for all rows make relaxation times independent of how well the weights describe
the line: they scale all amplitudes alike, and the errors stay those of the noise. A magnitude
would lose the sign of an inversion recovery and turn noise into signal.

Twin: none; ``relaxation_times`` fits what comes out here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import fitting
from megabar.errors import Undetermined
from megabar.observables import detection
from megabar.observables.line_models import FALSE_ALARM, Search, search, time_model
from megabar.observables.records import within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from megabar.observables.records import Record

_FINER: Final = 32  # places per resolved frequency, so that no phase is lost between two
_UNLIKELY: Final = 1e-4  # probability below which rows are said not to share phase or frequency


@dataclass(frozen=True, kw_only=True)
class StepAmplitudes:
    """Signed amplitudes per scan along the steps.

    Parameters
    ----------
    values
        Amplitude per scan, (step,).
    std
        Standard error from the noise, (step,).
    phase
        Common phase that was taken off [rad].
    fwhm
        Width of the line of the strongest step, as the search found it [Hz].
    method
        How they were obtained, in words.
    warnings
        What does not fit the picture: drift, phases that differ.
    """

    values: NDArray[np.float64]
    std: NDArray[np.float64]
    phase: float
    fwhm: float
    method: str
    warnings: tuple[str, ...]


def step_amplitudes(
    record: Record,
    *,
    shape: str | None,
    window: tuple[float, float] | None,
    drift: float | None,
    positive_step: int,
) -> StepAmplitudes:
    """Measure the signed amplitude of each step.

    With a shape: matched to the line of the strongest row. With a window alone: the integral of
    the transform over it. With neither: the mean of the first points, as many as give the
    strongest row the best signal-to-noise ratio.

    Parameters
    ----------
    record
        Decays of all steps.
    shape
        Line shape, or None.
    window
        Range of the line [Hz from carrier], or None.
    drift
        How far the line may wander between rows [Hz]; each row is then met at its own frequency.
    positive_step
        The step whose amplitude is positive by definition.

    Returns
    -------
    :
        Amplitudes, errors and warnings.

    Raises
    ------
    Undetermined
        If no row holds a line.

    Examples
    --------
    >>> from megabar.observables.records import Record
    >>> time = np.arange(64) * 1e-5
    >>> rows = np.array([[-1.0], [1.0]]) * np.exp(-3e3 * time + 1j)
    >>> record = Record(time=time, signal=rows, noise_std=np.full(2, 1e-3),
    ...     noise_relative_std=np.zeros(2), n_scans=np.ones(2), sequence="inversion-recovery",
    ...     echo_delay=np.nan)
    >>> found = step_amplitudes(
    ...     record, shape="lorentzian", window=None, drift=None, positive_step=1)
    >>> [round(float(value), 3) for value in found.values]
    [-1.0, 1.0]
    """
    rows = [
        search(record, row, shape=shape or "lorentzian", known={}, window=window)
        for row in range(record.signal.shape[0])
    ]
    strongest = max(range(len(rows)), key=lambda row: rows[row].power)
    best = rows[strongest]
    if best.false_alarm > FALSE_ALARM:
        msg = (
            "Found no line in any step (noise makes as much with probability "
            f"{best.false_alarm:.2g}), so nothing decays or recovers. Check nucleus and window."
        )
        raise Undetermined(msg, quality="no solution")
    weights, words = _weights(record, strongest, best, shape, window)
    signal, warnings = record.signal, _drift_warnings(rows, best, record)
    if drift is not None:
        offsets = _offsets(record, rows, best, weights, drift)
        signal = signal * np.exp(-2j * np.pi * offsets[:, None] * record.time)
        words, warnings = f"{words}, each row at its own frequency", ()
    values = (signal @ weights) / record.n_scans
    std = record.noise_std * np.sqrt(np.sum(np.abs(weights) ** 2)) / record.n_scans
    phase = 0.5 * float(np.angle(np.sum((values / std) ** 2)))
    values = values * np.exp(-1j * phase)
    if values[positive_step].real < 0:
        values, phase = -values, phase + np.pi
    return StepAmplitudes(
        values=values.real,
        std=std,
        phase=phase,
        fwhm=best.theta["fwhm"],
        method=words,
        warnings=(*record.warnings, *warnings, *_phase_warnings(values.imag / std)),
    )


def _weights(
    record: Record,
    row: int,
    best: Search,
    shape: str | None,
    window: tuple[float, float] | None,
) -> tuple[NDArray[np.complex128], str]:
    """Weights of one row's points, made from the strongest row, and what they are in words."""
    if shape is not None:
        return _matched(record, row, best, shape, window), f"amplitude of a {shape} line"
    if window is not None:
        grid = np.fft.fftfreq(record.time.size, d=record.dwell)
        inside = grid[(grid >= min(window)) & (grid <= max(window))]
        waves = np.exp(-2j * np.pi * inside[:, None] * record.time)
        return waves.sum(axis=0) / record.time.size, "integral over a window of the transform"
    carrier = np.exp(-2j * np.pi * best.theta["frequency"] * record.time)
    counts = np.arange(1, record.time.size + 1)
    n_first = int(counts[np.argmax(np.abs(np.cumsum(record.signal[row] * carrier)) / counts**0.5)])
    weights = np.where(counts <= n_first, carrier / n_first, 0)
    return weights, f"mean of the first {n_first} points"


def _matched(
    record: Record,
    row: int,
    best: Search,
    shape: str,
    window: tuple[float, float] | None,
) -> NDArray[np.complex128]:
    model = time_model(shape, sequence=record.sequence, echo_delay=record.echo_delay)
    x, y = record.time, record.signal[row]
    inside = np.ones(x.size, dtype=bool)
    fitted = model
    if window is not None:
        grid = np.fft.fftfreq(x.size, d=record.dwell)
        inside = (grid >= min(window)) & (grid <= max(window))
        fitted, x, y = within(window, model=model, time=x, signal=y)
    fit = fitting.fit(fitted, x, y, noise_std=float(record.noise_std[row]), start=best.theta)
    theta = fit.values[: len(model.parameters)]
    decay = np.where(inside, np.fft.fft(model.basis(record.time, theta)[0], norm="ortho"), 0)
    weights: NDArray[np.complex128] = np.fft.fft(
        decay.conj() / np.sum(np.abs(decay) ** 2), norm="ortho"
    )
    return weights


def _offsets(
    record: Record,
    rows: Sequence[Search],
    best: Search,
    weights: NDArray[np.complex128],
    drift: float,
) -> NDArray[np.float64]:
    """How far each row lies from the strongest one [Hz]; faint rows follow their neighbours."""
    length = 2 ** int(np.ceil(np.log2(_FINER * record.time.size)))
    grid = np.fft.fftshift(np.fft.fftfreq(length, d=record.dwell))
    near = np.abs(grid) <= max(drift, grid[-1] - grid[-2])
    spectra = np.fft.fft(record.signal * weights, n=length, axis=1)
    power = np.abs(np.fft.fftshift(spectra, axes=1)[:, near]) ** 2
    peak = grid[near][np.argmax(power, axis=1)]
    level = record.noise_std**2 * np.sum(np.abs(weights) ** 2)
    seen = power.max(axis=1) / (2 * level) > detection.power_limit(
        false_alarm=FALSE_ALARM, trials=int(np.count_nonzero(near))
    )
    index = np.arange(len(rows))
    offsets: NDArray[np.float64] = np.interp(index, index[seen], peak[seen])
    return offsets


def _drift_warnings(rows: Sequence[Search], best: Search, record: Record) -> tuple[str, ...]:
    seen = [row.theta["frequency"] for row in rows if row.false_alarm < _UNLIKELY]
    wander = max(seen, default=0.0) - min(seen, default=0.0)
    width = max(value for name, value in best.theta.items() if name != "frequency")
    if wander <= max(width, 2 / (record.dwell * record.time.size)):
        return ()
    return (
        f"The line wanders by {wander:.3g} Hz between steps, more than its width of {width:.3g} "
        "Hz; weights that stay in place lose part of it. Give drift=... to follow it.",
    )


def _phase_warnings(across: NDArray[np.float64]) -> tuple[str, ...]:
    from scipy.special import chdtrc

    if across.size < 2 or chdtrc(across.size - 1, float(np.sum(across**2))) >= _UNLIKELY:
        return ()
    return (
        "The steps do not share one phase: across it they scatter by up to "
        f"{np.abs(across).max():.3g} standard errors. Amplitudes are those along the common phase.",
    )
