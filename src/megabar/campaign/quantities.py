"""Types of the keys of a plan: quantities with a unit, times, names, and counts.

A quantity is a text with its unit; it arrives in the unit of its type.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
)

from megabar import units
from megabar.errors import UnitError, one_of
from megabar.schemas import SEQUENCES

STRICT: Final = ConfigDict(extra="forbid", validate_by_name=False)
"""Of every table of a plan: an unknown key is an error."""


def _in(unit: str) -> BeforeValidator:
    def parsed(value: Any, info: ValidationInfo) -> float:
        name = info.field_name or "quantity"
        if isinstance(value, str):
            return units.parse(value, unit=unit, name=name)
        msg = f"Found {name} {value!r}, which has no unit. Write a text such as '5 {unit}'."
        raise UnitError(msg)

    return BeforeValidator(parsed)


def _text_in(unit: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": f"a number with a unit, in {unit}"})


def _sequence(word: str) -> str:
    return one_of(word, SEQUENCES, name="sequence")


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


Seconds = Annotated[float, _in("s"), _text_in("s")]
Hertz = Annotated[float, _in("Hz"), _text_in("Hz")]
Tesla = Annotated[float, _in("T"), _text_in("T")]
Kelvin = Annotated[float, _in("K"), _text_in("K")]
Ampere = Annotated[float, _in("A"), _text_in("A")]
Gigapascal = Annotated[float, _in("GPa"), _text_in("GPa")]
Watt = Annotated[float, _in("W"), _text_in("W")]
Radian = Annotated[float, _in("rad"), _text_in("rad")]
PartsPerMillion = Annotated[float, _in("Hz/MHz"), _text_in("Hz/MHz")]
Moment = Annotated[datetime, AfterValidator(_utc)]
Scans = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Index = Annotated[int, Field(ge=0)]
TimeUnit = Literal["ns", "us", "ms", "s", "minute", "hour", "day", "unknown"]
PulseSequence = Annotated[str, AfterValidator(_sequence), WithJsonSchema({"enum": SEQUENCES})]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$", max_length=80)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(gt=0, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]
