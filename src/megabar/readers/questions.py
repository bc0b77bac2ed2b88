"""The questions that a reader may ask: which table of values, which nucleus.

Three guesses ruin everything that follows: the table of delays, the nucleus, the unit of time. A
reader offers candidates with reasons; the caller chooses; the choice is written down.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from megabar import schemas
from megabar.errors import AmbiguousArray, AmbiguousNucleus, InconsistentHeader, MissingArray
from megabar.matter import nuclei

if TYPE_CHECKING:
    from megabar.readers.decisions import Decisions

OPEN_ON_PURPOSE = "none"
_NUCLEUS = re.compile(
    r"(?P<mass>\d{1,3})(?P<symbol>[A-Z][a-z]?)|(?P<before>[A-Z][a-z]*)(?P<after>\d{1,3})"
)
_SYMBOLS = MappingProxyType(
    {
        "hydrogen": "H",
        "deuterium": "H",
        "lithium": "Li",
        "boron": "B",
        "carbon": "C",
        "nitrogen": "N",
        "oxygen": "O",
        "fluorine": "F",
        "sodium": "Na",
        "aluminum": "Al",
        "silicon": "Si",
        "phosphorus": "P",
        "copper": "Cu",
        "yttrium": "Y",
        "cadmium": "Cd",
        "lanthanum": "La",
    }
)
_STRONGEST_MAGNET = 45.5  # T, static; a nucleus that needs more was not observed


@dataclass(frozen=True, kw_only=True)
class Table:
    """Values that could belong to the steps of an experiment.

    Parameters
    ----------
    name
        Its name in the file.
    values
        Its entries [s] or [Hz].
    coordinate
        What they are, one of :data:`megabar.schemas.STEP_COORDINATES`.
    origin
        How they were found, in words.
    """

    name: str
    values: tuple[float, ...]
    coordinate: str
    origin: str

    def described(self) -> str:
        """Give name, length and first entries, for a list of candidates.

        Returns
        -------
        :
            For example ``"de6 (5 values: 0.01, 0.09, 0.17, ...)"``.
        """
        first = ", ".join(f"{value:g}" for value in self.values[:3])
        more = ", ..." if len(self.values) > 3 else ""
        return f"{self.name} ({len(self.values)} values: {first}{more})"


# --- values along the steps -----------------------------------------------------------------------


def chosen_table(
    *,
    file: str,
    rows: int,
    tables: Sequence[Table],
    decisions: Decisions,
    stated: str | None = None,
) -> Table | None:
    """Find the values along the rows of an experiment, or ask.

    Parameters
    ----------
    file
        Name of the measurement, for the message.
    rows
        Number of rows.
    tables
        Candidates of the file.
    decisions
        ``array`` and ``array_as``.
    stated
        Name of the table that the file itself names as the one in use.

    Returns
    -------
    :
        The table; None for a single row, or where the steps stay open on purpose.

    Raises
    ------
    AmbiguousArray
        If there are candidates and nobody chose, or the one chosen does not exist.
    MissingArray
        If there are none.
    InconsistentHeader
        If values given do not fit the number of rows.
    """
    wanted = decisions.array
    if wanted == OPEN_ON_PURPOSE or (wanted is None and rows == 1):
        return None
    if isinstance(wanted, tuple):
        return _given_table(file=file, rows=rows, values=wanted, decisions=decisions)
    named = {table.name: table for table in tables}
    name = wanted if wanted is not None else stated
    if name is None or name not in named:
        raise _array_question(file=file, rows=rows, tables=tables, wanted=wanted)
    table = named[name]
    coordinate = decisions.array_as or table.coordinate
    origin = table.origin if wanted is None else f"{table.origin}; chosen by the caller"
    return Table(name=table.name, values=table.values, coordinate=coordinate, origin=origin)


def _given_table(*, file: str, rows: int, values: tuple[float, ...], decisions: Decisions) -> Table:
    if len(values) != rows:
        raise InconsistentHeader(
            file=file,
            field="array",
            found=f"{len(values)} values were given for {rows} rows.",
            remedy="Give one value per row.",
        )
    if decisions.array_as is None:
        raise MissingArray(
            file=file,
            field="array",
            found="values were given, but not what they are.",
            argument="array_as",
            candidates=schemas.STEP_COORDINATES,
        )
    return Table(
        name="given", values=values, coordinate=decisions.array_as, origin="given by the caller"
    )


def _array_question(
    *, file: str, rows: int, tables: Sequence[Table], wanted: str | None
) -> MissingArray | AmbiguousArray:
    asked = f"the table {wanted!r} is not there; " if wanted else ""
    fitting = [table for table in tables if len(table.values) == rows]
    others = [table for table in tables if len(table.values) != rows]
    words: dict[str, Any] = {
        "file": file,
        "field": "array",
        "argument": "array",
        "candidates": [
            *(table.described() for table in (*fitting, *others)),
            "the values themselves",
            f"{OPEN_ON_PURPOSE!r} to leave it open",
        ],
    }
    if not tables:
        found = f"{asked}{rows} rows, and no table of values for them."
        return MissingArray(found=found, **words)
    found = f"{asked}{rows} rows; {len(fitting)} tables have that length, none is stated as used."
    return AmbiguousArray(found=found, **words)


# --- the nucleus ----------------------------------------------------------------------------------


def nucleus_name(word: str) -> str | None:
    """Read the name of a nucleus as the instruments write it.

    Parameters
    ----------
    word
        ``"1H"``, ``"H1"``, ``"^1H"``, ``"Carbon13"``, ``"<off>"``, ...

    Returns
    -------
    :
        Mass number and symbol, or None if no nucleus is named.

    Examples
    --------
    >>> [nucleus_name(word) for word in ("139La", "C13", "^1H", "Fluorine19", "<NONE>")]
    ['139La', '13C', '1H', '19F', None]
    """
    plain = word.strip("<>^ ")
    if plain.lower() == "proton":
        return "1H"
    match = _NUCLEUS.fullmatch(plain)
    if match is None:
        return None
    mass, symbol = match["mass"] or match["after"], match["symbol"] or match["before"]
    return f"{mass}{_SYMBOLS.get(symbol.lower(), symbol)}"


def chosen_nucleus(
    *,
    file: str,
    stated: str | None,
    frequency: float,
    proton_frequencies: Sequence[float] = (),
    decisions: Decisions,
) -> str:
    """Find the nucleus that was observed, or ask.

    What the file states is believed where the proton frequency that it implies agrees within one
    per cent with one that the file states elsewhere, or where the file states none.

    Parameters
    ----------
    file
        Name of the measurement, for the message.
    stated
        Nucleus by the file, as it writes it; None if it does not say.
    frequency
        Frequency observed [Hz], nan if not known.
    proton_frequencies
        What the file says elsewhere about its magnet, as frequency of 1H [Hz].
    decisions
        ``nucleus``.

    Returns
    -------
    :
        Name such as ``"1H"``, or ``"unknown"`` where it stays open on purpose.

    Raises
    ------
    AmbiguousNucleus
        Listing what the frequency allows.
    """
    if decisions.nucleus is not None:
        if decisions.nucleus == schemas.UNKNOWN:
            return schemas.UNKNOWN
        return nuclei.nucleus(decisions.nucleus).name
    name = None if stated is None else nucleus_name(stated)
    doubt = _doubt_about(name, frequency, proton_frequencies)
    if doubt is None and name is not None:
        return nuclei.nucleus(name).name
    raise AmbiguousNucleus(
        file=file,
        field="nucleus",
        found=f"{doubt} Observed at {frequency / 1e6:.6g} MHz.",
        argument="nucleus",
        candidates=_nuclei_at(frequency, proton_frequencies),
    )


def _doubt_about(
    stated: str | None, frequency: float, proton_frequencies: Sequence[float]
) -> str | None:
    if stated is None:
        return "the file names no nucleus."
    try:
        ratio = nuclei.reference_frequency_from_xi(nucleus=stated, tms_frequency=1.0)
    except ValueError:
        return f"the file names {stated!r}, which is no nucleus known here."
    if not proton_frequencies or not np.isfinite(frequency):
        return None
    implied = frequency / ratio
    if any(abs(implied / proton - 1) < 0.01 for proton in proton_frequencies):
        return None
    listed = ", ".join(f"{proton / 1e6:g}" for proton in sorted(set(proton_frequencies)))
    return (
        f"the file names {stated}, which would need a magnet of {implied / 1e6:.5g} MHz for 1H, "
        f"while it states {listed} MHz elsewhere."
    )


def _nuclei_at(frequency: float, proton_frequencies: Sequence[float]) -> list[str]:
    if not np.isfinite(frequency) or frequency <= 0:
        return []
    everywhere = nuclei.candidates_at(frequency)
    proton_per_tesla = next(frequency / one.field for one in everywhere if one.nucleus == "1H")
    fields = [proton / proton_per_tesla for proton in sorted(set(proton_frequencies))]
    near = [entry for at in fields for entry in nuclei.candidates_at(frequency, at)]
    entries = near or [entry for entry in everywhere if entry.field < _STRONGEST_MAGNET]
    return list(dict.fromkeys(f"{entry.nucleus} (at {entry.field:.3g} T)" for entry in entries))
