"""Least squares with analytic Jacobians and absolute errors, single and batched."""
