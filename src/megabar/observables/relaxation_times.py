"""T1, T2 and T1rho.

Twin: ``motion.relaxation``.
"""
