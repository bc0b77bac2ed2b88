r"""Search for the satellites that go with a central line, and how far down they can be excluded.

The central line of the decay is known; for every C_Q that is asked for, satellites of that coupling
are fitted beside it, with an amplitude that is linear:

.. math:: s(t) = c \, [\, w_0(t) + x \, w_1(t) \,], \quad x = 1 \text{ if the coupling is right}

where :math:`w_0` is the central line and :math:`w_1` are all other lines of the powder, with the
weights that the pulse gives them. x is estimated as by a matched filter. The amplitude of the
central line, its phase, and small changes of its place and width are free beside it, so that the
error of x holds what satellites have in common with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.special import ndtr, ndtri

from megabar.observables import records
from megabar.spins.lineshapes import quadrupoles

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


_TURNS: Final = 3  # in which the phase settles


@dataclass(frozen=True, kw_only=True, eq=False)
class CentralLine:
    """What is known of the line whose satellites are looked for.

    Parameters
    ----------
    spin
        Quantum number I, half-integer, 3/2 or more.
    larmor_frequency
        Of the nucleus [Hz]; none: first order only.
    weights
        Of all transitions, m = I first, such as ``transition_weights.hard_pulse_weights`` or what
        the sequence leaves of each, (transition,).
    frequency
        Of the isotropic shift from the carrier [Hz].
    fwhm
        Gaussian full width of all lines [Hz].
    asymmetry
        Of the gradient, 0 to 1.
    """

    spin: float
    larmor_frequency: float | None
    weights: Array
    frequency: float
    fwhm: float
    asymmetry: float


@dataclass(frozen=True, kw_only=True, eq=False)
class SatelliteTable:
    """What a record says of satellites over C_Q.

    Parameters
    ----------
    coupling
        C_Q [Hz], (coupling,).
    share
        Amplitude of the satellites over that which the central line demands; 1 if they are there
        in full, 0 if they are not, (coupling,).
    std
        Standard error of the share, (coupling,).
    std_in_full
        What it would be if the satellites were there in full, (coupling,).
    signal_to_noise
        Amplitude of the central line at time zero over the noise of one point, (coupling,).
    """

    coupling: Array
    share: Array
    std: Array
    std_in_full: Array
    signal_to_noise: Array

    def excluded(self, confidence: float) -> NDArray[np.bool_]:
        """Say which couplings the record excludes.

        Parameters
        ----------
        confidence
            Of one side, such as 0.95: the full satellites lie that far above what was found.

        Returns
        -------
        :
            True where the full satellites would have been seen and were not, (coupling,).
        """
        return np.asarray(ndtr((1 - self.share) / self.std_in_full) > confidence)

    def detectable(self, confidence: float) -> NDArray[np.bool_]:
        """Say for which couplings such a record would exclude satellites that are not there.

        Parameters
        ----------
        confidence
            Of both: not to exclude satellites that are there, and to exclude those that are not.

        Returns
        -------
        :
            True where the error is small enough, (coupling,).
        """
        return np.asarray(self.std_in_full * 2 * ndtri(confidence) < 1)

    def needed_signal_to_noise(self, confidence: float) -> Array:
        """Compute the signal-to-noise ratio of the central line that each coupling needs.

        Parameters
        ----------
        confidence
            As for :meth:`detectable`.

        Returns
        -------
        :
            Amplitude at time zero over noise of one point, for the same times, (coupling,).
        """
        return np.asarray(self.signal_to_noise * self.std_in_full * 2 * ndtri(confidence))


def satellites(
    data: xr.Dataset,
    *,
    central: CentralLine,
    couplings: Sequence[float],
    directions: int,
    step: int | None = None,
    noise: tuple[float, float] | None = None,
) -> SatelliteTable:
    """Look for the satellites of a central line, one coupling after the other.

    Parameters
    ----------
    data
        Acquisition, or untouched Spectrum.
    central
        What is known of the line, as from a fit with the central weight alone.
    couplings
        C_Q that are tried [Hz].
    directions
        Orientations, see ``powder_patterns.enough_directions``.
    step
        Which step, if there are several.
    noise
        Rms per channel of one point and its error; from the tail if not given.

    Returns
    -------
    :
        Share of the satellites with its error for each coupling.

    Raises
    ------
    ValueError
        If the spin has no central line, its weight is zero or there are no satellites.

    References
    ----------
    Turin, IRE Trans. Inf. Theory 6, 311 (1960), doi:10.1109/TIT.1960.1057571, for the filter.

    Examples
    --------
    >>> from megabar import schemas
    >>> from megabar.spins.transition_weights import hard_pulse_weights
    >>> line = CentralLine(spin=3.5, larmor_frequency=55.8e6, weights=hard_pulse_weights(3.5),
    ...                    frequency=0.0, fwhm=4e3, asymmetry=0.0)
    >>> central = np.where(np.arange(7) == 3, line.weights, 0.0)
    >>> shape = quadrupoles(spin=3.5, larmor_frequency=55.8e6, weights=central, directions=900)
    >>> time = np.arange(512) * 1e-6
    >>> decay = 100 * shape.decay(time, [0.0, 0.4e6, 0.0, 4e3])[0]
    >>> noise = np.random.default_rng(1).normal(size=(2, 512))
    >>> acquisition = schemas.acquisition((decay + noise[0] + 1j * noise[1])[None], time=time,
    ...     attrs={"nucleus": "139La", "carrier_frequency": 55.8e6, "n_scans": 16,
    ...     "sequence": "fid", "repetition_time": 1.0, "dead_time": 0.0, "cell": "A",
    ...     "source": "example", "source_sha256": "0"})
    >>> found = satellites(acquisition, central=line, couplings=[0.4e6, 0.01e6], directions=900,
    ...                    noise=(1.0, 0.01))
    >>> found.excluded(0.95).tolist()
    [True, False]
    """
    only_central, others = _split(central)
    record = records.record_of(data, noise=noise)
    row = records.chosen_step(record, step)
    found = [
        _one(
            record.signal[row],
            float(record.noise_std[row]),
            _decays(central, only_central, record.time, coupling, directions),
            _decays(central, others, record.time, coupling, directions)[0],
            float(only_central.sum()),
        )
        for coupling in couplings
    ]
    share, std, in_full, ratio = np.array(found).reshape(-1, 4).T
    return SatelliteTable(
        coupling=np.asarray(couplings, dtype=np.float64),
        share=share,
        std=std,
        std_in_full=in_full,
        signal_to_noise=ratio,
    )


def _split(central: CentralLine) -> tuple[Array, Array]:
    weights = np.asarray(central.weights, dtype=np.float64)
    count = round(2 * central.spin)
    if count % 2 == 0 or weights.shape != (count,):
        msg = f"Found {weights.size} weights for I = {central.spin:g}; a central line needs a "
        raise ValueError(f"{msg}half-integer spin, and each of its 2 I transitions a weight.")
    alone = np.where(np.arange(count) == count // 2, weights, 0.0)
    if not alone.any() or not (weights - alone).any():
        msg = "Found no weight of the central line, or none of satellites; give those of all lines."
        raise ValueError(msg)
    return alone, weights - alone


def _decays(
    central: CentralLine, weights: Array, time: Array, coupling: float, directions: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Decay and its derivatives by frequency and by width."""
    shape = quadrupoles(
        spin=central.spin,
        larmor_frequency=central.larmor_frequency,
        weights=weights,
        directions=directions,
    )
    decay, slopes = shape.decay(
        time, [central.frequency, coupling, central.asymmetry, central.fwhm]
    )
    return decay, slopes[0], slopes[-1]


def _one(
    signal: NDArray[Any],
    noise: float,
    centre: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    beside: NDArray[Any],
    height: float,
) -> tuple[float, float, float, float]:
    """Share of the satellites in the phase of the line, its errors, and the S/N."""
    line, by_frequency, by_width = centre
    phase = np.vdot(line, signal)
    for _ in range(_TURNS):
        columns = np.stack([line, beside, 1j * line, by_frequency, by_width], axis=1)
        columns = columns / (scale := np.linalg.norm(columns, axis=0))
        basis = np.concatenate([columns.real, columns.imag])
        turned = signal * np.conj(phase) / abs(phase)
        gram = np.linalg.inv(basis.T @ basis)
        found = gram @ (basis.T @ np.concatenate([turned.real, turned.imag])) / scale
        phase = phase * (found[0] + 1j * found[2])
    gram = (gram / np.multiply.outer(scale, scale))[:2, :2]
    share, ratio = found[1] / found[0], abs(found[0]) / noise

    def error_at(value: float) -> float:
        slopes = np.array([-value, 1.0])  # of the share times the centre
        return float(np.sqrt(slopes @ gram @ slopes) / ratio)

    return float(share), error_at(share), error_at(1.0), float(ratio * height)
