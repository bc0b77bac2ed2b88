"""Clusters against analytic results: pairs, moments, what echoes refocus."""

import numpy as np
import pytest
from scipy.special import fresnel
from tests.batteries.proton_clusters import CUBE, GAMMA, A, cube, few_orientations, protons

from megabar.spins import moments
from megabar.spins.clusters import (
    echo_from_cluster,
    fid_from_cluster,
    hahn_echo_from_cluster,
    solid_echo_from_cluster,
)
from megabar.spins.orientations import (
    powder_mean,
    product_grid,
    single_orientation,
    sphere_grid,
)
from megabar.spins.sequences import IdealPulse
from megabar.spins.spin_systems import DipolarPair, Spin, SpinSystem, coupling_strengths

TIMES = 0.5e-6 * np.arange(512)
TAU = 20e-6
COUPLING = 16663.8
PAIR = SpinSystem(
    spins=(Spin(channel="1H", spin=0.5),) * 2,
    pairs=(DipolarPair(first=0, second=1, coupling=COUPLING, direction=np.array([0, 0, 1.0])),),
)
POLAR = product_grid(polar=640, azimuthal=1, octant=False)


def pake_decay(times):
    """Powder decay of a pair of like spins by Fresnel integrals."""
    k = np.pi * 1.5 * COUPLING * np.abs(times)
    z = np.sqrt(6 * k / np.pi)
    sine, cosine = fresnel(z)
    with np.errstate(invalid="ignore"):
        decay = (np.cos(k) * cosine + np.sin(k) * sine) / z
    return np.where(k == 0, 1.0, decay)


def test_decay_of_a_pair_is_that_of_fresnel_integrals():
    found = fid_from_cluster(PAIR, POLAR, channel="1H", times=TIMES)
    assert found == pytest.approx(pake_decay(TIMES), abs=1e-12)


def test_solid_echo_of_a_pair_is_the_decay_from_the_end_of_the_delay():
    found = solid_echo_from_cluster(PAIR, POLAR, channel="1H", delay=TAU, times=TIMES)
    assert 1j * found == pytest.approx(pake_decay(TIMES - TAU), abs=1e-12)


def test_hahn_echo_of_a_pair_is_the_decay_from_before_the_delay():
    found = hahn_echo_from_cluster(PAIR, POLAR, channel="1H", delay=TAU, times=TIMES)
    assert 1j * found == pytest.approx(pake_decay(TIMES + TAU), abs=1e-12)


@pytest.mark.parametrize("angle", [0.2, 1.0, np.pi / 2, 2.5])
def test_second_pulse_of_a_pair_refocuses_sine_squared_of_its_angle(angle):
    # spin 1 in disguise: the two orders give (sin^2 / 2) G(t - tau) + ... at t = tau
    pulses = (
        IdealPulse(channel="1H", angle=np.pi / 2, phase=0.0),
        IdealPulse(channel="1H", angle=angle, phase=np.pi / 2),
    )
    times = np.array([TAU])
    found = echo_from_cluster(PAIR, POLAR, pulses=pulses, delay=TAU, times=times)
    s2 = np.sin(angle) ** 2
    assert 1j * found == pytest.approx(s2 + (1 - s2) * pake_decay(times + TAU), abs=1e-12)


def curvature(signal_at, step):
    """Second moment from the decay near zero, the fourth order taken out."""
    coarse, fine = (2 * (1 - signal_at(h)) / h**2 for h in (step, step / 2))
    return (4 * fine - coarse) / 3


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_curvature_of_the_decay_is_the_second_moment_of_van_vleck_for_every_direction(count):
    some = single_orientation(alpha=0.7, beta=1.1)
    system = cube(count)
    strengths = 2 * np.pi * coupling_strengths(system, some)[0]
    expected = 2 * 9 / 4 * (strengths**2).sum() / count  # every pair is seen from both ends

    def decay(time):
        return fid_from_cluster(system, some, channel="1H", times=np.array([time]))[0].real

    assert curvature(decay, 0.02 / np.sqrt(expected)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("count", "printed"), [(2, 124.957e6), (4, 179.677e6)])
def test_curvature_of_the_powder_decay_is_the_second_moment_of_the_lattice_sum(count, printed):
    places = CUBE[:count]
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    sums = (apart[apart > 0] ** -6.0).sum() / count
    expected = moments.second_moment_like(gyromagnetic_ratio=GAMMA, spin=0.5, sum_r6=sums)
    assert expected / (2 * np.pi) ** 2 == pytest.approx(printed, rel=1e-4)
    grid = product_grid(polar=8, azimuthal=12, octant=False)  # exact to fourth degree

    def decay(time):
        return fid_from_cluster(cube(count), grid, channel="1H", times=np.array([time]))[0].real

    assert curvature(decay, 0.02 / np.sqrt(expected)) == pytest.approx(expected, rel=1e-6)


def test_lanthanum_beside_a_proton_adds_the_second_moment_of_unlike_spins():
    apart = 2.4 * A
    other = 3.8e7
    constant = moments.pair_constant(
        gyromagnetic_ratio=GAMMA, other_gyromagnetic_ratio=other, distance=apart
    )
    system = SpinSystem(
        spins=(Spin(channel="1H", spin=0.5), Spin(channel="139La", spin=3.5)),
        pairs=(DipolarPair(first=0, second=1, coupling=constant, direction=np.eye(3)[2]),),
    )
    expected = moments.second_moment_unlike(
        gyromagnetic_ratio=GAMMA, other_gyromagnetic_ratio=other, other_spin=3.5, sum_r6=apart**-6
    )

    def decay(time):
        return fid_from_cluster(system, POLAR, channel="1H", times=np.array([time]))[0].real

    assert curvature(decay, 0.02 / np.sqrt(expected)) == pytest.approx(expected, rel=1e-6)


def test_solid_echo_of_many_protons_refocuses_the_second_moment_and_misses_in_fourth_order():
    some = few_orientations(1, 9)

    def missed(tau):
        echo = solid_echo_from_cluster(
            cube(5), some, channel="1H", delay=tau, times=np.array([tau])
        )
        return abs(1j * echo[0] - 1)

    assert missed(0.5e-6) / missed(1e-6) == pytest.approx(1 / 16, rel=0.05)


def test_a_powder_states_an_error_that_the_converged_mean_confirms():
    system = protons(CUBE[:3])

    def echo(grid):
        return solid_echo_from_cluster(
            system, grid, channel="1H", delay=TAU, times=TIMES[:160]
        ) * np.exp(-((TIMES[:160] / 40e-6) ** 2))

    found = powder_mean(echo, tolerance=1e-3)
    reference = echo(sphere_grid(10946))
    assert np.abs(found.values - reference).max() < 1e-3 * np.abs(reference).max()
