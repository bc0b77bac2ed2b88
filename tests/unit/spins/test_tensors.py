"""Tensors in their own axes, in the crystal, in the laboratory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megabar.spins.orientations import single_orientation
from megabar.spins.tensors import (
    along_field,
    gradient_tensor,
    in_laboratory,
    rotation_from_angles,
    shift_tensor,
)

ANGLES = st.floats(-7, 7)


@given(a=ANGLES, b=ANGLES, c=ANGLES)
def test_rotations_are_proper(a, b, c):
    turn = rotation_from_angles(first=a, second=b, third=c)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-14)
    assert np.linalg.det(turn) == pytest.approx(1)


@given(a=ANGLES, b=ANGLES, c=ANGLES, eta=st.floats(0, 1))
def test_turning_keeps_principal_values(a, b, c, eta):
    turn = rotation_from_angles(first=a, second=b, third=c)
    found = np.linalg.eigvalsh(gradient_tensor(asymmetry=eta, rotation=turn))
    np.testing.assert_allclose(found, np.sort([-(1 - eta) / 2, -(1 + eta) / 2, 1]), atol=1e-13)


@given(alpha=ANGLES, beta=ANGLES, eta=st.floats(0, 1))
def test_zz_of_the_laboratory_is_the_component_along_the_field(alpha, beta, eta):
    tensor = gradient_tensor(
        asymmetry=eta, rotation=rotation_from_angles(first=0.2, second=1.1, third=2.3)
    )
    seen = in_laboratory(tensor, alpha=np.array([alpha]), beta=np.array([beta]))
    field = single_orientation(alpha=alpha, beta=beta).directions
    assert seen[0, 2, 2] == pytest.approx(along_field(tensor, field)[0], abs=1e-13)


def test_shift_along_its_own_axes():
    tensor = shift_tensor(isotropic=800.0, anisotropy=4000.0, asymmetry=0.4)
    np.testing.assert_allclose(np.diag(tensor), [800 - 2800, 800 - 1200, 4800])


@pytest.mark.parametrize("eta", [-0.1, 1.2, float("nan")])
def test_axes_named_against_their_size_are_refused(eta):
    with pytest.raises(ValueError, match="Exchange the axes"):
        gradient_tensor(asymmetry=eta)
