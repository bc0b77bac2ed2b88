"""The closed formula: its prefactors against spectral densities, its factors, its words."""

from math import pi

import pytest

from megabar import errors
from megabar.motion import relaxation, spectral_densities
from megabar.observables import diffusivity_literal as literal

PROTON = 2.6752218744e8
INPUTS = {"gyromagnetic_ratio": PROTON, "number_density": 3e29, "length": 1.15e-10, "t1": 30e-3}
RIGHT = {"magnetic": "(mu0/4pi)^2", "planck": "hbar"}


def written(prefactor, **words):
    return literal.eq1_literal(prefactor=prefactor, **(RIGHT | INPUTS | words))


@pytest.mark.parametrize(
    ("prefactor", "density"),
    [("2pi/5", spectral_densities.force_free), ("4pi/9", spectral_densities.hard_sphere)],
)
def test_prefactor_is_that_of_the_spectral_density_at_low_field(prefactor, density):
    d = 1e-8
    j = density(number_density=3e29, closest_approach=1.15e-10, diffusivity=d)
    rates = relaxation.rates_like(
        spectral_density=j, gyromagnetic_ratio=PROTON, larmor_frequency=1.0
    )
    found = written(prefactor, t1=float(rates.t1))
    assert found.diffusivity == pytest.approx(d, rel=1e-4)


def test_radius_convention_is_the_same_number():
    whole = written("2pi/5")
    half = written("pi/5", length=INPUTS["length"] / 2)
    assert half.diffusivity == pytest.approx(whole.diffusivity, rel=1e-12)
    assert half.factor == whole.factor == 1


def test_spin_factor_left_out_is_four_thirds():
    assert written("8pi/15").factor == pytest.approx(4 / 3)


@pytest.mark.parametrize("planck", literal.PLANCK)
@pytest.mark.parametrize("magnetic", literal.MAGNETIC)
@pytest.mark.parametrize("prefactor", ["2pi/5", "8pi/15", "4pi/9", "3pi/10"])
def test_factor_is_the_number_over_the_right_one(prefactor, magnetic, planck):
    found = written(prefactor, magnetic=magnetic, planck=planck)
    assert found.factor == pytest.approx(found.diffusivity / written("2pi/5").diffusivity)


def test_mu0_for_mu0_over_4pi_is_worth_158_and_h_for_hbar_39():
    assert literal.MAGNETIC["mu0^2"].factor == pytest.approx(157.91, rel=1e-4)
    assert literal.PLANCK["h"].factor == pytest.approx(4 * pi**2)


def test_every_choice_is_named_in_the_sentence():
    found = written("3pi/10", magnetic="mu0^2", planck="6.626e-34")
    for words in ("not a result", "not SI", "158 x", "in the place of hbar", "extreme narrowing"):
        assert words in found.sentence


def test_unknown_words_and_impossible_numbers_are_refused():
    with pytest.raises(errors.UnknownWord, match="prefactor '3pi/11'"):
        written("3pi/11")
    with pytest.raises(errors.UnknownWord, match="magnetic constant 'mu0'"):
        written("2pi/5", magnetic="mu0")
    with pytest.raises(ValueError, match="Found -1"):
        written("2pi/5", t1=-1.0)
