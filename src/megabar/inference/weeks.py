"""The data that a verdict judges: contents of cells over the days, and what was measured beside.

``Weeks`` are arrays in the laboratory's units, free of files and of histories, so that a published
table and a campaign of raw records are judged alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import MissingInput, one_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

WITNESSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "shift": "ppm", "width": "kHz", "t1": "ms", "h_width": "kHz", "total_h": "H/M",
        "h2": "H/M", "tc": "K", "metal_t2": "ms",
    }
)  # fmt: skip
"""Witness -> unit. ``shift``, ``width`` (FWHM) and ``metal_t2`` belong to the metal, ``t1`` and
``h_width`` to 1H of the hydride; ``total_h`` is all visible hydrogen over the metal that was loaded
(not over the metal's signal), ``h2`` the part seen as H2; ``tc`` is of the same cell."""

POSITIVE: Final = ("width", "t1", "h_width", "metal_t2")
"""Witnesses that cannot be zero or negative."""


@dataclass(frozen=True, kw_only=True)
class Witness:
    """One quantity beside the content, over the days.

    Parameters
    ----------
    name
        One of :data:`WITNESSES`.
    elapsed
        Days since heating, (n,).
    value, std
        Value and independent standard error in the unit of :data:`WITNESSES`, (n,).

    Raises
    ------
    UnknownWord
        If the name is unknown.
    ValueError
        If shapes differ, a number is not finite, an error is not positive, or a day is negative.
    """

    name: str
    elapsed: Array
    value: Array
    std: Array

    def __post_init__(self) -> None:
        one_of(self.name, WITNESSES, name="witness")
        for name in ("elapsed", "value", "std"):
            object.__setattr__(self, name, _vector(getattr(self, name), f"{name} of {self.name}"))
        _same_size(self.name, self.elapsed, self.value, self.std)
        _positive(self.std, f"standard error of {self.name}")
        if self.name in POSITIVE:
            _positive(self.value, self.name)
        _days(self.elapsed)


@dataclass(frozen=True, kw_only=True)
class CellWeeks:
    """Contents of one cell over the days.

    Parameters
    ----------
    cell
        Its name.
    elapsed
        Days since heating, 0 or more, (n,); sorted if they are not.
    h_per_metal
        Hydrogen per metal as measured, (n,).
    independent_std
        Standard error of each point that belongs to it alone [H/M], (n,); None if unknown, and
        then the scatter of the points tells.
    relative_std
        Part of the independent error that goes with the value, (n,), may be 0; None with the other.
    common_relative_std
        Standard error of the scale that all points of the cell share; None if unknown.
    repetition_time
        Repetition time of 1H at each point [ms], (n,); None if unknown.
    witnesses
        Name -> witness.

    Raises
    ------
    ValueError
        If shapes differ, numbers are not finite, errors are negative or a day is negative.
    """

    cell: str
    elapsed: Array
    h_per_metal: Array
    independent_std: Array | None
    relative_std: Array | None
    common_relative_std: float | None
    repetition_time: Array | None = None
    witnesses: Mapping[str, Witness] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = ["elapsed", "h_per_metal"]
        if (self.independent_std is None) != (self.relative_std is None):
            msg = (
                f"Found one of independent_std and relative_std for cell {self.cell}; the noise of "
                "a point takes both. Give zeros for the part that is absent."
            )
            raise ValueError(msg)
        if self.independent_std is not None:
            names += ["independent_std", "relative_std"]
        if self.repetition_time is not None:
            names.append("repetition_time")
        arrays = {name: _vector(getattr(self, name), f"{name} of {self.cell}") for name in names}
        _same_size(self.cell, *arrays.values())
        order = np.argsort(arrays["elapsed"], kind="stable")
        for name, array in arrays.items():
            object.__setattr__(self, name, _vector(array[order], name))
        _days(self.elapsed)
        self._check_errors()
        object.__setattr__(self, "witnesses", MappingProxyType(dict(self.witnesses)))

    def _check_errors(self) -> None:
        if self.independent_std is not None and self.relative_std is not None:
            negative = np.any(self.independent_std < 0) or np.any(self.relative_std < 0)
            nothing = np.any(self.independent_std + self.relative_std <= 0)
            if negative or nothing:
                msg = (
                    f"Found a point of cell {self.cell} whose error is negative or 0, which would "
                    "decide everything. Give its error, or None for all of them."
                )
                raise ValueError(msg)
        if self.repetition_time is not None:
            _positive(self.repetition_time, "repetition time [ms]")
        common = self.common_relative_std
        if common is not None and not 0 <= common < 1:
            msg = (
                f"Found a common relative error of {common:g} for cell {self.cell}; it is a share "
                "between 0 and 1. Divide it by the content."
            )
            raise ValueError(msg)
        for name, witness in self.witnesses.items():
            if witness.name != name:
                msg = f"Found the witness {witness.name} under {name}. Give it under its own name."
                raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class Weeks:
    """All cells that one verdict judges, and the facts that its rivals need.

    Parameters
    ----------
    cells
        One or more, of different names.
    dead_time
        Dead time of the 1H record [us]; 0 if amplitudes are extrapolated to the pulse; None if
        unknown.
    bandwidth
        Full width of the 1H receiver [kHz]; None if it is far wider than the line.
    flip_angle
        Flip angle of the 1H pulse [degree]; None if unknown (then 90).
    quality_factor
        Q of the 1H resonator; None if unknown.
    metal_frequency
        Larmor frequency of the metal [MHz]; None if no width of its line is given.

    Raises
    ------
    ValueError
        If there is no cell, a name occurs twice, or a fact is negative.
    MissingInput
        If a width of the metal's line is given without its frequency.

    Examples
    --------
    >>> cell = CellWeeks(cell="A", elapsed=np.array([0.0, 30.0]), h_per_metal=np.array([10.5, 6.4]),
    ...                  independent_std=np.array([0.4, 0.3]), relative_std=np.zeros(2),
    ...                  common_relative_std=0.05)
    >>> Weeks(cells=(cell,)).n_points
    2
    """

    cells: tuple[CellWeeks, ...]
    dead_time: float | None = None
    bandwidth: float | None = None
    flip_angle: float | None = None
    quality_factor: float | None = None
    metal_frequency: float | None = None

    def __post_init__(self) -> None:
        names = [one.cell for one in self.cells]
        if not names or len(set(names)) != len(names):
            found = ", ".join(names) or "no cell"
            msg = f"Found {found}; a verdict needs one or more cells of different names."
            raise ValueError(msg)
        for name in ("dead_time", "bandwidth", "flip_angle", "quality_factor", "metal_frequency"):
            value = getattr(self, name)
            if value is not None and (value < 0 or (value == 0 and name != "dead_time")):
                msg = f"Found {name} {value:g}; it is positive or unknown (None). Check its sign."
                raise ValueError(msg)
        if self.metal_frequency is None and self.has("width"):
            msg = (
                "Found widths of the metal's line in kHz without its Larmor frequency, so they "
                "cannot be compared with a spread of shifts in ppm. Give metal_frequency in MHz."
            )
            raise MissingInput(msg, argument="metal_frequency")

    @property
    def n_points(self) -> int:
        """Number of contents, over all cells."""
        return sum(one.elapsed.size for one in self.cells)

    def has(self, witness: str) -> bool:
        """Tell whether any cell has this witness.

        Parameters
        ----------
        witness
            One of :data:`WITNESSES`.

        Returns
        -------
        :
            Whether there is one.
        """
        return any(witness in one.witnesses for one in self.cells)


def _vector(values: object, name: str) -> Array:
    array = np.array(values, dtype=np.float64)
    if array.ndim != 1 or not np.all(np.isfinite(array)):
        msg = f"Found {name} that is no row of finite numbers. Leave out what was not measured."
        raise ValueError(msg)
    array.setflags(write=False)
    return array


def _same_size(name: str, *arrays: Array) -> None:
    sizes = {one.size for one in arrays}
    if len(sizes) != 1 or 0 in sizes:
        msg = f"Found {sorted(sizes)} numbers side by side for {name}; each point has one of each."
        raise ValueError(msg)


def _positive(values: Array, name: str) -> None:
    if np.any(values <= 0):
        msg = f"Found {name} {values.min():g}; it is positive. Check its unit."
        raise ValueError(msg)


def _days(elapsed: Array) -> None:
    if np.any(elapsed < 0):
        msg = f"Found day {elapsed.min():g}; days are counted from the heating on. Check the date."
        raise ValueError(msg)
