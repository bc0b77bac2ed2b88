"""Files that are whole or absent at every moment: new ones, and ones that replace the old."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import uuid4

from megabar.errors import StoreError


def write_new(path: Path, content: bytes) -> str:
    """Write a file that is whole or absent at every moment.

    A temporary file in the same folder (``.<name>.<hex>.part``) is written, flushed to the disk,
    renamed, and read back.

    Parameters
    ----------
    path
        The new file. If it exists with the same bytes, nothing is done.
    content
        All of it.

    Returns
    -------
    :
        SHA-256 of the file, 64 hexadecimal digits.

    Raises
    ------
    StoreError
        If the file exists with other content, or does not read back as written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     digest = write_new(Path(folder, "a.txt"), b"LaH10")
    >>> digest[:12]
    '1449fdc076ec'
    """
    digest = hashlib.sha256(content).hexdigest()
    if path.exists():
        return _same_or_refuse(path, digest)
    write_over(path, content)
    _flush_folder(path.parent)
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        msg = (
            f"{path.name} does not read back as it was written: the disk or share is not to be "
            "trusted. Delete the file and write it elsewhere."
        )
        raise StoreError(msg)
    return digest


def write_over(path: Path, content: bytes) -> None:
    """Write a file that holds the old content or the new one at every moment.

    Parameters
    ----------
    path
        The file; an earlier one is replaced.
    content
        All of it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.txt")
    ...     for content in (b"LaH3", b"LaH10"):
    ...         write_over(path, content)
    ...     path.read_bytes(), len(list(path.parent.iterdir()))
    (b'LaH10', 1)
    """
    partial = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with partial.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _same_or_refuse(path: Path, digest: str) -> str:
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest:
        return digest
    msg = (
        f"{path.name} exists with other content, and files of measurements are never changed. "
        "Write under another name, or move the old file away."
    )
    raise StoreError(msg)


def _flush_folder(folder: Path) -> None:
    """Make the new name in the folder survive a loss of power, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
