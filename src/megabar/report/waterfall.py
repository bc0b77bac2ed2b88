"""Spectra of one cell for the eye, in the order of the days: archive -> traces."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import spectra
from megabar.errors import MegabarError
from megabar.report import series

if TYPE_CHECKING:
    import xarray as xr

    from megabar.campaign.answers import Archived
    from megabar.campaign.runner import Campaign
    from megabar.history import Number
    from megabar.report.material import CellPage

MOST_SPECTRA: Final = 13
CAPTION: Final = (
    "Each spectrum over its own largest value; echoes from their top. Bars below: position and "
    "full width of the fitted line. For the eye alone, spectra are smoothed by a quarter of that "
    "width; fits never are. Points lost in the dead time leave broad lines on a rolling base."
)
_POINTS: Final = 900  # of one spectrum on paper
_REACH: Final = 2.5  # widths of the line that are shown on either side
_SMOOTHING: Final = 0.25  # width of the exponential window over that of the line
_NEAR: Final = 12  # widths within which the largest value is sought


def traces(
    campaign: Campaign, page: CellPage, *, nuclei: Sequence[str]
) -> tuple[dict[str, list[series.Trace]], list[str]]:
    """Make the spectra of the lines of one cell.

    Parameters
    ----------
    campaign
        The campaign, whose archive holds the records.
    page
        The cell.
    nuclei
        Nuclei in the order in which they are shown.

    Returns
    -------
    :
        Nucleus -> traces, rising in days, on a shift axis if all lines have a shift; and one
        sentence for each record that has a line but no spectrum.
    """
    lines = _lines(page)
    chosen = {nucleus: _chosen(page, lines, nucleus) for nucleus in nuclei}
    in_shift = all("shift" in lines[r.id] for records in chosen.values() for r in records)
    found: dict[str, list[series.Trace]] = {}
    lost: list[str] = []
    for nucleus, records in chosen.items():
        for record in records:
            try:
                trace = _trace(campaign.load(record), record, lines[record.id], in_shift=in_shift)
            except (MegabarError, ValueError) as error:
                lost.append(f"{record.source}: {error}")
            else:
                found.setdefault(nucleus, []).append(trace)
    return {nucleus: _common_window(rows) for nucleus, rows in found.items()}, lost


def label(shown: Mapping[str, Sequence[series.Trace]]) -> str:
    """Name the horizontal axis of traces.

    Parameters
    ----------
    shown
        What :func:`traces` gave.

    Returns
    -------
    :
        Words with the unit.
    """
    in_shift = all(one.referenced for rows in shown.values() for one in rows)
    return "shift (Hz/MHz)" if in_shift else "offset from carrier (kHz)"


def _lines(page: CellPage) -> dict[str, dict[str, Number]]:
    """Record -> name -> number, of the records whose line was found."""
    rows: dict[str, dict[str, Number]] = {}
    for number in page.numbers:
        known = math.isfinite(number.value)
        if number.measure == "line" and number.node == number.nucleus and known:
            rows.setdefault(number.record, {})[number.name] = number
    return {record: row for record, row in rows.items() if {"line_frequency", "fwhm"} <= row.keys()}


def _chosen(
    page: CellPage, lines: Mapping[str, Mapping[str, Number]], nucleus: str
) -> list[Archived]:
    records = [r for r in page.records if r.id in lines and r.nucleus == nucleus]
    return [records[k] for k in series.spread(len(records), MOST_SPECTRA)]


def _trace(
    dataset: xr.Dataset, record: Archived, line: Mapping[str, Number], *, in_shift: bool
) -> series.Trace:
    centre, fwhm = line["line_frequency"].value, line["fwhm"].value
    spectrum = _spectrum(dataset, centre=centre, fwhm=fwhm)
    frequency = np.asarray(spectrum["frequency"].values, dtype=np.float64)
    height = np.asarray(spectrum["spectrum"].values[0].real, dtype=np.float64)
    near = np.abs(frequency - centre) < _NEAR * fwhm
    height = height / (float(height[near].max(initial=0.0)) or 1.0)
    if not in_shift:
        return series.Trace(
            elapsed=record.elapsed, axis=frequency / 1e3, height=height, position=centre / 1e3,
            width=fwhm / 1e3, referenced=False,
        )  # fmt: skip
    shift = line["shift"].value
    carrier = float(spectrum.attrs["carrier_frequency"])
    reference = (carrier + centre) / (1 + 1e-6 * shift)  # the zero that gave the line its shift
    return series.Trace(
        elapsed=record.elapsed, axis=1e6 * ((carrier + frequency) / reference - 1), height=height,
        position=shift, width=1e6 * fwhm / reference, referenced=True,
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
    low = min(row.position - _REACH * row.width for row in rows)
    high = max(row.position + _REACH * row.width for row in rows)
    return [row.within(low, high, most=_POINTS) for row in rows]
