"""Trim, apodise, zero-fill and Fourier transform."""
