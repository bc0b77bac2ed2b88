"""From relaxation times and structure to D, or to a bound.

Twin: ``motion.lattice_walks``.
"""
