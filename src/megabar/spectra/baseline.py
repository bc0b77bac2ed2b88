"""Baseline of spectra from signal-free flanks."""
