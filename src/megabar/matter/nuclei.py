"""Nuclear data: spin, abundance, bare gyromagnetic ratio, frequency ratio Xi, quadrupole moment."""
