"""Resistance of superconducting hydrides: R(T), the transition, Tc against content, forward.

Twin: ``observables.critical_temperature``.
"""
