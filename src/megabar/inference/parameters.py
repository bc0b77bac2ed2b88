"""The parameters of a hypothesis: their names, their priors, and where the loops find them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.hydrogen.rates import MECHANISMS
from megabar.inference import loss_kernels as kernels
from megabar.inference.artefacts import ARTEFACTS
from megabar.inference.witnesses import CELL_SPREAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megabar.inference.artefacts import Artefact
    from megabar.inference.hypotheses import Hypothesis
    from megabar.inference.priors import Prior
    from megabar.inference.weeks import Weeks

_NO_SIZES: Final = ("zero", "sqrt", "jmak")
_FACTS: Final = ("dead_time", "quality_factor")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Parameters in their order, and their places.

    Parameters
    ----------
    names
        Names; those of a cell end with it in brackets.
    priors
        One each.
    slots
        Places, as ``loss_kernels`` counts them; -1 for what is absent.
    known
        Fact that stands in the place of the last parameter of the artefact; nan for none.
    """

    names: tuple[str, ...]
    priors: tuple[Prior, ...]
    slots: tuple[int, ...]
    known: float


@dataclass
class _Rows:
    names: list[str] = field(default_factory=list)
    priors: list[Prior] = field(default_factory=list)
    slots: list[int] = field(default_factory=lambda: [-1] * kernels.N_SLOTS)

    def add(self, slot: int, name: str, prior: Prior) -> None:
        self.slots[slot] = len(self.names)
        self.names.append(name)
        self.priors.append(prior)

    def add_cells(self, slot: int, name: str, prior: Prior, weeks: Weeks) -> None:
        self.slots[slot] = len(self.names)
        self.names.extend(f"{name}[{one.cell}]" for one in weeks.cells)
        self.priors.extend([prior] * len(weeks.cells))


def layout(hypothesis: Hypothesis, weeks: Weeks, priors: Mapping[str, Prior]) -> Layout:
    """Lay out the parameters of a hypothesis for these data.

    Parameters
    ----------
    hypothesis
        The story.
    weeks
        Data: cells, witnesses and facts decide which parameters there are.
    priors
        Parameter -> prior.

    Returns
    -------
    :
        The layout.
    """
    rows = _Rows()
    rows.add_cells(kernels.INITIAL, "initial_content", priors["initial_content"], weeks)
    if hypothesis.loses_hydrogen:
        _add_loss(rows, hypothesis, weeks, priors)
    _add_noise(rows, weeks, priors)
    known = np.nan
    if hypothesis.artefact is not None:
        known = _add_artefact(rows, ARTEFACTS[hypothesis.artefact], weeks, priors)
    return Layout(
        names=tuple(rows.names), priors=tuple(rows.priors), slots=tuple(rows.slots), known=known
    )


def _add_loss(
    rows: _Rows, hypothesis: Hypothesis, weeks: Weeks, priors: Mapping[str, Prior]
) -> None:
    mechanism = hypothesis.mechanism
    rows.add(kernels.END, "final_content", priors["final_content"])
    rows.add(kernels.HALF_TIME, "half_time", priors["half_time"])
    if len(weeks.cells) > 1:
        prior = priors["half_time_spread"]
        rows.add_cells(kernels.HALF_TIME_CELL, "half_time_spread", prior, weeks)
    if mechanism not in _NO_SIZES:
        rows.add(kernels.SIZE, "size_spread", priors["size_spread"])
    if mechanism == "jmak":
        rows.add(kernels.SHAPE, "order", priors["order"])
    if mechanism == "serial":
        rows.add(kernels.SHAPE, "rate_ratio", priors["rate_ratio"])
        rows.add(kernels.MIDDLE, "middle_content", priors["middle_content"])
    if weeks.has("shift") or weeks.has("width"):
        rows.add(kernels.SHIFT_SLOPE, "shift_slope", priors["shift_slope"])
    if weeks.has("h2") and MECHANISMS[mechanism].family != "sink":
        rows.add(kernels.SHARE, "visible_share", priors["visible_share"])
    if weeks.has("tc"):
        rows.add(kernels.TC_SLOPE, "tc_slope", priors["tc_slope"])


def _add_noise(rows: _Rows, weeks: Weeks, priors: Mapping[str, Prior]) -> None:
    if any(one.independent_std is not None for one in weeks.cells):
        rows.add(kernels.EXCESS, "noise_excess", priors["noise_excess"])
    if any(one.independent_std is None for one in weeks.cells):
        rows.add(kernels.ADDITIVE, "additive_std", priors["additive_std"])
        rows.add(kernels.RELATIVE, "relative_std", priors["relative_std"])
    if any(one.common_relative_std is None for one in weeks.cells):
        rows.add(kernels.SCALE, "scale_std", priors["scale_std"])


def _add_artefact(
    rows: _Rows, artefact: Artefact, weeks: Weeks, priors: Mapping[str, Prior]
) -> float:
    drive = priors[artefact.drives]
    rows.add(kernels.DRIVE, artefact.drives, drive)
    if len(weeks.cells) > 1 and artefact.name != "walk":
        if artefact.drives_in_proportion:
            spread = priors["half_time_spread"]
        else:
            spread = replace(drive, first=0.0, second=CELL_SPREAD * drive.mean_and_std[1])
        rows.add_cells(kernels.DRIVE_CELL, f"{artefact.drives}_spread", spread, weeks)
    for slot, name in zip((kernels.ONE, kernels.TWO), artefact.others, strict=False):
        known = _fact(name, weeks)
        if known is not None:
            return known
        if slot == kernels.ONE and weeks.has(artefact.witness or "none"):
            rows.add_cells(slot, name, priors[name], weeks)
            rows.slots[kernels.ONE_CELL] = rows.slots[slot]
        else:
            rows.add(slot, name, priors[name])
    return np.nan


def _fact(name: str, weeks: Weeks) -> float | None:
    """Give the fact that makes a parameter superfluous."""
    if name == "repetition_time":
        known = all(one.repetition_time is not None for one in weeks.cells)
        return np.nan if known else None
    return getattr(weeks, name) if name in _FACTS else None
