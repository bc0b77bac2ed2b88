"""Noise level of acquisitions and spectra."""
