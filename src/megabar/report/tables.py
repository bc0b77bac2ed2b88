"""The tables of a report as CSV with a description: units in the headers, bounds as words."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from megabar.observables.content_budget import BudgetRow
from megabar.report import budgets

if TYPE_CHECKING:
    from megabar.history import Number
    from megabar.report.material import CellPage, Material

DESCRIPTION: Final = "datapackage.json"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name
        Header, with the unit in square brackets where all rows share one.
    kind
        ``"string"``, ``"number"`` or ``"datetime"``, as in a table schema.
    description
        What stands in it.
    take
        Row of the campaign -> cell.
    """

    name: str
    kind: str
    description: str
    take: Callable[[Any], Any]


def _attribute(name: str, kind: str, description: str) -> Column:
    return Column(
        name=name, kind=kind, description=description, take=lambda row: getattr(row, name)
    )


_NUMBERS: Final = (
    _attribute("cell", "string", "Cell."),
    _attribute("channel", "string", "Channel of the plan."),
    _attribute("nucleus", "string", "Nucleus observed."),
    Column(name="elapsed [day]", kind="number", description="Days since the cell was heated.",
           take=lambda row: row.elapsed),
    _attribute("started_at", "datetime", "Start of the record."),
    _attribute("name", "string", "Observable."),
    _attribute("unit", "string", "Unit of value and errors; 1 is a pure number."),
    _attribute("value", "number", "The number, or the bound that quality names; empty if none."),
    _attribute("std", "number", "Total standard error; empty for bounds and where there is none."),
    _attribute("independent_std", "number", "Part of the error that this record has alone."),
    _attribute("common_std", "number", "Part of the error that the series of the cell shares."),
    _attribute("quality", "string",
               "value, lower bound, upper bound, not determined, not reached, no solution, "
               "failed."),
    _attribute("method", "string", "How it was obtained."),
    _attribute("source", "string", "Raw file, relative to the plan."),
    _attribute("source_sha256", "string", "Digest of the raw file."),
    _attribute("record", "string", "Record of the archive."),
    Column(name="warnings", kind="string", description="Sentences, parted by |.",
           take=lambda row: " | ".join(row.warnings)),
    _attribute("provenance", "string", "One JSON object: step, parameters, inputs, version."),
)  # fmt: skip
_FAILURES: Final = (
    _attribute("cell", "string", "Cell."),
    _attribute("channel", "string", "Channel of the plan."),
    _attribute("source", "string", "Raw file, relative to the plan."),
    _attribute("stage", "string", "read, observe or derive."),
    _attribute("kind", "string", "Kind of error."),
    _attribute("message", "string", "What was found."),
    _attribute("remedy", "string", "What to do."),
    _attribute("argument", "string", "What decides an open question."),
    Column(name="candidates", kind="string", description="Answers that the file offers.",
           take=lambda row: " | ".join(row.candidates)),
)  # fmt: skip
_BUDGET: Final = (
    Column(name="cell", kind="string", description="Cell.", take=lambda row: row[0].cell),
    Column(name="channel", kind="string", description="Channel of the line that is counted.",
           take=lambda row: row[0].channel),
    Column(name="elapsed [day]", kind="number", description="Days since the cell was heated.",
           take=lambda row: row[0].elapsed),
    Column(name="started_at", kind="datetime", description="Start of the record.",
           take=lambda row: row[0].started_at),
    Column(name="estimate", kind="number",
           description="The content that the factors are on, also where only a bound is claimed.",
           take=lambda row: row[1]),
    Column(name="source", kind="string", description="What is uncertain; all: the 68 % interval.",
           take=lambda row: row[2].source),
    Column(name="side", kind="string", description="hydrogen, metal, scale, or empty for all.",
           take=lambda row: row[2].side),
    Column(name="kind", kind="string",
           description="independent: of this day alone; common: shared by the days of a cell; "
           "choice: another reading of the same data; total.",
           take=lambda row: row[2].kind),
    Column(name="low", kind="number",
           description="Smallest factor on the content, at one standard error or of the readings.",
           take=lambda row: row[2].low),
    Column(name="high", kind="number", description="Largest factor; empty if nothing bounds it.",
           take=lambda row: row[2].high),
    Column(name="left_out", kind="number",
           description="Factor on the content if this efficiency were left out; empty where that "
           "means nothing.",
           take=lambda row: row[2].left_out),
    Column(name="detail", kind="string", description="Where the number comes from.",
           take=lambda row: row[2].detail),
    Column(name="record", kind="string", description="Record of the archive.",
           take=lambda row: row[0].record),
)  # fmt: skip
_RESOURCES: Final = (
    ("budget", "How far each assumption moves hydrogen per metal, one row for each.", _BUDGET),
    ("numbers", "Every number of the campaign, one row each.", _NUMBERS),
    ("failures", "What could not be done, one row each.", _FAILURES),
)


def written(facts: Material) -> dict[str, bytes]:
    """Write the tables of a report.

    Parameters
    ----------
    facts
        Material of the report.

    Returns
    -------
    :
        File name -> bytes; the same for the same campaign.
    """
    rows: dict[str, Iterable[Any]] = {
        "budget": [row for page in facts.cells for row in _budget_rows(page)],
        "numbers": [number for page in facts.cells for number in page.numbers],
        "failures": facts.failures,
    }
    files = {f"{name}.csv": _csv(columns, rows[name]).encode() for name, _, columns in _RESOURCES}
    files[DESCRIPTION] = _description(facts).encode()
    return files


def _budget_rows(page: CellPage) -> Iterator[tuple[Number, float, BudgetRow]]:
    for number, budget in budgets.with_budget(page):
        low, high = budget.total
        together = BudgetRow(
            source="all", side="", kind="total", low=low, high=high, detail="68 % interval"
        )
        yield from ((number, budget.value, row) for row in (*budget.rows, together))


def _csv(columns: Iterable[Column], rows: Iterable[Any]) -> str:
    members = list(columns)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([column.name for column in members])
    for row in rows:
        writer.writerow([_cell(column.take(row)) for column in members])
    return stream.getvalue()


def _cell(value: Any) -> Any:
    """Leave a number that does not exist empty; its quality says why in words."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return value


def _description(facts: Material) -> str:
    package = {
        "profile": "tabular-data-package",
        "name": "megabar-report",
        "title": facts.plan.name,
        "version": facts.version,
        "sources": [{"title": facts.plan_file, "sha256": facts.plan_sha256}],
        "resources": [
            {
                "name": name,
                "path": f"{name}.csv",
                "profile": "tabular-data-resource",
                "encoding": "utf-8",
                "description": description,
                "schema": {
                    "missingValues": [""],
                    "fields": [
                        {"name": c.name, "type": c.kind, "description": c.description}
                        for c in columns
                    ],
                },
            }
            for name, description, columns in _RESOURCES
        ],
    }
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"
