r"""Copper in the cell as a meter of the field: its Knight shift at pressure, and its offset.

Copper metal feels the field of the cell and, where it is squeezed, loses some of its Knight shift.
Only the sum is seen. The part of the Knight shift is computed from a pressure and an exponent, both
with errors, or stated; whoever knows neither must say so.

References
----------
Zhou et al., Nat. Commun. 16, 1135 (2025), doi:10.1038/s41467-025-56033-3 (copper in the cell; no
change of the Knight shift); Vinet et al., J. Phys. Condens. Matter 1, 1941 (1989),
doi:10.1088/0953-8984/1/11/002.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite, sqrt
from types import MappingProxyType
from typing import Any, Final

from megabar.errors import Undetermined
from megabar.matter.equations_of_state import compression_from_pressure

COPPER: Final = ("63Cu", "65Cu")
"""Isotopes whose metal measures the field."""

COPPER_EQUATION_OF_STATE: Final[Mapping[str, Any]] = MappingProxyType(
    {"bulk_modulus": 133e9, "bulk_modulus_derivative": 5.3, "form": "vinet"}
)
"""Copper at 300 K, measured to 153 GPa: Dewaele et al., Phys. Rev. B 70, 094112 (2004),
doi:10.1103/PhysRevB.70.094112. Its errors move K(P) far less than that of the exponent."""

PRESSURE_UNKNOWN: Final = (
    "The copper is taken to be at ambient pressure: no change of its Knight shift is known. Copper "
    "at the culet would shift all nuclei by the same several hundred Hz/MHz. State its pressure "
    "and the exponent of its Knight shift, or the change itself, with errors."
)


@dataclass(frozen=True, kw_only=True)
class KnightShiftChange:
    """How far pressure moved the Knight shift of the copper that is seen.

    All in Hz/MHz except the volume ratio.

    Parameters
    ----------
    value
        K(P) - K0, at the stated pressure and exponent; negative where K falls with volume.
    std
        Its standard error, root mean square of both sides.
    low, high
        Value less its lower and plus its upper one-sigma error: they differ where the law is
        curved.
    volume_ratio
        V/V0 at the stated pressure; nan for a change that was stated.
    from_pressure, from_exponent
        The parts of ``std`` that pressure and exponent bring; nan for a change that was stated.
    knight_shift
        K0, at ambient pressure.
    """

    value: float
    std: float
    low: float
    high: float
    volume_ratio: float
    from_pressure: float
    from_exponent: float
    knight_shift: float


def field_offset_from_copper(
    *,
    copper_cell: float,
    copper_ambient: float,
    knight_shift: float,
    knight_shift_change: float,
) -> float:
    r"""Compute by how much the field in the cell differs from that outside.

    .. math:: e_B = \frac{\nu^\text{cell} / \nu^\text{ambient}}{1 + \Delta K / (1 + K_0)} - 1

    Parameters
    ----------
    copper_cell
        Copper line inside the cell [Hz].
    copper_ambient
        Line of copper metal at ambient pressure outside [Hz].
    knight_shift
        Knight shift K0 of copper metal at ambient pressure, a fraction of 1.
    knight_shift_change
        K(P) - K0 at the pressure of the copper that is seen, a fraction of 1; negative under
        pressure.

    Returns
    -------
    :
        Field offset, a fraction of 1.

    Raises
    ------
    ValueError
        If a frequency is not positive.

    Examples
    --------
    >>> offset = field_offset_from_copper(
    ...     copper_cell=104.9516e6, copper_ambient=104.9537e6,
    ...     knight_shift=2380e-6, knight_shift_change=-836e-6)
    >>> print(f"{1e6 * offset:.1f} ppm")
    814.7 ppm
    """
    if not (copper_cell > 0 and copper_ambient > 0):
        msg = (
            f"Found copper frequencies {copper_cell:g} and {copper_ambient:g} Hz; positive "
            "absolute frequencies are needed, not offsets from a carrier."
        )
        raise ValueError(msg)
    return copper_cell / copper_ambient / (1 + knight_shift_change / (1 + knight_shift)) - 1


def knight_shift_change_from_volume(
    *, knight_shift: float, volume_ratio: float, exponent: float
) -> float:
    r"""Compute how far pressure changes a Knight shift that follows a power of the volume.

    .. math:: \Delta K = K_0 [(V / V_0)^n - 1]

    The exponent of copper is not known; between 1/3 and 1.4 is plausible. Its spread belongs into
    the error of the change.

    Parameters
    ----------
    knight_shift
        K0 at ambient pressure, in any unit.
    volume_ratio
        V / V0.
    exponent
        n.

    Returns
    -------
    :
        Change, in the unit of ``knight_shift``.

    Examples
    --------
    >>> change = knight_shift_change_from_volume(
    ...     knight_shift=2380.0, volume_ratio=0.6488, exponent=1.0)
    >>> print(f"{change:.0f} ppm")
    -836 ppm
    """
    return float(knight_shift * (volume_ratio**exponent - 1))


def knight_shift_change_from_pressure(
    *,
    knight_shift: float,
    pressure: float,
    pressure_std: float,
    exponent: float,
    exponent_std: float,
) -> KnightShiftChange:
    r"""Compute how far pressure changes the Knight shift of copper, with both sides of its error.

    .. math:: \Delta K = K_0 [(V(P) / V_0)^n - 1]

    with the Vinet equation of state of copper. Each side of the error is the change at one standard
    error of pressure and exponent, added in squares; a pressure does not fall below zero. Pressure
    and exponent are not correlated.

    Parameters
    ----------
    knight_shift
        K0 of copper metal at ambient pressure [Hz/MHz].
    pressure
        Pressure of the copper that gives the line, not of the sample [Pa].
    pressure_std
        Its standard error [Pa]: the spread over the part of the lens that is seen.
    exponent
        n; 1/3 is that of free electrons.
    exponent_std
        Its standard error.

    Returns
    -------
    :
        The change [Hz/MHz] and its errors.

    Raises
    ------
    ValueError
        If a pressure or an error is negative, or not finite.

    References
    ----------
    Dewaele et al., Phys. Rev. B 70, 094112 (2004), doi:10.1103/PhysRevB.70.094112.

    Examples
    --------
    >>> change = knight_shift_change_from_pressure(
    ...     knight_shift=2380.0, pressure=170e9, pressure_std=10e9, exponent=1.0, exponent_std=0.3)
    >>> print(f"{change.value:.0f} (+{change.high - change.value:.0f} "
    ...       f"-{change.value - change.low:.0f}) ppm at V/V0 = {change.volume_ratio:.4f}")
    -836 (+215 -189) ppm at V/V0 = 0.6488
    """
    for name, number in (("pressure", pressure), ("its error", pressure_std)):
        _not_negative(number, name=f"copper {name}", unit="Pa")
    _not_negative(exponent_std, name="error of the exponent", unit="1")

    def change(at: float, power: float) -> float:
        ratio = compression_from_pressure(pressure=at, **COPPER_EQUATION_OF_STATE)
        return knight_shift_change_from_volume(
            knight_shift=knight_shift, volume_ratio=ratio, exponent=power
        )

    value = change(pressure, exponent)
    by_pressure = [
        change(at, exponent) - value
        for at in (max(pressure - pressure_std, 0.0), pressure + pressure_std)
    ]
    by_exponent = [
        change(pressure, power) - value
        for power in (exponent - exponent_std, exponent + exponent_std)
    ]
    moves = (by_pressure, by_exponent)
    parts = [sqrt((a**2 + b**2) / 2) for a, b in moves]
    return KnightShiftChange(
        value=value,
        std=sqrt(parts[0] ** 2 + parts[1] ** 2),
        low=value - sqrt(sum(min(*both, 0.0) ** 2 for both in moves)),
        high=value + sqrt(sum(max(*both, 0.0) ** 2 for both in moves)),
        volume_ratio=compression_from_pressure(pressure=pressure, **COPPER_EQUATION_OF_STATE),
        from_pressure=parts[0],
        from_exponent=parts[1],
        knight_shift=knight_shift,
    )


def stated_knight_shift_change(
    *, knight_shift: float, change: float, change_std: float
) -> KnightShiftChange:
    """Put a change of the Knight shift that is known from elsewhere into the same form.

    Parameters
    ----------
    knight_shift
        K0 at ambient pressure [Hz/MHz].
    change, change_std
        K(P) - K0 and its standard error [Hz/MHz].

    Returns
    -------
    :
        The change, its error the same on both sides.

    Raises
    ------
    ValueError
        If the error is negative.

    Examples
    --------
    >>> stated_knight_shift_change(knight_shift=2380.0, change=-836.0, change_std=200.0).high
    -636.0
    """
    _not_negative(change_std, name="error of the Knight shift change", unit="Hz/MHz")
    nan = float("nan")
    return KnightShiftChange(
        value=change,
        std=change_std,
        low=change - change_std,
        high=change + change_std,
        volume_ratio=nan,
        from_pressure=nan,
        from_exponent=nan,
        knight_shift=knight_shift,
    )


def refuse_gold(found: str) -> None:
    """Refuse gold as a meter of the field.

    Parameters
    ----------
    found
        A nucleus, or the metal of a lens: ``"197Au"`` and ``"gold"`` are refused.

    Raises
    ------
    Undetermined
        If it is gold; the message says why copper cannot be replaced by it, and what to do.

    Examples
    --------
    >>> refuse_gold("63Cu")
    """
    if found in ("197Au", "gold"):
        msg = (
            f"Found {found} as a standard: a gold lens holds no copper, and gold cannot stand in "
            "for it. The frequency ratio of 197Au is known to 1e-3 only and its quadrupole moment "
            "broadens the line away. Use a copper lens, or an external standard."
        )
        raise Undetermined(msg, quality="no solution")


def words_of_change(change: KnightShiftChange | None) -> Iterator[str]:
    """Say in words what was taken for the change of the copper Knight shift.

    Parameters
    ----------
    change
        The change, or None where it is not known.

    Yields
    ------
    :
        One sentence.

    Examples
    --------
    >>> print(*words_of_change(stated_knight_shift_change(
    ...     knight_shift=2380.0, change=0.0, change_std=50.0)))
    The Knight shift of the copper changed by +0 (+50 -50) Hz/MHz, as stated.
    """
    if change is None:
        yield PRESSURE_UNKNOWN
        return
    sides = f"(+{change.high - change.value:.0f} -{change.value - change.low:.0f}) Hz/MHz"
    origin = (
        f"at V/V0 = {change.volume_ratio:.4f}; pressure brings {change.from_pressure:.0f}, the "
        f"exponent {change.from_exponent:.0f} Hz/MHz of the error"
        if isfinite(change.volume_ratio)
        else "as stated"
    )
    yield f"The Knight shift of the copper changed by {change.value:+.0f} {sides}, {origin}."


def _not_negative(number: float, *, name: str, unit: str) -> None:
    if not (isfinite(number) and number >= 0):
        msg = f"Found {name} {number:g} {unit}; it is finite and not negative. Check its unit."
        raise ValueError(msg)
