"""The numbers of a CSDM file: in the text, as base64, or in a binary file beside it."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import TruncatedData
from megabar.readers.csdm_model import refuse, short
from megabar.readers.new_files import write_new

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIZES: Final = (8, 16, 32, 64)
NUMERIC_TYPES: Final[Mapping[str, np.dtype[Any]]] = {
    **{f"int{bits}": np.dtype(f"<i{bits // 8}") for bits in _SIZES},
    **{f"uint{bits}": np.dtype(f"<u{bits // 8}") for bits in _SIZES},
    "float32": np.dtype("<f4"),
    "float64": np.dtype("<f8"),
    "complex64": np.dtype("<c8"),
    "complex128": np.dtype("<c16"),
}
"""Name in the file -> dtype; binary numbers are little endian."""

_RELATIVE: Final = re.compile(r"(?:file:)?(?P<path>[^/\\:?#][^\\:?#]*)", re.IGNORECASE)
_QUOTED: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_ONE_COMPONENT: Final = ("scalar", "pixel_1", "vector_1")


def values(
    path: Path, variable: Mapping[str, Any], counts: Sequence[int]
) -> tuple[NDArray[np.complex128], list[str]]:
    """Give the numbers of one dependent variable, flat, and the further files they came from.

    Parameters
    ----------
    path
        The CSDM file.
    variable
        Its dependent variable.
    counts
        Points along each dimension.

    Returns
    -------
    :
        Complex numbers, as many as the product of ``counts``; names of external files.

    Raises
    ------
    ReadError
        If they are not all there, not finite, or not to be reached from the folder of the file.
    """
    dtype = NUMERIC_TYPES.get(str(variable.get("numeric_type")))
    if dtype is None:
        found = f"{short(variable.get('numeric_type'))} is unknown."
        raise refuse(path, "numeric_type", found, f"Known: {', '.join(NUMERIC_TYPES)}.")
    if variable.get("quantity_type", "scalar") not in _ONE_COMPONENT:
        found = "only scalar signals are read here."
        raise refuse(path, "quantity_type", found, "Save one component as a file of its own.")
    if "sparse_sampling" in variable:
        found = "points are missing on purpose, and a transform would take them for zeros."
        raise refuse(path, "sparse_sampling", found, "Save the reconstructed signal.")
    sources = {"internal": _internal, "external": _external}
    source = sources.get(str(variable.get("type")))
    if source is None:
        raise refuse(path, "type", "a dependent variable is internal or external.")
    flat, files = source(path, variable, dtype)
    return _checked(path, flat, math.prod(counts)), files


def encoded(table: NDArray[Any], path: Path, *, encoding: str, name: str) -> dict[str, Any]:
    """Give the dependent variable of a table, and write its binary file for a ``.csdfe`` path.

    Parameters
    ----------
    table
        Complex numbers, the fastest dimension last.
    path
        The CSDM file that is being written.
    encoding
        ``"base64"`` or ``"none"``.
    name
        What the numbers are.

    Returns
    -------
    :
        The JSON object.
    """
    dtype = NUMERIC_TYPES[table.dtype.name]
    flat = np.ascontiguousarray(table, dtype=dtype).ravel()
    entry = {"name": name, "quantity_type": "scalar", "numeric_type": table.dtype.name}
    if path.suffix.lower() == ".csdfe":
        beside = path.with_name(f"{path.stem}_0.dat")
        write_new(beside, flat.tobytes())
        return {"type": "external", **entry, "components_url": f"file:./{beside.name}"}
    numbers = flat.view(flat.real.dtype).tolist()
    text = base64.b64encode(flat.tobytes()).decode()
    components = [text] if encoding == "base64" else [numbers]
    return {"type": "internal", "encoding": encoding, **entry, "components": components}


def _checked(path: Path, flat: NDArray[Any], count: int) -> NDArray[np.complex128]:
    if flat.size != count:
        raise TruncatedData(
            file=path.name,
            field="components",
            found=f"{flat.size} numbers where the dimensions demand {count}.",
            remedy="Copy the file again from where it was made.",
            partial=flat,
        )
    if not np.isfinite(flat).all():
        raise refuse(path, "components", "some numbers are not finite; the file is damaged.")
    return flat.astype(np.complex128)


def _internal(
    path: Path, variable: Mapping[str, Any], dtype: np.dtype[Any]
) -> tuple[NDArray[Any], list[str]]:
    components = variable.get("components")
    if not isinstance(components, list) or len(components) != 1:
        raise refuse(path, "components", "a scalar has a list of one component.")
    decoders = {"base64": _from_base64, "none": _from_numbers}
    unsaid = "base64" if isinstance(components[0], str) else "none"
    encoding = str(variable.get("encoding", unsaid))
    decoder = decoders.get(encoding)
    if decoder is None:
        found = f"{short(encoding)} cannot stand inside a text."
        raise refuse(path, "encoding", found, f"Known: {', '.join(decoders)}.")
    return decoder(path, components[0], dtype), []


def _from_base64(path: Path, component: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    if not isinstance(component, str):
        raise refuse(path, "components", "base64 is a text.")
    try:
        content = base64.b64decode("".join(component.split()), validate=True)
    except (binascii.Error, ValueError):
        raise refuse(path, "components", "the base64 text is damaged.") from None
    return _from_bytes(path, content, dtype)


def _from_bytes(path: Path, content: bytes, dtype: np.dtype[Any]) -> NDArray[Any]:
    whole = len(content) - len(content) % dtype.itemsize
    if whole != len(content):
        raise TruncatedData(
            file=path.name,
            field="components",
            found=f"{len(content)} bytes are no whole number of {dtype.name}.",
            remedy="Copy the file again from where it was made.",
            partial=np.frombuffer(content[:whole], dtype=dtype),
        )
    return np.frombuffer(content, dtype=dtype)


def _from_numbers(path: Path, component: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    good = isinstance(component, list) and all(type(entry) in (int, float) for entry in component)
    if not good:
        raise refuse(path, "components", "a list of numbers is needed.")
    try:
        numbers = np.array(component, dtype=np.float64)
    except OverflowError:
        raise refuse(path, "components", "a number exceeds the range of a double.") from None
    if dtype.kind != "c":
        return numbers
    if numbers.size % 2:
        raise refuse(path, "components", "real and imaginary parts come in pairs.")
    return numbers.view(np.complex128)


def _external(
    path: Path, variable: Mapping[str, Any], dtype: np.dtype[Any]
) -> tuple[NDArray[Any], list[str]]:
    beside = _beside(path, variable.get("components_url"))
    content = beside.read_bytes()
    encoding = str(variable.get("encoding", "raw"))
    name = beside.relative_to(path.resolve().parent).as_posix()
    if encoding == "raw":
        return _from_bytes(path, content, dtype), [name]
    if encoding == "base64":
        return _from_base64(path, content.decode("ascii", errors="replace"), dtype), [name]
    if encoding == "none":
        return _from_numbers(path, _json_numbers(path, content), dtype), [name]
    raise refuse(path, "encoding", f"{short(encoding)} is none of raw, base64, none.")


def _json_numbers(path: Path, content: bytes) -> Any:
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        raise refuse(path, "components_url", "the file it names is no JSON.") from None
    nested = isinstance(tree, list) and len(tree) == 1 and isinstance(tree[0], list)
    return tree[0] if nested else tree


def _beside(path: Path, url: Any) -> Path:
    """Give the file of a relative ``file:`` address, which must lie below the folder."""
    field = "components_url"
    if not isinstance(url, str):
        raise refuse(path, field, "an external variable names its file.")
    match = _RELATIVE.fullmatch(url)
    if match is None:
        found = "it is no relative file: address; nothing else is opened."
        raise refuse(path, field, found, "Put the binary file beside this one, as file:./NAME.")
    try:
        folder = path.resolve().parent
        beside = (folder / _unquoted(match["path"])).resolve()
        there = beside.is_file()
    except (ValueError, OSError, RuntimeError):
        raise refuse(path, field, "the address cannot be the name of a file.") from None
    if not beside.is_relative_to(folder):
        found = "it leaves the folder of this file, which is refused."
        raise refuse(path, field, found, "Put the binary file beside this one, as file:./NAME.")
    if not there:
        raise refuse(path, field, "the file it names is not there.", "Copy both files.")
    return beside


def _unquoted(address: str) -> str:
    """Give the name that an address with %XX stands for."""
    plain = _QUOTED.sub(lambda quoted: bytes([int(quoted[1], 16)]), address.encode())
    return plain.decode()
