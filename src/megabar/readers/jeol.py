"""JEOL Delta files (.jdf)."""
