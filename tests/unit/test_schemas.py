"""The objects that travel are complete, or nobody gets them."""

import numpy as np
import pytest
import xarray as xr

from megabar import schemas
from megabar.errors import SchemaError, UnknownWord

ATTRS = {
    "nucleus": "1H",
    "carrier_frequency": 395.107e6,
    "n_scans": 16,
    "sequence": "fid",
    "repetition_time": 0.01,
    "dead_time": 5e-6,
    "cell": "cell-1",
    "source": "fid",
    "source_sha256": "0" * 64,
}


def make(**changes):
    return schemas.acquisition(
        np.ones((2, 4)), time=np.arange(4) * 1e-6, attrs={**ATTRS, **changes}
    )


def test_acquisition_holds_complex_doubles_over_step_and_time():
    acquisition = make()
    assert acquisition.signal.dims == ("step", "time")
    assert acquisition.signal.dtype == np.complex128


def test_a_single_decay_is_an_acquisition_of_one_step():
    acquisition = schemas.acquisition(np.ones(4), time=np.arange(4), attrs=ATTRS)
    assert acquisition.sizes == {"step": 1, "time": 4}


def test_unknown_start_is_nat():
    assert np.isnat(make().started_at.values)


def test_start_keeps_its_nanoseconds():
    start = np.datetime64("2026-01-10T12:00:00.123456789", "ns")
    acquisition = schemas.acquisition(np.ones(4), time=np.arange(4), attrs=ATTRS, started_at=start)
    assert acquisition.started_at.values == start


@pytest.mark.parametrize("name", list(ATTRS))
def test_an_acquisition_without_one_of_its_attributes_is_refused_by_name(name):
    attrs = {key: value for key, value in ATTRS.items() if key != name}
    with pytest.raises(SchemaError, match=name):
        schemas.acquisition(np.ones(4), time=np.arange(4), attrs=attrs)


def test_a_stage_that_forgets_the_unit_is_caught():
    acquisition = make()
    acquisition["signal"].attrs["units"] = "V"
    with pytest.raises(SchemaError, match="signal has unit 'V'"):
        schemas.check(acquisition)


def test_a_stage_that_drops_the_imaginary_part_is_caught():
    acquisition = make()
    attrs = acquisition.signal.attrs
    acquisition["signal"] = acquisition.signal.real.assign_attrs(attrs)
    with pytest.raises(SchemaError, match="type float64"):
        schemas.check(acquisition)


def test_a_stranger_among_the_dimensions_is_caught():
    with pytest.raises(SchemaError, match="unknown dimension 'repeat'"):
        schemas.check(make().expand_dims("repeat"))


def test_the_wrong_kind_of_dataset_is_named():
    with pytest.raises(SchemaError, match="'spectrum/1' is needed"):
        schemas.check(make(), "spectrum/1")


def test_a_dataset_from_elsewhere_is_refused():
    with pytest.raises(UnknownWord, match="acquisition/1"):
        schemas.check(xr.Dataset())


def test_a_step_coordinate_outside_the_list_is_refused():
    with pytest.raises(UnknownWord, match="Did you mean delay"):
        schemas.acquisition(np.ones((2, 4)), time=np.arange(4), attrs=ATTRS, step={"dealy": [1, 2]})


def test_a_sweep_needs_something_measured():
    attrs = {"cell": "a", "current": 1e-4, "source": "x", "source_sha256": "0"}
    with pytest.raises(SchemaError, match="nothing measured: none of resistance"):
        schemas.sweep({}, coords={"temperature": [1.0]}, attrs=attrs)


def test_a_resistance_sweep_needs_its_direction():
    attrs = {"cell": "a", "current": 1e-4, "source": "x", "source_sha256": "0"}
    with pytest.raises(SchemaError, match="no coordinate 'direction'"):
        schemas.sweep({"resistance": [1.0]}, coords={"temperature": [1.0]}, attrs=attrs)


WORDS = {"nucleus": "1H", "metal": "139La", "method": "test", "provenance": "{}"}


def test_each_observable_travels_with_its_error_and_quality():
    found = schemas.observables(
        {"t1": (1.5e-3, 1e-4), "fwhm": (np.nan, np.nan)},
        quality={"t1": "value", "fwhm": "not reached"},
        **WORDS,
    )
    assert float(found.t1_std) == 1e-4
    assert found.t1.attrs == {"units": "s", "quality": "value"}
    assert found.attrs["quality"] == "not reached"


def test_an_observable_without_error_is_a_rumour():
    found = schemas.observables({"t1": (1.0, 0.1)}, **WORDS)
    with pytest.raises(SchemaError, match="no t1_std"):
        schemas.check(found.drop_vars("t1_std"))


def test_quality_is_a_closed_list():
    with pytest.raises(UnknownWord, match="quality 'good'"):
        schemas.observables({"t1": (1.0, 0.1)}, quality="good", **WORDS)


def test_warnings_are_added_once_and_the_input_stays_as_it_was():
    acquisition = make()
    warned = schemas.with_warnings(acquisition, "row 22 repeats row 1", "row 22 repeats row 1")
    again = schemas.with_warnings(warned, "row 22 repeats row 1", "one point only")
    assert schemas.warnings_of(acquisition) == ()
    assert schemas.warnings_of(again) == ("row 22 repeats row 1", "one point only")
