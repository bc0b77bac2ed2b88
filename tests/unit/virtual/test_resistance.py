"""A virtual film: its network against exact values, its thermometer against the law of a lag."""

import numpy as np
import pytest

from megabar.errors import PlanError
from megabar.virtual import resistance
from megabar.virtual.resistance import Instrument, Mesh, NormalState, Relation, Sweep

QUIET = Instrument(
    current=1e-4, voltage_noise=0.0, offset_voltage=0.0, thermometer_noise=0.0, lag=0.0
)
LINEAR = NormalState(law="linear", residual=4.0, slope=8e-3)
UP = Sweep(lowest=60.0, highest=220.0, rates=(1 / 60,), points=1601)


def mesh(**changes):
    told = {"rows": 10, "columns": 12, "electrodes": "bar", "electrode_size": 0, "spread": 0.25}
    return Mesh(**{**told, **changes})


def logged(film, critical, *, instrument=QUIET, sweep=UP, normal=LINEAR, seed=1):
    return resistance.measure(
        film,
        critical=critical,
        normal=normal,
        instrument=instrument,
        sweep=sweep,
        rate=sweep.rates[0],
        random=np.random.default_rng(seed),
    )


def test_a_film_of_equal_grains_is_its_squares_above_tc_and_nothing_below():
    film = resistance.grown(mesh(spread=0.0), np.random.default_rng(2))
    log = logged(film, np.full(120, 150.05))
    found = log.voltage / 1e-4
    above = log.temperature > 150.05
    squares = 11 / 10  # between the middles of the outermost columns
    assert found[above] == pytest.approx(squares * (4 + 8e-3 * log.temperature[above]), rel=1e-9)
    assert np.all(found[~above] == 0.0)


def test_the_order_of_switching_gives_the_curve_that_the_network_gives():
    from megabar.superconductivity import networks

    random = np.random.default_rng(3)
    one = mesh()
    film = resistance.grown(one, np.random.default_rng(3))
    drawn = random.normal(size=one.shape)  # the same grains, in their places
    relation = Relation(content=(4.0, 10.0), critical_temperature=(60.0, 240.0))
    whole = networks.Film(
        critical_temperature=relation.at(7.0 + 0.25 * drawn),
        normal_resistance=np.ones(one.shape),
        electrodes=networks.bar(one.shape),
    )
    temperature = np.linspace(125.0, 175.0, 23)
    expected = networks.resistance(whole, temperature=temperature)
    critical = film.critical_temperatures(7.0, relation)
    assert film.squares * film.ratio(temperature, critical) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_between_bars_a_grain_that_switches_never_raises_the_resistance(seed):
    film = resistance.grown(mesh(), np.random.default_rng(seed))
    assert np.all(np.diff(film.kept) <= 1e-12)
    assert (film.kept[0], film.kept[-1]) == (1.0, 0.0)


@pytest.mark.parametrize("rate", [1 / 60, -2 / 60])
def test_a_thermometer_ahead_of_the_film_moves_the_step_by_rate_times_lag(rate):
    film = resistance.grown(mesh(spread=0.0), np.random.default_rng(2))
    late = Instrument(
        current=1e-4, voltage_noise=0.0, offset_voltage=0.0, thermometer_noise=0.0, lag=24.0
    )
    sweep = Sweep(lowest=60.0, highest=220.0, rates=(rate,), points=16001)
    log = logged(film, np.full(120, 150.0), instrument=late, sweep=sweep)
    there = log.temperature[log.voltage > 0]
    assert there.min() == pytest.approx(150.0 + 24.0 * rate, abs=0.011)  # one spacing


def test_noise_and_offset_are_those_of_the_instrument():
    film = resistance.grown(mesh(spread=0.0), np.random.default_rng(2))
    loud = Instrument(
        current=1e-4, voltage_noise=1e-7, offset_voltage=5e-7, thermometer_noise=5e-3, lag=0.0
    )
    log = logged(film, np.full(120, 250.0), instrument=loud)
    assert log.voltage.mean() == pytest.approx(5e-7, abs=5 * 1e-7 / 40)
    assert log.voltage.std() == pytest.approx(1e-7, rel=5 / np.sqrt(2 * 1601))
    ideal = np.linspace(60.0, 220.0, 1601)
    assert (log.temperature - ideal).std() == pytest.approx(5e-3, rel=5 / np.sqrt(2 * 1601))


def test_the_true_temperatures_are_where_the_curve_at_rest_crosses():
    film = resistance.grown(mesh(), np.random.default_rng(5))
    relation = Relation(content=(4.0, 10.0), critical_temperature=(60.0, 240.0))
    critical = film.critical_temperatures(7.0, relation)
    true = resistance.true_temperatures(film, critical)
    for name, level in (("t90", 0.9), ("t50", 0.5), ("t10", 0.1)):
        just_above, just_below = film.ratio(true[name] + np.array([1e-6, -1e-6]), critical)
        assert just_above >= level > just_below
    assert film.ratio(np.array([true["t_zero"] - 1e-6]), critical)[0] == 0.0


def test_a_grown_normal_state_follows_bloch_and_grueneisen():
    hot = NormalState(
        law="bloch-grueneisen", residual=1.0, coefficient=8.0, debye_temperature=10.0
    )  # linear far above the Debye temperature: residual + C T / 4 Theta
    assert hot.at(np.array([200.0])) == pytest.approx(1.0 + 8.0 * 200 / 40, rel=1e-3)


def test_corners_are_refused_where_electrodes_would_touch():
    with pytest.raises(PlanError, match="a side needs 7 grains"):
        mesh(rows=6, electrodes="corners", electrode_size=3)


def test_a_relation_that_falls_is_refused():
    with pytest.raises(PlanError, match="two or more that rise"):
        Relation(content=(4.0, 10.0), critical_temperature=(100.0, 60.0))
