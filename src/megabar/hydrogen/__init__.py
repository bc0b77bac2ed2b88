"""Hydrogen in the cell: materials, geometry, release, rate laws."""
