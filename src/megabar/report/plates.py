"""Which figures a report holds, with their captions; drawn one after the other, kept as bytes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from megabar.report import (
    budgets,
    figures,
    pressure_histories,
    series,
    transition_histories,
    waterfall,
)

if TYPE_CHECKING:
    from megabar.campaign.runner import Campaign
    from megabar.history import Number
    from megabar.report.material import CellPage, Material

MOST_CURVES: Final = 5
_MOST_NAMED: Final = 3


@dataclass(frozen=True, kw_only=True)
class Plate:
    """One finished figure.

    Parameters
    ----------
    name
        Short name, for links.
    title, caption
        What it shows, and how to read it.
    svg
        The picture; empty if nothing could be drawn, and the caption says why.
    """

    name: str
    title: str
    caption: str
    svg: bytes


@dataclass(frozen=True, kw_only=True)
class _Grid:
    """A figure of panels: observables by nuclei."""

    name: str
    title: str
    caption: str
    panels: tuple[tuple[str, str], ...]  # observable, label of its axis
    node: str | None = None  # None: one panel for each nucleus that has it


_COPPER: Final = "63Cu"
_ERRORS: Final = "Bars: independent standard error. "
_ASIDE: Final = "Points of different cells stand a hair beside their day."
_GRIDS: Final = (
    _Grid(
        name="relaxation",
        title="Relaxation times",
        caption=_ERRORS + "Arrows: bounds. Crosses at the foot: no number.",
        panels=(("t1", "T₁ (ms)"), ("t2", "T₂ (ms)"), ("t1rho", "T₁ρ (ms)")),
    ),
    _Grid(
        name="lines",
        title="Width and shift",
        caption=_ERRORS + "Bands: error that all points share, from the reference. "
        "Width: full width at half maximum.",
        panels=(("fwhm", "width (kHz)"), ("shift", "shift (Hz/MHz)")),
    ),
    _Grid(
        name="content",
        title="Hydrogen per metal atom",
        caption=_ERRORS + "Bands: error of the scale, shared by all points of a cell. Lines: "
        "weighted straight lines through the points, no law of loss; dashed where the points do "
        "not follow them. Arrows: bounds. Crosses at the foot: no content was determined.",
        panels=(("h_per_metal", "H/{metal}"),),
        node="content",
    ),
    _Grid(
        name="instrument",
        title="Instrument",
        caption=_ERRORS + "Signal to noise: amplitude at t = 0 over the noise of one channel and "
        "one scan. Field offset: field in the cell against that of the reference, from the line "
        "of copper; band: error that all points share.",
        panels=(
            ("snr_per_root_scan", "signal to noise / √scan"),
            ("field_offset", "field offset (Hz/MHz)"),
        ),
    ),
)


def of_campaign(facts: Material) -> Iterator[Plate]:
    """Draw all cells together.

    Parameters
    ----------
    facts
        Material of the report.

    Yields
    ------
    :
        Content first, then the other histories.
    """
    first_content = sorted(_GRIDS, key=lambda grid: grid.name != "content")
    for grid in first_content:
        plate = _history(facts, grid, facts.cells, prefix="all")
        if plate is not None:
            yield plate
    yield from _transitions(facts.cells, prefix="all")
    yield from _pressures(facts.cells, prefix="all")


def of_cell(campaign: Campaign, facts: Material, page: CellPage) -> Iterator[Plate]:
    """Draw one cell: spectra, relaxation curves, histories.

    Parameters
    ----------
    campaign
        The campaign, whose archive holds the spectra.
    facts
        Material of the report.
    page
        The cell.

    Yields
    ------
    :
        In the order of the numbers of the figures.
    """
    for plate in (_spectra(campaign, facts, page), _curves(facts, page)):
        if plate is not None:
            yield plate
    for grid in _GRIDS:
        plate = _history(facts, grid, (page,), prefix=page.name)
        if plate is not None:
            yield plate
    yield from _transitions((page,), prefix=page.name)
    yield from _pressures((page,), prefix=page.name)
    plate = _budget(facts, page)
    if plate is not None:
        yield plate


def _history(
    facts: Material, grid: _Grid, cells: Sequence[CellPage], *, prefix: str
) -> Plate | None:
    panels = []
    nodes = facts.nuclei if grid.node is None else (grid.node,)
    for name, label in grid.panels:
        for node in (_COPPER,) if name == "field_offset" else nodes:
            found = [
                series.series_from_history(page.history, node=node, name=name, index=page.index)
                for page in cells
            ]
            known = tuple(one for one in found if one is not None)
            if not known:
                continue
            drawn = grid.name == "content"
            if drawn:
                known = tuple(map(series.with_readings, known, _rows_of(known, cells)))
            panels.append(
                figures.Panel(
                    title=figures.nucleus_words(node) if grid.node is None else "",
                    label=label.format(metal=facts.metal_symbol),
                    series=known,
                    lines=tuple(series.straight_line(one) for one in known) if drawn else (),
                    witnesses=tuple(_witnesses(facts, cells)) if drawn else (),
                )
            )
    if not panels:
        return None
    picture = figures.history(panels, witness=_witness_words(facts))
    told = "".join(_asides(panels, _witness_words(facts)))
    aside = f" {_ASIDE}" if len(cells) > 1 else ""
    return Plate(
        name=f"{prefix}-{grid.name}",
        title=grid.title,
        caption=grid.caption + told + aside,
        svg=figures.svg_bytes(picture),
    )


def _transitions(cells: Sequence[CellPage], *, prefix: str) -> Iterator[Plate]:
    panels = transition_histories.panels(cells)
    if panels:
        yield Plate(
            name=f"{prefix}-transition",
            title="Superconducting transition",
            caption=transition_histories.CAPTION + (f" {_ASIDE}" if len(cells) > 1 else ""),
            svg=figures.svg_bytes(figures.history(panels)),
        )


def _pressures(cells: Sequence[CellPage], *, prefix: str) -> Iterator[Plate]:
    panels = pressure_histories.panels(cells)
    if panels:
        yield Plate(
            name=f"{prefix}-pressure",
            title="Pressure",
            caption=pressure_histories.CAPTION + (f" {_ASIDE}" if len(cells) > 1 else ""),
            svg=figures.svg_bytes(figures.history(panels, witness=pressure_histories.DOUBTED)),
        )


def _rows_of(
    known: Sequence[series.Series], cells: Sequence[CellPage]
) -> Iterator[tuple[Number, ...]]:
    by_name = {page.name: page.numbers for page in cells}
    yield from (by_name[one.cell] for one in known)


def _witnesses(facts: Material, cells: Sequence[CellPage]) -> Iterator[series.Series]:
    for told in facts.plan.witnesses:
        for page in cells:
            found = series.series_from_history(
                page.history,
                node=series.witness_node(told.nucleus),
                name="h_per_metal",
                index=page.index,
            )
            if found is not None:
                yield found


def _asides(panels: Sequence[figures.Panel], witness: str) -> Iterator[str]:
    """Explain the marks that only some figures have."""
    if any(panel.witnesses for panel in panels):
        yield (
            f" Hollow: content {witness} by the calibration that the plan states; the errors of "
            "that calibration are not drawn."
        )
    if any(one.readings for panel in panels for one in panel.series):
        yield (
            " Broad pale bars: content on other readings of the scale, none of which was "
            "measured; they never decide anything alone."
        )


def _witness_words(facts: Material) -> str:
    nuclei = dict.fromkeys(figures.nucleus_words(one.nucleus) for one in facts.plan.witnesses)
    return f"from the shift of {' and '.join(nuclei)}"


def _budget(facts: Material, page: CellPage) -> Plate | None:
    """Draw how far each assumption moves the content, on the first and on the last day."""
    found = budgets.of_cell(page, metal=facts.plan.metal)
    if found is None:
        return None
    quantity = f"H/{facts.metal_symbol}"
    return Plate(
        name=f"{page.name}-budget",
        title=f"What {quantity} hangs on, first and last day",
        caption=f"{budgets.CAPTION} {budgets.legend(found)} {budgets.MOST}",
        svg=budgets.picture(found, quantity=quantity),
    )


def _spectra(campaign: Campaign, facts: Material, page: CellPage) -> Plate | None:
    """Draw the spectra above each other, and name those that could not be drawn."""
    traces, lost = waterfall.traces(campaign, page, nuclei=facts.nuclei)
    if not traces and not lost:
        return None
    words = waterfall.CAPTION if traces else ""
    if lost:
        more = f"; and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
        words += f" Not drawn: {'; '.join(lost[:_MOST_NAMED])}{more}."
    picture = figures.waterfall(traces, label=waterfall.label(traces)) if traces else None
    return Plate(
        name=f"{page.name}-spectra",
        title="Spectra over the days",
        caption=words.strip(),
        svg=figures.svg_bytes(picture) if picture else b"",
    )


def _curves(facts: Material, page: CellPage) -> Plate | None:
    """Draw the points, the fit and the residuals of relaxation measurements."""
    panels: dict[str, list[series.Curve]] = {}
    labels: dict[str, str] = {}
    for name, word in (("t1", "T₁"), ("t2", "T₂"), ("t1rho", "T₁ρ")):
        for nucleus in facts.nuclei:
            rows = [
                n for n in page.numbers if (n.node, n.name) == (nucleus, name) and _has_curve(n)
            ]
            chosen = [rows[k] for k in series.spread(len(rows), MOST_CURVES)]
            found = [series.curve_from_details(n.details, elapsed=n.elapsed) for n in chosen]
            members = [one for one in found if one is not None]
            if members:
                title = f"{figures.nucleus_words(nucleus)}, {word}"
                panels[title] = members
                labels[title] = str(chosen[0].details["curve_axis"]).replace("_", " ")
    if not panels:
        return None
    return Plate(
        name=f"{page.name}-curves",
        title="Recoveries and decays",
        caption="Points with standard errors, fits joined between the points, and residuals over "
        "their error; the grey strip "
        f"is one standard error. At most {MOST_CURVES} measurements are drawn, the first and the "
        "last among them.",
        svg=figures.svg_bytes(figures.curves(panels, labels=labels)),
    )


def _has_curve(number: Number) -> bool:
    return math.isfinite(number.value) and "curve_x" in number.details
