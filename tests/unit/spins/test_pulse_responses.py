"""Nutation of I = 7/2: reference values, and the general road."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megabar.spins.coupling_nodes import coupling_nodes
from megabar.spins.evolution import signal_from_sequence
from megabar.spins.hamiltonians import first_order_coupling
from megabar.spins.operators import transition_raising
from megabar.spins.orientations import single_orientation, sphere_grid
from megabar.spins.pulse_responses import responses_from_coupling
from megabar.spins.sequences import Pulse
from megabar.spins.spin_systems import Quadrupole, Spin, SpinSystem
from megabar.spins.tensors import gradient_tensor

RECTANGLE = np.array([62.5e3])
LENGTHS = np.arange(81) * 0.5e-6
US = 1e-6


def gaussian(slices=32):
    """Sigma 0.4 of the half length, amplitudes at the centres of the slices."""
    place = (np.arange(slices) + 0.5) / slices * 2 - 1
    return 62.5e3 * np.exp(-0.5 * (place / 0.4) ** 2)


def powder(coupling, eta, *, count=233):
    grid = sphere_grid(count)
    f = first_order_coupling(
        quadrupole_coupling=coupling,
        gradient=gradient_tensor(asymmetry=eta),
        spin=3.5,
        directions=grid.directions,
    )
    return f, grid.weight


def nodes(coupling, eta, count):
    found = coupling_nodes(quadrupole_coupling=coupling, asymmetry=eta, spin=3.5, count=count)
    return found.coupling, found.weight


def curve(f, weight, amplitude, *, durations=LENGTHS, transition=None):
    found = responses_from_coupling(
        spin=3.5, coupling=f, offset=0.0, amplitude=amplitude, durations=durations
    )
    seen = found.sum(axis=-1) if transition is None else found[..., transition]
    return (1j * weight @ seen).real


def test_rectangular_nutation_of_233_orientations():
    found = curve(*powder(0.5e6, 0.1), RECTANGLE)[[7, 8, 16, 40, 80]]
    np.testing.assert_allclose(
        found, [0.921417, 0.920668, -0.086432, 0.393326, 0.012887], atol=1e-6
    )


def test_gaussian_nutation_of_233_orientations():
    found = curve(*powder(0.5e6, 0.1), gaussian())[[8, 16, 40, 80]]
    np.testing.assert_allclose(found, [0.655810, 0.763535, -0.319563, 0.128768], atol=1e-6)


def test_converged_powders():
    at = [8, 16, 24, 40]
    found = curve(*nodes(0.5e6, 0.1, 64), RECTANGLE)
    np.testing.assert_allclose(found[at], [0.920661, -0.086436, -0.650383, 0.393317], atol=3e-6)
    central = curve(*nodes(0.5e6, 0.1, 64), RECTANGLE, transition=3)
    np.testing.assert_allclose(central[[7, 8]], [0.178528, 0.177275], atol=3e-6)
    found = curve(*nodes(1e6, 0.0, 256), RECTANGLE)
    np.testing.assert_allclose(
        found[[4, 8, 16, 40]], [0.654667, 0.742566, -0.213591, 0.170542], atol=1e-5
    )
    found = curve(*nodes(1e6, 0.1, 256), gaussian())
    np.testing.assert_allclose(
        found[[8, 16, 20, 40]], [0.547812, 0.397483, 0.185735, -0.098359], atol=3e-5
    )


def test_truncated_gaussian_of_stated_mean():
    """Truncated at 1 %, 64 slices, mean 62.5 kHz, that is a peak of 151.705 kHz."""
    place = (np.arange(64) + 0.5) / 64 * 2 - 1
    shape = 0.01 ** (place**2)
    shape *= 62.5e3 / shape.mean()
    assert shape.max() / np.exp(np.log(0.01) / 64**2) == pytest.approx(151.705e3, rel=1e-5)
    found = curve(*nodes(0.5e6, 0.1, 64), shape)[[8, 16, 24, 40]]
    np.testing.assert_allclose(found, [0.934921, -0.024485, -0.582549, 0.285433], atol=3e-5)


def test_wide_coupling_leaves_a_tenth_of_the_signal():
    f, weight = nodes(20e6, 0.1, 1024)
    assert curve(f, weight, RECTANGLE)[2] == pytest.approx(0.105058, rel=1e-4)
    assert curve(f, weight, RECTANGLE, transition=3)[2] == pytest.approx(0.056585, rel=1e-4)


def test_sixty_four_nodes_agree_with_many_directions():
    many = curve(*powder(0.5e6, 0.1, count=6765), RECTANGLE)
    few = curve(*nodes(0.5e6, 0.1, 64), RECTANGLE)
    assert np.abs(few - many).max() < 1e-5 * many.max()


def test_amplitudes_of_single_transitions():
    found = 1j * responses_from_coupling(
        spin=3.5, coupling=np.array([5e3]), offset=0.0, amplitude=RECTANGLE,
        durations=np.array([4 * US]),
    )[0, 0]  # fmt: skip
    expected = [0.05317 + 0.08274j, 0.10436 + 0.08927j, 0.13616 + 0.05334j, 0.14671]
    np.testing.assert_allclose(found[:4], expected, atol=1e-5)
    found = 1j * responses_from_coupling(
        spin=3.5, coupling=np.array([5e3]), offset=10e3, amplitude=RECTANGLE,
        durations=np.array([4 * US]),
    )[0, 0]  # fmt: skip
    expected = [0.04371 + 0.08909j, 0.14523 + 0.02257j, 0.06125 - 0.07420j]
    np.testing.assert_allclose(found[[0, 3, 6]], expected, atol=1e-5)


def test_a_pulse_knows_only_turns_and_the_ratio_of_coupling_to_amplitude():
    slow = responses_from_coupling(
        spin=3.5, coupling=np.array([3e3]), offset=0.0, amplitude=RECTANGLE,
        durations=np.array([5 * US]),
    ).sum()  # fmt: skip
    fast = responses_from_coupling(
        spin=3.5, coupling=np.array([6e3]), offset=0.0, amplitude=2 * RECTANGLE,
        durations=np.array([2.5 * US]),
    ).sum()  # fmt: skip
    assert (1j * slow).real == pytest.approx(0.769099, abs=1e-6)
    assert fast == pytest.approx(slow, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(
    spin=st.sampled_from([0.5, 1.0, 1.5, 2.5, 3.5, 4.5]),
    coupling=st.floats(1e5, 5e6),
    offset=st.sampled_from([0.0, 7e3]),
    slices=st.integers(1, 6),
    backwards=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_every_shape_agrees_with_the_general_road(spin, coupling, offset, slices, backwards, seed):
    random = np.random.default_rng(seed)
    amplitude = random.uniform(0, 80e3, slices)
    if backwards:
        amplitude = np.minimum(amplitude, amplitude[::-1])
    here = single_orientation(alpha=0.4, beta=1.1)
    gradient = gradient_tensor(asymmetry=0.2)
    f = (
        first_order_coupling(
            quadrupole_coupling=coupling, gradient=gradient, spin=spin, directions=here.directions
        )
        if spin >= 1
        else np.zeros(1)
    )
    durations = np.array([0.0, 3e-6, 6e-6, 9e-6, 14e-6])
    found = responses_from_coupling(
        spin=spin, coupling=f, offset=offset, amplitude=amplitude, durations=durations
    )
    quadrupole = (
        Quadrupole(coupling=coupling, gradient=gradient, larmor_frequency=None)
        if spin >= 1
        else None
    )
    system = SpinSystem(
        spins=(Spin(channel="X", spin=spin, shift=offset * np.eye(3), quadrupole=quadrupole),)
    )
    (its,) = system.operators()
    for n, upper in enumerate(np.diag(its.z).real[:-1]):
        for length, seen in zip(durations, found[0, :, n], strict=True):
            pulse = Pulse(channel="X", duration=length, amplitude=amplitude, phase=np.zeros(slices))
            expected = signal_from_sequence(
                system, here, [pulse], start=its.z,
                detect=transition_raising(spin, upper=upper), times=np.zeros(1),
            )[0]  # fmt: skip
            assert seen == pytest.approx(expected / its.norm, abs=1e-11)


def test_mistakes_are_named():
    words = {"spin": 3.5, "coupling": np.zeros(1), "offset": 0.0}
    with pytest.raises(ValueError, match="without slices"):
        responses_from_coupling(**words, amplitude=np.zeros(0), durations=np.ones(1))
    with pytest.raises(ValueError, match="zero or more"):
        responses_from_coupling(**words, amplitude=RECTANGLE, durations=-np.ones(1))
