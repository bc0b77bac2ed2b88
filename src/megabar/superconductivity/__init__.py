"""Resistance of superconducting hydrides: normal state, transition, percolation, fields, anchors.

Twin: ``observables.critical_temperature``.
"""
