"""Which figures a report holds, with their captions; drawn one after the other, kept as bytes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import spectra
from megabar.errors import MegabarError
from megabar.report import figures, series

if TYPE_CHECKING:
    import xarray as xr

    from megabar.campaign.answers import Archived
    from megabar.campaign.runner import Campaign
    from megabar.history import Number
    from megabar.report.material import CellPage, Material

MOST_SPECTRA: Final = 13
MOST_CURVES: Final = 5
_POINTS: Final = 900  # of one spectrum on paper
_REACH: Final = 2.5  # widths of the line that are shown on either side
_SMOOTHING: Final = 0.25  # width of the exponential window over that of the line


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
        The picture.
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
        "not follow them.",
        panels=(("h_per_metal", "H/{metal}"),),
        node="content",
    ),
    _Grid(
        name="transition",
        title="Superconducting transition",
        caption=_ERRORS + "Arrows: bounds.",
        panels=(("tc_onset", "onset (K)"), ("tc_midpoint", "midpoint (K)")),
        node="resistance",
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
    for plate in (_waterfall(campaign, facts, page), _curves(facts, page)):
        if plate is not None:
            yield plate
    for grid in _GRIDS:
        plate = _history(facts, grid, (page,), prefix=page.name)
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
            panels.append(
                figures.Panel(
                    title=figures.nucleus_words(node) if grid.node is None else "",
                    label=label.format(metal=facts.metal_symbol),
                    series=known,
                    lines=tuple(series.straight_line(one) for one in known) if drawn else (),
                )
            )
    if not panels:
        return None
    picture = figures.history(panels)
    return Plate(
        name=f"{prefix}-{grid.name}",
        title=grid.title,
        caption=grid.caption,
        svg=figures.svg_bytes(picture),
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


def _waterfall(campaign: Campaign, facts: Material, page: CellPage) -> Plate | None:
    lines: dict[str, dict[str, Number]] = {}
    for number in page.numbers:
        if number.measure == "line" and number.node == number.nucleus:
            lines.setdefault(number.record, {})[number.name] = number
    traces: dict[str, list[series.Trace]] = {}
    for nucleus in facts.nuclei:
        records = [r for r in page.records if r.id in lines and r.nucleus == nucleus]
        chosen = [records[k] for k in series.spread(len(records), MOST_SPECTRA)]
        found = [_trace(campaign, record, lines[record.id]) for record in chosen]
        members = _common_window([one for one in found if one is not None])
        if members:
            traces[nucleus] = members
    if not traces:
        return None
    in_shift = all(one.referenced for rows in traces.values() for one in rows)
    return Plate(
        name=f"{page.name}-spectra",
        title="Spectra over the days",
        caption="Each spectrum over its own largest value; echoes from their top. Bars below: "
        "position and full width of the fitted line. For the eye alone, spectra are smoothed by "
        "a quarter of that width; fits never are. Points lost in the dead time leave broad lines "
        "on a rolling base.",
        svg=figures.svg_bytes(
            figures.waterfall(
                traces, label="shift (Hz/MHz)" if in_shift else "offset from carrier (kHz)"
            )
        ),
    )


def _trace(campaign: Campaign, record: Archived, line: dict[str, Number]) -> series.Trace | None:
    """Make one spectrum for the eye; None where the record has none to show."""
    if not {"line_frequency", "fwhm"} <= line.keys():
        return None
    centre, fwhm = line["line_frequency"].value, line["fwhm"].value
    if not (math.isfinite(centre) and math.isfinite(fwhm)):
        return None
    try:
        spectrum = _spectrum(campaign.load(record), centre=centre, fwhm=fwhm)
    except MegabarError:
        return None  # the number of this record, or its failure, stands in the tables
    frequency = np.asarray(spectrum["frequency"].values, dtype=np.float64)
    height = np.asarray(spectrum["spectrum"].values[0].real, dtype=np.float64)
    near = np.abs(frequency - centre) < 12 * fwhm
    scale = float(height[near].max(initial=0.0)) or 1.0
    shift = line.get("shift")
    carrier = float(spectrum.attrs["carrier_frequency"])
    if shift is None or not math.isfinite(shift.value):
        return series.Trace(
            elapsed=record.elapsed, axis=frequency / 1e3, height=height / scale,
            position=centre / 1e3, width=fwhm / 1e3, referenced=False,
        )  # fmt: skip
    reference = (carrier + centre) / (1 + 1e-6 * shift.value)
    return series.Trace(
        elapsed=record.elapsed, axis=1e6 * ((carrier + frequency) / reference - 1),
        height=height / scale, position=shift.value, width=1e6 * fwhm / reference, referenced=True,
    )  # fmt: skip


def _spectrum(dataset: xr.Dataset, *, centre: float, fwhm: float) -> xr.Dataset:
    first = dataset.isel(step=slice(0, 1))
    if first.attrs["schema"] == "spectrum/1":
        return first
    dead_time = float(first.attrs["dead_time"])
    if math.isfinite(dead_time):
        first = spectra.trim(first, dead_time=dead_time)
    if float(first["time"][0]) < 0:
        first = spectra.half_echo(first)
    turned = spectra.transform(first, zero_fill=2, window="exponential", width=_SMOOTHING * fwhm)
    return spectra.autophase(turned, frequency=centre, fwhm=(1 + _SMOOTHING) * fwhm)


def _common_window(rows: list[series.Trace]) -> list[series.Trace]:
    """Cut all spectra of one panel to the stretch in which their lines lie."""
    if not rows:
        return []
    low = min(row.position - _REACH * row.width for row in rows)
    high = max(row.position + _REACH * row.width for row in rows)
    return [row.within(low, high, most=_POINTS) for row in rows]
