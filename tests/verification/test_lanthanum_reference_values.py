"""139La in quadrupole couplings: nutation, second order and moments against printed values."""

import numpy as np
import pytest

from megabar.spins.amplitude_distributions import gaussian_amplitudes
from megabar.spins.evolution import propagator
from megabar.spins.hamiltonians import offsets_from_quadrupole_coupling
from megabar.spins.nutation import nutation_curve
from megabar.spins.operators import angular_momentum, transition_raising
from megabar.spins.orientations import SPHERE_SETS, sphere_grid
from megabar.spins.phase_tables import SOLID_ECHO_8, pathway_weights_from_phases
from megabar.spins.pulse_shapes import rectangular_shape
from megabar.spins.tensors import gradient_tensor

FIELD = 62.5e3
HARD = 4e-6  # 90 degrees of all transitions


def along_the_axis(ratio, times, *, central):
    """Signal of a crystal with its axis along the field, H = w1 Ix + (wQ/2) [Iz^2 - I(I+1)/3]."""
    its = angular_momentum(3.5)
    split = ratio * FIELD / 2 * (its.z @ its.z - 3.5 * 4.5 / 3 * np.eye(8))
    heard = transition_raising(3.5, upper=0.5) if central else its.plus
    found = []
    for time in times:
        turned = propagator(FIELD * its.x + split, time)
        found.append(np.trace(heard @ turned @ its.z @ turned.conj().T) / its.norm)
    return np.array(found)


@pytest.mark.parametrize(
    ("ratio", "height", "at"), [(0.2, 0.990, 0.991), (1.0, 0.821, 0.844), (5.0, 0.334, 0.445)]
)
def test_powders_of_seven_halves_nutate_as_printed(ratio, height, at):
    times = np.linspace(0, 2 * HARD, 801)
    curve = nutation_curve(
        spin=3.5, quadrupole_coupling=14 * ratio * FIELD, asymmetry=0.0, shape=rectangular_shape(),
        peak=FIELD, amplitudes=gaussian_amplitudes(relative_std=0.0, count=1), durations=times,
        detected="all", nodes=512,
    )  # fmt: skip
    assert curve.max() == pytest.approx(height, abs=3e-3)
    assert times[curve.argmax()] / HARD == pytest.approx(at, abs=6e-3)


def test_a_crystal_along_the_field_gives_half_its_signal_at_half_the_pulse():
    times = np.linspace(0, 2 * HARD, 801)
    curve = np.abs(along_the_axis(1.0, times, central=False).imag)
    first = curve[: len(times) // 2]
    assert first.max() == pytest.approx(0.526, abs=3e-3)
    assert times[first.argmax()] / HARD == pytest.approx(0.548, abs=6e-3)


def test_the_central_transition_nutates_nearly_four_times_faster():
    times = np.arange(4096) * HARD / 32
    curve = along_the_axis(20.0, times, central=True).imag
    spectrum = np.abs(np.fft.rfft((curve - curve.mean()) * np.hanning(len(times)), n=2**18))
    fastest = np.fft.rfftfreq(2**18, d=times[1])[spectrum.argmax()]
    assert fastest / FIELD == pytest.approx(3.963, rel=1e-3)


@pytest.mark.parametrize(("asymmetry", "factor"), [(0.0, 1.0), (0.6, 1 + 0.6**2 / 3)])
def test_second_order_moves_the_centroid_of_the_central_transition(asymmetry, factor):
    """10 MHz at 55.8114 MHz: -4570.8 Hz, times 1 + eta^2/3."""
    grid = sphere_grid(max(SPHERE_SETS))
    offsets = offsets_from_quadrupole_coupling(
        quadrupole_coupling=10e6, gradient=gradient_tensor(asymmetry=asymmetry), spin=3.5,
        larmor_frequency=55.8114e6, orientations=grid, order=2,
    )  # fmt: skip
    assert grid.weight @ offsets[:, 3] == pytest.approx(-4570.8 * factor, rel=1e-4)


def test_a_solid_echo_passes_both_first_orders_and_no_fid():
    weights = pathway_weights_from_phases(
        phases=SOLID_ECHO_8.pulse_phases, receiver=SOLID_ECHO_8.receiver_phases, spin=0.5
    )
    np.testing.assert_allclose(np.abs(weights), [1, 0, 1], atol=1e-15)
