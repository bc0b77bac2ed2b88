"""The archive format: one acquisition, one immutable netCDF-4 file, sealed.

The file is ordinary netCDF-4 (HDF5) followed by 40 bytes: the mark ``megabar1`` and the SHA-256 of
all that stands before it. HDF5 ignores bytes behind its end, so any program opens the file; this
module opens it only if the seal is whole, because an HDF5 file with a flipped byte may still open
and give other numbers. Complex numbers are an HDF5 compound (r, i).

Lists of one entry come back from HDF5 as bare values; their names are kept in an attribute of the
file and they are restored.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray as xr

from megabar import schemas
from megabar.errors import SchemaError, TruncatedData, UnknownWord, UnreadableFile
from megabar.readers.new_files import write_new

if TYPE_CHECKING:
    from megabar.readers.decisions import Decisions

MAGIC: Final = b"\x89HDF\r\n\x1a\n"
"""First bytes of a netCDF-4 file."""

_MARK: Final = b"megabar1"
_SEAL_BYTES: Final = len(_MARK) + hashlib.sha256().digest_size
_LISTS: Final = "megabar_lists"
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
    attrs = {
        str(name): _attribute(str(name), v) for name, v in schemas.check(dataset).attrs.items()
    }
    plain = dataset.assign_attrs(attrs)
    lists = json.dumps(sorted(name for name, v in attrs.items() if isinstance(v, list)))
    bare = plain.assign_attrs({_LISTS: lists}).drop_encoding()
    try:
        content = bytes(bare.to_netcdf(engine="h5netcdf"))
    except (ValueError, TypeError, OSError) as error:
        msg = f"This dataset cannot be archived as netCDF-4: {error}."
        raise SchemaError(msg) from error
    if not _decode(content, "archive").identical(plain):
        msg = "This dataset does not come back from netCDF-4 as it went in. Use plain dtypes."
        raise SchemaError(msg)
    return content


def _decode(content: bytes, name: str) -> xr.Dataset:
    try:
        raw = xr.load_dataset(io.BytesIO(content), engine="h5netcdf", decode_timedelta=False)
        lists = json.loads(raw.attrs.pop(_LISTS))
    except _OPENING_ERRORS as error:
        raise UnreadableFile(
            file=name,
            field="netCDF-4",
            found=f"the library cannot open it ({type(error).__name__}).",
            remedy="Restore the file from a copy, or read the instrument's file again.",
        ) from error
    attrs = {str(key): _python(value, as_list=key in lists) for key, value in raw.attrs.items()}
    raw.attrs = attrs
    try:
        return schemas.check(raw.drop_encoding())
    except (SchemaError, UnknownWord) as error:
        raise UnreadableFile(
            file=name,
            field="schema",
            found=str(error),
            remedy="Read the instrument's file again with this version.",
        ) from error


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


def _python(value: Any, *, as_list: bool) -> Any:
    plain = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    return [plain] if as_list and not isinstance(plain, list) else plain


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
            remedy="Restore the file from a copy, or read the instrument's file again.",
        )
    if hashlib.sha256(body).digest() != seal[len(_MARK) :]:
        raise UnreadableFile(
            file=name,
            field="seal",
            found="the bytes are not those that were written.",
            remedy="Restore the file from a copy, or read the instrument's file again.",
        )
    return body
