"""Programs of pulses, and what cannot be run."""

import math

import pytest

from megabar.errors import PlanError
from megabar.virtual import nmr
from megabar.virtual.truth import Line

LINE = Line(shape="lorentzian", fwhm=1350.0, shift=20.0, t1=1.5e-3, t2=1.5e-3)


def passed(sequence, order):
    """Whether the phase cycle keeps a pathway from the order after pulse 1 to detection."""
    (first, second), receiver = nmr.CYCLES[sequence]
    steps = zip(first, second, receiver, strict=True)
    # phase of a pathway: -(change of order) times pulse phase, with p = +1 detected
    phases = [order * a + (1 - order) * b - rec for a, b, rec in steps]
    return abs(sum(1j**p for p in phases)) / len(receiver)


@pytest.mark.parametrize(
    ("sequence", "kept"),
    [("solid-echo", {-1: 1.0, 0: 0.0, 1: 1.0}), ("hahn-echo", {-1: 1.0, 0: 0.0, 1: 0.0})],
)
def test_phase_cycles_keep_the_pathways_they_are_made_for(sequence, kept):
    assert {order: pytest.approx(passed(sequence, order)) for order in kept} == kept


def test_second_pulse_of_a_solid_echo_is_always_a_quarter_turn_from_the_first():
    (first, second), _ = nmr.CYCLES["solid-echo"]
    assert {(b - a) % 2 for a, b in zip(first, second, strict=True)} == {1}


@pytest.mark.parametrize("sequence", ["solid-echo", "hahn-echo", "saturation-recovery"])
def test_sequences_with_a_delay_ask_for_it(sequence):
    with pytest.raises(PlanError, match="needs a time above 0"):
        nmr.program(sequence, flip_angle=math.pi / 2)


def test_a_recovery_without_a_comb_is_refused():
    with pytest.raises(PlanError, match="at least 1 is needed"):
        nmr.program("saturation-recovery", flip_angle=math.pi / 2, delay=1e-3)


def test_a_repetition_shorter_than_the_scan_is_refused():
    scan = nmr.program("hahn-echo", flip_angle=math.pi / 2, delay=2e-3)
    with pytest.raises(PlanError, match="Raise the repetition time"):
        nmr.steady_state(scan, line=LINE, offset=0.0, repetition_time=1e-3)
