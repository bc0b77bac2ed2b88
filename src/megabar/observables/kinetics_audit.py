"""Published statements on how hydrogen leaves LaH10: claim, arithmetic, what follows.

Every number is computed here from what the paper prints and from ``hydrogen``; what nobody has
measured is taken from the table of materials as the range that it is.

References
----------
Zhou et al., Nat. Commun. 16, 1135 (2025), doi:10.1038/s41467-025-56033-3.

Twin: ``hydrogen.implied_rates``.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Final

from megabar.constants import elementary_charge
from megabar.hydrogen import implied_rates, materials
from megabar.hydrogen.implied_rates import Cavity
from megabar.hydrogen.molecular_hydrogen import chemical_potential, potential_of_hydrogen
from megabar.observables.audit_findings import Finding, in_ppm
from megabar.observables.diffusivity_literal import eq1_literal

if TYPE_CHECKING:
    from megabar.observables.audit_inputs import Paper

TEMPERATURE: Final = 295.0
"""Temperature at which the cells are supposed to stand [K]; the paper says room temperature."""

RADII: Final = (0.5e-6, 1e-6, 20e-6)
"""Radii of grains that the arithmetic supposes [m]: least, typical, the whole cavity."""

CAVITY: Final = {"diameter": 40e-6, "height": 8e-6, "hydride_share": 0.35}
"""Cavity that the arithmetic supposes [m, m, 1]."""

CONTRADICTION: Final = "arXiv:2507.08009"
"""A comment on the paper, July 2025: superhydrides are the more stable ones, intact for years."""

_EQUATION: Final = "loubeyre1996"
_RHENIUM_CONTENT: Final = 0.5
_SPREAD: Final = 0.4  # of ln R, an ordinary powder
_T1: Final = 1.5e-3  # of 1H in the hydride [s], as in the rest of the audit
_DAY: Final = 86400.0
_METALS: Final = 4.0
_FULL_WIDTH: Final = 2 * (2 * log(2)) ** 0.5


def on_kinetics(paper: Paper) -> tuple[Finding, ...]:
    """Go through what a paper says on the way in which hydrogen leaves.

    Parameters
    ----------
    paper
        Its printed numbers.

    Returns
    -------
    :
        Seven findings; the last one is a contradiction.

    Examples
    --------
    >>> from megabar.observables.audit_inputs import LAH10
    >>> print(on_kinetics(LAH10)[0].verdict)
    As large as any plausible driving force; the error of the pressure has to be carried along
    """
    return (
        _pressure(paper),
        _phase_rule(),
        _gasket(paper),
        _anvils(),
        _single_line(paper),
        _transport_cells(paper),
        _contradicted(),
    )


def limiting_step(paper: Paper) -> Finding:
    """Hold diffusion in the grain against the surface that the printed loss would need.

    Parameters
    ----------
    paper
        Its printed numbers.

    Returns
    -------
    :
        What diffusion, a surface or a layer of product would have to do.
    """
    fast, slow = paper.value("diffusivity"), _in_si(paper)
    content, days = paper.value("content"), paper.value("loss_time") / _DAY
    least, one, most = RADII
    surface = {
        radius: implied_rates.implied_surface(
            shape="sphere",
            radius=radius,
            volume_per_metal=paper.value("cell_volume") / _METALS,
            content=content,
            loss_rate=paper.value("loss_rate"),
        )
        for radius in RADII
    }
    lost = paper.value("loss_share") * content / (content - 3)
    layers = [
        implied_rates.layer_diffusivity(
            radius=one, elapsed=80 * _DAY, hydride=content, interface=3 + width, product=3.0
        )
        for width in (1.0, 0.2)
    ]
    numbers = {
        "biot_least": surface[least].biot(radius=least, diffusivity=fast),
        "biot_most": surface[most].biot(radius=most, diffusivity=slow),
        "time_least": implied_rates.diffusion_time(radius=least, diffusivity=fast),
        "time_most": implied_rates.diffusion_time(radius=most, diffusivity=slow),
        "fick_diffusivity": implied_rates.fick_diffusivity(
            radius=one, elapsed=paper.value("loss_time"), lost=lost
        ),
        "flux": surface[one].flux,
        "exchange": surface[one].exchange,
        "recombination": surface[one].recombination,
        "barrier": surface[one].barrier(temperature=TEMPERATURE),
        "layer_least": layers[0],
        "layer_most": layers[1],
    }
    return Finding(
        subject="loss by diffusion",
        status="inconsistent",
        claim="Desorption driven by diffusion",
        arithmetic=(
            f"At {1e4 * fast:.0e} to {1e4 * slow:.0e} cm2/s grains of {1e6 * least:g} to "
            f"{1e6 * most:g} um even out in {1e3 * numbers['time_least']:.2g} ms to "
            f"{numbers['time_most']:.2g} s (Bi {numbers['biot_least']:.1g} to "
            f"{numbers['biot_most']:.1g}); for diffusion to limit a grain of {1e6 * one:g} um over "
            f"{days:.0f} days, D would be {1e4 * numbers['fick_diffusivity']:.1e} cm2/s. A surface "
            f"would exchange at {numbers['exchange']:.1e} m/s (barrier "
            f"{numbers['barrier'] / elementary_charge:.2f} eV), a layer of product have "
            f"{1e4 * layers[0]:.1e} to {1e4 * layers[1]:.1e} cm2/s"
        ),
        verdict=(
            "Fast diffusion is necessary, not rate-limiting; a surface, an interface, a layer or "
            "a sink limits"
        ),
        inputs=("diffusivity", "loss_rate", "loss_share", "loss_time", "content", "cell_volume"),
        numbers=numbers,
    )


def _in_si(paper: Paper) -> float:
    """Eq. (1) of the paper in SI with its printed inputs [m2/s]."""
    return eq1_literal(
        prefactor="3pi/10",
        magnetic="(mu0/4pi)^2",
        planck="hbar",
        gyromagnetic_ratio=paper.value("gyromagnetic_ratio"),
        number_density=paper.value("number_density"),
        length=paper.value("length"),
        t1=_T1,
    ).diffusivity


def _pressure(paper: Paper) -> Finding:
    """Say what an error of the pressure is worth as a driving force."""
    found = potential_of_hydrogen(
        pressure=paper.value("pressure"),
        pressure_std=paper.value("pressure_change"),
        equation=_EQUATION,
    )
    numbers = {
        "molar_volume": found.slope,
        "potential_std": found.std,
        "per_atom": found.std_per_atom * elementary_charge,
        "over_kt": found.std_over_kt(temperature=TEMPERATURE),
    }
    return Finding(
        subject="pressure during the loss",
        status="unstated",
        claim=f"No change of pressure beyond {found.pressure_std / 1e9:.0f} GPa",
        arithmetic=(
            f"H2 has {1e6 * found.slope:.2f} cm3/mol at {found.pressure / 1e9:.0f} GPa "
            f"(extrapolated cold curve): {found.pressure_std / 1e9:.0f} GPa are "
            f"{found.std / 1e3:.0f} kJ/mol H2, {1e3 * found.std_per_atom:.0f} meV per H, "
            f"{numbers['over_kt']:.1f} kT"
        ),
        verdict=(
            "As large as any plausible driving force; the error of the pressure has to be carried "
            "along"
        ),
        inputs=("pressure", "pressure_change"),
        numbers=numbers,
    )


def _phase_rule() -> Finding:
    return Finding(
        subject="H2 beside the hydride",
        status="unstated",
        claim="H2 appears while LaH10 decomposes",
        arithmetic=(
            "At fixed pressure and temperature pure H2 fixes the potential: LaH10 and H2 in "
            "contact either persist, or all of it decomposes to what is stable there; no pressure "
            "of released gas ends it"
        ),
        verdict=(
            "LaH10 is unstable against a lower hydride and H2 at that pressure, or the H2 is not "
            "in contact, or the loss is apparent; nothing printed tells these three apart"
        ),
    )


def _gasket(paper: Paper) -> Finding:
    """Hold uptake by the gasket against the film on it."""
    film = paper.value("gasket_film")
    lags = [
        implied_rates.film_lag(thickness=film, diffusivity=entry.at(temperature=TEMPERATURE))
        for entry in materials.materials()["alumina"].values()
    ]
    rhenium = materials.material("rhenium", "volume-per-metal").at(temperature=TEMPERATURE)
    cavity = Cavity(volume_per_metal=paper.value("cell_volume") / _METALS, **CAVITY)
    atoms = cavity.released(begin=paper.value("content"), end=3.3)
    ring = {
        "hydrogen_atoms": atoms, "content": _RHENIUM_CONTENT, "volume_per_metal": rhenium,
    }  # fmt: skip
    numbers = {
        "metal_atoms": cavity.metal_atoms,
        "hydrogen_released": atoms,
        "lag_least": min(lags),
        "lag_most": max(lags),
        "ring": cavity.ring(**ring),
        "front_diffusivity": implied_rates.ring_diffusivity(
            cavity=cavity, elapsed=60 * _DAY, **ring
        ),
    }
    return Finding(
        subject="uptake by the gasket",
        status="unstated",
        claim="Hydrogen may go into the rhenium gasket",
        arithmetic=(
            f"{1e9 * film:.0f} nm of intact Al2O3 hold it back for {min(lags) / _DAY:.0f} days at "
            f"{TEMPERATURE:.0f} K by the fastest of {len(lags)} diffusivities (to "
            f"{max(lags) / _DAY:.0e} days by the slowest), each stretched from far hotter; past "
            f"the film the loss is a ring of ReH{_RHENIUM_CONTENT:g} of {1e6 * numbers['ring']:.0f}"
            f" um, whose front needs {1e4 * numbers['front_diffusivity']:.1e} cm2/s, and D of H in "
            "Re is unknown"
        ),
        verdict="Only through a damaged film",
        inputs=("gasket_film", "content", "cell_volume"),
        numbers=numbers,
    )


def _anvils() -> Finding:
    days = 60
    depths = [
        implied_rates.reach(diffusivity=one, elapsed=days * _DAY)
        for one in materials.material("diamond", "diffusivity").prior or ()
    ]
    return Finding(
        subject="diffusion into the anvils",
        status="unstated",
        claim="H2 may diffuse into the diamonds",
        arithmetic=(
            f"Published barriers from 0.5 to 1.9 eV put the depth after {days} days between "
            f"{1e6 * depths[0]:.0e} and {1e6 * depths[1]:.0f} um"
        ),
        verdict="A free parameter: unsupported, and not excluded",
        numbers={"depth_least": depths[0], "depth_most": depths[1]},
    )


def _single_line(paper: Paper) -> Finding:
    """Ask what a single line that moves says on fronts and on the spread of grains."""
    begin, end = (paper.value(f"lanthanum_shift_{name}") for name in ("hydride", "end"))
    apart = (end - begin) * paper.value("lanthanum_carrier")
    width = paper.value("lanthanum_fwhm_hydride")
    spread = _FULL_WIDTH * _SPREAD * log(2) / 2 * apart
    return Finding(
        subject="one 139La line that moves",
        status="unstated",
        claim=f"A gradual shift from {in_ppm(begin)} to {in_ppm(end)}, a single line",
        arithmetic=(
            f"Two phases would stand {apart / 1e3:.0f} kHz apart, {apart / width:.1f} widths of "
            f"{width / 1e3:.0f} kHz; grains of spread {_SPREAD:g} in ln R that lose by first order "
            f"would widen the line by {spread / 1e3:.0f} kHz half way, and no width is printed for "
            "then"
        ),
        verdict=(
            "Each grain is uniform, without a front, or the shift has another cause; the width "
            "half way would bound the spread"
        ),
        inputs=("lanthanum_shift_hydride", "lanthanum_shift_end", "lanthanum_carrier",
                "lanthanum_fwhm_hydride"),
        numbers={"apart": apart, "widths_apart": apart / width, "width_half_way": spread},
    )  # fmt: skip


def _transport_cells(paper: Paper) -> Finding:
    low, high = (paper.value(f"transport_pressure_{name}") for name in ("low", "high"))
    apart = float(chemical_potential(pressure=high, equation=_EQUATION)) - float(
        chemical_potential(pressure=low, equation=_EQUATION)
    )
    return Finding(
        subject="cells for transport",
        status="unstated",
        claim="Cells for transport follow the same time scale",
        arithmetic=(
            f"They differ in loading and gasket, and their pressures from {low / 1e9:.0f} to "
            f"{high / 1e9:.0f} GPa are {apart / 1e3:.0f} kJ/mol H2 apart; Tc is that of phases "
            "nobody identified"
        ),
        verdict="Qualitative; no second measurement of the rate",
        inputs=("transport_pressure_low", "transport_pressure_high"),
        numbers={"potential_apart": apart},
    )


def _contradicted() -> Finding:
    return Finding(
        subject="stability of LaH10",
        status="contradicted",
        claim="LaH10 decomposes within two months at the pressure of its formation",
        arithmetic=(
            f"{CONTRADICTION}, a comment on the paper, abstract: superhydrides are more stable "
            "than trihydrides at these conditions; lattice (X-ray diffraction) and "
            "superconductivity (four probes) of Fm-3m LaH10 intact after more than five years"
        ),
        verdict=(
            f"Contradicted by {CONTRADICTION}; no reply is known. A verdict on a loss has to name "
            "both"
        ),
    )
