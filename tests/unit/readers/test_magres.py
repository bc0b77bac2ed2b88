"""Field gradients and shieldings of .magres files."""

import numpy as np
import pytest

from megabar.errors import UnknownWord, UnreadableFile
from megabar.matter import nuclei
from megabar.readers.magres import read_magres
from megabar.spins.tensors import gradient_tensor, rotation_from_angles

TEXT = """#$magres-abinitio-v1.0
# a comment
[calculation]
calc_code CASTEP
[/calculation]
[atoms]
units lattice Angstrom
lattice 5.1 0.0 0.0 0.0 5.1 0.0 0.0 0.0 5.1
units atom Angstrom
atom La La 1 0.0 0.0 0.0
atom H H 1 1.0 1.5 2.0
[/atoms]
[magres]
units ms ppm
ms H 1 20.0 1.0 0.0 3.0 25.0 0.0 0.0 0.0 30.0
units efg au
efg La 1 {efg}
[/magres]
"""


def written(folder, tensor=None, text=TEXT):
    entries = np.diag([-0.35, -0.65, 1.0]) if tensor is None else tensor
    path = folder / "site.magres"
    path.write_text(text.format(efg=" ".join(f"{entry:.12f}" for entry in np.ravel(entries))))
    return path


def test_coupling_of_one_atomic_unit(tmp_path):
    """234.9647 MHz per barn and atomic unit (Pyykkö)."""
    lanthanum, _ = read_magres(written(tmp_path))
    coupling, asymmetry, gradient = lanthanum.quadrupole("139La")
    barns = nuclei.nucleus("139La").quadrupole_moment / 1e-28
    assert coupling == pytest.approx(234.9647e6 * barns, rel=1e-5)
    assert asymmetry == pytest.approx(0.3, rel=1e-9)
    np.testing.assert_allclose(gradient, gradient_tensor(asymmetry=0.3), atol=1e-9)


def test_axes_of_a_turned_gradient_are_kept(tmp_path):
    turn = rotation_from_angles(first=0.4, second=1.1, third=2.0)
    tensor = -0.2 * gradient_tensor(asymmetry=0.6, rotation=turn)
    lanthanum, _ = read_magres(written(tmp_path, tensor))
    coupling, asymmetry, gradient = lanthanum.quadrupole("139La")
    assert asymmetry == pytest.approx(0.6, abs=1e-8)
    np.testing.assert_allclose(gradient, tensor / -0.2, atol=1e-8)
    assert np.sign(coupling) == -np.sign(nuclei.nucleus("139La").quadrupole_moment)


def test_shieldings_and_places(tmp_path):
    _, hydrogen = read_magres(written(tmp_path))
    assert hydrogen.isotropic_shielding() == pytest.approx(25)
    assert hydrogen.shielding[1, 0] == 3
    np.testing.assert_allclose(hydrogen.position, [1e-10, 1.5e-10, 2e-10])
    assert hydrogen.label == "H 1"


def test_what_is_missing_is_named(tmp_path):
    lanthanum, hydrogen = read_magres(written(tmp_path))
    with pytest.raises(UnknownWord, match="another element"):
        lanthanum.quadrupole("63Cu")
    with pytest.raises(ValueError, match="no field gradient of H 1"):
        hydrogen.quadrupole("1H")
    with pytest.raises(ValueError, match="no shielding of La 1"):
        lanthanum.isotropic_shielding()
    still, _ = read_magres(written(tmp_path, np.zeros((3, 3))))
    with pytest.raises(ValueError, match="vanishing"):
        still.quadrupole("139La")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("#$magres-abinitio-v1.0", "#$something"), "first line"),
        (("units efg au", "units efg V/m2"), "units of efg"),
        (("ms H 1 20.0", "ms H 1"), "line 15"),
        (("ms H 1", "ms H 2"), "H 2 is no atom"),
        (("atom La La 1 0.0 0.0 0.0", "atom La La 1 0.0 0.0 x"), "line 10"),
    ],
)
def test_damaged_files_are_refused(tmp_path, change, said):
    with pytest.raises(UnreadableFile, match=said):
        read_magres(written(tmp_path, text=TEXT.replace(*change)))


def test_a_gradient_with_a_trace_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="free of trace"):
        read_magres(written(tmp_path, np.eye(3)))
