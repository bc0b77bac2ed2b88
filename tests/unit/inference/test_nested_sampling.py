import pytest
from tests.batteries.linear_targets import Funnel, LinearTarget, TwoPeaks, published_line

from megabar.inference.nested_sampling import second_opinion

pytest.importorskip("dynesty")


@pytest.mark.parametrize(
    ("target", "live_points"),
    [
        (published_line(), 100),
        (Funnel(noise=0.05), 100),
        pytest.param(TwoPeaks(), 400, marks=pytest.mark.slow),
    ],
    ids=["line", "funnel", "peaks"],
)
def test_the_second_opinion_is_the_exact_evidence_within_its_error(
    target: LinearTarget, live_points: int
) -> None:
    found = second_opinion(target, seed=3, live_points=live_points)
    assert 0.02 < found.log_evidence_std < 0.8
    assert found.log_evidence == pytest.approx(
        target.log_evidence, abs=1.5 * found.log_evidence_std
    )
