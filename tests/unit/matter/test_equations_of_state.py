"""Equations of state against numbers by hand, limits and each other."""

import pytest

from megabar.errors import UnknownWord
from megabar.matter.equations_of_state import compression_from_pressure, pressure_from_compression

FORMS = ["vinet", "birch-murnaghan"]


@pytest.mark.parametrize(
    ("form", "k0", "slope", "v", "gigapascal"),
    [
        ("vinet", 160, 4.0, 0.8, 55.125),
        ("birch-murnaghan", 160, 4.0, 0.8, 55.837),
        ("vinet", 133, 5.3, 0.65, 168.546),
        ("birch-murnaghan", 133, 5.3, 0.65, 180.211),
    ],
)
def test_pressures_are_those_worked_out_by_hand(form, k0, slope, v, gigapascal):
    found = pressure_from_compression(
        compression=v, bulk_modulus=k0 * 1e9, bulk_modulus_derivative=slope, form=form
    )
    assert found / 1e9 == pytest.approx(gigapascal, rel=1e-5)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pressure", [0.0, 1e9, 60e9, 170e9, 300e9])
def test_volume_and_pressure_are_inverse(form, pressure):
    words = {"bulk_modulus": 133e9, "bulk_modulus_derivative": 5.3, "form": form}
    v = compression_from_pressure(pressure=pressure, **words)
    assert pressure_from_compression(compression=v, **words) == pytest.approx(
        pressure, rel=1e-9, abs=1.0
    )


def test_copper_at_170_gpa():
    v = compression_from_pressure(
        pressure=170e9, bulk_modulus=133e9, bulk_modulus_derivative=5.3, form="vinet"
    )
    assert v == pytest.approx(0.64881, rel=1e-4)


@pytest.mark.parametrize("form", FORMS)
def test_modulus_and_its_derivative_are_those_at_zero_pressure(form):
    k0, slope, step = 100e9, 4.7, 1e-4

    def pressure(v):
        return pressure_from_compression(
            compression=v, bulk_modulus=k0, bulk_modulus_derivative=slope, form=form
        )

    def modulus(v):
        return -v * (pressure(v + step) - pressure(v - step)) / (2 * step)

    assert modulus(1.0) == pytest.approx(k0, rel=1e-5)
    rise = (modulus(1 - step) - modulus(1 + step)) / (pressure(1 - step) - pressure(1 + step))
    assert rise == pytest.approx(slope, rel=1e-4)


def test_impossible_inputs_are_refused():
    words = {"bulk_modulus": 133e9, "bulk_modulus_derivative": 5.3}
    with pytest.raises(UnknownWord, match="vinet"):
        pressure_from_compression(compression=0.8, form="murnaghan", **words)
    with pytest.raises(ValueError, match="compression"):
        pressure_from_compression(compression=0.0, form="vinet", **words)
    with pytest.raises(ValueError, match="0 to"):
        compression_from_pressure(pressure=-1.0, form="vinet", **words)
    with pytest.raises(ValueError, match="0 to"):
        compression_from_pressure(pressure=1e15, form="vinet", **words)
