"""Finite volumes of FiPy, backward Euler in time.   CELLS STEP/TIME ROUNDS.

``SphericalGrid1D`` with an array of widths has volumes of (r2^3 - r1^3)/2 instead of a third, so
its time runs 1.5 times too slowly: a plane grid whose coefficients carry r^2 is right.
"""

from __future__ import annotations

import sys

import fipy
import numpy as np
import sphere


def main(cells: int, fraction: float, rounds: int) -> None:
    edges = sphere.faces(cells)
    volumes = np.diff(edges**3) / 3
    half = 1 / (1 - (edges[-1] + edges[-2]) / 2)

    def solve() -> np.ndarray:
        mesh = fipy.Grid1D(dx=np.diff(edges))
        content = fipy.CellVariable(mesh=mesh, value=1.0, hasOld=True)
        weight = fipy.CellVariable(mesh=mesh, value=volumes / np.diff(edges))
        areas = fipy.FaceVariable(mesh=mesh, value=edges**2)
        constant = fipy.CellVariable(mesh=mesh, value=0.0)
        slope = fipy.CellVariable(mesh=mesh, value=0.0)
        last = edges[-1] - edges[-2]
        equation = fipy.TransientTerm(coeff=weight) == (
            fipy.DiffusionTerm(coeff=areas) + constant - fipy.ImplicitSourceTerm(coeff=slope)
        )
        means, now = [], 0.0
        for end in sphere.TIMES:
            while now < end * (1 - 1e-12):
                step = min(fraction * max(now, sphere.TIMES[0]), end - now)
                content.updateOld()
                for _ in range(8):
                    flux, steep = sphere.surface_flux(content.value[-1], half)
                    slope[-1] = steep / last
                    constant[-1] = (steep * content.value[-1] - flux) / last
                    before = content.value[-1]
                    equation.solve(var=content, dt=step)
                    if abs(content.value[-1] - before) < 1e-9:
                        break
                now += step
            means.append(3 * volumes @ content.value)
        return np.array(means)

    sphere.report(solve, rounds=rounds, version=fipy.__version__)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
