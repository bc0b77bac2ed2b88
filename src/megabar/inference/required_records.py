"""Which records a loss of hydrogen needs before it is a verdict, and which of them exist."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from megabar.errors import one_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from megabar.inference.weeks import Weeks

RECORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "amplitudes": "1H amplitudes extrapolated to the pulse at every point",
        "t1": "T1 of 1H at every point, or a second repetition time",
        "metal_t1": "T1 of the metal at every point",
        "nutation": "a nutation of 1H at every point",
        "metal_nutation": "a nutation of the metal at every point",
        "common_scale": "the error of the scale that the points of a cell share",
        "witness": "a witness free of amplitudes: metal shift, Tc or diffraction of the cell",
    }
)
"""Name -> record, in words."""


def missing_records(weeks: Weeks, records: Collection[str] = ()) -> tuple[str, ...]:
    """List the records that a loss would need and that do not exist.

    Parameters
    ----------
    weeks
        Data; what they hold is found in them.
    records
        Names of :data:`RECORDS` that exist beside them.

    Returns
    -------
    :
        Missing records in words.

    Raises
    ------
    UnknownWord
        If a record is unknown.

    Examples
    --------
    >>> from megabar.inference.weeks import CellWeeks, Weeks
    >>> cell = CellWeeks(cell="A", elapsed=[0.0, 30.0], h_per_metal=[10.5, 6.4],
    ...                  independent_std=[0.4, 0.3], relative_std=[0.0, 0.0],
    ...                  common_relative_std=0.05)
    >>> missing_records(Weeks(cells=(cell,)), {"t1", "metal_t1", "nutation", "metal_nutation"})
    ('1H amplitudes extrapolated to the pulse at every point', 'a witness free of amplitudes: \
metal shift, Tc or diffraction of the cell')
    """
    for name in records:
        one_of(name, RECORDS, name="record")
    cells = weeks.cells
    in_weeks = {
        "amplitudes": weeks.dead_time == 0,
        "t1": all(_covers(one.elapsed.size, one.witnesses.get("t1")) for one in cells),
        "common_scale": all(one.common_relative_std is not None for one in cells),
        "witness": any({"shift", "tc"} & set(one.witnesses) for one in cells),
    }
    return tuple(
        words
        for name, words in RECORDS.items()
        if name not in records and not in_weeks.get(name, False)
    )


def _covers(points: int, witness: object) -> bool:
    """Whether a witness was measured as often as the content."""
    return witness is not None and witness.elapsed.size >= points  # type: ignore[attr-defined]
