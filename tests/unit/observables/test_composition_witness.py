"""Contents from shifts: anchors, bounds and covariances against drawing them."""

import numpy as np
import pytest

from megabar.errors import UnknownWord
from megabar.observables.composition_witness import Calibration, content_from_shift


def calibration(**given):
    told = {
        "nucleus": "139La",
        "shift": (2950.0, 900.0),
        "shift_std": (10.0, 20.0),
        "h_per_metal": (3.0, 10.5),
        "h_per_metal_std": (0.05, 0.2),
        "between": "linear",
        "source": "by hand",
    }
    return Calibration(**(told | given))


EXACT = {"shift_std": (0.0, 0.0), "h_per_metal_std": (0.0, 0.0)}


def read(at, *, own=5.0, zero=0.0, **given):
    at = np.atleast_1d(np.asarray(at, dtype=float))
    return content_from_shift(
        calibration=calibration(**given),
        shift=at,
        independent_std=np.full(at.size, own),
        common_std=np.full(at.size, zero),
    )


def test_between_two_anchors_the_content_lies_on_their_line():
    found = read([900.0, 1925.0, 2950.0])
    np.testing.assert_allclose(found.content, [10.5, 6.75, 3.0])
    assert found.quality == ("value", "value", "value")
    assert found.words == ()


def test_the_error_of_a_session_is_its_shift_over_the_slope():
    found = read(1925.0, **EXACT)
    assert found.independent_std[0] == pytest.approx(5.0 * 7.5 / 2050, rel=1e-9)
    assert found.common_std[0] == 0.0


def test_contents_of_a_common_zero_move_together():
    found = read([1500.0, 2000.0], own=1e-9, zero=50.0, **EXACT)
    expected = (50 * 7.5 / 2050) ** 2
    np.testing.assert_allclose(found.covariance, np.full((2, 2), expected), rtol=1e-6)


@pytest.mark.parametrize("between", ["linear", "pchip"])
def test_the_covariance_is_that_of_drawn_anchors_zeros_and_sessions(between):
    """Three anchors with errors; every draw reads the same lines with another calibration."""
    anchors = {
        "shift": (2950.0, 2200.0, 900.0), "shift_std": (10.0, 15.0, 20.0),
        "h_per_metal": (3.0, 5.0, 10.5), "h_per_metal_std": (0.05, 0.1, 0.2),
        "between": between,
    }  # fmt: skip
    shift = np.array([1200.0, 1600.0, 2500.0])
    found = content_from_shift(
        calibration=calibration(**anchors), shift=shift,
        independent_std=[6.0, 8.0, 5.0], common_std=[15.0, 15.0, 15.0],
    )  # fmt: skip
    random, drawn = np.random.default_rng(4), []
    for _ in range(700):
        moved = {
            **anchors,
            "shift": np.array(anchors["shift"]) + random.standard_normal(3) * anchors["shift_std"],
            "h_per_metal": np.array(anchors["h_per_metal"])
            + random.standard_normal(3) * anchors["h_per_metal_std"],
        }
        line = shift + random.standard_normal(3) * [6.0, 8.0, 5.0] + 15 * random.standard_normal()
        drawn.append(
            content_from_shift(
                calibration=calibration(**moved), shift=line,
                independent_std=np.ones(3), common_std=np.zeros(3),
            ).continued
        )  # fmt: skip
    scatter = np.sqrt(np.diag(found.covariance))
    np.testing.assert_allclose(np.std(drawn, axis=0), scatter, rtol=0.09)
    total = np.hypot(found.independent_std, found.common_std)
    np.testing.assert_allclose(total, scatter, rtol=1e-9)
    np.testing.assert_allclose(
        np.corrcoef(np.transpose(drawn)), found.covariance / np.outer(scatter, scatter), atol=0.1
    )


def test_a_monotone_curve_meets_its_anchors_and_stays_between_them():
    told = {
        "shift": (2950.0, 2800.0, 900.0), "h_per_metal": (3.0, 6.0, 10.5),
        "shift_std": (1.0,) * 3, "h_per_metal_std": (0.0,) * 3, "between": "pchip",
    }  # fmt: skip
    at = np.linspace(900.0, 2950.0, 400)
    found = read(at, **told)
    assert np.all(np.diff(found.content) < 0)
    np.testing.assert_allclose(read([2950.0, 2800.0, 900.0], **told).content, [3.0, 6.0, 10.5])


def test_a_rising_calibration_is_read_as_well_as_a_falling_one():
    rising = read([0.0, 50.0, 100.0], shift=(0.0, 100.0), shift_std=(1.0, 1.0))
    np.testing.assert_allclose(rising.content, [3.0, 6.75, 10.5])
    assert read(-3.0, shift=(0.0, 100.0), shift_std=(1.0, 1.0)).quality == ("upper bound",)


def test_a_little_beyond_the_last_anchor_is_a_bound_and_far_beyond_is_nothing():
    found = read([2952.0, 895.0, 3400.0, 400.0])
    assert found.quality == ("upper bound", "lower bound", "not determined", "not determined")
    reach = 1.645 * np.hypot(5.0, 10.0)
    assert found.content[0] == pytest.approx(3.0 + (2950 - (2952 - reach)) * 7.5 / 2050)
    assert 9.0 < found.content[1] < 10.5
    assert np.isnan(found.content[2])
    assert np.all(np.isnan(found.independent_std))
    assert len(found.words) == 4
    assert "nothing is extrapolated" in found.words[2]
    np.testing.assert_array_equal(found.comparable, [True, True, False, False])


def test_the_bound_holds_in_nineteen_of_twenty_cases():
    """Truth 3.2, 55 ppm inside the last anchor: a bound below it, or none at all, is wrong."""
    at = 2950 - 0.2 * 2050 / 7.5
    random = np.random.default_rng(9)
    found = read(at + 100.0 * random.standard_normal(4000), own=100.0, **EXACT)
    quality = np.array(found.quality)
    wrong = (quality == "not determined") | ((quality == "upper bound") & (found.content < 3.2))
    assert np.mean(wrong) == pytest.approx(0.05, abs=0.011)


def test_calibrations_that_cannot_be_read_are_refused():
    with pytest.raises(ValueError, match="turn back"):
        calibration(
            shift=(2950.0, 900.0, 1000.0), h_per_metal=(3.0, 10.5, 11.0),
            shift_std=(1.0,) * 3, h_per_metal_std=(0.0,) * 3,
        )  # fmt: skip
    with pytest.raises(ValueError, match="turn back"):
        calibration(h_per_metal=(10.5, 3.0))
    with pytest.raises(ValueError, match="within twice their errors"):
        calibration(shift_std=(900.0, 900.0))
    with pytest.raises(ValueError, match="two anchors or more"):
        calibration(shift=(1.0,))
    with pytest.raises(ValueError, match="negative error"):
        calibration(shift_std=(-1.0, 1.0))
    with pytest.raises(UnknownWord, match="curve between anchors"):
        calibration(between="cubic")
    with pytest.raises(ValueError, match="each needs both"):
        content_from_shift(
            calibration=calibration(), shift=[1.0, 2.0], independent_std=[1.0], common_std=[1.0]
        )
