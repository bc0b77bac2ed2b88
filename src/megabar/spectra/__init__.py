"""Acquisition -> Spectrum."""
