"""Shares of grains from a curve, against effective media and networks whose grains are known."""

import numpy as np
import pytest

from megabar.errors import Undetermined
from megabar.observables import path_compositions
from megabar.superconductivity import networks
from megabar.superconductivity.anchors import TcAnchor, anchors
from megabar.superconductivity.effective_medium import conductivity_of_mixture

SIDE = 20


def curve_of(seed, *, temperature):
    """Resistance over normal state of a film whose grains are normally distributed."""
    critical = np.random.default_rng(seed).normal(120.0, 6.0, size=(SIDE, SIDE))
    film = networks.Film(
        critical_temperature=critical,
        normal_resistance=np.ones_like(critical),
        electrodes=networks.bar(critical.shape),
    )
    found = networks.resistance(film, temperature=np.append(temperature, 1e3))
    true = (critical[None] > temperature[:, None, None]).mean(axis=(1, 2))
    return found[:-1] / found[-1], true


@pytest.mark.parametrize("dimensions", [2, 3])
def test_an_effective_medium_is_read_back_exactly(dimensions):
    true = np.array([0.3, 0.2, 0.1, 0.02])
    ratio = [
        1 / conductivity_of_mixture([f, 1 - f], [np.inf, 1.0], dimensions=dimensions) for f in true
    ]
    both = path_compositions.shares([90, 95, 100, 105], ratio, noise=1e-4, zero=0.01)
    found = both[dimensions - 2]
    assert found.dimensions == dimensions
    assert found.share == pytest.approx(true, abs=1e-9)
    assert set(found.quality) == {"value"}


def test_below_zero_resistance_only_a_bound_is_given_and_above_the_onset_only_noise():
    film, powder = path_compositions.shares(
        [80, 90, 100, 110], [0.0, 0.002, 0.5, 0.9995], noise=1e-3, zero=0.01
    )
    assert film.quality == powder.quality == ("lower bound", "lower bound", "value", "upper bound")
    assert film.share[0] == 0.5
    assert powder.share[0] == pytest.approx(1 / 3)
    assert "up to 67 %" in powder.sentence


@pytest.mark.parametrize("seed", range(3))
def test_what_happens_to_grains_below_zero_resistance_does_not_change_the_answer(seed):
    temperature = np.linspace(100, 145, 60)
    ratio, _ = curve_of(seed, temperature=temperature)
    last = temperature[ratio > 0][0]
    critical = np.random.default_rng(seed).normal(120.0, 6.0, size=(SIDE, SIDE))
    dead = np.where(critical < last - 1, 0.0, critical)  # those grains never superconduct at all
    film = networks.Film(
        critical_temperature=dead,
        normal_resistance=np.ones_like(dead),
        electrodes=networks.bar(dead.shape),
    )
    found = networks.resistance(film, temperature=np.append(temperature, 1e3))
    one = path_compositions.shares(temperature, ratio, noise=1e-6, zero=1e-6)[0]
    other = path_compositions.shares(temperature, found[:-1] / found[-1], noise=1e-6, zero=1e-6)[0]
    assert np.count_nonzero(critical < last - 1) > 0.2 * critical.size
    assert other.share == pytest.approx(one.share, abs=1e-9)


def test_the_effective_medium_reads_a_square_film_low_by_some_hundredths_of_all_grains():
    temperature = np.linspace(105, 140, 36)
    misread = []
    for seed in range(8):
        ratio, true = curve_of(seed, temperature=temperature)
        film, _ = path_compositions.shares(temperature, ratio, noise=1e-6, zero=1e-3)
        inside = np.array([word == "value" for word in film.quality])
        misread.append((film.share - true)[inside])
        bound = np.array([word == "lower bound" for word in film.quality])
        assert np.all(true[bound] > film.share[bound] - 0.08)  # finite films connect early
    every = np.concatenate(misread)
    assert -0.08 < every.mean() < -0.02  # a site connects worse than a patch of a medium
    assert np.abs(every).max() < 0.16


def test_shares_never_rise_with_temperature_whatever_the_noise():
    temperature = np.linspace(100, 140, 200)
    ratio = 1 / (1 + np.exp(-(temperature - 120) / 3))
    noisy = ratio + 0.02 * np.random.default_rng(1).normal(size=200)
    film, _ = path_compositions.shares(temperature, noisy, noise=0.02, zero=0.06)
    assert np.all(np.diff(film.share) <= 0)
    inside = np.abs(temperature - 120) < 4
    assert np.abs(film.share - (1 - ratio) / 2)[inside].max() < 3 * film.std


def test_a_curve_without_a_step_has_no_shares():
    with pytest.raises(Undetermined, match="no step"):
        path_compositions.shares([90, 100, 110], [1.0, 0.999, 1.001], noise=1e-3, zero=0.01)


def own(name, content, kelvin, **changes):
    told = {
        "phase": "X", "pressure": 150e9, "criterion": "midpoint", "status": "own", "source": "here",
    }  # fmt: skip
    return TcAnchor(
        name=name, h_per_metal=content, critical_temperature=kelvin, **{**told, **changes}
    )


def test_contents_lie_on_the_line_of_their_own_two_anchors_and_nowhere_else():
    line = [own("c", 10.0, 240.0), own("a", 4.0, 60.0), own("b", 6.0, 80.0)]
    found = path_compositions.contents([59.9, 70.0, 160.0, 240.1], line)
    assert found.h_per_metal[1:3] == pytest.approx([5.0, 8.0])
    assert np.isnan(found.h_per_metal[[0, 3]]).all()
    assert found.between == (("", ""), ("a", "b"), ("b", "c"), ("", ""))
    assert len(found.warnings) == 1


def test_a_line_across_structures_must_be_asked_for_and_says_all_that_it_supposes():
    pair = anchors("La4H23-118", "LaH10-170")
    with pytest.raises(Undetermined, match="between structures"):
        path_compositions.contents([120.0], pair)
    told = " ".join(path_compositions.contents([120.0], pair, across_phases=True).warnings)
    assert "crosses structures" in told
    assert "118 and 170 GPa" in told
    assert "onset" in told


def test_anchors_of_one_content_give_no_line_in_content():
    with pytest.raises(ValueError, match="rise together"):
        path_compositions.contents([200.0], anchors("LaH10-120", "LaH10-138"))
