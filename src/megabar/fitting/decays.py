"""Free induction decays and echoes in the time domain, with analytic Jacobians.

Times count from the pulse centre or from the echo top, so that a late first point needs no
correction. Twin of `lineshapes`: same parameters, Fourier transforms of each other.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from megabar.fitting.models import Array, Kernel, Model, from_kernel

GAUSSIAN_DECAY = np.pi**2 / (4 * np.log(2))  # exp(-GAUSSIAN_DECAY fwhm^2 t^2)


def fid_lorentzian(*, phase: float | None = None) -> Model:
    r"""Describe the decay of a Lorentzian line.

    .. math:: s(t) = A \, e^{2 \pi i \nu t - \pi W |t|}

    Parameters
    ----------
    phase
        Known phase of A [rad], which makes ``amplitude`` real; None leaves it complex and free.

    Returns
    -------
    :
        Parameters ``frequency`` [Hz] and ``fwhm`` [Hz].

    Examples
    --------
    >>> fid_lorentzian().names
    ('frequency', 'fwhm', 'amplitude_real', 'amplitude_imag')
    """
    return _fid("lorentzian decay", _lorentzian, ("fwhm",), phase)


def fid_gaussian(*, phase: float | None = None) -> Model:
    r"""Describe the decay of a Gaussian line.

    .. math:: s(t) = A \, e^{2 \pi i \nu t - (\pi W t)^2 / (4 \ln 2)}

    Parameters
    ----------
    phase
        Known phase of A [rad], which makes ``amplitude`` real; None leaves it complex and free.

    Returns
    -------
    :
        Parameters ``frequency`` [Hz] and ``fwhm`` [Hz].

    Examples
    --------
    >>> fid_gaussian(phase=0.0).names
    ('frequency', 'fwhm', 'amplitude')
    """
    return _fid("gaussian decay", _gaussian, ("fwhm",), phase)


def fid_voigt(*, phase: float | None = None) -> Model:
    r"""Describe the decay of a Voigt line, the product of a Gaussian and a Lorentzian decay.

    .. math:: s(t) = A \, e^{2 \pi i \nu t - (\pi W_G t)^2 / (4 \ln 2) - \pi W_L |t|}

    The full width of the line is `lineshapes.voigt_fwhm` of the two.

    Parameters
    ----------
    phase
        Known phase of A [rad], which makes ``amplitude`` real; None leaves it complex and free.

    Returns
    -------
    :
        Parameters ``frequency``, ``fwhm_gaussian`` and ``fwhm_lorentzian`` [Hz].

    Examples
    --------
    >>> fid_voigt().parameters
    ('frequency', 'fwhm_gaussian', 'fwhm_lorentzian')
    """
    return _fid("voigt decay", _voigt, ("fwhm_gaussian", "fwhm_lorentzian"), phase)


def solid_echo(model: Model, *, echo_delay: float) -> Model:
    r"""Turn a decay into the solid echo of a linear (shift-like) broadening.

    .. math:: s(t) = \tfrac12 \left[ g(t) + g(t + 2 \tau) \right]

    Two pulses in quadrature store one component of the magnetisation, cos(omega tau), and the
    rest refocuses; at the top a line narrow against 1/tau has its full height and a broad one half.

    Parameters
    ----------
    model
        Decay g, times counted from the echo top.
    echo_delay
        tau between the pulses [s].

    Returns
    -------
    :
        Same parameters and amplitudes.

    References
    ----------
    Powles, Strange, Proc. Phys. Soc. 82, 6 (1963), doi:10.1088/0370-1328/82/1/303.

    Examples
    --------
    >>> import numpy as np
    >>> echo = solid_echo(fid_gaussian(phase=0.0), echo_delay=25e-6)
    >>> print(f"{echo.evaluate(np.zeros(1), [0.0, 8e3, 1.0])[0].real:.3f}")
    0.783
    """
    return _rewired(
        model, partial(_solid_echo, model, echo_delay), name=f"solid echo, {model.name}"
    )


def _fid(name: str, kernel: Kernel, widths: tuple[str, ...], phase: float | None) -> Model:
    free = from_kernel(
        kernel,
        name=name,
        parameters=("frequency", *widths),
        amplitudes=("amplitude",),
        lower=(-np.inf, *(0.0,) * len(widths)),
        complex_amplitudes=True,
    )
    if phase is None:
        return free
    turned = _rewired(free, partial(_turned, kernel, np.exp(1j * phase)), name=name)
    return replace(turned, complex_amplitudes=False)


def _rewired(model: Model, kernel: Kernel, *, name: str) -> Model:
    return from_kernel(
        kernel,
        name=name,
        parameters=model.parameters,
        amplitudes=model.amplitudes,
        lower=model.lower,
        upper=model.upper,
        complex_amplitudes=model.complex_amplitudes,
        ascending=model.ascending,
        noise_correlated=model.noise_correlated,
    )


def _lorentzian(t: Array, theta: Array) -> tuple[Array, Array]:
    frequency, fwhm = theta[..., :1], theta[..., 1:2]
    decay = np.exp(2j * np.pi * frequency * t - np.pi * fwhm * np.abs(t))
    return _stack(decay, 2j * np.pi * t * decay, -np.pi * np.abs(t) * decay)


def _gaussian(t: Array, theta: Array) -> tuple[Array, Array]:
    frequency, fwhm = theta[..., :1], theta[..., 1:2]
    decay = np.exp(2j * np.pi * frequency * t - GAUSSIAN_DECAY * (fwhm * t) ** 2)
    slope = -2 * GAUSSIAN_DECAY * fwhm * t**2 * decay
    return _stack(decay, 2j * np.pi * t * decay, slope)


def _voigt(t: Array, theta: Array) -> tuple[Array, Array]:
    frequency, gauss, lorentz = theta[..., :1], theta[..., 1:2], theta[..., 2:3]
    exponent = GAUSSIAN_DECAY * (gauss * t) ** 2 + np.pi * lorentz * np.abs(t)
    decay = np.exp(2j * np.pi * frequency * t - exponent)
    slope = -2 * GAUSSIAN_DECAY * gauss * t**2 * decay
    return _stack(decay, 2j * np.pi * t * decay, slope, -np.pi * np.abs(t) * decay)


def _stack(basis: Array, *slopes: Array) -> tuple[Array, Array]:
    return basis[..., None, :], np.stack(slopes, axis=-2)[..., :, None, :]


def _turned(kernel: Kernel, turn: complex, t: Array, theta: Array) -> tuple[Array, Array]:
    basis, jacobian = kernel(t, theta)
    return turn * basis, turn * jacobian


def _solid_echo(model: Model, delay: float, t: Array, theta: Array) -> tuple[Array, Array]:
    basis, jacobian = model.both(t, theta)
    late_basis, late_jacobian = model.both(t + 2 * delay, theta)
    return (basis + late_basis) / 2, (jacobian + late_jacobian) / 2
