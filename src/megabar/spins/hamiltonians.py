r"""Spin Hamiltonians over h, in Hz: quadrupole to first, second and all orders, and dipole.

A line at a positive offset lies above the carrier. Propagators are
:math:`\exp(-i 2 \pi H t)`.

References
----------
Abragam, Principles of Nuclear Magnetism (1961), chapters IV and VII. Cohen, Reif, Solid State Phys.
5, 321 (1957), doi:10.1016/S0081-1947(08)60105-8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from megabar.constants import hbar, mu_0_over_4pi
from megabar.spins.operators import angular_momentum, magnetic_numbers
from megabar.spins.tensors import along_field, in_laboratory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.spins.orientations import Orientations

    Array = NDArray[np.float64]


def quadrupole_denominator(spin: float) -> float:
    """Give 4I(2I - 1), by which C_Q is divided in the first-order coupling.

    Parameters
    ----------
    spin
        Quantum number I, 1 or more.

    Returns
    -------
    :
        A pure number.

    Raises
    ------
    ValueError
        If the spin is 1/2, which has no quadrupole moment.

    Examples
    --------
    >>> quadrupole_denominator(3.5)
    84.0
    """
    if spin < 1:
        msg = f"Found spin {spin:g}, which has no quadrupole moment. Leave its coupling out."
        raise ValueError(msg)
    return 4 * spin * (2 * spin - 1)


def quadrupole_frequency(*, quadrupole_coupling: float, spin: float) -> float:
    r"""Compute the spacing of the lines of a single crystal along the largest gradient.

    .. math:: \nu_Q = \frac{3 C_Q}{2 I (2 I - 1)}

    Parameters
    ----------
    quadrupole_coupling
        :math:`C_Q = e^2 q Q/h` [Hz].
    spin
        Quantum number I, 1 or more.

    Returns
    -------
    :
        Quadrupole frequency [Hz].

    Raises
    ------
    ValueError
        If the spin has no quadrupole moment.

    Examples
    --------
    >>> print(f"{quadrupole_frequency(quadrupole_coupling=0.5e6, spin=3.5):.3f} Hz")
    35714.286 Hz
    """
    return 6 * quadrupole_coupling / quadrupole_denominator(spin)


def first_order_coupling(
    *, quadrupole_coupling: float, gradient: Array, spin: float, directions: Array
) -> Array:
    r"""Compute what multiplies :math:`3 I_z^2 - I(I + 1)` to first order.

    .. math:: f = \frac{C_Q}{4 I (2 I - 1)} \frac{b \cdot V \cdot b}{V_{zz}}

    Parameters
    ----------
    quadrupole_coupling
        :math:`C_Q = e^2 q Q/h` [Hz].
    gradient
        V over Vzz in the crystal, (3, 3); see ``tensors.gradient_tensor``.
    spin
        Quantum number I, 1 or more.
    directions
        Unit vectors b of the field in the crystal, (orientation, 3).

    Returns
    -------
    :
        f [Hz], (orientation,).

    Raises
    ------
    ValueError
        If the spin has no quadrupole moment.

    Examples
    --------
    >>> from megabar.spins.orientations import single_orientation
    >>> from megabar.spins.tensors import gradient_tensor
    >>> f = first_order_coupling(
    ...     quadrupole_coupling=0.5e6, gradient=gradient_tensor(asymmetry=0.1), spin=3.5,
    ...     directions=single_orientation(alpha=0.3, beta=0.9).directions)
    >>> print(f"{f[0]:.4f} Hz")
    624.5224 Hz
    """
    unit = quadrupole_coupling / quadrupole_denominator(spin)
    return unit * along_field(gradient, directions)


def second_order_levels(
    *,
    quadrupole_coupling: float,
    gradient: Array,
    spin: float,
    larmor_frequency: float,
    orientations: Orientations,
) -> Array:
    r"""Compute how second order shifts the levels.

    .. math:: E_m = \frac{C^2}{\nu_L} \left\{ |V_1|^2 [(2m-1)^2 F_{m-1} - (2m+1)^2 F_m]
        + \tfrac{1}{8} |V_2|^2 [G_{m-2} - G_m] \right\}

    with :math:`C = C_Q/4I(2I-1)`, :math:`|V_1|^2 = V_{xz}^2 + V_{yz}^2`,
    :math:`|V_2|^2 = (V_{xx} - V_{yy})^2 + 4 V_{xy}^2` in the laboratory and over Vzz,
    :math:`F_m = I(I+1) - m(m+1)`, :math:`G_m = F_m F_{m+1}`.

    Parameters
    ----------
    quadrupole_coupling
        :math:`C_Q = e^2 q Q/h` [Hz].
    gradient
        V over Vzz in the crystal, (3, 3).
    spin
        Quantum number I, 1 or more.
    larmor_frequency
        :math:`\nu_L` of the nucleus [Hz], not angular.
    orientations
        Directions of the field in the crystal.

    Returns
    -------
    :
        Shifts of the levels [Hz], (orientation, state), m = I first.

    Raises
    ------
    ValueError
        If the spin has no quadrupole moment.

    References
    ----------
    Cohen, Reif, Solid State Phys. 5, 321 (1957), doi:10.1016/S0081-1947(08)60105-8.

    Examples
    --------
    >>> from megabar.spins.orientations import single_orientation
    >>> from megabar.spins.tensors import gradient_tensor
    >>> levels = second_order_levels(
    ...     quadrupole_coupling=20e6, gradient=gradient_tensor(asymmetry=0.0), spin=3.5,
    ...     larmor_frequency=55.79628195e6, orientations=single_orientation(alpha=0.0, beta=0.0))
    >>> bool(np.allclose(levels, 0.0))  # along the axis of symmetry nothing is mixed
    True
    """
    m = magnetic_numbers(spin)

    def raised(number: Array) -> Array:
        return spin * (spin + 1) - number * (number + 1)

    def raised_twice(number: Array) -> Array:
        return raised(number) * raised(number + 1)

    seen = in_laboratory(gradient, alpha=orientations.alpha, beta=orientations.beta)
    one = seen[:, 0, 2] ** 2 + seen[:, 1, 2] ** 2
    two = (seen[:, 0, 0] - seen[:, 1, 1]) ** 2 + 4 * seen[:, 0, 1] ** 2
    by_one = (2 * m - 1) ** 2 * raised(m - 1) - (2 * m + 1) ** 2 * raised(m)
    by_two = (raised_twice(m - 2) - raised_twice(m)) / 8
    unit = quadrupole_coupling / quadrupole_denominator(spin)
    return unit**2 / larmor_frequency * (np.outer(one, by_one) + np.outer(two, by_two))


def offsets_from_quadrupole_coupling(
    *,
    quadrupole_coupling: float,
    gradient: Array,
    spin: float,
    larmor_frequency: float,
    orientations: Orientations,
    order: int,
) -> Array:
    r"""Compute the lines m <-> m - 1 by perturbation theory.

    .. math:: \nu = 3 f (2 m - 1) + E_m - E_{m-1}

    Second order errs as :math:`C_Q^3`: for 139La at 55.8 MHz by 0.13 Hz at 0.5 MHz and by 8.6 kHz
    at 20 MHz at worst; the central line by 0.12 kHz there.

    Parameters
    ----------
    quadrupole_coupling
        :math:`C_Q = e^2 q Q/h` [Hz].
    gradient
        V over Vzz in the crystal, (3, 3).
    spin
        Quantum number I, 1 or more.
    larmor_frequency
        :math:`\nu_L` of the nucleus [Hz]; first order does not need it and ignores it.
    orientations
        Directions of the field in the crystal.
    order
        1 or 2.

    Returns
    -------
    :
        Offsets from the unshifted Larmor frequency [Hz], (orientation, transition), m = I first.

    Raises
    ------
    ValueError
        If the order is neither 1 nor 2, or the spin has no quadrupole moment.

    References
    ----------
    Cohen, Reif, Solid State Phys. 5, 321 (1957), doi:10.1016/S0081-1947(08)60105-8.

    Examples
    --------
    >>> from megabar.spins.orientations import single_orientation
    >>> from megabar.spins.tensors import gradient_tensor
    >>> lines = offsets_from_quadrupole_coupling(
    ...     quadrupole_coupling=20e6, gradient=gradient_tensor(asymmetry=0.3), spin=3.5,
    ...     larmor_frequency=55.79628195e6,
    ...     orientations=single_orientation(alpha=np.radians(30), beta=np.radians(50)), order=2)
    >>> print(f"{lines[0, 0]:.2f} {lines[0, 3]:.2f} Hz")
    848907.75 -45986.68 Hz
    """
    if order not in (1, 2):
        msg = f"Found order {order}; perturbation theory is built to order 1 and 2. "
        raise ValueError(msg + "Use transitions_from_quadrupole_coupling for all orders.")
    f = first_order_coupling(
        quadrupole_coupling=quadrupole_coupling,
        gradient=gradient,
        spin=spin,
        directions=orientations.directions,
    )
    lines = np.outer(3 * f, 2 * magnetic_numbers(spin)[:-1] - 1)
    if order == 1:
        return lines
    levels = second_order_levels(
        quadrupole_coupling=quadrupole_coupling,
        gradient=gradient,
        spin=spin,
        larmor_frequency=larmor_frequency,
        orientations=orientations,
    )
    return lines - np.diff(levels, axis=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Transitions:
    r"""Lines of a spin without perturbation theory.

    Parameters
    ----------
    offset
        From the unshifted Larmor frequency [Hz], (orientation, transition), m = I first.
    intensity
        :math:`|\langle a | I_+ | b \rangle|^2`, (orientation, transition).
    levels
        All energies [Hz], (orientation, state), highest first.
    raising
        :math:`|\langle a | I_+ | b \rangle|^2` between all levels, forbidden pairs included,
        (orientation, state, state).
    """

    offset: Array
    intensity: Array
    levels: Array
    raising: Array


def transitions_from_quadrupole_coupling(
    *,
    quadrupole_coupling: float,
    gradient: Array,
    spin: float,
    larmor_frequency: float,
    orientations: Orientations,
) -> Transitions:
    r"""Diagonalise Zeeman and quadrupole interaction together.

    .. math:: H = \nu_L I_z + \frac{C_Q}{2 I (2 I - 1)} \frac{I \cdot V \cdot I}{V_{zz}}

    Levels are ordered by energy, which names them rightly while the quadrupole frequency is well
    below the Larmor frequency.

    Parameters
    ----------
    quadrupole_coupling
        :math:`C_Q = e^2 q Q/h` [Hz].
    gradient
        V over Vzz in the crystal, (3, 3).
    spin
        Quantum number I, 1 or more.
    larmor_frequency
        :math:`\nu_L` of the nucleus [Hz], not angular.
    orientations
        Directions of the field in the crystal.

    Returns
    -------
    :
        Lines with their intensities.

    Raises
    ------
    ValueError
        If the spin has no quadrupole moment.

    References
    ----------
    Abragam, Principles of Nuclear Magnetism (1961), chapter VII.

    Examples
    --------
    >>> from megabar.spins.orientations import single_orientation
    >>> from megabar.spins.tensors import gradient_tensor
    >>> found = transitions_from_quadrupole_coupling(
    ...     quadrupole_coupling=20e6, gradient=gradient_tensor(asymmetry=0.3), spin=3.5,
    ...     larmor_frequency=55.79628195e6,
    ...     orientations=single_orientation(alpha=np.radians(30), beta=np.radians(50)))
    >>> print(f"{found.offset[0, 3]:.2f} Hz with {found.intensity[0, 3]:.4f}")
    -45942.85 Hz with 15.9803
    """
    one = angular_momentum(spin)
    parts = np.stack([one.x, one.y, one.z])
    products = np.einsum("iab,jbc->ijac", parts, parts)
    seen = in_laboratory(gradient, alpha=orientations.alpha, beta=orientations.beta)
    unit = 2 * quadrupole_coupling / quadrupole_denominator(spin)
    hamiltonian = larmor_frequency * one.z + unit * np.einsum("nij,ijac->nac", seen, products)
    rising, states = np.linalg.eigh(hamiltonian)
    levels, states = rising[:, ::-1], states[:, :, ::-1]
    raising = np.abs(np.swapaxes(states, 1, 2).conj() @ one.plus @ states) ** 2
    return Transitions(
        offset=-np.diff(levels, axis=1) - larmor_frequency,
        intensity=np.diagonal(raising, offset=1, axis1=1, axis2=2),
        levels=levels,
        raising=raising,
    )


def dipolar_coupling_from_distance(
    *, distance: float, gyromagnetic_ratio: float, other_gyromagnetic_ratio: float
) -> float:
    r"""Compute the dipolar coupling of two spins.

    .. math:: d = \frac{\mu_0}{4 \pi} \frac{\gamma_1 \gamma_2 \hbar}{2 \pi r^3}

    Like spins have :math:`-d \frac{3\cos^2\theta - 1}{2} (2 I_z S_z - I_x S_x - I_y S_y)`, unlike
    ones :math:`-d \frac{3\cos^2\theta - 1}{2} 2 I_z S_z`.

    Parameters
    ----------
    distance
        r [m].
    gyromagnetic_ratio, other_gyromagnetic_ratio
        Bare ratios of the two nuclei [rad s-1 T-1].

    Returns
    -------
    :
        d [Hz], positive for ratios of one sign.

    Raises
    ------
    ValueError
        If the distance is not positive.

    Examples
    --------
    >>> d = dipolar_coupling_from_distance(distance=1e-10, gyromagnetic_ratio=2.6752218744e8,
    ...                                    other_gyromagnetic_ratio=2.6752218744e8)
    >>> print(f"{d / 1e3:.2f} kHz")
    120.12 kHz
    """
    if not distance > 0:
        msg = f"Found a distance of {distance:g} m; spins at one place have no dipolar coupling."
        raise ValueError(msg)
    product = gyromagnetic_ratio * other_gyromagnetic_ratio
    return float(mu_0_over_4pi * product * hbar / (2 * np.pi * distance**3))
