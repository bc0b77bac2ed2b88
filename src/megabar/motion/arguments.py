"""Arguments that the physics of motion accepts, and what it says about others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def positive(value: ArrayLike, *, name: str, unit: str) -> NDArray[np.float64]:
    """Give an argument as an array, if all of it is finite and above zero.

    Parameters
    ----------
    value
        What was handed in, any shape.
    name
        What it is, for the message.
    unit
        The SI unit that is expected, for the message.

    Returns
    -------
    :
        The same numbers, float64.

    Raises
    ------
    ValueError
        If a number is not finite, or not above zero.

    Examples
    --------
    >>> positive(2, name="diffusivity", unit="m2/s")
    array(2.)
    """
    found = np.asarray(value, dtype=np.float64)
    return _held(found, np.isfinite(found) & (found > 0), f"positive {name} [{unit}]")


def not_negative(value: ArrayLike, *, name: str, unit: str) -> NDArray[np.float64]:
    """Give an argument as an array, if all of it is finite and not below zero.

    Parameters
    ----------
    value
        What was handed in, any shape.
    name
        What it is, for the message.
    unit
        The SI unit that is expected, for the message.

    Returns
    -------
    :
        The same numbers, float64.

    Raises
    ------
    ValueError
        If a number is not finite, or below zero.

    Examples
    --------
    >>> not_negative(0, name="second moment", unit="rad2/s2")
    array(0.)
    """
    found = np.asarray(value, dtype=np.float64)
    return _held(found, np.isfinite(found) & (found >= 0), f"{name} [{unit}], zero or more,")


def _held(
    found: NDArray[np.float64], good: NDArray[np.bool_] | np.bool_, wanted: str
) -> NDArray[np.float64]:
    if not np.all(good):
        first: Any = found[~good].flat[0]
        msg = f"Found {first:g} where a {wanted} is needed; no rate follows. Check sign and unit."
        raise ValueError(msg)
    return found
