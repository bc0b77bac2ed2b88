"""Displacements, sites and dipolar correlations of a trajectory."""
