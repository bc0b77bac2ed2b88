"""Published pulses and signals of two channels: what they say about the coil between them.

References
----------
Zhou et al., Nat. Commun. 16, 1135 (2025), doi:10.1038/s41467-025-56033-3.

Twin: ``observables.content_audit``.
"""

from __future__ import annotations

from math import degrees, exp, pi, sqrt
from typing import TYPE_CHECKING, Final

from megabar.matter import nuclei
from megabar.observables.audit_findings import Finding
from megabar.observables.efficiencies import refocusing
from megabar.spins.pressure_cells import PUBLISHED_LIMITS
from megabar.spins.pulse_shapes import gaussian_shape
from megabar.spins.reception import (
    field_per_root_watt,
    limit_of_another,
    resonance,
    snr_of_one_scan,
)

if TYPE_CHECKING:
    from megabar.observables.audit_inputs import Paper

TRUNCATION: Final = 0.01
"""Amplitude at the ends of a Gaussian pulse over its peak that the arithmetic supposes."""

SUPPOSED: Final = {
    "volume": 10e-15,  # of the sample [m3], 10 picolitres
    "metals_per_cell": 4.0,
    "scans_hydrogen": 1e4,
    "scans_metal": 25e3,
    "bandwidth": 2e6,  # [Hz]
    "dwell": 0.5e-6,  # [s]
    "exponent": 2.75,
}
"""What the budget of the signals supposes; the paper prints no signal."""


def pulse_calibration(paper: Paper) -> Finding:
    """Compare what the printed pulses say about the two channels of one coil.

    Parameters
    ----------
    paper
        Its printed numbers.

    Returns
    -------
    :
        The finding.
    """
    per_root_watt = {
        name: field_per_root_watt(
            of=resonance(nucleus=nucleus, tms_frequency=paper.value("proton_frequency")),
            pulse_90=paper.value(f"{name.split('_')[0]}_pulse{tail}"),
            mean_over_peak=1.0,
            power=paper.value(f"{name.split('_')[0]}_power{tail}"),
        )
        for name, nucleus, tail in (
            ("proton_low", "1H", "_low"),
            ("proton_high", "1H", "_high"),
            ("lanthanum", "139La", ""),
        )
    }  # fmt: skip
    lanthanum = nuclei.nucleus("139La")
    ratio = per_root_watt["lanthanum"] / per_root_watt["proton_low"]
    selective = ratio / (lanthanum.spin + 0.5)
    expected = (nuclei.nucleus("1H").xi / lanthanum.xi) ** 0.25
    flip = pi / 2 * expected / ratio
    numbers = {
        "field_per_root_watt_proton_low": per_root_watt["proton_low"],
        "field_per_root_watt_proton_high": per_root_watt["proton_high"],
        "field_per_root_watt_lanthanum": per_root_watt["lanthanum"],
        "ratio": ratio,
        "ratio_if_central_only": selective,
        "ratio_of_skin_effect": expected,
        "flip_of_skin_effect": flip,
        "mean_over_peak": gaussian_shape(truncation=TRUNCATION, slices=512).mean,
    }
    listed = ", ".join(f"{1e3 * value:.3g}" for value in per_root_watt.values())
    return Finding(
        subject="calibration of the 139La channel",
        status="unstated",
        claim=(
            "Pulses: 1H 14 us at 0.8 W and 6 us at 5 W, 139La 4 us at 0.5 W, all Gaussian"
        ),
        arithmetic=(
            f"As 90 degree pulses they mean {listed} mT per root watt (mean of the shape; its peak "
            f"is {1 / numbers['mean_over_peak']:.2f} times that if it is cut at "
            f"{TRUNCATION:.0%}): La over H {ratio:.3g}, or {selective:.2g} if only the central "
            f"transition turns, where one coil with skin effect has {expected:.3g}; with that the "
            f"La pulse turns by {degrees(flip):.2g} degrees"
        ),
        verdict=(
            "Whether the La pulse is calibrated is not stated; H per La goes in proportion to it"
        ),
        inputs=("proton_pulse_low", "proton_power_low", "proton_pulse_high", "proton_power_high",
                "lanthanum_pulse", "lanthanum_power"),
        numbers=numbers,
    )  # fmt: skip


def lanthanum_signal(paper: Paper) -> Finding:
    """Ask how well the 139La line can be known with the best published coil.

    Parameters
    ----------
    paper
        Its printed numbers.

    Returns
    -------
    :
        The finding.
    """
    volume = SUPPOSED["volume"] / paper.value("cell_volume")
    atoms = {
        "hydrogen": volume * SUPPOSED["metals_per_cell"] * paper.value("content"),
        "metal": volume * SUPPOSED["metals_per_cell"],
    }
    proton, lanthanum = (
        resonance(nucleus=name, tms_frequency=paper.value("proton_frequency"))
        for name in ("1H", "139La")
    )
    best = min(PUBLISHED_LIMITS, key=lambda one: one.lowest)
    limits = {"hydrogen": best.lowest}
    limits["metal"] = limit_of_another(
        limit=best.lowest, of=proton, other=lanthanum, exponent=SUPPOSED["exponent"]
    )
    signal = {
        side: sqrt(SUPPOSED[f"scans_{side}"])
        * snr_of_one_scan(
            atoms=atoms[side], limit=limits[side], bandwidth=SUPPOSED["bandwidth"], efficiency=1.0
        )
        for side in limits
    }
    fwhm, delay = paper.value("lanthanum_fwhm_hydride"), paper.value("echo_delay")
    kept = refocusing(echo_delay=delay, fwhm=fwhm, shape="gaussian")
    spread = sqrt(1 - exp(-2 * pi * fwhm * SUPPOSED["dwell"])) / (kept * signal["metal"])
    return Finding(
        subject="signal of the 139La line",
        status="unstated",
        claim="H per La to 3 to 4 %, with a 139La line of 38 kHz",
        arithmetic=(
            f"10 pl with the best limit published ({best.lowest:.0e} spins per root Hz of 1H, "
            f"{best.source}) gives 1H {signal['hydrogen']:.0f} after 10000 scans and 139La "
            f"{signal['metal']:.1f} after 25000 (p = 11/4, 2 MHz), before an echo that keeps "
            f"{kept:.2f}: a line of {fwhm / 1e3:.0f} kHz of known shape is then known to "
            f"{spread:.0%}"
        ),
        verdict=(
            "Errors of 3 to 4 % need a more sensitive La channel than that; its calibration would "
            "tell"
        ),
        inputs=("proton_frequency", "content", "cell_volume", "lanthanum_fwhm_hydride",
                "echo_delay"),
        numbers={
            "atoms_hydrogen": atoms["hydrogen"],
            "atoms_metal": atoms["metal"],
            "snr_hydrogen": signal["hydrogen"],
            "snr_metal": signal["metal"],
            "kept_in_echo": kept,
            "relative_std": spread,
        },
    )  # fmt: skip
