"""Figures of mobility: the rigid line and its decay behind the dead time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.report import figures

if TYPE_CHECKING:
    from pathlib import Path

    from megabar.spins.rigid_lines import RigidLine

_BLUE, _RED = figures.CELL_COLOURS[:2]
_GREY: Final = "#777777"
_SHADE: Final = "#dddddd"
_SEEN: Final = 1.6  # half width of the frequency axis over the width of the line
_DECAY: Final = 9.0  # length of the time axis over the half time


def write(figure: Any, path: Path) -> None:
    """Write a figure into a file.

    Parameters
    ----------
    figure
        What this module drew.
    path
        Its suffix says the format: .svg, .png or .pdf.
    """
    path.write_bytes(figures.file_bytes(figure, suffix=path.suffix.lower()))


def rigid_hydrogen(line: RigidLine, *, dead_time: float | None) -> Any:
    """Draw the rigid line beside the Gaussian of its second moment, and its decay.

    Parameters
    ----------
    line
        Of many protons.
    dead_time
        Of the receiver [s]; what it hides is shaded.

    Returns
    -------
    :
        The figure.
    """
    with figures.house_style():
        figure, axes = figures.sheet(
            1, 2, height=2.7, left=0.085, right=0.985, bottom=0.17, top=0.88, wspace=0.22
        )
        _draw_line(axes[0, 0], line)
        _draw_decay(axes[0, 1], line, dead_time)
    return figure


def _draw_line(ax: Any, line: RigidLine) -> None:
    scale = 1 / line.intensity.max()
    sigma = np.sqrt(line.second_moment) / (2 * np.pi)
    gaussian = np.exp(-(line.frequency**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    ax.set_title("line of rigid hydrogen, powder")
    ax.plot(line.frequency / 1e3, scale * line.intensity, color=_BLUE)
    ax.plot(line.frequency / 1e3, scale * gaussian, color=_GREY, ls=(0, (4, 2)), lw=1)
    centre = scale * line.intensity[len(line.frequency) // 2]
    half = line.fwhm / 2e3
    ax.annotate(
        "", xy=(-half, centre / 2), xytext=(half, centre / 2),
        arrowprops={"arrowstyle": "<->", "color": _BLUE, "lw": 0.9, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
    ax.text(0, centre / 2 + 0.03, f"{2 * half:.0f} kHz", color=_BLUE, ha="center", va="bottom")
    edge = _SEEN * line.fwhm / 1e3
    ax.text(0.99, 0.96, "many protons", color=_BLUE, ha="right", va="top", transform=ax.transAxes)
    ax.text(
        0.99, 0.87, "Gaussian of the same\nsecond moment", color=_GREY, ha="right", va="top",
        transform=ax.transAxes,
    )  # fmt: skip
    ax.set_xlim(edge, -edge)  # spectroscopists read from right to left
    ax.set_ylim(-0.02, max(1.0, float(scale * gaussian.max())) * 1.06)
    ax.set_xlabel("offset (kHz)")
    ax.set_ylabel("intensity / largest of the line")


def _draw_decay(ax: Any, line: RigidLine, dead_time: float | None) -> None:
    longest = max(_DECAY * line.half_time, 1.4 * (dead_time or 0.0))
    shown = line.time <= longest
    time = line.time[shown] * 1e6
    ax.set_title("its decay after a pulse")
    if dead_time is not None:
        ax.axvspan(0, dead_time * 1e6, color=_SHADE, lw=0, zorder=0)
        ax.text(dead_time * 1e6, 0.99, " after the\n dead time", color=_GREY, ha="left", va="top")
    ax.axhline(0, color="#333333", lw=0.7)
    ax.plot(time, line.fid[shown], color=_BLUE)
    gaussian = np.exp(-line.second_moment * line.time[shown] ** 2 / 2)
    ax.plot(time, gaussian, color=_GREY, ls=(0, (4, 2)), lw=1)
    ax.plot([line.half_time * 1e6], [0.5], "o", color=_RED, zorder=4)
    ax.annotate(
        f"one half at {line.half_time * 1e6:.2g} µs", (line.half_time * 1e6, 0.5), color=_RED,
        xytext=(7, 3), textcoords="offset points",
    )  # fmt: skip
    ax.set_xlim(0, longest * 1e6)
    ax.set_ylim(min(-0.22, float(line.fid[shown].min()) - 0.06), 1.04)
    ax.set_xlabel("time (µs)")
    ax.set_ylabel("signal")
