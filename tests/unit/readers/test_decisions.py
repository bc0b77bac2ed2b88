"""What people decide is parsed once, with its units, and refused when it is not understood."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from megabar.errors import UnitError, UnknownWord
from megabar.readers.decisions import Decisions, decide


def test_texts_with_units_become_si():
    answers = decide(
        dead_time="14 us", repetition_time="10 ms", echo_delay="20 us", flip_angle="90 deg"
    )
    assert answers.dead_time == pytest.approx(14e-6)
    assert answers.repetition_time == pytest.approx(0.01)
    assert answers.echo_delay == pytest.approx(20e-6)
    assert answers.flip_angle == pytest.approx(3.141592653589793 / 2)


def test_numbers_are_si_already():
    assert decide(dead_time=5e-6).dead_time == 5e-6


def test_nothing_is_decided_by_default():
    assert decide() == Decisions()
    assert decide().taken() == {}


def test_array_values_may_mix_units_and_keep_their_order():
    assert decide(array=["20 ms", "1 s", 0.5]).array == (0.02, 1.0, 0.5)


def test_array_of_carrier_offsets_is_in_hertz():
    answers = decide(array=["-20 kHz", "0 Hz"], array_as="carrier_offset")
    assert answers.array == (-20000.0, 0.0)


def test_array_of_delays_refuses_hertz():
    with pytest.raises(UnitError, match="array value"):
        decide(array=["1 kHz"], array_as="delay")


def test_unknown_argument_is_refused_with_the_nearest_one():
    with pytest.raises(UnknownWord, match="Did you mean dead_time"):
        decide(deadtime="5 us")


def test_unknown_word_of_a_closed_list_is_refused():
    with pytest.raises(UnknownWord, match="Did you mean hahn-echo"):
        decide(sequence="han-echo")


def test_quantity_in_the_wrong_unit_is_refused():
    with pytest.raises(UnitError, match="dead time"):
        decide(dead_time="5 kHz")


@pytest.mark.parametrize("sense", [0, 2, "reversed"])
def test_sense_is_plus_or_minus_one(sense):
    with pytest.raises(UnknownWord, match="sense"):
        decide(sense=sense)


@pytest.mark.parametrize("scans", [0, -4, [8, 0]])
def test_no_scans_cannot_be_divided_by(scans):
    with pytest.raises(UnknownWord, match="above 0"):
        decide(n_scans=scans)


def test_a_time_with_a_zone_becomes_universal_time():
    noon = datetime(2026, 1, 10, 12, tzinfo=timezone(timedelta(hours=1)))
    assert decide(started_at=noon).started_at == "2026-01-10T11:00:00"
    assert decide(started_at="2026-01-10T12:00:00").started_at == "2026-01-10T12:00:00"
    assert decide(started_at=datetime(2026, 1, 10, tzinfo=UTC)).started_at == "2026-01-10T00:00:00"


def test_a_word_that_is_no_time_is_refused():
    with pytest.raises(UnknownWord, match="started_at"):
        decide(started_at="yesterday")


def test_what_was_taken_is_ready_for_json():
    taken = decide(array=[1, 2], array_as="delay", columns={"temperature": "T (K)"}).taken()
    assert taken == {
        "array": [1.0, 2.0],
        "array_as": "delay",
        "columns": {"temperature": "T (K)"},
    }
