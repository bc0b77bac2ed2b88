"""From amplitudes of pools to hydrogen per metal atom: of each, of all seen, and what may hide.

An absent line is no absent hydrogen: a pool that does not stand out leaves a bound, and a record
that shows little of the pool leaves a loose one.

Twin: ``virtual.truth``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import provenance, schemas
from megabar.observables.detection import normal_quantile
from megabar.observables.hydrogen_content import hydrogen_content
from megabar.observables.measured_words import measured

if TYPE_CHECKING:
    import xarray as xr

    from megabar.observables.calibrations import Scale
    from megabar.observables.efficiencies import Factor
    from megabar.observables.pool_answers import PoolAmplitudes

CONTAINED: Final = ("steady_state", "excitation", "refocusing", "echo_decay", "dead_time")
"""Factors that amplitudes at full visibility contain already."""

_NEXT_TO_NOTHING: Final = 1e-6  # of a bound: relative errors have a meaning above 0 only


@dataclass(frozen=True, kw_only=True, eq=False)
class PoolContents:
    """Hydrogen per metal atom by pool.

    Parameters
    ----------
    pools
        Pool -> Observables with h_per_metal: value, upper bound, or not determined.
    seen
        Observables with h_per_metal of all pools that stand out, covariance included.
    hidden
        Pool that does not stand out -> upper bound of its hydrogen per metal atom; ``inf`` where
        the records exclude nothing.
    combined
        Names of pools that are not told apart -> hydrogen per metal atom of their combination and
        its relative standard error, metal and scale aside.
    metal
        Nucleus that is counted against.
    probability
        Of the bounds.
    """

    pools: Mapping[str, xr.Dataset]
    seen: xr.Dataset
    hidden: Mapping[str, float]
    combined: Mapping[str, tuple[float, float]]
    metal: str
    probability: float

    @property
    def most_hidden(self) -> float:
        """Sum of the bounds: hydrogen per metal atom that the records may all have missed."""
        return sum(self.hidden.values())

    def sentences(self) -> tuple[str, ...]:
        """Say in words what is there and what may hide."""
        atom = f"H/{self.metal.lstrip('0123456789')}"
        percent = f"{100 * self.probability:g} %"
        said = []
        for name, one in self.pools.items():
            if one["h_per_metal"].attrs["quality"] == "value":
                found = float(one["h_per_metal"]), float(one["h_per_metal_std"])
                said.append(f"{name}: {measured(*found, atom)}.")
            elif math.isfinite(self.hidden[name]):
                said.append(
                    f"{name}: no more than {self.hidden[name]:.2g} {atom} ({percent}); the records "
                    "would have missed as much."
                )
            else:
                said.append(f"{name}: the records exclude no amount of it.")
        for names, (value, relative) in self.combined.items():
            said.append(f"{names}: {measured(value, value * relative, atom)}, not told apart.")
        if self.hidden:
            most = f"{self.most_hidden:.2g} {atom}" if math.isfinite(self.most_hidden) else "any"
            said.append(f"What the records may have missed in all: up to {most}.")
        return tuple(said)


def pool_contents(
    amplitudes: PoolAmplitudes,
    metal: xr.Dataset,
    *,
    scale: Scale,
    factors: Mapping[str, Sequence[Factor]],
) -> PoolContents:
    r"""Count the hydrogen of each pool per metal atom.

    .. math:: x_p = k \, \frac{A_p / \epsilon_H}{S_M / \epsilon_M}

    with the amplitudes A at full visibility, so that of the hydrogen side only efficiencies are
    left that all pools share, such as those of coil and receiver.

    Parameters
    ----------
    amplitudes
        From :func:`megabar.observables.pool_separation.separate_pools`.
    metal
        Observables of the metal line of the same day.
    scale
        From :mod:`megabar.observables.calibrations`.
    factors
        ``"hydrogen"`` and ``"metal"`` -> efficiencies.

    Returns
    -------
    :
        Contents by pool, of all that is seen, and bounds of what is not.

    Raises
    ------
    ValueError
        If a factor of the hydrogen is contained in the amplitudes already.

    References
    ----------
    Wider, Dreier, J. Am. Chem. Soc. 128, 2571 (2006), doi:10.1021/ja055336t, for amplitudes of
    records that differ.
    """
    doubled = [one.name for one in factors.get("hydrogen", ()) if one.name in CONTAINED]
    if doubled:
        msg = (
            f"Found the factor {' and '.join(doubled)} for hydrogen; amplitudes at full visibility "
            "contain it, and it would count twice. Leave it out."
        )
        raise ValueError(msg)

    def content(value: float, std: float, quality: str) -> xr.Dataset:
        line = _as_line(amplitudes, value, std, quality=quality, by=scale.by)
        return hydrogen_content(line, metal, scale=scale, factors=factors)

    z = normal_quantile(amplitudes.probability)
    pools, hidden = {}, {}
    for one in amplitudes.pools:
        likely = one.estimate if math.isfinite(one.estimate_std) else 0.0
        middle = min(max(likely, _NEXT_TO_NOTHING * one.bound), one.bound)
        numbers = {
            "value": (one.value, one.std),
            "upper bound": (middle, (one.bound - middle) / z),
            "not determined": (math.nan, math.nan),
        }
        pools[one.name] = content(*numbers[one.quality], one.quality)
        if one.quality != "value":
            hidden[one.name] = math.inf
            if math.isfinite(one.bound):
                bounded = content(middle, (one.bound - middle) / z, "upper bound")
                hidden[one.name] = _upper(bounded)
    unit = content(1.0, 0.0, "value")
    return PoolContents(
        pools=pools,
        seen=_seen(amplitudes, content),
        hidden=hidden,
        combined={
            one.words: (one.value * float(unit.attrs["estimate"]), one.std / one.value)
            for one in amplitudes.combinations
        },
        metal=scale.nuclei[1],
        probability=amplitudes.probability,
    )


def _seen(
    amplitudes: PoolAmplitudes, content: Callable[[float, float, str], xr.Dataset]
) -> xr.Dataset:
    """Content of the pools that stand out, together."""
    there = [k for k, one in enumerate(amplitudes.pools) if one.quality == "value"]
    if not there:
        return content(math.nan, math.nan, "not determined")
    total = sum(amplitudes.pools[k].value for k in there)
    variance = float(amplitudes.covariance[np.ix_(there, there)].sum())
    return content(total, math.sqrt(variance), "value")


def _upper(content: xr.Dataset) -> float:
    """Upper end of a content that was computed from a bound; inf if there is no metal line."""
    high = float(content.attrs["interval"][1])
    return max(high, 0.0) if math.isfinite(high) else math.inf


def _as_line(
    amplitudes: PoolAmplitudes, value: float, std: float, *, quality: str, by: str
) -> xr.Dataset:
    """Put an amplitude in the form in which a content takes its lines."""
    name = "amplitude" if by == "amplitude_per_scan" else by
    unit = 1.0 if by == "amplitude_per_scan" else amplitudes.noise_per_root_scan
    there = quality == "value"
    number = (value / unit, std / unit)
    estimate = name.split("_")[0]
    return schemas.observables(
        {name: number if there else (math.nan, math.nan)},
        nucleus="1H",
        metal="none",
        method="separation of pools over the records of a day",
        provenance=provenance.record(
            step="observables.separate_pools",
            parameters={"pools": [one.name for one in amplitudes.pools]},
        ),
        quality=quality,
        attrs={
            "n_scans": 1.0,
            "receiver_gain": 1.0,
            "dwell": amplitudes.dwell,
            f"{estimate}_estimate": number[0],
            f"{estimate}_estimate_std": number[1],
        },
    )
