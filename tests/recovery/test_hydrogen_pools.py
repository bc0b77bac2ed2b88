"""Pools that are put in come out: pulls, bounds, and no number where the records hold none.

The virtual laboratory walks coherence pathways for each pool by itself; the signals are added, then
the noise. What the analysis is told of each pool is drawn about the truth, as a measurement is.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from megabar import observables, schemas, virtual
from megabar.observables import pool_contents, pool_readings, pool_separation
from megabar.observables.calibrations import calibration_by_precursor
from megabar.observables.hydrogen_pools import Pool
from megabar.observables.pool_readings import short_pulse
from megabar.virtual import truth
from megabar.virtual.spectrometer import clean_record

NINETY, TURN = short_pulse(math.pi / 2), short_pulse(math.pi)
PULSES = {"fid": (NINETY,), "saturation-recovery": (NINETY,)}
PULSES |= {"solid-echo": (NINETY, NINETY), "hahn-echo": (NINETY, TURN)}
RECEIVER = virtual.Receiver(
    reference_frequency=395.107e6,
    carrier_frequency=395.107e6,
    limit_of_detection=1.0,
    ring_down=0.0,
    ring_down_time=1e-6,
    phase=0.7,
)


def line(**values):
    return virtual.Line(**{"shape": "gaussian", "shift": 0.0, "t2": math.inf, **values})


def settings(repetition_time, *, points=400, **more):
    return virtual.Settings(
        pulse_length=1e-6,
        flip_angle=math.pi / 2,
        dead_time=5e-6,
        dwell=1e-6,
        points=points,
        repetition_time=repetition_time,
        **more,
    )


class Day:
    """Records of pools of known amplitude, without noise; ``noisy`` adds it."""

    def __init__(self, lines, amplitudes, records, *, scatter=0.0):
        self.lines, self.amplitudes, self.scatter = lines, amplitudes, scatter
        self.clean = {}
        for name, (sequence, setting) in records.items():
            total = 0.0
            for pool, one in lines.items():
                cell = virtual.Cell(
                    "LaH1",
                    metal_atoms=amplitudes[pool] or 1e-12,
                    lines={"1H": one},
                    field_offset=0.0,
                )
                time, rows = clean_record(
                    cell, sequence=sequence, nucleus="1H", receiver=RECEIVER, settings=setting
                )
                total = total + rows
            self.clean[name] = (sequence, setting, time, total)

    def noisy(self, rng, *, scans=8):
        return [self._record(name, rng, scans) for name in self.clean]

    def _record(self, name, rng, scans):
        sequence, setting, time, rows = self.clean[name]
        both = rng.normal(size=(2, *rows.shape)) * math.sqrt(scans / setting.dwell)
        steps = {"saturation-recovery": "delay", "hahn-echo-array": "echo_time"}
        data = schemas.acquisition(
            scans * rows + both[0] + 1j * both[1],
            time=time,
            step={steps[sequence]: setting.steps} if sequence in steps else None,
            attrs={
                "nucleus": "1H",
                "carrier_frequency": RECEIVER.carrier_frequency,
                "n_scans": scans,
                "sequence": sequence,
                "repetition_time": setting.repetition_time,
                "dead_time": 5.5e-6 if "echo" not in sequence else math.nan,
                "cell": "A",
                "source": "virtual",
                "source_sha256": "0",
                "receiver_gain": 1.0,
            }
            | ({"echo_delay": setting.echo_delay} if setting.echo_delay else {}),
        )
        reading = pool_readings.reading_of(
            data,
            name=name,
            pulses=PULSES[sequence],
            relative_field_std=0.0,
            reference_frequency=RECEIVER.reference_frequency,
        )
        return data, reading, (math.sqrt(scans / setting.dwell), 0.0)

    def stated(self, rng, name, errors):
        """The pool as somebody measured it: every finite error scatters the stated value."""
        one = self.lines[name]
        values = {key: getattr(one, key) for key in ("fwhm", "shift", "t1", "t2")}
        stds = dict.fromkeys(("fwhm_std", "shift_std", "t1_std", "t2_std"), 0.0)
        for key, relative in errors.items():
            if math.isinf(relative):
                stds[f"{key}_std"] = math.inf
            else:
                true = values[key]
                values[key] = true * math.exp(relative * rng.normal())
                stds[f"{key}_std"] = relative * values[key]
        return Pool(name=name, shape=one.shape, **values, **stds)

    def separated(self, seed, errors, **more):
        rng = np.random.default_rng(seed)
        pools = [self.stated(rng, name, errors.get(name, {})) for name in self.lines]
        found = self.noisy(rng)
        return pool_separation.separate_pools(
            [(data, reading) for data, reading, _ in found],
            pools,
            noise={reading.name: level for _, reading, level in found},
            **more,
        )


def reading_of_fid(data, name):
    return pool_readings.reading_of(
        data,
        name=name,
        pulses=(NINETY,),
        relative_field_std=0.0,
        reference_frequency=RECEIVER.reference_frequency,
    )


def assert_standard(pulls):
    """Mean and width of n pulls are known to 1/sqrt(n) and 1/sqrt(2n)."""
    n = len(pulls)
    assert abs(np.mean(pulls)) < 3 / math.sqrt(n), f"mean {np.mean(pulls):.3f}"
    assert abs(np.std(pulls, ddof=1) - 1) < 3 / math.sqrt(2 * n), f"width {np.std(pulls):.3f}"


UNIT = 1e3  # rms of the noise of one scan per channel: amplitudes are given in it
HYDRIDE = line(shape="lorentzian", fwhm=1350.0, shift=20.0, t1=1.5e-3, t2=1.5e-3)
HYDROGEN = line(fwhm=10e3, shift=-15.0, t1=0.05)
BORANE = line(fwhm=60e3, shift=3.0, t1=2.0)
FREE = {"fwhm": math.inf, "shift": math.inf}


def times(**named):
    return {name: ("fid", settings(value)) for name, value in named.items()}


def pulls_of(day, results, name):
    found = [one[name] for one in results]
    assert all(one.quality == "value" for one in found)
    return [(one.value - day.amplitudes[name]) / one.std for one in found]


@pytest.mark.slow  # the one by width alone runs always
def test_pools_of_one_shape_are_separated_by_t1_alone():
    """One line shape for both; only the repetition time tells them apart."""
    same = line(fwhm=20e3, t1=1.5e-3)
    day = Day(
        {"hydride": same, "H2": replace(same, t1=0.2)},
        {"hydride": 50 * UNIT, "H2": 60 * UNIT},
        {
            "short": ("fid", settings(10e-3, points=120)),
            "long": ("fid", settings(1.0, points=120)),
        },
    )
    results = [day.separated(k, {"H2": {"t1": 0.03}}) for k in range(200)]
    for name in day.lines:
        assert_standard(pulls_of(day, results, name))
    sure = [one.chi2_probability for one in results]
    assert 0.4 < np.mean(sure) < 0.6


def test_pools_of_one_t1_are_separated_by_width_alone():
    day = Day(
        {"hydride": line(fwhm=5e3, t1=0.5), "H2": line(fwhm=40e3, t1=0.5)},
        {"hydride": 50 * UNIT, "H2": 60 * UNIT},
        {"fid": ("fid", settings(1.0, points=250))},
    )
    width = {"fwhm": math.inf}
    results = [day.separated(k, {"hydride": width, "H2": width}) for k in range(200)]
    for name in day.lines:
        assert_standard(pulls_of(day, results, name))


@pytest.mark.slow
def test_three_pools_of_everything_unlike():
    day = Day(
        {"hydride": HYDRIDE, "H2": HYDROGEN, "borane": BORANE},
        {"hydride": 50 * UNIT, "H2": 60 * UNIT, "borane": 40 * UNIT},
        times(short=10e-3, middle=1.0, long=10.0),
    )
    errors = {
        "hydride": {**FREE, "t1": 0.05},
        "H2": {**FREE, "t1": 0.1},
        "borane": {"fwhm": 0.1, "t1": 0.1},
    }
    results = [day.separated(k, errors) for k in range(300)]
    for name in day.lines:
        assert_standard(pulls_of(day, results, name))


@pytest.mark.slow
def test_three_pools_by_decay_echoes_and_recovery():
    """A Hahn echo stands upside down here, and both echoes get a phase of their own."""
    echo = {"echo_delay": 25e-6, "before_echo": 5e-6}
    day = Day(
        {"hydride": HYDRIDE, "H2": HYDROGEN, "borane": BORANE},
        {"hydride": 50 * UNIT, "H2": 60 * UNIT, "borane": 80 * UNIT},
        {
            "fid": ("fid", settings(10e-3)),
            "solid": ("solid-echo", settings(5.0, **echo)),
            "hahn": ("hahn-echo", settings(5.0, **echo)),
            "recovery": (
                "saturation-recovery",
                settings(10.0, steps=(1e-3, 1e-2, 0.1, 5.0), saturation=3),
            ),
        },
    )
    errors = {"hydride": {**FREE, "t1": 0.05}, "H2": {**FREE, "t1": 0.1}, "borane": {"t1": 0.05}}
    results = [day.separated(k, errors, own_phases=("solid", "hahn")) for k in range(200)]
    for name in day.lines:
        assert_standard(pulls_of(day, results, name))


def faint(sigmas):
    """Broad hydrogen of that many standard errors beside a strong narrow line."""
    lines = {"hydride": line(fwhm=4e3, shift=20.0, t1=1.5e-3), "H2": line(fwhm=40e3, t1=0.05)}
    records = {"short": ("fid", settings(10e-3, points=200))}
    probe = Day(lines, {"hydride": 50 * UNIT, "H2": 0.0}, records)
    std = probe.separated(0, {})["H2"].estimate_std
    return Day(lines, {"hydride": 50 * UNIT, "H2": sigmas * std}, records)


def test_an_upper_bound_holds_as_often_as_it_says():
    """At 2.5 standard errors the bound is sharp: it fails whenever noise is below -1.645."""
    day, n = faint(2.5), 300
    held = np.mean([day.separated(k, {})["H2"].bound >= day.amplitudes["H2"] for k in range(n)])
    assert abs(held - 0.95) < 3 * math.sqrt(0.95 * 0.05 / n)


@pytest.mark.slow
def test_an_upper_bound_holds_where_the_relaxation_time_is_known_to_a_fifth():
    day, n = faint(2.5), 200
    results = [day.separated(k, {"H2": {"t1": 0.2}})["H2"] for k in range(n)]
    held = np.mean([one.bound >= day.amplitudes["H2"] for one in results])
    assert held > 0.95 - 3 * math.sqrt(0.95 * 0.05 / n)


def test_noise_is_rarely_called_a_pool():
    day, n = faint(0.0), 200
    called = [day.separated(k, {})["H2"].quality == "value" for k in range(n)]
    assert sum(called) <= 2  # one in a thousand


def alike(repetition_times):
    """H2 and borane of one line, beside a hydride."""
    broad = line(fwhm=40e3, t1=0.05)
    return Day(
        {"hydride": HYDRIDE, "H2": broad, "borane": replace(broad, t1=2.0)},
        {"hydride": 50 * UNIT, "H2": 1000 * UNIT, "borane": 500 * UNIT},
        times(**repetition_times),
    )


def test_of_pools_that_are_alike_only_their_combination_is_given():
    day = alike({"short": 10e-3})
    found = day.separated(1, {"hydride": FREE})
    assert [one.quality for one in found.pools] == ["value", "not determined", "not determined"]
    (both,) = found.combinations
    seen = {name: -math.expm1(-10e-3 / day.lines[name].t1) for name in ("H2", "borane")}
    assert both.weights["borane"] == pytest.approx(seen["borane"] / seen["H2"], rel=1e-9)
    truth = sum(both.weights[name] * day.amplitudes[name] for name in seen)
    assert abs(both.value - truth) < 3 * both.std
    for name in seen:  # neither can be more than all of the combination
        assert day.amplitudes[name] < found[name].bound < 1.01 * truth / both.weights[name]
    assert any("not told apart" in words for words in found.sentences())
    assert math.isnan(found["H2"].value)


def test_a_second_repetition_time_tells_them_apart():
    day = alike({"short": 10e-3, "long": 10.0})
    found = day.separated(1, {"hydride": FREE})
    assert not found.combinations
    for name in day.lines:
        assert abs(found[name].value - day.amplitudes[name]) < 4 * found[name].std


def test_pools_that_are_alike_and_equally_seen_leave_their_sum():
    broad = line(fwhm=40e3, t1=0.05)
    day = Day(
        {"hydride": HYDRIDE, "H2": broad, "borane": broad},
        {"hydride": 50 * UNIT, "H2": 30 * UNIT, "borane": 40 * UNIT},
        times(long=1.0),
    )
    (both,) = day.separated(3, {}).combinations
    assert both.words == "the sum of H2 and borane"
    assert abs(both.value - 70 * UNIT) < 3 * both.std


def test_what_is_known_of_a_relaxation_time_limits_the_combination():
    day = alike({"short": 10e-3})
    loose, exact = (day.separated(1, {"H2": {"t1": error}}) for error in (0.1, 0.0))
    assert exact.combinations[0].std < 0.01 * exact.combinations[0].value
    seen = 10e-3 / 0.05 * math.exp(-0.2) / -math.expm1(-0.2)  # d ln(1 - E) / d ln T1
    relative = loose.combinations[0].std / loose.combinations[0].value
    assert relative == pytest.approx(0.1 * seen, rel=0.1)


def test_a_hydride_of_the_wrong_shape_is_noticed():
    """Taken for a Lorentzian, a Gaussian line would leave its misfit to a broad pool."""
    day = Day(
        {"hydride": line(fwhm=8e3, t1=1.5e-3), "H2": HYDROGEN},
        {"hydride": 300 * UNIT, "H2": 0.0},
        times(short=10e-3),
    )
    assert not day.separated(5, {"hydride": FREE}).warnings
    day.lines["hydride"] = replace(day.lines["hydride"], shape="lorentzian")
    (warning,) = day.separated(5, {"hydride": FREE}).warnings
    assert "a shape is wrong" in warning


def test_hydrogen_beside_the_hydride_is_missed_at_ten_milliseconds_and_counted_at_five_seconds():
    """LaH10.5 with 16.5 H/La of molecules that turn, counted against lanthanum, LaH3 as the scale.

    The short record alone does not exclude what is there; a second repetition time counts it.
    """
    molecules = line(fwhm=20e3, shift=5.0, t1=1.0)
    lanthanum = line(fwhm=8e3, t1=1e-2)
    trihydride = line(fwhm=30e3, t1=0.1)
    after = virtual.Cell(
        "LaH10.5",
        metal_atoms=0.1 * UNIT,
        lines={"1H": HYDRIDE, "139La": lanthanum},
        field_offset=0.0,
        pools={"H2": truth.Pool(nucleus="1H", per_metal=16.5, line=molecules)},
    )
    before = replace(after, formula="LaH3", lines={"1H": trihydride, "139La": lanthanum}, pools={})

    def taken(cell, nucleus, repetition_time, seed):
        receiver, scans = RECEIVER, 400
        if nucleus == "139La":
            scans = 40_000
            receiver = replace(RECEIVER, reference_frequency=55.8e6, carrier_frequency=55.8e6)
        data = virtual.acquire(
            cell, sequence="fid", nucleus=nucleus, n_scans=scans, seed=seed, receiver=receiver,
            settings=settings(repetition_time, points=1500),
        )  # fmt: skip
        return data, math.sqrt(scans / 1e-6)

    def measured(cell, nucleus, seed):
        data, noise = taken(cell, nucleus, 5.0, seed)
        return observables.line(data, shape="gaussian", noise=(noise, 0.0))

    scale = calibration_by_precursor(
        hydrogen=measured(before, "1H", 1), metal=measured(before, "139La", 2), h_per_metal=3.0,
        h_per_metal_std=0.0, factors={}, by="amplitude_per_scan",
    )  # fmt: skip
    metal = measured(after, "139La", 3)
    rng = np.random.default_rng(4)
    both = Day({"hydride": HYDRIDE, "H2": molecules}, {"hydride": 1.0, "H2": 1.0}, {})
    pools = [
        both.stated(rng, "hydride", {**FREE, "t1": 0.05}),
        both.stated(rng, "H2", {"t1": 0.1, "fwhm": 0.2}),
    ]

    def counted(*repetition_times):
        records, noise = [], {}
        for place, repetition_time in enumerate(repetition_times):
            data, level = taken(after, "1H", repetition_time, 10 + place)
            name = f"{repetition_time:g} s FID"
            records.append((data, reading_of_fid(data, name)))
            noise[name] = (level, 0.0)
        found = pool_separation.separate_pools(records, pools, noise=noise)
        return pool_contents.pool_contents(found, metal, scale=scale, factors={})

    quick = counted(10e-3)
    hydride = quick.pools["hydride"]["h_per_metal"]
    assert abs(float(hydride) - 10.5) < 3 * float(quick.pools["hydride"]["h_per_metal_std"])
    assert quick.pools["H2"]["h_per_metal"].attrs["quality"] == "upper bound"
    assert quick.most_hidden > 16.5
    complete = counted(10e-3, 5.0)
    for name, content in (("hydride", 10.5), ("H2", 16.5)):
        one = complete.pools[name]
        assert abs(float(one["h_per_metal"]) - content) < 3 * float(one["h_per_metal_std"])
    assert abs(float(complete.seen["h_per_metal"]) - 27.0) < 3 * float(
        complete.seen["h_per_metal_std"]
    )
    assert complete.most_hidden == 0
