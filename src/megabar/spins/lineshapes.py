r"""Line shapes of static solids as decays with all their slopes, so that they can be fitted.

Every shape is one at time zero, stands at ``frequency`` from the carrier and is broadened by a
Gaussian of full width ``fwhm``:

.. math:: s(t) = e^{i 2 \pi \nu t} \; e^{-2 (\pi \sigma t)^2} \; p(t), \quad
    \sigma = \mathrm{fwhm} / \sqrt{8 \ln 2}

where p is the powder at rest. Shapes differ in p alone.

Twin: ``observables.lines``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import ceil, log, pi, sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.fft import ifft, next_fast_len
from scipy.interpolate import CubicSpline

from megabar.spins import powder_decays
from megabar.spins.powder_patterns import Axis, line_coefficients, moving_pattern, spread_factor
from megabar.spins.transition_weights import PulseResponses

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    Decay = NDArray[Any]
    Powder = Callable[[Array, tuple[float, ...]], tuple[Decay, tuple[Decay, ...]]]

_SIGMA_PER_FWHM: Final = 1 / sqrt(8 * log(2))
_OVERSAMPLING: Final = 8  # bins per point; errors stay below 4e-4 at the last point
_FAINT: Final = 3.6  # pi sigma t, beyond which a decay is below 1e-11 and taken as zero
_EVEN: Final = 1e-6  # relative departure of a step of time that still counts as evenly spaced


@dataclass(frozen=True, kw_only=True, eq=False)
class Lineshape:
    """A line shape and its parameters.

    Parameters
    ----------
    name
        For people.
    parameters
        ``frequency`` first, those of the powder, ``fwhm`` last.
    lower, upper
        Between which each makes sense.
    powder
        Time [s] and values of the parameters of the powder -> decay and its slopes.

    Examples
    --------
    >>> shape = pairs()
    >>> shape.parameters
    ('frequency', 'splitting', 'fwhm')
    >>> decay, slopes = shape.decay(np.arange(4) * 1e-6, [1e3, 50e3, 5e3])
    >>> complex(decay[0]), slopes.shape
    ((1+0j), (3, 4))
    """

    name: str
    parameters: tuple[str, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    powder: Powder

    def decay(self, time: ArrayLike, values: ArrayLike) -> tuple[Decay, Decay]:
        """Compute the decay and its derivatives.

        Parameters
        ----------
        time
            From the centre of the pulse or the top of the echo [s], (time,).
        values
            Of the parameters, in their order, (parameter,).

        Returns
        -------
        :
            Decay, (time,), and its derivatives, (parameter, time).

        Raises
        ------
        ValueError
            If the values do not match the parameters, or a powder on bins meets uneven times.
        """
        t = np.asarray(time, dtype=np.float64)
        given = tuple(float(value) for value in np.asarray(values, dtype=np.float64))
        if len(given) != len(self.parameters):
            msg = f"Found {len(given)} values for {self.name}; it has {len(self.parameters)}: "
            raise ValueError(msg + ", ".join(self.parameters))
        frequency, *own, fwhm = given
        sigma = fwhm * _SIGMA_PER_FWHM
        seen = np.abs(pi * sigma * t) <= _FAINT
        if np.count_nonzero(seen) < 2:
            seen[:] = True
        near = t[seen]
        rest, slopes = self.powder(near, tuple(own))
        carrier = np.exp(2j * pi * frequency * near - 2 * (pi * sigma * near) ** 2)
        whole = carrier * rest
        by_fwhm = -4 * _SIGMA_PER_FWHM * sigma * (pi * near) ** 2 * whole
        moved = [whole, 2j * pi * near * whole, *(carrier * slope for slope in slopes), by_fwhm]
        found = np.zeros((len(moved), len(t)), dtype=np.complex128)
        found[:, seen] = moved
        return found[0], found[1:]


def pairs() -> Lineshape:
    """Make the shape of isolated pairs of spins 1/2, with the splitting of their horns.

    Returns
    -------
    :
        Parameters frequency, splitting, fwhm [Hz].

    References
    ----------
    Pake, J. Chem. Phys. 16, 327 (1948), doi:10.1063/1.1746878.

    Examples
    --------
    >>> pairs().name
    'pairs'
    """

    def powder(time: Array, values: tuple[float, ...]) -> tuple[Decay, tuple[Decay, ...]]:
        decay, slope = powder_decays.decay_from_pair_coupling(time=time, splitting=values[0])
        return decay + 0j, (slope + 0j,)

    return _shape("pairs", {"splitting": (0.0, np.inf)}, powder)


def axial_shifts() -> Lineshape:
    """Make the shape of an axial shift tensor in a powder.

    Returns
    -------
    :
        Parameters frequency (of the isotropic shift), anisotropy, fwhm [Hz].

    References
    ----------
    Bloembergen, Rowland, Phys. Rev. 97, 1679 (1955), doi:10.1103/PhysRev.97.1679.

    Examples
    --------
    >>> axial_shifts().parameters
    ('frequency', 'anisotropy', 'fwhm')
    """

    def powder(time: Array, values: tuple[float, ...]) -> tuple[Decay, tuple[Decay, ...]]:
        decay, slope = powder_decays.decay_from_shift_anisotropy(time=time, anisotropy=values[0])
        return decay, (slope,)

    return _shape("axial shifts", {"anisotropy": (-np.inf, np.inf)}, powder)


def skewed_shifts() -> Lineshape:
    """Make the shape of a distribution of isotropic shifts with a tail on one side.

    Returns
    -------
    :
        Parameters frequency (mean) [Hz], deviation [Hz], skewness, fwhm [Hz].

    Examples
    --------
    >>> skewed_shifts().parameters
    ('frequency', 'deviation', 'skewness', 'fwhm')
    """

    def powder(time: Array, values: tuple[float, ...]) -> tuple[Decay, tuple[Decay, ...]]:
        decay, *slopes = powder_decays.decay_from_skewed_shifts(
            time=time, deviation=values[0], skewness=values[1]
        )
        return decay, tuple(slopes)

    return _shape("skewed shifts", {"deviation": (0.0, np.inf), "skewness": (-4.0, 4.0)}, powder)


def disordered_quadrupoles(
    *, spin: float, larmor_frequency: float | None, weights: Array
) -> Lineshape:
    r"""Make the shape of quadrupolar nuclei whose gradients are random (Czjzek).

    Parameters
    ----------
    spin
        Quantum number I, 1 or more.
    larmor_frequency
        :math:`\nu_L` [Hz]; none: first order only.
    weights
        Of the transitions, m = I first, (transition,).

    Returns
    -------
    :
        Parameters frequency, deviation (of each component of the gradient times eQ/h), fwhm [Hz].

    References
    ----------
    Czjzek et al., Phys. Rev. B 23, 2513 (1981), doi:10.1103/PhysRevB.23.2513.

    Examples
    --------
    >>> disordered_quadrupoles(spin=3.5, larmor_frequency=None, weights=np.ones(7) / 7).parameters
    ('frequency', 'deviation', 'fwhm')
    """

    def powder(time: Array, values: tuple[float, ...]) -> tuple[Decay, tuple[Decay, ...]]:
        decay, slope = powder_decays.decay_from_disordered_quadrupoles(
            time=time,
            deviation=values[0],
            spin=spin,
            larmor_frequency=larmor_frequency,
            weights=weights,
        )
        return decay, (slope,)

    return _shape("disordered quadrupoles", {"deviation": (0.0, np.inf)}, powder)


def quadrupoles(
    *,
    spin: float,
    larmor_frequency: float | None,
    weights: Array | PulseResponses,
    directions: int,
) -> Lineshape:
    r"""Make the shape of a powder of quadrupolar nuclei with one coupling.

    Parameters
    ----------
    spin
        Quantum number I, 1 or more.
    larmor_frequency
        :math:`\nu_L` [Hz]; none: first order only.
    weights
        Of the transitions, or what an actual pulse makes of them
        (``transition_weights.tabulated_responses``); the decay then starts at what that pulse
        leaves, not at one.
    directions
        Of the field; ``powder_patterns.enough_directions`` counts those for 1e-4.

    Returns
    -------
    :
        Parameters frequency [Hz], quadrupole_coupling [Hz], asymmetry, fwhm [Hz]; for evenly spaced
        times.

    References
    ----------
    Cohen, Reif, Solid State Phys. 5, 321 (1957), doi:10.1016/S0081-1947(08)60105-8.

    Examples
    --------
    >>> from megabar.spins.transition_weights import hard_pulse_weights
    >>> shape = quadrupoles(spin=3.5, larmor_frequency=55.8e6, weights=hard_pulse_weights(3.5),
    ...                     directions=2000)
    >>> decay, _ = shape.decay(np.arange(64) * 1e-6, [0.0, 0.5e6, 0.3, 2e3])
    >>> print(f"{decay[0].real:.6f}")
    1.000000
    """
    powder = partial(
        _binned,
        spin=spin,
        larmor_frequency=larmor_frequency,
        weights=weights,
        directions=directions,
    )
    return _shape(
        "quadrupoles", {"quadrupole_coupling": (0.0, np.inf), "asymmetry": (0.0, 1.0)}, powder
    )


def tabulated(*, name: str, time: Array, decay: Array) -> Lineshape:
    """Make a shape from a computed decay, with its time scale as parameter.

    For lines of clusters, of many spins, of motion: whatever comes as numbers.

    Parameters
    ----------
    name
        For people.
    time
        Rising from zero [s], (time,).
    decay
        Real, one at zero, (time,); taken as zero beyond the last time.

    Returns
    -------
    :
        Parameters frequency [Hz], scale (of all couplings; 1 as computed), fwhm [Hz].

    Raises
    ------
    ValueError
        If times do not rise from zero.

    Examples
    --------
    >>> grid = np.linspace(0, 1e-4, 200)
    >>> shape = tabulated(name="Gaussian", time=grid, decay=np.exp(-(grid / 2e-5) ** 2))
    >>> decay, _ = shape.decay([1e-5], [0.0, 2.0, 0.0])
    >>> print(f"{decay[0].real:.4f}")  # exp(-1)
    0.3679
    """
    if time[0] != 0 or not (np.diff(time) > 0).all():
        msg = f"Found times of {name} that do not rise from zero; give the decay from its start."
        raise ValueError(msg)
    curve = CubicSpline(time, decay, bc_type="natural")
    steep = curve.derivative()

    def powder(at: Array, values: tuple[float, ...]) -> tuple[Decay, tuple[Decay, ...]]:
        place = np.abs(values[0] * at)
        inside = place <= time[-1]
        here = np.where(inside, curve(np.minimum(place, time[-1])), 0.0)
        slope = np.where(inside, steep(np.minimum(place, time[-1])), 0.0)
        return here + 0j, (np.abs(at) * slope + 0j,)

    return _shape(name, {"scale": (0.0, np.inf)}, powder)


def _shape(name: str, own: dict[str, tuple[float, float]], powder: Powder) -> Lineshape:
    bounds = {"frequency": (-np.inf, np.inf), **own, "fwhm": (0.0, np.inf)}
    return Lineshape(
        name=name,
        parameters=tuple(bounds),
        lower=tuple(low for low, _ in bounds.values()),
        upper=tuple(high for _, high in bounds.values()),
        powder=powder,
    )


def _binned(
    time: Array,
    values: tuple[float, ...],
    *,
    spin: float,
    larmor_frequency: float | None,
    weights: Array | PulseResponses,
    directions: int,
) -> tuple[Decay, tuple[Decay, ...]]:
    """Decay of a pattern on bins that reach all lines, folded into the sampled band at the end."""
    coupling, asymmetry = values
    dwell = _dwell(time)
    count = next_fast_len(_OVERSAMPLING * len(time))
    reach = _reach(coupling, spin, larmor_frequency, weights)
    folds = max(1, ceil(2 * reach * dwell))
    axis = Axis(first=-folds / (2 * dwell), step=1 / (count * dwell), count=folds * count)
    found = moving_pattern(
        quadrupole_coupling=coupling,
        asymmetry=asymmetry,
        spin=spin,
        larmor_frequency=larmor_frequency,
        weights=weights,
        axis=axis,
        directions=directions,
        fold=True,
    )
    sampled = time - time[0]
    late = np.exp(2j * pi * axis.frequency * time[0])
    turned = np.exp(2j * pi * axis.first * sampled) / spread_factor(time=time, step=axis.step)

    def transform(bins: NDArray[Any]) -> Decay:
        folded = (bins * late).reshape(folds, count).sum(axis=0)
        return np.asarray(ifft(folded, norm="forward", overwrite_x=True)[: len(time)] * turned)

    slopes = [
        2j * pi * time * transform(motion.carried) + transform(motion.grown)
        for motion in (found.by_coupling, found.by_asymmetry)
    ]
    return transform(found.pattern.density), tuple(slopes)


def _reach(
    coupling: float, spin: float, larmor_frequency: float | None, weights: Array | PulseResponses
) -> float:
    """Give how far from the carrier a line with weight can be [Hz], for any asymmetry."""
    lines = line_coefficients(
        quadrupole_coupling=coupling, spin=spin, larmor_frequency=larmor_frequency
    )
    furthest = np.abs(lines.first) + np.abs(lines.by_one) + 4 * np.abs(lines.by_two)
    seen = True if isinstance(weights, PulseResponses) else np.asarray(weights) != 0
    return float(np.max(furthest, where=seen, initial=0.0))


def _dwell(time: Array) -> float:
    if len(time) < 2:
        msg = f"Found {len(time)} times; a powder on bins needs two or more, evenly spaced."
        raise ValueError(msg)
    dwell = float(time[-1] - time[0]) / (len(time) - 1)
    if not np.allclose(np.diff(time), dwell, rtol=_EVEN, atol=0.0):
        msg = "Found times that are not evenly spaced; a powder on bins needs a constant dwell."
        raise ValueError(msg)
    return dwell
