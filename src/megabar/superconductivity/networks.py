r"""A network of grains between electrodes: what a resistance sees of an uneven film.

.. math:: \sum_j g_{ij} (v_i - v_j) = I_i, \quad g_{ij} = \frac{2 w}{\rho_i + \rho_j}

Each grain has its own critical temperature. Two superconducting neighbours are one node: no small
resistance stands in for zero. Only a connected path between the electrodes shows, so the grains of
highest critical temperature on such a path decide what a curve looks like.

Twin: ``observables.critical_temperature``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True)
class Film:
    """Grains of a film on a square grid, and the electrodes upon it.

    Parameters
    ----------
    critical_temperature
        Of each grain [K], (row, column); 0 for one that never superconducts.
    normal_resistance
        Sheet resistance of each grain in its normal state [ohm], (row, column).
    electrodes
        Name -> grains that it touches, bool (row, column). They touch with no resistance.
    """

    critical_temperature: NDArray[np.float64]
    normal_resistance: NDArray[np.float64]
    electrodes: dict[str, NDArray[np.bool_]]

    def __post_init__(self) -> None:
        shapes = {
            self.critical_temperature.shape,
            self.normal_resistance.shape,
            *(one.shape for one in self.electrodes.values()),
        }
        if len(shapes) != 1 or self.critical_temperature.ndim != 2:
            msg = f"Found grains of shapes {sorted(shapes)}; all must be the same rows and columns."
            raise ValueError(msg)
        if np.any(self.normal_resistance <= 0) or not np.all(np.isfinite(self.normal_resistance)):
            msg = "Found a grain without a positive sheet resistance; give one to each."
            raise ValueError(msg)
        touched = np.zeros(self.critical_temperature.shape, dtype=int)
        for name, one in self.electrodes.items():
            if not one.any():
                msg = f"Found electrode {name!r} that touches no grain. Move it onto the film."
                raise ValueError(msg)
            touched += one
        if touched.max() > 1:
            msg = "Found a grain under two electrodes; they must not touch each other."
            raise ValueError(msg)


def bar(shape: tuple[int, int]) -> dict[str, NDArray[np.bool_]]:
    """Make electrodes along the left and the right end of a film, for two-terminal resistance.

    Parameters
    ----------
    shape
        Rows and columns.

    Returns
    -------
    :
        ``"I+"`` and ``"I-"``.

    Examples
    --------
    >>> sorted(bar((2, 4)))
    ['I+', 'I-']
    """
    left, right = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    left[:, 0], right[:, -1] = True, True
    return {"I+": left, "I-": right}


def corners(shape: tuple[int, int], *, size: int) -> dict[str, NDArray[np.bool_]]:
    """Make four electrodes in the corners, current along one edge and voltage along the other.

    Parameters
    ----------
    shape
        Rows and columns.
    size
        Grains that each electrode covers along either edge.

    Returns
    -------
    :
        ``"I+"``, ``"I-"``, ``"V+"`` and ``"V-"``, as van der Pauw lays them.

    References
    ----------
    Van der Pauw, Philips Res. Rep. 13, 1 (1958).

    Examples
    --------
    >>> sorted(corners((8, 8), size=2))
    ['I+', 'I-', 'V+', 'V-']
    """
    found = {name: np.zeros(shape, dtype=bool) for name in ("I+", "I-", "V+", "V-")}
    found["I+"][:size, :size] = True
    found["I-"][:size, -size:] = True
    found["V+"][-size:, :size] = True
    found["V-"][-size:, -size:] = True
    return found


def resistance(film: Film, *, temperature: ArrayLike) -> NDArray[np.float64]:
    r"""Compute the resistance of a film: voltage between its probes over the current.

    .. math:: R = (v_{V+} - v_{V-}) / I

    Probes are V+ and V-, or the current electrodes where there are no others. The normal state does
    not depend on temperature here; multiply.

    Parameters
    ----------
    film
        Grains and electrodes.
    temperature
        T [K], (temperature,).

    Returns
    -------
    :
        Resistance [ohm], (temperature,). Where probes stand beside the path of the current it may
        be zero without a path between them, or negative.

    Raises
    ------
    ValueError
        If the film has no current electrodes.

    References
    ----------
    Kirkpatrick, Rev. Mod. Phys. 45, 574 (1973), doi:10.1103/RevModPhys.45.574.

    Examples
    --------
    >>> shape = (3, 5)
    >>> film = Film(critical_temperature=np.full(shape, 200.0),
    ...             normal_resistance=np.full(shape, 1.5), electrodes=bar(shape))
    >>> print(resistance(film, temperature=[100.0, 300.0]))  # 4 squares long, 3 wide
    [0. 2.]
    """
    if not {"I+", "I-"} <= set(film.electrodes):
        msg = f"Found electrodes {sorted(film.electrodes)}; a current needs I+ and I-."
        raise ValueError(msg)
    temperatures = np.atleast_1d(np.asarray(temperature, dtype=np.float64))
    states = film.critical_temperature[None] > temperatures[:, None, None]
    _, first, back = np.unique(
        np.count_nonzero(states, axis=(1, 2)), return_index=True, return_inverse=True
    )  # grains only switch one way, so their number names the state
    found = np.array([_of_state(film, states[one]) for one in first])
    return np.asarray(found[back])


def _of_state(film: Film, superconducting: NDArray[np.bool_]) -> float:
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import spsolve

    left, right = _bonds(superconducting.shape)
    labels = _nodes(film, superconducting, left, right)
    resistivity = np.where(superconducting, 0.0, film.normal_resistance).ravel()
    ends = np.stack([labels[left], labels[right]])
    open_bonds = ends[0] != ends[1]
    ends = ends[:, open_bonds]
    half = resistivity[left[open_bonds]] + resistivity[right[open_bonds]]
    conductance = 2.0 / np.maximum(half, np.finfo(float).tiny)
    size = int(labels.max()) + 1
    of = {name: int(labels[np.flatnonzero(one)[0]]) for name, one in film.electrodes.items()}
    if of["I+"] == of["I-"]:
        return 0.0
    rows = np.concatenate([ends[0], ends[1], ends[0], ends[1]])
    columns = np.concatenate([ends[1], ends[0], ends[0], ends[1]])
    values = np.concatenate([-conductance, -conductance, conductance, conductance])
    matrix = coo_matrix((values, (rows, columns)), shape=(size, size)).tocsc()
    current = np.zeros(size)
    current[of["I+"]] = 1.0
    kept = np.arange(size) != of["I-"]  # the electrode at ground
    voltage = np.zeros(size)
    voltage[kept] = spsolve(matrix[kept][:, kept], current[kept])
    high, low = ("V+", "V-") if {"V+", "V-"} <= set(of) else ("I+", "I-")
    return float(voltage[of[high]] - voltage[of[low]])


def _bonds(shape: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    grid = np.arange(shape[0] * shape[1]).reshape(shape)
    left = np.concatenate([grid[:, :-1].ravel(), grid[:-1].ravel()])
    right = np.concatenate([grid[:, 1:].ravel(), grid[1:].ravel()])
    return left, right


def _nodes(
    film: Film,
    superconducting: NDArray[np.bool_],
    left: NDArray[np.intp],
    right: NDArray[np.intp],
) -> NDArray[np.intp]:
    """Name the node of each grain: superconducting neighbours are one, an electrode is one."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    flat = superconducting.ravel()
    joined = flat[left] & flat[right]
    ends = [np.stack([left[joined], right[joined]])]
    for electrode in film.electrodes.values():
        grains = np.flatnonzero(electrode)
        ends.append(np.stack([np.full(grains.size, grains[0]), grains]))
    rows, columns = np.concatenate(ends, axis=1)
    graph = coo_matrix((np.ones(rows.size), (rows, columns)), shape=(flat.size, flat.size))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)
