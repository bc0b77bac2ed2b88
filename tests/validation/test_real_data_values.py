"""Numbers of measured files: does the public analysis meet what was published or computed apart?

Each test is one question. Tolerances are those of other but reasonable choices of window and
weights, stated with the values; nothing here was printed by our code first.
"""

import json

import numpy as np
import pytest
from tests.realdata import data_path

import megabar
from megabar import fitting, observables, schemas
from megabar.spectra.noise import noise_of_steps

STARTED = "2025-03-08T00:00:00"
FILM = "250308-ch1Nb50Al100-ch2Nb100Al20-ch3Nb100Al100_"


@pytest.fixture(scope="module")
def polymer():
    return megabar.read(data_path("bruker-1h-t1rho-polymer") / "189")


def test_rows_of_the_polymer_decay_as_their_norms_say(polymer):
    norms = np.linalg.norm(polymer.signal.values, axis=1)
    assert norms[[7, 15, 20]] / norms[0] == pytest.approx([0.696, 0.275, 0.011], abs=0.01)


@pytest.mark.parametrize(("line", "expected"), [(-309.0, 76.5e-3), (263.0, 67.6e-3)])
@pytest.mark.parametrize("half_width", [20.0, 50.0])
def test_t1rho_of_a_polymer(polymer, line, expected, half_width):
    """Row 22 repeats row 1 and is left out; receiver, not noise, scatters the rows."""
    found = observables.t1rho(polymer, window=(line - half_width, line + half_width))
    assert float(found.t1rho) == pytest.approx(expected, abs=3e-3)
    assert found.attrs["points"] == 21
    assert abs(float(found.t1rho) - expected) < 2 * float(found.t1rho_std)


def test_cross_polarisation_rises_to_its_maximum_and_decays():
    """Amplitude from the energy of the first 600 points, the noise of the tail taken off."""
    folder = data_path("bruker-13c-cp-contact-array") / "CP"
    data = megabar.read(folder, nucleus="13C", array="P15", array_as="pulse_length")
    n_scans = np.asarray(data.attrs["n_scans"])
    noise, _ = noise_of_steps(data)
    power = np.mean(np.abs(data.signal.values[:, :600]) ** 2, axis=1) - 2 * noise**2
    amplitude = np.sqrt(power) / n_scans
    amplitude /= amplitude.max()
    contact = data.pulse_length.values
    assert contact[np.argmax(amplitude)] == pytest.approx(1.7e-3, abs=0.31e-3)
    at = [int(np.argmin(np.abs(contact - time))) for time in (1e-4, 5e-4, 5e-3, 1e-2)]
    assert amplitude[at] == pytest.approx([0.55, 0.88, 0.73, 0.35], abs=0.02)
    scaled = noise / np.sqrt(n_scans)
    assert np.ptp(scaled) / scaled.mean() < 0.10  # within 5 % of the mean


@pytest.mark.parametrize(("folder", "expected"), [("28", 2.35), ("304", 1.95)])
def test_t1_at_low_field_beside_interference(folder, expected):
    data = megabar.read(data_path("dnplab-low-field") / "topspin" / folder, nucleus="1H")
    found = observables.t1(data, drift=300.0)
    assert float(found.t1) == pytest.approx(expected, abs=0.3)


@pytest.fixture(scope="module")
def drifting():
    path = data_path("dnplab-low-field") / "tnmr" / "T1.tnt"
    return megabar.read(path, nucleus="1H", array="de6", array_as="delay", sense=1)


def test_t1_from_the_first_two_milliseconds_of_a_drifting_line(drifting):
    most = float(np.std(drifting.signal.values[:, -256:])) / np.sqrt(2)  # lines in it: a bound
    found = observables.t1(drifting.isel(time=slice(0, 10)), noise=(most, 0.0))
    assert float(found.t1) == pytest.approx(0.11, abs=0.015)


def test_whole_decays_of_the_drifting_line_say_that_something_is_wrong(drifting):
    found = observables.t1(drifting)
    told = " ".join(schemas.warnings_of(found))
    assert "do not share one phase" in told
    assert "the error is that of the scatter" in told


def test_couplings_and_separation_of_ethanol():
    """Quartet of CH3 and triplet of CH2, CH3 at the lower frequency once the sense is right."""
    path = data_path("csdm-nmr") / "blochDecay" / "blochDecay.csdf"
    data = megabar.read(path, nucleus="13C", sense=-1, n_scans=1)

    def multiplet(places, within):
        windows = [(place - 30, place + 30) for place in places]
        several = observables.components(data, shape="lorentzian", windows=windows, within=within)
        frequency = np.array([float(one.line_frequency) for one in several])
        spacing, _ = np.polyfit(np.arange(frequency.size), frequency, 1)
        return spacing, frequency.mean()

    quartet, ch3 = multiplet((-1763, -1637, -1511, -1386), (-2300, -900))
    triplet, ch2 = multiplet((1290, 1432, 1573), (900, 2000))
    assert quartet == pytest.approx(125.6, abs=1)
    assert triplet == pytest.approx(141.6, abs=1)
    assert ch2 - ch3 == pytest.approx(3006, abs=5)


def horns(frequency, spectrum):
    """Largest magnitude on either side of the carrier, by a parabola through three points."""
    magnitude = np.abs(spectrum)
    places = []
    for side in (frequency < 0, frequency > 0):
        k = int(np.argmax(np.where(side, magnitude, 0)))
        below, top, above = magnitude[k - 1 : k + 2]
        step = frequency[1] - frequency[0]
        places.append(frequency[k] + 0.5 * step * (below - above) / (below - 2 * top + above))
    return places


def test_horns_of_static_deuterated_glycine():
    """For I = 1 without asymmetry the horns lie 3/4 of the coupling apart."""
    path = data_path("tecmag-B") / "SolidEcho_muti chs" / "Dgly_quadecho_ft.tnt"
    data = megabar.read(path, nucleus="2H")
    low, high = horns(data.frequency.values, data.spectrum.values[0])
    assert high - low == pytest.approx(118.65e3, abs=1.5e3)
    assert 4 / 3 * (high - low) == pytest.approx(158.2e3, abs=2e3)


def test_lines_of_adamantane_lie_nine_parts_per_million_apart():
    path = data_path("tecmag-B") / "CP_WHH" / "13C_adam_cp_ft.tnt"
    data = megabar.read(path, nucleus="13C")
    near = np.abs(data.frequency.values) < 5e3  # an artefact stands near 11.8 kHz
    low, high = horns(data.frequency.values[near], data.spectrum.values[0][near])
    assert 1e6 * (high - low) / data.attrs["carrier_frequency"] == pytest.approx(9.06, abs=0.1)


# --- resistance ----------------------------------------


def film(name, bridge, window):
    path = data_path("rt-nb-ppms-250308") / name
    sweep = megabar.read(path, channel=bridge, started_at=STARTED)
    return observables.critical_temperature(sweep, normal_state=window)


@pytest.mark.parametrize(
    ("bridge", "crossings", "width"),
    [
        (1, (8.801, 8.799, 8.793), 8.5e-3),
        (2, (8.832, 8.826, 8.817), 15e-3),
        (3, (9.051, 9.045, 9.041), 9e-3),
    ],
)
def test_niobium_films_on_a_slow_ramp(bridge, crossings, width):
    found = film(f"{FILM}fineUp2.dat", bridge, (9.15, 9.5))
    got = (float(found.tc_onset), float(found.tc_midpoint), found.attrs["tc_foot"])
    assert got == pytest.approx(crossings, abs=0.006)
    assert float(found.tc_width) == pytest.approx(width, abs=3e-3)
    assert found.attrs["verdict"] == "transition"


def test_coarse_steps_agree_with_the_slow_ramp_within_their_stated_error():
    coarse = film(f"{FILM}coarseUp1.dat", 1, (10, 14))
    assert abs(float(coarse.tc_midpoint) - 8.799) < 2 * float(coarse.tc_midpoint_std)
    assert float(coarse.tc_midpoint_std) > 0.1  # steps of half a kelvin


@pytest.mark.parametrize(("bridge", "middle"), [(1, 4.58), (2, 4.49), (3, 4.56)])
def test_patterned_films(bridge, middle):
    found = film("250308_3D_mh_photolitho_fineUp1.dat", bridge, (5.7, 7))
    assert float(found.tc_midpoint) == pytest.approx(middle, abs=0.03)


def test_residual_of_a_patterned_film_is_zero_not_reached():
    found = film("250308_3D_mh_photolitho_fineUp1.dat", 1, (5.7, 7))
    assert found.attrs["lowest_ratio"] == pytest.approx(0.057, abs=0.003)
    assert found.tc_zero.attrs["quality"] == "not reached"
    other = film("250308_3D_mh_photolitho_fineUp1.dat", 2, (5.7, 7))
    assert float(other.tc_zero) == pytest.approx(3.46, abs=0.15)


@pytest.mark.parametrize("bridge", [1, 2, 3])
def test_a_sweep_that_ends_in_the_transition_is_incomplete(bridge):
    found = film("250308_3D_mh_photolitho_fineUp2.dat", bridge, (5.2, 5.51))
    assert found.attrs["verdict"] == "incomplete"
    assert np.isnan(found.tc_zero)


def test_reversals_of_a_cooldown_are_split():
    path = data_path("rt-nb-ppms-250308") / f"{FILM[:-1]}.dat"
    sweep = megabar.read(path, channel=1, started_at=STARTED)
    pieces = observables.ramps(sweep)
    assert len(pieces) >= 2
    with pytest.raises(ValueError, match="Choose ramp"):
        observables.critical_temperature(sweep, normal_state=(12, 20))


def drawn(name, window, columns):
    """A digitised curve; those of CSH come from a RETRACTED paper and are shapes, not evidence."""
    path = next(data_path("rt-csh-vector-extracted-B").rglob(f"{name}.csv"))
    sweep = megabar.read(path, columns=columns, source_kind="digitised")
    return observables.critical_temperature(sweep, normal_state=window)


CSH = {"temperature": "Temp in K", "resistance": "R in ohm"}
GESE4 = {"temperature": "Temperature(K)", "resistance": "Resistance(Ohms)"}


@pytest.mark.parametrize(
    ("name", "window", "crossings"),
    [
        ("210_GPa", (192, 210), (190.68, 190.24, 190.05)),
        ("258_GPa", (277, 290), (275.99, 275.81, 275.55)),
        ("01_T", (285, 294), (284.55, 284.47, 284.42)),
        ("06_T", (272, 290), (271.08, 271.01, 270.92)),
    ],
)
def test_crossings_of_retracted_curves_as_shapes(name, window, crossings):
    found = drawn(name, window, CSH)
    got = (float(found.tc_onset), float(found.tc_midpoint), found.attrs["tc_foot"])
    assert got == pytest.approx(crossings, abs=0.05)
    assert found.attrs["merged_points"] > 1000


def test_curved_normal_state_of_a_retracted_curve():
    found = drawn("250_GPa", (257, 280), CSH)
    assert float(found.tc_midpoint) == pytest.approx(254.91, abs=0.05)
    assert found.attrs["tc_foot"] == pytest.approx(254.77, abs=0.05)
    assert float(found.tc_onset) == pytest.approx(255.38, abs=0.3)


def test_window_within_a_retracted_transition_is_refused():
    assert drawn("258_GPa", (270, 277), CSH).attrs["verdict"] == "not covered"


def test_offset_of_a_digitised_zero_line_is_not_decidable():
    found = drawn("01_T", (285, 294), CSH)
    assert found.attrs["zero_verdict"] == "not decidable"


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("13p5_GPa", (200, 280)),
        ("13p5_GPa", (110, 180)),
        ("16_GPa", (100, 290)),
        ("24_GPa", (100, 290)),
    ],
)
def test_a_chalcogenide_that_merely_conducts_less_has_no_transition(name, window):
    assert drawn(name, window, GESE4).attrs["verdict"] == "no transition"


# --- kinetics: public fits ------------------------------


def uptake(temperature):
    path = data_path("hydrogen-uptake-release-B") / "surface_model" / "hirooka" / "content_data"
    return np.loadtxt(path / f"{temperature}.csv", delimiter=",", skiprows=1).T


@pytest.mark.parametrize(
    ("temperature", "plateau", "time"),
    [(550, (0.840, 0.013), (8.56, 0.33)), (650, (0.557, 0.013), (1.30, 0.09))],
)
def test_uptake_of_hydrogen_by_titanium(temperature, plateau, time):
    x, y = uptake(temperature)
    found = fitting.fit(
        fitting.recovery(initial=0.0), x, y, noise_std=None, start={"time_constant": np.median(x)}
    )
    assert abs(found["plateau"][0] - plateau[0]) < plateau[1]
    assert abs(found["time_constant"][0] - time[0]) < time[1]


def test_plateau_of_slow_uptake_is_not_identified():
    x, y = uptake(450)
    found = fitting.fit(
        fitting.recovery(initial=0.0), x, y, noise_std=None, start={"time_constant": np.median(x)}
    )
    covariance = found.covariance_of("plateau", "time_constant")
    correlation = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    value, std = found["plateau"]
    assert correlation > 0.98 or std / value > 0.10


def ab2(pattern):
    path = next(data_path("kinetics-ab2-B").rglob(pattern))
    time, alpha = np.loadtxt(path, delimiter=",", skiprows=1, usecols=(0, 1)).T
    return time, alpha


def stretched(time, alpha, **fixed):
    """1 - exp[-(k t)^n] with the plateau at one, to which the curves were normalised."""
    return fitting.fit(
        fitting.stretched_recovery(initial=0.0),
        time,
        alpha,
        noise_std=None,
        start={"time_constant": 13.0, "stretching": 0.8},
        fixed={"plateau": 1.0, **fixed},
    )


def test_absorption_of_an_alloy_at_fixed_exponent():
    time, alpha = ab2("JW(H)_Abs_06*")
    found = stretched(time[time > 0], alpha[time > 0], stretching=0.8)
    assert 1 / found["time_constant"][0] == pytest.approx(0.0755, rel=0.03)


def test_absorption_of_an_alloy_with_a_dead_time_of_its_own():
    time, alpha = ab2("JW(H)_Abs_06*")
    fits = {}
    for start in np.arange(0.3, 1.2, 0.02):
        late = time > start
        with_start = stretched(time[late] - start, alpha[late])
        early = np.sum(alpha[~late] ** 2)
        fits[start] = (np.sum(with_start.residuals**2) + early, with_start)
    start = min(fits, key=lambda key: fits[key][0])
    best = fits[start][1]
    assert start == pytest.approx(0.70, abs=0.1)
    assert 1 / best["time_constant"][0] == pytest.approx(0.0798, rel=0.03)
    assert best["stretching"][0] == pytest.approx(0.799, rel=0.03)


def test_desorption_of_an_alloy():
    time, alpha = ab2("JW(F)_Des_09*")
    found = stretched(time[time > 0], alpha[time > 0])
    rate, n = 1 / found["time_constant"][0], found["stretching"][0]
    assert rate == pytest.approx(0.0471, rel=0.03)
    assert n == pytest.approx(0.765, rel=0.03)
    assert np.log(2) ** (1 / n) / rate == pytest.approx(12.9, rel=0.03)


def test_numbers_of_measured_files_name_their_source(polymer):
    found = observables.t1rho(polymer, window=(-330, -290))
    assert json.loads(found.attrs["provenance"])["inputs"] == [polymer.attrs["source_sha256"]]
