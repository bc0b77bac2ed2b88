import re

import numpy as np
import pytest

from megabar.errors import Undetermined, UnknownWord
from megabar.hydrogen.implied_rates import film_lag
from megabar.hydrogen.materials import KINDS, STATUSES, decades_open, material, materials

ENTRIES = [one for rows in materials().values() for one in rows.values()]
NAMES = [f"{one.material}/{one.quantity}" for one in ENTRIES]


@pytest.mark.parametrize("one", ENTRIES, ids=NAMES)
def test_each_entry_has_unit_status_and_origin(one):
    assert one.kind in KINDS
    assert one.status in STATUSES
    assert one.unit
    assert one.known == (one.kind != "unknown")
    assert (one.prior is None) == one.known
    assert (one.activation_energy is not None) == (one.kind == "arrhenius")
    if one.status in ("published", "unverified"):
        assert re.search(r"\(\d{4}\)", one.source), "a source has a year"
    else:
        assert one.source == "none"
        assert one.note or one.prior


@pytest.mark.parametrize("one", ENTRIES, ids=NAMES)
def test_ranges_of_each_entry_rise(one):
    for pair in (one.prior, one.temperatures, one.pressures):
        if pair is not None:
            assert pair[0] < pair[1]


@pytest.mark.parametrize("one", [e for e in ENTRIES if e.unit == "m2/s"])
def test_diffusivities_lie_between_nothing_and_a_gas(one):
    if one.known:
        assert 1e-60 < one.at(temperature=295.0) < 1e-7
    else:
        assert one.prior[1] <= 1e-7


def test_what_nobody_knows_is_said_with_its_range():
    with pytest.raises(Undetermined, match="between 1e-20 and 1e-09 m2/s, log-uniform"):
        material("rhenium", "diffusivity").at(temperature=295.0)
    assert decades_open(material("rhenium", "diffusivity")) == pytest.approx(11)
    assert decades_open(material("gold", "diffusivity")) == 0
    assert decades_open(material("LaH10", "potential-against-lower-hydride")) == np.inf
    assert ", uniform" in material("LaH10", "potential-against-lower-hydride").words()


def test_unknown_words_are_answered_with_a_suggestion():
    with pytest.raises(UnknownWord, match="rhenium"):
        material("rhenum", "diffusivity")
    with pytest.raises(UnknownWord, match="diffusivity"):
        material("rhenium", "difusivity")


def test_a_temperature_outside_the_source_is_said():
    alumina = material("alumina", "diffusivity")
    assert alumina.stretched(temperature=295.0)
    assert not alumina.stretched(temperature=1400.0)
    assert material("alumina", "diffusivity-amorphous").stretched(temperature=295.0)
    assert not material("rhenium", "content-15-gpa").stretched(temperature=295.0)
    with pytest.raises(ValueError, match="give it in kelvin"):
        alumina.at(temperature=-22.0)


def test_an_intact_film_of_alumina_outlasts_the_experiment_by_every_source():
    """500 nm: 230 days at 300 K by the fastest source, 380 at 295 K, against 50 to 70 days."""
    lags = {
        quantity: film_lag(thickness=500e-9, diffusivity=one.at(temperature=300.0)) / 86400
        for quantity, one in materials()["alumina"].items()
    }
    assert min(lags, key=lags.get) == "diffusivity"
    np.testing.assert_allclose(lags["diffusivity"], 230, rtol=5e-2)
    np.testing.assert_allclose(lags["diffusivity-powder"], 1e11, rtol=0.6)
    assert min(lags.values()) > 200


def test_a_lens_of_copper_or_gold_is_transparent():
    lags = [
        film_lag(thickness=1e-6, diffusivity=material(name, "diffusivity").at(temperature=295.0))
        for name in ("copper", "gold")
    ]
    np.testing.assert_allclose(lags, [0.8, 0.04], rtol=0.4)


def test_prior_of_diamond_spans_its_published_barriers():
    least, most = material("diamond", "diffusivity").prior
    k = 8.617333262e-5
    np.testing.assert_allclose(
        [least, most], [1e-6 * np.exp(-e / k / 295) for e in (1.9, 0.5)], rtol=0.2
    )
