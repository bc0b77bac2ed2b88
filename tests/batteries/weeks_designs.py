"""Designs of campaigns: days and errors, whose values do not matter."""

import numpy as np

from megabar.inference.weeks import CellWeeks, Weeks


def design(*, cells: int, points: int, days: float, std: float, common: float = 0.03) -> Weeks:
    """Give cells measured at equal steps, with known errors and no witness."""
    return Weeks(
        cells=tuple(
            CellWeeks(
                cell=f"cell {number}",
                elapsed=np.linspace(0, days, points),
                h_per_metal=np.full(points, 10.5),
                independent_std=np.full(points, std),
                relative_std=np.zeros(points),
                common_relative_std=common,
            )
            for number in range(cells)
        )
    )
