"""What rigid protons of a pool couple to: one partner, or many, by their decays.

Twin: ``virtual.couplings``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from megabar.spins.orientations import Orientations
    from megabar.spins.rigid_lines import RigidLine
    from megabar.spins.spin_systems import SpinSystem

_SAME: Final = 1e-6  # of an echo delay


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Rigid pairs of protons in a powder, such as molecules of hydrogen that do not turn.

    Parameters
    ----------
    splitting
        Between the horns of the doublet [Hz], 445 kHz for rigid H2; 3/2 of the pair constant.
    splitting_std
        Its standard error [Hz]; ``inf`` to have it fitted.
    """

    splitting: float
    splitting_std: float

    def __post_init__(self) -> None:
        require_known("splitting", self.splitting, self.splitting_std)


@dataclass(frozen=True, kw_only=True, eq=False)
class SolidEchoDecay:
    """Solid echo of many rigid protons, as a table.

    Parameters
    ----------
    echo_delay
        Between the pulses [s].
    time
        From the echo top [s], rising, (time,).
    decay
        Signal over that right after one pulse, (time,).
    """

    echo_delay: float
    time: NDArray[np.float64]
    decay: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class RigidDecay:
    """Many rigid protons by their computed or measured decay.

    Parameters
    ----------
    time
        From the middle of a short pulse [s], rising from 0, (time,).
    decay
        1 at time 0; 0 is taken beyond the table, (time,).
    source
        Where it comes from.
    echoes
        Solid echoes of the same protons, one for each time between the pulses.
    """

    time: NDArray[np.float64]
    decay: NDArray[np.float64]
    source: str
    echoes: tuple[SolidEchoDecay, ...] = ()

    def __post_init__(self) -> None:
        sizes = len(self.time) == len(self.decay) >= 2
        if not sizes or self.time[0] != 0 or abs(self.decay[0] - 1) > _SAME:
            msg = (
                f"Found a decay of {len(self.time)} times and {len(self.decay)} values; it needs "
                "as many of both, from time 0 with the value 1. Compute it from time 0 on."
            )
            raise ValueError(msg)

    def at(self, time: ArrayLike) -> NDArray[np.float64]:
        """Give the decay at times [s], any shape."""
        return np.asarray(np.interp(np.asarray(time), self.time, self.decay, right=0.0))

    def solid_echo_at(self, time: ArrayLike, *, echo_delay: float) -> NDArray[np.float64]:
        """Give the solid echo at times from its top [s], any shape.

        Raises
        ------
        ValueError
            If the echo of that delay was not computed.
        """
        for one in self.echoes:
            if abs(one.echo_delay - echo_delay) <= _SAME * echo_delay:
                return np.asarray(np.interp(np.asarray(time), one.time, one.decay, right=0.0))
        msg = (
            f"Found no solid echo of {echo_delay:g} s among the decays of {self.source}; a decay "
            "after one pulse does not say it. Compute it with rigid_cluster(echo_delays=...)."
        )
        raise ValueError(msg)


Rigid = Pairs | RigidDecay
"""What rigid protons couple to."""


def rigid_lattice(line: RigidLine, *, source: str) -> RigidDecay:
    """Take the decay of a rigid crystal.

    Parameters
    ----------
    line
        Of :func:`megabar.spins.rigid_lines.rigid_line_many_spin`.
    source
        Name of the crystal.

    Returns
    -------
    :
        Its decay, without solid echoes.

    Examples
    --------
    >>> from megabar.matter import crystals
    >>> from megabar.spins.rigid_lines import rigid_line_many_spin
    >>> lah3 = crystals.crystal("LaH3", lattice_parameter=4.365e-10)
    >>> line = rigid_line_many_spin(lah3, partners=2, orientations=4)
    >>> rigid_lattice(line, source="LaH3").at([0.0]).tolist()
    [1.0]
    """
    return RigidDecay(time=line.time, decay=line.fid / line.fid[0], source=source)


def rigid_cluster(
    system: SpinSystem,
    orientations: Orientations,
    *,
    times: NDArray[np.float64],
    echo_delays: tuple[float, ...] = (),
    source: str,
) -> RigidDecay:
    """Compute the decay and the solid echoes of a few rigid protons exactly.

    Parameters
    ----------
    system
        Spins and couplings, channel 1H.
    orientations
        Directions of the field, with weights.
    times
        From the pulse, and from the echo top [s], rising from 0, (time,).
    echo_delays
        Of the solid echoes that are wanted [s].
    source
        Name of the cluster.

    Returns
    -------
    :
        The decay with its echoes; real parts, as of protons that have no shifts.

    Examples
    --------
    >>> from megabar.spins.orientations import single_orientation
    >>> from megabar.spins.spin_systems import DipolarPair, Spin, SpinSystem
    >>> pair = SpinSystem(
    ...     spins=(Spin(channel="1H", spin=0.5),) * 2,
    ...     pairs=(DipolarPair(first=0, second=1, coupling=20e3, direction=np.eye(3)[2]),))
    >>> decay = rigid_cluster(pair, single_orientation(alpha=0.0, beta=0.0), source="pair",
    ...                       times=np.array([0.0, 1 / 60e3]), echo_delays=(20e-6,))
    >>> echo = decay.solid_echo_at(0.0, echo_delay=20e-6)
    >>> print(f"{decay.at(1 / 60e3):.3f} {echo:.3f}")
    -1.000 1.000
    """
    from megabar.spins.clusters import fid_from_cluster, solid_echo_from_cluster

    fid = fid_from_cluster(system, orientations, channel="1H", times=times)
    echoes = tuple(
        SolidEchoDecay(
            echo_delay=delay,
            time=times,
            decay=(
                1j
                * solid_echo_from_cluster(
                    system, orientations, channel="1H", delay=delay, times=delay + times
                )
            ).real,
        )
        for delay in echo_delays
    )
    return RigidDecay(time=times, decay=fid.real, source=source, echoes=echoes)


def require_known(name: str, value: float, std: float) -> None:
    """Refuse a positive quantity that is not one, or an error that is negative."""
    if not (value > 0 and std >= 0) or (value == inf and std > 0):
        msg = (
            f"Found {name} = {value:g}({std:g}); it must be above 0, and its error not negative: 0 "
            "if it is known, inf if it is to be fitted."
        )
        raise ValueError(msg)
