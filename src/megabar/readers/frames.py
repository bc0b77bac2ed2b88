"""Frames of ab initio and MD trajectories."""
