"""Measured R(T) with windows that nobody gave: the values of other but reasonable analyses."""

import numpy as np
import pytest
from tests.realdata import data_path

import megabar
from megabar import schemas
from megabar.observables import critical_temperature
from megabar.observables.thermal_lag import lag_of

FILM = "250308-ch1Nb50Al100-ch2Nb100Al20-ch3Nb100Al100_fineUp2.dat"
CSH = {"temperature": "Temp in K", "resistance": "R in ohm"}
GESE4 = {"temperature": "Temperature(K)", "resistance": "Resistance(Ohms)"}


def film(name, bridge):
    path = data_path("rt-nb-ppms-250308") / name
    return critical_temperature(megabar.read(path, channel=bridge, started_at="2025-03-08T00:00"))


@pytest.mark.parametrize(
    ("bridge", "crossings"),
    [(1, (8.801, 8.799, 8.793)), (2, (8.832, 8.826, 8.817)), (3, (9.051, 9.045, 9.041))],
)
def test_niobium_films_need_no_window(bridge, crossings):
    found = film(FILM, bridge)
    got = (float(found.tc_onset), float(found.tc_midpoint), found.attrs["tc_foot"])
    assert got == pytest.approx(crossings, abs=0.006)
    assert found.attrs["zero_verdict"] == "reached"


@pytest.mark.parametrize(
    ("bridge", "crossings"), [(1, (5.10, 4.58, 3.97)), (2, (4.97, 4.49, 3.95))]
)
def test_patterned_films_need_no_window(bridge, crossings):
    found = film("250308_3D_mh_photolitho_fineUp1.dat", bridge)
    got = (float(found.tc_onset), float(found.tc_midpoint), found.attrs["tc_foot"])
    assert got == pytest.approx(crossings, abs=0.05)


@pytest.mark.parametrize(
    ("name", "crossings"),
    [
        ("210_GPa", (190.68, 190.24, 190.05)),
        ("258_GPa", (275.99, 275.81, 275.55)),
        ("01_T", (284.55, 284.47, 284.42)),
    ],
)
def test_retracted_curves_are_shapes_and_say_that_they_are_retracted(name, crossings):
    path = next(data_path("rt-csh-vector-extracted-B").rglob(f"{name}.csv"))
    found = critical_temperature(
        megabar.read(path, columns=CSH, source_kind="digitised", note="retracted")
    )
    got = (float(found.tc_onset), float(found.tc_midpoint), found.attrs["tc_foot"])
    assert got == pytest.approx(crossings, abs=0.05)
    assert found.attrs["retracted"] == 1
    assert any("RETRACTED" in one for one in schemas.warnings_of(found))


@pytest.mark.parametrize("name", ["13p5_GPa", "16_GPa", "24_GPa"])
def test_a_chalcogenide_has_no_transition_without_a_window_either(name):
    path = next(data_path("rt-csh-vector-extracted-B").rglob(f"{name}.csv"))
    found = critical_temperature(megabar.read(path, columns=GESE4, source_kind="digitised"))
    assert found.attrs["verdict"] == "no transition"
    assert np.isnan(found.tc_midpoint)


def test_lag_of_the_fast_ramps_of_a_cuprate_from_their_printed_midpoints():
    """Midpoints on the cold finger and rates [K/min] as computed apart from the files."""
    lag = lag_of(
        midpoints=[88.8, 113.1],
        stds=[1.0, 1.0],
        rates=[-5.36 / 60, 1.60 / 60],
        directions=[-1, 1],
    )
    assert lag.disagrees
    assert lag.hysteresis == pytest.approx(24.3, abs=0.1)
    assert lag.tau / 60 == pytest.approx(3.5, abs=0.5)
    assert lag.tc == pytest.approx(107.5, abs=2)
