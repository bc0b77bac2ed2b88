"""Figures: what is drawn as what, in which colour, and that no label covers another."""

import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation

from megabar.report import figures, series

REPOSITORY = Path(__file__).resolve().parents[3]


def a_series(index=0, *, value=(10.0, 8.0, 6.0), quality=("value",) * 3, common=None):
    value = np.array(value)
    return series.Series(
        cell=f"cell-{index + 1}",
        index=index,
        elapsed=np.array([1.0, 30.0, 70.0])[: value.size],
        value=value,
        std=np.full(value.shape, 0.2),
        common=None if common is None else np.array(common),
        quality=quality,
    )


def a_panel(*members, title="¹H", label="T₁ (ms)"):
    return figures.Panel(title=title, label=label, series=members)


def drawn(figure):
    FigureCanvasAgg(figure).draw()
    return figure


def points_of(axes):
    """Heights of all markers that stand for a value."""
    return [
        float(y)
        for line in axes.lines
        if line.get_marker() in {"o", "s", "D"}
        for y in line.get_ydata()
    ]


@pytest.mark.parametrize("term", ["lower bound", "upper bound"])
def test_a_bound_is_an_arrow_and_never_a_point(term):
    figure = figures.history([a_panel(a_series(quality=("value", term, "value")))])
    axes = figure.axes[0]
    arrows = [one for one in axes.get_children() if isinstance(one, Annotation)]
    assert 8.0 not in points_of(axes)
    assert len(arrows) == 1
    assert arrows[0].xy == (30.0, 8.0)
    assert np.sign(arrows[0].xyann[1]) == (1 if term == "lower bound" else -1)


def test_a_failed_number_is_a_cross_at_the_foot():
    member = a_series(value=(10.0, np.nan, 6.0), quality=("value", "failed", "value"))
    axes = figures.history([a_panel(member)]).axes[0]
    crosses = [line for line in axes.lines if line.get_marker() == "x"]
    assert crosses[0].get_xdata().tolist() == [30.0]
    assert len(points_of(axes)) == 2


def test_contents_that_were_not_determined_are_crosses_with_a_legend():
    quality = ("value", "not determined", "value")
    figure = figures.history([a_panel(a_series(value=(10.0, np.nan, 6.0), quality=quality))])
    (cross,) = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert cross.get_xdata().tolist() == [30.0]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["not determined"]


def test_a_witness_is_hollow_beside_the_points_it_speaks_of_and_named():
    panel = figures.Panel(
        title="", label="H/La", series=(a_series(),),
        witnesses=(a_series(value=(9.5, 8.2, 6.3)),),
    )  # fmt: skip
    figure = drawn(figures.history([panel], witness="from the shift of ¹³⁹La"))
    own, other = [one for one in figure.axes[0].lines if one.get_marker() == "o"][:2]
    assert own.get_markerfacecolor() == other.get_color()
    assert other.get_markerfacecolor() == "white"
    moved = other.get_transform().transform(other.get_xydata())[0, 0]
    assert moved - own.get_transform().transform(own.get_xydata())[0, 0] > 3
    assert figure.legends[0].get_texts()[0].get_text() == "from the shift of ¹³⁹La"
    _assert_apart(figure)


def test_other_readings_of_a_scale_are_pale_bars_from_least_to_most():
    ends = (np.array([5.0, 4.0, 3.0]), np.array([14.0, 11.0, 8.0]))
    member = series.Series(**{**vars(a_series()), "readings": ends})
    figure = figures.history([a_panel(member)])
    bars = next(
        one for one in figure.axes[0].collections
        if hasattr(one, "get_segments") and one.get_alpha() and one.get_alpha() < 0.5
    )  # fmt: skip
    assert [segment[:, 1].tolist() for segment in bars.get_segments()] == [
        [5.0, 14.0], [4.0, 11.0], [3.0, 8.0],
    ]  # fmt: skip
    assert figure.legends[0].get_texts()[0].get_text() == "other readings of the scale"


def test_the_shared_error_is_a_band_and_the_independent_one_a_bar():
    member = a_series(common=(1.0, 0.8, 0.6))
    axes = figures.history([a_panel(member)]).axes[0]
    band = axes.collections[-1].get_datalim(axes.transData)
    assert (band.y0, band.y1) == pytest.approx((5.4, 11.0))
    bars = axes.containers[0].lines[2][0].get_segments()
    assert bars[0][:, 1].tolist() == pytest.approx([9.8, 10.2])


def test_a_cell_keeps_its_colour_in_every_figure():
    colours = []
    for members in ((a_series(0), a_series(2)), (a_series(2),)):
        axes = figures.history([a_panel(*members)]).axes[0]
        line = next(one for one in axes.lines if one.get_marker() == "D")
        colours.append(line.get_color())
    assert colours[0] == colours[1] == figures.CELL_COLOURS[2]


def test_colours_of_cells_differ_in_lightness_or_hue_for_the_colour_blind():
    """Distances in a simulation of missing red and green cones (Vienot 1999, linear RGB)."""
    protan = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
    deutan = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    rgb = np.array([[int(c[k : k + 2], 16) / 255 for k in (1, 3, 5)] for c in figures.CELL_COLOURS])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    for cones in (np.eye(3), protan, deutan):
        seen = np.cbrt(np.clip(linear @ cones.T, 0, None))
        for one, other in combinations(seen[:4], 2):
            assert np.linalg.norm(one - other) > 0.08


@pytest.mark.parametrize("value", [(0.05, 1.5, 60.0), (2.0, 2.1, 2.05)])
def test_wide_ranges_are_logarithmic_and_narrow_ones_linear(value):
    scale = figures.history([a_panel(a_series(value=value))]).axes[0].get_yscale()
    assert scale == ("log" if value[2] > 5 else "linear")


def test_negative_numbers_are_never_put_on_a_logarithmic_axis():
    axes = figures.history([a_panel(a_series(value=(-20.0, 1.0, 30.0)))]).axes[0]
    assert axes.get_yscale() == "linear"
    assert axes.get_ylim()[0] < -20


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
def test_no_label_covers_another(count):
    panels = [
        a_panel(a_series(0), a_series(1, value=(900.0, 2000.0, 2950.0)), label="shift (Hz/MHz)")
        for _ in range(count)
    ]
    _assert_apart(drawn(figures.history(panels)))


def test_no_label_of_curves_or_spectra_covers_another():
    _assert_apart(drawn(a_curve_figure()))
    _assert_apart(drawn(a_waterfall()))


def _assert_apart(figure):
    boxes = [(t.get_text(), t.get_window_extent()) for t in _labels(figure)]
    page = figure.bbox
    for (word, box), (other_word, other) in combinations(boxes, 2):
        overlap = box.intersection(box, other)
        covered = overlap is not None and overlap.width > 1 and overlap.height > 1
        assert not covered, f"{word!r} covers {other_word!r}"
    for word, box in boxes:
        assert box.x0 >= page.x0 - 1, word
        assert box.x1 <= page.x1 + 1, word


def _labels(figure):
    """Every text that can be seen: titles, labels, numbers within the limits, legends."""
    for legend in figure.legends:
        yield from legend.get_texts()
    for axes in figure.axes:
        yield from (
            one for one in (axes._left_title, axes.xaxis.label, axes.yaxis.label) if one.get_text()
        )
        for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            texts = axis.get_majorticklabels()  # none where another panel carries them
            for place, text in zip(axis.get_majorticklocs(), texts, strict=bool(texts)):
                if min(limits) <= place <= max(limits) and text.get_visible() and text.get_text():
                    yield text


def a_curve(day):
    time = np.geomspace(1e-4, 1e-2, 9)
    model = 1 - np.exp(-time / 1.5e-3)
    details = {"curve_x": time, "curve_y": model, "curve_y_std": 0.01, "curve_fit": model}
    return series.curve_from_details(details, elapsed=day)


def a_curve_figure():
    members = [a_curve(day) for day in (-3.0, 1.0, 70.0)]
    titles = ("¹H, T₁", "¹H, T₂", "¹³⁹La, T₂")
    return figures.curves(dict.fromkeys(titles, members), labels=dict.fromkeys(titles, "delay"))


def a_waterfall():
    axis = np.linspace(-1000.0, 4000.0, 500)
    rows = [
        series.Trace(
            elapsed=day, axis=axis, height=np.exp(-(((axis - 900 - 30 * day) / 200) ** 2)),
            position=900.0 + 30 * day, width=333.0, referenced=True,
        )
        for day in (-3.0, 0.0, 10.0, 30.0, 70.0)
    ]  # fmt: skip
    return figures.waterfall({"1H": rows, "139La": rows}, label="shift (Hz/MHz)")


def test_residuals_are_drawn_over_their_error():
    figure = a_curve_figure()
    below = figure.axes[1]
    assert below.get_ylabel() == "residual / σ"
    residuals = [y for line in below.lines for y in line.get_ydata()]
    assert max(map(abs, residuals)) < 1e-9  # points on the model


def test_times_are_labelled_with_the_unit_in_which_they_are_drawn():
    below = a_curve_figure().axes[1]
    assert below.get_xlabel() == "delay (ms)"
    assert max(below.lines[0].get_xdata()) == pytest.approx(10.0)


def test_shift_axes_run_from_right_to_left():
    left, right = a_waterfall().axes[0].get_xlim()
    assert left > right


def test_every_axis_has_a_label_with_unit_or_is_a_pure_number():
    for figure in (figures.history([a_panel(a_series())]), a_waterfall(), a_curve_figure()):
        for axes in figure.axes:
            labels = {axes.get_xlabel(), axes.get_ylabel()}
            assert any("(" in label or "days" in label or "/" in label for label in labels)


def test_the_same_figure_gives_the_same_bytes():
    first, second = (figures.svg_bytes(a_waterfall()) for _ in range(2))
    assert first == second
    assert first.startswith(b"<?xml")


def test_figures_need_no_pyplot_and_leave_the_settings_alone():
    code = (
        "import sys, matplotlib; before = matplotlib.rcParams.copy();"
        "from tests.unit.report.test_figures import a_waterfall, figures;"
        "figures.svg_bytes(a_waterfall());"
        "assert dict(dict.items(matplotlib.rcParams)) == dict(dict.items(before));"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY)
