"""Shift axis: by Xi, by external standard, by internal copper."""
