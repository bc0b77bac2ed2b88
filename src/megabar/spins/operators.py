"""Spin operators for I = 1/2 to 9/2."""
