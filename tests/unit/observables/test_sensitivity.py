"""Limits of detection by three routes, and what stands side by side."""

import math

import numpy as np
import pytest
from tests.unit.observables.signals import acquisition

from megabar import schemas
from megabar.errors import Undetermined, UnknownWord
from megabar.matter import nuclei
from megabar.observables import lines
from megabar.observables.calibrations import PulseCalibration
from megabar.observables.efficiencies import Factor, steady_state
from megabar.observables.sensitivity import (
    Limit,
    limit_from_data,
    limit_from_reciprocity,
    limit_from_record,
    limit_of_other_nucleus,
    side_by_side,
)
from megabar.spins import reception
from megabar.virtual.settings import Settings
from megabar.virtual.spectrometer import Receiver, acquire
from megabar.virtual.truth import Cell, Line

PROTON = reception.resonance(nucleus="1H", tms_frequency=9.0 * nuclei.TMS_FREQUENCY_OVER_FIELD)
ICE = PulseCalibration(
    pulse_90=2.5e-6, pulse_90_std=0.05e-6, mean_over_peak=1.0, mean_over_peak_std=0.01, power=10.0,
    power_std=0.6, noise_temperature=300.0, noise_temperature_std=15.0, noise_factor=1.0,
    noise_factor_std=0.0,
)  # fmt: skip


def seen(snr, std, *, quality="value"):
    return schemas.observables(
        {"snr_per_root_scan": (snr, std)}, nucleus="1H", metal="none", method="made in a test",
        provenance="{}", quality=quality, attrs={"dwell": 0.5e-6},
    )  # fmt: skip


def limit(value, *, route="given", std=0.0, nucleus="1H"):
    return Limit(nucleus=nucleus, route=route, value=value, relative_std=std, source="a test")


def test_the_limit_of_the_virtual_receiver_is_measured_back():
    """The laboratory makes its records from a limit; the analysis has its own formulas."""
    line = Line(shape="lorentzian", fwhm=2e3, shift=0.0, t1=5e-3, t2=math.inf)
    cell = Cell("LaH10.5", metal_atoms=2.8e14, lines={"1H": line}, field_offset=0.0)
    receiver = Receiver(
        reference_frequency=395.107e6, carrier_frequency=395.107e6, limit_of_detection=5.44e11,
        ring_down=0.0, ring_down_time=0.3e-6, phase=0.4,
    )  # fmt: skip
    settings = Settings(
        pulse_length=4e-6, flip_angle=math.pi / 3, dead_time=3e-6, dwell=0.5e-6, points=4096,
        repetition_time=8e-3,
    )  # fmt: skip
    record = acquire(
        cell, sequence="fid", nucleus="1H", n_scans=4000, seed=2, receiver=receiver,
        settings=settings,
    )  # fmt: skip
    found = limit_from_data(
        lines.line(record, shape="lorentzian"),
        atoms=10.5 * 2.8e14,
        atoms_std=0.0,
        factors=[
            steady_state(
                repetition_time=8e-3, t1=5e-3, t1_std=0.0, flip_angle=math.pi / 3, sequence="fid"
            )
        ],
    )
    assert found.relative_std < 0.03
    assert found.value == pytest.approx(5.44e11, rel=3 * found.relative_std)


def test_a_record_that_does_not_say_how_it_was_excited_gives_no_limit():
    time = 1e-6 * np.arange(512)
    for missing, rest in (("flip_angle", {}), ("repetition_time", {"flip_angle": 1.5})):
        record = acquisition(100 * np.exp(-1e4 * time), time, **rest)
        record.attrs["repetition_time"] = np.nan if missing == "repetition_time" else 1.0
        with pytest.raises(ValueError, match=f"no {missing} in the record"):
            limit_from_record(record, shape="lorentzian", atoms=(1e15, 0.0), t1=(0.1, 0.0))


def test_losses_that_are_known_do_not_count_against_the_channel():
    whole = limit_from_data(seen(39.0, 0.0), atoms=3e16, atoms_std=0.0, factors=[])
    half = Factor(name="refocusing", value=0.5, std=0.0, source="test")
    lossy = limit_from_data(seen(19.5, 0.0), atoms=3e16, atoms_std=0.0, factors=[half])
    assert whole.value == pytest.approx(5.44e11, rel=5e-3)
    assert lossy.value == pytest.approx(whole.value)


def test_errors_of_a_limit_from_data_are_those_of_many_trials():
    rng = np.random.default_rng(4)
    factor = Factor(name="visible_fraction", value=0.8, std=0.024, source="test")
    found = limit_from_data(seen(20.0, 1.0), atoms=1e15, atoms_std=3e13, factors=[factor])
    trials = (
        (1e15 + 3e13 * rng.normal(size=40_000))
        * (0.8 + 0.024 * rng.normal(size=40_000))
        / (20 + rng.normal(size=40_000))
    )
    assert found.relative_std == pytest.approx(trials.std() / trials.mean(), rel=0.02)


def test_errors_of_reciprocity_are_those_of_its_formula():
    found = limit_from_reciprocity(
        ICE, of=PROTON, sample_temperature=300.0, sample_temperature_std=6.0
    )
    assert found.value == pytest.approx(1.18e14, rel=5e-3)
    terms = (0.02, 0.01, 0.06 / 2, 0.05 / 2, 0.02)
    assert found.relative_std == pytest.approx(math.sqrt(sum(one**2 for one in terms)))


def test_a_line_that_was_not_found_has_no_limit():
    with pytest.raises(Undetermined, match="Found no line of 1H"):
        limit_from_data(
            seen(2.0, np.nan, quality="upper bound"), atoms=1e15, atoms_std=0.0, factors=[]
        )


def test_the_published_factor_of_216_is_said_without_a_verdict():
    bound = limit_from_reciprocity(
        ICE, of=PROTON, sample_temperature=300.0, sample_temperature_std=0.0
    )
    found = side_by_side([limit(5.44e11), bound])
    (ratio,) = [value for *_, value in found.ratios]
    assert 1 / ratio == pytest.approx(216, rel=5e-3)
    assert found.statuses == ("LODT_BELOW_RECIPROCITY",)
    (sentence,) = found.sentences
    assert "46.7 dB" in sentence
    assert "Both stand" in sentence


def test_a_limit_above_reciprocity_or_within_its_error_is_no_news():
    bound = limit(1e14, route="reciprocity", std=0.2)
    for value in (3e14, 0.8e14):
        found = side_by_side([limit(value), bound])
        assert found.statuses == ()
    assert side_by_side([limit(1e13)]).ratios == ()


def test_a_limit_is_carried_with_its_error_and_says_so():
    lanthanum = reception.resonance(nucleus="139La", tms_frequency=395.107e6)
    proton = reception.resonance(nucleus="1H", tms_frequency=395.107e6)
    found = limit_of_other_nucleus(
        limit(5.44e11, std=0.1), of=proton, other=lanthanum, exponent=2.75
    )
    assert (found.nucleus, found.relative_std) == ("139La", 0.1)
    assert 2.797e14 / (found.value * math.sqrt(2e6)) * math.sqrt(25e3) == pytest.approx(
        5.55, rel=1e-2
    )
    assert "from 1H by the exponent 2.75" in found.source


def test_limits_of_several_nuclei_and_nonsense_are_refused():
    with pytest.raises(ValueError, match="one nucleus stand side by side"):
        side_by_side([limit(1.0), limit(1.0, nucleus="139La")])
    with pytest.raises(ValueError, match="of nothing"):
        side_by_side([])
    with pytest.raises(ValueError, match="positive number with a finite error"):
        limit(0.0)
    with pytest.raises(UnknownWord, match="reciprocity"):
        limit(1.0, route="recipe")
    with pytest.raises(ValueError, match="atoms and a bandwidth"):
        limit_from_data(seen(3.0, 1.0), atoms=0.0, atoms_std=0.0, factors=[])
