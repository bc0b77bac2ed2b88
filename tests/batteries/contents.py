"""Blind campaigns: random contents measured by the virtual laboratory, analysed from records.

What the laboratory is told and what it truly is differ by the errors that are stated: every stated
number is drawn around the truth, or the truth around it. The truth shares no formula with the
analysis; sensitivities follow from reciprocity for one nucleus, in absolute units.
"""

from dataclasses import dataclass, replace

import numpy as np

from megabar import constants, schemas
from megabar.observables import calibrations, echo_angles, efficiencies, instrument_factors
from megabar.observables.hydrogen_content import hydrogen_content
from megabar.observables.lines import line
from megabar.observables.nutation import nutation
from megabar.observables.relaxation_times import t1, t2
from megabar.spins.pulse_shapes import rectangular_shape
from megabar.virtual import Cell, Line, Receiver, Settings, acquire
from megabar.virtual.spectrometer import clean_record

FIELD = 9.28
DWELL = 0.5e-6
OFFSET = 700.0  # of all lines from the carrier [Hz]
PROTON = 395.107e6
PROTON_RATIO = {"1H": 1.0, "139La": 0.14125641}  # IUPAC, doi:10.1351/pac200173111795
SPIN = {"1H": 0.5, "139La": 3.5}
ABUNDANCE = {"1H": 0.999885, "139La": 0.9991}
PULSE = {"1H": 6e-6, "139La": 4e-6}  # what the operator takes for 90 degrees
SIDES = {"hydrogen": "1H", "metal": "139La"}
TEMPERATURE = 300.0  # of the sample [K]
ECHO_DELAY = 25e-6
SATURATION = 5

STATED = {
    "precursor_h_per_metal": (3.0, 0.05),
    "precursor_t1_1H": (0.2, 0.01),
    "t1_139La": (8e-3, 0.4e-3),
    "precursor_t2_139La": (5e-3, 0.5e-3),
}
"""Numbers that the plan states with an error; the truth is drawn around them."""

REPETITION = {
    ("precursor", "1H"): 0.5,
    ("precursor", "139La"): 30e-3,
    ("hydride", "1H"): 10e-3,
    ("hydride", "139La"): 30e-3,
}


@dataclass(frozen=True, kw_only=True)
class Truth:
    """One campaign as it is.

    Parameters
    ----------
    content, precursor
        Hydrogen per metal after and before heating.
    t1, t2
        (session, nucleus) -> relaxation times [s].
    coil, noise
        (session, nucleus) -> scales of field and noise.
    power
        Nucleus -> peak power [W].
    noise_factor
        Nucleus -> F of the receiver, of noise scale 1.
    exponent
        Of a coil model that holds, instead of reciprocity from power; None for the latter.
    """

    content: float
    precursor: float
    t1: dict
    t2: dict
    coil: dict
    noise: dict
    power: dict
    noise_factor: dict
    exponent: float | None = None

    def limit_of_detection(self, nucleus):
        """Nuclei per root hertz, by reciprocity (Hoult, Richards) from the field of the pulse."""
        larmor = PROTON * PROTON_RATIO[nucleus]
        gamma = 2 * np.pi * larmor / FIELD
        spin = SPIN[nucleus]
        moment = (
            ABUNDANCE[nucleus] * gamma**2 * constants.hbar**2 * spin * (spin + 1) * FIELD
            / (3 * constants.k_boltzmann * TEMPERATURE)
        )  # fmt: skip
        if self.exponent is None:
            field = np.pi / 2 / PULSE[nucleus] / gamma / np.sqrt(self.power[nucleus])
            noise = np.sqrt(2 * constants.k_boltzmann * 300.0 * self.noise_factor[nucleus])
        else:
            field = 2e-2 * PROTON_RATIO[nucleus] ** (self.exponent - 3)
            noise = np.sqrt(2 * constants.k_boltzmann * 300.0)
        return CLEANER * noise / (2 * np.pi * larmor * moment * field)


CLEANER = (
    5.44e11 / 1.18e14
)  # the published limit over that of reciprocity, the same in both channels


def draw(rng, *, exponent=None, **given):
    """Draw a campaign; ``given`` names what is fixed instead."""
    near = {name: rng.normal(*stated) for name, stated in STATED.items()}
    hydrogen_t1 = 1.5e-3 * 10 ** rng.uniform()
    steady = exponent is not None

    def coil(session):
        if steady:
            return 1.0
        return rng.uniform(0.75, 1.0) if session == "hydride" else rng.uniform(0.97, 1.03)

    truth = Truth(
        content=rng.uniform(4.0, 11.0),
        precursor=near["precursor_h_per_metal"],
        t1={
            ("precursor", "1H"): near["precursor_t1_1H"],
            ("hydride", "1H"): hydrogen_t1,
            ("precursor", "139La"): near["t1_139La"],
            ("hydride", "139La"): near["t1_139La"],
        },
        t2={
            ("precursor", "1H"): np.inf,
            ("hydride", "1H"): 1.5e-3,
            ("precursor", "139La"): near["precursor_t2_139La"],
            ("hydride", "139La"): rng.uniform(0.4e-3, 1e-3),
        },
        coil={(s, n): coil(s) for s in ("precursor", "hydride") for n in PULSE},
        noise={
            (s, n): rng.uniform(0.9, 1.2) if s == "hydride" and not steady else 1.0
            for s in ("precursor", "hydride")
            for n in PULSE
        },
        power={"1H": 5.0, "139La": 2.0},
        noise_factor={"1H": 1.2, "139La": 1.1},
        exponent=exponent,
    )
    return replace(truth, **given)


LINES = {
    ("precursor", "1H"): {"shape": "gaussian", "fwhm": 50e3},
    ("precursor", "139La"): {"shape": "gaussian", "fwhm": 8e3},
    ("hydride", "1H"): {"shape": "lorentzian", "fwhm": 1.35e3},
    ("hydride", "139La"): {"shape": "gaussian", "fwhm": 38e3},
}


def _cell(truth, session):
    content = truth.precursor if session == "precursor" else truth.content
    return Cell(
        f"LaH{content:.9f}",
        metal_atoms=2.8e14,
        lines={
            nucleus: Line(
                **LINES[session, nucleus], shift=0.0,
                t1=truth.t1[session, nucleus], t2=truth.t2[session, nucleus],
            )
            for nucleus in PULSE
        },
        field_offset=0.0,
    )  # fmt: skip


def _receiver(truth, session, nucleus):
    larmor = PROTON * PROTON_RATIO[nucleus]
    return Receiver(
        reference_frequency=larmor,
        carrier_frequency=larmor - OFFSET,
        limit_of_detection=truth.limit_of_detection(nucleus),
        ring_down=1e5,
        ring_down_time=0.3e-6,
        phase=0.4,
        coil_scale=truth.coil[session, nucleus],
        noise_scale=truth.noise[session, nucleus],
    )


def _settings(nucleus, **changes):
    return Settings(
        pulse_length=PULSE[nucleus], flip_angle=np.pi / 2, dead_time=5e-6, dwell=DWELL, **changes
    )


ECHO = {"echo_delay": ECHO_DELAY, "before_echo": 18e-6}
LENGTHS = {nucleus: tuple(length * np.arange(1, 17) / 2) for nucleus, length in PULSE.items()}
RECORDS = {
    ("precursor", "1H", "line"): ("fid", 20_000, {"points": 4096, "repetition_time": 0.5}),
    ("precursor", "1H", "nutation"): (
        "nutation", 200, {"points": 256, "repetition_time": 1.2, "steps": LENGTHS["1H"]},
    ),
    ("precursor", "139La", "line"): (
        "solid-echo", 16_000, {"points": 4096, "repetition_time": 30e-3, **ECHO},
    ),
    ("precursor", "139La", "nutation"): (
        "nutation", 120, {"points": 512, "repetition_time": 60e-3, "steps": LENGTHS["139La"]},
    ),
    ("hydride", "1H", "line"): ("fid", 100, {"points": 4096, "repetition_time": 10e-3}),
    ("hydride", "1H", "nutation"): (
        "nutation", 4, {"points": 1024, "repetition_time": 0.1, "steps": LENGTHS["1H"]},
    ),
    ("hydride", "1H", "t1"): (
        "saturation-recovery", 16,
        {
            "points": 1024, "repetition_time": 60e-3, "saturation": SATURATION,
            "steps": tuple(np.geomspace(0.4e-3, 50e-3, 10)),
        },
    ),
    ("hydride", "139La", "line"): (
        "solid-echo", 32_000, {"points": 4096, "repetition_time": 30e-3, **ECHO},
    ),
    ("hydride", "139La", "nutation"): (
        "nutation", 600, {"points": 256, "repetition_time": 60e-3, "steps": LENGTHS["139La"]},
    ),
    ("hydride", "139La", "t2"): (
        "hahn-echo-array", 4_000,
        {
            "points": 256, "repetition_time": 30e-3, "before_echo": 15e-6,
            "steps": tuple(np.linspace(50e-6, 1.2e-3, 8)),
        },
    ),
}  # fmt: skip
"""(session, nucleus, measure) -> sequence, scans, settings."""


def measure(truth, *, seed, only=None, quieter=1, records=RECORDS):
    """Record a campaign: (session, nucleus, measure) -> acquisition.

    ``quieter`` multiplies the scans, so that noise falls by its root.
    """
    seeds = np.random.SeedSequence(seed).spawn(len(records))
    found = {}
    for (key, (sequence, scans, changes)), one in zip(records.items(), seeds, strict=True):
        session, nucleus, _ = key
        if only is None or key in only:
            found[key] = acquire(
                _cell(truth, session), sequence=sequence, nucleus=nucleus,
                n_scans=scans * quieter, seed=one,
                receiver=_receiver(truth, session, nucleus), settings=_settings(nucleus, **changes),
            )  # fmt: skip
    return found


# --- analysis: from records and stated numbers alone ----------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the analysis found in the records of a campaign.

    Parameters
    ----------
    lines
        (session, nucleus) -> Observables of the line.
    widths
        (session, nucleus) -> its width [Hz].
    fields
        (session, nucleus) -> nutation frequency and its error [Hz].
    t1, t2
        (session, nucleus) -> time and its error, measured or stated [s].
    """

    lines: dict
    widths: dict
    fields: dict
    t1: dict
    t2: dict


def see(records):
    """Analyse every record by itself."""
    found = {
        (session, nucleus): line(record, shape=LINES[session, nucleus]["shape"])
        for (session, nucleus, measured), record in records.items()
        if measured == "line"
    }
    fields = {key[:2]: _nutation(records, *key[:2]) for key in records if key[2] == "nutation"}
    in_hydride = t1(records["hydride", "1H", "t1"], shape="lorentzian")
    of_metal = t2(records["hydride", "139La", "t2"], shape="gaussian")
    return Seen(
        lines=found,
        widths={key: float(one.fwhm) for key, one in found.items()},
        fields=fields,
        t1={
            ("precursor", "1H"): STATED["precursor_t1_1H"],
            ("precursor", "139La"): STATED["t1_139La"],
            ("hydride", "1H"): _number(in_hydride, "t1"),
            ("hydride", "139La"): STATED["t1_139La"],
        },
        t2={
            ("precursor", "139La"): STATED["precursor_t2_139La"],
            ("hydride", "139La"): _number(of_metal, "t2"),
        },
    )


def _number(found, name):
    return float(found[name]), float(found[f"{name}_std"])


def _nutation(records, session, nucleus):
    found = nutation(
        records[session, nucleus, "nutation"], pulse_shape=rectangular_shape(),
        field_model="homogeneous", asymmetry=0.0, detected="all",
        shape=LINES[session, nucleus]["shape"],
    )  # fmt: skip
    return _number(found, "nutation_frequency")


def factors_of(seen, session, *, without=()):
    """Efficiencies of one session, side by side; ``without`` names those that are forgotten."""
    return {
        side: [one for one in _factors(seen, session, nucleus, without) if one.name not in without]
        for side, nucleus in SIDES.items()
    }


def _factors(seen, session, nucleus, without):
    field, field_std = seen.fields.get((session, nucleus), (1 / (4 * PULSE[nucleus]), 0.0))
    angle, angle_std = instrument_factors.flip_angle_from_nutation(
        nutation_frequency=field, nutation_frequency_std=field_std, duration=PULSE[nucleus],
        mean_over_peak=1.0, power_ratio=1.0,
    )  # fmt: skip
    if "flip_angle" in without:
        angle, angle_std = np.pi / 2, 0.0
    echo = nucleus == "139La"
    time, time_std = seen.t1[session, nucleus]
    yield efficiencies.bandwidth(dwell=DWELL)
    yield efficiencies.steady_state(
        repetition_time=REPETITION[session, nucleus], t1=time, t1_std=time_std,
        flip_angle=angle, flip_angle_std=angle_std,
        sequence="solid-echo" if echo else "fid", echo_delay=ECHO_DELAY if echo else None,
    )  # fmt: skip
    yield instrument_factors.coil(
        nutation_frequency=field, nutation_frequency_std=field_std, power=1.0, power_std=0.0
    )
    if echo:
        decay, decay_std = seen.t2[session, nucleus]
        yield efficiencies.echo_decay(echo_delay=ECHO_DELAY, t2=decay, t2_std=decay_std)
        yield echo_angles.refocusing_by_angle(
            second_flip_angle=angle, second_flip_angle_std=angle_std, echo_delay=ECHO_DELAY,
            fwhm=seen.widths[session, nucleus], shape="gaussian",
            sequence="solid-echo", amplitude="fitted",
        )  # fmt: skip


def by_precursor(seen, *, without=()):
    """Content of a campaign against its precursor, from amplitudes, for the noise drifts."""
    scale = calibrations.calibration_by_precursor(
        hydrogen=seen.lines["precursor", "1H"], metal=seen.lines["precursor", "139La"],
        h_per_metal=STATED["precursor_h_per_metal"][0],
        h_per_metal_std=STATED["precursor_h_per_metal"][1],
        factors=factors_of(seen, "precursor", without=without), by="amplitude_per_scan",
    )  # fmt: skip
    return hydrogen_content(
        seen.lines["hydride", "1H"], seen.lines["hydride", "139La"], scale=scale,
        factors=factors_of(seen, "hydride", without=without),
    )  # fmt: skip


def stated_around(truth, rng):
    """What a power meter and a noise measurement say of a campaign: value and error."""
    relative = {"power": 0.04, "noise_factor": 0.03}
    said = {}
    for nucleus in PULSE:
        true = {
            "power": truth.power[nucleus],
            "noise_factor": truth.noise_factor[nucleus] * truth.noise["hydride", nucleus] ** 2,
        }
        said[nucleus] = {
            name: (value * (1 + relative[name] * rng.normal()), relative[name] * value)
            for name, value in true.items()
        }
    return said


def by_nutation(seen, stated):
    """Content of the hydride from its pulses, powers and noise."""
    channels = {}
    for side, nucleus in SIDES.items():
        field, std = seen.fields["hydride", nucleus]
        (power, power_std), (noise, noise_std) = stated[nucleus].values()
        channels[side] = calibrations.PulseCalibration(
            pulse_90=1 / (4 * field), pulse_90_std=std / (4 * field**2),
            mean_over_peak=1.0, mean_over_peak_std=0.0, power=power, power_std=power_std,
            noise_temperature=300.0, noise_temperature_std=0.0,
            noise_factor=noise, noise_factor_std=noise_std,
        )  # fmt: skip
    scale = calibrations.calibration_by_nutation(
        nuclei=("1H", "139La"), **channels, by="snr_per_root_scan"
    )
    return _of_the_hydride(seen, scale)


def by_exponent(seen, exponent):
    """Content of the hydride from a coil model that holds."""
    scale = calibrations.calibration_by_exponent(
        nuclei=("1H", "139La"), exponents=(exponent,), by="snr_per_root_scan",
        noise_ratio=1.0, noise_ratio_std=0.0,
    )  # fmt: skip
    return _of_the_hydride(seen, scale)


def _of_the_hydride(seen, scale):
    return hydrogen_content(
        seen.lines["hydride", "1H"], seen.lines["hydride", "139La"], scale=scale,
        factors=factors_of(seen, "hydride", without=("coil",)),
    )  # fmt: skip


# --- many campaigns -------------------------------------------------------------------------------

STRONGER = {
    **{key: how for key, how in RECORDS.items() if key[0] == "hydride" and key[2] != "nutation"},
    ("hydride", "1H", "line"): ("fid", 100, {"points": 8192, "repetition_time": 10e-3}),
}
"""Records where a coil model holds, and the pulses are those that were set.

The line of 1H is thirty times stronger; its record goes on until the noise is all that is left.
"""

EXPONENTS = (3.0, 2.75, 2.5)


def recovered(seed):
    """Content of one campaign in three modes: mode -> true one, and what was found."""
    rng = np.random.default_rng([2026, seed])
    truth = draw(rng)
    seen = see(measure(truth, seed=rng.integers(2**32)))
    found = {
        "precursor": (truth.content, by_precursor(seen)),
        "nutation": (truth.content, by_nutation(seen, stated_around(truth, rng))),
    }
    exponent = EXPONENTS[seed % len(EXPONENTS)]
    other = draw(rng, exponent=exponent)
    seen = see(measure(other, seed=rng.integers(2**32), records=STRONGER))
    return {**found, "exponent": (other.content, by_exponent(seen, exponent))}


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How intervals of many campaigns hold: parts that cover, and pulls."""

    count: int
    covered_68: float
    covered_95: float
    pulls: np.ndarray
    relative_std: float

    @classmethod
    def of(cls, pairs):
        """Count (truth, content) pairs; give also the median of the relative errors."""
        inside = np.array([
            [low < truth < high for low, high in (x.attrs["interval_68"], x.attrs["interval"])]
            for truth, x in pairs
        ])  # fmt: skip
        return cls(
            count=len(pairs),
            covered_68=float(inside[:, 0].mean()),
            covered_95=float(inside[:, 1].mean()),
            pulls=np.array([
                (float(x.h_per_metal) - truth) / float(x.h_per_metal_std) for truth, x in pairs
            ]),
            relative_std=float(np.median([x.h_per_metal_std / x.h_per_metal for _, x in pairs])),
        )  # fmt: skip


# --- what a forgotten factor costs, derived without the analysis ----------------------------------

FORGOTTEN = (
    "nothing",
    "steady_state",
    "flip_angle",
    "coil",
    "echo_decay",
    "refocusing",
    "dead_time",
)
DEAD = {nucleus: PULSE[nucleus] / 2 + 5e-6 for nucleus in PULSE}


def read_without(records, seen, name):
    """Content of a campaign if one factor is forgotten."""
    lines = dict(seen.lines)
    for session in ("precursor", "hydride"):
        if name == "refocusing":
            lines[session, "139La"] = _read(records[session, "139La", "line"], at=0.0, about=0.6e-6)
        if name == "dead_time":
            lines[session, "1H"] = _read(
                records[session, "1H", "line"], at=DEAD["1H"], about=0.1e-6
            )
    return by_precursor(replace(seen, lines=lines), without=(name,))


def _read(record, *, at, about):
    """Size of the mean of a few points, as a line that was read and not fitted."""
    near = np.abs(record.time.values - at) <= about
    noise = np.sqrt(np.mean(np.abs(record.signal.values[0, -1000:]) ** 2) / 2)
    return schemas.observables(
        {"amplitude": (abs(record.signal.values[0, near].mean()), noise / np.sqrt(near.sum()))},
        nucleus=record.attrs["nucleus"], metal="none", method="points read", provenance="{}",
        attrs={
            "n_scans": float(record.attrs["n_scans"]), "receiver_gain": 1.0, "dwell": DWELL,
            "sequence": record.attrs["sequence"],
        },
    )  # fmt: skip


def biases(seeds, *, names=FORGOTTEN):
    """Logarithm of the bias of quiet campaigns, found and derived: name -> (campaign, 2).

    Over the true content. The drawn error of the precursor's content, which all of one campaign
    share, is taken off.
    """
    found = {name: [] for name in names}
    for seed in seeds:
        rng = np.random.default_rng([7, seed])
        truth = draw(rng)
        records = measure(truth, seed=rng.integers(2**32), quieter=100)
        seen = see(records)
        true = truth.content * STATED["precursor_h_per_metal"][0] / truth.precursor
        for name in names:
            bias = float(read_without(records, seen, name).h_per_metal) / true
            found[name].append((np.log(bias), np.log(derived_bias(truth, name))))
    return {name: np.array(pairs) for name, pairs in found.items()}


def losses(truth, name):
    """Part of each signal that one factor stands for: (session, nucleus) -> part."""
    return {
        (session, nucleus): _loss(truth, session, nucleus, name)
        for session in ("precursor", "hydride")
        for nucleus in PULSE
    }


def derived_bias(truth, name):
    """Content over the true one if a factor is forgotten, by the parts of the four signals."""
    part = losses(truth, name)
    now, before = (
        part[session, "1H"] / part[session, "139La"] for session in ("hydride", "precursor")
    )
    fitted = 1.0 if name == "refocusing" else form_loss(truth)
    return now / before / fitted


def form_loss(truth):
    r"""Part of the 139La amplitude of the hydride that a Gaussian form finds, fitted from the top.

    The line decays as exp(-t^2/2s^2 - t/T2). The normal equations of amplitude and width, to first
    order in s/T2, with moments of exp(-u^2) over u > 0.
    """
    width = LINES["hydride", "139La"]["fwhm"]
    spread = np.sqrt(2 * np.log(2)) / (np.pi * width)
    m0, m1, m2, m3, m4 = (
        np.sqrt(np.pi) / 2,
        1 / 2,
        np.sqrt(np.pi) / 4,
        1 / 2,
        3 * np.sqrt(np.pi) / 8,
    )
    amplitude, _ = np.linalg.solve([[m0, m2], [m2, m4]], [-m1, -m3])
    return 1 + amplitude * spread / truth.t2["hydride", "139La"]


def _loss(truth, session, nucleus, name):
    b = truth.coil[session, nucleus]
    spins = _Spins.of(truth, session, nucleus)
    if name == "nothing":
        return 1.0
    if name == "coil":
        return b
    if name == "steady_state":
        return spins.magnetisation(b) * np.sin(b * np.pi / 2)
    if name == "flip_angle":
        return spins.top(b) / spins.top(1.0)
    if name == "echo_decay":
        return 1.0 if nucleus == "1H" else spins.top(1.0) / replace(spins, t2=np.inf).top(1.0)
    if name == "refocusing":
        return 1.0 if nucleus == "1H" else spins.fresh_echo(b) / np.sin(b * np.pi / 2)
    return 1.0 if nucleus == "139La" else _left_of(LINES[session, nucleus], DEAD[nucleus])


def _left_of(shape, time):
    """Fourier integral of a line at one time, by quadrature."""
    from scipy.integrate import quad

    width = shape["fwhm"]

    def line_at(nu):
        if shape["shape"] == "lorentzian":
            return width / (2 * np.pi) / (nu**2 + width**2 / 4)
        return np.sqrt(4 * np.log(2) / np.pi) / width * np.exp(-4 * np.log(2) * (nu / width) ** 2)

    if shape["shape"] == "lorentzian":
        return 2 * quad(line_at, 0, np.inf, weight="cos", wvar=2 * np.pi * time)[0]
    return 2 * quad(lambda nu: line_at(nu) * np.cos(2 * np.pi * nu * time), 0, 5 * width)[0]


@dataclass(frozen=True, kw_only=True)
class _Spins:
    """Vectors of many offsets, turned pulse by pulse and scan by scan."""

    offset: np.ndarray
    weight: np.ndarray
    echo: bool
    t1: float
    t2: float
    repetition: float

    @classmethod
    def of(cls, truth, session, nucleus):
        """Take the line of one session, a FID of 1H and a solid echo of 139La."""
        echo = nucleus == "139La"
        place = np.linspace(-3, 3, 601)
        weight = np.exp(-4 * np.log(2) * place**2)
        return cls(
            offset=OFFSET + place * LINES[session, nucleus]["fwhm"], weight=weight / weight.sum(),
            echo=echo, t1=truth.t1[session, nucleus],
            t2=truth.t2[session, nucleus], repetition=REPETITION[session, nucleus],
        )  # fmt: skip

    def _scan(self, z, b, phase):
        """Run one scan from Mz: signal at the top, and Mz when the next scan begins."""
        angle = b * np.pi / 2
        vectors = _turned(np.array([0.0, 0.0, z])[:, None] + 0 * self.offset, angle, 0.0)
        if not self.echo:
            signal = vectors[0] + 1j * vectors[1]
            rest = self.repetition
        else:
            vectors = self._free(vectors, ECHO_DELAY)
            vectors = _turned(vectors, angle, np.pi / 2 + np.pi * phase)
            top = self._free(vectors, ECHO_DELAY)
            signal = top[0] + 1j * top[1]
            rest = self.repetition - ECHO_DELAY
        left = np.exp(-rest / self.t1)
        return self.weight @ signal, 1 - (1 - self.weight @ vectors[2]) * left

    def _free(self, vectors, time):
        turn = np.exp(2j * np.pi * self.offset * time - time / self.t2)
        flat = (vectors[0] + 1j * vectors[1]) * turn
        return np.array([flat.real, flat.imag, 1 - (1 - vectors[2]) * np.exp(-time / self.t1)])

    def _steady(self, b):
        z = 1.0
        signals, states = [], []
        for scan in range(80):
            states.append(z)
            signal, z = self._scan(z, b, scan % 2)
            signals.append(signal)
        return abs(np.mean(signals[-8:])), float(np.mean(states[-8:]))

    def magnetisation(self, b):
        """Longitudinal magnetisation that each scan finds."""
        return self._steady(b)[1]

    def top(self, b):
        """Signal at the pulse, or at the top of the echo, in the steady state."""
        return self._steady(b)[0]

    def fresh_echo(self, b):
        """Top of the echo of full magnetisation, without relaxation."""
        free = replace(self, t1=1e9, t2=np.inf, repetition=1e9)
        return abs(np.mean([free._scan(1.0, b, phase)[0] for phase in (0, 1)]))


def _turned(vectors, angle, phase):
    """Turn vectors about an axis in the plane."""
    axis = np.array([np.cos(phase), np.sin(phase), 0.0])[:, None]
    along = axis * (axis * vectors).sum(axis=0)
    across = np.cross(axis, vectors, axis=0)
    return along + np.cos(angle) * (vectors - along) + np.sin(angle) * across


# --- faint metal lines ----------------------------------------------------------------------------


def faint_contents(ratio, *, count, seed):
    """(truth, content) of a cell whose metal amplitude is ``ratio`` standard errors."""
    rng = np.random.default_rng(seed)
    lines = {
        "1H": Line(shape="lorentzian", fwhm=1.35e3, shift=0.0, t1=1.5e-3, t2=np.inf),
        "139La": Line(shape="gaussian", fwhm=38e3, shift=0.0, t1=8e-3, t2=np.inf),
    }
    how = {
        "1H": ("fid", _settings("1H", points=2048, repetition_time=0.1), 100.0),
        "139La": (
            "solid-echo",
            _settings("139La", points=1024, repetition_time=0.3, **ECHO),
            ratio,
        ),
    }
    content = rng.uniform(4.0, 11.0)
    cell = Cell(f"LaH{content:.9f}", metal_atoms=2.8e14, lines=lines, field_offset=0.0)
    receivers = {n: _of_size(cell, n, *how[n]) for n in how}
    limits = {n: one.limit_of_detection for n, one in receivers.items()}
    # content of equal amplitudes per scan: what the two limits of detection say of themselves
    value = limits["1H"] / limits["139La"]
    scale = replace(
        calibrations.calibration_by_exponent(
            nuclei=("1H", "139La"), exponents=(3.0,), by="amplitude_per_scan", noise_ratio=1.0,
            noise_ratio_std=0.0,
        ),
        value=value,
    )  # fmt: skip
    found = []
    for _ in range(count):
        seen = {}
        for nucleus, (sequence, settings, _) in how.items():
            record = acquire(
                cell, sequence=sequence, nucleus=nucleus, n_scans=FAINT_SCANS,
                seed=rng.integers(2**32), receiver=receivers[nucleus], settings=settings,
            )  # fmt: skip
            shape = lines[nucleus]
            seen[nucleus] = line(
                record, shape=shape.shape,
                known={"frequency": OFFSET, "fwhm": shape.fwhm, "phase": 0.4},
            )  # fmt: skip
        found.append((content, hydrogen_content(*seen.values(), scale=scale, factors={})))
    return found


FAINT_SCANS = 1600


def _of_size(cell, nucleus, sequence, settings, ratio):
    """Receiver in which the amplitude of a line of known form is so many of its standard errors."""
    larmor = PROTON * PROTON_RATIO[nucleus]
    receiver = Receiver(
        reference_frequency=larmor, carrier_frequency=larmor - OFFSET, limit_of_detection=1.0,
        ring_down=0.0, ring_down_time=0.3e-6, phase=0.4,
    )  # fmt: skip
    time, (clean,) = clean_record(
        cell, sequence=sequence, nucleus=nucleus, receiver=receiver, settings=settings
    )
    heard = clean[time >= DEAD[nucleus]] if sequence == "fid" else clean
    ratio_of_one = np.linalg.norm(heard) * np.sqrt(FAINT_SCANS * settings.dwell)
    return replace(receiver, limit_of_detection=ratio_of_one / ratio)
