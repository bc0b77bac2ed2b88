"""Echoes of 139La in SIMPSON, every pulse propagated once and cycles taken by coherence order."""

import numpy as np
import pytest
from tests.crosscheck.simpson.curves import NAMES, Curve

from megabar.spins.echoes import echo_from_two_pulses
from megabar.spins.level_nodes import nodes_from_system
from megabar.spins.phase_tables import passing_orders, pathway_weights_from_phases
from megabar.spins.sequences import Delay, OrderFilter, Relaxation

LIMIT = 1e-9  # of the maximum
CURVES = [name for name in NAMES if name[:2] in {"07", "08", "09"} or name == "14-i52-hahn-filter"]


def by_order(curve):
    (spin,) = curve.system.spins
    elements = curve.elements(0.0, 0.0)
    first, second = (one for one in elements if not isinstance(one, Delay | OrderFilter))
    (delay,) = (one.duration for one in elements if isinstance(one, Delay))
    filters = [one.orders[spin.channel] for one in elements if isinstance(one, OrderFilter)]
    if filters:
        passing = passing_orders(spin.spin, dict.fromkeys(filters[0], 1.0))
    else:
        steps = np.radians(np.array(curve.cycle))
        # the curves turn the other way: phases change sign and the receiver multiplies
        passing = pathway_weights_from_phases(
            phases=-steps[:, :2].T, receiver=-steps[:, 2], spin=spin.spin
        )
    lines = echo_from_two_pulses(
        nodes_from_system(curve.system, curve.orientations),
        pulses=(first, second),
        delay=delay,
        passing=passing,
        relaxation=Relaxation(t1=np.inf, t2=np.inf),
    )
    if "I1c" in curve.lines("start operator")[0].split("detected")[1]:
        lines = lines.transition(0.5)
    norm = float(curve.lines("start operator")[0].split("Tr(start^2) = ")[1])
    return norm * lines.signal(curve.times)


def test_all_echoes_of_one_spin_are_here():
    assert len(CURVES) == 11


@pytest.mark.crosscheck
@pytest.mark.parametrize("name", CURVES)
def test_the_echo_by_order_is_the_curve(name):
    curve = Curve(name)
    largest = np.abs(curve.signal).max()
    assert np.abs(by_order(curve) - curve.signal).max() < LIMIT * largest


@pytest.mark.parametrize(("steps", "leak"), [(4, 1.8e-2), (16, 1.8e-2), (32, 2.1e-5)])
def test_a_cycle_leaks_as_much_as_in_the_curves(steps, leak):
    alone = by_order(Curve("08-la-hahn-filter-same"))
    found = by_order(Curve(f"08-la-hahn-cycled-{steps}steps"))
    assert np.abs(found - alone).max() / np.abs(alone).max() == pytest.approx(leak, rel=0.03)
