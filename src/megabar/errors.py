"""Errors of megabar: what was found, what it breaks, what to do, and what is already known."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

_LONGEST = 300
_LISTED = 60


def shortened(text: str) -> str:
    """Give a text that a message can hold; what a damaged file says may be very long.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    :
        At most 300 characters.

    Examples
    --------
    >>> shortened("[" * 100_000)[-6:]
    '[[[...'
    """
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


class MegabarError(Exception):
    """Root of all errors that megabar raises on purpose."""


# --- what people type -----------------------------------------------------------------------------


class UnitError(MegabarError, ValueError):
    """A quantity that was typed cannot be read as what is needed."""


class UnknownWord(MegabarError, ValueError):
    """A word outside a closed list."""


class PlanError(MegabarError, ValueError):
    """A plan says something impossible or leaves something open."""


class MissingInput(MegabarError, ValueError):
    """What was typed leaves a physical quantity open.

    Parameters
    ----------
    message
        What was found, what it breaks, what to write.
    argument
        The option that decides.
    candidates
        Answers that are known, if any.
    """

    def __init__(self, message: str, *, argument: str, candidates: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.argument = argument
        self.candidates = tuple(candidates)


class UnusableInput(MegabarError, ValueError):
    """What was typed is understood, and cannot be used."""


class MissingExtra(MegabarError, ImportError):
    """An optional package is needed and absent."""


class SchemaError(MegabarError, ValueError):
    """A dataset is not what its schema promises."""


# --- files ----------------------------------------------------------------------------------------


class ReadError(MegabarError):
    """A file cannot be read: which file, which field, what was found, what to do.

    Parameters
    ----------
    file
        Name of the file, without its folder.
    field
        Field of the file or argument that is at fault.
    found
        What stands there, and what it breaks.
    remedy
        What to do.
    """

    def __init__(self, *, file: str, field: str, found: str, remedy: str) -> None:
        super().__init__(f"{file}: {shortened(field)}: {shortened(found)} {remedy}")
        self.file = file
        self.field = field
        self.found = found
        self.remedy = remedy


class UnreadableFile(ReadError):
    """The bytes are not of this format, or of no known format."""


class TruncatedData(ReadError):
    """Fewer bytes than the header demands; ``partial`` holds what is there, or None."""

    def __init__(self, *, partial: Any = None, **words: str) -> None:
        super().__init__(**words)
        self.partial = partial


class InconsistentHeader(ReadError):
    """Two statements of one file contradict each other."""


class OpenQuestion(ReadError):
    """The file leaves a physical quantity open; ``candidates`` may be chosen with ``argument``."""

    def __init__(
        self,
        *,
        file: str,
        field: str,
        found: str,
        argument: str,
        candidates: Iterable[str],
    ) -> None:
        self.argument = argument
        self.candidates = tuple(candidates)
        named = [shortened(word) for word in self.candidates[:_LISTED]]
        more = [f"{len(self.candidates) - _LISTED} more"] if len(self.candidates) > _LISTED else []
        listed = ", ".join([*named, *more]) or "none found in the file"
        remedy = f"Candidates: {listed}. Decide with {argument}=... or in the plan."
        super().__init__(file=file, field=field, found=found, remedy=remedy)


class MissingArray(OpenQuestion):
    """The values along the step dimension are not in the file."""


class AmbiguousArray(OpenQuestion):
    """Several tables could be the values along the step dimension."""


class AmbiguousNucleus(OpenQuestion):
    """The file does not say, or says wrongly, which nucleus was observed."""


class NotTimeDomain(MegabarError, ValueError):
    """An estimator of decays was handed a transformed signal."""


class NotATrajectory(MegabarError, ValueError):
    """Frames without time order were handed to a function that needs displacements."""


# --- numbers --------------------------------------------------------------------------------------


class FitFailed(MegabarError):
    """A fit did not arrive; ``last`` is its last iterate, ``reason`` the engine's word."""

    def __init__(self, message: str, *, last: Any, reason: str) -> None:
        super().__init__(message)
        self.last = last
        self.reason = reason


class Undetermined(MegabarError, ValueError):
    """The data do not determine the quantity asked for; ``quality`` says in what way."""

    def __init__(self, message: str, *, quality: str) -> None:
        super().__init__(message)
        self.quality = quality


class GateFailed(MegabarError):
    """A simulation is not fit for a number; ``gate`` says why, ``partial`` is what was recorded."""

    def __init__(self, message: str, *, gate: Any, partial: Any) -> None:
        super().__init__(message)
        self.gate = gate
        self.partial = partial


class SolverTruncated(MegabarError):
    """An integration in time stopped early; ``times`` and ``values`` are what was reached.

    Parameters
    ----------
    message
        What stopped it, where, and what to do.
    times
        Times that were reached [s].
    values
        Values there (times, n).
    reason
        The engine's word.
    """

    def __init__(self, message: str, *, times: Any, values: Any, reason: str) -> None:
        super().__init__(message)
        self.times = times
        self.values = values
        self.reason = reason


class BalanceLost(MegabarError):
    """Atoms appeared or vanished in a simulation; ``drift`` is their share at each time."""

    def __init__(self, message: str, *, drift: Any) -> None:
        super().__init__(message)
        self.drift = drift


# --- stores ---------------------------------------------------------------------------------------


class StoreError(MegabarError):
    """The store of a campaign is missing, newer than this version, or damaged."""


# --- work by many processes -----------------------------------------------------------------------


class WorkerLost(MegabarError):
    """A process ended while it worked; ``code`` is its exit code, None if nobody knows it."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"The process that worked on it ended with code {code}.")
        self.code = code


class SchedulerLost(MegabarError):
    """The cluster went away during the work; what was finished is kept."""


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Suggest the nearest of a closed list of words.

    Parameters
    ----------
    word
        What was typed.
    choices
        The closed list.

    Returns
    -------
    :
        A sentence to append to an error message.

    Examples
    --------
    >>> did_you_mean("lorenzian", ["gaussian", "lorentzian", "voigt"])
    'Did you mean lorentzian? Known: gaussian, lorentzian, voigt.'
    """
    known = sorted(choices)
    near = get_close_matches(word, known, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return f"{hint}Known: {', '.join(known)}."


def one_of(word: str, choices: Iterable[str], *, name: str) -> str:
    """Return a word of a closed list, or say which words there are.

    Parameters
    ----------
    word
        What was typed.
    choices
        The closed list.
    name
        What the word decides, for the message.

    Returns
    -------
    :
        The word itself.

    Raises
    ------
    UnknownWord
        If the word is not in the list.

    Examples
    --------
    >>> one_of("voigt", ["gaussian", "lorentzian", "voigt"], name="shape")
    'voigt'
    """
    known = tuple(choices)
    if word not in known:
        msg = f"Found {name} {word!r}, which is unknown. {did_you_mean(word, known)}"
        raise UnknownWord(msg)
    return word
