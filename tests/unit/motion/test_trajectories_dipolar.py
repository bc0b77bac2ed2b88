"""The dipolar correlator against direct sums, lattice sums and models that are known exactly."""

from functools import cache

import numpy as np
import pytest
from tests.batteries import moving_pairs, vacancy_walks

from megabar.errors import UnknownWord
from megabar.motion import relaxation, spectral_densities, trajectories
from megabar.motion.trajectories.images import nearest_images, reduced_cell

GAMMA = 2.6752218744e8
LANTHANUM = {"gyromagnetic_ratio_partner": 3.8083318e7, "spin_partner": 3.5}
SKEW = np.array([[6.0, 0, 0], [2.9, 5.2, 0], [0, 0, 6.5]]) * 1e-10
PS = 1e-12


def correlate(positions, cell, longest_lag, **words):
    words = {"frame_interval": PS, "groups": 2} | words
    return trajectories.dipolar_correlation_from_positions(
        positions=positions, cell=cell, longest_lag=longest_lag, **words
    )


def wandering(seed, frames, atoms, cell, step=0.1e-10):
    rng = np.random.default_rng(seed)
    start = rng.random((1, atoms, 3)) @ cell
    return start + np.cumsum(rng.normal(scale=step, size=(frames, atoms, 3)), axis=0)


@cache
def lah10_walk(frames=400, interval=1.0, seed=3):
    """312 H on 320 sites [m], rates 1/ps."""
    lattice = vacancy_walks.lanthanum_decahydride()
    walk = vacancy_walks.walk(lattice, vacancies=8, frames=frames, interval=interval, seed=seed)
    return walk * 1e-10, lattice.cell * 1e-10


@pytest.mark.parametrize("cell", [np.diag([5.0, 6.0, 7.0]) * 1e-10, SKEW], ids=["right", "skew"])
@pytest.mark.parametrize("atoms", [4, 5])
def test_like_spins_agree_with_a_sum_over_pairs_and_origins(cell, atoms):
    path = wandering(1, 300, atoms, cell)
    found = correlate(path, cell, 12 * PS)
    vectors = moving_pairs.all_vectors(path, path, cell)
    off = ~np.eye(atoms, dtype=bool)
    series = moving_pairs.components(vectors[:, off])
    block = int(found.origins[0, 0])
    for lag in (0, 1, 5, 12):
        expected = moving_pairs.correlation(series, lag, block) / atoms
        grain = 1e-6 * found.sum_r6 * 1e-60
        assert found.values[lag] * 1e-60 == pytest.approx(expected, rel=2e-5, abs=grain)


def test_unlike_spins_agree_with_a_sum_over_pairs_and_origins():
    path = wandering(2, 150, 3, SKEW)
    still = np.random.default_rng(3).random((4, 3)) @ SKEW
    found = correlate(path, SKEW, 7 * PS, partners=still)
    vectors = moving_pairs.all_vectors(path, np.broadcast_to(still, (150, 4, 3)), SKEW)
    series = moving_pairs.components(vectors)
    block = int(found.origins[0, 0])
    for lag in (0, 3, 7):
        expected = moving_pairs.correlation(series, lag, block) / 3
        grain = 1e-6 * found.sum_r6 * 1e-60
        assert found.values[lag] * 1e-60 == pytest.approx(expected, rel=2e-5, abs=grain)


def test_beads_are_averaged_before_they_are_correlated():
    beads = np.stack([wandering(seed, 90, 3, SKEW, 0.02e-10) for seed in (4, 4)])
    beads[1] += np.random.default_rng(5).normal(scale=0.1e-10, size=beads[1].shape)
    found = correlate(beads, SKEW, 5 * PS)
    off = ~np.eye(3, dtype=bool)
    vectors = [moving_pairs.all_vectors(path, path, SKEW)[:, off] for path in beads]
    series = np.mean([moving_pairs.components(v) for v in vectors], axis=0)
    block = int(found.origins[0, 0])
    for lag in (0, 5):
        expected = moving_pairs.correlation(series, lag, block) / 3
        grain = 1e-6 * found.sum_r6 * 1e-60
        assert found.values[lag] * 1e-60 == pytest.approx(expected, rel=2e-5, abs=grain)


def test_static_components_are_subtracted_pair_by_pair():
    cell, sites = np.eye(3) * 7e-10, np.array([[0.0, 0, 0], [1.2, 0.3, 0], [0.4, 1.9, 1.0]]) * 1e-10
    path = sites + np.random.default_rng(6).normal(scale=0.05e-10, size=(200, 3, 3))
    static = trajectories.static_components(vectors=sites[:, np.newaxis] - sites, cell=cell)
    found = correlate(path, cell, 4 * PS, static=static)
    off = ~np.eye(3, dtype=bool)
    series = moving_pairs.components(moving_pairs.all_vectors(path, path, cell)[:, off])
    series = series - static[off] * 1e-30
    block = int(found.origins[0, 0])
    for lag in (0, 4):
        expected = moving_pairs.correlation(series, lag, block) / 3
        assert found.values[lag] * 1e-60 == pytest.approx(expected, rel=1e-4)
    assert found.static_part == pytest.approx((static**2).sum() / 3)
    assert found.sum_r6 == pytest.approx(correlate(path, cell, PS).sum_r6, rel=0.05)


def test_tracked_images_are_a_sum_over_copies_of_every_partner_that_nothing_interrupts():
    cell = np.diag([5.0, 6.0, 7.0]) * 1e-10
    path = wandering(7, 240, 3, cell, 0.3e-10)
    reach = 8e-10
    found = correlate(path, cell, 10 * PS, images="tracked", reach=reach)
    block, series = int(found.origins[0, 0]), []
    copies = np.stack(np.meshgrid(*[range(-9, 10)] * 3), -1).reshape(-1, 3) @ cell
    for i, j in ((0, 1), (0, 2), (1, 2)):
        vectors = (path[:, i] - path[:, j])[:, np.newaxis] + copies
        near = np.linalg.norm(vectors, axis=-1).min(axis=0) < reach
        series.append(moving_pairs.components(vectors[:, near]))
    for lag in (0, 10):
        expected = sum(2 * moving_pairs.correlation(s, lag, block) for s in series) / 3
        # the box of vectors holds more copies than come near
        assert expected <= found.values[lag] * 1e-60 <= expected * 1.01


def test_rounding_alone_would_not_find_the_nearest_image_of_a_skew_cell():
    vector = np.array([4.2, 2.4, 1.0]) * 1e-10
    rows = reduced_cell(SKEW)
    fractions = vector @ np.linalg.inv(rows)
    rounded = (fractions - np.rint(fractions)) @ rows
    assert np.linalg.norm(rounded) == pytest.approx(4.93964e-10, rel=1e-5)
    found = nearest_images(vectors=vector, cell=SKEW)
    assert np.linalg.norm(found) == pytest.approx(3.16228e-10, rel=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_the_nearest_image_in_any_cell_is_the_nearest_of_very_many(seed):
    rng = np.random.default_rng(seed)
    cell = rng.normal(size=(3, 3)) + np.eye(3)
    vectors = rng.normal(scale=5, size=(40, 3))
    found = np.linalg.norm(nearest_images(vectors=vectors, cell=cell), axis=1)
    rows = reduced_cell(cell)
    assert abs(np.linalg.det(rows)) == pytest.approx(abs(np.linalg.det(cell)))
    start = vectors - np.rint(vectors @ np.linalg.inv(rows)) @ rows
    copies = np.stack(np.meshgrid(*[range(-4, 5)] * 3), -1).reshape(-1, 3) @ rows
    brute = np.linalg.norm(start[:, np.newaxis] + copies, axis=-1).min(axis=1)
    np.testing.assert_allclose(found, brute, rtol=1e-9)


def test_positions_far_from_the_origin_lose_no_digits():
    cell = np.eye(3) * 6e-10
    path = wandering(8, 60, 3, cell)
    far = path + np.array([1000, -2000, 3000]) @ cell
    near, found = correlate(path, cell, 3 * PS), correlate(far, cell, 3 * PS)
    np.testing.assert_allclose(found.values, near.values, rtol=1e-4)


def test_sum_of_full_lah10_is_the_lattice_sum_of_nearest_images():
    lattice = vacancy_walks.lanthanum_decahydride()
    still = np.broadcast_to(lattice.sites * 1e-10, (3, 320, 3))
    found = correlate(still, lattice.cell * 1e-10, PS)
    assert found.sum_r6 * 1e-60 == pytest.approx(1.70943, rel=1e-4)
    assert found.sum_r6 * 1e-60 * 311 / 319 == pytest.approx(1.66656, rel=1e-4)


def test_vacancies_lower_the_sum_by_pairs_that_are_missing():
    found = correlate(*lah10_walk(), 20 * PS, groups=8)
    assert abs(found.sum_r6 * 1e-60 - 1.66656) < 4 * found.std[0] * 1e-60
    assert found.std[0] < 0.03 * found.sum_r6


def test_the_first_slope_is_that_of_hops_into_vacancies():
    interval = 0.02
    found = correlate(*lah10_walk(1600, interval, 5), 0.08 * PS, groups=8, frame_interval=0.02 * PS)

    def slope(values):  # of a parabola through three lags
        return np.array([(3 * values[0] - 4 * values[1] + values[2]) / (2 * interval)])

    error = found.std_of(slope)[0]
    assert error < 0.1 * 0.1963e60
    assert abs(slope(found.values)[0] - 0.1963e60) < 4 * error


def test_vibrations_raise_the_sum_and_leave_the_averaged_couplings():
    lattice = vacancy_walks.lanthanum_decahydride()
    kept = np.random.default_rng(9).permutation(320)[:312]
    sites, cell = lattice.sites[kept] * 1e-10, lattice.cell * 1e-10
    shaken = sites + np.random.default_rng(10).normal(scale=0.12e-10, size=(120, 312, 3))
    rigid = correlate(np.broadcast_to(sites, (3, 312, 3)), cell, PS).sum_r6
    moving = correlate(shaken, cell, PS).sum_r6
    assert 0.8 * rigid * 1e-60 == pytest.approx(1.338, rel=1e-2)  # of one draw of vacancies
    assert moving / rigid == pytest.approx(1.857 / 1.338, rel=2e-2)
    some, others = slice(0, 40), slice(40, 312)
    averaged = trajectories.averaged_couplings_from_positions(
        positions=shaken[:, some], partners=shaken[:, others], cell=cell, time_blocks=6
    )
    still = np.broadcast_to(sites, (3, 312, 3))
    rigid = correlate(still[:, some], cell, PS, partners=still[:, others]).sum_r6
    assert abs(averaged.sum_r6 / rigid - 1) < 4 * averaged.std / rigid
    assert averaged.std < 0.02 * rigid


def test_hydrogen_and_lanthanum_have_the_sum_of_the_lattice():
    lattice = vacancy_walks.lanthanum_decahydride(repeats=4)
    corners = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    grid = np.stack(np.meshgrid(*[range(4)] * 3, indexing="ij"), -1).reshape(-1, 3)
    metal = (grid[:, np.newaxis] + corners).reshape(-1, 3) * 5.10e-10
    one_cell = np.broadcast_to(lattice.sites[:40] * 1e-10, (3, 40, 3))
    found = correlate(one_cell, lattice.cell * 1e-10, PS, partners=metal)
    beyond = 4 / 5.10**3 * 4 * np.pi / 3 / (10.2 * 1.1) ** 3  # of a cube, roughly a sphere
    assert found.sum_r6 * 1e-60 + beyond == pytest.approx(0.038127, rel=1e-3)


def test_rates_of_hydrogen_and_lanthanum_from_bare_moments():
    density = spectral_densities.bpp(sum_r6=0.038127e60, correlation_time=10e-12)
    rates = relaxation.rates_unlike(
        spectral_density=density, gyromagnetic_ratio=GAMMA, larmor_frequency=395e6, **LANTHANUM
    )
    assert float(rates.r1) == pytest.approx(0.092360, rel=1e-3)
    assert float(rates.r2) == pytest.approx(0.092393, rel=1e-3)
    d, diffusivity = 1.1307e-10, 1.072e-10
    continuum = spectral_densities.force_free(
        number_density=40 / 5.1**3 * 1e30, closest_approach=d, diffusivity=diffusivity
    )
    k = relaxation.dipolar_constant(gyromagnetic_ratio=GAMMA, gyromagnetic_ratio_partner=GAMMA)
    assert 0.75 * k * continuum(0.0) == pytest.approx(17.81, rel=1e-3)  # at zero field


@pytest.mark.parametrize(
    ("s", "expected", "rel"), [(0.12, 1.00000, 5e-6), (0.15, 0.99997, 5e-6), (0.20, 0.993102, 1e-6)]
)
def test_gaussian_clouds_leave_the_averaged_tensor(s, expected, rel):
    found = trajectories.gaussian_cloud_factor(distance=1.1307e-10, rms=s * 1e-10)
    assert found == pytest.approx(expected, rel=rel)


@pytest.mark.parametrize("u", [0.02, 0.09, 0.11, 0.5, 2.0])
def test_the_cloud_factor_keeps_its_digits_where_its_terms_cancel(u):
    from scipy.integrate import quad

    # the derivative of the closed form has one term
    expected, _ = quad(lambda v: 8 / (3 * np.sqrt(np.pi)) * v**4 * np.exp(-(v**2)), 0, u)
    found = trajectories.gaussian_cloud_factor(distance=2 * u, rms=1.0)
    assert found == pytest.approx(expected, rel=1e-5)


def test_the_cloud_factor_is_what_sampling_two_clouds_gives():
    rng = np.random.default_rng(11)
    vectors = np.array([0, 0, 1.1]) + rng.normal(scale=0.35 * np.sqrt(2), size=(2_000_000, 3))
    r = np.linalg.norm(vectors, axis=1)
    near = r < 0.1  # their mean is zero by symmetry, their noise is not
    tensor = np.where(near, 0.0, (3 * vectors[:, 2] ** 2 / r**2 - 1) / 2 / np.maximum(r, 0.1) ** 3)
    found = trajectories.gaussian_cloud_factor(distance=1.1, rms=0.35)
    assert tensor.mean() * 1.1**3 == pytest.approx(found, abs=4 * tensor.std() * 1.1**3 / 1400)


@pytest.mark.parametrize(("s", "expected"), [(0.10, 1.303), (0.12, 1.505)])
def test_vibrations_inflate_the_mean_of_inverse_sixth_powers(s, expected):
    found = trajectories.r6_inflation(distance=1.1307e-10, rms=s * 1e-10, inner_cut=0.2e-10)
    assert found == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(("cut", "expected"), [(0.2, 6.9), (0.4, 3.5)])
def test_a_wide_cloud_has_no_mean_without_its_cut(cut, expected):
    found = trajectories.r6_inflation(distance=1.1307e-10, rms=0.2e-10, inner_cut=cut * 1e-10)
    assert found == pytest.approx(expected, rel=1e-2)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"images": "all"}, "images"),
        ({"longest_lag": 60 * PS}, "longest lag"),
        ({"groups": 1}, "groups"),
        ({"images": "tracked"}, "reach"),
        ({"partners": np.zeros((7, 2, 3))}, "partners"),
        ({"positions": np.zeros((50, 3))}, "positions"),
        ({"positions": np.zeros((50, 1, 3))}, "no partner"),
        ({"positions": np.zeros((50, 3, 3))}, "in one place"),
        ({"cell": np.ones((3, 3))}, "volume"),
        ({"frame_interval": 0.0}, "frame interval"),
    ],
)
def test_what_gives_no_correlation_is_refused(change, match):
    words = {"positions": wandering(1, 50, 3, SKEW), "cell": SKEW, "longest_lag": 4 * PS}
    kind = UnknownWord if match == "images" else ValueError
    with pytest.raises(kind, match=match):
        correlate(**(words | change))


def test_static_components_do_not_go_with_tracked_images():
    words = {"images": "tracked", "reach": 5e-10, "static": np.zeros(5)}
    with pytest.raises(ValueError, match="tracked images"):
        correlate(wandering(1, 50, 3, SKEW), SKEW, 4 * PS, **words)


def test_threads_change_nothing():
    path = wandering(12, 400, 6, SKEW)
    one, two = (correlate(path, SKEW, 9 * PS, threads=n, groups=3) for n in (1, 2))
    np.testing.assert_array_equal(one.sums, two.sums)


def test_averaged_couplings_need_three_blocks():
    with pytest.raises(ValueError, match="blocks"):
        trajectories.averaged_couplings_from_positions(
            positions=wandering(1, 50, 3, SKEW), cell=SKEW, time_blocks=2
        )


def test_two_correlators_of_the_same_hops_agree():
    """From positions by Fourier transform, and from a table of pairs of sites lag by lag."""
    from megabar.motion.lattice_walks import kernels

    lattice = vacancy_walks.lanthanum_decahydride(repeats=1)
    walk = vacancy_walks.walk(lattice, vacancies=4, frames=300, interval=1.0, seed=1)
    edge = lattice.cell[0, 0]
    apart = walk[:, :, np.newaxis] - lattice.sites
    off = np.linalg.norm(apart - edge * np.rint(apart / edge), axis=-1)
    sites = off.argmin(axis=-1).astype(np.int32)
    between = (lattice.sites[:, np.newaxis] - lattice.sites) * 1e-10
    table = trajectories.static_components(vectors=between, cell=lattice.cell * 1e-10) * 1e-30
    found = correlate(walk * 1e-10, lattice.cell * 1e-10, 60 * PS)
    assert found.time_blocks == 1  # all origins on both sides
    lags = np.array([0, 1, 5, 20, 60])
    expected = np.empty(5)
    kernels.correlate_tensors(
        sites, table.astype(np.float32), lags, np.ones(5, dtype=np.int64), expected
    )
    # atoms exactly half a cell apart have two images; either may have been taken
    grain = 5e-3 * expected[0]
    np.testing.assert_allclose(found.values[lags] * 1e-60, expected, atol=grain)
