"""Grains, films and gasket as geometry of the release problem."""
