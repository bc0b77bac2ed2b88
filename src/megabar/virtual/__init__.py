"""The virtual laboratory: raw campaigns with known truth. Shares no analysis code."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megabar.virtual.dynamics import Dynamics, Gate, Limits, run_md
    from megabar.virtual.laboratory import simulate
    from megabar.virtual.settings import Settings
    from megabar.virtual.spectrometer import Receiver, acquire
    from megabar.virtual.truth import Cell, Line

_HOMES = {
    "Cell": "truth",
    "Dynamics": "dynamics",
    "Gate": "dynamics",
    "Limits": "dynamics",
    "Line": "truth",
    "Receiver": "spectrometer",
    "Settings": "settings",
    "acquire": "spectrometer",
    "run_md": "dynamics",
    "simulate": "laboratory",
}

__all__ = [
    "Cell",
    "Dynamics",
    "Gate",
    "Limits",
    "Line",
    "Receiver",
    "Settings",
    "acquire",
    "run_md",
    "simulate",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    msg = f"megabar.virtual has no {name!r}. It has: {', '.join(__all__)}."
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return list(__all__)
