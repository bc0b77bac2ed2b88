"""Figures of a release: contents of the grains, inventories, profiles, and the balance."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.report import figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from megabar.hydrogen.release import Profile, Release

_INK, _RED, _GREEN, _PINK, _BROWN, _SKY, _VIOLET, _GREY = figures.CELL_COLOURS
_WALLS: Final = (_BROWN, _PINK, _VIOLET, _GREY, "#b0b0b0")
_CLASS: Final = "#9dbfd9"
_DAY: Final = 86400.0
_UM: Final = 1e6
_NM: Final = 1e9
_LISTED: Final = 7  # variants with a name in the legend
_ROW: Final = 2.55  # inches
_TRACE: Final = 1e-12  # H per metal: sheets with less are not drawn
_VISIBLE: Final = 1e-3  # of all hydrogen: less is no area
_NARROWEST: Final = 2e-3  # of a content: an axis that shows less shows nothing but digits
_SHOWN: Final = 1e-6  # share of a profile's reach that still is hydrogen


def overview(
    release: Release,
    *,
    profile_times: Sequence[float],
    others: Mapping[str, Release],
) -> Any:
    """Draw what a cell did: contents, inventories, profiles of grains and walls, variants, balance.

    Parameters
    ----------
    release
        The plan as it is.
    profile_times
        Times of the profiles [s].
    others
        Variants, by their names.

    Returns
    -------
    :
        The figure, two panels a row.
    """
    places = np.searchsorted(release.times, profile_times)
    panels: list[Callable[[Any], None]] = [
        lambda ax: _draw_contents(ax, release),
        lambda ax: _draw_inventories(ax, release),
    ]
    if release.grain_profiles and places.size:
        panels.append(lambda ax: _draw_grain(ax, release, places))
    for name, profile in release.sheet_profiles.items():
        if places.size and np.max(release.sheets[name]) > _TRACE:
            panels.append(
                partial(_draw_sheet, release=release, name=name, profile=profile, places=places)
            )
    if others:
        panels.append(lambda ax: _draw_variants(ax, release, others))
    panels.append(lambda ax: _draw_balance(ax, release))
    rows = -(-len(panels) // 2)
    height = _ROW * rows
    with figures.house_style():
        figure, axes = figures.sheet(
            rows, 2, height=height, left=0.105, right=0.98, bottom=0.45 / height,
            top=1 - 0.28 / height, wspace=0.27, hspace=0.45,
        )  # fmt: skip
        for ax, draw in zip(axes.ravel(), panels, strict=False):
            draw(ax)
        for ax in axes.ravel()[len(panels) :]:
            ax.set_visible(False)
    return figure


def _draw_contents(ax: Any, release: Release) -> None:
    days = release.times / _DAY
    ax.set_title("hydrogen in the grains")
    if release.class_contents.shape[1] > 1:
        kept = release.class_weights > 1e-3
        ax.plot(days, release.class_contents[:, kept], color=_CLASS, lw=0.7)
        ax.plot([], [], color=_CLASS, lw=0.7, label="classes of size")
    ax.plot(days, release.content, color=_INK, lw=2, label="mean")
    ax.legend(loc="best")
    ax.set_xlabel("day")
    ax.set_ylabel("H per metal")
    _start_at_zero(ax, days)
    _not_too_narrow(ax)


def _draw_inventories(ax: Any, release: Release) -> None:
    days = release.times / _DAY
    held = {
        "grains": (release.content, _INK),
        "free H$_2$": (release.free, _SKY),
        "bound": (release.bound, _GREEN),
    }
    for (name, amount), colour in zip(release.sheets.items(), _WALLS, strict=False):
        held[name.split("/")[-1]] = (amount, colour)
    held["outside"] = (release.lost, "#d8d8d8")
    visible = _VISIBLE * float(release.total.max())
    kept = {name: pair for name, pair in held.items() if np.max(pair[0]) > visible}
    ax.set_title("where the hydrogen is")
    ax.stackplot(
        days,
        *(amount for amount, _ in kept.values()),
        colors=[colour for _, colour in kept.values()],
        labels=list(kept),
        lw=0,
        alpha=0.85,
    )
    ax.set_xlabel("day")
    ax.set_ylabel("H per metal, stacked")
    ax.set_ylim(0, 1.28 * float(release.total.max()))
    ax.legend(loc="upper center", ncols=3, handlelength=1.0, columnspacing=1.0)
    _start_at_zero(ax, days)


def _draw_grain(ax: Any, release: Release, places: NDArray[np.intp]) -> None:
    """Draw the class that holds most of the metal."""
    profile = release.grain_profiles[int(np.argmax(release.class_weights))]
    ax.set_title(f"across a grain of {_UM * profile.faces[-1]:.2g} µm")
    _draw_days(ax, release, profile, places, scale=_UM)
    ax.set_xlabel("distance from its centre (µm)")
    ax.set_ylabel("H per metal")
    ax.legend(loc="best")


def _draw_sheet(
    ax: Any, *, release: Release, name: str, profile: Profile, places: NDArray[np.intp]
) -> None:
    values = profile.values[places]
    ax.set_title(f"into the wall: {name.replace('/', ', ')}")
    thick = profile.faces[-1] - profile.faces[0]
    scale, unit = (_UM, "µm") if thick > 2e-6 else (_NM, "nm")
    power = int(np.floor(np.log10(values.max())))
    _draw_days(ax, release, profile, places, scale=scale, begin=profile.faces[0], unit=10.0**power)
    reach = np.flatnonzero((values > _SHOWN * values.max()).any(axis=0))
    if reach.size:
        deep = profile.faces[min(int(reach[-1]) + 2, len(profile.faces) - 1)] - profile.faces[0]
        ax.set_xlim(0, scale * deep)
    ax.set_xlabel(f"depth ({unit})")
    ax.set_ylabel(f"10$^{{{power}}}$ H atoms / m³")
    ax.set_ylim(bottom=0)
    ax.legend(loc="best")


def _draw_days(
    ax: Any,
    release: Release,
    profile: Profile,
    places: NDArray[np.intp],
    *,
    scale: float,
    begin: float = 0.0,
    unit: float = 1.0,
) -> None:
    colours = figures.day_colours([release.times[place] / _DAY for place in places])
    for place, colour in zip(places, colours, strict=True):
        ax.stairs(
            profile.values[place] / unit, scale * (profile.faces - begin), baseline=None, lw=1.2,
            color=colour, label=f"day {release.times[place] / _DAY:.4g}",
        )  # fmt: skip


def _draw_variants(ax: Any, release: Release, others: Mapping[str, Release]) -> None:
    ax.set_title("what would change it")
    ax.plot(release.times / _DAY, release.content, color="black", lw=2, label="as planned")
    styles = ("-", "--", ":")
    for place, (name, other) in enumerate(others.items()):
        colour = figures.CELL_COLOURS[place % len(figures.CELL_COLOURS)]
        ax.plot(
            other.times / _DAY, other.content, styles[place % 3], color=colour,
            label=name if place < _LISTED else None,
        )  # fmt: skip
    ax.set_xlabel("day")
    ax.set_ylabel("H per metal")
    _start_at_zero(ax, release.times / _DAY)
    _not_too_narrow(ax)
    low, high = ax.get_ylim()
    room = 0.09 * -(-(1 + min(len(others), _LISTED)) // 2) + 0.03  # for a legend of two columns
    ax.set_ylim(low, high + (high - low) * room / (1 - room))
    ax.legend(loc="upper center", ncols=2, fontsize=6.5)


def _draw_balance(ax: Any, release: Release) -> None:
    ax.set_title("balance of all hydrogen")
    drift = (release.total - release.total[0]) / release.total[0]
    power = int(np.floor(np.log10(max(float(np.abs(drift).max()), 1e-16))))
    ax.plot(release.times / _DAY, drift / 10.0**power, color=_GREY)
    ax.axhline(0, color="#333333", lw=0.6)
    ax.set_xlabel("day")
    ax.set_ylabel(f"drift (10$^{{{power}}}$ of all)")
    _start_at_zero(ax, release.times / _DAY)


def _start_at_zero(ax: Any, days: NDArray[np.float64]) -> None:
    ax.set_xlim(0, float(days[-1]))


def _not_too_narrow(ax: Any) -> None:
    low, high = ax.get_ylim()
    middle = 0.5 * (low + high)
    half = max(0.5 * (high - low), 0.5 * _NARROWEST * abs(middle))
    ax.set_ylim(middle - half, middle + half)
