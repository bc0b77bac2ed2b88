"""Write the smallest folders that a Bruker spectrometer could have left."""

from pathlib import Path
from typing import Any

import numpy as np

DEFAULTS = {
    "AQ_mod": 3,
    "BF1": 400.13,
    "BYTORDA": 0,
    "DATE": 1_700_000_000,
    "DECIM": 1,
    "DSPFVS": 0,
    "DTYPA": 2,
    "GRPDLY": 0,
    "NS": 8,
    "NUC1": "<1H>",
    "PULPROG": "<zg>",
    "RG": 16,
    "SFO1": 400.1304,
    "SW_h": 50000,
}


def write_experiment(
    folder: Path, signal: Any, *, padded: int = 1024, lists: dict[str, str] | None = None, **entries
) -> Path:
    """Write a 1D or pseudo-2D experiment; an entry that is None is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    signal = np.asarray(signal, dtype=np.complex128)
    rows = np.atleast_2d(signal)
    header = {**DEFAULTS, "TD": 2 * rows.shape[1], **entries}
    order = ">" if header["BYTORDA"] == 1 else "<"
    kind = np.dtype(order + ("f8" if header["DTYPA"] == 2 else "i4"))
    words = rows.view(np.float64)
    missing = -words.shape[1] % (padded // kind.itemsize) if signal.ndim == 2 else 0
    words = np.pad(words, ((0, 0), (0, missing))).astype(kind)
    (folder / ("ser" if signal.ndim == 2 else "fid")).write_bytes(words.tobytes())
    write_parameters(folder / "acqus", header)
    if signal.ndim == 2:
        write_parameters(folder / "acqu2s", {"TD": len(rows)})
    for name, text in (lists or {}).items():
        (folder / name).write_text(text)
    return folder


def write_parameters(path: Path, entries: dict[str, Any]) -> None:
    lines = [f"##${name}= {value}" for name, value in entries.items() if value is not None]
    path.write_text("\n".join(["##TITLE= Parameter file, TOPSPIN", *lines, "##END=", ""]))
