"""Units of work and their results as files: named by what was asked, sealed by what came of it.

A unit is a JSON object. Its digest covers the function, the version of megabar and the unit, so a
file that bears the digest answers that question and no other. A file is whole or absent at every
moment; one whose seal does not hold (a damaged disk, a hand that edited) counts as absent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from megabar import provenance
from megabar.errors import UnusableInput
from megabar.readers.new_files import write_new

_RESULT: Final = ".json"
_FAILURE: Final = ".failed.json"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One unit as it travels: which function shall do what."""

    function: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of function, version and unit, 64 hexadecimal digits."""
        return provenance.sha256_of_text(
            provenance.record(step=self.function, parameters={}, inputs=[self.text])
        )


def question(unit: Mapping[str, Any], function: str) -> Question:
    """Write a unit as a question that can be asked anywhere.

    Parameters
    ----------
    unit
        A JSON object: dict, list, str, finite numbers, bool, None.
    function
        ``module:name``.

    Returns
    -------
    :
        The question; the order of the keys of the unit does not matter.

    Raises
    ------
    UnusableInput
        If the unit holds what JSON does not know.

    Examples
    --------
    >>> one = question({"seed": 1, "truth": "first"}, "megabar.campaign.studies:judged")
    >>> one.digest == question({"truth": "first", "seed": 1}, one.function).digest
    True
    """
    try:
        return Question(function=function, text=canonical(unit))
    except (TypeError, ValueError) as error:
        msg = (
            f"A unit of work is no JSON object ({error}), so it has no digest and no file. "
            "Give it dicts, lists, text, finite numbers, true, false and None alone."
        )
        raise UnusableInput(msg) from None


def canonical(value: object) -> str:
    """Write a JSON value in the one form that has a digest.

    Parameters
    ----------
    value
        Any JSON value.

    Returns
    -------
    :
        Sorted keys, no spaces, floats as their shortest text that reads back the same.

    Raises
    ------
    TypeError
        If it holds something else.
    ValueError
        If it holds a number that is not finite.

    Examples
    --------
    >>> canonical({"b": 0.1, "a": [1, None]})
    '{"a":[1,null],"b":0.1}'
    """
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )


def read_result(folder: Path, asked: Question) -> dict[str, Any] | None:
    """Read what came of a unit.

    Parameters
    ----------
    folder
        Folder of the study.
    asked
        The unit.

    Returns
    -------
    :
        The result; None if there is none, or if its file is damaged or answers something else.
    """
    try:
        content = (folder / f"{asked.digest}{_RESULT}").read_bytes()
        result: dict[str, Any] = json.loads(content)["result"]
        return result if content == _sealed(asked, result) else None
    except (FileNotFoundError, LookupError, TypeError, ValueError):
        return None


def write_result(folder: Path, asked: Question, result: Mapping[str, Any]) -> None:
    """Write what came of a unit; a damaged file and a failure of before give way.

    Parameters
    ----------
    folder
        Folder of the study.
    asked
        The unit.
    result
        A JSON object.
    """
    (folder / f"{asked.digest}{_FAILURE}").unlink(missing_ok=True)
    _write(folder / f"{asked.digest}{_RESULT}", _sealed(asked, result))


def write_failure(folder: Path, asked: Question, reason: str) -> None:
    """Write down why a unit has no result; the next run tries it again.

    Parameters
    ----------
    folder
        Folder of the study.
    asked
        The unit.
    reason
        One or two sentences.
    """
    entry = {"failure": reason, "function": asked.function, "unit": json.loads(asked.text)}
    _write(folder / f"{asked.digest}{_FAILURE}", f"{canonical(entry)}\n".encode())


def sweep(folder: Path) -> None:
    """Remove what a killed run left half written; call it only while nobody else writes.

    Parameters
    ----------
    folder
        Folder of the study.
    """
    for partial in folder.glob(".*.part"):
        partial.unlink()


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    write_new(path, content)


def _sealed(asked: Question, result: Mapping[str, Any]) -> bytes:
    entry: dict[str, Any] = {
        "digest": asked.digest,
        "function": asked.function,
        "result": result,
        "unit": json.loads(asked.text),
        "version": provenance.package_version(),
    }
    entry["seal"] = provenance.sha256_of_text(canonical(entry))
    return f"{canonical(entry)}\n".encode()
