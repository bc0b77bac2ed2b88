"""Weeks and priors as plain objects that JSON holds without loss, and back.

Work that runs elsewhere, and an archive of what was judged, need the inputs as text. Floats keep
every bit (``repr`` of a float is exact); what is not finite becomes None.
"""

from __future__ import annotations

from dataclasses import fields
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

from megabar.errors import SchemaError
from megabar.inference.priors import Prior
from megabar.inference.weeks import CellWeeks, Weeks, Witness

if TYPE_CHECKING:
    from collections.abc import Mapping

_ARRAYS = ("elapsed", "h_per_metal", "independent_std", "relative_std", "repetition_time")


def weeks_to_json(weeks: Weeks) -> dict[str, Any]:
    """Write weeks as plain objects.

    Parameters
    ----------
    weeks
        Data.

    Returns
    -------
    :
        Of strings, floats, lists, dictionaries and None.

    Examples
    --------
    >>> cell = CellWeeks(cell="A", elapsed=[0.0, 30.0], h_per_metal=[10.5, 6.4],
    ...                  independent_std=[0.4, 0.3], relative_std=[0.0, 0.0],
    ...                  common_relative_std=0.05)
    >>> plain = weeks_to_json(Weeks(cells=(cell,)))
    >>> plain["cells"][0]["h_per_metal"], weeks_from_json(plain).cells[0].h_per_metal.tolist()
    ([10.5, 6.4], [10.5, 6.4])
    """
    facts = {one.name: getattr(weeks, one.name) for one in fields(weeks) if one.name != "cells"}
    return {"cells": [_cell_to_json(one) for one in weeks.cells], **facts}


def weeks_from_json(plain: Mapping[str, Any]) -> Weeks:
    """Read weeks from plain objects.

    Parameters
    ----------
    plain
        From :func:`weeks_to_json`.

    Returns
    -------
    :
        Data, every bit as it was.

    Raises
    ------
    SchemaError
        If a field is missing or unknown.
    """
    try:
        cells = tuple(_cell_from_json(one) for one in plain["cells"])
        return Weeks(cells=cells, **{key: plain[key] for key in plain if key != "cells"})
    except (KeyError, TypeError) as error:
        raise _unreadable("weeks", error) from None


def priors_to_json(priors: Mapping[str, Prior]) -> dict[str, Any]:
    """Write priors as plain objects.

    Parameters
    ----------
    priors
        Parameter -> prior.

    Returns
    -------
    :
        Parameter -> dictionary of strings and floats; None for no limit.
    """
    return {
        name: {one.name: _finite_or_none(getattr(prior, one.name)) for one in fields(prior)}
        for name, prior in priors.items()
    }


def priors_from_json(plain: Mapping[str, Any]) -> dict[str, Prior]:
    """Read priors from plain objects.

    Parameters
    ----------
    plain
        From :func:`priors_to_json`.

    Returns
    -------
    :
        Parameter -> prior.

    Raises
    ------
    SchemaError
        If a field is missing or unknown.

    Examples
    --------
    >>> from megabar.inference.priors import PRIORS
    >>> priors_from_json(priors_to_json(PRIORS["lah10"])) == dict(PRIORS["lah10"])
    True
    """
    try:
        return {
            name: Prior(**{**one, "above": -inf if one["above"] is None else one["above"]})
            for name, one in plain.items()
        }
    except (KeyError, TypeError) as error:
        raise _unreadable("priors", error) from None


def _finite_or_none(value: object) -> object:
    return None if isinstance(value, float) and not isfinite(value) else value


def _cell_to_json(cell: CellWeeks) -> dict[str, Any]:
    arrays = {name: getattr(cell, name) for name in _ARRAYS}
    return {
        "cell": cell.cell,
        "common_relative_std": cell.common_relative_std,
        **{name: None if one is None else one.tolist() for name, one in arrays.items()},
        "witnesses": [
            {
                "name": one.name,
                "elapsed": one.elapsed.tolist(),
                "value": one.value.tolist(),
                "std": one.std.tolist(),
            }
            for one in cell.witnesses.values()
        ],
    }


def _cell_from_json(plain: Mapping[str, Any]) -> CellWeeks:
    witnesses = [Witness(**one) for one in plain["witnesses"]]
    rest = {key: plain[key] for key in plain if key != "witnesses"}
    return CellWeeks(**rest, witnesses={one.name: one for one in witnesses})


def _unreadable(what: str, error: Exception) -> SchemaError:
    return SchemaError(
        f"Found {what} that this version cannot read ({error}). Write them anew from the data."
    )
