"""Clusters of protons: a distorted cube of 2 angstrom, with lanthanum, and drawn at random."""

import numpy as np

from megabar.matter import nuclei
from megabar.spins.evolution import signal_from_sequence
from megabar.spins.orientations import Orientations
from megabar.spins.spin_systems import Quadrupole, Spin, SpinSystem, dipolar_pairs
from megabar.spins.tensors import gradient_tensor, shift_tensor

A = 1e-10
GAMMA = nuclei.nucleus("1H").gyromagnetic_ratio_bare
CUBE = A * np.array([
    [0.0001, 0.0299, -0.0274], [-0.0891, -0.0455, 1.9008], [0.0060, 2.1340, -0.0492],
    [1.9380, 0.0490, 0.0357], [0.0105, 1.9070, 1.9971], [2.0695, -0.1344, 1.9542],
    [1.8099, 1.8710, -0.1842], [1.9765, 1.8733, 2.0271],
])  # fmt: skip
"""The first n corners are the cluster of n."""


def protons(positions, shifts=None):
    """Protons at positions [m], with tensors of shift [Hz] if given."""
    shifts = [None] * len(positions) if shifts is None else shifts
    return SpinSystem(
        spins=tuple(Spin(channel="1H", spin=0.5, shift=one) for one in shifts),
        pairs=dipolar_pairs(positions, gyromagnetic_ratios=[GAMMA] * len(positions)),
    )


def cube(count):
    return protons(CUBE[:count])


def scattered(count, seed, least=1.6):
    """Positions in a ball, no two nearer than some angstrom."""
    random = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        place = random.uniform(-2.6, 2.6, 3)
        if all(np.linalg.norm(place - other) > least for other in found):
            found.append(place)
    return A * np.array(found)


def few_orientations(count, seed):
    random = np.random.default_rng(seed)
    return Orientations(
        alpha=random.uniform(0, 2 * np.pi, count),
        beta=np.arccos(random.uniform(-1, 1, count)),
        weight=random.dirichlet(np.ones(count)),
    )


def mixed_system(*, second_order):
    """Three protons with shifts beside one lanthanum in a field gradient."""
    proton = {"channel": "1H", "spin": 0.5}
    shift = shift_tensor(isotropic=800.0, anisotropy=4000.0, asymmetry=0.4)
    lanthanum = Quadrupole(
        coupling=0.4e6,
        gradient=gradient_tensor(asymmetry=0.3),
        larmor_frequency=55.8e6 if second_order else None,
    )
    positions = np.vstack([CUBE[:3], A * np.array([[1.1, 1.3, 1.2]])])
    return SpinSystem(
        spins=(
            Spin(**proton, shift=shift),
            Spin(**proton),
            Spin(**proton, shift=-2e3 * np.eye(3)),
            Spin(channel="139La", spin=3.5, quadrupole=lanthanum),
        ),
        pairs=dipolar_pairs(positions, gyromagnetic_ratios=[GAMMA] * 3 + [3.8e7]),
    )


def dense_signal(system, orientations, elements, channel, times, detected=None):
    """Signal after a sequence by the general road, over that of a perfect pulse."""
    operators = system.operators()
    own = [n for n, one in enumerate(system.spins) if one.channel == channel]
    seen = own if detected is None else detected
    detect = sum(operators[n].plus for n in seen)
    signal = signal_from_sequence(
        system,
        orientations,
        elements,
        start=sum(operators[n].z for n in own),
        detect=detect,
        times=times,
    )
    return signal / np.trace(detect @ sum(operators[n].x for n in own)).real


def unshifted_system():
    """Two protons, a lanthanum and a sodium in field gradients to first order: its own mirror."""

    def in_gradient(channel, spin, coupling):
        quadrupole = Quadrupole(
            coupling=coupling, gradient=gradient_tensor(asymmetry=0.6), larmor_frequency=None
        )
        return Spin(channel=channel, spin=spin, quadrupole=quadrupole)

    positions = np.vstack([CUBE[:2], A * np.array([[1.1, 1.3, 1.2], [-1.5, 1.0, 0.5]])])
    return SpinSystem(
        spins=(
            *(Spin(channel="1H", spin=0.5),) * 2,
            in_gradient("139La", 3.5, 0.2e6),
            in_gradient("23Na", 1.5, 0.1e6),
        ),
        pairs=dipolar_pairs(positions, gyromagnetic_ratios=[GAMMA, GAMMA, 3.8e7, 7.1e7]),
    )
