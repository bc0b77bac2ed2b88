"""Text files as laboratories write them: encodings, decimal commas, numbers."""

from __future__ import annotations

import codecs
import re
from datetime import datetime
from pathlib import Path
from typing import Final

from megabar.errors import UnreadableFile

_MOST_BYTES: Final = 1 << 28
_BYTE_ORDER_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LARGEST: Final = 1e100
_MOMENT: Final = re.compile(r"(?:19|20|21)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?")
_NUMBER: Final = re.compile(r"[-+]?(?:\d+[.]?\d*|[.]\d+)(?:[eE][-+]?\d+)?|[-+]?nan", re.IGNORECASE)


def read_lines(path: Path) -> list[str]:
    """Read a text file as lines: UTF-8, UTF-16 with a byte order mark, else Latin-1.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    :
        Its lines, without their ends.

    Raises
    ------
    UnreadableFile
        If it is larger than 256 MiB, or holds bytes that no text holds.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise UnreadableFile(
            file=path.name,
            field="size",
            found=f"{path.stat().st_size} bytes are no table of a laboratory.",
            remedy="Cut it into measurements.",
        )
    content = path.read_bytes()
    text = _decoded(content)
    if "\0" in text:
        raise UnreadableFile(
            file=path.name,
            field="text",
            found="there are NUL bytes in it: this is a binary file, or a damaged one.",
            remedy="Give the format with format=..., or copy the file again.",
        )
    return text.splitlines()


def ends_whole(path: Path) -> bool:
    """Say whether the last line of a text file has its end; a file that was cut has none.

    Parameters
    ----------
    path
        The file, not empty.

    Returns
    -------
    :
        Whether its last bytes are those of a line end.
    """
    with path.open("rb") as stream:
        stream.seek(-min(2, path.stat().st_size), 2)
        tail = stream.read()
    return tail.endswith((b"\n", b"\r", b"\n\0", b"\r\0"))


def _decoded(content: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def number(text: str, *, decimal_comma: bool = False) -> float | None:
    """Give the number that a field holds, or None if it holds none.

    Thousands separators are no numbers: ``1,234.5`` and ``1.234,5`` give None. Nothing that is
    measured exceeds 1e100: such a field is damaged, and holds no number either.

    Parameters
    ----------
    text
        One field of a table.
    decimal_comma
        Whether a comma separates the decimals.

    Returns
    -------
    :
        The number; nan where the field says nan.

    Examples
    --------
    >>> number("530,774", decimal_comma=True), number(" -1.5E-3 "), number("1,234.5")
    (530.774, -0.0015, None)
    """
    plain = text.strip()
    if decimal_comma:
        if "," in plain and "." in plain:
            return None
        plain = plain.replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        return None
    value = float(plain)
    return None if abs(value) > _LARGEST else value


def moment(text: object) -> str | None:
    """Give a moment that a file states, if it is one date and one time without a zone.

    Parameters
    ----------
    text
        Anything; only a text such as ``"2026-01-10 12:00:00"`` is a moment.

    Returns
    -------
    :
        ISO 8601 with a T, all its digits; None if it is no moment.

    Examples
    --------
    >>> moment("2026-01-10 12:00:00.5"), moment("2026-13-10 12:00:00"), moment(7)
    ('2026-01-10T12:00:00.5', None, None)
    """
    plain = text.strip().replace(" ", "T") if isinstance(text, str) else ""
    if not _MOMENT.fullmatch(plain):
        return None
    try:
        datetime.fromisoformat(plain[:19])
    except ValueError:
        return None
    return plain
