"""Figures and document, every number with its origin."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megabar.report.document import format_value, write

_HOMES = {"format_value": "megabar.report.document", "write": "megabar.report.document"}

__all__ = ["format_value", "write"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    msg = f"megabar.report has no {name!r}. It has: {', '.join(__all__)}."
    raise AttributeError(msg)
