import numpy as np
import pytest
from scipy.optimize import brentq

from megabar.inference import artefacts
from megabar.inference.artefacts import (
    ARTEFACTS,
    coil_factor,
    dead_time_factor,
    factors,
    facts_of_pulse,
    saturation_factor,
    seen_of_line,
)
from megabar.inference.priors import PRIORS

LAH10 = PRIORS["lah10"]
FACTS = facts_of_pulse(90.0, None)


def test_t1_of_eleven_ms_mimics_a_loss_of_forty_per_cent() -> None:
    def miss(t1: float) -> float:
        return float(
            saturation_factor(repetition_time=10e-3, t1=t1, initial_t1=1.5e-3, flip_angle=90.0)
            - 0.6
        )

    assert brentq(miss, 2e-3, 50e-3) == pytest.approx(10.936e-3, rel=1e-3)


def test_a_small_flip_angle_hardly_feels_t1() -> None:
    factor = [
        float(saturation_factor(repetition_time=10e-3, t1=11e-3, initial_t1=1.5e-3, flip_angle=a))
        for a in (5.0, 30.0, 90.0)
    ]
    assert factor[0] > 0.99
    assert factor[0] > factor[1] > factor[2]


def test_dead_time_factors_are_the_tabulated_ones() -> None:
    found = dead_time_factor(fwhm=[50e3, 76e3], dead_time=5e-6, shape="gaussian")
    np.testing.assert_allclose(found, [0.80053, 0.59809], rtol=1e-4)
    assert dead_time_factor(fwhm=32e3, dead_time=12e-6, shape="gaussian") == pytest.approx(
        0.6, abs=0.01
    )
    assert dead_time_factor(fwhm=1e5, dead_time=5e-6, shape="lorentzian") == pytest.approx(
        np.exp(-np.pi / 2)
    )


def test_coil_factors_are_the_tabulated_ones() -> None:
    found = coil_factor(quality_factor=40.0, detuning=[0.0129, 0.005, -0.005, 0.0])
    np.testing.assert_allclose(found, [0.61798, 0.92262, 0.92262, 1.0], rtol=1e-4)


def test_a_receiver_as_wide_as_the_line_sees_what_lies_within_its_half_widths() -> None:
    width = 50e3
    frequency = np.linspace(-25e3, 25e3, 20001)
    line = np.exp(-4 * np.log(2) * (frequency / width) ** 2)
    area = np.trapezoid(line, frequency) / (width * np.sqrt(np.pi / np.log(2)) / 2)
    assert seen_of_line(width, 0.0, 50e3) == pytest.approx(area, rel=1e-6)
    assert seen_of_line(width, 0.0, 0.0) == 1.0


def _values(name: str, drive_z: float) -> tuple[int, float, float, float]:
    artefact = ARTEFACTS[name]
    drive = float(LAH10[artefact.drives].value_from_standard(drive_z))
    others = [float(LAH10[one].value_from_standard(0.0)) for one in artefact.others]
    one, two = (*others, 0.0, 0.0)[:2]
    return artefact.code, drive, one, two


@pytest.mark.parametrize("name", ARTEFACTS)
@pytest.mark.parametrize("drive_z", [-2.0, 0.5, 2.0])
def test_every_factor_is_one_at_the_start(name: str, drive_z: float) -> None:
    code, drive, one, two = _values(name, drive_z)
    assert factors(code, 0.0, drive, one, two, two, FACTS) == pytest.approx((1.0, 1.0), abs=1e-14)


def _lowest(name: str) -> float:
    """Least ratio on day 30 within 1.6 standard deviations of every parameter."""
    artefact = ARTEFACTS[name]
    grid = np.linspace(-1.6, 1.6, 9)
    found = []
    for drive in LAH10[artefact.drives].value_from_standard(grid):
        for one in LAH10[artefact.others[0]].value_from_standard(grid) if artefact.others else [0]:
            last = artefact.others[1] if len(artefact.others) > 1 else None
            two = 0.0 if last is None else float(LAH10[last].value_from_standard(0.0))
            found.append(factors(artefact.code, 30.0, drive, one, two, two, FACTS)[1])
    return min(found)


@pytest.mark.parametrize("name", [name for name in ARTEFACTS if name != "walk"])
def test_every_prior_reaches_a_seeming_loss_of_forty_per_cent(name: str) -> None:
    assert _lowest(name) < 0.6


def test_what_acts_on_the_metal_alone_leaves_the_hydrogen_signal() -> None:
    code, drive, one, two = _values("echo", 1.0)
    of_hydrogen, of_ratio = factors(code, 30.0, drive, one, two, two, FACTS)
    assert of_hydrogen == 1.0
    assert of_ratio < 1.0


def test_an_echo_factor_from_a_quarter_to_two_fifths_is_a_loss_of_forty_per_cent() -> None:
    drive = np.log(0.42 / 0.58) - np.log(0.25 / 0.75)
    assert factors(artefacts.ECHO, 30.0, drive, 0.25, 0.0, 0.0, FACTS)[1] == pytest.approx(
        0.25 / 0.42
    )


def test_a_floor_holds_the_ratio_however_high_the_sensitivity() -> None:
    share = 1.5
    high = factors(artefacts.FLOOR, 30.0, 12.0, share, 0.0, 0.0, FACTS)[1]
    assert high == pytest.approx(np.sqrt(1 + share**2), rel=1e-6)
    free = factors(artefacts.FLOOR, 30.0, -0.5, 1e-6, 0.0, 0.0, FACTS)[1]
    assert free == pytest.approx(1.0, abs=1e-6)


def test_visible_hydrogen_is_half_way_after_its_half_time() -> None:
    end = np.log(0.6)
    assert factors(artefacts.VISIBILITY, 20.0, 20.0, end, 0.0, 0.0, FACTS)[1] == pytest.approx(
        np.sqrt(0.6)
    )


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="not positive"):
        saturation_factor(repetition_time=1e-2, t1=0.0, initial_t1=1e-3, flip_angle=90.0)
    with pytest.raises(ValueError, match="or another shape"):
        dead_time_factor(fwhm=1e4, dead_time=1e-6, shape="voigt")
    with pytest.raises(ValueError, match="resonator has a positive one"):
        coil_factor(quality_factor=0.0, detuning=0.0)
