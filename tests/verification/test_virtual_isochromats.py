"""The pathways of the virtual laboratory against a brute sum over isochromats.

Here every isochromat is a vector of three numbers, turned by rotation matrices and relaxed by the
Bloch equations, scan after scan. Nothing knows of coherence orders, echoes or steady states.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from tests.realdata import REPOSITORY

from megabar.virtual import nmr
from megabar.virtual.plan import read_plan
from megabar.virtual.truth import Line

PLAN = REPOSITORY / "examples" / "lah10-70-days" / "simulation.toml"
QUARTER = math.pi / 2

# --- the independent road -------------------------------------------------------------------------


def rotation(angle, axis_phase):
    """Right-handed rotation by ``angle`` about an axis in the xy plane (Rodrigues)."""
    n = np.array([math.cos(axis_phase), math.sin(axis_phase), 0.0])
    cross = np.array([[0, -n[2], n[1]], [n[2], 0, -n[0]], [-n[1], n[0], 0]])
    return np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * (cross @ cross)


def free(m, offsets, interval, line):
    """Precession, T2 and T1 for one interval; ``m`` is (isochromat, 3)."""
    turned = (m[:, 0] + 1j * m[:, 1]) * np.exp((2j * np.pi * offsets - 1 / line.t2) * interval)
    z = 1 + (m[:, 2] - 1) * math.exp(-interval / line.t1)
    return np.column_stack([turned.real, turned.imag, z])


@dataclass(frozen=True)
class Ensemble:
    """Isochromats on an even grid, weighted by the distribution of the line."""

    offsets: np.ndarray
    weights: np.ndarray

    @staticmethod
    def of(line, centre, *, span, spacing):
        grid = np.arange(-span, span + spacing, spacing)
        width = line.inhomogeneous_fwhm
        if line.shape == "gaussian":
            weights = np.exp(-4 * math.log(2) * (grid / width) ** 2)
        else:
            weights = 1 / (1 + (2 * grid / width) ** 2)
        return Ensemble(grid + centre, weights / weights.sum())


def brute(scan, line, ensemble, *, repetition_time, time, cycles):
    """Run whole phase cycles until the last one, and average that."""
    m = np.tile([0.0, 0.0, 1.0], (ensemble.offsets.size, 1))
    n = len(scan.receiver)
    total = np.zeros(time.size, dtype=complex)
    for number in range(cycles * n):
        step = number % n
        for _ in range(scan.saturation):
            m = m @ rotation(scan.flip_angles[0], 0.0).T
            m[:, :2] = 0
        if scan.saturation:
            m = free(m, ensemble.offsets, scan.recovery, line)
        for index, angle in enumerate(scan.flip_angles):
            m = m @ rotation(angle, QUARTER * scan.phases[index][step]).T
            if index < len(scan.intervals):
                m = free(m, ensemble.offsets, scan.intervals[index], line)
        if number >= (cycles - 1) * n:
            transverse = (m[:, 0] + 1j * m[:, 1]) * ensemble.weights
            since = scan.origin + time
            turn = np.exp(2j * np.pi * np.outer(since, ensemble.offsets))
            detected = (turn @ transverse) * np.exp(-since / line.t2)
            total += 1j * np.exp(-1j * QUARTER * scan.receiver[step]) * detected / n
        m = free(m, ensemble.offsets, repetition_time - scan.duration - scan.recovery, line)
        m[:, :2] = 0
        m[:, 2] = ensemble.weights @ m[:, 2]
    return total


def compare(sequence, line, *, centre, repetition_time, time, span, spacing, flip=QUARTER, **more):
    scan = nmr.program(sequence, flip_angle=flip, **more)
    ensemble = Ensemble.of(line, centre, span=span, spacing=spacing)
    expected = brute(scan, line, ensemble, repetition_time=repetition_time, time=time, cycles=6)
    found = nmr.signal(scan, line=line, offset=centre, repetition_time=repetition_time, time=time)
    return found, expected


LANTHANUM = Line(shape="gaussian", fwhm=38e3, shift=900, t1=8e-3, t2=2e-3)
PROTON = Line(shape="lorentzian", fwhm=1350, shift=20, t1=1.5e-3, t2=1.5e-3)

# --- tests ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("flip", [QUARTER, 0.6, 1.9])
def test_fid_of_a_gaussian_line_equals_the_isochromat_sum_at_any_flip_angle(flip):
    time = np.linspace(2e-6, 80e-6, 40)
    found, expected = compare(
        "fid", LANTHANUM, centre=4e3, repetition_time=10e-3, time=time, flip=flip,
        span=150e3, spacing=200.0,
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_fid_of_a_lorentzian_line_equals_the_isochromat_sum():
    time = np.linspace(20e-6, 600e-6, 30)
    found, expected = compare(
        "fid", PROTON, centre=-250.0, repetition_time=4e-3, time=time, span=2e6, spacing=80.0
    )
    # the grid ends at 2 MHz: what the wings beyond it hold, W/(pi span), is the tolerance
    np.testing.assert_allclose(found, expected, atol=1.2 * 1350 / (math.pi * 2e6))


@pytest.mark.parametrize("flip", [QUARTER, 1.2])
@pytest.mark.parametrize("repetition_time", [40e-3, 6e-3])
def test_solid_echo_equals_the_isochromat_sum_however_fast_it_repeats(flip, repetition_time):
    time = np.linspace(-15e-6, 60e-6, 50)
    found, expected = compare(
        "solid-echo", LANTHANUM, centre=3e3, repetition_time=repetition_time, time=time,
        flip=flip, delay=25e-6, span=150e3, spacing=200.0,
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("flip", [QUARTER, 1.3])
def test_hahn_echo_equals_the_isochromat_sum_with_imperfect_pulses(flip):
    time = np.linspace(-15e-6, 60e-6, 50)
    found, expected = compare(
        "hahn-echo", LANTHANUM, centre=-2e3, repetition_time=10e-3, time=time,
        flip=flip, delay=150e-6, span=150e3, spacing=200.0,
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("delay", [0.2e-3, 3e-3, 20e-3])
def test_saturation_recovery_equals_the_isochromat_sum_with_a_poor_comb(delay):
    time = np.linspace(2e-6, 60e-6, 20)
    found, expected = compare(
        "saturation-recovery", LANTHANUM, centre=1e3, repetition_time=30e-3, time=time,
        flip=1.2, delay=delay, saturation=3, span=150e3, spacing=200.0,
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=1e-9)


# --- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "factor"), [(8e3, 0.783), (38e3, 0.500)])
def test_solid_echo_of_90_degree_pulses_keeps_half_of_one_plus_g(width, factor):
    # 1/2 [1 + G(2 tau)] at tau = 25 us: 0.783 and 0.500 to three digits
    line = Line(shape="gaussian", fwhm=width, shift=0.0, t1=1e-3, t2=math.inf)
    scan = nmr.program("solid-echo", flip_angle=QUARTER, delay=25e-6)
    top = nmr.signal(scan, line=line, offset=0.0, repetition_time=1.0, time=np.zeros(1))
    assert top[0].real == pytest.approx(factor, abs=5e-4)
    assert abs(top[0].imag) < 1e-12


@pytest.mark.parametrize("flip", [QUARTER, 0.7])
@pytest.mark.parametrize("ratio", [0.3, 1.0, 4.0])
def test_steady_state_of_a_fid_is_the_closed_form_of_ernst(flip, ratio):
    t1 = 2e-3
    line = replace(PROTON, t1=t1)
    scan = nmr.program("fid", flip_angle=flip)
    z = nmr.steady_state(scan, line=line, offset=0.0, repetition_time=ratio * t1)
    left = math.exp(-ratio)
    expected = (1 - left) / (1 - left * math.cos(flip))
    np.testing.assert_allclose(z, expected, rtol=1e-10)


def test_hahn_echo_repeated_fast_has_one_minus_two_exp_plus_e1():
    tau, t1, repetition_time = 0.4e-3, 3e-3, 6e-3
    line = Line(shape="gaussian", fwhm=30e3, shift=0.0, t1=t1, t2=math.inf)
    scan = nmr.program("hahn-echo", flip_angle=QUARTER, delay=tau)
    top = nmr.signal(scan, line=line, offset=0.0, repetition_time=repetition_time, time=np.zeros(1))
    expected = 1 - 2 * math.exp(-(repetition_time - tau) / t1) + math.exp(-repetition_time / t1)
    assert abs(top[0]) == pytest.approx(expected, rel=1e-9)


def test_hahn_echo_decays_with_t2_alone():
    line = Line(shape="gaussian", fwhm=30e3, shift=0.0, t1=3e-3, t2=1e-3)
    tops = [
        nmr.signal(
            nmr.program("hahn-echo", flip_angle=QUARTER, delay=tau),
            line=line, offset=700.0, repetition_time=1.0, time=np.zeros(1),
        )[0]
        for tau in (0.2e-3, 0.7e-3)
    ]  # fmt: skip
    assert abs(tops[1] / tops[0]) == pytest.approx(math.exp(-1.0), rel=1e-9)


def test_a_saturating_comb_leaves_nothing_and_recovery_ends_at_equilibrium():
    line = replace(PROTON, t1=1e-3)

    def size(delay):
        scan = nmr.program("saturation-recovery", flip_angle=QUARTER, delay=delay, saturation=5)
        return abs(
            nmr.signal(scan, line=line, offset=0.0, repetition_time=1.0, time=np.zeros(1))[0]
        )

    assert size(1e-9) == pytest.approx(1e-6, rel=1e-3)  # 1 - exp(-delay/T1)
    assert size(30e-3) == pytest.approx(1.0, rel=1e-9)


# --- what hard pulses leave out -------------------------------------------------------------------


TRUNCATION = 0.01


def envelope_of(slices):
    """Gaussian pulse that starts and ends at 1 % of its peak, mean of each slice taken inside."""
    centres = (np.arange(slices) + 0.5) / slices - 0.5
    return np.exp(math.log(TRUNCATION) * (2 * centres) ** 2)


def zero_before_centre(slices=4000):
    """How far before its centre a 90 degree pulse seems to have acted, in pulse lengths.

    To first order in the offset the magnetisation precesses, while it is turned by theta(t), by
    the integral of sin(theta); a hard pulse at the centre gives one half.
    """
    theta = QUARTER * np.cumsum(envelope_of(slices)) / envelope_of(slices).sum()
    return np.sin(theta).mean() - 0.5


def shaped_pulse(m, offsets, *, angle, phase, length, slices=80):
    """Turn isochromats through a real Gaussian pulse, slice by slice, offsets acting meanwhile."""
    envelope = envelope_of(slices)
    step = length / slices
    nutation = envelope * angle / (envelope.sum() * step)
    for rate in nutation:
        along = np.column_stack(
            [
                np.full(offsets.size, rate * math.cos(phase)),
                np.full(offsets.size, rate * math.sin(phase)),
                2 * np.pi * offsets,
            ]
        )
        speed = np.linalg.norm(along, axis=1, keepdims=True)
        n = along / speed
        turn = speed * step
        m = (
            m * np.cos(turn)
            + np.cross(n, m) * np.sin(turn)
            + n * np.sum(n * m, axis=1, keepdims=True) * (1 - np.cos(turn))
        )
    return m


def test_gaussian_pulse_of_14_us_excites_half_of_its_signal_within_193_khz():
    # FWHM times length = 2.704 for a 90 degree Gaussian truncated at 1 %, from Bloch equations
    offsets = np.linspace(-150e3, 150e3, 6001)
    start = np.tile([0.0, 0.0, 1.0], (offsets.size, 1))
    m = shaped_pulse(start, offsets, angle=QUARTER, phase=0.0, length=14e-6)
    size = np.hypot(m[:, 0], m[:, 1])
    wide = offsets[size > 0.5 * size.max()]
    assert (wide.max() - wide.min()) * 14e-6 == pytest.approx(2.704, rel=3e-3)


def finite_over_hard(line, *, sequence, length, delay, time):
    """Projection of the signal with Gaussian pulses on the signal with hard ones."""
    wide = line.shape == "lorentzian"
    span, spacing = (300, 0.05) if wide else (5, 0.01)
    ensemble = Ensemble.of(line, 0.5, span=span * line.fwhm, spacing=spacing * line.fwhm)
    phases, receiver = nmr.CYCLES[sequence]
    total = np.zeros(time.size, dtype=complex)
    for step, rec in enumerate(receiver):
        m = np.tile([0.0, 0.0, 1.0], (ensemble.offsets.size, 1))
        for index, cycle in enumerate(phases):
            m = shaped_pulse(
                m, ensemble.offsets, angle=QUARTER, phase=QUARTER * cycle[step], length=length
            )
            if index == 0 and len(phases) == 2:
                m = free(m, ensemble.offsets, delay - length, line)
        since = (delay or 0.0) + time - length / 2  # free evolution begins at the end of the pulse
        transverse = (m[:, 0] + 1j * m[:, 1]) * ensemble.weights
        turn = np.exp(2j * np.pi * np.outer(since, ensemble.offsets))
        signal = (turn @ transverse) * np.exp(-since / line.t2)
        total += 1j * np.exp(-1j * QUARTER * rec) * signal / len(receiver)
    hard = nmr.signal(
        nmr.program(sequence, flip_angle=QUARTER, delay=delay),
        line=line, offset=0.5, repetition_time=1e3,
        time=time if delay else time + zero_before_centre() * length,
    )  # fmt: skip
    return np.vdot(hard, total) / np.vdot(hard, hard)


def test_a_rectangular_pulse_acts_as_if_it_came_two_over_pi_before_its_end():
    theta = QUARTER * (np.arange(4000) + 0.5) / 4000
    assert np.sin(theta).mean() == pytest.approx(2 / math.pi, rel=1e-6)


def test_a_gaussian_pulse_acts_before_its_centre_and_a_50_khz_line_feels_it():
    # Time zero at the pulse centre is not exact: see docs/reference/simulation.md.
    plan = read_plan(PLAN)
    line = plan.lines["precursor"]["1H"].at(3.0)
    assert zero_before_centre() == pytest.approx(0.075, abs=0.002)
    late = 8e-6  # first useful point of the precursor record
    lost = line.dephasing(np.array(late + 0.075 * 6e-6)) / line.dephasing(np.array(late))
    assert lost == pytest.approx(0.935, abs=0.005)


@pytest.mark.parametrize(
    ("kind", "nucleus", "name"),
    [
        ("precursor", "1H", "1H_fid"),
        ("hydride", "1H", "1H_fid"),
        ("precursor", "139La", "139La_echo"),
        ("hydride", "139La", "139La_echo"),
    ],
)
def test_a_hard_pulse_at_the_effective_zero_is_good_to_one_percent(kind, nucleus, name):
    plan = read_plan(PLAN)
    channel = next(c for c in plan.channels_of(kind) if c.name == name)
    table = plan.lines[kind][nucleus]
    settings = channel.settings
    time = settings.origin(channel.sequence) + settings.dwell * np.arange(100)
    if channel.sequence == "fid":
        time = time[time >= settings.pulse_length / 2 + settings.dead_time]
    for content in table.content:
        factor = finite_over_hard(
            replace(table.at(content), t1=1.0),
            sequence=channel.sequence,
            length=settings.pulse_length,
            delay=settings.echo_delay,
            time=time,
        )
        assert abs(factor) == pytest.approx(1.0, abs=0.01)
        assert abs(np.angle(factor)) < 0.01
