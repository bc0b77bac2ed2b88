"""Second moments and dipolar lattice sums."""
