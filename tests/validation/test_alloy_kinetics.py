"""Absorption and desorption of an AB2 alloy (A. Neves et al., CC BY 4.0): do our laws describe it?

Rate constants are per unit of time of the file, which no file names. The last points are one by
construction: alpha was divided by its own largest value.
"""

import numpy as np
import pytest
from scipy.optimize import curve_fit
from tests.realdata import data_path, measured

from megabar.hydrogen import rates


@pytest.fixture(scope="module", autouse=True)
def curves():
    data_path("kinetics-ab2-B")


def curve(name):
    (path,) = [one for one in measured("kinetics-ab2-B/Raw Data") if one.name.startswith(name)]
    return _read(path)


def _read(path):
    time, alpha = np.loadtxt(path, delimiter=",", skiprows=1, usecols=(0, 1)).T
    kept = time > 0
    return time[kept], alpha[kept]


def reacted(time, rate, order, dead_time=0.0):
    since = np.maximum(time - dead_time, 0.0)
    return rates.reacted("jmak", tau=rate * since, order=order, spread=0.0)


def fitted(law, time, alpha, start):
    middle = 0.7 / time[np.argmin(abs(alpha - 0.5))]
    found, _ = curve_fit(law, time, alpha, p0=[middle, *start], bounds=(1e-6, 10.0))
    return found


def test_rate_at_the_exponent_of_the_authors_is_that_of_the_authors():
    time, alpha = curve("JW(H)_Abs_06")
    (rate,) = fitted(lambda t, k: reacted(t, k, 0.8), time, alpha, [])
    assert rate == pytest.approx(0.0751, rel=0.03)  # their k(AE08)


def test_a_dead_time_of_its_own_decides_the_exponent():
    time, alpha = curve("JW(H)_Abs_06")
    without = fitted(reacted, time, alpha, [0.8])
    with_one = fitted(reacted, time, alpha, [0.8, 0.5])
    assert without == pytest.approx([0.0738, 0.857], rel=0.03)
    assert with_one[:2] == pytest.approx([0.0798, 0.799], rel=0.03)
    assert with_one[2] == pytest.approx(0.70, abs=0.1)


def test_desorption_has_its_rate_exponent_and_half_time():
    rate, order = fitted(reacted, *curve("JW(F)_Des_09"), [0.8])
    assert [rate, order] == pytest.approx([0.0471, 0.765], rel=0.03)
    assert np.log(2) ** (1 / order) / rate == pytest.approx(12.9, rel=0.03)


def test_stretched_kinetics_is_the_usual_case_in_a_powder():
    """A curve that flattens is no evidence for a plateau: orders of all 63 curves."""
    paths = [path for path in measured("kinetics-ab2-B/Raw Data") if path.suffix == ".csv"]
    orders = [fitted(reacted, *_read(path), [0.9])[1] for path in paths]
    assert len(orders) == 63
    assert np.median(orders) == pytest.approx(0.89, abs=0.01)
    assert [min(orders), max(orders)] == pytest.approx([0.755, 1.153], rel=0.03)


def test_a_spread_of_sizes_describes_a_stretched_curve_as_well_as_an_exponent_does():
    """The order of a stretched curve and the spread of first-order grains say the same."""
    time, alpha = curve("JW(F)_Des_09")

    def first(t, rate, spread):
        return rates.reacted("first", tau=rate * t, spread=spread)

    stretched = alpha - reacted(time, *fitted(reacted, time, alpha, [0.8]))
    spread = alpha - first(time, *fitted(first, time, alpha, [0.5]))
    assert np.std(spread) < 1.2 * np.std(stretched)
