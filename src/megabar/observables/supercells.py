"""Which sites of a crystal lie in the box of a simulation.

Twin: ``readers.frames``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import nan
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import Undetermined
from megabar.matter import crystals
from megabar.motion.trajectories.images import nearest_images

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.matter.crystals import Crystal

    Array = NDArray[np.float64]

_FARTHEST: Final = 0.15  # of the mean distance of framework atoms, rms, that still is this crystal
_WHOLE: Final = 0.08  # departure of the box from a whole number of cells along a vector
_SAME: Final = 1e-4


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
        How many cells of the crystal fit into the box.
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

    The box must hold a whole number of cells; strain and volume are those of the box, and so are
    the sites. The origin is where the framework fits best.

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
    >>> lah10 = crystals.crystal("LaH10", lattice_parameter=5.10e-10)
    >>> box = 2 * lah10.cell
    >>> lanthanum = crystals.sites_of(lah10, species="La").positions
    >>> corners = np.indices((2, 2, 2)).reshape(3, -1).T @ lah10.cell
    >>> found = sites_in_box(
    ...     lah10, element="H", cell=box, symbol="La",
    ...     framework=(corners[:, None] + lanthanum).reshape(-1, 3))
    >>> len(found.positions), found.cells
    (320, 8)
    """
    inside = crystals.sites_of(crystal, species=symbol).positions @ np.linalg.inv(crystal.cell)
    atoms = len(framework)
    cells = atoms / len(inside)
    matrix = _cells_along(crystal.cell, cell, cells)
    if matrix is None:
        msg = (
            f"Found {atoms} {symbol} in the box and {len(inside)} in a cell of {crystal.name}; the "
            "vectors of the box are no whole numbers of its vectors. Name the structure that was "
            "simulated, or hand in a file with its cell."
        )
        raise Undetermined(msg, quality="no solution")
    corners = _corners(matrix)
    to_box = np.linalg.inv(matrix)
    placed = ((corners[:, None] + inside).reshape(-1, 3) @ to_box) @ cell
    offset, misfit = _best_offset(placed, framework, cell)
    typical = (abs(np.linalg.det(cell)) / atoms) ** (1 / 3)
    if misfit > _FARTHEST * typical:
        msg = (
            f"Found {symbol} atoms {misfit:.3g} m (rms) from the places of {crystal.name}, more "
            f"than {_FARTHEST:.0%} of their distance: another structure. Name the one simulated."
        )
        raise Undetermined(msg, quality="no solution")
    wanted = crystals.sites_of(crystal, species=element)
    fractions = wanted.positions @ np.linalg.inv(crystal.cell)
    sites = ((corners[:, None] + fractions).reshape(-1, 3) @ to_box) @ cell + offset
    return BoxSites(
        positions=sites,
        kinds=tuple(map(str, wanted.kinds)) * len(corners),
        cells=len(corners),
        misfit=misfit,
        crystal=replace(
            crystal, cell=crystal.cell * _scale(crystal.cell, cell, len(corners)),
            lattice_parameter_std=nan,
        ),
    )  # fmt: skip


def _cells_along(crystal: Array, box: Array, cells: float) -> NDArray[np.int64] | None:
    """Whole numbers that make the box of cells of equal volume, whatever the orientation."""
    if cells != round(cells) or cells < 1:
        return None
    scale = _scale(crystal, box, cells)
    for turned in _orientations(crystal * scale, box):
        matrix = box @ np.linalg.inv(turned)
        whole = np.rint(matrix)
        fits = np.abs(matrix - whole).max() < _WHOLE
        if fits and round(abs(np.linalg.det(whole))) == round(cells):
            return whole.astype(np.int64)
    return None


def _scale(crystal: Array, box: Array, cells: float) -> float:
    """Length in the box over length in the crystal."""
    return float((abs(np.linalg.det(box)) / cells / abs(np.linalg.det(crystal))) ** (1 / 3))


def _orientations(crystal: Array, box: Array) -> list[Array]:
    """Give the crystal as it stands, and turned with its vectors along those of the box."""
    lengths = np.linalg.norm(box, axis=1) / np.linalg.norm(crystal, axis=1)
    counts = np.maximum(np.rint(lengths), 1)
    along = box / counts[:, None]
    same = np.allclose(along @ along.T, crystal @ crystal.T, rtol=_WHOLE, atol=0.02 * _square(box))
    return [crystal, along] if same else [crystal]


def _square(box: Array) -> float:
    return float((box**2).sum() / 3)


def _corners(matrix: NDArray[np.int64]) -> Array:
    """Lattice vectors of the crystal inside the box, in its own vectors."""
    most = np.abs(matrix).sum(axis=0)
    tried = np.stack(
        np.meshgrid(*(np.arange(-one, one + 1) for one in most), indexing="ij"), axis=-1
    ).reshape(-1, 3)
    fractions = tried @ np.linalg.inv(matrix)
    inside = ((fractions > -_SAME) & (fractions < 1 - _SAME)).all(axis=1)
    return np.asarray(tried[inside], dtype=np.float64)


def _best_offset(placed: Array, framework: Array, cell: Array) -> tuple[Array, float]:
    """Shift that carries the places of the framework onto its atoms, and what is left."""
    best, least = np.zeros(3), np.inf
    for first in framework[:1] - placed:
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
