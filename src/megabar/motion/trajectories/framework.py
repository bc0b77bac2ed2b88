"""Displacements relative to the metal, which is where hydrogen diffuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_BLOCK: Final = 1 << 20  # numbers in a block of frames
_LABORATORY = "no framework atoms: positions stay in the laboratory frame, with any drift of all"


@dataclass(frozen=True, kw_only=True, eq=False)
class HostRelative:
    """Positions in the frame of the metal sublattice.

    Parameters
    ----------
    positions
        Cartesian [m], (frame, atom, 3).
    frame
        ``"framework"``, or ``"laboratory"`` where no atom belongs to it.
    drift
        What was subtracted [m], (frame, 3).
    warnings
        What a reader of the numbers should know.
    """

    positions: NDArray[np.floating[Any]]
    frame: str
    drift: NDArray[np.float64]
    warnings: tuple[str, ...]


def relative_to_framework(
    *,
    positions: NDArray[np.floating[Any]],
    species: Sequence[str],
    framework: Sequence[str],
    chosen: Sequence[str] | None = None,
    out: NDArray[np.floating[Any]] | None = None,
) -> HostRelative:
    """Subtract the mean displacement of the framework atoms from positions.

    Subtracting the centre of mass instead would make a collective diffusivity too small; see
    :func:`momentum_frame_factor`.

    Parameters
    ----------
    positions
        Unwrapped, Cartesian [m], (frame, atom, 3).
    species
        Chemical symbol of each atom, (atom,).
    framework
        Symbols of the atoms that do not diffuse; empty if there are none.
    chosen
        Symbols of the atoms to give, such as ``("H",)``; all atoms if None.
    out
        Where the positions go, such as a file mapped to memory; new memory if None.

    Returns
    -------
    :
        The atoms chosen; without framework atoms the positions are unchanged, and it says so.

    Raises
    ------
    ValueError
        If there is not one symbol per atom, or a symbol asked for is not among them.

    Examples
    --------
    >>> moved = np.array([[[0.0, 0, 0], [1, 0, 0]], [[0.5, 0, 0], [2.5, 0, 0]]])
    >>> relative_to_framework(
    ...     positions=moved, species=("La", "H"), framework=("La",)).positions[1, 1]
    array([2., 0., 0.])
    """
    strangers = sorted({*framework, *(chosen or ())} - set(species))
    if len(species) != positions.shape[1] or strangers:
        msg = (
            f"Found {len(species)} symbols for {positions.shape[1]} atoms, framework "
            f"{', '.join(framework) or 'none'}, strangers {', '.join(strangers) or 'none'}; one "
            "symbol per atom, and no others, are needed."
        )
        raise ValueError(msg)
    host = np.isin(np.array(species), list(framework))
    kept = np.isin(np.array(species), list(species if chosen is None else chosen))
    shape = (len(positions), np.count_nonzero(kept), 3)
    relative = np.empty(shape) if out is None else out
    drift = np.zeros((len(positions), 3))
    rows = max(1, _BLOCK // (3 * len(species)))
    start = np.asarray(positions[0, host], dtype=np.float64)
    for first in range(0, len(positions), rows):
        part = slice(first, first + rows)
        block = np.asarray(positions[part], dtype=np.float64)
        if host.any():
            drift[part] = (block[:, host] - start).mean(axis=1)
        relative[part] = block[:, kept] - drift[part, np.newaxis]
    known = host.any()
    return HostRelative(
        positions=relative,
        frame="framework" if known else "laboratory",
        drift=drift,
        warnings=() if known else (_LABORATORY,),
    )


def momentum_frame_factor(*, mobile_mass: float, framework_mass: float) -> float:
    r"""Compute by how much the centre of mass as origin lowers a collective diffusivity.

    .. math:: \left( 1 - w \right)^2, \quad w = m / (m + M)

    With total momentum zero the mobile centre moves :math:`(1 - w)` of what it moves relative to
    the framework.

    Parameters
    ----------
    mobile_mass
        Mass of all mobile atoms, any unit.
    framework_mass
        Mass of all framework atoms, the same unit.

    Returns
    -------
    :
        The factor.

    Raises
    ------
    ValueError
        If a mass is not positive.

    Examples
    --------
    >>> print(f"{momentum_frame_factor(mobile_mass=10 * 1.008, framework_mass=138.905):.5f}")
    0.86926
    """
    if not (mobile_mass > 0 and framework_mass > 0):
        msg = f"Found masses {mobile_mass:g} and {framework_mass:g}; positive ones are needed."
        raise ValueError(msg)
    return float((framework_mass / (mobile_mass + framework_mass)) ** 2)
