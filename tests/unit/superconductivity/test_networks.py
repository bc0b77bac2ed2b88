"""Networks of grains against exact resistances, percolation, and the effective medium."""

import math

import numpy as np
import pytest

from megabar.superconductivity.effective_medium import fraction_from_step, threshold
from megabar.superconductivity.networks import Film, bar, corners, resistance


def film(critical_temperature, electrodes, normal=1.0):
    tc = np.asarray(critical_temperature, dtype=float)
    return Film(
        critical_temperature=tc,
        normal_resistance=np.broadcast_to(normal, tc.shape).astype(float),
        electrodes=electrodes,
    )


def test_a_uniform_bar_has_the_resistance_of_its_squares():
    normal = film(np.zeros((6, 13)), bar((6, 13)), normal=3.0)
    assert resistance(normal, temperature=[10.0])[0] == pytest.approx(3.0 * 12 / 6)


def test_layers_across_the_current_add_up_whatever_they_are():
    sheet = np.tile(np.linspace(1.0, 4.0, 9), (5, 1))
    layered = film(np.zeros((5, 9)), bar((5, 9)), normal=sheet)
    steps = (sheet[0, :-1] + sheet[0, 1:]) / 2
    assert resistance(layered, temperature=[1.0])[0] == pytest.approx(steps.sum() / 5)


def test_van_der_pauws_square():
    """R = (R_sheet / pi) ln 2 for point contacts in the corners of a homogeneous square."""
    found = [
        resistance(film(np.zeros((n, n)), corners((n, n), size=1)), temperature=[1.0])[0]
        for n in (20, 40, 80)
    ]
    limit = found[2] + (found[2] - found[1]) / 3  # errors fall as the square of the grain
    assert limit == pytest.approx(math.log(2) / math.pi, rel=2e-3)


def test_a_path_of_superconductor_is_no_resistance_and_one_grain_less_is_some():
    tc = np.zeros((7, 9))
    tc[3, :] = 200.0
    whole = film(tc, bar((7, 9)))
    assert resistance(whole, temperature=[150.0, 250.0])[0] == 0.0
    assert resistance(whole, temperature=[250.0])[0] == pytest.approx(8 / 7)
    cut = tc.copy()
    cut[3, 4] = 0.0
    assert 0 < resistance(film(cut, bar((7, 9))), temperature=[150.0])[0] < 8 / 7


def test_the_highest_transition_on_a_path_hides_all_lower_ones():
    rng = np.random.default_rng(3)
    low = rng.uniform(50, 90, (9, 15))
    low[4, :] = 160.0
    curve = resistance(film(low, bar((9, 15))), temperature=np.linspace(40, 200, 60))
    above = np.linspace(40, 200, 60) >= 160
    assert np.all(curve[~above] == 0)
    assert np.all(curve[above] > 0)


def test_curves_never_rise_on_cooling():
    rng = np.random.default_rng(5)
    uneven = film(rng.normal(150, 30, (20, 20)), bar((20, 20)), rng.uniform(0.5, 2.0, (20, 20)))
    curve = resistance(uneven, temperature=np.linspace(50, 260, 80))
    assert np.all(np.diff(curve) >= -1e-9)


def test_current_and_voltage_change_places():
    """Reciprocity: exchanging the pairs of electrodes leaves the resistance as it was."""
    rng = np.random.default_rng(6)
    sheet = rng.uniform(0.2, 5.0, (14, 14))
    four = corners((14, 14), size=2)
    swapped = {"I+": four["V+"], "I-": four["V-"], "V+": four["I+"], "V-": four["I-"]}
    tc = np.where(rng.random((14, 14)) < 0.3, 200.0, 0.0)
    one = resistance(film(tc, four, sheet), temperature=[100.0])
    other = resistance(film(tc, swapped, sheet), temperature=[100.0])
    assert one[0] == pytest.approx(other[0], rel=1e-9)


def test_sparse_grains_lower_the_resistance_as_clausius_and_mossotti_say():
    """Square grains, resolved: polarisability 2.188 of their area, so nearly r = 1 - 2 f."""
    tile = np.zeros((24, 24))
    tile[9:15, 9:15] = 200.0
    tiles = film(np.tile(tile, (1, 6)), bar((24, 144)))
    warm, cold = resistance(tiles, temperature=[300.0, 100.0])[[0, 1]]
    fraction = 36 / 576
    moved = 2.188 / 2 * fraction
    # half a cell at either end belongs to an electrode: 143 of 144 cells carry the current
    assert 1 - cold / warm == pytest.approx(1 - (1 - moved) / (1 + moved), rel=0.04)
    assert fraction_from_step(1 - cold / warm, dimensions=2) == pytest.approx(fraction, rel=0.1)


def test_zero_resistance_appears_at_the_threshold_of_sites():
    rng = np.random.default_rng(8)
    critical = threshold("square lattice, sites")

    def spanning(fraction):
        found = [
            resistance(
                film(np.where(rng.random((60, 60)) < fraction, 200.0, 0.0), bar((60, 60))),
                temperature=[100.0],
            )[0]
            for _ in range(25)
        ]
        return np.mean(np.array(found) == 0)

    assert spanning(critical - 0.06) < 0.15
    assert spanning(critical + 0.06) > 0.85


def test_wrong_films_are_refused():
    with pytest.raises(ValueError, match="needs I"):
        resistance(film(np.zeros((3, 3)), {"V+": np.eye(3, dtype=bool)}), temperature=[1.0])
    with pytest.raises(ValueError, match="two electrodes"):
        film(np.zeros((2, 1)), {"I+": np.ones((2, 1), bool), "I-": np.ones((2, 1), bool)})
    with pytest.raises(ValueError, match="touches no grain"):
        film(np.zeros((2, 2)), {"I+": np.zeros((2, 2), bool)})
    with pytest.raises(ValueError, match="positive sheet resistance"):
        film(np.zeros((2, 2)), bar((2, 2)), normal=0.0)
