r"""Mobility that goes with content, and plateaus: the flux is a difference of potentials.

.. math:: \partial_t x = \nabla \cdot \nabla \Phi(x), \qquad
    \Phi(x) = \int_0^x D_{chem}(x') \mathrm{d}x'

On a plateau the chemical potential does not move with content, so D_chem is zero there: Phi has a
step of slope zero, and the enthalpy form of the moving front is nothing but this table. No front is
tracked. With constant mobility :math:`\Phi = D u`.

Interface-limited fronts do not belong here (:class:`megabar.hydrogen.geometry.MovingInterface`).

References
----------
Crank, Free and Moving Boundary Problems, Oxford (1984), chapter 6.
"""

from __future__ import annotations

import numpy as np

from megabar.hydrogen.geometry import Mobility
from megabar.hydrogen.tables import Pieces, integrated_steps


def plateau(
    *, diffusivity: float, low: float, high: float, above: float, slope: float = 0.0
) -> Mobility:
    r"""Describe a plateau between two phases.

    .. math:: u = x \;(x < x_i), \quad u = x_i + \epsilon (x - x_i) \;(x_i \le x \le x_h)

    Parameters
    ----------
    diffusivity
        Of the product below the plateau [m2/s].
    low, high
        Ends of the plateau :math:`x_i, x_h` [H/M].
    above
        Diffusivity of the phase above the plateau [m2/s].
    slope
        :math:`\epsilon`, a rest of slope on the plateau; 0 is allowed.

    Returns
    -------
    :
        The mobility.

    Raises
    ------
    ValueError
        If the plateau has no width.

    Examples
    --------
    >>> m = plateau(diffusivity=1.0, low=4.0, high=10.5, above=1.0)
    >>> print(float(potential(m)(4.0)), float(potential(m)(10.0)))
    4.0 4.0
    """
    if not 0 < low < high:
        msg = f"Found a plateau from {low:g} to {high:g}; it rises from above zero. Swap its ends?"
        raise ValueError(msg)
    values = np.array([diffusivity, slope * diffusivity, above])
    return Mobility(contents=[0.0, low, high, high + 1.0], left=values, right=values)


def potential(mobility: Mobility) -> Pieces:
    r"""Integrate a mobility to the potential :math:`\Phi(x)` whose differences drive the flux.

    Parameters
    ----------
    mobility
        Diffusivity against content.

    Returns
    -------
    :
        :math:`\Phi` [m2/s times H/M], exact for a mobility that is linear on its segments.
    """
    return integrated_steps(x=mobility.contents, left=mobility.left, right=mobility.right)
