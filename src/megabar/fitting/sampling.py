"""Bootstrap and profile likelihood."""
