"""Figures and document, every number with its origin."""
