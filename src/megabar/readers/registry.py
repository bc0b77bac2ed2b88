"""Which reader takes which file, by magic bytes and suffix; it is imported when one matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from megabar.errors import UnreadableFile, one_of

if TYPE_CHECKING:
    import xarray as xr

_HEAD = 4096


@dataclass(frozen=True, kw_only=True)
class Format:
    """One file format.

    Parameters
    ----------
    name
        Its name, as in ``format="ppms"``.
    module
        The module that reads it.
    suffixes
        Endings of its files, in lower case; empty for folders.
    sniff
        Says from the path and the first bytes (empty for a folder) whether it is this format.
    description
        For people.
    """

    name: str
    module: str
    suffixes: tuple[str, ...]
    sniff: Callable[[Path, bytes], bool]
    description: str


def _starts(*magic: bytes) -> Callable[[Path, bytes], bool]:
    return lambda _path, head: head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(magic)


def _holds(*words: bytes) -> Callable[[Path, bytes], bool]:
    return lambda _path, head: any(word in head for word in words)


def _has(folder: Path, *names: str) -> bool:
    return all((folder / name).is_file() for name in names)


def _is_bruker(path: Path, _head: bytes) -> bool:
    if path.is_file():
        return path.name in {"fid", "ser"} and _has(path.parent, "acqus")
    if _has(path, "acqus") and (_has(path, "fid") or _has(path, "ser")):
        return True
    return any(_has(child, "acqus", "fid") for child in path.iterdir() if child.name.isdecimal())


def _is_varian(path: Path, _head: bytes) -> bool:
    return _has(path if path.is_dir() else path.parent, "fid", "procpar")


def _is_prospa(path: Path, head: bytes) -> bool:
    if path.is_dir():
        return _has(path, "acqu.par")
    return path.name == "acqu.par" or head.startswith((b"SORPATAD", b"SORPD1LP"))


def _is_frames(path: Path, _head: bytes) -> bool:
    if path.is_file():
        return path.name == "type.raw"
    sets = (path, *(child for child in path.iterdir() if child.name.startswith("set")))
    return any(_has(folder, "coord.npy", "box.npy") for folder in sets)


def _is_hdf5(head: bytes) -> bool:
    return head.startswith(b"\x89HDF\r\n\x1a\n")


def _is_archive(path: Path, head: bytes) -> bool:
    return _is_hdf5(head) and path.suffix.lower() in {".nc", ".nc4", ".netcdf"}


def _is_csdm(path: Path, head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    named = path.suffix.lower() in {".csdf", ".csdfe"}
    return start.startswith(b"{") and (named or b'"csdm"' in head)


def _is_raman(_path: Path, head: bytes) -> bool:
    words = (b"SpectraSuite Data File", b"Begin Processed Spectral Data", b"File Version;BW")
    return any(word in head for word in words)


def _is_kinetics(_path: Path, head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf").startswith(b"Time,Alpha")


def _is_spc(path: Path, head: bytes) -> bool:
    return path.suffix.lower() == ".spc" and len(head) > 1 and head[1] in {0x4B, 0x4C, 0x4D}


def _is_text(path: Path, head: bytes) -> bool:
    return path.is_file() and bool(head) and b"\x00" not in head


FORMATS: Final[tuple[Format, ...]] = (
    Format(
        name="archive",
        module="megabar.readers.archive",
        suffixes=(".nc",),
        sniff=_is_archive,
        description="archive of megabar (netCDF-4)",
    ),
    Format(
        name="tnmr-hdf5",
        module="megabar.readers.tnmr_hdf5",
        suffixes=(".h5", ".hdf5", ".hdf"),
        sniff=lambda path, head: _is_hdf5(head) and not _is_archive(path, head),
        description="HDF5 export of TNMR",
    ),
    Format(
        name="tecmag",
        module="megabar.readers.tecmag",
        suffixes=(".tnt",),
        sniff=_starts(b"TNT1."),
        description="Tecmag TNMR",
    ),
    Format(
        name="jeol",
        module="megabar.readers.jeol",
        suffixes=(".jdf",),
        sniff=_starts(b"JEOL.NMR"),
        description="JEOL Delta",
    ),
    Format(
        name="bruker",
        module="megabar.readers.bruker",
        suffixes=(),
        sniff=_is_bruker,
        description="Bruker experiment folder, or a folder of numbered 1D experiments",
    ),
    Format(
        name="varian",
        module="megabar.readers.varian",
        suffixes=(),
        sniff=_is_varian,
        description="Agilent/Varian folder with fid and procpar",
    ),
    Format(
        name="prospa",
        module="megabar.readers.prospa",
        suffixes=(".1d", ".pt1"),
        sniff=_is_prospa,
        description="Magritek Prospa/Kea folder",
    ),
    Format(
        name="frames",
        module="megabar.readers.frames",
        suffixes=(),
        sniff=_is_frames,
        description="DeePMD folder of ab initio frames",
    ),
    Format(
        name="csdm",
        module="megabar.readers.csdm",
        suffixes=(".csdf", ".csdfe"),
        sniff=_is_csdm,
        description="Core Scientific Dataset Model",
    ),
    Format(
        name="simpson",
        module="megabar.readers.simpson",
        suffixes=(".fid", ".spe"),
        sniff=_starts(b"SIMP"),
        description="SIMPSON text",
    ),
    Format(
        name="jcamp",
        module="megabar.readers.jcamp",
        suffixes=(".jdx", ".dx", ".jcamp"),
        sniff=lambda _path, head: b"##JCAMP" in head.upper().replace(b"-", b""),
        description="JCAMP-DX",
    ),
    Format(
        name="ppms",
        module="megabar.readers.ppms",
        suffixes=(".dat",),
        sniff=_starts(b"[Header]"),
        description="Quantum Design PPMS MultiVu",
    ),
    Format(
        name="raman-text",
        module="megabar.readers.raman_text",
        suffixes=(".txt",),
        sniff=_is_raman,
        description="Raman or ruby spectrum as text (BWTek, Ocean Optics)",
    ),
    Format(
        name="spc",
        module="megabar.readers.spc",
        suffixes=(".spc",),
        sniff=_is_spc,
        description="Raman or ruby spectrum of GRAMS (SPC)",
    ),
    Format(
        name="kinetics",
        module="megabar.readers.kinetics",
        suffixes=(".csv",),
        sniff=_is_kinetics,
        description="reacted fraction against time (Time, Alpha)",
    ),
    Format(
        name="tables",
        module="megabar.readers.tables",
        suffixes=(".csv", ".tsv", ".txt", ".dat"),
        sniff=_is_text,
        description="text table with stated columns",
    ),
)
"""Every format, the most telling first; the first that recognises a file reads it."""


def recognise(path: str | Path) -> str:
    """Say which format a file or folder is, from its bytes and its name.

    Parameters
    ----------
    path
        File or folder.

    Returns
    -------
    :
        The name of a :class:`Format`.

    Raises
    ------
    UnreadableFile
        If it does not exist, is empty, or is of no known format.
    """
    place = Path(path)
    head = _first_bytes(place)
    for known in FORMATS:
        if known.sniff(place, head):
            return known.name
    raise UnreadableFile(
        file=place.name,
        field="format",
        found=f"none of {', '.join(known.name for known in FORMATS)} recognises it.",
        remedy="Is the file complete? A text table can be forced with format='tables'.",
    )


def _first_bytes(place: Path) -> bytes:
    if not place.exists():
        raise UnreadableFile(
            file=place.name, field="path", found="it does not exist.", remedy="Check the path."
        )
    if place.is_dir():
        return b""
    if not place.is_file():
        raise UnreadableFile(
            file=place.name,
            field="path",
            found="it is neither file nor folder.",
            remedy="Give the file itself.",
        )
    with place.open("rb") as stream:
        head = stream.read(_HEAD)
    if not head:
        raise UnreadableFile(
            file=place.name,
            field="size",
            found="it holds 0 bytes.",
            remedy="Copy it again from the instrument.",
        )
    return head


def read(path: str | Path | Sequence[str | Path], **decisions: Any) -> xr.Dataset:
    """Read one measurement of any known format.

    Parameters
    ----------
    path
        File or folder; or several 1D experiments that make one series.
    decisions
        Answers to what the file leaves open, such as ``array="vdlist"`` or ``nucleus="1H"``;
        texts with units or SI numbers. See :class:`megabar.readers.decisions.Decisions`.

    Returns
    -------
    :
        Dataset of schema ``acquisition/1``, ``spectrum/1`` or ``sweep/1``.

    Raises
    ------
    ReadError
        Naming the file and the field; with candidates where a decision is needed.
    UnknownWord
        If a decision does not exist.
    """
    from megabar.readers.decisions import decide

    answers = decide(**decisions)
    if not isinstance(path, str | Path):
        series = import_module("megabar.readers.bruker").read_series
        return cast("xr.Dataset", series([Path(place) for place in path], answers))
    place = Path(path)
    _first_bytes(place)
    name = answers.format or recognise(place)
    known = {entry.name: entry for entry in FORMATS}
    module = import_module(known[one_of(name, known, name="format")].module)
    return cast("xr.Dataset", module.read(place, answers))
