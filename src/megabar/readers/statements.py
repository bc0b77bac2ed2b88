"""Where a sweep comes from, as attributes: file, digest, and what was decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from megabar import provenance
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
            step=f"readers.{format_name}.read",
            parameters={"format": format_name, "files": names, "decisions": decisions.taken()},
            inputs=[digest],
        ),
    }
