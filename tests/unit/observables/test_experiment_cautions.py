"""Every obstacle is named where it stands, and nowhere else."""

import pytest
from tests.unit.observables.test_experiment_plan import BY, channel, metal, spoiled

from megabar.observables import experiment_cautions
from megabar.observables.experiment_cautions import STATUSES
from megabar.observables.experiment_plan import plan_amplitude, plan_t1
from megabar.observables.experiment_pulses import pulse_plan, shape_of
from megabar.spins import reception


def planned(one, *, error=0.05):
    return plan_amplitude([one], error=error, by=BY).channels[0]


def pulse(*, length=4e-6, fwhm=8e3):
    proton = reception.resonance(nucleus="1H", tms_frequency=395.107e6)
    shape = shape_of("rectangular", truncation=None)
    return pulse_plan(of=proton, shape=shape, pulse_90=length, power=1.0, fwhm=fwhm)


def statuses(one, **options):
    choices = {"pulse": None, "shift_spread": None, **options}
    found = list(experiment_cautions.cautions_of_channel(planned(one), **choices))
    assert all(caution.status in STATUSES for caution in found)
    return {caution.status for caution in found}


def test_a_good_channel_has_no_cautions():
    assert statuses(channel(), pulse=pulse(), shift_spread=10e3) == set()


@pytest.mark.parametrize(
    ("one", "status"),
    [
        (channel(atoms=1e11), "SLOW_TO_SEE"),
        (channel(dwell=30e-6, dead_time=0.0), "RECEIVER_NARROW"),
        (channel(dwell=30e-6, dead_time=0.0), "DWELL_LONG"),
        (channel(fwhm=38e3, dead_time=10e-6), "DEAD_TIME_DEAR"),
        (channel(t2=(30e-3, 0.0)), "TRANSVERSE_LEFT"),
        (channel(flip_angle=None), "TRANSVERSE_LEFT"),
        (
            metal(sequence="solid-echo", echo_delay=25e-6, fwhm=38e3, t2=(1e-3, 0.0)),
            "ECHO_UNCERTAIN",
        ),
    ],
)
def test_each_obstacle_of_a_channel_is_named(one, status):
    assert status in statuses(one)


def test_a_refocusing_that_was_stated_is_not_uncertain_any_more():
    from megabar.observables.efficiencies import Factor

    stated = [Factor(name="refocusing", value=0.72, std=0.05, source="measured")]
    one = metal(sequence="solid-echo", echo_delay=25e-6, fwhm=38e3, t2=(1e-3, 0.0), factors=stated)
    assert "ECHO_UNCERTAIN" not in statuses(one)


def test_the_readings_of_an_echo_are_those_of_the_reference_table():
    one = planned(
        metal(sequence="solid-echo", echo_delay=25e-6, fwhm=38e3, shape="gaussian", t2=(1e-3, 0.0))
    )
    (found,) = experiment_cautions.cautions_of_channel(one, pulse=None, shift_spread=None)
    assert "0.500 if shifts" in found.sentence
    assert "0.361 if field gradients" in found.sentence


def test_pulses_and_carriers_are_held_against_the_line():
    wide = channel(fwhm=60e3)
    assert "PULSE_NARROW" in statuses(wide, pulse=pulse(length=20e-6, fwhm=60e3))
    assert "PULSE_LONG" in statuses(wide, pulse=pulse(length=20e-6, fwhm=60e3))
    assert "CARRIERS" in statuses(channel(), pulse=pulse(), shift_spread=500e3)


def test_a_pool_that_is_repeated_too_fast_is_named_with_its_weight():
    """Hydrogen molecules of T1 1 s at 10 ms: one per cent of each."""
    one = planned(channel(t1=(1.5e-3, 0.0), shortest_repetition=10e-3))
    pool = experiment_cautions.pool_in(one, name="H2", t1=1.0)
    assert one.repetition.time == pytest.approx(10e-3)
    assert pool.signal == pytest.approx(9.95e-3, rel=1e-3)
    assert 16.5 * pool.signal == pytest.approx(0.164, rel=5e-3)
    (found,) = experiment_cautions.cautions_of_pools([pool], one)
    assert found.status == "TR_SHORT_FOR_POOL"
    fast = experiment_cautions.pool_in(one, name="hydride", t1=1.5e-3)
    assert list(experiment_cautions.cautions_of_pools([fast], one)) == []


def test_a_plan_that_is_out_of_reach_names_the_largest_errors():
    plan = plan_amplitude([channel(factors=spoiled(0.08))], error=0.05, by=BY)
    (found,) = experiment_cautions.cautions_of_amplitude(plan)
    assert found.status == "NOT_REACHABLE"
    assert "1H coil 8.00%" in found.sentence


def test_weeks_and_noise_levels_are_named():
    faint = plan_amplitude([channel(atoms=2e10)], error=0.05, by=BY)
    assert [one.status for one in experiment_cautions.cautions_of_amplitude(faint)] == ["WEEKS"]
    t1 = plan_t1(channel(atoms=2e10), error=0.05, steps=8, shortest_delay=50e-6, by=BY)
    assert [one.status for one in experiment_cautions.cautions_of_t1(t1)] == ["WEEKS"]
    short = plan_amplitude([channel(points=512)], error=0.05, by="snr_per_root_scan")
    found = list(experiment_cautions.cautions_of_amplitude(short))
    assert [one.status for one in found] == ["NOISE_LEVEL"]


def test_rigid_hydrogen_is_named_where_little_is_left_of_either_sign():
    for left, count in ((-0.16, 1), (0.2, 1), (0.8, 0)):
        found = list(experiment_cautions.caution_of_rigid("LaH10", left=left, dead_time=5e-6))
        assert len(found) == count


def test_all_statuses_stand_in_the_reference():
    from pathlib import Path

    page = Path(__file__).parents[3] / "docs" / "reference" / "planning.md"
    text = page.read_text()
    for status in STATUSES:
        assert f"| `{status}` |" in text
