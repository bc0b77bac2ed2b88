"""Baseline of spectra: one polynomial through flanks that hold no signal, all rows at once.

For numbers, fit the decays instead: a baseline in the spectrum is what a dead time or a wrong
first point leaves behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.polynomial.legendre import legvander

from megabar import schemas, units
from megabar.errors import Undetermined

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray

_EXCESS: Final = 5.0  # standard errors of the rms in the flanks before they are said to hold signal


def baseline_from_flanks(
    rows: NDArray[np.complex128], *, inside: NDArray[np.bool_], order: int
) -> NDArray[np.complex128]:
    """Fit one complex polynomial per row to the points of the flanks, and evaluate it everywhere.

    Parameters
    ----------
    rows
        (row, frequency).
    inside
        True in the flanks, (frequency,).
    order
        Degree of the polynomial.

    Returns
    -------
    :
        Baseline, (row, frequency).

    Raises
    ------
    ValueError
        If the flanks hold no more points than the polynomial has coefficients.

    Examples
    --------
    >>> rows = np.array([[1.0, 2.0, 9.0, 4.0, 5.0]]) + 0j
    >>> inside = np.array([True, True, False, True, True])
    >>> baseline_from_flanks(rows, inside=inside, order=1).real.round(6)
    array([[1., 2., 3., 4., 5.]])
    """
    n_inside = int(np.count_nonzero(inside))
    if order < 0 or n_inside <= order + 1:
        msg = (
            f"Found {n_inside} points in the flanks for a polynomial of order {order}; more points "
            "than coefficients are needed. Widen the flanks or lower the order."
        )
        raise ValueError(msg)
    basis = legvander(np.linspace(-1, 1, rows.shape[1]), order)
    coefficients = np.linalg.lstsq(basis[inside], rows[:, inside].T, rcond=None)[0]
    return np.asarray((basis @ coefficients).T)


def baseline(
    spec: xr.Dataset,
    *,
    flanks: Sequence[tuple[float | str, float | str]],
    order: int,
) -> xr.Dataset:
    """Subtract a polynomial that runs through flanks without signal.

    Parameters
    ----------
    spec
        Spectrum.
    flanks
        Ranges (low, high) that hold no signal [Hz from carrier], or texts with a unit.
    order
        Degree of the polynomial.

    Returns
    -------
    :
        Spectrum with attributes ``baseline_flanks`` (flat list of low, high [Hz]) and
        ``baseline_order``, and a warning if the flanks hold more than noise. ``noise_std`` stays
        that of a point before; what the polynomial adds is common to neighbours.

    Raises
    ------
    SchemaError
        If the dataset is no valid Spectrum.
    Undetermined
        If a flank lies outside the spectrum.
    ValueError
        If a flank is empty, or all hold too few points for the order.
    """
    schemas.check(spec, "spectrum/1")
    bounds = [
        (
            units.quantity(low, unit="Hz", name="lower end of a flank"),
            units.quantity(high, unit="Hz", name="upper end of a flank"),
        )
        for low, high in flanks
    ]
    frequency = np.asarray(spec["frequency"].values)
    inside = np.zeros(frequency.shape, dtype=bool)
    for low, high in bounds:
        inside |= _flank(frequency, low, high)
    values = spec["spectrum"].values
    level = values - baseline_from_flanks(values, inside=inside, order=order)
    call = f"baseline(flanks={bounds!r}, order={order!r})"
    flat = schemas.with_processing(spec, call).assign(
        spectrum=(("step", "frequency"), level.astype(values.dtype), dict(spec["spectrum"].attrs))
    )
    return schemas.check(
        schemas.with_warnings(flat, *_excess(level[:, inside], spec, order)).assign_attrs(
            baseline_flanks=[end for flank in bounds for end in flank], baseline_order=order
        )
    )


def _flank(frequency: NDArray[np.float64], low: float, high: float) -> NDArray[np.bool_]:
    if not low < high:
        msg = f"Found a flank from {low:g} to {high:g} Hz; it must rise. Swap its ends."
        raise ValueError(msg)
    if low > frequency[-1] or high < frequency[0]:
        msg = (
            f"Found a flank from {low:g} to {high:g} Hz outside the spectrum, which runs from "
            f"{frequency[0]:g} to {frequency[-1]:g} Hz. Flanks count from the carrier."
        )
        raise Undetermined(msg, quality="no solution")
    return (frequency >= low) & (frequency <= high)


def _excess(rest: NDArray[np.complex128], spec: xr.Dataset, order: int) -> list[str]:
    """Say so if more than noise is left in the flanks."""
    n_independent = len(rest) * max(1.0, rest.shape[1] / float(spec.attrs["zero_fill"]) - order - 1)
    rms = float(np.sqrt(np.mean(np.abs(rest) ** 2) / 2))
    ratio = rms / float(spec.attrs["noise_std"])
    if not ratio > 1 + _EXCESS / (2 * n_independent**0.5):  # unknown noise is nan
        return []
    return [f"The flanks of the baseline hold {ratio:.2f} times the noise: signal may be in them."]
