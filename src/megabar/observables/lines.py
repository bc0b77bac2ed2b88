"""Shift, width, area and second moment of lines.

Twin: ``spins.lineshapes``.
"""
