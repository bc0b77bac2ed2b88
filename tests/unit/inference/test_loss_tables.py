import numpy as np
import pytest

from megabar.hydrogen.rates import reacted
from megabar.inference.loss_tables import LOWEST, loss_table, lost

SHAPES = {"contract": {"nu": 2.0}}


@pytest.mark.parametrize(
    ("name", "tolerance"), [("first", 3e-6), ("contract", 1e-5), ("layer", 1e-4), ("fick", 2e-5)]
)
def test_a_look_up_gives_the_average_over_the_sizes(name: str, tolerance: float) -> None:
    generator = np.random.default_rng(4)
    for spread in [*generator.uniform(0.0, 0.8, 12), 0.8]:
        log_tau = generator.uniform(-10.0, 3.0, 40)
        exact = reacted(
            name, tau=np.exp(log_tau), spread=float(spread), n_nodes=41, **SHAPES.get(name, {})
        )
        found = [lost(loss_table(name), one, float(spread)) for one in log_tau]
        np.testing.assert_allclose(found, exact, atol=tolerance)


@pytest.mark.parametrize(
    ("name", "tau", "alpha"),
    [("first", 0.25, 0.221199), ("first", 0.5, 0.393469), ("contract", 0.25, 0.578125),
     ("contract", 0.5, 0.875), ("layer", 1 / 30, 0.479894), ("layer", 1 / 6, 0.875),
     ("fick", 0.01, 0.308514), ("fick", 0.05, 0.606940)],
)  # fmt: skip
def test_one_size_has_the_closed_form(name: str, tau: float, alpha: float) -> None:
    assert lost(loss_table(name), float(np.log(tau)), 0.0) == pytest.approx(alpha, abs=2e-6)


@pytest.mark.parametrize("name", ["first", "contract", "layer", "fick"])
def test_the_ends_of_a_table_are_none_and_all(name: str) -> None:
    table = loss_table(name)
    assert lost(table, -np.inf, 0.3) == 0.0
    assert lost(table, LOWEST - 1, 0.3) == 0.0
    assert lost(table, LOWEST + 0.1, 0.3) == pytest.approx(0.0, abs=2e-4)
    assert lost(table, 50.0, 0.3) == pytest.approx(1.0, abs=1e-9)
