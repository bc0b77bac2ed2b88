"""A whole paper gone through: contents, mobility, kinetics, what agrees, and what survives.

The findings on contents come from ``observables.content_audit``, those on mobility from
``observables.diffusivity_audit``, those on the loss from ``observables.kinetics_audit``; here they
stand together, with the numbers behind the sentences.

References
----------
Zhou et al., Nat. Commun. 16, 1135 (2025), doi:10.1038/s41467-025-56033-3.

Twin: ``observables.content_audit``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from math import pi
from typing import TYPE_CHECKING, Final

from megabar.matter import crystals, nuclei
from megabar.motion import relaxation
from megabar.observables import content_audit, kinetics_audit
from megabar.observables.audit_findings import Finding
from megabar.observables.audit_inputs import LAH10
from megabar.observables.audit_remains import what_agrees, what_survives
from megabar.observables.diffusivity_audit import audit_of_lah10
from megabar.observables.diffusivity_literal import MAGNETIC, PLANCK, eq1_literal
from megabar.spins.crystal_moments import crystal_moments
from megabar.spins.lattice_sums import lattice_sum_r6, mean_over_sites
from megabar.spins.moments import (
    fwhm_from_second_moment,
    number_density,
    pair_constant,
    pake_splitting,
    second_moment_unlike,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megabar.matter.crystals import Crystal
    from megabar.observables.audit_inputs import Paper
    from megabar.observables.diffusivity_audit import AuditRow
    from megabar.spins.crystal_moments import CrystalMoments

METALS_PER_CELL: Final = 4.0
"""La atoms in the conventional cell whose volume the paper prints."""

_TEMPERATURE: Final = 300.0  # [K]
_PREFACTORS: Final = ("3pi/10", "2pi/5", "4pi/9")  # as printed; free walk; reflecting wall
_ALLOYS: Final = (1.4e-11, 3.7e-11)  # D at room temperature in Ti-V-Cr-H [m2/s]


@dataclass(frozen=True, kw_only=True)
class _Rigid:
    """Rigid structures behind the findings."""

    lah10: CrystalMoments
    lah3: CrystalMoments
    lanthanum_fwhm: float  # of LaH3, from its hydrogen alone [Hz]


def audit_of_published_lah10(*, lah10: Crystal, lah3: Crystal) -> tuple[Finding, ...]:
    """Go through the published numbers on LaH10, one by one, and say at the end what survives.

    Parameters
    ----------
    lah10
        Rigid superhydride; the paper prints a cell of 143 A3.
    lah3
        Rigid trihydride at the same pressure; the paper prints no size of it.

    Returns
    -------
    :
        The findings, what agrees and what survives at the end.

    Raises
    ------
    UnknownWord
        If a crystal holds no hydrogen.

    References
    ----------
    Zhou et al., Nat. Commun. 16, 1135 (2025), doi:10.1038/s41467-025-56033-3.

    Examples
    --------
    >>> from megabar.matter import crystals
    >>> found = audit_of_published_lah10(
    ...     lah10=crystals.crystal("LaH10", volume_per_metal=143e-30 / 4),
    ...     lah3=crystals.crystal("LaH3", lattice_parameter=4.5e-10))
    >>> print(found[0].verdict)
    Sign inconsistent; +2800 ppm fits both
    """
    rigid = _Rigid(
        lah10=crystal_moments(lah10), lah3=crystal_moments(lah3), lanthanum_fwhm=_metal_width(lah3)
    )
    claims = (
        *content_audit.on_contents(LAH10),
        *_on_mobility(LAH10, rigid),
        *kinetics_audit.on_kinetics(LAH10),
    )
    return (
        *(one for one in claims if one.status != "consistent"),
        *(one for one in claims if one.status == "consistent"),
        *what_agrees(LAH10),
        *what_survives(LAH10, rigid.lah10),
    )


def _on_mobility(paper: Paper, rigid: _Rigid) -> tuple[Finding, ...]:
    """Add subjects, statuses and numbers to the rows on mobility."""
    rows = audit_of_lah10(rigid.lah10, rigid.lah3, desorption_time=paper.value("desorption_time"))
    described: tuple[tuple[str, str, dict[str, float]], ...] = (
        ("D by Eq. (1)", "inconsistent", _diffusivities(paper)),
        ("Planck constant", "inconsistent", {"squared_ratio": PLANCK["6.626e-34"].factor}),
        ("number density", "inconsistent", _densities(paper)),
        ("extreme narrowing", "inconsistent", _narrowing(paper, rigid)),
        ("rigid width", "inconsistent", _widths(rigid)),
        ("width of LaH3", "unstated", _trihydride(paper, rigid)),
        ("T2 against width", "consistent", _homogeneous(paper)),
        ("relaxation by electrons", "consistent", _korringa(paper)),
        ("loss by diffusion", "inconsistent", {}),
        ("comparison with other hydrides", "inconsistent", {}),
    )
    found = [
        _described(row, subject, status, numbers)
        for row, (subject, status, numbers) in zip(rows, described, strict=True)
    ]
    found[0] = _with_prefactors(found[0], paper)
    found[2] = _with_printed_cell(found[2], paper)
    found[5] = _with_lanthanum(found[5], paper, rigid)
    found[8] = _with_surface(found[8], paper)
    found[9] = _with_alloys(found[9])
    return tuple(found)


def _described(row: AuditRow, subject: str, status: str, numbers: Mapping[str, float]) -> Finding:
    return Finding(
        claim=row.claim, arithmetic=row.arithmetic, verdict=row.verdict,
        subject=subject, status=status, numbers=numbers,
    )  # fmt: skip


def _diffusivities(paper: Paper) -> dict[str, float]:
    """Eq. (1) with either constant at the printed density and in the cell, and other prefactors."""
    densities = {"printed": paper.value("number_density"), "cell": _densities(paper)["cell"]}
    found = {
        f"{magnetic}, {planck}, {name}": _diffusivity(paper, "3pi/10", magnetic, planck, density)
        for (magnetic, planck), (name, density) in product(
            product(MAGNETIC, ("hbar", "6.626e-34")), densities.items()
        )
    }
    right = {
        f"{prefactor}, cell": _diffusivity(
            paper, prefactor, "(mu0/4pi)^2", "hbar", densities["cell"]
        )
        for prefactor in _PREFACTORS
    }
    needed = content_audit.T1_HYDRIDE * paper.value("diffusivity") / right["3pi/10, cell"]
    return {**found, **right, "t1_of_printed_diffusivity": needed}


def _diffusivity(paper: Paper, prefactor: str, magnetic: str, planck: str, density: float) -> float:
    return eq1_literal(
        prefactor=prefactor,
        magnetic=magnetic,
        planck=planck,
        gyromagnetic_ratio=paper.value("gyromagnetic_ratio"),
        number_density=density,
        length=paper.value("length"),
        t1=content_audit.T1_HYDRIDE,
    ).diffusivity


def _densities(paper: Paper) -> dict[str, float]:
    cell = number_density(
        count=METALS_PER_CELL * paper.value("content"), volume=paper.value("cell_volume")
    )
    return {"cell": cell, "cell_over_printed": cell / paper.value("number_density")}


def _narrowing(paper: Paper, rigid: _Rigid) -> dict[str, float]:
    like, t1 = rigid.lah10.second_moment_like, content_audit.T1_HYDRIDE
    frequency = paper.value("proton_frequency")
    shortest, _ = relaxation.t1_minimum_from_second_moment(
        second_moment=like, larmor_frequency=frequency
    )
    time = 3 / (10 * like * t1)
    return {
        "t1_minimum": float(shortest),
        "formal_time": time,
        "formal_reduced_time": 2 * pi * frequency * time,
        "second_moment": like,
        "second_moment_needed": like * float(shortest) / t1,
        "needed_over_rigid": float(shortest) / t1,
    }


def _widths(rigid: _Rigid) -> dict[str, float]:
    pairs = {name: _pair(length) for name, length in (("1.1", 1.1e-10), ("1.0", 1.0e-10))}
    return {
        **{f"pair_constant_{name}": pair for name, pair in pairs.items()},
        **{f"splitting_{name}": pake_splitting(pair_constant=pair) for name, pair in pairs.items()},
        "sum_r6": rigid.lah10.sum_r6_mean,
        "nearest": rigid.lah10.nearest,
        "second_moment": rigid.lah10.second_moment,
        "fwhm_gaussian": rigid.lah10.fwhm_gaussian,
    }


def _trihydride(paper: Paper, rigid: _Rigid) -> dict[str, float]:
    return {
        "fwhm_of_hydrogen": fwhm_from_second_moment(second_moment=rigid.lah3.second_moment_like),
        "fwhm_gaussian": rigid.lah3.fwhm_gaussian,
        "lanthanum_fwhm": rigid.lanthanum_fwhm,
        "printed_over_rigid": paper.value("proton_fwhm_precursor") / rigid.lah3.fwhm_gaussian,
    }


def _homogeneous(paper: Paper) -> dict[str, float]:
    fwhm = paper.value("proton_fwhm_hydride")
    return {
        "homogeneous_fwhm": 1 / (pi * paper.value("t2")),
        "t2_star": 1 / (pi * fwhm),
        "relative_fwhm": fwhm / paper.value("proton_frequency"),
    }


def _korringa(paper: Paper) -> dict[str, float]:
    rates = relaxation.rates_from_knight_shift(
        knight_shift=paper.value("knight_shift"),
        temperature=_TEMPERATURE,
        gyromagnetic_ratio=nuclei.nucleus("1H").gyromagnetic_ratio_bare,
    )
    return {
        "t1": float(rates.t1),
        "korringa_constant": float(rates.t1) * _TEMPERATURE * paper.value("knight_shift") ** 2,
    }


def _with_prefactors(found: Finding, paper: Paper) -> Finding:
    listed = ", ".join(
        f"{prefactor} {found.numbers[f'{prefactor}, cell'] * 1e4:.3g}" for prefactor in _PREFACTORS
    )
    needed = found.numbers["t1_of_printed_diffusivity"]
    return replace(
        found,
        arithmetic=(
            f"{found.arithmetic}. In SI, with the density of the printed cell, by prefactor: "
            f"{listed}; D of {paper.value('diffusivity') * 1e4:.0e} cm2/s would mean a T1 of "
            f"{1e3 * needed:.0f} ms"
        ),
    )


def _with_printed_cell(found: Finding, paper: Paper) -> Finding:
    cell = found.numbers["cell"]
    return replace(
        found,
        arithmetic=(
            f"{METALS_PER_CELL * paper.value('content'):.0f} H in "
            f"{paper.printed['cell_volume'].printed} are {cell:.3g} m^-3, "
            f"{found.numbers['cell_over_printed']:.1f} times as many. {found.arithmetic}"
        ),
    )


def _with_lanthanum(found: Finding, paper: Paper, rigid: _Rigid) -> Finding:
    observed = paper.value("lanthanum_fwhm_precursor")
    return replace(
        found,
        arithmetic=(
            f"{found.arithmetic}; its La line, from hydrogen alone, "
            f"{rigid.lanthanum_fwhm / 1e3:.1f} kHz against {observed / 1e3:.0f} kHz observed"
        ),
    )


def _with_surface(found: Finding, paper: Paper) -> Finding:
    """Add what the printed loss asks of diffusion, of a surface, of a layer of product."""
    step = kinetics_audit.limiting_step(paper)
    return replace(
        found,
        arithmetic=f"{found.arithmetic}. {step.arithmetic}",
        verdict=step.verdict,
        inputs=step.inputs,
        numbers=step.numbers,
    )


def _with_alloys(found: Finding) -> Finding:
    low, high = (f"{1e4 * one:.1e}" for one in _ALLOYS)
    return replace(
        found,
        arithmetic=(
            f"{found.arithmetic}; Ti-V-Cr-H at room temperature has {low} to {high} cm2/s "
            "(Vyvodtceva et al., J. Alloys Compd. 614, 364 (2014), abstract)"
        ),
        verdict=f"{found.verdict}; 'several orders above known hydrides' is overstated",
    )


def _pair(length: float) -> float:
    gamma = nuclei.nucleus("1H").gyromagnetic_ratio_bare
    return pair_constant(gyromagnetic_ratio=gamma, distance=length)


def _metal_width(crystal: Crystal) -> float:
    """Width of the 139La line from hydrogen alone, as a Gaussian [Hz]."""
    metal, proton = nuclei.nucleus("139La"), nuclei.nucleus("1H")
    hydrogen = crystals.hydrogen_sites(crystal)
    lanthanum = crystals.sites_of(crystal, species="La")
    sums = lattice_sum_r6(
        cell=crystal.cell,
        positions_from=lanthanum.positions,
        positions_to=hydrogen.positions,
        occupancies=hydrogen.occupancies,
        tolerance=1e-8,
    )
    return fwhm_from_second_moment(
        second_moment=second_moment_unlike(
            gyromagnetic_ratio=metal.gyromagnetic_ratio_bare,
            other_gyromagnetic_ratio=proton.gyromagnetic_ratio_bare,
            other_spin=proton.spin,
            sum_r6=mean_over_sites(sums, lanthanum.occupancies),
        )
    )
