"""Structures: CIF, POSCAR and every other format of ASE that holds one periodic cell.

Fractional occupancies of a CIF are kept. What the file does not say, such as the standard error of
the lattice parameter once ASE has read it, stays unknown.

References
----------
Larsen et al., J. Phys.: Condens. Matter 29, 273002 (2017), doi:10.1088/1361-648X/aa680e.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import provenance
from megabar.errors import InconsistentHeader, OpenQuestion, UnreadableFile
from megabar.matter.crystals import Crystal, Origin
from megabar.matter.frames import ANGSTROM
from megabar.readers.frames.through_ase import images

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WITHOUT_METAL: Final = "the file holds {}, and hydrogen is counted against one metal."


def read_structure(path: Path | str, *, metal: str | None = None) -> Crystal:
    """Read one crystal from a file.

    Parameters
    ----------
    path
        The file.
    metal
        Symbol of the element against which hydrogen is counted; may be left out where one element
        beside hydrogen is there.

    Returns
    -------
    :
        The crystal; its name is its formula.

    Raises
    ------
    ReadError
        If the file is damaged, holds several frames, no periodic cell, or leaves the metal open.
    MissingExtra
        If ASE is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise UnreadableFile(
            file=path.name, field="format", found="there is no such file.", remedy="Check its name."
        )
    atoms = _only_frame(path)
    cell = np.array(atoms.cell.array, dtype=np.float64) * ANGSTROM
    if not atoms.pbc.all() or not np.linalg.det(cell) > 0:
        raise _wrong(path, "no right-handed cell that is periodic along all axes.")
    positions = np.asarray(atoms.get_scaled_positions(wrap=True), dtype=np.float64)
    rows = list(_rows(path, atoms))
    species = tuple(symbol for _, symbol, _, _ in rows)
    digest = provenance.sha256_of_file(path)
    source = f"{path.name}, sha256 {digest[:12]}"
    return Crystal(
        name=str(atoms.get_chemical_formula(mode="metal", empirical=True)),
        space_group=_space_group(atoms),
        cell=cell,
        species=species,
        kinds=tuple(kind for _, _, kind, _ in rows),
        positions=positions[[site for site, _, _, _ in rows]],
        occupancies=np.array([occupancy for _, _, _, occupancy in rows]),
        metal=_metal(path, species, metal),
        origins=(Origin(quantity="structure and lattice", status="given", source=source),),
    )


def _only_frame(path: Path) -> Any:
    found = list(islice(images(path, file_format=None), 2))
    if len(found) != 1:
        many = "several frames" if found else "no structure"
        raise _wrong(path, f"{many}; one crystal is needed.")
    return found[0]


def _rows(path: Path, atoms: Any) -> list[tuple[int, str, str, float]]:
    """Give site, symbol, label and occupancy; a shared site is listed once per element."""
    labels = atoms.arrays.get("spacegroup_kinds")
    shares: Mapping[str, Mapping[str, float]] = atoms.info.get("occupancy") or {}
    rows = []
    for site, symbol in enumerate(atoms.get_chemical_symbols()):
        number = None if labels is None else str(int(labels[site]))
        shared = shares.get(number, {symbol: 1.0}) if number is not None else {symbol: 1.0}
        for element, occupancy in shared.items():
            if not 0 < occupancy <= 1:
                raise _wrong(path, f"an occupancy of {occupancy:g} at {element}.")
            kind = element if number is None else f"{element}{int(number) + 1}"
            rows.append((site, str(element), kind, float(occupancy)))
    return rows


def _space_group(atoms: Any) -> str:
    group = atoms.info.get("spacegroup")
    return "" if group is None else str(group.symbol).replace(" ", "")


def _metal(path: Path, species: Sequence[str], asked: str | None) -> str:
    others = sorted(set(species) - {"H"})
    if asked is None and len(others) == 1:
        return others[0]
    if asked is None or asked not in others:
        raise OpenQuestion(
            file=path.name,
            field="metal",
            found=_WITHOUT_METAL.format(", ".join(sorted(set(species)))),
            argument="metal",
            candidates=others,
        )
    return asked


def _wrong(path: Path, found: str) -> InconsistentHeader:
    return InconsistentHeader(
        file=path.name,
        field="structure",
        found=found,
        remedy="Give one periodic structure, such as a CIF or a POSCAR.",
    )
