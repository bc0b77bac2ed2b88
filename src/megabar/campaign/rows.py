"""What the store holds, as frozen dataclasses: acquisitions, analyses with their numbers, failures.

No row carries the time at which it was written: a run that was killed and resumed leaves the same
rows as one that was not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import provenance, schemas
from megabar.errors import MegabarError, OpenQuestion, ReadError

if TYPE_CHECKING:
    import xarray as xr

WITHDRAWN: Final = "withdrawn"
"""Stands for the successor of numbers that have none."""

_OF_SCHEMA: Final = frozenset(
    {"schema", "nucleus", "metal", "method", "quality", "provenance", "warnings"}
)


@dataclass(frozen=True, kw_only=True)
class Acquisition:
    """One raw file in the archive.

    Parameters
    ----------
    id
        Digest of what it was read from: bytes, decisions, cell, channel, version.
    cell, channel, measure
        Where it belongs in the plan.
    source, source_sha256, source_files
        Where it came from, relative to the plan; the digest and the names of the files read.
    decisions
        JSON of what was decided for the reader.
    version
        Version of megabar that read it.
    archive, archive_sha256
        Its file below the archive folder.
    schema, started_at, nucleus, sequence
        What it is.
    settings
        JSON of the numbers that the content needs: carrier_frequency [Hz], repetition_time,
        echo_delay, dwell, first_time and last_time of the points used [s], flip_angle [rad]; those
        that are known.
    warnings
        What the reader repaired or found strange.
    supersedes
        Id of the acquisition of the same source whose place it took, or None.
    present
        Whether the source was there when last looked for.
    excluded
        Why its numbers do not enter, or None.
    superseded_by
        Id of the acquisition that took its place, or None.
    """

    id: str
    cell: str
    channel: str
    measure: str
    source: str
    source_sha256: str
    source_files: tuple[str, ...]
    decisions: str
    version: str
    archive: str
    archive_sha256: str
    schema: str
    started_at: str
    nucleus: str
    sequence: str
    settings: str
    warnings: tuple[str, ...]
    supersedes: str | None
    present: bool = True
    excluded: str | None = None
    superseded_by: str | None = None

    @property
    def place(self) -> tuple[str, str, str]:
        """Cell, channel and source."""
        return (self.cell, self.channel, self.source)

    @property
    def live(self) -> bool:
        """Whether its numbers enter."""
        return self.superseded_by is None and self.excluded is None

    def setting(self, name: str) -> float | None:
        """Give one of the settings of the measurement.

        Parameters
        ----------
        name
            Its name.

        Returns
        -------
        :
            The number in SI, or None if neither file nor plan said it.
        """
        found = json.loads(self.settings).get(name)
        return None if found is None else float(found)


@dataclass(frozen=True, kw_only=True)
class Value:
    """One number.

    Parameters
    ----------
    name, value, std, unit, quality
        As in an Observables dataset; std is the total standard error.
    independent_std, common_std
        The part of it that other points of the series do not share, and the part that all share,
        in the same unit; None where nobody told them apart.
    """

    name: str
    value: float
    std: float
    unit: str
    quality: str
    independent_std: float | None = None
    common_std: float | None = None


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """The numbers that one function gave for one acquisition.

    Parameters
    ----------
    id
        Digest of step, inputs, parameters and version.
    acquisition
        Id of the acquisition that it belongs to.
    step
        What was done: the measure of the channel, ``"shift"``, ``"field offset"``, ``"content"``.
    node
        Where its numbers stand in a History: a nucleus, ``"content"``, ``"resistance"``.
    method, provenance
        How, in words and as one line of JSON.
    inputs
        Ids of the acquisitions and analyses that went in.
    warnings
        One sentence each.
    details
        JSON of further attributes: curves to draw, assumptions, alternatives.
    values
        The numbers.
    superseded_by
        Id of the analysis that took its place, ``"withdrawn"``, or None.
    """

    id: str
    acquisition: str
    step: str
    node: str
    method: str
    provenance: str
    inputs: tuple[str, ...]
    warnings: tuple[str, ...]
    details: str
    values: tuple[Value, ...]
    superseded_by: str | None = None

    def value(self, name: str) -> Value | None:
        """Give one of its numbers.

        Parameters
        ----------
        name
            Name of the observable.

        Returns
        -------
        :
            The number, or None if this analysis has none of that name.
        """
        return next((value for value in self.values if value.name == name), None)

    def detail(self, name: str) -> Any:
        """Give one of the further attributes.

        Parameters
        ----------
        name
            Its name.

        Returns
        -------
        :
            Text, number, list, or None if there is none of that name.
        """
        return json.loads(self.details).get(name)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What could not be done, why, and what to do.

    Parameters
    ----------
    cell, channel, source
        For which file.
    stage
        ``"read"``, ``"observe"`` or ``"derive"``.
    identity
        Digest of what went in, so that it is not tried again in vain; empty to try every time.
    kind
        Class of the error.
    message, remedy
        What was found, and what to do.
    argument, candidates
        What decides an open question, and the answers that the file offers.
    """

    cell: str
    channel: str
    source: str
    stage: str
    identity: str
    kind: str
    message: str
    remedy: str = ""
    argument: str = ""
    candidates: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[str, str, str]:
        """Cell, channel and source."""
        return (self.cell, self.channel, self.source)


def digest(**parts: Any) -> str:
    """Compute the identity of a piece of work from what determines it.

    Parameters
    ----------
    parts
        JSON types.

    Returns
    -------
    :
        64 hexadecimal digits.

    Examples
    --------
    >>> digest(step="line", inputs=["a"]) == digest(inputs=["a"], step="line")
    True
    """
    return provenance.sha256_of_text(json.dumps(parts, sort_keys=True, ensure_ascii=False))


def analysis_of(
    numbers: xr.Dataset,
    *,
    identity: str,
    acquisition: str,
    step: str,
    node: str,
    inputs: tuple[str, ...],
) -> Analysis:
    """Turn an Observables dataset into a row.

    Parameters
    ----------
    numbers
        Dataset of schema ``observables/1``.
    identity, acquisition, step, node, inputs
        As in :class:`Analysis`.

    Returns
    -------
    :
        The row; attributes beyond those of the schema become its details.
    """
    names = [str(n) for n in numbers.data_vars if not str(n).endswith("_std")]
    details = {name: _json(v) for name, v in numbers.attrs.items() if name not in _OF_SCHEMA}
    return Analysis(
        id=identity,
        acquisition=acquisition,
        step=step,
        node=node,
        method=numbers.attrs["method"],
        provenance=numbers.attrs["provenance"],
        inputs=inputs,
        warnings=schemas.warnings_of(numbers),
        details=json.dumps(details, sort_keys=True, ensure_ascii=False),
        values=tuple(_value(numbers, name) for name in names),
    )


def _value(numbers: xr.Dataset, name: str) -> Value:
    variable = numbers[name]
    return Value(
        name=name,
        value=float(variable),
        std=float(numbers[f"{name}_std"]),
        unit=variable.attrs["units"],
        quality=variable.attrs.get("quality", numbers.attrs["quality"]),
    )


def _json(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _json(entry) for key, entry in value.items()}
    return [_json(entry) for entry in value] if isinstance(value, list | tuple) else value


def failure_of(
    error: BaseException, *, cell: str, channel: str, source: str, stage: str, identity: str
) -> Failure:
    """Turn an error into a row.

    Parameters
    ----------
    error
        What was raised.
    cell, channel, source, stage, identity
        As in :class:`Failure`.

    Returns
    -------
    :
        The row.
    """
    message, remedy = str(error), ""
    if isinstance(error, ReadError):
        message, remedy = f"{error.file}: {error.field}: {error.found}", error.remedy
    elif not isinstance(error, MegabarError):
        remedy = "This was not foreseen. Please report it together with the file."
    question = error if isinstance(error, OpenQuestion) else None
    return Failure(
        cell=cell,
        channel=channel,
        source=source,
        stage=stage,
        identity=identity,
        kind=type(error).__name__,
        message=message,
        remedy=remedy,
        argument=question.argument if question else "",
        candidates=question.candidates if question else (),
    )
