"""Sites of a crystal in the box of a simulation, whatever the shape and turn of the box."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from megabar.errors import Undetermined
from megabar.matter import crystals
from megabar.observables.declared_networks import primitive_cell
from megabar.observables.supercells import sites_in_box

A = 5.10e-10
TURN = Rotation.from_euler("xyz", [0.3, -1.1, 2.0]).as_matrix()


def lah10():
    return crystals.crystal("LaH10", lattice_parameter=A)


def filled(box, symbol, crystal=None):
    """All atoms of an element in a box that a crystal fills, by brute force."""
    crystal = crystal or lah10()
    unit = crystals.sites_of(crystal, species=symbol).positions
    corners = np.stack(np.meshgrid(*[np.arange(-8, 9)] * 3), axis=-1).reshape(-1, 3)
    everywhere = (corners @ crystal.cell)[:, None] + unit
    fractions = everywhere.reshape(-1, 3) @ np.linalg.inv(box)
    inside = ((fractions > -1e-6) & (fractions < 1 - 1e-6)).all(axis=1)
    return fractions[inside] @ box


def same_places(first, second, box):
    """Largest distance from a place of one set to the next of the other, in the box."""
    apart = (first[:, None] - second[None]) @ np.linalg.inv(box)
    apart -= np.rint(apart)
    return float(np.linalg.norm(apart @ box, axis=-1).min(axis=1).max())


CONVENTIONAL = lah10().cell
PRIMITIVE = primitive_cell(lah10())
BOXES = {
    "conventional": 2 * CONVENTIONAL,
    "oblong": np.diag([1, 2, 3]) @ CONVENTIONAL,
    "primitive": 3 * PRIMITIVE,
    "skew": np.array([[2, 0, 0], [1, 2, 0], [0, 1, 3]]) @ PRIMITIVE,
    "left-handed": np.array([[0, 2, 0], [2, 0, 0], [0, 0, 2]]) @ CONVENTIONAL,
}


@pytest.mark.parametrize("name", BOXES)
@pytest.mark.parametrize("turn", [np.eye(3), TURN], ids=["as it stands", "turned"])
@pytest.mark.parametrize("shift", [0.0, 0.37e-10], ids=["", "shifted"])
def test_sites_lie_where_the_atoms_of_the_crystal_are(name, turn, shift):
    box = BOXES[name]
    framework, hydrogen = filled(box, "La"), filled(box, "H")
    found = sites_in_box(
        lah10(), element="H", cell=box @ turn, symbol="La", framework=(framework + shift) @ turn
    )
    assert len(found.positions) == len(hydrogen) == 10 * len(framework)
    assert found.cells == len(framework)
    assert found.misfit < 1e-15
    wanted = (hydrogen + shift) @ turn
    assert same_places(found.positions, wanted, box @ turn) < 1e-14
    assert same_places(wanted, found.positions, box @ turn) < 1e-14


@pytest.mark.parametrize("turn", [np.eye(3), TURN], ids=["as it stands", "turned"])
def test_sites_take_the_strain_and_volume_of_the_box(turn):
    strain = np.diag([1.02, 0.99, 1.01]) * 0.97
    box = BOXES["conventional"]
    framework, hydrogen = filled(box, "La") @ strain, filled(box, "H") @ strain
    found = sites_in_box(
        lah10(), element="H", cell=box @ strain @ turn, symbol="La", framework=framework @ turn
    )
    assert same_places(found.positions, hydrogen @ turn, box @ strain @ turn) < 1e-14
    assert found.crystal.volume_per_metal * len(framework) == pytest.approx(
        abs(np.linalg.det(box @ strain)), rel=1e-9
    )


def test_kinds_go_with_their_sites():
    box = BOXES["skew"] @ TURN
    found = sites_in_box(
        lah10(), element="H", cell=box, symbol="La", framework=filled(BOXES["skew"], "La") @ TURN
    )
    tetrahedral = np.array(found.kinds) == "8c"
    assert tetrahedral.sum() == 2 * found.cells
    lanthanum = filled(BOXES["skew"], "La") @ TURN
    near = (found.positions[tetrahedral][:, None] - lanthanum) @ np.linalg.inv(box)
    near = np.linalg.norm((near - np.rint(near)) @ box, axis=-1).min(axis=1)
    np.testing.assert_allclose(near, np.sqrt(3) / 4 * A, rtol=1e-9)


def test_thermal_motion_of_the_framework_is_told_and_averages_out_of_the_origin():
    box, noise = BOXES["conventional"], 0.1e-10
    shaken = filled(box, "La") + noise * np.random.default_rng(1).standard_normal((32, 3))
    found = sites_in_box(lah10(), element="H", cell=box, symbol="La", framework=shaken)
    assert found.misfit == pytest.approx(noise * np.sqrt(3), rel=0.2)
    assert same_places(found.positions, filled(box, "H"), box) < 4 * noise / np.sqrt(32) * 1.8


def test_another_structure_with_a_framework_that_fits_nowhere_is_refused():
    simple_cubic = np.indices((2, 2, 2)).reshape(3, -1).T * 3.2e-10
    with pytest.raises(Undetermined, match=r"no whole numbers of its vectors|another structure"):
        sites_in_box(
            lah10(), element="H", cell=6.4e-10 * np.eye(3), symbol="La", framework=simple_cubic
        )


def test_a_disordered_framework_is_refused():
    box = BOXES["conventional"]
    molten = np.random.default_rng(2).uniform(size=(32, 3)) @ box
    with pytest.raises(Undetermined, match="another structure"):
        sites_in_box(lah10(), element="H", cell=box, symbol="La", framework=molten)


def test_a_box_that_is_no_multiple_of_the_cell_is_refused():
    with pytest.raises(Undetermined, match="31 La in the box and 1 in a primitive cell of LaH10"):
        sites_in_box(
            lah10(), element="H", cell=BOXES["conventional"], symbol="La",
            framework=filled(BOXES["conventional"], "La")[1:],
        )  # fmt: skip
