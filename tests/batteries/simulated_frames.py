"""Frames of LaH10 with empty sites: hydrogen by Monte Carlo, vibrations, rigid lanthanum."""

from dataclasses import dataclass

import numpy as np
from tests.batteries import jump_networks

from megabar.matter import crystals
from megabar.matter.frames import Frames
from megabar.motion import lattice_walks

LATTICE_PARAMETER = 5.10e-10
REPEATS = (2, 2, 2)
ATOMS = 312  # on 320 sites


@dataclass(frozen=True)
class Truth:
    """What the frames were made with."""

    rate_a: float  # 8c-32f [s-1]
    rate_b: float  # 32f-32f [s-1]
    vibration: float  # rms per axis [m]
    hops: int
    lattice: lattice_walks.Lattice


def crystal():
    return crystals.crystal("LaH10", lattice_parameter=LATTICE_PARAMETER)


def lah10(
    *, interval, frames, rate_a=1e12, rate_b=1e12, vibration=0.12e-10, seed, atoms=ATOMS, wrap=True
):
    """Give the frames and the truth behind them."""
    net = jump_networks.lah10(rate_a=rate_a, rate_b=rate_b, conventional=True)
    lattice = lattice_walks.Lattice(network=net, repeats=REPEATS)
    stream = np.random.default_rng(seed)
    walk = lattice_walks.walk_lattice(
        lattice=lattice, atoms=atoms, mechanism="exclusion", interval=interval, samples=frames - 1,
        seed=stream,
    )  # fmt: skip
    hydrogen = walk.positions() + vibration * stream.standard_normal((frames, atoms, 3))
    unit = crystals.sites_of(crystal(), species="La").positions
    corners = np.indices(REPEATS).reshape(3, -1).T @ crystal().cell
    lanthanum = (corners[:, None] + unit).reshape(-1, 3)
    everything = np.concatenate(
        [np.broadcast_to(lanthanum, (frames, *lanthanum.shape)), hydrogen], axis=1
    )
    cell = lattice.cell
    if wrap:
        fractions = everything @ np.linalg.inv(cell)
        everything = (fractions - np.floor(fractions)) @ cell
    found = Frames(
        positions=everything,
        cell=np.broadcast_to(cell, (frames, 3, 3)),
        species=("La",) * len(lanthanum) + ("H",) * atoms,
        time_ordered=True,
        source="simulated",
        source_sha256="",
        frame_interval=interval,
        unwrapped=not wrap,
    )
    return found, Truth(
        rate_a=rate_a, rate_b=rate_b, vibration=vibration, hops=walk.hops, lattice=lattice
    )


def write_xdatcar(path, frames):
    """Write frames as an XDATCAR."""
    counts = {name: frames.species.count(name) for name in dict.fromkeys(frames.species)}
    head = ["simulated", "1.0"]
    head += [" ".join(f"{1e10 * value:.8f}" for value in row) for row in frames.cell[0]]
    head += [" ".join(counts), " ".join(map(str, counts.values()))]
    inverse = np.linalg.inv(frames.cell[0])
    with path.open("w") as out:
        out.write("\n".join(head) + "\n")
        for number, frame in enumerate(frames.positions, start=1):
            out.write(f"Direct configuration= {number:5d}\n")
            np.savetxt(out, frame @ inverse, fmt="%.8f")


def write_lammps(path, frames):
    """Write frames as a LAMMPS text dump with numbered types, wrapped coordinates."""
    types = {name: place for place, name in enumerate(dict.fromkeys(frames.species), start=1)}
    numbered = np.array([types[name] for name in frames.species])
    atoms = np.arange(1, len(numbered) + 1)
    lengths = 1e10 * np.diag(frames.cell[0])
    bounds = "\n".join(f"0.0 {length:.10f}" for length in lengths)
    with path.open("w") as out:
        for number, frame in enumerate(frames.positions):
            out.write(
                f"ITEM: TIMESTEP\n{number}\nITEM: NUMBER OF ATOMS\n{len(atoms)}\n"
                f"ITEM: BOX BOUNDS pp pp pp\n{bounds}\nITEM: ATOMS id type x y z\n"
            )
            table = np.column_stack([atoms, numbered, 1e10 * frame])
            np.savetxt(out, table, fmt=["%d", "%d", "%.6f", "%.6f", "%.6f"])
