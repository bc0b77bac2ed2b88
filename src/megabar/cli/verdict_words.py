"""What the verb verdict says to people: families first, members second, then all the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from megabar.cli import terminal
from megabar.report.numbers import percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MOST_MEMBERS: Final = 8
_NEVER: Final = "not reached"


def words_of(document: Mapping[str, Any], *, files: Sequence[str]) -> Iterator[terminal.Piece]:
    """Say what was found.

    Parameters
    ----------
    document
        A verdict.
    files
        What was written.

    Yields
    ------
    :
        Lines and tables.
    """
    first, *more = document["sentences"]
    yield terminal.Line("VERDICT", first)
    for sentence in more:
        yield terminal.Line("", sentence)
    yield _family_table(document)
    yield _member_table(document)
    yield _parameter_table(document)
    yield _forecast_table(document)
    if document["forecast"]["score"]:
        yield terminal.Line("score", document["forecast"]["score"]["sentence"])
    yield from _next(document)
    yield _assumption_table(document)
    yield _prior_table(document)
    yield from _notes(document)
    for name in files:
        yield terminal.Line("wrote", name)


def _family_table(document: Mapping[str, Any]) -> terminal.Table:
    return terminal.Table(
        title="what the weeks support; families are rivals of equal rank",
        columns=("family", "probability", "best member"),
        rows=tuple(
            (one["family"], percent(one["probability"]), one["best"])
            for one in document["families"]
        ),
    )


def _member_table(document: Mapping[str, Any]) -> terminal.Table:
    shown = document["members"][:_MOST_MEMBERS]
    best = max(one["log_evidence"] for one in shown if one["log_evidence"] is not None)
    rows = []
    for one in shown:
        lag = "-" if one["log_evidence"] is None else f"{one['log_evidence'] - best:+.2f}"
        error = one["log_evidence_std"]
        rows.append(
            (
                one["name"],
                percent(one["probability"]),
                f"{lag} +- {error:.2f}" if error else lag,
                one["method"] if not one["refused"] else f"{one['method']}, refused",
                one["words"],
            )
        )
    hidden = len(document["members"]) - len(shown)
    return terminal.Table(
        title=f"members{f' (and {hidden} more: see --json)' if hidden > 0 else ''}",
        columns=("member", "probability", "ln Z over the best", "by", "story"),
        rows=tuple(rows),
    )


def _parameter_table(document: Mapping[str, Any]) -> terminal.Table:
    best = document["members"][0]["name"]
    rows = [one for one in document["parameters"] if one["member"] == best]
    return terminal.Table(
        title=f"parameters of {best}",
        columns=("parameter", "median", "68 %", "95 %", "unit"),
        rows=tuple(
            (
                one["words"] or one["name"] if "[" not in one["name"] else one["name"],
                f"{one['median']:.4g}",
                interval(one["interval_68"]),
                interval(one["interval_95"]),
                one["unit"],
            )
            for one in rows
        ),
    )


def interval(ends: Sequence[float | None], digits: int = 3) -> str:
    """Write an interval; an end that does not exist is never reached.

    Parameters
    ----------
    ends
        Lower and upper end; None for no end.
    digits
        Significant digits.

    Returns
    -------
    :
        For example ``"31.2 to 40"``.

    Examples
    --------
    >>> interval([31.23, None]), interval([1.0, 2.5])
    ('31.2 to never', '1 to 2.5')
    """
    low, high = ("never" if one is None else f"{one:.{digits}g}" for one in ends)
    return low if low == high else f"{low} to {high}"


def _forecast_table(document: Mapping[str, Any]) -> terminal.Table:
    threshold, metal = document["threshold"], document["source"]["metal"]
    rows = []
    for one in document["forecast"]["cells"]:
        below, plateau = one["below_threshold"], one["plateau"]
        day = _NEVER if below["median"] is None else f"{below['median']:.3g}"
        rows.append(
            (
                one["cell"],
                percent(below["probability"]),
                day,
                interval(below["interval_68"]),
                interval(below["interval_95"]),
                f"{plateau['median']:.3g}",
                interval(plateau["interval_95"]),
            )
        )
    horizon = document["forecast"]["cells"][0]["below_threshold"]["horizon"]
    return terminal.Table(
        title=f"forecast: real H/{metal} below {threshold:g} in the first {horizon:.0f} days",
        columns=("cell", "probability", "day", "68 %", "95 %", "levels off at", "95 %"),
        rows=tuple(rows),
    )


def _next(document: Mapping[str, Any]) -> Iterator[terminal.Piece]:
    rows = document["next_measurements"]
    if not rows:
        yield terminal.Line("next", "One family is left; no measurement tells it from another.")
        return
    yield terminal.Table(
        title="what to measure next: expected gain in the ln of the odds for the truth",
        columns=("measurement", "gain", "decides", "assumed"),
        rows=tuple(
            (
                one["words"],
                "-" if one["gain"] is None else f"{one['gain']:.1f} +- {one['gain_std'] or 0:.1f}",
                percent(one["decides"]),
                one["assumption"] or "-",
            )
            for one in rows
        ),
    )


def _assumption_table(document: Mapping[str, Any]) -> terminal.Table:
    return terminal.Table(
        title="if you disagree: the probability of a loss under other assumptions",
        columns=("assumption", "where from", "changed to", "loss"),
        rows=tuple(
            (one["assumption"], one["origin"], one["change"], percent(one["loss"]))
            for one in document["assumptions"]
        ),
    )


def _prior_table(document: Mapping[str, Any]) -> terminal.Table:
    used = [one for one in document["priors"]["entries"] if one["used"] == "yes"]
    return terminal.Table(
        title=f"priors {document['priors']['name']} (change any in a file: --priors FILE)",
        columns=("name", "what", "prior", "where from"),
        rows=tuple((one["name"], one["words"], one["prior"], one["origin"]) for one in used),
    )


def _notes(document: Mapping[str, Any]) -> Iterator[terminal.Piece]:
    yield terminal.Line("check", document["checks"]["sentence"])
    if document["missing"]:
        yield terminal.Line("missing", "; ".join(document["missing"]))
    for one in document["excluded"]:
        yield terminal.Line("excluded", f"{one['words']}: {one['because']}")
    for sentence in document["left_out"]:
        yield terminal.Line("left out", sentence)
    for one in document["second_opinion"] or ():
        yield terminal.Line(
            "second",
            f"{one['hypothesis']}: ln Z {one['log_evidence']:.2f}({one['log_evidence_std']:.2f}); "
            f"nested sampling {one['nested_log_evidence']:.2f}"
            f"({one['nested_log_evidence_std']:.2f})",
        )
    if document["refused"]:
        count = terminal.plural(len(document["refused"]), "story", "stories")
        yield terminal.Line("refused", f"the importance sample of {count} was too thin: see 'by'")
