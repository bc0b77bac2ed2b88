"""Spin Hamiltonians: offset, shift, quadrupole, dipole."""
