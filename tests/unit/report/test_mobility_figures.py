"""Figures of mobility: what they show is what was found."""

import numpy as np
import pytest

from megabar.matter import crystals
from megabar.observables.measured_times import MeasuredTimes
from megabar.observables.mobility import mobility
from megabar.observables.motion_models import isotropic_walk
from megabar.report import figures, mobility_figures
from megabar.spins.rigid_lines import rigid_line_many_spin


@pytest.fixture(scope="module")
def lah10():
    return crystals.crystal("LaH10", lattice_parameter=5.10e-10)


@pytest.fixture(scope="module")
def motions(lah10):
    return [isotropic_walk(lah10, jump_length=length) for length in (1.2e-10, 2.4e-10)]


def found_from(lah10, motions, **data):
    times = MeasuredTimes(larmor_frequency=395e6, t2_sequence="hahn-echo", correlation=0.0, **data)
    return mobility(times=times, crystal=lah10, motions=motions, length_error=0.0, claims=[1e-10])


def words(ax):
    return [text.get_text().strip() for text in ax.texts]


def test_the_rigid_figure_marks_width_half_time_and_dead_time(lah10):
    line = rigid_line_many_spin(lah10, partners=4, orientations=4)
    left, right = mobility_figures.rigid_hydrogen(line, dead_time=5e-6).axes
    assert f"{line.fwhm / 1e3:.0f} kHz" in words(left)
    assert f"one half at {line.half_time * 1e6:.2g} µs" in words(right)
    assert any("dead time" in text for text in words(right))
    assert left.get_xlim()[0] > left.get_xlim()[1]


def test_without_a_dead_time_nothing_is_shaded(lah10):
    line = rigid_line_many_spin(lah10, partners=4, orientations=4)
    _, right = mobility_figures.rigid_hydrogen(line, dead_time=None).axes
    assert not right.patches


def test_curves_are_the_times_of_the_first_model_in_ms_against_cm2(lah10, motions):
    found = found_from(lah10, motions, t1=(1.5e-3, 8e-5), t2=(1.5e-3, 2e-4))
    ax = mobility_figures.verdict(found, motions).axes[0]
    first = next(line for line in ax.lines if len(line.get_xdata()) > 100)
    diffusivity, t1 = first.get_xdata() / 1e4, first.get_ydata() / 1e3
    rates = motions[0].rates(diffusivity, larmor_frequency=395e6)
    np.testing.assert_allclose(t1, 1 / rates.r1, rtol=1e-12)


def test_bounds_claims_floor_and_data_are_named_where_they_lie(lah10, motions):
    found = found_from(lah10, motions, t1=(1.5e-3, 8e-5), t2=(1.5e-3, 2e-4))
    ax = mobility_figures.verdict(found, motions).axes[0]
    named = {text.get_text().strip(): text for text in ax.texts}
    assert named["B1"].get_position()[0] == pytest.approx(1e4 * found.bound("B1").diffusivity)
    assert named["B2"].get_position()[0] == pytest.approx(1e4 * found.bound("B2").diffusivity)
    assert named["claimed"].get_position()[0] == pytest.approx(1e-6)
    assert named["floor of T₁"].get_position()[1] == pytest.approx(1e3 * found.floor.floor)
    assert "T₁ = 1.50(8) ms" in named
    assert "T₂ = 1.50(20) ms" in named


def test_every_root_of_the_first_model_is_a_point_on_its_measured_time(lah10, motions):
    found = found_from(lah10, motions, t1=(12e-3, 3e-4))
    ax = mobility_figures.verdict(found, motions).axes[0]
    points = [line for line in ax.lines if line.get_marker() == "o"]
    roots = found.by_motion[0].from_t1.roots
    assert len(roots) == 2
    assert [line.get_xdata()[0] for line in points] == pytest.approx(
        [1e4 * root.diffusivity for root in roots]
    )
    assert [line.get_ydata()[0] for line in points] == pytest.approx([12.0, 12.0])


def test_every_source_of_the_budget_has_a_bar_of_its_factors(lah10, motions):
    found = found_from(lah10, motions, t2=(1.5e-3, 2e-4))
    ax = mobility_figures.verdict(found, motions).axes[1]
    assert [one.source for one in found.budget.rows if one.source not in words(ax)] == []
    spans = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches][::-1]
    drawn = [(one.low, one.high) for one in found.budget.rows]
    assert spans[: len(drawn)] == [pytest.approx(span) for span in drawn]


def test_without_a_budget_there_is_one_panel(lah10, motions):
    found = found_from(lah10, motions, t1=(1.5e-3, 8e-5))
    assert found.budget is None
    assert len(mobility_figures.verdict(found, motions).axes) == 1


def test_a_locked_time_has_its_own_curve(lah10, motions):
    found = found_from(
        lah10, motions, t2=(1.5e-3, 2e-4), t1rho=(2e-3, 2e-4), locking_frequency=50e3
    )
    ax = mobility_figures.verdict(found, motions).axes[0]
    assert "T₁ρ" in words(ax)
    assert "T₁ρ = 2.00(20) ms" in words(ax)


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png"])
def test_the_same_figure_gives_the_same_bytes(suffix, lah10):
    line = rigid_line_many_spin(lah10, partners=3, orientations=2)
    one, two = (
        figures.file_bytes(mobility_figures.rigid_hydrogen(line, dead_time=5e-6), suffix=suffix)
        for _ in range(2)
    )
    assert one == two
