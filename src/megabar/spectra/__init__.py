"""Acquisition -> Spectrum.

Imported eagerly, against the habit of the house: the stages ``transform``, ``phase``, ``baseline``
and ``reference`` share their names with their modules, and only an eager import makes the name in
this package the stage, whatever was imported before.
"""

from megabar.spectra.apodisation import apodise
from megabar.spectra.baseline import baseline
from megabar.spectra.echoes import centre_echo, coadd_train, echo_top, half_echo, split_train
from megabar.spectra.noise import noise_from_tail, noise_of_steps
from megabar.spectra.phase import autophase, phase
from megabar.spectra.reference import reference
from megabar.spectra.transform import transform, trim

__all__ = [
    "apodise",
    "autophase",
    "baseline",
    "centre_echo",
    "coadd_train",
    "echo_top",
    "half_echo",
    "noise_from_tail",
    "noise_of_steps",
    "phase",
    "reference",
    "split_train",
    "transform",
    "trim",
]
