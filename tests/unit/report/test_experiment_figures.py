"""Figures of a plan: curves are those of the plan, and nothing is drawn that is not so."""

import numpy as np
import pytest
from tests.unit.observables.test_experiment_plan import BY, channel, metal, spoiled

from megabar.matter import crystals
from megabar.observables.experiment_plan import plan_amplitude, plan_t1
from megabar.observables.repetition import BEST_OF_90
from megabar.report import experiment_figures
from megabar.spins.rigid_lines import rigid_line_many_spin


@pytest.fixture(scope="module")
def content():
    lanthanum = metal(
        sequence="solid-echo", echo_delay=25e-6, fwhm=38e3, t1=(5e-3, 0.0), t2=(1e-3, 0.0)
    )
    return plan_amplitude([channel(), lanthanum], error=0.05, by=BY, common=[("scale", 0.02)])


def words(ax):
    return [text.get_text().strip() for text in ax.texts]


def test_the_error_falls_to_the_wanted_one_at_the_hours_of_the_plan(content):
    ax = experiment_figures.plan(content, rigid=None).axes[0]
    (place,) = [line for line in ax.lines if len(line.get_xdata()) == 1]
    assert float(place.get_xdata()[0]) == pytest.approx(sum(content.hours))
    whole = max(
        (line for line in ax.lines if len(line.get_xdata()) > 100),
        key=lambda line: line.get_linewidth(),
    )
    at = np.interp(sum(content.hours), whole.get_xdata(), whole.get_ydata())
    assert at == pytest.approx(5.0, rel=0.02)
    assert {"wanted", "common", "1H noise", "139La noise"} <= set(words(ax))


def test_an_error_that_is_out_of_reach_has_no_point_on_the_curve():
    plan = plan_amplitude([channel(factors=spoiled(0.08))], error=0.05, by=BY)
    ax = experiment_figures.plan(plan, rigid=None).axes[0]
    assert not [line for line in ax.lines if len(line.get_xdata()) == 1]


def test_the_curve_of_repetitions_has_its_top_at_1_26_t1(content):
    ax = experiment_figures.plan(content, rigid=None).axes[1]
    curve = next(line for line in ax.lines if len(line.get_xdata()) > 100)
    top = curve.get_xdata()[np.argmax(curve.get_ydata())]
    assert top == pytest.approx(BEST_OF_90, rel=0.03)


def test_a_free_angle_is_drawn_beside_right_angles():
    plan = plan_amplitude([channel(flip_angle=None)], error=0.05, by=BY)
    ax = experiment_figures.plan(plan, rigid=None).axes[1]
    assert len([line for line in ax.lines if len(line.get_xdata()) > 100]) == 2


def test_what_dead_time_hides_is_drawn_with_rigid_hydrogen(content):
    crystal = crystals.crystal("LaH10", lattice_parameter=5.10e-10)
    rigid = rigid_line_many_spin(crystal, partners=4, orientations=4)
    ax = experiment_figures.plan(content, rigid=rigid).axes[2]
    assert "rigid H" in words(ax)
    assert any("if no echo" in one for one in words(ax))
    assert ax.get_ylim()[0] < float(rigid.fid.min())
    assert len(ax.patches) == 2


def test_delays_of_a_t1_lie_on_the_recovery():
    plan = plan_t1(channel(), error=0.03, steps=6, shortest_delay=50e-6, by=BY)
    ax = experiment_figures.plan(plan, rigid=None).axes[1]
    spread = ax.containers[0].lines[0]
    np.testing.assert_allclose(spread.get_xdata(), 1e3 * plan.delays.delays)
    np.testing.assert_allclose(spread.get_ydata(), 1 - np.exp(-plan.delays.delays / 20e-3))
