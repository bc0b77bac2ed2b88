import numpy as np
import pytest
from tests.batteries.linear_targets import Funnel, LinearTarget, linear_campaign

from megabar.inference.annealing import annealed
from megabar.inference.bent_posteriors import straightened
from megabar.inference.posterior_modes import find_modes, posterior_of
from megabar.inference.student_mixtures import around_modes


@pytest.mark.parametrize(
    "target",
    [linear_campaign(dimension=8, points=40, seed=2), Funnel(noise=0.1)],
    ids=["eight parameters", "funnel"],
)
def test_a_bridge_from_a_bad_proposal_finds_the_evidence(target: LinearTarget) -> None:
    density = posterior_of(target)
    pulls = []
    for seed in range(6):
        generator = np.random.default_rng((5, seed))
        (mode,) = find_modes(target, generator)[:1]
        straight = straightened(density, mode)
        bad = around_modes([type(mode)(**{**vars(mode), "z": mode.z * 0 + 0.7,
                                          "covariance": 2.0 * np.eye(mode.z.size)})])  # fmt: skip
        found = annealed(density, bad, straight, generator)
        pulls.append((found.log_evidence - target.log_evidence) / found.log_evidence_std)
    assert np.sqrt(np.mean(np.square(pulls))) < 1.5


def test_straight_coordinates_are_inverted_exactly_with_their_jacobian() -> None:
    target = Funnel(noise=0.1)
    generator = np.random.default_rng(1)
    straight = straightened(posterior_of(target), find_modes(target, generator)[0])
    u = generator.normal(size=(20, 2))
    z, log_jacobian = straight.to_z(u)
    again, same = straight.to_u(z)
    np.testing.assert_allclose(again, u, atol=1e-9)
    np.testing.assert_allclose(same, log_jacobian, atol=1e-9)
    step = 1e-6
    columns = [
        (straight.to_z(u + step * e)[0] - straight.to_z(u - step * e)[0]) / (2 * step)
        for e in np.eye(2)
    ]
    determinant = np.linalg.det(np.stack(columns, axis=2))
    np.testing.assert_allclose(np.log(np.abs(determinant)), log_jacobian, atol=1e-6)
