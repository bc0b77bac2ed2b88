"""How the content of a cell falls, out of its table in a simulation plan."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from megabar.errors import PlanError
from megabar.virtual.plan_entries import placed
from megabar.virtual.truth import LAWS, Release

if TYPE_CHECKING:
    from megabar.virtual.plan_entries import Table


def release_of(table: Table) -> Release:
    """Read law, start, floor and time of a cell.

    Parameters
    ----------
    table
        The table of the cell.

    Returns
    -------
    :
        Content against days.

    Raises
    ------
    PlanError
        Naming the entry at fault.
    """
    law = table.word("law", LAWS)
    start = table.number("start")
    stable = law == "stable"
    try:
        return Release(
            law=law,
            start=start,
            floor=start if stable else table.number("floor"),
            time=math.inf if stable else table.quantity("time", "day"),
        )
    except PlanError as error:
        raise placed(error, table) from None
