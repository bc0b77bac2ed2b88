"""The attributes that every reader writes: where the file is from, and what was said about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from megabar import provenance
from megabar.errors import AmbiguousNucleus
from megabar.schemas import UNKNOWN

if TYPE_CHECKING:
    from megabar.readers.decisions import Decisions


def origin(
    path: Path, decisions: Decisions, *, format_name: str, files: Sequence[str] = ()
) -> dict[str, Any]:
    """Say from which bytes a dataset comes, and what people decided about them.

    Parameters
    ----------
    path
        The file that was asked for.
    decisions
        What was decided; it is kept in the provenance.
    format_name
        Name of the format.
    files
        All files that were read, relative to the folder of ``path``, where there are several.

    Returns
    -------
    :
        cell, source, source_sha256, source_files, format, provenance.
    """
    names = list(files) or [path.name]
    digest = (
        provenance.sha256_of_files(path.parent, names)
        if len(names) > 1
        else provenance.sha256_of_file(path)
    )
    return {
        "cell": decisions.cell or UNKNOWN,
        "source": path.name,
        "source_sha256": digest,
        "source_files": names,
        "format": format_name,
        "provenance": provenance.record(
            step=f"readers.{format_name}", parameters=decisions.taken(), inputs=[digest]
        ),
    }


def nmr(decisions: Decisions, *, stated: Mapping[str, Any]) -> dict[str, Any]:
    """Give the attributes of an NMR measurement: what was decided, else what the file states.

    Parameters
    ----------
    decisions
        What was decided.
    stated
        What the file states without doubt, under the same names, in SI; ``nucleus`` and
        ``carrier_frequency`` [Hz] must be among them.

    Returns
    -------
    :
        nucleus, carrier_frequency, n_scans, sequence, repetition_time, dead_time, sense, and
        echo_delay and flip_angle where they are known. Unknown numbers are nan.
    """
    nan = float("nan")
    known = {"n_scans": nan, "sequence": UNKNOWN, "repetition_time": nan, "dead_time": nan}
    known |= {"sense": 1, **stated}
    for name in (*known, "echo_delay", "flip_angle"):
        decided = getattr(decisions, name, None)
        if decided is not None:
            known[name] = list(decided) if isinstance(decided, tuple) else decided
    return known


def nucleus(
    path: Path, decisions: Decisions, *, field: str, found: str, candidates: Sequence[str]
) -> str:
    """Give the nucleus that was decided, or ask for it.

    Parameters
    ----------
    path
        The file.
    decisions
        What was decided.
    field
        The field of the file that should say it.
    found
        What stands there, as a sentence.
    candidates
        What it could be.

    Returns
    -------
    :
        The nucleus, or ``"unknown"`` where that was decided.

    Raises
    ------
    AmbiguousNucleus
        If nobody decided.
    """
    if decisions.nucleus is None:
        raise AmbiguousNucleus(
            file=path.name,
            field=field,
            found=found,
            argument="nucleus",
            candidates=[*candidates, "'unknown' leaves it open"],
        )
    return decisions.nucleus
