import numpy as np
import pytest

from megabar.constants import k_boltzmann, n_avogadro
from megabar.hydrogen.isotherms import (
    capacity,
    chemical_diffusivity,
    contents_from_potential,
    isotherm,
    potential_from_content,
    thermodynamic_factor,
)

TWO_STEPS = isotherm(
    contents=[2.9, 3.1, 5.0, 5.9, 6.1, 10.0, 10.6],
    potentials=[-5e3, 0.0, 0.0, 0.0, 4e3, 4e3, 30e3],
)


def test_neighbouring_plateaus_of_one_potential_are_one():
    found = [(one.potential, one.least, one.most) for one in TWO_STEPS.plateaus]
    assert found == [(0.0, 3.1, 5.9), (4e3, 6.1, 10.0)]


@pytest.mark.parametrize("content", [2.9, 3.0, 3.1, 4.4, 5.9, 6.0, 6.1, 9.0, 10.0, 10.2, 10.6])
def test_content_lies_within_what_its_potential_allows(content):
    potential = float(potential_from_content(TWO_STEPS, content=content))
    least, most = contents_from_potential(TWO_STEPS, potential=potential)
    assert least - 1e-12 <= content <= most + 1e-12
    assert (most > least) == (potential in (0.0, 4e3))


def test_beside_a_plateau_the_content_is_one_number():
    least, most = contents_from_potential(TWO_STEPS, potential=2e3)
    assert least == most == pytest.approx(6.0)
    assert contents_from_potential(TWO_STEPS, potential=-5e3) == (2.9, 2.9)
    assert contents_from_potential(TWO_STEPS, potential=30e3) == (10.6, 10.6)


def test_pure_hydrogen_leaves_no_content_between_the_phases():
    """Just below and just above a plateau the whole sample is one phase or the other."""
    below, _ = contents_from_potential(TWO_STEPS, potential=4e3 - 1e-6)
    _, above = contents_from_potential(TWO_STEPS, potential=4e3 + 1e-6)
    assert below == pytest.approx(6.1)
    assert above == pytest.approx(10.0)


def test_factor_of_a_dilute_solution_is_one():
    """For mu = RT ln x per H, 2 RT ln x per H2, in many straight pieces."""
    temperature = 295.0
    x = np.geomspace(0.01, 0.1, 4001)
    dilute = isotherm(contents=x, potentials=2 * k_boltzmann * n_avogadro * temperature * np.log(x))
    middle = np.sqrt(x[1:] * x[:-1])
    found = thermodynamic_factor(dilute, content=middle, temperature=temperature)
    np.testing.assert_allclose(found, 1.0, rtol=1e-6)


def test_nothing_diffuses_chemically_on_a_plateau_and_capacity_is_endless():
    inside = [4.0, 8.0]
    factor = thermodynamic_factor(TWO_STEPS, content=inside, temperature=295.0)
    np.testing.assert_array_equal(factor, 0.0)
    np.testing.assert_array_equal(
        chemical_diffusivity(tracer_diffusivity=1e-10, thermodynamic_factor=factor), 0.0
    )
    np.testing.assert_array_equal(capacity(TWO_STEPS, content=inside), np.inf)


def test_capacity_is_the_inverse_of_the_slope_of_the_potential():
    content, step = 10.3, 1e-4
    high, low = (
        float(potential_from_content(TWO_STEPS, content=content + s)) for s in (step, -step)
    )
    found = float(capacity(TWO_STEPS, content=content))
    np.testing.assert_allclose(found, 2 * step / (high - low), rtol=1e-9)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (([3.0], [0.0]), "fewer than two points"),
        (([3.0, 2.0], [0.0, 1.0]), "contents that rise"),
        (([3.0, 4.0], [0.0, 1.0, 2.0]), "as many potentials"),
        (([3.0, 4.0], [1.0, 0.0]), "Put a plateau there"),
        (([3.0, 4.0], [1.0, np.nan]), "Put a plateau there"),
    ],
)
def test_points_that_are_no_isotherm_are_refused(points, words):
    with pytest.raises(ValueError, match=words):
        isotherm(contents=points[0], potentials=points[1])


def test_nothing_is_extrapolated():
    with pytest.raises(ValueError, match=r"runs from 2.9 to 10.6 H per metal"):
        potential_from_content(TWO_STEPS, content=11.0)
    with pytest.raises(ValueError, match="Extend its points"):
        contents_from_potential(TWO_STEPS, potential=31e3)
    with pytest.raises(ValueError, match="above 0"):
        thermodynamic_factor(TWO_STEPS, content=4.0, temperature=0.0)
