"""Agilent/Varian VnmrJ folders (.fid)."""
