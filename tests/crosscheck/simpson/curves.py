"""Read the frozen curves: what was simulated, as a spin system and a sequence, and the numbers.

The program detects conj(Tr(D rho)) with shifts of the other sign. With the usual signs the same
numbers come from pulse phases of 180 degrees less the stated ones. Kept coherence orders stay as
they are, other than the README says in its point 6: the adjoint changes their sign, and so does the
turn about y.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from megabar.spins.operators import transition_raising
from megabar.spins.orientations import Orientations
from megabar.spins.sequences import Delay, IdealPulse, OrderFilter, Pulse
from megabar.spins.spin_systems import DipolarPair, Quadrupole, Spin, SpinSystem
from megabar.spins.tensors import gradient_tensor, rotation_from_angles, shift_tensor

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*-*.csv"))
SPINS = {"1H": 0.5, "139La": 3.5, "23Na": 1.5, "27Al": 2.5}
LETTERS = {"x": 0.0, "y": 90.0, "-x": 180.0, "-y": 270.0}
US = 1e-6
NUMBER = r"-?[\d.]+(?:e[-+]?\d+)?"
WORDS = rf"(?<=[ :])({NUMBER})(?= |$)"  # numbers that stand alone
DIRECTION = rf"unit vector in crystal frame ({NUMBER}) ({NUMBER}) ({NUMBER})"


@dataclass(frozen=True)
class Curve:
    """One frozen curve."""

    name: str

    @cached_property
    def header(self):
        with (FOLDER / f"{self.name}.csv").open() as stream:
            return [line[2:].rstrip() for line in stream if line.startswith("# ")]

    @cached_property
    def table(self):
        return np.loadtxt(
            FOLDER / f"{self.name}.csv", delimiter=",", comments="#", skiprows=len(self.header) + 1
        )

    @property
    def times(self):
        return self.table[:, 0] * US

    @property
    def signal(self):
        return self.table[:, 1] + 1j * self.table[:, 2]

    def lines(self, start):
        return [line for line in self.header if line.startswith(start)]

    @cached_property
    def nuclei(self):
        return self.lines("nuclei:")[0].split()[1:]

    @cached_property
    def orientations(self):
        name = re.search(r"file (\S+\.cry)", self.lines("orientations:")[0])[1]
        alpha, beta, weight = np.loadtxt(FOLDER / name, skiprows=1, ndmin=2).T
        return Orientations(alpha=np.radians(alpha), beta=np.radians(beta), weight=weight)

    @cached_property
    def system(self):
        return SpinSystem(
            spins=tuple(self._spin(n + 1, nucleus) for n, nucleus in enumerate(self.nuclei)),
            pairs=tuple(self._pair(line) for line in self.lines("dipole spins")),
        )

    def _spin(self, n, nucleus):
        shift, quadrupole = np.zeros((3, 3)), None
        for line in self.lines(f"shift spin {n}:"):
            isotropic, anisotropy, asymmetry, *angles = map(float, re.findall(WORDS, line))
            shift = shift_tensor(
                isotropic=isotropic,
                anisotropy=anisotropy,
                asymmetry=asymmetry,
                rotation=_rotation(angles),
            )
        for line in self.lines(f"quadrupole spin {n}:"):
            coupling, asymmetry, order = re.search(
                rf"Cq_Hz ({NUMBER}) eta ({NUMBER}) order (\d)", line
            ).groups()
            larmor = float(
                re.search(rf"{nucleus} ({NUMBER}) Hz", self.lines("proton_frequency")[0])[1]
            )
            renamed = self.lines("same EFG with the other naming")[0]
            angles = map(float, re.findall(WORDS, renamed.split("euler_deg")[1]))
            quadrupole = Quadrupole(
                coupling=float(coupling),
                gradient=gradient_tensor(asymmetry=float(asymmetry), rotation=_rotation(angles)),
                larmor_frequency=larmor if order == "2" else None,
            )
        return Spin(channel=nucleus, spin=SPINS[nucleus], shift=shift, quadrupole=quadrupole)

    def _pair(self, line):
        first, second, coupling, *direction = re.search(
            rf"spins (\d) (\d): b_Hz ({NUMBER}) {DIRECTION}",
            line,
        ).groups()
        return DipolarPair(
            first=int(first) - 1,
            second=int(second) - 1,
            coupling=-float(coupling),
            direction=np.array(direction, dtype=float),
        )

    def operator(self, word):
        """``Inx``: sum over all spins; ``I2p``: of the second; ``I1c``: its central transition."""
        which, part = word[1], word[2]
        if part == "c":
            return transition_raising(self.system.spins[0].spin, upper=0.5).astype(complex)
        chosen = (
            self.system.operators() if which == "n" else [self.system.operators()[int(which) - 1]]
        )
        return np.sum([{"x": o.x, "z": o.z, "p": o.plus}[part] for o in chosen], axis=0)

    @cached_property
    def start(self):
        return self.operator(
            re.search(r"start operator: (\w+);", self.lines("start operator")[0])[1]
        )

    @cached_property
    def detect(self):
        return self.operator(re.search(r"Tr\((\w+) rho", self.lines("start operator")[0])[1])

    @cached_property
    def cycle(self):
        """Steps of (p1, p2, receiver) in degrees; one step of zeros if there is no cycle."""
        found = [re.findall(r"=(\d+)", line) for line in self.lines("cycle step")]
        return [tuple(map(float, step)) for step in found] or [(0.0, 0.0, 0.0)]

    def elements(self, p1, p2):
        """Everything between start and acquisition."""
        return [self._element(line.split(": ", 1)[1], p1, p2) for line in self.lines("step ")[:-1]]

    def _element(self, text, p1, p2):
        if text.startswith("free"):
            return Delay(duration=float(re.search(rf"({NUMBER}) us", text)[1]) * US)
        if text.startswith("keep"):
            order = int(re.search(r"m - m' = (-?\d)", text)[1])
            return OrderFilter(orders=dict.fromkeys(self.nuclei, (order,)))
        duration = float(re.search(rf"({NUMBER}) us", text)[1]) * US
        parts = re.findall(r"\((\d+), ([^)]+)\)", text)
        channels = list(dict.fromkeys(self.nuclei))
        driven = [
            (c, float(nu), p) for c, (nu, p) in zip(channels, parts, strict=True) if float(nu)
        ]
        ((channel, nu, phase),) = driven
        degrees = {"p1": p1, "p2": p2, **LETTERS}.get(phase)
        angle = _mirrored(float(phase) if degrees is None else degrees)
        if text.startswith("ideal"):
            return IdealPulse(channel=channel, angle=2 * np.pi * nu * duration, phase=angle)
        return Pulse(
            channel=channel, duration=duration, amplitude=np.array([nu]), phase=np.array([angle])
        )

    @property
    def is_nutation(self):
        return self.lines("step 1")[0].startswith("step 1: point k")

    def nutation_pulse(self, duration):
        """The pulse of one point of a nutation curve."""
        text = self.lines("step 1")[0]
        slices = re.findall(rf"\(({NUMBER}),({NUMBER})\)", text)
        if not slices:
            nu, phase = re.search(r"nu1 (\d+) Hz, phase (\S+)", text).groups()
            slices = [(nu, LETTERS[phase])]
        return Pulse(
            channel=self.nuclei[0],
            duration=duration,
            amplitude=np.array([float(nu) for nu, _ in slices]),
            phase=np.array([_mirrored(float(phase)) for _, phase in slices]),
        )


def _mirrored(degrees):
    return np.pi - np.radians(degrees)


def _rotation(degrees):
    """Turn as the program does: passively about z, y and z, first angle nearest the tensor."""
    first, second, third = np.radians(list(degrees))
    return rotation_from_angles(first=-third, second=-second, third=-first)
