"""Quadratic finite elements of scikit-fem, integrated by scipy's Radau.   ELEMENTS RTOL ROUNDS.

The weight r^2 stands in both forms, so that hydrogen is conserved. Few elements suffice: the
inverse of the mass matrix is full and cheap.
"""

from __future__ import annotations

import sys

import numpy as np
import skfem
import sphere
from scipy.integrate import solve_ivp
from skfem.helpers import dot, grad


@skfem.BilinearForm
def weighted_mass(u: object, v: object, w: object) -> object:
    return w.x[0] ** 2 * u * v


@skfem.BilinearForm
def stiffness(u: object, v: object, w: object) -> object:
    return w.x[0] ** 2 * dot(grad(u), grad(v))


def main(elements: int, rtol: float, rounds: int) -> None:
    def solve() -> np.ndarray:
        mesh = skfem.MeshLine(sphere.faces(elements))
        basis = skfem.Basis(mesh, skfem.ElementLineP2())
        mass = weighted_mass.assemble(basis).toarray()
        inverse = np.linalg.inv(mass)
        within = -inverse @ stiffness.assemble(basis).toarray()
        (last,) = basis.get_dofs(lambda x: np.isclose(x[0], 1.0)).flatten()
        outward = inverse[:, last]

        def rates(_: float, content: np.ndarray) -> np.ndarray:
            return within @ content - outward * sphere.RATE * content[last] * abs(content[last])

        def jacobian(_: float, content: np.ndarray) -> np.ndarray:
            found = within.copy()
            found[:, last] -= outward * 2 * sphere.RATE * abs(content[last])
            return found

        found = solve_ivp(
            rates, (0, sphere.TIMES[-1]), np.ones(basis.N), method="Radau", jac=jacobian,
            t_eval=sphere.TIMES, rtol=rtol, atol=rtol * 1e-2,
        )  # fmt: skip
        if not found.success:
            raise SystemExit(found.message)
        return 3 * mass.sum(axis=0) @ found.y

    sphere.report(solve, rounds=rounds, version=skfem.__version__)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
