"""What a paper prints, as data: each number in SI, how it reads there, and where.

Only what is printed stands here. Where in the paper a number stands is given as far as it was
noted: ``"body"`` is its text or its methods.

Twin: ``observables.content_audit``.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from megabar.errors import UnknownWord, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Printed:
    """One printed number.

    Parameters
    ----------
    value
        In SI.
    printed
        How it reads in the paper; in our words where it is more than a number.
    place
        Where: ``"abstract"``, ``"text"``, ``"methods"``, ``"body"`` (text or methods), or the
        equation or figure.
    """

    value: float
    printed: str
    place: str


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One paper with the numbers that its audit starts from.

    Parameters
    ----------
    name
        Word of the command line.
    citation
        With its DOI.
    subject
        What it is about, a few words.
    printed
        Name -> number.
    """

    name: str
    citation: str
    subject: str
    printed: Mapping[str, Printed]

    def value(self, name: str) -> float:
        """Give a printed number in SI.

        Parameters
        ----------
        name
            Its name.

        Returns
        -------
        :
            The number.

        Raises
        ------
        UnknownWord
            If no number of that name is printed.
        """
        if name not in self.printed:
            msg = f"Found no printed number {name!r} in {self.citation}."
            raise UnknownWord(f"{msg} {did_you_mean(name, self.printed)}")
        return self.printed[name].value


def _number(value: float, printed: str, place: str) -> Printed:
    return Printed(value=value, printed=printed, place=place)


_DAY: Final = 86400.0

LAH10: Final = Paper(
    name="lah10",
    citation="Zhou et al., Nat. Commun. 16, 1135 (2025), doi:10.1038/s41467-025-56033-3",
    subject="1H and 139La in LaH10 near 170 GPa: H per La, its loss, how hydrogen moves",
    printed=MappingProxyType(
        {
            # fields and lines
            "proton_frequency": _number(395e6, "395 MHz", "body"),
            "field": _number(9.28, "9.28 T", "body"),
            "lanthanum_carrier": _number(55.95e6, "55.95 MHz", "body"),
            "lanthanum_shift_precursor": _number(-2800e-6, "-2800 ppm", "body"),
            "lanthanum_shift_hydride": _number(900e-6, "900 ppm", "body"),
            "lanthanum_shift_end": _number(2950e-6, "2950 ppm", "body"),
            "lanthanum_shift_distance": _number(150e-6, "only about 150 ppm higher", "body"),
            "lanthanum_fwhm_precursor": _number(8e3, "8 kHz", "body"),
            "lanthanum_fwhm_hydride": _number(38e3, "38 kHz", "body"),
            "lanthanum_quadrupole": _number(20e-30, "20 fm2", "body"),
            "proton_fwhm_hydride": _number(1350.0, "1.35 kHz", "body"),
            "proton_fwhm_precursor": _number(50e3, "50 kHz", "body"),
            "broad_fwhm": _number(1e-3, "10^3 Hz/MHz", "body"),
            "inverse_larmor": _number(0.4e-9, "inverse Larmor frequency 0.4 ns", "body"),
            # pulses
            "proton_pulse_low": _number(14e-6, "14 us at 0.8 W, Gaussian", "body"),
            "proton_power_low": _number(0.8, "14 us at 0.8 W, Gaussian", "body"),
            "proton_pulse_high": _number(6e-6, "6 us at 5 W, Gaussian", "body"),
            "proton_power_high": _number(5.0, "6 us at 5 W, Gaussian", "body"),
            "lanthanum_pulse": _number(4e-6, "4 us at 0.5 W, Gaussian", "body"),
            "lanthanum_power": _number(0.5, "4 us at 0.5 W, Gaussian", "body"),
            "echo_delay": _number(20e-6, "20 us between the pulses of the solid echo", "body"),
            # contents and their errors
            "precursor_content": _number(3.1, "3.1(2) H per La", "body"),
            "precursor_content_std": _number(0.2, "3.1(2) H per La", "body"),
            "content": _number(10.5, "about 10.5 H per La", "body"),
            "content_std_low": _number(0.3, "errors of 0.3 to 0.4", "body"),
            "content_std_high": _number(0.4, "errors of 0.3 to 0.4", "body"),
            "spectrum_error": _number(0.05, "up to 5 % at each spectrum", "body"),
            "content_high": _number(11.1, "11.1(4) and 11.1(3)", "body"),
            "content_high_std_first": _number(0.4, "11.1(4)", "body"),
            "content_high_std_second": _number(0.3, "11.1(3)", "body"),
            "heating_text": _number(1500.0, "above 1500 K", "text"),
            "heating_methods": _number(1200.0, "above 1200 K", "methods"),
            # loss
            "loss_rate": _number(0.12 / _DAY, "0.12(5) H per La and day", "body"),
            "loss_rate_std": _number(0.05 / _DAY, "0.12(5) H per La and day", "body"),
            "loss_share": _number(0.40, "almost 40 %", "body"),
            "loss_time": _number(30 * _DAY, "after 30 days", "body"),
            "end_time": _number(68 * _DAY, "measured until day 68", "body"),
            "desorption_time": _number(50 * _DAY, "near LaH3 after 50 to 70 days", "body"),
            "pressure": _number(170e9, "170 GPa", "body"),
            "pressure_change": _number(15e9, "no change of pressure beyond 15 GPa", "body"),
            "gasket_film": _number(500e-9, "500 nm of Al2O3 on the rhenium gasket", "body"),
            "transport_pressure_low": _number(95e9, "95 to 168 GPa", "body"),
            "transport_pressure_high": _number(168e9, "95 to 168 GPa", "body"),
            "critical_temperature_first": _number(160.0, "up to 160 K", "body"),
            "critical_temperature_low": _number(70.0, "70 to 85 K", "body"),
            "critical_temperature_high": _number(85.0, "70 to 85 K", "body"),
            # repetition
            "repetition_time_short": _number(10e-3, "10 ms", "body"),
            "repetition_time_long": _number(5.0, "5 s", "body"),
            "scans_long": _number(40e3, "40 000 scans", "body"),
            "repetition_over_t1": _number(5.0, "about 5 T1", "body"),
            "t2": _number(1.5e-3, "1.5(2) ms", "body"),
            "t2_std": _number(0.2e-3, "1.5(2) ms", "body"),
            # the sample and its reservoir
            "cell_volume": _number(143e-30, "143 A3", "body"),
            "borane_per_lanthanum": _number(4.0, "LaH3 to NH3BH3 as 1 to 4", "body"),
            # the formula of the diffusivity
            "diffusivity": _number(1e-10, "of the order of 1e-6 cm2/s", "abstract"),
            "number_density": _number(1e29, "about 1e23 cm^-3", "Eq. (1)"),
            "length": _number(1e-10, "about 1 A", "Eq. (1)"),
            "planck": _number(6.626e-34, "6.626e-34", "Eq. (1)"),
            "gyromagnetic_ratio": _number(26.752e7, "26.752e7 rad/(T s)", "Eq. (1)"),
            "knight_shift": _number(20e-6, "about 20 ppm", "body"),
        }
    ),
)
"""The paper on LaH10."""

PAPERS: Final[Mapping[str, Paper]] = MappingProxyType({LAH10.name: LAH10})
"""Name -> paper."""
