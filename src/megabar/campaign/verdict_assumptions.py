"""What a verdict takes for granted, where it comes from, and what follows if it is changed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from megabar.inference.artefacts import ARTEFACTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from megabar.campaign.verdicts import Question
    from megabar.inference.comparison import Comparison

_PAPER: Final = "doi:10.1038/s41467-025-56033-3"
_ORIGINS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "initial_content": f"contents of 10.2 to 11.1 in {_PAPER}",
        "final_content": "the trihydride, give or take what a hydride may keep",
        "half_time": "from a day to two years, every factor alike: says nothing of the size",
        "half_time_spread": "cells of one recipe differ by a quarter",
        "size_spread": "from equal grains to a wide powder, all alike",
        "order": "one dimension or two of growth; below 0.8 it would imitate diffusion",
        "additive_std": "used where no error is stated",
        "relative_std": "used where no error is stated",
        "scale_std": "used where no error of the scale is stated",
        "shift_slope": f"about 2000 ppm between LaH10 and LaH3 in {_PAPER}, loosely",
        "shift_level": f"about 900 ppm after synthesis in {_PAPER}, loosely",
    }
)
_STATED: Final = "default of the set, a judgement: change it in a file if you know better"


def priors_used(question: Question, found: Comparison) -> list[dict[str, str]]:
    """List the priors, those of the parameters of the rivals first.

    Parameters
    ----------
    question
        With the priors.
    found
        With the rivals.

    Returns
    -------
    :
        Name, meaning, the prior in words with its unit, and where it comes from.
    """
    used = {name.split("[")[0] for one in found.results for name in one.quantiles}
    rows = []
    for name, prior in question.priors.items():
        unit = "" if prior.unit == "1" else f" {prior.unit}"
        rows.append(
            {
                "name": name,
                "words": prior.words,
                "prior": f"{prior.sentence}{unit}",
                "origin": _ORIGINS.get(name, _STATED),
                "used": "yes" if name in used else "no",
            }
        )
    return sorted(rows, key=lambda one: one["used"] != "yes")


def assumptions(
    question: Question, found: Comparison, others: Sequence[tuple[str, str, float]]
) -> list[dict[str, Any]]:
    """List assumptions with the probability of a loss if each of them is changed.

    Parameters
    ----------
    question
        What was asked.
    found
        Probabilities, with alternatives.
    others
        Kind of change, what it changes, probability of a loss under it.

    Returns
    -------
    :
        Assumption, origin, change, probability of a loss; the first row is the verdict itself.
    """
    rows = [
        _row("all as stated", "", "nothing", found.loss),
    ]
    for one in found.alternatives:
        weights = not one.assumption.startswith("prior of")
        rows.append(
            _row(
                "loss and no loss weigh the same before the data; families alike in each"
                if weights
                else one.assumption.rsplit(" ", 3)[0],
                "a choice" if weights else f"priors {question.priors_name}",
                one.assumption,
                one.loss,
            )
        )
    for kind, name, loss in others:
        rows.append(_other(question, kind, name, loss))
    return rows


def _row(assumption: str, origin: str, change: str, loss: float) -> dict[str, Any]:
    return {"assumption": assumption, "origin": origin, "change": change, "loss": loss}


def _other(question: Question, kind: str, name: str, loss: float) -> dict[str, Any]:
    if kind == "without witness":
        return _row(
            f"what was measured beside the contents ({name}) follows them as the priors say",
            "witnesses of the same cells",
            "contents alone",
            loss,
        )
    words = ARTEFACTS[name].words
    if kind == "with artefact":
        return _row(
            f"it is excluded that {words}",
            question.taken.excluded[name],
            f"rival {name} admitted",
            loss,
        )
    return _row(
        f"it is possible that {words}", "rival of equal rank", f"rival {name} excluded", loss
    )
