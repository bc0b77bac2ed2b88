"""Pairs of spins whose correlation is known: each turns as a whole, far from the others.

Lengths in metres. A rotor keeps its direction for exponential times and then takes any other, so
that S = r^-6 exp(-t/tau), exactly.
"""

import numpy as np

APART = 60e-10
LENGTH = 1.58e-10


def rotors(*, pairs, frames, interval, tau, seed):
    """Positions (frame, 2 x pairs, 3) and the cell; centres on a coarse grid."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(pairs ** (1 / 3)))
    grid = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), -1).reshape(-1, 3)
    centres = APART * (grid[:pairs] + 0.5)
    turned = rng.random((frames, pairs)) > np.exp(-interval / tau)
    turned[0] = True
    latest = np.maximum.accumulate(np.where(turned, np.arange(frames)[:, np.newaxis], 0), axis=0)
    directions = rng.normal(size=(frames, pairs, 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    directions = np.take_along_axis(directions, latest[..., np.newaxis], axis=0)
    half = LENGTH / 2 * directions
    return np.concatenate([centres + half, centres - half], axis=1), np.eye(3) * APART * side


def components(vectors):
    """Five components [angstrom-3] of vectors [m], written out once more."""
    x, y, z = np.moveaxis(vectors * 1e10, -1, 0)
    r2 = x * x + y * y + z * z
    root = np.sqrt(3)
    parts = [
        (3 * z * z - r2) / 2,
        root * x * y,
        root * y * z,
        root * x * z,
        root / 2 * (x**2 - y**2),
    ]
    return np.stack(parts, -1) / r2[..., np.newaxis] ** 2.5


def all_vectors(spins, partners, cell):
    """Nearest of 125 images of spin less partner, (frame, spin, partner, 3)."""
    apart = spins[:, :, np.newaxis] - partners[:, np.newaxis]
    fractions = apart @ np.linalg.inv(cell)
    apart = (fractions - np.rint(fractions)) @ cell
    best = apart.copy()
    for n in np.stack(np.meshgrid(*[range(-2, 3)] * 3), -1).reshape(-1, 3):
        other = apart + n @ cell
        nearer = (other**2).sum(-1) < (best**2).sum(-1) - 1e-32
        best = np.where(nearer[..., np.newaxis], other, best)
    return best


def correlation(series, lag, block):
    """Sum over pairs and components, mean over origins whose lag ends in the same block."""
    products, origins = 0.0, 0
    for start in range(0, len(series), block):
        part = series[start : start + block]
        if len(part) > lag:
            products += (part[: len(part) - lag] * part[lag:]).sum()
            origins += len(part) - lag
    return products / origins
