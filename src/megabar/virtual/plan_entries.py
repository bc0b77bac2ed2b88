"""Entries of a plan, taken one by one and checked: what is missing, unknown or of a wrong unit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from megabar import units
from megabar.errors import MegabarError, PlanError, did_you_mean

_MISSING: Final = object()


class Table:
    """One table of a plan: hands out its entries, and complains about those nobody asked for.

    Parameters
    ----------
    entries
        The table as TOML gives it.
    where
        Its name for messages, such as ``"simulation.toml: cell[2]"``.
    """

    def __init__(self, entries: Mapping[str, Any], *, where: str) -> None:
        self._entries = entries
        self._asked: set[str] = set()
        self.where = where

    def _value(self, key: str, kind: type | tuple[type, ...], needed: str, default: Any) -> Any:
        self._asked.add(key)
        if key not in self._entries:
            if default is _MISSING:
                raise self.error(key, f"is missing; {needed} is needed.")
            return default
        value = self._entries[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.error(key, f"found {value!r}; {needed} is needed.")
        return value

    def error(self, key: str, problem: str) -> PlanError:
        """Make the error about one entry.

        Parameters
        ----------
        key
            The entry.
        problem
            What is wrong with it, and what to do.

        Returns
        -------
        :
            The error, to be raised.
        """
        return PlanError(f"{self.where}.{key}: {problem}")

    def text(self, key: str) -> str:
        """Take a text."""
        return str(self._value(key, str, "a text", _MISSING))

    def has(self, key: str) -> bool:
        """Say whether there is such an entry."""
        return key in self._entries

    def folder_name(self, key: str) -> str:
        """Take a text that also names a folder."""
        name = self.text(key)
        if not name.replace("-", "").replace("_", "").isalnum():
            raise self.error(key, f"found {name!r}, which also names a folder; use letters.")
        return name

    def optional_text(self, key: str) -> str | None:
        """Take a text, or nothing."""
        value: str | None = self._value(key, str, "a text", None)
        return value

    def word(self, key: str, choices: Sequence[str]) -> str:
        """Take one word of a closed list."""
        word = str(self._value(key, str, f"one of {', '.join(choices)}", _MISSING))
        if word not in choices:
            raise self.error(key, f"found {word!r}. {did_you_mean(word, choices)}")
        return word

    def number(self, key: str) -> float:
        """Take a number that is not negative."""
        value = float(self._value(key, (int, float), "a number", _MISSING))
        if not 0 <= value < math.inf:
            raise self.error(key, f"found {value!r}; a number from 0 is needed.")
        return value

    def whole(self, key: str, *, low: int, default: Any = _MISSING) -> int:
        """Take a whole number that is at least ``low``."""
        value = int(self._value(key, int, f"a whole number from {low}", default))
        if value < low:
            raise self.error(key, f"found {value!r}; a whole number from {low} is needed.")
        return value

    def optional_word(self, key: str, choices: Sequence[str]) -> str | None:
        """Take one word of a closed list, or nothing."""
        return None if self.optional_text(key) is None else self.word(key, choices)

    def quantity(self, key: str, unit: str, *, or_infinite: bool = False) -> float:
        """Take a quantity with its unit; ``"inf"`` only where it is allowed."""
        text = str(self._value(key, str, f"a text such as '1 {unit}'", _MISSING))
        return self._parsed(key, text, unit, or_infinite=or_infinite)

    def optional_quantity(self, key: str, unit: str) -> float | None:
        """Take a quantity with its unit, or nothing."""
        text = self._value(key, str, f"a text such as '1 {unit}'", None)
        return None if text is None else self._parsed(key, text, unit)

    def quantities(
        self, key: str, unit: str, *, default: Any = _MISSING, or_infinite: bool = False
    ) -> tuple[float, ...]:
        """Take a list of quantities."""
        texts = self._value(key, list, f"a list such as ['1 {unit}']", default)
        return tuple(self._parsed(key, str(text), unit, or_infinite=or_infinite) for text in texts)

    def text_list(self, key: str, unit: str) -> tuple[str, ...]:
        """Take a list of quantities, checked and as they are written."""
        self.quantities(key, unit)
        return tuple(str(text) for text in self._entries[key])

    def numbers(self, key: str, *, default: Any = _MISSING) -> tuple[float, ...]:
        """Take a list of numbers."""
        values = self._value(key, list, "a list of numbers", default)
        if not all(isinstance(value, int | float) for value in values):
            raise self.error(key, f"found {values!r}; a list of numbers is needed.")
        return tuple(float(value) for value in values)

    def moment(self, key: str) -> datetime:
        """Take a date with time, in UTC if it names no zone."""
        value: datetime = self._value(key, datetime, "a time such as 2026-01-10T12:00:00", _MISSING)
        return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)

    def table(self, key: str) -> Table:
        """Take a table inside this one."""
        return Table(
            self._value(key, dict, f"a table [{key}]", _MISSING), where=f"{self.where}.{key}"
        )

    def named_tables(self, key: str, *, needed: bool = True) -> dict[str, Table]:
        """Take a table of tables."""
        if not needed and key not in self._entries:
            return {}
        inner = self.table(key)
        return {str(name): inner.table(name) for name in inner._entries}

    def list_of_tables(self, key: str) -> tuple[Table, ...]:
        """Take a list of tables, at least one."""
        entries = self._value(key, list, f"a list of tables [[{key}]]", _MISSING)
        if not entries or not all(isinstance(entry, dict) for entry in entries):
            raise self.error(key, f"is no list of tables; write [[{key}]] for each.")
        return tuple(
            Table(entry, where=f"{self.where}.{key}[{index}]")
            for index, entry in enumerate(entries, start=1)
        )

    def done(self) -> None:
        """Complain about entries that nobody asked for."""
        for key in self._entries:
            if key not in self._asked:
                raise self.error(key, f"is unknown. {did_you_mean(key, self._asked)}")

    def _parsed(self, key: str, text: str, unit: str, *, or_infinite: bool = False) -> float:
        if or_infinite and text == "inf":
            return math.inf
        try:
            return units.parse(text, unit=unit, name=key)
        except MegabarError as error:
            raise self.error(key, str(error)) from None


def placed(error: PlanError, table: Table) -> PlanError:
    """Say in which table an entry is at fault, where its error does not say so.

    Parameters
    ----------
    error
        What is wrong.
    table
        The table whose entries were checked.

    Returns
    -------
    :
        The error, to be raised.
    """
    text = str(error)
    return error if text.startswith(table.where) else PlanError(f"{table.where}: {text}")
