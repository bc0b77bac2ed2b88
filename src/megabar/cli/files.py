"""Verbs on files: check, show, read."""
