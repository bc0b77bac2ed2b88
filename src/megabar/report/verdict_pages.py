"""The last page of a report: which story the weeks support, and which assumption to change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from megabar.report import figures, verdict_figures
from megabar.report.numbers import percent
from megabar.report.plates import Plate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_TITLES: Final = {
    "families": (
        "What the weeks support",
        "Left: families of stories, rivals of equal rank. Right: their members by the logarithm "
        "of their evidence, with its numerical error; an arrow stands for one far below.",
    ),
    "curves": (
        "Contents and stories",
        "Points: contents as measured, with independent errors. Black: average of all stories, "
        "with 68 and 95 %. Dashed: the best story of each family. The scale that all points of a "
        "cell share is not drawn and is free within its error.",
    ),
    "forecast": (
        "What comes next",
        "Left: real content of each cell. Right: when it falls below the threshold; thick 68 %, "
        "thin 95 %, an arrow where that lies beyond the days drawn.",
    ),
    "assumptions": (
        "If an assumption changes",
        "Dashed: the probability of a loss as stated. Each point: the same with one change.",
    ),
    "next": (
        "What would tell most",
        "Expected gain in the logarithm of the odds for the truth, with its numerical error.",
    ),
    "residuals": (
        "What the best story leaves",
        "Residuals over their independent errors, each cell on its best scale within the stated "
        "error. Grey: one standard error.",
    ),
}
_MOST_MEMBERS: Final = 10


@dataclass(frozen=True, kw_only=True)
class VerdictPage:
    """The words, rows and figures of the page.

    Parameters
    ----------
    sentences
        The verdict first.
    families
        Family, probability, best member.
    members
        Member, probability, logarithm of the evidence over the best, story.
    forecast
        Cell, probability to fall below the threshold, day, intervals, level in the end.
    assumptions
        Assumption, where it comes from, change, probability of a loss.
    priors
        Meaning, prior, where it comes from.
    next_measurements
        Measurement, gain, share decided, assumption.
    missing, excluded, left_out
        What is absent, what the records exclude, what did not enter.
    check, contradicted_by
        Whether the best story describes the data; publication against a loss, or empty.
    threshold, metal, priors_name, seed, digest
        What was asked.
    plates
        Figures.
    """

    sentences: tuple[str, ...]
    families: tuple[tuple[str, ...], ...]
    members: tuple[tuple[str, ...], ...]
    forecast: tuple[tuple[str, ...], ...]
    assumptions: tuple[tuple[str, ...], ...]
    priors: tuple[tuple[str, ...], ...]
    next_measurements: tuple[tuple[str, ...], ...]
    missing: tuple[str, ...]
    excluded: tuple[str, ...]
    left_out: tuple[str, ...]
    check: str
    contradicted_by: str
    threshold: str
    metal: str
    priors_name: str
    seed: int
    digest: str
    plates: tuple[Plate, ...]


def page(document: Mapping[str, Any]) -> VerdictPage:
    """Make the page of a verdict.

    Parameters
    ----------
    document
        Of schema ``megabar.verdict/1``.

    Returns
    -------
    :
        Words and figures.
    """
    return VerdictPage(
        sentences=tuple(
            one for one in document["sentences"] if one != document["checks"]["sentence"]
            and not one.startswith("Contradicted by")
        ),
        families=tuple(
            (one["family"], percent(one["probability"]), one["best"])
            for one in document["families"]
        ),
        members=tuple(_members(document["members"][:_MOST_MEMBERS])),
        forecast=tuple(_forecast(document["forecast"]["cells"])),
        assumptions=tuple(
            (one["assumption"], one["origin"], one["change"], percent(one["loss"]))
            for one in document["assumptions"]
        ),
        priors=tuple(
            (one["words"], one["prior"], one["origin"])
            for one in document["priors"]["entries"]
            if one["used"] == "yes"
        ),
        next_measurements=tuple(_next(document["next_measurements"])),
        missing=tuple(document["missing"]),
        excluded=tuple(f"{one['words']}: {one['because']}" for one in document["excluded"]),
        left_out=tuple(document["left_out"]),
        check=document["checks"]["sentence"],
        contradicted_by=document["contradicted_by"],
        threshold=f"{document['threshold']:g}",
        metal=document["source"]["metal"],
        priors_name=document["priors"]["name"],
        seed=document["seed"],
        digest=document["digest"],
        plates=tuple(_plates(document)),
    )  # fmt: skip


def _members(members: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    best = max(one["log_evidence"] for one in members if one["log_evidence"] is not None)
    for one in members:
        lag = "—" if one["log_evidence"] is None else f"{one['log_evidence'] - best:.1f}"
        yield one["name"], percent(one["probability"]), lag.replace("-", "−"), one["words"]


def _forecast(cells: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for one in cells:
        below, plateau = one["below_threshold"], one["plateau"]
        day = "not reached" if below["median"] is None else f"{below['median']:.0f}"
        yield (
            one["cell"],
            percent(below["probability"]),
            day,
            _interval(below["interval_95"], "{:.0f}"),
            f"{plateau['median']:.1f}",
            _interval(plateau["interval_95"], "{:.1f}"),
        )


def _interval(ends: Sequence[float | None], form: str) -> str:
    low, high = ("never" if one is None else form.format(one) for one in ends)
    return low if low == high else f"{low} to {high}"


def _next(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for one in rows:
        gain = "—" if one["gain"] is None else f"{one['gain']:.1f} ± {one['gain_std'] or 0:.1f}"
        yield one["words"], gain, percent(one["decides"]), one["assumption"]


def _plates(document: Mapping[str, Any]) -> Iterator[Plate]:
    for name, draw in verdict_figures.FIGURES.items():
        if verdict_figures.drawable(document, name):
            title, caption = _TITLES[name]
            yield Plate(
                name=f"verdict-{name}",
                title=title,
                caption=caption,
                svg=figures.svg_bytes(draw(document)),
            )
