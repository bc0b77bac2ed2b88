"""Walls of a release plan: gasket, film and anvil as stacks of sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.hydrogen import geometry

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from megabar.virtual.plan_entries import Table
    from megabar.virtual.release_unknowns import Unknowns

ACTIVITIES: Final = ("pure hydrogen", "proportional")
_CELLS: Final = 60  # numerical


def stacks_of(asked: Unknowns, cavity: Table | None, most: float) -> tuple[geometry.Stack, ...]:
    """Read the tables [[stack]].

    Parameters
    ----------
    asked
        The plan.
    cavity
        Its table [cavity], if any.
    most
        Largest free hydrogen [H/M].

    Returns
    -------
    :
        The walls that have any thickness.

    Raises
    ------
    PlanError
        Naming the entry at fault.
    """
    plan = asked.table
    if not plan.has("stack"):
        return ()
    if cavity is None:
        raise plan.error("cavity", "is missing; a stack takes its hydrogen from the cavity.")
    atoms = cavity.number("metal_atoms")
    if not atoms > 0:
        raise cavity.error("metal_atoms", "found none; areas are counted per metal atom.")
    tables = [table for table in plan.list_of_tables("stack") if not table.has("absent")]
    found = [_stack(asked, table, atoms, most) for table in tables]
    return tuple(stack for stack in found if stack is not None)


def _stack(asked: Unknowns, table: Table, atoms: float, most: float) -> geometry.Stack | None:
    name = table.text("name")
    law, one = table.word("activity", ACTIVITIES), table.number("unit_activity_at")
    if not one > 0:
        raise table.error(
            "unit_activity_at", "found 0; free hydrogen above 0 H per metal is needed."
        )
    layers = [
        _layer(asked, inner, name)
        for inner in table.list_of_tables("layer")
        if not inner.has("absent")
    ]
    outside = table.word("outside", ("closed", "empty"))
    area = table.quantity("area", "m2")
    table.done()
    kept = tuple(layer for layer in layers if layer.thickness > 0)
    if not kept:
        return None
    return geometry.Stack(
        name=name,
        layers=kept,
        area_per_metal=area / atoms,
        activity=_activity(law, one),
        most=most,
        far=None if outside == "closed" else 0.0,
    )


def _activity(law: str, one: float) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Activity of the hydrogen: as its amount, or one as long as the phase is there."""
    if law == "proportional":
        return lambda free: free / one
    return lambda free: np.clip(free / one, 0.0, 1.0)


def _layer(asked: Unknowns, table: Table, stack: str) -> geometry.Layer:
    name = table.text("name")
    dotted = f"{stack}.{name}"
    found = geometry.Layer(
        name=name,
        thickness=table.quantity("thickness", "m"),
        diffusivity=asked.diffusivity(table, dotted=dotted),
        capacity=asked.quantity(table, "capacity", "m-3", dotted=dotted),
        start=table.quantity("start", "m-3"),
        n_cells=table.whole("cells", low=3, default=_CELLS),
        grading=table.number("grading") if table.has("grading") else 1.0,
    )
    table.optional_text("source")
    table.done()
    return found
