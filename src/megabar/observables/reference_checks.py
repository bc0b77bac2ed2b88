"""Compounds of known shift inside a cell, and whether the zero of the shifts holds.

A cross-check is as strong as its error. It also tests only what it contains: a cell filled with a
liquid at ambient pressure tests the correction of the field, and nothing about copper at pressure.

References
----------
Zhou et al., Nat. Commun. 16, 1135 (2025), doi:10.1038/s41467-025-56033-3: cells with aqueous LaCl3
and with TMS agreed within 5 ppm.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from megabar.errors import one_of

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT: Final = 1.96
"""Standard errors within which a shift agrees with a known one, unless told otherwise."""

_TESTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "copper": (
            "It tests the correction of the field by copper and the frequency ratio of {nucleus}, "
            "at ambient pressure; it says nothing about the Knight shift of copper at pressure."
        ),
        "copper at pressure": (
            "It tests the correction of the field together with the Knight shift of copper at "
            "{pressure:g} GPa."
        ),
        "Xi": (
            "The field in this cell is not corrected: it tests the frequency ratio of {nucleus} "
            "and the proton frequency, within what the cell does to the field. It says nothing "
            "about copper."
        ),
        "external": (
            "It compares the compound in the cell with the external record: it shows what the "
            "cell does to the field, uncorrected. It says nothing about copper."
        ),
    }
)


@dataclass(frozen=True, kw_only=True)
class ReferenceCheck:
    """A shift that was found beside the one that is known; all in Hz/MHz but ``z``.

    Parameters
    ----------
    difference, difference_std
        Found less known, and its standard error.
    z
        Their ratio; nan where neither shift has an error.
    agrees
        Whether the difference lies within the limit.
    excluded_beyond
        An error of the zero larger than this is excluded at 95 %.
    verdict
        In one sentence.
    tests
        What this tests, and what it does not.
    """

    difference: float
    difference_std: float
    z: float
    agrees: bool
    excluded_beyond: float
    verdict: str
    tests: str


def reference_check(
    *,
    nucleus: str,
    found: tuple[float, float],
    known: tuple[float, float],
    route: str,
    pressure: float | None = None,
    limit: float = LIMIT,
) -> ReferenceCheck:
    r"""Compare the shift of a known compound in a cell with what it should be.

    .. math:: z = \frac{\delta_\text{found} - \delta_\text{known}}
        {\sqrt{\sigma_\text{found}^2 + \sigma_\text{known}^2}}

    Parameters
    ----------
    nucleus
        Nucleus of the line.
    found, known
        Shift and standard error [Hz/MHz]; the error found is the total one, of line and zero.
    route
        How the zero came about: ``"copper"``, ``"copper at pressure"``, ``"Xi"``, ``"external"``.
    pressure
        Pressure of the copper [GPa], for that route.
    limit
        Largest \|z\| that counts as agreement.

    Returns
    -------
    :
        Difference, verdict, and what this tests.

    Raises
    ------
    UnknownWord
        If the route is unknown.
    ValueError
        If an error is negative, or the pressure is missing.

    Examples
    --------
    >>> check = reference_check(nucleus="139La", found=(3.1, 2.0), known=(0.0, 0.5), route="copper")
    >>> print(check.verdict.split(". ")[0])
    Agrees: 3.1(21) Hz/MHz from the known shift (z = 1.5)
    """
    one_of(route, _TESTS, name="route to the zero of shifts")
    if not (found[1] >= 0 and known[1] >= 0):
        msg = f"Found errors {found[1]:g} and {known[1]:g} Hz/MHz of two shifts; none is negative."
        raise ValueError(msg)
    if route == "copper at pressure" and pressure is None:
        msg = "Found no pressure for copper at pressure. Give it in GPa, or take route 'copper'."
        raise ValueError(msg)
    difference, std = found[0] - known[0], hypot(found[1], known[1])
    z = difference / std if std > 0 else float("nan") if difference == 0 else float("inf")
    agrees = abs(difference) <= limit * std
    beyond = abs(difference) + LIMIT * std
    return ReferenceCheck(
        difference=difference,
        difference_std=std,
        z=z,
        agrees=agrees,
        excluded_beyond=beyond,
        verdict=_verdict(difference, std, z, agrees=agrees, beyond=beyond),
        tests=_TESTS[route].format(nucleus=nucleus, pressure=pressure),
    )


def _verdict(difference: float, std: float, z: float, *, agrees: bool, beyond: float) -> str:
    size = f"{difference:.1f}({10 * std:.0f}) Hz/MHz from the known shift"
    words = f"{size} (z = {z:.1f})" if isfinite(z) else size
    if agrees:
        return f"Agrees: {words}. Errors of the zero above {beyond:.1f} are excluded."
    return (
        f"Does not agree: {words}. All shifts with this zero may be wrong by as much; look at the "
        "ambient copper, the proton frequency and the day of each."
    )
