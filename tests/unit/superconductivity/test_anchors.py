"""Anchors of Tc: printed interpolation, no data elsewhere, and sets instead of numbers."""

import pytest

from megabar.errors import Undetermined, UnknownWord
from megabar.superconductivity.anchors import (
    anchors,
    between_contents,
    between_pressures,
    contents_of,
    table,
)


def test_printed_line_between_two_pressures_is_not_supported():
    found = between_pressures(anchors("La4H23-118", "La4H23-95"), pressure=110e9)
    assert found.critical_temperature == pytest.approx(99.8, abs=0.1)
    assert not found.supported
    assert "nobody measured" in found.warnings[0]


def test_an_anchor_supports_itself():
    found = between_pressures(anchors("La4H23-118", "La4H23-95"), pressure=95e9)
    assert (found.critical_temperature, found.supported) == (90.0, True)


def test_nothing_beyond_the_last_anchor():
    with pytest.raises(Undetermined, match="no data beyond"):
        between_pressures(anchors("La4H23-118", "La4H23-95"), pressure=150e9)
    pair = anchors("La4H23-118", "LaH10-170")
    with pytest.raises(Undetermined, match="no data beyond"):
        between_contents(pair, h_per_metal=3.0, across_phases=True)


def test_a_line_across_structures_must_be_asked_for_and_is_told():
    pair = anchors("La4H23-118", "LaH10-170")
    with pytest.raises(Undetermined, match="two structures"):
        between_contents(pair, h_per_metal=8.0)
    found = between_contents(pair, h_per_metal=8.0, across_phases=True)
    assert any("crosses" in sentence for sentence in found.warnings)


def test_a_temperature_is_a_set_of_compounds_never_a_content():
    known = tuple(table().values())
    assert {
        one.phase for one in contents_of(known, critical_temperature=100.0, tolerance=12.0)
    } == {"La4H23 A15"}
    assert contents_of(known, critical_temperature=150.0, tolerance=10.0) == ()


def test_unknown_anchors_and_odd_pairs_are_refused():
    with pytest.raises(UnknownWord, match="LaH10-170"):
        anchors("LaH10-17")
    with pytest.raises(ValueError, match="one content"):
        between_pressures(anchors("La4H23-95", "LaH10-170"), pressure=100e9)
    with pytest.raises(ValueError, match="two different"):
        between_contents(anchors("La4H23-95", "La4H23-118"), h_per_metal=6.0)
