import numpy as np
import pytest
from scipy.integrate import quad

from megabar.errors import UnknownWord
from megabar.hydrogen.molecular_hydrogen import (
    EQUATIONS,
    chemical_potential,
    molar_volume,
    potential_of_hydrogen,
)
from megabar.matter.equations_of_state import compression_from_pressure

PRESSURES = np.array([50e9, 100e9, 170e9])


def test_volumes_are_the_reference_values():
    found = 1e6 * molar_volume(pressure=PRESSURES, equation="loubeyre1996")
    np.testing.assert_allclose(found, [3.756, 2.838, 2.254], rtol=2e-3)


def test_potentials_are_the_reference_values():
    found = chemical_potential(pressure=PRESSURES, equation="loubeyre1996") / 1e3
    np.testing.assert_allclose(found, [265, 427, 603], rtol=2e-3)


@pytest.mark.parametrize("equation", EQUATIONS)
@pytest.mark.parametrize("pressure", [2e9, 30e9, 170e9, 300e9])
def test_potential_is_the_integral_of_the_volume(equation, pressure):
    summed = quad(
        lambda p: float(molar_volume(pressure=p, equation=equation)), 1e9, pressure, epsrel=1e-10
    )[0]
    found = float(chemical_potential(pressure=pressure, equation=equation))
    np.testing.assert_allclose(found, summed, rtol=1e-9)


@pytest.mark.parametrize("equation", EQUATIONS)
def test_volume_at_5_4_gpa_is_that_of_a_single_crystal(equation):
    """26.55(5) A3 for two H2 at 300 K: Hazen et al., Phys. Rev. B 36, 3944 (1987), abstract."""
    measured = 26.55e-30 / 2 * 6.02214076e23
    found = float(molar_volume(pressure=5.40e9, equation=equation))
    np.testing.assert_allclose(found, measured, rtol=2e-2)  # a cold curve against 300 K


def test_two_equations_agree_to_six_percent_in_volume_and_two_in_potential_at_170_gpa():
    volumes = [float(molar_volume(pressure=170e9, equation=one)) for one in EQUATIONS]
    potentials = [float(chemical_potential(pressure=170e9, equation=one)) for one in EQUATIONS]
    assert 0.04 < volumes[1] / volumes[0] - 1 < 0.06
    assert 0.01 < potentials[1] / potentials[0] - 1 < 0.025


def test_logarithm_of_the_fugacity_would_grow_by_246():
    found = float(chemical_potential(pressure=170e9, equation="loubeyre1996"))
    np.testing.assert_allclose(found / (8.31446261815324 * 295), 246, rtol=3e-3)


def test_fifteen_gpa_are_seven_kt_per_hydrogen_atom():
    found = potential_of_hydrogen(pressure=170e9, pressure_std=15e9, equation="loubeyre1996")
    np.testing.assert_allclose(found.std / 1e3, 34, rtol=1e-2)
    np.testing.assert_allclose(1e3 * found.std_per_atom, 175, rtol=1e-2)
    np.testing.assert_allclose(found.std_over_kt(temperature=295.0), 7, rtol=2e-2)
    assert found.statuses(temperature=295.0) == ("EOS_EXTRAPOLATED", "PRESSURE_ERROR_DOMINATES")


def test_a_good_pressure_inside_the_data_has_no_status():
    found = potential_of_hydrogen(pressure=100e9, pressure_std=1e9, equation="loubeyre1996")
    assert found.statuses(temperature=295.0) == ()
    other = potential_of_hydrogen(pressure=100e9, pressure_std=1e9, equation="loubeyre2020")
    assert "range not stated" in other.words(temperature=295.0)


def test_error_of_the_potential_is_its_slope_times_that_of_the_pressure():
    near, far = (
        float(chemical_potential(pressure=170e9 + shift, equation="loubeyre1996"))
        for shift in (-1e6, 1e6)
    )
    found = potential_of_hydrogen(pressure=170e9, pressure_std=1e9, equation="loubeyre1996")
    np.testing.assert_allclose(found.std, (far - near) / 2e6 * 1e9, rtol=1e-6)


def test_below_1_gpa_the_solid_is_not_asked():
    with pytest.raises(ValueError, match="begins at 1 GPa"):
        chemical_potential(pressure=[5e9, 0.2e9], equation="loubeyre1996")
    with pytest.raises(ValueError, match="Check its sign"):
        potential_of_hydrogen(pressure=5e9, pressure_std=-1e9, equation="loubeyre1996")
    with pytest.raises(UnknownWord, match="loubeyre1996"):
        molar_volume(pressure=5e9, equation="loubeyre96")


def test_metals_are_still_searched_to_three_tenths_only():
    words = {"bulk_modulus": 0.162e9, "bulk_modulus_derivative": 6.813, "form": "vinet"}
    with pytest.raises(ValueError, match="is inverted from 0 to"):
        compression_from_pressure(pressure=170e9, **words)
    assert compression_from_pressure(pressure=170e9, smallest=0.03, **words) < 0.1
