"""Shifts and contents from rows that were made by hand, against arithmetic on paper."""

import json
from dataclasses import replace
from math import exp, hypot, sqrt

import pytest
from tests.unit.campaign.by_hand import (
    AMBIENT,
    CHANNELS,
    COPPER,
    HEATED,
    INSIDE,
    make,
    only,
    record,
)

from megabar.campaign import content, plan, sessions, shifts
from megabar.campaign.rows import Analysis, Failure
from megabar.campaign.sessions import Record

# --- shifts ---------------------------------------------------------------------------------------


def test_field_offset_is_the_ratio_of_the_copper_lines_less_the_knight_shift_change():
    row = only(shifts.field_offsets(make(reference=COPPER), [INSIDE, AMBIENT]))
    found = row.value("field_offset")
    # line 20 ppm low, of which the change of K takes 100.2/1.002 = 100 ppm: the field is 80 higher
    assert found.value == pytest.approx(((1 - 20e-6) / (1 - 100e-6) - 1) * 1e6, abs=1e-9)
    assert found.value == pytest.approx(80.0, abs=0.01)
    assert found.independent_std == pytest.approx(0.01, rel=1e-3)
    assert found.common_std == pytest.approx(hypot(0.02, 50.0), rel=1e-3)
    assert found.std == pytest.approx(hypot(found.independent_std, found.common_std), rel=1e-12)


def test_shift_by_copper_has_the_zero_of_its_own_session():
    line = record("1H", 0, settings={"carrier_frequency": 400e6}, line_frequency=(44e3, 40.0))
    row = only(shifts.shifts(make(reference=COPPER), [line, INSIDE, AMBIENT]))
    found = row.value("shift")
    zero = 400e6 * (1 - 20e-6) / (1 - 100e-6)
    assert found.value == pytest.approx((400.044e6 - zero) / zero * 1e6, abs=1e-6)
    assert found.value == pytest.approx(110.0 - 80.0, abs=0.02)  # ppm of ppm are left out
    assert found.independent_std == pytest.approx(hypot(0.1, 0.01), rel=1e-3)
    assert found.common_std == pytest.approx(50.0, rel=1e-3)


def test_the_copper_record_nearest_in_time_counts():
    near = INSIDE
    far = record("Cu", 0.03, settings={"carrier_frequency": 106e6}, line_frequency=(0.0, 1.0))
    line = record("1H", 0, settings={"carrier_frequency": 400e6}, line_frequency=(0.0, 1.0))
    row = only(shifts.shifts(make(reference=COPPER), [far, line, near, AMBIENT]))
    assert row.value("shift").value == pytest.approx(-80.0, abs=0.01)


def test_without_copper_within_the_pairing_there_is_no_shift_and_a_reason():
    line = record("1H", 3, settings={"carrier_frequency": 400e6}, line_frequency=(0.0, 1.0))
    row = only(shifts.shifts(make(reference=COPPER), [line, INSIDE, AMBIENT]))
    assert isinstance(row, Failure)
    assert "no copper record within 1 h of it" in row.message


def test_without_the_ambient_copper_every_offset_fails_with_its_name():
    row = only(shifts.field_offsets(make(reference=COPPER), [INSIDE]))
    assert isinstance(row, Failure)
    assert "no ambient copper record" in row.message


def test_shift_by_xi_needs_no_record_and_carries_the_last_digit_of_xi():
    by_xi = plan.Reference(method="xi", proton_frequency=100e6)
    line = record(
        "139La", 0, settings={"carrier_frequency": 14.125641e6}, line_frequency=(141.25641, 0.0)
    )
    found = only(shifts.shifts(make(reference=by_xi), [line])).value("shift")
    assert found.value == pytest.approx(10.0, abs=1e-6)
    assert found.common_std == pytest.approx(1e-6 / 14.125641 * 1e6, rel=1e-3)


def test_shift_by_an_external_record_is_the_distance_from_it():
    external = plan.Reference(method="external", external={"1H": "raw/TMS"})
    described = replace(CHANNELS["1H"], name="external-1H", role="none")
    tms = record("1H", -3, cell="reference", line_frequency=(500.0, 30.0))
    tms = replace(tms, channel=described)
    line = record("1H", 0, line_frequency=(1500.0, 40.0))
    found = only(shifts.shifts(make(reference=external), [line, tms])).value("shift")
    assert found.value == pytest.approx(1000 / 100.0005, rel=1e-9)
    assert found.independent_std == pytest.approx(0.4, rel=1e-4)
    assert found.common_std == pytest.approx(0.3, rel=1e-4)


def test_a_line_that_was_not_seen_has_no_shift_and_is_no_failure():
    line = record("1H", 0, line_frequency=(0.0, 1.0, "no solution"))
    by_xi = plan.Reference(method="xi", proton_frequency=100e6)
    assert list(shifts.shifts(make(reference=by_xi), [line])) == []


# --- content --------------------------------------------------------------------------------------

LONG = 1.0  # against a T1 of 1 ms: all is there at each scan


def pair(day: float, hydrogen: float, metal: float, *, std: float = 0.0, **settings):
    told = {"repetition_time": LONG, **settings}
    return [
        record("1H", day, settings=told, snr_per_root_scan=(hydrogen, std * hydrogen)),
        record("139La", day + 0.01, settings=told, snr_per_root_scan=(metal, std * metal)),
    ]


def contents(*records: Record, **changes):
    return list(content.contents(make(**changes), records))


def test_content_is_that_of_the_precursor_times_the_ratio_of_ratios():
    row = only(contents(*pair(-1, 30, 10), *pair(5, 70, 10)))
    found = row.value("h_per_metal")
    assert found.value == pytest.approx(3.0 * (70 / 10) / (30 / 10), rel=1e-9)
    assert row.node == "content"
    assert row.acquisition == "1H@5"


def test_errors_of_the_point_are_independent_and_those_of_the_scale_common():
    row = only(contents(*pair(-1, 30, 10, std=0.02), *pair(5, 70, 10, std=0.01)))
    found = row.value("h_per_metal")
    assert found.independent_std / found.value == pytest.approx(0.01 * sqrt(2), rel=1e-6)
    assert found.common_std / found.value == pytest.approx(
        sqrt(2 * 0.02**2 + 0.01**2), rel=1e-6
    )  # precursor 3.00(3): 1 %
    assert found.std == pytest.approx(hypot(found.independent_std, found.common_std), rel=1e-3)


def test_a_wider_band_brings_noise_that_is_no_hydrogen():
    """Four times the bandwidth doubles the noise of a point and halves signal over noise."""
    row = only(contents(*pair(-1, 30, 10), *pair(5, 35, 5, dwell=0.25e-6)))
    assert row.value("h_per_metal").value == pytest.approx(7.0, rel=1e-9)
    narrow = pair(5, 70, 10)[1]
    wide = record("1H", 5, settings={"dwell": 0.25e-6}, snr_per_root_scan=(35, 0.0))
    row = only(contents(*pair(-1, 30, 10), wide, narrow))
    assert row.value("h_per_metal").value == pytest.approx(7.0, rel=1e-9)


def test_a_longer_t1_at_the_same_repetition_time_is_no_loss_of_hydrogen():
    """T1 of the session is measured: half of the signal is missing, as much as 1 - exp(-ln 2)."""
    t1 = record("1H-t1", 5.02, t1=(LONG / 0.6931471805599453, 0.0))
    row = only(contents(*pair(-1, 30, 10), *pair(5, 35, 10), t1))
    assert row.value("h_per_metal").value == pytest.approx(7.0, rel=1e-6)
    assert t1.analysis.id in row.inputs


def test_a_t1_of_another_session_does_not_count():
    t1 = record("1H-t1", 6, t1=(LONG, 0.0))
    row = only(contents(*pair(-1, 30, 10), *pair(5, 70, 10), t1))
    assert row.value("h_per_metal").value == pytest.approx(7.0, rel=1e-9)


def test_a_bound_on_t1_is_not_taken_for_a_value():
    t1 = record("1H-t1", 5.02, t1=(LONG, 0.0, "lower bound"))
    row = only(contents(*pair(-1, 30, 10), *pair(5, 70, 10), t1))
    assert row.value("h_per_metal").value == pytest.approx(7.0, rel=1e-9)


def test_the_error_of_t1_enters_the_content():
    ratio = 1.0
    t1 = record("1H-t1", 5.02, t1=(LONG / ratio, 0.1 * LONG / ratio))
    found = only(contents(*pair(-1, 30, 10), *pair(5, 70, 10), t1)).value("h_per_metal")
    # eps = 1 - exp(-r), r = TR/T1: d ln eps / d ln T1 = -r exp(-r) / (1 - exp(-r))
    expected = 0.1 * ratio * exp(-ratio) / (1 - exp(-ratio))
    assert found.independent_std / found.value == pytest.approx(expected, rel=1e-4)


def test_the_error_of_a_stated_t1_is_common_to_the_series():
    channels = tuple(
        replace(c, t1=LONG, t1_std=0.1 * LONG) if c.name == "1H" else c for c in CHANNELS.values()
    )
    records = [
        replace(r, channel=channels[0]) if r.channel.name == "1H" else r
        for r in [*pair(-1, 30, 10), *pair(5, 70, 10)]
    ]
    found = only(contents(*records, channels=channels)).value("h_per_metal")
    assert found.independent_std == 0.0
    assert found.common_std / found.value > 0.01  # more than the 1 % of the precursor alone


def test_an_echo_loses_by_t2_what_the_content_gives_back():
    told = {"repetition_time": LONG, "echo_delay": 25e-6}

    def echo(day, snr):
        return record(
            "139La", day, settings=told, sequence="solid-echo", snr_per_root_scan=(snr, 0.0)
        )

    t2 = [record("139La-t2", day, t2=(value, 0.0)) for day, value in ((-1, 50e-6), (5, 100e-6))]
    hydrogen = [pair(-1, 30, 1)[0], pair(5, 70, 1)[0]]
    metal = [echo(-1, 10 * exp(-1)), echo(5, 10 * exp(-0.5))]
    row = only(contents(*hydrogen, *metal, *t2))
    assert row.value("h_per_metal").value == pytest.approx(7.0, rel=1e-6)


def test_an_echo_without_t2_has_no_content_and_the_message_names_what_is_missing():
    told = {"repetition_time": LONG, "echo_delay": 25e-6}
    metal = record("139La", 5, settings=told, sequence="solid-echo", snr_per_root_scan=(10, 0.0))
    row = only(contents(*pair(-1, 30, 10), pair(5, 70, 10)[0], metal))
    assert isinstance(row, Failure)
    assert "no T2 of 139La within 1 h" in row.message
    assert 't2 and t2_std in [[channel]] "139La"' in row.message


@pytest.mark.parametrize("name", ["repetition_time", "flip_angle", "dwell"])
def test_what_the_content_needs_and_nobody_says_is_named(name: str):
    line, metal = pair(5, 70, 10)
    known = json.loads(line.acquisition.settings)
    del known[name]
    line = replace(line, acquisition=replace(line.acquisition, settings=json.dumps(known)))
    row = only(contents(*pair(-1, 30, 10), line, metal))
    assert isinstance(row, Failure)
    assert f"no {name} for raw/1H@5" in row.message


def test_without_a_precursor_there_is_no_scale():
    row = only(contents(*pair(5, 70, 10)))
    assert isinstance(row, Failure)
    assert "no pair of hydrogen and metal lines before the heating" in row.message


def test_a_hydrogen_line_without_metal_in_its_session_has_no_content():
    alone = record("1H", 9, snr_per_root_scan=(70, 0.0))
    rows = contents(*pair(-1, 30, 10), *pair(5, 70, 10), alone)
    (failure,) = (row for row in rows if isinstance(row, Failure))
    assert "no metal line within 1 h of raw/1H@9" in failure.message


def test_each_line_counts_in_one_pair_only():
    """Two hydrogen lines and one metal line: the nearer one has it, the other one none."""
    near, metal = pair(5, 70, 10)
    far = record("1H", 4.99, snr_per_root_scan=(700, 0.0))
    rows = contents(*pair(-1, 30, 10), far, near, metal)
    found = [row for row in rows if isinstance(row, Analysis)]
    assert [row.acquisition for row in found] == ["1H@5"]


def test_two_precursor_sessions_are_averaged_by_their_errors():
    """1 % and 2 %: weights 4 to 1 for each side; the mean of 30 and 32 is 30.4 by inverse variance.

    With equal metal lines the ratio of the precursor is the mean hydrogen line over 10.
    """
    first = [
        record("1H", -2, snr_per_root_scan=(30.0, 0.3)),
        record("139La", -2, snr_per_root_scan=(10.0, 0.0001)),
    ]
    second = [
        record("1H", -1, snr_per_root_scan=(32.0, 0.6)),
        record("139La", -1, snr_per_root_scan=(10.0, 0.0001)),
    ]
    mean = (30 / 0.3**2 + 32 / 0.6**2) / (1 / 0.3**2 + 1 / 0.6**2)
    std = 1 / sqrt(1 / 0.3**2 + 1 / 0.6**2)
    found = only(contents(*first, *second, *pair(5, 70, 10))).value("h_per_metal")
    assert found.value == pytest.approx(3 * 7 / (mean / 10), rel=1e-6)
    assert found.common_std / found.value == pytest.approx(hypot(std / mean, 0.01), rel=1e-3)


def test_a_precursor_line_that_was_not_seen_is_named_where_several_are_averaged():
    lost = [
        record("1H", -2, snr_per_root_scan=(1.0, 0.3, "upper bound")),
        record("139La", -2, snr_per_root_scan=(10.0, 0.1)),
    ]
    row = only(contents(*lost, *pair(-1, 30, 10), *pair(5, 70, 10)))
    assert isinstance(row, Failure)
    assert "no line above the noise in raw/1H@-2" in row.message


def test_cells_do_not_mix():
    other = [replace(r, acquisition=replace(r.acquisition, cell="d")) for r in pair(5, 70, 10)]
    cells = (*make().cells, plan.Cell(name="d", directory="raw2", heated_at=HEATED))
    row = only(contents(*pair(-1, 30, 10), *other, cells=cells))
    assert isinstance(row, Failure)


def test_without_a_calibration_nothing_is_asked_for():
    assert contents(*pair(-1, 30, 10), *pair(5, 70, 10), content=None) == []


def test_the_identity_of_a_content_changes_with_each_of_its_inputs():
    base = [*pair(-1, 30, 10), *pair(5, 70, 10)]
    seen = {only(contents(*base)).id}
    for k, one in enumerate(base):
        changed = [*base]
        changed[k] = replace(one, analysis=replace(one.analysis, id="another"))
        seen.add(only(contents(*changed)).id)
    assert len(seen) == 5


def test_of_two_equally_near_records_the_earlier_counts():
    line = record("1H", 0.0)
    before, after = record("Cu", -0.01), record("Cu", 0.01)
    assert sessions.nearest(line, [after, before], within=3600.0) is before
