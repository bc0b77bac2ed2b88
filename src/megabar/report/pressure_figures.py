"""Figures of pressure: the edge with its slope, the doublet with its fit, all scales, a log."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.matter import gauges
from megabar.observables.fluorescence_lines import ruby_lines, samarium_line
from megabar.observables.pressure import on_all_scales
from megabar.report import figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from megabar.observables.pressure import PressureReading

_BLUE, _RED, _GREEN = figures.CELL_COLOURS[:3]
_GREY: Final = "#777777"
_GPA: Final = 1e9
_PRECISE: Final = 20e9  # Pa, below which a second decimal says something
_LENGTH: Final = 7.0  # cm-1, the filter that gives the edge
_SEEN: Final = 320.0  # cm-1 below the edge
_BEYOND: Final = 90.0  # cm-1 above it
_NEAR: Final = 6.0  # nm on both sides of a line


def reading(found: PressureReading, *, spectrum: xr.Dataset | None) -> Any:
    """Draw what the spectrum shows, and what every scale makes of it.

    Parameters
    ----------
    found
        The reading.
    spectrum
        What it was read from, if it was.

    Returns
    -------
    :
        The figure.
    """
    with figures.house_style():
        if spectrum is None:
            figure, axes = figures.sheet(
                1, 1, height=2.6, left=0.17, right=0.97, bottom=0.17, top=0.88
            )
            _draw_scales(axes[0, 0], found)
            return figure
        figure, axes = figures.sheet(
            2, 2, height=3.9, widths=(1.45, 1), left=0.085, right=0.975, bottom=0.115, top=0.92,
            wspace=0.52, hspace=0.14,
        )  # fmt: skip
        grid = axes[0, 1].get_gridspec()
        for ax in axes[:, 1]:
            ax.remove()
        above, below = axes[:, 0]
        below.sharex(above)
        above.tick_params(labelbottom=False)
        if found.kind == "diamond edge":
            _draw_edge(above, below, found, spectrum)
        else:
            _draw_lines(above, below, found, spectrum)
        _draw_scales(figure.add_subplot(grid[:, 1]), found)
        figure.align_ylabels([above, below])
        _label_note(figure, spectrum.attrs.get("note", ""))
    return figure


def _label_note(figure: Any, note: str) -> None:
    if note:
        figure.text(0.99, 0.985, note.upper(), color=_RED, ha="right", va="top", weight="bold")


def _curve(spectrum: xr.Dataset, axis: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x = np.asarray(spectrum[axis].values, dtype=np.float64)
    y = np.asarray(spectrum["intensity"].values, dtype=np.float64)
    good = np.isfinite(x) & np.isfinite(y)
    order = np.argsort(x[good])
    return x[good][order], y[good][order]


def _read(found: PressureReading) -> float:
    """Give the place on the axis of the spectrum, before any correction."""
    return found.observed + found.axis_correction + found.temperature_correction


def _draw_edge(above: Any, below: Any, found: PressureReading, spectrum: xr.Dataset) -> None:
    shift, light = _curve(spectrum, "raman_shift")
    place = _read(found)
    low, high = place - _SEEN, min(place + _BEYOND, float(shift[-1]))
    shown = (shift >= low) & (shift <= high)
    unit = _power_of_ten(light[shown])
    above.plot(shift[shown], light[shown] / unit, color=_BLUE, lw=0.8)
    even, slope = _slope(shift, light, _LENGTH)
    seen = (even >= low) & (even <= high)
    scale = _power_of_ten(slope[(even > 1340.0) & seen])
    below.axhline(0, color="#333333", lw=0.7)
    below.plot(even[seen], slope[seen] / scale, color=_BLUE, lw=0.8)
    bottom = float(np.min(slope[(even > 1340.0) & seen])) / scale
    below.set_ylim(1.25 * bottom, -1.0 * bottom)  # the line of the unstressed anvil goes beyond
    above.set_ylim(min(0.0, float(light[shown].min()) / unit), _roof(shift, light, place) / unit)
    for ax in (above, below):
        ax.axvspan(place - found.observed_std, place + found.observed_std, color=_RED, alpha=0.25)
        ax.axvline(place, color=_RED, lw=1.0)
        ax.axvline(found.origin + found.axis_correction, color=_GREY, lw=0.8, ls=(0, (2, 2)))
        ax.set_xlim(low, high)
    above.annotate(
        f" edge {place:.1f} ± {found.observed_std:.1f} cm⁻¹", (place, 0.97), color=_RED,
        xycoords=above.get_xaxis_transform(), ha="right", va="top", xytext=(-4, 0),
        textcoords="offset points",
    )  # fmt: skip
    above.set_title("Raman band of the anvil")
    above.set_ylabel(f"intensity{_times(unit)}")
    below.set_ylabel(f"slope{_times(scale)}")
    below.set_xlabel("Raman shift as read (cm⁻¹)")


def _roof(shift: NDArray[np.float64], light: NDArray[np.float64], place: float) -> float:
    """Top of the band between the unstressed line and the edge, with room above."""
    band = (shift > 1345.0) & (shift < place + _BEYOND)
    return 1.25 * float(light[band].max())


def _slope(
    shift: NDArray[np.float64], light: NDArray[np.float64], length: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from scipy.signal import savgol_filter

    step = float(np.median(np.diff(shift)))
    even = np.arange(shift[0], shift[-1], step)
    window = max(2 * round(length / step / 2) + 1, 5)
    return even, savgol_filter(np.interp(even, shift, light), window, 2, deriv=1, delta=step)


def _power_of_ten(values: NDArray[np.float64]) -> float:
    """Give the unit of an axis, a power of a thousand."""
    top = float(np.max(np.abs(values)))
    return float(1000.0 ** np.floor(np.log10(top) / 3)) if top > 0 else 1.0


def _times(unit: float) -> str:
    power = round(np.log10(unit))
    return "" if power == 0 else f" / 10$^{{{power}}}$"


def _draw_lines(above: Any, below: Any, found: PressureReading, spectrum: xr.Dataset) -> None:
    wave, light = _curve(spectrum, "wavelength")
    place = _read(found)
    window = (place - _NEAR, place + _NEAR)
    shown = (wave >= window[0]) & (wave <= window[1])
    wave, light = wave[shown], light[shown]
    lines = _lines(found, spectrum, window)
    parts = _fitted(wave, light, lines)
    unit = _power_of_ten(light)
    above.plot(wave, light / unit, ".", color=_GREY, ms=2.5)
    above.plot(wave, parts.sum(axis=0) / unit, color=_BLUE, lw=1.3)
    background = parts[-1]
    for name, (centre, _), part in zip(("R₁", "R₂"), lines, parts, strict=False):
        above.plot(wave, (part + background) / unit, color=_GREEN, lw=0.8, ls=(0, (4, 2)))
        above.axvline(centre, color=_RED, lw=0.8)
        label = f"{name} {centre:.3f} nm" if len(lines) > 1 else f"{centre:.3f} nm"
        first = centre == lines[0][0]
        above.annotate(
            label, (centre, 0.97), xycoords=above.get_xaxis_transform(), color=_RED, va="top",
            ha="left" if first else "right", xytext=(3 if first else -3, 0),
            textcoords="offset points",
        )  # fmt: skip
    above.set_ylim(top=1.12 * float(light.max()) / unit)
    above.set_xlim(*window)
    below.axhline(0, color="#333333", lw=0.7)
    below.plot(wave, (light - parts.sum(axis=0)) / unit, color=_GREY, lw=0.8)
    what = "doublet of ruby" if found.kind == "ruby" else "line of samarium borate"
    above.set_title(f"{what}, Lorentzians on a slope")
    above.set_ylabel(f"intensity{_times(unit)}")
    below.set_ylabel(f"what is left{_times(unit)}")
    below.set_xlabel("wavelength as read (nm)")


def _lines(
    found: PressureReading, spectrum: xr.Dataset, window: tuple[float, float]
) -> list[tuple[float, float]]:
    """Centres and full widths [nm], R1 first."""
    if found.kind == "ruby":
        both = ruby_lines(spectrum, window=window)
        return [(both.r1, both.fwhm[0]), (both.r2, both.fwhm[1])]
    centre, _ = samarium_line(spectrum, window=window)
    return [(centre, _half_width(*_curve(spectrum, "wavelength"), centre))]


def _half_width(wave: NDArray[np.float64], light: NDArray[np.float64], centre: float) -> float:
    """Full width of a single line at half of its height."""
    near = np.abs(wave - centre) < _NEAR / 2
    floor = float(np.min(light[near]))
    half = floor + (float(np.max(light[near])) - floor) / 2
    above = wave[near][light[near] > half]
    return max(float(np.ptp(above)), float(np.median(np.diff(wave))))


def _fitted(
    wave: NDArray[np.float64], light: NDArray[np.float64], lines: list[tuple[float, float]]
) -> NDArray[np.float64]:
    """Each line and the background, (line + 1, point), with amplitudes by least squares."""
    shapes = [1 / (1 + ((wave - centre) / (width / 2)) ** 2) for centre, width in lines]
    middle = wave - wave.mean()
    basis = np.array([*shapes, np.ones_like(wave), middle])
    sizes = np.linalg.lstsq(basis.T, light, rcond=None)[0]
    parts = sizes[:, None] * basis
    return np.array([*parts[:-2], parts[-2] + parts[-1]])


def _draw_scales(ax: Any, found: PressureReading) -> None:
    """One row per scale; the bar is the error of its coefficients and of the reading together."""
    known = on_all_scales(found)
    names = sorted(known, key=lambda name: known[name])
    for row, name in enumerate(names):
        asked = name == found.scale
        colour = _RED if asked else _BLUE
        value = known[name]
        by_reading = found.observed_std * gauges.slope(scale=name, observed=found.observed)
        by_scale = gauges.coefficient_std(scale=name, observed=found.observed)
        if isfinite(by_scale):
            std = np.hypot(by_reading, by_scale) / _GPA
            ax.plot(
                [value / _GPA - std, value / _GPA + std], [row, row], color=colour, lw=4,
                alpha=0.25, solid_capstyle="butt",
            )  # fmt: skip
        ax.errorbar(
            [value / _GPA], [row], xerr=[by_reading / _GPA], fmt="o", color=colour, mec="white",
            mew=0.4, elinewidth=1.0,
        )  # fmt: skip
        ax.annotate(
            f"{value / _GPA:.{_digits(found)}f}", (value / _GPA, row), color=colour, xytext=(0, 5),
            textcoords="offset points", ha="center", va="bottom",
        )  # fmt: skip
    marked = [
        name + ("" if gauges.scale(name).status == "published" else "\n(unverified)")
        for name in names
    ]
    ax.set_yticks(range(len(names)), marked)
    ax.set_ylim(-0.6, len(names) - 0.3)
    ax.margins(x=0.12)
    ax.set_title(f"{found.pressure / _GPA:.{_digits(found)}f} GPa on {found.scale}", y=1.01)
    ax.set_xlabel("pressure (GPa)")


def _digits(found: PressureReading) -> int:
    return 1 if found.pressure > _PRECISE else 2


def log(readings: Sequence[PressureReading], doubts: Sequence[str]) -> Any:
    """Draw a log of readings over time; doubtful ones are hollow, none is left out.

    Parameters
    ----------
    readings
        Of one gauge on one scale.
    doubts
        Of each, empty where it fits.

    Returns
    -------
    :
        The figure.
    """
    dated = all(one.started_at is not None for one in readings)
    when = [np.datetime64(one.started_at, "s") for one in readings] if dated else []
    first = min(when) if dated else None
    x = np.array(
        [(one - first) / np.timedelta64(86400, "s") for one in when]
        if dated
        else np.arange(1, len(readings) + 1),
        dtype=np.float64,
    )
    with figures.house_style():
        figure, axes = figures.sheet(1, 1, height=2.8, left=0.085, right=0.98, bottom=0.16, top=0.9)
        ax = axes[0, 0]
        ax.vlines(x, *_spread(readings), color=_GREY, alpha=0.25, lw=7)
        for place, one, doubt in zip(x, readings, doubts, strict=True):
            colour = _RED if doubt else _BLUE
            ax.errorbar(
                [place], [one.pressure / _GPA], yerr=[one.std / _GPA], fmt="o", color=colour,
                mfc="white" if doubt else colour, elinewidth=0.9, capsize=2, zorder=3,
            )  # fmt: skip
            if doubt:
                ax.annotate(
                    "in doubt", (place, one.pressure / _GPA), color=_RED, xytext=(-8, 0),
                    textcoords="offset points", va="center", ha="right",
                )  # fmt: skip
        kind = readings[0].kind
        ax.set_title(f"{kind} on {readings[0].scale}; grey: all other scales that hold there")
        ax.set_ylabel("pressure (GPa)")
        ax.set_xlabel(f"days since {str(first)[:10]}" if dated else "reading, in the order given")
        ax.margins(x=0.08)
    return figure


def _spread(readings: Sequence[PressureReading]) -> tuple[list[float], list[float]]:
    """Give the lowest and the highest pressure that any scale makes of each reading [GPa]."""
    every = [[*on_all_scales(one).values(), one.pressure] for one in readings]
    return [min(one) / _GPA for one in every], [max(one) / _GPA for one in every]
