"""Forward physics of spins: operators, Hamiltonians, pulses, line shapes."""
