"""Nutation curves of powders: limits, other roads, second order during the pulse, tables."""

import numpy as np
import pytest

from megabar.errors import UnknownWord
from megabar.spins.amplitude_distributions import AmplitudeDistribution, gaussian_amplitudes
from megabar.spins.evolution import signal_from_sequence
from megabar.spins.nutation import (
    central_share,
    nutation_curve,
    nutation_curve_to_second_order,
    nutation_table,
)
from megabar.spins.operators import angular_momentum, transition_raising
from megabar.spins.orientations import single_orientation, sphere_grid
from megabar.spins.pulse_responses import responses_from_levels
from megabar.spins.pulse_shapes import (
    PulseShape,
    gaussian_shape,
    rectangular_shape,
    sinc_shape,
)
from megabar.spins.spin_systems import Quadrupole, Spin, SpinSystem
from megabar.spins.tensors import gradient_tensor

US = 1e-6
LARMOR = 55.79628195e6
ONE_FIELD = gaussian_amplitudes(relative_std=0.0, count=1)


def powder(coupling, *, shape, peak=62.5e3, at, asymmetry=0.1, nodes=256, **more):
    return nutation_curve(
        spin=3.5, quadrupole_coupling=coupling, asymmetry=asymmetry, shape=shape, peak=peak,
        durations=np.asarray(at) * US, nodes=nodes,
        **{"amplitudes": ONE_FIELD, "detected": "all", **more},
    )  # fmt: skip


def test_rectangular_pulses_of_a_converged_powder():
    found = powder(0.5e6, shape=rectangular_shape(), at=[4, 8, 12, 20], nodes=64)
    np.testing.assert_allclose(found, [0.920661, -0.086436, -0.650383, 0.393317], atol=3e-6)
    found = powder(0.5e6, shape=rectangular_shape(), at=[3.5, 4], nodes=64, detected="central")
    np.testing.assert_allclose(found, [0.178528, 0.177275], atol=3e-6)
    found = powder(1e6, shape=rectangular_shape(), at=[2, 4, 8, 20], asymmetry=0.0)
    np.testing.assert_allclose(found, [0.654667, 0.742566, -0.213591, 0.170542], atol=1e-5)


def test_gaussian_pulses_of_a_converged_powder():
    shape = gaussian_shape(truncation=np.exp(-0.5 / 0.4**2), slices=32)
    found = powder(1e6, shape=shape, at=[4, 8, 10, 20])
    np.testing.assert_allclose(found, [0.547812, 0.397483, 0.185735, -0.098359], atol=3e-5)
    shape = gaussian_shape(truncation=0.01, slices=64)
    found = powder(0.5e6, shape=shape, peak=shape.peak_from_mean(62.5e3), at=[4, 8, 12, 20])
    np.testing.assert_allclose(found, [0.934921, -0.024485, -0.582549, 0.285433], atol=3e-5)


def test_gaussian_pulses_of_the_published_length_move_their_maximum_little():
    """First maxima at 4.0, 3.9, 3.8 us, and 0.83, 0.59, 0.29 after five times 90 degrees."""
    shape = gaussian_shape(truncation=0.01, slices=64)
    fine = np.arange(3.4, 4.4, 0.02)
    for coupling, top, late in [(0.175e6, 4.0, 0.83), (0.3e6, 3.9, 0.59), (0.5e6, 3.8, 0.29)]:
        peak = shape.peak_from_mean(62.5e3)
        curve = powder(coupling, shape=shape, peak=peak, at=np.append(fine, 20.0), nodes=128)
        assert fine[curve[:-1].argmax()] == pytest.approx(top, abs=0.06)
        assert curve[-1] == pytest.approx(late, abs=5e-3)


@pytest.mark.parametrize(
    ("coupling", "top", "high", "late"),
    [(0.175e6, 3.96, 0.9897, 0.8377), (0.3e6, 3.90, 0.9709, 0.6345), (0.39e6, 3.84, 0.9525, 0.5092),
     (0.5e6, 3.74, 0.9260, 0.3933), (1e6, 3.26, 0.7857, 0.168), (2e6, 2.54, 0.5673, 0.0255)],
)  # fmt: skip
def test_first_maximum_and_signal_at_five_times_90_degrees(coupling, top, high, late):
    fine = np.arange(0, 4.2, 0.02)
    curve = powder(coupling, shape=rectangular_shape(), at=np.append(fine, 20.0))
    assert fine[curve[:-1].argmax()] == pytest.approx(top, abs=0.025)
    assert curve[:-1].max() == pytest.approx(high, abs=1e-4)
    assert curve[-1] == pytest.approx(late, abs=6e-4)


def test_a_spread_field_leaves_zero_where_a_coupling_does_not():
    """At twice 90 degrees a symmetric spread gives nothing, a coupling -0.010 to -0.086."""
    spread = gaussian_amplitudes(relative_std=0.076, count=65)
    damped = powder(1.0, shape=rectangular_shape(), at=[8, 20], nodes=4, amplitudes=spread)
    np.testing.assert_allclose(damped, [0, 0.838], atol=2e-3)
    coupled = powder(0.175e6, shape=rectangular_shape(), at=[8], nodes=64)
    assert coupled[0] == pytest.approx(-0.010, abs=5e-4)


def test_a_weak_field_on_a_large_coupling_looks_like_a_strong_one_on_none():
    """Published arithmetic: 15.6 kHz and 20 MHz, in units of 1/21, first order."""
    found = powder(
        20e6, shape=rectangular_shape(), peak=62.5e3 / 4, at=[2, 4, 8, 12, 16, 20], nodes=4096,
        asymmetry=0.1, detected="central",
    )  # fmt: skip
    np.testing.assert_allclose(
        found / central_share(3.5), [0.72, 1.04, 0.13, -0.88, -0.03, 0.96], atol=0.03
    )
    assert central_share(3.5) == pytest.approx(1 / 21, rel=1e-12)


@pytest.mark.parametrize("spin", [1.5, 2.5, 3.5, 4.5])
def test_central_share_is_the_largest_signal_far_above_the_field(spin):
    far = np.array([1e8])
    its = angular_momentum(spin)
    levels = far * (3 * np.diag(its.z).real ** 2)[None]
    found = responses_from_levels(
        spin=spin, levels=levels, amplitude=np.array([50e3]), phase=np.zeros(1),
        durations=np.array([0.25 / 50e3 / (spin + 0.5)]),
    )  # fmt: skip
    assert abs(found.sum()) == pytest.approx(central_share(spin), rel=1e-4)


def test_second_order_vanishes_as_the_larmor_frequency_grows():
    grid = sphere_grid(233)
    shape, at = rectangular_shape(), np.array([2.0, 4.0, 8.0, 20.0]) * US
    common = {
        "spin": 3.5, "quadrupole_coupling": 0.5e6, "asymmetry": 0.1, "shape": shape,
        "peak": 62.5e3, "amplitudes": ONE_FIELD, "durations": at, "detected": "all",
    }  # fmt: skip
    first = nutation_curve(**common, nodes=64)
    apart = [
        np.abs(
            nutation_curve_to_second_order(
                **common, larmor_frequency=larmor, orientations=grid
            ) - first
        ).max()
        for larmor in (LARMOR, 1e12)
    ]  # fmt: skip
    assert apart[1] < 5e-5
    assert apart[0] > apart[1]


@pytest.mark.parametrize("coupling", [0.5e6, 5e6, 20e6])
@pytest.mark.parametrize("modulated", [False, True])
def test_second_order_during_the_pulse_agrees_with_the_dense_road(coupling, modulated):
    place = np.arange(12)
    shape = PulseShape(
        name="any", amplitude=0.5 + 0.5 * np.sin(place), phase=0.3 * place * modulated + 0.2
    )
    here, duration, peak = single_orientation(alpha=0.4, beta=1.1), 6 * US, 70e3
    found = nutation_curve_to_second_order(
        spin=3.5, quadrupole_coupling=coupling, asymmetry=0.3, larmor_frequency=LARMOR,
        shape=shape, peak=peak, amplitudes=ONE_FIELD, durations=np.array([duration]),
        detected="central", orientations=here,
    )  # fmt: skip
    quadrupole = Quadrupole(
        coupling=coupling, gradient=gradient_tensor(asymmetry=0.3), larmor_frequency=LARMOR
    )
    system = SpinSystem(spins=(Spin(channel="139La", spin=3.5, quadrupole=quadrupole),))
    (its,) = system.operators()
    dense = signal_from_sequence(
        system, here, [shape.pulse(channel="139La", duration=duration, peak=peak, phase=0.0)],
        start=its.z, detect=transition_raising(3.5, upper=0.5), times=np.zeros(1),
    )  # fmt: skip
    assert found[0] == pytest.approx(1j * dense[0] / its.norm, abs=1e-12)


def test_first_order_fails_at_twenty_megahertz_and_holds_at_a_half():
    """The square root of nutation times Larmor frequency is 1.87 MHz, nu_Q 1.43 MHz or 36 kHz."""
    grid, at = sphere_grid(2584), np.array([1.0, 2.0, 4.0]) * US
    apart = {}
    for coupling, nodes in [(0.5e6, 64), (20e6, 2048)]:
        common = {
            "spin": 3.5, "quadrupole_coupling": coupling, "asymmetry": 0.3,
            "shape": rectangular_shape(), "peak": 62.5e3, "amplitudes": ONE_FIELD,
            "durations": at, "detected": "central",
        }  # fmt: skip
        first = nutation_curve(**common, nodes=nodes)
        second = nutation_curve_to_second_order(
            **common, larmor_frequency=LARMOR, orientations=grid
        )
        apart[coupling] = np.abs(second - first).max() / np.abs(first).max()
    assert apart[0.5e6] < 1e-3
    assert apart[20e6] > 0.05


def split_operator(f, shape, *, peak, duration):
    """Half of the coupling, all of the field, half of the coupling, slice by slice."""
    its = angular_momentum(3.5)
    levels = f[:, None] * (3 * np.diag(its.z).real ** 2 - 15.75)
    energy, states = np.linalg.eigh(its.x.real)
    piece = duration / len(shape.amplitude)
    half = np.exp(-1j * np.pi * levels * piece)
    whole = np.broadcast_to(np.eye(8, dtype=complex), (len(f), 8, 8))
    for amplitude in peak * shape.amplitude:
        turn = (states * np.exp(-2j * np.pi * amplitude * piece * energy)) @ states.T
        whole = half[:, :, None] * (turn @ (half[:, :, None] * whole))
    rho = whole @ its.z @ np.swapaxes(whole.conj(), 1, 2)
    return (1j * np.einsum("ij,nji->n", its.plus, rho)).real / its.norm


def test_split_operator_errs_by_one_thousandth_and_falls_with_the_square_of_the_slice():
    from megabar.spins.coupling_nodes import coupling_nodes

    nodes = coupling_nodes(quadrupole_coupling=0.5e6, asymmetry=0.1, spin=3.5, count=48)
    errors = []
    for slices in (32, 64):
        shape = gaussian_shape(truncation=np.exp(-0.5 / 0.4**2), slices=slices)
        at = np.arange(2, 41, 2)
        split = [
            nodes.weight @ split_operator(nodes.coupling, shape, peak=62.5e3, duration=t * US)
            for t in at
        ]
        errors.append(np.abs(split - powder(0.5e6, shape=shape, at=at, nodes=48)).max())
    assert errors[0] == pytest.approx(1.26e-3, rel=0.05)
    assert errors[1] / errors[0] == pytest.approx(1 / 4, rel=0.05)


@pytest.mark.parametrize(
    "shape", [rectangular_shape(), sinc_shape(zeros=1, slices=10)], ids=lambda shape: shape.name,
)  # fmt: skip
@pytest.mark.parametrize("detected", ["all", "central"])
def test_the_table_gives_every_coupling_and_field(shape, detected):
    table = nutation_table(spin=3.5, asymmetry=0.4, shape=shape, turns=3.0, detected=detected)
    at = np.linspace(0, 3 / 62.5e3, 17)
    cases = [(0.03e6, 62.5e3, 1e-4), (0.5e6, 62.5e3, 1e-4), (2e6, 50e3, 4e-4), (12e6, 30e3, 2e-3)]
    for coupling, peak, tolerance in cases:
        exact = powder(
            coupling, shape=shape, peak=peak, at=at / US, asymmetry=0.4, nodes=1024,
            detected=detected,
        )  # fmt: skip
        ratio = np.full(at.size, coupling / peak)
        np.testing.assert_allclose(table(peak * at, ratio)[0], exact, atol=tolerance)


def test_slopes_of_the_table_are_those_of_its_values():
    table = nutation_table(
        spin=2.5, asymmetry=0.0, shape=rectangular_shape(), turns=2.0, detected="all"
    )
    turns, ratio, step = np.array([0.3, 1.1]), np.array([2.0, 9.0]), 1e-5
    _, by_turns, by_ratio = table(turns, ratio)
    rise = table(turns + step, ratio)[0] - table(turns - step, ratio)[0]
    np.testing.assert_allclose(by_turns, rise / (2 * step), rtol=1e-5)
    rise = table(turns, ratio + step)[0] - table(turns, ratio - step)[0]
    np.testing.assert_allclose(by_ratio, rise / (2 * step), rtol=1e-5)


def test_a_field_of_two_parts_is_the_sum_of_both():
    parts = AmplitudeDistribution(scale=np.array([0.8, 1.1]), weight=np.array([0.3, 0.7]))
    at = np.arange(1.0, 20.0, 3.0)
    together = powder(0.4e6, shape=rectangular_shape(), at=at, nodes=64, amplitudes=parts)
    apart = [
        weight * powder(0.4e6, shape=rectangular_shape(), at=at, nodes=64, peak=scale * 62.5e3)
        for scale, weight in [(0.8, 0.3), (1.1, 0.7)]
    ]
    np.testing.assert_allclose(together, np.sum(apart, axis=0), atol=1e-13)


def test_what_cannot_be_computed():
    ramp = PulseShape(name="ramp", amplitude=np.ones(2), phase=np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match="phase that changes along 'ramp'"):
        powder(0.5e6, shape=ramp, at=[1.0])
    with pytest.raises(UnknownWord, match="satellites"):
        powder(0.5e6, shape=rectangular_shape(), at=[1.0], detected="satellites")
    with pytest.raises(ValueError, match="none is the central"):
        nutation_table(
            spin=1.0, asymmetry=0.0, shape=rectangular_shape(), turns=1.0, detected="central"
        )
    with pytest.raises(ValueError, match="spin 1;"):
        central_share(1.0)
    with pytest.raises(ValueError, match=r"spin 3\.5 needs"):
        responses_from_levels(
            spin=3.5, levels=np.zeros((1, 6)), amplitude=np.ones(1), phase=np.zeros(1),
            durations=np.ones(1),
        )  # fmt: skip
