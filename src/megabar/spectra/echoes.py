r"""Echo tops, whole and half echoes, echo trains.

The top of an echo is the centre of its symmetry. With
:math:`s(t_0 + u) = e^{i \phi} h(u)`, :math:`h(-u) = h^*(u)`, the self-convolution

.. math:: C(t) = \sum_u s(t + u) \, s(t - u)

is largest in modulus at the top. An offset from the carrier drops out of it. Its error is that of
the best possible estimator at high signal, :math:`\sigma / \sqrt{\sum |h'|^2}`, and a term for
noise against noise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import scipy.fft

from megabar import schemas, units
from megabar.errors import Undetermined
from megabar.spectra import noise
from megabar.spectra.apodisation import with_noise
from megabar.spectra.transform import dwell_from_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray

_NEAR_TOP: Final = 0.6  # of the half width at half maximum, over which a parabola is laid
_FEWEST_POINTS: Final = 8
_CUT: Final = 0.1  # share of the power at the top that an edge of the record may hold
_FAINTEST: Final = 6.0  # symmetry over that of pure noise, below which an echo has no top


def echo_top_from_rows(
    rows: NDArray[np.complex128], *, dwell: float, noise_std: float
) -> tuple[float, float]:
    """Find the centre of symmetry of an echo that several rows share.

    Parameters
    ----------
    rows
        (row, time), evenly spaced, the echo whole.
    dwell
        Time between points [s].
    noise_std
        Rms per channel of one point, or nan.

    Returns
    -------
    :
        Time from the first point to the top [s], and its standard error (nan if the noise is).

    Raises
    ------
    Undetermined
        If no echo stands out of the noise, or the record cuts it off.

    Examples
    --------
    >>> time = np.arange(200) - 80.3
    >>> echo = np.exp(-((time / 20) ** 2) + 0.7j * time)[np.newaxis]
    >>> top, _ = echo_top_from_rows(echo, dwell=1.0, noise_std=0.0)
    >>> round(top, 6)
    80.3
    """
    n_rows, n_points = rows.shape
    length = scipy.fft.next_fast_len(2 * n_points)
    squares = scipy.fft.fft(rows, length, axis=1) ** 2
    symmetry = np.abs(scipy.fft.ifft(squares.sum(axis=0))[: 2 * n_points - 1])
    noise_symmetry = 2 * noise_std**2 * (n_rows * n_points) ** 0.5  # noise against noise
    if symmetry.max() < _FAINTEST * noise_symmetry:
        msg = (
            "Found no echo that stands out of the noise; without it there is no top. Co-add, or "
            "give the top."
        )
        raise Undetermined(msg, quality="no solution")
    near = _neighbourhood(symmetry)  # on a grid of half dwells
    middle = int(np.argmax(symmetry))
    c2, c1, c0 = np.polyfit(near - middle, np.log(symmetry[near]), 2)  # exact for a Gaussian
    at = middle - c1 / (2 * c2)
    slopes = -2 * c2 * np.exp(c0)  # sum of |h'|^2 [1 / dwell^2]
    _refuse_cut(rows, at / 2, noise_std)
    by_signal = noise_std / np.sqrt(slopes)
    by_noise = noise_symmetry / np.sqrt(np.sum((near - middle) ** 2.0)) / (2 * slopes)
    return float(at * dwell / 2), float(dwell * np.hypot(by_signal, by_noise))


def _neighbourhood(symmetry: NDArray[np.float64]) -> NDArray[np.int64]:
    """Points around the maximum, as many on both sides, through which a parabola can be laid."""
    peak = int(np.argmax(symmetry))
    below = np.flatnonzero(symmetry < symmetry[peak] / 2)
    left, right = below[below < peak], below[below > peak]
    to_edge = min(peak, symmetry.size - 1 - peak)
    if to_edge == 0 or not (left.size and right.size):
        msg = (
            "Found the echo top at the edge of the record; it may lie outside. Record earlier, or "
            "give the top."
        )
        raise Undetermined(msg, quality="no solution")
    half_width = (int(right[0]) - int(left[-1])) / 2
    half = min(to_edge, max(1, round(_NEAR_TOP * half_width)))
    return np.arange(peak - half, peak + half + 1)


def _refuse_cut(rows: NDArray[np.complex128], top: float, noise_std: float) -> None:
    """Refuse an echo that the record cuts off: its largest overlap is not at its top."""
    power = np.mean(np.abs(rows) ** 2, axis=0) - (2 * noise_std**2 if noise_std > 0 else 0.0)
    width = max(2, rows.shape[1] // 64)
    slack = 8 * noise_std**2 / (len(rows) * width) ** 0.5 if noise_std > 0 else 0.0
    middle = round(top)
    at_top = power[max(0, middle - width // 2) : middle + width // 2 + 1].mean()
    for side, edge in (("rise", power[:width].mean()), ("fall", power[-width:].mean())):
        if edge > _CUT * at_top + slack:  # slack: four standard errors of noise alone
            msg = (
                f"Found an echo whose {side} is cut off: the edge of the record holds "
                f"{100 * edge / at_top:.0f} % of the power at its top. Give the top."
            )
            raise Undetermined(msg, quality="no solution")


def echo_top(
    acq: xr.Dataset, *, within: tuple[float | str, float | str] | None = None
) -> tuple[float, float]:
    """Find the top of an echo, the same for all steps, and its error.

    Parameters
    ----------
    acq
        Acquisition that holds one whole echo.
    within
        Part of the record to look at (from, to) [s], or texts with a unit; all of it if not given.
        Leave out pulse break-through and the decay of the last pulse.

    Returns
    -------
    :
        Top and its standard error [s], on the time axis of the Acquisition.

    Raises
    ------
    NotTimeDomain
        If the dataset is a Spectrum.
    Undetermined
        If no echo stands out of the noise, or the record cuts it off.
    ValueError
        If hardly any point lies within.
    """
    noise.need_decays(acq, stage="echo_top")
    time = np.asarray(acq["time"].values, dtype=np.float64)
    dwell = dwell_from_time(time=time)
    chosen = np.ones(time.shape, dtype=bool)
    if within is not None:
        low, high = (units.quantity(t, unit="s", name="end of within") for t in within)
        chosen = (time >= low) & (time <= high)
        if np.count_nonzero(chosen) < _FEWEST_POINTS:
            msg = (
                f"Found {np.count_nonzero(chosen)} points within {low:g} to {high:g} s; an echo "
                f"needs at least {_FEWEST_POINTS}. Check the unit of within."
            )
            raise ValueError(msg)
    noise_std = float(with_noise(acq).attrs["noise_std"])
    top, error = echo_top_from_rows(
        acq["signal"].values[:, chosen], dwell=dwell, noise_std=noise_std
    )
    return float(time[chosen][0]) + top, error


def centre_echo(acq: xr.Dataset, *, top: float | str) -> xr.Dataset:
    """Move time zero to the top of the echo; every point is kept.

    Parameters
    ----------
    acq
        Acquisition.
    top
        Time of the top [s], as :func:`echo_top` gives it, or text with a unit.

    Returns
    -------
    :
        Acquisition whose time counts from the top.

    Raises
    ------
    NotTimeDomain
        If the dataset is a Spectrum.
    ValueError
        If the top lies outside the record.
    """
    noise.need_decays(acq, stage="centre_echo")
    zero = units.quantity(top, unit="s", name="echo top")
    time = np.asarray(acq["time"].values, dtype=np.float64)
    if not time[0] <= zero <= time[-1]:
        msg = (
            f"Found echo top {zero:g} s outside the record, which runs from {time[0]:g} to "
            f"{time[-1]:g} s. Check its unit."
        )
        raise ValueError(msg)
    moved = acq.assign_coords(time=("time", time - zero, dict(acq["time"].attrs)))
    return schemas.check(schemas.with_processing(moved, f"centre_echo(top={zero!r})"))


def half_echo(acq: xr.Dataset) -> xr.Dataset:
    """Keep the half of an echo behind its top.

    Parameters
    ----------
    acq
        Acquisition whose time counts from the top.

    Returns
    -------
    :
        Acquisition that starts at the top, or less than one dwell behind it.

    Raises
    ------
    NotTimeDomain
        If the dataset is a Spectrum.
    ValueError
        If fewer than two points lie behind the top.
    """
    noise.need_decays(acq, stage="half_echo")
    time = np.asarray(acq["time"].values, dtype=np.float64)
    kept = time >= -1e-3 * dwell_from_time(time=time)
    if np.count_nonzero(kept) < 2:
        msg = (
            f"Found a record that ends at {time[-1]:g} s, before the echo top. Check time zero "
            "with echo_top and centre_echo."
        )
        raise ValueError(msg)
    return schemas.check(schemas.with_processing(acq.isel(time=kept), "half_echo()"))


def split_train(
    acq: xr.Dataset, *, echo_times: Sequence[float], first_top: float | str
) -> xr.Dataset:
    """Cut one record of an echo train into its echoes, one step each.

    Parameters
    ----------
    acq
        Acquisition with a single step.
    echo_times
        Time of each echo top since the excitation pulse [s], rising; it becomes the coordinate
        ``echo_time``.
    first_top
        Where the first top lies on the time axis of the record [s], or text with a unit.

    Returns
    -------
    :
        Acquisition with one step per echo; time counts from each top, to the nearest point. Each
        echo is as long as half the shortest distance of two tops allows on both sides.

    Raises
    ------
    NotTimeDomain
        If the dataset is a Spectrum.
    ValueError
        If there are several steps, fewer than two echoes, or echoes outside the record.
    """
    noise.need_decays(acq, stage="split_train")
    known = with_noise(acq)
    start = units.quantity(first_top, unit="s", name="first echo top")
    time = np.asarray(acq["time"].values, dtype=np.float64)
    dwell = dwell_from_time(time=time)
    offsets = np.asarray(echo_times, dtype=np.float64)
    if acq.sizes["step"] != 1 or offsets.size < 2 or not np.all(np.diff(offsets) > 0):
        msg = (
            f"Found {acq.sizes['step']} steps and echo times {offsets.tolist()}; one step and at "
            "least two rising echo times are needed. Choose a step with isel(step=[k])."
        )
        raise ValueError(msg)
    tops = np.round((start + offsets - offsets[0] - time[0]) / dwell).astype(int)
    half = int(np.diff(tops).min()) // 2
    before, after = min(half, int(tops[0])), min(half, time.size - int(tops[-1]))
    if before < 0 or after < 2:
        msg = (
            f"Found echoes from {start:g} s on that leave the record, which runs from {time[0]:g} "
            f"to {time[-1]:g} s. Check first_top and echo_times."
        )
        raise ValueError(msg)
    rows = np.stack([acq["signal"].values[0, top - before : top + after] for top in tops])
    shift = float(start - (time[0] + dwell * tops[0]))  # what rounding to a point leaves
    attrs = schemas.with_processing(
        known, f"split_train(echo_times={offsets.tolist()!r}, first_top={start!r})"
    ).attrs
    return schemas.acquisition(
        rows,
        time=dwell * np.arange(-before, after) - shift,
        attrs={k: v for k, v in attrs.items() if k != "schema"},
        step={"echo_time": offsets},
        started_at=acq["started_at"].values,
    )


def coadd_train(acq: xr.Dataset, *, weights: Sequence[float] | None = None) -> xr.Dataset:
    r"""Add the echoes of a train up into one.

    .. math:: s = \sum_r w_r s_r, \qquad \sigma = \sqrt{\sum_r w_r^2 \sigma_r^2}

    Parameters
    ----------
    acq
        Acquisition with one step per echo, time zero at the top of each.
    weights
        One number per echo, in proportion to its amplitude for the best ratio to noise; ones if
        not given. An amplitude of the sum is that of one echo times the sum of weights times
        decays.

    Returns
    -------
    :
        Acquisition with a single step and no step coordinates.

    Raises
    ------
    NotTimeDomain
        If the dataset is a Spectrum.
    ValueError
        If there is not one finite weight per step.
    """
    noise.need_decays(acq, stage="coadd_train")
    known = with_noise(acq)
    n_rows = acq.sizes["step"]
    factors = np.ones(n_rows) if weights is None else np.asarray(weights, dtype=np.float64)
    if factors.shape != (n_rows,) or not np.all(np.isfinite(factors)):
        msg = f"Found weights {weights} for {n_rows} steps; one finite number for each is needed."
        raise ValueError(msg)
    each = np.asarray(known.attrs.get("noise_std_per_step", known.attrs["noise_std"]))
    std = float(np.sqrt(np.sum((factors * each) ** 2)))
    attrs = {
        **schemas.with_processing(known, f"coadd_train(weights={factors.tolist()!r})").attrs,
        "noise_std": std,
    }
    attrs.pop("noise_std_per_step", None)
    return schemas.acquisition(
        factors @ acq["signal"].values,
        time=acq["time"].values,
        attrs={k: v for k, v in attrs.items() if k != "schema"},
        started_at=acq["started_at"].values,
    )
