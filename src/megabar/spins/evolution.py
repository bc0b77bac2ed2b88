"""Evolution of the density matrix under pulses of any shape."""
