"""Tc from resistance.

Twin: ``superconductivity``.
"""
