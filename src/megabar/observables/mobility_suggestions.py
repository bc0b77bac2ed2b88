"""Which further measurement decides between what the data leave open, from the models themselves.

Twin: ``motion.relaxation``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """One way to explain what was measured.

    Parameters
    ----------
    name
        For people: ``"slow branch"``, ...
    motion
        Name of the model.
    diffusivity
        D [m2/s].
    further_rate
        Of another mechanism, in R1 and R2 [s-1], supposed independent of field.
    """

    name: str
    motion: str
    diffusivity: float
    further_rate: float


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """One measurement and what each explanation predicts for it.

    Parameters
    ----------
    measurement
        What to measure: ``"T1 at 98.8 MHz"``, ...
    predictions
        Name of the explanation and its prediction [s].
    separation
        Smallest difference between two explanations, in standard errors of a measurement as good
        as the present one.
    sentence
        What is to be told.
    """

    measurement: str
    predictions: tuple[tuple[str, float], ...]
    separation: float
    sentence: str
