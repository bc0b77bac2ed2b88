"""What a virtual cell is made of: its lines, its metal atoms, and how its hydrogen goes.

The formulas here are written for the virtual laboratory alone. The analysis has its own, so that
finding the truth again proves more than arithmetic.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import units
from megabar.errors import PlanError, one_of
from megabar.virtual.couplings import Quadrupolar, RigidDecay, RigidPairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.virtual.couplings import Coupling

SHAPES: Final = ("gaussian", "lorentzian")
"""Distributions of the local frequency."""

_FORMULA = re.compile(r"[A-Z][a-z]?H(?P<content>\d+(?:\.\d+)?)")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One nuclear species of one cell on one day.

    Quantities are numbers in the unit in brackets, or texts with a unit of their own.

    Parameters
    ----------
    shape
        Distribution of the local frequency, ``"gaussian"`` or ``"lorentzian"``.
    fwhm
        Full width at half maximum of the whole line, the homogeneous part included [Hz].
    shift
        Centre of the line from the reference compound [Hz/MHz].
    t1
        Spin-lattice relaxation time [s].
    t2
        Decay time of a Hahn echo [s]; ``inf`` where the whole width is in the distribution.
    coupling
        What the spins couple to beside that distribution; nothing by default. It broadens the line
        further.
    """

    shape: str
    fwhm: float
    shift: float
    t1: float
    t2: float
    coupling: Coupling | None = None

    def __post_init__(self) -> None:
        one_of(self.shape, SHAPES, name="shape")
        for name, unit in (("fwhm", "Hz"), ("shift", "Hz/MHz"), ("t1", "s"), ("t2", "s")):
            value = getattr(self, name)
            if name != "t2" or value != math.inf:
                value = units.quantity(value, unit=unit, name=name)
            object.__setattr__(self, name, value)
        if min(self.fwhm, self.t1, self.t2) <= 0:
            msg = f"Found {self}; width and relaxation times of a line must be above 0."
            raise PlanError(msg)
        if self.t2 > 2 * self.t1 and self.t2 != math.inf:
            msg = (
                f"Found T2 = {self.t2:g} s above 2 T1 = {2 * self.t1:g} s, which no spin can have."
            )
            raise PlanError(msg)
        if self.inhomogeneous_fwhm <= 0:
            msg = (
                f"Found a width of {self.fwhm:g} Hz with T2 = {self.t2:g} s, which alone makes "
                f"{self.homogeneous_fwhm:g} Hz. Raise the width or T2."
            )
            raise PlanError(msg)

    @property
    def homogeneous_fwhm(self) -> float:
        """Width that T2 alone would give, 1/(pi T2) [Hz]."""
        return 1 / (math.pi * self.t2)

    @property
    def inhomogeneous_fwhm(self) -> float:
        """Width of the distribution of local frequencies [Hz].

        Lorentzian widths add. For a Gaussian distribution the width of the Voigt profile is
        inverted with the approximation of Olivero and Longbothum, good to 2 parts in 10,000
        (doi:10.1016/0022-4073(77)90161-3).
        """
        homogeneous = self.homogeneous_fwhm
        if self.shape == "lorentzian":
            return self.fwhm - homogeneous
        rest = (self.fwhm - 0.5346 * homogeneous) ** 2 - 0.2166 * homogeneous**2
        return math.sqrt(rest) if rest > 0 else 0.0

    def moved_to(self, shift: float) -> Line:
        """Give the same line at another shift.

        Parameters
        ----------
        shift
            New centre [Hz/MHz].

        Returns
        -------
        :
            The line.
        """
        return replace(self, shift=shift)

    def dephasing(self, lag: NDArray[np.float64]) -> NDArray[np.float64]:
        r"""Mean of exp(2 pi i nu q) over the centred distribution of local frequencies.

        The decay of rigid spins, where the line has one, multiplies it; other couplings are no part
        of it.

        .. math:: e^{-\pi W |q|} \text{ (Lorentzian)}, \quad
            e^{-(\pi W q)^2 / (4 \ln 2)} \text{ (Gaussian)}

        Parameters
        ----------
        lag
            Time q over which the phases spread [s], of either sign, any shape.

        Returns
        -------
        :
            Real, 1 at q = 0, same shape.
        """
        spread = math.pi * self.inhomogeneous_fwhm * np.abs(lag)
        exponent = spread if self.shape == "lorentzian" else spread**2 / (4 * math.log(2))
        decay = np.exp(-exponent)
        if isinstance(self.coupling, RigidDecay):
            decay = decay * self.coupling.at(lag)
        return np.asarray(decay)


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Nuclei outside the hydride, with a line of their own: molecular hydrogen, ammonia borane.

    Parameters
    ----------
    nucleus
        Such as ``"1H"``.
    per_metal
        Their number per metal atom of the cavity.
    line
        Their line.
    """

    nucleus: str
    per_metal: float
    line: Line

    def __post_init__(self) -> None:
        if not 0 <= self.per_metal < math.inf:
            msg = f"Found {self.per_metal} nuclei per metal atom in a pool; it is not negative."
            raise PlanError(msg)


@dataclass(frozen=True)
class Cell:
    """A virtual diamond anvil cell: frozen, and fully known.

    Parameters
    ----------
    formula
        The hydride with its hydrogen content, such as ``"LaH10.5"``.
    metal_atoms
        Number of metal atoms in the cavity.
    lines
        Nucleus -> line.
    field_offset
        Field in the cell over the field in the empty magnet, minus one [Hz/MHz].
    name
        Name of the cell.
    other_nuclei
        Number of nuclei that belong neither to the metal nor to hydrogen, such as copper.
    pools
        Name -> nuclei outside the hydride, whose lines add to those of the hydride.

    Examples
    --------
    >>> proton = Line(shape="lorentzian", fwhm="1.35 kHz", shift="20 ppm", t1="1.5 ms", t2="1.5 ms")
    >>> cell = Cell("LaH10.5", metal_atoms=2.8e14, lines={"1H": proton}, field_offset="-20 ppm")
    >>> cell.h_per_metal, cell.nuclei("1H")
    (10.5, 2940000000000000.0)
    """

    formula: str
    metal_atoms: float
    lines: Mapping[str, Line]
    field_offset: float
    name: str = "virtual"
    other_nuclei: Mapping[str, float] | None = None
    pools: Mapping[str, Pool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        offset = units.quantity(self.field_offset, unit="Hz/MHz", name="field offset")
        object.__setattr__(self, "field_offset", offset)
        if not _FORMULA.fullmatch(self.formula):
            msg = f"Found formula {self.formula!r}; a metal and its hydrogen, such as 'LaH10.5'."
            raise PlanError(msg)
        if not 0 < self.metal_atoms < math.inf:
            msg = f"Found {self.metal_atoms} metal atoms; signals need a number above 0."
            raise PlanError(msg)

    @property
    def h_per_metal(self) -> float:
        """Hydrogen atoms per metal atom, from the formula."""
        found = _FORMULA.fullmatch(self.formula)
        return float(found["content"]) if found else math.nan

    def line(self, nucleus: str) -> Line:
        """Give the line of one nucleus.

        Parameters
        ----------
        nucleus
            Such as ``"1H"``.

        Returns
        -------
        :
            Its line.

        Raises
        ------
        UnknownWord
            If the cell holds no such nucleus.
        """
        return self.lines[one_of(nucleus, self.lines, name="nucleus")]

    def lines_of(self, nucleus: str) -> tuple[tuple[float, Line], ...]:
        """Give all lines of one nucleus.

        Parameters
        ----------
        nucleus
            Such as ``"1H"``.

        Returns
        -------
        :
            Number of atoms and line: of the hydride first, then of each pool.
        """
        pools = (one for one in self.pools.values() if one.nucleus == nucleus)
        return (
            (self.nuclei(nucleus), self.line(nucleus)),
            *((self.metal_atoms * one.per_metal, one.line) for one in pools),
        )

    def nuclei(self, nucleus: str) -> float:
        """Count the atoms of the element of a nucleus, pools apart.

        Parameters
        ----------
        nucleus
            Such as ``"1H"``; hydrogen counts by the content, copper and the like by
            ``other_nuclei``, everything else is the metal.

        Returns
        -------
        :
            Number of atoms.
        """
        self.line(nucleus)
        if self.other_nuclei and nucleus in self.other_nuclei:
            return self.other_nuclei[nucleus]
        return self.metal_atoms * (self.h_per_metal if nucleus == "1H" else 1.0)


# --- how the hydrogen goes ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Release:
    """Hydrogen content of one cell against the days since heating.

    Parameters
    ----------
    law
        One of :data:`LAWS`.
    start
        Content when heating ends.
    floor
        Content that is left in the end.
    time
        Time of the law [day]: of the whole fall (linear, contracting-sphere), of the fall by
        1/e (exponential), of the half fall (sigmoid). Not used by ``stable``.
    """

    law: str
    start: float
    floor: float
    time: float

    def __post_init__(self) -> None:
        one_of(self.law, LAWS, name="law")
        if self.law != "stable" and not self.time > 0:
            msg = f"Found a time of {self.time} days for the law {self.law!r}; it must be above 0."
            raise PlanError(msg)
        if not 0 <= self.floor <= self.start:
            msg = f"Found start {self.start} and floor {self.floor}; content only falls."
            raise PlanError(msg)

    def content(self, elapsed: float) -> float:
        """Give the content on one day.

        Parameters
        ----------
        elapsed
            Days since heating, zero or more.

        Returns
        -------
        :
            Hydrogen atoms per metal atom.
        """
        if elapsed < 0:
            msg = f"Found day {elapsed:g}; before heating the cell holds the precursor."
            raise ValueError(msg)
        if self.law == "stable":
            return self.start
        left = _LEFT[self.law](elapsed / self.time)
        return self.floor + (self.start - self.floor) * left


_LEFT: Final[Mapping[str, Callable[[float], float]]] = {
    "linear": lambda u: max(0.0, 1 - u),
    "exponential": lambda u: math.exp(-u),
    "contracting-sphere": lambda u: max(0.0, 1 - u) ** 3,
    "sigmoid": lambda u: math.exp(-math.log(2) * u**2),
}
LAWS: Final = ("stable", *_LEFT)
"""How the content may fall."""


_QUADRUPOLAR: Final = ("quadrupole_coupling", "asymmetry", "quadrupole_coupling_fwhm")


@dataclass(frozen=True, kw_only=True)
class LineTable:
    """A line against the content, straight between the anchors and constant beyond them.

    Parameters
    ----------
    shape
        Shape at every content.
    content
        Anchors, rising.
    fwhm, shift, t1, t2
        One value per anchor, in the unit of :class:`Line`.
    quadrupole_coupling, asymmetry, quadrupole_coupling_fwhm
        One value per anchor of :class:`~megabar.virtual.couplings.Quadrupolar`, or none.
    pair_coupling
        One value per anchor of :class:`~megabar.virtual.couplings.RigidPairs`, or none.
    decay
        Of rigid spins, the same at every content, or none.
    """

    shape: str
    content: tuple[float, ...]
    fwhm: tuple[float, ...]
    shift: tuple[float, ...]
    t1: tuple[float, ...]
    t2: tuple[float, ...]
    quadrupole_coupling: tuple[float, ...] = ()
    asymmetry: tuple[float, ...] = ()
    quadrupole_coupling_fwhm: tuple[float, ...] = ()
    pair_coupling: tuple[float, ...] = ()
    decay: RigidDecay | None = None

    def __post_init__(self) -> None:
        if list(self.content) != sorted(set(self.content)) or not self.content:
            msg = f"Found content anchors {self.content}; they must rise."
            raise PlanError(msg)
        quadrupolar = _QUADRUPOLAR if any(getattr(self, name) for name in _QUADRUPOLAR) else ()
        pairs = ("pair_coupling",) if self.pair_coupling else ()
        if bool(quadrupolar) + bool(pairs) + (self.decay is not None) > 1:
            msg = (
                "Found a line with more than one of quadrupole coupling, pair coupling and decay; "
                "one is enough."
            )
            raise PlanError(msg)
        for name in ("fwhm", "shift", "t1", "t2", *quadrupolar, *pairs):
            if len(getattr(self, name)) != len(self.content):
                found = len(getattr(self, name))
                msg = f"Found {found} values of {name} for {len(self.content)} anchors."
                raise PlanError(msg)
        for value in self.content:
            self.at(value)

    def at(self, content: float) -> Line:
        """Give the line at one content.

        Parameters
        ----------
        content
            Hydrogen atoms per metal atom.

        Returns
        -------
        :
            The line.
        """
        between = partial(_between, content, self.content)
        return Line(
            shape=self.shape,
            fwhm=between(self.fwhm),
            shift=between(self.shift),
            t1=between(self.t1),
            t2=between(self.t2),
            coupling=self._coupling(between),
        )

    def _coupling(self, between: Callable[[tuple[float, ...]], float]) -> Coupling | None:
        if self.quadrupole_coupling:
            return Quadrupolar(**{name: between(getattr(self, name)) for name in _QUADRUPOLAR})
        if self.pair_coupling:
            return RigidPairs(pair_coupling=between(self.pair_coupling))
        return self.decay


@dataclass(frozen=True, kw_only=True)
class PoolTable:
    """A pool against the content of the hydride, as its line is.

    Parameters
    ----------
    nucleus
        Such as ``"1H"``.
    per_metal
        Nuclei per metal atom, one value per anchor of the line.
    line
        Its line.
    """

    nucleus: str
    per_metal: tuple[float, ...]
    line: LineTable

    def __post_init__(self) -> None:
        if len(self.per_metal) != len(self.line.content):
            msg = (
                f"Found {len(self.per_metal)} numbers of nuclei for {len(self.line.content)} "
                "anchors."
            )
            raise PlanError(msg)
        for value in self.line.content:
            self.at(value)

    def at(self, content: float) -> Pool:
        """Give the pool at one content of the hydride."""
        number = _between(content, self.line.content, self.per_metal)
        return Pool(nucleus=self.nucleus, per_metal=number, line=self.line.at(content))


def _between(content: float, anchors: tuple[float, ...], along: tuple[float, ...]) -> float:
    return along[0] if len(along) == 1 else float(np.interp(content, anchors, along))
