r"""Nutation of one kind of spins in a powder: signal against the length of a pulse.

Between a cubic site, all of whose transitions turn together, and a large quadrupole coupling, of
which the central transition alone turns, :math:`I + 1/2` times faster and with a part of the
signal, the curve knows only :math:`\nu_1 t` and :math:`C_Q / \nu_1`. A table over these two serves
every coupling, field and length.

First order, on resonance. Not included: relaxation during the pulse, phase transients, the
Bloch-Siegert shift.

Twin: ``observables.nutation``, which fits what is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import one_of
from megabar.spins.bicubic import EvenSpline, even_spline
from megabar.spins.coupling_nodes import collected_weights, coupling_nodes
from megabar.spins.hamiltonians import (
    first_order_coupling,
    quadrupole_denominator,
    second_order_levels,
)
from megabar.spins.operators import magnetic_numbers
from megabar.spins.orientations import octant_grid
from megabar.spins.pulse_responses import responses_from_coupling, responses_from_levels
from megabar.spins.tensors import gradient_tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.spins.amplitude_distributions import AmplitudeDistribution
    from megabar.spins.orientations import Orientations
    from megabar.spins.pulse_shapes import PulseShape

    Array = NDArray[np.float64]

DETECTED: Final = ("all", "central")
"""Which transitions are heard."""

LARGEST_COUPLING: Final = 600.0
"""C_Q over the nutation frequency up to which a table reaches."""

_BEND: Final = 4.0  # C_Q over nutation frequency below which the columns of a table are even
_COLUMNS: Final = 96
_PER_TURN: Final = 32
_NODES_PER_TURN: Final = 220
_FEWEST_NODES: Final = 960
_NEAR_ZERO: Final = 0.2  # couplings over nutation frequency below which nodes are dense
_CHEAP: Final = 16_000


def nutation_curve(
    *,
    spin: float,
    quadrupole_coupling: float,
    asymmetry: float,
    shape: PulseShape,
    peak: float,
    amplitudes: AmplitudeDistribution,
    durations: Array,
    detected: str,
    nodes: int,
) -> Array:
    r"""Compute the signal of a powder after pulses of one shape and many lengths, to first order.

    .. math:: s(t) = \sum_k w_k \int p(f) \, g(\nu_1 s_k t, f/\nu_1 s_k) \, df

    Parameters
    ----------
    spin
        Quantum number I.
    quadrupole_coupling
        :math:`C_Q` [Hz].
    asymmetry
        Of the gradient, 0 to 1.
    shape
        Of the pulses; its phase does not change.
    peak
        Nutation frequency at the peak of the shape, in the nominal field [Hz].
    amplitudes
        Fields over the nominal one, with their shares of the signal.
    durations
        Lengths [s], (length,).
    detected
        One of :data:`DETECTED`.
    nodes
        See ``coupling_nodes``.

    Returns
    -------
    :
        Signal over that of a perfect 90 degree pulse on all transitions, (length,).

    Raises
    ------
    UnknownWord
        If what is detected is none of :data:`DETECTED`.
    ValueError
        If the phase of the shape changes, or the spin has no quadrupole moment.

    References
    ----------
    Samoson, Lippmaa, Phys. Rev. B 28, 6567 (1983), doi:10.1103/PhysRevB.28.6567.

    Examples
    --------
    >>> from megabar.spins.amplitude_distributions import gaussian_amplitudes
    >>> from megabar.spins.pulse_shapes import rectangular_shape
    >>> curve = nutation_curve(
    ...     spin=3.5, quadrupole_coupling=0.5e6, asymmetry=0.1, shape=rectangular_shape(),
    ...     peak=62.5e3, amplitudes=gaussian_amplitudes(relative_std=0.0, count=1),
    ...     durations=np.array([4e-6, 20e-6]), detected="all", nodes=64)
    >>> curve.round(4).tolist()
    [0.9207, 0.3933]
    """
    _require_no_modulation(shape)
    found = coupling_nodes(
        quadrupole_coupling=quadrupole_coupling, asymmetry=asymmetry, spin=spin, count=nodes
    )
    total = np.zeros(len(durations))
    for scale, weight in zip(amplitudes.scale, amplitudes.weight, strict=True):
        each = responses_from_coupling(
            spin=spin, coupling=found.coupling, offset=0.0,
            amplitude=scale * peak * shape.amplitude, durations=durations,
        )  # fmt: skip
        total += weight * (1j * found.weight @ _heard(each, detected)).real
    return total


def nutation_curve_to_second_order(
    *,
    spin: float,
    quadrupole_coupling: float,
    asymmetry: float,
    larmor_frequency: float,
    shape: PulseShape,
    peak: float,
    amplitudes: AmplitudeDistribution,
    durations: Array,
    detected: str,
    orientations: Orientations,
) -> NDArray[np.complex128]:
    r"""Compute the signal of a powder with second-order shifts on during the pulse.

    What is needed where the quadrupole frequency is not far below :math:`\sqrt{\nu_1 \nu_L}`; see
    ``pulse_responses.responses_from_levels``. At 20 MHz on 139La the shift of the central
    transition reaches the nutation frequency itself.

    Parameters
    ----------
    spin
        Quantum number I.
    quadrupole_coupling
        :math:`C_Q` [Hz].
    asymmetry
        Of the gradient, 0 to 1.
    larmor_frequency
        :math:`\nu_L` [Hz].
    shape
        Of the pulses; its phase may change.
    peak
        Nutation frequency at the peak of the shape, in the nominal field [Hz].
    amplitudes
        Fields over the nominal one, with their shares of the signal.
    durations
        Lengths [s], (length,).
    detected
        One of :data:`DETECTED`.
    orientations
        Directions of the field; a thousand or more for couplings above the nutation frequency.

    Returns
    -------
    :
        i times the signal over that of a perfect 90 degree pulse, complex because the spins are off
        resonance, (length,).

    Raises
    ------
    UnknownWord
        If what is detected is none of :data:`DETECTED`.
    ValueError
        If the spin has no quadrupole moment.

    Examples
    --------
    >>> from megabar.spins.amplitude_distributions import gaussian_amplitudes
    >>> from megabar.spins.orientations import sphere_grid
    >>> from megabar.spins.pulse_shapes import rectangular_shape
    >>> curve = nutation_curve_to_second_order(
    ...     spin=3.5, quadrupole_coupling=0.5e6, asymmetry=0.1, larmor_frequency=55.8e6,
    ...     shape=rectangular_shape(), peak=62.5e3,
    ...     amplitudes=gaussian_amplitudes(relative_std=0.0, count=1),
    ...     durations=np.array([4e-6]), detected="all", orientations=sphere_grid(233))
    >>> curve.real.round(3).tolist()
    [0.921]
    """
    m = magnetic_numbers(spin)
    first = _first_order(spin, quadrupole_coupling, asymmetry, orientations)
    levels = first[:, None] * (3 * m**2 - spin * (spin + 1)) + second_order_levels(
        quadrupole_coupling=quadrupole_coupling,
        gradient=gradient_tensor(asymmetry=asymmetry),
        spin=spin,
        larmor_frequency=larmor_frequency,
        orientations=orientations,
    )
    total = np.zeros(len(durations), dtype=np.complex128)
    for scale, weight in zip(amplitudes.scale, amplitudes.weight, strict=True):
        each = responses_from_levels(
            spin=spin, levels=levels, amplitude=scale * peak * shape.amplitude,
            phase=shape.phase, durations=durations,
        )  # fmt: skip
        total += weight * 1j * (orientations.weight @ _heard(each, detected))
    return total


def central_share(spin: float) -> float:
    r"""Give what the central transition alone yields, over a perfect 90 degree pulse on all.

    .. math:: \frac{I(I+1) + 1/4}{(I + 1/2) \sum_m [I(I+1) - m(m-1)]}

    It is the largest signal of spins whose coupling is far above the nutation frequency.

    Parameters
    ----------
    spin
        Quantum number I, half of an odd number.

    Returns
    -------
    :
        A part of one.

    Raises
    ------
    ValueError
        If the spin has no central transition.

    Examples
    --------
    >>> round(1 / central_share(3.5))
    21
    """
    if spin % 1 == 0:
        msg = f"Found spin {spin:g}; only half of an odd number has a central transition."
        raise ValueError(msg)
    total = 2 * spin * (spin + 1) * (2 * spin + 1) / 3
    return (spin * (spin + 1) + 0.25) / (spin + 0.5) / total


@dataclass(frozen=True, kw_only=True, eq=False)
class NutationTable:
    r"""Signal in a homogeneous field over turns :math:`\nu_1 t` and coupling :math:`C_Q/\nu_1`.

    Parameters
    ----------
    spin
        Quantum number I.
    shape
        Of the pulses.
    turns
        Largest :math:`\nu_1 t` of the table, at the peak of the shape.
    spline
        Of the signal over arcsinh of the coupling and over the turns; None for a spin that has no
        quadrupole moment.
    """

    spin: float
    shape: PulseShape
    turns: float
    spline: EvenSpline | None

    def __call__(self, turns: Array, coupling: Array) -> tuple[Array, Array, Array]:
        r"""Interpolate the signal, and its slopes by turns and by coupling.

        Parameters
        ----------
        turns
            :math:`\nu_1 t`, any shape; none beyond the table.
        coupling
            :math:`C_Q/\nu_1`, same shape; beyond the table the signal is that of its edge.

        Returns
        -------
        :
            Signal and slopes, same shape.
        """
        if self.spline is None:
            rate = 2 * np.pi * self.shape.mean
            return np.sin(rate * turns), rate * np.cos(rate * turns), np.zeros(np.shape(turns))
        seen = np.abs(coupling)
        signal, by_place, by_turns = self.spline(np.arcsinh(seen / _BEND), turns)
        return signal, by_turns, by_place * np.sign(coupling) / np.hypot(seen, _BEND)


def nutation_table(
    *, spin: float, asymmetry: float, shape: PulseShape, turns: float, detected: str
) -> NutationTable:
    r"""Tabulate the nutation of a powder for fits.

    Errors over three turns, of the signal of a perfect pulse on all transitions: below 4e-4 up to
    :math:`C_Q = 50 \, \nu_1`, below 2e-3 at the edge, where the signal itself is a twentieth.

    Parameters
    ----------
    spin
        Quantum number I; of 1/2 nothing is tabulated.
    asymmetry
        Of the gradient, 0 to 1.
    shape
        Of the pulses; its phase does not change.
    turns
        Largest product of nutation frequency at the peak and length.
    detected
        One of :data:`DETECTED`.

    Returns
    -------
    :
        The table.

    Raises
    ------
    UnknownWord
        If what is detected is none of :data:`DETECTED`.
    ValueError
        If the phase of the shape changes.

    Examples
    --------
    >>> from megabar.spins.pulse_shapes import rectangular_shape
    >>> table = nutation_table(
    ...     spin=3.5, asymmetry=0.1, shape=rectangular_shape(), turns=1.5, detected="all")
    >>> print(f"{table(np.array([0.25]), np.array([8.0]))[0][0]:.4f}")  # 4 us, 0.5 MHz, 62.5 kHz
    0.9207
    """
    _require_no_modulation(shape)
    one_of(detected, DETECTED, name="detected")
    if spin == 0.5:
        return NutationTable(spin=spin, shape=shape, turns=turns, spline=None)
    spline = _spline(spin, asymmetry, tuple(shape.amplitude.tolist()), turns, detected)
    return NutationTable(spin=spin, shape=shape, turns=turns, spline=spline)


@lru_cache(maxsize=16)
def _spline(
    spin: float, asymmetry: float, amplitude: tuple[float, ...], turns: float, detected: str
) -> EvenSpline:
    """Tabulate a powder over couplings and turns; curves of one campaign share their table."""
    columns = np.linspace(0.0, np.arcsinh(LARGEST_COUPLING / _BEND), _COLUMNS)
    grid = octant_grid(_CHEAP)
    unit = _first_order(spin, 1.0, asymmetry, grid)
    turning = _PER_TURN * turns * float(np.abs(amplitude).mean())
    places = np.linspace(0.0, turns, max(4, int(np.ceil(turning)) + 1))
    nodes, curves = _curves_of_nodes(spin, amplitude, float(places[-1]), len(places), detected)
    rows = np.array([
        collected_weights(q / _NEAR_ZERO * unit, grid.weight, nodes=nodes) @ curves
        for q in _BEND * np.sinh(columns)
    ])  # fmt: skip
    return even_spline(rows, row_step=columns[1], column_step=places[1])


def _first_order(
    spin: float, quadrupole_coupling: float, asymmetry: float, orientations: Orientations
) -> Array:
    return first_order_coupling(
        quadrupole_coupling=quadrupole_coupling,
        gradient=gradient_tensor(asymmetry=asymmetry),
        spin=spin,
        directions=orientations.directions,
    )


@lru_cache(maxsize=8)
def _curves_of_nodes(
    spin: float, amplitude: tuple[float, ...], turns: float, count: int, detected: str
) -> tuple[Array, Array]:
    """Couplings over 0.2 nutation frequencies, and the signal of each over turns."""
    edge = 1.001 * LARGEST_COUPLING / quadrupole_denominator(spin)
    end = np.arcsinh(edge / _NEAR_ZERO)
    nodes = np.sinh(np.linspace(-end, end, max(_FEWEST_NODES, int(_NODES_PER_TURN * turns))))
    each = responses_from_coupling(
        spin=spin, coupling=_NEAR_ZERO * nodes, offset=0.0, amplitude=np.array(amplitude),
        durations=np.linspace(0.0, turns, count),
    )  # fmt: skip
    return nodes, (1j * _heard(each, detected)).real


def _heard(responses: NDArray[np.complex128], detected: str) -> NDArray[np.complex128]:
    """Signal of the transitions that are detected, without their axis."""
    if one_of(detected, DETECTED, name="detected") == "all":
        return np.asarray(responses.sum(axis=-1))
    lines = responses.shape[-1]
    if lines % 2 == 0:
        msg = f"Found {lines} transitions, of which none is the central one. Detect all."
        raise ValueError(msg)
    return np.asarray(responses[..., lines // 2])


def _require_no_modulation(shape: PulseShape) -> None:
    if shape.modulated:
        msg = (
            f"Found a phase that changes along {shape.name!r}; its nutation is not a real curve. "
            "Take nutation_curve_to_second_order, which propagates it."
        )
        raise ValueError(msg)
