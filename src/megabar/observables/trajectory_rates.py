"""Dipole couplings along a trajectory: second moment, R1 and R2 with like and unlike spins."""

from __future__ import annotations

from math import hypot, nan
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import Undetermined, UnknownWord
from megabar.matter import nuclei
from megabar.motion import trajectories
from megabar.motion.spectral_densities import LongTimeTail
from megabar.motion.trajectories.images import nearest_images
from megabar.observables.trajectory_answers import DirectRates, SecondMoment
from megabar.spins.crystal_moments import crystal_moments, isotopes
from megabar.spins.moments import second_moment_like

if TYPE_CHECKING:
    from megabar.observables.trajectory_answers import Displacements, Hopping
    from megabar.observables.trajectory_parts import Array, Paths

OBSERVED: Final = "H"
"""The element whose NMR is computed."""

_LAG_OVER_RUN: Final = 0.1  # longest lag of the dipolar correlation
_SETTLED: Final = 0.9  # of the plateau of displacements, where vibrations are forgotten
_LOST: Final = 0.15  # of S by hops, up to which it is carried back to lag 0
_FEWEST_LAGS: Final = 5
_TIME_BLOCKS: Final = 8
_SPIN: Final = 0.5


def correlation_of(paths: Paths, partners: Array | None) -> trajectories.DipolarCorrelation:
    """Correlate the couplings of the mobile atoms, up to a tenth of the run.

    Parameters
    ----------
    paths
        Of the mobile atoms.
    partners
        Nuclei that stay [m], (partner, 3); none for the mobile atoms themselves.

    Returns
    -------
    :
        S.
    """
    return trajectories.dipolar_correlation_from_positions(
        positions=paths.moving,
        cell=paths.cell,
        frame_interval=paths.interval,
        longest_lag=_LAG_OVER_RUN * paths.duration,
        partners=partners,
    )


def second_moment_of(
    paths: Paths,
    correlation: trajectories.DipolarCorrelation,
    displacements: Displacements,
    hopping: Hopping | None,
) -> SecondMoment:
    r"""Compute the second moment of couplings that vibrations average and hops do not.

    S falls within a vibration from its value at one instant, and then slowly by hops:
    :math:`\ln S` is carried back to lag 0 from lags in between by a parabola; what a straight line
    would change is part of the error. Where no atom hops, components are averaged over the run.
    Couplings beyond the nearest images of the box are added as those of atoms at rest.

    Parameters
    ----------
    paths
        Of the mobile atoms.
    correlation
        S of like spins.
    displacements
        From which the end of the vibrations is read.
    hopping
        Sites and hops; none if they are unknown.

    Returns
    -------
    :
        The second moment.

    Raises
    ------
    Undetermined
        If hops begin before vibrations are forgotten.
    """
    gamma = nuclei.nucleus("1H").gyromagnetic_ratio_bare

    def moment(sum_r6: float) -> float:
        return second_moment_like(gyromagnetic_ratio=gamma, spin=_SPIN, sum_r6=sum_r6)

    if hopping is not None and not hopping.statistics.count:
        found = trajectories.averaged_couplings_from_positions(
            positions=paths.moving, cell=paths.cell, time_blocks=_TIME_BLOCKS
        )
        value, std, window = found.sum_r6, found.std, (0.0, paths.duration)
    else:
        value, std, window = _carried_back(correlation, _end_of_vibrations(displacements, hopping))
    endless, beyond = (nan, 0.0) if hopping is None else _of_sites(paths, hopping)
    return SecondMoment(
        value=moment(value + beyond),
        std=moment(std),
        fit_from=window[0],
        fit_to=window[1],
        instantaneous=moment(correlation.sum_r6 + beyond),
        of_sites=moment(endless),
    )


def _end_of_vibrations(displacements: Displacements, hopping: Hopping | None) -> float:
    """First lag at which displacements have the plateau of vibrations [s]."""
    if hopping is None:
        msg = "Found no sites; nothing parts vibrations from hops. Name the structure."
        raise Undetermined(msg, quality="no solution")
    plateau = 6 * hopping.vibration**2
    return float(displacements.lags[np.argmax(displacements.tracer >= _SETTLED * plateau)])


def _carried_back(
    correlation: trajectories.DipolarCorrelation, first: float
) -> tuple[float, float, tuple[float, float]]:
    values, lags = correlation.values, correlation.lags
    start = int(np.argmax(lags >= first * (1 - 1e-9)))
    fallen = values[start:] < (1 - _LOST) * values[start]
    stop = start + (int(np.argmax(fallen)) if fallen.any() else len(fallen))
    if stop - start < _FEWEST_LAGS:
        msg = (
            f"Found {stop - start} lags between the end of vibrations, {first:.3g} s, and the loss "
            f"of {_LOST:.0%} of S by hops; no second moment follows. Store frames more often."
        )
        raise Undetermined(msg, quality="not reached")
    inside = slice(start, stop)

    def carried(s: Array, degree: int = 2) -> Array:
        return np.asarray(np.exp(np.polyfit(lags[inside], np.log(s[inside]), degree)[-1]))

    window = float(lags[start]), float(lags[stop - 1])
    value = float(carried(values))
    curved = value - float(carried(values, degree=1))
    return value, hypot(float(correlation.std_of(carried)), curved), window


def _of_sites(paths: Paths, hopping: Hopping) -> tuple[float, float]:
    """Sum of r^-6 of atoms at rest on the sites [m-6], and its part beyond nearest images."""
    sites = hopping.box.positions
    share: float = (paths.moving.shape[1] - 1) / (len(sites) - 1)
    squares = [
        (nearest_images(vectors=np.delete(sites, n, axis=0) - site, cell=paths.cell) ** 2).sum(-1)
        for n, site in enumerate(sites)
    ]
    near = float(np.mean([(one**-3.0).sum() for one in squares]))
    endless = crystal_moments(hopping.box.crystal).sum_r6_mean
    return share * endless, share * (endless - near)


def rates_of(
    paths: Paths,
    correlation: trajectories.DipolarCorrelation,
    displacements: Displacements,
    larmor_frequency: Array,
) -> DirectRates:
    """Compute R1 and R2 directly from the frames.

    Parameters
    ----------
    paths
        Of the mobile atoms.
    correlation
        S of like spins.
    displacements
        Whose D gives the tail of S.
    larmor_frequency
        Of 1H [Hz], (field,).

    Returns
    -------
    :
        The rates.
    """
    proton = nuclei.nucleus("1H").gyromagnetic_ratio_bare
    like = trajectories.relaxation_from_correlation(
        correlation=correlation,
        gyromagnetic_ratio=proton,
        larmor_frequency=larmor_frequency,
        tail=_tail(paths, displacements, paths.moving.shape[1], 1.0),
    )
    unlike: dict[str, trajectories.RelaxationEstimate] = {}
    abundances: dict[str, float] = {}
    for symbol, partners in paths.hosts.items():
        other = correlation_of(paths, partners)
        for nucleus in known_isotopes(symbol):
            abundances[nucleus.name] = nucleus.abundance
            unlike[nucleus.name] = trajectories.relaxation_from_correlation(
                correlation=other,
                gyromagnetic_ratio=proton,
                larmor_frequency=larmor_frequency,
                gyromagnetic_ratio_partner=nucleus.gyromagnetic_ratio_bare,
                spin_partner=nucleus.spin,
                tail=_tail(paths, displacements, len(partners), 0.5),  # partners stand still
            )
    return DirectRates(
        like=like,
        unlike=unlike,
        abundances=abundances,
        tail=_tail(paths, displacements, paths.moving.shape[1], 1.0),
    )


def known_isotopes(symbol: str) -> tuple[nuclei.Nucleus, ...]:
    """List the magnetic isotopes of an element; none if the nuclear table holds none.

    Parameters
    ----------
    symbol
        Of the element.

    Returns
    -------
    :
        Their rows.
    """
    try:
        return isotopes(symbol)
    except UnknownWord:
        return ()


def _tail(
    paths: Paths, displacements: Displacements, atoms: int, share: float
) -> LongTimeTail | None:
    """Give what diffusion leaves of S; a bound of D serves, as S is held against the tail."""
    known = displacements.diffusivity
    if known is None or known.value <= 0 or displacements.part.quality == "not reached":
        return None
    return LongTimeTail(number_density=atoms / paths.volume, diffusivity=share * known.value)
