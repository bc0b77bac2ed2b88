"""What the verb pressure says to people."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from megabar.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_GPA: Final = 1e9


def words_of(facts: Mapping[str, Any]) -> Iterator[terminal.Piece]:
    """Say what a gauge shows.

    Parameters
    ----------
    facts
        What the JSON object holds.

    Yields
    ------
    :
        Lines and tables.
    """
    readings = facts["readings"]
    if len(readings) == 1 and not facts["failed"]:
        yield from _one(readings[0])
    else:
        yield _table(readings)
        yield from _log_words(facts)
    yield from _axis_words(facts["axis"])
    for warning in facts["warnings"]:
        yield terminal.Line("warning", warning)
    if facts["figure"] is not None:
        yield terminal.Line("figure", facts["figure"])


def _one(row: Mapping[str, Any]) -> Iterator[terminal.Piece]:
    yield terminal.Line("PRESSURE", row["sentence"])
    if row["note"]:
        yield terminal.Line("NOTE", row["note"])
    yield terminal.Line("read", _read(row))
    if row["temperature_correction"]:
        words = f"{row['temperature_correction']:+.3f} {row['unit']} at {row['temperature']:g} K"
        yield terminal.Line("temperature", f"{words}, taken off")
    yield _scale_table(row)
    for warning in row["warnings"]:
        yield terminal.Line("warning", warning)
    if row["extrapolated"]:
        yield terminal.Line("warning", f"The pressure lies outside the range of {row['scale']}.")


def _read(row: Mapping[str, Any]) -> str:
    words = f"{row['read']:.3f} +- {row['read_std']:.3f} {row['unit']}"
    shape = row["spectrum"]
    if "steepness" in shape:
        places = ", ".join(
            f"{place:.2f} ({length:g})"
            for place, length in zip(shape["positions"], shape["lengths"], strict=True)
        )
        return (
            f"{words}, steepest fall {shape['steepness']:.0f} times its error; by length of the "
            f"filter in cm-1: {places}"
        )
    if "splitting" in shape:
        return (
            f"{words} (R1), R2 at {shape['r2']:.3f} nm, {shape['splitting']:.3f} nm apart; widths "
            f"{shape['fwhm'][0]:.2f} and {shape['fwhm'][1]:.2f} nm"
        )
    return words


def _scale_table(row: Mapping[str, Any]) -> terminal.Table:
    return terminal.Table(
        title=f"the same {row['unit']} on every scale that holds there, GPa",
        columns=("scale", "pressure", "coefficients", "from here", "", "status"),
        rows=tuple(
            (
                one["name"],
                f"{one['pressure'] / _GPA:.2f}",
                _gpa(one["coefficient_std"]),
                f"{(one['pressure'] - row['pressure']) / _GPA:+.2f}",
                _mark(one, row),
                one["status"],
            )
            for one in row["scales"]
        ),
    )


def _mark(one: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    marks = ("asked for" if one["name"] == row["scale"] else "", "recommended")
    return ", ".join(mark for mark in (marks[0], marks[1] if one["recommended"] else "") if mark)


def _gpa(number: float) -> str:
    return f"{number / _GPA:.2f}" if isfinite(number) else "not known"


def _table(rows: Sequence[Mapping[str, Any]]) -> terminal.Table:
    wide = [one["name"] for row in rows for one in row["scales"] if one["recommended"]]
    beside = tuple(dict.fromkeys(wide))
    return terminal.Table(
        title=f"pressures on {rows[0]['scale']}, GPa; nothing is left out",
        columns=(
            "file", "at", f"read, {rows[0]['unit']}", "pressure", "reading", "coefficients",
            *(f"on {name}" for name in beside), "doubt",
        ),
        rows=tuple(
            (
                row["file"],
                row["started_at"] or "not known",
                f"{row['read']:.2f}({row['read_std']:.2f})",
                f"{row['pressure'] / _GPA:.2f}",
                f"{row['std'] / _GPA:.2f}",
                _gpa(row["coefficient_std"]),
                *(_on(row, name) for name in beside),
                "; ".join(word for word in (row["doubt"], row["note"]) if word),
            )
            for row in rows
        ),
    )  # fmt: skip


def _on(row: Mapping[str, Any], name: str) -> str:
    return next(
        (f"{one['pressure'] / _GPA:.2f}" for one in row["scales"] if one["name"] == name), "-"
    )


def _log_words(facts: Mapping[str, Any]) -> Iterator[terminal.Piece]:
    for one in facts["failed"]:
        yield terminal.Line("no reading", f"{one['file']}: {one['reason']}")
    for row in facts["readings"]:
        for warning in row["warnings"]:
            yield terminal.Line("warning", f"{row['file']}: {warning}")
    if facts["log_judged"]:
        odd = sum(bool(row["doubt"]) for row in facts["readings"])
        total = terminal.plural(len(facts["readings"]), "reading")
        yield terminal.Line("log", f"{total}, {odd} in doubt")


def _axis_words(axis: Mapping[str, Any]) -> Iterator[terminal.Piece]:
    if axis["kind"] == "not checked":
        return
    words = f"{axis['correction']:+.2f} +- {axis['std']:.2f} taken off"
    if axis["read"] is not None:
        words += f": {axis['file']} shows {axis['read']:.2f} where {axis['truth']:g} cm-1 are true"
    yield terminal.Line("axis", words)


def scale_words(rows: Sequence[Mapping[str, Any]]) -> Iterator[terminal.Piece]:
    """List all scales.

    Parameters
    ----------
    rows
        One mapping per scale, as the JSON object holds them.

    Yields
    ------
    :
        A table and the sources below it.
    """
    yield terminal.Table(
        title="pressure scales; * recommended",
        columns=("name", "gauge", "formula, P in GPa", "zero", "range, GPa", "status"),
        rows=tuple(
            (
                f"{row['name']}{' *' if row['recommended'] else ''}",
                row["kind"],
                f"{row['formula']}; c = {', '.join(f'{c:g}' for c in row['coefficients'])}",
                f"{row['origin']:g} {row['unit']}" if isfinite(row["origin"]) else "none",
                f"{row['range'][0] / _GPA:.0f} to {row['range'][1] / _GPA:.0f}",
                row["status"],
            )
            for row in rows
        ),
    )
    for row in rows:
        yield f"{row['name']:<20} {row['source']}{'. ' + row['note'] if row['note'] else ''}"


def conversion_words(facts: Mapping[str, Any]) -> Iterator[terminal.Piece]:
    """Say what a pressure on one scale is on another.

    Parameters
    ----------
    facts
        What the JSON object holds.

    Yields
    ------
    :
        Two lines.
    """
    before, after = facts["pressure"] / _GPA, facts["converted"] / _GPA
    yield f"{before:.2f} GPa on {facts['from']} = {after:.2f} GPa on {facts['to']}"
    yield terminal.Line("through", f"{facts['kind']} at {facts['observed']:.2f} {facts['unit']}")
