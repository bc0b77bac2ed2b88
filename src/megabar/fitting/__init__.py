"""Arrays in, numbers with errors out. Knows no physics."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megabar.fitting.curves import (
        biexponential_decay,
        exponential_decay,
        recovery,
        stretched_decay,
        stretched_recovery,
        two_component_recovery,
    )
    from megabar.fitting.decays import fid_gaussian, fid_lorentzian, fid_voigt, solid_echo
    from megabar.fitting.least_squares import fit
    from megabar.fitting.lineshapes import line_gaussian, line_lorentzian, line_voigt
    from megabar.fitting.models import Model, combine, from_kernel
    from megabar.fitting.results import Fit, SharedFit
    from megabar.fitting.series import fit_series

_HOMES = {
    "curves": (
        "biexponential_decay",
        "exponential_decay",
        "recovery",
        "stretched_decay",
        "stretched_recovery",
        "two_component_recovery",
    ),
    "decays": ("fid_gaussian", "fid_lorentzian", "fid_voigt", "solid_echo"),
    "least_squares": ("fit",),
    "lineshapes": ("line_gaussian", "line_lorentzian", "line_voigt"),
    "models": ("Model", "combine", "from_kernel"),
    "results": ("Fit", "SharedFit"),
    "series": ("fit_series",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Fit",
    "Model",
    "SharedFit",
    "biexponential_decay",
    "combine",
    "exponential_decay",
    "fid_gaussian",
    "fid_lorentzian",
    "fid_voigt",
    "fit",
    "fit_series",
    "from_kernel",
    "line_gaussian",
    "line_lorentzian",
    "line_voigt",
    "recovery",
    "solid_echo",
    "stretched_decay",
    "stretched_recovery",
    "two_component_recovery",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    msg = f"megabar.fitting has no {name!r}. It has: {', '.join(__all__)}."
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return __all__
