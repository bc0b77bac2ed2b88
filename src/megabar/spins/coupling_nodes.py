"""A powder of quadrupole couplings as a few values with weights.

Twin: ``spins.evolution``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.spins.hamiltonians import first_order_coupling, quadrupole_denominator
from megabar.spins.orientations import octant_grid
from megabar.spins.tensors import gradient_tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHEAP: Final = 200_000  # orientations whose weight is collected on nodes
_NEAR_ZERO: Final = 1e5  # Hz; nodes are dense in couplings below the usual radio frequency field


@dataclass(frozen=True, kw_only=True, eq=False)
class CouplingNodes:
    r"""First-order quadrupole couplings of a powder, as a few values with weights.

    Parameters
    ----------
    coupling
        f of :math:`f [3 I_z^2 - I(I + 1)]` [Hz], (node,).
    weight
        Shares that sum to one, (node,); single ones may be slightly negative.
    """

    coupling: NDArray[np.float64]
    weight: NDArray[np.float64]


def coupling_nodes(
    *, quadrupole_coupling: float, asymmetry: float, spin: float, count: int
) -> CouplingNodes:
    r"""Reduce a powder to a sum over couplings, where only the first-order coupling matters.

    On resonance, to first order and without another tensor, a spin knows its orientation through

    .. math:: f = \frac{C_Q}{4 I (2 I - 1)} \frac{b \cdot V \cdot b}{V_{zz}}

    alone. The weight of many directions is collected on nodes uniform in arcsinh(f / 100 kHz) by
    cubic interpolation, so that the dynamics is computed at the nodes only.

    Parameters
    ----------
    quadrupole_coupling
        :math:`C_Q = e^2 q Q/h` [Hz].
    asymmetry
        Of the gradient, 0 to 1.
    spin
        Quantum number I.
    count
        Nodes; 64 serve 0.5 MHz, 256 serve 2 MHz, 1024 serve 20 MHz (errors below 5e-5 of a
        nutation curve at 62.5 kHz).

    Returns
    -------
    :
        Nodes and weights.

    Raises
    ------
    ValueError
        If there are fewer than 4 nodes, or the spin has no quadrupole moment.

    Examples
    --------
    >>> nodes = coupling_nodes(quadrupole_coupling=0.5e6, asymmetry=0.1, spin=3.5, count=64)
    >>> bool(abs(nodes.weight.sum() - 1) < 1e-12), bool(abs(nodes.weight @ nodes.coupling) < 1)
    (True, True)
    """
    _require_four(count)
    grid = octant_grid(_CHEAP)
    unit = quadrupole_coupling / quadrupole_denominator(spin)
    seen = first_order_coupling(
        quadrupole_coupling=quadrupole_coupling,
        gradient=gradient_tensor(asymmetry=asymmetry),
        spin=spin,
        directions=grid.directions,
    )
    edges = np.arcsinh(unit * np.array([-(1 + asymmetry) / 2, 1.0]) / _NEAR_ZERO)
    nodes = np.linspace(edges.min(), edges.max(), count)
    weight = _collected(np.arcsinh(seen / _NEAR_ZERO), grid.weight, nodes)
    return CouplingNodes(coupling=_NEAR_ZERO * np.sinh(nodes), weight=weight)


def collected_weights(
    values: NDArray[np.float64], weight: NDArray[np.float64], *, nodes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Collect the weights of many values on few nodes by cubic interpolation.

    Parameters
    ----------
    values
        Anything, inside the nodes, (value,).
    weight
        Their weights, (value,).
    nodes
        Rising, evenly spaced in arcsinh, 4 or more, (node,).

    Returns
    -------
    :
        Weights of the nodes, of the same sum, (node,).

    Raises
    ------
    ValueError
        If there are fewer than 4 nodes.

    Examples
    --------
    >>> nodes = np.sinh(np.linspace(-1, 1, 9))
    >>> weight = collected_weights(np.array([0.3]), np.array([1.0]), nodes=nodes)
    >>> print(f"{weight @ nodes:.4f}")
    0.3000
    """
    _require_four(len(nodes))
    return _collected(np.arcsinh(values), weight, np.arcsinh(nodes))


def _collected(
    values: NDArray[np.float64], weight: NDArray[np.float64], nodes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Collect weights on evenly spaced nodes."""
    count = len(nodes)
    place = (values - nodes[0]) / max(nodes[1] - nodes[0], 1e-300)
    first = np.clip(np.floor(place).astype(np.int64) - 1, 0, count - 4)
    found = np.zeros(count)
    for offset, share in enumerate(_cubic(place - first)):
        found += np.bincount(first + offset, weights=share * weight, minlength=count)
    return found


def _require_four(count: int) -> None:
    if count < 4:
        msg = f"Found {count} nodes; cubic interpolation needs 4 or more."
        raise ValueError(msg)


def _cubic(place: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Lagrange weights of four nodes at 0, 1, 2, 3."""
    a, b, c, d = place, place - 1, place - 2, place - 3
    return -b * c * d / 6, a * c * d / 2, -a * b * d / 2, a * b * c / 6
