"""megabar: from raw signals of hydrides at megabar pressures to a verdict.

Names are imported when they are first used, so that ``import megabar`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megabar import history, observables, report, spectra, units, virtual
    from megabar.campaign.runner import Campaign
    from megabar.readers.registry import read

__version__ = "0.1.0.dev0"

_MODULES = frozenset({"history", "matter", "observables", "report", "spectra", "units", "virtual"})
_OBJECTS = {"Campaign": "megabar.campaign.runner", "read": "megabar.readers.registry"}

__all__ = [
    "Campaign",
    "__version__",
    "history",
    "matter",
    "observables",
    "read",
    "report",
    "spectra",
    "units",
    "virtual",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _OBJECTS:
        return getattr(import_module(_OBJECTS[name]), name)
    msg = f"megabar has no {name!r}. It has: {', '.join(sorted(__all__))}."
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted(__all__)
