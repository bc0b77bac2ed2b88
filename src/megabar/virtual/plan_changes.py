"""A plan with some entries changed, by dotted keys that people type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from megabar.errors import PlanError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

ABSENT: Final = None
"""Value of a change that takes a named table out of the plan."""


def change(entries: dict[str, Any], key: str, value: Any, *, where: str) -> None:
    """Set one entry by its dotted key; lists of tables are entered by the names of their tables.

    Parameters
    ----------
    entries
        The plan as TOML gives it; changed in place.
    key
        Such as ``"grains.radius"`` or ``"gasket.alumina.thickness"``.
    value
        The new value; :data:`ABSENT` marks a named table with an entry ``absent``.
    where
        Name of the file, for messages.

    Raises
    ------
    PlanError
        If there is no such table, or the key is one.
    """
    *folders, last = key.split(".")
    inside: Any = entries
    for folder in folders:
        inside = _entered(inside, folder, key, where)
    named = _named(inside)
    if value is ABSENT:
        if last not in named:
            raise PlanError(
                f"{where}: {key}: found nothing of that name. {did_you_mean(last, named)}"
            )
        named[last].clear()
        named[last]["absent"] = True
    elif last in named or isinstance(inside.get(last), dict | list):
        raise PlanError(f"{where}: {key}: is a table; change one of its entries, {key}.NAME=VALUE.")
    else:
        inside[last] = _alike(inside.get(last), value)


def _entered(inside: dict[str, Any], folder: str, key: str, where: str) -> dict[str, Any]:
    if isinstance(inside.get(folder), dict):
        found: dict[str, Any] = inside[folder]
        return found
    named = _named(inside)
    if folder in named:
        return named[folder]
    tables = [name for name, entry in inside.items() if isinstance(entry, dict)]
    raise PlanError(
        f"{where}: {key}: found no table {folder!r}. {did_you_mean(folder, [*tables, *named])}"
    )


def _named(inside: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Tables of lists by their names: stacks of a cell, layers of a stack."""
    lists = [entry for entry in inside.values() if isinstance(entry, list)]
    return {
        str(table["name"]): table
        for entry in lists
        for table in entry
        if isinstance(table, dict) and "name" in table
    }


def _alike(old: Any, new: Any) -> Any:
    """Let a text that was typed become a number where the plan has a number."""
    if isinstance(old, int | float) and not isinstance(old, bool) and isinstance(new, str):
        try:
            return float(new)
        except ValueError:
            return new
    return new
