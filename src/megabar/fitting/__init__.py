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
    from megabar.fitting.discrete_spectra import (
        frequency_grid,
        spectral_noise_covariance,
        transformed,
    )
    from megabar.fitting.least_squares import fit
    from megabar.fitting.lineshapes import (
        line_gaussian,
        line_lorentzian,
        line_voigt,
        voigt_fwhm,
    )
    from megabar.fitting.models import Model, combine, from_kernel
    from megabar.fitting.results import Fit, SharedFit
    from megabar.fitting.sampling import Bootstrap, bootstrap, profile
    from megabar.fitting.series import fit_series
    from megabar.fitting.shared import fit_shared

_HOMES = {
    "curves": (
        "biexponential_decay",
        "exponential_decay",
        "profile",
        "recovery",
        "stretched_decay",
        "stretched_recovery",
        "two_component_recovery",
    ),
    "decays": ("fid_gaussian", "fid_lorentzian", "fid_voigt", "solid_echo"),
    "least_squares": ("fit",),
    "lineshapes": ("line_gaussian", "line_lorentzian", "line_voigt", "voigt_fwhm"),
    "models": ("Model", "combine", "from_kernel"),
    "results": ("Fit", "SharedFit"),
    "sampling": ("Bootstrap", "bootstrap", "profile"),
    "series": ("fit_series",),
    "shared": ("fit_shared",),
    "discrete_spectra": ("frequency_grid", "spectral_noise_covariance", "transformed"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Bootstrap",
    "Fit",
    "Model",
    "SharedFit",
    "biexponential_decay",
    "bootstrap",
    "combine",
    "exponential_decay",
    "fid_gaussian",
    "fid_lorentzian",
    "fid_voigt",
    "fit",
    "fit_series",
    "fit_shared",
    "frequency_grid",
    "from_kernel",
    "line_gaussian",
    "line_lorentzian",
    "line_voigt",
    "profile",
    "recovery",
    "solid_echo",
    "spectral_noise_covariance",
    "stretched_decay",
    "stretched_recovery",
    "transformed",
    "two_component_recovery",
    "voigt_fwhm",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    msg = f"megabar.fitting has no {name!r}. It has: {', '.join(__all__)}."
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return __all__
