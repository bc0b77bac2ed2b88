import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from megabar import schemas
from megabar.errors import SchemaError, StoreError, TruncatedData, UnreadableFile
from megabar.readers import archive


def attributes(**more: object) -> dict[str, object]:
    return {
        "nucleus": "1H",
        "carrier_frequency": 395.1e6,
        "n_scans": 1000.0,
        "sequence": "saturation-recovery",
        "repetition_time": float("nan"),
        "dead_time": 5e-6,
        "cell": "cell-2",
        "source": "ser",
        "source_sha256": "0" * 64,
        **more,
    }


@pytest.fixture
def array_of_decays() -> xr.Dataset:
    rng = np.random.default_rng(11)
    signal = rng.normal(size=(8, 1024)) + 1j * rng.normal(size=(8, 1024))
    return schemas.acquisition(
        signal,
        time=np.arange(1024) * 1e-6 - 3e-6,
        step={"delay": np.geomspace(1e-3, 10, 8)},
        started_at="2024-11-03T10:11:12.123456789",
        attrs=attributes(source_files=["ser"], array_origin="stated", warnings='["a", "b"]'),
    )


def test_archive_gives_back_an_array_bit_for_bit(tmp_path: Path, array_of_decays: xr.Dataset):
    archive.write(array_of_decays, tmp_path / "a.nc")
    back = archive.read(tmp_path / "a.nc")
    assert back.identical(array_of_decays)
    assert back.signal.dtype == np.complex128
    assert back.signal.values.tobytes() == array_of_decays.signal.values.tobytes()
    assert back.time.attrs["units"] == "s"
    assert back.time.dtype == np.float64


def test_archive_keeps_the_nanoseconds_of_the_start(tmp_path: Path, array_of_decays: xr.Dataset):
    archive.write(array_of_decays, tmp_path / "a.nc")
    started_at = archive.read(tmp_path / "a.nc").started_at
    assert started_at.dtype == "datetime64[ns]"
    assert started_at.values == np.datetime64("2024-11-03T10:11:12.123456789", "ns")


def test_archive_keeps_an_unknown_start_unknown(tmp_path: Path):
    unknown = schemas.acquisition([1j, 2.0], time=[0.0, 1e-6], attrs=attributes())
    archive.write(unknown, tmp_path / "a.nc")
    assert np.isnat(archive.read(tmp_path / "a.nc").started_at.values)


@pytest.mark.parametrize(
    "value",
    [["one.dat"], [1.5], [], ["a", "b"], [1.0, 2.0], 3, 2.5, "µ Ω ≥", "", [0]],
    ids=repr,
)
def test_archive_gives_back_each_kind_of_attribute_with_its_type(tmp_path: Path, value: object):
    acq = schemas.acquisition([1j, 2.0], time=[0.0, 1e-6], attrs=attributes(extra=value))
    archive.write(acq, tmp_path / "a.nc")
    extra = archive.read(tmp_path / "a.nc").attrs["extra"]
    assert extra == value
    assert type(extra) is type(value)


def test_archive_keeps_attributes_beyond_the_64_kB_of_a_compact_hdf5_header(tmp_path: Path):
    long = json.dumps(["provenance"] * 20_000)
    acq = schemas.acquisition([1j], time=[0.0], attrs=attributes(provenance=long))
    archive.write(acq, tmp_path / "a.nc")
    assert archive.read(tmp_path / "a.nc").attrs["provenance"] == long


@pytest.mark.parametrize("value", [True, None, {"a": 1}, [[1.0]], ["a", 1], b"bytes", "nul\0"])
def test_archive_refuses_an_attribute_that_netcdf_cannot_keep(tmp_path: Path, value: object):
    acq = schemas.acquisition([1j], time=[0.0], attrs=attributes(extra=value))
    with pytest.raises(SchemaError, match="attribute extra"):
        archive.write(acq, tmp_path / "a.nc")
    assert list(tmp_path.iterdir()) == []


def test_archive_refuses_a_dataset_without_its_schema(tmp_path: Path, array_of_decays: xr.Dataset):
    with pytest.raises(SchemaError, match="no variable 'signal'"):
        archive.write(array_of_decays.drop_vars("signal"), tmp_path / "a.nc")


def test_same_dataset_gives_the_same_bytes_and_the_digest_of_the_file(
    tmp_path: Path, array_of_decays: xr.Dataset
):
    first = archive.write(array_of_decays, tmp_path / "a.nc")
    second = archive.write(array_of_decays.copy(deep=True), tmp_path / "b.nc")
    assert first == second == hashlib.sha256((tmp_path / "b.nc").read_bytes()).hexdigest()


def test_archive_that_was_read_gives_the_same_bytes_when_written_again(
    tmp_path: Path, array_of_decays: xr.Dataset
):
    first = archive.write(array_of_decays, tmp_path / "a.nc")
    assert archive.write(archive.read(tmp_path / "a.nc"), tmp_path / "b.nc") == first


def test_writing_the_same_again_touches_nothing(tmp_path: Path, array_of_decays: xr.Dataset):
    path = tmp_path / "a.nc"
    first = archive.write(array_of_decays, path)
    before = path.stat()
    assert archive.write(array_of_decays, path) == first
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino


def test_archive_file_is_never_changed(tmp_path: Path, array_of_decays: xr.Dataset):
    path = tmp_path / "a.nc"
    archive.write(array_of_decays, path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="exists with other content"):
        archive.write(array_of_decays.assign_attrs(cell="cell-3"), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.nc"]


def test_failed_rename_leaves_nothing_behind(
    tmp_path: Path, array_of_decays: xr.Dataset, monkeypatch: pytest.MonkeyPatch
):
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        archive.write(array_of_decays, tmp_path / "a.nc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open handles are listed by Linux")
def test_reading_leaves_no_handle(tmp_path: Path, array_of_decays: xr.Dataset):
    path = tmp_path / "a.nc"
    archive.write(array_of_decays, path)
    back = archive.read(path)
    handles = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert path not in handles
    path.unlink()
    assert np.isfinite(back.signal.values).all()


def test_other_programs_open_an_archive_despite_its_seal(
    tmp_path: Path, array_of_decays: xr.Dataset
):
    archive.write(array_of_decays, tmp_path / "a.nc")
    plain = xr.load_dataset(tmp_path / "a.nc", engine="h5netcdf")
    xr.testing.assert_equal(plain, array_of_decays)
    assert plain.started_at.dtype == "datetime64[ns]"
    assert plain.attrs["nucleus"] == "1H"
    assert plain.delay.attrs["units"] == "s"


def test_other_programs_see_an_unknown_start_as_unknown(tmp_path: Path):
    unknown = schemas.acquisition([1j, 2.0], time=[0.0, 1e-6], attrs=attributes())
    archive.write(unknown, tmp_path / "a.nc")
    plain = xr.load_dataset(tmp_path / "a.nc", engine="h5netcdf")
    assert np.isnat(plain.started_at.values)


def test_archive_keeps_dtypes_and_words_of_coordinates(tmp_path: Path):
    sweep = schemas.sweep(
        {"resistance": [1.0, 2.0, 3.0]},
        coords={
            "temperature": np.array([4.0, 5.0, 6.0]),
            "direction": np.array([1, 1, -1], dtype=np.int8),
            "remark": np.array(["a", "bcd", "µ"]),
            "good": np.array([True, False, True]),
        },
        attrs={"cell": "c", "current": 1e-4, "source": "s", "source_sha256": "0"},
    )
    archive.write(sweep, tmp_path / "a.nc")
    back = archive.read(tmp_path / "a.nc")
    assert back.identical(sweep)
    for name in sweep.coords:
        assert back[name].dtype == sweep[name].dtype


def test_every_flipped_byte_is_noticed(tmp_path: Path):
    path = tmp_path / "a.nc"
    acq = schemas.acquisition([1j, 2.0], time=[0.0, 1e-6], attrs=attributes())
    archive.write(acq, path)
    whole = bytearray(path.read_bytes())
    for position in np.random.default_rng(5).integers(0, len(whole), size=300):
        damaged = bytearray(whole)
        damaged[position] ^= 0x40
        path.write_bytes(damaged)
        with pytest.raises((UnreadableFile, TruncatedData), match=r"a\.nc"):
            archive.read(path)


@pytest.mark.parametrize("kept", [0, 4, 39, 40, 512, -1, -40, -41])
def test_truncated_archive_is_refused(tmp_path: Path, kept: int, array_of_decays: xr.Dataset):
    path = tmp_path / "a.nc"
    archive.write(array_of_decays, path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises((UnreadableFile, TruncatedData), match=r"a\.nc"):
        archive.read(path)


def test_netcdf_of_another_program_is_refused(tmp_path: Path, array_of_decays: xr.Dataset):
    array_of_decays.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    with pytest.raises(TruncatedData, match="another program"):
        archive.read(tmp_path / "a.nc")


def test_sealed_file_of_an_unknown_schema_is_refused(tmp_path: Path):
    layout = {"variables": {}, "attrs": {"schema": "acquisition/9"}}
    foreign = xr.Dataset({"a": ("x", [1.0])}, attrs={"megabar_layout": json.dumps(layout)})
    content = bytes(foreign.to_netcdf(engine="h5netcdf"))
    seal = b"megabar1" + hashlib.sha256(content).digest()
    (tmp_path / "a.nc").write_bytes(content + seal)
    with pytest.raises(UnreadableFile, match=r"schema.*acquisition/9"):
        archive.read(tmp_path / "a.nc")


def test_killed_writer_leaves_a_whole_archive_or_none(tmp_path: Path, array_of_decays: xr.Dataset):
    whole = tmp_path / "whole.nc"
    archive.write(array_of_decays, whole)
    reference = whole.read_bytes()
    target = tmp_path / "cell" / "a.nc"
    target.parent.mkdir()
    for moment in ("fsync", "replace"):
        script = (
            "import os, signal, sys\n"
            "from pathlib import Path\n"
            "from megabar.readers import archive\n"
            "dataset = archive.read(Path(sys.argv[1]))\n"
            "def die(*_): os.kill(os.getpid(), signal.SIGKILL)\n"
            + ("os.fsync = die\n" if moment == "fsync" else "Path.replace = die\n")
            + "archive.write(dataset, Path(sys.argv[2]))\n"
        )
        command = [sys.executable, "-c", script, str(whole), str(target)]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        assert not target.exists()
    archive.write(array_of_decays, target)
    assert target.read_bytes() == reference
