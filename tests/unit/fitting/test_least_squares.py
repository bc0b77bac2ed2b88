"""One fit: against linear algebra, scipy's curve_fit, and brute-force joint Jacobians."""

import dataclasses

import numpy as np
import pytest
from scipy.optimize import curve_fit

from megabar import fitting
from megabar.errors import FitFailed, Undetermined, UnknownWord
from megabar.fitting import least_squares

X = np.linspace(-40.0, 40.0, 321)
LINE = fitting.combine(fitting.line_lorentzian(), background=1)
TRUTH = {"frequency": 3.0, "fwhm": 8.0, "area": 100.0, "background_0": 0.3, "background_1": -0.2}
START = {"frequency": 1.0, "fwhm": 10.0}
SIGMA = 0.2
TIMES = 5e-6 + 1e-6 * np.arange(300)


def line_data(seed: int = 1, sigma: object = SIGMA) -> np.ndarray:
    clean = LINE.evaluate(X, [TRUTH[name] for name in LINE.names])
    return clean + sigma * np.random.default_rng(seed).normal(size=X.size)


def fid_data(seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    clean = fitting.fid_lorentzian().evaluate(TIMES, [3e3, 8e3, 20.0, 10.0])
    return clean + rng.normal(size=TIMES.size) + 1j * rng.normal(size=TIMES.size)


def test_fit_agrees_with_curve_fit_in_values_and_errors() -> None:
    sigma = np.linspace(0.1, 0.4, X.size)
    y = line_data(sigma=sigma)

    def curve(x, frequency, fwhm, area, constant, slope):
        line = area / np.pi * (fwhm / 2) / ((x - frequency) ** 2 + (fwhm / 2) ** 2)
        return line + constant + slope * x / 40.0

    values, covariance = curve_fit(
        curve, X, y, p0=[1, 10, 80, 0, 0], sigma=sigma, absolute_sigma=True, xtol=1e-12, ftol=1e-12
    )
    result = fitting.fit(LINE, X, y, noise_std=sigma, start=START)
    np.testing.assert_allclose(result.values, values, atol=1e-4 * result.std.min())
    np.testing.assert_allclose(result.covariance, covariance, rtol=1e-3, atol=1e-6)


def test_covariance_is_the_inverse_of_the_joint_normal_matrix_for_complex_amplitudes() -> None:
    model = fitting.combine(fitting.fid_lorentzian(), fitting.fid_gaussian(), background=0)
    values = np.array([3e3, 8e3, -2e4, 1.5e4, 20.0, 10.0, 30.0, -5.0, 0.1, 0.2])
    result = fitting.fit(
        model, TIMES, model.evaluate(TIMES, values), noise_std=0.5, start=values[:4]
    )
    np.testing.assert_allclose(result.values, values, rtol=1e-6)
    columns = []
    for k, value in enumerate(values):
        step = np.zeros_like(values)
        step[k] = 1e-4 * abs(value)
        rise = model.evaluate(TIMES, values + step) - model.evaluate(TIMES, values - step)
        columns.append((rise / (2 * step[k])).view(float) / 0.5)
    expected = np.linalg.inv(np.array(columns) @ np.array(columns).T)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    np.testing.assert_allclose(result.covariance / scale, expected / scale, atol=1e-5)


def test_errors_follow_the_stated_noise_and_never_the_misfit() -> None:
    y = line_data()
    true = fitting.fit(LINE, X, y, noise_std=SIGMA, start=START)
    bold = fitting.fit(LINE, X, y, noise_std=SIGMA / 3, start=START)
    np.testing.assert_allclose(bold.std, true.std / 3, rtol=1e-6)
    assert bold.chi2 == pytest.approx(9 * true.chi2, rel=1e-6)
    assert true.chi2_probability > 0.001
    assert bold.chi2_probability < 1e-100


def test_unknown_noise_is_estimated_and_said_to_be() -> None:
    y = line_data()
    result = fitting.fit(LINE, X, y, noise_std=None, start=START)
    assert result.noise_origin == "estimated from the residuals"
    level = np.sqrt(np.sum(result.residuals**2) / result.degrees_of_freedom)
    known = fitting.fit(LINE, X, y, noise_std=level, start=START)
    np.testing.assert_allclose(result.std, known.std, rtol=1e-6)
    assert np.isnan(result.chi2_probability)
    assert known.noise_origin == "given"


def test_degrees_of_freedom_count_pairs_of_complex_points() -> None:
    result = fitting.fit(
        fitting.fid_lorentzian(), TIMES, fid_data(), noise_std=1.0, start=[2e3, 9e3]
    )
    assert result.degrees_of_freedom == 2 * TIMES.size - 4
    assert abs(result.chi2 - 596) < 4 * np.sqrt(2 * 596)


def test_residuals_are_data_minus_model_in_the_unit_of_the_data() -> None:
    y = line_data()
    result = fitting.fit(LINE, X, y, noise_std=np.full(X.size, SIGMA), start=START)
    np.testing.assert_allclose(result.residuals, y - LINE.evaluate(X, result.values), atol=1e-12)
    assert np.sum((result.residuals / SIGMA) ** 2) == pytest.approx(result.chi2)


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_fit_does_not_depend_on_the_unit_of_the_data(unit: float) -> None:
    one = fitting.fit(LINE, X, line_data(), noise_std=None, start=START)
    other = fitting.fit(LINE, X, unit * line_data(), noise_std=None, start=START)
    np.testing.assert_allclose(other.values[:2], one.values[:2], rtol=1e-6)
    np.testing.assert_allclose(other.values[2:], unit * one.values[2:], rtol=1e-4)


def test_turning_the_phase_turns_the_amplitude_alone() -> None:
    one = fitting.fit(fitting.fid_lorentzian(), TIMES, fid_data(), noise_std=1.0, start=[2e3, 9e3])
    turned = fitting.fit(
        fitting.fid_lorentzian(), TIMES, 1j * fid_data(), noise_std=1.0, start=[2e3, 9e3]
    )
    np.testing.assert_allclose(turned.values[:2], one.values[:2], rtol=1e-6)
    np.testing.assert_allclose(turned.values[2:], [-one.values[3], one.values[2]], rtol=1e-4)


def test_linear_fit_is_that_of_linear_algebra() -> None:
    y = line_data()
    fixed = {"frequency": 3.0, "fwhm": 8.0}
    result = fitting.fit(LINE, X, y, noise_std=SIGMA, start={}, fixed=fixed)
    design = LINE.basis(X, np.array([3.0, 8.0])).T
    expected = np.linalg.lstsq(design, y)[0]
    np.testing.assert_allclose(result.values[2:], expected, rtol=1e-9)
    covariance = SIGMA**2 * np.linalg.inv(design.T @ design)
    np.testing.assert_allclose(result.covariance[2:, 2:], covariance, rtol=1e-9)
    assert result["fwhm"] == (8.0, 0.0)


def test_fixed_amplitude_is_subtracted_and_has_no_error() -> None:
    y = line_data()
    held = fitting.fit(
        LINE, X, y, noise_std=SIGMA, start=START, fixed={"background_1": -0.2, "area": 100.0}
    )
    assert held["background_1"] == (-0.2, 0.0)
    assert held["area"] == (100.0, 0.0)
    plain = fitting.combine(fitting.line_lorentzian(), background=0)
    other = fitting.fit(
        plain, X, y + 0.2 * X / 40, noise_std=SIGMA, start=START, fixed={"area": 100.0}
    )
    np.testing.assert_allclose(held["fwhm"], other["fwhm"], rtol=1e-5)
    np.testing.assert_allclose(held["background_0"], other["background_0"], rtol=1e-5)


def test_diagonal_covariance_is_the_same_as_levels() -> None:
    sigma = np.linspace(0.1, 0.4, X.size)
    y = line_data(sigma=sigma)
    levels = fitting.fit(LINE, X, y, noise_std=sigma, start=START)
    matrix = fitting.fit(
        LINE, X, y, noise_std=None, noise_covariance=np.diag(sigma**2), start=START
    )
    np.testing.assert_allclose(matrix.values, levels.values, rtol=1e-6)
    np.testing.assert_allclose(matrix.std, levels.std, rtol=1e-6)
    assert matrix.noise_origin == "given with covariance"


def test_correlated_noise_gives_the_generalised_least_squares_of_linear_algebra() -> None:
    distance = np.abs(X[:, None] - X)
    covariance = SIGMA**2 * np.exp(-distance / 2.0)
    rng = np.random.default_rng(3)
    y = line_data(sigma=0.0) + np.linalg.cholesky(covariance) @ rng.normal(size=X.size)
    fixed = {"frequency": 3.0, "fwhm": 8.0}
    result = fitting.fit(
        LINE, X, y, noise_std=None, noise_covariance=covariance, start={}, fixed=fixed
    )
    design = LINE.basis(X, np.array([3.0, 8.0])).T
    weights = np.linalg.inv(covariance)
    expected = np.linalg.inv(design.T @ weights @ design)
    np.testing.assert_allclose(result.covariance[2:, 2:], expected, rtol=1e-6)
    np.testing.assert_allclose(result.values[2:], expected @ design.T @ weights @ y, rtol=1e-6)


def test_points_that_say_the_same_twice_count_once() -> None:
    y = line_data()
    few = slice(None, None, 3)
    twice = np.repeat(np.arange(X.size)[few], 2)
    covariance = SIGMA**2 * (twice[:, None] == twice)
    once = fitting.fit(LINE, X[few], y[few], noise_std=SIGMA, start=START)
    both = fitting.fit(
        LINE, X[twice], y[twice], noise_std=None, noise_covariance=covariance, start=START
    )
    np.testing.assert_allclose(both.values, once.values, rtol=1e-5)
    np.testing.assert_allclose(both.std, once.std, rtol=1e-6)
    assert both.degrees_of_freedom == once.degrees_of_freedom


def test_parameter_at_its_bound_is_named_and_has_no_error() -> None:
    y = line_data()
    result = fitting.fit(LINE, X, y, noise_std=SIGMA, start=START, bounds={"fwhm": (9.0, 20.0)})
    assert result.at_bounds == ("fwhm",)
    assert result["fwhm"][0] == pytest.approx(9.0, rel=1e-3)
    assert result["fwhm"][1] == np.inf
    assert "fwhm at a bound" in result.reason
    held = fitting.fit(LINE, X, y, noise_std=SIGMA, start=START, fixed={"fwhm": 9.0})
    assert result["area"][1] == pytest.approx(held["area"][1], rel=1e-2)


def test_lorentzian_data_put_the_gaussian_width_of_a_voigt_line_at_its_bound_or_give_an_error() -> (
    None
):
    model = fitting.line_voigt()
    lorentz = fitting.line_lorentzian().evaluate(X, [3.0, 8.0, 100.0])
    result = fitting.fit(
        model,
        X,
        lorentz,
        noise_std=SIGMA,
        start={"frequency": 2.0, "fwhm_gaussian": 4.0, "fwhm_lorentzian": 6.0},
    )
    value, error = result["fwhm_gaussian"]
    assert value < 0.3
    assert error > value
    assert result["fwhm_lorentzian"][0] == pytest.approx(8.0, abs=0.05)


def test_what_the_data_do_not_determine_has_an_infinite_error_and_a_reason() -> None:
    pair = fitting.combine(fitting.line_lorentzian(), fitting.line_lorentzian())
    fixed = {"frequency_1": 3.0, "fwhm_1": 8.0, "frequency_2": 3.0, "fwhm_2": 8.0}
    result = fitting.fit(pair, X, line_data(), noise_std=SIGMA, start={}, fixed=fixed)
    assert result["area_1"][1] == result["area_2"][1] == np.inf
    assert np.isnan(result.covariance_of("area_1", "area_2")[0, 1])
    assert "do not determine area_1, area_2" in result.reason


def test_what_is_determined_keeps_its_error_beside_what_is_not() -> None:
    trio = fitting.combine(
        fitting.line_lorentzian(), fitting.line_lorentzian(), fitting.line_gaussian()
    )
    fixed = {"frequency_1": 30.0, "fwhm_1": 8.0, "frequency_2": 30.0, "fwhm_2": 8.0}
    y = line_data()
    start = {"frequency_3": 2.0, "fwhm_3": 9.0}
    result = fitting.fit(trio, X, y, noise_std=SIGMA, start=start, fixed=fixed)
    two = fitting.combine(fitting.line_lorentzian(), fitting.line_gaussian())
    less = fitting.fit(
        two,
        X,
        y,
        noise_std=SIGMA,
        start={"frequency_2": 2.0, "fwhm_2": 9.0},
        fixed={"frequency_1": 30.0, "fwhm_1": 8.0},
    )
    assert result["area_1"][1] == np.inf
    np.testing.assert_allclose(result["fwhm_3"], less["fwhm_2"], rtol=1e-5)
    np.testing.assert_allclose(result["area_3"], less["area_2"], rtol=1e-5)


def test_a_width_without_a_line_is_not_determined() -> None:
    result = fitting.fit(
        fitting.line_gaussian(), X, np.zeros(X.size), noise_std=SIGMA, start=[0.0, 5.0]
    )
    assert result["fwhm"][1] == np.inf
    assert np.isfinite(result["area"][1])


def test_interchangeable_parts_are_reported_fast_before_slow() -> None:
    time = np.geomspace(0.01, 30, 100)
    y = 3 * np.exp(-time / 0.3) + 5 * np.exp(-time / 5)
    result = fitting.fit(
        fitting.biexponential_decay(),
        time,
        y,
        noise_std=0.01,
        start={"time_constant_fast": 8.0, "time_constant_slow": 0.1},
    )
    np.testing.assert_allclose(result.values, [0.3, 5.0, 3.0, 5.0], rtol=1e-6)


def test_failed_fit_raises_and_hands_over_its_last_iterate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(least_squares, "_EVALUATIONS", 1)
    with pytest.raises(FitFailed, match="its last iterate is no result") as caught:
        fitting.fit(LINE, X, line_data(), noise_std=SIGMA, start=START)
    assert caught.value.last.success is False
    assert caught.value.last.chi2 == np.inf
    assert np.all(caught.value.last.std == np.inf)
    assert caught.value.reason == caught.value.last.reason


def test_start_where_the_model_is_not_finite_fails_and_says_so() -> None:
    broken = dataclasses.replace(
        fitting.line_gaussian(),
        basis_and_jacobian=None,
        basis=lambda x, theta: np.full((len(theta), 1, x.size), np.nan),
    )
    with pytest.raises(FitFailed, match="not finite at the start"):
        fitting.fit(broken, X, line_data(), noise_std=SIGMA, start=[0.0, 5.0])


def test_derived_quantity_has_the_linearised_error() -> None:
    result = fitting.fit(LINE, X, line_data(), noise_std=SIGMA, start=START)
    value, error = result.derived(lambda area, fwhm: 2 * area / fwhm, "area", "fwhm")
    gradient = np.array([2 / result["fwhm"][0], -value / result["fwhm"][0]])
    expected = np.sqrt(gradient @ result.covariance_of("area", "fwhm") @ gradient)
    assert value == pytest.approx(2 * result["area"][0] / result["fwhm"][0])
    assert error == pytest.approx(expected, rel=1e-5)


def test_derived_quantity_of_something_undetermined_is_undetermined() -> None:
    result = fitting.fit(
        fitting.line_gaussian(), X, np.zeros(X.size), noise_std=SIGMA, start=[0.0, 5.0]
    )
    assert result.derived(lambda fwhm: 2 * fwhm, "fwhm") == (10.0, np.inf)


def test_result_can_start_the_next_fit() -> None:
    result = fitting.fit(LINE, X, line_data(), noise_std=SIGMA, start=START)
    again = fitting.fit(LINE, X, line_data(), noise_std=SIGMA, start=result.as_start())
    np.testing.assert_allclose(again.values, result.values, rtol=1e-6)
    assert again.evaluations <= result.evaluations


def test_result_names_the_unknown_that_was_meant() -> None:
    result = fitting.fit(LINE, X, line_data(), noise_std=SIGMA, start=START)
    with pytest.raises(UnknownWord, match="Did you mean fwhm"):
        _ = result["fwmh"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": {"frequency": 0.0}}, "no start for fwhm"),
        ({"start": {"frequency": 0.0, "fwhm": -1.0}}, "outside its bounds"),
        ({"start": {"frequency": 0.0, "fwhm": 1.0, "fwmh": 1.0}}, "Did you mean fwhm"),
        ({"start": [0.0]}, "start values for the parameters"),
        ({"noise_std": 0.0}, "finite levels above 0"),
        ({"noise_std": [1.0, 2.0]}, "noise_std of shape"),
        ({"noise_covariance": np.eye(X.size)}, "Give one, not both"),
        ({"noise_std": None, "noise_covariance": np.eye(3)}, "noise covariance of shape"),
        (
            {"noise_std": None, "noise_covariance": np.triu(np.ones((X.size, X.size)))},
            "not Hermitian",
        ),
        ({"noise_std": None, "noise_covariance": -np.eye(X.size)}, "must not be negative"),
        (
            {"noise_std": None, "noise_covariance": np.eye(X.size) * (1 + 0j)},
            "complex noise covariance for real data",
        ),
        ({"bounds": {"area": (0.0, 1.0)}}, "clipped amplitude"),
        ({"bounds": {"fwhm": (2.0, 1.0)}}, "lower must be below"),
        ({"fixed": {"fwhm": np.nan}}, "Fix it at a finite number"),
        ({"y": np.full(X.size, np.nan)}, "321 values that are not finite"),
        ({"y": np.zeros(3)}, "Give x"),
        ({"model": fitting.fid_lorentzian()}, "Give its phase"),
        ({"model": fitting.fid_lorentzian(phase=0.0)}, "real data for a complex model"),
    ],
)
def test_fit_refuses(change: dict, message: str) -> None:
    words = {"model": LINE, "y": np.ones(X.size), "noise_std": SIGMA, "start": START} | change
    with pytest.raises(ValueError, match=message):
        fitting.fit(words.pop("model"), X, words.pop("y"), **words)


@pytest.mark.parametrize(("points", "noise", "enough"), [(4, 1.0, False), (5, None, False)])
def test_fit_refuses_fewer_points_than_unknowns(points: int, noise: object, enough: bool) -> None:
    assert not enough
    with pytest.raises(Undetermined, match="free unknowns"):
        fitting.fit(LINE, X[:points], np.ones(points), noise_std=noise, start=START)


def test_model_without_bounds_is_fitted_by_lm_and_gives_the_same() -> None:
    free = dataclasses.replace(LINE, lower=(-np.inf, -np.inf))
    unbounded = fitting.fit(free, X, line_data(), noise_std=SIGMA, start=START)
    bounded = fitting.fit(LINE, X, line_data(), noise_std=SIGMA, start=START)
    assert "least_squares lm" in unbounded.engine
    assert "least_squares trf" in bounded.engine
    np.testing.assert_allclose(unbounded.values, bounded.values, atol=1e-4 * bounded.std.min())
    np.testing.assert_allclose(unbounded.std, bounded.std, rtol=1e-4)
