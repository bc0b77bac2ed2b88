r"""Signals of a virtual cell by the spin engine: pulses that take time, spins that are coupled.

Each pulse acts on the levels of the spins for as long as it lasts. Between pulses coherences of
order p turn under couplings and offsets and decay with T2; the phase cycle weighs the orders. What
the spins start from is the longitudinal magnetisation of the steady state, as the pathways of
:mod:`megabar.virtual.nmr` find it for the flip angles of the pulses on resonance.

Times count from the middles of pulses. A Gaussian distribution of local frequencies acts in pulses
too, unless with the directions of a powder it makes more than 60,000 kinds of spins (a C_Q above
some 1 MHz). Then, and if it is Lorentzian, it acts between pulses only, which is right while it is
narrow against the nutation frequency; wider ones are refused.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import units
from megabar.errors import PlanError, one_of
from megabar.spins.echoes import echo_from_two_pulses, lines_after_pulse
from megabar.spins.level_nodes import gaussian_offsets, nodes_with_offsets
from megabar.spins.phase_tables import passing_orders
from megabar.spins.pulse_shapes import gaussian_shape, rectangular_shape
from megabar.spins.sequences import IdealPulse, Pulse, Relaxation
from megabar.virtual import nmr
from megabar.virtual.couplings import RigidDecay, nodes_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from megabar.spins.level_nodes import LevelNodes, OffsetDistribution
    from megabar.virtual.truth import Line

SHAPES: Final = ("rectangular", "gaussian")
"""Pulses that a plan may name."""

_SLICES = 64
_NEGLIGIBLE = 1e-12
_LEAST_OFFSETS = 17
_MOST_NODES = 60_000


@dataclass(frozen=True, kw_only=True)
class Shaped:
    """What makes a pulse take its time: shape, field and, for a Gaussian, where it is cut.

    Parameters
    ----------
    shape
        One of :data:`SHAPES`.
    nutation_frequency
        At the peak; what the cell truly sees [Hz].
    truncation
        Of a Gaussian: its first and last value over the peak, between 0 and 1; None otherwise.

    Examples
    --------
    >>> one = Shaped(shape="gaussian", nutation_frequency=43.34e3, truncation=0.01)
    >>> print(f"{math.degrees(flip_angle(one.pulse(channel='1H', duration=14e-6))):.1f}")
    90.0
    """

    shape: str
    nutation_frequency: float
    truncation: float | None

    def __post_init__(self) -> None:
        one_of(self.shape, SHAPES, name="pulse shape")
        value = units.quantity(self.nutation_frequency, unit="Hz", name="nutation frequency")
        object.__setattr__(self, "nutation_frequency", value)
        gaussian = self.shape == "gaussian"
        if value <= 0 or gaussian != (self.truncation is not None):
            msg = (
                f"Found {self}; a shaped pulse needs a nutation frequency above 0, and a Gaussian, "
                "and nothing else, a truncation."
            )
            raise PlanError(msg)
        if not 0 < (self.truncation or 0.5) < 1:
            msg = f"Found a truncation of {self.truncation}; it lies between 0 and 1."
            raise PlanError(msg)

    def pulse(self, *, channel: str, duration: float) -> Pulse:
        """Make a pulse at phase 0.

        Parameters
        ----------
        channel
            Kind of spins it reaches.
        duration
            [s].

        Returns
        -------
        :
            The pulse, a Gaussian in 64 slices.
        """
        shape = (
            rectangular_shape()
            if self.truncation is None
            else gaussian_shape(truncation=self.truncation, slices=_SLICES)
        )
        return shape.pulse(
            channel=channel, duration=duration, peak=self.nutation_frequency, phase=0.0
        )


def flip_angle(one: Pulse | IdealPulse) -> float:
    """Give the angle by which a pulse turns spins on resonance [rad]."""
    if isinstance(one, IdealPulse):
        return one.angle
    return float(2 * math.pi * one.amplitude.mean() * one.duration)


def signal(
    scan: nmr.Program,
    *,
    pulses: Sequence[Pulse | IdealPulse],
    line: Line,
    nucleus: str,
    larmor_frequency: float,
    offset: float,
    repetition_time: float,
    time: NDArray[np.float64],
) -> NDArray[np.complex128]:
    """Compute one scan of a line whose pulses take time or whose spins are coupled.

    Parameters
    ----------
    scan
        The program; its flip angles are those of the pulses.
    pulses
        One or two, as many as the program has.
    line
        The line observed.
    nucleus
        Such as ``"139La"``.
    larmor_frequency
        [Hz].
    offset
        Centre of the line from the carrier [Hz].
    repetition_time
        Start of one scan to start of the next [s].
    time
        From time zero of the record [s], (time,).

    Returns
    -------
    :
        Signal of one scan, (time,); 1 for all spins turned by 90 degrees from equilibrium.

    Raises
    ------
    PlanError
        If the pulses overlap, or the line is wider than pulses of such a field can be trusted
        with, or is known by its decay after a short pulse only.
    """
    _check(scan, pulses, line)
    since_pulse = scan.origin + time
    span = scan.duration + float(np.abs(since_pulse).max())
    nodes = nodes_of(
        line.coupling,  # type: ignore[arg-type]  # a table of a decay was refused
        nucleus=nucleus,
        larmor_frequency=larmor_frequency,
        offset=offset,
        span=span,
    )
    spread = _offsets_in_pulses(pulses, line, nodes, span)
    if spread is not None:
        nodes = nodes_with_offsets(nodes, spread)
    before = nmr.steady_state(scan, line=line, offset=offset, repetition_time=repetition_time)
    if len(pulses) == 1:
        total = _after_one(scan, pulses[0], nodes, before, since_pulse)
        if spread is None:
            total = total * line.dephasing(since_pulse)
    else:
        weights = _orders(scan, nodes.spin, before, line)
        if spread is None:  # each order has dephased in its own way
            total = np.sum(
                [
                    line.dephasing(since_pulse - order * scan.duration)
                    * _after_two(scan, pulses, nodes, {order: weight}, since_pulse)
                    for order, weight in weights.items()
                ],
                axis=0,
            )
        else:
            total = _after_two(scan, pulses, nodes, weights, since_pulse)
    return np.asarray(1j * total * np.exp(-since_pulse / line.t2))


def _check(scan: nmr.Program, pulses: Sequence[Pulse | IdealPulse], line: Line) -> None:
    if isinstance(line.coupling, RigidDecay):
        msg = (
            "Found a line that is known by its decay after a short pulse; that says nothing about "
            "echoes or about pulses that take time. Give pairs, or leave out the pulse shape and "
            "take a fid."
        )
        raise PlanError(msg)
    half = sum(_length(one) for one in pulses) / 2
    if scan.intervals and scan.intervals[0] < half:
        msg = (
            f"Found pulses {scan.intervals[0]:g} s apart that overlap; their middles are at least "
            f"{half:g} s apart. Raise the echo delay."
        )
        raise PlanError(msg)


def _offsets_in_pulses(
    pulses: Sequence[Pulse | IdealPulse], line: Line, nodes: LevelNodes, span: float
) -> OffsetDistribution | None:
    """Spread a distribution that acts in pulses too; nothing where it acts between them only."""
    fields = [float(one.amplitude.max()) for one in pulses if isinstance(one, Pulse)]
    if not fields:
        return None
    count = _LEAST_OFFSETS + math.ceil(6 * line.inhomogeneous_fwhm * span)
    if line.shape == "gaussian" and count * len(nodes.weight) <= _MOST_NODES:
        return gaussian_offsets(fwhm=line.inhomogeneous_fwhm, count=count)
    if line.inhomogeneous_fwhm > min(fields):
        msg = (
            f"Found a {line.shape} distribution of {line.inhomogeneous_fwhm:g} Hz under pulses of "
            f"{min(fields):g} Hz; it would act between pulses only, which is wrong here. Take a "
            "stronger pulse, a narrower distribution, or leave out the pulse shape."
        )
        raise PlanError(msg)
    return None


def _length(one: Pulse | IdealPulse) -> float:
    return one.duration if isinstance(one, Pulse) else 0.0


def _orders(
    scan: nmr.Program, spin: float, before: tuple[float, ...], line: Line
) -> dict[int, complex]:
    """Orders between the pulses that the phase cycle lets through, with what is left of each."""
    cycle = list(zip(*scan.phases, scan.receiver, before, strict=True))
    found = {}
    for order in range(-round(2 * spin), round(2 * spin) + 1):
        weight = sum(
            z * cmath.exp(-0.5j * math.pi * (order * first - (1 + order) * second + receiver))
            for first, second, receiver, z in cycle
        ) / len(cycle)
        if abs(weight) > _NEGLIGIBLE:
            found[order] = weight * math.exp(-scan.duration / (line.t2 if order else line.t1))
    return found


def _after_one(
    scan: nmr.Program,
    one: Pulse | IdealPulse,
    nodes: LevelNodes,
    before: tuple[float, ...],
    since_pulse: NDArray[np.float64],
) -> NDArray[np.complex128]:
    cycle = zip(scan.phases[0], scan.receiver, before, strict=True)
    weight = np.mean([z * cmath.exp(0.5j * math.pi * (turn - rec)) for turn, rec, z in cycle])
    lines = lines_after_pulse(nodes, pulse=one, t2=math.inf)
    return np.asarray(weight * lines.signal(since_pulse - _length(one) / 2))


def _after_two(
    scan: nmr.Program,
    pulses: Sequence[Pulse | IdealPulse],
    nodes: LevelNodes,
    weights: Mapping[int, complex],
    since_pulse: NDArray[np.float64],
) -> NDArray[np.complex128]:
    """Signal of some orders between the pulses, without the relaxation behind them."""
    first, second = pulses
    lines = echo_from_two_pulses(
        nodes,
        pulses=(first, second),
        delay=scan.intervals[0] - (_length(first) + _length(second)) / 2,
        passing=passing_orders(nodes.spin, weights),
        relaxation=Relaxation(t1=math.inf, t2=math.inf),
    )
    return lines.signal(since_pulse - _length(second) / 2)
