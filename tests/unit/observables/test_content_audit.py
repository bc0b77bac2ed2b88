"""The audit of published contents: what it computes against the same worked out by hand."""

import math
import re

import pytest

from megabar.errors import UnknownWord
from megabar.matter import crystals
from megabar.observables import audit_inputs, content_audit
from megabar.observables.audit_findings import STATUSES, Finding
from megabar.observables.diffusivity_audit import audit_of_lah10
from megabar.observables.published_audit import audit_of_published_lah10
from megabar.spins.crystal_moments import crystal_moments

PAPER = audit_inputs.LAH10


@pytest.fixture(scope="module")
def findings():
    """By subject; the superhydride in the printed cell, the trihydride at 4.5 A."""
    lah10 = crystals.crystal("LaH10", volume_per_metal=143e-30 / 4)
    lah3 = crystals.crystal("LaH3", lattice_parameter=4.5e-10)
    return {one.subject: one for one in audit_of_published_lah10(lah10=lah10, lah3=lah3)}


# Reference values, worked out independently of this code: subject, number, expected, tolerance.
EXPECTED = [
    # carrier 0.14125641 x 395 MHz x (1 + 2800e-6), and with the printed sign
    ("sign of the 139La shift of LaH3", "frequency_opposite_sign", 55.9525e6, 2e-6),
    ("sign of the 139La shift of LaH3", "frequency_as_printed", 55.640e6, 2e-6),
    ("sign of the 139La shift of LaH3", "shift_from_end", 2800e-6, 1e-9),
    # 55.95 / 55.79628 - 1
    ("sign of the 139La shift of LaH3", "shift_of_carrier", 2755e-6, 1e-3),
    ("Planck constant", "squared_ratio", 39.48, 1e-3),
    ("number density", "cell", 2.94e29, 1e-2),
    ("number density", "cell_over_printed", 2.94, 1e-2),
    ("rigid width", "pair_constant_1.1", 90.2e3, 1e-2),
    ("rigid width", "pair_constant_1.0", 120.12e3, 1e-3),
    ("rigid width", "splitting_1.1", 135e3, 1e-2),
    ("rigid width", "splitting_1.0", 180e3, 1e-2),
    ("rigid width", "nearest", 1.18e-10, 1e-2),
    ("rigid width", "sum_r6", 1.478e60, 1e-3),
    ("rigid width", "second_moment", 3.8e11, 1e-2),
    ("rigid width", "fwhm_gaussian", 231e3, 1e-2),
    ("extreme narrowing", "t1_minimum", 6.9e-3, 1e-2),
    ("extreme narrowing", "formal_time", 5.3e-10, 1e-2),
    ("extreme narrowing", "formal_reduced_time", 1.3, 1e-2),
    ("extreme narrowing", "second_moment_needed", 1.74e12, 1e-2),
    ("extreme narrowing", "needed_over_rigid", 4.6, 1e-2),
    ("T2 against width", "homogeneous_fwhm", 212.0, 1e-2),
    ("T2 against width", "t2_star", 236e-6, 1e-2),
    ("T2 against width", "relative_fwhm", 3.4e-6, 1e-2),
    ("calibration of the 139La channel", "field_per_root_watt_proton_low", 0.469e-3, 1e-2),
    ("calibration of the 139La channel", "field_per_root_watt_proton_high", 0.438e-3, 1e-2),
    ("calibration of the 139La channel", "field_per_root_watt_lanthanum", 14.7e-3, 1e-2),
    ("calibration of the 139La channel", "ratio", 31.3, 1e-2),
    ("calibration of the 139La channel", "ratio_if_central_only", 7.8, 1e-2),
    ("calibration of the 139La channel", "ratio_of_skin_effect", 1.63, 1e-2),
    ("calibration of the 139La channel", "flip_of_skin_effect", math.radians(4.7), 1e-2),
    ("errors of H per La", "two_spectra", 0.0707, 1e-3),
    ("errors of H per La", "content_std", 0.74, 1e-2),
    ("errors of H per La", "precursor", 0.065, 1e-2),
    ("errors of H per La", "hydride_low", 0.029, 2e-2),
    ("errors of H per La", "hydride_high", 0.038, 1e-2),
    ("rate of the loss", "rate_of_share", 0.140 / 86400, 1e-2),
    ("rate of the loss", "content_of_share", 6.3, 1e-2),
    ("rate of the loss", "content_of_rate", 6.9, 1e-2),
    ("rate of the loss", "share_of_rate", 0.34, 1e-2),
    ("rate of the loss", "rate_to_trihydride", 0.110 / 86400, 1e-2),
    ("hydrogen outside the hydride", "hydrogen_in_cell", 27.0, 1e-9),
    ("hydrogen outside the hydride", "hydrogen_outside", 16.5, 1e-9),
    ("hydrogen outside the hydride", "weight_h2", 0.164, 5e-3),
    ("hydrogen outside the hydride", "weight_borane", 0.00133, 5e-3),
    ("what the repetition time selects", "repetition_over_t1", 6.7, 1e-2),
    ("what the repetition time selects", "time", 55.6 * 3600, 1e-2),
    ("what the repetition time selects", "kept_in_echo", 0.92, 1e-2),
    ("width of LaH3", "fwhm_of_hydrogen", 74.4e3, 3e-3),
    ("width of LaH3", "fwhm_gaussian", 77.6e3, 3e-3),
    ("width of LaH3", "lanthanum_fwhm", 8.25e3, 3e-3),
    ("relaxation by electrons", "t1", 2.194, 1e-3),
    ("relaxation by electrons", "korringa_constant", 2.633e-7, 1e-3),
    ("constants and frequencies", "inverse_larmor", 0.403e-9, 1e-3),
    ("constants and frequencies", "field", 9.277, 1e-3),
    ("constants and frequencies", "quadrupole", 20e-30, 1e-9),
    ("the two 1H pulses", "ratio", 1.07, 1e-2),
    ("width of the 139La line", "relative_fwhm", 679e-6, 1e-3),
    ("a broad 1H signal grows", "splitting", 444.6e3, 1e-3),
    ("a broad 1H signal grows", "relative_splitting", 1126e-6, 1e-3),
    ("the 139La shift moves", "change", 2050e-6, 1e-9),
    ("the critical temperature falls", "least", 0.44, 1e-2),
    ("the critical temperature falls", "most", 0.53, 1e-2),
    # R 0.5 um at 1e-10 m2/s to 20 um at 8.05e-13 m2/s: k_s R/D and R^2/(pi^2 D)
    ("loss by diffusion", "biot_least", 1.1e-10, 2e-2),
    ("loss by diffusion", "biot_most", 2.2e-5, 2e-2),
    ("loss by diffusion", "time_least", 0.253e-3, 1e-2),
    ("loss by diffusion", "time_most", 50.3, 2e-2),
    ("loss by diffusion", "fick_diffusivity", 1.56e-20, 1e-2),
    ("loss by diffusion", "flux", 1.295e16, 5e-3),
    ("loss by diffusion", "exchange", 4.41e-14, 5e-3),
    ("loss by diffusion", "recombination", 1.50e-43, 5e-3),
    ("loss by diffusion", "barrier", 0.968 * 1.602177e-19, 2e-3),
    ("loss by diffusion", "layer_least", 1.81e-19, 5e-3),
    ("loss by diffusion", "layer_most", 9.04e-19, 5e-3),
    ("pressure during the loss", "molar_volume", 2.254e-6, 2e-3),
    ("pressure during the loss", "potential_std", 33.8e3, 2e-3),
    ("pressure during the loss", "per_atom", 0.175 * 1.602177e-19, 2e-3),
    ("pressure during the loss", "over_kt", 6.9, 5e-3),
    ("uptake by the gasket", "metal_atoms", 9.84e13, 5e-3),
    ("uptake by the gasket", "hydrogen_released", 7.09e14, 5e-3),
    ("uptake by the gasket", "ring", 12.1e-6, 5e-3),
    # b = 32.1 um, a = 20 um: [b^2/2 ln(b/a) - (b^2 - a^2)/4]/60 d
    ("uptake by the gasket", "front_diffusivity", 1.67e-17, 1e-2),
    ("diffusion into the anvils", "depth_most", 244e-6, 1e-2),
    ("diffusion into the anvils", "depth_least", 2.7e-16, 2e-2),
    # 2050 ppm of 55.95 MHz, over 38 kHz; 2.3548 x 0.4 x ln(2)/2 of it
    ("one 139La line that moves", "apart", 114.7e3, 1e-3),
    ("one 139La line that moves", "widths_apart", 3.02, 2e-3),
    ("one 139La line that moves", "width_half_way", 37.44e3, 1e-3),
    # 12 H2 per La, of which 3.75 go into LaH10.5
    ("hydrogen outside the hydride", "borane_used", 3.75 / 12, 1e-9),
]


@pytest.mark.parametrize(("subject", "number", "expected", "tolerance"), EXPECTED)
def test_numbers_are_those_worked_out_by_hand(findings, subject, number, expected, tolerance):
    assert findings[subject].numbers[number] == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize(
    ("magnetic", "planck", "printed", "cell"),
    [
        ("(mu0/4pi)^2", "hbar", 8.05e-9, 2.37e-8),
        ("mu0^2", "hbar", 1.27e-6, 3.74e-6),
        ("(mu0/4pi)^2", "6.626e-34", 3.18e-7, 9.34e-7),
        ("mu0^2", "6.626e-34", 5.02e-5, 1.47e-4),
    ],
)
def test_the_formula_gives_the_table_of_both_constants(findings, magnetic, planck, printed, cell):
    """cm2/s at T1 = 1.5 ms, a = 1 A and the prefactor 3 pi/10."""
    numbers = findings["D by Eq. (1)"].numbers
    assert numbers[f"{magnetic}, {planck}, printed"] * 1e4 == pytest.approx(printed, rel=1e-2)
    assert numbers[f"{magnetic}, {planck}, cell"] * 1e4 == pytest.approx(cell, rel=1e-2)


def test_no_prefactor_of_the_formula_gives_the_printed_order_in_si(findings):
    """cm2/s in the printed cell, and the T1 that 1e-6 cm2/s would mean."""
    numbers = findings["D by Eq. (1)"].numbers
    for prefactor, expected in (("3pi/10", 2.37e-8), ("2pi/5", 3.15e-8), ("4pi/9", 3.50e-8)):
        assert numbers[f"{prefactor}, cell"] * 1e4 == pytest.approx(expected, rel=1e-2)
    assert numbers["t1_of_printed_diffusivity"] == pytest.approx(63e-3, rel=1e-2)


@pytest.mark.parametrize(
    ("subject", "status", "said"),
    [
        ("sign of the 139La shift of LaH3", "inconsistent", r"\+2800 ppm fits both"),
        ("Planck constant", "inconsistent", "h given for hbar"),
        ("D by Eq. (1)", "inconsistent", "Reproduced only with mu0.2 and hbar"),
        ("rigid width", "inconsistent", "Constant quoted as width"),
        ("extreme narrowing", "inconsistent", "NOT_DIPOLAR"),
        ("T2 against width", "consistent", "Mostly inhomogeneous"),
        ("calibration of the 139La channel", "unstated", "calibrated is not stated"),
        ("errors of H per La", "unstated", "cannot be reproduced"),
        ("numbers printed twice", "inconsistent", "Two values"),
        ("rate of the loss", "consistent", "Compatible within 0.05"),
        ("comparison with other hydrides", "inconsistent", "overstated"),
        ("hydrogen outside the hydride", "unstated", "does not exclude H2"),
        ("what the repetition time selects", "inconsistent", "the other way"),
        ("wording", "inconsistent", "no effect"),
        ("width of LaH3", "unstated", "no calibration of M2"),
        ("absolute H per La", "unstated", "do not follow"),
        ("hydrogen moves", "survives", "mobile"),
        ("loss by diffusion", "inconsistent", "necessary, not rate-limiting"),
        ("pressure during the loss", "unstated", "as large as any plausible driving force"),
        ("H2 beside the hydride", "unstated", "or the loss is apparent"),
        ("uptake by the gasket", "unstated", "damaged film"),
        ("diffusion into the anvils", "unstated", "not excluded"),
        ("one 139La line that moves", "unstated", "without a front"),
        ("cells for transport", "unstated", "no second measurement"),
        ("stability of LaH10", "contradicted", "2507.08009"),
    ],
)
def test_verdicts(findings, subject, status, said):
    assert findings[subject].status == status
    assert re.search(said, findings[subject].verdict, flags=re.IGNORECASE)


def test_nothing_of_the_audit_on_mobility_is_lost_or_told_twice(findings):
    """All ten of its rows stand in the whole audit, each once."""
    lah10 = crystal_moments(crystals.crystal("LaH10", volume_per_metal=143e-30 / 4))
    lah3 = crystal_moments(crystals.crystal("LaH3", lattice_parameter=4.5e-10))
    rows = audit_of_lah10(lah10, lah3, desorption_time=50 * 86400.0)
    claims = [one.claim for one in findings.values()]
    assert [claims.count(row.claim) for row in rows] == [1] * 10


def test_the_gasket_is_kept_dry_longer_than_the_experiment_by_every_source(findings):
    numbers = findings["uptake by the gasket"].numbers
    assert numbers["lag_least"] > 5 * PAPER.value("end_time")
    assert numbers["lag_most"] > 1e10 * 86400


def test_the_cells_for_transport_are_apart_by_the_integral_of_the_volume(findings):
    """2.25 to 2.91 cm3/mol over 73 GPa: 164 to 213 kJ/mol."""
    assert 164e3 < findings["cells for transport"].numbers["potential_apart"] < 213e3


def test_the_audit_names_the_publication_that_reports_the_opposite(findings):
    against = [one for one in findings.values() if one.status == "contradicted"]
    assert [one.subject for one in against] == ["stability of LaH10"]
    assert "five years" in against[0].arithmetic


def test_what_survives_is_told_last(findings):
    statuses = [one.status for one in findings.values()]
    first = statuses.index("survives")
    assert "inconsistent" not in statuses[first:]
    assert statuses[first - 1] == "consistent"


def test_every_input_of_a_finding_is_printed_and_has_a_place(findings):
    places = {"abstract", "text", "methods", "body", "Eq. (1)"}
    assert {one.place for one in PAPER.printed.values()} <= places
    for one in findings.values():
        assert set(one.inputs) <= set(PAPER.printed), one.subject
    assert all(one.inputs for one in content_audit.on_contents(PAPER) if one.numbers)


def test_numbers_that_are_printed_twice_as_text_and_value_agree():
    """The value in SI is the number at the head of what is printed, in its unit."""
    scale = {"MHz": 1e6, "T": 1.0, "ppm": 1e-6, "kHz": 1e3, "ms": 1e-3, "K": 1.0, "fm2": 1e-30,
             "A3": 1e-30, "s": 1.0}  # fmt: skip
    checked = 0
    for name, one in PAPER.printed.items():
        match = re.fullmatch(r"([-+]?[\d.]+) (\w+)", one.printed)
        if match and match[2] in scale:
            assert one.value == pytest.approx(float(match[1]) * scale[match[2]], rel=1e-12), name
            checked += 1
    assert checked >= 14


def test_the_loss_is_called_incompatible_when_it_is():
    """With an error of 0.01 per day, 0.140 and 0.12 part."""
    printed = dict(PAPER.printed)
    old = printed["loss_rate_std"]
    printed["loss_rate_std"] = audit_inputs.Printed(
        value=old.value / 5, printed=old.printed, place=old.place
    )
    sharper = audit_inputs.Paper(name="sharper", citation="none", subject="none", printed=printed)
    found = {one.subject: one for one in content_audit.on_contents(sharper)}["rate of the loss"]
    assert found.status == "inconsistent"
    assert found.verdict.startswith("Not compatible")


def test_the_verdict_follows_what_is_printed():
    """A carrier of 55.64 MHz would have made the printed sign fit, within its four digits."""
    printed = dict(PAPER.printed)
    printed["lanthanum_carrier"] = audit_inputs.Printed(
        value=55.64e6, printed="55.64 MHz", place="body"
    )
    other = audit_inputs.Paper(name="other", citation="none", subject="none", printed=printed)
    found = content_audit.on_contents(other)[0]
    assert found.numbers["shift_of_carrier"] == pytest.approx(-2800e-6, abs=5e-6)
    assert found.status == "consistent"


def test_a_number_that_is_not_printed_is_refused():
    with pytest.raises(UnknownWord, match=r"no printed number 'contents'.*content"):
        PAPER.value("contents")


def test_a_status_is_a_word_of_the_list():
    words = {"inconsistent", "unstated", "consistent", "contradicted", "survives"}
    assert set(STATUSES) == words
    with pytest.raises(UnknownWord, match="wrong"):
        Finding(subject="s", status="wrong", claim="c", arithmetic="a", verdict="v")
