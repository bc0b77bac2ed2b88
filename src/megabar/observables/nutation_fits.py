r"""Curves of nutation fitted with a powder: field, spread of the field, and how large C_Q may be.

A quadrupole coupling damps a nutation, and so does a radio frequency field that varies over the
sample. Both are fitted together, and C_Q is given as a bound under a named model of the field:
where :math:`\chi^2`, at its best in all else, has risen by 2.71 above its minimum over
:math:`C_Q \ge 0`. The bound holds in 95 % of cases, or in more if the true coupling is near zero.

Twin: ``spins.nutation``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from math import inf, isfinite, nan
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import fitting
from megabar.errors import FitFailed
from megabar.observables.nutation_answers import (
    ONE_SIDED,
    PARAMETERS,
    CouplingProfile,
    Curve,
    NutationFit,
)
from megabar.spins.amplitude_distributions import AmplitudeDistribution
from megabar.spins.nutation import (
    LARGEST_COUPLING,
    NutationTable,
    nutation_table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LARGEST_SPREAD: Final = 0.25
"""Relative standard deviation of the field up to which a Gaussian is fitted."""

_MISFIT: Final = 1e-3
_HOPELESS: Final = 300.0  # chi2 at the end of a search beyond which nothing is fitted,
_COARSE: Final = 0.03  # and what the steps of the search may cost of the squared data
_DEVIATIONS: Final = np.linspace(-4.0, 4.0, 25)
_GAUSSIAN: Final = np.exp(-(_DEVIATIONS**2) / 2) / np.exp(-(_DEVIATIONS**2) / 2).sum()
_MARGIN: Final = 1.8  # turns of the table over those of the mean field
_STEP_OF_TABLES: Final = 1.25
_TRIALS: Final = 40
_FINER: Final = 12
_SMALLEST: Final = 0.3  # first coupling that is tried, over the nutation frequency
_STARTS: Final = np.array([0.02, 0.1]) ** 2
_FINER_STARTS: Final = np.array([0.0, 0.03, 0.06, 0.1, 0.15, 0.22]) ** 2
_NONE: Final = 1e-8  # variance of the field that is no spread, for the sake of slopes


def fit_nutation(curve: Curve, *, asymmetries: Sequence[float]) -> NutationFit:
    r"""Fit a curve of nutation at rising couplings.

    .. math:: A(t) = A_0 \sum_k w_k \, G(\nu_1 s_k t, \; C_Q / \nu_1 s_k)

    Parameters
    ----------
    curve
        Amplitudes and what is known.
    asymmetries
        Of the gradient; bounds are the largest of them. Not used for spin 1/2.

    Returns
    -------
    :
        Fits.

    Raises
    ------
    FitFailed
        If a fit does not arrive.
    ValueError
        If the phase of the shape changes.

    References
    ----------
    Samoson, Lippmaa, Phys. Rev. B 28, 6567 (1983), doi:10.1103/PhysRevB.28.6567.

    Examples
    --------
    >>> from megabar.spins.pulse_shapes import rectangular_shape
    >>> lengths = np.arange(1, 42) * 1e-6
    >>> found = fit_nutation(
    ...     Curve(lengths=lengths, amplitudes=np.sin(2 * np.pi * 62.5e3 * lengths),
    ...           std=np.full(41, 0.02), spin=0.5, shape=rectangular_shape(),
    ...           field_model="homogeneous", detected="all", known_frequency=None),
    ...     asymmetries=())
    >>> print(f"{found['nutation_frequency'][0]:.0f} Hz, {found.periods:.2f} periods")
    62500 Hz, 2.56 periods
    """
    hard = _fit_without_coupling(curve)
    profiles = tuple(
        _profile(curve, hard, asymmetry)
        for asymmetry in (asymmetries if curve.spin > 1 / 2 else ())
    )
    found = NutationFit(curve=curve, hard=hard, profiles=profiles)
    freedom = curve.lengths.size - len(curve.free) - 1 - (1 if profiles else 0)
    if freedom < 1 or _tail(freedom, found.chi2) >= _MISFIT:
        return found
    scale = float(np.sqrt(found.chi2 / freedom))
    return replace(found, scale=scale)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Task:
    """A curve and the table that computes it; what is known of the field is a point of its own."""

    curve: Curve
    table: NutationTable
    known: tuple[float, float] | None

    def scales(self, variance: Array) -> tuple[Array, Array, Array]:
        """Fields over the mean one, their slopes by the variance, (..., part), and their shares."""
        model = self.curve.field_model
        if isinstance(model, AmplitudeDistribution):
            share = model.weight / model.weight.sum()
            scale = np.broadcast_to(model.scale, (*variance.shape, share.size))
            return scale, np.zeros(scale.shape), share
        if model == "homogeneous":
            one = np.ones((*variance.shape, 1))
            return one, np.zeros(one.shape), np.ones(1)
        spread = np.sqrt(variance + _NONE)[..., None]
        scale = np.maximum(1 + spread * _DEVIATIONS, 0.0)
        return scale, np.where(scale > 0, _DEVIATIONS / (2 * spread), 0.0), _GAUSSIAN

    def signal(self, theta: Array) -> Array:
        """Signal, (..., length)."""
        scale, _, share = self.scales(theta[..., 1])
        turns, ratio = self._place(theta, scale[..., :, None])
        return np.asarray(share @ self.table(turns, ratio)[0])

    def basis(self, theta: Array) -> tuple[Array, Array]:
        """Signal, (..., length), and its slopes, (..., parameter, length)."""
        scale, moved, share = self.scales(theta[..., 1])
        scale, moved = np.maximum(scale, _NONE)[..., :, None], moved[..., :, None]
        turns, ratio = self._place(theta, scale)
        signal, by_turns, by_ratio = self.table(turns, ratio)
        nu = theta[..., 0, None, None]
        by_log = by_turns * turns - by_ratio * ratio  # slope by the logarithm of the field
        slopes = (by_log / nu, by_log * moved / scale, by_ratio / (nu * scale))
        return share @ signal, np.stack([share @ one for one in slopes], axis=-2)

    def _place(self, theta: Array, scale: Array) -> tuple[Array, Array]:
        """Give turns, and coupling over nutation frequency, (..., part, length)."""
        seen = np.maximum(scale, _NONE) * theta[..., 0, None, None]
        turns = seen * self.curve.lengths
        return turns, np.broadcast_to(theta[..., 2, None, None] / seen, turns.shape)

    def fit(self, theta: Array, *held: str) -> list[fitting.Fit]:
        """Fit from several starts, each with some of its parameters held, (start, parameter)."""
        names = PARAMETERS
        held = (*held, *(() if "variance" in self.curve.free else ("variance",)))
        target, std = self.known or (0.0, 1.0)
        rows = np.tile(np.append(self.curve.amplitudes, target), (len(theta), 1))
        columns = dict(zip(names, theta.T, strict=True))
        fits = fitting.fit_series(
            self.model(),
            np.append(self.curve.lengths, 0.0),
            rows,
            noise_std=np.tile(np.append(self.curve.std, std), (len(theta), 1)),
            start={name: columns[name] for name in names if name not in held},
            fixed={**{name: columns[name] for name in names if name in held}, "known": 1.0},
            warm_start=False,
        )
        return list(fits)

    def model(self) -> fitting.Model:
        return fitting.from_kernel(
            partial(_kernel, self),
            name="nutation",
            parameters=PARAMETERS,
            amplitudes=("amplitude", "known"),
            lower=(0.0, 0.0, 0.0),
            upper=(inf, LARGEST_SPREAD**2, inf),
        )

    def starts(self, frequencies: Array, couplings: Array) -> tuple[Array, Array]:
        """Search for each coupling the best frequency and variance, (coupling, 3), with chi2."""
        variances = _STARTS if "variance" in self.curve.free else np.zeros(1)
        theta = self._best(_grid(frequencies, variances), couplings)[0]
        step = frequencies[1] - frequencies[0]
        finer = np.linspace(-step, step, 11)
        if variances.size > 1:
            variances = _FINER_STARTS
        return self._best(_grid(finer, variances), couplings, around=theta[:, 0])

    def _best(
        self, grid: Array, couplings: Array, *, around: Array | None = None
    ) -> tuple[Array, Array]:
        found, lowest = [], []
        for place, coupling in enumerate(couplings):
            theta = np.column_stack([grid, np.full(len(grid), coupling)])
            if around is not None:
                theta[:, 0] += around[place]
            chi2 = self.chi2(theta)
            found.append(theta[int(np.argmin(chi2))])
            lowest.append(chi2.min())
        return np.array(found), np.array(lowest)

    def chi2(self, theta: Array) -> Array:
        """Chi2 of trials, the amplitude at its best, (trial,)."""
        weighted = self.signal(theta) / self.curve.std
        target = self.curve.amplitudes / self.curve.std
        norm = np.maximum(np.sum(weighted**2, axis=-1), 1e-300)
        chi2 = np.sum(target**2) - (weighted @ target) ** 2 / norm
        if self.known:
            chi2 = chi2 + ((theta[:, 0] - self.known[0]) / self.known[1]) ** 2
        return np.asarray(chi2)


def _kernel(task: _Task, x: Any, theta: Any) -> tuple[Any, Any]:
    """Basis of the curve, and of the field that is known; the latter stands at the last point."""
    signal, slopes = task.basis(np.asarray(theta))
    lead, count = signal.shape[:-1], x.size
    basis, jacobian = np.zeros((*lead, 2, count)), np.zeros((*lead, 3, 2, count))
    basis[..., 0, :-1], jacobian[..., 0, :-1] = signal, slopes
    if task.known:
        basis[..., 1, -1], jacobian[..., 0, 1, -1] = theta[..., 0], 1.0
    return basis, jacobian


def _fit_without_coupling(curve: Curve) -> fitting.Fit:
    """Look at all frequencies that the lengths resolve, and fit from the best."""
    table = NutationTable(spin=curve.spin, shape=curve.shape, turns=inf, spline=None)
    task = _Task(curve=curve, table=table, known=None)
    gaps = np.diff(np.unique(np.append(curve.lengths, 0.0)))
    lowest, highest = 0.1 / curve.lengths.max(), 0.5 / np.median(gaps)
    trials = np.linspace(lowest, highest, int(highest / lowest) + 12) / abs(curve.shape.mean)
    (found,) = task.fit(task.starts(trials, np.zeros(1))[0], "quadrupole_coupling")
    return _require_arrival(found)


def _profile(curve: Curve, hard: fitting.Fit, asymmetry: float) -> CouplingProfile:
    """Fit at couplings from none to those that leave the central transition alone."""
    apparent = hard["nutation_frequency"][0]
    table = nutation_table(
        spin=curve.spin, asymmetry=asymmetry, shape=curve.shape, detected=curve.detected,
        turns=_rounded_up(_MARGIN * apparent * curve.lengths.max()),
    )  # fmt: skip
    task = _Task(curve=curve, table=table, known=curve.known_frequency)
    slowest = apparent / (curve.spin + 0.5)
    trials = apparent * _SMALLEST, LARGEST_COUPLING * slowest
    couplings = np.append(0.0, np.geomspace(*trials, _TRIALS))
    starts, chi2 = task.starts(np.linspace(0.9 * slowest, 1.1 * apparent, 20), couplings)
    found = _fitted(task, asymmetry, starts, chi2)
    for _ in range(2):
        found = _refined(task, found)
    best = found.values[int(np.argmin(found.chi2))]
    drawn = best[3] * task.signal(best[None, :3])[0]
    return replace(found, spreads=_spreads(task, found), drawn=drawn)


def _spreads(task: _Task, profile: CouplingProfile) -> tuple[Array, Array] | None:
    """Fit at rising spreads of the field, from the best coupling."""
    if "variance" not in task.curve.free:
        return None
    spreads = np.linspace(0.0, LARGEST_SPREAD, _TRIALS)
    best = profile.values[int(np.argmin(profile.chi2)), :3]
    starts = np.tile(best, (_TRIALS, 1))
    starts[:, 1] = spreads**2
    starts[:, 2] = np.maximum(best[2], _SMALLEST * best[0])
    fits = task.fit(starts, "variance")
    chi2 = [fit.chi2 if fit.success else inf for fit in fits]
    return spreads, np.minimum(chi2, task.chi2(starts))


def _rounded_up(turns: float) -> float:
    """Give one of few lengths of tables, so that curves of one campaign share theirs."""
    return float(_STEP_OF_TABLES ** np.ceil(np.log(turns) / np.log(_STEP_OF_TABLES)))


def _fitted(task: _Task, asymmetry: float, starts: Array, chi2: Array) -> CouplingProfile:
    """Fit what is not hopeless after the search."""
    power = float(np.sum((task.curve.amplitudes / task.curve.std) ** 2))
    hopeful = np.flatnonzero(chi2 <= 3 * chi2.min() + _HOPELESS + _COARSE * power)
    values = np.column_stack([starts, np.full(len(starts), nan)])
    std, chi2 = np.full(values.shape, nan), chi2.copy()
    for place, fit in zip(hopeful, task.fit(starts[hopeful], "quadrupole_coupling"), strict=True):
        if fit.success:
            values[place], std[place] = fit.values[:4], fit.std[:4]
            chi2[place] = fit.chi2
    return CouplingProfile(
        asymmetry=asymmetry, couplings=starts[:, 2], chi2=chi2, values=values, std=std,
        spreads=None, drawn=np.zeros(0),
    )  # fmt: skip


def _refined(task: _Task, profile: CouplingProfile) -> CouplingProfile:
    """Add couplings about the end of the range that is allowed."""
    end = profile.allowed(ONE_SIDED)[1]
    if not isfinite(end):
        return profile
    place = int(np.searchsorted(profile.couplings, end))
    before, after = profile.couplings[place - 1], profile.couplings[place]
    added = np.tile(profile.values[place - 1, :3], (_FINER, 1))
    added[:, 2] = np.linspace(before, after, _FINER + 2)[1:-1]
    more = _fitted(task, profile.asymmetry, added, task.chi2(added))
    return replace(
        profile,
        couplings=np.insert(profile.couplings, place, more.couplings),
        chi2=np.insert(profile.chi2, place, more.chi2),
        values=np.insert(profile.values, place, more.values, axis=0),
        std=np.insert(profile.std, place, more.std, axis=0),
    )


def _grid(frequencies: Array, variances: Array) -> Array:
    return np.stack(np.meshgrid(frequencies, variances, indexing="ij"), axis=-1).reshape(-1, 2)


def _require_arrival(fit: fitting.Fit) -> fitting.Fit:
    if not fit.success:
        msg = (
            f"Found that a fit of the nutation does not arrive ({fit.reason}). Look at the "
            "amplitudes: a curve of nutation starts at zero and turns at least once."
        )
        raise FitFailed(msg, last=fit.values, reason=fit.reason)
    return fit


def _tail(degrees_of_freedom: int, chi2: float) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(degrees_of_freedom, chi2))
