"""Finite volumes in numpy, integrated by scipy: the plain way.   METHOD CELLS RTOL ROUNDS."""

from __future__ import annotations

import sys

import numpy as np
import scipy
import sphere
from scipy.integrate import solve_ivp
from scipy.sparse import diags


def main(method: str, cells: int, rtol: float, rounds: int) -> None:
    edges = sphere.faces(cells)
    centres = (edges[1:] + edges[:-1]) / 2
    volumes = np.diff(edges**3) / 3
    inner = edges[1:-1] ** 2 / np.diff(centres)
    half = 1 / (1 - centres[-1])

    def rates(_: float, content: np.ndarray) -> np.ndarray:
        flows = inner * (content[:-1] - content[1:])
        out = sphere.surface_flux(content[-1], half)[0]
        return (np.concatenate([[0.0], flows]) - np.concatenate([flows, [out]])) / volumes

    def jacobian(_: float, content: np.ndarray) -> object:
        diagonal = np.zeros(cells)
        diagonal[:-1] -= inner
        diagonal[1:] -= inner
        diagonal[-1] -= sphere.surface_flux(content[-1], half)[1]
        bands = [inner / volumes[1:], diagonal / volumes, inner / volumes[:-1]]
        return diags(bands, [-1, 0, 1], format="csc")

    def solve() -> np.ndarray:
        found = solve_ivp(
            rates, (0, sphere.TIMES[-1]), np.ones(cells), method=method, jac=jacobian,
            t_eval=sphere.TIMES, rtol=rtol, atol=rtol * 1e-2,
        )  # fmt: skip
        if not found.success:
            raise SystemExit(found.message)
        return 3 * volumes @ found.y

    sphere.report(solve, rounds=rounds, version=scipy.__version__)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
