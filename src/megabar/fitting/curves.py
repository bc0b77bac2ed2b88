"""Decays and recoveries of a real quantity with a time or any other rising abscissa x >= 0.

Fixed and free starts of a recovery, stretched and two-component laws, with analytic Jacobians.
"""

from functools import partial

import numpy as np

from megabar.fitting.lineshapes import NARROWEST
from megabar.fitting.models import Array, Kernel, Model, from_kernel

_LARGE = 300.0  # exp(-exp(300)) is zero long before the exponent overflows
_TIME = "time_constant"
_TWO = ("time_constant_fast", "time_constant_slow")


def exponential_decay(*, offset: bool = False) -> Model:
    r"""Describe :math:`A e^{-x/T}` (+ offset).

    Parameters
    ----------
    offset
        Whether a constant is added, as a spin-lock decay over an instrumental background needs.

    Returns
    -------
    :
        Parameter ``time_constant`` [unit of x], amplitudes ``amplitude`` (and ``offset``).

    Examples
    --------
    >>> exponential_decay(offset=True).names
    ('time_constant', 'amplitude', 'offset')
    """
    return _decay("exponential decay", _exponentials, (_TIME,), offset=offset)


def stretched_decay(*, offset: bool = False) -> Model:
    r"""Describe :math:`A e^{-(x/T)^\beta}` (+ offset).

    Parameters
    ----------
    offset
        Whether a constant is added.

    Returns
    -------
    :
        Parameters ``time_constant`` [unit of x] and ``stretching`` (beta), amplitudes as above.

    References
    ----------
    Johnston, Phys. Rev. B 74, 184430 (2006), doi:10.1103/PhysRevB.74.184430.

    Examples
    --------
    >>> stretched_decay().names
    ('time_constant', 'stretching', 'amplitude')
    """
    return _decay("stretched decay", _stretched, (_TIME, "stretching"), offset=offset)


def biexponential_decay(*, offset: bool = False) -> Model:
    r"""Describe :math:`A_f e^{-x/T_f} + A_s e^{-x/T_s}` (+ offset), reported with T_f < T_s.

    Parameters
    ----------
    offset
        Whether a constant is added.

    Returns
    -------
    :
        Parameters ``time_constant_fast`` and ``time_constant_slow``, amplitudes
        ``amplitude_fast`` and ``amplitude_slow`` (and ``offset``).

    Examples
    --------
    >>> biexponential_decay().parameters
    ('time_constant_fast', 'time_constant_slow')
    """
    return _decay("biexponential decay", _exponentials, _TWO, offset=offset)


def recovery(*, initial: float | None = None) -> Model:
    r"""Describe a recovery :math:`A - B e^{-x/T}`.

    Parameters
    ----------
    initial
        Known ratio of start to plateau, (A - B)/A: 0 after perfect saturation, -1 after perfect
        inversion. None leaves B free.

    Returns
    -------
    :
        Parameter ``time_constant`` [unit of x]; amplitudes ``plateau`` (A) and, if free,
        ``depth`` (B).

    Examples
    --------
    >>> recovery().names
    ('time_constant', 'plateau', 'depth')
    >>> recovery(initial=-1.0).evaluate([0.0], [1.0, 5.0])
    array([-5.])
    """
    return _recovery("recovery", _exponentials, (_TIME,), initial)


def stretched_recovery(*, initial: float | None = None) -> Model:
    r"""Describe a recovery :math:`A - B e^{-(x/T)^\beta}`.

    Parameters
    ----------
    initial
        Known ratio of start to plateau, as in `recovery`.

    Returns
    -------
    :
        Parameters ``time_constant`` and ``stretching``; amplitudes as in `recovery`.

    Examples
    --------
    >>> stretched_recovery(initial=0.0).names
    ('time_constant', 'stretching', 'plateau')
    """
    return _recovery("stretched recovery", _stretched, (_TIME, "stretching"), initial)


def two_component_recovery(*, initial: float | None = None) -> Model:
    r"""Describe two pools that recover apart, reported with T_f < T_s.

    Free start: :math:`A - B_f e^{-x/T_f} - B_s e^{-x/T_s}`; known start r: the sum over both of
    :math:`A_k [1 - (1 - r) e^{-x/T_k}]`.

    Parameters
    ----------
    initial
        Known ratio of start to plateau, as in `recovery`.

    Returns
    -------
    :
        Parameters ``time_constant_fast`` and ``time_constant_slow``; amplitudes ``plateau``,
        ``depth_fast``, ``depth_slow``, or ``plateau_fast`` and ``plateau_slow``.

    Examples
    --------
    >>> two_component_recovery().amplitudes
    ('plateau', 'depth_fast', 'depth_slow')
    >>> two_component_recovery(initial=0.0).amplitudes
    ('plateau_fast', 'plateau_slow')
    """
    return _recovery("two-component recovery", _exponentials, _TWO, initial)


def _decay(name: str, kernel: Kernel, parameters: tuple[str, ...], *, offset: bool) -> Model:
    amplitudes = _suffixed("amplitude", parameters)
    if offset:
        amplitudes += ("offset",)
        kernel = partial(_with_constant, kernel)
    return _curve(name, kernel, parameters, amplitudes)


def _recovery(
    name: str, kernel: Kernel, parameters: tuple[str, ...], initial: float | None
) -> Model:
    if initial is None:
        free = partial(_deficit, partial(_with_constant, kernel))
        return _curve(name, free, parameters, ("plateau", *_suffixed("depth", parameters)))
    if initial >= 1:
        msg = (
            f"Found initial {initial:g}, the ratio of start to plateau; nothing would recover. "
            "Give 0 after saturation, -1 after inversion, or None."
        )
        raise ValueError(msg)
    known = partial(_from_known_start, kernel, 1.0 - initial)
    return _curve(name, known, parameters, _suffixed("plateau", parameters))


def _curve(
    name: str, kernel: Kernel, parameters: tuple[str, ...], amplitudes: tuple[str, ...]
) -> Model:
    return from_kernel(
        kernel,
        name=name,
        parameters=parameters,
        amplitudes=amplitudes,
        lower=tuple(0.05 if word == "stretching" else NARROWEST for word in parameters),
        upper=tuple(20.0 if word == "stretching" else np.inf for word in parameters),
        ascending=(parameters,) if parameters == _TWO else (),
    )


def _suffixed(word: str, parameters: tuple[str, ...]) -> tuple[str, ...]:
    return (f"{word}_fast", f"{word}_slow") if parameters == _TWO else (word,)


def _exponentials(x: Array, theta: Array) -> tuple[Array, Array]:
    times = theta[..., :, None]
    ratio = x / times
    basis = np.exp(-ratio)
    jacobian = np.zeros((*theta.shape, theta.shape[-1], x.size))
    for k in range(theta.shape[-1]):
        jacobian[..., k, k, :] = (ratio * basis / times)[..., k, :]
    return basis, jacobian


def _stretched(x: Array, theta: Array) -> tuple[Array, Array]:
    if x.size and np.min(x) < 0:
        msg = f"Found x = {np.min(x):g}; a stretched law has no value below 0. Trim the abscissa."
        raise ValueError(msg)
    time, beta = theta[..., :1], theta[..., 1:2]
    started = x > 0
    logarithm = np.where(started, np.log(np.where(started, x, 1.0) / time), 0.0)
    power = np.where(started, np.exp(np.minimum(beta * logarithm, _LARGE)), 0.0)
    basis = np.exp(-power)
    slopes = np.stack([beta / time * power * basis, -logarithm * power * basis], axis=-2)
    return basis[..., None, :], slopes[..., :, None, :]


def _with_constant(kernel: Kernel, x: Array, theta: Array) -> tuple[Array, Array]:
    basis, jacobian = kernel(x, theta)
    return (
        np.concatenate([basis, np.ones_like(basis[..., :1, :])], axis=-2),
        np.concatenate([jacobian, np.zeros_like(jacobian[..., :1, :])], axis=-2),
    )


def _deficit(kernel: Kernel, x: Array, theta: Array) -> tuple[Array, Array]:
    basis, jacobian = kernel(x, theta)
    return np.roll(_signed(basis), 1, axis=-2), np.roll(_signed(jacobian), 1, axis=-2)


def _signed(functions: Array) -> Array:
    """Return minus the exponentials and plus the constant behind them."""
    signs = np.append(-np.ones(functions.shape[-2] - 1), 1.0)
    signed: Array = signs[:, None] * functions
    return signed


def _from_known_start(kernel: Kernel, depth: float, x: Array, theta: Array) -> tuple[Array, Array]:
    basis, jacobian = kernel(x, theta)
    return 1 - depth * basis, -depth * jacobian
