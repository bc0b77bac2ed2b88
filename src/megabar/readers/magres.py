r"""Files of .magres: field gradients and shieldings that a calculation found, atom by atom.

.. math:: C_Q = \frac{e Q V_{zz}}{h}

with the quadrupole moment Q of the nuclear table. A gradient in atomic units is multiplied by
:math:`9.717362 \cdot 10^{21}` V/m2.

References
----------
Sturniolo et al., Solid State Nucl. Magn. Reson. 78, 64 (2016), doi:10.1016/j.ssnmr.2016.05.004, for
the format. Pyykkö, Mol. Phys. 116, 1328 (2018), doi:10.1080/00268976.2018.1426131, for Q.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import constants
from megabar.errors import UnknownWord, UnreadableFile
from megabar.matter import nuclei
from megabar.readers.plain_text import number, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

ATOMIC_UNIT_OF_GRADIENT: Final = 9.7173624424e21
"""Hartree per elementary charge and squared Bohr radius [V/m2], CODATA 2022."""

_UNITS: Final = {"efg": "au", "ms": "ppm", "atom": "Angstrom", "lattice": "Angstrom"}
_ANGSTROM: Final = 1e-10
_TENSOR: Final = 9
_SYMMETRIC: Final = 1e-3  # relative antisymmetric part of a gradient that is rounding


@dataclass(frozen=True, kw_only=True, eq=False)
class SiteTensors:
    """What a calculation says about one atom.

    Parameters
    ----------
    element
        Chemical symbol.
    label
        Label and number in the file, such as ``"La 1"``.
    position
        Cartesian [m], (3,).
    field_gradient
        Tensor [V/m2], (3, 3), in the frame of the positions; none if the file has none.
    shielding
        Tensor [ppm], (3, 3), not symmetrised; none if the file has none.
    """

    element: str
    label: str
    position: Array
    field_gradient: Array | None
    shielding: Array | None

    def quadrupole(self, nucleus: str) -> tuple[float, float, Array]:
        r"""Compute C_Q, asymmetry and the gradient over its largest component.

        Parameters
        ----------
        nucleus
            Isotope of this element, ``"139La"``.

        Returns
        -------
        :
            :math:`C_Q` [Hz], :math:`\eta`, and V over Vzz in the crystal, (3, 3), as
            ``spins.hamiltonians`` takes it.

        Raises
        ------
        UnknownWord
            If the isotope is of another element.
        ValueError
            If the file has no gradient for this atom, or it vanishes.
        """
        row = nuclei.nucleus(nucleus)
        if row.name.lstrip("0123456789") != self.element:
            msg = f"Found nucleus {nucleus} for {self.label}; it is an isotope of another element. "
            raise UnknownWord(f"{msg}Name one of {self.element}.")
        if self.field_gradient is None:
            msg = f"Found no field gradient of {self.label}; calculate it, or name another atom."
            raise ValueError(msg)
        values = np.linalg.eigvalsh(self.field_gradient)
        x, y, z = values[np.argsort(np.abs(values))]
        if not abs(z) > 0:
            msg = f"Found a vanishing field gradient at {self.label}; C_Q is 0 and has no axes."
            raise ValueError(msg)
        coupling = constants.elementary_charge * row.quadrupole_moment * z / constants.h
        return float(coupling), float((x - y) / z), np.asarray(self.field_gradient / z)

    def isotropic_shielding(self) -> float:
        """Give the mean of the principal shieldings [ppm].

        Returns
        -------
        :
            A third of the trace.

        Raises
        ------
        ValueError
            If the file has no shielding for this atom.
        """
        if self.shielding is None:
            msg = f"Found no shielding of {self.label}; calculate it, or name another atom."
            raise ValueError(msg)
        return float(np.trace(self.shielding)) / 3


def read_magres(path: Path | str) -> tuple[SiteTensors, ...]:
    """Read a .magres file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    :
        Atoms in their order.

    Raises
    ------
    UnreadableFile
        If it is no .magres file, uses other units, or a line is damaged.
    """
    path = Path(path)
    lines = read_lines(path)
    if not lines or not lines[0].startswith("#$magres-abinitio-v"):
        raise _refuse(path, "first line", "it is not #$magres-abinitio-v1.0.")
    atoms: dict[str, tuple[str, Array]] = {}
    tensors: dict[str, dict[str, Array]] = {"efg": {}, "ms": {}}
    for place, words in _records(path, lines):
        kind = words[0]
        if kind == "units" and _UNITS.get(words[1], words[2]) != words[2]:
            found = f"found {words[2]}, where {_UNITS[words[1]]} is read."
            raise _refuse(path, f"units of {words[1]}", found)
        if kind == "atom":
            values = _numbers(path, place, words[4:], 3)
            atoms[f"{words[2]} {words[3]}"] = (words[1], _ANGSTROM * values)
        if kind in tensors:
            values = _numbers(path, place, words[3:], _TENSOR)
            tensors[kind][f"{words[1]} {words[2]}"] = values.reshape(3, 3)
    strangers = sorted({*tensors["efg"], *tensors["ms"]} - set(atoms))
    if strangers or not atoms:
        what = f"{strangers[0]} is no atom of the file." if strangers else "there are no atoms."
        raise _refuse(path, "atoms", what)
    return tuple(
        SiteTensors(
            element=element,
            label=label,
            position=position,
            field_gradient=_gradient(path, label, tensors["efg"].get(label)),
            shielding=tensors["ms"].get(label),
        )
        for label, (element, position) in atoms.items()
    )


def _records(path: Path, lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Lines of the blocks of atoms and of tensors, as words."""
    block = ""
    for place, line in enumerate(lines, start=1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0].startswith("[/") or words[0].startswith("</"):
            block = ""
        elif words[0][0] in "[<":
            block = words[0].strip("[]<>")
        elif block in ("atoms", "magres"):
            if words[0] == "units" and len(words) != 3:
                raise _refuse(path, f"line {place}", f"found {line.strip()[:60]!r}.")
            yield place, words


def _numbers(path: Path, place: int, words: list[str], count: int) -> Array:
    values = [number(word) for word in words]
    if len(values) != count or any(value is None for value in values):
        found = f"found {len(values)} words, where {count} numbers are needed."
        raise _refuse(path, f"line {place}", found)
    return np.array(values, dtype=np.float64)


def _gradient(path: Path, label: str, tensor: Array | None) -> Array | None:
    if tensor is None:
        return None
    odd = np.abs(tensor - tensor.T).max() + abs(np.trace(tensor))
    if odd > _SYMMETRIC * np.abs(tensor).max():
        raise _refuse(path, f"efg of {label}", "it is not symmetric and free of trace.")
    even = (tensor + tensor.T) / 2
    return np.asarray(ATOMIC_UNIT_OF_GRADIENT * (even - np.trace(even) / 3 * np.eye(3)))


def _refuse(path: Path, field: str, found: str) -> UnreadableFile:
    return UnreadableFile(
        file=path.name,
        field=field,
        found=found,
        remedy="Write it again as magres-abinitio-v1.0 with tensors in au and ppm.",
    )
