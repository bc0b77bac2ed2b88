"""Windows: what is multiplied onto a decay before it is transformed.

A window makes a spectrum pleasant and its noise correlated. Fits use spectra without one; each
windowed dataset says so in its attribute ``apodisation``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import schemas, units
from megabar.errors import Undetermined, one_of
from megabar.spectra import noise

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

WINDOWS: Final = ("none", "exponential", "gaussian", "cosine")
"""Names of the windows."""

_WITH_WIDTH: Final = ("exponential", "gaussian")


def window_from_time(
    *, time: NDArray[np.float64], window: str, width: float | None
) -> NDArray[np.float64]:
    r"""Compute a window that is 1 at time zero and falls on both sides of it.

    .. math:: w = e^{-\pi W |t|}, \quad e^{-(\pi W t)^2 / (4 \ln 2)}, \quad
        \cos \frac{\pi t}{2 (t_\text{max} + \Delta)}

    The first adds W to the full width of a Lorentzian line, the second turns a narrow line into a
    Gaussian of full width W. A window as wide as the line is the matched one. The cosine reaches
    zero one dwell :math:`\Delta` behind the farthest point.

    Parameters
    ----------
    time
        Time from the pulse centre or echo top [s], (time,).
    window
        One of :data:`WINDOWS`.
    width
        W [Hz], at least zero; None for the windows that have none.

    Returns
    -------
    :
        The window, (time,).

    Raises
    ------
    UnknownWord
        If the window is not in the list.
    ValueError
        If a width is missing, negative, or given where there is none.

    Examples
    --------
    >>> time = np.array([0.0, 1e-3])
    >>> window_from_time(time=time, window="exponential", width=1e3 / np.pi).round(4)
    array([1.    , 0.3679])
    """
    one_of(window, WINDOWS, name="window")
    if (width is not None) != (window in _WITH_WIDTH):
        word = "needs a width in Hz" if width is None else "has no width"
        msg = f"Found window {window!r} with width {width}; it {word}."
        raise ValueError(msg)
    if window == "none":
        return np.ones_like(time)
    if width is None:
        dwell = (time[-1] - time[0]) / (time.size - 1)
        return np.asarray(np.cos(np.pi / 2 * time / (np.abs(time).max() + dwell)))
    if width < 0:
        msg = f"Found width {width:g} Hz; a width is not negative. Check its sign."
        raise ValueError(msg)
    if window == "exponential":
        return np.asarray(np.exp(-np.pi * width * np.abs(time)))
    return np.asarray(np.exp(-((np.pi * width * time) ** 2) / (4 * np.log(2))))


def applied_window(acq: xr.Dataset) -> NDArray[np.float64]:
    """Compute what an Acquisition was multiplied with so far.

    Parameters
    ----------
    acq
        Acquisition.

    Returns
    -------
    :
        Product of its windows, (time,); ones if there was none.
    """
    return window_product(
        time=np.asarray(acq["time"].values, dtype=np.float64),
        apodisation=acq.attrs.get("apodisation", "[]"),
    )


def window_product(*, time: NDArray[np.float64], apodisation: str) -> NDArray[np.float64]:
    """Multiply the windows that a dataset lists.

    Parameters
    ----------
    time
        Time from the pulse centre or echo top [s], (time,).
    apodisation
        The attribute of that name, a JSON list of [window, width].

    Returns
    -------
    :
        Product, (time,).

    Examples
    --------
    >>> window_product(time=np.array([0.0, 1.0]), apodisation="[]")
    array([1., 1.])
    """
    product = np.ones_like(time)
    for window, width in json.loads(apodisation):
        product *= window_from_time(time=time, window=window, width=width)
    return product


def with_window(acq: xr.Dataset, *, window: str, width: float | None) -> str:
    """Write down the windows of an Acquisition and one more.

    Parameters
    ----------
    acq
        Acquisition.
    window
        One of :data:`WINDOWS`; "none" adds nothing.
    width
        Its width [Hz], or None.

    Returns
    -------
    :
        JSON list of [window, width].
    """
    windows = json.loads(acq.attrs.get("apodisation", "[]"))
    return json.dumps(windows if window == "none" else [*windows, [window, width]])


def apodise(acq: xr.Dataset, *, window: str, width: float | str | None = None) -> xr.Dataset:
    """Multiply the decays with a window; the noise is taken before, and kept.

    Parameters
    ----------
    acq
        Acquisition.
    window
        "exponential", "gaussian", "cosine" or "none".
    width
        Width that the window gives to a line [Hz], or text with a unit; none for "cosine".

    Returns
    -------
    :
        Acquisition. Its attribute ``apodisation`` lists the windows, ``noise_std`` is the noise
        of the points before them.

    Raises
    ------
    NotTimeDomain
        If the dataset is a Spectrum.
    UnknownWord
        If the window is not in the list.
    ValueError
        If a width is missing, negative, or given where there is none.
    """
    noise.need_decays(acq, stage="apodise")
    hertz = None if width is None else units.quantity(width, unit="Hz", name="width")
    time = np.asarray(acq["time"].values, dtype=np.float64)
    weights = window_from_time(time=time, window=window, width=hertz)
    recorded = schemas.with_processing(
        with_noise(acq), f"apodise(window={window!r}, width={hertz!r})"
    )
    if window == "none":
        return recorded
    windowed = product_of_rows(np.ascontiguousarray(acq["signal"].values), weights)
    return schemas.check(
        recorded.assign(
            signal=(("step", "time"), windowed, dict(acq["signal"].attrs))
        ).assign_attrs(apodisation=with_window(acq, window=window, width=hertz))
    )


def product_of_rows(
    rows: NDArray[np.complex128],
    weights: NDArray[np.float64],
    *,
    out: NDArray[np.complex128] | None = None,
) -> NDArray[np.complex128]:
    """Multiply complex rows with real weights, at the price of real numbers.

    Parameters
    ----------
    rows
        (row, time), contiguous.
    weights
        (time,).
    out
        Where to write, (row, time), contiguous along time; new if not given.

    Returns
    -------
    :
        (row, time).

    Examples
    --------
    >>> product_of_rows(np.array([[1 + 1j, 2j]]), np.array([2.0, 0.5]))
    array([[2.+2.j, 0.+1.j]])
    """
    result = np.empty_like(rows) if out is None else out
    np.multiply(rows.view(np.float64), np.repeat(weights, 2), out=result.view(np.float64))
    return result


def with_noise(acq: xr.Dataset) -> xr.Dataset:
    """Give an Acquisition whose attributes state its noise, from the tail if they do not yet.

    Parameters
    ----------
    acq
        Acquisition.

    Returns
    -------
    :
        The same data with attributes ``noise_std`` (per channel, of one point before any window),
        ``noise_relative_std`` and, where steps differ, ``noise_std_per_step``. A tail that does
        not tell leaves nan and a warning.
    """
    if "noise_std" in acq.attrs:
        return acq
    try:
        std, error = noise.noise_of_steps(acq)
    except (Undetermined, ValueError) as reason:
        unknown = acq.assign_attrs(noise_std=float("nan"), noise_relative_std=float("nan"))
        return schemas.with_warnings(unknown, f"The noise is not known. {reason}")
    together = float(np.sqrt(np.mean(std**2)))
    if np.ptp(std) == 0:
        return acq.assign_attrs(noise_std=together, noise_relative_std=float(error[0]) / together)
    relative = float(np.sqrt(np.sum((std * error) ** 2))) / (together**2 * len(std))
    return acq.assign_attrs(
        noise_std=together, noise_relative_std=relative, noise_std_per_step=std.tolist()
    )
