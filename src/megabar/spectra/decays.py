r"""The decays behind a Spectrum, and where its strongest line is.

A product of a row with the transform of an expected decay is, by Parseval, the sum of f* s over
time: a projection in the time domain, done in the spectrum at the price of one product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import Undetermined
from megabar.spectra.apodisation import window_product
from megabar.spectra.transform import rotation, transform_rows, transform_weights

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

FAINTEST_SOUGHT: Final = 6.0
"""Standard errors; below, a line whose place was sought in the noise is none."""

_REFINEMENTS: Final = 4


@dataclass(frozen=True, kw_only=True)
class Decays:
    """The decays behind a Spectrum: their grid, and what the transform multiplied them with.

    Parameters
    ----------
    time
        Times of the points [s], (time,).
    weights
        Weight of each point in the transform, window included [s], (time,).
    bare_weights
        The same without window [s], (time,).
    frequency
        Axis of the spectrum [Hz], (frequency,).
    zero_fill
        Length of the spectrum over that of the decay.
    """

    time: NDArray[np.float64]
    weights: NDArray[np.float64]
    bare_weights: NDArray[np.float64]
    frequency: NDArray[np.float64]
    zero_fill: int

    def template(self, decay: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """Transform a decay so that its product with a row is the sum of f* s over time.

        Parameters
        ----------
        decay
            Expected decay f, (time,).

        Returns
        -------
        :
            (frequency,).
        """
        cleared = decay / (self.bare_weights / self.bare_weights[-1]) ** 2
        turned_by = rotation(frequency=self.frequency, zero=0.0, first=-float(self.time[0]))
        rows = transform_rows(
            cleared[np.newaxis],
            weights=self.weights,
            zero_fill=self.zero_fill,
            turned_by=turned_by,
        )
        return np.asarray(rows[0])

    def decay_of(self, row: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """Turn a spectrum back into its weighted decay.

        Parameters
        ----------
        row
            One spectrum, (frequency,).

        Returns
        -------
        :
            Signal times ``weights``, (time,).
        """
        turned = row * rotation(frequency=self.frequency, zero=0.0, first=float(self.time[0]))
        return np.asarray(np.fft.ifft(np.fft.ifftshift(turned))[: self.time.size])

    def projection_std(self, decay: NDArray[np.complex128], noise_std: float) -> float:
        """Compute the noise of the product of a row with the template of a decay.

        Parameters
        ----------
        decay
            Expected decay f, (time,).
        noise_std
            Noise per channel of one point of the spectrum.

        Returns
        -------
        :
            Rms per channel of the product.
        """
        cleared = np.abs(decay) / (self.bare_weights / self.bare_weights[-1]) ** 2
        spread = float(np.sqrt(np.sum((self.weights**2 * cleared) ** 2)))
        point_std = noise_std / float(np.sqrt(np.sum(self.weights**2)))
        return point_std * spread * self.frequency.size


def decays_behind(spec: xr.Dataset) -> Decays:
    """Find the grid of the decays that a Spectrum was made of.

    Parameters
    ----------
    spec
        Spectrum that :func:`~megabar.spectra.transform` made.

    Returns
    -------
    :
        Grid and weights.

    Raises
    ------
    ValueError
        If nothing says where its decays began.
    """
    origin = time_origin_of(spec)
    if origin is None:
        msg = (
            "Found a Spectrum without the attribute time_origin: it was not transformed here, and "
            "nothing says where its decays began. Give the phase by hand, with phase."
        )
        raise ValueError(msg)
    frequency = np.asarray(spec["frequency"].values, dtype=np.float64)
    zero_fill = int(spec.attrs["zero_fill"])
    n_time = frequency.size // zero_fill
    width = (frequency[-1] - frequency[0]) / (frequency.size - 1) * frequency.size
    time = origin + np.arange(n_time) / width
    bare = transform_weights(time=time)
    window = window_product(time=time, apodisation=spec.attrs.get("apodisation", "[]"))
    return Decays(
        time=time,
        weights=bare * window,
        bare_weights=bare,
        frequency=frequency,
        zero_fill=zero_fill,
    )


def time_origin_of(spec: xr.Dataset) -> float | None:
    """Give the time of the first point that a Spectrum was made of.

    Parameters
    ----------
    spec
        Spectrum.

    Returns
    -------
    :
        Its attribute ``time_origin`` [s]; None where a file left a word there, or nothing.
    """
    origin = spec.attrs.get("time_origin")
    return float(origin) if isinstance(origin, int | float) else None


def line_decay(time: NDArray[np.float64], line: float, width: float) -> NDArray[np.complex128]:
    r"""Compute the decay of a Lorentzian line, or its whole echo.

    .. math:: f(t) = e^{2 \pi i \nu t - \pi W |t|}

    Parameters
    ----------
    time
        From the pulse centre or echo top [s], (time,).
    line
        Frequency from the carrier [Hz].
    width
        Full width W [Hz].

    Returns
    -------
    :
        Complex, 1 at time zero, (time,).

    Examples
    --------
    >>> line_decay(np.array([0.0, 0.5]), 1.0, 0.0).real
    array([ 1., -1.])
    """
    return np.asarray(np.exp(2j * np.pi * line * time - np.pi * width * np.abs(time)))


def line_from_power(
    frequency: NDArray[np.float64], power: NDArray[np.float64], *, noise_std: float
) -> tuple[float, float]:
    r"""Estimate where the strongest line is and how wide, from a power spectrum.

    Running sums over 1, 2, 4, ... points are compared with their noise; the most significant one
    gives the place, and its width over 1.4 the full width of a Lorentzian.

    Parameters
    ----------
    frequency
        Offsets from the carrier [Hz], (frequency,).
    power
        Mean of :math:`|S|^2` over the rows, (frequency,).
    noise_std
        Noise of S per channel; nan takes the median of the power for noise.

    Returns
    -------
    :
        Frequency and full width [Hz].

    Examples
    --------
    >>> axis = np.arange(-500.0, 500.0)
    >>> place, width = line_from_power(axis, 1 / (9 + (axis - 40) ** 2), noise_std=0.0)
    >>> 38 < place < 42, 3 < width < 12
    (True, True)
    """
    floor = 2 * noise_std**2 if np.isfinite(noise_std) else float(np.median(power)) / np.log(2)
    running = np.concatenate([[0.0], np.cumsum(power - floor)])
    best = (-np.inf, 0, 1)
    for m in (1 << k for k in range(int(np.log2(max(2, power.size // 4))) + 1)):
        gain = (running[m:] - running[:-m]) / np.sqrt(m)
        at = int(np.argmax(gain))
        best = max(best, (float(gain[at]), at, m))
    _, at, m = best
    inside = slice(at, at + m)
    weight = np.maximum(power[inside] - floor, 0.0)
    spacing = float(frequency[1] - frequency[0])
    centre = np.average(frequency[inside], weights=weight) if weight.any() else frequency[at]
    return float(centre), m * spacing / 1.4


def refined_line(line: float, width: float, rows: NDArray[np.complex128], decays: Decays) -> float:
    """Move a line to where the projection on it is largest.

    Parameters
    ----------
    line
        First guess of its frequency [Hz].
    width
        Full width that is projected on [Hz].
    rows
        Spectra that share the line, of any sign, (row, frequency).
    decays
        The decays behind them.

    Returns
    -------
    :
        Frequency [Hz].
    """
    template = decays.template(line_decay(decays.time, line, width))
    aligned = (rows @ template.conj()).conj() @ rows
    decay = decays.decay_of(aligned) / (decays.bare_weights / decays.bare_weights[-1])
    span = float(decays.time[-1] - decays.time[0])
    step = max(width, 1 / span) / 4
    for _ in range(_REFINEMENTS):
        low, here, high = (
            float(np.abs(np.vdot(line_decay(decays.time, f, width), decay)) ** 2)
            for f in (line - step, line, line + step)
        )
        curvature = low - 2 * here + high
        if curvature >= 0:
            return line
        line += float(np.clip(0.5 * (low - high) / curvature, -2, 2)) * step
    return line


def strongest_line(spec: xr.Dataset) -> tuple[float, float]:
    r"""Find the frequency of the strongest line of a Spectrum by its matched projection.

    .. math:: \operatorname{sd}(\nu) = \frac{\sigma}
        {2 \pi A \sqrt{\sum_j |f_j|^2 (t_j - \bar t)^2}}

    Parameters
    ----------
    spec
        Spectrum that :func:`~megabar.spectra.transform` made.

    Returns
    -------
    :
        Offset from the carrier and its standard error [Hz]; nan if the noise is not known.

    Raises
    ------
    Undetermined
        If the line does not stand out of the noise.
    ValueError
        If nothing says where the decays began.
    """
    decays = decays_behind(spec)
    values = spec["spectrum"].values
    noise_std = float(spec.attrs["noise_std"])
    power = np.mean(np.abs(values) ** 2, axis=0)
    sought, width = line_from_power(decays.frequency, power, noise_std=noise_std)
    line = refined_line(sought, width, values, decays)
    decay = line_decay(decays.time, line, width)
    projections = values @ decays.template(decay).conj()
    amplitude = float(np.sqrt(np.sum(np.abs(projections) ** 2)))
    std = decays.projection_std(decay, noise_std)
    if amplitude < FAINTEST_SOUGHT * std * len(projections) ** 0.5:
        msg = (
            "Found no line that stands out of the noise; it cannot serve as a standard. Record "
            "more scans."
        )
        raise Undetermined(msg, quality="no solution")
    share = np.abs(decay) ** 2 / np.sum(np.abs(decay) ** 2)
    spread = np.sqrt(np.sum(share * (decays.time - np.sum(share * decays.time)) ** 2))
    return line, float(std / amplitude / (2 * np.pi * spread))
