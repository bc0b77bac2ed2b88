"""Nuclear data: spin, abundance, frequency ratio Xi, bare gyromagnetic ratio, quadrupole moment.

Every frequency comes from Xi, the resonance of a reference compound over that of the protons of
tetramethylsilane (TMS) in the same field. The gyromagnetic ratio of the *bare* nucleus is no
resonance frequency: for 139La it lies 0.78 % too high, several times any shift of a hydride. It is
kept under a name that says so. A field in tesla never fixes a frequency to ppm either: ask the
spectrometer for its TMS frequency.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from math import isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from megabar.errors import UnknownWord, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

TMS_FREQUENCY_OVER_FIELD: Final = 42.57618e6
"""TMS protons [Hz/T]: the shielded proton of water, 42.57638 MHz/T, less 4.8 ppm.

Good to 1 ppm, and only for telling nuclei apart; a field is not known to ppm anyway.
"""


@dataclass(frozen=True, kw_only=True)
class Nucleus:
    """One nucleus, as it stands in ``nuclei.csv``.

    Parameters
    ----------
    name
        Mass number and symbol, ``"139La"``.
    spin
        Spin quantum number I.
    abundance
        Natural abundance, a fraction of 1.
    gyromagnetic_ratio_bare
        Gyromagnetic ratio of the bare nucleus [rad s-1 T-1], with its sign. Not a resonance
        frequency: use ``xi``.
    xi
        Frequency ratio Xi of ``reference``, a fraction of 1 (the source prints percent).
    xi_error
        One unit of the last digit that the source prints for ``xi``.
    quadrupole_moment
        Electric quadrupole moment [m2]; 0 for spin 1/2.
    reference
        The compound whose shift is zero.
    source
        Where the row comes from.
    """

    name: str
    spin: float
    abundance: float
    gyromagnetic_ratio_bare: float
    xi: float
    xi_error: float
    quadrupole_moment: float
    reference: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A nucleus that may resonate at a frequency.

    Parameters
    ----------
    nucleus
        Its name.
    field
        Field in which its reference compound resonates at that frequency [T].
    offset
        That frequency over the one of the reference compound in the given field, minus 1; nan
        where no field was given.
    """

    nucleus: str
    field: float
    offset: float


@cache
def table() -> Mapping[str, Nucleus]:
    """Give all nuclei of the table, by name, in its order.

    Returns
    -------
    :
        Name -> nucleus, read-only.

    Examples
    --------
    >>> "139La" in table()
    True
    """
    text = files("megabar.matter").joinpath("nuclei.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return MappingProxyType({row["name"]: _nucleus_from_row(row) for row in rows})


def _nucleus_from_row(row: dict[str, str]) -> Nucleus:
    return Nucleus(
        name=row["name"],
        spin=float(Fraction(row["spin"])),
        abundance=float(row["abundance_percent"]) / 100,
        gyromagnetic_ratio_bare=float(row["gyromagnetic_ratio_bare"]) * 1e7,
        xi=float(row["xi_percent"]) / 100,
        xi_error=float(row["xi_error_percent"]) / 100,
        quadrupole_moment=float(row["quadrupole_fm2"] or 0) * 1e-30,
        reference=row["reference"],
        source=row["source"],
    )


def nucleus(name: str) -> Nucleus:
    """Look one nucleus up.

    Parameters
    ----------
    name
        Mass number and symbol, ``"139La"``.

    Returns
    -------
    :
        Its row of the table.

    Raises
    ------
    UnknownWord
        If the table does not hold it.

    Examples
    --------
    >>> nucleus("139La").spin
    3.5
    """
    known = table()
    if name not in known:
        msg = (
            f"Found nucleus {name!r}, which is not in the table; without its Xi there is no shift. "
            f"{did_you_mean(name, known)}"
        )
        raise UnknownWord(msg)
    return known[name]


def reference_frequency_from_xi(*, nucleus: str, tms_frequency: float) -> float:
    r"""Compute where the reference compound of a nucleus resonates.

    .. math:: \nu_\text{ref} = \Xi \, \nu_\text{TMS}

    Parameters
    ----------
    nucleus
        Its name.
    tms_frequency
        Resonance of the protons of TMS in the same field [Hz]; measured or stated by the
        spectrometer, never computed from a field in tesla.

    Returns
    -------
    :
        Frequency of zero shift [Hz].

    Raises
    ------
    UnknownWord
        If the table does not hold the nucleus.
    ValueError
        If the frequency is not positive.

    References
    ----------
    Harris et al., Pure Appl. Chem. 73, 1795 (2001), doi:10.1351/pac200173111795.

    Examples
    --------
    >>> frequency = reference_frequency_from_xi(nucleus="139La", tms_frequency=100e6)
    >>> print(f"{frequency / 1e6:.6f} MHz")
    14.125641 MHz
    """
    return _look_up(nucleus).xi * _positive(tms_frequency, name="TMS frequency", unit="Hz")


def relative_receptivity(*, nucleus: str) -> float:
    r"""Compute how strongly a nucleus is received, over the proton, at natural abundance.

    .. math:: D = \Xi^3 \frac{I (I + 1) a}{I_\text{H} (I_\text{H} + 1) a_\text{H}}

    Per atom of the element, all 2I + 1 levels seen, equal coils. Xi and not the bare gyromagnetic
    ratio enters: polarisation, precession and induced signal all happen in the shielded field. For
    139La the bare ratio would give 2.4 % more.

    Parameters
    ----------
    nucleus
        Its name.

    Returns
    -------
    :
        Receptivity over that of 1H.

    Raises
    ------
    UnknownWord
        If the table does not hold the nucleus.

    References
    ----------
    Harris et al., Pure Appl. Chem. 73, 1795 (2001), doi:10.1351/pac200173111795.

    Examples
    --------
    >>> print(f"{relative_receptivity(nucleus='139La'):.3f}")
    0.059
    """
    here, proton = _look_up(nucleus), _look_up("1H")
    return here.xi**3 * _spin_weight(here) / _spin_weight(proton)


def candidates_at(
    frequency: float, field: float | None = None, *, tolerance: float = 0.01
) -> tuple[Candidate, ...]:
    """List the nuclei that may resonate at a frequency, likeliest first.

    Parameters
    ----------
    frequency
        Observed frequency [Hz].
    field
        Field of the magnet [T]. Without it every nucleus is listed with the field that it needs,
        in the order of the table.
    tolerance
        Largest distance from the reference compound, as a fraction; 1 % is wider than any shift
        in a non-magnetic metal.

    Returns
    -------
    :
        Candidates; with a field those within the tolerance, nearest first.

    Raises
    ------
    ValueError
        If frequency or field is not positive.

    Examples
    --------
    >>> [c.nucleus for c in candidates_at(55.95e6, 9.28)]
    ['139La']
    >>> [f"{c.field:.2f} T" for c in candidates_at(55.95e6) if c.nucleus == "27Al"]
    ['5.04 T']
    """
    _positive(frequency, name="frequency", unit="Hz")
    per_tesla = {name: row.xi * TMS_FREQUENCY_OVER_FIELD for name, row in table().items()}
    if field is None:
        return tuple(
            Candidate(nucleus=name, field=frequency / slope, offset=float("nan"))
            for name, slope in per_tesla.items()
        )
    _positive(field, name="field", unit="T")
    found = [
        Candidate(nucleus=name, field=frequency / slope, offset=frequency / (slope * field) - 1)
        for name, slope in per_tesla.items()
    ]
    near = [one for one in found if abs(one.offset) <= tolerance]
    return tuple(sorted(near, key=lambda one: abs(one.offset)))


_look_up = nucleus  # for functions whose argument bears the same name


def _spin_weight(row: Nucleus) -> float:
    return row.spin * (row.spin + 1) * row.abundance


def _positive(value: float, *, name: str, unit: str) -> float:
    if not (isfinite(value) and value > 0):
        msg = f"Found {name} {value:g} {unit}; a positive number is needed. Check its unit."
        raise ValueError(msg)
    return value
