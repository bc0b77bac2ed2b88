"""Core Scientific Dataset Model files (.csdf, .csdfe), read and written."""
