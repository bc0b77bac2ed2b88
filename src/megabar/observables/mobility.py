"""From T1, T2, T1rho, width and structure to how fast hydrogen moves, or why nobody can say.

Twin: ``motion.lattice_walks``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megabar.matter.crystals import Crystal
    from megabar.observables.measured_times import MeasuredTimes
    from megabar.observables.mobility_answers import Mobility
    from megabar.observables.motion_models import Motion


def mobility(
    *,
    times: MeasuredTimes,
    crystal: Crystal,
    motions: Sequence[Motion],
    length_error: float,
    dead_time: float | None = None,
    literal: Sequence[tuple[str, str, str]] = (),
    seed: int | None = None,
    sigmas: float = 2.0,
) -> Mobility:
    """Say how fast hydrogen moves, with all that has to stand beside the number.

    Parameters
    ----------
    times
        What was measured; any of T1, T2, T1rho and width.
    crystal
        Structure; vacancies as occupancies.
    motions
        Models thought possible, the likeliest first: bounds are the smallest over all of them.
    length_error
        Relative standard error of the lattice parameter.
    dead_time
        Of the receiver [s]; none if not known.
    literal
        Choices of prefactor, magnetic and Planck constant of the closed formula of the literature,
        to stand beside; density and contact are those of the crystal.
    seed
        Of occupied sites where some are partly empty.
    sigmas
        How many standard errors count as possible.

    Returns
    -------
    :
        The verdict.
    """
    raise NotImplementedError
