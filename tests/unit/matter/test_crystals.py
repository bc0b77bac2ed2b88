"""The table of crystals against geometry, and crystals against arithmetic by hand."""

import re
from collections import Counter
from math import isfinite, isnan
from pathlib import Path

import numpy as np
import pytest

from megabar.errors import UnknownWord
from megabar.matter import crystal_table, crystals
from megabar.matter.crystal_table import STATUSES

A = 1e-10
EVERYTHING = ("unverified", "estimate")
CUBIC = [
    lambda x: x[:, [1, 2, 0]],  # threefold axis
    lambda x: x[:, [1, 0, 2]] * [-1, 1, 1],  # fourfold axis
    lambda x: -x,
]
GENERATORS = {
    "Fm-3m": CUBIC,
    "Im-3m": CUBIC,
    "I4/mmm": [
        lambda x: x[:, [1, 0, 2]] * [-1, 1, 1],
        lambda x: x * [-1, 1, 1],
        lambda x: -x,
    ],
    "P63/mmc": [
        lambda x: np.stack([x[:, 0] - x[:, 1], x[:, 0], x[:, 2] + 1 / 2], axis=1),
        lambda x: np.stack([-x[:, 1], -x[:, 0], x[:, 2]], axis=1),
        lambda x: -x,
    ],
    "P63mc": [
        lambda x: np.stack([x[:, 0] - x[:, 1], x[:, 0], x[:, 2] + 1 / 2], axis=1),
        lambda x: np.stack([-x[:, 1], -x[:, 0], x[:, 2]], axis=1),
    ],
}
CONTENT = {
    "LaH2": 2, "LaH3": 3, "LaH4": 4, "LaH6": 6, "LaH9": 9, "LaH10": 10,
    "YH6": 6, "YH9": 9, "H3S": 3, "FeH": 1, "CuH": 1,
}  # fmt: skip
VOLUME = {"Fe": 11.0, "Cu": 16.0, "S": 14.0}  # per metal, near the pressure of use [A3]


def built(name, **size):
    metal = crystals.entry(name).metal
    volume = VOLUME.get(metal, 15.5 + 1.8 * CONTENT[name])
    given = size or {"volume_per_metal": volume * A**3}
    return crystals.crystal(name, **given, accept=EVERYTHING)


def folded(points):
    """Points as a set, blind to whole cells and rounding."""
    return Counter(map(tuple, (np.round(points % 1, 6) % 1).tolist()))


def test_the_table_holds_the_crystals_of_the_field():
    assert set(crystals.names()) == set(CONTENT)


@pytest.mark.parametrize("name", CONTENT)
def test_every_number_of_the_table_has_a_status_and_a_source(name):
    row = crystals.entry(name)
    origins = [row.structure, *(one.origin for one in row.parameters.values())]
    origins += [one.origin for one in row.lattices]
    origins += [row.compression.origin] if row.compression else []
    for origin in origins:
        assert origin.status in STATUSES
        assert origin.status != "given"
        assert len(origin.source) > 20
        if origin.status in {"published", "secondary"}:
            assert re.search(r"doi:10\.\d{4,}/\S+", origin.source)
    assert re.search(r"doi:10\.\d{4,}/\S+", row.structure.source)


@pytest.mark.parametrize("name", CONTENT)
def test_lattices_and_pressures_lie_in_the_range_of_crystals(name):
    row = crystals.entry(name)
    for lattice in row.lattices:
        assert 2.5 * A < lattice.a < 6 * A
        assert isnan(lattice.a_std) or 0 < lattice.a_std < 0.01 * lattice.a
        assert 0 <= lattice.pressure[0] <= lattice.pressure[1] <= 300e9
    for parameter in row.parameters.values():
        assert 0 < parameter.value < 2


@pytest.mark.parametrize("name", CONTENT)
def test_composition_is_that_of_the_name(name):
    found = built(name)
    assert found.hydrogen_per_metal == pytest.approx(CONTENT[name], abs=1e-12)
    assert set(found.composition) == {"H", crystals.entry(name).metal}
    assert found.composition[found.metal] == crystals.entry(name).formula_units


@pytest.mark.parametrize("name", CONTENT)
def test_each_kind_has_as_many_sites_as_its_wyckoff_symbol_says(name):
    found = built(name)
    for (_, kind), count in Counter(zip(found.species, found.kinds, strict=True)).items():
        assert count == int(kind[:-1])


@pytest.mark.parametrize("name", CONTENT)
def test_generators_of_the_space_group_map_the_sites_onto_themselves(name):
    found = built(name)
    for species in set(found.species):
        points = found.positions[[s == species for s in found.species]]
        for generator in GENERATORS[found.space_group]:
            # La of LaH10 stands at (1/2, 1/2, 1/2): the same generators, cell corner at a cage
            assert folded(generator(points)) == folded(points)


@pytest.mark.parametrize("name", CONTENT)
def test_contacts_are_those_of_atoms(name):
    found = built(name)
    metal = found.species.index(found.metal)
    hydrogen = found.species.index("H")
    to_metal = crystals.shells(found, around=metal, species="H", cutoff=4 * A)[0].distance
    between = crystals.shells(found, around=hydrogen, species="H", cutoff=5 * A)[0].distance
    assert 1.3 * A < to_metal < 2.6 * A
    assert 0.95 * A < between < 3.0 * A


@pytest.mark.parametrize(
    ("name", "cage"), [("LaH6", 24), ("YH6", 24), ("LaH9", 29), ("YH9", 29), ("LaH10", 32)]
)
def test_the_metal_sits_in_the_cage_that_the_field_speaks_of(name, cage):
    found = built(name)
    near = crystals.shells(
        found, around=found.species.index(found.metal), species="H", cutoff=4.5 * A
    )
    counts = np.cumsum([shell.count for shell in near])
    assert cage in counts
    edge = int(np.flatnonzero(counts == cage)[0])
    distances = [shell.distance for shell in near]
    assert distances[edge] < 1.15 * distances[0]
    assert distances[edge + 1] > 1.4 * distances[edge]


def test_lah10_has_the_published_contacts():
    found = crystals.crystal("LaH10", lattice_parameter=5.10 * A)
    from_8c = crystals.shells(found, around=found.kinds.index("8c"), species="H", cutoff=1.3 * A)
    from_32f = crystals.shells(found, around=found.kinds.index("32f"), species="H", cutoff=1.9 * A)
    from_la = crystals.shells(found, around=0, species="H", cutoff=2.3 * A)
    assert [(round(s.distance / A, 4), s.count, s.kind) for s in from_8c] == [(1.1483, 4, "32f")]
    assert [(round(s.distance / A, 3), s.count, s.kind) for s in from_32f] == [
        (1.148, 1, "8c"), (1.224, 3, "32f"), (1.731, 3, "32f"), (1.875, 3, "32f"),
    ]  # fmt: skip
    assert [(round(s.distance / A, 2), s.count) for s in from_la] == [(2.12, 24), (2.21, 8)]


def test_lah10_at_150_gpa_with_the_calculated_coordinate():
    found = crystals.crystal("LaH10", lattice_parameter=5.1019 * A, parameters={"x": 0.1205963873})
    contacts = crystals.shells(found, around=found.kinds.index("32f"), species="H", cutoff=1.3 * A)
    to_la = crystals.shells(found, around=0, species="H", cutoff=2.2 * A)[0].distance
    assert contacts[0].distance / A == pytest.approx(1.1435, rel=1e-4)
    assert contacts[1].distance / A == pytest.approx(1.2305, rel=1e-4)
    assert to_la / A == pytest.approx(2.1223, rel=1e-4)
    assert found.volume / A**3 == pytest.approx(132.799, rel=1e-4)
    assert found.volume_per_metal / A**3 == pytest.approx(33.200, rel=1e-4)


def test_metal_and_hydrogen_of_different_settings_would_collide():
    # with La on 4a, x is near 0.38; 0.12 would put hydrogen 1.06 angstrom from La
    found = crystals.crystal("LaH10", lattice_parameter=5.10 * A, parameters={"x": 0.38})
    nearest = crystals.shells(found, around=0, species="H", cutoff=2 * A)[0].distance
    assert nearest / A == pytest.approx(3**0.5 * 0.12 * 5.10, rel=1e-9)


def test_the_chosen_size_is_met_in_every_way_of_giving_it():
    for name in CONTENT:
        volume = built(name, volume_per_metal=20 * A**3)
        again = built(name, lattice_parameter=float(np.linalg.norm(volume.cell[0])))
        assert volume.volume_per_metal == pytest.approx(20 * A**3, rel=1e-12)
        assert np.allclose(volume.cell, again.cell, rtol=1e-12)


def test_hexagonal_axes_stand_at_120_degrees_with_the_given_ratio():
    cell = crystals.crystal(
        "LaH9", lattice_parameter=3.7 * A, parameters={"c_over_a": 1.5}, accept=["unverified"]
    ).cell
    a, b, c = np.linalg.norm(cell, axis=1)
    assert b == pytest.approx(a, rel=1e-12)
    assert c == pytest.approx(1.5 * a, rel=1e-12)
    assert cell[0] @ cell[1] == pytest.approx(-(a**2) / 2, rel=1e-12)


def test_volume_of_lah10_between_its_two_points_is_a_straight_line_in_the_logarithm():
    found = crystals.crystal("LaH10", pressure=170e9)
    assert found.volume / A**3 == pytest.approx(128.73, abs=0.05)
    assert found.lattice_parameter_std / np.linalg.norm(found.cell[0]) == pytest.approx(0.02 / 3)
    assert crystals.entry("LaH10").compression.mean_bulk_modulus() / 1e9 == pytest.approx(
        643, rel=1e-3
    )
    assert crystals.crystal("LaH10", pressure=150e9).volume / A**3 == pytest.approx(132.80)


def test_iron_hydride_shrinks_under_pressure_to_about_its_cell_at_50_gpa():
    sizes = [
        crystals.crystal("FeH", pressure=p, accept=["unverified"]).volume_per_metal / A**3
        for p in (12e9, 30e9, 50e9, 68e9)
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert 10.5 < sizes[2] < 11.5


def test_a_pressure_outside_the_known_range_is_refused():
    with pytest.raises(ValueError, match="150 to 250 GPa"):
        crystals.crystal("LaH10", pressure=120e9)
    with pytest.raises(ValueError, match="150 to 250 GPa"):
        crystals.crystal("LaH10", pressure=170)  # GPa meant, Pa needed


def test_a_pressure_needs_a_known_volume():
    with pytest.raises(ValueError, match=r"not known.*No lattice parameter of LaH6"):
        crystals.crystal("LaH6", pressure=160e9)


def test_an_estimate_is_used_on_request_only_and_stays_marked():
    found = crystals.crystal("LaH6", pressure=160e9, accept=["estimate"])
    assert found.volume_per_metal / A**3 == pytest.approx(26.3, rel=1e-12)
    assert np.linalg.norm(found.cell[0]) / A == pytest.approx(3.75, abs=0.01)
    assert found.status == "estimate"
    assert "no measurement" in found.source
    with pytest.raises(ValueError, match="not known"):
        crystals.crystal("LaH6", pressure=100e9, accept=["estimate"])
    with pytest.raises(ValueError, match="not known"):
        crystals.crystal("YH6", pressure=160e9, accept=["estimate"])


def test_unverified_numbers_enter_on_request_only():
    with pytest.raises(ValueError, match=r"unverified.*accept=\['unverified'\]"):
        crystals.crystal("YH9", lattice_parameter=3.4 * A)
    given = {"c_over_a": 1.49, "w": 0.15, "x": 0.156, "z": 0.44}
    found = crystals.crystal("YH9", lattice_parameter=3.4 * A, parameters=given)
    assert Counter(one.status for one in found.origins)["given"] == 5


def test_the_volume_rule_meets_the_two_measured_cells():
    for content, volume in ((10, 132.80 / 4), (3, 4.3646**3 / 4)):
        guess = crystals.estimated_volume_per_metal(hydrogen_per_metal=content)
        assert guess / A**3 == pytest.approx(volume, rel=0.01)


@pytest.mark.parametrize("size", [{}, {"lattice_parameter": 5e-10, "pressure": 170e9}])
def test_exactly_one_size_is_needed(size):
    with pytest.raises(ValueError, match=r"exactly one.*5\.1019 angstrom at 150 GPa"):
        crystals.crystal("LaH10", **size)


@pytest.mark.parametrize("value", [0.0, -5e-10, float("nan"), float("inf")])
def test_a_lattice_parameter_is_a_positive_number(value):
    with pytest.raises(ValueError, match="positive number in SI units"):
        crystals.crystal("LaH10", lattice_parameter=value)


def test_unknown_words_are_refused_with_a_suggestion():
    with pytest.raises(UnknownWord, match="LaH10"):
        crystals.crystal("LaH11", lattice_parameter=5e-10)
    with pytest.raises(UnknownWord, match="free parameter of LaH10"):
        crystals.crystal("LaH10", lattice_parameter=5e-10, parameters={"y": 0.1})
    with pytest.raises(UnknownWord, match="status"):
        crystals.crystal("LaH10", lattice_parameter=5e-10, accept=["guess"])


def test_vacancies_lower_the_content_and_nothing_else():
    full = crystals.crystal("LaH10", lattice_parameter=5.1 * A)
    found = crystals.with_vacancies(full, species="H", fraction=0.05)
    assert found.hydrogen_per_metal == pytest.approx(9.5, rel=1e-12)
    assert found.volume_per_metal == pytest.approx(full.volume_per_metal, rel=1e-12)
    assert np.array_equal(found.cell, full.cell)
    twice = crystals.with_vacancies(found, species="H", fraction=0.5, kind="8c")
    assert twice.hydrogen_per_metal == pytest.approx(0.95 * (8 + 2 * 0.5), rel=1e-12)
    assert "vacancies" in twice.source


def test_vacancies_need_sites_and_a_fraction_below_one():
    full = crystals.crystal("LaH3", lattice_parameter=5.6 * A)
    with pytest.raises(UnknownWord, match="H on 4b"):
        crystals.with_vacancies(full, species="H", fraction=0.1, kind="4a")
    with pytest.raises(ValueError, match="vacancy fraction"):
        crystals.with_vacancies(full, species="H", fraction=1.0)


def test_sites_of_an_absent_element_are_refused():
    full = crystals.crystal("LaH3", lattice_parameter=5.6 * A)
    with pytest.raises(UnknownWord, match="element of LaH3"):
        crystals.sites_of(full, species="Y")


def test_shells_of_a_skew_cell_are_those_of_the_cubic_one():
    cubic = crystals.crystal("LaH3", lattice_parameter=4.365 * A)
    shear = np.array([[1, 0, 0], [3, 1, 0], [-2, 1, 1]])
    skew = crystals.Crystal(
        name="skew",
        space_group="",
        cell=shear @ cubic.cell,
        species=cubic.species,
        kinds=cubic.kinds,
        positions=cubic.positions @ np.linalg.inv(shear),
        occupancies=cubic.occupancies,
        metal="La",
        origins=cubic.origins,
    )
    for around in (0, 4, 8):
        want = crystals.shells(cubic, around=around, species="H", cutoff=4 * A)
        found = crystals.shells(skew, around=around, species="H", cutoff=4 * A)
        assert [(s.count, s.kind) for s in found] == [(s.count, s.kind) for s in want]
        assert np.allclose([s.distance for s in found], [s.distance for s in want], rtol=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cell": np.eye(2)}, "cell of shape"),
        ({"cell": np.diag([1.0, 1.0, -1.0])}, "left-handed"),
        ({"cell": np.zeros((3, 3))}, "without volume"),
        ({"occupancies": np.array([0.0])}, "occupancy outside"),
        ({"occupancies": np.array([1.5])}, "occupancy outside"),
        ({"positions": np.array([[np.nan, 0, 0]])}, "finite numbers"),
        ({"kinds": ("a", "b")}, "2 kinds for 1 sites"),
    ],
)
def test_an_impossible_crystal_is_refused(change, message):
    words = {
        "name": "one",
        "space_group": "",
        "cell": np.eye(3) * A,
        "species": ("H",),
        "kinds": ("a",),
        "positions": np.zeros((1, 3)),
        "occupancies": np.ones(1),
        "metal": "H",
        "origins": (),
    }
    with pytest.raises(ValueError, match=message):
        crystals.Crystal(**{**words, **change})


def test_arrays_of_a_crystal_cannot_be_changed_behind_its_back():
    found = crystals.crystal("LaH3", lattice_parameter=5.6 * A)
    with pytest.raises(ValueError, match="read-only"):
        found.cell[0, 0] = 1.0


@pytest.mark.parametrize("text", ["1/4, x", "1/4, q, 0", "x*2, 0, 0", "1/4, , 0"])
def test_a_triplet_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="coordinate"):
        crystal_table.coordinates(text, {"x": 0.1})


def test_a_shell_needs_a_cutoff():
    with pytest.raises(ValueError, match="cutoff"):
        crystals.shells(built("LaH3"), around=0, species="H", cutoff=0.0)
    assert isfinite(built("LaH3").volume)


@pytest.mark.parametrize("name", CONTENT)
def test_the_page_says_what_the_table_says(name):
    page = (Path(__file__).parents[3] / "docs" / "reference" / "crystals.md").read_text("utf-8")
    line = next(line for line in page.splitlines() if line.startswith(f"| {name} |"))
    row = crystals.entry(name)
    assert f"| {row.space_group} |" in line
    for lattice in row.lattices:
        digits = "" if isnan(lattice.a_std) else f"({round(lattice.a_std / A * 1e4)})"
        size = f"{lattice.a / A:.7g}{digits} Å at {lattice.pressure[0] / 1e9:g} GPa"
        assert f"{size}, {lattice.origin.status}" in line
    if row.compression:
        low, high = (p / 1e9 for p in row.compression.pressure)
        assert f"{low:g} to {high:g} GPa" in line
