"""Shift axes against arithmetic done by hand, and what must be refused."""

import numpy as np
import pytest
from scipy.optimize import brentq
from tests.batteries.stages import check_stage
from tests.unit.spectra.records import decay, grid, noise, record

from megabar import schemas, spectra
from megabar.errors import SchemaError, Undetermined
from megabar.spectra.copper_reference import (
    field_offset_from_copper,
    knight_shift_change_from_volume,
)
from megabar.spectra.reference import Standard, shift_from_frequency, standard_from

TIME = grid(1024)
TMS = Standard(nucleus="1H", frequency=395.107e6, std=0.0)
LANTHANUM = Standard(nucleus="139La", frequency=55.8114e6, std=5.0)
COPPER_CELL = Standard(nucleus="63Cu", frequency=104.9516e6, std=100.0)
COPPER_AMBIENT = Standard(nucleus="63Cu", frequency=104.9537e6, std=50.0)


def spectrum(**attrs):
    signal = decay(TIME, amplitude=30, frequency=18e3, fwhm=8e3)
    acq = record(signal + noise((1, 1024), seed=1), time=TIME, **attrs)
    return spectra.transform(acq, zero_fill=2)


def copper(**given):
    return {
        "standard": COPPER_CELL,
        "copper_ambient": COPPER_AMBIENT,
        "ambient_reference": LANTHANUM,
        "standard_shift": 0.0,
        **given,
    }


def line_of(nucleus, offset, std, *, carrier=55.95e6, quality="value"):
    return schemas.observables(
        {"line_frequency": (offset, std)},
        nucleus=nucleus,
        metal="139La",
        method="by hand",
        provenance="{}",
        quality=quality,
        attrs={"carrier_frequency": carrier},
    )


def test_field_offset_from_copper_puts_the_knight_shift_back():
    plain = field_offset_from_copper(
        copper_cell=104.951600e6,
        copper_ambient=104.953700e6,
        knight_shift=2380e-6,
        knight_shift_change=0.0,
    )
    true = field_offset_from_copper(
        copper_cell=104.951600e6,
        copper_ambient=104.953700e6,
        knight_shift=2380e-6,
        knight_shift_change=-836e-6,
    )
    assert 1e6 * plain == pytest.approx(-20.0, abs=0.2)
    assert 1e6 * true == pytest.approx(814.7, abs=0.2)


@pytest.mark.parametrize(("change", "shift"), [((-836.0, 50.0), 1989.6), (0.0, 2825.9)])
def test_shift_of_lanthanum_by_copper(change, shift):
    found = spectra.reference(
        spectrum(carrier_frequency=55.968e6),
        **copper(knight_shift=2380.0, knight_shift_change=change),
    )
    at_carrier = float(found["shift"].values[found.sizes["frequency"] // 2])
    assert at_carrier == pytest.approx(shift, abs=0.2)


def test_knight_shift_change_of_copper_at_170_gpa():
    def vinet(x):  # Vinet et al., J. Phys. Condens. Matter 1, 1941 (1989): K0 133 GPa, K0' 5.3
        y = x ** (1 / 3)
        return 3 * 133 * (1 - y) / y**2 * np.exp(1.5 * (5.3 - 1) * (1 - y))

    ratio = brentq(lambda x: vinet(x) - 170, 0.3, 1.0)
    assert ratio == pytest.approx(0.6488, rel=2e-3)
    change = knight_shift_change_from_volume(knight_shift=2380.0, volume_ratio=ratio, exponent=1.0)
    assert change == pytest.approx(-836, rel=2e-3)


def test_metallic_copper_lies_two_thousand_ppm_from_the_scale_of_its_ion():
    metal = 11.285 * 1.00238 / 42.5763847  # MHz/T, Knight shift, MHz/T of the water proton
    assert 100 * metal == pytest.approx(26.56839, rel=1e-6)
    ion = 0.26515473
    assert shift_from_frequency(frequency=metal, reference_frequency=ion) == pytest.approx(
        1996, abs=1
    )


def test_shift_by_xi_is_that_of_the_table():
    found = spectra.reference(spectrum(), standard=TMS, standard_shift=0.0)
    assert found.attrs["reference_frequency"] == pytest.approx(0.14125641 * 395.107e6, rel=1e-12)
    assert found.attrs["reference_route"] == "Xi ratio"
    assert found.attrs["reference_compound"].startswith("LaCl3")
    # one unit of the last digit of Xi: 0.07 ppm
    assert found.attrs["reference_relative_std"] == pytest.approx(1 / 14.125641, rel=1e-6)
    frequency = found["frequency"].values
    expected = (55.95e6 + frequency) / (0.14125641 * 395.107e6) - 1
    np.testing.assert_allclose(found["shift"].values, 1e6 * expected, atol=1e-6)


def test_an_external_standard_of_known_shift_is_taken_back_to_zero():
    found = spectra.reference(
        spectrum(nucleus="1H"),
        standard=Standard(nucleus="1H", frequency=395.107e6 * (1 + 4.7e-6), std=39.5107),
        standard_shift=("4.7 ppm", "0.1 ppm"),
    )
    assert found.attrs["reference_frequency"] == pytest.approx(395.107e6, rel=1e-12)
    assert found.attrs["reference_relative_std"] == pytest.approx(2**0.5 * 0.1, rel=1e-3)
    assert found.attrs["reference_route"] == "external standard"


def test_errors_of_the_copper_route_add_up():
    found = spectra.reference(
        spectrum(), **copper(knight_shift="2380 ppm", knight_shift_change=(-836.0, 30.0))
    )
    offset = np.sqrt((100 / 104.9516) ** 2 + (50 / 104.9537) ** 2 + (30 / 1.00238) ** 2)
    assert found.attrs["field_offset_std"] == pytest.approx(offset, rel=1e-6)
    total = np.hypot(offset, 5 / 55.8114)
    assert found.attrs["reference_relative_std"] == pytest.approx(total, rel=1e-6)
    assert "common to all nuclei" in found.attrs["reference_covariance"]
    assert found.attrs["knight_shift_change"] == pytest.approx(-836)
    assert schemas.warnings_of(found) == ()


def test_one_copper_moves_all_nuclei_by_the_same_shift():
    without = spectra.reference(spectrum(), **copper())
    withal = spectra.reference(
        spectrum(), **copper(knight_shift=2380.0, knight_shift_change=-836.0)
    )
    proton = {"ambient_reference": TMS}
    h_without = spectra.reference(spectrum(nucleus="1H"), **copper(**proton))
    h_with = spectra.reference(
        spectrum(nucleus="1H"), **copper(**proton, knight_shift=2380.0, knight_shift_change=-836.0)
    )
    ratios = [
        b.attrs["reference_frequency"] / a.attrs["reference_frequency"]
        for a, b in ((without, withal), (h_without, h_with))
    ]
    assert ratios[0] == pytest.approx(ratios[1], rel=1e-14)


def test_copper_of_unknown_pressure_is_told():
    found = spectra.reference(spectrum(), **copper())
    assert any("ambient pressure" in sentence for sentence in schemas.warnings_of(found))
    assert found.attrs["field_offset"] == pytest.approx(-20.0, abs=0.02)


def test_an_ambient_reference_may_be_carried_over_by_xi():
    by_tms = spectra.reference(spectrum(), **copper(ambient_reference=TMS))
    expected = 0.14125641 * 395.107e6 * 104.9516 / 104.9537
    assert by_tms.attrs["reference_frequency"] == pytest.approx(expected, rel=1e-12)


def test_observables_and_spectra_serve_as_standards():
    line = line_of("139La", -138.6e3, 5.0)
    assert standard_from(line) == Standard(nucleus="139La", frequency=55.8114e6, std=5.0)
    measured = standard_from(spectrum())
    assert measured.nucleus == "139La"
    assert measured.frequency == pytest.approx(55.95e6 + 18e3, abs=4 * measured.std)
    assert 0 < measured.std < 200


def test_reference_fits_into_a_pipe():
    signal = decay(TIME, amplitude=30, frequency=18e3, fwhm=8e3, phase=1.0)
    found = (
        record(signal + noise((1, 1024), seed=2), time=TIME)
        .pipe(spectra.trim, dead_time="5 us")
        .pipe(spectra.transform)
        .pipe(spectra.autophase)
        .pipe(spectra.reference, standard=line_of("139La", -138.6e3, 5.0), standard_shift=0.0)
    )
    peak = float(found["shift"].values[np.argmax(found["spectrum"].values[0].real)])
    assert peak == pytest.approx(1e6 * (55.968e6 / 55.8114e6 - 1), abs=40)
    assert len(schemas.processing_of(found)) == 4


def test_reference_keeps_the_house_rules():
    found = check_stage(
        lambda ds: spectra.reference(ds, standard=TMS, standard_shift=0.0),
        spectrum(),
        schema="spectrum/1",
        recorded="reference(route='Xi ratio'",
    )
    assert found["shift"].attrs["units"] == "Hz/MHz"


def test_an_acquisition_is_told_its_reference_too():
    acq = record(noise((1, 64), seed=3), time=grid(64))
    found = spectra.reference(acq, standard=LANTHANUM, standard_shift=0.0)
    assert found.attrs["reference_frequency"] == 55.8114e6
    assert "shift" not in found.coords


def test_gold_is_no_copper():
    gold = Standard(nucleus="197Au", frequency=6.8e6, std=1.0)
    with pytest.raises(Undetermined, match="gold lens holds no copper"):
        spectra.reference(spectrum(), standard=gold, standard_shift=0.0)
    with pytest.raises(Undetermined, match="gold lens holds no copper"):
        spectra.reference(spectrum(), **copper(standard=gold))


def test_copper_alone_gives_no_shift():
    with pytest.raises(Undetermined, match="copper_ambient"):
        spectra.reference(spectrum(), standard=COPPER_CELL, standard_shift=0.0)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"standard": TMS}, "without standard_shift"),
        ({"standard": TMS, "standard_shift": 0.0, "knight_shift": 1.0}, "without copper_ambient"),
        (copper(ambient_reference=None), "without ambient_reference"),
        (copper(knight_shift_change=-836.0), "without knight_shift"),
        (copper(copper_ambient=TMS), "same isotope"),
        (copper(standard=TMS), "same isotope"),
        ({"standard": TMS, "standard_shift": (0.0, -1.0)}, "standard error"),
        (copper(standard=Standard(nucleus="63Cu", frequency=-1.0, std=0.0)), "absolute"),
    ],
)
def test_arguments_that_do_not_fit_are_named(given, words):
    with pytest.raises(ValueError, match=words):
        spectra.reference(spectrum(), **given)


def test_a_standard_must_have_a_frequency():
    with pytest.raises(SchemaError, match="carrier_frequency"):
        standard_from(line_of("139La", 1.0, 1.0, carrier=float("nan")))
    with pytest.raises(Undetermined, match="no solution"):
        standard_from(line_of("139La", float("nan"), float("nan"), quality="no solution"))
    with pytest.raises(SchemaError, match="without a line frequency"):
        standard_from(record(noise((1, 64), seed=3), time=grid(64)))


def test_a_spectrum_without_carrier_gets_no_shift_axis():
    with pytest.raises(SchemaError, match="carrier_frequency"):
        spectra.reference(
            spectrum(carrier_frequency=float("nan")), standard=LANTHANUM, standard_shift=0.0
        )
    with pytest.raises(SchemaError, match="shift axis"):
        spectra.reference(line_of("1H", 0.0, 1.0), standard=LANTHANUM, standard_shift=0.0)
