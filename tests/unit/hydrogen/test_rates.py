import re

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from tests.batteries.rate_laws import check_rate_law

from megabar.errors import UnknownWord
from megabar.hydrogen import rate_kernels
from megabar.hydrogen.grain_sizes import hermite_nodes
from megabar.hydrogen.rates import MECHANISMS, content, reacted

SHAPED = {
    "second": ({"ratio": 0.0}, {"ratio": 0.3}, {"ratio": 1.0}),
    "contract": ({"nu": 0}, {"nu": 1}, {"nu": 2}),
    "jmak": ({"order": 0.7}, {"order": 1.3}, {"order": 3.0}),
    "serial": (
        {"ratio": 2.0, "share": 0.4},
        {"ratio": 1.0, "share": 1.0},
        {"ratio": 0.1, "share": 0.6},
    ),
    "reservoir": ({"capacity": 2.0, "excess": 5.0}, {"capacity": 50.0, "excess": 0.1}),
}
CASES = [(name, shapes) for name in MECHANISMS for shapes in SHAPED.get(name, ({},))]
FIRST_SLOPES = {
    "second": lambda ratio: (1 + ratio, 1.0),
    "contract": lambda nu: (nu + 1, 1.0),
    "jmak": lambda order: (1.0, order),
    "serial": lambda ratio, share: (1 - share, 1.0) if share < 1 else (ratio / 2, 2.0),
    # d ln u/d tau = -1/(1 + L/(1+u)^2) and d ln(u/(1+u))/d ln u = 1/(1+u)
    "reservoir": lambda capacity, excess: (
        1 / (1 + excess) / (1 + capacity / (1 + excess) ** 2),
        1.0,
    ),
}


def early_of(name, shapes):
    return FIRST_SLOPES[name](**shapes) if name in FIRST_SLOPES else MECHANISMS[name].early


@pytest.mark.parametrize(("name", "shapes"), CASES)
def test_each_law_of_loss_passes_the_battery(name, shapes):
    check_rate_law(
        lambda tau: reacted(name, tau=tau, spread=0.0, **shapes),
        early=early_of(name, shapes),
        ends_at=MECHANISMS[name].ends_at,
    )


@pytest.mark.parametrize(("name", "shapes"), CASES)
def test_each_law_of_many_sizes_still_falls_from_start_to_end(name, shapes):
    mechanism = MECHANISMS[name]
    early = early_of(name, shapes)
    if mechanism.size_exponent and early is not None:
        power = early[1] * mechanism.size_exponent * 0.4  # the moment of a lognormal number
        early = (early[0] * np.exp(power**2 / 2), early[1])
    check_rate_law(
        lambda tau: reacted(name, tau=tau, spread=0.4, **shapes),
        early=early,
        ends_at=np.inf if mechanism.size_exponent else mechanism.ends_at,
    )


@pytest.mark.parametrize(
    ("name", "tau", "shapes", "known"),
    [
        ("first", [0.25, 0.5], {}, [0.221199, 0.393469]),
        ("contract", [0.25, 0.5], {"nu": 2}, [0.578125, 0.875]),
        ("layer", [1 / 30, 1 / 6], {}, [0.479894, 0.875000]),
        ("fick", [0.01], {}, [0.308514]),
    ],
)
def test_fractions_of_one_size_are_the_reference_values(name, tau, shapes, known):
    np.testing.assert_allclose(reacted(name, tau=tau, spread=0.0, **shapes), known, rtol=1e-6)


def test_contents_of_second_order_and_of_two_steps_are_the_reference_values():
    second = content("second", elapsed=[0.25, 0.8], rate=1.0, initial=10.5, final=3.0, spread=0.0)
    np.testing.assert_allclose(second, [8.574048, 6.255212], rtol=1e-6)
    serial = content(
        "serial",
        elapsed=[0.25, 0.5],
        rate=1.0,
        initial=10.5,
        final=3.0,
        spread=0.0,
        ratio=2.0,
        middle=6.0,
    )
    np.testing.assert_allclose(serial, [9.357816, 8.264934], rtol=1e-6)


@pytest.mark.parametrize(("lost", "fourier"), [(0.56, 0.040547), (0.48, 0.027658)])
def test_fick_loses_the_published_shares_at_the_reference_times(lost, fourier):
    from scipy.optimize import brentq

    found = brentq(
        lambda tau: float(reacted("fick", tau=tau, spread=0.0)) - lost, 1e-4, 1, xtol=1e-14
    )
    np.testing.assert_allclose(found, fourier, rtol=1e-4)


@pytest.mark.parametrize("fourier", [1e-3, 0.01, 0.0399999, 0.04, 0.0400001, 0.05, 0.3, 2.0])
def test_fick_is_its_series_on_both_sides_of_the_join(fourier):
    m = np.arange(1, 4000)
    exact = 1 - 6 / np.pi**2 * np.sum(np.exp(-(m**2) * np.pi**2 * fourier) / m**2)
    found = float(reacted("fick", tau=fourier, spread=0.0))
    assert abs(found - exact) < 1e-12


def test_fick_at_fourier_0_05_is_0_60694():
    """The series summed by hand: a table that says 0.606937 is 3e-6 low."""
    terms = [np.exp(-(m**2) * np.pi**2 * 0.05) / m**2 for m in range(1, 40)]
    by_series = 1 - 6 / np.pi**2 * sum(terms)
    by_images = 6 * np.sqrt(0.05 / np.pi) - 0.15  # the next image is 1e-11
    np.testing.assert_allclose([by_series, by_images], 0.6069398, atol=5e-8)
    np.testing.assert_allclose(reacted("fick", tau=0.05, spread=0.0), by_series, rtol=1e-13)


@pytest.mark.parametrize(("spread", "known"), [(0.3, 0.858451), (0.6, 0.821201)])
def test_front_in_lognormal_grains_is_the_reference_value(spread, known):
    found = float(reacted("contract", tau=0.5, spread=spread, nu=2))
    np.testing.assert_allclose(found, known, atol=1e-6)
    z, w = hermite_nodes(41)
    by_nodes = w @ reacted("contract", tau=0.5 * np.exp(-spread * z), spread=0.0, nu=2)
    np.testing.assert_allclose(by_nodes, known, atol=3e-5)


def test_first_order_in_lognormal_grains_is_the_reference_value():
    np.testing.assert_allclose(reacted("first", tau=0.5, spread=0.4), 0.404539, atol=5e-7)


@pytest.mark.parametrize("nu", [0, 1, 2])
@pytest.mark.parametrize("spread", [1e-3, 0.1, 0.8])
@pytest.mark.parametrize("tau", [0.02, 0.7, 0.9995, 5.0])
def test_front_in_lognormal_grains_is_its_integral(nu, spread, tau):
    kink = np.log(tau) / spread

    def left(z):
        return (1 - tau * np.exp(-spread * z)) ** (nu + 1) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

    low, high = max(kink, -12.0), max(kink, -12.0) + 24
    expected = 1 - quad(left, low, high, epsabs=1e-13, epsrel=1e-12, limit=400)[0]
    found = float(reacted("contract", tau=tau, spread=spread, nu=nu))
    np.testing.assert_allclose(found, expected, atol=2e-11)


@pytest.mark.parametrize("name", ["first", "second", "layer", "fick", "serial"])
def test_average_over_sizes_is_its_integral(name):
    shapes = SHAPED.get(name, ({},))[-1]
    exponent = MECHANISMS[name].size_exponent

    def weighed(z):
        lost = reacted(name, tau=0.1 * np.exp(exponent * 0.5 * z), spread=0.0, **shapes)
        return lost * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

    z = np.linspace(-10, 10, 200_001)
    expected = np.trapezoid(weighed(z), z)
    np.testing.assert_allclose(
        reacted(name, tau=0.1, spread=0.5, **shapes),
        expected,
        atol=1e-6 if name == "layer" else 1e-8,
    )


@pytest.mark.parametrize("spread", [1e-3, 0.05, 0.3, 0.8])
@pytest.mark.parametrize("tau", [1e-4, 0.01, 0.2, 0.4])
def test_product_layer_in_lognormal_grains_is_its_integral(spread, tau):
    z = np.linspace(-9, 9, 400_001)
    lost = reacted("layer", tau=tau * np.exp(-2 * spread * z), spread=0.0)
    expected = np.trapezoid(lost * np.exp(-z * z / 2), z) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(reacted("layer", tau=tau, spread=spread), expected, atol=1e-6)


def test_layer_solves_its_own_equation_to_rounding():
    tau = np.concatenate((np.geomspace(1e-14, 0.1, 200), np.linspace(0.1, 1 / 3, 200)))
    lost = reacted("layer", tau=tau, spread=0.0)
    left = np.cbrt(1 - lost)
    residual = 2 * left**3 - 3 * left**2 + 1 - 3 * tau
    assert np.abs(residual).max() < 1e-14
    np.testing.assert_allclose(lost[:20], 3 * np.sqrt(tau[:20]), rtol=1e-5)


@pytest.mark.parametrize("excess", [1e-3, 1.0, 8.0, 300.0])
@pytest.mark.parametrize("capacity", [0.0, 0.5, 20.0])
def test_reservoir_follows_its_balance_of_atoms(capacity, excess):
    """d/dt (u + L u/(1+u)) = -u, integrated without the closed form."""

    def balance(_, u):
        return -u / (1 + capacity / (1 + u) ** 2)

    times = np.linspace(0, 12, 25)
    path = solve_ivp(balance, (0, 12), [excess], t_eval=times, rtol=1e-11, atol=1e-15)
    held = path.y[0] / (1 + path.y[0])
    found = reacted("reservoir", tau=times, spread=0.0, capacity=capacity, excess=excess)
    np.testing.assert_allclose(1 - found, held / held[0], rtol=1e-7)


def test_two_steps_of_nearly_one_rate_need_no_special_case():
    tau = np.array([0.01, 1.0, 20.0])
    exact = 1 - np.exp(-tau) - 0.7 * tau * np.exp(-tau)
    for ratio in (1 - 1e-7, 1 - 1e-12, 1.0, 1 + 1e-12, 1 + 1e-7):
        found = reacted("serial", tau=tau, spread=0.0, ratio=ratio, share=0.7)
        np.testing.assert_allclose(found, exact, rtol=2e-6, atol=1e-12)


def test_two_steps_know_nothing_of_which_is_called_first_when_the_middle_holds_all():
    tau = np.linspace(0, 8, 30)
    one = reacted("serial", tau=tau, spread=0.0, ratio=4.0, share=1.0)
    other = reacted("serial", tau=4 * tau, spread=0.0, ratio=0.25, share=1.0)
    np.testing.assert_allclose(one, other, atol=1e-14)


def test_spread_turns_a_contracting_sphere_into_first_order():
    tau = np.linspace(0.02, 1.5, 60)

    def misfit(spread):
        lost = reacted("contract", tau=tau, spread=spread, nu=2)
        from scipy.optimize import minimize_scalar

        return minimize_scalar(
            lambda k: float(np.std(lost - (1 - np.exp(-k * tau)))),
            bounds=(0.5, 8),
            method="bounded",
        ).fun

    assert misfit(0.6) < misfit(0.0) / 4


def test_laws_without_a_size_do_not_feel_a_spread():
    tau = np.linspace(0, 2, 11)
    for name, mechanism in MECHANISMS.items():
        if mechanism.size_exponent == 0:
            shapes = SHAPED.get(name, ({},))[0]
            one, many = (reacted(name, tau=tau, spread=s, **shapes) for s in (0.0, 0.6))
            np.testing.assert_array_equal(one, many)


def test_codes_of_the_kernels_are_those_of_the_registry():
    names = {"sqrt": "SQRT"} | {name: name.upper() for name in MECHANISMS}
    for name, mechanism in MECHANISMS.items():
        assert mechanism.code == getattr(rate_kernels, names[name])
    assert [one.code for one in MECHANISMS.values()] == list(range(len(MECHANISMS)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"name": "contract", "tau": 1.0, "spread": 0.0}, "takes nu. Name each"),
        ({"name": "first", "tau": 1.0, "spread": 0.0, "nu": 2}, "takes none"),
        ({"name": "contract", "tau": 1.0, "spread": 0.0, "nu": 3}, "known for 0 to 2"),
        ({"name": "first", "tau": -1.0, "spread": 0.0}, "known from 0 on"),
        ({"name": "first", "tau": np.nan, "spread": 0.0}, "known from 0 on"),
        ({"name": "first", "tau": 1.0, "spread": -0.1}, "is 0 or more"),
    ],
)
def test_what_a_law_cannot_take_is_said(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        reacted(call.pop("name"), **call)


def test_an_unknown_mechanism_is_answered_with_a_suggestion():
    with pytest.raises(UnknownWord, match="fick"):
        reacted("ficks", tau=1.0, spread=0.0)


def test_a_content_that_rises_is_no_loss():
    with pytest.raises(ValueError, match="a law of loss falls"):
        content("first", elapsed=1.0, rate=1.0, initial=3.0, final=10.5, spread=0.0)
    with pytest.raises(ValueError, match="needs a positive one"):
        content("first", elapsed=1.0, rate=0.0, initial=10.5, final=3.0, spread=0.0)
