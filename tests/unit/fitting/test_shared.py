"""Shared parameters: against one brute-force fit of everything."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from megabar import fitting
from megabar.errors import FitFailed, UnknownWord
from megabar.fitting import shared

X = np.linspace(-40.0, 40.0, 101)
LINE = fitting.combine(fitting.line_lorentzian(), background=0)
CENTRES = np.array([-4.0, 0.0, 3.0, 5.0])
AREAS = np.array([60.0, 90.0, 120.0, 40.0])
LEVELS = np.array([0.1, 0.2, 0.3, 0.2])


def data(seed: int = 7) -> np.ndarray:
    values = np.stack([CENTRES, 0 * CENTRES + 8.0, AREAS, 0 * CENTRES + 0.5], axis=-1)
    noise = np.random.default_rng(seed).normal(size=(4, X.size))
    return LINE.evaluate(X, values) + LEVELS[:, None] * noise


def shared_fit(**change: object) -> fitting.SharedFit:
    words = {
        "shared": ["fwhm"],
        "noise_std": LEVELS[:, None],
        "start": {"frequency": CENTRES + 1.0, "fwhm": 10.0},
    } | change
    return fitting.fit_shared(LINE, X, data(), **words)


def test_block_arrow_is_the_brute_force_fit_of_everything() -> None:
    y = data()

    def residuals(p: np.ndarray) -> np.ndarray:
        own = p[1:].reshape(4, 3)
        values = np.stack([own[:, 0], np.full(4, p[0]), own[:, 1], own[:, 2]], axis=-1)
        return ((y - LINE.evaluate(X, values)) / LEVELS[:, None]).ravel()

    first = np.concatenate([[10.0], np.stack([CENTRES + 1, AREAS, 0 * AREAS], axis=-1).ravel()])
    brute = least_squares(residuals, first, x_scale="jac", xtol=1e-13, ftol=1e-13, jac="3-point")
    covariance = np.linalg.inv(brute.jac.T @ brute.jac)

    result = shared_fit()
    own = brute.x[1:].reshape(4, 3)
    errors = np.sqrt(np.diag(covariance))
    assert result["fwhm"][0] == pytest.approx(np.full(4, brute.x[0]), abs=1e-3 * errors[0])
    assert result["fwhm"][1] == pytest.approx(np.full(4, errors[0]), rel=1e-3)
    for column, name in enumerate(("frequency", "area", "background_0")):
        places = 1 + 3 * np.arange(4) + column
        block = covariance[np.ix_(places, places)]
        scale = np.sqrt(np.outer(np.diag(block), np.diag(block)))
        assert np.all(np.abs(result[name][0] - own[:, column]) < 1e-3 * errors[places])
        np.testing.assert_allclose(result.covariance_along(name) / scale, block / scale, atol=2e-3)
    together = [1, 0, 2, 3]  # frequency, fwhm, area, background of the first row
    expected = covariance[np.ix_(together, together)]
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    np.testing.assert_allclose(result.rows[0].covariance / scale, expected / scale, atol=2e-3)
    assert result.chi2 == pytest.approx(2 * brute.cost, rel=1e-6)
    assert result.degrees_of_freedom == y.size - 13


def test_sharing_nothing_is_a_series() -> None:
    result = shared_fit(shared=[])
    series = fitting.fit_series(
        LINE, X, data(), noise_std=LEVELS[:, None], start={"frequency": CENTRES, "fwhm": 10.0}
    )
    for one, other in zip(result.rows, series, strict=True):
        assert np.all(np.abs(one.values - other.values) < 1e-3 * other.std)
        np.testing.assert_allclose(one.std, other.std, rtol=1e-3)
        assert one.degrees_of_freedom == other.degrees_of_freedom


def test_sharing_everything_of_one_row_is_a_fit() -> None:
    y = data()[:1]
    start = {"frequency": 0.0, "fwhm": 10.0}
    result = fitting.fit_shared(
        LINE, X, y, shared=["frequency", "fwhm"], noise_std=0.1, start=start
    )
    alone = fitting.fit(LINE, X, y[0], noise_std=0.1, start=start)
    np.testing.assert_allclose(result.rows[0].values, alone.values, rtol=1e-5)
    np.testing.assert_allclose(result.rows[0].covariance, alone.covariance, rtol=1e-3, atol=1e-9)


def test_sharing_a_width_makes_amplitudes_of_rows_move_together() -> None:
    correlation = shared_fit().covariance_along("area")
    assert correlation[0, 1] > 0  # a wider line has more area in every row


def test_shared_parameter_at_a_bound_is_named_in_every_row() -> None:
    result = shared_fit(bounds={"fwhm": (9.5, 20.0)})
    for row in result.rows:
        assert row.at_bounds == ("fwhm",)
        assert row["fwhm"][1] == np.inf
        assert np.isfinite(row["area"][1])


def test_unknown_noise_is_one_level_for_all_rows() -> None:
    result = shared_fit(noise_std=None)
    residuals = np.array([row.residuals for row in result.rows])
    level = np.sqrt(np.sum(residuals**2) / result.degrees_of_freedom)
    known = shared_fit(noise_std=level)
    np.testing.assert_allclose(result["area"][1], known["area"][1], rtol=1e-6)


def test_values_held_stay_and_have_no_error() -> None:
    result = shared_fit(fixed={"background_0": 0.5})
    assert np.all(result["background_0"][0] == 0.5)
    assert np.all(result["background_0"][1] == 0)


def test_interchangeable_parts_are_reported_in_order_if_all_or_none_is_shared() -> None:
    time = np.geomspace(0.01, 30, 80)
    y = np.array([[3.0], [2.0]]) * np.exp(-time / 0.3) + np.array([[5.0], [9.0]]) * np.exp(-time)
    names = ["time_constant_fast", "time_constant_slow"]
    for chosen in (names, []):
        result = fitting.fit_shared(
            fitting.biexponential_decay(),
            time,
            y,
            shared=chosen,
            noise_std=0.01,
            start=dict(zip(names, (1.5, 0.2), strict=True)),
        )
        np.testing.assert_allclose(result["time_constant_fast"][0], 0.3, rtol=1e-5)
        np.testing.assert_allclose(result["amplitude_slow"][0], [5.0, 9.0], rtol=1e-5)


def test_what_no_row_determines_is_said() -> None:
    result = fitting.fit_shared(
        fitting.line_gaussian(),
        X,
        np.zeros((3, X.size)),
        shared=["fwhm"],
        noise_std=1.0,
        start=[0.0, 5.0],
    )
    assert np.all(result["fwhm"][1] == np.inf)
    assert np.all(np.isfinite(result["area"][1]))
    assert "do not determine" in result.rows[0].reason


def test_failed_shared_fit_hands_over_its_last_iterate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "_MOST_STEPS", 1)
    with pytest.raises(FitFailed, match="steps exhausted") as caught:
        shared_fit()
    assert caught.value.last.success is False
    assert caught.value.last.chi2 == np.inf
    assert np.all(caught.value.last["area"][1] == np.inf)


def test_shared_parameter_needs_one_start() -> None:
    with pytest.raises(ValueError, match="one value for all rows"):
        shared_fit(start={"frequency": 0.0, "fwhm": np.array([8.0, 9.0, 10.0, 11.0])})


def test_amplitudes_cannot_be_shared() -> None:
    with pytest.raises(UnknownWord, match="shared parameter 'area'"):
        shared_fit(shared=["area"])
