"""The plan of a campaign: campaign.toml as frozen dataclasses.

What a person writes is checked once, here: unknown keys, units, words of closed lists, and
statements that contradict each other. All mistakes of a file are told at once. How to write a plan
is described in ``docs/reference/plan.md``; its tables stand in
:mod:`megabar.campaign.plan_tables`; which files a plan takes is the business of
:mod:`megabar.campaign.sources`.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from megabar.campaign import contradictions, mistakes
from megabar.campaign.plan_tables import (
    Cell,
    Channel,
    Content,
    Decisions,
    FactorEntry,
    FileEntry,
)
from megabar.campaign.quantities import STRICT, Tesla
from megabar.campaign.reference_tables import CrossCheck, Reference, Witness
from megabar.errors import PlanError, did_you_mean

__all__ = [
    "DECISIONS_FILE", "PLAN_FILE", "Cell", "Channel", "Content", "CrossCheck", "Decisions",
    "FactorEntry", "FileEntry", "Plan", "Reference", "Witness", "decisions_for", "json_schema",
    "load",
]  # fmt: skip

PLAN_FILE: Final = "campaign.toml"
DECISIONS_FILE: Final = "decisions.toml"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A campaign as a person wrote it down.

    Parameters
    ----------
    schema
        ``"campaign/1"``.
    name
        Title of the campaign.
    metal
        Nucleus of the metal, such as ``"139La"``; ``"none"`` where it plays no part.
    field
        Static field [T]; it checks the nucleus against the carrier.
    reference, content
        How shifts get their zero, and hydrogen per metal its scale.
    cells, channels, files, factors
        The ``[[cell]]``, ``[[channel]]``, ``[[file]]`` and ``[[factor]]`` tables.
    cross_checks, witnesses
        The ``[[cross_check]]`` and ``[[witness]]`` tables.
    """

    __pydantic_config__ = STRICT

    schema: Literal["campaign/1"]
    name: Annotated[str, Field(min_length=1)]
    metal: str = "none"
    field: Tesla | None = None
    reference: Reference = dataclasses.field(default_factory=lambda: Reference(method="none"))
    content: Content | None = None
    cells: Annotated[tuple[Cell, ...], Field(alias="cell", min_length=1)]
    channels: Annotated[tuple[Channel, ...], Field(alias="channel", min_length=1)]
    files: Annotated[tuple[FileEntry, ...], Field(alias="file")] = ()
    factors: Annotated[tuple[FactorEntry, ...], Field(alias="factor")] = ()
    cross_checks: Annotated[tuple[CrossCheck, ...], Field(alias="cross_check")] = ()
    witnesses: Annotated[tuple[Witness, ...], Field(alias="witness")] = ()

    def cell(self, name: str) -> Cell:
        """Give one cell by its name.

        Parameters
        ----------
        name
            Name of a ``[[cell]]`` table.

        Returns
        -------
        :
            The cell.

        Raises
        ------
        PlanError
            If there is no such cell.
        """
        for cell in self.cells:
            if cell.name == name:
                return cell
        msg = f"Found cell {name!r}. {did_you_mean(name, (c.name for c in self.cells))}"
        raise PlanError(msg)


@dataclass(frozen=True, kw_only=True)
class _DecisionsFile:
    __pydantic_config__ = STRICT

    files: Annotated[tuple[FileEntry, ...], Field(alias="file")] = ()


_TABLES: Final[Mapping[str, type]] = MappingProxyType(
    {
        "cell": Cell,
        "channel": Channel,
        "file": FileEntry,
        "reference": Reference,
        "content": Content,
        "factor": FactorEntry,
        "cross_check": CrossCheck,
        "witness": Witness,
    }
)


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema of campaign.toml, for editors that complete and check.

    Returns
    -------
    :
        JSON Schema, draft 2020-12.
    """
    return _adapter(Plan).json_schema(by_alias=True)


def load(path: Path) -> Plan:
    """Read campaign.toml, and decisions.toml beside it.

    Parameters
    ----------
    path
        The plan file.

    Returns
    -------
    :
        The plan; entries of decisions.toml come last among its ``files``.

    Raises
    ------
    PlanError
        Naming the file and each key at fault: what was found, what is expected, what to do.
    """
    document = _toml(path)
    later = path.with_name(DECISIONS_FILE)
    added: tuple[FileEntry, ...] = ()
    if later.is_file():
        added = _validated(_DecisionsFile, _toml(later), file=later.name).files
    plan: Plan = _validated(Plan, document, file=path.name)
    plan = dataclasses.replace(plan, files=(*plan.files, *added))
    problems = list(contradictions.of(plan))
    if problems:
        raise mistakes.error(path.name, problems)
    return plan


def decisions_for(plan: Plan, channel: Channel, source: str) -> tuple[dict[str, Any], str | None]:
    """Join the decisions of a channel with those for one file; the later entry wins.

    Parameters
    ----------
    plan
        The plan.
    channel
        The channel that takes the file.
    source
        The file, relative to the plan, with forward slashes.

    Returns
    -------
    :
        Decisions in the names of the readers, and why the file is excluded or None.
    """
    taken, excluded = channel.decided(), None
    for entry in plan.files:
        if entry.path.rstrip("/") == source:
            taken |= entry.decided()
            excluded = entry.exclude or excluded
    return taken, excluded


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        msg = f"{path.name}: there is no such file in {path.parent.name or '.'}. Write one first."
        raise PlanError(msg) from None
    except UnicodeDecodeError as error:
        msg = f"{path.name}: byte {error.start} is no UTF-8. Save the file as UTF-8."
        raise PlanError(msg) from None
    except tomllib.TOMLDecodeError as error:
        msg = f"{path.name}: this is no TOML: {error}. Texts stand in quotes, tables in brackets."
        raise PlanError(msg) from None


def _validated(kind: type, document: Mapping[str, Any], *, file: str) -> Any:
    try:
        return _adapter(kind).validate_python(document)
    except ValidationError as error:
        items = error.errors(include_url=False)
    problems = mistakes.sentences(items, document, top=kind, tables=_TABLES)
    raise mistakes.error(file, problems)
