"""A campaign of one cell and three sessions, as small as one that gives a content can be."""

import re
from pathlib import Path

from megabar.virtual import laboratory

LINES = """
schema = "simulation/1"
name = "small"
seed = 11
metal = "139La"
number = "float64"
[magnet]
field = "9.28 T"
proton_frequency = "395.107 MHz"
drift = "-0.5 ppm/day"
[nucleus.1H]
frequency_ratio = 1.0
limit_of_detection = "5.44e11 Hz**-0.5"
ring_down = "1e5 Hz**0.5"
ring_down_time = "0.3 us"
carrier_scatter = "0.3 kHz"
[nucleus.139La]
frequency_ratio = 0.14125641
limit_of_detection = "1.3e11 Hz**-0.5"
ring_down = "1e5 Hz**0.5"
ring_down_time = "0.3 us"
carrier_scatter = "1 kHz"
[nucleus.63Cu]
frequency_ratio = 0.26515473
limit_of_detection = "1e12 Hz**-0.5"
ring_down = "1e5 Hz**0.5"
ring_down_time = "0.3 us"
carrier_scatter = "1 kHz"
[copper]
nucleus = "63Cu"
ambient_at = 2026-01-05T09:00:00
ambient_atoms = 5e15
atoms_in_cell = 1e15
shift = "1996 ppm"
knight_shift = "2380 ppm"
knight_shift_change = "0 ppm"
knight_shift_change_std = "5 ppm"
shape = "gaussian"
fwhm = "9 kHz"
t1 = "4.2 ms"
t2 = "inf"
[precursor]
h_per_metal = 3.0
h_per_metal_std = 0.05
[precursor.line.1H]
shape = "lorentzian"
content = [3.0]
fwhm = ["30 kHz"]
shift = ["-10 ppm"]
t1 = ["2 ms"]
t2 = ["2 ms"]
[precursor.line.139La]
shape = "gaussian"
content = [3.0]
fwhm = ["8 kHz"]
shift = ["2800 ppm"]
t1 = ["8 ms"]
t2 = ["5 ms"]
[hydride.line.1H]
shape = "lorentzian"
content = [3.0, 10.5]
fwhm = ["6 kHz", "4 kHz"]
shift = ["10 ppm", "20 ppm"]
t1 = ["3 ms", "1.5 ms"]
t2 = ["1.0 ms", "1.5 ms"]
[hydride.line.139La]
shape = "gaussian"
content = [3.0, 10.5]
fwhm = ["30 kHz", "38 kHz"]
shift = ["2950 ppm", "900 ppm"]
t1 = ["8 ms", "8 ms"]
t2 = ["3 ms", "2 ms"]
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
    plan.write_text(LINES + "".join(channels))
    return laboratory.simulate(plan, folder)


def amend(folder: Path, found: str, written: str, *, times: int = 1) -> None:
    """Change words of the campaign plan, as a person does in an editor."""
    path = folder / "campaign.toml"
    text, count = re.subn(found, written, path.read_text(), count=times)
    if count != times:
        msg = f"{found!r} stands {count} times in the plan, not {times}."
        raise AssertionError(msg)
    path.write_text(text)
