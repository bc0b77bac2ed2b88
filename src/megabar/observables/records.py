"""What an estimator of decays may use of a dataset: the points after dead time, and their noise.

An untouched transform holds the same numbers as the decay, so it is turned back; a windowed one
does not, and is refused.

Twin: none; this is bookkeeping between datasets and arrays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import fitting, schemas
from megabar.errors import NotTimeDomain, SchemaError, Undetermined
from megabar.spectra.decays import decays_behind
from megabar.spectra.noise import TAIL, noise_of_steps

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

MOST_ZERO_FILL: Final = 2
"""Zero fill up to which neighbouring points of a Spectrum carry independent noise."""

_FEWEST_POINTS: Final = 8
_MOVED_ZERO: Final = re.compile(r"phase\(.*first(_within)?=(?!-?0\.0[,)]|0[,)]|None)")


@dataclass(frozen=True, kw_only=True)
class Record:
    """Evenly spaced decays and their noise.

    Parameters
    ----------
    time
        From pulse centre or echo top [s], (time,), none negative.
    signal
        Complex as accumulated, (step, time).
    noise_std
        Rms per channel of each step, (step,).
    noise_relative_std
        Relative error of that rms, (step,).
    n_scans
        Scans of each step, (step,).
    sequence
        Word of :data:`megabar.schemas.SEQUENCES`.
    echo_delay
        Time between the pulses of an echo [s]; nan if there is none or it is not known.
    warnings
        What was found while the noise was taken.
    """

    time: NDArray[np.float64]
    signal: NDArray[np.complex128]
    noise_std: NDArray[np.float64]
    noise_relative_std: NDArray[np.float64]
    n_scans: NDArray[np.float64]
    sequence: str
    echo_delay: float
    warnings: tuple[str, ...] = ()

    @property
    def dwell(self) -> float:
        """Time between points [s]."""
        return float(self.time[-1] - self.time[0]) / (self.time.size - 1)


def record_of(data: xr.Dataset, *, noise: tuple[float, float] | None) -> Record:
    """Take from a dataset what an estimator of decays may use.

    Parameters
    ----------
    data
        Acquisition, or untouched Spectrum.
    noise
        Rms per channel of one point in time, and its error; from the tail if not given.

    Returns
    -------
    :
        The points from the end of the dead time on, or from the echo top on.

    Raises
    ------
    SchemaError
        If the dataset is of another kind, or a Spectrum that was changed.
    ValueError
        If fewer than eight points are left, or the noise is not positive.
    """
    schemas.check(data)
    kind = data.attrs["schema"]
    if kind not in ("acquisition/1", "spectrum/1"):
        msg = f"Found a dataset of schema {kind!r}; a line needs an Acquisition or a Spectrum."
        raise SchemaError(msg)
    decays = data if kind == "acquisition/1" else _decay_of(data)
    if decays.attrs.get("apodisation", "[]") != "[]":
        msg = "Found a windowed Acquisition; its noise is not white. Fit it before apodise."
        raise SchemaError(msg)
    std, relative, warnings = _noise_of(decays, noise)
    time = np.asarray(decays["time"].values, dtype=np.float64)
    usable = time >= _first_usable(decays) - 1e-3 * (time[1] - time[0])
    if np.count_nonzero(usable) < _FEWEST_POINTS:
        msg = (
            f"Found {np.count_nonzero(usable)} points after the dead time; a line needs at least "
            f"{_FEWEST_POINTS}. Check dead_time and the time axis."
        )
        raise ValueError(msg)
    return Record(
        time=time[usable],
        signal=np.asarray(decays["signal"].values)[:, usable],
        noise_std=std,
        noise_relative_std=relative,
        n_scans=np.broadcast_to(np.asarray(data.attrs["n_scans"], dtype=np.float64), std.shape),
        sequence=str(data.attrs["sequence"]),
        echo_delay=float(data.attrs.get("echo_delay", np.nan)),
        warnings=warnings,
    )


def _noise_of(
    decays: xr.Dataset, noise: tuple[float, float] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...]]:
    """Rms of each step and its relative error: as stated, as carried along, or from the tail."""
    carried = float(decays.attrs.get("noise_std", np.nan))
    level: Any
    error: Any
    warnings: tuple[str, ...] = ()
    if noise is not None:
        level, error = noise
    elif np.isfinite(carried):
        level, error = carried, carried * float(decays.attrs.get("noise_relative_std", 0.0))
    else:
        level, error, warnings = _noise_of_tail(decays)
    std = np.broadcast_to(np.asarray(level, dtype=np.float64), (decays.sizes["step"],))
    if not np.all(np.isfinite(std) & (std > 0)):
        msg = f"Found noise {level}; every error rests on it. State noise=(rms, error of rms)."
        raise ValueError(msg)
    return std, np.broadcast_to(np.asarray(error) / np.asarray(level), std.shape), warnings


def _noise_of_tail(decays: xr.Dataset) -> tuple[Any, Any, tuple[str, ...]]:
    try:
        return (*noise_of_steps(decays), ())
    except Undetermined as error:
        if error.quality != "upper bound":
            raise
        signal = np.asarray(decays["signal"].values)
        tail = signal[:, -max(_FEWEST_POINTS, round(TAIL * signal.shape[1])) :]
        one_level = np.ptp(np.asarray(decays.attrs["n_scans"], dtype=np.float64)) == 0
        level, relative = noise_beside_lines(tail, together=bool(one_level))
        warning = (
            "The tail of the decays holds more than noise; the noise is the median of its "
            "spectrum, which a few narrow lines do not move."
        )
        return level, relative * level, (warning,)


def noise_beside_lines(
    rows: NDArray[np.complex128], *, together: bool
) -> tuple[NDArray[np.float64], float]:
    r"""Estimate the noise of rows that also hold a few narrow lines.

    .. math:: \sigma^2 = \frac{\operatorname{median}_k |S_k|^2}{2 \ln 2}, \quad
        \frac{\operatorname{sd}(\sigma)}{\sigma} = \frac{1}{2 \ln 2 \sqrt{n}}

    with the unitary transform S. Lines in a share q of the points raise it by about q / (2 ln 2).

    Parameters
    ----------
    rows
        Complex, (row, time).
    together
        Whether all rows have the same noise.

    Returns
    -------
    :
        Rms per channel of each row, (row,), and its relative standard error.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> rows = rng.normal(size=(4, 1024)) + 1j * rng.normal(size=(4, 1024))
    >>> level, error = noise_beside_lines(rows + 50, together=True)  # a line at zero frequency
    >>> print(f"{level[0]:.2f}({100 * error:.0f})")
    1.01(1)
    """
    power = np.abs(np.fft.fft(rows, axis=1, norm="ortho")) ** 2
    medians = np.full(len(rows), np.median(power)) if together else np.median(power, axis=1)
    n_points = power.size if together else power.shape[1]
    return np.sqrt(medians / (2 * np.log(2))), 1 / (2 * np.log(2) * float(np.sqrt(n_points)))


def _first_usable(decays: xr.Dataset) -> float:
    dead_time = float(decays.attrs["dead_time"])
    if not np.isfinite(dead_time):
        return 0.0
    if decays.attrs["sequence"] in schemas.ECHO_SEQUENCES:  # dead time counts from the last pulse
        return max(0.0, dead_time - float(decays.attrs.get("echo_delay", np.inf)))
    return max(0.0, dead_time)


def chosen_step(record: Record, step: int | None) -> int:
    """Give the step that was chosen, or the only one.

    Parameters
    ----------
    record
        One or several decays.
    step
        Index along the steps, or None.

    Returns
    -------
    :
        A valid index.

    Raises
    ------
    ValueError
        If there are several steps and none is chosen, or none of that index.
    """
    n_steps = len(record.signal)
    if step is None and n_steps == 1:
        return 0
    if step is None or not -n_steps <= step < n_steps:
        msg = f"Found {n_steps} steps and step={step}; choose one with step=0 to {n_steps - 1}."
        raise ValueError(msg)
    return int(step % n_steps)


def time_domain(data: xr.Dataset, *, wanted: str) -> xr.Dataset:
    """Return an Acquisition as it is, and refuse anything transformed.

    Parameters
    ----------
    data
        Any dataset.
    wanted
        What is to be measured, for the message.

    Returns
    -------
    :
        The same dataset.

    Raises
    ------
    NotTimeDomain
        If it is a Spectrum.
    SchemaError
        If it is anything else.
    """
    if data.attrs.get("schema") == "spectrum/1":
        msg = (
            f"Found a Spectrum; {wanted} is measured on decays, whose noise is white and whose "
            "signs are untouched. Hand over the Acquisition."
        )
        raise NotTimeDomain(msg)
    return schemas.check(data, "acquisition/1")


def _decay_of(spectrum: xr.Dataset) -> xr.Dataset:
    """Turn an untouched Spectrum back into the Acquisition that it was made of."""
    attrs = spectrum.attrs
    _refuse_changed(spectrum)
    behind = decays_behind(spectrum)
    rows = [behind.decay_of(row) / behind.bare_weights for row in spectrum["spectrum"].values]
    # A phase of first order moved time zero after the first point had been weighted by the old one.
    moved = any(_MOVED_ZERO.search(call) for call in schemas.processing_of(spectrum))
    kept = slice(1 if moved else 0, None)
    gain = float(np.sqrt(np.sum(behind.bare_weights**2)))
    return schemas.acquisition(
        np.array(rows)[:, kept],
        time=behind.time[kept],
        step={name: spectrum[name].values for name in schemas.STEP_COORDINATES if name in spectrum},
        started_at=spectrum["started_at"].values,
        attrs={
            **{name: value for name, value in attrs.items() if name != "schema"},
            "noise_std": float(attrs["noise_std"]) / gain,
            "noise_relative_std": float(attrs.get("noise_relative_std", np.nan)),
        },
    )


def _refuse_changed(spectrum: xr.Dataset) -> None:
    attrs = spectrum.attrs
    zero_fill = int(attrs["zero_fill"])
    steps = schemas.processing_of(spectrum)
    if attrs.get("apodisation", "unknown") != "[]":
        found = "a Spectrum that was windowed, or does not say that it was not"
    elif not 1 <= zero_fill <= MOST_ZERO_FILL:
        found = f"a Spectrum with zero_fill {zero_fill} (0 is unknown)"
    elif any("baseline" in step for step in steps):
        found = "a Spectrum whose baseline was changed"
    elif "time_origin" not in attrs:
        found = "a Spectrum that does not say when its first point was"
    else:
        return
    msg = (
        f"Found {found}: its points are not independent, and the errors of a fit would be too "
        "small. Hand over the Acquisition, or transform(acq, zero_fill=1) without a window."
    )
    raise SchemaError(msg)


def within(
    window: tuple[float, float],
    *,
    model: fitting.Model,
    time: NDArray[np.float64],
    signal: NDArray[np.complex128],
) -> tuple[fitting.Model, NDArray[np.float64], NDArray[np.complex128]]:
    r"""Carry a model of decays and its data into a window of their unitary transform.

    .. math:: F_j = N^{-1/2} \sum_k s_k e^{-2\pi i f_j (t_k - t_0)}

    The transform keeps white noise white and of the same level, so a window of it is as good for
    least squares as the decay, and knows nothing of lines elsewhere but their feet.

    Parameters
    ----------
    window
        Lowest and highest frequency [Hz from carrier].
    model
        Model of the decay.
    time
        Evenly spaced [s], (time,).
    signal
        Decay, (time,).

    Returns
    -------
    :
        Model of the transform, frequencies [Hz], (frequency,), and data, (frequency,).

    Raises
    ------
    ValueError
        If the window holds too few points.

    Examples
    --------
    >>> time = np.arange(100) * 1e-5
    >>> model, frequency, data = within((-5e3, 5e3), model=fitting.fid_lorentzian(), time=time,
    ...                                 signal=np.exp(-1000 * time) + 0j)
    >>> print(frequency.size)
    11
    """
    grid = np.fft.fftfreq(time.size, d=(time[-1] - time[0]) / (time.size - 1))
    inside = np.flatnonzero((grid >= min(window)) & (grid <= max(window)))
    if inside.size < _FEWEST_POINTS:
        msg = (
            f"Found {inside.size} points of the transform between {min(window):g} and "
            f"{max(window):g} Hz; at least {_FEWEST_POINTS} are needed. Widen the window."
        )
        raise ValueError(msg)
    inside = inside[np.argsort(grid[inside])]

    def kernel(_: Any, theta: Any) -> tuple[Any, Any]:
        basis, slopes = model.both(time, theta)
        both = (np.fft.fft(part, norm="ortho")[..., inside] for part in (basis, slopes))
        return next(both), next(both)

    windowed = fitting.from_kernel(
        kernel,
        name=f"{model.name}, in a window of its transform",
        parameters=model.parameters,
        amplitudes=model.amplitudes,
        lower=model.lower,
        upper=model.upper,
        complex_amplitudes=model.complex_amplitudes,
        ascending=model.ascending,
    )
    return windowed, grid[inside], np.fft.fft(signal, norm="ortho")[inside]
