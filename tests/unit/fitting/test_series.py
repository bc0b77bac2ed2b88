"""Series: each row as if alone, and what rows do for each other."""

from dataclasses import replace

import numpy as np
import pytest

from megabar import fitting

X = np.linspace(-40.0, 40.0, 161)
LINE = fitting.combine(fitting.line_lorentzian(), background=0)
TIMES = 5e-6 + 1e-6 * np.arange(200)


def rows(n: int = 12, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.stack(
        [
            rng.uniform(-5, 5, n),
            rng.uniform(6, 12, n),
            rng.uniform(50, 150, n),
            rng.uniform(-1, 1, n),
        ],
        axis=-1,
    )
    return truth, LINE.evaluate(X, truth) + 0.2 * rng.normal(size=(n, X.size))


def same(one: fitting.Fit, other: fitting.Fit) -> None:
    """Two engines meet far within the error, and claim the same error."""
    assert np.all(np.abs(one.values - other.values) <= 1e-3 * other.std)
    np.testing.assert_allclose(one.std, other.std, rtol=1e-3)
    assert one.chi2 == pytest.approx(other.chi2, rel=1e-6)
    assert one.degrees_of_freedom == other.degrees_of_freedom


def test_rows_are_fitted_as_if_each_were_alone() -> None:
    _, y = rows()
    start = {"frequency": 0.0, "fwhm": 9.0}
    series = fitting.fit_series(LINE, X, y, noise_std=0.2, start=start)
    for row, result in zip(y, series, strict=True):
        same(result, fitting.fit(LINE, X, row, noise_std=0.2, start=start))


def test_noise_may_differ_from_row_to_row_and_point_to_point() -> None:
    _, y = rows(4)
    start = {"frequency": 0.0, "fwhm": 9.0}
    levels = np.array([0.1, 0.2, 0.3, 0.4])[:, None]
    points = levels * np.linspace(1, 2, X.size)
    by_row = fitting.fit_series(LINE, X, y, noise_std=levels, start=start)
    by_point = fitting.fit_series(LINE, X, y, noise_std=points, start=start)
    for k in range(4):
        same(by_row[k], fitting.fit(LINE, X, y[k], noise_std=levels[k, 0], start=start))
        same(by_point[k], fitting.fit(LINE, X, y[k], noise_std=points[k], start=start))


def test_unknown_noise_is_estimated_row_by_row() -> None:
    _, y = rows(3)
    start = {"frequency": 0.0, "fwhm": 9.0}
    series = fitting.fit_series(LINE, X, y, noise_std=None, start=start)
    for row, result in zip(y, series, strict=True):
        same(result, fitting.fit(LINE, X, row, noise_std=None, start=start))
        assert result.noise_origin == "estimated from the residuals"


def test_values_held_may_differ_from_row_to_row() -> None:
    truth, y = rows(4)
    start = {"frequency": 0.0}
    series = fitting.fit_series(
        LINE, X, y, noise_std=0.2, start=start, fixed={"fwhm": truth[:, 1], "background_0": 0.1}
    )
    for k in range(4):
        alone = fitting.fit(
            LINE,
            X,
            y[k],
            noise_std=0.2,
            start=start,
            fixed={"fwhm": truth[k, 1], "background_0": 0.1},
        )
        same(series[k], alone)


def test_order_of_rows_does_not_matter() -> None:
    _, y = rows()
    order = np.random.default_rng(5).permutation(len(y))
    start = {"frequency": 0.0, "fwhm": 9.0}
    straight = fitting.fit_series(LINE, X, y, noise_std=0.2, start=start)
    mixed = fitting.fit_series(LINE, X, y[order], noise_std=0.2, start=start)
    for k, row in enumerate(order):
        same(mixed[k], straight[row])


def test_longer_series_than_one_block_keeps_its_order() -> None:
    x = np.linspace(-40.0, 40.0, 20_000)
    centres = np.linspace(-5, 5, 9)
    y = LINE.evaluate(x, np.stack([centres, *np.full((3, 9), [[8.0], [90.0], [0.0]])], axis=-1))
    series = fitting.fit_series(LINE, x, y, noise_std=0.2, start={"frequency": 0.0, "fwhm": 9.0})
    found = [result["frequency"][0] for result in series]
    np.testing.assert_allclose(found, centres, atol=1e-6)


def sick_model() -> fitting.Model:
    """A line that has no value for widths above 100."""
    line = fitting.line_lorentzian()

    def basis(x: np.ndarray, theta: np.ndarray) -> np.ndarray:
        values = line.basis(x, theta)
        return np.where(theta[..., 1, None, None] > 100, np.nan, values)

    return replace(line, basis=basis, basis_and_jacobian=None)


def test_row_that_fails_stops_no_other_and_is_worse_than_any_success() -> None:
    _, y = rows(5)
    start = {"frequency": 0.0, "fwhm": np.array([9.0, 9.0, 200.0, 9.0, 9.0])}
    series = fitting.fit_series(sick_model(), X, y, noise_std=0.2, start=start, warm_start=False)
    assert [result.success for result in series] == [True, True, False, True, True]
    assert series[2].chi2 == np.inf
    assert np.all(series[2].std == np.inf)
    assert series[2]["fwhm"][0] == 200.0
    assert series[2].reason == "no step lowers chi2"


def test_row_that_fails_is_tried_again_from_its_neighbour() -> None:
    _, y = rows(5)
    start = {"frequency": 0.0, "fwhm": np.array([9.0, 9.0, 200.0, 9.0, 9.0])}
    series = fitting.fit_series(sick_model(), X, y, noise_std=0.2, start=start)
    assert all(result.success for result in series)


def test_series_starts_from_its_co_added_rows_even_if_their_signs_alternate() -> None:
    signs = np.cos(np.arange(10))
    y = LINE.evaluate(X, np.stack([0 * signs + 3, 0 * signs + 8, 90 * signs, 0 * signs], axis=-1))
    start = {"frequency": -2.0, "fwhm": 14.0}
    warm = fitting.fit_series(LINE, X, y, noise_std=0.2, start=start)
    cold = fitting.fit_series(LINE, X, y, noise_std=0.2, start=start, warm_start=False)
    for one, other in zip(warm, cold, strict=True):
        same(one, other)
    assert sum(f.evaluations for f in warm) < sum(f.evaluations for f in cold) / 2


def test_series_of_complex_records_shares_nothing_but_the_start() -> None:
    rng = np.random.default_rng(4)
    truth = np.array([[3e3, 8e3, 20.0, 10.0], [-2e3, 6e3, -15.0, 12.0], [1e3, 9e3, 5.0, -20.0]])
    clean = fitting.fid_lorentzian().evaluate(TIMES, truth)
    y = clean + rng.normal(size=clean.shape) + 1j * rng.normal(size=clean.shape)
    series = fitting.fit_series(fitting.fid_lorentzian(), TIMES, y, noise_std=1.0, start=[0.0, 7e3])
    for row, result in zip(y, series, strict=True):
        alone = fitting.fit(fitting.fid_lorentzian(), TIMES, row, noise_std=1.0, start=[0.0, 7e3])
        same(result, alone)


def test_bounds_hold_in_a_series_and_are_named() -> None:
    _, y = rows(6)
    series = fitting.fit_series(
        LINE,
        X,
        y,
        noise_std=0.2,
        start={"frequency": 0.0, "fwhm": 9.0},
        bounds={"fwhm": (8.5, 9.5)},
    )
    for row, result in zip(y, series, strict=True):
        alone = fitting.fit(
            LINE,
            X,
            row,
            noise_std=0.2,
            start={"frequency": 0.0, "fwhm": 9.0},
            bounds={"fwhm": (8.5, 9.5)},
        )
        assert result.at_bounds == alone.at_bounds
        assert result["fwhm"][0] == pytest.approx(alone["fwhm"][0], rel=1e-3)
        assert 8.5 <= result["fwhm"][0] <= 9.5
    assert any(result.at_bounds for result in series)


def test_exact_data_are_found_to_rounding() -> None:
    truth, _ = rows(3)
    y = LINE.evaluate(X, truth)
    series = fitting.fit_series(LINE, X, y, noise_std=0.2, start=[0.0, 9.0])
    found = np.array([result.values for result in series])
    np.testing.assert_allclose(found, truth, rtol=1e-8)


def test_series_of_one_shape_of_data_only() -> None:
    with pytest.raises(ValueError, match=r"Give x \(n_x,\)"):
        fitting.fit_series(LINE, X, np.zeros(X.size), noise_std=0.2, start=[0.0, 9.0])
