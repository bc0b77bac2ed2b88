r"""Trim the dead time, and Fourier-transform decays into spectra whose numbers mean something.

.. math:: S(\nu_k) = \Delta \sum_j w_j s(t_j) e^{-2 \pi i \nu_k t_j}

Time zero is the pulse centre or the echo top, wherever the record starts: a late or early start
does not twist the phase. The first point has weight :math:`1/2 + t_0/\Delta` if it lies within one
dwell :math:`\Delta` behind zero, so that :math:`2 \operatorname{Re} \int S \, d\nu = s(0)` and a
line has no pedestal. A signal :math:`e^{2 \pi i \nu t}` stands at :math:`+\nu`; frequencies rise
and count from the carrier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import scipy.fft
import xarray as xr

from megabar import schemas, units
from megabar.errors import Undetermined, one_of
from megabar.spectra import apodisation, noise

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRECISIONS: Final = ("double", "single")
"""Precision of a spectrum; single is for looking at, never for numbers."""

_BLOCK_BYTES: Final = 1 << 18  # rows transformed at once; fits into a second-level cache
_SPACING: Final = 1e-3  # of a dwell; how far a point may lie from an even grid


def dwell_from_time(*, time: NDArray[np.float64]) -> float:
    """Compute the time between points of an even grid.

    Parameters
    ----------
    time
        Times [s], (time,).

    Returns
    -------
    :
        Dwell [s].

    Raises
    ------
    ValueError
        If there is only one point, or the times are not even and rising.

    Examples
    --------
    >>> dwell_from_time(time=np.array([0.0, 0.5, 1.0]))
    0.5
    """
    if time.size < 2:
        msg = f"Found {time.size} points; at least two are needed."
        raise ValueError(msg)
    dwell = float(time[-1] - time[0]) / (time.size - 1)
    grid = time[0] + dwell * np.arange(time.size)
    if not (dwell > 0 and np.abs(time - grid).max() <= _SPACING * dwell):
        msg = (
            f"Found times that are not evenly spaced and rising (mean step {dwell:g} s); a Fourier "
            "transform of them would be wrong. Check the time axis of the reader."
        )
        raise ValueError(msg)
    return dwell


def frequency_axis(*, n_points: int, dwell: float) -> NDArray[np.float64]:
    r"""Compute the frequencies of a transform, rising, zero at index ``n_points // 2``.

    .. math:: \nu_k = \frac{k - \lfloor N/2 \rfloor}{N \Delta}

    Parameters
    ----------
    n_points
        Length of the transform, zero fill included.
    dwell
        Time between points [s].

    Returns
    -------
    :
        Offsets from the carrier [Hz], (n_points,).

    Examples
    --------
    >>> frequency_axis(n_points=5, dwell=0.1)
    array([-4., -2.,  0.,  2.,  4.])
    """
    return (np.arange(n_points) - n_points // 2) / (n_points * dwell)


def first_point_weight(*, first_time: float, dwell: float) -> float:
    """Compute the weight of the first point.

    It is 1/2 for a record that starts at time zero, 1/2 + its distance in dwells within the first
    dwell, and 1 for a record that starts earlier (whole echo) or later (dead time).

    Parameters
    ----------
    first_time
        Time of the first point [s].
    dwell
        Time between points [s].

    Returns
    -------
    :
        The weight.

    Examples
    --------
    >>> first_point_weight(first_time=0.0, dwell=1e-6)
    0.5
    >>> first_point_weight(first_time=5e-6, dwell=1e-6)
    1.0
    """
    late = round(first_time / dwell, 9)  # a time from a frequency axis is not exact to the last bit
    return 0.5 + max(late, 0.0) if -_SPACING < late < 1 - _SPACING else 1.0


def transform_weights(*, time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute what each point counts in a transform without a window: the dwell.

    Parameters
    ----------
    time
        Times [s], even and rising, (time,).

    Returns
    -------
    :
        Dwell times :func:`first_point_weight` for the first point [s], (time,).

    Examples
    --------
    >>> transform_weights(time=np.array([0.0, 0.5, 1.0]))
    array([0.25, 0.5 , 0.5 ])
    """
    dwell = dwell_from_time(time=time)
    weights = np.full(time.size, dwell)
    weights[0] *= first_point_weight(first_time=float(time[0]), dwell=dwell)
    return weights


def rotation(*, frequency: NDArray[np.float64], zero: float, first: float) -> Any:
    r"""Compute :math:`e^{i (\phi + 2 \pi \nu \tau)}`.

    Parameters
    ----------
    frequency
        Offsets from the carrier [Hz], (frequency,).
    zero
        Phase of zero order :math:`\phi` [rad].
    first
        Phase of first order as a time :math:`\tau` [s].

    Returns
    -------
    :
        Complex, (frequency,); one number if there is no first order.

    Examples
    --------
    >>> rotation(frequency=np.array([0.0]), zero=0.0, first=0.0)
    (1+0j)
    """
    if first == 0:
        return complex(np.exp(1j * zero))
    return np.exp(1j * (zero + 2 * np.pi * first * frequency))


def transform_rows(
    rows: NDArray[np.complex128],
    *,
    weights: NDArray[np.float64],
    zero_fill: int = 1,
    turned_by: Any = 1.0,
    single: bool = False,
) -> NDArray[Any]:
    r"""Weight, fill with zeros, transform and turn rows, block by block.

    .. math:: S_k = r_k \sum_j w_j s_j e^{-2 \pi i j (k - \lfloor N/2 \rfloor) / N}

    Beyond the result it needs memory for a few rows only. Its result does not depend on how rows
    fall into blocks.

    Parameters
    ----------
    rows
        (row, time).
    weights
        :math:`w`, (time,).
    zero_fill
        Length of the result over that of a row, whole.
    turned_by
        :math:`r`, one number or (frequency,).
    single
        Compute and store in complex64.

    Returns
    -------
    :
        (row, frequency), frequencies rising.

    Raises
    ------
    ValueError
        If the zero fill is not a whole number of at least 1.

    Examples
    --------
    >>> transform_rows(np.array([[1.0 + 0j, 1.0]]), weights=np.ones(2))
    array([[0.+0.j, 2.+0.j]])
    """
    n_rows, n_time = rows.shape
    n_out = n_time * _whole(zero_fill)
    dtype = np.complex64 if single else np.complex128
    result = np.empty((n_rows, n_out), dtype=dtype)
    per_block = max(1, _BLOCK_BYTES // (n_out * result.itemsize))
    filled = np.zeros((min(per_block, n_rows), n_out), dtype=dtype)
    doubled = np.repeat(weights, 2)
    upper = n_out - n_out // 2  # so many frequencies from zero up
    r_negative, r_positive = (
        (turned_by[: n_out - upper], turned_by[n_out - upper :])
        if np.ndim(turned_by)
        else (turned_by, turned_by)
    )
    for start in range(0, n_rows, per_block):
        block = np.ascontiguousarray(rows[start : start + per_block], dtype=np.complex128)
        here = filled[: len(block)]
        pairs = here.view(np.float32 if single else np.float64)[:, : 2 * n_time]
        np.multiply(block.view(np.float64), doubled, out=pairs, casting="same_kind")
        spectra = scipy.fft.fft(here, axis=1, workers=1)
        target = result[start : start + len(block)]
        np.multiply(spectra[:, upper:], r_negative, out=target[:, : n_out - upper])
        np.multiply(spectra[:, :upper], r_positive, out=target[:, n_out - upper :])
    return result


def trim(acq: xr.Dataset, *, dead_time: float | str) -> xr.Dataset:
    """Drop the points that were recorded before the dead time was over.

    Dead time counts from the centre of the pulse. In an echo record, where time counts from the
    echo top, that pulse lies one ``echo_delay`` before the top.

    Parameters
    ----------
    acq
        Acquisition.
    dead_time
        Dead time [s], or text with a unit.

    Returns
    -------
    :
        Acquisition without those points; its attribute ``dead_time`` is the new one.

    Raises
    ------
    NotTimeDomain
        If the dataset is a Spectrum.
    Undetermined
        If it is an echo and nothing says when its last pulse was.
    ValueError
        If the dead time is negative, or leaves fewer than two points.
    """
    noise.need_decays(acq, stage="trim")
    seconds = units.quantity(dead_time, unit="s", name="dead time")
    if seconds < 0:
        msg = f"Found dead time {seconds:g} s; it is not negative. Check its sign."
        raise ValueError(msg)
    time = np.asarray(acq["time"].values, dtype=np.float64)
    slack = _SPACING * dwell_from_time(time=time)
    kept = time >= _pulse_time(acq) + seconds - slack
    if np.count_nonzero(kept) < 2:
        msg = (
            f"Found dead time {seconds:g} s, and the record ends at {time[-1]:g} s: nothing would "
            "be left. Check the unit of the dead time."
        )
        raise ValueError(msg)
    trimmed = acq.isel(time=kept).assign_attrs(dead_time=seconds)
    return schemas.check(schemas.with_processing(trimmed, f"trim(dead_time={seconds!r})"))


def _pulse_time(acq: xr.Dataset) -> float:
    """Time of the last pulse: zero, or one echo delay before the echo top."""
    delay = float(acq.attrs.get("echo_delay", float("nan")))
    if np.isfinite(delay):
        return -delay
    if acq.attrs["sequence"] not in schemas.ECHO_SEQUENCES:
        return 0.0
    if "echo_time" in acq.coords:
        return -float(acq["echo_time"].values.min()) / 2
    msg = (
        f"Found sequence {acq.attrs['sequence']!r} without echo_delay: nothing says when its last "
        "pulse was, and dead time counts from there. Set the attribute echo_delay."
    )
    raise Undetermined(msg, quality="no solution")


def transform(
    acq: xr.Dataset,
    *,
    zero_fill: int = 1,
    window: str = "none",
    width: float | str | None = None,
    zero: float | str = 0.0,
    first: float | str = 0.0,
    precision: str = "double",
) -> xr.Dataset:
    """Fourier-transform all steps of an Acquisition.

    With a window or a phase it gives what :func:`~megabar.spectra.apodise`, ``transform`` and
    :func:`~megabar.spectra.phase` give one after the other, and passes through memory only once.

    Parameters
    ----------
    acq
        Acquisition.
    zero_fill
        Length of the spectrum over that of the decay, whole. Fits use 1 or 2: beyond, neighbours
        are no longer independent.
    window
        As in :func:`~megabar.spectra.apodise`.
    width
        As in :func:`~megabar.spectra.apodise`.
    zero
        As in :func:`~megabar.spectra.phase`.
    first
        As in :func:`~megabar.spectra.phase`.
    precision
        "double", or "single" for looking at long series in half the memory.

    Returns
    -------
    :
        Spectrum [unit of the signal times s]. Its ``noise_std`` is that of one point and channel,
        carried exactly through window and weights; its steps, start and origin are those of the
        Acquisition.

    Raises
    ------
    NotTimeDomain
        If the dataset is a Spectrum already.
    Undetermined
        If points are missing (nan) in the signal.
    UnknownWord
        If window or precision is not in its list.
    ValueError
        If the times are not evenly spaced, or zero_fill is no whole number.
    """
    noise.need_decays(acq, stage="transform")
    one_of(precision, PRECISIONS, name="precision")
    hertz = None if width is None else units.quantity(width, unit="Hz", name="width")
    phi = units.quantity(zero, unit="rad", name="zero-order phase")
    tau = units.quantity(first, unit="s", name="first-order phase")
    time = np.asarray(acq["time"].values, dtype=np.float64)
    dwell = dwell_from_time(time=time)
    before = apodisation.with_noise(acq)
    fresh = apodisation.window_from_time(time=time, window=window, width=hertz)
    weights = transform_weights(time=time)
    frequency = frequency_axis(n_points=time.size * _whole(zero_fill), dwell=dwell)
    values = transform_rows(
        acq["signal"].values,
        weights=weights * fresh,
        zero_fill=zero_fill,
        turned_by=rotation(frequency=frequency, zero=phi, first=tau - float(time[0])),
        single=precision == "single",
    )
    _refuse_missing(values)
    gain = float(np.sqrt(np.sum((weights * fresh * apodisation.applied_window(acq)) ** 2)))
    calls = [
        *([f"apodise(window={window!r}, width={hertz!r})"] if window != "none" else []),
        f"transform(zero_fill={zero_fill!r}, precision={precision!r})",
        *([f"phase(zero={phi!r}, first={tau!r})"] if phi or tau else []),
    ]
    return schemas.check(
        xr.Dataset(
            {"spectrum": (("step", "frequency"), values, {"units": schemas.UNITS["spectrum"]})},
            coords={
                **{n: c.variable for n, c in acq.coords.items() if "time" not in c.dims},
                "frequency": ("frequency", frequency, {"units": schemas.UNITS["frequency"]}),
            },
            attrs={
                **schemas.with_processing(before, *calls).attrs,
                **_scaled_noise(before, gain),
                "schema": "spectrum/1",
                "zero_fill": int(zero_fill),
                "time_origin": float(time[0]) - tau,
                "apodisation": apodisation.with_window(acq, window=window, width=hertz),
            },
        )
    )


def _whole(zero_fill: int) -> int:
    if zero_fill != int(zero_fill) or zero_fill < 1:
        msg = f"Found zero_fill {zero_fill}; a whole number of at least 1 is needed."
        raise ValueError(msg)
    return int(zero_fill)


def _refuse_missing(values: NDArray[Any]) -> None:
    bad = np.flatnonzero(~np.isfinite(values[:, 0]))  # one missing point spoils a whole row
    if bad.size:
        msg = (
            f"Found points that are nan or infinite in {bad.size} steps, first step {bad[0]}; "
            "their spectra do not exist. Leave those steps out."
        )
        raise Undetermined(msg, quality="no solution")


def _scaled_noise(acq: xr.Dataset, gain: float) -> dict[str, Any]:
    scaled: dict[str, Any] = {"noise_std": float(acq.attrs["noise_std"]) * gain}
    if "noise_std_per_step" in acq.attrs:
        each = np.asarray(acq.attrs["noise_std_per_step"], dtype=np.float64)
        scaled["noise_std_per_step"] = (each * gain).tolist()
    return scaled
