"""Noise level of acquisitions: rms per quadrature channel, from the tail, with its own error.

The noise is what every error rests on, so a tail that still holds signal is refused. A
signal-to-noise ratio is an amplitude at time zero over this number. It is never the largest point
over this number: pure noise of 1024 points has a largest point of 3.9 times its rms, so that a
line that vanishes would keep a plausible "ratio" for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import chdtrc, fdtr, fdtrc

from megabar import schemas
from megabar.errors import NotTimeDomain, Undetermined

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

TAIL: Final = 0.25
"""Share of the points, at the end, that is taken for noise."""

FALSE_ALARM: Final = 1e-4
"""How often pure noise may be taken for signal."""

_FEWEST_POINTS: Final = 16
_ROWS_TESTED: Final = 256
_GUARD: Final = 2  # bins beside a line that are not its background
_BACKGROUND: Final = 64  # bins on either side that are
_LINE_BINS: Final = (1, 4, 16)  # widths of the lines that are sought
_HARMLESS: Final = 0.0025  # a line that changes the rms by less, or by half its error, may stay


@dataclass(frozen=True, kw_only=True)
class NoiseLevel:
    """Noise of several rows, and how likely pure noise looks like them.

    Parameters
    ----------
    std
        Rms per quadrature channel, over all rows.
    std_error
        Standard error of ``std``.
    std_of_rows
        Rms per quadrature channel of each row, (row,).
    std_error_of_rows
        Standard error of each, (row,).
    line_probability
        Chance that pure noise shows a line as strong as the strongest one found.
    drift_probability
        Chance that steady noise differs as much between its first and its second half.
    rows_probability
        Chance that rows of equal noise differ as much from each other.
    """

    std: float
    std_error: float
    std_of_rows: NDArray[np.float64]
    std_error_of_rows: NDArray[np.float64]
    line_probability: float
    drift_probability: float
    rows_probability: float


def noise_level_from_rows(rows: NDArray[np.complex128]) -> NoiseLevel:
    r"""Estimate the noise of rows that should hold nothing else, and test whether they do.

    .. math:: \sigma^2 = \frac{1}{2 (n - 1)} \sum_k |s_k - \bar s|^2, \qquad
        \frac{\operatorname{sd}(\sigma)}{\sigma} = \frac{1}{2 \sqrt{n_\text{eff}}}

    Both channels are pooled; a single channel would have :math:`1/\sqrt{2 n}`. A constant is no
    noise and is taken off. :math:`n_\text{eff} \le n` counts independent points where a receiver
    filter correlates neighbours: :math:`n \langle P \rangle^2 (1 + 1/r) / \langle P^2 \rangle`
    with the periodogram P over r rows.

    The line test compares each bin of the periodogram, each 4 and each 16 neighbours, with the
    louder of their two flanks (F distribution), for all rows together and for each alone, so that a
    filter edge is no line. A line that changes the rms by less than half its error, or by less than
    0.25 %, is left in peace. The drift test compares the two halves (F distribution).

    Parameters
    ----------
    rows
        Complex, (row, time), evenly spaced, at least 16 points.

    Returns
    -------
    :
        Noise, its error, and the probabilities of the tests.

    Raises
    ------
    ValueError
        If there are fewer than 16 points.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> rows = rng.normal(size=(8, 512)) + 1j * rng.normal(size=(8, 512))
    >>> level = noise_level_from_rows(rows)
    >>> print(f"{level.std:.2f}({100 * level.std_error:.0f})")
    1.00(1)
    """
    n_rows, n_points = rows.shape
    if n_points < _FEWEST_POINTS:
        msg = (
            f"Found {n_points} points to take the noise from; fewer than {_FEWEST_POINTS} say "
            "nothing about it. Take a longer tail, or state the noise."
        )
        raise ValueError(msg)
    centred = rows - rows.mean(axis=1, keepdims=True)
    power = centred.real**2 + centred.imag**2
    variances = power.sum(axis=1) / (2 * (n_points - 1))
    variance = float(variances.mean())
    chosen = np.unique(np.linspace(0, n_rows - 1, min(n_rows, _ROWS_TESTED)).round().astype(int))
    periodograms = np.abs(np.fft.fft(centred[chosen], axis=1)[:, 1:]) ** 2
    n_independent = _independent_points(periodograms, n_points)
    std_of_rows = np.sqrt(variances)
    return NoiseLevel(
        std=variance**0.5,
        std_error=variance**0.5 / (2 * (n_independent * n_rows) ** 0.5),
        std_of_rows=std_of_rows,
        std_error_of_rows=std_of_rows / (2 * n_independent**0.5),
        line_probability=_line_probability(periodograms),
        drift_probability=_drift_probability(power, n_independent),
        rows_probability=_rows_probability(variances, n_independent),
    )


def _independent_points(periodograms: NDArray[np.float64], n_points: int) -> float:
    mean = periodograms.mean(axis=0)
    square = float(np.mean(mean**2))
    if square == 0:
        return float(n_points - 1)
    whole = (1 + 1 / len(periodograms)) * float(mean.mean()) ** 2 / square
    return (n_points - 1) * min(1.0, whole)


def _line_probability(periodograms: NDArray[np.float64]) -> float:
    n_rows = len(periodograms)
    chances = [
        _strongest_line(rows, n_averaged=n_averaged, n_bins=n_bins)
        for rows, n_averaged in (
            (periodograms.mean(axis=0)[np.newaxis], n_rows),
            *([(periodograms, 1)] if n_rows > 1 else []),
        )
        for n_bins in _LINE_BINS
        if n_bins == 1 or n_bins <= periodograms.shape[1] // 16
    ]
    return min(1.0, len(chances) * min(chances))


def _strongest_line(periodograms: NDArray[np.float64], *, n_averaged: int, n_bins: int) -> float:
    """Chance that pure noise has such a line of n_bins anywhere, in rows of n_averaged spectra."""
    n_all = periodograms.shape[1]
    width = min(_BACKGROUND, (n_all - n_bins) // 2 - _GUARD)
    total = np.cumsum(np.concatenate([periodograms] * 3, axis=1), axis=1)
    at = np.arange(n_all, 2 * n_all)  # last bin of the line
    first = at - n_bins
    line = (total[:, at] - total[:, first]) / n_bins
    below = total[:, first - _GUARD] - total[:, first - _GUARD - width]
    above = total[:, at + _GUARD + width] - total[:, at + _GUARD]
    background = np.maximum(below, above) / width
    ratio = np.divide(line, background, out=np.zeros_like(line), where=background > 0)
    chance = fdtrc(2 * n_averaged * n_bins, 2 * n_averaged * width, ratio)
    excess = (line - background) * n_bins / 2  # over the sum it is the relative change of the rms
    harmless = excess <= periodograms.sum(axis=1, keepdims=True) * max(
        _HARMLESS, 0.25 / (n_averaged * n_all) ** 0.5
    )
    return float(min(1.0, chance.size * np.where(harmless, 1.0, chance).min()))


def _drift_probability(power: NDArray[np.float64], n_independent: float) -> float:
    half = power.shape[1] // 2
    first, second = float(power[:, :half].mean()), float(power[:, -half:].mean())
    if first == second:
        return 1.0
    freedom = n_independent * len(power)
    return float(2 * fdtr(freedom, freedom, min(first, second) / max(first, second)))


def _rows_probability(variances: NDArray[np.float64], n_independent: float) -> float:
    mean = float(variances.mean())
    if len(variances) == 1 or mean == 0:
        return 1.0
    return float(chdtrc(len(variances) - 1, n_independent * np.sum((variances / mean - 1) ** 2)))


def noise_from_tail(acq: xr.Dataset, *, tail: float = TAIL) -> tuple[float, float]:
    """Estimate the noise of an Acquisition from its tail, all steps together.

    Parameters
    ----------
    acq
        Acquisition, not windowed.
    tail
        Share of the points, at the end, to take.

    Returns
    -------
    :
        Rms per quadrature channel of one point (unit of the signal), and its standard error.

    Raises
    ------
    NotTimeDomain
        If the dataset is a Spectrum.
    Undetermined
        If the tail still holds signal, is not steady, or is empty; quality "upper bound" where
        the rms bounds the noise from above.
    ValueError
        If the Acquisition is windowed or too short, or the share is not between 0 and 1.
    """
    level = _tested_level(acq, tail=tail)
    return level.std, level.std_error


def noise_of_steps(
    acq: xr.Dataset, *, tail: float = TAIL
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the noise of each step of an Acquisition: what it states, else from its tail.

    A stage that cuts or damps the tail states the noise in the attribute ``noise_std``. Otherwise
    steps whose noise agrees share one estimate, the better one; if they disagree, or have different
    numbers of scans, each has its own.

    Parameters
    ----------
    acq
        Acquisition, not windowed.
    tail
        Share of the points, at the end, to take.

    Returns
    -------
    :
        Rms per quadrature channel of one point, and its standard error, each (step,).

    Raises
    ------
    NotTimeDomain
        If the dataset is a Spectrum.
    Undetermined
        As in :func:`noise_from_tail`.
    ValueError
        As in :func:`noise_from_tail`.
    """
    if "noise_std" in acq.attrs:
        return _stated(acq)
    level = _tested_level(acq, tail=tail)
    if np.ptp(np.asarray(acq.attrs["n_scans"], dtype=np.float64)) == 0 and (
        level.rows_probability >= FALSE_ALARM
    ):
        shape = level.std_of_rows.shape
        return np.full(shape, level.std), np.full(shape, level.std_error)
    return level.std_of_rows, level.std_error_of_rows


def _stated(acq: xr.Dataset) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    together = float(acq.attrs["noise_std"])
    if not np.isfinite(together):
        msg = (
            "Found an Acquisition that states its noise as unknown: "
            f"{' '.join(schemas.warnings_of(acq))} State the noise."
        )
        raise Undetermined(msg, quality="no solution")
    each = np.asarray(acq.attrs.get("noise_std_per_step", [together] * acq.sizes["step"]))
    return each, each * float(acq.attrs.get("noise_relative_std", float("nan")))


def _tested_level(acq: xr.Dataset, *, tail: float) -> NoiseLevel:
    need_decays(acq, stage="noise")
    if acq.attrs.get("apodisation", "[]") != "[]":
        msg = (
            "Found a windowed Acquisition: its tail is damped and says nothing about the noise. "
            "Take the noise before apodise, or from the attribute noise_std that apodise leaves."
        )
        raise ValueError(msg)
    if not 0 < tail < 1:
        msg = f"Found tail {tail:g}; a share between 0 and 1 is needed."
        raise ValueError(msg)
    signal = acq["signal"].values
    level = noise_level_from_rows(signal[:, -max(1, round(tail * signal.shape[1])) :])
    _refuse(level)
    return level


def _refuse(level: NoiseLevel) -> None:
    if level.std == 0:
        msg = "Found a tail of zeros: a filled or simulated signal has no noise. State the noise."
        raise Undetermined(msg, quality="no solution")
    if not np.isfinite(level.std):
        msg = "Found a tail with missing points; no noise follows from it. State the noise."
        raise Undetermined(msg, quality="no solution")
    if level.line_probability < FALSE_ALARM / 2:
        found = "a line"
        chance = level.line_probability
    elif level.drift_probability < FALSE_ALARM / 2:
        found = "a change of its strength"
        chance = level.drift_probability
    else:
        return
    msg = (
        f"Found {found} in the tail (chance {chance:.0e} for pure noise): its rms {level.std:.3g} "
        "is no noise, and errors resting on it would be wrong. Record longer, take a shorter "
        "tail, or state the noise."
    )
    raise Undetermined(msg, quality="upper bound")


def need_decays(dataset: xr.Dataset, *, stage: str) -> xr.Dataset:
    """Return the dataset if it is a valid Acquisition.

    Parameters
    ----------
    dataset
        Any dataset.
    stage
        What needs it, for the message.

    Returns
    -------
    :
        The same dataset.

    Raises
    ------
    NotTimeDomain
        If it is a Spectrum.
    SchemaError
        If it is no valid Acquisition.
    """
    if dataset.attrs.get("schema") == "spectrum/1":
        msg = (
            f"Found a Spectrum; {stage} works on decays, before the transform. "
            "Call it before transform."
        )
        raise NotTimeDomain(msg)
    return schemas.check(dataset, "acquisition/1")
