"""A mobility in words: the argument in the order in which it is read, and its flags.

Twin: ``motion.lattice_walks``.
"""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING

from megabar.matter import nuclei
from megabar.motion import narrowing
from megabar.observables.diffusivity_answers import cm2
from megabar.observables.diffusivity_bounds import ASSUMPTIONS
from megabar.observables.measured_times import HAHN
from megabar.observables.mobility_suggestions import gradient_needed
from megabar.schemas import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from megabar.observables.diffusivity_answers import Inversion
    from megabar.observables.diffusivity_bounds import Bound
    from megabar.observables.mobility_answers import Mobility


def verdict_of(found: Mobility) -> tuple[str, ...]:
    """Give the argument: floor, ratio, roots, bounds, what they add up to, claims, literal.

    Parameters
    ----------
    found
        The mobility.

    Returns
    -------
    :
        Sentences.
    """
    return tuple(
        sentence
        for part in (_data, _line, _floor, _roots, _bounds, _conclusion, _beside)
        for sentence in part(found)
    )


def flags_of(found: Mobility) -> tuple[str, ...]:
    """Give what was assumed, and what is wrong with the data.

    Parameters
    ----------
    found
        The mobility.

    Returns
    -------
    :
        Sentences.
    """
    return tuple(sentence for part in (_sequence, _hidden, _minima) for sentence in part(found))


def _data(found: Mobility) -> Iterator[str]:
    broken = found.times.unphysical(sigmas=found.sigmas)
    if broken:
        yield f"{broken} The data contradict each other and nothing is inverted."


def _line(found: Mobility) -> Iterator[str]:
    times, rigid = found.times, found.structure
    if times.fwhm is None:
        return
    width = times.fwhm[0]
    narrow, wide = rigid.moments.fwhm_gaussian, rigid.fwhm_many_spin
    seen = f"The line is {_khz(width)} wide; rigid it would be {_khz(narrow)} to {_khz(wide)}"
    if width < narrow / 2:
        yield f"{seen}: the hydrogen that is seen moves, whatever the model."
    else:
        yield f"{seen}: the width alone shows little motion."
    if times.t2 is None:
        return
    own = float(narrowing.fwhm_from_t2(t2=times.t2[0]))
    if own < width and width >= narrow / 2:
        yield (
            f"T2 would leave it {own:.0f} Hz: width and T2 are hardly those of the same spins, "
            "rigid ones and moving ones."
        )
    elif own < width:
        yield (
            f"Of it T2 explains {own:.0f} Hz; the other {width - own:.0f} Hz "
            f"({1e6 * (width - own) / times.larmor_frequency:.2g} ppm) differ from place to place "
            "and say nothing of motion."
        )


def _floor(found: Mobility) -> Iterator[str]:
    if found.floor is not None and found.floor.below:
        yield found.floor.sentence(found.times)
        yield (
            f"To find the other cause: a paramagnetic one falls {_deuterated():.0f} times in the "
            "deuteride and with the impurities of the metal, conduction electrons relax in "
            "proportion to temperature, and slow dipolar motion depends on field."
        )
    elif found.floor is not None:
        t1 = 1 / found.times.r1[0]
        yield (
            f"T1 = {1e3 * t1:.3g} ms, with {found.sigmas:g} standard errors on top, is not below "
            f"the floor of {found.floor.named}: dipole couplings may be all of R1, which does not "
            "prove it."
        )
    if found.narrowing is not None:
        yield found.narrowing.sentence


def _roots(found: Mobility) -> Iterator[str]:
    if found.reason == "UNPHYSICAL_RATIO":
        return
    for route, name in (("T1", "from_t1"), ("T2", "from_t2"), ("T1rho", "from_t1rho")):
        answers = [getattr(one, name) for one in found.by_motion]
        told = [one for one in answers if one is not None]
        if told and not (route == "T1" and found.floor is not None and found.floor.below):
            yield _over_models(route, told)
    first = found.by_motion[0]
    for low, high in first.excluded:
        yield (
            f"Excluded, whatever else relaxes: D from {cm2(low)} to {cm2(high)} ({first.motion}), "
            "where dipole couplings alone would relax more than was measured."
        )
    joint = first.joint
    if joint is not None:
        yield f"A further rate in R1 and R2 alike ({joint.motion}): {joint.sentence}"


def _over_models(route: str, told: list[Inversion]) -> str:
    counts = Counter(one.reason for one in told)
    listed = ", ".join(f"{reason} under {count}" for reason, count in counts.items())
    values = [one.diffusivity for one in told if one.quality == "value"]
    first = f"{told[0].motion}: {told[0].sentence}"
    if len(told) == 1:
        return f"{route}, {first}"
    spread = f" Values from {cm2(min(values))} to {cm2(max(values))}." if len(values) > 1 else ""
    return f"{route}: {listed} of {len(told)} models.{spread} {first}"


def _bounds(found: Mobility) -> Iterator[str]:
    yield from (one.sentence for one in found.bounds)


def _conclusion(found: Mobility) -> Iterator[str]:
    low, high = found.interval
    if found.quality == "value":
        yield (
            f"T1 and T2 agree on one motion: D = {cm2(found.diffusivity)}, {cm2(low)} to "
            f"{cm2(high)} over {len(found.by_motion)} models at {found.sigmas:g} standard errors, "
            "supposing both rates wholly dipolar."
        )
        return
    agreed = [one.agreed for one in found.by_motion if one.agreed is not None]
    if agreed:
        ends = [one.interval for one in agreed]
        yield (
            f"Without a further rate T1 and T2 agree on one D under {len(agreed)} of "
            f"{len(found.by_motion)} models: {cm2(min(ends)[0])} to "
            f"{cm2(max(high for _, high in ends))}."
        )
    if found.quality == "lower bound":
        windows = [one for one in found.bounds if one.name in ("B1", "B2") and one.diffusivity > 0]
        if len(windows) == 2:
            one, two = (_window(found, bound) for bound in windows)
            yield (
                f"Consistent windows, both open above: assuming nothing, {one}; if "
                f"{ASSUMPTIONS['B2']}, {two}."
            )
        yield (
            f"D >= {cm2(low)} whatever else relaxes or broadens, over {len(found.by_motion)} "
            "models. No upper bound follows: faster motion relaxes less, and another mechanism "
            "may make up for it."
        )
    elif high == inf:
        yield "These data bound D on neither side."


def _window(found: Mobility, bound: Bound) -> str:
    """Bound over all models, over the mechanisms of the first network, and the highest."""
    first = found.by_motion[0].network
    alike = {one.motion for one in found.by_motion if one.network == first}
    values = [value for name, value in bound.by_motion if name in alike]
    own = ""
    if 1 < len(values) < len(bound.by_motion):
        own = f"{cm2(min(values))} to {cm2(max(values))} with {first} by mechanism, "
    return f"D >= {cm2(bound.diffusivity)} ({own}up to {cm2(bound.window[1])} by model)"


def _beside(found: Mobility) -> Iterator[str]:
    yield from (one.sentence for one in found.claims)
    yield from (one.sentence for one in found.literal)
    if found.times.t2 is not None and found.diffusivity > 0:
        t2 = found.times.t2[0]
        gradient = gradient_needed(diffusivity=found.diffusivity, t2=t2)
        yield (
            f"Diffusion in a steady gradient of {gradient:.3g} T/m would decay an echo as fast as "
            f"T2 does at D = {cm2(found.diffusivity)}; ten times that D needs "
            f"{gradient / 10**0.5:.3g} T/m."
        )


def _sequence(found: Mobility) -> Iterator[str]:
    times = found.times
    if times.t2 is not None and times.t2_sequence == UNKNOWN:
        yield "The sequence of T2 is unknown; bounds suppose a Hahn echo."
    if times.t2 is not None and times.t2_sequence not in (*HAHN, UNKNOWN):
        yield (
            f"T2 is that of a {times.t2_sequence}: what is computed from it supposes that no "
            "coupling was refocused."
        )
    if times.fwhm is not None and times.instrumental_fwhm is None:
        yield "The instrumental width is unknown; all of the width counts as the sample's."
    if times.t1 is not None and times.t2 is not None:
        yield "T1 and T2 are taken as those of the same spins; the repetition time selects."


def _hidden(found: Mobility) -> Iterator[str]:
    if found.structure.hidden():
        yield (
            "Rigid hydrogen decays within the dead time: what is seen is only hydrogen that is "
            "narrowed already, and D is that of hydrogen seen."
        )


def _minima(found: Mobility) -> Iterator[str]:
    for one in found.by_motion:
        for t1, at in one.second_minima:
            yield (
                f"{one.motion} has a second, shallow T1 minimum ({1e3 * t1:.3g} ms at {cm2(at)}): "
                "up to four roots, the two about it ill-conditioned."
            )


def _deuterated() -> float:
    ratio = (
        nuclei.nucleus("1H").gyromagnetic_ratio_bare / nuclei.nucleus("2H").gyromagnetic_ratio_bare
    )
    return ratio**2


def _khz(frequency: float) -> str:
    return f"{frequency / 1e3:.3g} kHz"
