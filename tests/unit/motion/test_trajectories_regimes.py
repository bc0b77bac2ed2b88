"""Where a mean square displacement is straight, and what is said where it is not."""

import numpy as np
import pytest
from tests.batteries.vacancy_walks import lanthanum_decahydride, walk

from megabar.motion.trajectories import exponent_from_msd, msd_from_positions, regime_from_msd

LAGS = np.arange(6000) * 0.1e-12
TERMS = {
    "frame_interval": 0.1e-12,
    "plateau": 0.0,
    "jump_length": 1.2e-10,
    "relative_std": 0.01,
    "hops_per_atom": 50.0,
}


def test_straight_growth_is_a_value_from_one_jump_on():
    regime = regime_from_msd(msd=6e-9 * LAGS, **TERMS)
    assert regime.quality == "value"
    assert regime.fit_to == pytest.approx(LAGS[-1] / 3, rel=0.1)
    assert 6e-9 * regime.fit_from >= 1.2e-10**2
    assert 6e-9 * regime.fit_from == pytest.approx(1.2e-10**2, rel=0.15)


def test_a_plateau_that_is_named_does_not_spoil_straightness():
    plateau = 6 * (0.15e-10) ** 2
    msd = 6e-9 * LAGS + plateau * (1 - np.exp(-LAGS / 0.05e-12))
    assert regime_from_msd(msd=msd, **{**TERMS, "plateau": plateau}).quality == "value"


def test_departure_of_vacancy_hopping_is_twice_and_once_that_of_the_exponent():
    """MSD/6t = D + b/sqrt(t): high by 2 (1 - alpha); its local slope by 1 - alpha."""
    diffusivity, b = 1.07e-10, 0.03 * 1.07e-10 * np.sqrt(20e-12)
    with np.errstate(divide="ignore"):
        msd = 6 * (diffusivity * LAGS + b * np.sqrt(LAGS))
    lags, exponent = exponent_from_msd(msd=msd, frame_interval=0.1e-12, plateau=0.0)
    late = lags > 5e-12
    excess = b / np.sqrt(lags) / diffusivity
    np.testing.assert_allclose(2 * (1 - exponent[late]), excess[late], rtol=0.08)


def test_vacancy_hopping_is_an_upper_bound_at_short_lags_and_says_by_how_much():
    msd = np.mean(
        [
            msd_from_positions(
                positions=walk(
                    lanthanum_decahydride(), vacancies=8, frames=601, interval=0.1, seed=s
                )
                * 1e-10
            )
            for s in range(60)
        ],
        axis=0,
    )
    lags, exponent = exponent_from_msd(msd=msd, frame_interval=0.1e-12, plateau=0.0)
    for lag, published in ((1, 0.83), (2, 0.86), (5, 0.91), (10, 0.94)):
        assert np.interp(lag * 1e-12, lags, exponent) == pytest.approx(published, abs=0.02)
    for lag, published in ((1, 0.0158), (2, 0.0142), (5, 0.0128), (10, 0.0122)):
        assert msd[lag * 10] / (6 * lag) * 1e20 == pytest.approx(published, rel=0.02)
    terms = {**TERMS, "jump_length": 0.5e-10, "hops_per_atom": 6.0}
    regime = regime_from_msd(msd=msd, **terms)
    assert regime.quality == "upper bound"
    assert "high by about" in regime.reason
    assert np.isnan(regime.fit_from)


def test_a_larger_error_allows_a_larger_departure():
    msd = 6e-9 * LAGS * (LAGS + 1e-15) ** -0.05
    assert regime_from_msd(msd=msd, **TERMS).quality == "not reached"
    assert regime_from_msd(msd=msd, **{**TERMS, "relative_std": 0.06}).quality == "value"
    assert regime_from_msd(msd=msd, **{**TERMS, "relative_std": np.nan}).quality == "not reached"


@pytest.mark.parametrize(
    ("msd", "words", "match"),
    [
        (6 * (0.15e-10) ** 2 * (1 - np.exp(-LAGS / 0.05e-12)), {"plateau": 1.35e-21}, "one jump"),
        (6e-9 * LAGS, {"hops_per_atom": 2.0}, "2 hops per atom"),
        (6e-9 * LAGS, {"jump_length": 7e-10}, "factor 3 in lag"),
        (1e4 * LAGS**2, {}, "does not rise to it"),
    ],
)
def test_what_has_not_begun_to_diffuse_is_not_reached(msd, words, match):
    regime = regime_from_msd(msd=msd, **{**TERMS, **words})
    assert regime.quality == "not reached"
    assert match in regime.reason


@pytest.mark.parametrize(
    ("msd", "words", "match"),
    [
        (np.zeros(5), {}, "six lags"),
        (np.zeros((10, 2)), {}, "six lags"),
        (np.full(100, np.nan), {}, "mean square displacement"),
        (LAGS, {"plateau": -1.0}, "plateau"),
        (LAGS, {"jump_length": 0.0}, "jump length"),
        (LAGS, {"frame_interval": 0.0}, "frame interval"),
    ],
)
def test_impossible_arguments_are_refused(msd, words, match):
    with pytest.raises(ValueError, match=match):
        regime_from_msd(msd=msd, **{**TERMS, **words})
