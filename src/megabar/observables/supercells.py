"""Which sites of a crystal lie in the box of a simulation.

Twin: ``readers.frames``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from math import nan
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import Undetermined
from megabar.motion.trajectories.images import nearest_images
from megabar.observables.declared_networks import primitive_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from megabar.matter.crystals import Crystal

    Array = NDArray[np.float64]
    Whole = NDArray[np.int64]

_FARTHEST: Final = 0.15  # of the mean distance of framework atoms, rms, that still is this crystal
_CLOSE: Final = 0.03  # the same for a fit after which no better one is looked for
_WHOLE: Final = 0.08  # departure of the box from a whole number of cells along a vector
_STRAIN: Final = 0.03  # of lengths and angles of a turned box
_SAME: Final = 1e-4
_MOST: Final = 400  # orientations that are tried


@dataclass(frozen=True, kw_only=True, eq=False)
class BoxSites:
    """Sites of one element in a box.

    Parameters
    ----------
    positions
        Cartesian, in the frame of the atoms of the box [m], (site, 3).
    kinds
        Kind of each, as the crystal calls it, (site,).
    cells
        How many primitive cells of the crystal fit into the box.
    misfit
        Rms distance of framework atoms from where the crystal has them [m].
    crystal
        The crystal with a cell as large as those in the box.
    """

    positions: Array
    kinds: tuple[str, ...]
    cells: int
    misfit: float
    crystal: Crystal


def sites_in_box(
    crystal: Crystal, *, element: str, cell: Array, framework: Array, symbol: str
) -> BoxSites:
    """Lay a crystal into a box along its framework atoms.

    The box must hold a whole number of primitive cells, in any orientation; strain and volume are
    those of the box, and so are the sites. Of orientations and origins the first is taken with
    which the framework fits; where the framework has more symmetry than the sites, that need not
    be the one that was simulated.

    Parameters
    ----------
    crystal
        Whose sites are wanted; its own volume does not matter.
    element
        Element of the sites.
    cell
        Reference cell of the box, rows [m], (3, 3).
    framework
        Mean positions of the framework atoms [m], (atom, 3).
    symbol
        Their element.

    Returns
    -------
    :
        The sites.

    Raises
    ------
    Undetermined
        If the crystal does not fit into the box.

    Examples
    --------
    >>> from megabar.matter import crystals
    >>> lah10 = crystals.crystal("LaH10", lattice_parameter=5.10e-10)
    >>> box = 2 * lah10.cell
    >>> lanthanum = crystals.sites_of(lah10, species="La").positions
    >>> corners = np.indices((2, 2, 2)).reshape(3, -1).T @ lah10.cell
    >>> found = sites_in_box(
    ...     lah10, element="H", cell=box, symbol="La",
    ...     framework=(corners[:, None] + lanthanum).reshape(-1, 3))
    >>> len(found.positions), found.cells
    (320, 32)
    """
    unit = primitive_cell(crystal)
    inside, _ = _in_primitive_cell(crystal, unit, symbol)
    atoms = len(framework)
    per_atom = abs(float(np.linalg.det(cell))) / max(atoms, 1)
    scale = (per_atom * len(inside) / abs(float(np.linalg.det(unit)))) ** (1 / 3)
    found = None
    if len(inside) and atoms and atoms % len(inside) == 0:
        found = _best_fit(inside, scale * unit, cell, framework)
    if found is None:
        msg = (
            f"Found {atoms} {symbol} in the box and {len(inside)} in a primitive cell of "
            f"{crystal.name}; the vectors of the box are no whole numbers of its vectors. Name the "
            "structure that was simulated, or hand in a file with its cell."
        )
        raise Undetermined(msg, quality="no solution")
    matrix, offset, misfit = found
    if misfit > _FARTHEST * per_atom ** (1 / 3):
        msg = (
            f"Found {symbol} atoms {misfit:.3g} m (rms) from the places of {crystal.name}, more "
            f"than {_FARTHEST:.0%} of their distance: another structure. Name the one simulated."
        )
        raise Undetermined(msg, quality="no solution")
    fractions, kinds = _in_primitive_cell(crystal, unit, element)
    corners = _corners(matrix)
    return BoxSites(
        positions=_placed(fractions, corners, matrix, cell) + offset,
        kinds=kinds * len(corners),
        cells=len(corners),
        misfit=misfit,
        crystal=replace(crystal, cell=scale * crystal.cell, lattice_parameter_std=nan),
    )


def _in_primitive_cell(crystal: Crystal, unit: Array, symbol: str) -> tuple[Array, tuple[str, ...]]:
    """Give the sites of an element in a primitive cell: fractions of it, and kinds."""
    chosen = np.array([one == symbol for one in crystal.species])
    fractions = crystal.coordinates[chosen] @ np.linalg.inv(unit)
    steps = np.rint(fractions / _SAME) % round(1 / _SAME)
    _, first = np.unique(steps, axis=0, return_index=True)
    first = np.sort(first)
    kinds = np.array(crystal.kinds)[chosen][first]
    return fractions[first] % 1.0, tuple(map(str, kinds))


def _best_fit(
    inside: Array, unit: Array, box: Array, framework: Array
) -> tuple[Whole, Array, float] | None:
    """Vectors of the box in those of the crystal, origin and rms misfit of the framework."""
    best: tuple[Whole, Array, float] | None = None
    close = _CLOSE * (abs(np.linalg.det(box)) / len(framework)) ** (1 / 3)
    for matrix in _matrices(unit, box, len(framework) // len(inside)):
        placed = _placed(inside, _corners(matrix), matrix, box)
        offset, misfit = _best_offset(placed, framework, box, starts=len(inside))
        if best is None or misfit < best[2]:
            best = matrix, offset, misfit
        if misfit <= close:
            break
    return best


def _matrices(unit: Array, box: Array, cells: int) -> Iterator[Whole]:
    """Whole numbers that make the box of the cell as it stands, then of the cell turned."""
    volume = cells * round(float(np.sign(np.linalg.det(box))))
    matrix = box @ np.linalg.inv(unit)
    whole = np.rint(matrix).astype(np.int64)
    if np.abs(matrix - whole).max() < _WHOLE and round(float(np.linalg.det(whole))) == volume:
        yield whole
    yield from islice(_turned(unit, box, volume), _MOST)


def _turned(unit: Array, box: Array, volume: int) -> Iterator[Whole]:
    """Whole numbers of cells that have the lengths and angles of the box."""
    lengths = np.linalg.norm(box, axis=1)
    most = np.ceil(lengths.max() * np.linalg.norm(np.linalg.inv(unit), axis=0)).astype(int)
    tried = _numbers(most)
    vectors = tried @ unit
    norms = np.linalg.norm(vectors, axis=1)
    a, b, c = (np.flatnonzero(np.abs(norms / one - 1) < _STRAIN) for one in lengths)

    def angled(first: Any, i: int, j: int, others: NDArray[np.int64]) -> Any:
        products = vectors[others] @ vectors[first]
        return np.abs(products - box[i] @ box[j]) < _STRAIN * lengths[i] * lengths[j]

    for i in a:
        of_c = c[angled(i, 0, 2, c)]
        for j in b[angled(i, 0, 1, b)]:
            for k in of_c[angled(j, 1, 2, of_c)]:
                whole = tried[[i, j, k]]
                if round(float(np.linalg.det(whole))) == volume:
                    yield whole


def _numbers(most: Whole) -> Whole:
    axes = [np.arange(-one, one + 1) for one in most]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def _corners(matrix: Whole) -> Array:
    """Lattice vectors of the crystal inside the box, in its own vectors."""
    tried = _numbers(np.abs(matrix).sum(axis=0))
    fractions = tried @ np.linalg.inv(matrix)
    inside = ((fractions > -_SAME) & (fractions < 1 - _SAME)).all(axis=1)
    return np.asarray(tried[inside], dtype=np.float64)


def _placed(fractions: Array, corners: Array, matrix: Whole, box: Array) -> Array:
    """Sites in the box [m], cell by cell."""
    everywhere = (corners[:, None] + fractions).reshape(-1, 3)
    return np.asarray(everywhere @ np.linalg.inv(matrix) @ box)


def _best_offset(
    placed: Array, framework: Array, cell: Array, *, starts: int
) -> tuple[Array, float]:
    """Shift that carries the places of the framework onto its atoms, and what is left."""
    best, least = np.zeros(3), np.inf
    for first in framework[:1] - placed[:starts]:
        apart = _to_nearest(placed + first, framework, cell)
        offset = first + apart.mean(axis=0)
        left = float(np.sqrt(((apart - apart.mean(axis=0)) ** 2).sum(axis=1).mean()))
        if left < least:
            best, least = offset, left
    return best, least


def _to_nearest(places: Array, atoms: Array, cell: Array) -> Array:
    """From each place to the atom next to it."""
    vectors: NDArray[Any] = nearest_images(vectors=atoms[None] - places[:, None], cell=cell)
    chosen = (vectors**2).sum(axis=-1).argmin(axis=1)
    return np.asarray(vectors[np.arange(len(places)), chosen], dtype=np.float64)
