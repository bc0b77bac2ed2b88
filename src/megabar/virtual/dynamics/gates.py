"""Gates that a simulated trajectory passes before any number is made from it.

A potential outside the range it was trained for gives plausible frames and wrong chemistry. Each
gate is one named check with what was found and its limit. What fluctuates is judged after three
standard errors of block means have been granted, so that a short run is not refused for its noise.
A gate whose reference was not given, or whose run is too short, says so and counts as not run.
"""

from __future__ import annotations

from math import inf, nan, sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import shortened
from megabar.virtual.dynamics.limits import MILLIELECTRONVOLT, Gate, Limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCKS: Final = 8
_GRANTED: Final = 3.0  # standard errors
_FRAMES_PER_LIFE: Final = 5  # a lifetime is seen if so many frames fall into it


def not_run(name: str, reason: str) -> Gate:
    """Say that a gate was not run.

    Parameters
    ----------
    name
        What would have been checked.
    reason
        Why not.

    Returns
    -------
    :
        The gate.
    """
    return Gate(name=name, status="not run", found=nan, limit=nan, unit="", reason=reason)


def failed_calculator(error: Exception) -> Gate:
    """Say that a calculator gave up in the middle of a run.

    Parameters
    ----------
    error
        What it raised.

    Returns
    -------
    :
        The gate.
    """
    said = f"{type(error).__name__}: {shortened(str(error))}"
    return Gate(name="calculator", status="failed", found=nan, limit=nan, unit="", reason=said)


def finite_gate(name: str, values: NDArray[np.floating[Any]]) -> Gate:
    """Check that numbers are finite.

    Parameters
    ----------
    name
        What they are.
    values
        The numbers, any shape.

    Returns
    -------
    :
        The gate; ``found`` counts those that are not finite.

    Examples
    --------
    >>> print(finite_gate("forces at the start", np.array([1.0, np.nan])))
    forces at the start: failed, found 1 numbers not finite, limit 0 numbers not finite
    """
    count = int(np.count_nonzero(~np.isfinite(values)))
    return _judged(name, count, 0.0, "numbers not finite")


def pressure_gates(pressures: NDArray[np.float64], limits: Limits) -> tuple[Gate, ...]:
    """Check three points of the equation of state.

    Parameters
    ----------
    pressures
        Static, with all lengths changed by -1 %, 0 and +1 % [Pa], (3,).
    limits
        With the pressure expected.

    Returns
    -------
    :
        Whether the pressure falls on expansion, and whether the middle one is the expected.

    Examples
    --------
    >>> gates = pressure_gates(np.array([170e9, 150e9, 133e9]), Limits(pressure=155e9))
    >>> [gate.status for gate in gates]
    ['passed', 'passed']
    """
    steps = np.diff(pressures)
    highest = float(steps.max()) / 1e9 if np.isfinite(steps).all() else inf
    falls = _judged("pressure falls when the cell grows by 1 %", highest, 0.0, "GPa", strict=True)
    name = "pressure against the expected"
    if limits.pressure is None:
        return falls, not_run(name, "no pressure=... was given")
    apart = abs(float(pressures[1]) / limits.pressure - 1)
    return falls, _judged(name, apart, limits.pressure_tolerance, "of it")


def closest_gate(distance: float, limits: Limits) -> Gate:
    """Check the closest approach of two hydrogens.

    Parameters
    ----------
    distance
        Smallest distance so far [m].
    limits
        With the closest approach.

    Returns
    -------
    :
        The gate.
    """
    failed = not distance >= limits.closest_hydrogen
    return Gate(
        name="closest hydrogens",
        status="failed" if failed else "passed",
        found=distance * 1e10,
        limit=limits.closest_hydrogen * 1e10,
        unit="angstrom",
    )


def nearest_gate(nearest: NDArray[np.float64], limits: Limits) -> Gate:
    """Check the distance to the nearest hydrogen, averaged over hydrogens and frames.

    Parameters
    ----------
    nearest
        Mean over hydrogens [m], (frame,).
    limits
        With the distance expected.

    Returns
    -------
    :
        The gate.
    """
    name = "nearest hydrogen against the expected"
    if limits.nearest_hydrogen is None:
        return not_run(name, "no nearest_hydrogen=... was given")
    apart = (nearest - limits.nearest_hydrogen) * 1e10
    return _mean_gate(name, apart, limits.nearest_tolerance * 1e10, "angstrom")


def pairing_gates(
    fraction: NDArray[np.float64], longest: float, frame_interval: float, limits: Limits
) -> tuple[Gate, ...]:
    """Check that hydrogen does not turn into molecules.

    Parameters
    ----------
    fraction
        Of the hydrogens with a neighbour at pair distance, (frame,).
    longest
        Time for which one pair was seen without interruption [s].
    frame_interval
        Time from one frame to the next [s].
    limits
        Growth and lifetime.

    Returns
    -------
    :
        Whether pairs grow more, and whether one lives long.
    """
    times = np.linspace(0.0, 1.0, len(fraction))
    growth = _slope_gate(
        "growth of the fraction of paired hydrogen", times, fraction, limits.pair_growth, "1"
    )
    name = "longest life of a hydrogen pair"
    if frame_interval * _FRAMES_PER_LIFE > limits.pair_lifetime:
        return growth, not_run(name, f"frames every {frame_interval:.3g} s are too rare to see it")
    return growth, _judged(name, longest * 1e15, limits.pair_lifetime * 1e15, "fs")


def framework_gate(positions: NDArray[np.floating[Any]], limits: Limits) -> Gate:
    """Check that the atoms that hold the hydrogen stay where they are.

    Parameters
    ----------
    positions
        Of the framework, unwrapped [m], (frame, atom, 3).
    limits
        With the displacement.

    Returns
    -------
    :
        The gate; a drift of all of them together does not count.
    """
    relative = positions - positions.mean(axis=1, keepdims=True)
    away = relative - relative.mean(axis=0)
    rms = sqrt(float(np.mean(np.sum(away**2, axis=-1))))
    return _judged("rms of the framework", rms * 1e10, limits.framework_rms * 1e10, "angstrom")


def temperature_gate(temperature: NDArray[np.float64], bath: float, limits: Limits) -> Gate:
    """Check the mean temperature against the bath.

    Parameters
    ----------
    temperature
        Of each frame [K], (frame,).
    bath
        Of the thermostat [K].
    limits
        With the relative difference.

    Returns
    -------
    :
        The gate.
    """
    name = "mean temperature against the bath"
    return _mean_gate(name, temperature / bath - 1, limits.temperature_tolerance, "of it")


def drift_gate(times: NDArray[np.float64], energy: NDArray[np.float64], limits: Limits) -> Gate:
    """Check that the total energy does not drift.

    Parameters
    ----------
    times
        Of each frame [s], (frame,).
    energy
        Total, per atom [J], (frame,).
    limits
        With the drift.

    Returns
    -------
    :
        The gate.
    """
    picoseconds, scaled = times * 1e12, (energy - energy[0]) / MILLIELECTRONVOLT
    limit = limits.energy_drift * 1e-12 / MILLIELECTRONVOLT
    return _slope_gate(
        "drift of the total energy", picoseconds, scaled, limit, "meV/ps per atom", signed=False
    )


def _mean_gate(name: str, values: NDArray[np.float64], limit: float, unit: str) -> Gate:
    """Judge the size of a mean, and its error from the scatter of block means."""
    means = _block_means(values)
    if means is None:
        return not_run(name, f"{len(values)} frames are too few for {_BLOCKS} blocks")
    error = float(means.std(ddof=1)) / sqrt(_BLOCKS)
    return _granted(name, abs(float(values.mean())), error, limit, unit)


def _slope_gate(
    name: str,
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    limit: float,
    unit: str,
    *,
    signed: bool = True,
) -> Gate:
    """Judge the slope of a line through block means, and its error from their scatter."""
    means, centres = _block_means(values), _block_means(times)
    if means is None or centres is None:
        return not_run(name, f"{len(values)} frames are too few for {_BLOCKS} blocks")
    centred = centres - centres.mean()
    slope = float(centred @ means / (centred @ centred))
    rest = means - means.mean() - slope * centred
    error = sqrt(float(rest @ rest) / (_BLOCKS - 2) / float(centred @ centred))
    return _granted(name, slope if signed else abs(slope), error, limit, unit)


def _block_means(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    size = len(values) // _BLOCKS
    if size < 1:
        return None
    blocks = values[len(values) - size * _BLOCKS :].reshape(_BLOCKS, size)
    return np.asarray(blocks.mean(axis=1), dtype=np.float64)


def _granted(name: str, found: float, error: float, limit: float, unit: str) -> Gate:
    """Judge what fluctuates: three standard errors are granted, but not if they are the limit."""
    granted = _GRANTED * error
    if granted > limit and found - granted <= limit < found + granted:
        return not_run(name, f"too short: found {found:.3g} +- {error:.3g} {unit}")
    gate = _judged(name, found - granted, limit, unit)
    reason = f"standard error {error:.2g}, {_GRANTED:g} granted"
    return Gate(name=name, status=gate.status, found=found, limit=limit, unit=unit, reason=reason)


def _judged(name: str, found: float, limit: float, unit: str, *, strict: bool = False) -> Gate:
    passed = found < limit if strict else found <= limit
    status = "passed" if passed else "failed"
    return Gate(name=name, status=status, found=float(found), limit=limit, unit=unit)
