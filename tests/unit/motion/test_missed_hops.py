"""Rates from frames so far apart that hops are undone between them, on walks of known rates."""

from functools import cache

import pytest
from tests.batteries import jump_networks

from megabar.motion import lattice_walks, trajectories
from megabar.motion.trajectories.sites import SiteHistory

PS = 1e-12
KINDS = (["8c"] * 2 + ["32f"] * 8) * 32
JUMPS = [(("8c", "32f"), 1.1307e-10), (("32f", "32f"), 1.2444e-10)]
TRUE = (1.0, 0.3)  # per ps


@cache
def rates(interval, vacancies):
    """Of each class, from some ten thousand hops seen at an interval [ps]."""
    network = jump_networks.lah10(
        rate_a=TRUE[0] / PS, rate_b=TRUE[1] / PS, x=0.122, conventional=True
    )
    box = lattice_walks.Lattice(network=network, repeats=(2, 2, 2))
    walk = lattice_walks.walk_lattice(
        lattice=box, atoms=320 - vacancies, mechanism="exclusion", interval=interval * PS,
        samples=int(4000 / (interval * vacancies)), seed=1,
    )  # fmt: skip
    history = SiteHistory(
        site=walk.sites, image=walk.crossings, sites=320, core_radius=0.0, in_core=1.0,
        double_occupancy=0.0,
    )  # fmt: skip
    where = {"cell": box.cell, "sites": box.sites, "kinds": KINDS}
    found = trajectories.hop_statistics_from_sites(
        history=history, frame_interval=interval * PS, jumps=JUMPS, **where
    )
    return trajectories.rates_behind_frames(found, frame_interval=interval * PS, seed=2, **where)


@pytest.mark.parametrize(
    ("interval", "vacancies"), [pytest.param(0.05, 8, marks=pytest.mark.slow), (0.2, 8), (0.1, 40)]
)
def test_rates_behind_frames_are_those_of_the_walk(interval, vacancies):
    for one, true in zip(rates(interval, vacancies), TRUE, strict=True):
        assert one.rate * PS == pytest.approx(true, abs=4 * one.std * PS)
        assert one.seen < one.rate
        assert one.std < 0.04 * one.rate


def test_uncorrected_rates_are_wrong_beyond_their_error():
    fast, slow = rates(0.2, 8)
    assert fast.seen * PS < TRUE[0] - 4 * fast.std * PS
    assert slow.seen * PS < TRUE[1]


def test_little_is_missed_as_the_rate_times_the_interval():
    """To first order a share W dt of the hops over a bond is undone unseen."""
    fast, _ = rates(0.05, 8)
    assert fast.rate / fast.seen - 1 == pytest.approx(0.05, abs=4 * fast.std / fast.rate)
