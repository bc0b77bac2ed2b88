"""What grains a broadened transition allows, and contents between anchors that somebody chose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import Undetermined
from megabar.observables.path_compositions import contents, shares
from megabar.superconductivity.anchors import anchors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megabar.observables.critical_temperature import TransitionCurve
    from megabar.observables.path_compositions import PathShares

_KINDS: Final = {2: "film", 3: "powder"}
_WITH_PATH: Final = ("transition", "partial", "incomplete", "more than one step")
_NO_ZERO: Final = (
    0.01  # of the normal state, that counts as none where the verdict has no threshold
)


def path_of(
    curve: TransitionCurve | None, chosen: Sequence[str], *, across_phases: bool
) -> dict[str, Any] | None:
    """Read the shares of grains off a curve, and the contents that chosen anchors give them.

    Parameters
    ----------
    curve
        What was found in a ramp; None where it has no normal state.
    chosen
        Names of anchors; empty for shares by temperature alone.
    across_phases
        Whether the line of anchors may cross from one structure to another.

    Returns
    -------
    :
        ``film`` and ``powder`` with shares of grains above each temperature, ``contents`` of
        those, and sentences; None where the curve shows no step.

    Raises
    ------
    Undetermined
        If the anchors are of several structures and nobody allowed that.
    ValueError
        If the anchors make no line.
    """
    if curve is None or curve.curve is None or curve.verdict not in _WITH_PATH:
        return None
    one = curve.curve
    threshold = curve.zero.threshold
    zero = threshold if np.isfinite(threshold) else _NO_ZERO
    try:
        found = shares(one.temperature, one.ratio, noise=one.noise, zero=zero)
    except Undetermined:
        return None
    told: dict[str, Any] = {_KINDS[each.dimensions]: _share_facts(each) for each in found}
    told["sentences"] = [each.sentence for each in found]
    told["contents"] = None
    if chosen:
        line = contents(one.temperature, anchors(*chosen), across_phases=across_phases)
        told["contents"] = {
            "anchors": list(chosen),
            "h_per_metal": line.h_per_metal.tolist(),
            "between": [list(pair) for pair in line.between],
        }
        told["sentences"] += [*line.warnings, _content_sentence(found, line.h_per_metal)]
    return told


def _share_facts(one: PathShares) -> dict[str, Any]:
    return {
        "temperature": one.temperature.tolist(),
        "share": one.share.tolist(),
        "std": one.std,
        "quality": list(one.quality),
    }


def _content_sentence(found: Sequence[PathShares], content: np.ndarray[Any, Any]) -> str:
    """Say between which contents the switching grains lie; never one content for the film."""
    inside = np.array([word == "value" for word in found[0].quality])
    known = content[inside & np.isfinite(content)]
    unknown = int(np.count_nonzero(inside & ~np.isfinite(content)))
    if not known.size:
        return "No anchor stands on either side of these temperatures: no data on contents."
    words = (
        f"Grains that switch within the transition hold {known.min():.2f} to {known.max():.2f} H "
        "per metal if these anchors are right; the rest of the film is out of sight"
    )
    return (
        f"{words}; {unknown} points of the transition lie beyond the anchors."
        if unknown
        else (f"{words}.")
    )
