"""One self-contained HTML file, and its tables as CSV."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import jinja2

from megabar.readers.new_files import write_over
from megabar.report import (
    budgets,
    material,
    numbers,
    plates,
    pressure_histories,
    scale_words,
    series,
    tables,
    transition_histories,
    verdict_pages,
)
from megabar.report.numbers import format_value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from megabar.campaign.runner import Campaign
    from megabar.history import Number
    from megabar.report.material import CellPage, Material

__all__ = ["format_value", "write"]

REPORT_FILE: Final = "report.html"
TABLES_FOLDER: Final = "tables"
_SHOWN_DIGITS: Final = 12  # of a digest
_TABLE_OF_CELL: Final = (
    ("h_per_metal", "content"),
    ("shift", None),
    ("fwhm", None),
    ("t1", None),
    ("t2", None),
    ("t1rho", None),
    ("snr_per_root_scan", None),
    ("tc_onset", "resistance"),
    ("tc_midpoint", "resistance"),
    ("pressure", "pressure"),
)


@dataclass(frozen=True, kw_only=True)
class NumberWords:
    """One number as the document shows it.

    Parameters
    ----------
    words
        The number with its error, or the bound, or why there is none.
    unit
        Unit in which it is shown.
    origin
        Method, file and digest, for the tooltip.
    anchor
        Of its record in the appendix.
    quality
        Its quality.
    doubtful
        Whether it carries warnings.
    interval
        Its intervals of 68 and 95 percent, where the error alone would mislead.
    number
        The number itself.
    """

    words: str
    unit: str
    origin: str
    anchor: str
    quality: str
    doubtful: bool
    interval: str
    number: Number


@dataclass(frozen=True, kw_only=True)
class DayTable:
    """Main numbers of one cell, one row a day.

    Parameters
    ----------
    headers
        Node, label and unit of each column.
    rows
        Day in words, and the numbers of each column.
    """

    headers: tuple[tuple[str, str, str], ...]
    rows: tuple[tuple[str, tuple[tuple[NumberWords, ...], ...]], ...]


@dataclass(frozen=True, kw_only=True)
class RecordEntry:
    """One record of the appendix.

    Parameters
    ----------
    anchor, cell, day, channel, source, source_sha256, archive
        Which one.
    steps
        Method and provenance of each step that gave numbers.
    """

    anchor: str
    cell: str
    day: str
    channel: str
    source: str
    source_sha256: str
    archive: str
    steps: tuple[tuple[str, str], ...]


def write(
    campaign: Campaign,
    out: Path,
    *,
    verdict: Mapping[str, Any] | None = None,
    no_verdict: str = "",
) -> Path:
    """Write the report of a campaign: one HTML file, and its tables beside it.

    Each file is written whole or not at all; an earlier report is replaced.

    Parameters
    ----------
    campaign
        A campaign that was run.
    out
        Folder for the report; made if absent.
    verdict
        Document of :func:`megabar.campaign.verdicts.verdict`, with which the report ends.
    no_verdict
        Why there is none.

    Returns
    -------
    :
        The HTML file.

    Raises
    ------
    StoreError
        If nothing was run yet.
    """
    facts = material.gather(campaign)
    folder = out / TABLES_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in tables.written(facts).items():
        write_over(folder / name, content)
    page = out / REPORT_FILE
    judgement = {
        "page": None if verdict is None else verdict_pages.page(verdict),
        "why_not": no_verdict,
    }
    write_over(page, _rendered(campaign, facts, judgement).encode())
    return page


def _rendered(campaign: Campaign, facts: Material, judgement: Mapping[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("megabar.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = _data_uri
    environment.filters["digest"] = lambda text: text[:_SHOWN_DIGITS]
    return environment.get_template("report.html").render(
        facts=facts,
        verdict=judgement["page"],
        no_verdict=judgement["why_not"],
        summaries=[material.summary(page, metal=facts.plan.metal) for page in facts.cells],
        together=list(plates.of_campaign(facts)) if len(facts.cells) > 1 else [],
        chapters=[
            {
                "page": page,
                "plates": list(plates.of_cell(campaign, facts, page)),
                "days": _day_table(facts, page),
                "budget": budgets.of_cell(page, metal=facts.plan.metal),
                "scale": _scale_sentences(facts, page),
                "witnesses": [
                    *(one.sentence for one in facts.agreements if one.cell == page.name),
                    *([facts.drifts[page.name]] if page.name in facts.drifts else []),
                ],
                "transition": [
                    *transition_histories.sentences(facts, page),
                    *pressure_histories.sentences(page),
                ],
                "numbers": [_number_words(number) for number in page.numbers],
            }
            for page in facts.cells
        ],
        records=[entry for page in facts.cells for entry in _records(page)],
        label=numbers.display_of,
        value=lambda number, std: format_value(number, std, ""),
    )


def _data_uri(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode('ascii')}"


def _anchor(record: str) -> str:
    return f"record-{record[:_SHOWN_DIGITS]}"


def _number_words(number: Number) -> NumberWords:
    parts = [number.method, f"{number.source} ({number.source_sha256[:_SHOWN_DIGITS]})"]
    if number.common_std is not None and number.independent_std is not None:
        factor = numbers.display_of(number.name).factor
        alone, shared = number.independent_std * factor, number.common_std * factor
        parts.append(f"error: {alone:.2g} independent, {shared:.2g} shared by the series")
    if interval := material.interval_words(number, always=True):
        parts.append(interval)
    return NumberWords(
        words=material.words_of(number),
        unit=numbers.display_of(number.name).unit,
        origin=" · ".join([*parts, *number.warnings]),
        anchor=_anchor(number.record),
        quality=number.quality,
        doubtful=bool(number.warnings),
        interval=material.interval_words(number),
        number=number,
    )


def _scale_sentences(facts: Material, page: CellPage) -> list[str]:
    """Say how the contents of a cell got their scale, and what else they might be."""
    rows = [
        row
        for row in page.numbers
        if row.node == "content" and "mode" in row.details and row.elapsed >= 0
    ]
    ends = {f"{math.floor(row.elapsed)}": row for row in (rows[0], rows[-1])} if rows else {}
    words: dict[str, list[str]] = {}
    for day, row in ends.items():
        for one in scale_words.sentences(
            row, metal=facts.plan.metal, quantity=f"H/{facts.metal_symbol}"
        ):
            words.setdefault(one, []).append(day)
    told = [
        one if len(days) == len(ends) else f"Day {days[0]}: {one}" for one, days in words.items()
    ]
    for day, row in ends.items():
        told += scale_words.alternatives(row, quantity=f"H/{facts.metal_symbol}", day=day)
    lost = [f"{math.floor(row.elapsed)}" for row in rows if row.quality == "not determined"]
    if lost:
        told.append(
            f"On day {', '.join(lost)} H/{facts.metal_symbol} is not determined: the metal line "
            "does not stand out of the noise, so there is no number and no budget."
        )
    return told


def _day_table(facts: Material, page: CellPage) -> DayTable:
    days = material.by_day(page.numbers)
    present = {key for day in days.values() for key in day}
    columns = [
        (node, name)
        for name, only in _TABLE_OF_CELL
        for node in _nodes(facts, name, only)
        if (node, name) in present
    ]
    return DayTable(
        headers=tuple(
            (node, numbers.display_of(name).short, numbers.display_of(name).unit)
            for node, name in columns
        ),
        rows=tuple(
            (
                str(day).replace("-", "−"),
                tuple(tuple(map(_number_words, found.get(key, ()))) for key in columns),
            )
            for day, found in days.items()
        ),
    )


def _nodes(facts: Material, name: str, only: str | None) -> tuple[str, ...]:
    """Give the nodes whose numbers of a name are main ones, the contents by a witness included."""
    if name == "h_per_metal":
        return ("content", *(series.witness_node(one.nucleus) for one in facts.plan.witnesses))
    return (only,) if only else facts.nuclei


def _records(page: CellPage) -> list[RecordEntry]:
    steps: dict[str, dict[str, str]] = {}
    for number in page.numbers:
        steps.setdefault(number.record, {})[number.provenance] = number.method
    return [
        RecordEntry(
            anchor=_anchor(record.id),
            cell=record.cell,
            day=f"{record.elapsed:.2f}".replace("-", "−"),
            channel=record.channel,
            source=record.source,
            source_sha256=record.source_sha256,
            archive=record.archive.name,
            steps=tuple(
                (method, _pretty(line)) for line, method in steps.get(record.id, {}).items()
            ),
        )
        for record in page.records
    ]


def _pretty(line: str) -> str:
    return json.dumps(json.loads(line), ensure_ascii=False, sort_keys=True, separators=(", ", ": "))
