"""Sequences from text: the same programs, and errors with line, found, expected and remedy."""

import numpy as np
import pytest

from megabar.errors import UnusableInput
from megabar.spins.program_texts import program_from_text
from megabar.spins.programs import Cycled, cpmg
from megabar.spins.sequences import Delay, IdealPulse, OrderFilter, Pulse

HEAD = "name mine\nobserve 1H\nturn 4\nphases ph1 = 0 1 2 3\nreceiver = 0 1 2 3\n"


def read(text, **shapes):
    return program_from_text(text, shapes=shapes)


def test_a_train_from_text_is_that_of_the_program():
    text = """
    name CPMG, echo 3            # observed behind the third turn
    observe 1H
    turn 4
    phases excite  = 0 2 1 3 0 2 1 3
    phases refocus = 1 1 2 2 3 3 0 0
    receiver       = 0 2 1 3 0 2 1 3
    ideal excite, 90 deg
    repeat 2
      delay 50 us
      ideal refocus, 180 deg
      delay 0.05 ms
    end
    delay 50 us
    ideal refocus, 180 deg
    """
    ninety, turn = (
        IdealPulse(channel="1H", angle=float(f"{angle:.15g}"), phase=0.0)  # as typed numbers are
        for angle in (np.pi / 2, np.pi)
    )
    found, expected = read(text), cpmg(excite=ninety, refocus=turn, delay=50e-6, echoes=3)
    assert found.elements == expected.elements
    assert found.table.phases == expected.table.phases
    assert found.table.receiver == expected.table.receiver


def test_a_shape_scales_with_its_amplitude():
    program = read(HEAD + "pulse ph1, 6 us, 100 kHz, soft\n", soft=[0.5, 1.0, 0.5])
    ((pulse,),) = ([one.pulse for one in program.elements],)
    assert isinstance(pulse, Pulse)
    assert pulse.amplitude.tolist() == [50e3, 100e3, 50e3]
    assert pulse.duration == 6e-6


def test_fixed_pulses_filters_and_other_spins():
    program = read(
        HEAD + "pulse fixed, 5 us, 50 kHz, on 139La\ndelay 2 us\nkeep 139La, 1 -1\n"
        "ideal ph1, 90 deg\n"
    )
    first, wait, kept, last = program.elements
    assert isinstance(first, Pulse)
    assert first.channel == "139La"
    assert wait == Delay(duration=2e-6)
    assert kept == OrderFilter(orders={"139La": (1, -1)})
    assert isinstance(last, Cycled)
    assert last.pulse.channel == "1H"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "delai 4 us", r"Line 6: found 'delai'; expected a statement\. Did you mean delay"),
        (HEAD + "delay 4", r"Line 6: Found delay '4'; a finite number with a unit"),
        (HEAD + "delay -4 us", r"Line 6: found delay '-4 us'; expected zero or more"),
        (HEAD + "pulse ph1, 4 us", r"Line 6: found 'ph1, 4 us'; expected 3 or 4 parts"),
        (HEAD + "pulse ph1, 4 us, 5 kHz, gausss", r"Line 6: found shape 'gausss'.*mean gauss"),
        (HEAD + "pulse ph1, 4 us, 5 rad/s", r"Line 6: Found nutation frequency '5 rad/s'"),
        (HEAD + "pulse ph2, 4 us, 5 kHz", r"Line 6: found phases 'ph2'; .*'phases ph2 = \.\.\.'"),
        (HEAD + "phases ph2 = 0 1\nideal ph2, 90 deg", r"Line 7: found phases 'ph2' of 2 steps"),
        (HEAD + "repeat 3\nideal ph1, 90 deg", r"Line 6: found 'repeat'; expected an 'end'"),
        (HEAD + "repeat none", r"Line 6: found 'none'; expected a whole number above zero"),
        (HEAD + "end", r"Line 6: found 'end'; expected 'end' of an open 'repeat'"),
        (HEAD + "repeat 999999\ndelay 1 us\nend", r"Line 8: found 999999 repetitions"),
        (HEAD + "phases ph1 = 0 x", r"Line 6: found 'ph1 = 0 x'; expected whole numbers"),
        (HEAD + "receiver 0 1", r"Line 6: found '0 1'; .*Write 'receiver = 0 1 2 3'"),
        (HEAD + "keep 139La", r"Line 6: found '139La'; expected spins and whole orders"),
        (HEAD + "name", r"Line 6: found 'name' alone; expected a word"),
        (HEAD + "pulse fixed, 4 us, 5 kHz", r"found no pulse with phases; expected one or more"),
        (HEAD + "ideal ph1, 90 deg, on 139La", r"Found no pulse on 1H in 'mine'"),
        ("ideal ph1, 90 deg", r"Line 1: found a pulse; .*Write 'observe 139La' above it"),
        ("observe 1H\nideal ph1, 90 deg", r"found the end of the text; expected a line 'name'"),
    ],
)
def test_errors_name_line_found_expected_and_remedy(text, message):
    with pytest.raises(UnusableInput, match=message):
        read(text, gauss=[1.0])


def test_a_shape_that_is_no_list_of_numbers_is_refused():
    for shape in ([], [[1.0]], [1.0, np.nan]):
        with pytest.raises(UnusableInput, match="Found shape 'gauss' of dimensions"):
            read(HEAD + "ideal ph1, 90 deg", gauss=shape)
