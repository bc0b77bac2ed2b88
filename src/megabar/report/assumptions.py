"""What the numbers of a report take for granted, and what nobody looked at, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from megabar.campaign.zeros import change_of_copper
from megabar.report import numbers
from megabar.spectra.copper_reference import words_of_change

if TYPE_CHECKING:
    from megabar.campaign.answers import Archived
    from megabar.campaign.plan import Plan
    from megabar.history import Number

_NOT_LOOKED_AT: Final = (
    ("resistance", "No resistance records: the report says nothing about superconductivity."),
    ("t1", "No T₁ records: steady states rest on stated times or on none."),
    ("t2", "No T₂ records: echo losses rest on stated times or on none."),
)
_SCALES: Final = {
    "precursor": "Hydrogen per metal is scaled with the precursor in the same cell, taken as "
    "{precursor} hydrogen per metal atom; its error is shared by all points of a cell.",
    "nutation": "Hydrogen per metal is scaled with the pulses that turn both nuclei by 90° in the "
    "same cell, by reciprocity; their errors are shared by all points of a cell.",
    "exponent": "Hydrogen per metal is scaled with a model of a coil that nobody calibrated. "
    "What it would be for other exponents stands with each cell; it never decides anything alone.",
}


def assumptions(plan: Plan, rows: Iterable[Number]) -> tuple[str, ...]:
    """Say what the numbers of a campaign take for granted.

    Parameters
    ----------
    plan
        The plan, with all that it states.
    rows
        Numbers of the campaign, with what each supposes.

    Returns
    -------
    :
        Sentences, each once.
    """
    stated = [
        *_scale_words(plan),
        *_factor_words(plan),
        *_reference_words(plan),
        *_witness_words(plan),
        *_stated_times(plan),
    ]
    return tuple(dict.fromkeys([*stated, *(one for row in rows for one in row.assumptions)]))


def _scale_words(plan: Plan) -> list[str]:
    scale = plan.content
    if scale is None:
        return []
    known = ""
    if scale.precursor_h_per_metal is not None:
        known = numbers.format_value(
            scale.precursor_h_per_metal, scale.precursor_h_per_metal_std or 0.0, ""
        )
    return [
        _SCALES[scale.calibration].format(precursor=known),
        f"Records of hydrogen, metal and relaxation within {scale.pairing / 3600:g} h of each "
        "other count as one session.",
    ]


def _factor_words(plan: Plan) -> list[str]:
    return [
        f"Efficiency {one.name.replace('_', ' ')} of {one.channel} stated in the plan: "
        f"{numbers.format_value(one.value, one.std, '')} ({one.source})."
        for one in plan.factors
    ]


def _reference_words(plan: Plan) -> list[str]:
    reference = plan.reference
    words = [f"Zero of the shifts: method “{reference.method}”."]
    if reference.proton_frequency is not None:
        megahertz = f"{reference.proton_frequency / 1e6:.6g} MHz"
        words.append(f"Protons of TMS at {megahertz} in this magnet.")
    if reference.copper_knight_shift is not None:
        words.append(
            f"Knight shift of copper at ambient pressure: {reference.copper_knight_shift:g} Hz/MHz."
        )
        words += [one.replace("-", "−") for one in words_of_change(change_of_copper(reference))]
    return words


def _witness_words(plan: Plan) -> list[str]:
    words = []
    for one in plan.witnesses:
        anchors = "; ".join(
            f"{content:g} at {shift:g}({std:.2g})"
            for content, shift, std in zip(one.h_per_metal, one.shift, one.shift_std, strict=True)
        )
        words.append(
            f"Hydrogen per metal that the {one.nucleus} shift [Hz/MHz] stands for: {anchors}, "
            f"{one.between} between ({one.source})."
        )
    return words


def _stated_times(plan: Plan) -> list[str]:
    words = []
    for channel in plan.channels:
        for name, label in (("t1", "T₁"), ("t2", "T₂")):
            value, std = getattr(channel, name), getattr(channel, f"{name}_std")
            if value is not None:
                given = numbers.format_value(1e3 * value, 1e3 * (std or 0.0), "ms")
                words.append(f"{label} of {channel.name} stated in the plan: {given}.")
    return words


def not_done(plan: Plan, records: Iterable[Archived]) -> tuple[str, ...]:
    """Say what nobody looked at.

    Parameters
    ----------
    plan
        The plan.
    records
        Records of the archive, those included that the plan leaves out.

    Returns
    -------
    :
        Sentences.
    """
    measures = {channel.measure for channel in plan.channels}
    words = [sentence for measure, sentence in _NOT_LOOKED_AT if measure not in measures]
    if plan.content is None:
        words.append("No calibration in the plan: hydrogen per metal was not computed.")
    if plan.reference.method == "none":
        words.append("No reference in the plan: lines have frequencies, but no shifts.")
    words.append("No law of loss was fitted: straight lines describe the points, nothing more.")
    words.append("Pressure was not followed in time; the number given is that of the synthesis.")
    excluded = [f"{one.source} (“{one.excluded}”)" for one in records if one.excluded]
    if excluded:
        words.append(f"Left out by decision: {'; '.join(excluded)}.")
    return tuple(words)
