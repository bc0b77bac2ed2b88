"""Nuclear data against the printed table, and against numbers worked out from it by hand."""

import re

import pytest
from scipy import constants

from megabar.errors import UnknownWord
from megabar.matter import nuclei

TMS = 395.107e6  # Hz, in 9.28 T
WATER_PROTON = 42.57638e6  # Hz/T, shielded proton in water, CODATA

# Magnetic moments gamma hbar sqrt(I (I + 1)) in nuclear magnetons: another column of the same
# IUPAC table (doi:10.1351/pac200173111795), so that a slip in one of the two shows.
MOMENTS = {
    "1H": 4.837353570,
    "2H": 1.21260077,
    "7Li": 4.20407505,
    "11B": 3.4710308,
    "13C": 1.216613,
    "14N": 0.57100428,
    "15N": -0.49049746,
    "19F": 4.553333,
    "25Mg": -1.01220,
    "27Al": 4.3086865,
    "29Si": -0.96179,
    "31P": 1.95999,
    "33S": 0.8311696,
    "43Ca": -1.494067,
    "45Sc": 5.3933489,
    "47Ti": -0.93294,
    "49Ti": -1.25201,
    "57Fe": 0.1569636,
    "59Co": 5.247,
    "61Ni": -0.96827,
    "63Cu": 2.8754908,
    "65Cu": 3.07465,
    "87Sr": -1.2090236,
    "89Y": -0.23801049,
    "91Zr": -1.54246,
    "93Nb": 6.8217,
    "105Pd": -0.760,
    "113Cd": -1.0778568,
    "115Sn": -1.5915,
    "117Sn": -1.73385,
    "119Sn": -1.81394,
    "135Ba": 1.08178,
    "137Ba": 1.21013,
    "138La": 4.068095,
    "139La": 3.1556770,
    "181Ta": 2.6879,
    "185Re": 3.7710,
    "187Re": 3.8096,
    "197Au": 0.191271,
}

# Receptivity relative to 1H: a third column of the same table, made of spin, abundance and the bare
# ratio, so that a slip in any of them shows. Printed to three digits.
RECEPTIVITIES = {
    "25Mg": 2.68e-4,
    "33S": 1.72e-5,
    "43Ca": 8.68e-6,
    "45Sc": 0.302,
    "47Ti": 1.56e-4,
    "49Ti": 2.05e-4,
    "57Fe": 7.24e-7,
    "59Co": 0.278,
    "61Ni": 4.09e-5,
    "63Cu": 6.50e-2,
    "65Cu": 3.54e-2,
    "87Sr": 1.90e-4,
    "89Y": 1.19e-4,
    "91Zr": 1.07e-3,
    "93Nb": 0.488,
    "105Pd": 2.53e-4,
    "115Sn": 1.21e-4,
    "117Sn": 3.54e-3,
    "119Sn": 4.53e-3,
    "135Ba": 3.30e-4,
    "137Ba": 7.87e-4,
    "139La": 6.05e-2,
    "181Ta": 3.74e-2,
}


@pytest.mark.parametrize("name", nuclei.table())
def test_every_row_has_values_in_range_and_a_source(name):
    row = nuclei.nucleus(name)
    assert re.fullmatch(r"\d{1,3}[A-Z][a-z]?", row.name)
    assert row.name == name
    assert 2 * row.spin == int(2 * row.spin)
    assert 0.5 <= row.spin <= 7
    assert 0 < row.abundance <= 1
    assert 0 < row.xi <= 1
    assert 0 <= row.xi_error < 1e-3 * row.xi
    assert abs(row.quadrupole_moment) < 5e-28
    assert row.reference
    assert re.search(r"doi:10\.\d{4,}/\S+", row.source)


@pytest.mark.parametrize("name", nuclei.table())
def test_quadrupole_moment_is_there_exactly_for_spins_above_one_half(name):
    row = nuclei.nucleus(name)
    assert (row.quadrupole_moment != 0) == (row.spin > 0.5)


@pytest.mark.parametrize("name", nuclei.table())
def test_bare_gyromagnetic_ratio_agrees_with_the_magnetic_moment(name):
    row = nuclei.nucleus(name)
    magneton = constants.value("nuclear magneton")
    moment = row.gyromagnetic_ratio_bare * constants.hbar * (row.spin * (row.spin + 1)) ** 0.5
    tolerance = 5e-3 / 1.23 if name == "105Pd" else 2e-4  # its ratio is printed as -1.23
    assert moment / magneton == pytest.approx(MOMENTS[name], rel=tolerance)


@pytest.mark.parametrize("name", [n for n in nuclei.table() if n != "197Au"])
def test_xi_and_bare_gyromagnetic_ratio_differ_by_the_shielding_only(name):
    row, proton = nuclei.nucleus(name), nuclei.nucleus("1H")
    bare = abs(row.gyromagnetic_ratio_bare) / proton.gyromagnetic_ratio_bare
    assert row.xi == pytest.approx(bare, rel=0.015)


def test_isotope_abundances_of_one_element_do_not_exceed_one():
    for pair in (("1H", "2H"), ("63Cu", "65Cu"), ("138La", "139La"), ("185Re", "187Re")):
        assert sum(nuclei.nucleus(name).abundance for name in pair) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "megahertz"),
    [("139La", 55.8114), ("11B", 126.7660), ("29Si", 78.4966), ("89Y", 19.3610)],
)
def test_reference_frequencies_follow_xi(name, megahertz):
    found = nuclei.reference_frequency_from_xi(nucleus=name, tms_frequency=TMS)
    assert found / 1e6 == pytest.approx(megahertz, rel=2e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("139La", 0.05914), ("11B", 0.1323), ("63Cu", 0.0645), ("89Y", 1.177e-4), ("29Si", 3.673e-4)],
)
def test_receptivities_follow_xi(name, expected):
    assert nuclei.relative_receptivity(nucleus=name) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("name", RECEPTIVITIES)
def test_spin_abundance_and_bare_ratio_make_the_printed_receptivity(name):
    def weight(row):
        return row.gyromagnetic_ratio_bare**3 * row.spin * (row.spin + 1) * row.abundance

    found = abs(weight(nuclei.nucleus(name)) / weight(nuclei.nucleus("1H")))
    assert found == pytest.approx(RECEPTIVITIES[name], rel=5e-3)


@pytest.mark.parametrize(("name", "percent"), [("139La", 2.35), ("89Y", 1.23), ("185Re", 4.03)])
def test_the_bare_ratio_would_inflate_the_receptivity(name, percent):
    row, proton = nuclei.nucleus(name), nuclei.nucleus("1H")
    bare = abs(row.gyromagnetic_ratio_bare) / proton.gyromagnetic_ratio_bare
    assert 100 * ((bare / row.xi) ** 3 - 1) == pytest.approx(percent, rel=1e-2)


@pytest.mark.parametrize(("name", "ppm"), [("139La", 7808), ("57Fe", 2202)])
def test_the_bare_ratio_lies_thousands_of_ppm_from_resonance(name, ppm):
    row = nuclei.nucleus(name)
    bare = row.gyromagnetic_ratio_bare / (2 * constants.pi)
    assert 1e6 * (bare / (row.xi * WATER_PROTON) - 1) == pytest.approx(ppm, abs=3)


def test_a_width_in_hertz_becomes_one_in_ppm_of_the_carrier():
    carrier = nuclei.reference_frequency_from_xi(nucleus="139La", tms_frequency=TMS) * (1 + 2483e-6)
    assert carrier == pytest.approx(55.95e6, rel=1e-5)
    assert 1e6 * 38e3 / carrier == pytest.approx(679, rel=1e-3)


def test_an_unknown_nucleus_is_refused_with_a_suggestion():
    with pytest.raises(UnknownWord, match=r"139La"):
        nuclei.nucleus("193La")


@pytest.mark.parametrize("frequency", [0.0, -1.0, float("nan"), float("inf")])
def test_a_reference_frequency_needs_a_positive_tms_frequency(frequency):
    with pytest.raises(ValueError, match="TMS frequency"):
        nuclei.reference_frequency_from_xi(nucleus="1H", tms_frequency=frequency)


def test_candidates_are_told_apart_by_the_field():
    assert [c.nucleus for c in nuclei.candidates_at(104.95e6, 9.28)] == ["63Cu"]
    assert [c.nucleus for c in nuclei.candidates_at(395.1e6, 9.28)] == ["1H"]
    assert nuclei.candidates_at(300e6, 9.28) == ()


def test_neighbours_within_the_tolerance_come_nearest_first():
    # 185Re and 187Re lie 1 % apart
    names = [c.nucleus for c in nuclei.candidates_at(0.227516 * TMS, 9.28, tolerance=0.02)]
    assert names == ["187Re", "185Re"]


def test_without_a_field_every_nucleus_is_listed_with_the_field_it_needs():
    found = {c.nucleus: c.field for c in nuclei.candidates_at(59.99e6)}
    assert set(found) == set(nuclei.table())
    assert found["1H"] == pytest.approx(1.409, abs=1e-3)
    assert found["139La"] == pytest.approx(59.99e6 / (0.14125641 * 42.57618e6), rel=1e-9)


def test_candidates_refuse_a_negative_field():
    with pytest.raises(ValueError, match="field"):
        nuclei.candidates_at(1e6, -1.0)
