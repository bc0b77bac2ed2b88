"""A named efficiency: value, error, source, other readings, and what its error hangs on.

Twin: ``observables.content_budget``, which shows how far each moves a content.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One named efficiency: the part of the nuclei that the amplitude at t = 0 shows.

    Parameters
    ----------
    name
        For example ``"steady_state"``.
    value
        Between 0 and 1 as a rule, always positive.
    std
        Its standard error.
    source
        Where it comes from: formula, measurement or citation.
    common
        Whether its error is the same for a whole series (an assumed value) or belongs to this
        point (a measured one).
    alternatives
        Other readings of the same line, name and value of the factor, such as
        ``("field gradients", 0.361)``.
    shared
        Name of the quantity whose error this is, where the same factor of another day hangs on the
        same one, such as ``"attenuator"``: what equal names share cancels from a ratio of the two.
    moved_by
        What else on the same side hangs on the same measurement: its name, and the relative change
        of the factor, with its sign, when that measurement moves by its standard error. Part of
        std. Errors of one name add up instead of adding in squares.
    """

    name: str
    value: float
    std: float
    source: str
    common: bool = False
    alternatives: tuple[tuple[str, float], ...] = ()
    shared: str = ""
    moved_by: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if not (isfinite(self.value) and self.value > 0 and isfinite(self.std) and self.std >= 0):
            msg = (
                f"Found factor {self.name} = {self.value}({self.std}); the content divides by it, "
                "so it needs a positive value and a finite error."
            )
            raise ValueError(msg)
        for reading, value in self.alternatives:
            if not (isfinite(value) and value > 0):
                msg = (
                    f"Found factor {self.name} = {value} for {reading!r}; the content divides by "
                    "it, so every reading is positive. Leave out one that hides the line."
                )
                raise ValueError(msg)

    @property
    def relative_std(self) -> float:
        """Relative standard error."""
        return self.std / self.value


FIELD: Final = "field"
"""What coil, flip angles and echoes of one side hang on: the nutation of its session."""

Moved = tuple[tuple[str, float], ...]
"""Name of a measurement and relative change per standard error of it, several times."""


def combined_std(parts: Iterable[tuple[float, Moved]]) -> float:
    r"""Add relative errors, those that hang on one measurement with their signs.

    .. math:: \sigma^2 = \sum_i \Big(s_i^2 - \sum_q m_{iq}^2\Big)
        + \sum_q \Big(\sum_i m_{iq}\Big)^2

    Parameters
    ----------
    parts
        Relative standard error s of each input, and what of it hangs on which measurement, m.

    Returns
    -------
    :
        Relative standard error of the product.

    Examples
    --------
    >>> print(f"{combined_std([(0.03, ()), (0.04, ())]):.3f}")
    0.050
    >>> field = ((FIELD, 0.02),)
    >>> print(f"{combined_std([(0.02, field), (0.02, field)]):.3f}")  # not 0.028
    0.040
    """
    together: defaultdict[str, float] = defaultdict(float)
    alone = 0.0
    for size, moved in parts:
        alone += max(size**2 - sum(one**2 for _, one in moved), 0.0)
        for name, one in moved:
            together[name] += one
    return sqrt(alone + sum(one**2 for one in together.values()))


def turned_by(value_at: Callable[[float], float], part: float) -> float:
    """Compute the relative change of something with the field, the larger of both sides.

    Parameters
    ----------
    value_at
        What it is at a field, over the one that was measured.
    part
        Standard error of the field over the field.

    Returns
    -------
    :
        Above 0 where a stronger field gives more.

    Examples
    --------
    >>> print(f"{turned_by(lambda scale: scale**2, 0.01):.4f}")
    0.0201
    """
    if part == 0:
        return 0.0
    middle = value_at(1.0)
    changes = [(value_at(1 + sign * part) / middle - 1) * sign for sign in (-1, 1)]
    return max(changes, key=abs)


def factor_of_field(
    value_at: Callable[[float], float], relative_field_std: float, *, name: str, source: str
) -> Factor:
    """Make a factor whose error is the larger change for one standard error of the field.

    Parameters
    ----------
    value_at
        What it is at a field, over the one that was measured.
    relative_field_std
        Standard error of the field over the field.
    name, source
        Of the factor.

    Returns
    -------
    :
        The factor; that its error hangs on the field stands in ``moved_by``.

    Raises
    ------
    ValueError
        If the error of the field is negative, or the value is not positive.

    Examples
    --------
    >>> one = factor_of_field(lambda scale: scale, 0.02, name="coil", source="example")
    >>> print(f"{one.std:.3f} {one.moved_by[0][0]}")
    0.020 field
    """
    if relative_field_std < 0:
        msg = f"Found an error of the field of {relative_field_std:g}; it is not negative."
        raise ValueError(msg)
    value = value_at(1.0)
    turned = turned_by(value_at, relative_field_std) if value > 0 else 0.0
    return Factor(
        name=name,
        value=value,
        std=value * abs(turned),
        source=source,
        moved_by=((FIELD, turned),) if turned else (),
    )
