"""Shares of the transitions of a spin: after a short pulse, and after the actual one.

Twin: ``spins.powder_patterns``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.spins.hamiltonians import quadrupole_denominator
from megabar.spins.operators import magnetic_numbers
from megabar.spins.pattern_kernels import NEAR_ZERO
from megabar.spins.pulse_responses import responses_from_coupling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_TABLE_NODES: Final = 2048


@dataclass(frozen=True, kw_only=True, eq=False)
class PulseResponses:
    """What a pulse makes of every transition, over the first-order coupling.

    Parameters
    ----------
    spin
        Quantum number I.
    place
        arcsinh(f / 100 kHz) of the nodes, evenly spaced, (node,).
    values
        Complex amplitudes, (node, transition).
    """

    spin: float
    place: Array
    values: NDArray[np.complex128]


def hard_pulse_weights(spin: float) -> Array:
    r"""Give the shares of the transitions after a short pulse.

    .. math:: I (I + 1) - m (m - 1)

    over their sum. For I = 7/2 the central line holds 16/84.

    Parameters
    ----------
    spin
        Quantum number I.

    Returns
    -------
    :
        Shares that sum to one, m = I first, (transition,).

    Raises
    ------
    ValueError
        If I is no multiple of 1/2 between 1/2 and 9/2.

    Examples
    --------
    >>> (84 * hard_pulse_weights(3.5)).round(9).tolist()
    [7.0, 12.0, 15.0, 16.0, 15.0, 12.0, 7.0]
    """
    m = magnetic_numbers(spin)[:-1]
    strength = spin * (spin + 1) - m * (m - 1)
    return np.asarray(strength / strength.sum())


def tabulated_responses(
    *, spin: float, largest_coupling: float, amplitude: Array, duration: float
) -> PulseResponses:
    """Compute what a pulse makes of every transition, for all couplings up to a largest C_Q.

    One table serves all C_Q and asymmetries of a fit. It holds amplitudes after a pulse of phase
    -y, so that a short 90 degree pulse gives real positive ones.

    Parameters
    ----------
    spin
        Quantum number I, 1 or more.
    largest_coupling
        Largest C_Q that is asked for later [Hz].
    amplitude
        Nutation frequency of slices of equal length [Hz], (slice,).
    duration
        Length of the pulse [s].

    Returns
    -------
    :
        Table with cubic accuracy between its nodes.

    Raises
    ------
    ValueError
        If the spin has no quadrupole moment, or the pulse no slice.

    Examples
    --------
    >>> table = tabulated_responses(spin=3.5, largest_coupling=1e6, amplitude=np.array([62.5e3]),
    ...                             duration=4e-6)
    >>> print(f"{abs(table.values.sum(axis=1)).max():.4f}")
    1.0000
    """
    furthest = np.arcsinh(1.001 * largest_coupling / quadrupole_denominator(spin) / NEAR_ZERO)
    place = np.linspace(-furthest, furthest, _TABLE_NODES)
    values = responses_from_coupling(
        spin=spin,
        coupling=NEAR_ZERO * np.sinh(place),
        offset=0.0,
        amplitude=amplitude,
        durations=np.array([duration]),
    )
    return PulseResponses(spin=spin, place=place, values=1j * values[:, 0])
