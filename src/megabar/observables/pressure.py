"""Pressure from Raman edges and ruby lines.

Twin: ``matter.gauges``.
"""
