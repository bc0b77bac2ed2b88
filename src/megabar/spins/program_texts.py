r"""Pulse sequences of one's own, from a few lines of text.

One statement a line; ``#`` begins a comment; times, frequencies and angles carry their unit.

===================================  =============================================================
``name my echo``                     what it is called
``observe 139La``                    observed spins
``turn 4``                           parts that a full turn of phase is counted in
``phases ph1 = 0 2 1 3``             a row of the phase table
``receiver = 0 2 1 3``               phases of the receiver
``pulse ph1, 4 us, 62.5 kHz``        a rectangular pulse; ``fixed`` instead of a row: never turned
``pulse ph1, 6 us, 100 kHz, gauss``  one of the shapes given, of this amplitude where the shape is 1
``ideal ph1, 90 deg``                an infinitely short pulse
``delay 25 us``                      evolution
``keep 139La, 1 -1``                 only these coherence orders pass
``repeat 8`` ... ``end``             the lines between, so many times
===================================  =============================================================

A pulse reaches the observed spins, or those that ``on 1H`` at its end names, after a comma.
The acquisition begins behind the last line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn

import numpy as np

from megabar.errors import UnitError, UnusableInput, did_you_mean, shortened
from megabar.spins.phase_tables import PhaseTable
from megabar.spins.programs import Cycled, Program
from megabar.spins.sequences import Delay, IdealPulse, OrderFilter, Pulse
from megabar.units import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from megabar.spins.programs import Happening

_FIXED: Final = "fixed"
_NEEDED: Final = {
    "name": "name my echo",
    "observe": "observe 139La",
    "turn": "turn 4",
    "receiver": "receiver = 0 1 2 3",
}
_LONGEST: Final = 100_000  # elements of a program


def program_from_text(text: str, *, shapes: Mapping[str, ArrayLike]) -> Program:
    """Read a pulse sequence.

    Parameters
    ----------
    text
        Statements of the form that this module describes.
    shapes
        Name -> relative amplitudes of slices of equal length, (slice,), for the pulses that name
        them.

    Returns
    -------
    :
        The program.

    Raises
    ------
    UnusableInput
        If a line cannot be understood or something is missing: which line, what was found, what
        was expected, and what to write. If a shape is no list of numbers.

    Examples
    --------
    >>> program = program_from_text('''
    ...     name     solid echo of mine
    ...     observe  139La
    ...     turn     4
    ...     phases   ph1 = 0 2 1 3 0 2 1 3
    ...     phases   ph2 = 1 1 2 2 3 3 0 0
    ...     receiver     = 0 2 1 3 0 2 1 3
    ...     pulse    ph1, 4 us, 62.5 kHz
    ...     delay    25 us
    ...     pulse    ph2, 4 us, 62.5 kHz
    ... ''', shapes={})
    >>> [orders[0] for orders in program.kept_pathways(spin=3.5)]
    [-7, -5, -3, -1, 1, 3, 5, 7]
    """
    slices = {name: np.asarray(one, dtype=np.float64) for name, one in shapes.items()}
    for name, one in slices.items():
        if one.ndim != 1 or not one.size or not np.isfinite(one).all():
            msg = (
                f"Found shape {name!r} of dimensions {one.shape}; a pulse needs a finite amplitude "
                "for each of its slices, at least one."
            )
            raise UnusableInput(msg)
    reader = _Reader(slices)
    for number, line in enumerate(text.splitlines(), start=1):
        statement = line.split("#", 1)[0].strip()
        if statement:
            reader.take(number, statement)
    return reader.program()


class _Reader:
    """What was read up to the present line."""

    def __init__(self, shapes: Mapping[str, NDArray[np.float64]]) -> None:
        self._shapes = shapes
        self._line = 0
        self._words: dict[str, str] = {}
        self._rows: dict[str, tuple[int, ...]] = {}
        self._elements: list[Happening] = []
        self._outside: list[tuple[int, int, list[Happening]]] = []  # of each open repeat
        self._named: dict[str, int] = {}  # row -> line of the first pulse that names it
        self._statements: dict[str, Callable[[str, str], None]] = {
            "name": self._word,
            "observe": self._word,
            "turn": self._turn,
            "phases": self._phases,
            "receiver": self._phases,
            "pulse": self._pulse,
            "ideal": self._ideal,
            "delay": self._delay,
            "keep": self._keep,
            "repeat": self._repeat,
            "end": self._end,
        }

    def take(self, number: int, statement: str) -> None:
        """Read one line."""
        self._line = number
        word = re.split(r"[\s=]", statement, maxsplit=1)[0]
        rest = statement.removeprefix(word)
        if word not in self._statements:
            hint = did_you_mean(word, self._statements)
            self._refuse(f"{shortened(word)!r}", "a statement", hint)
        self._statements[word](word, rest.strip())

    def program(self) -> Program:
        """Put together what was read."""
        if self._outside:
            self._line = self._outside[-1][0]
            self._refuse("'repeat'", "an 'end' behind it", "Write 'end' after the lines to repeat.")
        for word, example in _NEEDED.items():
            if word not in self._words and word not in self._rows:
                self._refuse("the end of the text", f"a line {word!r}", f"Write '{example}'.")
        steps = len(self._rows["receiver"])
        for row, line in self._named.items():
            self._line = line
            self._check_row(row, steps)
        if not self._named:
            self._refuse("no pulse with phases", "one or more", "Write 'pulse ph1, ...'.")
        table = PhaseTable(
            name=f"cycle of {self._words['name']}",
            turn=int(self._words["turn"]),
            phases={row: phases for row, phases in self._rows.items() if row in self._named},
            receiver=self._rows["receiver"],
        )
        try:
            return Program(
                name=self._words["name"],
                channel=self._words["observe"],
                elements=tuple(self._elements),
                table=table,
            )
        except ValueError as error:
            raise UnusableInput(str(error)) from None

    def _check_row(self, row: str, steps: int) -> None:
        if row not in self._rows:
            self._refuse(f"phases {row!r}", "a row of the table", f"Write 'phases {row} = ...'.")
        if len(self._rows[row]) != steps:
            self._refuse(
                f"phases {row!r} of {len(self._rows[row])} steps",
                f"{steps}, as the receiver has",
                "Repeat the shorter one until it is as long.",
            )

    def _word(self, word: str, rest: str) -> None:
        if not rest:
            self._refuse(f"{word!r} alone", "a word behind it", f"Write '{_NEEDED[word]}'.")
        self._words[word] = rest

    def _turn(self, word: str, rest: str) -> None:
        self._words[word] = str(self._count(rest, example="turn 4"))

    def _phases(self, word: str, rest: str) -> None:
        row, _, phases = (part.strip() for part in rest.partition("="))
        example = "receiver = 0 1 2 3" if word == "receiver" else "phases ph1 = 0 1 2 3"
        parts = phases.split()
        if bool(row) is (word == "receiver") or not parts or not all(map(_is_whole, parts)):
            self._refuse(
                f"{shortened(rest)!r}", "whole numbers behind '=', parts of a turn",
                f"Write '{example}'.",
            )  # fmt: skip
        self._rows[row or word] = tuple(int(part) for part in parts)

    def _pulse(self, _: str, rest: str) -> None:
        example = "pulse ph1, 4 us, 62.5 kHz"
        row, parts, channel = self._parts(rest, (2, 3), example)
        shape = np.ones(1)
        if len(parts) == 3:
            if parts[2] not in self._shapes:
                hint = did_you_mean(parts[2], self._shapes)
                self._refuse(f"shape {shortened(parts[2])!r}", "a shape that is given", hint)
            shape = self._shapes[parts[2]]
        duration = self._quantity(parts[0], "s", "length of the pulse")
        amplitude = shape * self._quantity(parts[1], "Hz", "nutation frequency")
        pulse = Pulse(
            channel=channel, duration=duration, amplitude=amplitude, phase=np.zeros(len(shape))
        )
        self._elements.append(pulse if row == _FIXED else Cycled(row=row, pulse=pulse))

    def _ideal(self, _: str, rest: str) -> None:
        row, (angle,), channel = self._parts(rest, (1,), "ideal ph1, 90 deg")
        pulse = IdealPulse(
            channel=channel,
            angle=self._quantity(angle, "rad", "flip angle", signed=True),
            phase=0.0,
        )
        self._elements.append(pulse if row == _FIXED else Cycled(row=row, pulse=pulse))

    def _delay(self, _: str, rest: str) -> None:
        self._elements.append(Delay(duration=self._quantity(rest, "s", "delay")))

    def _keep(self, _: str, rest: str) -> None:
        channel, _, orders = (part.strip() for part in rest.partition(","))
        parts = orders.split()
        if not channel or not parts or not all(map(_is_whole, parts)):
            self._refuse(
                f"{shortened(rest)!r}", "spins and whole orders", "Write 'keep 139La, 1 -1'."
            )
        self._elements.append(OrderFilter(orders={channel: tuple(int(part) for part in parts)}))

    def _repeat(self, _: str, rest: str) -> None:
        times = self._count(rest, example="repeat 8")
        self._outside.append((self._line, times, self._elements))
        self._elements = []

    def _end(self, word: str, rest: str) -> None:
        if rest or not self._outside:
            self._refuse(f"'{word} {rest}'".replace(" '", "'"), "'end' of an open 'repeat'",
                         "Write 'repeat 8' before the lines to repeat.")  # fmt: skip
        _, times, before = self._outside.pop()
        if len(before) + times * len(self._elements) > _LONGEST:
            self._refuse(f"{times} repetitions", f"at most {_LONGEST} elements", "Repeat less.")
        self._elements = before + times * self._elements

    def _parts(
        self, rest: str, counts: tuple[int, ...], example: str
    ) -> tuple[str, list[str], str]:
        """Row, what stands behind it, and the channel of a pulse."""
        row, *parts = (part.strip() for part in rest.split(","))
        channel = self._words.get("observe", "")
        if parts and parts[-1].startswith("on "):
            channel = parts.pop()[3:].strip()
        if not row or len(parts) not in counts:
            wanted = " or ".join(str(count + 1) for count in counts)
            self._refuse(f"{shortened(rest)!r}", f"{wanted} parts between commas",
                         f"Write '{example}'.")  # fmt: skip
        if not channel:
            self._refuse("a pulse", "the spins that it reaches", "Write 'observe 139La' above it.")
        if row != _FIXED:
            self._named.setdefault(row, self._line)
        return row, parts, channel

    def _quantity(self, text: str, unit: str, name: str, *, signed: bool = False) -> float:
        try:
            value = parse(text, unit=unit, name=name)
        except UnitError as error:
            msg = f"Line {self._line}: {shortened(str(error))}"
            raise UnusableInput(msg) from None
        if value < 0 and not signed:
            self._refuse(f"{name} {text!r}", "zero or more", "Leave out the sign.")
        return value

    def _count(self, text: str, *, example: str) -> int:
        if not _is_whole(text) or int(text) < 1:
            self._refuse(f"{shortened(text)!r}", "a whole number above zero", f"Write '{example}'.")
        return int(text)

    def _refuse(self, found: str, expected: str, remedy: str) -> NoReturn:
        msg = f"Line {self._line}: found {found}; expected {expected}. {remedy}"
        raise UnusableInput(msg)


def _is_whole(text: str) -> bool:
    return len(text) < 10 and text.removeprefix("-").isdecimal()
