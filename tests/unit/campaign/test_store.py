import json
import math
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from megabar.campaign.rows import Acquisition, Analysis, Failure, Value
from megabar.campaign.store import ARCHIVE, DATABASE, VERSION, Store
from megabar.errors import StoreError

ROW = Acquisition(
    id="a" * 64,
    cell="cell-1",
    channel="1H",
    measure="line",
    source="raw/1",
    source_sha256="0" * 64,
    source_files=("fid", "acqus"),
    decisions="{}",
    version="1",
    archive="cell-1/a.nc",
    archive_sha256="1" * 64,
    schema="acquisition/1",
    started_at="2026-01-10T12:00:00",
    nucleus="1H",
    sequence="fid",
    settings='{"dwell": 1e-06}',
    warnings=('a "quoted" sentence with \u03bc',),
    supersedes=None,
)
NUMBERS = (
    Value(name="fwhm", value=0.1 + 0.2, std=1e-300, unit="Hz", quality="value"),
    Value(name="shift", value=math.nan, std=math.nan, unit="Hz/MHz", quality="no solution"),
    Value(
        name="h_per_metal", value=10.5, std=0.5, unit="1", quality="value",
        independent_std=0.3, common_std=0.4,
    ),
)  # fmt: skip
ANALYSIS = Analysis(
    id="n1",
    acquisition=ROW.id,
    step="line",
    node="1H",
    method="a fit",
    provenance="{}",
    inputs=(ROW.id,),
    warnings=(),
    details='{"curve_x": [1.0, 2.0]}',
    values=NUMBERS,
)
FAILURE = Failure(
    cell="cell-1", channel="1H", source="raw/2", stage="read", identity="", kind="MissingArray",
    message="no table", remedy="choose", argument="array", candidates=("vdlist", "de2"),
)  # fmt: skip


def filled(folder: Path) -> Store:
    store = Store.open(folder, "w")
    with store.transaction():
        store.add_acquisition(ROW)
        store.add_analysis(ANALYSIS)
        store.add_failure(FAILURE)
    return store


def test_rows_come_back_as_they_went_in_to_the_last_bit(tmp_path: Path):
    filled(tmp_path).close()
    with Store.open(tmp_path, "r") as store:
        assert store.acquisitions() == (ROW,)
        assert store.failures() == (FAILURE,)
        (found,) = store.analyses()
    assert replace(found, values=()) == replace(ANALYSIS, values=())
    values = {value.name: value for value in found.values}
    assert values["fwhm"] == NUMBERS[0]
    assert values["h_per_metal"] == NUMBERS[2]
    assert math.isnan(values["shift"].value)
    assert values["shift"].quality == "no solution"
    assert found.detail("curve_x") == [1.0, 2.0]


def test_a_changed_file_supersedes_what_was_read_before_and_deletes_nothing(tmp_path: Path):
    with filled(tmp_path) as store, store.transaction():
        store.add_acquisition(replace(ROW, id="b" * 64, archive="cell-1/b.nc"))
        store.add_acquisition(replace(ROW, id="c" * 64, archive="cell-1/c.nc", source="raw/other"))
        found = {row.id[0]: row.superseded_by for row in store.acquisitions()}
    assert found == {"a": "b" * 64, "b": None, "c": None}


def test_a_new_analysis_supersedes_that_of_the_same_step_only(tmp_path: Path):
    with filled(tmp_path) as store, store.transaction():
        store.add_analysis(replace(ANALYSIS, id="n2", step="shift", values=()))
        store.add_analysis(replace(ANALYSIS, id="n3"))
        assert [row.id for row in store.analyses()] == ["n2", "n3"]
        assert [row.id for row in store.analyses(superseded=True)] == ["n1", "n2", "n3"]


def test_an_analysis_that_holds_again_becomes_current_again(tmp_path: Path):
    with filled(tmp_path) as store, store.transaction():
        store.add_analysis(replace(ANALYSIS, id="n2"))
        store.add_analysis(ANALYSIS)
        assert [row.id for row in store.analyses()] == ["n1"]


def test_a_withdrawn_analysis_has_no_successor_and_is_kept(tmp_path: Path):
    with filled(tmp_path) as store, store.transaction():
        store.withdraw(["n1"])
        assert store.analyses() == ()
        assert store.analyses(superseded=True)[0].superseded_by == "withdrawn"


def test_a_failure_is_replaced_by_the_next_of_its_kind_and_forgotten_when_cleared(tmp_path: Path):
    with filled(tmp_path) as store, store.transaction():
        store.add_failure(replace(FAILURE, message="still none"))
        assert [row.message for row in store.failures()] == ["still none"]
        store.clear_failure(cell="cell-1", channel="1H", source="raw/2", stage="read")
        assert store.failures() == ()


def test_an_analysis_of_an_unknown_acquisition_is_refused(tmp_path: Path):
    with filled(tmp_path) as store:
        with pytest.raises(StoreError, match="FOREIGN KEY"), store.transaction():
            store.add_analysis(replace(ANALYSIS, id="n9", acquisition="nobody"))
        assert [row.id for row in store.analyses()] == ["n1"]


def add_one_that_may_and_one_that_may_not(store: Store) -> None:
    store.add_acquisition(replace(ROW, id="b" * 64, archive="cell-1/b.nc"))
    store.add_analysis(replace(ANALYSIS, id="n9", acquisition="nobody"))


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path):
    with filled(tmp_path) as store:
        before = store.dump()
        with pytest.raises(StoreError, match="FOREIGN KEY"), store.transaction():
            add_one_that_may_and_one_that_may_not(store)
        assert store.dump() == before


def test_a_second_writer_is_told_who_is_writing(tmp_path: Path):
    with (
        filled(tmp_path),
        pytest.raises(StoreError, match=rf"process {os.getpid()}.*wait until it ends"),
    ):
        Store.open(tmp_path, "w")
    Store.open(tmp_path, "w").close()


def test_readers_read_while_one_writes(tmp_path: Path):
    with filled(tmp_path) as store, store.transaction():
        store.add_failure(replace(FAILURE, source="raw/3"))
        with Store.open(tmp_path, "r") as reader:
            assert reader.failures() == (FAILURE,)  # as it was before the transaction


HOLD = """
import sys, time
from pathlib import Path
from megabar.campaign.store import Store
from tests.unit.campaign.test_store import ROW
store = Store.open(Path(sys.argv[1]), "w")
store._connection.execute("BEGIN IMMEDIATE")
store.add_acquisition(ROW)
store._connection.execute("PRAGMA cache_spill = 1")
print("holding", flush=True)
time.sleep(60)
"""


def test_a_writer_that_was_killed_leaves_neither_lock_nor_half_a_transaction(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"
    with pytest.raises(StoreError, match=rf"process {process.pid}"):
        Store.open(tmp_path, "w")
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with Store.open(tmp_path, "w") as store:
        assert store.acquisitions() == ()


def test_what_a_killed_writer_left_half_written_in_the_archive_is_swept(tmp_path: Path):
    half = tmp_path / ARCHIVE / "cell-1" / ".a.nc.0123.part"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    whole = half.with_name("a.nc")
    whole.write_bytes(b"whole")
    Store.open(tmp_path, "w").close()
    assert not half.exists()
    assert whole.exists()


def test_a_store_that_is_not_there_says_what_makes_one(tmp_path: Path):
    with pytest.raises(StoreError, match=r"nothing was run yet\. Start megabar run"):
        Store.open(tmp_path, "r")


def test_an_empty_database_is_not_read_as_an_empty_campaign(tmp_path: Path):
    (tmp_path / DATABASE).touch()
    with pytest.raises(StoreError, match="has not come far"):
        Store.open(tmp_path, "r")


@pytest.mark.parametrize("mode", ["r", "w"])
def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path, mode):
    filled(tmp_path).close()
    connection = sqlite3.connect(tmp_path / DATABASE)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    before = (tmp_path / DATABASE).read_bytes()
    with pytest.raises(StoreError, match=rf"layout {VERSION + 1}.*knows up to {VERSION}.*Update"):
        Store.open(tmp_path, mode)
    assert (tmp_path / DATABASE).read_bytes() == before


@pytest.mark.parametrize("mode", ["r", "w"])
def test_a_database_that_is_none_names_the_remedy(tmp_path: Path, mode):
    filled(tmp_path).close()
    (tmp_path / DATABASE).write_bytes(b"this is no database, but long enough" * 100)
    with pytest.raises(StoreError, match=r"cannot be used.*megabar run --rebuild"):
        Store.open(tmp_path, mode)
    with Store.open(tmp_path, "w", rebuild=True) as store:
        assert store.acquisitions() == ()


def test_a_database_damaged_in_the_middle_names_the_remedy(tmp_path: Path):
    filled(tmp_path).close()
    raw = bytearray((tmp_path / DATABASE).read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    (tmp_path / DATABASE).write_bytes(raw)
    with (
        Store.open(tmp_path, "r") as store,
        pytest.raises(StoreError, match=r"cannot be used.*--rebuild"),
    ):
        store.acquisitions()


def test_a_copy_of_the_database_file_alone_holds_all_rows(tmp_path: Path):
    with filled(tmp_path / "a") as store:
        (tmp_path / "b").mkdir()
        shutil.copy(tmp_path / "a" / DATABASE, tmp_path / "b" / DATABASE)
        with Store.open(tmp_path / "b", "r") as copy:
            assert copy.acquisitions() == store.acquisitions()


def test_a_dump_does_not_depend_on_the_order_of_writing(tmp_path: Path):
    rows = [replace(ROW, id=letter * 64, archive=letter, source=letter) for letter in "xyz"]
    dumps = []
    for name, order in (("up", rows), ("down", rows[::-1])):
        with Store.open(tmp_path / name, "w") as store:
            with store.transaction():
                for row in order:
                    store.add_acquisition(row)
            dumps.append(store.dump())
    assert dumps[0] == dumps[1]
    assert len(dumps[0].splitlines()) == 3


def test_a_dump_sees_the_last_bit_of_a_number_and_each_byte_of_the_archive(tmp_path: Path):
    with filled(tmp_path) as store:
        first = store.dump()
        (tmp_path / ARCHIVE / "x.nc").write_bytes(b"1")
        second = store.dump()
        (tmp_path / ARCHIVE / "x.nc").write_bytes(b"2")
        third = store.dump()
    assert len({first, second, third}) == 3
    line = next(line for line in first.splitlines() if '"fwhm"' in line)
    assert json.loads(line)[1]["value"] == 0.1 + 0.2
