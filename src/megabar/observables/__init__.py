"""Spectrum, Acquisition or Sweep -> Observables."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# A function of the name of its module is bound at once: bound later, the name would become the
# module as soon as somebody imports it.
from megabar.observables.critical_temperature import critical_temperature
from megabar.observables.hydrogen_content import content_covariance, hydrogen_content
from megabar.observables.resistance_ramps import ramps

if TYPE_CHECKING:
    from megabar.observables.echo_angles import refocusing_by_angle
    from megabar.observables.efficiencies import (
        Factor,
        bandwidth,
        dead_time_loss,
        echo_decay,
        refocusing,
        steady_state,
        visible_fraction,
    )
    from megabar.observables.fitted_echoes import fitted_refocusing
    from megabar.observables.fitted_excitations import fitted_excitation
    from megabar.observables.instrument_factors import (
        b1_inhomogeneity,
        coil,
        filter_gain,
        flip_angle_from_nutation,
        path_loss,
        receiver_gain,
    )
    from megabar.observables.lines import components, line, series
    from megabar.observables.relaxation_times import t1, t1_and_t2, t1rho, t2
    from megabar.observables.skin_depths import skin_depth

_HOMES = {
    "echo_angles": ("refocusing_by_angle",),
    "efficiencies": (
        "Factor",
        "bandwidth",
        "dead_time_loss",
        "echo_decay",
        "refocusing",
        "steady_state",
        "visible_fraction",
    ),
    "fitted_echoes": ("fitted_refocusing",),
    "fitted_excitations": ("fitted_excitation",),
    "instrument_factors": (
        "b1_inhomogeneity",
        "coil",
        "filter_gain",
        "flip_angle_from_nutation",
        "path_loss",
        "receiver_gain",
    ),
    "lines": ("components", "line", "series"),
    "relaxation_times": ("t1", "t1_and_t2", "t1rho", "t2"),
    "skin_depths": ("skin_depth",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Factor",
    "b1_inhomogeneity",
    "bandwidth",
    "coil",
    "components",
    "content_covariance",
    "critical_temperature",
    "dead_time_loss",
    "echo_decay",
    "filter_gain",
    "fitted_excitation",
    "fitted_refocusing",
    "flip_angle_from_nutation",
    "hydrogen_content",
    "line",
    "path_loss",
    "ramps",
    "receiver_gain",
    "refocusing",
    "refocusing_by_angle",
    "series",
    "skin_depth",
    "steady_state",
    "t1",
    "t1_and_t2",
    "t1rho",
    "t2",
    "visible_fraction",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    msg = f"megabar.observables has no {name!r}. It has: {', '.join(__all__)}."
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return __all__
