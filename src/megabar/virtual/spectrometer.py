"""A virtual spectrometer: noise, dead time, and raw files in a vendor format."""
