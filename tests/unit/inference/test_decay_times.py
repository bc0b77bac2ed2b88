"""The time of a decay: found where the points are an exponential, withheld where they are not."""

import numpy as np
import pytest

from megabar.errors import Undetermined
from megabar.inference.decay_times import decay_time

DAY = np.linspace(0, 60, 16)


def noisy(clean, *, seed, std):
    return clean + std * np.random.default_rng(seed).normal(size=clean.size)


def test_times_scatter_about_the_truth_by_their_stated_errors():
    pulls = []
    for seed in range(60):
        time, std = decay_time(
            DAY, noisy(4 + 6 * np.exp(-DAY / 15), seed=seed, std=0.1), np.full(16, 0.1)
        )
        pulls.append((time - 15) / std)
    assert abs(np.mean(pulls)) < 3 / np.sqrt(60)
    assert abs(np.std(pulls) - 1) < 3 / np.sqrt(120)


def test_the_day_of_the_first_point_does_not_matter():
    value, std = noisy(4 + 6 * np.exp(-DAY / 15), seed=1, std=0.1), np.full(16, 0.1)
    assert decay_time(DAY + 7, value, std) == pytest.approx(decay_time(DAY, value, std), rel=1e-6)


@pytest.mark.parametrize(
    ("clean", "message"),
    [
        (4 + 6 * np.exp(-DAY / 50), "before two times"),
        (10 - 0.1 * DAY, "before two times"),
        (4 + 6 * 2.0 ** (-((DAY / 20) ** 2)), "no exponential describes the points"),
    ],
)
def test_what_is_no_finished_exponential_has_no_time(clean, message):
    with pytest.raises(Undetermined, match=message):
        decay_time(DAY, noisy(clean, seed=2, std=0.05), np.full(16, 0.05))


def test_four_points_are_too_few():
    with pytest.raises(Undetermined, match="4 points are too few"):
        decay_time(DAY[:4], np.exp(-DAY[:4]), np.full(4, 0.1))
