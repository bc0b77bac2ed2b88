"""Where a number comes from: version, parameters, seed, and the digest of what went in."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_BLOCK = 1 << 20


@cache
def package_version() -> str:
    """Give the installed version of megabar.

    Returns
    -------
    :
        The version, or ``"unknown"`` in a tree that was never installed.
    """
    try:
        return version("megabar")
    except PackageNotFoundError:
        return "unknown"


def sha256_of_file(path: Path) -> str:
    """Compute the SHA-256 of the bytes of one file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    :
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def sha256_of_files(root: Path, names: Iterable[str]) -> str:
    """Compute the identity of a folder data set from the files that were read.

    It is the SHA-256 of the sorted lines ``relative name, sha256``: new processing in the same
    folder changes nothing.

    Parameters
    ----------
    root
        The folder.
    names
        File names relative to ``root``, in any order.

    Returns
    -------
    :
        64 hexadecimal digits.
    """
    lines = [f"{name}, {sha256_of_file(root / name)}\n" for name in sorted(names)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def sha256_of_text(text: str) -> str:
    """Compute the SHA-256 of a text in UTF-8.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    :
        64 hexadecimal digits.

    Examples
    --------
    >>> sha256_of_text("LaH10")[:12]
    '1449fdc076ec'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def record(*, step: str, parameters: Mapping[str, Any], inputs: Iterable[str] = ()) -> str:
    """Write down how something was obtained, as one line of JSON with sorted keys.

    Parameters
    ----------
    step
        Dotted name of the function that did it.
    parameters
        What it was told, in JSON types.
    inputs
        Digests of what went in.

    Returns
    -------
    :
        One JSON object: step, parameters, inputs, version.

    Examples
    --------
    >>> line = record(step="spectra.trim", parameters={"dead_time": 5e-6}, inputs=["1449"])
    >>> json.loads(line)["parameters"]
    {'dead_time': 5e-06}
    """
    entry = {
        "step": step,
        "parameters": dict(parameters),
        "inputs": list(inputs),
        "version": package_version(),
    }
    return json.dumps(entry, sort_keys=True, ensure_ascii=False)
