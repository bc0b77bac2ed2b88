r"""Zero- and first-order phase: by hand, or in closed form with its error.

The phase of zero order is the angle of a projection on the expected decay,

.. math:: \phi = \arg \sum_j f_j^* s_j, \qquad \operatorname{sd}(\phi) = \frac{\sigma}
    {A \sqrt{\sum_j |f_j|^2}},

done in the spectrum, where by Parseval it is one product per row. The first point alone is the
same with :math:`f_j = \delta_{j0}` and :math:`\sigma / A`. The phase of a series is taken once,
from all rows: a phase that is free in each row biases its amplitude where the noise is high.

The phase of first order is a time. It follows from dead time, group delay and pulse centre, and the
transform has it right already; on a single line it cannot be told from the shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import schemas, units
from megabar.errors import Undetermined, one_of
from megabar.spectra.decays import (
    FAINTEST_SOUGHT,
    Decays,
    decays_behind,
    line_decay,
    line_from_power,
    refined_line,
    time_origin_of,
)
from megabar.spectra.transform import rotation

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

METHODS: Final = ("matched", "first point")
"""What the phase of zero order is taken from."""

ROWS: Final = ("together", "signed", "each")
"""One phase for all rows of one sign, one for rows of either sign, or one phase each."""

_ROWS_SEARCHED: Final = 64
_FAINTEST: Final = 3.0  # standard errors; below, a projection has no phase
_TIMES_TRIED: Final = 65


def phase(spec: xr.Dataset, *, zero: float | str, first: float | str) -> xr.Dataset:
    r"""Turn a Spectrum by a phase of zero and first order.

    .. math:: S \to S \, e^{i (\phi + 2 \pi \nu \tau)}

    The same with both signs changed undoes it.

    Parameters
    ----------
    spec
        Spectrum.
    zero
        :math:`\phi` [rad], or text with a unit.
    first
        :math:`\tau` [s], or text with a unit; it moves time zero of the decays by as much.

    Returns
    -------
    :
        Spectrum.

    Raises
    ------
    SchemaError
        If the dataset is no valid Spectrum.
    """
    schemas.check(spec, "spectrum/1")
    phi = units.quantity(zero, unit="rad", name="zero-order phase")
    tau = units.quantity(first, unit="s", name="first-order phase")
    turned_by = rotation(frequency=spec["frequency"].values, zero=phi, first=tau)
    return _turned(spec, turned_by, first=tau, call=f"phase(zero={phi!r}, first={tau!r})")


def _turned(spec: xr.Dataset, turned_by: Any, *, first: float, call: str) -> xr.Dataset:
    values = spec["spectrum"].values
    turned = np.multiply(values, turned_by, dtype=values.dtype, casting="same_kind")
    moved = schemas.with_processing(spec, call).assign(
        spectrum=(("step", "frequency"), turned, dict(spec["spectrum"].attrs))
    )
    origin = time_origin_of(spec)
    if origin is not None:
        moved = moved.assign_attrs(time_origin=origin - first)
    return schemas.check(moved)


def autophase(
    spec: xr.Dataset,
    *,
    method: str = "matched",
    rows: str | None = None,
    frequency: float | str | None = None,
    fwhm: float | str | None = None,
    first_within: float | str | None = None,
) -> xr.Dataset:
    """Find the phase of zero order in closed form, with its error, and take it off.

    Parameters
    ----------
    spec
        Spectrum that :func:`~megabar.spectra.transform` made.
    method
        "matched": projection on an exponential decay of the line; "first point": the point at
        time zero alone.
    rows
        "together": one phase, from the co-added rows; "signed": one phase for rows that may have
        either sign, as in an inversion recovery; "each": one phase per row, which biases faint
        amplitudes. If not given, "signed" for an inversion recovery, else "together".
    frequency
        Where the line is [Hz from carrier], or text with a unit; sought if not given.
    fwhm
        Full width of the line [Hz], or text with a unit; estimated if not given.
    first_within
        Seek a phase of first order too, as a time within plus or minus this [s]. For looking
        only: it minimises the absolute area of the real part, and has no error.

    Returns
    -------
    :
        Spectrum. Its attributes ``phase`` and ``phase_std`` [rad] are the phase that was found and
        removed (lists if one per row); the error includes that of a frequency that was sought.

    Raises
    ------
    SchemaError
        If the dataset is no valid Spectrum.
    Undetermined
        If the signal is too faint to have a phase.
    UnknownWord
        If method or rows is not in its list.
    ValueError
        If nothing says where the decays began, or the first point is late.
    """
    schemas.check(spec, "spectrum/1")
    one_of(method, METHODS, name="method")
    together = rows or ("signed" if spec.attrs["sequence"] == "inversion-recovery" else "together")
    one_of(together, ROWS, name="rows")
    tau = 0.0
    if first_within is not None:
        tau = _first_order(spec, units.quantity(first_within, unit="s", name="first_within"))
        spec = schemas.with_warnings(
            phase(spec, zero=0.0, first=tau),
            "The phase of first order was sought on the shape of the lines; it has no error.",
        )
    decays = decays_behind(spec)
    decay, loss, words = _expected_decay(spec, decays, method, frequency, fwhm)
    projections = spec["spectrum"].values @ decays.template(decay).conj()
    std = decays.projection_std(decay, float(spec.attrs["noise_std"])) * loss
    phi, phi_std = phase_from_projections(projections, std=std, rows=together)
    if together == "signed" and _ends_negative(spec, projections * np.exp(-1j * phi)):
        phi = phi + np.pi
    if together != "each":
        _refuse_faint(float(phi_std[0]) / loss, sought=method == "matched" and frequency is None)
    turned = _turned(
        spec,
        np.exp(-1j * phi)[:, np.newaxis] if together == "each" else complex(np.exp(-1j * phi[0])),
        first=0.0,
        call=f"autophase(method={method!r}, rows={together!r}{words})",
    )
    if together != "each":
        return turned.assign_attrs(phase=float(phi[0]), phase_std=float(phi_std[0]))
    return turned.assign_attrs(phase=phi.tolist(), phase_std=phi_std.tolist())


def phase_from_projections(
    projections: NDArray[np.complex128], *, std: float, rows: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Compute the phase of complex numbers that are real but for it and for noise.

    .. math:: \phi = \arg \sum_r z_r, \qquad \tfrac{1}{2} \arg \sum_r z_r^2, \qquad \arg z_r

    for rows "together", "signed" and "each". The second does not know the sign; half a turn may be
    missing.

    Parameters
    ----------
    projections
        z, (row,).
    std
        Noise of z per channel, or nan.
    rows
        One of :data:`ROWS`.

    Returns
    -------
    :
        Phase and its standard error [rad], each (1,), or (row,) for "each".

    Examples
    --------
    >>> found, error = phase_from_projections(np.array([10j, 10j]), std=0.1, rows="together")
    >>> print(f"{found[0]:.4f}({1e4 * error[0]:.0f})")
    1.5708(71)
    """
    if rows == "each":
        return np.asarray(np.angle(projections)), std / np.abs(projections)
    if rows == "together":
        total = np.sum(projections, keepdims=True)
        return np.asarray(np.angle(total)), std * len(projections) ** 0.5 / np.abs(total)
    square = np.sum(projections**2, keepdims=True)
    strength = np.abs(square)
    excess = 1 + len(projections) * std**2 / strength  # noise against noise
    return np.asarray(np.angle(square) / 2), std / np.sqrt(strength) * np.sqrt(excess)


def _ends_negative(spec: xr.Dataset, amplitudes: NDArray[np.complex128]) -> bool:
    """Let the row of the longest delay, where everything has recovered, decide the sign."""
    delay = spec["delay"].values if "delay" in spec.coords else np.arange(len(amplitudes))
    return bool(amplitudes[int(np.argmax(delay))].real < 0)


def _refuse_faint(phi_std: float, *, sought: bool) -> None:
    if phi_std > 1 / (FAINTEST_SOUGHT if sought else _FAINTEST):
        msg = (
            f"Found a phase known to {phi_std:.2f} rad only: the signal is too faint to have one. "
            "Say where the line is (frequency, fwhm), or take the phase of a stronger record of "
            "the same set-up, with phase."
        )
        raise Undetermined(msg, quality="no solution")


def _expected_decay(
    spec: xr.Dataset,
    decays: Decays,
    method: str,
    frequency: float | str | None,
    fwhm: float | str | None,
) -> tuple[NDArray[np.complex128], float, str]:
    """Decay to project on, factor on its error if its frequency was sought, words to record."""
    if method == "first point":
        dwell = decays.time[1] - decays.time[0]
        if not -0.5 * dwell <= decays.time[0] < 0.5 * dwell:
            msg = (
                f"Found a first point at {decays.time[0]:g} s; off resonance its phase is not that "
                "of time zero. Use method='matched'."
            )
            raise ValueError(msg)
        return np.eye(1, decays.time.size, dtype=np.complex128)[0], 1.0, ""
    line, width = None, None
    if frequency is not None:
        line = units.quantity(frequency, unit="Hz", name="frequency")
    if fwhm is not None:
        width = units.quantity(fwhm, unit="Hz", name="fwhm")
    values = spec["spectrum"].values
    every = np.linspace(0, len(values) - 1, min(len(values), _ROWS_SEARCHED)).round().astype(int)
    some = values[np.unique(every)]
    noise_std = float(spec.attrs["noise_std"])
    if line is None or width is None:
        sought, guessed = line_from_power(
            decays.frequency, np.mean(np.abs(some) ** 2, axis=0), noise_std=noise_std
        )
        width = guessed if width is None else width
        if line is None:
            line = refined_line(sought, width, some, decays)
            decay = line_decay(decays.time, line, width)
            return decay, _frequency_loss(decays.time, decay), f", fwhm={width!r}"
    return line_decay(decays.time, line, width), 1.0, f", frequency={line!r}, fwhm={width!r}"


def _frequency_loss(time: NDArray[np.float64], decay: NDArray[np.complex128]) -> float:
    """Factor on the error of a phase whose frequency is free (two-by-two Fisher matrix)."""
    power = np.abs(decay) ** 2
    mean, square = (float(np.sum(power * time**n) / np.sum(power)) for n in (1, 2))
    return float(1 / np.sqrt(1 - mean**2 / square)) if square > mean**2 else 1.0


def _first_order(spec: xr.Dataset, within: float) -> float:
    """Seek the time that gives the co-added rows the least absolute area: pure absorption."""
    from scipy.optimize import minimize_scalar

    frequency = spec["frequency"].values
    row = spec["spectrum"].values.sum(axis=0)
    peak = int(np.argmax(np.abs(row)))

    def area(tau: float) -> float:
        turned = row * np.exp(2j * np.pi * tau * frequency)
        return float(np.abs((turned * np.exp(-1j * np.angle(turned[peak]))).real).sum())

    grid = np.linspace(-within, within, _TIMES_TRIED)
    start = float(grid[int(np.argmin([area(float(tau)) for tau in grid]))])
    reach = float(grid[1] - grid[0])
    found = minimize_scalar(area, bounds=(start - reach, start + reach), method="bounded")
    return float(found.x)
