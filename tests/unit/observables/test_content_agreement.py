"""Two series of contents, drawn from a truth: how often they are called the same story."""

import numpy as np
import pytest

from megabar.errors import Undetermined
from megabar.observables.composition_witness import Calibration, content_from_shift
from megabar.observables.content_agreement import ContentSeries, agreement_with

TRUTH = np.array([10.5, 9.8, 9.0, 8.1, 7.3, 6.4, 5.6, 4.7, 4.0, 3.3])
SLOPE = -2050 / 7.5  # Hz/MHz per H
N = TRUTH.size


def shifts(content):
    return 900 + SLOPE * (np.asarray(content) - 10.5)


def calibration(moved=(0.0, 0.0), **given):
    told = {
        "nucleus": "139La", "shift": (2950.0 + moved[0], 900.0 + moved[1]),
        "shift_std": (30.0, 30.0), "h_per_metal": (3.0, 10.5), "h_per_metal_std": (0.0, 0.0),
        "between": "linear", "source": "drawn",
    }  # fmt: skip
    return Calibration(**(told | given))


def witness(shift, *, own=10.0, zero=40.0, told=None):
    return content_from_shift(
        calibration=told or calibration(), shift=shift,
        independent_std=np.full(len(shift), own), common_std=np.full(len(shift), zero),
    )  # fmt: skip


def series(content, *, own=0.15, scale=0.1):
    return ContentSeries(
        cell="c", content=np.asarray(content, dtype=float),
        independent_std=np.full(len(content), own), common_relative_std=scale,
    )  # fmt: skip


def drawn(random):
    """A cell in which all that may differ does, as its errors say."""
    lines = shifts(TRUTH) + 10 * random.standard_normal(N) + 40 * random.standard_normal()
    contents = TRUTH * (1 + 0.1 * random.standard_normal()) + 0.15 * random.standard_normal(N)
    own = calibration(moved=30 * random.standard_normal(2))
    return agreement_with(series(contents), witness=witness(lines, told=own))


def test_true_stories_are_called_false_as_rarely_as_promised():
    random = np.random.default_rng(8)
    found = [drawn(random) for _ in range(600)]
    for name in ("agrees", "relative_agrees"):
        rate = np.mean([not getattr(one, name) for one in found])
        assert rate == pytest.approx(0.0455, abs=0.026)
    pulls = [(one.scale - 1) / one.scale_std for one in found]
    assert np.std(pulls) == pytest.approx(1.0, abs=0.09)


def test_a_common_scale_error_does_not_pull_the_comparison_down():
    """Contents 20 % high throughout, their scale known to 20 %: one standard error."""
    found = agreement_with(series(1.2 * TRUTH, scale=0.2), witness=witness(shifts(TRUTH), zero=1.0))
    assert found.agrees
    assert found.chi2 == pytest.approx(1.0, abs=0.35)  # (0.2 / mean 1.1) / 0.2, squared: 0.83
    assert found.scale == pytest.approx(1.2, rel=0.01)


def test_another_scale_in_the_same_course_is_told_apart_from_another_course():
    found = agreement_with(series(1.5 * TRUTH, scale=0.02), witness=witness(shifts(TRUTH)))
    assert not found.agrees
    assert found.relative_agrees
    assert found.relative_slope == pytest.approx(1.5, rel=0.05)
    assert found.scale == pytest.approx(1.5, rel=0.02)
    assert "the scales differ, not the course" in found.sentence


def test_a_content_that_falls_while_the_shift_stands_still_is_no_story_of_both():
    """As when the hydrogen line is lost and the hydride is not."""
    found = agreement_with(series(TRUTH), witness=witness(shifts(np.full(N, 10.0))))
    assert found.relative_agrees is False
    assert not found.agrees
    assert "content moves while the 139La shift stays within its errors" in found.sentence


def test_a_shift_that_moves_while_the_content_stands_still_is_named():
    found = agreement_with(series(np.full(N, 6.5)), witness=witness(shifts(TRUTH)))
    assert (found.content_moves, found.shift_moves) == (False, True)
    assert "139La shift moves while the content stays" in found.sentence


def test_another_course_shows_with_slope_and_height_free():
    bent = 3 + 7.5 * np.linspace(1, 0, N) ** 3
    found = agreement_with(series(bent, own=0.1), witness=witness(shifts(TRUTH)))
    assert found.relative_agrees is False
    assert "no common straight line" in found.sentence


def test_the_relative_test_does_not_see_zero_scale_or_calibration():
    first = agreement_with(
        series(TRUTH + 0.1 * np.cos(np.arange(N))), witness=witness(shifts(TRUTH))
    )
    other = agreement_with(
        series(3 * (TRUTH + 0.1 * np.cos(np.arange(N))), own=0.45),
        witness=witness(
            shifts(TRUTH) + 836,
            told=calibration(shift=(5000.0, 1000.0), h_per_metal=(1.0, 12.0)),
        ),
    )
    assert other.relative_chi2 == pytest.approx(first.relative_chi2, rel=1e-6)


def test_the_slope_with_errors_of_both_has_pulls_of_width_one():
    random = np.random.default_rng(12)
    pulls = []
    for _ in range(500):
        lines = shifts(TRUTH) + 60 * random.standard_normal(N)
        contents = TRUTH + 0.2 * random.standard_normal(N)
        found = agreement_with(series(contents, own=0.2), witness=witness(lines, own=60.0))
        pulls.append((found.relative_slope - 1) / found.relative_slope_std)
    assert np.mean(pulls) == pytest.approx(0.0, abs=0.14)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.1)


def test_points_beyond_the_anchors_are_left_out_and_those_at_the_edge_are_not():
    lines = shifts(TRUTH)
    lines[0], lines[-1] = 890.0, 3400.0
    found = agreement_with(series(TRUTH), witness=witness(lines))
    assert found.points == N - 1


def test_nothing_in_common_is_said_and_not_compared():
    with pytest.raises(Undetermined, match="within the anchors"):
        agreement_with(series(TRUTH), witness=witness(shifts(TRUTH) + 5000))


def test_series_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="Pair them first"):
        agreement_with(series(TRUTH[:3]), witness=witness(shifts(TRUTH)))
    with pytest.raises(ValueError, match="without an error of their own"):
        agreement_with(series(TRUTH, own=0.0), witness=witness(shifts(TRUTH)))


def test_two_points_compare_scales_and_no_course():
    found = agreement_with(series(TRUTH[[0, -1]]), witness=witness(shifts(TRUTH[[0, -1]])))
    assert found.agrees
    assert found.relative_agrees is None
