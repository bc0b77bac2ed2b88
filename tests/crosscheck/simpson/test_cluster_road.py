"""Curves of clusters by the blocks of conserved numbers, 10 to 13 of SIMPSON 4.2.3."""

import numpy as np
import pytest
from tests.crosscheck.simpson.curves import NAMES, Curve

from megabar.spins.cluster_sequences import signal_from_cluster_sequence
from megabar.spins.clusters import echo_from_cluster, fid_from_cluster
from megabar.spins.sequences import IdealPulse

CLUSTERS = [name for name in NAMES if name[:2] in {"10", "11", "12", "13"}]
DECAYS = [name for name in CLUSTERS if "fid" in name]
ECHOES = [name for name in CLUSTERS if "fid" not in name]
IDEAL = [name for name in ECHOES if "finite" not in name and "pulse" not in name]
LIMIT = 1e-9  # of the maximum; the files hold 12 digits


def scale(curve):
    """Trace of the detected operator with the transverse one: what a perfect pulse gives."""
    return np.trace(curve.detect @ curve.detect.conj().T).real / 2


def assert_same(found, curve):
    assert np.abs(found - curve.signal).max() < LIMIT * np.abs(curve.signal).max()


def test_twenty_two_curves_are_of_clusters():
    assert (len(CLUSTERS), len(DECAYS), len(IDEAL)) == (22, 9, 10)


@pytest.mark.parametrize("name", DECAYS)
def test_blocks_give_the_decay(name):
    curve = Curve(name)
    which = curve.lines("start operator")[0].split()[2][1]
    spins = None if which == "n" else (int(which) - 1,)
    channel = curve.nuclei[0] if spins is None else curve.nuclei[spins[0]]
    found = fid_from_cluster(
        curve.system,
        curve.orientations,
        channel=channel,
        times=curve.times,
        excited=spins,
        detected=spins,
    )
    assert_same(scale(curve) * found, curve)


@pytest.mark.parametrize("name", IDEAL)
def test_blocks_give_the_echo_of_ideal_pulses(name):
    curve = Curve(name)
    first, delay, second = curve.elements(0.0, 0.0)
    assert isinstance(first, IdealPulse)
    found = echo_from_cluster(
        curve.system,
        curve.orientations,
        pulses=(first, second),
        delay=delay.duration,
        times=curve.times,
    )
    assert_same(scale(curve) * found, curve)


@pytest.mark.parametrize("name", ECHOES)
def test_any_pulses_on_clusters_give_the_echo(name):
    curve = Curve(name)
    found = signal_from_cluster_sequence(
        curve.system,
        curve.orientations,
        curve.elements(0.0, 0.0),
        channel=curve.nuclei[0],
        times=curve.times,
    )
    assert_same(scale(curve) * found, curve)
