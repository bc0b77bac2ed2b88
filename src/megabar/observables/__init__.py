"""Spectrum, Acquisition or Sweep -> Observables."""
