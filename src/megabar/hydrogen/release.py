"""The solver of hydrogen release.

Twin: ``inference.desorption``.
"""
