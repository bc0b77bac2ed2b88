r"""Mean square displacements over all lags and all origins of time, by fast Fourier transform.

.. math:: \mathrm{MSD}(k) = \frac{1}{T - k} \sum_t |r(t + k) - r(t)|^2
    = \frac{C(T - k) + C(T) - C(k) - 2 S(k)}{T - k}

with :math:`C(k) = \sum_{t < k} |r(t)|^2` and the correlation :math:`S(k) = \sum_t r(t) r(t + k)`.
The terms cancel, so the mean of each path is taken off first and everything is float64. The power
spectra of all atoms are summed before the one transform back.

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

_BLOCK: Final = 1 << 25  # bytes of one block of spectra


def msd_from_positions(*, positions: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Compute the mean square displacement of atoms at every lag.

    Parameters
    ----------
    positions
        Unwrapped, Cartesian [m], (frame, atom, 3); the mobile atoms only.

    Returns
    -------
    :
        Mean over atoms and origins of time [m2], (frame,); element k is lag k frames.

    Raises
    ------
    ValueError
        If there are no two frames or no atom.

    Examples
    --------
    >>> path = np.array([0.0, 1, 3, 6])[:, np.newaxis, np.newaxis] * np.array([1, 0, 0])
    >>> msd_from_positions(positions=path).round(6).tolist()
    [0.0, 4.666667, 17.0, 36.0]
    """
    _check(positions)
    return np.asarray(_products(positions, [(0, 0), (1, 1), (2, 2)]).sum(axis=0))


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
    _check(positions)
    pairs = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]
    products = _products(positions, pairs)
    tensor = np.empty((len(positions), 3, 3))
    for (a, b), product in zip(pairs, products, strict=True):
        tensor[:, a, b] = tensor[:, b, a] = product
    return tensor


def collective_msd_from_positions(*, positions: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    r"""Compute the mean square displacement of the sum over atoms, per atom.

    .. math:: \frac{1}{N} \left\langle \left| \sum_i \Delta r_i(k) \right|^2 \right\rangle

    It has the statistics of one single walker.

    Parameters
    ----------
    positions
        Unwrapped, in the frame of the metal, Cartesian [m], (frame, atom, 3); the mobile atoms.

    Returns
    -------
    :
        Mean over origins of time [m2], (frame,).

    Raises
    ------
    ValueError
        If there are no two frames or no atom.

    Examples
    --------
    >>> together = np.arange(3.0)[:, np.newaxis, np.newaxis] * np.ones((1, 4, 1)) * [1, 0, 0]
    >>> collective_msd_from_positions(positions=together).round(6).tolist()
    [0.0, 4.0, 16.0]
    """
    _check(positions)
    return np.asarray(msd_from_positions(positions=summed(positions)) / positions.shape[1])


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
    return np.asarray(positions.sum(axis=1, keepdims=True, dtype=np.float64))


def _products(
    positions: NDArray[np.floating[Any]], pairs: list[tuple[int, int]]
) -> NDArray[np.float64]:
    """Give the mean product of displacements for each pair of axes, (pair, lag)."""
    count, atoms = positions.shape[:2]
    length = int(fft.next_fast_len(2 * count, real=True))
    spectra = np.zeros((len(pairs), length // 2 + 1))
    squares = np.zeros((len(pairs), count))
    rows = max(1, _BLOCK // (48 * length))
    for start in range(0, atoms, rows):
        block = np.asarray(positions[:, start : start + rows], dtype=np.float64)
        block = np.ascontiguousarray((block - block.mean(axis=0)).transpose(2, 1, 0))
        transformed = fft.rfft(block, n=length, axis=-1)
        for i, (a, b) in enumerate(pairs):
            squares[i] += np.einsum("it,it->t", block[a], block[b])
            spectra[i] += _real_product(transformed[a], transformed[b])
    correlation = fft.irfft(spectra, n=length, axis=-1)[:, :count]
    before = np.concatenate([np.zeros((len(pairs), 1)), np.cumsum(squares, axis=1)], axis=1)
    total = before[:, -1:]
    summed_up = before[:, count:0:-1] + total - before[:, :count] - 2 * correlation
    products = summed_up / (np.arange(count, 0, -1) * atoms)
    products[:, 0] = 0.0
    return np.asarray(products, dtype=np.float64)


def _real_product(
    first: NDArray[np.complex128], second: NDArray[np.complex128]
) -> NDArray[np.float64]:
    whole = np.einsum("ik,ik->k", first.real, second.real)
    whole += np.einsum("ik,ik->k", first.imag, second.imag)
    return np.asarray(whole, dtype=np.float64)


def _check(positions: NDArray[np.floating[Any]]) -> None:
    shape = positions.shape
    if len(shape) != 3 or shape[2] != 3 or shape[0] < 2 or shape[1] < 1:
        msg = (
            f"Found positions of shape {shape}; (frame, atom, 3) with at least two frames and one "
            "atom are needed."
        )
        raise ValueError(msg)
