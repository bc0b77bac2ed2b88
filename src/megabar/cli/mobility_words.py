"""A mobility for people: the verdict first, then tables that show where it comes from."""

from __future__ import annotations

from math import inf, isfinite
from string import ascii_uppercase
from typing import TYPE_CHECKING, Final

from megabar.cli import nature, terminal
from megabar.report.numbers import format_value
from megabar.schemas import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from megabar.matter.crystals import Crystal
    from megabar.observables.diffusivity_answers import Inversion
    from megabar.observables.diffusivity_audit import AuditRow
    from megabar.observables.mobility_answers import Mobility, MotionVerdict
    from megabar.observables.mobility_budget import Budget
    from megabar.observables.mobility_suggestions import Suggestion

_SUGGESTED: Final = 4
_TELLING: Final = 0.1  # bit; less is not worth a measurement
_SMALL: Final = 1e-4  # share of the second moment that is not listed
_NOTHING: Final = "-"


def words_of(crystal: Crystal, found: Mobility) -> Iterator[terminal.Piece]:
    """Say what was found.

    Parameters
    ----------
    crystal
        Of the sample.
    found
        Its mobility.

    Yields
    ------
    :
        Lines and tables.
    """
    yield from nature.structure_words(crystal)
    yield terminal.Line("data", "; ".join(_data(found)))
    yield ""
    yield terminal.Line("VERDICT", _headline(found))
    yield from (
        terminal.Line(f"{number:>5}", sentence)
        for number, sentence in enumerate(found.verdict, start=1)
    )
    yield from (terminal.Line(" note", sentence) for sentence in found.messages)
    yield ""
    yield _rigid_table(found)
    yield _model_table(found)
    if found.budget is not None:
        yield _budget_table(found.budget)
    if found.suggestions:
        yield from _suggestion_pieces(found.suggestions)
    yield terminal.Line("conventions", " ".join(found.conventions))


def audit_words(rows: Sequence[AuditRow]) -> Iterator[terminal.Piece]:
    """Go through published numbers, claim by claim.

    Parameters
    ----------
    rows
        The audit; nothing is said about none.

    Yields
    ------
    :
        A heading and the rows.
    """
    if not rows:
        return
    yield ""
    yield "Audit: Zhou et al., Nat. Commun. 16, 1135 (2025), doi:10.1038/s41467-025-56033-3"
    for number, row in enumerate(rows, start=1):
        yield terminal.Line(f"{number:>2}  claim", f"{row.claim}.")
        yield terminal.Line("    numbers", f"{row.arithmetic}.")
        yield terminal.Line("    verdict", f"{row.verdict}.")


def _data(found: Mobility) -> Iterator[str]:
    times = found.times
    yield f"1H at {times.larmor_frequency / 1e6:.4g} MHz"
    for name, pair in (("T1", times.t1), ("T2", times.t2), ("T1rho", times.t1rho)):
        if pair is not None:
            yield f"{name} = {format_value(1e3 * pair[0], 1e3 * pair[1], 'ms')}"
    if times.t2 is not None:
        known = times.t2_sequence != UNKNOWN
        yield f"T2 by {times.t2_sequence}" if known else "sequence of T2 unknown"
    if times.locking_frequency is not None:
        yield f"locked at {times.locking_frequency / 1e3:.4g} kHz"
    if times.fwhm is not None:
        yield f"width {format_value(times.fwhm[0], times.fwhm[1], 'Hz')}"


def _headline(found: Mobility) -> str:
    low, high = found.interval
    over = f"{found.sigmas:g} standard errors, {terminal.plural(len(found.by_motion), 'model')}"
    if found.quality == "value":
        return f"D = {_cm2(found.diffusivity)} cm2/s, {_cm2(low)} to {_cm2(high)} ({over})"
    if found.quality == "lower bound":
        return f"D >= {_cm2(found.diffusivity)} cm2/s, a lower bound ({over}); no upper bound"
    return f"{found.quality}: {found.reason}"


def _rigid_table(found: Mobility) -> terminal.Table:
    rigid, moments = found.structure, found.structure.moments
    others = "".join(
        f", {value:.3g} from {name}"
        for name, value in moments.second_moment_unlike.items()
        if value > _SMALL * moments.second_moment
    )
    kinds = ", ".join(f"{one.kind} {one.sum_r6 * 1e-60:.4g}" for one in rigid.sites)
    left = "; no dead time was given"
    if rigid.dead_time >= 0:
        wait = f"{rigid.dead_time * 1e6:.3g} us"
        left = f"; {rigid.left_after_dead_time:.2f} left after {wait} of dead time"
    rows = [
        (
            "hydrogen",
            f"{moments.number_density * 1e-30:.4g} A^-3, H-H from {moments.nearest * 1e10:.4f} A",
        ),
        ("S6", f"{moments.sum_r6_mean * 1e-60:.4g} A^-6 ({kinds})"),
        ("second moment", f"{moments.second_moment_like:.4g} rad2 s-2 from H{others}"),
        (
            "width",
            f"{moments.fwhm_gaussian / 1e3:.0f} kHz as a Gaussian, "
            f"{rigid.fwhm_many_spin / 1e3:.0f} kHz with its flat top",
        ),
        ("decay", f"one half after {rigid.half_time * 1e6:.2g} us{left}"),
    ]
    if found.floor is not None:
        rows.append(("floor of T1", f"{found.floor.named}, whatever moves"))
    return terminal.Table(
        title="if nothing moved", columns=("quantity", "of the rigid structure"), rows=tuple(rows)
    )


def _model_table(found: Mobility) -> terminal.Table:
    bounds = [(one.name, dict(one.by_motion)) for one in found.bounds]
    inverted = {"T2": "from_t2", "T1rho": "from_t1rho"}
    if found.floor is None or not found.floor.below:  # else all say the same, and that is said
        inverted = {"T1": "from_t1", **inverted}
    used = {
        route: name
        for route, name in inverted.items()
        if any(getattr(one, name) is not None for one in found.by_motion)
    }
    rows = [
        (
            one.network,
            one.mechanism,
            _minimum(one),
            *(_roots(getattr(one, name)) for name in used.values()),
            *(_cm2(by_motion[one.motion]) for _, by_motion in bounds),
        )
        for one in found.by_motion
    ]
    return terminal.Table(
        title="model by model; jumps in A, T1 at its minimum in ms, all D in cm2/s",
        columns=(
            "jumps",
            "atoms",
            "T1 min",
            *(f"from {route}" for route in used),
            *(f"{name} >=" for name, _ in bounds),
        ),
        rows=tuple(rows),
    )


def _minimum(one: MotionVerdict) -> str:
    t1, _ = one.t1_minimum
    return f"{1e3 * t1:.3g}" if isfinite(t1) else _NOTHING


def _roots(found: Inversion | None) -> str:
    if found is None:
        return _NOTHING
    roots = " or ".join(_cm2(one.diffusivity) for one in found.roots)
    if found.quality == "value":
        return roots
    words = found.reason.lower().replace("_", " ")
    return f"{words}: {roots}" if roots else words


def _budget_table(budget: Budget) -> terminal.Table:
    rows = [
        (one.source, f"x {one.low:.3g}", f"x {one.high:.3g}", one.kind, one.detail)
        for one in budget.rows
    ]
    low, high = budget.total
    rows.append(("all", f"x {low:.3g}", f"x {high:.3g}", "", "conventions left out"))
    return terminal.Table(
        title=f"what {budget.quantity} = {_cm2(budget.diffusivity)} cm2/s hangs on",
        columns=("source", "least", "most", "kind", "detail"),
        rows=tuple(rows),
    )


def _suggestion_pieces(suggestions: Sequence[Suggestion]) -> Iterator[terminal.Piece]:
    """Give the predictions of each explanation, and below what the explanations are."""
    told = [one for one in suggestions if one.information > _TELLING][:_SUGGESTED]
    labels = list(dict.fromkeys(label for one in told for label, _ in one.predictions))
    letters = dict(zip(labels, ascii_uppercase, strict=False))
    yield terminal.Table(
        title="what would decide",
        columns=("measure", *letters.values(), "tells", "apart"),
        rows=tuple(
            (
                one.measurement,
                *(_milliseconds(dict(one.predictions).get(label)) for label in letters),
                f"{one.information:.1f} bit",
                f"{one.separation:.1f} sigma",
            )
            for one in told
        ),
    )
    yield from (terminal.Line(f"    {letter}", f"if {label}") for label, letter in letters.items())
    yield ""


def _milliseconds(time: float | None) -> str:
    return _NOTHING if time is None else f"{1e3 * time:.3g} ms"


def _cm2(diffusivity: float) -> str:
    if not isfinite(diffusivity):
        return "any" if diffusivity == inf else _NOTHING
    return f"{diffusivity * 1e4:.2e}" if diffusivity > 0 else "0"
