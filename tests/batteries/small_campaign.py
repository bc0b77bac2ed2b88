"""A campaign of one cell and three sessions, as small as one that gives a content can be."""

import math
import re
from pathlib import Path
from typing import Final

from megabar.virtual import laboratory

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/lah10-70-days/simulation.toml"
PRECURSOR = """
[precursor.line.1H]
shape = "lorentzian"
content = [3.0]
fwhm = ["30 kHz"]
shift = ["-10 ppm"]
t1 = ["2 ms"]
t2 = ["2 ms"]
"""
CELL = """
[[cell]]
name = "cell-1"
heated_at = 2026-01-10T12:00:00
synthesis_pressure = "170 GPa"
metal_atoms = 2.8e14
field_offset = "-20 ppm"
precursor = ["-1 day"]
hydride = ["0 day", "30.5 day"]
law = "linear"
start = 10.5
floor = 3.0
time = "62.5 day"
"""

CHANNEL = """
[[channel]]
name = "{name}"
session = "all"
nucleus = "{nucleus}"
sequence = "{sequence}"
pulse_length = "{pulse}"
flip_angle = "90 deg"
dead_time = "5 us"
dwell = "1 us"
points = {points}
n_scans = 20_000
repetition_time = "{repetition}"
{more}
"""

CHANNELS = (
    ("63Cu_fid", "63Cu", "fid", 512, "20 ms", ""),
    ("1H_fid", "1H", "fid", 2048, "10 ms", ""),
    (
        "1H_satrec", "1H", "saturation-recovery", 1024, "25 ms",
        'saturation = 5\nsteps = ["0.2 ms", "0.8 ms", "1.6 ms", "3 ms", "6 ms", "20 ms"]',
    ),
    (
        "139La_echo", "139La", "solid-echo", 1024, "40 ms",
        'echo_delay = "25 us"\nbefore_echo = "15 us"\n'
        'stated_t1 = "8 ms"\nstated_t1_std = "0.4 ms"',
    ),
    (
        "139La_hahn", "139La", "hahn-echo-array", 1024, "80 ms",
        'before_echo = "15 us"\nsteps = ["0.1 ms", "0.5 ms", "1.5 ms", "3 ms", "6 ms"]',
    ),
)  # fmt: skip


STEPS = "steps = [" + ", ".join(f'"{one / 32} us"' for one in range(1, 17)) + "]"
NUTATIONS = (
    ("1H_nutation", "1H", "nutation", 256, "20 ms", STEPS),
    ("139La_nutation", "139La", "nutation", 256, "80 ms", STEPS),
)
"""Nutations of both nuclei with pulses of the strength of short ones: 90 degrees in 0.125 us."""

SHORT: Final = "0.125 us"
"""Length of pulses that excite lines of 30 kHz to 0.2 %, as the virtual ones do."""


def nature() -> str:
    """Magnet, nuclei, copper and lines of the example; a precursor as quick as the hydride."""
    text = EXAMPLE.read_text().split("\n[[cell]]")[0]
    own = re.compile(r"\n\[precursor\.line\.1H\]\n(?:[^\[\n].*\n)*")
    text, count = own.subn(PRECURSOR, text)
    assert count == 1
    return text


def simulate(
    folder: Path,
    *,
    more: tuple = (),
    changes: tuple[tuple[str, str], ...] = (),
    pulse: str = "4 us",
) -> Path:
    """Measure the small campaign into a new folder, and give that folder.

    ``more`` are channels beside the usual ones; ``changes`` are words of nature and what stands
    in their place; ``pulse`` is the length of all pulses.
    """
    channels = (
        CHANNEL.format(
            name=name,
            nucleus=nucleus,
            sequence=sequence,
            points=points,
            repetition=repetition,
            more=keys,
            pulse=pulse,
        )
        for name, nucleus, sequence, points, repetition, keys in (*CHANNELS, *more)
    )
    text = nature() + CELL + "".join(channels)
    for found, written in changes:
        assert text.count(found) == 1, found
        text = text.replace(found, written)
    plan = folder.with_suffix(".toml")
    plan.write_text(text)
    return laboratory.simulate(plan, folder)


def amend(folder: Path, found: str, written: str, *, times: int = 1) -> None:
    """Change words of the campaign plan, as a person does in an editor."""
    path = folder / "campaign.toml"
    text, count = re.subn(found, written, path.read_text(), count=times)
    if count != times:
        msg = f"{found!r} stands {count} times in the plan, not {times}."
        raise AssertionError(msg)
    path.write_text(text)


def state(folder: Path, table: str, **keys: object) -> None:
    """Set keys of a table of the campaign plan: of ``[content]``, or of a channel by its name.

    ``None`` takes a key out. A text that is a quantity is one in TOML too.
    """
    path = folder / "campaign.toml"
    parts = re.split(r"(?m)^(?=\[)", path.read_text())
    wanted = "[content]" if table == "content" else f'name = "{table}"'
    (index,) = (i for i, part in enumerate(parts) if wanted in part.splitlines())
    lines = [x for x in parts[index].splitlines() if x.split(" = ")[0] not in keys and x]
    lines += [f"{key} = {_toml(value)}" for key, value in keys.items() if value is not None]
    parts[index] = "\n".join(lines) + "\n\n"
    path.write_text("".join(parts))


def _toml(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return str(value)


def reciprocal_power(
    *, limit_of_detection: float, frequency: float, spin: float, abundance: float, pulse_90: float
) -> float:
    r"""Power of a rectangular 90 degree pulse in a coil that hears so little noise [W].

    Signal over noise of N nuclei of one element after a perfect pulse, in 1 Hz,

    .. math:: N \frac{a \gamma^2 \hbar^2 I (I + 1) B_0}{3 k T} \frac{\omega_0 c}{\sqrt{2 k T F}},
        \quad c = \frac{\pi}{2 \gamma t_{90} \sqrt{P}}

    is one at the limit of detection; at 300 K, with a perfect receiver (F = 1).
    """
    field, hbar, boltzmann, temperature = 9.28, 1.054571817e-34, 1.380649e-23, 300.0
    omega = 2 * math.pi * frequency
    gamma = omega / field
    heat = boltzmann * temperature
    moment = abundance * gamma**2 * hbar**2 * spin * (spin + 1) * field / (3 * heat)
    coil = math.sqrt(2 * heat) / (limit_of_detection * moment * omega)
    return (math.pi / (2 * gamma * pulse_90 * coil)) ** 2
