"""Physical constants in SI, CODATA 2022, each under the name by which it is spoken.

``h`` and ``hbar`` are two constants with two names. A published diffusivity was printed with one
in the place of the other; no unit check notices a factor of 2 pi.

References
----------
CODATA 2022, Mohr, Newell, Taylor, Tiesinga, Rev. Mod. Phys. 97, 025002 (2025),
doi:10.1103/RevModPhys.97.025002.
"""

from math import pi
from typing import Final

h: Final = 6.62607015e-34
"""Planck constant [J s], exact."""

hbar: Final = h / (2 * pi)
"""Reduced Planck constant [J s]."""

k_boltzmann: Final = 1.380649e-23
"""Boltzmann constant [J/K], exact."""

n_avogadro: Final = 6.02214076e23
"""Avogadro constant [1/mol], exact."""

elementary_charge: Final = 1.602176634e-19
"""Elementary charge [C], exact."""

mu_0: Final = 1.25663706127e-6
"""Vacuum magnetic permeability [N/A2]."""

mu_0_over_4pi: Final = mu_0 / (4 * pi)
"""The factor of the magnetic dipole interaction in SI [N/A2]."""

g_electron: Final = 2.00231930436092
"""Magnitude of the electron g factor."""

mu_bohr: Final = 9.2740100657e-24
"""Bohr magneton [J/T]."""
