"""FESTIM 2.1 in spherical coordinates, backward Euler in time.   CELLS STEP/TIME.

The mean is the exact integral of the linear elements with the weight r^2. Set-up, which compiles,
is left out. FESTIM asks scifem for two names that this problem never calls.
"""

from __future__ import annotations

import json
import sys
import time
import types

import dolfinx_solver  # noqa: F401  (before anything else of FEniCS)
import numpy as np
import sphere

sys.modules["scifem"] = types.ModuleType("scifem")
sys.modules["scifem.mesh"] = types.ModuleType("scifem.mesh")
sys.modules["scifem"].assemble_scalar = None
sys.modules["scifem.mesh"].transfer_meshtags_to_submesh = None

import festim  # noqa: E402


class Sphere(festim.HydrogenTransportProblem):
    """Records the mean at the times that are asked for."""

    def post_processing(self) -> None:
        """Record what FESTIM has after a step."""
        super().post_processing()
        if not np.isclose(float(self.t), sphere.TIMES, rtol=1e-9).any():
            return
        radii = self.mesh.mesh.geometry.x[:, 0]
        order = np.argsort(radii)
        radii, content = radii[order], self.u.x.array[order]
        slopes = np.diff(content) / np.diff(radii)
        constants = content[:-1] - slopes * radii[:-1]
        pieces = constants * np.diff(radii**3) / 3 + slopes * np.diff(radii**4) / 4
        self.means.append(3 * pieces.sum())


def main(cells: int, fraction: float) -> None:
    problem = Sphere()
    problem.means = []
    problem.mesh = festim.Mesh1D(sphere.faces(cells), coordinate_system="spherical")
    material = festim.Material(D_0=1.0, E_D=0.0)
    inside = festim.VolumeSubdomain1D(id=1, borders=[0.0, 1.0], material=material)
    outside = festim.SurfaceSubdomain1D(id=2, x=1.0)
    problem.subdomains = [inside, outside]
    hydrogen = festim.Species("H")
    problem.species = [hydrogen]
    problem.temperature = 300.0
    problem.initial_conditions = [
        festim.InitialConcentration(value=1.0, species=hydrogen, volume=inside)
    ]
    problem.boundary_conditions = [
        festim.ParticleFluxBC(  # atoms: no factor of two
            subdomain=outside,
            value=lambda c: -sphere.RATE * c**2,
            species=hydrogen,
            species_dependent_value={"c": hydrogen},
        )
    ]
    first = fraction * float(sphere.TIMES[0])
    problem.settings = festim.Settings(
        atol=1e-10, rtol=1e-10, transient=True, final_time=float(sphere.TIMES[-1])
    )
    problem.settings.stepsize = festim.Stepsize(
        first,
        growth_factor=1.5,
        cutback_factor=0.5,
        target_nb_iterations=50,
        max_stepsize=lambda t: max(first, fraction * t),
        milestones=list(sphere.TIMES),
    )
    problem.show_progress_bar = False
    problem.initialise()
    began = time.process_time()
    problem.run()
    seconds = time.process_time() - began
    found = {"means": problem.means, "seconds": seconds, "version": festim.__version__}
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
