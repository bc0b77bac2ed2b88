"""Laws of hydrogen loss fitted to histories.

Twin: ``hydrogen.release``.
"""
