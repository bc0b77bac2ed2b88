"""Pulse sequences as data, with their phase tables.

Twin: ``observables.hydrogen_content``.
"""
