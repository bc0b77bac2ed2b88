"""The part of verb audit on two signals: contents under all calibrations side by side."""

from __future__ import annotations

from dataclasses import asdict
from math import hypot, isfinite, sqrt
from typing import TYPE_CHECKING, Any, Final

from megabar import units
from megabar.cli import terminal
from megabar.cli.audit_options import SIDES
from megabar.errors import MegabarError, MissingInput, UnusableInput, one_of
from megabar.matter import nuclei
from megabar.observables import signal_pairs, stated_scales
from megabar.observables.calibrations import CANCELLING, PulseCalibration
from megabar.observables.efficiencies import Factor
from megabar.spins.pulse_shapes import gaussian_shape, rectangular_shape

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from megabar.observables.calibrations import Scale
    from megabar.observables.signal_pairs import PairContent, SignalPair, Spread

_SLICES: Final = 512
_CHANNEL: Final = ("pulse_90", "power", "shape")


def content(arguments: argparse.Namespace) -> terminal.Answer:
    """Say which content follows from two signals under every calibration.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        Contents side by side; exit code 11 if none of them has an upper limit.

    Raises
    ------
    MissingInput
        If signals, nuclei or the noise are not stated.
    UnusableInput
        If something typed cannot be.
    """
    for name in ("s_hydrogen", "s_metal", "nuclei"):
        if getattr(arguments, name) is None:
            msg = (
                f"Found no {_option(name)}; two signals at t = 0, each with its error, and their "
                "nuclei are needed: --s-hydrogen '4.0(1)' --s-metal '0.10(1)' --nuclei 1H,139La."
            )
            raise MissingInput(msg, argument=_option(name))
    try:
        pair = _pair(arguments)
        scales = _scales(arguments, pair)
        lines = _lines(arguments, pair.nuclei[1])
        found = signal_pairs.contents_of_pair(pair, scales=scales, lines=lines)
    except MegabarError:
        raise
    except ValueError as failure:  # of the physics
        raise UnusableInput(str(failure)) from failure
    spread = signal_pairs.spread_of(found)
    bounded = any(isfinite(one.interval[1]) for one in found)
    return terminal.Answer(
        verb="audit",
        facts=_facts(arguments, pair, scales, found, spread),
        text=tuple(_words(arguments, pair, scales, found, spread)),
        exit_code=terminal.OK if bounded else terminal.LOW_CONFIDENCE,
    )


def _pair(arguments: argparse.Namespace) -> SignalPair:
    signals = []
    for side in SIDES:
        value, std = units.quantity_with_error(
            getattr(arguments, f"s_{side}"), unit="1", name=f"--s-{side}"
        )
        scans = getattr(arguments, f"scans_{side}")
        if scans is not None and not scans >= 1:
            msg = f"Found --scans-{side} {scans:g}; a count from 1 is needed."
            raise UnusableInput(msg)
        each = 1.0 if scans is None else _per_scan(scans, arguments.by)
        signals.append((value / each, std / each))
    names = tuple(name.strip() for name in arguments.nuclei.split(","))
    if len(names) != 2:
        msg = f"Found --nuclei {arguments.nuclei}; two are needed, such as '1H,139La'."
        raise UnusableInput(msg)
    return signal_pairs.SignalPair(
        nuclei=names,
        counted=signals[0],
        against=signals[1],
        noise_points=(arguments.noise_points_hydrogen, arguments.noise_points_metal),
    )


def _per_scan(scans: float, by: str) -> float:
    return scans if by == "amplitude_per_scan" else sqrt(scans)


def _scales(arguments: argparse.Namespace, pair: SignalPair) -> dict[str, Scale]:
    """Make every scale that the options allow; exponents need the noise alone."""
    for word in arguments.cancels:
        one_of(word, CANCELLING, name="error that cancels")
    abundances = _abundances(arguments)
    noise = _noise_ratio(arguments)
    scales = stated_scales.scales_by_exponent(
        pair.nuclei, noise_ratio=noise, abundances=abundances, by=arguments.by
    )
    nutation = _nutation(arguments, pair, noise, abundances)
    if nutation is not None:
        scales["nutation of both channels"] = nutation
    precursor = _precursor(arguments, pair)
    if precursor is not None:
        scales["precursor"] = precursor
    return scales


def _noise_ratio(arguments: argparse.Namespace) -> tuple[float, float]:
    """Noise of the first channel over that of the second, root of F T B."""
    if arguments.equal_noise or arguments.by == "amplitude_per_scan":
        return 1.0, 0.0
    ratio, relative = 1.0, 0.0
    for name, unit in (("noise_factor", "1"), ("noise_temperature", "K"), ("bandwidth", "Hz")):
        (one, one_std), (two, two_std) = (
            _measured(arguments, f"{name}_{side}", unit, "or --equal-noise") for side in SIDES
        )
        ratio *= sqrt(one / two)
        if name not in arguments.cancels:
            relative = hypot(relative, 0.5 * one_std / one, 0.5 * two_std / two)
    return ratio, ratio * relative


def _nutation(
    arguments: argparse.Namespace,
    pair: SignalPair,
    noise: tuple[float, float],
    abundances: Mapping[str, float],
) -> Scale | None:
    typed = [
        getattr(arguments, f"{name}_{side}") is not None for name in _CHANNEL for side in SIDES
    ]
    if not any(typed):
        return None
    return stated_scales.scale_by_nutation(
        pair.nuclei,
        channels=(_channel(arguments, "hydrogen"), _channel(arguments, "metal")),
        noise_ratio=noise,
        by=arguments.by,
        cancelling=[word for word in arguments.cancels if not word.startswith("noise")],
        abundances=abundances,
    )


def _channel(arguments: argparse.Namespace, side: str) -> PulseCalibration:
    pulse, pulse_std = _measured(arguments, f"pulse_90_{side}", "s", "with that of the other")
    power, power_std = _measured(arguments, f"power_{side}", "W", "with that of the other")
    return PulseCalibration(
        pulse_90=pulse,
        pulse_90_std=pulse_std,
        mean_over_peak=_mean_over_peak(getattr(arguments, f"shape_{side}"), side),
        mean_over_peak_std=0.0,
        power=power,
        power_std=power_std,
    )


def _mean_over_peak(text: str | None, side: str) -> float:
    name, _, cut = (text or "").partition(":")
    if name == "rectangular" and not cut:
        return float(rectangular_shape().mean)
    if name == "gaussian" and cut:
        truncation = units.parse(cut, unit="1", name=f"--shape-{side}")
        return float(gaussian_shape(truncation=truncation, slices=_SLICES).mean)
    if text is None:
        msg = f"Found no --shape-{side}; its mean over its peak enters the content."
        raise MissingInput(f"{msg} Write rectangular or gaussian:1%.", argument=f"--shape-{side}")
    msg = f"Found --shape-{side} {text}; write rectangular, or gaussian:1% with where it is cut."
    raise UnusableInput(msg)


def _precursor(arguments: argparse.Namespace, pair: SignalPair) -> Scale | None:
    if arguments.precursor_content is None and arguments.precursor_ratio is None:
        return None
    line = None
    if arguments.precursor_part is not None:
        value, std = units.quantity_with_error(
            arguments.precursor_part, unit="1", name="--precursor-part"
        )
        line = Factor(name="part of the line", value=value, std=std, source="stated")
    return stated_scales.scale_by_precursor(
        pair.nuclei,
        content=_measured(arguments, "precursor_content", "1", "with the ratio"),
        ratio=_measured(arguments, "precursor_ratio", "1", "with the content"),
        line=line,
        by=arguments.by,
    )


def _lines(arguments: argparse.Namespace, nucleus: str) -> list[Factor]:
    width = arguments.fwhm_metal and units.parse(
        arguments.fwhm_metal, unit="Hz", name="--fwhm-metal"
    )
    delay = arguments.echo_delay and units.parse(
        arguments.echo_delay, unit="s", name="--echo-delay"
    )
    found = list(stated_scales.readings_of_line(nucleus, fwhm=width, echo_delay=delay))
    for text in arguments.part:
        name, _, number = text.partition("=")
        value, std = units.quantity_with_error(number, unit="1", name=f"--part {name}")
        found.append(Factor(name="part of the line", value=value, std=std, source=name))
    return found


def _abundances(arguments: argparse.Namespace) -> dict[str, float]:
    found = {}
    for text in arguments.abundance:
        name, _, number = text.partition("=")
        found[nuclei.nucleus(name).name] = units.parse(number, unit="1", name="--abundance")
    return found


def _measured(
    arguments: argparse.Namespace, name: str, unit: str, remedy: str
) -> tuple[float, float]:
    text = getattr(arguments, name)
    if text is None:
        msg = f"Found no {_option(name)}; the scale hangs on it. Give it {remedy}."
        raise MissingInput(msg, argument=_option(name))
    value, std = units.quantity_with_error(text, unit=unit, name=_option(name))
    if not value > 0:
        msg = f"Found {_option(name)} {text}; a number above 0 is needed."
        raise UnusableInput(msg)
    return value, std


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _facts(
    arguments: argparse.Namespace,
    pair: SignalPair,
    scales: Mapping[str, Scale],
    found: tuple[PairContent, ...],
    spread: Spread,
) -> dict[str, Any]:
    return {
        "nuclei": pair.nuclei,
        "by": arguments.by,
        "signals": {"hydrogen": pair.counted, "metal": pair.against},
        "ratio": pair.ratio,
        "scales": {
            words: {
                "mode": one.mode,
                "value": one.value,
                "relative_std": one.relative_std,
                "terms": [asdict(term) for term in one.terms],
                "inputs": dict(one.inputs),
                "assumptions": one.assumptions,
            }
            for words, one in scales.items()
        },
        "contents": [asdict(one) for one in found],
        "spread": {"low": spread.low, "high": spread.high, "by_choice": dict(spread.by_choice)},
        "assumptions": list(_assumptions(arguments)),
    }


def _assumptions(arguments: argparse.Namespace) -> Iterator[str]:
    yield "both signals are extrapolated to the centre of the pulse"
    if arguments.by != "amplitude_per_scan":
        yield (
            "equal bandwidth, noise factor and noise temperature in both channels"
            if arguments.equal_noise
            else "noise is thermal, and as stated"
        )
    yield "every efficiency but the part of the metal line is 1 on both sides"


def _words(
    arguments: argparse.Namespace,
    pair: SignalPair,
    scales: Mapping[str, Scale],
    found: tuple[PairContent, ...],
    spread: Spread,
) -> Iterator[terminal.Piece]:
    counted, against = pair.nuclei
    yield terminal.Line(
        "signals",
        f"{counted} {_number(*pair.counted)}, {against} {_number(*pair.against)}, ratio "
        f"{pair.ratio:.4g}",
    )
    for words, one in scales.items():
        terms = ", ".join(f"{t.name} {t.relative_std:.1%}" for t in one.terms if t.relative_std)
        yield terminal.Line(
            "scale",
            f"{words}: {one.value:.4g} per ratio of 1 ({terms or 'without an error of its own'}); "
            f"{'; '.join(one.assumptions)}",
        )
    yield terminal.Table(
        title=f"{counted} per atom of the element of {against}",
        columns=("calibration", "metal line shows", "part", "content", "error", "95 %"),
        rows=tuple(
            (
                one.scale, one.line, f"{one.part:.3g}", f"{one.h_per_metal:.3g}",
                f"{one.std / one.h_per_metal:.1%}", _interval(one.interval),
            )
            for one in found
        ),
    )  # fmt: skip
    choices = ", ".join(f"{name} x {by:.2f}" for name, by in spread.by_choice.items())
    yield terminal.Line(
        "spread", f"{spread.low:.3g} to {spread.high:.3g} from choices alone: {choices}"
    )
    yield terminal.Line("supposed", "; ".join(_assumptions(arguments)))


def _number(value: float, std: float) -> str:
    return f"{value:.4g} +- {std:.2g}"


def _interval(interval: tuple[float, float]) -> str:
    low, high = interval
    if not isfinite(low):
        return "anything"
    if not isfinite(high):
        return f"from {low:.3g}, no upper limit"
    return f"{low:.3g} to {high:.3g}"
