"""JCAMP-DX files: FIDs and processed spectra."""
