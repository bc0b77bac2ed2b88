"""Baseline from flanks: exact for its polynomials, honest about flanks that hold signal."""

import numpy as np
import pytest
from tests.batteries.stages import check_stage
from tests.unit.spectra.records import DWELL, decay, grid, noise, record

from megabar import schemas, spectra
from megabar.errors import Undetermined

FLANKS = [(-900e3, -400e3), ("400 kHz", "900 kHz")]
TIME = grid(512)


def spectrum_with(rows, *, zero_fill=1):
    acq = record(rows, time=TIME, step={"delay": np.arange(len(rows))})
    return spectra.transform(acq, zero_fill=zero_fill)


@pytest.mark.parametrize("order", [0, 1, 3])
def test_a_polynomial_of_that_order_goes_exactly(order):
    spec = spectrum_with(1e-9 * noise((3, 512), seed=1))
    x = spec["frequency"].values / 1e6
    rows = np.random.default_rng(2).normal(size=(3, order + 1, 2)).view(complex)[..., 0]
    bent = spec.copy(data={"spectrum": spec["spectrum"].values + rows @ x ** np.c_[: order + 1]})
    flat = spectra.baseline(bent, flanks=FLANKS, order=order)
    np.testing.assert_allclose(flat["spectrum"].values, 0, atol=1e-10)


def test_a_line_between_the_flanks_keeps_its_area():
    spec = spectrum_with(decay(TIME, amplitude=5, fwhm=12e3)[np.newaxis])
    raised = spec.copy(data={"spectrum": spec["spectrum"].values + 1e-5})
    flat = spectra.baseline(raised, flanks=FLANKS, order=0)
    frequency = spec["frequency"].values
    spacing = frequency[1] - frequency[0]
    area = 2 * flat["spectrum"].values.real.sum() * spacing
    # the tails that the line itself has in the flanks go with the baseline
    x = (np.pi * 12e3 + 2j * np.pi * frequency) * DWELL
    tails = 5 * DWELL * (1 / (1 - np.exp(-x)) - 0.5).real
    inside = (np.abs(frequency) >= 400e3) & (np.abs(frequency) <= 900e3)
    assert area == pytest.approx(5 - 2 * tails[inside].mean() / DWELL, rel=1e-3)
    assert area == pytest.approx(5, rel=0.02)


def test_baseline_keeps_the_house_rules():
    spec = spectrum_with(noise((4, 512), seed=3), zero_fill=2)
    flat = check_stage(
        lambda ds: spectra.baseline(ds, flanks=FLANKS, order=1),
        spec,
        schema="spectrum/1",
        recorded="baseline(flanks=[(-900000.0, -400000.0), (400000.0, 900000.0)], order=1)",
    )
    assert flat.attrs["baseline_flanks"] == [-900e3, -400e3, 400e3, 900e3]
    assert flat.attrs["baseline_order"] == 1
    assert schemas.warnings_of(flat) == ()


def test_flanks_that_hold_a_line_are_told():
    line = decay(TIME, amplitude=1, frequency=600e3, fwhm=10e3)
    spec = spectrum_with(line + noise((4, 512), std=0.1, seed=4))
    flat = spectra.baseline(spec, flanks=FLANKS, order=1)
    assert any("times the noise" in sentence for sentence in schemas.warnings_of(flat))


def test_flanks_of_pure_noise_are_not_accused():
    for seed in range(50):
        spec = spectrum_with(noise((2, 512), seed=seed), zero_fill=2)
        assert schemas.warnings_of(spectra.baseline(spec, flanks=FLANKS, order=2)) == ()


def test_flanks_are_checked():
    spec = spectrum_with(noise((1, 512), seed=5))
    with pytest.raises(ValueError, match="must rise"):
        spectra.baseline(spec, flanks=[(5e5, 4e5)], order=0)
    with pytest.raises(Undetermined, match="outside the spectrum"):
        spectra.baseline(spec, flanks=[(2e6, 3e6)], order=0)
    with pytest.raises(ValueError, match="more points"):
        spectra.baseline(spec, flanks=[(4e5, 4.05e5)], order=3)
    with pytest.raises(ValueError, match="more points"):
        spectra.baseline(spec, flanks=FLANKS, order=-1)
