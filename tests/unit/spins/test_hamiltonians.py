"""Lines of quadrupolar nuclei by three roads, and dipolar couplings.

139La at 55.79628195 MHz unless said.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megabar.spins import hamiltonians
from megabar.spins.operators import angular_momentum, magnetic_numbers
from megabar.spins.orientations import product_grid, single_orientation, sphere_grid
from megabar.spins.tensors import gradient_tensor, in_laboratory

LARMOR = 55.79628195e6
PAIRS = [(3, 3), (2, 4), (1, 5), (0, 6)]  # m and -m + 1: k = 0, 1, 2, 3 of I = 7/2


def degrees(alpha, beta):
    return single_orientation(alpha=np.radians(alpha), beta=np.radians(beta))


def words(coupling, eta, orientations, *, spin=3.5, larmor=LARMOR):
    return {
        "quadrupole_coupling": coupling,
        "gradient": gradient_tensor(asymmetry=eta),
        "spin": spin,
        "larmor_frequency": larmor,
        "orientations": orientations,
    }


def second(*args, **more):
    return hamiltonians.offsets_from_quadrupole_coupling(**words(*args, **more), order=2)


def exact(*args, **more):
    return hamiltonians.transitions_from_quadrupole_coupling(**words(*args, **more))


@pytest.mark.parametrize(("coupling", "expected"), [(0.5e6, 35.714286e3), (20e6, 1.4285714e6)])
def test_quadrupole_frequency(coupling, expected):
    found = hamiltonians.quadrupole_frequency(quadrupole_coupling=coupling, spin=3.5)
    assert found == pytest.approx(expected, rel=1e-7)


def test_second_order_lines_of_one_orientation():
    expected = [848907.75, 507721.01, 209422.86, -45986.68, -258507.63, -428139.98, -554883.74]
    np.testing.assert_allclose(second(20e6, 0.3, degrees(30, 50))[0], expected, atol=0.006)


def test_exact_lines_of_one_orientation():
    found = exact(20e6, 0.3, degrees(30, 50))
    lines = [850722.82, 505986.95, 207632.33, -45942.85, -256582.99, -426322.57, -557332.59]
    strengths = [6.99288, 11.98648, 14.98194, 15.98025, 14.98189, 11.98664, 6.99338]
    np.testing.assert_allclose(found.offset[0], lines, atol=0.006)
    np.testing.assert_allclose(found.intensity[0], strengths, rtol=1e-6)


def test_spin_five_halves_by_both_roads():
    case = (8e6, 0.2, degrees(10, 35))
    other = {"spin": 2.5, "larmor": 102.9525e6}
    by_second = second(*case, **other)[0, [0, 2, 4]]
    by_exact = exact(*case, **other).offset[0, [0, 2, 4]]
    np.testing.assert_allclose(by_second, [1310892.46, -9536.39, -1268771.77], atol=0.01)
    np.testing.assert_allclose(by_exact, [1310684.69, -9537.44, -1268565.58], atol=0.01)


def test_roads_at_the_magic_angle():
    case = (5e6, 0.0, degrees(0, 54.7356))
    assert second(*case)[0, [0, 3]] == pytest.approx([9144.33, -2857.52], abs=0.02)
    assert exact(*case).offset[0, [0, 3]] == pytest.approx([9221.40, -2857.22], abs=0.02)


def test_largest_error_of_second_order_grows_with_the_cube_of_the_coupling():
    grid = sphere_grid(17711)
    errors = [np.abs(second(c, 0.3, grid) - exact(c, 0.3, grid).offset).max() for c in (0.5e6, 2e6)]
    assert errors == pytest.approx([0.1327, 8.50], rel=2e-2)
    assert errors[1] / errors[0] == pytest.approx(4**3, rel=0.02)


def test_centroids_of_pairs_of_lines_by_second_order():
    """-(1/30)(nu_Q^2/nu_L)(1 + eta^2/3)[I(I+1) - 3/4 - 9 k^2] = -0.5, -0.2, 0.7, 2.2 times."""
    grid = product_grid(polar=16, azimuthal=32, octant=True)
    eta, coupling = 0.6, 3e6
    lines = grid.weight @ second(coupling, eta, grid)
    unit = (coupling / 14) ** 2 / LARMOR * (1 + eta**2 / 3)
    found = [(lines[i] + lines[j]) / 2 / unit for i, j in PAIRS]
    np.testing.assert_allclose(found, [-0.5, -0.2, 0.7, 2.2], atol=1e-9)


def test_centres_of_gravity_of_pairs_of_lines_exactly():
    grid = product_grid(polar=40, azimuthal=40, octant=True)
    lines = exact(20e6, 0.3, grid)
    area = grid.weight @ lines.intensity
    first = grid.weight @ (lines.intensity * lines.offset)
    found = [(first[i] + first[j]) / (area[i] + area[j]) / 1e3 for i, j in PAIRS]
    np.testing.assert_allclose(found, [-18.805, -7.504, 26.400, 82.905], atol=0.01)


@pytest.mark.parametrize(
    ("coupling", "eta", "spin", "larmor", "expected"),
    [(0.5e6, 0.3, 3.5, LARMOR, 9.41837), (3e6, 0.5, 2.5, 102.9525e6, 454.5786)],
)
def test_mean_of_the_pattern_with_the_weights_of_a_hard_pulse(
    coupling, eta, spin, larmor, expected
):
    grid = product_grid(polar=16, azimuthal=32, octant=True)
    weights = np.abs(np.diag(angular_momentum(spin).plus, 1)) ** 2
    lines = grid.weight @ second(coupling, eta, grid, spin=spin, larmor=larmor)
    assert lines @ weights / weights.sum() == pytest.approx(expected, rel=1e-5)


@settings(max_examples=40, deadline=None)
@given(
    spin=st.sampled_from([1.0, 1.5, 2.5, 3.5, 4.5]),
    coupling=st.floats(1e5, 6e7),
    eta=st.floats(0, 1),
    alpha=st.floats(0, 6.2),
    beta=st.floats(0, 3.1),
)
def test_sum_rule_of_all_transitions(spin, coupling, eta, alpha, beta):
    found = exact(coupling, eta, single_orientation(alpha=alpha, beta=beta), spin=spin)
    apart = found.levels[0][:, None] - found.levels[0][None, :]
    plus = angular_momentum(spin).plus
    expected = LARMOR * np.trace(plus @ plus.conj().T).real
    assert (found.raising[0] * apart).sum() == pytest.approx(expected, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(eta=st.floats(0, 1), alpha=st.floats(0, 6.2), beta=st.floats(0, 3.1))
def test_closed_second_order_is_the_sum_over_states(eta, alpha, beta):

    here = single_orientation(alpha=alpha, beta=beta)
    given_words = words(5e6, eta, here)
    found = hamiltonians.second_order_levels(**given_words)[0]
    its = angular_momentum(3.5)
    parts = [its.x, its.y, its.z]
    seen = in_laboratory(given_words["gradient"], alpha=here.alpha, beta=here.beta)[0]
    whole = 5e6 / 42 * sum(seen[i, j] * parts[i] @ parts[j] for i in range(3) for j in range(3))
    m = magnetic_numbers(3.5)
    apart = LARMOR * np.subtract.outer(m, m)
    np.fill_diagonal(apart, np.inf)
    np.testing.assert_allclose(found, (np.abs(whole) ** 2 / apart).sum(axis=1), atol=1e-7)


def test_positive_offsets_lie_along_the_axis_of_the_gradient_for_the_outer_line():
    lines = hamiltonians.offsets_from_quadrupole_coupling(
        **words(0.5e6, 0.0, degrees(0, 0)), order=1
    )[0]
    np.testing.assert_allclose(lines, 0.5e6 / 14 * np.arange(3, -4, -1), rtol=1e-12)


def test_dipolar_coupling_of_two_protons():
    gamma = 2.6752218744e8
    found = hamiltonians.dipolar_coupling_from_distance(
        distance=1e-10, gyromagnetic_ratio=gamma, other_gyromagnetic_ratio=gamma
    )
    assert found == pytest.approx(120.12e3, rel=1e-4)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="no quadrupole moment"):
        hamiltonians.quadrupole_frequency(quadrupole_coupling=1e6, spin=0.5)
    with pytest.raises(ValueError, match="order 3"):
        hamiltonians.offsets_from_quadrupole_coupling(**words(1e6, 0.0, degrees(0, 0)), order=3)
    with pytest.raises(ValueError, match="distance of 0 m"):
        hamiltonians.dipolar_coupling_from_distance(
            distance=0.0, gyromagnetic_ratio=1.0, other_gyromagnetic_ratio=1.0
        )
