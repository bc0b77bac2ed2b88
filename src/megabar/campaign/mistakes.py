"""Mistakes in a plan, told in the words of its writer: where, what was found, what to do."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from megabar.errors import PlanError, did_you_mean


@dataclass(frozen=True, kw_only=True)
class _Known:
    """Dataclass of the whole file, and those of its tables."""

    top: type
    tables: Mapping[str, type]


def sentences(
    items: Sequence[Any],
    document: Mapping[str, Any],
    *,
    top: type,
    tables: Mapping[str, type],
) -> list[str]:
    """Tell what a validator found.

    Parameters
    ----------
    items
        Errors of the validator: ``type``, ``loc``, ``input``, ``msg`` and ``ctx`` each.
    document
        The file as it was parsed.
    top
        Dataclass of the whole file.
    tables
        Name of a table -> its dataclass.

    Returns
    -------
    :
        One sentence for each mistake, without repetition.
    """
    known = _Known(top=top, tables=tables)
    told = (_problem(item, document, known) for item in items if not _echo(item, items))
    return list(dict.fromkeys(told))


def _echo(item: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> bool:
    """Whether an error only repeats that the entries of a table have errors."""
    inner = (other["loc"][:1] == item["loc"] and len(other["loc"]) > 1 for other in items)
    return item["type"] == "too_short" and any(inner)


def error(file: str, problems: Sequence[str]) -> PlanError:
    """Put all mistakes of a file into one error.

    Parameters
    ----------
    file
        Name of the file.
    problems
        One sentence each.

    Returns
    -------
    :
        The error, to be raised.

    Examples
    --------
    >>> print(error("campaign.toml", ["a: unknown key.", "b: missing."]))
    campaign.toml: 2 mistakes.
      a: unknown key.
      b: missing.
    """
    if len(problems) == 1:
        return PlanError(f"{file}: {problems[0]}")
    lines = "".join(f"\n  {problem}" for problem in problems)
    return PlanError(f"{file}: {len(problems)} mistakes.{lines}")


def _problem(item: Mapping[str, Any], document: Mapping[str, Any], known: _Known) -> str:
    where, key, kind = _place(item["loc"], document, known)
    found, word = item["input"], str(item["type"])
    path = f"{where}.{key}" if where and key else where or key
    if word == "unexpected_keyword_argument":
        return f"{path}: unknown key. {did_you_mean(key, _keys(kind))}"
    if word == "missing":
        return f"{path}: {_missing(item, key)}"
    if word == "literal_error":
        return f"{path}: found {found!r}. {did_you_mean(str(found), _words(kind, key))}"
    if word == "value_error":
        return f"{path}: {item['ctx']['error']}"
    return f"{path}: found {found!r}. {item['msg']}."


def _missing(item: Mapping[str, Any], key: str) -> str:
    if isinstance(item["loc"][-1], int):
        return f"found {item['input']!r}, which has too few entries. Two are needed."
    return f"missing, and it is not guessed. Add {key} = ..., see docs/reference/plan.md."


def _place(loc: Sequence[Any], document: Mapping[str, Any], known: _Known) -> tuple[str, str, type]:
    """Name the table of an error as its writer knows it: ``[[channel]] "1H-fid"``."""
    if len(loc) < 2 or loc[0] not in known.tables:
        return "", ".".join(map(str, loc)), known.top
    table, kind = loc[0], known.tables[loc[0]]
    if not isinstance(loc[1], int):
        return f"[{table}]", str(loc[1]), kind
    entry = document[table][loc[1]]
    label = entry.get("name", entry.get("path")) if isinstance(entry, dict) else None
    named = f'"{label}"' if label else f"number {loc[1] + 1}"
    key = str(loc[2]) if len(loc) > 2 else ""
    return f"[[{table}]] {named}", key, kind


def _keys(kind: type) -> list[str]:
    """Name the keys of a table as a plan does: a list of tables is named in the singular."""
    hints = get_type_hints(kind, include_extras=True)
    return [_alias(hints[field.name]) or field.name for field in dataclasses.fields(kind)]


def _alias(hint: Any) -> str | None:
    aliases = (getattr(one, "alias", None) for one in getattr(hint, "__metadata__", ()))
    return next((str(alias) for alias in aliases if alias), None)


def _words(kind: type, key: str) -> list[str]:
    return [str(word) for word in _literals(get_type_hints(kind, include_extras=True)[key])]


def _literals(hint: Any) -> Iterator[Any]:
    if get_origin(hint) is Literal:
        yield from get_args(hint)
        return
    for part in get_args(hint):
        yield from _literals(part)
