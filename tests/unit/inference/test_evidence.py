import numpy as np
import pytest
from tests.batteries.linear_targets import (
    Funnel,
    LinearTarget,
    TwoPeaks,
    linear_campaign,
    published_line,
)

from megabar.errors import Undetermined
from megabar.inference.evidence import evidence, resampled
from megabar.inference.posterior_modes import find_modes

SEEDS = range(8)


def test_laplace_is_exact_for_a_line_through_the_published_contents() -> None:
    (mode,) = find_modes(published_line(), np.random.default_rng(1))
    assert mode.log_evidence == pytest.approx(-7.6041692, abs=1e-6)


def test_sampling_finds_the_evidence_of_the_line_within_a_hundredth() -> None:
    found = evidence(published_line(), seed=4, error=0.003)
    assert found.log_evidence_std <= 0.003
    assert found.log_evidence == pytest.approx(-7.6041692, abs=0.01)


@pytest.mark.parametrize(
    "target",
    [
        published_line(),
        linear_campaign(dimension=12, points=80, seed=3),
        TwoPeaks(),
        Funnel(noise=0.1),
    ],
    ids=["line", "twelve parameters", "two peaks", "funnel"],
)
def test_the_quoted_error_is_the_scatter_around_the_exact_evidence(target: LinearTarget) -> None:
    found = [evidence(target, seed=(7, seed)) for seed in SEEDS]
    pulls = [(one.log_evidence - target.log_evidence) / one.log_evidence_std for one in found]
    assert not any(one.refused for one in found)
    # eight pulls: their rms has 1 +- 0.25 for a true normal
    assert 0.4 < np.sqrt(np.mean(np.square(pulls))) < 1.75


def test_two_separate_peaks_are_both_found_and_sampled_by_their_evidence() -> None:
    found = evidence(TwoPeaks(), seed=2)
    assert found.modes == 2
    share = float(np.sum(found.weights[found.z[:, 0] > 0]))
    assert share == pytest.approx(0.3, abs=0.03)


def test_a_posterior_that_no_mixture_covers_is_refused() -> None:
    class ThinShell:  # every direction of twelve is as good, at one radius alone
        dimension = 12

        def log_likelihood(self, z: np.ndarray) -> np.ndarray:
            return -0.5 * ((np.sqrt(np.sum(z * z, axis=1)) - 3) / 0.002) ** 2

    found = evidence(ThinShell(), seed=1, draws=20_000)
    assert found.effective_fraction < 0.05
    assert found.annealed


def test_the_weighted_draws_are_the_posterior() -> None:
    target = linear_campaign(dimension=5, points=30, seed=9)
    found = evidence(target, seed=3, error=0.005)
    mean, covariance = target.posterior
    centre = found.weights @ found.z
    scatter = np.einsum("m,mi,mj->ij", found.weights, found.z - centre, found.z - centre)
    std = np.sqrt(np.diag(covariance))
    effective = found.effective_fraction * found.z.shape[0]
    np.testing.assert_array_less(np.abs(centre - mean), 4 * std / np.sqrt(effective))
    np.testing.assert_allclose(scatter, covariance, atol=5 / np.sqrt(effective) * std.max() ** 2)


def test_the_same_seed_gives_the_same_bits_and_another_seed_other_draws() -> None:
    target = linear_campaign(dimension=6, points=40, seed=5)
    one, same, other = (evidence(target, seed=seed) for seed in (11, 11, 12))
    assert one.log_evidence == same.log_evidence
    assert one.z.tobytes() == same.z.tobytes()
    assert one.weights.tobytes() == same.weights.tobytes()
    assert one.log_evidence != other.log_evidence


def test_equal_weights_repeat_a_draw_in_proportion_to_its_weight() -> None:
    z = np.arange(4.0)[:, None]
    weights = np.array([0.5, 0.25, 0.25, 0.0])
    drawn = resampled(z, weights, 400, seed=1)[:, 0]
    assert [int(np.sum(drawn == value)) for value in z[:, 0]] == [200, 100, 100, 0]


def test_impossible_data_say_so() -> None:
    class Impossible:
        dimension = 2

        def log_likelihood(self, z: np.ndarray) -> np.ndarray:
            return np.full(z.shape[0], -np.inf)

    with pytest.raises(Undetermined, match="likelihood of zero at all of 500 draws"):
        evidence(Impossible(), seed=1)
