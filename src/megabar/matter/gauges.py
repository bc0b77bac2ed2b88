"""Pressure gauges: diamond Raman edge, ruby, equations of state.

Twin: ``observables.pressure``.
"""
