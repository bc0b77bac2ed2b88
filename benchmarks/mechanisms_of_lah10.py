"""How the mechanism of hopping changes what relaxation says: P, f and T1 of LaH10 by vacancies.

Run: ``python benchmarks/mechanisms_of_lah10.py [replicas]``. LaH10, a = 5.10 angstrom, x = 0.12;
all jumps of 1.15 and 1.22 angstrom at one rate, H-H only, 395 MHz. Four replicas take minutes.
Published (Monte Carlo): P = 2.605(10) and f = 0.4765(16) with 1 % of the sites empty.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from megabar.matter import crystals, nuclei
from megabar.motion import lattice_walks, relaxation
from megabar.observables.declared_networks import declared_networks

FRACTIONS = (0.003, 0.01, 0.025, 0.05, 0.1, 0.3)
FREQUENCY = 395e6
DIFFUSIVITIES = (1e-13, 1e-12, 1e-11, 1e-10)
CONTACT = np.sqrt(3) * 0.13 * 5.10e-10


def numbers(density, diffusivity, number_density):
    """P, then T1 [ms] at the diffusivities."""
    gamma = nuclei.nucleus("1H").gyromagnetic_ratio_bare
    times = [
        1e3
        / float(
            relaxation.rates_like(
                spectral_density=density.scaled(one / diffusivity),
                gyromagnetic_ratio=gamma,
                larmor_frequency=FREQUENCY,
            ).r1
        )
        for one in DIFFUSIVITIES
    ]
    prefactor = lattice_walks.prefactor(
        density=density, diffusivity=diffusivity, number_density=number_density, contact=CONTACT
    )
    return np.array([prefactor, *times])


def row(name, values, errors=None):
    cells = [f"{one:.4g}" for one in values]
    if errors is not None:
        cells = [f"{one:.4g} +- {two:.1g}" for one, two in zip(values, errors, strict=True)]
    print(f"{name:28s}", *(f"{cell:>18s}" for cell in cells))


def main() -> None:
    replicas = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    _, network = declared_networks(crystals.crystal("LaH10", lattice_parameter=5.10e-10))[0]
    free, density = lattice_walks.free_diffusivity(network), network.number_density
    print(" " * 28, *(f"{one:>18s}" for one in ("P", *(f"T1 at {d:g}" for d in DIFFUSIVITIES))))
    row("independent", numbers(lattice_walks.independent_walk(network), free, density))
    row("exchange", numbers(lattice_walks.exchange_walk(network, repeats=8), free, density))
    for fraction in FRACTIONS:
        begun = time.process_time()
        walk = lattice_walks.vacancy_walk(
            network, vacancy_fraction=fraction, seed=1, replicas=replicas
        )
        filled = walk.network.number_density
        values = numbers(walk.density, float(walk.diffusivity.value), filled)
        errors = walk.std_of(lambda like, past, one, n=filled: numbers(like, one, n))
        row(f"{walk.vacancies} of {walk.sites} empty", values, errors)
        f, cpu = walk.correlation_factor, time.process_time() - begun
        print(f"{'':28s} f = {float(f.value):.4f} +- {float(f.std):.4f}, {cpu:.0f} s CPU")


if __name__ == "__main__":
    main()
