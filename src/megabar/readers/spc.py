"""Raman and ruby spectra of GRAMS, ``.spc``; bytes are read by ``spcfile`` (extra ``spc``).

What the format leaves open is asked: which of several spectra, and what the axis is where its code
says "wavenumber", which programs write for absolute wavenumbers and for shifts alike.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from megabar import schemas
from megabar.errors import OpenQuestion, TruncatedData, UnreadableFile
from megabar.readers import sweeps

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

VERSIONS: Final = (0x4B, 0x4C)
"""Second byte of the file: new format, least or most significant byte first."""

_HEADER: Final = 512
_OWN_AXES: Final = 0x40
_SHORT: Final = 0x01
_AXES: Final = {13: ("raman_shift", 1.0), 3: ("wavelength", 1.0), 2: ("wavelength", 1e3)}
_STATED: Final = ("raman_shift", "wavelength")


def read(path: Path, decisions: Decisions) -> xr.Dataset:
    """Read one spectrum.

    Parameters
    ----------
    path
        The file.
    decisions
        ``channel`` chooses one of several spectra, from 0; ``columns={"raman_shift": "x"}`` or
        ``{"wavelength": "x"}`` says what the axis is, where its unit leaves it open; cell,
        started_at, note.

    Returns
    -------
    :
        Dataset of schema ``sweep/1``: intensity over raman_shift [cm-1] or wavelength [nm], rising.

    Raises
    ------
    ReadError
        If the extra ``spc`` is missing, bytes are, or something is open.
    """
    found = _opened(path)
    one = _chosen(path, found, decisions)
    quantity, factor = _axis(path, found, decisions)
    place = factor * np.asarray(one.x, dtype=np.float64)
    intensity = np.asarray(one.y, dtype=np.float64)
    _refuse_axis(path, place, intensity)
    upwards = slice(None, None, 1 if place[-1] >= place[0] else -1)
    attrs: dict[str, Any] = {"spectra": len(found), "experiment": str(found.experiment)}
    told = []
    if decisions.note is not None:
        attrs["note"] = decisions.note
        told.append(f"Note: {decisions.note}.")
    dataset = schemas.sweep(
        {"intensity": intensity[upwards]},
        coords={quantity: place[upwards]},
        attrs={
            **sweeps.origin(path, decisions, format_name="spc"),
            "current": float("nan"),
            "source_kind": "log",
            **attrs,
        },
        started_at=decisions.started_at or _moment(found),
    )
    return schemas.with_warnings(dataset, *told) if told else dataset


def _opened(path: Path) -> Any:
    """Open a file after a look at its header, which may name more memory than there is."""
    _refuse_header(path)
    try:
        import spcfile
    except ImportError:
        raise UnreadableFile(
            file=path.name,
            field="format",
            found="it is an SPC file, and nothing here reads those.",
            remedy="Install the extra: pip install 'megabar[spc]'. Or export the spectrum as text.",
        ) from None
    import struct

    try:
        return spcfile.SPCFile(path)
    except (ValueError, struct.error, IndexError, KeyError, OverflowError) as failure:
        raise UnreadableFile(
            file=path.name,
            field="SPC",
            found=f"{failure}.",
            remedy="Copy the file again from the instrument, or export the spectrum as text.",
        ) from failure


def _refuse_header(path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(_HEADER)
    if len(head) < _HEADER:
        raise TruncatedData(
            file=path.name,
            field="header",
            found=f"{len(head)} bytes where the header alone has {_HEADER}.",
            remedy="Copy the file again from the instrument.",
        )
    if head[1] not in VERSIONS:
        raise UnreadableFile(
            file=path.name,
            field="version",
            found=f"{head[1]:#04x}, the format before 1996 or none at all.",
            remedy="Save it anew with GRAMS, or export the spectrum as text.",
        )
    order: Literal["little", "big"] = "little" if head[1] == VERSIONS[0] else "big"
    points, spectra = (int.from_bytes(head[k : k + 4], order) for k in (4, 24))
    each = 0 if head[0] & _OWN_AXES else points * (2 if head[0] & _SHORT else 4)
    wanted = _HEADER + max(spectra, 1) * (each + 32)
    if size < wanted:
        raise TruncatedData(
            file=path.name,
            field="points",
            found=f"{size} bytes where {spectra} spectra of {points} points take {wanted}.",
            remedy="Copy the file again from the instrument.",
        )


def _chosen(path: Path, found: Any, decisions: Decisions) -> Any:
    count = len(found)
    if count == 1 and decisions.channel is None:
        return found[0]
    wanted = decisions.channel
    if isinstance(wanted, int) and 0 <= wanted < count:
        return found[wanted]
    raise OpenQuestion(
        file=path.name,
        field="spectra",
        found=f"{count} spectra" + (f", and no number {wanted}." if wanted is not None else "."),
        argument="channel",
        candidates=[str(k) for k in range(min(count, 10))],
    )


def _axis(path: Path, found: Any, decisions: Decisions) -> tuple[str, float]:
    code = int(found.header["x_unit_code"])
    if code in _AXES and not decisions.columns:
        return _AXES[code]
    stated = [name for name in _STATED if name in (decisions.columns or {})]
    if len(stated) == 1:
        return stated[0], (_AXES[code][1] if code in _AXES else 1.0)
    raise OpenQuestion(
        file=path.name,
        field="x axis",
        found=f"its unit is {found.x_unit!r}, which may be a shift, or something else.",
        argument="columns",
        candidates=["{'raman_shift': 'x'} in cm-1", "{'wavelength': 'x'} in nm"],
    )


def _refuse_axis(path: Path, place: NDArray[np.float64], intensity: NDArray[np.float64]) -> None:
    steps = np.diff(place)
    ordered = place.size > 1 and bool(np.all(steps > 0) or np.all(steps < 0))
    if not ordered or place.shape != intensity.shape:
        raise UnreadableFile(
            file=path.name,
            field="x axis",
            found=f"{place.size} places, in no order, for {intensity.size} intensities.",
            remedy="Export the spectrum as text, with its axis.",
        )


def _moment(found: Any) -> str | None:
    """Give the date of the header; a program that fills in none, or nonsense, leaves it open."""
    try:
        moment = found.date
    except ValueError:
        return None
    return None if moment is None else moment.isoformat()
