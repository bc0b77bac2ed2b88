"""Compare what a campaign found with what its virtual cells were made of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import megabar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

OBSERVED = {
    "1H": ("shift", "fwhm", "t1", "t2"),
    "139La": ("shift", "fwhm", "t2"),
    "content": ("h_per_metal",),
}


@dataclass(frozen=True, kw_only=True)
class Deviations:
    """Found less true for one observable of one cell, with the errors that were claimed.

    Parameters
    ----------
    node
        Node of the history, such as ``"1H"``.
    name
        Observable.
    deviation
        Found less true, (n,).
    independent
        Claimed standard errors that are independent from record to record, (n,).
    common
        Claimed standard errors that all records of the cell share, (n,).
    """

    node: str
    name: str
    deviation: NDArray[np.float64]
    independent: NDArray[np.float64]
    common: NDArray[np.float64]

    def pulls(self) -> NDArray[np.float64]:
        """Whiten the deviations with the whole claimed covariance; each is N(0, 1) if honest."""
        covariance = np.diag(self.independent**2) + np.outer(self.common, self.common)
        return np.linalg.solve(np.linalg.cholesky(covariance), self.deviation)


def deviations(folder: Path) -> Iterator[Deviations]:
    """Give the deviations of every observable of every cell of a virtual campaign."""
    truth = json.loads((folder / "truth.json").read_text())
    campaign = megabar.Campaign.open(folder)
    for cell, made_of in truth["cells"].items():
        history = campaign.history(cell)
        sessions = {session["folder"]: session for session in made_of["sessions"]}
        for node, names in OBSERVED.items():
            found = history[node].to_dataset()
            for name in names:
                yield _deviations(found, sessions, node=node, name=name)


def _deviations(found: xr.Dataset, sessions: dict, *, node: str, name: str) -> Deviations:
    folders = [str(source).split("/")[2] for source in found["source"].values]
    true = np.array(
        [
            sessions[folder][name] if node == "content" else sessions[folder][node][name]
            for folder in folders
        ],
        dtype=np.float64,  # a T2 that the truth leaves infinite is nan here, and left out
    )
    value = found[name].values
    kept = (found[f"{name}_quality"].values == "value") & np.isfinite(true)
    total = found[f"{name}_std"].values
    shared = f"{name}_common_std" in found
    independent = found[f"{name}_independent_std"].values if shared else total
    common = found[f"{name}_common_std"].values if shared else np.zeros_like(total)
    return Deviations(
        node=node,
        name=name,
        deviation=(value - true)[kept],
        independent=independent[kept],
        common=common[kept],
    )


def pulls_of(folders: Iterable[Path]) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Collect the pulls of several campaigns: (node, observable) -> pulls."""
    collected: dict[tuple[str, str], list[NDArray[np.float64]]] = {}
    for folder in folders:
        for found in deviations(folder):
            collected.setdefault((found.node, found.name), []).append(found.pulls())
    return {key: np.concatenate(pulls) for key, pulls in collected.items()}
