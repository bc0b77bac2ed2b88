"""Walks of hydrogen on its sublattice.

Twin: ``observables.diffusivity``.
"""
