"""Orientation sets for powders, each with its stated accuracy."""
