"""A virtual campaign small enough for unit tests."""

from pathlib import Path

import pytest

TEXT = """
schema = "simulation/1"
name = "small"
seed = 3
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
limit_of_detection = "1.3e12 Hz**-0.5"
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
knight_shift_change = "-100 ppm"
knight_shift_change_std = "5 ppm"
shape = "gaussian"
fwhm = "9 kHz"
t1 = "4.2 ms"
t2 = "inf"
[precursor]
h_per_metal = 3.0
h_per_metal_std = 0.05
[precursor.line.1H]
shape = "gaussian"
content = [3.0]
fwhm = ["50 kHz"]
shift = ["-10 ppm"]
t1 = ["0.2 s"]
t2 = ["inf"]
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
fwhm = ["4 kHz", "1.35 kHz"]
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
[[channel]]
name = "63Cu_fid"
session = "all"
nucleus = "63Cu"
sequence = "fid"
pulse_length = "4 us"
flip_angle = "90 deg"
dead_time = "5 us"
dwell = "1 us"
points = 256
n_scans = 20_000
repetition_time = "20 ms"
[[channel]]
name = "1H_fid"
session = "all"
nucleus = "1H"
sequence = "fid"
pulse_length = "14 us"
flip_angle = "90 deg"
dead_time = "5 us"
dwell = "1 us"
points = 1024
n_scans = 10_000
repetition_time = "10 ms"
[[channel]]
name = "1H_satrec"
session = "hydride"
nucleus = "1H"
sequence = "saturation-recovery"
pulse_length = "14 us"
flip_angle = "90 deg"
dead_time = "5 us"
dwell = "2 us"
points = 100
n_scans = 2_000
repetition_time = "25 ms"
saturation = 5
steps = ["0.1 ms", "1 ms", "10 ms"]
[[channel]]
name = "139La_echo"
session = "all"
nucleus = "139La"
sequence = "solid-echo"
pulse_length = "4 us"
flip_angle = "90 deg"
dead_time = "5 us"
dwell = "0.5 us"
points = 256
n_scans = 40_000
repetition_time = "40 ms"
echo_delay = "25 us"
before_echo = "15 us"
stated_t1 = "8 ms"
stated_t1_std = "0.4 ms"
"""


@pytest.fixture
def plan_text() -> str:
    return TEXT


@pytest.fixture
def plan_path(tmp_path: Path) -> Path:
    path = tmp_path / "simulation.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path
