"""Closed forms and quadratures of spectral densities against other roads to them.

The continua are solved as a diffusion equation on a grid; the walk is walked. Neither knows of
wave numbers, Bessel functions or residues.
"""

import itertools
from math import pi

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import solve_banded

from megabar.motion import spectral_densities as sd

N, D_MIN, D = 2.5e29, 1.3e-10, 4e-11
LIQUID = {"number_density": N, "closest_approach": D_MIN, "diffusivity": D}
TIME = D_MIN**2 / (2 * D)


def diffusion_on_a_grid(q, *, wall, cells_per_e=400):
    """S's transform for r^-3 Y2 diffusing with 2D: (i w - 2D [div grad - 6/r2]) g = r^-3.

    In units of d and d2/2D. Finite volumes in shells between radii that grow geometrically. With a
    wall nothing crosses r = 1; without, the same equation goes on inside, where it starts from 0.
    """
    inner, outer = (0.0 if wall else np.log(1e-2)), np.log(1e3)
    count = int(cells_per_e * (outer - inner))
    # an edge of a cell at r = 1 exactly
    offset = 0 if wall else round(-inner / ((outer - inner) / count))
    step = (outer - inner) / count if wall else -inner / offset
    edge = np.exp(inner + step * np.arange(count + 1))
    if not wall:
        edge[offset] = 1.0
    volume = np.diff(edge**3) / 3
    centre = np.sqrt(edge[1:] * edge[:-1])
    across = edge[1:-1] ** 2 / np.diff(centre)
    loss = 6 * np.diff(edge)  # of 6/r2 over the shell
    diagonal = 1j * q * volume + loss
    diagonal[:-1] += across
    diagonal[1:] += across
    banded = np.zeros((3, count), dtype=complex)
    banded[0, 1:], banded[1], banded[2, :-1] = -across, diagonal, -across
    start = np.where(np.arange(count) >= offset, np.log(edge[1:] / edge[:-1]), 0.0)  # of r2/r3
    g = solve_banded((1, 1), banded, start)
    return 2 * 4 * pi * N / D_MIN**3 * TIME * (start @ g).real


@pytest.mark.parametrize("q", [0.0, 0.1, 1.0, 10.0])
@pytest.mark.parametrize("wall", [True, False])
def test_the_continua_solve_the_diffusion_equation(wall, q):
    model = sd.hard_sphere if wall else sd.force_free
    found = float(model(**LIQUID)(q / TIME))
    assert found == pytest.approx(diffusion_on_a_grid(q, wall=wall), rel=2e-3)


@pytest.mark.parametrize("q", [1e-3, 0.5, 3.0, 1e3])
def test_free_diffusion_is_its_integral_over_wave_numbers(q):
    def integrand(x):
        return (np.sin(x) / x**2 - np.cos(x) / x) ** 2 * x**2 / (x**4 + q**2)

    edges = np.concatenate([[1e-9], np.arange(1, 129) * pi])
    whole = sum(quad(integrand, a, b)[0] for a, b in itertools.pairwise(edges))
    rest = quad(lambda x: x**-2 * x**2 / (x**4 + q**2) / 2, edges[-1], np.inf)[0]  # mean of cos2
    expected = 8 * N / (D_MIN * D) * (whole + rest)
    assert float(sd.force_free(**LIQUID)(q / TIME)) == pytest.approx(expected, rel=1e-5)


def walked_correlations(ratio, *, walkers, jumps, seed):
    """S after n jumps of the vector of a pair over S(0), by walking it.

    Starts uniform beyond d = 1, drawn with the weight r^-6 that the start has in S(0); a pair
    counts while it is beyond 1, with (r0/r)^3 P2(cos).
    """
    rng = np.random.default_rng(seed)

    def directions():
        z = rng.uniform(-1, 1, walkers)
        phi = rng.uniform(0, 2 * pi, walkers)
        flat = np.sqrt(1 - z**2)
        return np.stack([flat * np.cos(phi), flat * np.sin(phi), z])

    radius = rng.uniform(0, 1, walkers) ** (-1 / 3)  # of density r^-4
    start = radius * directions()
    where, mean, error = start.copy(), [1.0], [0.0]
    for _ in range(jumps):
        where += ratio * directions()
        now = np.sqrt((where**2).sum(axis=0))
        cosine = (start * where).sum(axis=0) / (radius * now)
        value = np.where(now > 1, (radius / now) ** 3 * (3 * cosine**2 - 1) / 2, 0)
        mean.append(value.mean())
        error.append(value.std() / np.sqrt(walkers))
    return np.array(mean), np.array(error)


@pytest.mark.parametrize("ratio", [0.8, 1.3234])
def test_the_walk_with_fixed_jumps_is_what_walkers_do(ratio):
    """Jumps of a pair come at rate 2/tau_d: n of them weigh (1 + i w tau_d/2)^-(n+1)."""
    mean, error = walked_correlations(ratio, walkers=200_000, jumps=25, seed=5)
    j = sd.torrey(jump_length=ratio * D_MIN, **LIQUID)
    residence = float(sd.residence_time_from_diffusivity(diffusivity=D, jump_length=ratio * D_MIN))
    for y in (1.0, 2.0, 5.0):
        weights = ((1 + 1j * y) ** -(np.arange(mean.size) + 1.0)).real * residence * j.sum_r6
        expected, noise = weights @ mean, np.sqrt(weights**2 @ error**2)
        found = float(j(2 * y / residence))
        assert noise < 3e-3 * found
        assert found == pytest.approx(expected, abs=4 * noise + 1e-4 * found)


@pytest.mark.parametrize("ratio", [0.03, 0.3, 1.3234, 100.0])
@pytest.mark.parametrize("y", [0.0, 1e-6, 0.1, 3.0])
def test_the_walk_is_integrated_to_the_accuracy_it_states(ratio, y):
    """The same integral by QUADPACK, whose tail is over the difference that is left of phi."""

    def phi(x):
        u = x * ratio
        return u**2 / 6 * (1 - u**2 / 20) if u < 1e-2 else 1 - np.sin(u) / u

    def integrand(x):
        j1 = x / 3 * (1 - x**2 / 10) if x < 1e-3 else np.sin(x) / x**2 - np.cos(x) / x
        rest = phi(x) / (phi(x) ** 2 + y**2) - 1 / (1 + y**2)
        return j1**2 * rest

    panel = pi / max(1, ratio)
    knee = min(panel, np.sqrt(6 * max(y, 1e-12)) / ratio)
    edges = [0.0, *(knee * np.array([0.3, 0.6, 1, 1.5, 2.5, 5, 15, 50]))]
    edges = [e for e in edges if e < panel]
    edges += list(panel * np.arange(1, 1 + int(min(2100, 63 * max(1.0, ratio, 1 / ratio)))))
    whole = sum(quad(integrand, a, b, limit=200)[0] for a, b in itertools.pairwise(edges))
    expected = ratio**2 / 6 * (whole + pi / 6 / (1 + y**2)) * 8 * N / (D_MIN * D)
    residence = (ratio * D_MIN) ** 2 / (6 * D)
    found = float(sd.torrey(jump_length=ratio * D_MIN, **LIQUID)(2 * y / residence))
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("ratio", [0.3, 1.3234, 10.0])
@pytest.mark.parametrize("y", [1e-3, 0.1, 3.0, 1e3])
def test_jumps_of_exponential_type_are_their_integral(ratio, y):
    def integrand(x):
        u = (x * ratio) ** 2 / 6
        phi = u / (1 + u)
        j1 = x / 3 * (1 - x**2 / 10) if x < 1e-3 else np.sin(x) / x**2 - np.cos(x) / x
        return j1**2 * (phi / (phi**2 + y**2) - 1 / (1 + y**2))

    knee = np.sqrt(6 * y) / ratio
    edges = sorted({0.0, *(e for e in (0.3 * knee, knee, 3 * knee, 10 * knee) if e < pi)})
    edges += list(pi * np.arange(1, 400))
    whole = sum(quad(integrand, a, b, limit=200)[0] for a, b in itertools.pairwise(edges))
    expected = ratio**2 / 6 * (whole + pi / 6 / (1 + y**2)) * 8 * N / (D_MIN * D)
    residence = (ratio * D_MIN) ** 2 / (6 * D)
    j = sd.torrey_exponential(jump_length=ratio * D_MIN, **LIQUID)
    assert float(j(2 * y / residence)) == pytest.approx(expected, rel=1e-5)
