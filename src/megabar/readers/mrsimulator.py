r"""Quadrupolar powders as input of mrsimulator, which computes the same patterns independently.

That program gives every transition the weight one and takes Larmor frequencies from its own table
of gyromagnetic ratios. So each pair of transitions :math:`\pm |D|` becomes a method of its own, and
weights are ours to apply; and its field is scaled so that the Larmor frequency is right,

.. math:: B_0 = \nu_L / \gamma_{theirs}

References
----------
Srivastava, Grandinetti, J. Chem. Phys. 160, 234110 (2024), doi:10.1063/5.0209887.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from megabar.readers.new_files import write_new

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class MrsimulatorJob:
    """A static powder of one kind of nucleus.

    Parameters
    ----------
    nucleus
        Isotope, ``"139La"``.
    spin
        Its quantum number I, half-integer.
    quadrupole_coupling
        C_Q [Hz].
    asymmetry
        Of the gradient, 0 to 1.
    larmor_frequency
        Of the nucleus [Hz].
    peer_ratio
        Gyromagnetic ratio over 2 pi in the table of the program [Hz/T]; 6.06115e6 for 139La.
    points
        Of each spectrum.
    width
        Of the axis, centred at the Larmor frequency [Hz].
    density
        Directions along the edge of an octant.
    """

    nucleus: str
    spin: float
    quadrupole_coupling: float
    asymmetry: float
    larmor_frequency: float
    peer_ratio: float
    points: int
    width: float
    density: int


def groups_of_transitions(spin: float) -> tuple[tuple[int, ...], ...]:
    """Group single-quantum transitions by the difference of the squares of their levels.

    Parameters
    ----------
    spin
        Quantum number I, half-integer.

    Returns
    -------
    :
        Values of D of each group, central line first.

    Raises
    ------
    ValueError
        If the spin is not half-integer or has no quadrupole moment.

    Examples
    --------
    >>> groups_of_transitions(3.5)
    ((0,), (2, -2), (4, -4), (6, -6))
    """
    if spin < 1.5 or round(2 * spin) % 2 == 0:
        msg = f"Found I = {spin:g}; groups about a central line need a half-integer I of 3/2 on."
        raise ValueError(msg)
    return ((0,), *((2 * k, -2 * k) for k in range(1, round(spin + 0.5))))


def mrsimulator_document(job: MrsimulatorJob) -> dict[str, Any]:
    """Compose the document that ``mrsimulator.Simulator.parse_dict_with_units`` takes.

    Parameters
    ----------
    job
        What shall be computed.

    Returns
    -------
    :
        Spin system, one method for each group of transitions, and settings.

    Raises
    ------
    ValueError
        If the spin is not half-integer or has no quadrupole moment.

    Examples
    --------
    >>> job = MrsimulatorJob(nucleus="139La", spin=3.5, quadrupole_coupling=0.5e6, asymmetry=0.3,
    ...                      larmor_frequency=55.796e6, peer_ratio=6.06115e6, points=4096,
    ...                      width=400e3, density=100)
    >>> document = mrsimulator_document(job)
    >>> len(document["methods"]), document["methods"][0]["magnetic_flux_density"][:6]
    (4, '9.2055')
    """
    site = {
        "isotope": job.nucleus,
        "isotropic_chemical_shift": "0.0 ppm",
        "quadrupolar": {"Cq": f"{job.quadrupole_coupling!r} Hz", "eta": job.asymmetry},
    }
    return {
        "spin_systems": [{"sites": [site]}],
        "methods": [_method(job, group) for group in groups_of_transitions(job.spin)],
        "config": {
            "number_of_sidebands": 1,
            "integration_volume": "octant",
            "integration_density": job.density,
            "decompose_spectrum": "none",
        },
    }


def write(job: MrsimulatorJob, path: Path) -> str:
    """Write the document as a file of JSON.

    Parameters
    ----------
    job
        What shall be computed.
    path
        New file.

    Returns
    -------
    :
        Its SHA-256.

    Raises
    ------
    ValueError
        If the spin is not half-integer or has no quadrupole moment.
    StoreError
        If the file exists with other content.
    """
    text = json.dumps(mrsimulator_document(job), indent=1)
    return write_new(path, f"{text}\n".encode("ascii"))


def _method(job: MrsimulatorJob, group: tuple[int, ...]) -> dict[str, Any]:
    queries = [{"ch1": {"P": [-1], "D": [step]}} for step in group]
    return {
        "name": f"|D| = {abs(group[0])}",
        "channels": [job.nucleus],
        "magnetic_flux_density": f"{job.larmor_frequency / job.peer_ratio!r} T",
        "rotor_frequency": "0.0 Hz",
        "spectral_dimensions": [
            {
                "count": job.points,
                "spectral_width": f"{job.width!r} Hz",
                "reference_offset": "0.0 Hz",
                "events": [{"transition_queries": queries}],
            }
        ],
    }
