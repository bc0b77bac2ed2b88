"""Walks of hydrogen on its sublattice: networks of jumps, exact correlations, Monte Carlo."""

from megabar.motion.lattice_walks.decays import DecaySpectrum
from megabar.motion.lattice_walks.exact_walks import ZoneMesh, independent_walk, walk_past_fixed
from megabar.motion.lattice_walks.free_walkers import (
    Component,
    components,
    free_diffusivity,
    short_time_diffusivity,
)
from megabar.motion.lattice_walks.monte_carlo import MECHANISMS, Lattice, Walk, walk_lattice
from megabar.motion.lattice_walks.networks import (
    JumpClass,
    Network,
    Shell,
    network_from_sites,
    shells,
)
from megabar.motion.lattice_walks.pair_walks import (
    exchange_walk,
    one_vacancy_diffusivity,
    pair_walk_in_cell,
)
from megabar.motion.lattice_walks.statistics import (
    Estimate,
    WalkPlan,
    WalkStatistics,
    measure_walks,
)
from megabar.motion.lattice_walks.vacancy_walks import VacancyWalk, prefactor, vacancy_walk

__all__ = [
    "MECHANISMS",
    "Component",
    "DecaySpectrum",
    "Estimate",
    "JumpClass",
    "Lattice",
    "Network",
    "Shell",
    "VacancyWalk",
    "Walk",
    "WalkPlan",
    "WalkStatistics",
    "ZoneMesh",
    "components",
    "exchange_walk",
    "free_diffusivity",
    "independent_walk",
    "measure_walks",
    "network_from_sites",
    "one_vacancy_diffusivity",
    "pair_walk_in_cell",
    "prefactor",
    "shells",
    "short_time_diffusivity",
    "vacancy_walk",
    "walk_lattice",
    "walk_past_fixed",
]
