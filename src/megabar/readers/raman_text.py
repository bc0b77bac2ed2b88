"""Raman and ruby spectra as text."""
