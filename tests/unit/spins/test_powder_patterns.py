"""Histograms of quadrupolar powders: moments, densities, slopes.

139La at 55.79628195 MHz unless said.
"""

import numpy as np
import pytest
from tests.batteries.powder_lines import directions_of, lines_of

from megabar.spins import powder_patterns
from megabar.spins.hamiltonians import first_order_coupling
from megabar.spins.powder_patterns import (
    Axis,
    enough_directions,
    moving_pattern,
    pattern_from_quadrupole_coupling,
    spread_factor,
)
from megabar.spins.pulse_responses import responses_from_coupling
from megabar.spins.tensors import gradient_tensor
from megabar.spins.transition_weights import hard_pulse_weights, tabulated_responses

LARMOR = 55.79628195e6
CENTRAL = np.array([0, 0, 0, 1.0, 0, 0, 0])
SIGMA = 1 / (2 * np.sqrt(2 * np.log(2)))


def words(coupling, eta, axis, *, directions=20000, weights=None, fold=False, larmor=LARMOR):
    return {
        "quadrupole_coupling": coupling,
        "asymmetry": eta,
        "spin": 3.5,
        "larmor_frequency": larmor,
        "weights": hard_pulse_weights(3.5) if weights is None else weights,
        "axis": axis,
        "directions": directions,
        "fold": fold,
    }


def broadened(pattern, fwhm):
    """Density per Hz with a Gaussian."""
    axis = pattern.axis
    time = np.fft.rfftfreq(axis.count, axis.step)
    window = np.exp(-2 * (np.pi * SIGMA * fwhm * time) ** 2)
    window = window / spread_factor(time=time, step=axis.step)
    return np.fft.irfft(np.fft.rfft(pattern.density) * window, axis.count) / axis.step


def at(pattern, fwhm, frequencies):
    return np.interp(frequencies, pattern.axis.frequency, broadened(pattern, fwhm)) * 1e3


@pytest.mark.parametrize(
    ("eta", "places", "expected", "directions"),
    [
        (0.3, [0, 10, 30, 50, -50, 105],
         [0.0986335, 0.0107479, 0.0058411, 0.0017911, 0.0017880, 0.00026153], 300_000),
        (0.0, [0, 17.5, 35, 53, 70],
         [0.0984220, 0.0186752, 0.0109154, 0.0046873, 0.00093716], 20_000),
    ],
)  # fmt: skip
def test_density_of_all_lines(eta, places, expected, directions):
    """C_Q 0.5 MHz, FWHM 2 kHz, per kHz at places in kHz."""
    axis = Axis(first=-250e3, step=50.0, count=10001)
    pattern = pattern_from_quadrupole_coupling(**words(0.5e6, eta, axis, directions=directions))
    np.testing.assert_allclose(at(pattern, 2e3, 1e3 * np.array(places)), expected, rtol=1e-4)


def test_density_of_the_central_line():
    """C_Q 20 MHz, eta 0.3, FWHM 4 kHz, per kHz."""
    axis = Axis(first=-250e3, step=50.0, count=10001)
    pattern = pattern_from_quadrupole_coupling(
        **words(20e6, 0.3, axis, directions=200_000, weights=CENTRAL)
    )
    found = at(pattern, 4e3, 1e3 * np.array([-60, -40, 0, 30]))
    np.testing.assert_allclose(found, [0.0076754, 0.0122513, 0.0071430, 0.0110118], rtol=1e-4)


@pytest.mark.parametrize(
    ("spin", "coupling", "larmor", "low", "high"),
    [(3.5, 20e6, LARMOR, -60.9603e3, 34.2902e3), (2.5, 8e6, 102.9525e6, -12432.9, 6993.5)],
)
def test_singularities_of_the_central_line_without_asymmetry(spin, coupling, larmor, low, high):
    """Weight piles up on both edges, at -(1/9) and +(1/16) of [I(I+1) - 3/4] nu_Q^2/nu_L."""
    axis = Axis(first=-100e3, step=1.0, count=200001)
    weights = np.zeros(round(2 * spin))
    weights[round(2 * spin) // 2] = 1
    density = pattern_from_quadrupole_coupling(
        **{
            **words(coupling, 0.0, axis, directions=400_000, weights=weights, larmor=larmor),
            "spin": spin,
        }
    ).density
    filled = axis.frequency[density > 0]
    assert filled[0] == pytest.approx(low, abs=2.5)
    assert filled[-1] == pytest.approx(high, abs=2.5)


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
def test_moments_are_those_of_the_lines_and_of_the_spreading(eta):
    """The cubic B-spline keeps the mean and adds step^2/3 to the second moment."""
    step = 3e3
    axis = Axis(first=-6e6, step=step, count=4001)
    pattern = pattern_from_quadrupole_coupling(**words(20e6, eta, axis, directions=50_000))
    lines = lines_of(20e6, eta, 50_000)
    mean = sum(share * line.mean() for share, line in lines)
    square = sum(share * (line**2).mean() for share, line in lines)
    assert pattern.density @ axis.frequency == pytest.approx(mean, rel=1e-9)
    added = pattern.density @ axis.frequency**2 - square
    assert added == pytest.approx(step**2 / 3, rel=1e-3)


def test_second_moment_of_all_levels_tells_the_weights():
    """First order, I = 7/2: 0.6 nu_Q^2 (1 + eta^2/3); equal weights would give 0.8."""
    axis = Axis(first=-150e3, step=10.0, count=30001)
    pattern = pattern_from_quadrupole_coupling(
        **words(0.5e6, 0.6, axis, directions=100_000, larmor=None)
    )
    expected = 0.6 * (0.5e6 / 14) ** 2 * (1 + 0.6**2 / 3)
    found = pattern.density @ axis.frequency**2 - axis.step**2 / 3
    assert found == pytest.approx(expected, rel=1e-4)


def test_lines_outside_are_lost_and_said_or_fold():
    narrow = Axis(first=-50e3, step=100.0, count=1001)
    lost = pattern_from_quadrupole_coupling(**words(0.5e6, 0.3, narrow))
    assert 0.05 < lost.lost < 0.5
    assert lost.density.sum() == pytest.approx(1 - lost.lost, abs=1e-12)
    folded = pattern_from_quadrupole_coupling(**words(0.5e6, 0.3, narrow, fold=True))
    assert folded.density.sum() == pytest.approx(1, abs=1e-12)


def test_a_folded_pattern_is_the_sampled_decay():
    """The transform of folded bins gives sum w exp(i 2 pi nu t) at multiples of the dwell."""
    count, dwell = 512, 4e-6
    axis = Axis(first=0.0, step=1 / (count * dwell), count=count)
    pattern = pattern_from_quadrupole_coupling(
        **words(0.5e6, 0.3, axis, directions=3000, fold=True)
    )
    n = np.arange(40)
    expected = sum(
        share * np.exp(2j * np.pi * dwell * np.multiply.outer(n, line)).mean(axis=1)
        for share, line in lines_of(0.5e6, 0.3, 3000)
    )
    found = np.fft.ifft(pattern.density)[:40] * count
    found /= spread_factor(time=n * dwell, step=axis.step)
    near = n / count
    assert (np.abs(found - expected) <= 2.1 * (near / (1 - near)) ** 4 + 1e-12).all()


@pytest.mark.parametrize("with_pulse", [False, True])
@pytest.mark.parametrize("parameter", ["quadrupole_coupling", "asymmetry"])
def test_slopes_are_those_of_differences(with_pulse, parameter):
    axis = Axis(first=-200e3, step=10.0, count=40000)
    weights = (
        tabulated_responses(
            spin=3.5, largest_coupling=2e6, amplitude=np.array([62.5e3]), duration=4e-6
        )
        if with_pulse
        else None
    )
    given = words(0.5e6, 0.3, axis, directions=5000, weights=weights, fold=True)
    moving = moving_pattern(**given)
    motion = moving.by_coupling if parameter == "quadrupole_coupling" else moving.by_asymmetry
    time = np.fft.fftfreq(axis.count, axis.step)
    damping = np.exp(-2 * (np.pi * SIGMA * 4e3 * time) ** 2)
    transform = np.fft.ifft
    analytic = damping * (2j * np.pi * time * transform(motion.carried) + transform(motion.grown))
    step = 1e-4 * given[parameter]
    ends = [
        damping
        * transform(
            pattern_from_quadrupole_coupling(
                **{**given, parameter: given[parameter] + sign * step}
            ).density
        )
        for sign in (1, -1)
    ]
    numeric = (ends[0] - ends[1]) / (2 * step)
    assert np.abs(analytic - numeric).max() < 2e-5 * np.abs(numeric).max()


def test_responses_of_a_table_are_those_of_the_pulse():
    table = tabulated_responses(
        spin=3.5, largest_coupling=20e6, amplitude=np.array([62.5e3]), duration=4e-6
    )
    axis = Axis(first=-9e6, step=2e3, count=9001)
    pattern = pattern_from_quadrupole_coupling(**words(20e6, 0.1, axis, weights=table))
    direct = 0j
    for k in range(-3, 4):
        f = first_order_coupling(
            quadrupole_coupling=20e6, gradient=gradient_tensor(asymmetry=0.1), spin=3.5,
            directions=directions_of(k, 20_000).directions,
        )  # fmt: skip
        values = responses_from_coupling(
            spin=3.5, coupling=f, offset=0.0, amplitude=np.array([62.5e3]),
            durations=np.array([4e-6]),
        )  # fmt: skip
        direct += 1j * values[..., k + 3].mean()
    assert pattern.density.sum() == pytest.approx(direct, abs=1e-6)


def test_mistakes_are_named():
    axis = Axis(first=-1e5, step=100.0, count=2001)
    with pytest.raises(ValueError, match="exchange the axes"):
        pattern_from_quadrupole_coupling(**words(1e6, 1.5, axis))
    with pytest.raises(ValueError, match="give one for each"):
        pattern_from_quadrupole_coupling(**words(1e6, 0.5, axis, weights=np.ones(6)))
    table = tabulated_responses(
        spin=3.5, largest_coupling=1e6, amplitude=np.array([62.5e3]), duration=4e-6
    )
    with pytest.raises(ValueError, match="tabulate those of this spin, further"):
        pattern_from_quadrupole_coupling(**words(2e6, 0.5, axis, weights=table))
    with pytest.raises(ValueError, match="has no slope"):
        moving_pattern(**words(0.0, 0.5, axis))
    assert powder_patterns.line_coefficients(
        quadrupole_coupling=1e6, spin=1.5, larmor_frequency=None
    ).first.shape == (3,)


@pytest.mark.parametrize("eta", [0.0, 0.05, 0.3, 0.7, 1.0])
@pytest.mark.parametrize(("coupling", "fwhm"), [(0.5e6, 2e3), (0.5e6, 10e3), (5e6, 50e3)])
def test_directions_that_are_called_enough_are_enough(eta, coupling, fwhm):
    count = enough_directions(quadrupole_coupling=coupling, asymmetry=eta, spin=3.5, width=fwhm)
    axis = Axis(first=-coupling / 2, step=fwhm / 8, count=round(8 * coupling / fwhm))
    few, many = (
        broadened(
            pattern_from_quadrupole_coupling(**words(coupling, eta, axis, directions=n)), fwhm
        )
        for n in (count, 10 * count)
    )
    assert np.abs(few - many).max() < 1e-4 * many.max()


def test_sharp_lines_have_no_enough():
    with pytest.raises(ValueError, match="Broaden them"):
        enough_directions(quadrupole_coupling=1e6, asymmetry=0.0, spin=3.5, width=0.0)


def test_central_line_alone_takes_all_directions():
    """Lines that are not asked for take no directions from it."""
    axis = Axis(first=-100e3, step=500.0, count=401)
    few, many = (
        broadened(
            pattern_from_quadrupole_coupling(
                **words(20e6, 0.3, axis, directions=n, weights=CENTRAL)
            ),
            4e3,
        )
        for n in (10_000, 400_000)
    )
    assert np.abs(few - many).max() < 1e-4 * many.max()
