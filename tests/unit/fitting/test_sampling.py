"""Profiles and bootstrap: exact for straight lines, and where chi2 is skewed."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import norm

from megabar import fitting
from megabar.errors import FitFailed, Undetermined, UnknownWord

X = np.linspace(0.0, 4.0, 41)
MODEL = fitting.exponential_decay(offset=True)
SIGMA = 0.1
HELD = {"time_constant": 1.0}


def data(seed: int = 3) -> np.ndarray:
    return 3 * np.exp(-X) + 0.5 + SIGMA * np.random.default_rng(seed).normal(size=X.size)


@pytest.mark.parametrize("probability", [0.683, 0.95])
@pytest.mark.parametrize("name", ["amplitude", "offset"])
def test_profile_of_a_linear_unknown_is_its_gaussian_interval(
    probability: float, name: str
) -> None:
    words = {"noise_std": SIGMA, "fixed": HELD}
    result = fitting.fit(MODEL, X, data(), start={}, **words)
    low, high = fitting.profile(
        MODEL, X, data(), result=result, name=name, probability=probability, **words
    )
    value, error = result[name]
    reach = norm.ppf((1 + probability) / 2) * error
    assert low == pytest.approx(value - reach, abs=1e-3 * error)
    assert high == pytest.approx(value + reach, abs=1e-3 * error)


def test_profile_of_a_skewed_parameter_ends_where_chi2_has_risen() -> None:
    result = fitting.fit(MODEL, X, data(), noise_std=4 * SIGMA, start={"time_constant": 0.7})
    ends = fitting.profile(
        MODEL,
        X,
        data(),
        noise_std=4 * SIGMA,
        result=result,
        name="time_constant",
        probability=0.6826894921,
    )
    for end in ends:
        # chi2 minimised over the amplitudes by linear algebra
        design = np.stack([np.exp(-X / end), np.ones_like(X)], axis=1)
        _, rest, *_ = np.linalg.lstsq(design, data())
        assert rest[0] / (4 * SIGMA) ** 2 - result.chi2 == pytest.approx(1.0, abs=1e-3)
    value = result["time_constant"][0]
    assert ends[1] - value > 1.2 * (value - ends[0])


def test_profile_covers_as_often_as_it_says_where_a_parabola_does_not() -> None:
    # the time constant of a short record: strongly skewed
    x = np.linspace(0, 1.0, 24)
    model = fitting.exponential_decay()
    covered = []
    for seed in range(100):
        y = np.exp(-x) + 0.15 * np.random.default_rng(seed).normal(size=x.size)
        result = fitting.fit(model, x, y, noise_std=0.15, start=[1.0])
        low, high = fitting.profile(
            model,
            x,
            y,
            noise_std=0.15,
            result=result,
            name="time_constant",
            probability=0.683,
        )
        covered.append(low <= 1.0 <= high)
    assert abs(np.mean(covered) - 0.683) < 3 * np.sqrt(0.683 * 0.317 / 100)


def test_profile_stops_at_a_bound() -> None:
    bounds = {"time_constant": (0.9, 1.2)}
    words = {"noise_std": 5 * SIGMA, "bounds": bounds}
    result = fitting.fit(MODEL, X, data(), start={"time_constant": 1.0}, **words)
    ends = fitting.profile(
        MODEL, X, data(), result=result, name="time_constant", probability=0.99, **words
    )
    assert ends == (0.9, 1.2)


def test_profile_of_a_parameter_at_its_bound_gives_the_other_end() -> None:
    bounds = {"time_constant": (1.5, 20.0)}
    words = {"noise_std": 5 * SIGMA, "bounds": bounds}
    result = fitting.fit(MODEL, X, data(), start={"time_constant": 2.0}, **words)
    assert result.at_bounds == ("time_constant",)
    low, high = fitting.profile(
        MODEL, X, data(), result=result, name="time_constant", probability=0.95, **words
    )
    assert low == pytest.approx(1.5, rel=1e-3)
    assert 1.5 < high < 20


def test_profile_of_something_undetermined_never_ends() -> None:
    y = SIGMA * np.random.default_rng(0).normal(size=X.size)
    model = fitting.exponential_decay()
    result = fitting.fit(model, X, y, noise_std=SIGMA, start=[1.0])
    low, high = fitting.profile(
        model, X, y, noise_std=SIGMA, result=result, name="time_constant", probability=0.95
    )
    assert low <= 1e-20
    assert high == np.inf


def test_profile_that_finds_a_better_minimum_says_so() -> None:
    result = fitting.fit(MODEL, X, data(), noise_std=SIGMA, start={"time_constant": 1.0})
    worse = dataclasses.replace(result, chi2=result.chi2 + 30)
    with pytest.raises(Undetermined, match="side minimum"):
        fitting.profile(
            MODEL,
            X,
            data(),
            noise_std=SIGMA,
            result=worse,
            name="time_constant",
            probability=0.95,
        )


def test_profile_needs_noise_and_a_probability() -> None:
    result = fitting.fit(MODEL, X, data(), noise_std=SIGMA, start={"time_constant": 1.0})
    words = {"result": result, "name": "offset"}
    with pytest.raises(Undetermined, match="no scale for an interval"):
        fitting.profile(MODEL, X, data(), probability=0.95, **words)
    with pytest.raises(ValueError, match="probability 95"):
        fitting.profile(MODEL, X, data(), probability=95, noise_std=SIGMA, **words)
    with pytest.raises(UnknownWord, match="unknown of the fit"):
        fitting.profile(
            MODEL, X, data(), probability=0.95, noise_std=SIGMA, result=result, name="plateau"
        )


@pytest.mark.parametrize("kind", ["parametric", "residual"])
def test_bootstrap_of_a_linear_fit_has_its_covariance(kind: str) -> None:
    x = np.linspace(0.0, 4.0, 401)
    y = 3 * np.exp(-x) + 0.5 + SIGMA * np.random.default_rng(3).normal(size=x.size)
    words = {"noise_std": SIGMA, "fixed": HELD}
    result = fitting.fit(MODEL, x, y, start={}, **words)
    again = fitting.bootstrap(MODEL, x, y, result=result, draws=1000, seed=5, kind=kind, **words)
    seen = np.cov(again.samples[:, 1:].T)
    expected = result.covariance_of("amplitude", "offset")
    if kind == "residual":  # it knows the noise of this record, not the stated one
        expected = expected * result.chi2 / result.degrees_of_freedom
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs(seen - expected).max() < 4 * np.sqrt(2 / 1000) * scale.max()
    assert abs(again.of("offset").mean() - result["offset"][0]) < 4 * again.std("offset") / 31
    assert again.failed == 0
    assert np.all(again.of("time_constant") == 1.0)


def test_bootstrap_follows_correlated_noise() -> None:
    covariance = SIGMA**2 * np.exp(-np.abs(X[:, None] - X) / 0.5)
    words = {"noise_covariance": covariance, "fixed": HELD}
    result = fitting.fit(MODEL, X, data(), start={}, noise_std=None, **words)
    again = fitting.bootstrap(MODEL, X, data(), result=result, draws=1000, seed=6, **words)
    assert again.std("offset") == pytest.approx(result["offset"][1], rel=4 / np.sqrt(2 * 1000))


def test_bootstrap_of_complex_records_has_noise_in_both_channels() -> None:
    times = 1e-6 * (5 + np.arange(100))
    model = fitting.fid_lorentzian()
    clean = model.evaluate(times, [3e3, 2e4, 20.0, 10.0])
    result = fitting.fit(model, times, clean, noise_std=1.0, start=[1e3, 1.5e4])
    again = fitting.bootstrap(model, times, clean, result=result, draws=600, seed=7, noise_std=1.0)
    for name in result.names:
        assert again.std(name) == pytest.approx(result[name][1], rel=4 / np.sqrt(2 * 600))


def test_bootstrap_of_a_skewed_parameter_is_skewed_like_its_profile() -> None:
    x = np.linspace(0, 1.0, 24)
    y = np.exp(-x)
    model = fitting.exponential_decay()
    result = fitting.fit(model, x, y, noise_std=0.1, start=[0.8])
    again = fitting.bootstrap(model, x, y, result=result, draws=1000, seed=8, noise_std=0.1)
    low, high = again.interval("time_constant", probability=0.683)
    ends = fitting.profile(
        model, x, y, noise_std=0.1, result=result, name="time_constant", probability=0.683
    )
    assert high - 1 > 1.3 * (1 - low)
    # of exact data both describe estimates around the truth: percentiles of an estimator that
    # rises with the data, and the mirror of where chi2 would reject
    assert low == pytest.approx(ends[0], rel=0.06)
    assert high == pytest.approx(ends[1], rel=0.12)


def test_bootstrap_repeats_itself_for_a_seed() -> None:
    result = fitting.fit(MODEL, X, data(), noise_std=SIGMA, start={"time_constant": 1.0})
    one, same, other = (
        fitting.bootstrap(MODEL, X, data(), result=result, draws=5, seed=s, noise_std=SIGMA)
        for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.samples, same.samples)
    assert np.all(one.of("offset") != other.of("offset"))


def test_bootstrap_refuses_what_it_cannot_draw() -> None:
    result = fitting.fit(MODEL, X, data(), noise_std=SIGMA, start={"time_constant": 1.0})
    words = {"result": result, "draws": 5, "seed": 1}
    with pytest.raises(Undetermined, match="no noise to draw from"):
        fitting.bootstrap(MODEL, X, data(), **words)
    with pytest.raises(Undetermined, match="lose the correlation"):
        fitting.bootstrap(
            MODEL, X, data(), kind="residual", noise_covariance=np.eye(X.size), **words
        )
    with pytest.raises(UnknownWord, match="kind of bootstrap"):
        fitting.bootstrap(MODEL, X, data(), kind="wild", noise_std=SIGMA, **words)


def test_bootstrap_refuses_a_biased_choice_of_refits(monkeypatch: pytest.MonkeyPatch) -> None:
    from megabar.fitting import series

    result = fitting.fit(MODEL, X, data(), noise_std=SIGMA, start={"time_constant": 1.0})
    monkeypatch.setattr(series, "_MOST_STEPS", 1)
    with pytest.raises(FitFailed, match="biased choice"):
        fitting.bootstrap(MODEL, X, data(), result=result, draws=20, seed=1, noise_std=SIGMA)
