"""The demo campaign, from raw files to histories, against what its cells were made of."""

from pathlib import Path

import numpy as np
import pytest
from tests.batteries.campaigns import OBSERVED, pulls_of

import megabar
from megabar.virtual import simulate

PLAN = Path(__file__).parents[2] / "examples" / "lah10-70-days" / "simulation.toml"
SESSIONS = 4 * 13  # cells times (precursor + twelve days)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    folder = simulate(PLAN, tmp_path_factory.mktemp("demo") / "campaign", seed=4)
    found = megabar.Campaign.open(folder)
    outcome = found.run()
    assert outcome.failed == ()
    return folder


@pytest.fixture(scope="module")
def pulls(campaign):
    return pulls_of([campaign])


@pytest.mark.parametrize(
    ("node", "name"), [(node, name) for node, names in OBSERVED.items() for name in names]
)
def test_errors_of_the_histories_are_neither_too_small_nor_too_large(pulls, node, name):
    found = pulls[node, name]
    n = len(found)
    assert n >= SESSIONS - 8  # the precursor has no T2 of hydrogen, and a bound is no value
    assert abs(found.mean()) < 3 / np.sqrt(n)
    assert abs(found.std() - 1) < 3 / np.sqrt(2 * n)


def test_the_first_and_last_content_of_each_cell_is_that_of_the_paper(campaign):
    found = megabar.Campaign.open(campaign)
    for cell in ("cell-1", "cell-2", "cell-3", "cell-4"):
        content = found.history(cell)["content"].h_per_metal
        assert 9 < float(content[0]) < 12.5
        assert float(content[-1]) < 6
