"""Damaged copies of files of every format, made from a seed, and what reading them must do.

Run as a program in a process of its own: the limit on memory is that of the process, and a crash
or a hang must not take the test runner with it. It writes one JSON line for each copy that
misbehaves, and a last one that counts.
"""

import json
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import h5py
import numpy as np
import xarray as xr
from tests.realdata import MEASURED, shipped
from tests.unit.readers import test_spc as spc

from megabar import schemas
from megabar.errors import ReadError
from megabar.readers import archive, csdm, frames, simpson
from megabar.readers.registry import read

SEED = 20260110
COPIES = 120
WORK_PER_COPY = 5.0  # s
WAIT_PER_COPY = 60.0  # s
MEMORY_ABOVE_START = 384 << 20
Mutation = Callable[[bytes, np.random.Generator], bytes]


@dataclass(frozen=True, kw_only=True)
class Specimen:
    """A file or folder that reads, the files of it that are damaged, and how it is read."""

    name: str
    path: Path
    format: str
    targets: tuple[str, ...] = ()
    answers: Mapping[str, Any] = field(default_factory=dict)

    def files(self) -> list[Path]:
        return [self.path / target for target in self.targets] if self.targets else [self.path]


# --- the ways in which files go bad ---------------------------------------------------------------


def flip_bits(content: bytes, rng: np.random.Generator) -> bytes:
    damaged = bytearray(content)
    for place in rng.integers(0, len(content), size=int(rng.integers(1, 20))):
        damaged[place] ^= 1 << int(rng.integers(8))
    return bytes(damaged)


def flip_bits_of_the_header(content: bytes, rng: np.random.Generator) -> bytes:
    head = min(len(content), int(rng.choice([64, 512, 4096])))
    return flip_bits(content[:head], rng) + content[head:]


def replace_bytes(content: bytes, rng: np.random.Generator) -> bytes:
    damaged = bytearray(content)
    for place in rng.integers(0, len(content), size=int(rng.integers(1, 40))):
        damaged[place] = int(rng.integers(256))
    return bytes(damaged)


def truncate(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(rng.integers(0, len(content)))]


def truncate_near_the_end(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: -int(rng.integers(1, min(len(content), 64)))]


def fill_with_zeros(content: bytes, rng: np.random.Generator) -> bytes:
    start, stop = sorted(rng.integers(0, len(content) + 1, size=2))
    return content[:start] + bytes(stop - start) + content[stop:]


def lose_a_block(content: bytes, rng: np.random.Generator) -> bytes:
    start = int(rng.integers(0, len(content)))
    return content[:start] + content[start + int(rng.integers(1, 600)) :]


def repeat_a_block(content: bytes, rng: np.random.Generator) -> bytes:
    start = int(rng.integers(0, len(content)))
    block = content[start : start + int(rng.integers(1, 600))]
    return content[:start] + block * int(rng.integers(2, 5)) + content[start:]


HUGE = (
    *(b"2147483648", b"4294967296", b"99999999999999999999", b"-2147483648", b"-1", b"0"),
    *(b"1e308", b"1e999", b"nan", b"inf", b"0.000001", b"9" * 5000, b"", b"1,5", b"9**9**9"),
)


def blow_up_a_number_in_words(content: bytes, rng: np.random.Generator) -> bytes:
    places = list(re.finditer(rb"-?\d+(?:\.\d+)?", content[:20_000]))
    if not places:
        return flip_bits(content, rng)
    for _ in range(int(rng.integers(1, 3))):
        match = places[int(rng.integers(len(places)))]
        content = (
            content[: match.start()] + HUGE[int(rng.integers(len(HUGE)))] + content[match.end() :]
        )
    return content


def blow_up_a_number_in_bytes(content: bytes, rng: np.random.Generator) -> bytes:
    values = (2**31 - 1, -(2**31), -1, 0, 2**24, 1 << 30)
    place = 4 * int(rng.integers(0, max(1, min(len(content), 2048) // 4)))
    order = str(rng.choice(["little", "big"]))
    value = values[int(rng.integers(len(values)))]
    return content[:place] + value.to_bytes(4, order, signed=True) + content[place + 4 :]  # type: ignore[arg-type]


def lose_a_line(content: bytes, rng: np.random.Generator) -> bytes:
    lines = content.split(b"\n")
    del lines[int(rng.integers(min(len(lines), 60)))]
    return b"\n".join(lines)


def shuffle_lines(content: bytes, rng: np.random.Generator) -> bytes:
    lines = content.split(b"\n")
    head = min(len(lines), 60)
    order = rng.permutation(head)
    return b"\n".join([*(lines[i] for i in order), *lines[head:]])


def nothing(content: bytes, rng: np.random.Generator) -> bytes:
    return b""


def noise(content: bytes, rng: np.random.Generator) -> bytes:
    return rng.bytes(int(rng.integers(1, 2048)))


def magic_and_noise(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(rng.integers(4, 16))] + rng.bytes(int(rng.integers(1, 2048)))


def append_noise(content: bytes, rng: np.random.Generator) -> bytes:
    return content + rng.bytes(int(rng.integers(1, 2048)))


def line_ends_of_another_system(content: bytes, rng: np.random.Generator) -> bytes:
    return (
        content.replace(b"\n", b"\r\n") if rng.random() < 0.5 else content.replace(b"\r\n", b"\n")
    )


def brackets(content: bytes, rng: np.random.Generator) -> bytes:
    start = int(rng.integers(0, len(content)))
    return content[:start] + b"[" * 100_000 + content[start:]


MUTATIONS: tuple[Mutation, ...] = (
    flip_bits,
    flip_bits_of_the_header,
    flip_bits_of_the_header,
    replace_bytes,
    truncate,
    truncate_near_the_end,
    fill_with_zeros,
    lose_a_block,
    repeat_a_block,
    blow_up_a_number_in_words,
    blow_up_a_number_in_words,
    blow_up_a_number_in_words,
    blow_up_a_number_in_bytes,
    blow_up_a_number_in_bytes,
    lose_a_line,
    shuffle_lines,
    nothing,
    noise,
    magic_and_noise,
    append_noise,
    line_ends_of_another_system,
    brackets,
)


# --- specimens ------------------------------------------------------------------------------------

OPEN = {"nucleus": "unknown", "array": "none", "sense": 1, "time_unit": "us"}
"""Answers that let a reader go as deep as it can."""

RESISTANCE = {"temperature": "T in K", "resistance": "R in ohm", "time": "t in s"}


def _signal(rows: int, points: int) -> xr.Dataset:
    rng = np.random.default_rng(SEED)
    values = rng.normal(size=(rows, points)) + 1j * rng.normal(size=(rows, points))
    return schemas.acquisition(
        values,
        time=np.arange(points) * 1e-6,
        step={"delay": np.geomspace(1e-3, 10, rows)} if rows > 1 else None,
        attrs={
            "nucleus": "1H",
            "carrier_frequency": 395.1e6,
            "n_scans": 16.0,
            "sequence": "fid",
            "repetition_time": 1.0,
            "dead_time": 5e-6,
            "cell": "cell-1",
            "source": "synthetic",
            "source_sha256": "0" * 64,
        },
    )


def _spectrum(points: int) -> xr.Dataset:
    signal = _signal(1, points)
    more = {"noise_std": 1.0, "zero_fill": 1, "processing": []}
    return schemas.spectrum(
        signal.signal.values,
        frequency=(np.arange(points) - points // 2) * 100.0,
        attrs={k: v for k, v in signal.attrs.items() if k != "schema"} | more,
    )


def _ppms(path: Path) -> Path:
    lines = [
        "[Header]",
        "FILEOPENTIME,100.5,3/18/2025,1:15 PM",
        "INFO, 1, Sample1 Length",
        "[Data]",
    ]
    lines.append(
        "Comment,Time Stamp (sec),Temperature (K),Magnetic Field (Oe),Bridge 1 Resistivity (Ohm),"
        "Bridge 1 Excitation (uA),Bridge 1 Std. Dev. (Ohm),Bridge 1 Resistance (Ohms)"
    )
    lines += [f",{110 + 5 * n},{4 + 0.1 * n},5000,{1 + n},99.9,0.01,{1 + n}" for n in range(60)]
    path.write_text("\n".join(lines) + "\n")
    return path


def _table(path: Path) -> Path:
    rows = [f"{n};{4 + n / 10:.1f};{1e-3 * n:.4f}".replace(".", ",") for n in range(60)]
    path.write_text("\n".join(["# log of cell 2", "t;T;R", *rows]) + "\n")
    return path


def _hdf5(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["observe_frequency"] = 395.1e6
        for number in range(1, 12):
            group = file.create_group(str(number))
            group.create_dataset("real", data=np.full(32, float(number)), compression="gzip")
            group["imag"] = np.zeros(32)
            group["time"] = np.arange(32) * 0.5
        file["tables/de2"] = np.arange(11.0)
    return path


def _frames(path: Path) -> Path:
    (path / "set.000").mkdir(parents=True)
    (path / "type.raw").write_text("0\n1\n1\n")
    arrays = {"coord": 9, "box": 9, "virial": 9}
    for name, width in arrays.items():
        array = np.tile(3 * np.eye(3).ravel()[:width], (4, 1))
        np.save(path / "set.000" / f"{name}.npy", array)
    return path


def specimens(folder: Path) -> list[Specimen]:
    """Make or copy one specimen of every format into a folder, and more where data are present."""
    found = [*_shipped(folder), *_synthetic(folder), *_measured(folder)]
    for specimen in found:
        valid(read_specimen(specimen, specimen.answers))
    return found


def _copied(folder: Path, source: Path) -> Path:
    target = folder / source.name
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)
    return target


def _shipped(folder: Path) -> Iterator[Specimen]:
    folders = {
        "bruker-t1rho": ("bruker", ("ser", "acqus", "acqu2s", "vdlist", "pulseprogram")),
        "bruker-t1-low-field": ("bruker", ("ser", "acqus", "vdlist")),
        "varian-1h.fid": ("varian", ("fid", "procpar")),
        "prospa-1h": ("prospa", ("acqu.par", "data.1d", "data.csv")),
    }
    for name, (format_name, targets) in folders.items():
        path = _copied(folder, shipped(name))
        here = tuple(target for target in targets if (path / target).is_file())
        yield Specimen(name=name, path=path, format=format_name, targets=here, answers=OPEN)
    files = {"tecmag-t1.tnt": "tecmag", "jeol-1h.jdf": "jeol", "jcamp-1h.jdx": "jcamp"}
    for name, format_name in files.items():
        path = _copied(folder, shipped(name))
        yield Specimen(name=name, path=path, format=format_name, answers=OPEN)
    _copied(folder, shipped("csdm-13c_0.dat"))
    path = _copied(folder, shipped("csdm-13c.csdfe"))
    yield Specimen(name="csdm external", path=path, format="csdm", answers=OPEN)
    for name in ("raman-bwtek.txt", "ruby-spectrasuite.txt"):
        yield Specimen(name=name, path=_copied(folder, shipped(name)), format="raman-text")
    curve = _copied(folder, shipped("kinetics/JW(H)_Abs_06_10degC_18.4bar_(AE08)_[].csv"))
    yield Specimen(name="kinetics", path=curve, format="kinetics", answers={"time_unit": "s"})
    columns = {"temperature": "column 1 in K", "release_rate": "column 2 in D/s"}
    table = _copied(folder, shipped("hydrogen/release-0.1-dpa.csv"))
    yield Specimen(name="release", path=table, format="tables", answers={"columns": columns})


def _synthetic(folder: Path) -> Iterator[Specimen]:
    spectrum = folder / "raman.spc"
    rows = np.linspace(1.0, 2.0, 32)
    spectrum.write_bytes(
        spc.header(flags=0, points=32, first=1300.0, last=1362.0) + spc.sub(0) + spc.floats(rows)
    )
    yield Specimen(name="spc", path=spectrum, format="spc")
    for encoding in ("base64", "none"):
        path = folder / f"{encoding}.csdf"
        csdm.write(_signal(3, 32), path, encoding=encoding)
        yield Specimen(name=f"csdm {encoding}", path=path, format="csdm", answers=OPEN)
    simpson.write(_signal(3, 32), folder / "a.fid")
    yield Specimen(name="simpson fid", path=folder / "a.fid", format="simpson", answers=OPEN)
    simpson.write(_spectrum(33), folder / "a.spe")
    yield Specimen(name="simpson spe", path=folder / "a.spe", format="simpson", answers=OPEN)
    archive.write(_signal(2, 32), folder / "a.nc")
    yield Specimen(name="archive", path=folder / "a.nc", format="archive")
    path = _hdf5(folder / "a.h5")
    yield Specimen(name="tnmr hdf5", path=path, format="tnmr-hdf5", answers=OPEN)
    yield Specimen(name="ppms", path=_ppms(folder / "a.dat"), format="ppms")
    answers = {"columns": RESISTANCE}
    path = _table(folder / "a.csv")
    yield Specimen(name="table", path=path, format="tables", answers=answers)
    targets = ("type.raw", "set.000/coord.npy", "set.000/box.npy", "set.000/virial.npy")
    path = _frames(folder / "frames")
    yield Specimen(name="frames", path=path, format="frames", targets=targets)


def _measured(folder: Path) -> Iterator[Specimen]:
    """Take what only some machines have; none of it is needed for the count of copies."""
    wanted = {
        "rt-nb-ppms-250308/250308_3D_mh_photolitho_fineUp1.dat": ("ppms", {"channel": 1}),
        "rt-csh-vector-extracted-B/GeSe4-FigB4/16_GPa.csv": (
            "tables",
            {
                "columns": {"temperature": "Temperature", "resistance": "Resistance"},
                "source_kind": "digitised",
            },
        ),
        "csdm-nmr/NMR FFT/nmrfft_base64.csdf": ("csdm", OPEN),
    }
    for name, (format_name, answers) in wanted.items():
        if (MEASURED / name).is_file():
            path = _copied(folder, MEASURED / name)
            yield Specimen(name=path.name, path=path, format=format_name, answers=answers)


# --- judging --------------------------------------------------------------------------------------


def read_specimen(specimen: Specimen, answers: Mapping[str, Any]) -> Any:
    if specimen.format == "frames":
        return frames.read_frames(specimen.path, species=("La", "H"))
    return read(specimen.path, **answers)


def valid(result: Any) -> None:
    """Assert that what a reader gave is whole and makes sense."""
    if isinstance(result, frames.Frames):
        assert np.isfinite(result.positions).all(), "positions are not finite"
        assert result.positions.shape[1:] == (len(result.species), 3), "atoms do not fit"
        assert (result.volume > 0).all(), "a cell has no volume"
        return
    schemas.check(result)
    for name in result.dims:
        assert result.sizes[name] > 0, f"{name} is empty"
    valid_axes(result)
    carrier = result.attrs.get("carrier_frequency", 1.0)
    assert carrier > 0 or np.isnan(carrier), f"carrier {carrier}"
    scans = np.atleast_1d(result.attrs.get("n_scans", 1.0)).astype(float)
    assert ((scans > 0) | np.isnan(scans)).all(), f"scans {scans}"


AXES = ("time", "frequency", "temperature", "wavelength", "raman_shift", "file_time")


def valid_axes(result: xr.Dataset) -> None:
    for name in (*AXES, "signal", "spectrum", "resistance"):
        if name in result.variables:
            assert np.isfinite(result[name].values).all(), f"{name} is not finite"
    for name in {"time", "frequency"} & set(result.dims):
        assert (np.diff(result[name].values) > 0).all(), f"{name} does not rise"
    if "temperature" in result.coords:
        assert (result.temperature.values > 0).all(), "a temperature is impossible"


class HangError(BaseException):
    """A copy took too long; nothing but the judge may catch it."""


@contextmanager
def time_limits() -> Iterator[None]:
    """Limit work by its own time (a busy machine is no finding) and waiting by the clock."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise HangError

    limits = (
        (signal.SIGPROF, signal.ITIMER_PROF, WORK_PER_COPY),
        (signal.SIGALRM, signal.ITIMER_REAL, WAIT_PER_COPY),
    )
    for alarm, timer, seconds in limits:
        signal.signal(alarm, ring)
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for _, timer, _ in limits:
            signal.setitimer(timer, 0)


def judge(specimen: Specimen, answers: Mapping[str, Any], names: set[str]) -> str | None:
    """Read one damaged copy; give what is wrong with what happened, None if nothing is."""
    try:
        with time_limits():
            valid(read_specimen(specimen, answers))
    except ReadError as error:
        text = str(error)
        if error.file not in names:
            return f"the error names {error.file!r}: {text[:200]}"
        if not error.field or str(specimen.path.parent) in text or len(text) > 4000:
            return f"the error says too little or too much: {text[:200]}"
        return None
    except HangError:
        return f"longer than {WORK_PER_COPY} s of work or {WAIT_PER_COPY} s in all"
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is a finding
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        place = "" if frame is None else f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}"
        return f"{type(error).__name__}: {str(error)[:200]} at {place}"
    return None


def copies(
    specimen: Specimen, others: list[Specimen], rng: np.random.Generator, count: int
) -> Iterator[tuple[str, Path, bytes, dict[str, Any]]]:
    """Give what was done, which file, its damaged content, and the answers for reading."""
    originals = {file: file.read_bytes() for file in specimen.files()}
    for number in range(count):
        file = specimen.files()[number % len(originals)]
        answers = dict(specimen.answers)
        if number % 2 and specimen.format != "frames":
            answers["format"] = specimen.format  # no mercy by a sniffer that does not know it
        if number % 12 == 11:
            other = others[int(rng.integers(len(others)))]
            yield f"swapped with {other.name}", file, other.files()[0].read_bytes(), answers
            continue
        mutation = MUTATIONS[int(rng.integers(len(MUTATIONS)))]
        content = mutation(originals[file], rng)
        if rng.random() < 0.15:
            content = flip_bits(content, rng) if content else content
        yield mutation.__name__, file, content, answers


def main(report: Path) -> None:
    """Read all copies, and write what misbehaved."""
    started = time.perf_counter()
    count = 0
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as place, report.open("w") as stream:
        known = specimens(Path(place))
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_ABOVE_START,) * 2)
        for order, specimen in enumerate(known):
            names = {specimen.path.name, *(Path(target).name for target in specimen.targets)}
            names |= set(specimen.targets)
            rng = np.random.default_rng([SEED, order])
            for number, (what, file, content, answers) in enumerate(
                copies(specimen, known, rng, COPIES)
            ):
                original = file.read_bytes()
                stream.write(json.dumps({"at": [specimen.name, number, what]}) + "\n")
                stream.flush()
                file.write_bytes(content)
                problem = judge(specimen, answers, names)
                file.write_bytes(original)
                count += 1
                if problem is not None:
                    found = {"specimen": specimen.name, "number": number, "file": file.name}
                    stream.write(json.dumps(found | {"what": what, "problem": problem}) + "\n")
        done = {"copies": count, "formats": sorted({s.format for s in known})}
        stream.write(json.dumps(done | {"seconds": time.perf_counter() - started}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
