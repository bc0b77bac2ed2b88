"""Content against the precursor: the scale, its two kinds of error, and what is no number."""

import json

import numpy as np
import pytest

from megabar import errors, schemas
from megabar.observables import content_covariance, hydrogen_content
from megabar.observables.calibrations import calibration_by_precursor
from megabar.observables.efficiencies import Factor, bandwidth
from megabar.observables.ratio_intervals import ratio_interval


def seen(nucleus, snr, std, **attrs):
    return schemas.observables(
        {"snr_per_root_scan": (snr, std), "amplitude": (16 * snr, 16 * std)},
        nucleus=nucleus,
        metal="none",
        method="made in a test",
        provenance="{}",
        attrs={"n_scans": 16.0, **attrs},
    )


def absent(nucleus, *, estimate=None):
    attrs = {"snr_estimate": estimate[0], "snr_estimate_std": estimate[1]} if estimate else {}
    return schemas.observables(
        {"snr_per_root_scan": (2.0, np.nan)},
        nucleus=nucleus,
        metal="none",
        method="made in a test",
        provenance="{}",
        quality="upper bound",
        attrs=attrs,
    )


def content(hydrogen, metal, *, before=None, factors=None, by="snr_per_root_scan", x0_std=0.0):
    lines = {"hydrogen": seen("1H", 29.0, 0.0), "metal": seen("139La", 1.0, 0.0), **(before or {})}
    listed = factors or {}
    scale = calibration_by_precursor(
        **lines,
        h_per_metal=3.0,
        h_per_metal_std=x0_std,
        factors={
            side.removeprefix("precursor_"): those
            for side, those in listed.items()
            if side.startswith("precursor_")
        },
        by=by,
    )
    now = {side: those for side, those in listed.items() if not side.startswith("precursor_")}
    return hydrogen_content(hydrogen, metal, scale=scale, factors=now)


def eta(value, *, std=0.0, common=False):
    return [Factor(name="refocusing", value=value, std=std, source="test", common=common)]


def test_printed_example_with_and_without_refocusing():
    """x0 = 3, R = 100, R0 = 29: 10.34, and 6.61 with 0.500 now against 0.783 before."""
    plain = content(seen("1H", 100.0, 0.0), seen("139La", 1.0, 0.0))
    assert float(plain.h_per_metal) == pytest.approx(10.34, rel=2e-3)
    corrected = content(
        seen("1H", 100.0, 0.0),
        seen("139La", 1.0, 0.0),
        factors={"metal": eta(0.500), "precursor_metal": eta(0.783)},
    )
    assert float(corrected.h_per_metal) == pytest.approx(6.61, rel=2e-3)


def test_each_kind_of_error_goes_where_it_belongs():
    found = content(
        seen("1H", 100.0, 3.0),
        seen("139La", 1.0, 0.04),
        before={"hydrogen": seen("1H", 29.0, 0.29), "metal": seen("139La", 1.0, 0.02)},
        x0_std=0.15,
        factors={
            "hydrogen": eta(0.5, std=0.06),
            "metal": eta(0.5, std=0.01, common=True),
            "precursor_metal": eta(0.8, std=0.024),
        },
    )
    assert found.attrs["independent_relative_std"] == pytest.approx(np.hypot(0.05, 0.12))
    common = np.sqrt(0.01**2 + 0.02**2 + 0.05**2 + 0.02**2 + 0.03**2)
    assert found.attrs["common_relative_std"] == pytest.approx(common)
    total = np.hypot(np.hypot(0.05, 0.12), common)
    assert float(found.h_per_metal_std / found.h_per_metal) == pytest.approx(total)


def test_printed_interval_of_a_faint_metal_line():
    assert ratio_interval(
        numerator=300, numerator_std=5, denominator=10, denominator_std=1, z=1.96
    ) == pytest.approx((25.00, 37.39), rel=1e-3)


@pytest.mark.parametrize("size", [3.0, 6.0, 20.0])
def test_interval_of_a_ratio_covers_as_often_as_stated(size):
    rng = np.random.default_rng(1)
    truth, covered = 30.0, 0
    for _ in range(2000):
        low, high = ratio_interval(
            numerator=truth * size + rng.normal() * 5,
            numerator_std=5.0,
            denominator=size + rng.normal(),
            denominator_std=1.0,
            z=1.96,
        )
        covered += low <= truth <= high
    assert covered / 2000 == pytest.approx(0.95, abs=3 * np.sqrt(0.05 * 0.95 / 2000))


def test_metal_line_that_may_be_absent_leaves_the_content_without_upper_limit():
    found = content(seen("1H", 100.0, 1.0), seen("139La", 1.0, 0.6))
    assert found.h_per_metal.attrs["quality"] == "lower bound"
    assert found.attrs["interval"][1] == np.inf
    assert float(found.h_per_metal) < 10.34
    assert np.isnan(found.h_per_metal_std)


@pytest.mark.parametrize("metal", [absent("139La", estimate=(-0.1, 0.5)), absent("139La")])
def test_undetected_metal_line_leaves_no_number_at_all(metal):
    found = content(seen("1H", 100.0, 1.0), metal)
    assert found.h_per_metal.attrs["quality"] == "not determined"
    assert np.isnan(found.h_per_metal)
    assert np.isnan(found.attrs["estimate"])
    assert found.attrs["interval"] == [-np.inf, np.inf]
    assert "not determined" in schemas.warnings_of(found)[-1]


def test_undetected_hydrogen_gives_an_upper_bound():
    found = content(absent("1H", estimate=(1.0, 2.0)), seen("139La", 1.0, 0.01))
    assert found.h_per_metal.attrs["quality"] == "upper bound"
    assert float(found.h_per_metal) == pytest.approx(3 / 29 * (1 + 1.96 * 2), rel=0.01)


def test_precursor_that_was_not_detected_gives_no_scale():
    with pytest.raises(errors.Undetermined, match="no scale"):
        content(seen("1H", 100, 1), seen("139La", 1, 0.01), before={"metal": absent("139La")})


def test_noise_of_the_receiver_does_not_enter_by_amplitude():
    now, before = seen("1H", 100.0, 1.0), seen("1H", 29.0, 0.29)
    by_snr = content(now, seen("139La", 1.0, 0.01), before={"hydrogen": before})
    louder = now.assign(snr_per_root_scan=now.snr_per_root_scan / 2)
    by_amplitude = content(
        louder, seen("139La", 1.0, 0.01), before={"hydrogen": before}, by="amplitude_per_scan"
    )
    assert float(by_amplitude.h_per_metal) == pytest.approx(float(by_snr.h_per_metal))


def test_different_dwells_need_the_bandwidth_on_both_sides():
    words = {"before": {"hydrogen": seen("1H", 29.0, 0.1, dwell=0.5e-6)}}
    now, metal = seen("1H", 100.0, 1.0, dwell=1e-6), seen("139La", 1.0, 0.01)
    with pytest.raises(ValueError, match="bandwidth"):
        content(now, metal, **words)
    metals = {side: [bandwidth(dwell=1e-6)] for side in ("metal", "precursor_metal")}
    factors = {
        "hydrogen": [bandwidth(dwell=1e-6)],
        "precursor_hydrogen": [bandwidth(dwell=0.5e-6)],
        **metals,
    }
    found = content(now, metal, **words, factors=factors)
    assert float(found.h_per_metal) == pytest.approx(3 * 100 / 29 / np.sqrt(2))


def test_nuclei_of_now_and_before_must_agree():
    with pytest.raises(ValueError, match="must agree"):
        content(seen("1H", 100, 1), seen("89Y", 1, 0.01))


def test_factors_of_an_unknown_side_are_refused():
    with pytest.raises(errors.UnknownWord, match="metal"):
        content(seen("1H", 100, 1), seen("139La", 1, 0.01), factors={"meta": eta(1.0)})


def test_answer_names_metal_factors_and_origin():
    found = content(
        seen("1H", 100, 1), seen("139La", 1, 0.01), factors={"metal": eta(0.5, std=0.01)}
    )
    assert found.attrs["metal"] == "139La"
    assert found.attrs["mode"] == "precursor"
    assert json.loads(found.attrs["factors"])["metal"][0]["name"] == "refocusing"
    assert len(json.loads(found.attrs["provenance"])["inputs"]) == 4
    assert found.attrs["assumptions"]


def test_printed_covariance_of_three_points():
    c = content_covariance(
        h_per_metal=[10.5, 9.0, 6.9],
        independent_relative_std=[0.03, 0.03, 0.04],
        common_relative_std=0.05,
    )
    assert c[0, 0] == pytest.approx(0.37485, rel=1e-3)
    assert c[0, 1] == pytest.approx(0.23625, rel=1e-3)
    assert c[2, 2] == pytest.approx(0.19520, rel=1e-3)
    difference = np.sqrt(c[0, 0] + c[2, 2] - 2 * c[0, 2])
    assert difference == pytest.approx(0.456, rel=1e-3)
    assert np.sqrt(c[0, 0] + c[2, 2]) == pytest.approx(0.755, rel=1e-3)


def generalised_mean(values, covariance):
    weights = np.linalg.solve(covariance, np.ones(len(values)))
    return weights @ values / weights.sum(), 1 / np.sqrt(weights.sum())


def test_peelles_puzzle_is_there_with_measured_values_and_gone_with_model_values():
    x = np.array([1.5, 1.0])
    told = {"h_per_metal": x, "independent_relative_std": 0.1, "common_relative_std": 0.2}
    mean, std = generalised_mean(x, content_covariance(**told))
    assert (mean, std) == pytest.approx((0.882, 0.218), rel=2e-3)
    model, _ = generalised_mean(x, content_covariance(**told, scale_with=[1.154, 1.154]))
    assert model == pytest.approx(1.154, rel=2e-3)


def test_covariance_is_what_random_scales_and_points_give():
    rng = np.random.default_rng(2)
    x = np.array([10.5, 9.0, 6.9])
    series = x * (1 + 0.05 * rng.normal(size=(40000, 1))) + x * 0.03 * rng.normal(size=(40000, 3))
    c = content_covariance(h_per_metal=x, independent_relative_std=0.03, common_relative_std=0.05)
    assert np.cov(series.T) == pytest.approx(c, rel=0.04)


def test_negative_errors_are_refused():
    with pytest.raises(ValueError, match="negative error"):
        content_covariance(h_per_metal=[1], independent_relative_std=-1, common_relative_std=0)
