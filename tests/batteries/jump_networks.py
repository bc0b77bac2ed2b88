"""Networks of jumps with known answers, written out site by site."""

import numpy as np

from megabar.motion import lattice_walks

FCC = np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]) / 2
CENTRED = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]) / 2
ANGSTROM = 1e-10
PER_PS = 1e12
A2_PER_PS = 1e-8  # in m2/s


def lah10_sites(*, a, x):
    """Ten sites of the primitive cell of LaH10 [m]: two 8c, eight 32f."""
    signs = [(i, j, k) for i in (1, -1) for j in (1, -1) for k in (1, -1)]
    corners = [(0.25, 0.25, 0.25), (-0.25, -0.25, -0.25)]
    return a * np.array(corners + [(i * x, j * x, k * x) for i, j, k in signs])


def lah10(*, rate_a, rate_b, a=5.10 * ANGSTROM, x=0.12, occupancy=1.0, conventional=False):
    """A: 8c-32f along the body diagonal. B: 32f-32f along the edge of the cube of eight."""
    sites = lah10_sites(a=a, x=x)
    kinds = ["8c"] * 2 + ["32f"] * 8
    if conventional:
        sites = (sites[None] + a * CENTRED[:, None]).reshape(-1, 3)
        kinds = kinds * 4
    lengths = {("8c", "32f"): np.sqrt(3) * (0.25 - x) * a, ("32f", "32f"): 2 * x * a}
    jumps = [
        lattice_walks.JumpClass(kinds=pair, distance=length, rate=rate)
        for (pair, length), rate in zip(lengths.items(), (rate_a, rate_b), strict=True)
        if rate > 0
    ]
    return lattice_walks.network_from_sites(
        cell=np.eye(3) * a if conventional else FCC * a,
        sites=sites,
        kinds=kinds,
        occupancies=np.full(len(sites), occupancy),
        jumps=jumps,
    )


def bravais(cell, *, distance, rate=1.0, occupancy=1.0):
    """One site in a cell, nearest neighbours."""
    return lattice_walks.network_from_sites(
        cell=cell,
        sites=np.zeros((1, 3)),
        kinds=["A"],
        occupancies=[occupancy],
        jumps=[lattice_walks.JumpClass(kinds=("A", "A"), distance=distance, rate=rate)],
    )


def simple_cubic(**words):
    return bravais(np.eye(3), distance=1.0, **words)


def face_centred(**words):
    return bravais(FCC, distance=np.sqrt(0.5), **words)


def diamond():
    return lattice_walks.network_from_sites(
        cell=FCC,
        sites=[[0, 0, 0], [0.25, 0.25, 0.25]],
        kinds=["A", "A"],
        occupancies=[1.0, 1.0],
        jumps=[lattice_walks.JumpClass(kinds=("A", "A"), distance=np.sqrt(3) / 4, rate=1.0)],
    )


def octahedral_tetrahedral(*, a, occupancies, rate):
    """LaH3: O-T jumps at a rate from O; T sites of another occupancy if asked for."""
    return lattice_walks.network_from_sites(
        cell=FCC * a,
        sites=a * np.array([[0.5, 0.5, 0.5], [0.25, 0.25, 0.25], [0.75, 0.75, 0.75]]),
        kinds=["O", "T", "T"],
        occupancies=occupancies,
        jumps=[lattice_walks.JumpClass(kinds=("O", "T"), distance=np.sqrt(3) / 4 * a, rate=rate)],
    )
