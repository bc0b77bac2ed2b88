"""Spectral densities of dipolar couplings that fluctuate."""
