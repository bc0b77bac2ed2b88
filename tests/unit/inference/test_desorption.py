from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import multivariate_normal

from megabar.errors import UnknownWord, UnusableInput
from megabar.hydrogen.rates import MECHANISMS, content
from megabar.inference.artefacts import ECHO, factors
from megabar.inference.desorption import Target, draw, target
from megabar.inference.hypotheses import all_hypotheses, hypothesis
from megabar.inference.loss_kernels import fill_cells, fill_values
from megabar.inference.priors import PRIORS, Prior
from megabar.inference.weeks import WITNESSES, CellWeeks, Weeks, Witness
from megabar.inference.witness_kernels import fill_predictions, log_t2_change, spread_fwhm

LAH10 = PRIORS["lah10"]
ALL_WITNESSES = {
    "shift": (900.0, 40.0), "width": (38.0, 2.0), "t1": (1.5, 0.1), "h_width": (25.0, 1.5),
    "total_h": (20.0, 0.4), "h2": (5.0, 0.3), "tc": (240.0, 1.5), "metal_t2": (3.0, 0.2),
}  # fmt: skip


def _design(names: str = "AB", *, witnesses: bool = False, known: bool = True) -> Weeks:
    cells = []
    for k, name in enumerate(names):
        day = np.linspace(0.0, 60.0 + k, 9)
        seen = {
            one: Witness(
                name=one, elapsed=day[k::2] + 1.0, value=np.full(day[k::2].size, value),
                std=np.full(day[k::2].size, std),
            )
            for one, (value, std) in ALL_WITNESSES.items()
        }  # fmt: skip
        cells.append(
            CellWeeks(
                cell=name, elapsed=day, h_per_metal=np.full(day.size, 10.0),
                independent_std=np.full(day.size, 0.3) if known else None,
                relative_std=np.full(day.size, 0.02) if known else None,
                common_relative_std=0.04 if known else None,
                witnesses=seen if witnesses else {},
            )
        )  # fmt: skip
    return Weeks(cells=tuple(cells), metal_frequency=55.95)


def _standard(prior: Prior, value: float) -> float:
    return float(brentq(lambda z: float(prior.value_from_standard(z)) - value, -39.0, 39.0))


def _z(story: Target, **values: float) -> np.ndarray:
    """Standard numbers of values; parameters of cells by the name before the bracket."""
    found = []
    for name, prior in zip(story.names, story.layout.priors, strict=True):
        found.append(_standard(prior, values[name.partition("[")[0]]))
    return np.array([found])


PUBLISHED = CellWeeks(
    cell="A", elapsed=[0.0, 10.0, 20.0, 30.0, 45.0, 60.0],
    h_per_metal=[10.7, 8.6, 7.9, 6.5, 5.6, 4.4], independent_std=np.full(6, 0.1),
    relative_std=np.full(6, 0.035), common_relative_std=0.05,
)  # fmt: skip


def test_the_likelihood_with_a_common_scale_is_the_tabulated_one() -> None:
    story = target(hypothesis("first"), Weeks(cells=(PUBLISHED,)), LAH10)
    z = _z(
        story, initial_content=10.5, final_content=3.0, half_time=np.log(2) / 0.025,
        size_spread=1e-9, noise_excess=1.0,
    )  # fmt: skip
    assert story.log_likelihood(z)[0] == pytest.approx(-1.3036699, abs=1e-6)


def test_free_errors_give_the_same_likelihood_as_claimed_ones() -> None:
    free = replace(PUBLISHED, independent_std=None, relative_std=None, common_relative_std=None)
    story = target(hypothesis("first"), Weeks(cells=(free,)), LAH10)
    z = _z(
        story, initial_content=10.5, final_content=3.0, half_time=np.log(2) / 0.025,
        size_spread=1e-9, additive_std=0.1, relative_std=0.035, scale_std=0.05,
    )  # fmt: skip
    assert story.log_likelihood(z)[0] == pytest.approx(-1.3036699, abs=1e-6)


def _dense_contents(story: Target, z: np.ndarray) -> float:
    """Likelihood of the contents by a covariance matrix of each cell."""
    total = 0.0
    v = {name: float(one[0]) for name, one in story.values(z).items()}
    for cell in story.weeks.cells:
        model = story.curves(z, cell.cell, cell.elapsed)[1][0]
        excess = v.get("noise_excess", 1.0)
        own, relative = cell.independent_std, cell.relative_std
        if own is None or relative is None:
            own, relative = v["additive_std"], v["relative_std"]
        scale = v["scale_std"] if cell.common_relative_std is None else cell.common_relative_std
        noise = excess**2 * (own**2 + (relative * model) ** 2)
        rate = v["walk_std"] ** 2 / 30 if "walk_std" in v else 0.0
        shared = scale**2 + rate * np.minimum.outer(cell.elapsed, cell.elapsed)
        covariance = np.diag(np.broadcast_to(noise, model.shape)) + shared * np.outer(model, model)
        total += multivariate_normal(model, covariance).logpdf(cell.h_per_metal)
    return total


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("one", all_hypotheses(_design()), ids=lambda h: h.name)
def test_the_likelihood_is_that_of_a_dense_covariance(one: object, known: bool) -> None:
    generator = np.random.default_rng(7)
    _, weeks = draw(one, _design(known=known), LAH10, generator)  # type: ignore[arg-type]
    story = target(one, weeks, LAH10)  # type: ignore[arg-type]
    z = 0.5 * generator.normal(size=(1, story.dimension))
    assert story.log_likelihood(z)[0] == pytest.approx(_dense_contents(story, z), rel=1e-9)


def _dense_witnesses(story: Target, z: np.ndarray) -> float:
    """Likelihood of all witnesses by dense covariances, written down from their definitions."""
    v = {name: float(one[0]) for name, one in story.values(z).items()}
    whole = v["shift_slope"] * 55.95e-3
    total = 0.0
    for name in WITNESSES:
        compared, std, mean, columns = [], [], [], []
        for k, cell in enumerate(story.weeks.cells):
            w = cell.witnesses[name]
            real = story.curves(z, cell.cell, w.elapsed)[0][0]
            start = v[f"initial_content[{cell.cell}]"]
            gone = start - real
            speed = np.log(2) / v["half_time"] * np.exp(v[f"half_time_spread[{cell.cell}]"])
            steep = speed * w.elapsed * np.exp(-speed * w.elapsed)
            fwhm = 2.3548200450309493 * v["size_spread"] * steep * whole
            fwhm = fwhm * (start - v["final_content"])
            mean.append({
                "shift": -v["shift_slope"] * gone + 900.0, "width": fwhm**2 + 1450.0,
                "t1": np.log(1.5) + 0 * gone, "h_width": np.log(25.0) + 0 * gone,
                "total_h": start + 10.0 + 0 * gone, "h2": v["visible_share"] * gone + 5.0,
                "tc": -v["tc_slope"] * gone + 240.0, "metal_t2": np.log(3.0) + 0 * gone,
            }[name])  # fmt: skip
            if name in ("t1", "h_width", "metal_t2"):
                compared.append(np.log(w.value))
                std.append(w.std / w.value)
            elif name == "width":
                compared.append(w.value**2)
                std.append(2 * w.value * w.std)
            else:
                compared.append(w.value)
                std.append(w.std)
            columns += [(k, day) for day in w.elapsed]
        level, drift = {
            "shift": (300.0, 150.0), "width": (400.0, 200.0), "t1": (0.7, 1.5),
            "h_width": (0.6, 0.7), "total_h": (10.0, 0.4), "h2": (5.0, 0.3), "tc": (30.0, 3.0),
            "metal_t2": (0.7, 0.7),
        }[name]  # fmt: skip
        misfit = {
            "shift": 40.0, "width": 100.0, "t1": 0.1, "h_width": 0.1, "total_h": 0.3, "h2": 0.3,
            "tc": 3.0, "metal_t2": 0.1,
        }[name]  # fmt: skip
        cells = np.array([k for k, _ in columns])
        spent = np.array([day for _, day in columns]) / 30.0
        same = cells[:, None] == cells[None, :]
        covariance = (
            np.diag(np.concatenate(std) ** 2 + misfit**2)
            + level**2 * same
            + drift**2 * (1 + 0.0625 * same) * np.outer(spent, spent)
        )
        law = multivariate_normal(np.concatenate(mean), covariance)
        total += law.logpdf(np.concatenate(compared))
    return total


def test_witnesses_are_judged_as_by_dense_covariances() -> None:
    generator = np.random.default_rng(11)
    _, weeks = draw(hypothesis("first"), _design(witnesses=True), LAH10, generator)
    story = target(hypothesis("first"), weeks, LAH10)
    for z in 0.5 * generator.normal(size=(5, 1, story.dimension)):
        expected = _dense_contents(story, z) + _dense_witnesses(story, z)
        # The slope of the loss is a central difference over 0.04 in ln tau, squared in the width.
        assert story.log_likelihood(z)[0] == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize("name", [n for n in MECHANISMS if n not in ("reservoir", "jmak")])
def test_curves_are_those_of_the_rate_laws_at_the_same_half_time(name: str) -> None:
    story = target(hypothesis(name), _design("A"), LAH10)
    values = {
        "initial_content": 10.4, "final_content": 3.1, "half_time": 25.0, "size_spread": 0.35,
        "rate_ratio": 2.5, "middle_content": 6.2, "noise_excess": 1.0,
    }  # fmt: skip
    real, apparent = story.curves(_z(story, **values), "A", np.linspace(0.0, 200.0, 41))
    shapes = {"contract": {"nu": 2.0}, "serial": {"ratio": 2.5, "middle": 6.2}}.get(name, {})

    def curve(rate: float, day: object, spread: float) -> np.ndarray:
        return content(
            name, elapsed=day, rate=rate, initial=10.4, final=3.1, spread=spread, **shapes
        )

    if name == "serial":
        rate = np.log(2) / 25.0
    else:
        rate = brentq(lambda k: float(curve(k, 25.0, 0.0)) - 6.75, 1e-6, 1.0)
    expected = curve(rate, np.linspace(0.0, 200.0, 41), 0.35)
    # A table of 41 grains leaves 1e-4 of the loss, seven nodes of recombination as much.
    np.testing.assert_allclose(real[0], expected, atol=1e-3)
    np.testing.assert_array_equal(apparent, real)


def test_jmak_has_lost_half_at_its_half_time_whatever_its_order() -> None:
    story = target(hypothesis("jmak"), _design("A"), LAH10)
    for order in (0.9, 1.3, 2.5):
        z = _z(
            story, initial_content=10.0, final_content=3.0, half_time=17.0, order=order,
            noise_excess=1.0,
        )  # fmt: skip
        real = story.curves(z, "A", [0.0, 17.0])[0][0]
        np.testing.assert_allclose(real, [10.0, 6.5], rtol=1e-9)


@pytest.mark.parametrize("name", ["first", "contract+t1", "stable+walk", "layer+gain", "sqrt+echo"])
def test_the_order_of_the_cells_does_not_matter(name: str) -> None:
    generator = np.random.default_rng(5)
    _, weeks = draw(hypothesis(name), _design("ABC", witnesses=True), LAH10, generator)
    one = target(hypothesis(name), weeks, LAH10)
    other = target(hypothesis(name), replace(weeks, cells=weeks.cells[::-1]), LAH10)
    z = 0.5 * generator.normal(size=(4, one.dimension))
    order = [one.names.index(n) for n in other.names]
    np.testing.assert_allclose(one.log_likelihood(z), other.log_likelihood(z[:, order]), rtol=1e-11)


@pytest.mark.parametrize("name", [n for n in MECHANISMS if n != "reservoir"])
def test_the_unit_of_time_does_not_matter(name: str) -> None:
    generator = np.random.default_rng(6)
    _, weeks = draw(hypothesis(name), _design(), LAH10, generator)
    hours = replace(
        weeks, cells=tuple(replace(one, elapsed=24 * one.elapsed) for one in weeks.cells)
    )
    slow = replace(LAH10["half_time"], first=24 * 0.693, second=24 * 693.0)
    one = target(hypothesis(name), weeks, LAH10)
    other = target(hypothesis(name), hours, {**LAH10, "half_time": slow})
    z = generator.normal(size=(6, one.dimension))
    np.testing.assert_allclose(one.log_likelihood(z), other.log_likelihood(z), rtol=1e-9)


@pytest.mark.parametrize(
    "name", ["stable", "first", "contract", "zero+gain", "stable+walk", "stable+t1", "jmak+width"]
)
def test_simulated_weeks_have_the_likelihood_that_they_should(name: str) -> None:
    """The mean of ln L over data of a truth is the negative entropy of their normal law."""
    generator = np.random.default_rng(12)
    design = _design(witnesses=True)
    truth = target(hypothesis(name), design, LAH10)
    z = 0.3 * generator.normal(size=(1, truth.dimension))
    found = [
        target(hypothesis(name), truth.simulate(z[0], generator), LAH10).log_likelihood(z)[0]
        for _ in range(400)
    ]
    numbers = design.n_points + sum(
        w.elapsed.size for one in design.cells for w in one.witnesses.values()
    )
    # Subtract the log density at the mean: what remains is -chi2/2 with known mean and scatter.
    peak = _at_the_peak(truth, z)
    chi2 = -2 * (np.array(found) - peak)
    assert chi2.mean() == pytest.approx(numbers, abs=4 * np.sqrt(2 * numbers / 400))
    assert chi2.var() == pytest.approx(2 * numbers, rel=0.35)


class _NoChance:
    """A source of chance that always gives zero."""

    def normal(self, size: object = None) -> object:
        return 0.0 if size is None else np.zeros(size)  # type: ignore[call-overload]


def _at_the_peak(truth: Target, z: np.ndarray) -> float:
    mean = truth.simulate(z[0], _NoChance())  # type: ignore[arg-type]
    return float(target(truth.hypothesis, mean, LAH10).log_likelihood(z)[0])


def test_stable_contents_stay_and_only_seem_to_fall() -> None:
    story = target(hypothesis("stable+gain"), _design("A"), LAH10)
    z = _z(story, initial_content=10.0, noise_excess=1.0, gain_drift=np.log(0.6))
    real, apparent = story.curves(z, "A", [0.0, 30.0])
    np.testing.assert_array_equal(real, [[10.0, 10.0]])
    np.testing.assert_allclose(apparent, [[10.0, 6.0]], rtol=1e-9)


def test_a_free_walk_goes_through_exact_contents_and_stays_after_them() -> None:
    day = np.array([0.0, 10.0, 25.0, 40.0])
    seen = np.array([10.0, 8.0, 7.0, 7.5])
    cell = CellWeeks(
        cell="A", elapsed=day, h_per_metal=seen, independent_std=np.full(4, 1e-4),
        relative_std=np.zeros(4), common_relative_std=0.0,
    )  # fmt: skip
    story = target(hypothesis("stable+walk"), Weeks(cells=(cell,)), LAH10)
    z = _z(story, initial_content=10.0, noise_excess=1.0, walk_std=0.4)
    real, apparent = story.curves_with_walk(z, "A", [*day, 17.5, 80.0])
    np.testing.assert_array_equal(real, 10.0)
    np.testing.assert_allclose(apparent[0], [*seen, 7.5, 7.5], atol=1e-5)
    np.testing.assert_array_equal(story.curves(z, "A", day)[1], 10.0)


def test_without_a_walk_the_data_do_not_bend_a_curve() -> None:
    _, weeks = draw(hypothesis("first+gain"), _design(), LAH10, np.random.default_rng(9))
    story = target(hypothesis("first+gain"), weeks, LAH10)
    z = np.zeros((2, story.dimension))
    for one, other in zip(
        story.curves(z, "B", [0.0, 9.0]), story.curves_with_walk(z, "B", [0.0, 9.0]), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_a_long_repetition_time_takes_the_t1_artefact_away() -> None:
    weeks = _design("A")
    long = replace(weeks.cells[0], repetition_time=np.full(9, 500.0))
    story = target(hypothesis("stable+t1"), replace(weeks, cells=(long,)), LAH10)
    assert "repetition_time" not in story.names
    z = _z(story, initial_content=10.0, noise_excess=1.0, t1_drift=2.0, t1_initial=1.5)
    np.testing.assert_allclose(story.curves(z, "A", [30.0])[1], 10.0, rtol=1e-9)


def test_a_measured_t1_that_stays_speaks_against_the_t1_artefact() -> None:
    weeks = _design("A", witnesses=True)
    t1 = weeks.cells[0].witnesses["t1"]
    cell = replace(weeks.cells[0], witnesses={"t1": t1}, h_per_metal=np.linspace(10.5, 6.3, 9))
    story = target(hypothesis("stable+t1"), replace(weeks, cells=(cell,)), LAH10)
    values = {
        "initial_content": 10.5, "noise_excess": 1.0, "t1_initial": 1.5, "repetition_time": 10.0
    }  # fmt: skip
    drifting = story.log_likelihood(_z(story, t1_drift=1.0, **values))
    resting = story.log_likelihood(_z(story, t1_drift=0.0, **values))
    assert drifting < resting


def _predictions(name: str, witness: str, **values: float) -> np.ndarray:
    weeks = _design("A", witnesses=True)
    only = {witness: weeks.cells[0].witnesses[witness]}
    cells = (replace(weeks.cells[0], witnesses=only),)
    story = target(hypothesis(name), replace(weeks, cells=cells), LAH10)
    v = np.empty(story.dimension)
    fill_values(_z(story, **values)[0], story.numbers, v)
    n = story.numbers.days.size
    x, of_hydrogen, of_ratio = np.empty(n), np.empty(n), np.empty(n)
    fill_cells(v, story.numbers, x, of_hydrogen, of_ratio)
    out = np.empty(story.numbers.w_value.size)
    fill_predictions(v, story.numbers, x, of_hydrogen, out)
    return out


LOSS = {
    "initial_content": 10.5, "final_content": 3.0, "half_time": 20.0, "size_spread": 1e-9,
    "noise_excess": 1.0, "shift_slope": -273.0, "gain_drift": -0.4, "visible_share": 0.5,
}  # fmt: skip


def test_the_line_of_uniform_grains_moves_and_that_of_a_front_switches() -> None:
    uniform = _predictions("first", "shift", **LOSS)
    front = _predictions("contract", "shift", **LOSS)
    days = np.linspace(0.0, 60.0, 9)[::2] + 1.0
    np.testing.assert_allclose(uniform, 273 * 7.5 * (1 - 0.5 ** (days / 20.0)), rtol=1e-6)
    assert front[0] < 1.0
    assert front[-1] == pytest.approx(273 * 7.5, rel=0.01)


def test_the_sum_of_hydrogen_is_kept_by_a_loss_and_not_by_a_sink_or_a_gain() -> None:
    for name in ("first", "contract", "layer", "serial"):
        values = {**LOSS, "rate_ratio": 2.0, "middle_content": 6.0}
        np.testing.assert_allclose(_predictions(name, "total_h", **values), 10.5, rtol=1e-12)
    for name in ("zero", "sqrt", "stable+gain"):
        found = _predictions(name, "total_h", **LOSS)
        assert np.all(np.diff(found) <= 0)
        assert found[-1] < 0.7 * found[0]
    np.testing.assert_allclose(
        _predictions("stable+echo", "total_h", echo_drift=1.0, echo_initial=0.3, **LOSS), 10.5
    )


def test_lost_hydrogen_appears_as_h2_in_its_visible_share() -> None:
    days = np.linspace(0.0, 60.0, 9)[::2] + 1.0
    expected = 0.5 * 7.5 * (1 - 0.5 ** (days / 20.0))
    np.testing.assert_allclose(_predictions("first", "h2", **LOSS), expected, rtol=1e-6)
    assert not np.any(_predictions("zero", "h2", **LOSS))


@pytest.mark.parametrize(("alpha", "fwhm"), [(0.5, 37.44), (0.25, 23.31)])
def test_a_spread_of_sizes_widens_the_line_as_tabulated(alpha: float, fwhm: float) -> None:
    tau = -np.log(1 - alpha)
    found = spread_fwhm(tau * np.exp(-tau), 0.4, 2050.0 * 55.95e-3)
    assert found == pytest.approx(fwhm, rel=1e-3)


@pytest.mark.parametrize(("day", "fwhm"), [(20.0, 37.44), (20 * np.log2(4 / 3), 23.31)])
def test_the_likelihood_expects_that_width(day: float, fwhm: float) -> None:
    weeks = _design("A", witnesses=True)
    width = Witness(name="width", elapsed=[day], value=[40.0], std=[1.0])
    cells = (replace(weeks.cells[0], witnesses={"width": width}),)
    story = target(hypothesis("first"), replace(weeks, cells=cells), LAH10)
    v = np.empty(story.dimension)
    values = {**LOSS, "size_spread": 0.4, "shift_slope": -2050 / 7.5}
    fill_values(_z(story, **values)[0], story.numbers, v)
    out, ones = np.empty(1), np.ones(story.numbers.days.size)
    fill_predictions(v, story.numbers, ones, ones, out)
    assert np.sqrt(out[0]) == pytest.approx(fwhm, rel=1e-3)


def test_witnesses_that_no_story_touches_judge_all_stories_alike() -> None:
    weeks = _design("A", witnesses=True)
    bare = _design("A")
    kept = {name: weeks.cells[0].witnesses[name] for name in ("t1", "h_width")}
    seen = replace(weeks, cells=(replace(weeks.cells[0], witnesses=kept),))
    gains = []
    for name in ("stable", "first", "layer+gain", "stable+echo"):
        one, other = (target(hypothesis(name), w, LAH10) for w in (seen, bare))
        zero = np.zeros((1, one.dimension))
        assert one.names == other.names
        gains.append(one.log_likelihood(zero)[0] - other.log_likelihood(zero)[0])
    np.testing.assert_allclose(gains, gains[0], rtol=1e-9)


def test_a_start_that_the_prior_excludes_is_refused() -> None:
    weeks = _design("A")
    for level in (30.0, 0.5):
        cell = replace(weeks.cells[0], h_per_metal=np.full(9, level))
        with pytest.raises(UnusableInput, match="Give a file of priors with the initial_content"):
            target(hypothesis("stable"), replace(weeks, cells=(cell,)), LAH10)
    late = replace(weeks.cells[0], elapsed=np.linspace(40, 60, 9), h_per_metal=np.full(9, 4.0))
    assert target(hypothesis("first"), replace(weeks, cells=(late,)), LAH10).dimension == 5


def test_wrong_calls_say_what_is_wrong() -> None:
    story = target(hypothesis("first"), _design("A"), LAH10)
    with pytest.raises(ValueError, match="which has 5 parameters"):
        story.log_likelihood(np.zeros((3, 4)))
    with pytest.raises(UnknownWord, match="cell"):
        story.curves(np.zeros((1, 5)), "Z", [0.0])
    with pytest.raises(ValueError, match="before the heating"):
        story.curves(np.zeros((1, 5)), "A", [-1.0])
    wide = replace(LAH10["size_spread"], second=3.0)
    with pytest.raises(ValueError, match="averages are known"):
        target(hypothesis("first"), _design("A"), {**LAH10, "size_spread": wide})
    biased = replace(LAH10["tc_drift"], first=1.0)
    with pytest.raises(ValueError, match="no preferred sign"):
        target(hypothesis("first"), _design("A", witnesses=True), {**LAH10, "tc_drift": biased})


@pytest.mark.parametrize("one", all_hypotheses(_design()), ids=lambda h: h.name)
def test_far_draws_are_impossible_and_never_without_an_answer(one: object) -> None:
    story = target(one, _design(witnesses=True), LAH10)  # type: ignore[arg-type]
    z = 12.0 * np.random.default_rng(2).normal(size=(300, story.dimension))
    found = story.log_likelihood(z)
    assert not np.any(np.isnan(found))
    assert np.all(found < np.inf)


def test_the_same_seed_draws_the_same_weeks() -> None:
    one, other = (
        draw(hypothesis("fick+coil"), _design(witnesses=True), LAH10, np.random.default_rng(8))
        for _ in range(2)
    )
    assert one[0] == other[0]
    for mine, yours in zip(one[1].cells, other[1].cells, strict=True):
        np.testing.assert_array_equal(mine.h_per_metal, yours.h_per_metal)
        assert set(mine.witnesses) == set(ALL_WITNESSES)


def test_an_echo_that_decays_faster_shows_in_t2_of_the_metal_at_any_echo_time() -> None:
    t2 = np.array([3.0, 1.2])  # on day 0 and later [ms]
    for echo_time in (0.5, 2.0):
        first, later = np.exp(-echo_time / t2)
        drift = np.log(later / (1 - later)) - np.log(first / (1 - first))
        assert log_t2_change(first, drift) == pytest.approx(np.log(1.2 / 3.0), rel=1e-12)
        _, factor = factors(ECHO, 30.0, drift, first, 0.0, 10.0, np.zeros(3))
        assert 1 / factor == pytest.approx(later / first, rel=1e-12)


def test_t2_of_the_metal_that_stays_speaks_against_a_changed_echo() -> None:
    story = target(hypothesis("stable+echo"), _design("A", witnesses=True), LAH10)
    values = {"initial_content": 10.0, "noise_excess": 1.0, "echo_initial": 0.3}
    resting, drifting = (
        story.log_likelihood(_z(story, echo_drift=one, **values)) for one in (0.0, 1.5)
    )
    assert resting[0] - drifting[0] > 20
