"""Tecmag TNMR files (.tnt)."""
