"""What spectra keep for every input: energy, order of steps, phase, linearity."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tests.unit.spectra.records import DWELL, grid, record

from megabar import spectra
from megabar.spectra.decays import decays_behind
from megabar.spectra.transform import transform_rows

# no numbers whose squares underflow: an energy of 1e-317 has no digits left
PARTS = st.floats(-1e3, 1e3).map(lambda x: round(x, 9))
LENGTHS = st.integers(2, 70)
FILLS = st.integers(1, 3)


@st.composite
def signals(draw):
    shape = (draw(st.integers(1, 4)), draw(LENGTHS))
    parts = arrays.arrays(np.float64, shape, elements=PARTS)
    return draw(parts) + 1j * draw(parts)


def scale_of(rows):
    return max(1e-300, float(np.abs(rows).sum()))


@given(rows=signals(), zero_fill=FILLS)
def test_transform_keeps_the_energy(rows, zero_fill):
    values = transform_rows(rows, weights=np.ones(rows.shape[1]), zero_fill=zero_fill)
    time, frequency = (np.sum(np.abs(x) ** 2, axis=1) for x in (rows, values))
    np.testing.assert_allclose(
        frequency / values.shape[1], time, rtol=1e-10, atol=1e-12 * scale_of(rows) ** 2
    )


@given(rows=signals(), zero_fill=FILLS, start=st.floats(-20, 20))
@example(rows=1j * np.eye(1, 19), zero_fill=1, start=0.999)  # where the weight of a point jumps
def test_a_spectrum_turns_back_into_its_decays(rows, zero_fill, start):
    n_time = rows.shape[1]
    acq = record(rows, time=grid(n_time, start=start * DWELL), step={"delay": np.arange(len(rows))})
    spec = spectra.transform(acq, zero_fill=zero_fill)
    decays = decays_behind(spec)
    back = np.array([decays.decay_of(row) for row in spec["spectrum"].values])
    np.testing.assert_allclose(
        back / DWELL, rows * decays.weights / DWELL, atol=1e-11 * scale_of(rows)
    )


@given(rows=signals(), seed=st.integers(0, 100))
def test_steps_do_not_know_each_other(rows, seed):
    order = np.random.default_rng(seed).permutation(len(rows))
    weights = np.linspace(1, 2, rows.shape[1])
    straight = transform_rows(rows, weights=weights, zero_fill=2)
    permuted = transform_rows(rows[order], weights=weights, zero_fill=2)
    np.testing.assert_allclose(permuted, straight[order], atol=1e-12 * scale_of(rows))


@given(rows=signals(), zero=st.floats(-10, 10), first=st.floats(-1e-5, 1e-5))
def test_phase_is_undone_by_its_opposite_and_keeps_every_modulus(rows, zero, first):
    acq = record(rows, time=grid(rows.shape[1]), step={"delay": np.arange(len(rows))})
    spec = spectra.transform(acq)
    turned = spectra.phase(spec, zero=zero, first=first)
    back = spectra.phase(turned, zero=-zero, first=-first)
    scale = DWELL * scale_of(rows)
    np.testing.assert_allclose(
        np.abs(turned["spectrum"].values), np.abs(spec["spectrum"].values), atol=1e-12 * scale
    )
    np.testing.assert_allclose(back["spectrum"].values, spec["spectrum"].values, atol=1e-12 * scale)


@given(rows=signals(), start=st.floats(-20, 20), turn=st.floats(-4, 4))
def test_a_turned_signal_gives_a_turned_spectrum(rows, start, turn):
    time = grid(rows.shape[1], start=start * DWELL)
    step = {"delay": np.arange(len(rows))}
    plain = spectra.transform(record(rows, time=time, step=step))
    turned = spectra.transform(record(rows * np.exp(1j * turn), time=time, step=step))
    np.testing.assert_allclose(
        turned["spectrum"].values,
        plain["spectrum"].values * np.exp(1j * turn),
        atol=1e-12 * DWELL * scale_of(rows),
    )


@given(
    n_points=st.integers(16, 200),
    phase=st.floats(-3.1, 3.1),
    place=st.floats(-0.3, 0.3),
    start=st.floats(0, 10),
)
def test_autophase_finds_any_phase_without_noise(n_points, phase, place, start):
    time = grid(n_points, start=start * DWELL)
    frequency, fwhm = place / DWELL, 0.02 / DWELL
    signal = np.exp(1j * phase + (2j * np.pi * frequency - np.pi * fwhm) * time)
    spec = spectra.transform(record(signal, time=time, noise_std=1e-9, noise_relative_std=0.0))
    found = spectra.autophase(spec, frequency=frequency, fwhm=fwhm).attrs["phase"]
    assert abs(np.angle(np.exp(1j * (found - phase)))) < 1e-9
