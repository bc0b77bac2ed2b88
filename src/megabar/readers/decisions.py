"""What a person decides where a file leaves something open; parsed once, at the door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from megabar import units
from megabar.errors import UnknownWord, did_you_mean, one_of
from megabar.schemas import SEQUENCES, STEP_COORDINATES

DOMAINS = ("time", "frequency")
TIME_UNITS = ("ns", "us", "ms", "s", "minute", "hour", "day", "unknown")
SOURCE_KINDS = ("log", "digitised")
_UNIT_OF_ARRAY = {"carrier_offset": "Hz"}


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """Answers to what a file does not say; ``None`` where nobody decided.

    Parameters
    ----------
    nucleus
        Nucleus observed, such as ``"1H"``; ``"unknown"`` leaves it open on purpose.
    sequence
        One of :data:`megabar.schemas.SEQUENCES`.
    array
        Values along the steps: name of a table of the file, the values themselves [s] or [Hz],
        or ``"none"`` to leave the steps without values on purpose.
    array_as
        What the values are: one of :data:`megabar.schemas.STEP_COORDINATES`.
    time_origin
        Time of the first stored point (after the group delay of a digital filter) from the
        pulse centre or the echo top [s].
    dead_time
        End of the time after the pulse that holds no signal [s].
    repetition_time
        Start of one scan to start of the next [s].
    echo_delay
        Between the two pulses of an echo [s].
    flip_angle
        Of the exciting pulse [rad].
    n_scans
        Scans accumulated, one number, or one per step.
    cell
        Name of the diamond anvil cell.
    channel
        Bridge or receiver channel.
    columns
        For tables: quantity -> header of its column.
    sense
        ``-1`` if the stored signal rotates the wrong way round, else ``+1``.
    started_at
        Start of the measurement, ISO 8601.
    current
        Excitation of a resistance measurement [A].
    domain
        ``"time"`` or ``"frequency"``, what the stored numbers are along.
    time_unit
        Unit of the time axis of a file that does not state it; ``"unknown"`` keeps the numbers of
        the file, without a unit.
    source_kind
        ``"log"`` if the rows of a table stand in the order of the measurement, ``"digitised"`` if
        they were taken from a picture.
    thermometer_table
        File with temperature [K] and R over R at 0 degrees Celsius, for columns in the unit
        ``Pt100``; IEC 60751 if not given.
    note
        What every report must print beside these numbers, such as ``"retracted"``.
    format
        Name of the format, where two could read the file.
    """

    nucleus: str | None = None
    sequence: str | None = None
    array: str | tuple[float, ...] | None = None
    array_as: str | None = None
    time_origin: float | None = None
    dead_time: float | None = None
    repetition_time: float | None = None
    echo_delay: float | None = None
    flip_angle: float | None = None
    n_scans: float | tuple[float, ...] | None = None
    cell: str | None = None
    channel: int | str | None = None
    columns: Mapping[str, str] | None = None
    sense: int | None = None
    started_at: str | None = None
    current: float | None = None
    domain: str | None = None
    time_unit: str | None = None
    source_kind: str | None = None
    thermometer_table: str | None = None
    note: str | None = None
    format: str | None = None

    def taken(self) -> dict[str, Any]:
        """Give what was decided, in JSON types, for the record of provenance.

        Returns
        -------
        :
            Argument -> value in SI, without what nobody decided.
        """
        answers = {name: value for name, value in vars(self).items() if value is not None}
        return {
            name: list(value)
            if isinstance(value, tuple)
            else dict(value)
            if isinstance(value, Mapping)
            else value
            for name, value in answers.items()
        }


_QUANTITIES = {
    "time_origin": "s",
    "dead_time": "s",
    "repetition_time": "s",
    "echo_delay": "s",
    "flip_angle": "rad",
    "current": "A",
}
_WORDS = {
    "sequence": SEQUENCES,
    "array_as": STEP_COORDINATES,
    "domain": DOMAINS,
    "time_unit": TIME_UNITS,
    "source_kind": SOURCE_KINDS,
}
_NAMES = frozenset(field.name for field in fields(Decisions))


def decide(**answers: Any) -> Decisions:
    """Parse what somebody decided: texts with units or SI numbers, words of closed lists.

    Parameters
    ----------
    answers
        The arguments of :class:`Decisions`, as typed.

    Returns
    -------
    :
        The decisions, in SI.

    Raises
    ------
    UnknownWord
        If an argument or a word does not exist.
    UnitError
        If a quantity has the wrong unit.

    Examples
    --------
    >>> decide(dead_time="5 us", array=["1 ms", "20 ms"], array_as="delay").taken()
    {'array': [0.001, 0.02], 'array_as': 'delay', 'dead_time': 5e-06}
    """
    for name in answers:
        if name not in _NAMES:
            msg = f"Found the decision {name!r}, which no reader takes. "
            raise UnknownWord(msg + did_you_mean(name, _NAMES))
    given = {name: value for name, value in answers.items() if value is not None}
    for name, value in given.items():
        given[name] = _parsed(name, value, given)
    return Decisions(**given)


def _parsed(name: str, value: Any, given: Mapping[str, Any]) -> Any:
    if name in _QUANTITIES:
        return units.quantity(value, unit=_QUANTITIES[name], name=name.replace("_", " "))
    if name in _WORDS:
        return one_of(value, _WORDS[name], name=name)
    if name == "array":
        return _array(value, given.get("array_as"))
    return _PARSERS[name](value) if name in _PARSERS else value


def _array(value: Any, array_as: str | None) -> str | tuple[float, ...]:
    if isinstance(value, str):
        return value.strip()
    unit = _UNIT_OF_ARRAY.get(array_as or "", "s")
    return tuple(units.quantity(entry, unit=unit, name="array value") for entry in value)


def _scans(value: Any) -> float | tuple[float, ...]:
    entries = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    counts = tuple(units.quantity(entry, unit="1", name="number of scans") for entry in entries)
    if any(count <= 0 for count in counts):
        msg = f"Found {value!r} scans; amplitudes are divided by it, so it must be above 0."
        raise UnknownWord(msg)
    return counts[0] if len(counts) == 1 else counts


def _sense(value: Any) -> int:
    if value not in (1, -1):
        msg = f"Found sense {value!r}. It is +1 (as stored) or -1 (the signal rotates backwards)."
        raise UnknownWord(msg)
    return int(value)


def _moment(value: Any) -> str:
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            msg = f"Found started_at {value!r}; a time such as 2026-01-10T12:00:00 is needed."
            raise UnknownWord(msg) from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat()


_PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "n_scans": _scans,
    "columns": lambda value: MappingProxyType(dict(value)),
    "sense": _sense,
    "started_at": _moment,
    "nucleus": lambda value: str(value).strip(),
    "thermometer_table": str,
}
