r"""Which content follows from two published signals, under every calibration side by side.

.. math:: x = k \, \frac{S_X}{S_M / \eta}

Two signals alone give no content: the scale k (``observables.calibrations``) and the part
:math:`\eta` of the metal nuclei that its line shows are choices as long as nobody measured them.
Here each choice has its number, with the errors of first order

.. math:: \Big(\frac{s_x}{x}\Big)^2 = \Big(\frac{s_X}{S_X}\Big)^2 + \Big(\frac{s_M}{S_M}\Big)^2
    + \frac{1}{2 N_X} + \frac{1}{2 N_M} + \Big(\frac{s_k}{k}\Big)^2
    + \Big(\frac{s_\eta}{\eta}\Big)^2

(N points each noise was taken from) and the interval of Fieller, which has no upper end where the
metal line is not clear of its noise.

Twin: ``observables.hydrogen_content``, for lines that megabar fitted itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import hypot, inf, isfinite, sqrt
from typing import TYPE_CHECKING, Final

from megabar.matter import nuclei as table
from megabar.observables.ratio_intervals import ratio_interval
from megabar.observables.stated_scales import whole_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from megabar.observables.calibrations import Scale
    from megabar.observables.efficiencies import Factor

Z95: Final = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""

_DEPHASED: Final = (
    20.0  # turns of the line between the pulses, after which nothing changes any more
)
_WHOLE: Final = "whole line"


@dataclass(frozen=True, kw_only=True)
class SignalPair:
    """Two signals of one sample.

    Parameters
    ----------
    nuclei
        Nucleus counted, and nucleus that it is counted against: any two of the table.
    counted, against
        Their signals and standard errors, over the noise and per root scan, or amplitudes in units
        of the gain and per scan; extrapolated to t = 0.
    noise_points
        Complex points that the noise of each was taken from; ``inf`` where its error is part of
        that of the signal.

    Examples
    --------
    >>> pair = SignalPair(nuclei=("1H", "139La"), counted=(4.0, 0.1), against=(0.1, 0.01))
    >>> f"{pair.ratio:.0f}"
    '40'
    """

    nuclei: tuple[str, str]
    counted: tuple[float, float]
    against: tuple[float, float]
    noise_points: tuple[float, float] = (inf, inf)

    def __post_init__(self) -> None:
        for name, (value, std) in zip(self.nuclei, (self.counted, self.against), strict=True):
            table.nucleus(name)
            if not (isfinite(value) and value > 0 and isfinite(std) and std >= 0):
                msg = (
                    f"Found a signal of {name} of {value:g}({std:g}); a content needs a positive "
                    "one with a finite error. Of a line that was not seen give nothing here."
                )
                raise ValueError(msg)
        if not all(points > 0 for points in self.noise_points):
            msg = f"Found noise from {self.noise_points} points; both counts must be positive."
            raise ValueError(msg)

    @property
    def ratio(self) -> float:
        """Signal counted over signal it is counted against."""
        return self.counted[0] / self.against[0]


@dataclass(frozen=True, kw_only=True)
class PairContent:
    """One content that follows from a pair.

    Parameters
    ----------
    mode
        Of the calibration.
    scale
        Which one, in words.
    line
        Which part of the metal line the signal is taken to show, in words.
    part
        That part.
    h_per_metal
        Atoms counted per atom of the other element.
    std
        Standard error, first order.
    interval
        95 %, Fieller; its upper end is ``inf`` where the data set none.
    """

    mode: str
    scale: str
    line: str
    part: float
    h_per_metal: float
    std: float
    interval: tuple[float, float]


def contents_of_pair(
    pair: SignalPair, *, scales: Mapping[str, Scale], lines: Sequence[Factor]
) -> tuple[PairContent, ...]:
    """Compute the content of a pair under every scale and every reading of the metal line.

    Parameters
    ----------
    pair
        Two signals.
    scales
        Words -> scale, as of ``observables.calibrations``.
    lines
        Readings of the metal line: parts of its nuclei that the signal shows, each with its error;
        ``source`` names it. A precursor that has no factor of its own has the same one, so that it
        cancels: then the whole line stands alone.

    Returns
    -------
    :
        Contents, scale by scale.

    Raises
    ------
    ValueError
        If a scale belongs to other nuclei.

    Examples
    --------
    >>> from megabar.observables.stated_scales import scales_by_exponent, whole_line
    >>> pair = SignalPair(nuclei=("1H", "139La"), counted=(17.75, 0.2), against=(0.1, 0.005))
    >>> scales = scales_by_exponent(pair.nuclei, noise_ratio=(1.0, 0.0), by="snr_per_root_scan")
    >>> for one in contents_of_pair(pair, scales=scales, lines=[whole_line()]):
    ...     print(f"{one.scale}: {one.h_per_metal:.2f}")
    p = 3: 10.50
    p = 2.75: 17.12
    p = 2.5: 27.93
    """
    found = []
    for words, scale in scales.items():
        if scale.nuclei != pair.nuclei:
            msg = f"Found a scale of {scale.nuclei} for signals of {pair.nuclei}; they must agree."
            raise ValueError(msg)
        corrected = scale.mode != "precursor" or bool(scale.efficiencies.get("metal"))
        readings = lines if corrected else [whole_line()]
        found += [_content(pair, words, scale, reading) for reading in readings]
    return tuple(found)


def _content(pair: SignalPair, words: str, scale: Scale, reading: Factor) -> PairContent:
    factor = scale.value * reading.value
    noise = sqrt(sum(1 / (2 * points) for points in pair.noise_points))
    other = hypot(noise, scale.relative_std, reading.relative_std)
    (high, high_std), (low, low_std) = pair.counted, pair.against
    value = factor * pair.ratio
    return PairContent(
        mode=scale.mode,
        scale=words,
        line=reading.source,
        part=reading.value,
        h_per_metal=value,
        std=value * hypot(high_std / high, low_std / low, other),
        interval=ratio_interval(
            numerator=factor * high,
            numerator_std=factor * hypot(high_std, other * high),
            denominator=low,
            denominator_std=low_std,
            z=Z95,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How far choices that nobody measured move a content.

    Parameters
    ----------
    low, high
        Least and largest content.
    by_choice
        Which choice -> largest over least content with all others equal.
    """

    low: float
    high: float
    by_choice: Mapping[str, float] = field(default_factory=dict)


def spread_of(contents: Sequence[PairContent]) -> Spread:
    """Say how far the choices move a content.

    Parameters
    ----------
    contents
        From :func:`contents_of_pair`.

    Returns
    -------
    :
        The spread.

    Raises
    ------
    ValueError
        If there is no content.
    """
    if not contents:
        msg = "Found no content; give at least one scale."
        raise ValueError(msg)
    values = [one.h_per_metal for one in contents]
    return Spread(
        low=min(values),
        high=max(values),
        by_choice={
            "calibration": _largest(contents, lambda one: one.line),
            "part of the line": _largest(contents, lambda one: one.scale),
        },
    )


def _largest(contents: Sequence[PairContent], fixed: Callable[[PairContent], str]) -> float:
    groups: dict[str, list[float]] = {}
    for one in contents:
        groups.setdefault(fixed(one), []).append(one.h_per_metal)
    return max(max(group) / min(group) for group in groups.values())
