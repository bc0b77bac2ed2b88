"""LaH10 at a = 5.10 angstrom, rigid and moving: what tests of diffusivity share."""

from functools import cache

from tests.batteries import jump_networks

from megabar.matter import crystals
from megabar.motion import lattice_walks
from megabar.observables import motion_models
from megabar.observables.measured_times import MeasuredTimes
from megabar.spins.crystal_moments import crystal_moments

FREQUENCY = 395e6
JUMP = 1.1943e-10  # rms of 8c-32f and 32f-32f
COARSE = lattice_walks.ZoneMesh(outward=14, across=8)  # j(0) of LaH10 to 2e-6


@cache
def lah10():
    return crystals.crystal("LaH10", lattice_parameter=5.10e-10)


@cache
def moments():
    return crystal_moments(lah10())


@cache
def torrey():
    return motion_models.isotropic_walk(lah10(), jump_length=JUMP)


@cache
def walk(rate_b=1.0, rate_a=1.0):
    network = jump_networks.lah10(rate_a=rate_a * 1e12, rate_b=rate_b * 1e12)
    return motion_models.lattice_walk(
        lah10(), network, name=f"LaH10, W_B/W_A = {rate_b:g}/{rate_a:g}", mesh=COARSE
    )


def times(t1=None, t2=None, *, frequency=FREQUENCY, correlation=0.0):
    return MeasuredTimes(larmor_frequency=frequency, t1=t1, t2=t2, correlation=correlation)
