"""All 62 frozen curves of SIMPSON 4.2.3 by dense matrices: every convention is the stated one."""

import numpy as np
import pytest
from tests.crosscheck.simpson.curves import NAMES, Curve

from megabar.spins.evolution import signal_from_sequence

LIMIT = 1e-9  # of the maximum; the files hold 12 digits


def recomputed(curve):
    def after(elements, times):
        return signal_from_sequence(
            curve.system,
            curve.orientations,
            elements,
            start=curve.start,
            detect=curve.detect,
            times=times,
        )

    if curve.is_nutation:
        now = np.zeros(1)
        return np.array([after([curve.nutation_pulse(t)], now)[0] for t in curve.times])
    steps = [
        np.exp(1j * np.radians(receiver)) * after(curve.elements(p1, p2), curve.times)
        for p1, p2, receiver in curve.cycle
    ]
    return np.mean(steps, axis=0)


def test_all_curves_are_here():
    assert len(NAMES) == 62


@pytest.mark.crosscheck
@pytest.mark.parametrize("name", NAMES)
def test_dense_matrices_give_the_curve(name):
    curve = Curve(name)
    largest = np.abs(curve.signal).max()
    assert np.abs(recomputed(curve) - curve.signal).max() < LIMIT * largest
