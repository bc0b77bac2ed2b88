"""Observables of one cell over the weeks: Observables -> History."""
