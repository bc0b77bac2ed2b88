"""A virtual spectrometer: receiver, noise, ring-down, and the record that it hands out.

The record is the very object that a file reader hands out.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from megabar import provenance, schemas, units
from megabar.errors import PlanError, one_of
from megabar.virtual import finite_pulses, nmr
from megabar.virtual.couplings import RigidDecay
from megabar.virtual.settings import STEP_COORDINATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray as xr
    from numpy.typing import NDArray

    from megabar.virtual.settings import Settings
    from megabar.virtual.truth import Cell, Line


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """One radio-frequency channel.

    Quantities are numbers in the unit in brackets, or texts with a unit of their own.

    Parameters
    ----------
    reference_frequency
        Frequency of the reference compound in the empty magnet [Hz].
    carrier_frequency
        Frequency of pulses and receiver [Hz].
    limit_of_detection
        Nuclei that give, after a full 90 degree pulse, an amplitude equal to the rms noise of one
        quadrature channel in one scan and 1 Hz of bandwidth [Hz**-0.5].
    ring_down
        Amplitude of the ring-down at the end of a pulse, one scan, in the rms noise of one
        quadrature channel in 1 Hz [Hz**0.5].
    ring_down_time
        Time in which the ring-down falls by 1/e [s].
    phase
        Phase of the receiver [rad].
    coil_scale
        Field of the coil over the one that the settings count on. By reciprocity the signal per
        magnetisation changes alike; 0 leaves noise alone.
    noise_scale
        Noise over the one that limit_of_detection is told in.
    """

    reference_frequency: float
    carrier_frequency: float
    limit_of_detection: float
    ring_down: float
    ring_down_time: float
    phase: float
    coil_scale: float = 1.0
    noise_scale: float = 1.0

    def __post_init__(self) -> None:
        for name, unit in (
            ("reference_frequency", "Hz"),
            ("carrier_frequency", "Hz"),
            ("limit_of_detection", "Hz**-0.5"),
            ("ring_down", "Hz**0.5"),
            ("ring_down_time", "s"),
            ("phase", "rad"),
        ):
            value = units.quantity(getattr(self, name), unit=unit, name=name)
            object.__setattr__(self, name, value)
        if self.limit_of_detection <= 0:
            msg = f"Found a limit of detection of {self.limit_of_detection:g}; it must be above 0."
            raise PlanError(msg)
        if self.coil_scale < 0 or self.noise_scale <= 0:
            msg = (
                f"Found a coil scale of {self.coil_scale:g} and a noise scale of "
                f"{self.noise_scale:g}; the first is not negative, the second above 0."
            )
            raise PlanError(msg)


def _ring_down(
    scan: nmr.Program, *, receiver: Receiver, since_pulse_end: NDArray[np.float64]
) -> NDArray[np.complex128]:
    cycle = zip(scan.phases[-1], scan.receiver, strict=True)
    coherent = np.mean([cmath.exp(0.5j * math.pi * (pulse - rec)) for pulse, rec in cycle])
    decay = np.exp(-np.maximum(since_pulse_end, 0.0) / receiver.ring_down_time)
    return np.asarray(receiver.ring_down * coherent * decay)


def line_offset(cell: Cell, *, nucleus: str, receiver: Receiver) -> float:
    """Give the centre of a line from the carrier.

    Parameters
    ----------
    cell
        The cell.
    nucleus
        Such as ``"1H"``.
    receiver
        Reference and carrier.

    Returns
    -------
    :
        Offset [Hz].
    """
    return _offset(cell, cell.line(nucleus), receiver)


def _offset(cell: Cell, line: Line, receiver: Receiver) -> float:
    in_cell = receiver.reference_frequency * (1 + 1e-6 * cell.field_offset)
    shifted = in_cell * (1 + 1e-6 * line.shift)
    return float(shifted - receiver.carrier_frequency)


def signal_at_zero(
    cell: Cell, *, sequence: str, nucleus: str, receiver: Receiver, settings: Settings
) -> float:
    """Compute the size of one scan at time zero of its first step, without noise.

    Parameters
    ----------
    cell
        The cell.
    sequence
        A key of :data:`megabar.virtual.nmr.CYCLES`.
    nucleus
        Such as ``"1H"``.
    receiver
        The channel.
    settings
        What is set.

    Returns
    -------
    :
        In the rms noise of one quadrature channel in 1 Hz [Hz**0.5].
    """
    if receiver.coil_scale == 0:
        return 0.0
    first, delay = next(_steps(sequence, settings.under(receiver.coil_scale)))
    parts = _parts(
        cell, _scan(sequence, first, delay), np.zeros(1),
        sequence=sequence, nucleus=nucleus, receiver=receiver, settings=first,
    )  # fmt: skip
    largest = max(number for number, _ in parts)
    if largest == 0:
        return 0.0
    total = sum(number / largest * signal[0] for number, signal in parts)
    return receiver.coil_scale * largest / receiver.limit_of_detection * float(abs(total))


def clean_record(
    cell: Cell, *, sequence: str, nucleus: str, receiver: Receiver, settings: Settings
) -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
    """Compute one scan without noise and without ring-down.

    Parameters
    ----------
    cell
        The cell.
    sequence
        A key of :data:`megabar.virtual.nmr.CYCLES`.
    nucleus
        Such as ``"1H"``.
    receiver
        The channel.
    settings
        What is set.

    Returns
    -------
    time
        From the pulse centre or the echo top [s], (time,).
    signal
        In the rms noise of one quadrature channel in 1 Hz [Hz**0.5], (step, time).
    """
    time = settings.origin(sequence) + settings.dwell * np.arange(settings.points, dtype=np.float64)
    turn = cmath.exp(1j * receiver.phase)
    applied = settings if receiver.coil_scale == 0 else settings.under(receiver.coil_scale)
    rows = []
    for one, delay in _steps(sequence, applied):
        # a shaped pulse of a nutation ends where the record begins, and its middle moves with it
        later = 0.0 if one.shaped is None else (one.pulse_length - settings.pulse_length) / 2
        parts = _parts(
            cell, _scan(sequence, one, delay), time + later,
            sequence=sequence, nucleus=nucleus, receiver=receiver, settings=one,
        )  # fmt: skip
        scales = (receiver.coil_scale * number / receiver.limit_of_detection for number, _ in parts)
        rows.append(
            np.sum([s * turn * one for s, (_, one) in zip(scales, parts, strict=True)], axis=0)
        )
    return time, np.array(rows)


def _steps(sequence: str, settings: Settings) -> Iterator[tuple[Settings, float | None]]:
    """Give what is set in each step, and the delay of its program."""
    return zip(settings.rows(sequence), settings.delays(sequence), strict=True)


def _parts(
    cell: Cell,
    scan: nmr.Program,
    time: NDArray[np.float64],
    *,
    sequence: str,
    nucleus: str,
    receiver: Receiver,
    settings: Settings,
) -> list[tuple[float, NDArray[np.complex128]]]:
    """Give number, and signal per nucleus, of each line that adds to a record."""
    return [
        (
            number,
            _signal(
                line, scan, time, offset=_offset(cell, line, receiver),
                sequence=sequence, nucleus=nucleus, receiver=receiver, settings=settings,
            ),
        )
        for number, line in cell.lines_of(nucleus)
    ]  # fmt: skip


def _signal(
    line: Line,
    scan: nmr.Program,
    time: NDArray[np.float64],
    *,
    offset: float,
    sequence: str,
    nucleus: str,
    receiver: Receiver,
    settings: Settings,
) -> NDArray[np.complex128]:
    """One scan per nucleus: by pathways alone where pulses are short and nothing couples."""
    table_enough = isinstance(line.coupling, RigidDecay) and "echo" not in sequence
    if settings.shaped is None and (line.coupling is None or table_enough):
        return nmr.signal(
            scan, line=line, offset=offset, repetition_time=settings.repetition_time, time=time
        )
    return finite_pulses.signal(
        scan,
        pulses=settings.pulses(sequence, channel=nucleus),
        line=line,
        nucleus=nucleus,
        larmor_frequency=receiver.reference_frequency,
        offset=offset,
        repetition_time=settings.repetition_time,
        time=time,
    )


def _scan(sequence: str, settings: Settings, delay: float | None) -> nmr.Program:
    return nmr.program(
        sequence,
        flip_angle=settings.true_flip_angle,
        delay=delay,
        saturation=settings.saturation,
    )


def acquire(
    cell: Cell,
    *,
    sequence: str,
    nucleus: str,
    n_scans: int,
    seed: int | np.random.SeedSequence,
    receiver: Receiver,
    settings: Settings,
    started_at: Any = None,
) -> xr.Dataset:
    """Measure a virtual cell.

    The noise is white, Gaussian and complex; its rms per quadrature channel in one scan is
    sqrt(1/dwell) times noise_scale, so that one nucleus gives 1/limit_of_detection. Signal grows
    with the number of scans, noise with its square root.

    Parameters
    ----------
    cell
        The cell.
    sequence
        ``"fid"``, ``"solid-echo"``, ``"hahn-echo"``, ``"hahn-echo-array"``,
        ``"saturation-recovery"`` or ``"nutation"``, which is a ``"fid"`` with one step per pulse
        length.
    nucleus
        Such as ``"1H"``.
    n_scans
        Scans accumulated in each step, a multiple of the phase cycle.
    seed
        Of the noise.
    receiver
        The channel.
    settings
        What is set.
    started_at
        Start of the measurement, anything that numpy takes as datetime64.

    Returns
    -------
    :
        Dataset of schema ``acquisition/1``.

    Raises
    ------
    PlanError
        If the settings cannot be measured.

    Examples
    --------
    >>> from megabar.virtual.settings import Settings
    >>> from megabar.virtual.truth import Cell, Line
    >>> proton = Line(shape="lorentzian", fwhm="1.35 kHz", shift="20 ppm", t1="1.5 ms", t2="1.5 ms")
    >>> cell = Cell("LaH10.5", metal_atoms=2.8e14, lines={"1H": proton}, field_offset="-20 ppm")
    >>> channel = Receiver(
    ...     reference_frequency="395.107 MHz", carrier_frequency="395.107 MHz",
    ...     limit_of_detection=5.44e11, ring_down=1e6, ring_down_time="0.3 us", phase=0.0)
    >>> settings = Settings(
    ...     pulse_length="14 us", flip_angle=math.pi / 2, dead_time="5 us", dwell="1 us",
    ...     points=4096, repetition_time="10 ms")
    >>> record = acquire(cell, sequence="fid", nucleus="1H", n_scans=10_000, seed=7,
    ...                  receiver=channel, settings=settings)
    >>> record.sizes["time"], float(record.time[0])
    (4096, 7e-06)
    """
    one_of(sequence, nmr.CYCLES, name="sequence")
    settings.check(sequence)
    _check_scans(n_scans, sequence=sequence)
    time, rows = clean_record(
        cell, sequence=sequence, nucleus=nucleus, receiver=receiver, settings=settings
    )
    for row, delay in zip(rows, settings.delays(sequence), strict=True):
        scan = _scan(sequence, settings, delay)
        length = settings.pulse_length * (2 if "hahn" in sequence else 1)
        row += _ring_down(scan, receiver=receiver, since_pulse_end=time + scan.origin - length / 2)
    noise_std = receiver.noise_scale * math.sqrt(n_scans / settings.dwell)
    noise = np.random.default_rng(seed).normal(0.0, noise_std, (*rows.shape, 2))
    accumulated = n_scans * rows + noise[..., 0] + 1j * noise[..., 1]
    return schemas.acquisition(
        accumulated,
        time=time,
        attrs=_attributes(cell, sequence, nucleus, n_scans, receiver, settings, accumulated),
        step={STEP_COORDINATE[sequence]: settings.steps} if sequence in STEP_COORDINATE else None,
        started_at=started_at,
    )


def _check_scans(n_scans: int, *, sequence: str) -> None:
    cycle = len(nmr.CYCLES[sequence][1])
    if n_scans < cycle or n_scans % cycle:
        msg = (
            f"Found {n_scans} scans of a {sequence}, whose phase cycle has {cycle} steps; an "
            f"unfinished cycle leaves artefacts. Take a multiple of {cycle}."
        )
        raise PlanError(msg)


def _attributes(
    cell: Cell,
    sequence: str,
    nucleus: str,
    n_scans: int,
    receiver: Receiver,
    settings: Settings,
    signal: NDArray[np.complex128],
) -> dict[str, Any]:
    decay = "echo" not in sequence
    attributes = {
        "nucleus": nucleus,
        "carrier_frequency": receiver.carrier_frequency,
        "n_scans": n_scans,
        "sequence": "fid" if sequence == "nutation" else sequence,
        "repetition_time": settings.repetition_time,
        "dead_time": settings.pulse_length / 2 + settings.dead_time if decay else math.nan,
        "flip_angle": settings.flip_angle,
        "cell": cell.name,
        "source": f"virtual {cell.formula}",
        "source_sha256": provenance.sha256_of_text(signal.tobytes().hex()),
        "receiver_gain": 1.0,
    }
    if settings.echo_delay is not None:
        attributes["echo_delay"] = settings.echo_delay
    return attributes
