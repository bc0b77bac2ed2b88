"""Lines of a 139La powder by the general road, over the directions that a pattern takes."""

import numpy as np

from megabar.spins.hamiltonians import offsets_from_quadrupole_coupling
from megabar.spins.orientations import Orientations, half_turn_grid
from megabar.spins.tensors import gradient_tensor
from megabar.spins.transition_weights import hard_pulse_weights

LARMOR = 55.79628195e6


def directions_of(k: int, directions: int) -> Orientations:
    """Directions of the line k of -3..3: they are in proportion to how far it moves."""
    return half_turn_grid(int(np.ceil(directions * max(abs(k) / 3, 1 / 9) - 1e-6)))


def lines_of(coupling: float, eta: float, directions: int) -> list:
    """Weight after a short pulse and offsets from the carrier of each of the seven lines."""
    found = []
    for k, share in zip(range(-3, 4), hard_pulse_weights(3.5), strict=True):
        lines = offsets_from_quadrupole_coupling(
            quadrupole_coupling=coupling, gradient=gradient_tensor(asymmetry=eta), spin=3.5,
            larmor_frequency=LARMOR, orientations=directions_of(k, directions), order=2,
        )  # fmt: skip
        found.append((share, lines[:, k + 3]))
    return found
