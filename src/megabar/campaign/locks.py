"""One writer at a time in a folder, and no lock that outlives its holder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from megabar.errors import StoreError


def exclusive(path: Path) -> IO[str]:
    """Hold the lock of the writer; the system lets go of it when the process ends, however.

    Parameters
    ----------
    path
        The lock file; it is made, and holds the number of the process.

    Returns
    -------
    :
        The open file. To close it is to let the next writer in.

    Raises
    ------
    StoreError
        If another process holds it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, exclusive(Path(folder, "lock")) as lock:
    ...     lock.closed
    False
    """
    lock = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        msg = (
            f"Another run (process {holder}) is writing into {path.parent.name}. Two at once would "
            "do the work twice: wait until it ends, or stop it."
        )
        raise StoreError(msg) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock
