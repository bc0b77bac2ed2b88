"""Truths drawn from the priors come back: calibrated parameters, families in their order."""

import numpy as np
import pytest
from scipy.stats import kstest
from tests.batteries.weeks_designs import design

from megabar.hydrogen.rates import content
from megabar.inference.comparison import concluded
from megabar.inference.desorption import draw, target
from megabar.inference.evidence import evidence
from megabar.inference.hypotheses import hypothesis
from megabar.inference.priors import PRIORS
from megabar.inference.units_of_work import evaluate_unit
from megabar.inference.weeks import Weeks

PRIOR = PRIORS["lah10"]
CAMPAIGNS = 40


def test_ranks_of_true_parameters_are_uniform_in_their_posteriors() -> None:
    """40 campaigns: each rank is uniform, whatever the data say (Cook, Gelman, Rubin 2006)."""
    empty = design(cells=2, points=10, days=60.0, std=0.35)
    story = hypothesis("first")
    ranks: dict[str, list[float]] = {}
    for number in range(CAMPAIGNS):
        truth, weeks = draw(story, empty, PRIOR, np.random.default_rng((11, number)))
        problem = target(story, weeks, PRIOR)
        found = evidence(problem, seed=(11, number), error=0.05)
        for name, values in problem.values(found.z).items():
            below = float(found.weights[values < truth[name]].sum())
            ranks.setdefault(name, []).append(below)
    for name, one in ranks.items():
        assert kstest(one, "uniform").pvalue > 1e-3, name
    every = np.concatenate(list(ranks.values()))
    inside = np.mean(np.abs(every - 0.5) < 0.34)
    # 8 parameters of 40 campaigns, not independent within one: 0.03 or more of standard error
    assert inside == pytest.approx(0.68, abs=0.1)
    assert np.mean(np.abs(every - 0.5) < 0.475) > 0.9


def _matched(name: str, rate: float, final: float, seed: int) -> Weeks:
    """Four cells that fall from 10.6 to about 4 in 60 days by one law of one grain size."""
    empty = design(cells=4, points=20, days=60.0, std=0.35, common=0.01)
    shapes = {"nu": 2.0} if name == "contract" else {}
    generator = np.random.default_rng(seed)
    cells = []
    for one in empty.cells:
        k = rate * np.exp(0.15 * generator.normal())
        x = content(
            name, elapsed=one.elapsed, rate=k, initial=10.6, final=final, spread=0.0, **shapes
        )
        cells.append(
            type(one)(**{**vars(one), "h_per_metal": x + 0.35 * generator.normal(size=20)})
        )
    return Weeks(cells=tuple(cells))


def _log_evidences(weeks: Weeks, names: tuple[str, ...]) -> dict[str, float]:
    return {
        name: evaluate_unit(weeks, hypothesis(name), PRIOR, seed=1, error=0.1).log_evidence
        for name in names
    }


@pytest.mark.parametrize(
    ("truth", "rate", "final", "far"),
    [
        ("zero", 0.0153, 3.0, ("second", "layer", "fick", "stable")),
        ("contract", 0.00772, 2.747, ("layer", "fick", "stable")),
        ("layer", 0.00212, 2.0, ("zero", "stable")),
    ],
)
def test_between_classes_the_evidence_decides(
    truth: str, rate: float, final: float, far: tuple[str, ...]
) -> None:
    found = _log_evidences(_matched(truth, rate, final, seed=4), (truth, *far))
    for name in far:
        assert found[name] - found[truth] < -7, name


def test_inside_the_surface_class_and_inside_diffusion_it_does_not() -> None:
    surface = _log_evidences(_matched("first", 0.02543, 2.297, seed=5), ("first", "contract"))
    assert abs(surface["contract"] - surface["first"]) < 3
    diffusive = _log_evidences(_matched("layer", 0.00212, 2.0, seed=5), ("layer", "fick"))
    assert abs(diffusive["fick"] - diffusive["layer"]) < 5


def test_a_stable_sample_under_a_drifting_gain_is_never_called_a_loss() -> None:
    names = ("stable", "stable+gain", "stable+t1", "stable+coil", "stable+visibility",
             "zero", "first", "contract", "jmak", "layer", "serial")  # fmt: skip
    empty = design(cells=2, points=12, days=60.0, std=0.35)
    losses = []
    for seed in range(4):
        _, weeks = draw(hypothesis("stable+gain"), empty, PRIOR, np.random.default_rng((7, seed)))
        results = [
            evaluate_unit(weeks, hypothesis(name), PRIOR, seed=1, error=0.1) for name in names
        ]
        found = concluded(results, missing=("a nutation of 1H at every point",))
        assert found.verdict != "loss"
        losses.append(found.loss)
    assert np.mean(losses) < 0.5
