r"""Mean square displacements over all origins of time, by fast Fourier transform.

.. math:: \mathrm{MSD}(k) = \frac{1}{T - k} \sum_t |r(t + k) - r(t)|^2
    = \frac{C(T - k) + C(T) - C(k) - 2 S(k)}{T - k}

with :math:`C(k) = \sum_{t < k} |r(t)|^2` and the correlation :math:`S(k) = \sum_t r(t) r(t + k)`.
The terms cancel, so the mean of each path is taken off first and everything is float64. Two paths
are the real and the imaginary part of one transform, whose square is the sum of both; the squares
of all transforms are summed before the one transform back.

With a longest lag the run is cut into segments. All pairs of frames within reach lie in a segment
and the frames that its lags reach; pairs in the latter alone are counted twice and taken off. No
more than one block of one segment is in memory, so positions may lie in a file that is mapped.

References
----------
Kneller, Keiner, Kneller, Schiller, Comput. Phys. Commun. 91, 191 (1995),
doi:10.1016/0010-4655(95)00048-K.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import fft

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK: Final = 1 << 22  # bytes of one block of spectra, which then stays in the cache
_SHORTEST_SEGMENT: Final = 1 << 13  # frames
_SEGMENT_OVER_LAG: Final = 4


def msd_from_positions(
    *, positions: NDArray[np.floating[Any]], longest_lag: int | None = None
) -> NDArray[np.float64]:
    """Compute the mean square displacement of atoms at every lag.

    Beside the positions it needs 4 MiB and about 300 bytes a frame, with ``longest_lag`` a frame of
    one segment: of 5 longest lags, or of 8,192 frames and one longest lag, however long the run.

    Parameters
    ----------
    positions
        Unwrapped, Cartesian [m], (frame, atom, 3); the mobile atoms only. It may be a file that is
        mapped to memory.
    longest_lag
        Frames; all lags of the run if None.

    Returns
    -------
    :
        Mean over atoms and origins of time [m2], (longest_lag + 1,) or (frame,); element k is lag
        k frames.

    Raises
    ------
    ValueError
        If there are no two frames or no atom, or the lag is not within the run.

    Examples
    --------
    >>> path = np.array([0.0, 1, 3, 6])[:, np.newaxis, np.newaxis] * np.array([1, 0, 0])
    >>> msd_from_positions(positions=path).round(6).tolist()
    [0.0, 4.666667, 17.0, 36.0]
    """
    return np.asarray(_mean_squares(positions, None, longest_lag))


def msd_tensor_from_positions(*, positions: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    r"""Compute the mean products of displacements along all pairs of axes.

    .. math:: M_{ab}(k) = \langle \Delta r_a(k) \, \Delta r_b(k) \rangle

    Parameters
    ----------
    positions
        Unwrapped, Cartesian [m], (frame, atom, 3); the mobile atoms only.

    Returns
    -------
    :
        Symmetric tensor at every lag [m2], (frame, 3, 3); its trace is the mean square.

    Raises
    ------
    ValueError
        If there are no two frames or no atom.

    Examples
    --------
    >>> path = np.array([0.0, 1, 2])[:, np.newaxis, np.newaxis] * np.array([1, 2, 0])
    >>> msd_tensor_from_positions(positions=path)[2].round(6).tolist()
    [[4.0, 8.0, 0.0], [8.0, 16.0, 0.0], [0.0, 0.0, 0.0]]
    """
    unit = np.eye(3)
    along = [_mean_squares(positions, axis, None) for axis in unit]
    tensor = np.empty((len(positions), 3, 3))
    for a in range(3):
        tensor[:, a, a] = along[a]
        for b in range(a):
            both = _mean_squares(positions, unit[a] + unit[b], None)
            tensor[:, a, b] = tensor[:, b, a] = (both - along[a] - along[b]) / 2
    return tensor


def collective_msd_from_positions(
    *, positions: NDArray[np.floating[Any]], longest_lag: int | None = None
) -> NDArray[np.float64]:
    r"""Compute the mean square displacement of the sum over atoms, per atom.

    .. math:: \frac{1}{N} \left\langle \left| \sum_i \Delta r_i(k) \right|^2 \right\rangle

    It has the statistics of one single walker.

    Parameters
    ----------
    positions
        Unwrapped, in the frame of the metal, Cartesian [m], (frame, atom, 3); the mobile atoms.
    longest_lag
        Frames; all lags of the run if None.

    Returns
    -------
    :
        Mean over origins of time [m2], (longest_lag + 1,) or (frame,).

    Raises
    ------
    ValueError
        If there are no two frames or no atom, or the lag is not within the run.

    Examples
    --------
    >>> together = np.arange(3.0)[:, np.newaxis, np.newaxis] * np.ones((1, 4, 1)) * [1, 0, 0]
    >>> collective_msd_from_positions(positions=together).round(6).tolist()
    [0.0, 4.0, 16.0]
    """
    _check(positions, longest_lag)
    walker = summed(positions)
    found = msd_from_positions(positions=walker, longest_lag=longest_lag)
    return np.asarray(found / positions.shape[1])


def summed(positions: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Sum positions over atoms, in float64.

    Parameters
    ----------
    positions
        Cartesian [m], (frame, atom, 3).

    Returns
    -------
    :
        One walker [m], (frame, 1, 3).

    Examples
    --------
    >>> summed(np.ones((2, 5, 3))).shape
    (2, 1, 3)
    """
    total = np.empty((len(positions), 1, 3))
    rows = max(1, _BLOCK // positions[0].nbytes)
    for start in range(0, len(positions), rows):
        part = slice(start, start + rows)
        np.sum(positions[part], axis=1, keepdims=True, dtype=np.float64, out=total[part])
    return total


def _mean_squares(
    positions: NDArray[np.floating[Any]],
    direction: NDArray[np.float64] | None,
    longest_lag: int | None,
) -> NDArray[np.float64]:
    """Give the mean square displacement, of all axes or of the component times a direction."""
    _check(positions, longest_lag)
    count, atoms = positions.shape[:2]
    lags, segment = count, count
    if longest_lag is not None:
        lags = longest_lag + 1
        segment = max(_SEGMENT_OVER_LAG * longest_lag, _SHORTEST_SEGMENT)
    sums = np.zeros(lags)
    for start in range(0, count, segment):
        end = start + segment
        sums += _summed_squares(positions[start : end + lags - 1], lags, direction)
        if end < count:
            sums -= _summed_squares(positions[end : end + lags - 1], lags, direction)
    means = sums / ((count - np.arange(lags)) * atoms)
    means[0] = 0.0
    return np.asarray(means, dtype=np.float64)


def _summed_squares(
    window: NDArray[np.floating[Any]], lags: int, direction: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Give the sum of squared displacements over atoms and all pairs of frames of a window."""
    frames, atoms = window.shape[:2]
    length = int(fft.next_fast_len(frames + min(frames, lags) - 1))
    rows = 2 * max(1, _BLOCK // (48 * length))
    block = np.empty((3 * min(rows, atoms) + 1) // 2 * length, dtype=np.complex128)
    squares, powers = np.zeros(2 * frames), np.zeros(2 * length)
    for start in range(0, atoms, rows):
        part = window[:, start : start + rows]
        paths = _paths(part if direction is None else part @ direction, block, length)
        parts = paths.view(np.float64)
        squares += np.einsum("it,it->t", parts[:, : 2 * frames], parts[:, : 2 * frames])
        parts = fft.fft(paths, axis=-1, overwrite_x=True).view(np.float64)
        powers += np.einsum("ik,ik->k", parts, parts)
    power = powers.reshape(-1, 2).sum(axis=1)
    even = (power + np.roll(power[::-1], 1)) / 2  # the real part of its transform
    known = min(frames, lags)
    correlation = fft.irfft(even[: length // 2 + 1], n=length)[:known]
    before = np.concatenate([[0.0], np.cumsum(squares.reshape(-1, 2).sum(axis=1))])
    ends = before[frames : frames - known : -1] + before[frames] - before[:known]
    found = np.zeros(lags)
    found[:known] = ends - 2 * correlation
    return found


def _paths(
    part: NDArray[np.floating[Any]], block: NDArray[np.complex128], length: int
) -> NDArray[np.complex128]:
    """Give paths about their means, two of them in each complex row, with zeros behind."""
    frames = len(part)
    real = part.reshape(frames, -1)
    pairs, single = divmod(real.shape[1], 2)
    paths = block[: (pairs + single) * length].reshape(-1, length)
    parts = paths.view(np.float64).reshape(-1, length, 2)[:, :frames]
    parts[:pairs] = real[:, : 2 * pairs].reshape(frames, pairs, 2).transpose(1, 0, 2)
    if single:
        parts[-1] = 0.0
        parts[-1, :, 0] = real[:, -1]
    paths[:, :frames] -= paths[:, :frames].mean(axis=1, keepdims=True)
    paths[:, frames:] = 0.0
    return paths


def _check(positions: NDArray[np.floating[Any]], longest_lag: int | None) -> None:
    shape = positions.shape
    if len(shape) != 3 or shape[2] != 3 or shape[0] < 2 or shape[1] < 1:
        msg = (
            f"Found positions of shape {shape}; (frame, atom, 3) with at least two frames and one "
            "atom are needed."
        )
        raise ValueError(msg)
    if longest_lag is not None and not 1 <= longest_lag < len(positions):
        msg = (
            f"Found a longest lag of {longest_lag} frames in a run of {len(positions)}; it is at "
            "least 1 and less than the run."
        )
        raise ValueError(msg)
