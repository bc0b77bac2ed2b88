r"""Models of decays carried exactly into their discrete spectra, and the noise of such spectra.

The spectrum of a record :math:`s(t_0 + j \Delta t)`, j = 0..n-1, zero-filled to N = Z n points, is

.. math:: S_k = \Delta t \, e^{-2 \pi i f_k t_0} \sum_j w_j s_j e^{-2 \pi i j k / N}, \quad
    f_k = k / (N \Delta t),

with w the window, and half the first weight if :math:`t_0 = 0`, so that twice the real part
integrates to s(0). A time-domain model that goes through the same sum fits the spectrum without any
approximation: dead time, truncation and window are in it, and the fit may be restricted to any part
of the axis.

The points of a spectrum are not independent once N exceeds the number of reals that made them. A
fit that pretends so claims errors too small by sqrt(Z/2) on the real part, and far worse under a
window, whatever Z.
"""

from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from megabar.fitting.models import Array, Kernel, Model, from_kernel

_AS_ASSUMED = 0.1  # relative difference of noise power from that of independent points


def transformed(
    model: Model,
    times: ArrayLike,
    *,
    zero_fill: int = 1,
    window: ArrayLike | None = None,
    part: str = "real",
) -> Model:
    """Carry a time-domain model into the spectrum of a record.

    Parameters
    ----------
    model
        Complex model of the record, `decays`.
    times
        Equally spaced times of the record (n,) [s].
    zero_fill
        Z, length of the transform over n.
    window
        Weights (n,) with which the record was apodised; None for none.
    part
        "real" for the real part of a phased spectrum, "complex" for all of it.

    Returns
    -------
    :
        Model over frequencies [Hz] of the grid, all or some of them, same parameters. Of the real
        part a complex amplitude keeps its two components, ``amplitude_real`` and
        ``amplitude_imag``. If the points are not independent the model says so and is fitted
        with ``noise_covariance`` only.

    Raises
    ------
    ValueError
        If times are not equally spaced, or the part is unknown.

    Examples
    --------
    >>> from megabar.fitting.decays import fid_lorentzian
    >>> times = 5e-6 + 1e-6 * np.arange(512)
    >>> transformed(fid_lorentzian(phase=0.0), times, zero_fill=2).noise_correlated
    ''
    >>> transformed(fid_lorentzian(phase=0.0), times, zero_fill=8).noise_correlated
    'noise correlated by zero fill 8: errors too small by about 2.0'
    """
    if part not in ("real", "complex"):
        msg = f"Found part {part!r} of a spectrum. It is 'real' or 'complex'."
        raise ValueError(msg)
    record = np.asarray(times, dtype=np.float64)
    weights = _weights(record, window)
    transform = partial(_spectrum, record, weights, int(zero_fill))
    kernel: Kernel = partial(_complex_kernel, model, transform)
    amplitudes, split = model.amplitudes, part == "real" and model.complex_amplitudes
    if part == "real":
        kernel = partial(_real_kernel, kernel, split)
        amplitudes = model.amplitude_names
    return from_kernel(
        kernel,
        name=f"{model.name}, transformed",
        parameters=model.parameters,
        amplitudes=amplitudes,
        lower=model.lower,
        upper=model.upper,
        complex_amplitudes=model.complex_amplitudes and not split,
        static=model.static * (2 if split else 1),
        ascending=model.ascending,
        noise_correlated=_correlation(weights, record, int(zero_fill), part),
    )


def frequency_grid(times: ArrayLike, *, zero_fill: int = 1) -> Array:
    """Return the rising frequencies (Z n,) [Hz] of the spectrum of a record.

    Examples
    --------
    >>> frequency_grid([0.0, 0.25, 0.5, 0.75]).tolist()
    [-2.0, -1.0, 0.0, 1.0]
    """
    record = np.asarray(times, dtype=np.float64)
    grid: Array = np.fft.fftshift(np.fft.fftfreq(zero_fill * record.size, _dwell(record)))
    return grid


def spectral_noise_covariance(
    times: ArrayLike,
    frequencies: ArrayLike,
    *,
    noise_std: float,
    window: ArrayLike | None = None,
    part: str = "real",
) -> Array:
    r"""Compute the covariance of spectral points from white noise of the record.

    .. math:: C_{kl} = \sigma^2 \Delta t^2 \sum_j w_j^2 e^{-2 \pi i (f_k - f_l) t_j}

    Parameters
    ----------
    times
        Times of the record (n,) [s].
    frequencies
        Frequencies of the fit (n_x,) [Hz].
    noise_std
        sigma of the record per quadrature channel.
    window
        Weights (n,) with which the record was apodised; None for none.
    part
        "real" or "complex", as in `transformed`.

    Returns
    -------
    :
        Covariance (n_x, n_x), per quadrature channel if complex.

    Examples
    --------
    >>> c = spectral_noise_covariance([1.0, 2.0], [0.0, 0.25], noise_std=1.0)
    >>> np.allclose(c, [[2.0, -1.0], [-1.0, 2.0]])
    True
    """
    record = np.asarray(times, dtype=np.float64)
    weights = _weights(record, window) * noise_std
    phases = np.exp(-2j * np.pi * np.outer(np.asarray(frequencies, dtype=np.float64), record))
    half = phases * weights
    covariance: Array = half @ half.conj().T
    return covariance if part == "complex" else covariance.real


def _dwell(record: Array) -> float:
    steps = np.diff(record)
    if record.ndim != 1 or record.size < 2 or np.ptp(steps) > 1e-6 * abs(steps[0]):
        msg = "Found times that are not equally spaced; they have no discrete spectrum. Resample."
        raise ValueError(msg)
    return float((record[-1] - record[0]) / (record.size - 1))


def _weights(record: Array, window: ArrayLike | None) -> Array:
    """Return what multiplies each point of the record in its spectrum, dwell included."""
    dwell = _dwell(record)
    weights = np.full(record.size, dwell)
    if window is not None:
        weights = weights * np.asarray(window, dtype=np.float64)
    if abs(record[0]) < 1e-6 * dwell:
        weights[0] /= 2
    return weights


def _spectrum(record: Array, weights: Array, zero_fill: int, x: Array, signal: Array) -> Array:
    """Transform signals (..., n) and pick the frequencies x."""
    from scipy import fft

    dwell = _dwell(record)
    length = zero_fill * record.size
    places = x * length * dwell
    index = np.rint(places).astype(int)
    if np.any(np.abs(places - index) > 1e-3) or np.any(np.abs(index) > length // 2):
        msg = (
            f"Found frequencies off the grid of {length} points of {dwell:g} s; the exact "
            "transform exists only there. Take them from frequency_grid."
        )
        raise ValueError(msg)
    full = fft.fft(weights * signal, n=length, axis=-1)
    result: Array = full[..., index % length] * np.exp(-2j * np.pi * x * record[0])
    return result


def _complex_kernel(
    model: Model, transform: partial[Array], x: Array, theta: Array
) -> tuple[Array, Array]:
    basis, jacobian = model.both(transform.args[0], theta)
    return transform(x, basis), transform(x, jacobian)


def _real_kernel(kernel: Kernel, split: bool, x: Array, theta: Array) -> tuple[Array, Array]:
    basis, jacobian = kernel(x, theta)
    if not split:
        return basis.real, jacobian.real
    return _split(basis), _split(jacobian)


def _split(functions: Array) -> Array:
    """Give the real part of c F its two real functions, Re F and -Im F."""
    pairs = np.stack([functions.real, -functions.imag], axis=-2)
    shape = (*functions.shape[:-2], 2 * functions.shape[-2], functions.shape[-1])
    return pairs.reshape(shape)


def _correlation(weights: Array, record: Array, zero_fill: int, part: str) -> str:
    """Say why the points are not independent, or nothing if they nearly are.

    Independent points of equal noise would spread its power evenly over the times that their
    transform reaches (over pairs of plus and minus t, for the real part). We compare.
    """
    length = zero_fill * record.size
    first = round(record[0] / _dwell(record))
    place = (first + np.arange(record.size)) % length
    if part == "real":
        place = np.minimum(place, length - place)
    power = np.bincount(place, weights=weights**2)
    cells = length / 2 if part == "real" else length
    ratio = power[power > 0] * cells / np.sum(weights**2)
    if np.mean(np.abs(ratio - 1) <= _AS_ASSUMED) >= 1 - _AS_ASSUMED:
        return ""
    if np.ptp(weights[1:]) > _AS_ASSUMED * np.mean(weights):
        return "noise correlated by a window"
    factor = float(np.sqrt(np.median(ratio)))
    return f"noise correlated by zero fill {zero_fill}: errors too small by about {factor:.1f}"
