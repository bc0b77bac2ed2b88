"""Line shapes of static powders.

Twin: ``observables.lines``.
"""
