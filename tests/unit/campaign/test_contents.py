"""Contents in each calibration from rows that were made by hand, against arithmetic on paper."""

import json
from dataclasses import replace
from math import exp, hypot, log, pi, sin, sqrt

import pytest
from tests.unit.campaign.by_hand import CHANNELS, make, only, record

from megabar.campaign import content, plan
from megabar.campaign.rows import Analysis, Failure
from megabar.observables.content_budget import budget_of

LONG = {"repetition_time": 1.0}  # against a T1 of 1 ms: all is there at each scan
XI_LANTHANUM = 0.14125641
HEARD = 0.5 * 1.5 * 0.999885  # I (I + 1) a of 1H
LANTHANUM = 3.5 * 4.5 * 0.9991119

HYDROGEN = replace(
    CHANNELS["1H"], pulse_length=1e-9, pulse_shape="rectangular", pulse_90=1e-9, pulse_90_std=2e-11,
    pulse_power=1.0, pulse_power_std=0.1, noise_temperature=300.0, noise_temperature_std=0.0,
    noise_factor=1.0, noise_factor_std=0.0,
)  # fmt: skip
METAL = replace(
    CHANNELS["139La"], pulse_length=2e-9, pulse_shape="rectangular", pulse_90=2e-9,
    pulse_90_std=6e-11, pulse_power=4.0, pulse_power_std=0.4, noise_temperature=300.0,
    noise_temperature_std=0.0, noise_factor=1.0, noise_factor_std=0.0,
)  # fmt: skip
"""Pulses so short that they turn all of a line, and by what they say."""

BY_NUTATION = plan.Content(calibration="nutation", pairing=3600.0)


def line(channel, day, snr, *, std=0.0, amplitude=None, details=None, **settings):
    told = {"n_scans": 1.0} | (details or {})
    values = {} if amplitude is None else {"amplitude": (amplitude, std * amplitude)}
    return record(
        channel, day, settings={**LONG, **settings}, details=told,
        snr_per_root_scan=(snr, std * snr), fwhm=(100.0, 1.0), line_frequency=(0.0, 1.0), **values,
    )  # fmt: skip


def pair(day, hydrogen, metal, *, channels=(HYDROGEN, METAL), **settings):
    return [line(channels[0], day, hydrogen, **settings),
            line(channels[1], day + 0.01, metal, **settings)]  # fmt: skip


def contents(records, *, channels=(HYDROGEN, METAL), **changes):
    return list(content.contents(make(channels=channels, **changes), records))


def value_of(row):
    assert isinstance(row, Analysis), row.message
    return row.value("h_per_metal")


def factors_of(row, side):
    return {one["name"]: one for one in json.loads(row.detail("factors"))[side]}


# --- nutation -------------------------------------------------------------------------------------


def test_a_content_by_nutation_is_that_of_reciprocity():
    """Fields per root watt: 1/1 ns for hydrogen, 1/(2 ns x 2) for the metal."""
    found = value_of(only(contents(pair(5, 70, 1), content=BY_NUTATION)))
    expected = 70 * XI_LANTHANUM**2 * LANTHANUM / HEARD * (1e-9 * 1) / (2e-9 * 2)
    assert found.value == pytest.approx(expected, rel=2e-5)
    lengths, powers = hypot(0.02, 0.03), hypot(0.05, 0.05)
    assert found.common_std / found.value == pytest.approx(hypot(lengths, powers), rel=2e-3)


def test_a_content_by_nutation_needs_no_precursor_and_measures_it_too():
    rows = contents([*pair(-1, 30, 1), *pair(5, 70, 1)], content=BY_NUTATION)
    before, after = (value_of(row).value for row in rows)
    assert after / before == pytest.approx(70 / 30, rel=1e-12)
    assert {row.detail("mode") for row in rows} == {"nutation"}


def test_noise_that_is_stated_enters_as_its_root_and_an_amplitude_without_it():
    loud = replace(HYDROGEN, noise_factor=1.44, noise_temperature=400.0)
    quiet = value_of(only(contents(pair(5, 70, 1), content=BY_NUTATION))).value
    told = {"channels": (loud, METAL), "content": BY_NUTATION}
    louder = value_of(only(contents(pair(5, 70, 1, channels=(loud, METAL)), **told))).value
    assert louder / quiet == pytest.approx(sqrt(1.44 * 4 / 3), rel=1e-9)
    by_amplitude = replace(BY_NUTATION, by="amplitude_per_scan")
    gains = {"receiver_gain": 1.0}
    rows = [line(loud, 5, 1, amplitude=70.0, details=gains),
            line(METAL, 5.01, 1, amplitude=1.0, details=gains)]  # fmt: skip
    found = only(contents(rows, channels=(loud, METAL), content=by_amplitude))
    assert value_of(found).value == pytest.approx(quiet, rel=1e-9)
    assert "bandwidth" not in factors_of(found, "hydrogen")


def test_amplitudes_of_two_channels_without_gains_are_refused():
    by_amplitude = replace(BY_NUTATION, by="amplitude_per_scan")
    rows = [line(HYDROGEN, 5, 1, amplitude=70.0), line(METAL, 5.01, 1, amplitude=1.0)]
    row = only(contents(rows, content=by_amplitude))
    assert isinstance(row, Failure)
    assert "without the gain of their receivers" in row.message
    stated = tuple(
        plan.FactorEntry(
            name="receiver_gain", channel=name, value=value, std=0.0, source="data sheet"
        )
        for name, value in (("1H", 2.0), ("139La", 1.0))
    )
    found = value_of(only(contents(rows, content=by_amplitude, factors=stated)))
    without = value_of(only(contents(pair(5, 70, 1), content=BY_NUTATION)))
    assert found.value == pytest.approx(without.value / 2, rel=1e-9)


def test_any_two_nuclei_are_counted_and_enriched_ones_by_their_share():
    """33S counted over 57Fe, enriched to 95 %: their spins are 3/2 and 1/2."""
    sulphur = replace(HYDROGEN, name="33S", nucleus="33S")
    iron = replace(METAL, name="57Fe", nucleus="57Fe")
    told = {"channels": (sulphur, iron)}
    rows = pair(5, 70, 1, **told)
    natural = value_of(only(contents(rows, content=BY_NUTATION, **told))).value
    enriched = replace(BY_NUTATION, abundances={"57Fe": 0.95})
    row = only(contents(rows, content=enriched, **told))
    assert value_of(row).value / natural == pytest.approx(0.95 / 0.02119, rel=1e-3)
    share = 0.95 * 0.75 / (0.0076 * 3.75)
    ratio = (0.03237778 / 0.07676000) ** 2
    expected = 70 * ratio * share * 1e-9 / (2e-9 * 2)
    assert value_of(row).value == pytest.approx(expected, rel=2e-2)  # abundance of 33S varies


# --- exponent -------------------------------------------------------------------------------------


def test_a_content_by_exponent_is_that_of_the_middle_and_shows_the_others():
    told = plan.Content(
        calibration="exponent", pairing=3600.0, exponents=(3.0, 2.75, 2.5), noise_ratio=1.2,
        noise_ratio_std=0.06,
    )  # fmt: skip
    plain = (CHANNELS["1H"], CHANNELS["139La"])
    row = only(contents(pair(5, 70, 1, channels=plain), channels=plain, content=told))
    found = value_of(row)
    expected = 70 * 1.2 * XI_LANTHANUM**2.75 * LANTHANUM / HEARD
    assert found.value == pytest.approx(expected, rel=2e-5)
    spread = 0.5 * log(1 / XI_LANTHANUM) / sqrt(12)
    assert found.common_std / found.value == pytest.approx(hypot(spread, 0.05), rel=1e-3)
    choices = [one for one in budget_of(json.loads(row.details)).rows if one.kind == "choice"]
    assert choices[0].high / choices[0].low == pytest.approx(XI_LANTHANUM**-0.5, rel=1e-6)


# --- nutation records -----------------------------------------------------------------------------

NUTATED = tuple(
    replace(one, pulse_90=None, pulse_90_std=None, nutation=f"{one.nucleus}-nutation")
    for one in (HYDROGEN, METAL)
)
NUTATIONS = tuple(
    plan.Channel(
        name=f"{nucleus}-nutation", measure="nutation", files="*", nucleus=nucleus,
        pulse_shape="rectangular", field_model="homogeneous", pulse_power=power,
        pulse_power_std=0.1 * power,
    )
    for nucleus, power in (("1H", 1.0), ("139La", 4.0))
)  # fmt: skip
ALIKE, CENTRAL = "all transitions as one", "central transition alone"


def nutation(channel, day, frequency, *, std=0.0, others=()):
    readings = [{"name": ALIKE, "frequency": frequency, "std": std, "share": 1.0}, *others]
    return record(
        channel, day, details={"readings": json.dumps(readings), "statement": "a curve"},
        nutation_frequency=(frequency, std),
    )  # fmt: skip


def session(day, hydrogen, metal, frequencies, *, std=0.0):
    return [
        *pair(day, hydrogen, metal, channels=NUTATED),
        *(nutation(one, day + 0.02, f, std=std * f)
          for one, f in zip(NUTATIONS, frequencies, strict=True)),
    ]  # fmt: skip


PULSES = (250e6, 125e6)  # 90 degrees in 1 and 2 ns
ALL = (*NUTATED, *NUTATIONS)


def test_nutations_of_the_session_give_what_calibrated_lengths_give():
    stated = value_of(only(contents(pair(5, 70, 1), content=BY_NUTATION)))
    row = only(contents(session(5, 70, 1, PULSES, std=0.02), channels=ALL, content=BY_NUTATION))
    found = value_of(row)
    assert found.value == pytest.approx(stated.value, rel=1e-6)
    bent = 0.5 * (0.02 * pi / 2) ** 2  # what 2 % do to the sine of 90 degrees
    assert found.independent_std / found.value == pytest.approx(0.02 * sqrt(2), abs=2 * bent)
    assert found.common_std / found.value == pytest.approx(hypot(0.05, 0.05), rel=1e-6)
    assert any("1H-nutation@5.02" in one for one in row.inputs)


def test_a_weaker_field_is_heard_less_and_turns_less():
    """At 2/3 of the field a pulse turns 60 degrees: sin 60, and by reciprocity 2/3 of the rest."""
    before, after = session(-1, 30, 1, PULSES), session(5, 70, 1, (250e6 * 2 / 3, 125e6))
    found = value_of(only(contents([*before, *after], channels=ALL)))
    assert found.value == pytest.approx(3 * 70 / 30 / (2 / 3 * sin(pi / 3)), rel=1e-4)


def test_errors_of_coil_and_angle_of_one_nutation_move_the_content_together():
    """At 60 degrees of the pulse d ln sin = d / tan(60 deg) x 60 deg, beside d of the coil."""
    before, after = session(-1, 30, 1, PULSES), session(5, 70, 1, (250e6 * 2 / 3, 125e6))
    loose = replace(
        after[2], analysis=nutation(NUTATIONS[0], 5.02, 500e6 / 3, std=5e6 / 3).analysis
    )
    after[2] = loose
    found = value_of(only(contents([*before, *after], channels=ALL)))
    expected = 0.01 * (1 + pi / 3 / sqrt(3))
    assert found.independent_std / found.value == pytest.approx(expected, rel=0.01)


def test_the_power_of_one_meter_cancels_against_the_precursor():
    before, after = session(-1, 30, 1, PULSES), session(5, 70, 1, PULSES)
    found = value_of(only(contents([*before, *after], channels=ALL)))
    assert found.common_std / found.value == pytest.approx(0.01, rel=1e-6)  # precursor 3.00(3)


def test_a_session_without_its_nutation_has_no_content_and_the_message_says_what_to_do():
    rows = session(5, 70, 1, PULSES)[:3]
    row = only(contents(rows, channels=ALL, content=BY_NUTATION))
    assert isinstance(row, Failure)
    assert "no nutation of 139La within 1 h of raw/139La@5.01" in row.message
    assert "state pulse_90 instead" in row.message


def test_a_nutation_on_one_day_only_does_not_follow_the_coil():
    rows = [*session(-1, 30, 1, PULSES), *pair(5, 70, 1, channels=(HYDROGEN, METAL))]
    row = only(contents(rows, channels=(*ALL, HYDROGEN, METAL)))
    assert isinstance(row, Failure)
    assert "the change of the coil is not known" in row.message


def test_a_curve_with_two_readings_shows_the_other_where_the_line_does_not_say():
    """Central alone: a field four times weaker, and 1/21 of the signal of a hard pulse."""
    lone = {"name": CENTRAL, "frequency": 125e6 / 4, "std": 0.0, "share": 1 / 21}
    rows = session(5, 70, 1, PULSES)
    rows[3] = nutation(NUTATIONS[1], 5.02, 125e6, others=(lone,))
    row = only(contents(rows, channels=ALL, content=BY_NUTATION))
    assert factors_of(row, "metal")["coil"]["alternatives"] == [[CENTRAL, pytest.approx(1 / 84)]]
    seen = replace(NUTATED[1], seen="central")
    rows[1] = replace(rows[1], channel=seen)
    told = replace(seen, pulse_length=2e-9)
    chosen = only(contents(rows, channels=(NUTATED[0], told, *NUTATIONS), content=BY_NUTATION))
    assert value_of(chosen).value == pytest.approx(value_of(row).value / 84, rel=1e-4)
    assert factors_of(chosen, "metal")["transition_fraction"]["value"] == pytest.approx(1 / 21)


def test_transitions_that_are_stated_leave_no_other_reading():
    """The part is 1 either way, and the budget holds errors instead of a factor of 21."""
    rows = session(5, 70, 1, PULSES)
    rows[1] = replace(rows[1], channel=replace(NUTATED[1], seen="all"))
    row = only(contents(rows, channels=ALL, content=BY_NUTATION))
    part = factors_of(row, "metal")["transition_fraction"]
    assert (part["value"], part["alternatives"]) == (1.0, [])


@pytest.mark.parametrize(("width", "told"), [(0.05, 0), (0.65, 1)])
def test_a_content_says_that_its_nutation_was_of_too_wide_a_line(width, told):
    rows = session(5, 70, 1, PULSES)
    details = json.loads(rows[3].analysis.details) | {"relative_width": width}
    rows[3] = replace(rows[3], analysis=replace(rows[3].analysis, details=json.dumps(details)))
    row = only(contents(rows, channels=ALL, content=BY_NUTATION))
    said = [x for x in row.detail("assumptions") if "0.65 of the nutation frequency wide" in x]
    assert len(said) == told


def test_a_nutation_that_found_nothing_calibrates_nothing():
    rows = session(5, 70, 1, PULSES)
    rows[2] = record(
        NUTATIONS[0], 5.02, details={"readings": "[]", "statement": "no reading agrees"}
    )
    row = only(contents(rows, channels=ALL, content=BY_NUTATION))
    assert isinstance(row, Failure)
    assert "no nutation frequency in raw/1H-nutation@5.02: no reading" in row.message


# --- efficiencies ---------------------------------------------------------------------------------


def echo(channel, day, snr, *, fwhm=38e3):
    told = {**LONG, "echo_delay": 25e-6}
    return record(
        channel, day, settings=told, sequence="solid-echo", details={"n_scans": 1.0},
        snr_per_root_scan=(snr, 0.0), fwhm=(fwhm, 100.0), line_frequency=(0.0, 1.0),
    )  # fmt: skip


PHOSPHORUS = replace(CHANNELS["139La"], name="31P", nucleus="31P", t2=1e3, t2_std=0.0)


@pytest.mark.parametrize(
    ("broadening", "factor", "spread"),
    [("shifts", 1.0, 0.0), ("couplings", 2.0, 0.0), ("unknown", 1.5, 1 / sqrt(12))],
)
def test_an_echo_is_read_by_what_broadens_its_line(broadening, factor, spread):
    """Two pulses of 90 degrees bring back half of a line of shifts, and all of one of like pairs.

    The line is 38 kHz and the pulses 25 us apart: nothing of the decay itself is left at the top.
    The precursor is so narrow that it has not begun to decay, and both models are the same.
    """
    told = replace(PHOSPHORUS, broadening=broadening)
    channels = (CHANNELS["1H"], told)
    rows = [line(channels[0], -1, 30), echo(told, -1, 10, fwhm=10.0),
            line(channels[0], 5, 70), echo(told, 5, 10)]  # fmt: skip
    row = only(contents(rows, channels=channels))
    found = value_of(row)
    assert found.value == pytest.approx(7.0 * factor, rel=5e-3)
    assert found.common_std / found.value == pytest.approx(hypot(0.01, spread / factor), rel=0.01)
    readings = dict(factors_of(row, "metal")["refocusing"]["alternatives"])
    assert len(readings) == (2 if broadening == "unknown" else 0)


def test_gradients_that_no_fit_would_show_so_narrow_are_no_reading_of_an_echo():
    """I = 7/2, 8 kHz, 25 us: a fit follows the sharp central transition or the wide rest."""
    told = replace(CHANNELS["139La"], broadening="couplings", t2=1e3, t2_std=0.0)
    channels = (CHANNELS["1H"], told)
    rows = [line(channels[0], 5, 70), echo(told, 5, 10, fwhm=8e3)]
    exponent = plan.Content(
        calibration="exponent", pairing=3600.0, exponents=(3.0,), noise_ratio=1.0,
        noise_ratio_std=0.0,
    )  # fmt: skip
    row = only(contents(rows, channels=channels, content=exponent))
    assert isinstance(row, Failure)
    assert "no distribution of field gradients gives the fit of its echo that width" in row.message
    told = replace(told, broadening="unknown")
    rows[1] = replace(rows[1], channel=told)
    row = only(contents(rows, channels=(channels[0], told), content=exponent))
    one = factors_of(row, "metal")["refocusing"]
    assert one["value"] == pytest.approx(1.0, abs=5e-3)
    assert "1.000 for shifts; " in one["source"]
    assert one["alternatives"] == []


@pytest.mark.parametrize("sequence", ["solid-echo", "hahn-echo"])
def test_pulses_longer_than_the_time_between_them_make_no_echo(sequence):
    told = replace(
        PHOSPHORUS, broadening="shifts", pulse_length=20e-6, pulse_shape="rectangular",
        pulse_90=20e-6, pulse_90_std=0.0,
    )  # fmt: skip
    one = echo(told, 5, 10)
    one = replace(one, acquisition=replace(one.acquisition, sequence=sequence))
    row = only(contents([line("1H", 5, 70), one], channels=(CHANNELS["1H"], told)))
    if sequence == "hahn-echo":  # 20 and 40 us from centre to centre in 25 us
        assert isinstance(row, Failure)
        assert "echo_delay 2.5e-05 s in raw/31P@5, shorter than its pulses" in row.message
    else:
        assert "no pair of hydrogen and metal lines before" in row.message


def test_each_factor_names_the_record_that_it_comes_from():
    told = replace(CHANNELS["139La"], broadening="shifts")
    t2 = record("139La-t2", 5.02, t2=(1e-3, 1e-5))
    t1 = record("1H-t1", 5.02, t1=(2e-3, 1e-5))
    before = [record("139La-t2", -0.99, t2=(1e-3, 1e-5)), echo(told, -1, 10)]
    rows = [line("1H", -1, 30), *before, line("1H", 5, 70), echo(told, 5, 10), t1, t2]
    row = only(contents(rows, channels=(CHANNELS["1H"], told, *CHANNELS.values())))
    hydrogen, metal = factors_of(row, "hydrogen"), factors_of(row, "metal")
    assert "T1 from raw/1H-t1@5.02" in hydrogen["steady_state"]["source"]
    assert 'T1 stated in [[channel]] "139La"' in metal["steady_state"]["source"]
    assert "T2 from raw/139La-t2@5.02" in metal["echo_decay"]["source"]
    assert "broadening shifts" in metal["refocusing"]["source"]


@pytest.mark.parametrize(("fwhm", "doubtful"), [(20e3, False), (50e3, True)])
def test_a_decay_that_is_gone_before_it_is_recorded_has_two_readings(fwhm, doubtful):
    """A rectangle of 14 us reaches 94 % of 50 kHz, of which a quarter is left at 12 us.

    The pulse bends what is left so much that the form fitted to it finds half as much again.
    """
    metal = CHANNELS["139La"]
    told = replace(
        CHANNELS["1H"], shape="gaussian", pulse_length=14e-6, pulse_shape="rectangular",
        pulse_90=14e-6, pulse_90_std=0.0,
    )  # fmt: skip
    known = {"n_scans": 1.0}
    rows = [
        record(told, day, settings={**LONG, "first_time": 12e-6}, details=known, fwhm=(width, 1.0),
               snr_per_root_scan=(snr, 0.0), line_frequency=(0.0, 1.0))
        for day, snr, width in ((-1, 30, 1e3), (5, 70, fwhm))
    ]  # fmt: skip
    rows += [line(metal, day, 10) for day in (-0.99, 5.01)]
    row = only(contents(rows, channels=(told, metal)))
    one = factors_of(row, "hydrogen")["excitation"]
    assert [name for name, _ in one["alternatives"]] == ["mean over the line"] * doubtful
    assert one["std"] == pytest.approx((one["value"] - 0.937) / sqrt(12) * doubtful, rel=0.02)


def test_a_voigt_line_is_excited_between_both_of_its_shapes():
    def excitation(shape):
        told = replace(
            CHANNELS["1H"], shape=shape, pulse_length=4e-6, pulse_shape="rectangular",
            pulse_90=4e-6, pulse_90_std=0.0,
        )  # fmt: skip
        one = record(
            told,
            5,
            settings={**LONG, "first_time": 7e-6},
            details={"n_scans": 1.0},
            fwhm=(30e3, 1.0),
            snr_per_root_scan=(70, 0.0),
            line_frequency=(0.0, 1.0),
        )
        channels = (told, METAL)
        before = pair(-1, 30, 10, channels=channels)
        row = only(contents([*before, one, line(METAL, 5.01, 10)], channels=channels))
        return factors_of(row, "hydrogen")["excitation"]

    lorentzian, gaussian, voigt = map(excitation, ("lorentzian", "gaussian", "voigt"))
    assert lorentzian["value"] < voigt["value"] < gaussian["value"]
    assert dict(voigt["alternatives"]) == pytest.approx(
        {"lorentzian": lorentzian["value"], "gaussian": gaussian["value"]}, rel=1e-6
    )


def test_a_hydrogen_line_that_was_not_seen_bounds_the_content_whatever_its_width():
    lost = record(
        HYDROGEN, 5, settings=LONG, snr_per_root_scan=(0.3, 0.1, "upper bound"),
        details={"snr_estimate": 0.1, "snr_estimate_std": 0.1, "n_scans": 1.0},
    )  # fmt: skip
    row = only(contents([*pair(-1, 30, 10), lost, line(METAL, 5.01, 10)]))
    found = value_of(row)
    assert found.quality == "upper bound"
    assert 3 * 0.1 / 30 < found.value < 3 * (0.1 + 4 * 0.1) / 30
    assert any("reach all of the line that was not seen" in x for x in row.detail("assumptions"))


def test_a_t1_that_is_only_a_bound_stops_the_content_with_what_it_is():
    hydrogen = replace(CHANNELS["1H"], t1=None, t1_std=None)
    bound = record("1H-t1", 5.02, t1=(3.0, 0.0, "lower bound"))
    known = record("1H-t1", -0.98, t1=(1e-3, 0.0))
    channels = (hydrogen, CHANNELS["139La"], CHANNELS["1H-t1"])
    rows = [*pair(-1, 30, 10, channels=channels[:2]), *pair(5, 70, 10, channels=channels[:2])]
    row = only(contents([*rows, known, bound], channels=channels))
    assert isinstance(row, Failure)
    assert "Found T1 of 1H in raw/1H-t1@5.02 is a lower bound" in row.message
    assert 't1 and t1_std in [[channel]] "1H"' in row.message


def test_what_an_instrument_loses_on_both_days_cancels_and_what_a_grain_hides_does_not():
    def stated(name):
        entry = plan.FactorEntry(name=name, channel="139La", value=0.8, std=0.08, source="a test")
        plain = (CHANNELS["1H"], CHANNELS["139La"])
        rows = [*pair(-1, 30, 10, channels=plain), *pair(5, 70, 10, channels=plain)]
        return value_of(only(contents(rows, channels=plain, factors=(entry,))))

    loss, grain = stated("path_loss"), stated("skin_depth")
    assert loss.value == grain.value == pytest.approx(7.0, rel=1e-9)
    assert loss.common_std / 7 == pytest.approx(0.01, rel=1e-6)
    assert grain.common_std / 7 == pytest.approx(hypot(0.01, 0.1, 0.1), rel=1e-6)


def test_the_error_of_a_calibrated_length_cancels_where_both_days_use_it():
    rows = [*pair(-1, 30, 10), *pair(5, 70, 10)]
    found = value_of(only(contents(rows)))
    assert found.common_std / found.value == pytest.approx(0.01, rel=1e-3)


# --- precursors, rows -----------------------------------------------------------------------------


def test_an_error_that_precursor_sessions_share_does_not_shrink_with_their_number():
    """T1 = TR/ln 2 to 10 %: d ln eps = r exp(-r)/(1 - exp(-r)) x 10 % with r = ln 2, 6.9 %."""
    t1 = LONG["repetition_time"] / log(2)
    stated = replace(CHANNELS["1H"], t1=t1, t1_std=0.1 * t1)
    channels = (stated, CHANNELS["139La"])
    known = record("1H-t1", 5.02, t1=(1e-3, 0.0))  # the hydride has its own
    rows = [one for day in (-4, -3, -2, -1) for one in pair(day, 15, 10, channels=channels)]
    row = only(
        contents([*rows, *pair(5, 70, 10, channels=channels), known],
                 channels=(*channels, CHANNELS["1H-t1"]))
    )  # fmt: skip
    found = value_of(row)
    ratio = log(2)
    slope = 0.1 * ratio * exp(-ratio) / (1 - exp(-ratio))
    assert found.value == pytest.approx(7.0, rel=1e-6)
    assert found.common_std / found.value == pytest.approx(hypot(0.01, slope), rel=1e-3)


def test_a_precursor_of_several_sessions_is_compared_by_amplitude_too():
    def measured(day, hydrogen):
        return [line("1H", day, 1, amplitude=hydrogen, std=0.01),
                line("139La", day + 0.01, 1, amplitude=10.0, std=1e-6)]  # fmt: skip

    told = replace(make().content, by="amplitude_per_scan")
    rows = [*measured(-2, 29.0), *measured(-1, 31.0), *measured(5, 70.0)]
    channels = tuple(CHANNELS.values())
    found = value_of(only(contents(rows, channels=channels, content=told)))
    weights = 1 / 29.0**2, 1 / 31.0**2
    mean = (29.0 * weights[0] + 31.0 * weights[1]) / sum(weights)
    assert found.value == pytest.approx(3 * 70 / mean, rel=1e-6)
    assert found.common_std / found.value == pytest.approx(hypot(0.01, 0.01 / sqrt(2)), rel=0.01)


def test_a_metal_line_below_the_noise_leaves_a_row_that_says_so():
    lost = record(
        "139La", 5.01, settings=LONG, snr_per_root_scan=(0.3, 0.1, "upper bound"),
        details={"snr_estimate": 0.1, "snr_estimate_std": 0.1},
    )  # fmt: skip
    plain = (CHANNELS["1H"], CHANNELS["139La"])
    rows = [*pair(-1, 30, 10, channels=plain), pair(5, 70, 10, channels=plain)[0], lost]
    row = only(contents(rows, channels=plain))
    found = value_of(row)
    assert found.quality == "not determined"
    assert found.independent_std is None
    assert any("not determined" in words for words in row.warnings)


def test_a_row_tells_mode_inputs_factors_interval_and_budget():
    row = only(contents([*pair(-1, 30, 10), *pair(5, 70, 10, std=0.02)]))
    assert row.detail("mode") == "precursor"
    assert json.loads(row.detail("inputs"))["precursor_h_per_metal"] == 3.0
    low, high = row.detail("interval")
    assert low < 7.0 < high
    assert {one.side for one in budget_of(json.loads(row.details)).rows} >= {"hydrogen", "metal"}
    assert row.detail("assumptions")


def test_what_nobody_said_of_pulses_is_among_the_assumptions():
    plain = (CHANNELS["1H"], CHANNELS["139La"])
    told = [*pair(-1, 30, 10, channels=plain), *pair(5, 70, 10, channels=plain)]
    loose = only(contents(told, channels=plain)).detail("assumptions")
    assert 'pulses of "1H" are short and turn the angle that was set' in loose
    assert '"139La" counts all transitions of 139La' in loose
    strict = only(contents([*pair(-1, 30, 10), *pair(5, 70, 10)])).detail("assumptions")
    assert not any("as set" in words or "was set" in words for words in strict)
