import math
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from megabar import history
from megabar.history import Number

LINE = Number(
    cell="cell-1", channel="1H-fid", measure="line", node="1H", nucleus="1H", elapsed=2.0,
    started_at="2026-01-12T12:00:00", name="fwhm", value=1350.0, std=10.0, unit="Hz",
    quality="value", independent_std=None, common_std=None, method="fit", provenance="{}",
    record="r2", source="raw/2/1H_fid", source_sha256="22",
)  # fmt: skip
EARLIER = replace(
    LINE, elapsed=-1.0, started_at="2026-01-09T12:00:00", value=50e3, std=300.0, record="r1",
    source="raw/1/1H_fid", source_sha256="11",
)  # fmt: skip
T1 = replace(
    LINE, channel="1H-satrec", measure="t1", elapsed=2.01, started_at="2026-01-12T12:14:24",
    name="t1", value=0.0015, std=math.nan, unit="s", quality="lower bound", record="r3",
    source="raw/2/1H_satrec", source_sha256="33",
)  # fmt: skip
SHIFT = replace(
    LINE, name="shift", value=20.0, std=5.0, unit="Hz/MHz", independent_std=3.0, common_std=4.0
)
CONTENT = replace(
    LINE, node="content", name="h_per_metal", value=10.0, std=0.5, unit="1",
    independent_std=0.3, common_std=0.4,
    details={"independent_relative_std": 0.03, "common_relative_std": 0.04},
)  # fmt: skip
OTHER = replace(LINE, cell="cell-2", value=-1.0)


def tree(*numbers: Number) -> xr.DataTree:
    return history.assemble(
        numbers,
        cell="cell-1",
        metal="139La",
        heated_at="2026-01-10T12:00:00",
        synthesis_pressure=170.0,
        precursor_h_per_metal=3.0,
    )


@pytest.fixture
def found() -> xr.DataTree:
    return tree(T1, CONTENT, SHIFT, LINE, OTHER, EARLIER)


def test_the_root_says_which_cell_it_is(found: xr.DataTree):
    assert found.attrs == {
        "schema": "history/1",
        "cell": "cell-1",
        "metal": "139La",
        "heated_at": "2026-01-10T12:00:00",
        "synthesis_pressure": 170.0,
    }


def test_nodes_are_nuclei_and_content(found: xr.DataTree):
    assert set(found.children) == {"1H", "content"}


def test_rows_are_records_in_the_order_of_time(found: xr.DataTree):
    node = found["1H"]
    assert node["elapsed"].values.tolist() == [-1.0, 2.0, 2.01]
    assert node["record"].values.tolist() == ["r1", "r2", "r3"]
    assert node["source"].values.tolist() == ["raw/1/1H_fid", "raw/2/1H_fid", "raw/2/1H_satrec"]
    assert node["source_sha256"].values.tolist() == ["11", "22", "33"]
    assert node["channel"].values.tolist() == ["1H-fid", "1H-fid", "1H-satrec"]
    assert node["started_at"].values[1] == np.datetime64("2026-01-12T12:00:00")


def test_numbers_of_one_record_share_a_row_and_what_it_does_not_measure_is_a_hole(
    found: xr.DataTree,
):
    node = found["1H"]
    assert node["fwhm"].values[:2].tolist() == [50e3, 1350.0]
    assert node["shift"].values[1] == 20.0
    assert np.isnan(node["fwhm"].values[2])
    assert node["fwhm_quality"].values.tolist() == ["value", "value", ""]
    assert node["t1_quality"].values.tolist() == ["", "", "lower bound"]


def test_a_bound_stays_a_bound(found: xr.DataTree):
    node = found["1H"]
    assert node["t1"].values[2] == 0.0015
    assert np.isnan(node["t1_std"].values[2])
    assert node["quality"].values.tolist() == ["value", "value", "lower bound"]


def test_both_parts_of_an_error_are_kept_where_somebody_told_them_apart(found: xr.DataTree):
    node = found["1H"]
    assert node["shift_std"].values[1] == 5.0
    assert node["shift_independent_std"].values[1] == 3.0
    assert node["shift_common_std"].values[1] == 4.0
    assert "fwhm_common_std" not in node


def test_a_content_carries_its_relative_errors_and_its_scale(found: xr.DataTree):
    node = found["content"]
    assert node["independent_relative_std"].values.tolist() == [0.03]
    assert node["common_relative_std"].values.tolist() == [0.04]
    assert node.attrs["precursor_h_per_metal"] == 3.0
    assert node["h_per_metal"].attrs["units"] == "1"


def test_every_number_carries_its_unit(found: xr.DataTree):
    for node in found.children.values():
        for name, variable in node.data_vars.items():
            if not str(name).endswith("quality"):
                assert variable.attrs["units"]
        assert node["elapsed"].attrs["units"] == "day"


def test_two_records_at_the_same_moment_are_two_rows():
    node = tree(LINE, replace(LINE, record="r9", value=7.0))["1H"]
    assert node["elapsed"].values.tolist() == [2.0, 2.0]
    assert sorted(node["fwhm"].values.tolist()) == [7.0, 1350.0]


def test_the_order_of_the_numbers_plays_no_part():
    one = tree(T1, CONTENT, SHIFT, LINE, EARLIER)
    other = tree(EARLIER, LINE, SHIFT, CONTENT, T1)
    for name in ("1H", "content"):
        first, second = one[name].to_dataset(), other[name].to_dataset()
        xr.testing.assert_identical(first, second[list(first.data_vars)])


def test_a_cell_without_numbers_is_an_empty_tree():
    assert list(tree(OTHER).children) == []


def test_a_history_survives_being_written_and_read(found: xr.DataTree, tmp_path):
    found.to_netcdf(tmp_path / "history.nc", engine="h5netcdf")
    back = xr.load_datatree(tmp_path / "history.nc", engine="h5netcdf", decode_timedelta=False)
    assert back["1H"]["fwhm"].values[:2].tolist() == [50e3, 1350.0]
    assert back.attrs["cell"] == "cell-1"
