"""Entry point: a table of verbs, each imported when it is called."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

from megabar import errors
from megabar.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One verb of the command line.

    Parameters
    ----------
    module
        Module with a function of the verb's name, its hyphens as underscores, and one
        ``add_<verb>_arguments``.
    summary
        One line for ``--help``.
    """

    module: str
    summary: str


VERBS: Final = {
    "show": Verb(module="megabar.cli.files", summary="say what a file, a plan or a store is"),
    "read": Verb(module="megabar.cli.files", summary="read files and write them in open formats"),
    "check": Verb(module="megabar.cli.checks", summary="check a file, plan, store or installation"),
    "simulate": Verb(module="megabar.cli.work", summary="make raw files that never happened"),
    "run": Verb(module="megabar.cli.work", summary="analyse what is missing of a campaign"),
    "status": Verb(module="megabar.cli.work", summary="say how far a campaign is"),
    "report": Verb(module="megabar.cli.work", summary="write the report of a campaign"),
    "demo": Verb(module="megabar.cli.work", summary="simulate, run and report the demo campaign"),
    "moments": Verb(module="megabar.cli.nature", summary="say how wide rigid hydrogen is"),
    "mobility": Verb(module="megabar.cli.mobility", summary="say how fast hydrogen moves"),
    "audit": Verb(module="megabar.cli.audit", summary="go through published numbers"),
    "plan-experiment": Verb(
        module="megabar.cli.experiment", summary="say how many scans and hours an error takes"
    ),
    "tc": Verb(
        module="megabar.cli.transitions", summary="say where resistance falls, and how surely"
    ),
    "pressure": Verb(module="megabar.cli.pressures", summary="say what a pressure gauge shows"),
    "release": Verb(module="megabar.cli.release", summary="say where hydrogen of a cell goes"),
    "trajectory": Verb(module="megabar.cli.paths", summary="say what moving atoms do and NMR sees"),
    "verdict": Verb(module="megabar.cli.verdict", summary="say which story the weeks support"),
}
"""Verb -> where it lives; nothing is imported before it is called."""

_EPILOG: Final = """\
exit codes:
  0   done
  2   bad input: what was given cannot be used
  10  input missing: the message names the argument that decides
  11  low confidence: computed, but some numbers are bounds or failed
  1   our fault: a defect of megabar

Each verb takes --json (one object on standard output), -T (traceback) and --help."""


class _UsageError(Exception):
    """The words on the command line do not fit."""

    def __init__(self, message: str, *, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class _Parser(argparse.ArgumentParser):
    """A parser that raises instead of printing its usage and leaving."""

    def error(self, message: str) -> NoReturn:
        missing = message.startswith("the following arguments are required") or message.endswith(
            ("expected one argument", "expected at least one argument")
        )
        code = terminal.INPUT_MISSING if missing else terminal.BAD_INPUT
        raise _UsageError(f"{message}. See {self.prog} --help.", exit_code=code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb.

    Parameters
    ----------
    argv
        Words after ``megabar``; those of the process if not given.

    Returns
    -------
    :
        Exit code: 0 ok, 2 bad input, 10 input missing, 11 low confidence. A defect of megabar
        leaves as an exception, which gives the process exit code 1.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    traced = "-T" in words or "--traceback" in words
    if argv is None and not traced:
        sys.excepthook = _confess
    as_json = "--json" in words
    try:
        code = _dispatch(words)
        sys.stdout.flush()  # a reader that left is noticed here, not at the end of the process
        return code
    except BrokenPipeError:  # such as | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return terminal.OK
    except (_UsageError, errors.MegabarError, OSError) as error:
        return _explain(error, words, as_json=as_json, traced=traced)
    except KeyboardInterrupt:
        terminal.print_error("Stopped. What is finished is kept; call it again to go on.")
        return 130


def _dispatch(words: list[str]) -> int:
    front = _front_parser()
    if not words or words[0].startswith("-"):
        front.parse_args(words)
        front.print_help()
        return terminal.OK
    name, *rest = words
    if name not in VERBS:
        message = f"Found verb {name!r}, which is unknown. {errors.did_you_mean(name, VERBS)}"
        raise _UsageError(message, exit_code=terminal.BAD_INPUT)
    verb = VERBS[name]
    module = import_module(verb.module)
    parser = _Parser(prog=f"megabar {name}", description=f"{verb.summary.capitalize()}.")
    function = name.replace("-", "_")
    getattr(module, f"add_{function}_arguments")(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("-T", "--traceback", action="store_true", help="show the traceback")
    arguments = parser.parse_args(rest)
    answer = getattr(module, function)(arguments)
    terminal.print_answer(answer, as_json=arguments.json)
    return int(answer.exit_code)


def _front_parser() -> argparse.ArgumentParser:
    width = max(map(len, VERBS))
    listed = "\n".join(f"  {name:<{width}}  {verb.summary}" for name, verb in VERBS.items())
    parser = _Parser(
        prog="megabar",
        usage="megabar [--help] [--version] VERB ...",
        description="From raw NMR and resistance signals of hydrides at megabar pressures to a "
        f"verdict.\n\nverbs:\n{listed}",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and leave")
    parser.add_argument("-T", "--traceback", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from megabar import provenance

        print(f"megabar {provenance.package_version()}")
        parser.exit()


def _explain(error: Exception, words: list[str], *, as_json: bool, traced: bool) -> int:
    """Print one line, or the traceback, and with ``--json`` an object that says the same."""
    code = _exit_code(error)
    if traced:
        traceback.print_exception(error)
    terminal.print_error(_one_line(error))
    if as_json:
        facts: dict[str, Any] = {
            "schema": "megabar.error/1",
            "verb": words[0],
            "kind": type(error).__name__.lstrip("_"),
            "message": _one_line(error),
            "exit_code": code,
        }
        for name in ("file", "field", "argument", "candidates"):
            if hasattr(error, name):
                facts[name] = getattr(error, name)
        terminal.print_json(facts)
    return code


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    return str(error)


def _exit_code(error: Exception) -> int:
    if isinstance(error, _UsageError):
        return error.exit_code
    if isinstance(error, errors.OpenQuestion | errors.MissingInput | errors.MissingExtra):
        return terminal.INPUT_MISSING
    if isinstance(error, errors.FitFailed | errors.Undetermined):
        return terminal.LOW_CONFIDENCE
    return terminal.BAD_INPUT


def _confess(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    """Say in one line that megabar is at fault; Python leaves with exit code 1."""
    terminal.print_error(
        f"our fault: {kind.__name__}: {error}. Call it again with -T and report what it prints."
    )
