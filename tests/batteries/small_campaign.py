"""A campaign of one cell and three sessions, as small as one that gives a content can be."""

import re
from pathlib import Path

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
pulse_length = "4 us"
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


def nature() -> str:
    """Magnet, nuclei, copper and lines of the example; a precursor as quick as the hydride."""
    text = EXAMPLE.read_text().split("\n[[cell]]")[0]
    own = re.compile(r"\n\[precursor\.line\.1H\]\n(?:[^\[\n].*\n)*")
    text, count = own.subn(PRECURSOR, text)
    assert count == 1
    return text


def simulate(folder: Path) -> Path:
    """Measure the small campaign into a new folder, and give that folder."""
    channels = (
        CHANNEL.format(
            name=name,
            nucleus=nucleus,
            sequence=sequence,
            points=points,
            repetition=repetition,
            more=more,
        )
        for name, nucleus, sequence, points, repetition, more in CHANNELS
    )
    plan = folder.with_suffix(".toml")
    plan.write_text(nature() + CELL + "".join(channels))
    return laboratory.simulate(plan, folder)


def amend(folder: Path, found: str, written: str, *, times: int = 1) -> None:
    """Change words of the campaign plan, as a person does in an editor."""
    path = folder / "campaign.toml"
    text, count = re.subn(found, written, path.read_text(), count=times)
    if count != times:
        msg = f"{found!r} stands {count} times in the plan, not {times}."
        raise AssertionError(msg)
    path.write_text(text)
