import numpy as np
import pytest

from megabar.constants import elementary_charge
from megabar.hydrogen.implied_rates import (
    Cavity,
    diffusion_time,
    fick_diffusivity,
    film_lag,
    hop_diffusivity_bound,
    implied_surface,
    layer_diffusivity,
    rate_ratio,
    reach,
    ring_diffusivity,
)
from megabar.hydrogen.rates import reacted

DAY = 86400.0
CAVITY = Cavity(diameter=40e-6, height=8e-6, hydride_share=0.35, volume_per_metal=143e-30 / 4)


def surface(radius, shape="sphere"):
    return implied_surface(
        shape=shape,
        radius=radius,
        volume_per_metal=143e-30 / 4,
        content=10.5,
        loss_rate=0.12 / DAY,
    )


def test_flux_and_constants_of_a_micrometre_are_the_reference_values():
    found = surface(1e-6)
    np.testing.assert_allclose(found.metal_density, 2.797e28, rtol=5e-3)
    np.testing.assert_allclose(found.flux, 1.295e16, rtol=5e-3)
    np.testing.assert_allclose(found.exchange, 4.41e-14, rtol=5e-3)
    np.testing.assert_allclose(found.recombination, 1.50e-43, rtol=5e-3)


@pytest.mark.parametrize(("radius", "known"), [(0.5e-6, 0.985), (1e-6, 0.968), (10e-6, 0.909)])
def test_apparent_barriers_are_the_reference_values(radius, known):
    found = surface(radius).barrier(temperature=295.0) / elementary_charge
    np.testing.assert_allclose(found, known, rtol=2e-3)


@pytest.mark.parametrize(("radius", "known"), [(0.5e-6, 1.1e-10), (1e-6, 4.4e-10), (10e-6, 4.4e-8)])
def test_biot_numbers_are_the_published_ones(radius, known):
    np.testing.assert_allclose(
        surface(radius).biot(radius=radius, diffusivity=1e-10), known, rtol=1e-2
    )


def test_flux_closes_the_balance_of_every_shape():
    """Area over volume of the shape times the flux is what the metal loses."""
    for shape, area_over_volume in (("plate", 1.0), ("cylinder", 2.0), ("sphere", 3.0)):
        found = surface(1e-6, shape)
        lost = found.flux * area_over_volume / 1e-6 / found.metal_density
        np.testing.assert_allclose(lost, 0.12 / DAY, rtol=1e-12)


@pytest.mark.parametrize(("interface", "known"), [(3.2, 9.04e-15), (4.0, 1.81e-15)])
def test_product_layer_of_a_micrometre_is_the_reference_value(interface, known):
    found = layer_diffusivity(
        radius=1e-6, elapsed=80 * DAY, hydride=10.5, interface=interface, product=3.0
    )
    np.testing.assert_allclose(1e4 * found, known, rtol=5e-3)


def test_product_layer_closes_by_its_own_law_in_that_time():
    diffusivity = layer_diffusivity(
        radius=1e-6, elapsed=80 * DAY, hydride=10.5, interface=3.5, product=3.0
    )
    rate = 2 * diffusivity * 0.5 / (1e-12 * 7.5)
    assert float(reacted("layer", tau=rate * 80 * DAY * (1 - 1e-9), spread=0.0)) < 1
    assert float(reacted("layer", tau=rate * 80 * DAY * (1 + 1e-9), spread=0.0)) == 1


@pytest.mark.parametrize(
    ("radius", "known"), [(0.5e-6, 3.9e-17), (1e-6, 1.6e-16), (10e-6, 1.6e-14)]
)
def test_diffusion_that_would_limit_is_the_published_value(radius, known):
    found = fick_diffusivity(radius=radius, elapsed=30 * DAY, lost=0.56)
    np.testing.assert_allclose(1e4 * found, known, rtol=3e-2)


def test_times_of_diffusion_are_the_published_ones():
    found = [diffusion_time(radius=r, diffusivity=1e-10) for r in (0.5e-6, 1e-6, 10e-6)]
    np.testing.assert_allclose(found, [0.25e-3, 1.0e-3, 0.10], rtol=2e-2)


def test_cavity_holds_the_reference_amounts():
    np.testing.assert_allclose(CAVITY.metal_atoms, 9.84e13, rtol=5e-3)
    np.testing.assert_allclose(CAVITY.released(begin=10.5, end=3.3), 7.09e14, rtol=5e-3)


@pytest.mark.parametrize(("content", "width"), [(0.5, 12.1e-6), (0.85, 7.8e-6), (1.0, 6.8e-6)])
def test_ring_of_rhenium_hydride_is_the_reference_value(content, width):
    found = CAVITY.ring(hydrogen_atoms=7.09e14, content=content, volume_per_metal=11.2e-30)
    np.testing.assert_allclose(found, width, rtol=8e-3)


@pytest.mark.parametrize(("content", "straight"), [(0.5, 1.4e-13), (1.0, 4.4e-14)])
def test_round_front_needs_a_little_more_than_the_straight_one(content, straight):
    """The published values are those of a straight front in 60 days."""
    width = CAVITY.ring(hydrogen_atoms=7.09e14, content=content, volume_per_metal=11.2e-30)
    np.testing.assert_allclose(1e4 * width**2 / (2 * 60 * DAY), straight, rtol=2e-2)
    found = ring_diffusivity(
        cavity=CAVITY, hydrogen_atoms=7.09e14, content=content, volume_per_metal=11.2e-30,
        elapsed=60 * DAY,
    )  # fmt: skip
    assert 1.05 < 1e4 * found / straight < 1.25


def test_round_front_is_straight_where_the_ring_is_thin():
    wide = Cavity(diameter=1.0, height=8e-6, hydride_share=0.35, volume_per_metal=143e-30 / 4)
    width = wide.ring(hydrogen_atoms=7.09e18, content=1.0, volume_per_metal=11.2e-30)
    found = ring_diffusivity(
        cavity=wide, hydrogen_atoms=7.09e18, content=1.0, volume_per_metal=11.2e-30, elapsed=1e6
    )
    np.testing.assert_allclose(found, width**2 / 2e6, rtol=1e-3)


def test_rigid_line_and_diamond_are_the_published_values():
    found = hop_diffusivity_bound(splitting=50e3, hop=1.9e-10)
    np.testing.assert_allclose(1e4 * found, 1.9e-11, rtol=2e-2)
    depths = [
        reach(diffusivity=1e-6 * np.exp(-e / (8.617333262e-5 * 295)), elapsed=60 * DAY)
        for e in (0.5, 1.0)
    ]
    np.testing.assert_allclose(depths, [244e-6, 0.013e-6], rtol=2e-2)


@pytest.mark.parametrize(
    ("barrier", "temperature", "known"),
    [
        (0.95, 310, 3.27),
        (0.95, 330, 28.2),
        (0.95, 270, 0.017),
        (0.95, 250, 6.4e-4),
        (0.2, 310, 1.28),
        (0.2, 330, 2.0),
        (0.2, 270, 0.42),
        (0.2, 250, 0.21),
    ],
)
def test_ratios_of_rates_are_the_reference_values(barrier, temperature, known):
    found = rate_ratio(
        barrier=barrier * elementary_charge, temperature=temperature, reference=300.0
    )
    last_digit = 10.0 ** (np.floor(np.log10(known)) - (2 if known in (3.27, 28.2, 1.28) else 1))
    np.testing.assert_allclose(found, known, rtol=1e-2, atol=0.51 * last_digit)


def test_numbers_from_which_nothing_follows_are_refused():
    with pytest.raises(ValueError, match="nothing follows"):
        surface(0.0)
    with pytest.raises(ValueError, match="contents that rise"):
        layer_diffusivity(radius=1e-6, elapsed=DAY, hydride=10.5, interface=2.0, product=3.0)
    with pytest.raises(ValueError, match="lies between 0 and 1"):
        fick_diffusivity(radius=1e-6, elapsed=DAY, lost=1.2)
    with pytest.raises(ValueError, match="not percent"):
        Cavity(diameter=1.0, height=1.0, hydride_share=35.0, volume_per_metal=1.0)
    with pytest.raises(ValueError, match="nothing follows"):
        film_lag(thickness=-1.0, diffusivity=1e-12)
