"""How fast hops become with temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from megabar.constants import k_boltzmann
from megabar.motion.arguments import not_negative, positive

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def correlation_time_from_temperature(
    *, temperature: ArrayLike, shortest_time: ArrayLike, activation_energy: ArrayLike
) -> NDArray[np.float64]:
    r"""Compute a correlation time that is thermally activated (Arrhenius).

    .. math:: \tau(T) = \tau_0 \exp \frac{E_\text a}{k_\text B T}

    Far on either side of its minimum, ln T1 of one such time is straight in 1/T, with slopes
    :math:`\pm E_\text a / k_\text B`. Unequal slopes tell of a distribution or of tunnelling.

    Parameters
    ----------
    temperature
        T [K], any shape.
    shortest_time
        tau_0, the limit of high temperature [s].
    activation_energy
        E_a [J], of one spin; 1 eV is 1.602176634e-19 J.

    Returns
    -------
    :
        Correlation time [s].

    Raises
    ------
    ValueError
        If a temperature or time is not positive, or the energy negative.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679.

    Examples
    --------
    >>> tau = correlation_time_from_temperature(
    ...     temperature=300, shortest_time=1e-13, activation_energy=0.2 * 1.602176634e-19)
    >>> print(f"{tau:.2e} s")
    2.29e-10 s
    """
    first = positive(shortest_time, name="shortest time", unit="s")
    return np.asarray(first * np.exp(_barrier(activation_energy, temperature)), dtype=np.float64)


def diffusivity_from_temperature(
    *, temperature: ArrayLike, largest_diffusivity: ArrayLike, activation_energy: ArrayLike
) -> NDArray[np.float64]:
    r"""Compute a diffusivity that is thermally activated (Arrhenius).

    .. math:: D(T) = D_0 \exp \left( -\frac{E_\text a}{k_\text B T} \right)

    Parameters
    ----------
    temperature
        T [K], any shape.
    largest_diffusivity
        D_0, the limit of high temperature [m2/s].
    activation_energy
        E_a [J], of one spin; 1 eV is 1.602176634e-19 J.

    Returns
    -------
    :
        Self-diffusivity of one spin [m2/s].

    Raises
    ------
    ValueError
        If a temperature or D_0 is not positive, or the energy negative.

    References
    ----------
    Torrey, Phys. Rev. 92, 962 (1953), doi:10.1103/PhysRev.92.962.

    Examples
    --------
    >>> found = diffusivity_from_temperature(
    ...     temperature=300, largest_diffusivity=1e-7, activation_energy=0.2 * 1.602176634e-19)
    >>> print(f"{found:.2e} m2/s")
    4.37e-11 m2/s
    """
    first = positive(largest_diffusivity, name="largest diffusivity", unit="m2/s")
    return np.asarray(first * np.exp(-_barrier(activation_energy, temperature)), dtype=np.float64)


def _barrier(activation_energy: ArrayLike, temperature: ArrayLike) -> NDArray[np.float64]:
    energy = not_negative(activation_energy, name="activation energy", unit="J")
    kelvin = positive(temperature, name="temperature", unit="K")
    return np.asarray(energy / (k_boltzmann * kelvin), dtype=np.float64)
