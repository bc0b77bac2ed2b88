"""Verb audit: published numbers gone through, and what two published signals are worth."""

from __future__ import annotations

from math import isfinite, nan
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import units
from megabar.cli import audit_content, audit_options, terminal
from megabar.errors import UnusableInput, one_of
from megabar.matter import crystals
from megabar.observables.audit_findings import STATUSES
from megabar.observables.audit_inputs import PAPERS
from megabar.observables.published_audit import METALS_PER_CELL, audit_of_published_lah10

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from megabar.matter.crystals import Crystal
    from megabar.observables.audit_findings import Finding
    from megabar.observables.audit_inputs import Paper

CONTENT: Final = "content"
"""Word for two signals of one's own instead of a paper."""

_LAH3_PRESSURE: Final = 152e9  # [Pa], of the reported lattice parameter of LaH3


def add_audit_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``audit``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument(
        "what", nargs="?", metavar="PAPER",
        help=f"{', '.join(PAPERS)}: go through its numbers; '{CONTENT}': what two signals are "
        "worth; none: list the papers",
    )  # fmt: skip
    paper = parser.add_argument_group("a paper")
    paper.add_argument(
        "--table", action="store_true", help="one row per finding instead of sentences"
    )
    paper.add_argument(
        "--lah10-lattice-parameter", metavar="A",
        help="of the rigid superhydride, such as '5.10 angstrom'; of the printed cell if absent",
    )  # fmt: skip
    paper.add_argument(
        "--lah3-lattice-parameter", metavar="A",
        help="of the rigid trihydride; the one reported at 152 GPa if absent",
    )  # fmt: skip
    audit_options.add_options(parser)


def audit(arguments: argparse.Namespace) -> terminal.Answer:
    """Go through a paper, say what two signals are worth, or list the papers.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        The findings, or contents side by side.
    """
    if arguments.what is None:
        return _papers()
    one_of(arguments.what, (*PAPERS, CONTENT), name="paper")
    if arguments.what == CONTENT:
        return audit_content.content(arguments)
    return _paper(PAPERS[arguments.what], arguments)


def _papers() -> terminal.Answer:
    return terminal.Answer(
        verb="audit",
        facts={
            "papers": [
                {"name": one.name, "subject": one.subject, "citation": one.citation}
                for one in PAPERS.values()
            ]
        },
        text=(
            *(terminal.Line(one.name, f"{one.subject}. {one.citation}") for one in PAPERS.values()),
            terminal.Line(CONTENT, "two signals of your own; see megabar audit --help"),
        ),
    )


def _paper(paper: Paper, arguments: argparse.Namespace) -> terminal.Answer:
    lah10, lah3 = _superhydride(paper, arguments), _trihydride(arguments)
    found = audit_of_published_lah10(lah10=lah10, lah3=lah3)
    facts: dict[str, Any] = {
        "paper": paper.name,
        "citation": paper.citation,
        "structures": {
            name: {
                "lattice_parameter": float(np.linalg.norm(one.cell[0])),
                "size": size,
                "sources": [origin.source for origin in one.origins if origin.status != "given"],
            }
            for (name, one), size in zip(
                (("LaH10", lah10), ("LaH3", lah3)), _sizes(arguments), strict=True
            )
        },
        "printed": {
            name: {"value": one.value, "printed": one.printed, "place": one.place}
            for name, one in paper.printed.items()
        },
        "findings": [
            {
                "subject": one.subject,
                "status": one.status,
                "claim": one.claim,
                "arithmetic": one.arithmetic,
                "verdict": one.verdict,
                "inputs": one.inputs,
                "numbers": dict(one.numbers),
            }
            for one in found
        ],
    }
    words = _table(found) if arguments.table else _sentences(paper, found)
    return terminal.Answer(
        verb="audit", facts=facts, text=(*_heading(paper, facts["structures"], found), *words)
    )


def _superhydride(paper: Paper, arguments: argparse.Namespace) -> Crystal:
    typed = _length(arguments.lah10_lattice_parameter, "--lah10-lattice-parameter")
    if isfinite(typed):
        return crystals.crystal("LaH10", lattice_parameter=typed)
    volume = paper.value("cell_volume") / METALS_PER_CELL
    return crystals.crystal("LaH10", volume_per_metal=volume)


def _trihydride(arguments: argparse.Namespace) -> Crystal:
    typed = _length(arguments.lah3_lattice_parameter, "--lah3-lattice-parameter")
    if not isfinite(typed):
        lattices = crystals.entry("LaH3").lattices
        typed = next(one.a for one in lattices if one.pressure[0] == _LAH3_PRESSURE)
    return crystals.crystal("LaH3", lattice_parameter=typed)


def _length(text: str | None, name: str) -> float:
    if text is None:
        return nan
    value = units.parse(text, unit="m", name=name)
    if not value > 0:
        msg = f"Found {name} {text}; a length above 0 is needed."
        raise UnusableInput(msg)
    return value


def _sizes(arguments: argparse.Namespace) -> tuple[str, str]:
    """Say where the size of either structure comes from."""
    return (
        "stated" if arguments.lah10_lattice_parameter else "the printed cell",
        "stated" if arguments.lah3_lattice_parameter else "reported at 152 GPa",
    )


def _heading(
    paper: Paper, structures: Mapping[str, Mapping[str, Any]], found: Sequence[Finding]
) -> Iterator[terminal.Piece]:
    yield f"Audit: {paper.citation}"
    sizes = ", ".join(
        f"{name} a = {1e10 * one['lattice_parameter']:.4g} angstrom ({one['size']})"
        for name, one in structures.items()
    )
    yield terminal.Line("structures", f"rigid, {sizes}")
    counts = {status: sum(one.status == status for one in found) for status in STATUSES}
    yield terminal.Line(
        "findings", ", ".join(f"{count} {status}" for status, count in counts.items())
    )
    yield from (terminal.Line("", f"{status}: {words}") for status, words in STATUSES.items())
    yield ""


def _sentences(paper: Paper, found: Sequence[Finding]) -> Iterator[terminal.Piece]:
    for number, one in enumerate(found, start=1):
        yield f"{number:>2}  {one.subject} [{one.status}]"
        yield terminal.Line("    claim", f"{one.claim}{_places(paper, one)}.")
        yield terminal.Line("    numbers", f"{one.arithmetic}.")
        yield terminal.Line("    verdict", f"{one.verdict}.")


def _places(paper: Paper, one: Finding) -> str:
    places = dict.fromkeys(paper.printed[name].place for name in one.inputs)
    return f" ({', '.join(places)})" if places else ""


def _table(found: Sequence[Finding]) -> Iterator[terminal.Piece]:
    yield terminal.Table(
        title="claim, arithmetic and verdict",
        columns=("", "subject", "status", "arithmetic", "verdict"),
        rows=tuple(
            (str(number), one.subject, one.status, one.arithmetic, one.verdict)
            for number, one in enumerate(found, start=1)
        ),
    )
