r"""What is assumed before the data: one prior for each parameter, named, printed and replaceable.

Every parameter is a standard normal number z to the algorithms; its prior is the increasing
function :math:`F^{-1}(\Phi(z))` that makes a value of it. The set ``"lah10"`` is for lanthanum
superhydride after synthesis. Whoever disagrees writes a file (:func:`read_priors`) and sees what
changes.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from math import exp, inf, isfinite, log
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import PlanError, one_of
from megabar.inference import prior_kernels as kernels

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

KINDS: Final = ("normal", "half-normal", "log-normal", "uniform", "log-uniform")
"""Forms of a prior, and with them what ``centre`` and ``width`` mean."""


@dataclass(frozen=True, kw_only=True)
class Prior:
    """What is known of one parameter before the data.

    Parameters
    ----------
    kind
        One of :data:`KINDS`.
    first, second
        Mean and standard deviation (normal); 0 and scale (half-normal); median and standard
        deviation of the logarithm (log-normal); least and most (uniform, log-uniform).
    unit
        Unit of the parameter, ``"1"`` for none.
    words
        What the parameter is.
    above
        Values below are excluded; only for normal and log-normal.

    Raises
    ------
    UnknownWord
        If the kind is unknown.
    ValueError
        If a number is not finite, a width is not positive or an interval is empty.

    Examples
    --------
    >>> prior = Prior(kind="log-uniform", first=1.0, second=100.0, unit="day", words="half time")
    >>> print(f"{prior.value_from_standard(0.0):.1f}")
    10.0
    """

    kind: str
    first: float
    second: float
    unit: str
    words: str
    above: float = -inf

    def __post_init__(self) -> None:
        one_of(self.kind, KINDS, name="kind of prior")
        if not (isfinite(self.first) and isfinite(self.second)):
            msg = f"Found {self.first:g} and {self.second:g}; a prior needs two finite numbers."
            raise ValueError(msg)
        if self.kind.endswith("uniform"):
            wrong = self.second <= self.first or ("log" in self.kind and self.first <= 0)
        else:
            wrong = self.second <= 0 or (self.kind == "log-normal" and self.first <= 0)
        if wrong:
            msg = (
                f"Found a {self.kind} prior with {self.first:g} and {self.second:g}, which is no "
                f"distribution. Give {_MEANINGS[self.kind]}."
            )
            raise ValueError(msg)

    @property
    def coefficients(self) -> tuple[int, float, float, float]:
        """Kind, two numbers and share above the cut, as the compiled functions take them."""
        if self.kind.endswith("uniform"):
            if self.kind == "uniform":
                return kernels.FLAT, self.first, self.second - self.first, 1.0
            return kernels.FLAT_EXPONENT, log(self.first), log(self.second / self.first), 1.0
        if self.kind == "half-normal":
            return kernels.LINEAR, 0.0, self.second, 0.5
        if self.kind == "normal":
            cut = (self.above - self.first) / self.second
            return kernels.LINEAR, self.first, self.second, kernels.survival(cut)
        centre = log(self.first)
        cut = -inf if self.above <= 0 else (log(self.above) - centre) / self.second
        return kernels.EXPONENTIAL, centre, self.second, kernels.survival(cut)

    def value_from_standard(self, z: ArrayLike) -> NDArray[np.float64]:
        r"""Make values of standard normal numbers.

        .. math:: v = F^{-1}(\Phi(z))

        Parameters
        ----------
        z
            Standard normal numbers, any shape.

        Returns
        -------
        :
            Values in the unit of the prior, shape of ``z``; they rise with it.
        """
        given = np.asarray(z, dtype=np.float64)
        out = np.empty(given.size)
        kernels.fill_values(np.ravel(given), *self.coefficients, out)
        return out.reshape(given.shape)

    @property
    def mean_and_std(self) -> tuple[float, float]:
        """Mean and standard deviation of a normal prior without a cut.

        Raises
        ------
        ValueError
            If the prior is not normal; what is integrated in closed form has to be.
        """
        if self.kind != "normal" or isfinite(self.above):
            msg = (
                f"Found a {self.kind} prior for the {self.words}, which is integrated in closed "
                "form and has to be normal without a cut. Give a mean and a standard deviation."
            )
            raise ValueError(msg)
        return self.first, self.second

    @property
    def logarithm(self) -> Prior:
        """The prior of the logarithm of the parameter; for log-normal ones.

        Raises
        ------
        ValueError
            If the prior is not log-normal.
        """
        if self.kind != "log-normal":
            msg = (
                f"Found a {self.kind} prior for the {self.words}; its logarithm has to be normal. "
                "Give a median and a standard deviation of the logarithm."
            )
            raise ValueError(msg)
        above = log(self.above) if self.above > 0 else -inf
        return replace(self, kind="normal", first=log(self.first), unit="1", above=above)

    def widened(self, factor: float) -> Prior:
        """Give the prior with another width, for asking what depends on it.

        Parameters
        ----------
        factor
            Of the width; intervals keep their (logarithmic) centre, positive limits stay positive.

        Returns
        -------
        :
            The other prior.

        Examples
        --------
        >>> wide = PRIORS["lah10"]["initial_content"].widened(2.0)
        >>> print(wide.sentence)
        normal, 10.6 +- 1.2
        """
        if self.kind == "uniform":
            centre, half = (self.first + self.second) / 2, (self.second - self.first) / 2
            first = centre - factor * half
            first = max(first, 0.0) if self.first >= 0 else first
            return replace(self, first=first, second=centre + factor * half)
        if self.kind == "log-uniform":
            centre = log(self.first * self.second) / 2
            half = factor * log(self.second / self.first) / 2
            return replace(self, first=exp(centre - half), second=exp(centre + half))
        return replace(self, second=factor * self.second)

    @property
    def sentence(self) -> str:
        """The prior in words, without its unit.

        Examples
        --------
        >>> PRIORS["lah10"]["order"].sentence
        'log-normal, 1.3 times or divided by 1.49, above 0.8'
        """
        if self.kind.endswith("uniform"):
            return f"{self.kind}, {self.first:.4g} to {self.second:.4g}"
        if self.kind == "half-normal":
            text = f"half-normal, scale {self.second:.4g}"
        elif self.kind == "normal":
            text = f"normal, {self.first:.4g} +- {self.second:.4g}"
        else:
            text = (
                f"log-normal, {self.first:.4g} times or divided by {float(np.exp(self.second)):.3g}"
            )
        return f"{text}, above {self.above:g}" if isfinite(self.above) else text


_MEANINGS: Final = {
    "normal": "a mean and a positive standard deviation",
    "half-normal": "0 and a positive scale",
    "log-normal": "a positive median and a positive standard deviation of the logarithm",
    "uniform": "a lower and a higher limit",
    "log-uniform": "a positive lower and a higher limit",
}


def _prior(
    kind: str, first: float, second: float, unit: str, words: str, *, above: float = -inf
) -> Prior:
    return Prior(kind=kind, first=first, second=second, unit=unit, words=words, above=above)


_LAH10: Final = {
    # The loss.
    "initial_content": _prior("normal", 10.6, 0.6, "H/M", "content on day 0"),
    "final_content": _prior("normal", 3.0, 0.7, "H/M", "content at which the loss ends", above=0.1),
    "half_time": _prior("log-uniform", 0.693, 693.0, "day", "time of half of the loss"),
    "half_time_spread": _prior("normal", 0.0, 0.25, "1", "ln of a cell's rate against the others"),
    "size_spread": _prior("uniform", 0.0, 0.8, "1", "standard deviation of ln R of the grains"),
    "order": _prior("log-normal", 1.3, 0.4, "1", "exponent of nucleation and growth", above=0.8),
    "rate_ratio": _prior("log-normal", 1.0, 1.0, "1", "rate of the second step over the first"),
    "middle_content": _prior("normal", 6.0, 0.5, "H/M", "content between two steps"),
    # The noise.
    "noise_excess": _prior("log-normal", 1.0, 0.15, "1", "true scatter over the claimed one"),
    "additive_std": _prior("log-uniform", 0.05, 0.5, "H/M", "error of a point"),
    "relative_std": _prior("half-normal", 0.0, 0.05, "1", "error of a point, of its value"),
    "scale_std": _prior("half-normal", 0.0, 0.05, "1", "error of the scale of a cell"),
    # What else can change the ratio of two signals; drifts are per 30 days.
    "gain_drift": _prior("normal", 0.0, 0.5, "1", "change of ln of the 1H gain in 30 days"),
    "walk_std": _prior("half-normal", 0.0, 0.4, "1", "random walk of the 1H gain in 30 days"),
    "visible_end": _prior("normal", 0.0, 0.5, "1", "ln of the visible share in the end"),
    "visible_half_time": _prior("log-uniform", 0.693, 693.0, "day", "half time of visibility"),
    "t1_drift": _prior("normal", 0.0, 1.5, "1", "change of ln T1 of 1H in 30 days"),
    "t1_initial": _prior("log-normal", 1.5, 0.7, "ms", "T1 of 1H on day 0"),
    "repetition_time": _prior("log-normal", 10.0, 0.7, "ms", "repetition time of 1H"),
    "h_width_drift": _prior("normal", 0.0, 0.7, "1", "change of ln of the 1H width in 30 days"),
    "h_width_initial": _prior("log-normal", 25.0, 0.6, "kHz", "FWHM of 1H on day 0"),
    "dead_time": _prior("log-normal", 7.0, 0.4, "us", "dead time of 1H"),
    "detuning_drift": _prior("normal", 0.0, 0.013, "1", "relative detuning gained in 30 days"),
    "detuning_initial": _prior("normal", 0.0, 0.004, "1", "relative detuning on day 0"),
    "quality_factor": _prior("log-normal", 40.0, 0.4, "1", "Q of the 1H resonator"),
    "echo_drift": _prior("normal", 0.0, 0.8, "1", "change of the logit of the metal's echo factor"),
    "echo_initial": _prior("uniform", 0.1, 0.9, "1", "echo factor of the metal on day 0"),
    "floor_drift": _prior("normal", 0.0, 0.7, "1", "change of ln of the sensitivity in 30 days"),
    "floor_share": _prior("log-normal", 1.0, 0.7, "1", "noise floor over the metal's signal"),
    # What other observables do when hydrogen leaves.
    "shift_slope": _prior("normal", -273.0, 80.0, "ppm per H/M", "shift of the metal per hydrogen"),
    "tc_slope": _prior("normal", 8.0, 8.0, "K per H/M", "critical temperature per hydrogen"),
    "visible_share": _prior("uniform", 0.0, 1.0, "1", "share of the lost hydrogen seen as H2"),
    # Where they start and how they drift without any loss.
    "shift_level": _prior("normal", 900.0, 300.0, "ppm", "shift of the metal on day 0"),
    "shift_drift": _prior("normal", 0.0, 150.0, "ppm", "change of that shift in 30 days"),
    "width_level": _prior("normal", 1450.0, 400.0, "kHz2", "squared width of the metal, day 0"),
    "width_drift": _prior("normal", 0.0, 200.0, "kHz2", "change of that square in 30 days"),
    "total_rest": _prior("normal", 10.0, 10.0, "H/M", "hydrogen outside the hydride, day 0"),
    "total_drift": _prior("normal", 0.0, 0.4, "H/M", "change of the total in 30 days"),
    "h2_level": _prior("normal", 5.0, 5.0, "H/M", "hydrogen seen as H2 on day 0"),
    "h2_drift": _prior("normal", 0.0, 0.3, "H/M", "change of that in 30 days"),
    "tc_level": _prior("normal", 240.0, 30.0, "K", "critical temperature on day 0"),
    "tc_drift": _prior("normal", 0.0, 3.0, "K", "change of that in 30 days"),
    "metal_t2_level": _prior("log-normal", 3.0, 0.7, "ms", "T2 of the metal on day 0"),
    "metal_t2_drift": _prior("normal", 0.0, 0.7, "1", "change of ln T2 of the metal in 30 days"),
    # How far a point may lie from what the straight laws above say, beyond its error.
    "shift_misfit": _prior("normal", 0.0, 40.0, "ppm", "misfit of the shift of the metal"),
    "width_misfit": _prior("normal", 0.0, 100.0, "kHz2", "misfit of its squared width"),
    "t1_misfit": _prior("normal", 0.0, 0.1, "1", "misfit of ln T1 of 1H"),
    "h_width_misfit": _prior("normal", 0.0, 0.1, "1", "misfit of ln of the 1H width"),
    "total_misfit": _prior("normal", 0.0, 0.3, "H/M", "misfit of the total"),
    "h2_misfit": _prior("normal", 0.0, 0.3, "H/M", "misfit of hydrogen seen as H2"),
    "metal_t2_misfit": _prior("normal", 0.0, 0.1, "1", "misfit of ln T2 of the metal"),
    "tc_misfit": _prior("normal", 0.0, 3.0, "K", "misfit of the critical temperature"),
}  # fmt: skip

PRIORS: Final[Mapping[str, Mapping[str, Prior]]] = MappingProxyType(
    {"lah10": MappingProxyType(_LAH10)}
)
"""Name of a set -> parameter -> prior."""


def read_priors(path: Path) -> Mapping[str, Prior]:
    r"""Read a set of priors that says in which parameters it differs from a named one.

    ``base = "lah10"`` and one table for each parameter that differs, with any of ``kind``,
    ``first``, ``second``, ``above``, ``unit`` and ``words``.

    Parameters
    ----------
    path
        TOML file.

    Returns
    -------
    :
        Parameter -> prior, complete.

    Raises
    ------
    PlanError
        If the file is no TOML, names no base, or a table is no prior.
    UnknownWord
        If the base or a parameter is unknown.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "priors.toml"
    ...     _ = path.write_text('base = "lah10"\n[initial_content]\nfirst = 9.6')
    ...     print(read_priors(path)["initial_content"].sentence)
    normal, 9.6 +- 0.6
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"Found no TOML in {path} ({error}), so there are no priors. Mend that line."
        raise PlanError(msg) from None
    base = entries.pop("base", None)
    if not isinstance(base, str):
        msg = f'Found no base in {path}; what it leaves out stays open. Write base = "lah10".'
        raise PlanError(msg)
    one_of(base, PRIORS, name="set of priors")
    found = dict(PRIORS[base])
    for name, entry in entries.items():
        one_of(name, found, name="parameter")
        found[name] = _changed(found[name], name, entry)
    return MappingProxyType(found)


def _changed(prior: Prior, name: str, entry: Any) -> Prior:
    allowed = {one.name for one in fields(Prior)}
    if not isinstance(entry, dict) or set(entry) - allowed:
        msg = (
            f"Found {entry!r} for {name}, which is no prior. Write a table [{name}] with any of "
            f"{', '.join(sorted(allowed))}."
        )
        raise PlanError(msg)
    numbers = {key: entry[key] for key in ("first", "second", "above") if key in entry}
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in numbers.values()):
        msg = f"Found {numbers!r} for {name}; first, second and above are numbers. Write them so."
        raise PlanError(msg)
    if "kind" in entry and entry["kind"] != prior.kind and not {"first", "second"} <= set(entry):
        msg = (
            f"Found another kind for {name} without its numbers, which mean something else there. "
            f"Give first and second of a {entry['kind']} prior."
        )
        raise PlanError(msg)
    try:
        return replace(prior, **entry)
    except (ValueError, TypeError, AttributeError) as error:
        msg = f"Found no prior for {name}: {error}"
        raise PlanError(msg) from None
