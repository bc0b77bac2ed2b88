"""Levels of coupled spins of the virtual laboratory: moments that are known in closed form."""

import math

import numpy as np
import pytest

from megabar.errors import PlanError
from megabar.virtual.couplings import Quadrupolar, RigidDecay, RigidPairs, nodes_of

LANTHANUM = {"nucleus": "139La", "larmor_frequency": 55.8e6, "offset": 0.0}
HARD = np.array([7, 12, 15, 16, 15, 12, 7]) / 84
SPAN = 100e-6


def quadrupolar(coupling, asymmetry=0.0, width=0.0):
    return Quadrupolar(
        quadrupole_coupling=coupling, asymmetry=asymmetry, quadrupole_coupling_fwhm=width
    )


@pytest.mark.parametrize("asymmetry", [0.0, 0.4, 1.0])
def test_second_moment_and_central_shift_of_a_quadrupolar_powder(asymmetry):
    """0.6 nu_Q^2 (1 + eta^2/3), and -0.5 nu_Q^2/nu_L (1 + eta^2/3) for the central transition."""
    nodes = nodes_of(quadrupolar(0.5e6, asymmetry), **LANTHANUM, span=SPAN)
    frequency, squeezed = 0.5e6 / 14, 1 + asymmetry**2 / 3
    second = nodes.weight @ nodes.frequencies**2 @ HARD
    # second-order shifts of up to 2.2 nu_Q^2/nu_L are in the pattern: parts in ten thousand
    assert second == pytest.approx(0.6 * frequency**2 * squeezed, rel=1e-4)
    centre = nodes.weight @ nodes.frequencies[:, 3]
    assert centre == pytest.approx(-0.5 * frequency**2 / 55.8e6 * squeezed, rel=1e-6)


def test_a_distribution_of_couplings_adds_its_variance():
    nodes = nodes_of(quadrupolar(0.5e6, width=0.1e6), **LANTHANUM, span=SPAN)
    frequency, std = 0.5e6 / 14, 0.1e6 / 14 / math.sqrt(8 * math.log(2))
    second = nodes.weight @ nodes.frequencies**2 @ HARD
    assert second == pytest.approx(0.6 * (frequency**2 + std**2), rel=2e-3)  # cut at 3 std


def test_pairs_have_the_second_moment_of_a_doublet():
    nodes = nodes_of(
        RigidPairs(pair_coupling=40e3), nucleus="1H", larmor_frequency=4e8, offset=2e3, span=SPAN
    )
    mean = nodes.weight @ nodes.frequencies @ [0.5, 0.5]
    second = nodes.weight @ (nodes.frequencies - 2e3) ** 2 @ [0.5, 0.5]
    assert mean == pytest.approx(2e3, abs=1e-6)
    assert second == pytest.approx((1.5 * 40e3) ** 2 / 5, rel=1e-9)


def test_weights_sum_to_one_however_strong_the_coupling():
    for coupling in (quadrupolar(20e6, 0.3), quadrupolar(1e6, 0.1, 0.2e6), None):
        nodes = nodes_of(coupling, **LANTHANUM, span=SPAN)
        assert nodes.weight.sum() == pytest.approx(1.0, abs=1e-12)
        assert len(nodes.weight) <= 19_200 * 15


def test_a_decay_is_even_in_time_and_over_after_its_table():
    decay = RigidDecay(time=(0.0, 2e-6, 4e-6), decay=(1.0, 0.5, 0.0))
    assert decay.at(np.array([-1e-6, 1e-6, 9e-6])).tolist() == [0.75, 0.75, 0.0]


@pytest.mark.parametrize(
    ("time", "decay"),
    [((0.0,), (1.0,)), ((0.0, 1e-6), (1.0,)), ((1e-6, 2e-6), (1.0, 0.5)),
     ((0.0, 1e-6), (0.9, 0.5)), ((0.0, 2e-6, 1e-6), (1.0, 0.5, 0.2))],
)  # fmt: skip
def test_tables_that_are_no_decay_are_refused(time, decay):
    with pytest.raises(PlanError, match="rising from the time 0 with the value 1"):
        RigidDecay(time=time, decay=decay)
