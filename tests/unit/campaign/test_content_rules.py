"""What a plan must not say of pulses, efficiencies and the scale: each sentence, in a real plan."""

from collections.abc import Callable
from pathlib import Path

import pytest

from megabar.campaign import plan
from megabar.errors import PlanError

Write = Callable[..., Path]

LANTHANUM = """
[[channel]]
name = "La"
measure = "line"
files = "*/La"
nucleus = "139La"
role = "metal"
sequence = "solid-echo"
shape = "gaussian"
"""
NUTATION = """
[[channel]]
name = "nutation"
measure = "nutation"
files = "*/nutation"
nucleus = "1H"
array_as = "pulse_length"
pulse_shape = "rectangular"
pulse_power = "2 W"
pulse_power_std = "0.1 W"
field_model = "homogeneous"
"""
PRECURSOR = """
[content]
calibration = "precursor"
precursor_h_per_metal = 3.0
precursor_h_per_metal_std = 0.05
pairing = "24 hour"
"""
BY_NUTATION = """
[content]
calibration = "nutation"
pairing = "24 hour"
"""
EXPONENT = """
[content]
calibration = "exponent"
exponents = [3, 2.75, 2.5]
noise_ratio = 1.0
noise_ratio_std = 0.1
pairing = "24 hour"
"""
PULSE = (
    "dead_time",
    """pulse_length = "4 us"
pulse_shape = "rectangular"
pulse_90 = "4 us"
pulse_90_std = "0.1 us"
pulse_power = "2 W"
pulse_power_std = "0.1 W"
noise_temperature = "300 K"
noise_temperature_std = "10 K"
noise_factor = 1.3
noise_factor_std = 0.02
dead_time""",
)
HYDROGEN = ('nucleus = "1H"', 'nucleus = "1H"\nrole = "hydrogen"')
CALIBRATED_LANTHANUM = LANTHANUM + PULSE[1].replace("dead_time", 'broadening = "unknown"\n')


def refused(path: Path, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        plan.load(path)


def test_each_calibration_is_a_plan(write: Write):
    told = [HYDROGEN, PULSE]
    for content in (PRECURSOR, BY_NUTATION, EXPONENT):
        read = plan.load(write(*told, add=CALIBRATED_LANTHANUM + content))
        assert read.content is not None
        assert read.content.by == "snr_per_root_scan"
    assert read.channels[0].pulse_power == 2.0
    assert read.content.exponents == (3.0, 2.75, 2.5)


@pytest.mark.parametrize(
    ("content", "added", "message"),
    [
        (
            PRECURSOR,
            "exponents = [3]",
            r'exponents: calibration "precursor" does not use it; only "e',
        ),
        (PRECURSOR, "abundances = { 57Fe = 0.9 }", r'abundances: .*only "nutation", "exponent"'),
        (BY_NUTATION, "precursor_h_per_metal = 3.0", r"precursor_h_per_metal: calibration"),
        (EXPONENT, 'cancelling = ["power"]', r'cancelling: calibration "exponent" does not use'),
        (EXPONENT, "abundances = { 57Fa = 0.9 }", r"\[content.abundances\].57Fa: .*57Fe"),
        (EXPONENT, "abundances = { 57Fe = 90 }", r"abundances.*90"),
        (EXPONENT, 'by = "amplitude_per_scan"', r"noise_ratio: by = .* knows nothing of noise"),
        (PRECURSOR, 'by = "amplitude"', r"by: found 'amplitude'. Did you mean amplitude_per_scan"),
        (BY_NUTATION, 'cancelling = ["powers"]', r"Did you mean power\?"),
    ],
)
def test_a_key_of_another_calibration_is_refused_with_its_name(
    write: Write, content: str, added: str, message: str
):
    refused(write(HYDROGEN, PULSE, add=CALIBRATED_LANTHANUM + content + added + "\n"), message)


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (PRECURSOR, "precursor_h_per_metal = 3.0\n", r"precursor_h_per_metal: missing, and calib"),
        (PRECURSOR, "precursor_h_per_metal_std = 0.05\n", r"_std: missing, and calibration"),
        (
            EXPONENT,
            "exponents = [3, 2.75, 2.5]\n",
            r'exponents: missing, and calibration "exponent"',
        ),
        (EXPONENT, "noise_ratio = 1.0\n", r"noise_ratio: missing; two signals over noise"),
    ],
)
def test_what_a_calibration_rests_on_is_asked_for(
    write: Write, content: str, line: str, message: str
):
    assert line in content
    told = content.replace(line, "")
    refused(write(HYDROGEN, PULSE, add=CALIBRATED_LANTHANUM + told), message)


def test_a_content_by_nutation_asks_for_the_pulse_of_each_channel(write: Write):
    path = write(HYDROGEN, PULSE, add=LANTHANUM + BY_NUTATION)
    refused(path, r'"La".pulse_90: missing; calibration "nutation" needs the calibrated pulse of b')
    refused(write(HYDROGEN, add=CALIBRATED_LANTHANUM + BY_NUTATION), r'"1H-fid".pulse_90: missing')


def test_a_pulse_that_was_only_set_is_no_calibration(write: Write):
    set_only = 'pulse_length = "4 us"\npulse_shape = "rectangular"\nbroadening = "shifts"\n'
    path = write(HYDROGEN, PULSE, add=LANTHANUM + set_only + BY_NUTATION)
    refused(path, r"The pulse is only set: its length says nothing of its angle")
    exact = CALIBRATED_LANTHANUM.replace('"0.1 us"', '"0 us"')
    refused(
        write(HYDROGEN, PULSE, add=exact + BY_NUTATION), r"without error was set, not calibrated"
    )


@pytest.mark.parametrize("key", ["pulse_power", "noise_temperature", "noise_factor"])
def test_a_content_by_nutation_asks_for_power_and_noise(write: Write, key: str):
    lines = CALIBRATED_LANTHANUM.splitlines(keepends=True)
    without = "".join(line for line in lines if not line.startswith(key))
    refused(write(HYDROGEN, PULSE, add=without + BY_NUTATION), rf'"La".{key}: missing; calibration')


def test_amplitudes_need_no_noise(write: Write):
    lines = CALIBRATED_LANTHANUM.splitlines(keepends=True)
    without = "".join(line for line in lines if not line.startswith("noise"))
    told = BY_NUTATION + 'by = "amplitude_per_scan"\n'
    assert plan.load(write(HYDROGEN, PULSE, add=without + told)).content is not None


@pytest.mark.parametrize(
    ("found", "written", "message"),
    [
        ('pulse_90_std = "0.1 us"\n', "", r"pulse_90_std: missing; pulse_90 enters with its error"),
        ('pulse_90 = "4 us"\n', "", r"pulse_90: missing, while its error is stated"),
        ('"0.1 us"', '"5 us"', r"pulse_90: found 4e-06 with error 5e-06 in SI"),
        ('"2 W"', '"-2 W"', r"pulse_power: found -2 with error"),
        ('"2 W"', '"2 K"', r"pulse_power '2 K'.*converts to W"),
        ("= 1.3", "= 0.8", r"noise_factor: found 0.8; a receiver adds noise.*3 dB is 2.0"),
        ('pulse_length = "4 us"', 'pulse_length = "-4 us"', r"pulse_length: found -4e-06 s"),
        ('pulse_length = "4 us"\n', "", r"pulse_length: missing; pulse_90 calibrates the coil"),
        ('"rectangular"', '"gaussian"', r"truncation: missing or 1; a Gaussian pulse is cut"),
        ('"rectangular"', '"rectangular"\ntruncation = 0.01', r'truncation: only pulse_shape = "g'),
        ('pulse_shape = "rectangular"\n', "", r"pulse_shape: missing; pulse_length says nothing"),
        ('pulse_90 = "4 us"', 'pulse_90 = "6 us"', r"flip_angle: found 90 deg, while .* is 60 deg"),
        ('nucleus = "1H"', 'nucleus = "1H"\nseen = "central"', r"1H has spin 0.5 and no central"),
        ("dead_time", 'broadening = "shifts"\nsequence = "fid"\ndead_time', r"only an echo"),
        ("dead_time", 'field_model = "gaussian"\ndead_time', r'"line" does not use it'),
    ],
)
def test_a_pulse_that_contradicts_itself_is_refused(
    write: Write, found: str, written: str, message: str
):
    refused(write(PULSE, (found, written)), message)


def test_an_echo_of_real_pulses_asks_what_broadens_it(write: Write):
    told = CALIBRATED_LANTHANUM.replace('broadening = "unknown"\n', "")
    refused(write(add=told), r'"La".broadening: missing; .*"unknown" if nobody knows')


@pytest.mark.parametrize(
    ("found", "written", "message"),
    [
        ('array_as = "pulse_length"', 'array_as = "delay"', r'array_as: found "delay"; a nutation'),
        ('field_model = "homogeneous"\n', "", r'field_model: missing; measure "nutation" needs it'),
        ('pulse_shape = "rectangular"\n', "", r'pulse_shape: missing; measure "nutation" needs it'),
        ('nucleus = "1H"\n', "", r'nucleus: missing; measure "nutation" needs it'),
        ('nucleus = "1H"', 'nucleus = "139La"', r"seen: missing; 139La has spin 3.5"),
        (
            "files",
            'pulse_90 = "1 us"\npulse_90_std = "0.1 us"\nfiles',
            r"does not use it; only line",
        ),
    ],
)
def test_a_nutation_that_cannot_be_one_is_refused(
    write: Write, found: str, written: str, message: str
):
    assert found in NUTATION
    refused(write(add=NUTATION.replace(found, written, 1)), message)


CALIBRATES = (
    "dead_time",
    """pulse_length = "4 us"
pulse_shape = "rectangular"
pulse_power = "2 W"
pulse_power_std = "0.1 W"
nutation = "nutation"
dead_time""",
)


def test_a_line_may_be_calibrated_by_a_nutation_of_its_nucleus_only(write: Write):
    assert plan.load(write(CALIBRATES, add=NUTATION)).channels[0].nutation == "nutation"
    refused(
        write(CALIBRATES), r"found 'nutation', which is no .*measure = \"nutation\". There is n"
    )
    other = NUTATION.replace('name = "nutation"', 'name = "nutations"')
    refused(write(CALIBRATES, add=other), r"Did you mean nutations\?")
    deuterium = NUTATION.replace('"1H"', '"2H"\nseen = "all"')
    refused(write(CALIBRATES, add=deuterium), r"is a nutation of 2H, this line one of 1H")


def test_one_pulse_has_one_calibration(write: Write):
    both = (PULSE[0], PULSE[1].replace("dead_time", 'nutation = "nutation"\ndead_time'))
    refused(write(both, add=NUTATION), r"pulse_90 is stated too, and one pulse has one calibration")


def test_a_nutation_without_its_power_says_nothing_of_another_pulse(write: Write):
    lines = NUTATION.splitlines(keepends=True)
    without = "".join(line for line in lines if not line.startswith("pulse_power"))
    refused(
        write(CALIBRATES, add=without), r'"nutation".pulse_power: missing; a nutation calibrates'
    )


FACTOR = """
[[factor]]
name = "path_loss"
channel = "1H-fid"
value = 0.94
std = 0.02
source = "network analyser, page 31"
"""


@pytest.mark.parametrize(
    ("found", "written", "message"),
    [
        ('"path_loss"', '"path_los"', r'"path_los".name: found .*Did you mean path_loss'),
        ('"path_loss"', '"steady_state"', r"name: found 'steady_state'"),
        ('"1H-fid"', '"1H-fit"', r"channel: found '1H-fit'.*Did you mean 1H-fid"),
        ("0.94", "0", r'"path_loss".value: found 0'),
        ("0.02", "-0.02", r'"path_loss".std: found -0.02'),
        ('source = "network analyser, page 31"\n', "", r'"path_loss".source: missing'),
        ("std = 0.02\n", "", r'"path_loss".std: missing'),
    ],
)
def test_a_stated_efficiency_needs_its_name_channel_error_and_source(
    write: Write, found: str, written: str, message: str
):
    refused(write(add=FACTOR.replace(found, written)), message)


def test_an_efficiency_is_stated_once_or_computed(write: Write):
    assert plan.load(write(add=FACTOR)).factors[0].source == "network analyser, page 31"
    refused(write(add=FACTOR + FACTOR), r'"path_loss": stated 2 times for "1H-fid"')
    stated = FACTOR.replace("path_loss", "excitation")
    refused(write(PULSE, add=stated), r'"excitation": computed from pulse_length of .*count twice')
