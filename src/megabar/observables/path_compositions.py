r"""What a broadened transition allows to say about the grains of a film, and what it does not.

.. math:: F(T_c > T) = \frac{1 - r(T)}{d} \text{ between onset and zero}, \quad
    F \geq \frac{1}{d} \text{ below zero resistance}

for an effective medium of d dimensions whose grains either short or stay normal. A curve of zero
resistance says nothing about the grains that had not switched when the first path was whole: more
than half of a film, and two thirds of a powder, are out of its sight. Shares by T become shares by
content only between anchors that somebody chose; elsewhere there is no data.

Twin: ``superconductivity.effective_medium``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import Undetermined
from megabar.superconductivity.effective_medium import fraction_from_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from megabar.superconductivity.anchors import TcAnchor

DIMENSIONS: Final = (2, 3)
_SIGMAS: Final = 3.0
_GIGA: Final = 1e9


@dataclass(frozen=True, kw_only=True)
class PathShares:
    """Share of the grains whose critical temperature lies above T, as an effective medium reads it.

    Parameters
    ----------
    dimensions
        d of the medium: 2 for a film thinner than its grains, 3 for a powder.
    temperature
        T, rising [K], (n,).
    share
        F, (n,); never rising with T.
    std
        Standard error of a share from the noise of the curve; none of the medium itself.
    quality
        ``"value"`` inside the transition, ``"lower bound"`` where the resistance is zero,
        ``"upper bound"`` above the onset, where noise hides what few grains do, (n,).
    sentence
        What is known, in words.
    """

    dimensions: int
    temperature: NDArray[np.float64]
    share: NDArray[np.float64]
    std: float
    quality: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, kw_only=True)
class ContentShares:
    """Contents that the temperatures of shares stand for, between anchors that somebody chose.

    Parameters
    ----------
    h_per_metal
        Content whose anchor line has this critical temperature, (n,); nan where there is no data.
    between
        Names of the two anchors, (n,); empty names where there is no data.
    warnings
        What was supposed.
    """

    h_per_metal: NDArray[np.float64]
    between: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]


def shares(
    temperature: ArrayLike, ratio: ArrayLike, *, noise: float, zero: float
) -> tuple[PathShares, PathShares]:
    """Read the shares of grains off a curve, as a film and as a powder.

    Parameters
    ----------
    temperature
        [K], rising, (n,).
    ratio
        r, resistance over normal state, (n,).
    noise
        Standard deviation of r.
    zero
        Largest r that counts as none.

    Returns
    -------
    :
        For 2 and for 3 dimensions.

    Raises
    ------
    ValueError
        If temperatures do not rise, or lengths differ.
    Undetermined
        If the resistance does not fall: nothing superconducts on the path.

    References
    ----------
    Kirkpatrick, Rev. Mod. Phys. 45, 574 (1973), doi:10.1103/RevModPhys.45.574.

    Examples
    --------
    >>> film, powder = shares([90.0, 95.0, 100.0, 105.0], [0.0, 0.4, 0.8, 1.0], noise=1e-3,
    ...                       zero=0.01)
    >>> print(film.share, film.quality[0])
    [0.5 0.3 0.1 0. ] lower bound
    >>> print(f"{powder.share[1]:.2f}")
    0.20
    """
    t, r = (np.asarray(one, dtype=np.float64) for one in (temperature, ratio))
    if t.shape != r.shape or t.ndim != 1 or t.size < 2 or np.any(np.diff(t) <= 0):
        msg = f"Found {t.shape} temperatures and {r.shape} ratios; one row of each, T rising."
        raise ValueError(msg)
    if float(r.min()) > 1 - _SIGMAS * noise:
        msg = (
            f"Found r from {r.min():.3f} to {r.max():.3f} with a noise of {noise:.2g}: no step, "
            "so no share of grains above any temperature."
        )
        raise Undetermined(msg, quality="no solution")
    falling = _never_rising(1 - r)
    quality = tuple(_quality(one, hidden=_SIGMAS * noise, whole=1 - zero) for one in falling)
    film, powder = (
        PathShares(
            dimensions=dimensions,
            temperature=t,
            share=fraction_from_step(np.clip(falling, 0.0, 1.0), dimensions=dimensions),
            std=noise / dimensions,
            quality=quality,
            sentence=_sentence(t, quality, dimensions),
        )
        for dimensions in DIMENSIONS
    )
    return film, powder


def _never_rising(height: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.optimize import isotonic_regression

    return np.asarray(isotonic_regression(height, increasing=False).x, dtype=np.float64)


def _quality(height: float, *, hidden: float, whole: float) -> str:
    if height >= whole:
        return "lower bound"
    return "value" if height > hidden else "upper bound"


def _sentence(t: NDArray[np.float64], quality: Sequence[str], dimensions: int) -> str:
    inside = [float(one) for one, word in zip(t, quality, strict=True) if word == "value"]
    kind = {2: "a film", 3: "a powder"}[dimensions]
    known = f"known between {inside[0]:.4g} and {inside[-1]:.4g} K" if inside else "known nowhere"
    if "lower bound" not in quality:
        return f"As {kind}: {known}; the curve does not reach zero."
    unseen = 100 * (1 - 1 / dimensions)
    return (
        f"As {kind}: {known}; below, at least {100 / dimensions:.0f} % of the grains superconduct, "
        f"and up to {unseen:.0f} % of them may hold anything."
    )


def contents(
    temperature: ArrayLike, chosen: Sequence[TcAnchor], *, across_phases: bool = False
) -> ContentShares:
    """Turn critical temperatures into contents, where chosen anchors stand on both sides.

    Parameters
    ----------
    temperature
        [K], (n,).
    chosen
        Anchors of the line, in any order; content and critical temperature rise together.
    across_phases
        Whether the line may go from one structure to another; the answer then says so.

    Returns
    -------
    :
        The contents.

    Raises
    ------
    Undetermined
        If structures differ and nobody allowed that.
    ValueError
        If there are fewer than two anchors, or they do not rise together.

    Examples
    --------
    >>> from megabar.superconductivity.anchors import anchors
    >>> pair = anchors("La4H23-118", "LaH10-170")
    >>> found = contents([90.0, 105.0, 160.0], pair, across_phases=True)
    >>> print(found.h_per_metal.round(2))  # below the lowest anchor there is no data
    [ nan 5.75 7.36]
    """
    t = np.asarray(temperature, dtype=np.float64)
    line = sorted(chosen, key=lambda one: one.critical_temperature)
    steps = np.diff([one.h_per_metal for one in line])
    apart = np.diff([one.critical_temperature for one in line])
    if len(line) < 2 or np.any(steps <= 0) or np.any(apart <= 0):
        msg = (
            f"Found anchors {[one.name for one in line]}; a line needs two or more, whose content "
            "and critical temperature rise together. Choose one pressure and one criterion."
        )
        raise ValueError(msg)
    phases = sorted({one.phase for one in line})
    if len(phases) > 1 and not across_phases:
        msg = (
            f"Found {' and '.join(phases)}; a line between structures supposes what nobody "
            "measured. Allow it with across_phases=True, and say so."
        )
        raise Undetermined(msg, quality="no solution")
    known = np.array([one.critical_temperature for one in line])
    place = np.clip(np.searchsorted(known, t, "right") - 1, 0, len(line) - 2)
    inside = (t >= known[0]) & (t <= known[-1])
    found = np.interp(t, known, [one.h_per_metal for one in line])
    return ContentShares(
        h_per_metal=np.where(inside, found, np.nan),
        between=tuple(
            (line[k].name, line[k + 1].name) if there else ("", "")
            for k, there in zip(place, inside, strict=True)
        ),
        warnings=_supposed(line, phases),
    )


def _supposed(line: Sequence[TcAnchor], phases: Sequence[str]) -> tuple[str, ...]:
    told = [
        f"Contents stand on straight lines between {', '.join(one.name for one in line)}; nobody "
        "measured there."
    ]
    if len(phases) > 1:
        told.append(f"The line crosses structures: {', '.join(phases)}.")
    pressures = sorted({one.pressure / _GIGA for one in line})
    if len(pressures) > 1:
        told.append(f"The anchors stand at {' and '.join(f'{p:g}' for p in pressures)} GPa.")
    criteria = sorted({one.criterion for one in line})
    if criteria != ["midpoint"]:
        told.append(
            f"The anchors are temperatures of {' and '.join(criteria)}; grains are taken as sharp."
        )
    told += [f"{one.name} is unverified." for one in line if one.status == "unverified"]
    return tuple(told)
