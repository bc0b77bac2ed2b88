"""Hydrogen per metal atom by quantitative NMR.

Twin: ``spins.sequences``.
"""
