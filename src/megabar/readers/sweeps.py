"""From columns to a Sweep: where it comes from, which way the temperature went, what to doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import provenance, schemas
from megabar.errors import OpenQuestion, UnreadableFile
from megabar.readers import ramps
from megabar.readers.plain_text import ends_whole
from megabar.schemas import UNKNOWN

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_DIGITISED: Final = (
    "The points were taken from a picture: there is no noise to weight them by, no time, no "
    "direction, and the zero of the quantity is uncertain by about 1 % of its largest value."
)


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


def sweep_from(
    path: Path,
    decisions: Decisions,
    *,
    series: Mapping[str, NDArray[np.float64]],
    warnings: tuple[str, ...],
    format_name: str,
    attrs: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """Make the Sweep of a file out of its columns; directions come from the temperatures.

    Parameters
    ----------
    path
        The file.
    decisions
        cell, current, source_kind, started_at, note.
    series
        Quantity -> values in the unit of :mod:`megabar.schemas`, (point,), in the order of the
        file.
    warnings
        What was repaired.
    format_name
        Name of the format.
    attrs
        Further attributes.

    Returns
    -------
    :
        Dataset of schema ``sweep/1``.

    Raises
    ------
    OpenQuestion
        If a resistance has no time, and nobody said whether its rows are in order.
    UnreadableFile
        If no temperature is above 0 K.
    """
    series, warnings = _above_zero_kelvin(path, series, warnings)
    measured = {n: v for n, v in series.items() if is_value(n)}
    along: dict[str, NDArray[Any]] = {n: v for n, v in series.items() if n not in measured}
    kind = _source_kind(path, decisions, series)
    told = list(warnings)
    if not ends_whole(path):
        told.append("The last line has no end: if the file was cut, its last number is wrong.")
    if "temperature" in along:
        direction = np.zeros(len(along["temperature"]), dtype=np.int8)
        if kind == "log":
            direction, turns = ramps.directions(along["temperature"])
            told += ramps.reversal_warnings(along["temperature"], turns)
        along["direction"] = direction
    if kind == "digitised":
        told.append(_DIGITISED)
        told += _repeats(along.get("temperature"))
    if decisions.note is not None:
        told.append(f"Note: {decisions.note}.")
    statement = origin(path, decisions, format_name=format_name)
    statement |= {"current": _known(decisions.current), "source_kind": kind, **(attrs or {})}
    if decisions.note is not None:
        statement["note"] = decisions.note
    dataset = schemas.sweep(
        measured, coords=along, attrs=statement, started_at=decisions.started_at
    )
    return schemas.with_warnings(dataset, *told) if told else dataset


def is_value(quantity: str) -> bool:
    """Say whether a quantity is measured; the resistance of a thermometer is a coordinate.

    Parameters
    ----------
    quantity
        Name of a quantity.

    Returns
    -------
    :
        Whether it is a variable of a Sweep, or the standard deviation or offset of one.

    Examples
    --------
    >>> is_value("resistance_std"), is_value("resistance_pt100")
    (True, False)
    """
    plain = quantity.removesuffix("_std")
    return plain in schemas.SWEEP_VALUES or plain in {f"{v}_offset" for v in schemas.SWEEP_VALUES}


def _source_kind(
    path: Path, decisions: Decisions, series: Mapping[str, NDArray[np.float64]]
) -> str:
    if decisions.source_kind is not None:
        return decisions.source_kind
    if "resistance" not in series or "time" in series:
        return "log" if "time" in series else UNKNOWN
    raise OpenQuestion(
        file=path.name,
        field="order of the rows",
        found="a resistance without time: the rows may be in the order of the measurement, or "
        "taken from a picture.",
        argument="source_kind",
        candidates=["'log'", "'digitised'"],
    )


def _above_zero_kelvin(
    path: Path, series: Mapping[str, NDArray[np.float64]], warnings: tuple[str, ...]
) -> tuple[Mapping[str, NDArray[np.float64]], tuple[str, ...]]:
    """Leave out the points of a thermometer that reports no temperature."""
    if "temperature" not in series:
        return series, warnings
    possible = series["temperature"] > 0
    impossible = int(np.count_nonzero(~possible))
    if not impossible:
        return series, warnings
    if not possible.any():
        raise UnreadableFile(
            file=path.name,
            field="temperature",
            found="no temperature is above 0 K.",
            remedy="Check the unit in the column map.",
        )
    told = f"{impossible} points at or below 0 K were left out: the thermometer gave no reading."
    return {name: values[possible] for name, values in series.items()}, (*warnings, told)


def _repeats(temperature: NDArray[np.float64] | None) -> list[str]:
    if temperature is None:
        return []
    repeated = temperature.size - np.unique(temperature).size
    if not repeated:
        return []
    return [
        f"{repeated} of {temperature.size} temperatures repeat an earlier one: merge them before "
        "taking a derivative."
    ]


def _known(value: float | None) -> float:
    return float("nan") if value is None else value
