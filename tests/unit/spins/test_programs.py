"""Programs: what they keep, what they print, and the physics of each by the explicit sum."""

import numpy as np
import pytest

from megabar.spins.level_nodes import nodes_from_couplings, nodes_from_system
from megabar.spins.orientations import single_orientation, sphere_grid
from megabar.spins.phase_tables import HAHN_16, HAHN_32, PhaseTable
from megabar.spins.program_signals import echo_from_program, signal_from_program
from megabar.spins.programs import (
    Cycled,
    Program,
    cpmg,
    hahn_echo,
    inversion_recovery,
    nutation,
    one_pulse,
    saturation_recovery,
    solid_echo,
    spin_lock,
)
from megabar.spins.sequences import (
    Delay,
    IdealPulse,
    OrderFilter,
    Relaxation,
    rectangular_pulse,
)
from megabar.spins.spin_systems import Quadrupole, Spin, SpinSystem
from megabar.spins.tensors import gradient_tensor

US = 1e-6
LASTING = Relaxation(t1=np.inf, t2=np.inf)
ANYWHERE = single_orientation(alpha=0.0, beta=0.0)


def ideal(degrees, channel="1H"):
    return IdealPulse(channel=channel, angle=np.radians(degrees), phase=0.0)


def proton(offset=0.0):
    return SpinSystem(spins=(Spin(channel="1H", spin=0.5, shift=offset * np.eye(3)),))


def lanthanum():
    field = Quadrupole(
        coupling=0.4e6, gradient=gradient_tensor(asymmetry=0.3), larmor_frequency=None
    )
    shift = np.diag([-500.0, 200.0, 900.0])
    return SpinSystem(spins=(Spin(channel="139La", spin=3.5, shift=shift, quadrupole=field),))


def run(program, *, system=None, orientations=ANYWHERE, times=(0.0,), relaxation=LASTING):
    found = signal_from_program(
        system or proton(), orientations, program, times=np.array(times), relaxation=relaxation
    )
    return 1j * found


@pytest.mark.parametrize("table", [HAHN_16, HAHN_32], ids=lambda table: table.name)
def test_the_sum_over_a_hahn_cycle_is_the_echo_by_order(table):
    first, second = (
        rectangular_pulse(channel="139La", duration=d, amplitude=62.5e3, phase=0.0)
        for d in (3 * US, 6 * US)
    )
    program = hahn_echo(first=first, second=second, delay=30 * US, table=table)
    grid, times = sphere_grid(34), np.arange(20) * 2 * US
    relaxation = Relaxation(t1=1e-3, t2=90 * US)
    found = run(program, system=lanthanum(), orientations=grid, times=times, relaxation=relaxation)
    nodes = nodes_from_system(lanthanum(), grid)
    lines = echo_from_program(nodes, program, relaxation=relaxation)
    np.testing.assert_allclose(found, 1j * lines.signal(times), atol=1e-13)


def test_one_pulse_gives_the_whole_signal():
    assert run(one_pulse(ideal(90)))[0] == pytest.approx(1.0, abs=1e-14)


def test_nutation_turns_with_its_length():
    pulse = rectangular_pulse(channel="1H", duration=0.0, amplitude=50e3, phase=0.0)
    programs = nutation(pulse, [1 * US, 5 * US, 20 * US])
    found = [run(program)[0].real for program in programs]
    np.testing.assert_allclose(
        found, np.sin(2 * np.pi * 50e3 * np.array([1, 5, 20]) * US), atol=1e-12
    )
    assert programs[1].name == "nutation, 5 us"


@pytest.mark.parametrize("delay", [0.1, 1.0, 7.0])
def test_inversion_recovery_of_imperfect_pulses(delay):
    program = inversion_recovery(invert=ideal(150), read=ideal(80), delay=delay)
    found = run(program, system=proton(3.1e3), relaxation=Relaxation(t1=2.0, t2=1e-3))[0]
    left = 1 - (1 - np.cos(np.radians(150))) * np.exp(-delay / 2.0)
    assert found == pytest.approx(np.sin(np.radians(80)) * left, abs=1e-12)


def test_a_comb_saturates_and_the_signal_grows_from_zero():
    def at(delay):
        program = saturation_recovery(
            comb=ideal(85), pulses=8, gap=5e-3, read=ideal(90), delay=delay
        )
        return run(program, relaxation=Relaxation(t1=2.0, t2=1e-4))[0].real

    start = at(1e-3)
    assert 0 < start < 0.01
    assert at(1.0) == pytest.approx(1 - (1 - start) * np.exp(-0.999 / 2.0), abs=1e-12)


def test_echoes_of_a_train_decay_with_t2_whatever_the_offset():
    for echoes in (1, 2, 5):
        program = cpmg(excite=ideal(90), refocus=ideal(180), delay=1e-3, echoes=echoes)
        found = run(
            program, system=proton(730.0), times=(1e-3,), relaxation=Relaxation(t1=5.0, t2=4e-3)
        )
        assert abs(found[0]) == pytest.approx(np.exp(-2e-3 * echoes / 4e-3), abs=1e-12)


def test_a_train_forgives_wrong_lengths_of_its_pulses_on_even_echoes():
    def echo(count):
        program = cpmg(excite=ideal(90), refocus=ideal(160), delay=1e-3, echoes=count)
        offsets = np.arange(64) / 64 * 1e3  # all phases between pulses
        return abs(np.mean([run(program, system=proton(one), times=(1e-3,))[0] for one in offsets]))

    assert echo(1) == pytest.approx(np.sin(np.radians(80)) ** 2, abs=1e-12)
    assert echo(2) > echo(1)


def test_a_lock_holds_what_an_offset_would_turn_away():
    lock = rectangular_pulse(channel="1H", duration=1e-3, amplitude=100e3, phase=0.0)
    program = spin_lock(excite=ideal(90), lock=lock)
    assert run(program)[0] == pytest.approx(1.0, abs=1e-12)
    tilt = np.arctan(100.0 / 1.0)  # of the effective field at 1 kHz from the carrier
    held = abs(run(program, system=proton(1e3))[0])
    assert held > np.sin(tilt) ** 2 - np.cos(tilt) ** 2 - 1e-12


def test_what_a_lock_excites_itself_cancels():
    lock = rectangular_pulse(channel="1H", duration=2.5 * US, amplitude=100e3, phase=0.0)
    assert abs(run(spin_lock(excite=ideal(0), lock=lock))[0]) < 1e-14


def test_pulses_of_a_train_count_once():
    program = cpmg(excite=ideal(90), refocus=ideal(180), delay=1e-3, echoes=40)
    assert program.kept_pathways(spin=0.5) == ((-1, -1), (1, -1))


def test_a_row_that_comes_again_counts_again():
    table = PhaseTable(
        name="stimulated", turn=4, phases={"a": (0, 2), "b": (0, 0)}, receiver=(0, 2)
    )
    wait = Delay(duration=1e-5)
    elements = (
        Cycled(row="a", pulse=ideal(90)), wait, Cycled(row="b", pulse=ideal(90)), wait,
        Cycled(row="a", pulse=ideal(90)), wait, ideal(90),
    )  # fmt: skip
    program = Program(name="mine", channel="1H", elements=elements, table=table)
    assert list(program.cycle_in_time.phases) == ["a", "b", "a (3)", "fixed"]
    for pathway in program.kept_pathways(spin=0.5):
        steps = np.diff((0, *pathway))
        assert (steps[0] + steps[2] + 1) % 2 == 0


def test_a_program_prints_itself():
    soft = rectangular_pulse(channel="139La", duration=4 * US, amplitude=62.5e3, phase=0.0)
    program = hahn_echo(first=soft, second=ideal(180, "139La"), delay=25 * US, table=HAHN_16)
    lines = program.printed(spin=3.5).splitlines()
    assert lines[0] == "Hahn echo, 139La observed"
    assert lines[1] == "  ph1: pulse of 4 us, up to 62.5 kHz, on 139La"
    assert lines[-2] == (
        "passes for spin 3.5: 0 -> -7 -> -1, 0 -> -3 -> -1, 0 -> +1 -> -1, 0 -> +5 -> -1"
    )
    assert lines[-1] == "leaves: no artefact"


def test_rows_that_the_table_has_not_are_refused():
    elements = (Cycled(row="ph3", pulse=ideal(90)),)
    with pytest.raises(ValueError, match="has ph1, ph2"):
        Program(name="mine", channel="1H", elements=elements, table=HAHN_16)


def test_a_program_without_pulse_or_spin_is_refused():
    with pytest.raises(ValueError, match="no pulse on 13C"):
        Program(name="mine", channel="13C", elements=(ideal(90),), table=HAHN_16)
    with pytest.raises(ValueError, match="which no spin is"):
        run(one_pulse(ideal(90, "139La")))
    with pytest.raises(ValueError, match="0 echoes"):
        cpmg(excite=ideal(90), refocus=ideal(180), delay=1e-3, echoes=0)


def test_the_solid_echo_of_a_program_has_eight_steps():
    assert len(solid_echo(first=ideal(90), second=ideal(90), delay=1e-5).table) == 8


def test_filters_fixed_pulses_and_split_delays_are_taken_by_order_too():
    table = PhaseTable(name="mine", turn=8, phases={"ph1": (0, 3, 5)}, receiver=(1, 0, 2))
    soft = rectangular_pulse(channel="139La", duration=3 * US, amplitude=62.5e3, phase=0.4)
    program = Program(
        name="mine",
        channel="139La",
        elements=(
            Cycled(row="ph1", pulse=soft),
            Delay(duration=5 * US),
            OrderFilter(orders={"139La": (-1, 1, 3)}),
            Delay(duration=7 * US),
            soft,
        ),
        table=table,
    )
    grid, times = sphere_grid(34), np.arange(5) * 4 * US
    found = echo_from_program(nodes_from_system(lanthanum(), grid), program, relaxation=LASTING)
    expected = run(program, system=lanthanum(), orientations=grid, times=times)
    np.testing.assert_allclose(1j * found.signal(times), expected, atol=1e-13)


def test_programs_of_more_than_two_pulses_take_the_general_road():
    nodes = nodes_from_couplings(spin=0.5, coupling=[0.0], offset=0.0, weight=[1.0])
    for program in (
        one_pulse(ideal(90)),
        cpmg(excite=ideal(90), refocus=ideal(180), delay=1e-3, echoes=2),
    ):
        with pytest.raises(ValueError, match="others with signal_from_program"):
            echo_from_program(nodes, program, relaxation=LASTING)
    pair = SpinSystem(spins=proton().spins * 2)
    with pytest.raises(ValueError, match="Found 2 spins"):
        nodes_from_system(pair, ANYWHERE)


def test_a_scaled_program_turns_further():
    program = hahn_echo(first=ideal(90), second=ideal(180), delay=1e-3, table=HAHN_16)
    for scale in (0.7, 1.0, 1.2):
        found = abs(run(program.scaled(scale), times=(1e-3,))[0])
        angle = np.pi / 2 * scale
        assert found == pytest.approx(np.sin(angle) * np.sin(angle) ** 2, abs=1e-12)
