"""Diffusivity, solubility and traps of the materials around the sample."""
