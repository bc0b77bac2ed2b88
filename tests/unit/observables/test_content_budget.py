"""The budget of a content against contents that were really computed with moved inputs."""

import math

import pytest

from megabar import schemas
from megabar.observables.calibrations import calibration_by_exponent, calibration_by_precursor
from megabar.observables.content_budget import budget_of
from megabar.observables.efficiencies import Factor
from megabar.observables.hydrogen_content import hydrogen_content

SNR = "snr_per_root_scan"
INPUTS = {"hydrogen": 100.0, "metal": 2.0, "saturation": 0.8, "echo": 0.5, "x0": 3.0, "before": 0.9}
STDS = {"hydrogen": 3.0, "metal": 0.1, "saturation": 0.04, "echo": 0.05, "x0": 0.06, "before": 0.03}


def seen(nucleus, snr, std):
    return schemas.observables(
        {SNR: (snr, std)}, nucleus=nucleus, metal="none", method="test", provenance="{}"
    )


def eta(name, value, std, **told):
    return Factor(name=name, value=value, std=std, source="test", **told)


def content(readings=(), **moved):
    told = {**INPUTS, **moved}
    scale = calibration_by_precursor(
        hydrogen=seen("1H", 29.0, 0.0),
        metal=seen("139La", 1.0, 0.0),
        h_per_metal=told["x0"],
        h_per_metal_std=STDS["x0"],
        factors={"metal": [eta("refocusing", told["before"], STDS["before"])]},
        by=SNR,
    )
    return hydrogen_content(
        seen("1H", told["hydrogen"], STDS["hydrogen"]),
        seen("139La", told["metal"], STDS["metal"]),
        scale=scale,
        factors={
            "hydrogen": [eta("steady_state", told["saturation"], STDS["saturation"])],
            "metal": [eta("refocusing", told["echo"], STDS["echo"], alternatives=readings)],
        },
    )


ROWS = {
    "hydrogen": ("amplitude", "hydrogen"),
    "metal": ("amplitude", "metal"),
    "saturation": ("steady_state", "hydrogen"),
    "echo": ("refocusing", "metal"),
    "x0": ("content of the precursor", "scale"),
    "before": ("refocusing of the precursor, metal", "scale"),
}


@pytest.mark.parametrize("name", INPUTS)
def test_a_row_says_how_far_its_input_moves_the_content(name):
    middle = float(content().h_per_metal)
    rows = {(row.source, row.side): row for row in budget_of(content().attrs).rows}
    moved = sorted(
        float(content(**{name: INPUTS[name] + sign * STDS[name]}).h_per_metal) / middle
        for sign in (-1, 1)
    )
    row = rows[ROWS[name]]
    # what enters the scale in the denominator is told to first order
    assert (row.low, row.high) == pytest.approx(moved, rel=2e-3 if name == "before" else 1e-9)


def test_a_row_says_what_leaving_its_efficiency_out_would_do():
    budget = budget_of(content().attrs)
    rows = {row.source: row for row in budget.rows}
    scale = float(content().h_per_metal)
    assert rows["steady_state"].left_out == pytest.approx(
        float(content(saturation=1.0).h_per_metal) / scale
    )
    # an echo that is corrected neither now nor in the precursor
    neither = float(content(echo=1.0, before=1.0).h_per_metal)
    assert rows["refocusing"].left_out == pytest.approx(neither / scale)
    assert "left out, the content would be x 1.8" in rows["refocusing"].sentence


def test_other_readings_stand_as_a_choice():
    found = content(readings=(("field gradients", 0.361),))
    row = next(row for row in budget_of(found.attrs).rows if row.kind == "choice")
    assert (row.low, row.high) == pytest.approx((0.722, 1.0))
    assert "field gradients: x 0.722" in row.detail


def test_the_widest_row_comes_first_and_the_total_is_the_interval():
    found = content()
    budget = budget_of(found.attrs)
    reaches = [row.reach for row in budget.rows]
    assert reaches == sorted(reaches, reverse=True)
    assert budget.value == pytest.approx(float(found.h_per_metal))
    low, high = budget.total
    assert (low * budget.value, high * budget.value) == pytest.approx(found.attrs["interval_68"])
    in_quadrature = math.hypot(0.03, 0.05, 0.05, 0.1, 0.02, 0.03 / 0.9)
    assert (high - low) / 2 == pytest.approx(in_quadrature, rel=0.01)


def test_exponents_of_the_coil_are_one_choice():
    scale = calibration_by_exponent(
        nuclei=("1H", "139La"), exponents=(3, 2.75, 2.5), by=SNR, noise_ratio=1.0,
        noise_ratio_std=0.0,
    )  # fmt: skip
    lines = [seen("1H", 100, 1).assign_attrs(dwell=1e-6), seen("139La", 1, 0.01)]
    found = hydrogen_content(lines[0], lines[1].assign_attrs(dwell=1e-6), scale=scale, factors={})
    row = budget_of(found.attrs).rows[0]
    assert (row.source, row.kind) == ("calibration", "choice")
    assert row.high / row.low == pytest.approx((1 / 0.14125641) ** 0.5, rel=1e-6)


def test_a_content_that_is_not_determined_has_no_budget():
    dark = schemas.observables(
        {SNR: (1.0, math.nan)}, nucleus="139La", metal="none", method="test", provenance="{}",
        quality="upper bound",
    )  # fmt: skip
    scale = calibration_by_exponent(
        nuclei=("1H", "139La"), exponents=(3,), by=SNR, noise_ratio=1.0, noise_ratio_std=0.0
    )
    bright = seen("1H", 100, 1).assign_attrs(dwell=1e-6)
    found = hydrogen_content(bright, dark.assign_attrs(dwell=1e-6), scale=scale, factors={})
    assert budget_of(found.attrs) is None
