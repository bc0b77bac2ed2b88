"""The archive format: one acquisition, one immutable netCDF-4 file, sealed.

The file is ordinary netCDF-4 (HDF5) followed by 40 bytes: the mark ``megabar1`` and the SHA-256 of
all that stands before it. HDF5 ignores bytes behind its end, so any program opens the file; this
module opens it only if the seal is whole, because an HDF5 file with a flipped byte may still open
and give other numbers. Complex numbers are an HDF5 compound (r, i).

The attributes stand in the file twice: each for itself, for other programs, and all together with
the dimensions in one JSON text, ``megabar_layout``, from which they are read. HDF5 gives back lists
of one entry as bare values, and a walk over its attributes takes longer than reading the numbers.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import h5py
import numpy as np
import xarray as xr

from megabar import schemas
from megabar.errors import SchemaError, TruncatedData, UnknownWord, UnreadableFile
from megabar.readers.new_files import write_new

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

MAGIC: Final = b"\x89HDF\r\n\x1a\n"
"""First bytes of a netCDF-4 file."""

_MARK: Final = b"megabar1"
_SEAL_BYTES: Final = len(_MARK) + hashlib.sha256().digest_size
_LAYOUT: Final = "megabar_layout"
_OPENING_ERRORS: Final = (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError)


def write(dataset: xr.Dataset, path: Path) -> str:
    """Write one dataset into a new file that is whole or absent at every moment.

    A temporary file in the same folder is written, flushed to the disk, renamed, and read back.
    The bytes depend on nothing but the dataset and the versions of the libraries.

    Parameters
    ----------
    dataset
        Any dataset of a known schema. Attributes are text, numbers, or lists of either.
    path
        The new file. If it exists with the same bytes, nothing is done.

    Returns
    -------
    :
        SHA-256 of the file, 64 hexadecimal digits.

    Raises
    ------
    SchemaError
        If the dataset is not what its schema promises, or cannot be kept exactly.
    StoreError
        If the file exists with other content, or does not read back as written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> attrs = {"cell": "c1", "current": 1e-4, "source": "R.csv", "source_sha256": "0"}
    >>> sweep = schemas.sweep(
    ...     {"resistance": [1.0, 2.0]},
    ...     coords={"temperature": [250.0, 251.0], "direction": [1, 1]}, attrs=attrs)
    >>> with TemporaryDirectory() as folder:
    ...     digest = write(sweep, Path(folder, "sweep.nc"))
    ...     back = read(Path(folder, "sweep.nc"))
    >>> back.identical(sweep), len(digest)
    (True, 64)
    """
    return write_new(path, _sealed(_encode(dataset)))


def read(path: Path, decisions: Decisions | None = None) -> xr.Dataset:
    """Read one archive file whole, and close it.

    Parameters
    ----------
    path
        A file that :func:`write` made.
    decisions
        Taken for the sake of the common form of all readers; an archive leaves nothing open.

    Returns
    -------
    :
        The dataset as it was written; attributes are text, numbers and lists again.

    Raises
    ------
    UnreadableFile
        If this is no archive of ours, or its bytes are not those that were written.
    TruncatedData
        If the file ends before its seal.
    """
    del decisions
    return _decode(_unsealed(path.read_bytes(), path.name), path.name)


def _encode(dataset: xr.Dataset) -> bytes:
    """Give the dataset as netCDF-4 bytes that were seen to decode into the same dataset."""
    attrs = {str(n): _attribute(str(n), value) for n, value in schemas.check(dataset).attrs.items()}
    plain = dataset.assign_attrs(attrs)
    layout = json.dumps(_layout(plain), ensure_ascii=False)
    bare = plain.assign_attrs({_LAYOUT: layout}).drop_encoding()
    for name, variable in plain.variables.items():
        if variable.dtype.kind == "M":
            bare[name] = _nanoseconds(variable)
    try:
        content = bytes(bare.to_netcdf(engine="h5netcdf"))
    except (ValueError, TypeError, OSError) as error:
        msg = f"This dataset cannot be archived as netCDF-4: {error}."
        raise SchemaError(msg) from error
    if not _decode(content, "archive").identical(plain):
        msg = "This dataset does not come back from netCDF-4 as it went in. Use plain dtypes."
        raise SchemaError(msg)
    return content


def _layout(dataset: xr.Dataset) -> dict[str, Any]:
    """Describe a dataset exactly, in JSON types: what HDF5 would blur, such as lists of one."""
    variables = {
        str(name): {
            "dims": list(map(str, variable.dims)),
            "dtype": variable.dtype.str,
            "coordinate": name in dataset.coords,
            "attrs": {str(n): _attribute(str(n), value) for n, value in variable.attrs.items()},
        }
        for name, variable in dataset.variables.items()
    }
    return {"variables": variables, "attrs": dataset.attrs}


def _nanoseconds(moments: xr.Variable) -> xr.Variable:
    """Give moments as whole nanoseconds, in the words by which other programs know them."""
    counts = moments.values.astype("datetime64[ns]").view(np.int64)
    attrs = {"units": "nanoseconds since 1970-01-01", "calendar": "proleptic_gregorian"}
    missing = np.iinfo(np.int64).min
    return xr.Variable(moments.dims, counts, {**attrs, "_FillValue": missing})


def _decode(content: bytes, name: str) -> xr.Dataset:
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            layout = json.loads(file.attrs[_LAYOUT])
            variables = {
                key: xr.Variable(entry["dims"], _values(file[key], entry["dtype"]), entry["attrs"])
                for key, entry in layout["variables"].items()
            }
        coords = {key for key, entry in layout["variables"].items() if entry["coordinate"]}
        data = {key: value for key, value in variables.items() if key not in coords}
        along = {key: variables[key] for key in layout["variables"] if key in coords}
        return schemas.check(xr.Dataset(data, coords=along, attrs=layout["attrs"]))
    except (SchemaError, UnknownWord) as error:
        raise UnreadableFile(
            file=name,
            field="schema",
            found=str(error),
            remedy="Read the instrument's file again with this version.",
        ) from error
    except _OPENING_ERRORS as error:
        raise UnreadableFile(
            file=name,
            field="netCDF-4",
            found=f"it is no archive that this version understands ({type(error).__name__}).",
            remedy="Restore it from a copy, or delete it: the next run reads the raw file again.",
        ) from error


def _values(dataset: h5py.Dataset, dtype: str) -> NDArray[Any]:
    kind = np.dtype(dtype)
    if kind.kind == "U":
        return np.asarray(dataset.asstr()[()], dtype=kind)
    values = np.asarray(dataset[()])
    return values.view(kind) if kind.kind == "M" else values.astype(kind, copy=False)


def _attribute(name: str, value: Any) -> Any:
    """Give an attribute as text, a Python number, or a list of one of them; or refuse it."""
    if isinstance(value, list | tuple | np.ndarray):
        entries = [_attribute(name, entry) for entry in value]
        numbers = all(isinstance(entry, int | float) for entry in entries)
        if numbers or all(isinstance(entry, str) for entry in entries):
            return np.asarray(entries).tolist() if numbers else entries
    elif isinstance(value, str) and "\0" not in value:
        return value
    elif isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        return value.item() if isinstance(value, np.generic) else value
    msg = (
        f"Found attribute {name} = {value!r}. An archive holds text without NUL, numbers, and "
        "lists of either; write anything else as one JSON text."
    )
    raise SchemaError(msg)


def _sealed(content: bytes) -> bytes:
    return content + _MARK + hashlib.sha256(content).digest()


def _unsealed(content: bytes, name: str) -> bytes:
    body, seal = content[:-_SEAL_BYTES], content[-_SEAL_BYTES:]
    if not content.startswith(MAGIC):
        raise UnreadableFile(
            file=name,
            field="first bytes",
            found="this is no netCDF-4 file.",
            remedy="Give an archive file of megabar.",
        )
    if not seal.startswith(_MARK):
        raise TruncatedData(
            file=name,
            field="seal",
            found="the last 40 bytes are no seal: the file was cut short, or another program "
            "wrote it.",
            remedy="Restore it from a copy, or delete it: the next run reads the raw file again.",
        )
    if hashlib.sha256(body).digest() != seal[len(_MARK) :]:
        raise UnreadableFile(
            file=name,
            field="seal",
            found="the bytes are not those that were written.",
            remedy="Restore it from a copy, or delete it: the next run reads the raw file again.",
        )
    return body
