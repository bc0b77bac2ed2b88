"""What the verb release says to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from megabar.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NOTHING: Final = "-"
_EV: Final = 96485.33212331002  # J/mol
_TRACE: Final = 1e-14  # H per metal: about one atom of a whole cell
_ROWS: Final = 8  # of the table over days


def words_of(facts: Mapping[str, Any]) -> Iterator[terminal.Piece]:
    """Say where the hydrogen goes.

    Parameters
    ----------
    facts
        What the JSON object holds.

    Yields
    ------
    :
        Lines and tables.
    """
    yield terminal.Line("cell", f"{facts['name']}; {facts['temperature']:.4g} K")
    yield terminal.Line("ANSWER", _answer(facts))
    yield terminal.Line("surface", _surface_words(facts["surface"]))
    yield terminal.Line("level", f"{facts['level']['name']}: {facts['level']['words']}")
    yield _over_days(facts)
    for one in facts["sources"]:
        yield terminal.Line("material", f"{one['key']}: {one['words']}")
    for one in facts["unknowns"]:
        yield terminal.Line(
            "unknown",
            f"{one['key']}: nobody has measured it; {one['low']:.2g} to {one['high']:.2g} "
            f"{one['unit']} are allowed, {one['used']:.2g} stands in the plan as it is",
        )
    if len(facts["outcomes"]) > 1 or facts["unknowns"]:
        yield _outcome_table(facts["outcomes"])
        yield from _comparisons(facts["outcomes"])
    elif facts["outcomes"][0]["below"]:
        yield from _below_words(facts["outcomes"][0])
    if facts["excess"] is not None:
        yield terminal.Line("excess H2", _excess_words(facts["excess"], facts))
    yield terminal.Line(
        "balance",
        f"all hydrogen together drifts by {facts['drift']:.1e} of itself ({facts['solver']}, "
        f"{facts['steps']} steps)",
    )
    for path in facts["written"]:
        yield terminal.Line("written", path)
    if facts["figure"] is not None:
        yield terminal.Line("figure", facts["figure"])


def _answer(facts: Mapping[str, Any]) -> str:
    begin, end = facts["content"][0], facts["content"][-1]
    loss = facts["outcomes"][0]["loss_at_start"]
    return (
        f"from {begin:.4g} to {end:.4g} H per metal in {facts['days'][-1]:.4g} days; at the start "
        f"{loss:.3g} H per metal and day leave grains of all sizes"
    )


def _surface_words(surface: Mapping[str, Any]) -> str:
    words = f"{surface['law']}, {surface['rate']:.3g} {surface['rate_unit']}"
    energy = surface["activation_energy"]
    if energy is None:
        words += "; no activation energy, so no law of temperature"
    else:
        words += f"; activation energy {energy / 1e3:.1f} kJ/mol ({energy / _EV:.3f} eV)"
    return f"{words}; equilibrium {surface['equilibrium']}"


def _over_days(facts: Mapping[str, Any]) -> terminal.Table:
    count = len(facts["days"])
    places = sorted({round(k * (count - 1) / (_ROWS - 1)) for k in range(_ROWS)})
    columns = {"grains": facts["content"]}
    columns |= {"free": facts["free"], "bound": facts["bound"], **facts["layers"]}
    columns |= {"outside": facts["lost"]}
    kept = {name: held for name, held in columns.items() if name == "grains" or max(held) > 0}
    return terminal.Table(
        title="H per metal",
        columns=("day", *kept),
        rows=tuple(
            (f"{facts['days'][k]:.4g}", *(_amount(held[k]) for held in kept.values()))
            for k in places
        ),
    )


def _amount(value: float) -> str:
    if abs(value) < _TRACE:
        return "0"
    return f"{value:.3f}" if abs(value) >= 0.01 else f"{value:.1e}"


def _outcome_table(outcomes: Sequence[Mapping[str, Any]]) -> terminal.Table:
    stacks = list(dict.fromkeys(name for one in outcomes for name in one["stacks"]))
    ranged = any(one["content_range"] for one in outcomes)
    asked = [one["content"] for one in outcomes[0]["below"]]
    return terminal.Table(
        title="variants: H per metal and day at the start, H per metal at the end",
        columns=(
            "variant", "K", "loss", "grains", "free", *stacks,
            *(f"below {content:g}" for content in asked),
            *(("grains, unknowns", "walls, unknowns") if ranged else ()),
        ),
        rows=tuple(
            (
                one["name"],
                f"{one['temperature']:.4g}",
                f"{one['loss_at_start']:.3g}",
                f"{one['content']:.3f}",
                _amount(one["free"]),
                *(_amount(one["stacks"][name]) if name in one["stacks"] else _NOTHING
                  for name in stacks),
                *(_day(entry["day"]) for entry in one["below"]),
                *((_span(one["content_range"]), _span(one["walls_range"])) if ranged else ()),
            )
            for one in outcomes
        ),
    )  # fmt: skip


def _day(day: float | None) -> str:
    return "not reached" if day is None else f"day {day:.3g}"


def _span(ends: Sequence[float] | None) -> str:
    return _NOTHING if ends is None else f"{_amount(ends[0])} to {_amount(ends[1])}"


def _below_words(one: Mapping[str, Any]) -> Iterator[terminal.Piece]:
    for entry in one["below"]:
        yield terminal.Line("below", f"{entry['content']:g} H per metal: {_day(entry['day'])}")


def _comparisons(outcomes: Sequence[Mapping[str, Any]]) -> Iterator[terminal.Piece]:
    """Say how much slower or faster another temperature is, and what a layer keeps."""
    base = outcomes[0]
    for one in outcomes[1:]:
        if one["kind"] == "temperature" and one["loss_at_start"] > 0 and base["loss_at_start"] > 0:
            ratio = one["loss_at_start"] / base["loss_at_start"]
            words = f"{1 / ratio:.3g} times slower" if ratio < 1 else f"{ratio:.3g} times faster"
            yield terminal.Line(
                "temperature",
                f"{one['temperature']:.4g} K instead of {base['temperature']:.4g} K: {words}",
            )
        if one["kind"] == "layer":
            taken = sum(one["stacks"].values()) - sum(base["stacks"].values())
            yield terminal.Line(
                "layer",
                f"{one['name']}: {taken:+.3g} H per metal more in the walls at the end, "
                f"{one['content'] - base['content']:+.3g} in the grains",
            )


def _excess_words(excess: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    if excess["free"] is None:
        words = f"no excess halts the loss: {excess['reason']}"
    else:
        words = (
            f"{excess['h2']:.3g} free H2 per metal ({excess['free']:.3g} H) halt the loss at the "
            f"start; with it the grains hold {excess['content']:.4g} after "
            f"{facts['days'][-1]:.4g} days"
        )
    kept = excess["kept"]
    if kept is None:
        return words
    if kept["free"] is None:
        return f"{words}; no excess keeps {kept['content']:g} H per metal to the end"
    return f"{words}; {kept['h2']:.3g} H2 keep {kept['content']:g} H per metal to the end"
