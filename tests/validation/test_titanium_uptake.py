"""Does the layer of adsorbed atoms describe measured uptake? Titanium in a closed chamber.

Strips of 10 x 13 x 1 mm3 in hydrogen of 13 kPa, chamber of 2.95 l: Hirooka, Miyake, Sano, J. Nucl.
Mater. 96, 227 (1981). Points and constants as in the V&V report of FESTIM (MIT): diffusivity of
Wille and Davis (1981), rates fitted there by Kulagin et al. (2024) to these curves. So this is no
prediction; it asks whether our solution of the same equations meets the same points.
"""

import numpy as np
import pytest
from tests.realdata import SHIPPED, data_path

from megabar.constants import k_boltzmann, n_avogadro
from megabar.hydrogen.geometry import AdsorbedLayer, Cell, Following, GrainClasses, Reservoir
from megabar.hydrogen.release import solve

AREA, HALF, CHAMBER, START = 1.3e-4, 5e-4, 2.95e-3, 1.3e4  # m2, m, m3, Pa
SITES = 9.4e4 * n_avogadro  # Ti per m3
SURFACE = 3 * 2.16e-5 * n_avogadro  # adsorbed atoms per m2
KT_PER_EV = k_boltzmann / 1.602176634e-19


def barrier(energy, kelvin):
    return np.exp(-energy / (KT_PER_EV * kelvin))


def strip(kelvin, n_cells):
    metal = 2 * SITES * AREA * HALF
    per_free = metal * k_boltzmann * kelvin / (2 * CHAMBER)  # Pa for one H/Ti of gas
    layer = AdsorbedLayer(
        sites=SURFACE,
        start=0.0,
        desorption_rate=3.4115671e-11 * barrier(0.56197034, kelvin),
        sticking=0.0143 * np.exp(1990 / (k_boltzmann * n_avogadro * kelvin)),
        into_bulk=5.1413505e9 * barrier(1.0087995, kelvin),
        into_layer=1.0012013e10 * barrier(1.0518870, kelvin),
        bulk_sites=3.0,
        pressure=Following(content=lambda free: free * per_free, most=1.1 * START / per_free),
        gas_temperature=kelvin,
    )
    grains = GrainClasses(
        shape="plate",
        radii=[HALF],
        weights=[1.0],
        start=0.0,
        diffusivity=0.9e-6 * np.exp(-12400 * 4.184 / (k_boltzmann * n_avogadro * kelvin)),
        surface=layer,
        metal_density=SITES,
        n_cells=n_cells,
    )
    cavity = Reservoir(
        free=START / per_free,
        bound=0.0,
        bound_release_rate=0.0,
        leak_conductance=0.0,
        leak_constant=0.0,
    )
    return Cell(grains=(grains,), shares=(1.0,), reservoir=cavity, stacks=(), temperature=None)


def uptake(kelvin, minutes, n_cells=60):
    """H/Ti of bulk and layer, from the balance with the gas."""
    out = solve(strip(kelvin, n_cells), 60 * np.asarray(minutes), rtol=1e-8, atol=1e-10)
    assert out.drift < 1e-11
    adsorbed = out.coverages[:, 0] * SURFACE / (SITES * HALF)
    np.testing.assert_allclose(out.content + adsorbed, out.total - out.free, atol=1e-9)
    return out.content + adsorbed


def points(place):
    return np.loadtxt(place, delimiter=",", skiprows=1, unpack=True)


@pytest.mark.parametrize("celsius", [450, 550])
def test_uptake_of_titanium_meets_the_measured_curve(celsius):
    minutes, measured = points(SHIPPED / "hydrogen" / f"h-per-ti-{celsius}C.csv")
    rms = np.sqrt(np.mean((uptake(celsius + 273, minutes) - measured) ** 2))
    assert rms <= 0.05


def test_uptake_at_650_celsius_meets_the_measured_curve():
    folder = data_path("hydrogen-uptake-release-B") / "surface_model" / "hirooka"
    minutes, measured = points(next(folder.rglob("650.csv")))
    rms = np.sqrt(np.mean((uptake(923, minutes) - measured) ** 2))
    assert rms <= 0.05


def test_sixty_cells_are_enough():
    minutes = np.array([1.0, 5.0, 20.0])
    np.testing.assert_allclose(uptake(823, minutes), uptake(823, minutes, 240), atol=1e-3)
