r"""Second-rank tensors of spins: their own axes, the crystal, the field.

A tensor is a symmetric (3, 3) array in the frame of the crystal, so no convention of angles travels
with it. The direction of the field in the crystal is
:math:`(\sin\beta \cos\alpha, \sin\beta \sin\alpha, \cos\beta)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def rotation_from_angles(
    *, first: ArrayLike, second: ArrayLike, third: ArrayLike
) -> NDArray[np.float64]:
    r"""Build the matrix that carries components along turned axes to those along the old ones.

    .. math:: R = R_z(\alpha) R_y(\beta) R_z(\gamma)

    Columns are the turned axes (z, then the new y, then the new z); ``R T R^T`` brings a tensor
    from its own axes into the crystal.

    Parameters
    ----------
    first, second, third
        Euler angles z-y'-z'' [rad], any shapes that broadcast.

    Returns
    -------
    :
        Rotations, (..., 3, 3).

    Examples
    --------
    >>> third_axis = rotation_from_angles(first=0.3, second=0.9, third=0.0)[:, 2]
    >>> bool(np.allclose(third_axis[1:], [np.sin(0.9) * np.sin(0.3), np.cos(0.9)]))
    True
    """
    a, b, c = np.broadcast_arrays(*(np.asarray(x, np.float64) for x in (first, second, third)))
    return _about_z(a) @ _about_y(b) @ _about_z(c)


def gradient_tensor(
    *, asymmetry: float, rotation: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    r"""Build the tensor of the electric field gradient over its largest component.

    .. math:: V / V_{zz} = \mathrm{diag}[-(1 - \eta)/2, -(1 + \eta)/2, 1]

    in its own axes, :math:`|V_{zz}| \ge |V_{yy}| \ge |V_{xx}|`. Some programs exchange x and y.

    Parameters
    ----------
    asymmetry
        :math:`\eta = (V_{xx} - V_{yy})/V_{zz}`, 0 to 1.
    rotation
        From its own axes into the crystal, (3, 3); none: they coincide.

    Returns
    -------
    :
        Symmetric, without trace, (3, 3).

    Raises
    ------
    ValueError
        If the asymmetry is not between 0 and 1.

    Examples
    --------
    >>> np.diag(gradient_tensor(asymmetry=0.3)).tolist()
    [-0.35, -0.65, 1.0]
    """
    _require_asymmetry(asymmetry)
    return _turned(np.diag([-(1 - asymmetry) / 2, -(1 + asymmetry) / 2, 1.0]), rotation)


def shift_tensor(
    *,
    isotropic: float,
    anisotropy: float,
    asymmetry: float,
    rotation: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    r"""Build the tensor of a shift, chemical or Knight.

    .. math:: \delta_{iso} + \Delta \, \mathrm{diag}[-(1 + \eta)/2, -(1 - \eta)/2, 1]

    in its own axes (Haeberlen): :math:`|\delta_{zz} - \delta_{iso}|` is the largest deviation, that
    along y the smallest.

    Parameters
    ----------
    isotropic
        Mean of the three principal values [Hz].
    anisotropy
        :math:`\Delta = \delta_{zz} - \delta_{iso}` [Hz].
    asymmetry
        :math:`\eta = (\delta_{yy} - \delta_{xx})/\Delta`, 0 to 1.
    rotation
        From its own axes into the crystal, (3, 3); none: they coincide.

    Returns
    -------
    :
        Symmetric (3, 3) [Hz].

    Raises
    ------
    ValueError
        If the asymmetry is not between 0 and 1.

    References
    ----------
    Haeberlen, High Resolution NMR in Solids (1976).

    Examples
    --------
    >>> tensor = shift_tensor(isotropic=800.0, anisotropy=4000.0, asymmetry=0.4)
    >>> float(tensor[2, 2]), float(np.trace(tensor) / 3)
    (4800.0, 800.0)
    """
    _require_asymmetry(asymmetry)
    own = np.diag([-(1 + asymmetry) / 2, -(1 - asymmetry) / 2, 1.0])
    return isotropic * np.eye(3) + _turned(anisotropy * own, rotation)


def along_field(
    tensor: NDArray[np.float64], directions: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""Compute the component of a tensor along the field, :math:`b \cdot T \cdot b`.

    Parameters
    ----------
    tensor
        In the crystal, (3, 3).
    directions
        Unit vectors of the field in the crystal, (orientation, 3).

    Returns
    -------
    :
        Components, (orientation,), unit of the tensor.

    Examples
    --------
    >>> along_field(np.diag([1.0, 2.0, 3.0]), np.array([[0.0, 0.0, 1.0]])).tolist()
    [3.0]
    """
    return np.asarray(np.einsum("ni,ij,nj->n", directions, tensor, directions))


def in_laboratory(
    tensor: NDArray[np.float64], *, alpha: NDArray[np.float64], beta: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Carry a tensor from the crystal into the laboratory, whose z axis is the field.

    Parameters
    ----------
    tensor
        In the crystal, (3, 3).
    alpha, beta
        Direction of the field in the crystal [rad], (orientation,).

    Returns
    -------
    :
        Tensors, (orientation, 3, 3); x and y of the laboratory are fixed by the angles.

    Examples
    --------
    >>> turned = in_laboratory(
    ...     np.diag([0.0, 0.0, 1.0]), alpha=np.zeros(1), beta=np.full(1, np.pi / 2))
    >>> bool(np.isclose(turned[0, 0, 0], 1.0))
    True
    """
    axes = rotation_from_angles(first=alpha, second=beta, third=np.zeros_like(beta))
    return np.swapaxes(axes, -1, -2) @ tensor @ axes


def _turned(
    tensor: NDArray[np.float64], rotation: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    return tensor if rotation is None else rotation @ tensor @ rotation.T


def _require_asymmetry(asymmetry: float) -> None:
    if not 0 <= asymmetry <= 1:
        msg = (
            f"Found an asymmetry of {asymmetry:g}; with the axes named by size it lies between 0 "
            "and 1. Exchange the axes, or the sign of the coupling."
        )
        raise ValueError(msg)


def _about_z(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    c, s, o = np.cos(angle), np.sin(angle), np.zeros_like(angle)
    return _stacked([[c, -s, o], [s, c, o], [o, o, o + 1]])


def _about_y(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    c, s, o = np.cos(angle), np.sin(angle), np.zeros_like(angle)
    return _stacked([[c, o, s], [o, o + 1, o], [-s, o, c]])


def _stacked(rows: list[list[NDArray[np.float64]]]) -> NDArray[np.float64]:
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
