"""DeePMD folders of .npy files: training frames of ab initio dynamics.

The frames of a training set are shuffled. They have no order in time, and a displacement between
two of them means nothing: ``time_ordered`` is False. Frames are no measurement; ``read`` of this
module, which the registry calls, says so and points to :func:`read_frames`.

References
----------
Wang, Zhang, Han, E, Comput. Phys. Commun. 228, 178 (2018), doi:10.1016/j.cpc.2018.03.016.
"""

from __future__ import annotations

import io
import math
import tokenize
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import constants, provenance
from megabar.errors import InconsistentHeader, TruncatedData, UnreadableFile
from megabar.matter.frames import ANGSTROM, Frames

if TYPE_CHECKING:
    from typing import NoReturn

    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_LOADING_ERRORS: Final = (
    OSError,
    ValueError,
    EOFError,
    SyntaxError,
    TypeError,
    OverflowError,
    KeyError,
    tokenize.TokenError,
)
_WIDTHS: Final = {"box": 9, "virial": 9, "energy": 1}


def read(path: Path, decisions: Decisions) -> NoReturn:
    """Say that frames are no measurement, and what reads them.

    Parameters
    ----------
    path
        The folder.
    decisions
        Not used.

    Raises
    ------
    UnreadableFile
        Always.
    """
    del decisions
    raise UnreadableFile(
        file=path.name,
        field="format",
        found="this is a folder of calculated frames, and frames are no measurement.",
        remedy="Read it with megabar.readers.frames.read_frames(path, species=('La', 'H')).",
    )


def read_frames(path: Path, *, species: Iterable[str]) -> Frames:
    """Read all sets of one DeePMD folder.

    Parameters
    ----------
    path
        Folder with ``type.raw`` and ``set.*`` folders of ``box.npy``, ``coord.npy`` and, if there
        are any, ``energy.npy`` and ``virial.npy``; in angstrom and electronvolt.
    species
        Chemical symbol of each type number, such as ``("La", "H")`` for 0 and 1.

    Returns
    -------
    :
        The frames, in SI.

    Raises
    ------
    ReadError
        If a file is missing, damaged, or does not fit the others.
    """
    symbols = _symbols(path, tuple(species))
    sets = sorted(folder for folder in path.glob("set*") if (folder / "coord.npy").is_file())
    if not sets:
        raise UnreadableFile(
            file=path.name,
            field="set.*",
            found="there is no set with a coord.npy.",
            remedy="Give the folder that holds type.raw and the sets.",
        )
    names = ["type.raw"]
    parts: dict[str, list[NDArray[np.float64]]] = {}
    for folder in sets:
        for name in ("coord", "box", "energy", "virial"):
            file = folder / f"{name}.npy"
            if file.is_file() or name in ("coord", "box"):
                parts.setdefault(name, []).append(_array(path, file, len(symbols)))
                names.append(file.relative_to(path).as_posix())
        _same_count(path, folder, parts)
    count = sum(len(part) for part in parts["coord"])
    whole = {name: np.concatenate(part) for name, part in parts.items()}
    electronvolt = constants.elementary_charge
    complete = {name: array for name, array in whole.items() if len(array) == count}
    energy, virial = complete.get("energy"), complete.get("virial")
    frames = Frames(
        positions=whole["coord"].reshape(count, -1, 3) * ANGSTROM,
        cell=whole["box"].reshape(count, 3, 3) * ANGSTROM,
        species=symbols,
        energy=None if energy is None else energy.reshape(count) * electronvolt,
        virial=None if virial is None else virial.reshape(count, 3, 3) * electronvolt,
        time_ordered=False,
        source=path.name,
        source_sha256=provenance.sha256_of_files(path, names),
    )
    if not np.all(frames.volume > 0):
        raise _inconsistent(path, "box.npy", "a cell has no volume.")
    return frames


def _symbols(path: Path, species: tuple[str, ...]) -> tuple[str, ...]:
    file = path / "type.raw"
    if not file.is_file() or file.stat().st_size > 1 << 24:
        raise UnreadableFile(
            file=path.name,
            field="type.raw",
            found="there is no such file.",
            remedy="Give the folder that holds type.raw and the sets.",
        )
    words = file.read_text(encoding="ascii", errors="replace").split()
    known = {str(number): symbol for number, symbol in enumerate(species)}
    strangers = sorted({word[:20] for word in words if word not in known})
    if strangers or not words:
        found = f"types {', '.join(strangers) or 'none'}; symbols were given for {len(species)}."
        raise _inconsistent(path, "type.raw", found)
    return tuple(known[word] for word in words)


def _array(path: Path, file: Path, atoms: int) -> NDArray[np.float64]:
    """Give one array as (frame, number), refusing pickles and sizes that its file does not hold."""
    field = f"{file.parent.name}/{file.name}"
    width = _WIDTHS.get(file.stem, 3 * atoms)
    try:
        content = file.read_bytes()
        shape, fortran, dtype, start = _npy_header(content)
    except _LOADING_ERRORS as error:
        raise TruncatedData(
            file=path.name,
            field=field,
            found=f"the array cannot be read ({type(error).__name__}).",
            remedy="Copy the folder again.",
        ) from None
    shaped = shape[1:] == (width,) or (width == 1 and len(shape) == 1)
    if not shaped or dtype.kind != "f" or shape[0] < 1 or (fortran and width > 1):
        raise _inconsistent(path, field, f"no rows of {width} numbers.")
    if math.prod(shape) * dtype.itemsize != len(content) - start:
        raise TruncatedData(
            file=path.name,
            field=field,
            found=f"{len(content) - start} bytes for {shape[0]} rows of {width} numbers.",
            remedy="Copy the folder again.",
        )
    values = np.frombuffer(content, dtype=dtype, offset=start).astype(np.float64)
    if not np.isfinite(values).all():
        raise _inconsistent(path, field, "some numbers are not finite.")
    return values.reshape(-1, width)


def _npy_header(content: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Give shape, Fortran order, dtype and the place of the first number of a .npy file."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    shape, fortran, dtype = readers[version](stream)
    return shape, fortran, dtype, stream.tell()


def _same_count(path: Path, folder: Path, parts: dict[str, list[NDArray[np.float64]]]) -> None:
    counts = {name: len(part[-1]) for name, part in parts.items()}
    if counts["coord"] != counts["box"]:
        found = f"{counts['coord']} frames of positions and {counts['box']} cells."
        raise _inconsistent(path, folder.name, found)


def _inconsistent(path: Path, field: str, found: str) -> InconsistentHeader:
    return InconsistentHeader(
        file=path.name,
        field=field,
        found=found,
        remedy="Copy the folder again, and name all types.",
    )
