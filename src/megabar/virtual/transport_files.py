"""Raw files of transport cells: one text table for each ramp, and the truth about the cell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.virtual import anvils, resistance
from megabar.virtual.plan import session_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from megabar.virtual.resistance import Grains, Readings
    from megabar.virtual.transport_plan import Transport, TransportCell

HEADER: Final = "Time (s),Temperature (K),Voltage (V)"
COLUMNS: Final = {"time": "Time", "temperature": "Temperature", "resistance": "Voltage"}
"""What a reader of tables is told about the columns; the stated current makes volts an ohm."""

_DAY: Final = 86_400.0  # s
_PAUSE: Final = timedelta(minutes=30)  # between two ramps: the film comes to rest


def file_of(cell: str, elapsed: float, ramp: str) -> str:
    """Name the file of one ramp, relative to the campaign.

    Parameters
    ----------
    cell
        Name of the cell.
    elapsed
        Days since heating.
    ramp
        Name of the ramp.

    Returns
    -------
    :
        The path.

    Examples
    --------
    >>> file_of("wired-1", 7.0, "warming")
    'raw/wired-1/day-007/warming.csv'
    """
    return f"raw/{cell}/{session_folder('hydride', elapsed)}/{ramp}.csv"


def starts(plan: Transport, cell: TransportCell, elapsed: float) -> dict[str, datetime]:
    """Say when the ramps of one session begin.

    Parameters
    ----------
    plan, cell
        The transport part of a plan, and one of its cells.
    elapsed
        Days since heating.

    Returns
    -------
    :
        Name of the ramp -> moment, in order.
    """
    moment = cell.heated_at + timedelta(days=elapsed)
    found = {}
    for ramp, rate in zip(plan.ramps, plan.sweep.rates, strict=True):
        found[ramp] = moment
        moment += timedelta(seconds=round(plan.sweep.duration(rate))) + _PAUSE
    return found


@dataclass(frozen=True, kw_only=True)
class Wired:
    """One transport cell with its film, ready to be measured.

    ``draw`` gives a source of chance for a key; ``root`` is the folder of the campaign.
    """

    plan: Transport
    cell: TransportCell
    grains: Grains
    draw: Callable[..., np.random.Generator]
    root: Path

    def measure(self, number: int, elapsed: float) -> dict[str, Any]:
        """Write the ramps of one session, and give the truth about it.

        Parameters
        ----------
        number
            Of the session within the cell.
        elapsed
            Its day since heating.

        Returns
        -------
        :
            Truth of the session.
        """
        plan = self.plan
        mean = self.cell.release.content(elapsed)
        critical = self.grains.critical_temperatures(mean, plan.relation)
        files = {}
        for place, (ramp, moment) in enumerate(starts(plan, self.cell, elapsed).items()):
            readings = resistance.measure(
                self.grains,
                critical=critical,
                normal=plan.normal,
                instrument=plan.instrument,
                sweep=plan.sweep,
                rate=plan.sweep.rates[place],
                random=self.draw(number, place),
            )
            path = self.root / file_of(self.cell.name, elapsed, ramp)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(table_of(readings), encoding="utf-8")
            files[ramp] = {
                "started_at": moment.isoformat(),
                "rate": plan.sweep.rates[place],
                "shift_by_lag": plan.sweep.rates[place] * plan.instrument.lag,
            }
        return {
            **self._anvil(number, elapsed),
            "elapsed": elapsed,
            "folder": session_folder("hydride", elapsed),
            "h_per_metal": mean,
            "content": resistance.distribution(self.grains.contents(mean)),
            "critical_temperature": resistance.distribution(critical),
            **resistance.true_temperatures(self.grains, critical),
            "files": files,
        }

    def _anvil(self, number: int, elapsed: float) -> dict[str, Any]:
        """Record the edge of the anvil before the ramps, with chance of its own."""
        anvil = self.plan.anvil
        if anvil is None:
            return {}
        pressure = anvil.pressure(self.cell.pressure, elapsed * _DAY)
        random = self.draw(number, len(self.plan.ramps))
        shift, counts = anvils.spectrum(anvil, pressure=pressure, random=random)
        path = self.root / file_of(self.cell.name, elapsed, "edge")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(anvils.table_of(shift, counts), encoding="utf-8")
        return {"pressure": pressure, "edge": anvil.edge(pressure)}


def table_of(readings: Readings) -> str:
    """Write a log as a text table.

    Parameters
    ----------
    readings
        The log of one ramp.

    Returns
    -------
    :
        The text, with a line of headers.
    """
    rows = zip(readings.time, readings.temperature, readings.voltage, strict=True)
    lines = [f"{t:.2f},{kelvin:.4f},{volt:.6e}" for t, kelvin, volt in rows]
    return "\n".join([HEADER, *lines]) + "\n"
