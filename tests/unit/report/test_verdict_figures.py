"""Figures of a verdict: what is drawn is what the document says."""

import numpy as np
import pytest
from tests.unit.report import fake_verdict

from megabar.report import figures, verdict_figures
from megabar.report.numbers import percent


@pytest.fixture(scope="module")
def document():
    return fake_verdict.document()


def test_every_family_has_a_bar_as_long_as_its_probability(document):
    ax = verdict_figures.families(document).axes[0]
    lengths = [bar.get_width() for bar in ax.patches]
    assert lengths == [100 * one["probability"] for one in document["families"]]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == [one["family"] for one in document["families"]]


def test_a_member_far_behind_is_an_arrow_with_its_number():
    document = fake_verdict.document()
    document["members"][-1]["log_evidence"] = -460.0
    ax = verdict_figures.families(document).axes[1]
    assert "−400" in [text.get_text() for text in ax.texts]
    assert ax.get_xlim()[0] > -20


def test_a_member_that_cannot_have_made_the_data_is_not_drawn():
    document = fake_verdict.document()
    document["members"][-1]["log_evidence"] = None
    ax = verdict_figures.families(document).axes[1]
    assert len(ax.get_yticklabels()) == len(document["members"]) - 1


@pytest.mark.parametrize("cells", [1, 2, 3, 5])
def test_each_cell_has_a_panel_with_all_its_points(cells):
    document = fake_verdict.document(cells=cells)
    figure = verdict_figures.curves(document)
    shown = [ax for ax in figure.axes if ax.get_visible()]
    assert [ax.get_title(loc="left") for ax in shown] == [c["cell"] for c in document["cells"]]
    for ax, cell in zip(shown, document["cells"], strict=True):
        points = ax.containers[0].lines[0]
        np.testing.assert_array_equal(points.get_ydata(), cell["h_per_metal"])


def test_points_without_errors_are_drawn_without_bars():
    document = fake_verdict.document(cells=1)
    document["cells"][0]["std"] = [None] * len(document["cells"][0]["elapsed"])
    (ax,) = verdict_figures.curves(document).axes
    assert not ax.containers[0].has_yerr


def test_a_cell_that_may_never_fall_below_runs_out_of_the_axes(document):
    ax = verdict_figures.forecast(document).axes[1]
    arrows = [line for line in ax.lines if line.get_marker() == ">"]
    assert [float(line.get_ydata()[0]) for line in arrows] == [3]
    medians = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert medians == [40, 41, 42, 43]


def test_the_probability_of_a_loss_stands_at_each_change(document):
    ax = verdict_figures.sensitivity(document).axes[0]
    places = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert places == [100 * one["loss"] for one in document["assumptions"]]


def test_nothing_is_drawn_where_no_measurement_could_be_ranked(document):
    assert verdict_figures.drawable(document, "next")
    assert not verdict_figures.drawable({**document, "next_measurements": []}, "next")


@pytest.mark.parametrize("name", list(verdict_figures.FIGURES))
def test_every_figure_is_the_same_bytes_twice(document, name):
    draw = verdict_figures.FIGURES[name]
    assert figures.svg_bytes(draw(document)) == figures.svg_bytes(draw(document))


def test_words_of_figures_do_not_overlap(document):
    figure = verdict_figures.overview(document)
    figure.canvas.draw()
    boxes = [ax.get_tightbbox() for ax in figure.axes]
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            assert not one.overlaps(other)


@pytest.mark.parametrize(
    ("probability", "words"),
    [(0.0, "< 0.1 %"), (0.005, "0.5 %"), (0.5, "50 %"), (0.995, "99.5 %"), (1.0, "> 99.9 %")],
)
def test_a_probability_is_never_rounded_to_nothing_or_all(probability, words):
    assert percent(probability) == words
