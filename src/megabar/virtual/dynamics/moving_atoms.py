"""Atoms of ASE that move; the only place that speaks its units.

References
----------
Larsen et al., J. Phys.: Condens. Matter 29, 273002 (2017), doi:10.1088/1361-648X/aa680e.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import constants, provenance
from megabar.errors import MissingExtra, one_of
from megabar.matter.frames import ANGSTROM

if TYPE_CHECKING:
    from numpy.typing import NDArray

ENSEMBLES: Final = ("nve", "nvt")
"""Constant energy by velocity Verlet; constant temperature by Langevin dynamics."""

_FEMTOSECOND: Final = 1e-15
_FIRST_CUTOFF: Final = 1.5  # angstrom; doubled until every hydrogen has a neighbour


class MovingAtoms:
    """A copy of atoms with starting velocities, a calculator and an integrator.

    Parameters
    ----------
    atoms
        ``ase.Atoms``.
    calculator
        Any calculator of ASE.
    temperature
        Of the starting velocities and of the bath [K].
    timestep
        Step of integration [s].
    ensemble
        One of ``ENSEMBLES``.
    friction
        Of the Langevin bath [1/s]; None at constant energy.
    seed
        Of starting velocities and of the bath.
    """

    def __init__(
        self,
        atoms: Any,
        calculator: Any,
        temperature: float,
        timestep: float,
        ensemble: str,
        friction: float | None,
        seed: int,
    ) -> None:
        try:
            from ase import units
            from ase.calculators.calculator import CalculatorError
            from ase.md.langevin import Langevin
            from ase.md.verlet import VelocityVerlet
        except ImportError:
            msg = "Found no ASE, whose calculators move the atoms. Run: pip install 'megabar[md]'"
            raise MissingExtra(msg) from None
        one_of(ensemble, ENSEMBLES, name="ensemble")
        _check_friction(ensemble, friction)
        self.atoms = atoms.copy()
        self.atoms.calc = calculator
        self.calculator_error: type[Exception] = CalculatorError
        self.hydrogen = np.flatnonzero(self.atoms.numbers == 1)
        self.cutoff = _FIRST_CUTOFF
        start = [self.atoms.numbers, self.atoms.cell.array, self.atoms.positions]
        self.starting_digest = provenance.sha256_of_text(repr([one.tolist() for one in start]))
        random = np.random.default_rng(seed)
        femtosecond = units.fs / _FEMTOSECOND
        masses = self.atoms.get_masses()[:, np.newaxis]
        drawn = random.standard_normal((len(masses), 3)) * np.sqrt(masses * units.kB * temperature)
        self.freedom = self.atoms.get_number_of_degrees_of_freedom()
        self.integrator: Any
        if friction is None:
            drawn -= masses / masses.sum() * drawn.sum(axis=0)
            self.freedom -= 3 * (not self.atoms.constraints)
            self.integrator = VelocityVerlet(self.atoms, timestep * femtosecond)
        else:
            self.integrator = Langevin(
                self.atoms,
                timestep * femtosecond,
                temperature_K=temperature,
                friction=friction / femtosecond,
                fixcm=False,
                rng=random,
            )
        self.atoms.set_momenta(drawn)

    def advance(self, steps: int) -> None:
        """Move on.

        Parameters
        ----------
        steps
            Of integration.
        """
        if steps:
            self.integrator.run(steps)

    def positions(self) -> NDArray[np.float64]:
        """Give the positions of now.

        Returns
        -------
        :
            Never wrapped [m], (atom, 3).
        """
        return np.asarray(self.atoms.positions * ANGSTROM, dtype=np.float64)

    def energies(self) -> tuple[float, float]:
        """Give the energies of now.

        Returns
        -------
        :
            Potential and kinetic [J].
        """
        electronvolt = constants.elementary_charge
        potential = float(self.atoms.get_potential_energy()) * electronvolt
        return potential, float(self.atoms.get_kinetic_energy()) * electronvolt

    def stress(self, strain: float) -> NDArray[np.float64] | None:
        """Compute the static stress with all lengths changed.

        Parameters
        ----------
        strain
            Relative change of lengths.

        Returns
        -------
        :
            Stress, Voigt [Pa], (6,); None if the calculator gives none.
        """
        from ase.calculators.calculator import PropertyNotImplementedError

        strained = self.atoms.copy()
        strained.calc = self.atoms.calc
        strained.set_cell(strained.cell.array * (1 + strain), scale_atoms=True)
        try:
            found = strained.get_stress(include_ideal_gas=False)
        except (PropertyNotImplementedError, NotImplementedError):
            return None
        pascal = constants.elementary_charge / ANGSTROM**3
        return np.asarray(found, dtype=np.float64) * pascal

    def neighbours(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """Find near hydrogens, as far away as it takes that each has a neighbour.

        Returns
        -------
        :
            First and second of each pair, counted among hydrogens, each pair twice, and their
            distance [m].
        """
        from ase.neighborlist import neighbor_list

        hydrogen = self.atoms[self.hydrogen]
        search: Any = neighbor_list
        while True:
            first, second, distance = search("ijd", hydrogen, self.cutoff)
            if len(np.unique(first)) == len(hydrogen):
                return first, second, distance * ANGSTROM
            self.cutoff *= 2


def _check_friction(ensemble: str, friction: float | None) -> None:
    if ensemble == "nvt" and not (friction is not None and friction > 0):
        msg = (
            "Found ensemble 'nvt' without a positive friction; the bath of Langevin needs one in "
            "1/s, such as 1e12 for a memory of 1 ps."
        )
        raise ValueError(msg)
    if ensemble == "nve" and friction is not None:
        msg = (
            f"Found a friction of {friction:g} 1/s at constant energy. Leave it out, or say 'nvt'."
        )
        raise ValueError(msg)
