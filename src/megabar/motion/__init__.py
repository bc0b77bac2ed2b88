"""Moving hydrogen as spins see it."""
