"""Quantum Design PPMS MultiVu files (.dat)."""
