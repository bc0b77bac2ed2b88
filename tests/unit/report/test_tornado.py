"""The tornado: the ruler fits its bars, the words say what the bars show."""

import math

import numpy as np
import pytest

from megabar.report import figures, tornado
from megabar.report.tornado import Bar


def bar(low, high, kind="independent", label="amplitude"):
    return Bar(label=label, low=low, high=high, kind=kind)


def test_small_factors_get_a_linear_ruler_in_percent_with_zero_on_it():
    ruler = tornado.ruler([bar(0.93, 1.02), bar(0.99, 1.06)])
    assert not ruler.logarithmic
    assert dict(ruler.ticks)[1.0] == "0"
    assert {words for _, words in ruler.ticks} >= {"−5", "0", "+5"}


def test_large_factors_get_a_logarithmic_ruler_with_one_on_it():
    ruler = tornado.ruler([bar(0.19, 1.0), bar(0.9, 1.1)])
    assert ruler.logarithmic
    assert dict(ruler.ticks)[1.0] == "×1"
    assert ruler.place(math.sqrt(ruler.low * ruler.high)) == pytest.approx(0.5)


@pytest.mark.parametrize(("low", "high"), [(0.96, 1.04), (0.2, 1.5), (1e-3, 30.0), (1.0, 1.0)])
def test_every_ruler_has_three_to_nine_marks_inside_its_ends(low, high):
    ruler = tornado.ruler([bar(low, high)])
    factors = [factor for factor, _ in ruler.ticks]
    assert 3 <= len(factors) <= 9
    assert factors == sorted(factors)
    assert ruler.low <= factors[0] < factors[-1] <= ruler.high


def test_places_rise_from_zero_to_one_and_stay_inside():
    for ruler in (tornado.ruler([bar(0.9, 1.2)]), tornado.ruler([bar(0.1, 8.0)])):
        places = [ruler.place(one) for one in np.geomspace(ruler.low, ruler.high, 9)]
        assert np.all(np.diff(places) > 0)
        assert (places[0], places[-1]) == pytest.approx((0.0, 1.0))
        assert ruler.place(0.0) == 0.0
        assert ruler.place(math.inf) == 1.0


def test_a_side_without_a_limit_does_not_stretch_the_ruler():
    ruler = tornado.ruler([bar(0.97, 1.03), bar(0.95, math.inf)])
    assert ruler.high < 1.1


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.978, 1.022, "±2.2 %"),
        (0.6, 1.67, "−40 / +67 %"),
        (0.88, 1.0, "−12 %"),
        (1.0, 1.0831, "+8.3 %"),
        (0.99999, 1.00001, "0"),
        (0.19, 1.0, "×0.19 to ×1"),
        (0.4, math.inf, "×0.4, no upper limit"),
        (0.0, math.inf, "×0, no upper limit"),
    ],
)
def test_a_range_is_written_in_two_digits(low, high, expected):
    assert tornado.words(low, high) == expected


def test_a_bar_without_limit_reaches_farther_than_any_other():
    assert bar(0.9, math.inf).reach > bar(0.01, 50.0).reach
    assert math.isfinite(bar(0.0, math.inf).reach)


def drawn(bars):
    with figures.house_style():
        figure, axes = figures.sheet(1, 1, height=0.7 + 0.36 * len(bars), left=0.3, right=0.7)
        tornado.draw(axes[0, 0], bars, quantity="H/La", title="day 70")
    return figure, axes[0, 0]


def test_bars_lie_on_their_factors_from_top_to_bottom_in_the_colour_of_their_kind():
    bars = [bar(0.9, 1.1, "choice"), bar(0.95, 1.05, "common"), bar(0.89, 1.12, "total")]
    _, ax = drawn(bars)
    patches = sorted(ax.patches, key=lambda one: -one.get_y())
    spans = [(one.get_x(), one.get_x() + one.get_width()) for one in patches]
    assert spans == [pytest.approx((one.low, one.high)) for one in bars]
    faces = [figures.mpl.colors.to_hex(one.get_facecolor()) for one in patches]
    assert faces == [tornado.KINDS[one.kind].colour for one in bars]
    assert len(set(faces)) == 3


def test_names_and_ranges_stay_inside_the_axes_and_never_touch_each_other():
    bars = [bar(0.9, 1.1, label="steady state of the precursor, ¹³⁹La"), bar(0.96, 1.3)]
    figure, ax = drawn(bars)
    figure.draw_without_rendering()
    frame = ax.get_window_extent()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert all(frame.x0 - 1 <= box.x0 and box.x1 <= frame.x1 + 1 for box in boxes)
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[place + 1 :])
