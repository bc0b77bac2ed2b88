"""Published numbers on how much hydrogen LaH10 holds: claim, arithmetic, what follows.

Every number is computed here from what the paper prints (``observables.audit_inputs``), with the
functions that megabar uses on its own data. It corrects numbers; it does not judge people.

References
----------
Zhou et al., Nat. Commun. 16, 1135 (2025), doi:10.1038/s41467-025-56033-3.

Twin: ``observables.diffusivity_audit``.
"""

from __future__ import annotations

from math import hypot, pi
from typing import TYPE_CHECKING, Final

from megabar.matter import nuclei
from megabar.observables.audit_findings import Finding, in_ppm
from megabar.observables.channel_audit import lanthanum_signal, pulse_calibration
from megabar.observables.efficiencies import refocusing, steady_state
from megabar.spectra.reference import shift_from_frequency

if TYPE_CHECKING:
    from megabar.observables.audit_inputs import Paper

T1_HYDRIDE: Final = 1.5e-3
"""T1 of 1H in the hydride [s]: the paper prints only that it is almost T2."""

BORANE_HYDROGEN: Final = 6.0
"""Hydrogen atoms of one NH3BH3."""

POOLS: Final = {"H2": 1.0, "NH3BH3": 180.0}
"""T1 of other hydrogen in the cell that the arithmetic supposes [s]; the paper prints none."""

_DAY: Final = 86400.0


def on_contents(paper: Paper) -> tuple[Finding, ...]:
    """Go through what a paper prints on contents.

    Parameters
    ----------
    paper
        Its printed numbers.

    Returns
    -------
    :
        Nine findings.

    Examples
    --------
    >>> from megabar.observables.audit_inputs import LAH10
    >>> print(on_contents(LAH10)[3].verdict)
    The error model cannot be reproduced
    """
    return (
        _lanthanum_shift(paper),
        pulse_calibration(paper),
        lanthanum_signal(paper),
        _content_errors(paper),
        _two_values(paper),
        _loss(paper),
        _reservoir(paper),
        _repetition(paper),
        _wording(),
    )


def _lanthanum_shift(paper: Paper) -> Finding:
    """Hold the sign of a printed shift against the carrier and the end point."""
    proton, printed = paper.value("proton_frequency"), paper.value("lanthanum_shift_precursor")
    reference = nuclei.reference_frequency_from_xi(nucleus="139La", tms_frequency=proton)
    stated = paper.value("lanthanum_carrier")
    end, above = (paper.value(f"lanthanum_shift_{name}") for name in ("end", "distance"))
    numbers = {
        "reference_frequency": reference,
        "frequency_as_printed": reference * (1 + printed),
        "frequency_opposite_sign": reference * (1 - printed),
        "shift_of_carrier": 1e-6
        * float(shift_from_frequency(frequency=stated, reference_frequency=reference)),
        "shift_from_end": end - above,
    }
    witnesses = (numbers["shift_of_carrier"], numbers["shift_from_end"])
    wrong = all(abs(one + printed) < abs(one - printed) for one in witnesses)
    return Finding(
        subject="sign of the 139La shift of LaH3",
        status="inconsistent" if wrong else "consistent",
        claim=f"139La shift of LaH3 is {in_ppm(printed)}",
        arithmetic=(
            f"That is {_mhz(numbers['frequency_as_printed'])}, the opposite sign "
            f"{_mhz(numbers['frequency_opposite_sign'])}, against a stated carrier of "
            f"{stated / 1e6:.2f} MHz; the end point of {in_ppm(end)}, {1e6 * above:.0f} ppm "
            f"higher, leaves {in_ppm(numbers['shift_from_end'])}"
        ),
        verdict=f"Sign inconsistent; {in_ppm(-printed)} fits both" if wrong else "Agrees",
        inputs=("proton_frequency", "lanthanum_carrier", "lanthanum_shift_precursor",
                "lanthanum_shift_end", "lanthanum_shift_distance"),
        numbers=numbers,
    )  # fmt: skip


def _content_errors(paper: Paper) -> Finding:
    """Hold the errors of the contents against those of the spectra."""
    content, spectrum = paper.value("content"), paper.value("spectrum_error")
    twice = hypot(spectrum, spectrum)
    before = paper.value("precursor_content_std") / paper.value("precursor_content")
    low, high = (paper.value(f"content_std_{name}") / content for name in ("low", "high"))
    widths = [paper.value(f"lanthanum_fwhm_{name}") for name in ("precursor", "hydride")]
    return Finding(
        subject="errors of H per La",
        status="unstated",
        claim=f"H per La to 3 to 4 %, with up to {spectrum:.0%} at each spectrum",
        arithmetic=(
            f"{spectrum:.0%} twice is {twice:.1%}, {content:g} +- {twice * content:.2f}; printed "
            f"errors fall from {before:.1%} for LaH3 to {low:.1%} and {high:.1%}, while the La "
            f"line widens from {widths[0] / 1e3:.0f} to {widths[1] / 1e3:.0f} kHz"
        ),
        verdict="The error model cannot be reproduced",
        inputs=("content", "content_std_low", "content_std_high", "spectrum_error",
                "precursor_content", "precursor_content_std", "lanthanum_fwhm_precursor",
                "lanthanum_fwhm_hydride"),
        numbers={
            "two_spectra": twice,
            "content_std": twice * content,
            "precursor": before,
            "hydride_low": low,
            "hydride_high": high,
        },
    )  # fmt: skip


def _two_values(paper: Paper) -> Finding:
    """Name numbers that are printed twice and differ."""
    first, second = (paper.value(f"content_high_std_{name}") for name in ("first", "second"))
    hot, cool = paper.value("heating_text"), paper.value("heating_methods")
    content = paper.value("content_high")
    return Finding(
        subject="numbers printed twice",
        status="inconsistent",
        claim=f"The highest content and its error; the temperature of heating above {hot:.0f} K",
        arithmetic=(
            f"{paper.printed['content_high'].printed}: {first / content:.1%} and "
            f"{second / content:.1%}; above {hot:.0f} K in the text, above {cool:.0f} K in the "
            "methods"
        ),
        verdict="Two values in the paper; the wider one of each is the safe reading",
        inputs=("content_high", "content_high_std_first", "content_high_std_second",
                "heating_text", "heating_methods"),
        numbers={"first": first / content, "second": second / content},
    )  # fmt: skip


def _loss(paper: Paper) -> Finding:
    """Hold the printed rate of loss against the printed shares."""
    content, share, time = (paper.value(name) for name in ("content", "loss_share", "loss_time"))
    rate, rate_std = (paper.value(name) * _DAY for name in ("loss_rate", "loss_rate_std"))
    days, end = time / _DAY, paper.value("end_time") / _DAY
    numbers = {
        "rate_of_share": share * content / days / _DAY,
        "content_of_share": content * (1 - share),
        "content_of_rate": content - rate * days,
        "share_of_rate": rate * days / content,
        "rate_to_trihydride": (content - 3) / end / _DAY,
    }
    needed, reached = numbers["rate_of_share"] * _DAY, numbers["rate_to_trihydride"] * _DAY
    agree = all(abs(one - rate) <= rate_std for one in (needed, reached))
    return Finding(
        subject="rate of the loss",
        status="consistent" if agree else "inconsistent",
        claim=(
            f"{rate:.2f} +- {rate_std:.2f} H per La and day; about {share:.0%} after "
            f"{days:.0f} days; LaH3 at the end"
        ),
        arithmetic=(
            f"{share:.0%} is {needed:.3f} per day ({content:g} to "
            f"{numbers['content_of_share']:.1f}); {rate:.2f} per day gives "
            f"{numbers['content_of_rate']:.1f} ({numbers['share_of_rate']:.0%}); to LaH3 in "
            f"{end:.0f} days it takes {reached:.3f}"
        ),
        verdict=(
            f"{'Compatible' if agree else 'Not compatible'} within {rate_std:.2f}; a constant "
            "rate and a plateau are not both exact, and a rate constant needs a model"
        ),
        inputs=("content", "loss_rate", "loss_rate_std", "loss_share", "loss_time", "end_time"),
        numbers=numbers,
    )  # fmt: skip


def _reservoir(paper: Paper) -> Finding:
    """Weigh hydrogen outside the hydride by how much of it a repetition time shows."""
    borane = BORANE_HYDROGEN * paper.value("borane_per_lanthanum")
    held, content = 3 + borane, paper.value("content")
    left = held - content
    short = paper.value("repetition_time_short")
    seen = {
        name: steady_state(
            repetition_time=short, t1=t1, t1_std=0.0, flip_angle=pi / 2, sequence="fid"
        ).value
        for name, t1 in POOLS.items()
    }
    used = (content - 3) / borane
    numbers = {
        "hydrogen_in_cell": held,
        "hydrogen_outside": left,
        "borane_used": used,
        "seen_h2": seen["H2"],
        "seen_borane": seen["NH3BH3"],
        "weight_h2": left * seen["H2"],
        "weight_borane": borane * seen["NH3BH3"],
    }
    return Finding(
        subject="hydrogen outside the hydride",
        status="unstated",
        claim="No reservoir of hydrogen, because no H2 line is seen",
        arithmetic=(
            f"One LaH3 with {paper.value('borane_per_lanthanum'):.0f} NH3BH3 holds {held:.0f} H "
            f"per La, {left:.1f} of them outside LaH{content:g} ({used:.0%} of the borane's are "
            f"used); at a repetition time of "
            f"{1e3 * short:.0f} ms these weigh {numbers['weight_h2']:.2f} H per La as H2 (T1 of "
            f"{POOLS['H2']:.0f} s) and {borane:.0f} in borane "
            f"{numbers['weight_borane']:.4f} ({POOLS['NH3BH3']:.0f} s)"
        ),
        verdict=(
            "The repetition time of the search for H2 decides and is not stated; at "
            f"{1e3 * short:.0f} ms an absent line does not exclude H2"
        ),
        inputs=("borane_per_lanthanum", "content", "repetition_time_short"),
        numbers=numbers,
    )


def _repetition(paper: Paper) -> Finding:
    """Ask what the repetition times select."""
    short, long = (paper.value(f"repetition_time_{name}") for name in ("short", "long"))
    fwhm, delay = paper.value("proton_fwhm_hydride"), paper.value("echo_delay")
    kept = refocusing(echo_delay=delay, fwhm=fwhm, shape="lorentzian")
    hours = long * paper.value("scans_long") / 3600
    seen = steady_state(
        repetition_time=long, t1=T1_HYDRIDE, t1_std=0.0, flip_angle=pi / 2, sequence="fid"
    ).value
    return Finding(
        subject="what the repetition time selects",
        status="inconsistent",
        claim=(
            f"Repetition about {paper.value('repetition_over_t1'):.0f} T1; a long one parts H2 "
            "from the hydride"
        ),
        arithmetic=(
            f"{1e3 * short:.0f} ms is {short / T1_HYDRIDE:.1f} T1 of the hydride; {long:.0f} s "
            f"times {paper.value('scans_long'):.0f} scans is {hours:.1f} h, yet all 1H data are "
            f"said to have {1e3 * short:.0f} ms; a long repetition shows {seen:.0%} of a line of "
            f"short T1, and the {fwhm / 1e3:.2f} kHz line keeps {kept:.2f} in a solid echo of "
            f"{1e6 * delay:.0f} us at the carrier stated for both"
        ),
        verdict=(
            "The selection runs the other way: a long repetition time cannot suppress what "
            "relaxes fast"
        ),
        inputs=("repetition_over_t1", "repetition_time_short", "repetition_time_long",
                "scans_long", "proton_fwhm_hydride", "echo_delay"),
        numbers={
            "repetition_over_t1": short / T1_HYDRIDE,
            "time": hours * 3600,
            "seen_at_long_repetition": seen,
            "kept_in_echo": kept,
        },
    )  # fmt: skip


def _wording() -> Finding:
    """Name slips of the pen."""
    return Finding(
        subject="wording",
        status="inconsistent",
        claim='"Longitudinal T2", "transverse spin-lattice" (Fig. 2), "H2S" for H3S',
        arithmetic="T1 is longitudinal, spin-lattice; T2 is transverse",
        verdict="Slips; no effect",
    )


def _mhz(value: float) -> str:
    return f"{value / 1e6:.4f} MHz"
