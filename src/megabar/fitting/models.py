"""Model functions: sums, backgrounds, bounds, analytic Jacobians."""
