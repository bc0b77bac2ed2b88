"""What of a paper agrees with its own arithmetic, and what stands whatever becomes of the rest.

References
----------
Zhou et al., Nat. Commun. 16, 1135 (2025), doi:10.1038/s41467-025-56033-3.

Twin: ``observables.content_audit``.
"""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING, Final

from megabar.matter import nuclei
from megabar.observables.audit_findings import Finding, in_ppm
from megabar.observables.channel_audit import pulse_calibration
from megabar.spins.moments import pair_constant, pake_splitting

if TYPE_CHECKING:
    from megabar.observables.audit_inputs import Paper
    from megabar.spins.crystal_moments import CrystalMoments

H2_BOND: Final = 0.74e-10
"""Length of the bond of free H2 [m], Huber, Herzberg, Constants of Diatomic Molecules (1979)."""


def what_agrees(paper: Paper) -> tuple[Finding, ...]:
    """List what follows from the printed inputs as it is printed.

    Parameters
    ----------
    paper
        Its printed numbers.

    Returns
    -------
    :
        Findings of status ``"consistent"``.
    """
    proton = paper.value("proton_frequency")
    bare = nuclei.nucleus("1H").gyromagnetic_ratio_bare
    quadrupole = nuclei.nucleus("139La").quadrupole_moment
    pulses = pulse_calibration(paper).numbers
    flips = pulses["field_per_root_watt_proton_low"] / pulses["field_per_root_watt_proton_high"]
    field = proton / nuclei.TMS_FREQUENCY_OVER_FIELD
    width = paper.value("lanthanum_fwhm_hydride") / paper.value("lanthanum_carrier")
    return (
        Finding(
            subject="constants and frequencies",
            status="consistent",
            claim=(
                "1/w0 = 0.4 ns; 395 MHz and 9.28 T; gamma of 1H 26.752e7 rad/(T s); Q of 139La "
                "20 fm2"
            ),
            arithmetic=(
                f"{1e9 / (2 * pi * proton):.3f} ns; {field:.3f} T; {bare / 1e7:.4f}e7 rad/(T s); "
                f"{quadrupole * 1e30:.0f} fm2"
            ),
            verdict="Agrees",
            inputs=("inverse_larmor", "proton_frequency", "field", "gyromagnetic_ratio",
                    "lanthanum_quadrupole"),
            numbers={
                "inverse_larmor": 1 / (2 * pi * proton),
                "field": field,
                "gyromagnetic_ratio": bare,
                "quadrupole": quadrupole,
            },
        ),
        Finding(
            subject="the two 1H pulses",
            status="consistent",
            claim="14 us at 0.8 W and 6 us at 5 W turn by the same angle",
            arithmetic=f"Their fields per root watt differ by {flips - 1:.0%}",
            verdict="Agrees",
            inputs=("proton_pulse_low", "proton_power_low", "proton_pulse_high",
                    "proton_power_high"),
            numbers={"ratio": flips},
        ),
        Finding(
            subject="width of the 139La line",
            status="consistent",
            claim="139La widens from 8 to 38 kHz",
            arithmetic=(
                f"38 kHz is {1e6 * width:.0f} ppm, of the size of its shifts (900 to 2950 ppm)"
            ),
            verdict="A spread of shifts explains it as well as a quadrupole coupling",
            inputs=("lanthanum_fwhm_hydride", "lanthanum_carrier"),
            numbers={"relative_fwhm": width},
        ),
    )  # fmt: skip


def what_survives(paper: Paper, rigid: CrystalMoments) -> tuple[Finding, ...]:
    """List what stands whatever becomes of the other numbers, and what does not follow.

    Parameters
    ----------
    paper
        Its printed numbers.
    rigid
        Of the superhydride.

    Returns
    -------
    :
        Findings; the last one is what does not follow.
    """
    fwhm = paper.value("proton_fwhm_hydride")
    begin, end = (paper.value(f"lanthanum_shift_{name}") for name in ("hydride", "end"))
    pair = pair_constant(
        gyromagnetic_ratio=nuclei.nucleus("1H").gyromagnetic_ratio_bare, distance=H2_BOND
    )
    splitting = pake_splitting(pair_constant=pair)
    relative = splitting / paper.value("proton_frequency")
    hot, low, high = (
        paper.value(f"critical_temperature_{name}") for name in ("first", "low", "high")
    )
    return (
        Finding(
            subject="hydrogen moves",
            status="survives",
            claim=f"A 1H line of {fwhm / 1e3:.2f} kHz",
            arithmetic=(
                f"Rigid it would have {rigid.fwhm_gaussian / 1e3:.0f} kHz as a Gaussian, "
                f"{rigid.fwhm_gaussian / fwhm:.0f} times as much"
            ),
            verdict="Protons are mobile on the time scale of NMR, whatever Eq. (1) gives",
            inputs=("proton_fwhm_hydride",),
            numbers={
                "fwhm_gaussian": rigid.fwhm_gaussian,
                "ratio": rigid.fwhm_gaussian / fwhm,
            },
        ),
        Finding(
            subject="the 139La shift moves",
            status="survives",
            claim=f"139La moves from {in_ppm(begin)} to {in_ppm(end)}",
            arithmetic=(
                f"{1e6 * (end - begin):.0f} ppm, to within "
                f"{1e6 * paper.value('lanthanum_shift_distance'):.0f} ppm of LaH3 if that is at "
                f"{in_ppm(-paper.value('lanthanum_shift_precursor'))}"
            ),
            verdict="A change of the surroundings of La that needs no amplitude and no calibration",
            inputs=("lanthanum_shift_hydride", "lanthanum_shift_end", "lanthanum_shift_distance"),
            numbers={"change": end - begin},
        ),
        Finding(
            subject="a broad 1H signal grows",
            status="survives",
            claim=f"A 1H signal of about {paper.printed['broad_fwhm'].printed} grows",
            arithmetic=(
                f"Rigid H2 with a bond of {H2_BOND * 1e10:.2f} A has the constant "
                f"{pair / 1e3:.0f} kHz and horns {splitting / 1e3:.0f} kHz = "
                f"{1e6 * relative:.0f} ppm apart"
            ),
            verdict="Its width fits rigid H2, if the number printed is a width; the text is open",
            inputs=("broad_fwhm",),
            numbers={
                "pair_constant": pair, "splitting": splitting, "relative_splitting": relative,
            },
        ),
        Finding(
            subject="the critical temperature falls",
            status="survives",
            claim=f"{hot:.0f} K falls to {low:.0f} to {high:.0f} K in separate cells",
            arithmetic=f"To {low / hot:.2f} to {high / hot:.2f} of it",
            verdict="Far outside the width of any transition; these are other cells",
            inputs=("critical_temperature_first", "critical_temperature_low",
                    "critical_temperature_high"),
            numbers={"least": low / hot, "most": high / hot},
        ),
        Finding(
            subject="absolute H per La",
            status="unstated",
            claim="H per La from 10.2 to 11.1",
            arithmetic=(
                "It takes a calibration of both channels, the echo factor of La at its actual "
                "width and errors for either; megabar audit content shows what each is worth"
            ),
            verdict=(
                "The absolute H per La and its errors do not follow from what is published"
            ),
        ),
    )  # fmt: skip
