"""Integration in time of a network, by any of three engines of equal result.

``rodas`` is our own compiled loop (chains and a border); ``cvode`` is SUNDIALS through
scikit-sundae, when installed; ``scipy`` needs neither. Whichever runs: success, status and the last
time are looked at, and a run that stopped early is an error that carries what was reached.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from megabar.errors import MissingExtra, SolverTruncated, one_of
from megabar.hydrogen import rosenbrock
from megabar.hydrogen.links import evaluate
from megabar.hydrogen.network import Arrays

Array = NDArray[np.float64]

SOLVERS: Final = ("rodas", "cvode", "scipy")
_MOST_STEPS: Final = 100_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Integration:
    """Values of all nodes at all times, and how they came about.

    Parameters
    ----------
    values
        (times, n).
    solver
        Engine that ran.
    steps
        Steps that were accepted.
    """

    values: Array
    solver: str
    steps: int


def chosen_solver(arrays: Arrays) -> str:
    """Give the engine for a network: our own where its shape allows, then CVODE, then SciPy."""
    if arrays.is_tridiagonal():
        return "rodas"
    return "cvode" if find_spec("sksundae") is not None else "scipy"


def integrate(
    arrays: Arrays, *, times: Array, solver: str, rtol: float, atol: float
) -> Integration:
    """Integrate a network from its start, which belongs to ``times[0]``, through all times.

    Parameters
    ----------
    arrays
        The network.
    times
        Rising (k,), k at least 2 [s].
    solver
        ``"chosen"``, ``"rodas"``, ``"cvode"`` or ``"scipy"``.
    rtol, atol
        Tolerances of a step, relative and in the unit of the values.

    Returns
    -------
    :
        The values at all times.

    Raises
    ------
    UnknownWord
        If the solver is unknown.
    MissingExtra
        If CVODE is asked for and scikit-sundae is not installed.
    SolverTruncated
        If the engine stopped before the last time.
    ValueError
        If the times do not rise.
    """
    one_of(solver, ("chosen", *SOLVERS), name="solver")
    if len(times) < 2 or not np.all(np.diff(times) > 0):
        msg = "Found times that do not rise; an integration goes one way. Sort them, drop doubles."
        raise ValueError(msg)
    name = chosen_solver(arrays) if solver == "chosen" else solver
    engine = {"rodas": _rodas, "cvode": _cvode, "scipy": _scipy}[name]
    values, steps = engine(arrays, times, rtol, atol)
    return Integration(values=values, solver=name, steps=steps)


def _refuse(reason: str, last: float, times: Array, values: Array) -> None:
    """Raise what an early stop means."""
    reached = int(np.searchsorted(times, last, side="right"))
    reached = min(reached, len(values), len(times))
    msg = (
        f"The solver stopped at {last:.6g} s of {times[-1]:.6g} s ({reached} of {len(times)} times "
        f"reached): {shortened_reason(reason)}. Values beyond do not exist; loosen the tolerance, "
        "use fewer cells, or take another solver."
    )
    raise SolverTruncated(msg, times=times[:reached], values=values[:reached], reason=reason)


def shortened_reason(reason: str) -> str:
    """Give the engine's word without its full stop."""
    return reason.strip().rstrip(".")


def _rodas(arrays: Arrays, times: Array, rtol: float, atol: float) -> tuple[Array, int]:
    if not arrays.is_tridiagonal():
        msg = "Found nodes that form no chain; their matrix is no band. Take cvode or scipy."
        raise ValueError(msg)
    values, ended, last, steps = rosenbrock.integrate(
        arrays, times=times, rtol=rtol, atol=atol, most=_MOST_STEPS
    )
    if ended != rosenbrock.ARRIVED or last < times[-1]:
        _refuse(rosenbrock.WORDS[ended], last, times, values)
    return values, steps


@dataclass(frozen=True, eq=False)
class _Pattern:
    """Where the entries of the Jacobian stand in compressed columns."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int64]
    positions: NDArray[np.int64]  # (links, 4): i over i, j over i, i over j, j over j

    @classmethod
    def of(cls, arrays: Arrays) -> _Pattern:
        n = len(arrays.start)
        i, j = arrays.wholes[:, 1], arrays.wholes[:, 2]
        rows = np.stack([i, j, i, j], axis=1)
        columns = np.stack([i, i, j, j], axis=1)
        keys = columns * n + rows
        unique, inverse = np.unique(
            np.concatenate([keys.ravel(), np.arange(n) * (n + 1)]), return_inverse=True
        )
        return cls(
            np.searchsorted(unique // n, np.arange(n + 1)),
            unique % n,
            inverse[: keys.size].reshape(keys.shape),
        )


class Callbacks:
    """Right-hand side and Jacobian of a network for engines that call Python."""

    def __init__(self, arrays: Arrays) -> None:
        self.packed = arrays.packed
        inverse = self.packed[0]
        self.pattern = _Pattern.of(arrays)
        self.out = np.empty(len(arrays.start))
        self.slopes = np.empty((len(arrays.wholes), 2))
        i, j = arrays.wholes[:, 1], arrays.wholes[:, 2]
        self.factors = np.stack([-inverse[i], inverse[j]], axis=1)

    def rates(self, t: float, y: Array) -> Array:
        """Give dy/dt."""
        evaluate(t, y, self.out, self.slopes, self.packed)
        return self.out.copy()

    def fill(self, t: float, y: Array, yp: Array) -> None:
        """Fill dy/dt."""
        evaluate(t, np.array(y), yp, self.slopes, self.packed)

    def entries(self, t: float, y: Array) -> Array:
        """Give the Jacobian as the data of its compressed columns."""
        evaluate(t, np.array(y), self.out, self.slopes, self.packed)
        entries = self.slopes[:, [0, 0, 1, 1]] * self.factors[:, [0, 1, 0, 1]]
        where, length = self.pattern.positions.ravel(), len(self.pattern.indices)
        summed = np.bincount(where, weights=entries.ravel(), minlength=length)
        return summed.astype(np.float64, copy=False)

    def matrix(self, t: float, y: Array) -> Any:
        """Give the Jacobian as a sparse matrix."""
        from scipy.sparse import csc_matrix

        n = len(y)
        return csc_matrix(
            (self.entries(t, y), self.pattern.indices, self.pattern.indptr), shape=(n, n)
        )


def _cvode(arrays: Arrays, times: Array, rtol: float, atol: float) -> tuple[Array, int]:
    try:
        from sksundae.cvode import CVODE
    except ImportError:
        msg = (
            "scikit-sundae is not installed; CVODE cannot run. Install megabar[release] or take "
            'solver="rodas" or "scipy".'
        )
        raise MissingExtra(msg) from None
    calls = Callbacks(arrays)
    n = len(arrays.start)
    options: dict[str, Any] = {"rtol": rtol, "atol": atol, "max_num_steps": _MOST_STEPS}
    ends = arrays.wholes[:, 1:3]
    width = int(np.abs(ends[:, 0] - ends[:, 1]).max(initial=0))
    if width <= 1:
        columns = np.repeat(np.arange(n), np.diff(calls.pattern.indptr))

        def fill_band(t: float, y: Array, yp: Array, jacobian: Array) -> None:
            jacobian[calls.pattern.indices, columns] = calls.entries(t, y)

        options |= {"linsolver": "band", "lband": 1, "uband": 1, "jacfn": fill_band}
    else:

        def fill_sparse(t: float, y: Array, yp: Array, jacobian: Array) -> None:
            jacobian[:] = calls.entries(t, y)

        options |= {
            "linsolver": "sparse",
            "sparsity": calls.matrix(0.0, arrays.start),
            "jacfn": fill_sparse,
        }
    span = times if len(times) > 2 else np.array([times[0], 0.5 * times.sum(), times[1]])
    with warnings.catch_warnings():
        # it tells that our exact Jacobian replaces its finite differences, which is what we want
        warnings.filterwarnings("ignore", message="Custom sparse Jacobian approximation")
        engine = CVODE(calls.fill, **options)
    answer = engine.solve(span, arrays.start)
    values = np.asarray(answer.y)
    last = float(answer.t[-1])
    if not answer.success or answer.status < 0 or last < times[-1] or len(values) < len(span):
        _refuse(str(answer.message), last, span, values)
    kept = values if len(times) > 2 else values[[0, 2]]
    return kept, int(np.max(answer.nfev))


def _scipy(arrays: Arrays, times: Array, rtol: float, atol: float) -> tuple[Array, int]:
    from scipy.integrate import solve_ivp

    calls = Callbacks(arrays)
    answer = solve_ivp(
        calls.rates,
        (times[0], times[-1]),
        arrays.start,
        method="BDF",
        t_eval=times,
        jac=calls.matrix,
        rtol=rtol,
        atol=atol,
    )
    values = answer.y.T
    last = float(answer.t[-1]) if len(answer.t) else float(times[0])
    if not answer.success or answer.status != 0 or last < times[-1]:
        _refuse(str(answer.message), last, times, values)
    return values, int(answer.nfev)
