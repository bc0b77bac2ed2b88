"""Bytes of vendor files: text, parameters and arrays, measured before they are believed.

No axes, no meaning. The size of a file is compared with what its header demands before any array
is made, so that a damaged header costs an error message and not the memory of the machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from megabar.errors import InconsistentHeader, TruncatedData, UnreadableFile

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

TEXT_LIMIT = 1 << 26


def text_of(path: Path) -> str:
    """Read a text file of an instrument, byte for byte as Latin-1.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    :
        Its text, lines ending with a newline.

    Raises
    ------
    UnreadableFile
        If it is no file, or larger than any parameter file.
    """
    if not path.is_file():
        raise UnreadableFile(
            file=path.name,
            field="path",
            found="this part of the measurement is absent.",
            remedy="Copy the whole folder from the instrument.",
        )
    size = path.stat().st_size
    if size > TEXT_LIMIT:
        raise UnreadableFile(
            file=path.name,
            field="size",
            found=f"{size} bytes are more than a text of an instrument holds.",
            remedy="Is this the right file?",
        )
    text = path.read_bytes().decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def head_of(path: Path, *, length: int, magic: bytes = b"") -> bytes:
    """Read the fixed header that a binary file begins with.

    Parameters
    ----------
    path
        The file.
    length
        Length of the header [byte].
    magic
        Bytes that it begins with.

    Returns
    -------
    :
        The header, ``length`` bytes.

    Raises
    ------
    UnreadableFile
        If it begins otherwise.
    TruncatedData
        If the file is shorter than its header.
    """
    with path.open("rb") as stream:
        content = stream.read(length)
    if not content.startswith(magic):
        raise UnreadableFile(
            file=path.name,
            field="magic",
            found=f"it does not begin with {magic.decode('latin-1')}.",
            remedy="Is it a file of this format?",
        )
    if len(content) < length:
        raise TruncatedData(
            file=path.name,
            field="header",
            found=f"it ends after {len(content)} bytes, inside its header.",
            remedy="Copy it again.",
        )
    return content


def numbers_in(
    path: Path, *, dtype: DTypeLike, count: int, offset: int = 0, field: str
) -> NDArray[Any]:
    """Read numbers from a binary file that is known to hold them.

    Parameters
    ----------
    path
        The file.
    dtype
        Type of one number, with its byte order.
    count
        How many the header demands.
    offset
        Where they start [byte].
    field
        Field of the header that demands them, for the message.

    Returns
    -------
    :
        The numbers, (count,).

    Raises
    ------
    TruncatedData
        If there are fewer; ``partial`` holds those that are there.
    InconsistentHeader
        If the header demands none, or a negative number.
    UnreadableFile
        If one of them is infinite or no number.
    """
    kind = np.dtype(dtype)
    if count < 1 or offset < 0:
        raise InconsistentHeader(
            file=path.name,
            field=field,
            found=f"the header demands {count} numbers from byte {offset}.",
            remedy="The header is damaged: copy the data again.",
        )
    there = min(max(path.stat().st_size - offset, 0) // kind.itemsize, count)
    values = np.fromfile(path, dtype=kind, count=there, offset=offset if there else 0)
    if there < count:
        raise TruncatedData(
            file=path.name,
            field=field,
            found=f"the header demands {count} numbers, the file holds {there}.",
            remedy="Copy it again; what is there is in the error's `partial`.",
            partial=values,
        )
    broken = 0 if kind.kind == "i" else int(np.count_nonzero(~np.isfinite(values)))
    if broken:
        raise UnreadableFile(
            file=path.name,
            field="data",
            found=f"{broken} of {count} numbers are not finite.",
            remedy="The data are damaged or in another byte order: copy them again.",
        )
    return values


def complex_from_pairs(values: NDArray[Any]) -> NDArray[np.complex128]:
    """Join real and imaginary parts that alternate along the last axis.

    Parameters
    ----------
    values
        Real numbers of any type, (..., 2 n).

    Returns
    -------
    :
        Complex numbers, (..., n).

    Examples
    --------
    >>> complex_from_pairs(np.array([1.0, 2.0, 3.0, -4.0]))
    array([1.+2.j, 3.-4.j])
    """
    return np.ascontiguousarray(values, dtype=np.float64).view(np.complex128)


def parameters_of(text: str) -> dict[str, str]:
    r"""Split a parameter file of Bruker into its entries; comments are left out.

    Parameters
    ----------
    text
        Lines ``##$NAME= value``; further lines belong to the entry above them.

    Returns
    -------
    :
        Name in upper case, without ``##`` and ``$`` -> value. Where a name comes twice, the first.

    Examples
    --------
    >>> parameters_of("##$TD= 64\n$$ a comment\n##$P= (0..1)\n1 2.5\n")
    {'TD': '64', 'P': '(0..1) 1 2.5'}
    """
    entries: dict[str, str] = {}
    for chunk in text.split("##")[1:]:
        name, separator, value = chunk.partition("=")
        if not separator:
            continue
        lines = [line.split("$$")[0] for line in value.split("\n")]
        key = name.strip().lstrip("$").strip().upper()
        entries.setdefault(key, " ".join(" ".join(lines).split()))
    return entries
