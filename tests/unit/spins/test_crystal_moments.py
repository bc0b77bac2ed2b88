"""Moments of whole crystals: parts that must add up."""

from dataclasses import replace

import numpy as np
import pytest

from megabar.errors import UnknownWord
from megabar.matter import crystals, nuclei
from megabar.spins import moments
from megabar.spins.crystal_moments import (
    crystal_moments,
    equal_sites,
    isotopes,
    second_moment_per_sum,
)

A = 1e-10


def test_all_parts_belong_to_the_crystal():
    lah10 = crystals.crystal("LaH10", lattice_parameter=5.1019 * A)
    found = crystal_moments(lah10)
    assert found.number_density == pytest.approx(3.012e29, rel=1e-4)
    assert found.nearest / A == pytest.approx(3**0.5 * 0.13 * 5.1019, rel=1e-9)
    assert len(found.sum_r6) == len(found.kinds) == 40
    assert set(found.second_moment_unlike) == {"138La", "139La"}
    assert found.second_moment == pytest.approx(
        found.second_moment_like + sum(found.second_moment_unlike.values()), rel=1e-12
    )


def test_rare_isotopes_count_by_their_abundance():
    feh = crystals.crystal("FeH", lattice_parameter=3.6 * A)
    found = crystal_moments(feh).second_moment_unlike
    iron = nuclei.nucleus("57Fe")
    # H on 4b sees Fe on 4a: a rock salt lattice, half the cell apart
    sum_r6 = moments.lattice_sum_r6(
        cell=feh.cell,
        positions_from=[[1.8 * A, 0, 0]],
        positions_to=crystals.sites_of(feh, species="Fe").positions,
        occupancies=np.ones(4),
    )[0]
    whole = moments.second_moment_unlike(
        gyromagnetic_ratio=nuclei.nucleus("1H").gyromagnetic_ratio_bare,
        other_gyromagnetic_ratio=iron.gyromagnetic_ratio_bare,
        other_spin=iron.spin,
        sum_r6=sum_r6,
    )
    assert found == pytest.approx({"57Fe": iron.abundance * whole}, rel=1e-7)


def test_copper_couples_more_than_yttrium():
    proton = nuclei.nucleus("1H")
    assert second_moment_per_sum(proton, "Cu") > 100 * second_moment_per_sum(proton, "Y")


def test_an_element_without_known_isotope_is_refused():
    with pytest.raises(UnknownWord, match="no isotope of Xx"):
        isotopes("Xx")


def test_a_crystal_without_hydrogen_has_no_proton_moments():
    lah3 = crystals.crystal("LaH3", lattice_parameter=5.6 * A)
    bare = crystals.Crystal(
        name="La",
        space_group="Fm-3m",
        cell=lah3.cell,
        species=("La",) * 4,
        kinds=("4a",) * 4,
        positions=lah3.positions[:4],
        occupancies=np.ones(4),
        metal="La",
        origins=(),
    )
    with pytest.raises(UnknownWord, match="element of La"):
        crystal_moments(bare)


def test_sites_that_a_file_labels_alike_are_told_apart():
    lah10 = crystals.crystal("LaH10", lattice_parameter=5.1 * A)
    unlabelled = replace(lah10, kinds=lah10.species)
    named, blind = crystal_moments(lah10), crystal_moments(unlabelled)
    assert blind.nearest == pytest.approx(named.nearest, rel=1e-12)
    groups = equal_sites(kinds=blind.kinds, sum_r6=blind.sum_r6)
    assert sorted(map(len, groups)) == [8, 32]
