"""T1, T2 and T1rho from spectral densities.

Twin: ``observables.relaxation_times``.
"""
