"""What the verb tc says to people."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from megabar.cli import terminal
from megabar.report.numbers import format_value
from megabar.schemas import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_LEVELS: Final = {
    "tc_onset": "T90",
    "tc_midpoint": "T50",
    "tc_foot": "T10",
    "tc_zero": "zero",
}
_NOTHING: Final = "-"
_RETRACTED: Final = (
    "These data come from a RETRACTED source: the curve is a shape, no evidence of "
    "superconductivity."
)


def words_of(facts: Mapping[str, Any]) -> Iterator[terminal.Piece]:
    """Say what was found.

    Parameters
    ----------
    facts
        What the JSON object holds.

    Yields
    ------
    :
        Lines and tables.
    """
    if facts["retracted"]:
        yield terminal.Line("RETRACTED", _RETRACTED)
    answers = facts["answers"]
    yield from _one(answers[0]) if len(answers) == 1 else _many(answers)
    for lag in facts["lags"]:
        yield terminal.Line("ramps", f"{', '.join(lag['ramps'])}: {lag['sentence']}")
    if facts["upper_critical_field"] is not None:
        yield terminal.Line("Hc2", facts["upper_critical_field"]["sentence"])
    yield from _thermometer_lines(answers)
    yield from _grain_lines(answers)
    for warning in _warnings(answers):
        yield terminal.Line("warning", warning)
    if facts["figure"] is not None:
        yield terminal.Line("figure", facts["figure"])


def _thermometer_words(one: Mapping[str, Any]) -> str:
    """Name the thermometer where there is a choice."""
    others = one["other_thermometers"]
    if not others:
        return ""
    used = one["thermometer"] if one["thermometer"] != UNKNOWN else "the first"
    return f"{used}; also read: {', '.join(others)}. Prefer the one nearer the sample"


def _thermometer_lines(answers: Sequence[Mapping[str, Any]]) -> Iterator[terminal.Piece]:
    for words in dict.fromkeys(_thermometer_words(one) for one in answers):
        if words:
            yield terminal.Line("thermometer", words)


def _grain_lines(answers: Sequence[Mapping[str, Any]]) -> Iterator[terminal.Piece]:
    for one in answers:
        for words in (one.get("path") or {}).get("sentences", ()):
            name = "" if len(answers) == 1 else f"{_name(one)}: "
            yield terminal.Line("grains", f"{name}{words}")


def _many(answers: Sequence[Mapping[str, Any]]) -> Iterator[terminal.Piece]:
    yield _table(answers)
    for one in answers:
        if one["verdict"] != "transition":
            yield terminal.Line("", f"{_name(one)}: {one['verdict']}: {one['reason']}")


def _warnings(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give every warning once; that of a retraction stands above already."""
    every = [
        warning if len(answers) == 1 else f"{one['file']}: {warning}"
        for one in answers
        for warning in one["warnings"] or ()
        if "RETRACTED" not in warning
    ]
    return list(dict.fromkeys(every))


def _name(one: Mapping[str, Any]) -> str:
    return one["file"] if one["ramps"] == 1 else f"{one['file']} ramp {one['ramp']}"


def _one(one: Mapping[str, Any]) -> Iterator[terminal.Piece]:
    yield terminal.Line("VERDICT", f"{one['verdict']}: {one['reason']}")
    yield terminal.Line("ramp", _ramp_words(one))
    if one["temperatures"] is None:
        return
    yield terminal.Line("normal state", _normal_words(one["normal_state"]))
    if one["verdict"] in ("no transition", "not covered"):
        return
    yield _temperature_table(one)
    yield terminal.Line("zero", f"{one['zero_verdict']}: {one['zero_reason']}")
    yield from _shape_words(one)
    if len(one["steps"]) > 1:
        yield _step_table(one["steps"])


def _ramp_words(one: Mapping[str, Any]) -> str:
    low, high = one["range"]
    words = f"{low:.5g} to {high:.5g} K, direction {one['direction']}"
    if isfinite(one["rate"]):
        words += f", {60 * one['rate']:+.3g} K/min"
    if isfinite(one["field"]):
        words += f", {one['field']:.3g} T"
    return words


def _normal_words(state: Mapping[str, Any]) -> str:
    if state["window"] is None:
        return "none"
    low, high = state["window"]
    how = "found" if state["found"] else "given"
    words = f"{state['model']}, window {low:.5g} to {high:.5g} K, {how}"
    if state["covered"] is not None:
        words += f"; r is known from {state['covered'][0]:.5g} K up"
    return words


def _temperature_table(one: Mapping[str, Any]) -> terminal.Table:
    rows = []
    for name, level in _LEVELS.items():
        found = one["temperatures"][name]
        known = found["quality"] == "value"
        rows.append(
            (
                level,
                format_value(found["value"], found["std"], "K") if known else found["quality"],
                *(_error(found.get(part), shown=known) for part in _PARTS),
            )
        )
    width = one["width"]
    known = width["quality"] == "value"
    words = format_value(width["value"], width["std"], "K") if known else width["quality"]
    rows.append(("T90 - T10", f"{words}", "", "", ""))
    return terminal.Table(
        title="temperatures; the width belongs to the sample and is no error",
        columns=("level", "temperature", "noise", "window", "criterion"),
        rows=tuple(rows),
    )


_PARTS: Final = ("noise_std", "window_std", "criterion_std")


def _error(number: float | None, *, shown: bool) -> str:
    if not shown or number is None or not isfinite(number):
        return _NOTHING
    return f"{number:.2g} K"


def _shape_words(one: Mapping[str, Any]) -> Iterator[terminal.Piece]:
    shape = one["shape"]
    if _known(shape["tangent_onset"]):
        words = f"onset {shape['tangent_onset']:.5g} K, zero {shape['tangent_zero']:.5g} K"
        yield terminal.Line("tangents", words)
    if _known(shape["steepest"]):
        words = f"at {shape['steepest']:.5g} K, {shape['steepest_height']:.3g} of R_N per K"
        if _known(shape["steepest_width"]):
            words += f", width {shape['steepest_width']:.3g} K"
        yield terminal.Line("steepest", words)
    smooth = one["smooth_model"]
    if _known(smooth["tc"]):
        words = (
            f"Tc {format_value(smooth['tc'], smooth['tc_std'], 'K')}, above T90 by its "
            "construction; never in one series with T50"
        )
        yield terminal.Line("smooth form", words)


def _known(number: Any) -> bool:
    return number is not None and isfinite(number)


def _step_table(steps: Sequence[Mapping[str, Any]]) -> terminal.Table:
    return terminal.Table(
        title="steps; the first is the path of highest Tc, the last the last link",
        columns=("at", "height / R_N", "width"),
        rows=tuple(
            (
                f"{step['temperature']:.5g} K",
                f"{step['height']:.2f}",
                f"{step['width']:.3g} K" if _known(step["width"]) else _NOTHING,
            )
            for step in steps
        ),
    )


def _table(answers: Sequence[Mapping[str, Any]]) -> terminal.Table:
    return terminal.Table(
        title="K, ramp by ramp; none is merged",
        columns=(
            "file", "ramp", "to", "K/min", "T", "verdict", *_LEVELS.values(), "T90 - T10",
            "resistance gone",
        ),
        rows=tuple(_row(one) for one in answers),
    )  # fmt: skip


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    label = "RETRACTED " if one["retracted"] else ""
    return (
        f"{label}{one['file']}",
        str(one["ramp"]),
        one["direction"],
        f"{60 * one['rate']:.2g}" if isfinite(one["rate"]) else _NOTHING,
        f"{one['field']:.3g}" if isfinite(one["field"]) else _NOTHING,
        one["verdict"],
        *(_short((one["temperatures"] or {}).get(name)) for name in _LEVELS),
        _short(one["width"]),
        one["zero_verdict"] or _NOTHING,
    )


def _short(found: Mapping[str, Any] | None) -> str:
    if not found or found["quality"] != "value":
        return _NOTHING
    return format_value(found["value"], found["std"], "")
