"""Crystals of hydrides: sites, lattice, volume against pressure."""
