"""Verbs on campaigns: simulate, run, status, report."""
