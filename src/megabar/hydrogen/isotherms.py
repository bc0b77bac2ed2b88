r"""Content against chemical potential: what a hydride holds, its plateaus, its capacity.

An isotherm is a list of points that the user supplies; none is known for LaHx at 170 GPa. Between
points it is straight, and two points of one potential are a plateau, where two phases live side by
side. At fixed pressure and temperature the presence of pure H2 fixes the potential: the content is
then one number, or, on a plateau, any number between two. A content that stays for months between
the phases needs a sink that is not pure H2.

The chemical potential of hydrogen in a hydride counts per mol H2, :math:`\mu_{\mathrm{H}_2} =
2 \mu_\mathrm{H}`, from the origin of ``hydrogen.molecular_hydrogen``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.constants import k_boltzmann, n_avogadro

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_GAS_CONSTANT: Final = k_boltzmann * n_avogadro


@dataclass(frozen=True, kw_only=True)
class Plateau:
    """Two phases side by side.

    Parameters
    ----------
    potential
        [J per mol H2].
    least, most
        Contents of its ends, H per metal.
    """

    potential: float
    least: float
    most: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Isotherm:
    """Content and potential, in straight pieces.

    Parameters
    ----------
    contents
        H per metal (n,), rising.
    potentials
        [J per mol H2] (n,), never falling; two that are equal are a plateau.

    Raises
    ------
    ValueError
        If there are fewer than two points, the contents do not rise or the potentials fall.
    """

    contents: NDArray[np.float64]
    potentials: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.contents.ndim != 1 or self.contents.size < 2:
            msg = (
                "Found fewer than two points; an isotherm is a line. Give contents and potentials."
            )
            raise ValueError(msg)
        if self.contents.shape != self.potentials.shape or not np.all(np.diff(self.contents) > 0):
            msg = (
                f"Found contents {self.contents.tolist()}; an isotherm needs as many "
                "potentials, and contents that rise. Sort the points."
            )
            raise ValueError(msg)
        if not (np.all(np.isfinite(self.potentials)) and np.all(np.diff(self.potentials) >= 0)):
            msg = (
                f"Found potentials {self.potentials.tolist()}; where they fall with "
                "content a phase is unstable. Put a plateau there."
            )
            raise ValueError(msg)

    @property
    def plateaus(self) -> tuple[Plateau, ...]:
        """Two-phase regions, from the lowest; neighbours of one potential are one."""
        found: list[Plateau] = []
        for k in np.flatnonzero(np.diff(self.potentials) == 0):
            least, most = float(self.contents[k]), float(self.contents[k + 1])
            if found and found[-1].most == least:
                least = found.pop().least
            found.append(Plateau(potential=float(self.potentials[k]), least=least, most=most))
        return tuple(found)


def isotherm(*, contents: ArrayLike, potentials: ArrayLike) -> Isotherm:
    """Make an isotherm of points.

    Parameters
    ----------
    contents
        H per metal (n,), rising.
    potentials
        [J per mol H2] (n,), never falling.

    Returns
    -------
    :
        The isotherm.

    Raises
    ------
    ValueError
        If there are fewer than two points, the contents do not rise or the potentials fall.

    Examples
    --------
    >>> hydride = isotherm(contents=[3.0, 3.2, 10.0, 10.6], potentials=[0, 4e3, 4e3, 30e3])
    >>> hydride.plateaus
    (Plateau(potential=4000.0, least=3.2, most=10.0),)
    """
    return Isotherm(
        contents=np.asarray(contents, dtype=np.float64),
        potentials=np.asarray(potentials, dtype=np.float64),
    )


def potential_from_content(one: Isotherm, *, content: ArrayLike) -> NDArray[np.float64]:
    """Compute the potential of a hydride.

    Parameters
    ----------
    one
        Its isotherm.
    content
        H per metal, any shape, inside the isotherm.

    Returns
    -------
    :
        [J per mol H2], shape of ``content``.

    Raises
    ------
    ValueError
        If a content lies outside the isotherm.

    Examples
    --------
    >>> hydride = isotherm(contents=[3.0, 3.2, 10.0, 10.6], potentials=[0, 4e3, 4e3, 30e3])
    >>> potential_from_content(hydride, content=[3.1, 7.0, 10.3])
    array([ 2000.,  4000., 17000.])
    """
    asked = np.asarray(content, dtype=np.float64)
    _inside(asked, one.contents, name="content", unit="H per metal")
    return np.asarray(np.interp(asked, one.contents, one.potentials))


def contents_from_potential(one: Isotherm, *, potential: float) -> tuple[float, float]:
    """Compute what a hydride holds in balance with a potential.

    At fixed pressure and temperature pure H2 fixes the potential; what the hydride holds then is
    one content, unless the potential is exactly that of a plateau.

    Parameters
    ----------
    one
        Its isotherm.
    potential
        [J per mol H2], inside the isotherm.

    Returns
    -------
    :
        Least and most content, H per metal; equal off a plateau.

    Raises
    ------
    ValueError
        If the potential lies outside the isotherm.

    Examples
    --------
    >>> hydride = isotherm(contents=[3.0, 3.2, 10.0, 10.6], potentials=[0, 4e3, 4e3, 30e3])
    >>> contents_from_potential(hydride, potential=4e3)
    (3.2, 10.0)
    """
    _inside(np.asarray(potential), one.potentials, name="potential", unit="J/mol")
    first = int(np.searchsorted(one.potentials, potential, side="left"))
    if one.potentials[first] != potential:
        share = (potential - one.potentials[first - 1]) / np.diff(one.potentials)[first - 1]
        between = float(one.contents[first - 1] + share * np.diff(one.contents)[first - 1])
        return between, between
    last = int(np.searchsorted(one.potentials, potential, side="right")) - 1
    return float(one.contents[first]), float(one.contents[last])


def thermodynamic_factor(
    one: Isotherm, *, content: ArrayLike, temperature: float
) -> NDArray[np.float64]:
    r"""Compute the factor between tracer and chemical diffusion.

    .. math:: \Gamma = \frac{\partial (\mu_\mathrm{H}/kT)}{\partial \ln x}
        = \frac{x}{2 R T} \frac{\partial \mu_{\mathrm{H}_2}}{\partial x}

    1 in a dilute solution, large where a hydride is nearly stoichiometric, 0 on a plateau, where
    nothing diffuses chemically however fast atoms jump.

    Parameters
    ----------
    one
        Isotherm of the hydride.
    content
        H per metal, any shape, inside the isotherm; at a corner the piece below counts.
    temperature
        [K].

    Returns
    -------
    :
        Shape of ``content``.

    Raises
    ------
    ValueError
        If a content lies outside the isotherm or the temperature is not positive.

    Examples
    --------
    >>> hydride = isotherm(contents=[3.0, 3.2, 10.0, 10.6], potentials=[0, 4e3, 4e3, 30e3])
    >>> thermodynamic_factor(hydride, content=[7.0, 10.3], temperature=300.0).round(1)
    array([ 0. , 89.5])
    """
    asked = np.asarray(content, dtype=np.float64)
    _inside(asked, one.contents, name="content", unit="H per metal")
    if not temperature > 0:
        msg = f"Found temperature {temperature:g} K; give it in kelvin, above 0."
        raise ValueError(msg)
    k = np.clip(np.searchsorted(one.contents, asked, side="left"), 1, one.contents.size - 1)
    slope = (np.diff(one.potentials) / np.diff(one.contents))[k - 1]
    return np.asarray(asked * slope / (2 * _GAS_CONSTANT * temperature))


def chemical_diffusivity(
    *, tracer_diffusivity: ArrayLike, thermodynamic_factor: ArrayLike
) -> NDArray[np.float64]:
    r"""Compute the diffusivity that drives a profile from the one that NMR sees.

    .. math:: D_\text{chem} = \Gamma D^*

    Cross terms between atoms (the Haven ratio) are left out.

    Parameters
    ----------
    tracer_diffusivity
        :math:`D^*` [m2/s], any shape.
    thermodynamic_factor
        :math:`\Gamma`, broadcast against it.

    Returns
    -------
    :
        [m2/s].

    References
    ----------
    Darken, Trans. AIME 175, 184 (1948).

    Examples
    --------
    >>> float(chemical_diffusivity(tracer_diffusivity=2e-12, thermodynamic_factor=5.0))
    1e-11
    """
    tracer = np.asarray(tracer_diffusivity, dtype=np.float64)
    return np.asarray(tracer * np.asarray(thermodynamic_factor, dtype=np.float64))


def capacity(one: Isotherm, *, content: ArrayLike) -> NDArray[np.float64]:
    r"""Compute how much a hydride takes per change of potential, :math:`\partial x/\partial \mu`.

    Parameters
    ----------
    one
        Its isotherm.
    content
        H per metal, any shape, inside the isotherm; at a corner the piece below counts.

    Returns
    -------
    :
        H per metal and J per mol H2; infinite on a plateau.

    Raises
    ------
    ValueError
        If a content lies outside the isotherm.

    Examples
    --------
    >>> hydride = isotherm(contents=[3.0, 3.2, 10.0, 10.6], potentials=[0, 4e3, 4e3, 30e3])
    >>> capacity(hydride, content=[3.1, 7.0])
    array([5.e-05,    inf])
    """
    asked = np.asarray(content, dtype=np.float64)
    _inside(asked, one.contents, name="content", unit="H per metal")
    k = np.clip(np.searchsorted(one.contents, asked, side="left"), 1, one.contents.size - 1)
    rise, width = np.diff(one.potentials)[k - 1], np.diff(one.contents)[k - 1]
    return np.asarray(np.where(rise > 0, width / np.where(rise > 0, rise, 1.0), np.inf))


def _inside(
    asked: NDArray[np.float64], points: NDArray[np.float64], *, name: str, unit: str
) -> None:
    low, high = points[0], points[-1]
    if not np.all((asked >= low) & (asked <= high)):
        msg = (
            f"Found {name} outside the isotherm, which runs from {low:g} to {high:g} {unit}. "
            "Extend its points; nothing is extrapolated."
        )
        raise ValueError(msg)
