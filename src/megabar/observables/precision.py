r"""How sure an amplitude or a T1 can become: Cramer-Rao bounds of the models that are fitted.

The bound is that of the very model of :mod:`megabar.fitting`, point by point, so that a fit of
white noise reaches it. All amplitudes are in units of themselves: the relative error of an
amplitude is the bound here over its signal-to-noise ratio.

Twin: ``observables.lines`` and ``observables.relaxation_times``, which measure what this promises.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from megabar import fitting
from megabar.errors import one_of
from megabar.observables.line_models import SHAPES, time_model

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

PLANNED_SHAPES = ("lorentzian", "gaussian")
"""Shapes of one width, which are those that can be planned for."""


def amplitude_bound(
    *,
    shape: str,
    fwhm: float,
    time: ArrayLike,
    sequence: str,
    echo_delay: float | None,
    width_known: bool,
) -> float:
    r"""Compute the least error of the amplitude of one line, over the noise of one point.

    .. math:: \frac{\operatorname{sd}(A)}{\sigma} = \sqrt{(F^{-1})_{AA}}, \quad
        F_{jk} = \operatorname{Re} \sum_i \partial_j s_i^* \, \partial_k s_i

    with phase and frequency free, which cost nothing as long as the decay is real. For a known
    width :math:`[\sum_i G(t_i)^2]^{-1/2}`.

    Parameters
    ----------
    shape
        One of :data:`PLANNED_SHAPES`.
    fwhm
        Of the line [Hz].
    time
        Of the points, from pulse centre or echo top [s], (time,).
    sequence
        ``"fid"``, ``"hahn-echo"`` or ``"solid-echo"``.
    echo_delay
        Between the pulses of a solid echo [s].
    width_known
        Whether the width is known, from other records or the whole series, or fitted with it.

    Returns
    -------
    :
        Error of the amplitude of the full decay in units of :math:`\sigma` per channel.

    Raises
    ------
    UnknownWord
        If the shape is another one.
    ValueError
        If the points do not determine the amplitude.

    References
    ----------
    Rife, Boorstyn, IEEE Trans. Inf. Theory 20, 591 (1974), doi:10.1109/TIT.1974.1055282.

    Examples
    --------
    >>> time = 5e-6 + 0.5e-6 * np.arange(1024)
    >>> for known in (True, False):
    ...     bound = amplitude_bound(shape="lorentzian", fwhm=38e3, time=time, sequence="fid",
    ...                             echo_delay=None, width_known=known)
    ...     print(f"{bound:.3f}")
    0.609
    1.437
    """
    one_of(shape, PLANNED_SHAPES, name="shape")
    points = np.asarray(time, dtype=np.float64)
    model = time_model(
        shape, sequence=sequence, echo_delay=np.nan if echo_delay is None else echo_delay
    )
    basis, slopes = model.both(points, np.array([0.0, fwhm]))
    names = SHAPES[shape]
    free = [0] if width_known else list(range(len(names)))
    columns = np.vstack([basis[:1], 1j * basis[:1], slopes[free, 0]])
    return _bound_of_first(np.hstack([columns.real, columns.imag]))


def recovery_bound(*, delays: ArrayLike, t1: float) -> float:
    r"""Compute the least relative error of T1 from a recovery with free start and plateau.

    .. math:: A(t) = A_\infty - B e^{-t/T_1}

    Parameters
    ----------
    delays
        Of the steps [s], (step,).
    t1
        [s].

    Returns
    -------
    :
        :math:`(\delta T_1 / T_1) / (\delta A / A_\infty)` for the same error :math:`\delta A` of
        all steps; infinite where the steps do not determine T1.

    References
    ----------
    Weiss, Ferretti, Prog. Nucl. Magn. Reson. Spectrosc. 20, 317 (1988),
    doi:10.1016/0079-6565(88)80003-3.

    Examples
    --------
    >>> print(f"{recovery_bound(delays=[0.0, 1.0, 100.0], t1=1.0):.2f}")
    3.37
    """
    times = np.asarray(delays, dtype=np.float64)
    basis, slopes = fitting.recovery().both(times, np.array([t1]))
    columns = np.vstack([t1 * slopes[0].sum(axis=0), basis])
    try:
        return _bound_of_first(columns)
    except ValueError:
        return float("inf")


def _bound_of_first(columns: NDArray[np.float64]) -> float:
    """Error of the coefficient of the first column beside all others, for noise of one."""
    first, rest = columns[0], columns[1:]
    solution, *_ = np.linalg.lstsq(rest.T, first, rcond=None)
    alone = float(np.sum((first - rest.T @ solution) ** 2))
    if not alone > 1e-14 * float(first @ first):
        msg = (
            f"Found {columns.shape[1]} numbers that do not tell {columns.shape[0]} unknowns apart; "
            "no error follows. Take more points, or later ones."
        )
        raise ValueError(msg)
    return 1 / sqrt(alone)
