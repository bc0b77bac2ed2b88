"""What is in the cell: nuclei, crystals, pressure gauges, the cell itself."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megabar.matter import cells, crystals, equations_of_state, frames, gauges, nuclei
    from megabar.matter.nuclei import nucleus

_MODULES = frozenset({"cells", "crystals", "equations_of_state", "frames", "gauges", "nuclei"})
_OBJECTS = {"nucleus": "megabar.matter.nuclei"}

__all__ = ["cells", "crystals", "equations_of_state", "frames", "gauges", "nuclei", "nucleus"]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _OBJECTS:
        return getattr(import_module(_OBJECTS[name]), name)
    msg = f"megabar.matter has no {name!r}. It has: {', '.join(sorted(__all__))}."
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted(__all__)
