"""Resistance curves of a virtual cell."""
