"""Folders as a Bruker spectrometer leaves them: acqus, fid or ser, lists, pulse program.

Little endian, complex points interleaved, 64-bit floats (DTYPA 2) or 32-bit integers (DTYPA 0),
rows padded to blocks of 1,024 bytes, no digital filter (DSPFVS 0, GRPDLY 0). JCAMP-DX parameter
files: McDonald and Wilks, Appl. Spectrosc. 42, 151 (1988), doi:10.1366/0003702884428734.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import PlanError
from megabar.virtual import nmr

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

_BLOCK: Final = 1024  # bytes; every row begins on a boundary of it
_NUMBERS: Final = {"float64": ("<f8", 2), "int32": ("<i4", 0)}
_PULSE_PROGRAMS: Final = {
    "fid": "zg",
    "nutation": "nutation.vp",
    "solid-echo": "solidecho",
    "hahn-echo": "hahnecho",
    "hahn-echo-array": "hahnecho.vd",
    "saturation-recovery": "satrec.vd",
}
_LISTS: Final[Mapping[str, tuple[str, float, str]]] = {
    "delay": ("vdlist", 1.0, ""),
    "echo_time": ("vdlist", 1.0, ""),
    "pulse_length": ("vplist", 1e6, "u"),
}
"""Coordinate of the steps -> list file, entries per second, and their suffix."""

_ECHO: Final = ("(p1 ph1):f1", "d6", "(p2 ph2):f1", "d7", "go=1 ph31")
_BODIES: Final[Mapping[str, tuple[str, ...]]] = {
    "fid": ("(p1 ph1):f1", "go=1 ph31"),
    "nutation": ("(vp ph1):f1", "go=1 ph31"),
    "solid-echo": tuple(line.replace("p2 ", "p1 ") for line in _ECHO),
    "hahn-echo": _ECHO,
    "hahn-echo-array": tuple(line.replace("d6", "vd*0.5") for line in _ECHO),
    "saturation-recovery": (
        *("(p1 ph1):f1", "d20", "lo to 2 times l20"),
        *("vd", "(p1 ph1):f1", "go=1 ph31"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Header:
    """What the parameter files say beyond the record itself.

    Parameters
    ----------
    basic_frequency
        BF1, that of the reference compound [Hz].
    dwell
        From one complex point to the next [s].
    pulse_length
        Of the exciting pulse [s].
    saturation
        Pulses of a saturating comb.
    """

    basic_frequency: float
    dwell: float
    pulse_length: float
    saturation: int


def write_folder(record: xr.Dataset, folder: Path, *, header: Header, number: str) -> None:
    """Write one record as a Bruker folder.

    Parameters
    ----------
    record
        Dataset of schema ``acquisition/1``.
    folder
        The folder; it is made.
    header
        What the parameter files say beyond the record.
    number
        ``"float64"`` or ``"int32"``.

    Raises
    ------
    PlanError
        If integers cannot hold the signal.
    """
    folder.mkdir(parents=True)
    signal = np.asarray(record.signal.values)
    axis = next((name for name in _LISTS if name in record.coords), None)
    words = _words(signal, number=number)
    (folder / ("fid" if axis is None else "ser")).write_bytes(words.tobytes())
    parameters = _parameters(record, header, number=number)
    for name in ("acqus", "acqu"):
        _write_parameters(folder / name, parameters)
    if axis is not None:
        steps = record[axis].values
        name, per_entry, suffix = _LISTS[axis]
        entries = "".join(f"{per_entry * step:.9g}{suffix}\n" for step in steps)
        (folder / name).write_text(entries, encoding="ascii")
        indirect = {"NUC1": "<off>", "TD": len(steps), "FnMODE": 1, "SW_h": 0}
        for name in ("acqu2s", "acqu2"):
            _write_parameters(folder / name, {**indirect, "DATE": parameters["DATE"]})
    (folder / "pulseprogram").write_text(_pulse_program(record), encoding="ascii")


def _words(signal: NDArray[np.complex128], *, number: str) -> NDArray[Any]:
    dtype, _ = _NUMBERS[number]
    interleaved = np.ascontiguousarray(signal).view(np.float64)
    if dtype == "<i4":
        interleaved = np.rint(interleaved)
        largest = float(np.abs(interleaved).max())
        if largest >= 2**31:
            msg = (
                f"Found a signal of {largest:.3g}, beyond 32-bit integers, which would wrap. "
                'Lower the ring-down or the number of scans, or take number = "float64".'
            )
            raise PlanError(msg)
    missing = -interleaved.shape[1] % (_BLOCK // np.dtype(dtype).itemsize)
    return np.pad(interleaved, ((0, 0), (0, missing))).astype(dtype)


def _parameters(record: xr.Dataset, header: Header, *, number: str) -> dict[str, Any]:
    attributes = record.attrs
    carrier = attributes["carrier_frequency"]
    started = record.started_at.values.astype("datetime64[s]").item()
    width = 1 / header.dwell
    delays = [0.0] * 64
    delays[1] = attributes["repetition_time"]
    delays[6] = attributes.get("echo_delay", 0.0)
    loops = [0] * 32
    loops[20] = header.saturation
    pulses = [0.0] * 64
    pulses[1] = 1e6 * header.pulse_length
    pulses[2] = 2e6 * header.pulse_length
    return {
        "AQ_mod": 3,
        "BF1": 1e-6 * header.basic_frequency,
        "BYTORDA": 0,
        "D": delays,
        "DATE": 0 if started is None else int(started.replace(tzinfo=UTC).timestamp()),
        "DECIM": 1,
        "DIGMOD": 0,
        "DS": 16,
        "DSPFVS": 0,
        "DTYPA": _NUMBERS[number][1],
        "GRPDLY": 0,
        "INSTRUM": "<virtual>",
        "L": loops,
        "NS": int(attributes["n_scans"]),
        "NUC1": f"<{attributes['nucleus']}>",
        "O1": carrier - header.basic_frequency,
        "P": pulses,
        "PARMODE": 1 if record.sizes["step"] > 1 else 0,
        "PULPROG": f"<{_PULSE_PROGRAMS[_sequence(record)]}>",
        "RG": attributes["receiver_gain"],
        "SFO1": 1e-6 * carrier,
        "SW": 1e6 * width / carrier,
        "SW_h": width,
        "TD": 2 * record.sizes["time"],
        "VDLIST": "<vdlist>",
        **({"VPLIST": "<vplist>"} if _sequence(record) == "nutation" else {}),
    }


def _sequence(record: xr.Dataset) -> str:
    """Name the sequence as the spectrometer does: decays after pulses of many lengths apart."""
    return "nutation" if "pulse_length" in record.coords else str(record.attrs["sequence"])


def _write_parameters(path: Path, parameters: Mapping[str, Any]) -> None:
    made = datetime.fromtimestamp(parameters["DATE"], tz=UTC).isoformat()
    lines = [
        "##TITLE= Parameter file, virtual spectrometer",
        "##JCAMPDX= 5.0",
        "##DATATYPE= Parameter Values",
        "##ORIGIN= megabar, no spectrometer",
        "##OWNER= virtual",
        f"$$ {made}",
    ]
    for name, value in parameters.items():
        if isinstance(value, list):
            lines += [f"##${name}= (0..{len(value) - 1})", " ".join(_word(v) for v in value)]
        else:
            lines.append(f"##${name}= {_word(value)}")
    path.write_text("\n".join([*lines, "##END=", ""]), encoding="ascii")


def _word(value: Any) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _pulse_program(record: xr.Dataset) -> str:
    sequence = _sequence(record)
    phases, receiver = nmr.CYCLES[sequence]
    lines = [f"; {_PULSE_PROGRAMS[sequence]}, virtual", "1 ze", "2 d1", *_BODIES[sequence], "exit"]
    lines += [f"ph{i}={' '.join(map(str, cycle))}" for i, cycle in enumerate(phases, start=1)]
    lines += [f"ph31={' '.join(map(str, receiver))}", ""]
    return "\n".join(lines)
