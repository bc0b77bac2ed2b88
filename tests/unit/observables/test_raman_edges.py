"""Edges of bands whose edge is known, with noise, slope, uneven axes, and a line in the way."""

import numpy as np
import pytest
from scipy.special import erfc

from megabar import schemas
from megabar.errors import SchemaError, Undetermined
from megabar.observables.raman_edges import edge_of

EDGE, WIDTH = 1647.4, 4.0
RANGE = {"lowest": 1360.0, "highest": 1740.0}
AXIS = np.arange(1280.0, 1780.0, 0.5)


def band(shift, *, edge=EDGE, width=WIDTH, slope=0.0):
    return (1 + slope * (shift - edge)) * 0.5 * erfc((shift - edge) / (np.sqrt(2) * width))


def spectrum(intensity, shift=AXIS):
    return schemas.sweep(
        {"intensity": intensity},
        coords={"raman_shift": shift},
        attrs={"cell": "A", "current": np.nan, "source": "test", "source_sha256": "0"},
    )


def test_the_steepest_fall_of_a_blurred_edge_is_the_edge():
    found = edge_of(spectrum(1000 * band(AXIS)), **RANGE)
    assert found.position == pytest.approx(EDGE, abs=0.01)


def test_a_sloping_top_moves_the_steepest_fall_by_the_derived_amount():
    """I = [1 + m (nu - nu_e)] step: the minimum of the slope moves by 2 m s^2."""
    slope = -2e-3
    found = edge_of(spectrum(1000 * band(AXIS, slope=slope)), lengths=(3,), **RANGE)
    assert found.position - EDGE == pytest.approx(2 * slope * WIDTH**2, abs=0.01)


@pytest.mark.parametrize("axis", ["even", "stretched"])
def test_errors_of_the_noise_are_what_edges_scatter_by(axis):
    shift = AXIS if axis == "even" else np.linspace(1280**0.5, 1780**0.5, 1000) ** 2
    rng = np.random.default_rng(4)
    found = [
        edge_of(spectrum(200 * band(shift) + rng.normal(size=shift.size), shift), **RANGE)
        for _ in range(300)
    ]
    positions = np.array([one.position for one in found])
    claimed = np.sqrt(np.mean([one.noise_std**2 for one in found]))
    assert claimed == pytest.approx(positions.std(), rel=0.15)
    pulls = (positions - EDGE) / [one.std for one in found]
    assert abs(pulls.mean()) < 0.2
    assert 0.7 < pulls.std() < 1.1  # the choice of the filter is an error on top


def test_the_line_of_the_unstressed_anvil_is_not_taken_for_the_edge():
    line = 5000 / (1 + ((AXIS - 1333) / 2) ** 2)
    found = edge_of(spectrum(1000 * band(AXIS) + line), **RANGE)
    assert found.position == pytest.approx(EDGE, abs=0.05)


def test_saturated_points_are_left_out():
    intensity = 1000 * band(AXIS)
    intensity[100:110] = np.nan
    assert edge_of(spectrum(intensity), **RANGE).position == pytest.approx(EDGE, abs=0.01)


def test_noise_without_an_edge_is_no_edge():
    noise = np.random.default_rng(2).normal(size=AXIS.size)
    with pytest.raises(Undetermined, match="edge"):
        edge_of(spectrum(noise), **RANGE)


def test_an_edge_beyond_the_range_is_refused():
    with pytest.raises(Undetermined, match="end of the range"):
        edge_of(spectrum(1000 * band(AXIS, width=30)), lowest=1360.0, highest=1630.0)


def test_a_coarse_axis_and_a_wrong_axis_are_named():
    coarse = np.arange(1280.0, 1780.0, 4.0)
    with pytest.raises(ValueError, match="longer lengths"):
        edge_of(spectrum(band(coarse), coarse), **RANGE)
    with pytest.raises(ValueError, match="at least 20"):
        edge_of(spectrum(band(AXIS)), lowest=1900.0, highest=2000.0)
    ruby = schemas.sweep(
        {"intensity": band(AXIS)},
        coords={"wavelength": AXIS},
        attrs={"cell": "A", "current": np.nan, "source": "test", "source_sha256": "0"},
    )
    with pytest.raises(SchemaError, match="raman_shift"):
        edge_of(ruby, **RANGE)
