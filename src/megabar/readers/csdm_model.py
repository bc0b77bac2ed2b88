"""The tree of a CSDM file: its objects, its quantities, and the axes that they describe."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import units
from megabar.errors import UnitError, UnreadableFile

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS: Final = {"s": "time", "Hz": "frequency"}
"""Unit -> kind of a dimension along which a signal or a spectrum lies."""

_NUMBER: Final = re.compile(
    r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-z\u00b5\u03bc]{0,12})\s*"
)
_MOST_DIGITS: Final = 40


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One dimension of a CSDM file.

    Parameters
    ----------
    name
        ``"dimension 0"`` is the fastest.
    kind
        ``"time"`` or ``"frequency"`` if it is linear in one of them; else ``"other"``.
    count
        Number of points.
    increment
        From point to point [s] or [Hz].
    listed
        Coordinates of a monotonic dimension.
    origin, offset
        Origin offset and coordinates offset [s] or [Hz].
    reciprocal_origin, reciprocal_offset
        The same of the reciprocal dimension.
    complex_fft
        Whether the offset belongs to point ``count // 2``.
    labels
        Free texts that people wrote.
    """

    name: str
    kind: str
    count: int
    increment: float = math.nan
    listed: tuple[float, ...] = field(default=())
    origin: float = math.nan
    offset: float = 0.0
    reciprocal_origin: float = math.nan
    reciprocal_offset: float = 0.0
    complex_fft: bool = False
    labels: tuple[str, ...] = field(default=())

    def coordinates(self) -> NDArray[np.float64] | None:
        """Give the coordinate of each point, offset included; None if there are none.

        Returns
        -------
        :
            [s] or [Hz], as many as ``count``.
        """
        if self.listed:
            return np.array(self.listed)
        if math.isnan(self.increment):
            return None
        first = -(self.count // 2) * self.increment if self.complex_fft else 0.0
        steps = np.arange(self.count, dtype=np.float64)
        return np.asarray(first + steps * self.increment + self.offset, dtype=np.float64)


def refuse(path: Path, where: str, found: str, remedy: str = "") -> UnreadableFile:
    """Make the error of a field that cannot be believed.

    Parameters
    ----------
    path
        The file.
    where
        The field.
    found
        What stands there, as a sentence.
    remedy
        What to do; to write the file again if not given.

    Returns
    -------
    :
        The error, to be raised.
    """
    advice = remedy or "Write the file again with the program that made it."
    return UnreadableFile(file=path.name, field=where, found=found, remedy=advice)


def document(path: Path) -> Mapping[str, Any]:
    """Parse the file down to its ``csdm`` object.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    :
        The object.

    Raises
    ------
    UnreadableFile
        If the file is no JSON, or holds no such object.
    """
    try:
        tree = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise refuse(path, "JSON", f"it cannot be parsed ({type(error).__name__}).") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("csdm"), dict):
        raise refuse(path, "csdm", "the file has no such object at its top.")
    found: Mapping[str, Any] = tree["csdm"]
    return found


def objects(path: Path, mapping: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Give a list of objects, which must not be empty.

    Parameters
    ----------
    path
        The file.
    mapping
        Where the list stands.
    name
        Its key.

    Returns
    -------
    :
        The objects.

    Raises
    ------
    UnreadableFile
        If there is no such list.
    """
    entries = mapping.get(name)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise refuse(path, name, f"a list of objects is needed, found {short(entries)}.")
    if not entries:
        raise refuse(path, name, "the list is empty.")
    return entries


def short(value: Any) -> str:
    """Give a value as a text that fits into a message.

    Parameters
    ----------
    value
        Anything out of a JSON tree.

    Returns
    -------
    :
        At most 40 characters.
    """
    text = type(value).__name__ if isinstance(value, dict | list) else repr(value)
    return text if len(text) <= _MOST_DIGITS else text[: _MOST_DIGITS - 3] + "..."


def _quantity(path: Path, text: Any, where: str) -> tuple[float, str]:
    """Give (number, "s" | "Hz" | "other") of a text such as ``"0.1 ms"``."""
    match = _NUMBER.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise refuse(path, where, f"a number with a unit is needed, found {short(text)}.")
    number, unit = float(match[1]), match[2]
    if not math.isfinite(number):
        raise refuse(path, where, f"found {short(text)}, which is not finite.")
    for base in KINDS:
        if unit == base:
            return number, base
        try:
            return units.parse(f"{match[1]} {unit}", unit=base, name=where), base
        except UnitError:
            continue
    return number, "other"


def _offset(path: Path, entry: Mapping[str, Any], where: str, unit: str, missing: float) -> float:
    name = where.rpartition(".")[2]
    if name not in entry:
        return missing
    number, found = _quantity(path, entry[name], where)
    if found != unit:
        raise refuse(path, where, f"found {short(entry[name])}, {unit} is needed.")
    return number


def dimension(path: Path, entry: Mapping[str, Any], number: int) -> Dimension:
    """Read one dimension.

    Parameters
    ----------
    path
        The file.
    entry
        The JSON object of the dimension.
    number
        Its place in the list; 0 is the fastest.

    Returns
    -------
    :
        The dimension.

    Raises
    ------
    UnreadableFile
        If a field is missing or impossible.
    """
    where = f"dimension {number}"
    builders = {"linear": _linear, "monotonic": _monotonic, "labeled": _labeled}
    kind = entry.get("type")
    if kind not in builders:
        raise refuse(path, where, f"type {short(kind)} is none of {', '.join(builders)}.")
    return builders[kind](path, entry, where)


def _linear(path: Path, entry: Mapping[str, Any], where: str) -> Dimension:
    count = entry.get("count")
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise refuse(path, f"{where}.count", f"found {short(count)}; a count above 0 is needed.")
    increment, unit = _quantity(path, entry.get("increment"), f"{where}.increment")
    if increment == 0:
        raise refuse(path, f"{where}.increment", "it is 0, so all points would be one.")
    if unit == "other":
        return Dimension(name=where, kind="other", count=count)
    reciprocal = entry.get("reciprocal")
    reciprocal = reciprocal if isinstance(reciprocal, dict) else {}
    other, there = ("Hz" if unit == "s" else "s"), f"{where}.reciprocal"
    return Dimension(
        name=where,
        kind=KINDS[unit],
        count=count,
        increment=increment,
        origin=_offset(path, entry, f"{where}.origin_offset", unit, math.nan),
        offset=_offset(path, entry, f"{where}.coordinates_offset", unit, 0.0),
        reciprocal_origin=_offset(path, reciprocal, f"{there}.origin_offset", other, math.nan),
        reciprocal_offset=_offset(path, reciprocal, f"{there}.coordinates_offset", other, 0.0),
        complex_fft=entry.get("complex_fft") is True,
        labels=_texts(entry.get("label"), reciprocal.get("label")),
    )


def _monotonic(path: Path, entry: Mapping[str, Any], where: str) -> Dimension:
    texts = entry.get("coordinates")
    if not isinstance(texts, list) or not texts:
        raise refuse(path, f"{where}.coordinates", "a list of quantities is needed.")
    pairs = [_quantity(path, text, f"{where}.coordinates") for text in texts]
    if len({unit for _, unit in pairs}) != 1:
        raise refuse(path, f"{where}.coordinates", "they are of several kinds.")
    listed = tuple(number for number, _ in pairs)
    return Dimension(name=where, kind="other", count=len(texts), listed=listed)


def _labeled(path: Path, entry: Mapping[str, Any], where: str) -> Dimension:
    labels = entry.get("labels")
    if not isinstance(labels, list) or not labels:
        raise refuse(path, f"{where}.labels", "a list of texts is needed.")
    return Dimension(name=where, kind="other", count=len(labels))


def _texts(*values: Any) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))
