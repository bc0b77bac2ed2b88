"""Fits of solid lines: what they refuse, what they store, what evidence needs to know."""

import numpy as np
import pytest

from megabar import schemas
from megabar.observables import rival_lines, solid_lines
from megabar.spins import lineshapes

TIME = np.arange(512) * 1e-6
RANGES = {"frequency": (-1e5, 1e5), **dict.fromkeys(["splitting", "fwhm", "deviation"], (0, 1e5))}


def acquired(seed, **more):
    rng = np.random.default_rng(seed)
    decay = 100 * lineshapes.pairs().decay(TIME, [2e3, 40e3, 4e3])[0]
    signal = decay + rng.normal(size=512) + 1j * rng.normal(size=512)
    return schemas.acquisition(signal[None], time=TIME, attrs={
        "nucleus": "1H", "carrier_frequency": 395e6, "n_scans": 16, "sequence": "fid",
        "repetition_time": 1.0, "dead_time": 0.0, "cell": "A", "source": "simulated",
        "source_sha256": "0", **more})  # fmt: skip


def of_pairs(data, **how):
    start = {"frequency": 0.0, "splitting": 35e3, "fwhm": 5e3}
    return solid_lines.solid_line(
        data, shape=lineshapes.pairs(), start=start, noise=(1.0, 0.01), **how
    )


def of_shifts(data):
    return solid_lines.solid_line(
        data, shape=lineshapes.skewed_shifts(), start={"frequency": 0.0, "deviation": 2e4},
        fixed={"skewness": 0.0, "fwhm": 0.0}, noise=(1.0, 0.01),
    )  # fmt: skip


def test_a_parameter_without_start_or_value_is_named():
    with pytest.raises(ValueError, match="no start of splitting"):
        solid_lines.solid_line(
            acquired(1), shape=lineshapes.pairs(), start={"frequency": 0.0, "fwhm": 1e3}
        )


def test_observables_hold_parameters_amplitude_and_shift():
    found = of_pairs(acquired(2, reference_frequency=395e6))
    stored = solid_lines.observables_of(found, metal="139La")
    assert stored.splitting.item() == pytest.approx(40e3, abs=4 * stored.splitting_std.item())
    assert stored.amplitude.item() == pytest.approx(100.0, abs=4 * stored.amplitude_std.item())
    shift = 1e6 * stored.line_frequency.item() / 395e6
    assert stored["shift"].item() == pytest.approx(shift, rel=1e-9)


def test_a_parameter_at_its_end_is_stored_as_a_bound():
    found = of_pairs(acquired(3), bounds={"splitting": (0.0, 38e3)})
    assert "splitting" in found.fit.at_bounds
    stored = solid_lines.observables_of(found, metal="139La")
    assert stored.splitting.attrs["quality"] == "lower bound"
    assert np.isnan(stored.splitting_std.item())


def test_evidence_is_that_of_the_integral_over_the_ranges():
    """Pairs with all but the splitting known: the integral over it and the amplitude, by sums."""
    data = acquired(4)
    found = solid_lines.solid_line(
        data, shape=lineshapes.pairs(), start={"splitting": 39e3},
        fixed={"frequency": 2e3, "fwhm": 4e3}, noise=(1.0, 0.01),
    )  # fmt: skip
    signal = data.signal.values[0]
    splitting = np.linspace(38e3, 42e3, 2001)
    logs = []
    for value in splitting:
        decay = lineshapes.pairs().decay(TIME, [2e3, value, 4e3])[0]
        square = np.vdot(decay, decay).real
        chi2 = np.vdot(signal, signal).real - abs(np.vdot(decay, signal)) ** 2 / square
        logs.append(-chi2 / 2 + np.log(2 * np.pi / square))
    expected = np.log(np.exp(np.array(logs) - max(logs)).sum() * (splitting[1] - splitting[0]))
    expected += max(logs) - np.log(1e5)
    rival = rival_lines.rivals([found], ranges={"splitting": (0.0, 1e5)})[0]
    assert rival.log_evidence == pytest.approx(expected, abs=0.02)
    assert rival.probability == 1.0


@pytest.mark.parametrize("end", [38e3, 39.95e3, 40.05e3])
def test_evidence_at_the_end_of_a_range_is_that_of_the_integral(end):
    """The likelihood is cut by the range, or lies beyond it."""
    data = acquired(5)
    found = solid_lines.solid_line(
        data, shape=lineshapes.pairs(), start={"splitting": end - 2e3},
        fixed={"frequency": 2e3, "fwhm": 4e3}, bounds={"splitting": (30e3, end)},
        noise=(1.0, 0.01),
    )  # fmt: skip
    signal = data.signal.values[0]
    splitting = end - 1e3 * (np.arange(20_000) + 0.5) / 20_000
    near = splitting[::40]
    logs = []
    for value in near:
        decay = lineshapes.pairs().decay(TIME, [2e3, value, 4e3])[0]
        square = np.vdot(decay, decay).real
        chi2 = np.vdot(signal, signal).real - abs(np.vdot(decay, signal)) ** 2 / square
        logs.append(-chi2 / 2 + np.log(2 * np.pi / square))
    fine = np.interp(splitting[::-1], near[::-1], logs[::-1])
    expected = fine.max() + np.log(np.exp(fine - fine.max()).sum() * 1e3 / 20_000 / (end - 30e3))
    rival = rival_lines.rivals([found], ranges={"splitting": (30e3, end)})[0]
    assert rival.log_evidence == pytest.approx(expected, abs=0.5)


def test_rivals_of_different_records_are_refused():
    with pytest.raises(ValueError, match="different records"):
        rival_lines.rivals([of_pairs(acquired(1)), of_shifts(acquired(2))], ranges=RANGES)


def test_a_missing_range_is_named():
    with pytest.raises(ValueError, match="no range of deviation"):
        rival_lines.rivals([of_shifts(acquired(1))], ranges={"frequency": (-1e5, 1e5)})
