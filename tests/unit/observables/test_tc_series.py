"""Normalised series: printed numbers, and errors against random first points."""

import numpy as np
import pytest

from megabar.observables.tc_series import TcSeries, normalised


def series(value, std, elapsed=None):
    value = np.asarray(value, dtype=float)
    return TcSeries(
        cell="A",
        elapsed=np.arange(value.size, dtype=float) if elapsed is None else elapsed,
        value=value,
        std=np.asarray(std, dtype=float),
        criterion="midpoint",
        direction=1,
    )


def test_printed_ratio_and_covariance():
    found = normalised(series([160.0, 85.0], [6.0, 4.0]))
    assert found.value[0] == pytest.approx(0.5313, abs=1e-3)
    assert found.std[0] == pytest.approx(0.0320, abs=1e-3)
    pair = normalised(series([160.0, 84.8, 96.0], [6.0, 1.0, 1.0]))
    assert pair.covariance[0, 1] == pytest.approx(4.47e-4, rel=0.01)


def test_covariance_is_what_random_points_give():
    rng = np.random.default_rng(1)
    truth, std = np.array([160.0, 120.0, 85.0]), np.array([3.0, 2.0, 2.0])
    drawn = truth + std * rng.normal(size=(40000, 3))
    ratios = drawn[:, 1:] / drawn[:, :1]
    found = normalised(series(truth, std))
    assert np.cov(ratios.T) == pytest.approx(found.covariance, rel=0.03)


@pytest.mark.parametrize(
    ("value", "std", "elapsed"),
    [([160.0, -1.0], [1, 1], None), ([160.0, 150.0], [1, 0], None), ([1, 2], [1, 1], [1.0, 0.0])],
)
def test_series_that_are_none_are_refused(value, std, elapsed):
    with pytest.raises(ValueError, match="falling times"):
        series(value, std, None if elapsed is None else np.array(elapsed))


def test_one_point_is_no_series():
    with pytest.raises(ValueError, match="needs two"):
        normalised(series([160.0], [1.0]))
