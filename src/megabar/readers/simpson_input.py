r"""Input files for SIMPSON: a spin system, a sequence and a powder, as that program wants them.

Its conventions differ from ours, and all of them are translated here: shifts turn the other way, so
a pulse of phase :math:`\varphi` becomes one of :math:`180° - \varphi`; the axes x and y of an
electric field gradient are exchanged; angles are passive; dipolar couplings have the other sign.
The program takes Larmor frequencies from its own table of gyromagnetic ratios, which matters to
second order only.

References
----------
Bak, Rasmussen, Nielsen, J. Magn. Reson. 147, 296 (2000), doi:10.1006/jmre.2000.2179.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.readers.new_files import write_new
from megabar.spins.sequences import Delay, IdealPulse, OrderFilter, Pulse

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from megabar.spins.orientations import Orientations
    from megabar.spins.sequences import Element
    from megabar.spins.spin_systems import DipolarPair, Spin, SpinSystem

    Array = NDArray[np.float64]

_MICRO: Final = 1e6
_IDEAL_NUTATION: Final = 1e6  # Hz; any, as an ideal pulse has no length


@dataclass(frozen=True, kw_only=True, eq=False)
class SimpsonJob:
    """What SIMPSON shall compute.

    Parameters
    ----------
    system
        Spins and couplings.
    orientations
        Directions of the field, with weights.
    elements
        Pulses, delays and filters before the acquisition.
    observe
        Channel whose spins start along z and are detected.
    points
        Of the decay.
    dwell
        Between points [s].
    proton_frequency
        Of 1H at the field [Hz]; the program multiplies by its own ratios.
    cycle
        Phases that each step adds to each pulse, and that of the receiver [rad]; one step of no
        phases if there is no cycle.
    """

    system: SpinSystem
    orientations: Orientations
    elements: tuple[Element, ...]
    observe: str
    points: int
    dwell: float
    proton_frequency: float
    cycle: tuple[tuple[tuple[float, ...], float], ...]


def write(job: SimpsonJob, path: Path) -> tuple[str, str]:
    """Write the input NAME.in and its orientations NAME.cry.

    The program then makes NAME.fid, which ``readers.simpson`` reads: the sum over the cycle of
    Tr[D rho], as ``spins.evolution.signal_from_sequence`` computes it.

    Parameters
    ----------
    job
        What shall be computed.
    path
        New file, ending in ``.in``.

    Returns
    -------
    :
        SHA-256 of both files.

    Raises
    ------
    ValueError
        If the file has another ending, no spin is observed, or a pulse reaches no channel.
    StoreError
        If a file exists with other content.
    """
    if path.suffix != ".in":
        msg = f"Found {path.name}; SIMPSON writes its answer beside NAME.in. Let it end in .in."
        raise ValueError(msg)
    text = simpson_text(job, name=path.stem)
    crystals = write_new(
        path.with_suffix(".cry"), _orientation_text(job.orientations).encode("ascii")
    )
    return write_new(path, text.encode("ascii")), crystals


def simpson_text(job: SimpsonJob, *, name: str) -> str:
    """Compose the text of an input file.

    Parameters
    ----------
    job
        What shall be computed.
    name
        Of the file without its ending; the orientations are NAME.cry and the answer NAME.fid.

    Returns
    -------
    :
        Tcl text.

    Raises
    ------
    ValueError
        If no spin is observed or a pulse reaches no channel.

    Examples
    --------
    >>> from megabar.spins.orientations import sphere_grid
    >>> from megabar.spins.spin_systems import Spin, SpinSystem
    >>> job = SimpsonJob(
    ...     system=SpinSystem(spins=(Spin(channel="1H", spin=0.5, shift=1e3 * np.eye(3)),)),
    ...     orientations=sphere_grid(34), elements=(Delay(duration=2e-6),), observe="1H", points=64,
    ...     dwell=1e-6, proton_frequency=395e6, cycle=(((), 0.0),))
    >>> print(simpson_text(job, name="line").splitlines()[4])
      shift 1 1000.0 0.0 0.0 0.0 0.0 0.0
    """
    channels = list(dict.fromkeys(one.channel for one in job.system.spins))
    observed = [n + 1 for n, one in enumerate(job.system.spins) if one.channel == job.observe]
    if not observed:
        msg = f"Found no spin of {job.observe} to observe. The system has: {', '.join(channels)}."
        raise ValueError(msg)
    return "\n".join(
        [
            "# written by megabar",
            "spinsys {",
            f"  channels {' '.join(channels)}",
            f"  nuclei {' '.join(one.channel for one in job.system.spins)}",
            *(f"  {line}" for line in _interactions(job.system)),
            "}",
            "par {",
            f"  proton_frequency {job.proton_frequency!r}",
            "  spin_rate 0",
            f"  np {job.points}",
            f"  sw {1 / job.dwell!r}",
            f"  crystal_file {name}",
            "  gamma_angles 1",
            f"  start_operator {'+'.join(f'I{n}z' for n in observed)}",
            f"  detect_operator {'+'.join(f'I{n}p' for n in observed)}",
            "  method direct",
            "  num_cores 1",
            "}",
            *_sequence(job, channels),
            *_main(job, name),
            "",
        ]
    )


def principal_angles(tensor: Array) -> tuple[float, float, float, tuple[float, float, float]]:
    """Give a tensor as the program states it: mean, anisotropy, asymmetry, Euler angles.

    Parameters
    ----------
    tensor
        Symmetric, in the crystal, (3, 3).

    Returns
    -------
    :
        Mean and anisotropy in the unit of the tensor, asymmetry, and the three passive angles
        [degree].

    Examples
    --------
    >>> mean, anisotropy, asymmetry, angles = principal_angles(np.diag([-2.0, -1.0, 3.0]))
    >>> mean, anisotropy, round(asymmetry, 12)
    (0.0, 3.0, 0.333333333333)
    """
    mean = float(np.trace(tensor)) / 3
    values, axes = np.linalg.eigh(tensor - mean * np.eye(3))
    x, y, z = np.argsort(np.abs(values))[[1, 0, 2]]
    anisotropy = float(values[z])
    if abs(anisotropy) < 1e-12 * max(abs(mean), 1e-300):
        return mean, 0.0, 0.0, (0.0, 0.0, 0.0)
    asymmetry = float((values[y] - values[x]) / anisotropy)
    turn = axes[:, [x, y, z]]
    turn = turn * np.sign(np.linalg.det(turn))
    first, second, third = _angles_of(turn)
    return mean, anisotropy, asymmetry, (-third, -second, -first)


def _angles_of(turn: Array) -> tuple[float, float, float]:
    """Angles z-y'-z'' of a rotation [degree]."""
    second = np.arccos(np.clip(turn[2, 2], -1, 1))
    if np.sin(second) < 1e-9:
        first = np.arctan2(turn[1, 0], turn[1, 1])
        return float(np.degrees(first)), float(np.degrees(second)), 0.0
    first = np.arctan2(turn[1, 2], turn[0, 2])
    third = np.arctan2(turn[2, 1], -turn[2, 0])
    return tuple(float(np.degrees(angle)) for angle in (first, second, third))  # type: ignore[return-value]


def _interactions(system: SpinSystem) -> list[str]:
    lines = []
    for n, one in enumerate(system.spins, start=1):
        lines += _of_spin(n, one)
    return lines + [_dipole(pair) for pair in system.pairs]


def _of_spin(n: int, one: Spin) -> list[str]:
    lines = []
    if one.shift is not None:
        mean, anisotropy, asymmetry, angles = principal_angles(one.shift)
        lines.append(f"shift {n} {_numbers(mean, anisotropy, asymmetry, *angles)}")
    if one.quadrupole is not None:
        order = 1 if one.quadrupole.larmor_frequency is None else 2
        _, sign, asymmetry, angles = principal_angles(one.quadrupole.gradient)
        coupling = sign * one.quadrupole.coupling
        lines.append(f"quadrupole {n} {order} {_numbers(coupling, asymmetry, *angles)}")
    return lines


def _dipole(pair: DipolarPair) -> str:
    x, y, z = pair.direction
    polar = float(np.degrees(np.arccos(np.clip(z, -1, 1))))
    azimuth = float(np.degrees(np.arctan2(y, x)))
    angles = _numbers(-pair.coupling, 0.0, polar, 180 - azimuth)
    return f"dipole {pair.first + 1} {pair.second + 1} {angles}"


def _sequence(job: SimpsonJob, channels: list[str]) -> list[str]:
    pulses = [one for one in job.elements if isinstance(one, Pulse | IdealPulse)]
    filters = [one for one in job.elements if isinstance(one, OrderFilter)]
    lines = ["proc pulseq {} {", "  global par ph shp"]
    for n, one in enumerate(filters, start=1):
        orders = " ".join(
            "{" + " ".join(map(str, one.orders.get(spin.channel, (0,)))) + "}"
            for spin in job.system.spins
        )
        lines.append(f"  matrix set {n} coherence {{{orders}}}")
    lines.append("  reset")
    lines.append(f"  delay {job.dwell * _MICRO!r}")
    lines += ["  store 1", "  reset"]
    for element in job.elements:
        if isinstance(element, Delay):
            lines.append(f"  delay {element.duration * _MICRO!r}")
        elif isinstance(element, OrderFilter):
            lines.append(f"  filter {filters.index(element) + 1}")
        else:
            lines.append(f"  {_pulse(element, pulses.index(element), channels)}")
    return [*lines, "  acq $par(np) 1 $ph(rx)", "}"]


def _pulse(pulse: Pulse | IdealPulse, place: int, channels: list[str]) -> str:
    if pulse.channel not in channels:
        msg = f"Found a pulse on {pulse.channel!r}; the system has: {', '.join(channels)}."
        raise ValueError(msg)
    if isinstance(pulse, IdealPulse):
        length = pulse.angle / (2 * np.pi) / _IDEAL_NUTATION * _MICRO
        return f"pulseid {length!r} {_on(channels, pulse.channel, _IDEAL_NUTATION, place)}"
    if len(pulse.amplitude) == 1:
        amplitude = float(pulse.amplitude[0])
        return f"pulse {pulse.duration * _MICRO!r} {_on(channels, pulse.channel, amplitude, place)}"
    shapes = " ".join(f"$shp(p{place})" if one == pulse.channel else "nothing" for one in channels)
    return f"pulse_shaped {pulse.duration * _MICRO!r} {shapes}"


def _on(channels: list[str], channel: str, amplitude: float, place: int) -> str:
    return " ".join(f"{amplitude!r} $ph(p{place})" if one == channel else "0 x" for one in channels)


def _main(job: SimpsonJob, name: str) -> list[str]:
    """Add up the steps of the cycle; shapes are made anew for the phases of each."""
    pulses = [one for one in job.elements if isinstance(one, Pulse | IdealPulse)]
    lines = ["proc main {} {", "  global par ph shp"]
    for step, (added, receiver) in enumerate(job.cycle):
        if added and len(added) != len(pulses):
            msg = f"Found {len(added)} phases for {len(pulses)} pulses in step {step + 1}."
            raise ValueError(f"{msg} Give one for each pulse.")
        for place, pulse in enumerate(pulses):
            lines += _phases(pulse, place, added[place] if added else 0.0)
        lines.append(f"  set ph(rx) {float(-np.degrees(receiver)) + 0.0!r}")
        lines.append("  set g [fsimpson]")
        lines += ["  set f $g"] if step == 0 else ["  fadd $f $g", "  funload $g"]
    return [*lines, f"  fsave $f {name}.fid", "}"]


def _phases(pulse: Pulse | IdealPulse, place: int, added: float) -> list[str]:
    if isinstance(pulse, Pulse) and len(pulse.amplitude) > 1:
        slices = " ".join(
            f"{{{float(amplitude)!r} {_mirrored(phase + added)!r}}}"
            for amplitude, phase in zip(pulse.amplitude, pulse.phase, strict=True)
        )
        return [f"  set shp(p{place}) [list2shape {{{slices}}}]"]
    phase = pulse.phase if isinstance(pulse, IdealPulse) else float(pulse.phase[0])
    return [f"  set ph(p{place}) {_mirrored(phase + added)!r}"]


def _mirrored(phase: float) -> float:
    return float((180 - np.degrees(phase)) % 360)


def _orientation_text(orientations: Orientations) -> str:
    rows = zip(
        np.degrees(orientations.alpha), np.degrees(orientations.beta), orientations.weight,
        strict=True,
    )  # fmt: skip
    body = [f"{alpha:.12g} {beta:.12g} {weight:.12g}" for alpha, beta, weight in rows]
    return "\n".join([str(len(orientations)), *body, ""])


def _numbers(*values: float) -> str:
    return " ".join(repr(float(value) + 0.0) for value in values)
