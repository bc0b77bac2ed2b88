"""Numbers of a campaign become what a verdict judges, with their errors told apart."""

import dataclasses
import json

import numpy as np
import pytest
from tests.unit.report.fake_campaign import DAYS, UNDETERMINED, FakeCampaign

from megabar.campaign import weeks
from megabar.errors import Undetermined


@pytest.fixture
def campaign():
    return FakeCampaign()


def changed(campaign, change):
    """Put other numbers in the places of those for which ``change`` gives one."""
    campaign._rows = [change(row) or row for row in campaign._rows]
    return campaign


def contents(campaign, cell):
    return [
        row
        for row in campaign.rows()
        if (row.cell, row.node, row.name) == (cell, "content", "h_per_metal") and row.elapsed >= 0
    ]


def test_contents_after_the_heating_enter_with_their_days(campaign):
    taken = weeks.of_campaign(campaign)
    assert [one.cell for one in taken.weeks.cells] == ["cell-1", "cell-2", "cell-3", "cell-4"]
    np.testing.assert_array_equal(taken.weeks.cells[0].elapsed, DAYS[DAYS >= 0])
    expected = [row.value for row in contents(campaign, "cell-1")]
    np.testing.assert_array_equal(taken.weeks.cells[0].h_per_metal, expected)


def test_a_content_that_was_not_determined_is_left_out_and_said_so(campaign):
    cell, session = UNDETERMINED
    taken = weeks.of_campaign(campaign)
    assert DAYS[session] not in taken.weeks.cells[cell].elapsed
    words = f"cell-{cell + 1}: 1 of 10 points is a bound or no number; it was left out."
    assert words in taken.told


def test_the_error_of_the_scale_is_that_of_the_cell_and_not_of_a_point(campaign):
    cell = weeks.of_campaign(campaign).weeks.cells[0]
    assert cell.common_relative_std == pytest.approx(0.03, rel=0.05)
    own = [row.independent_std for row in contents(campaign, "cell-1")]
    np.testing.assert_allclose(cell.independent_std, own)


def test_an_error_that_goes_with_the_value_is_relative(campaign):
    def relative(row):
        if row.name == "h_per_metal" and row.node == "content" and row.quality == "value":
            share = row.independent_std / row.value
            return dataclasses.replace(
                row, details={**row.details, "independent_relative_std": share}
            )
        return None

    cell = weeks.of_campaign(changed(campaign, relative)).weeks.cells[0]
    own = np.array([row.independent_std for row in contents(campaign, "cell-1")])
    np.testing.assert_allclose(cell.relative_std * cell.h_per_metal, own)
    np.testing.assert_allclose(cell.independent_std, 0, atol=1e-6)


def test_shift_t1_and_t2_of_the_same_cell_stand_as_witnesses(campaign):
    cell = weeks.of_campaign(campaign).weeks.cells[0]
    assert set(cell.witnesses) == {"shift", "t1", "metal_t2"}
    rows = {
        name: [
            row
            for row in campaign.rows()
            if (row.cell, row.node, row.name) == ("cell-1", node, number) and row.elapsed >= 0
        ]
        for name, node, number in (
            ("shift", "139La", "shift"), ("t1", "1H", "t1"), ("metal_t2", "139La", "t2"),
        )
    }  # fmt: skip
    np.testing.assert_allclose(cell.witnesses["shift"].value, [r.value for r in rows["shift"]])
    np.testing.assert_allclose(
        cell.witnesses["shift"].std, [r.independent_std for r in rows["shift"]]
    )
    for name in ("t1", "metal_t2"):
        np.testing.assert_allclose(cell.witnesses[name].value, [1e3 * r.value for r in rows[name]])


def test_a_width_of_the_metal_enters_where_its_frequency_is_on_record(campaign):
    def with_frequency(row):
        if row.node == "139La" and row.name == "fwhm":
            return dataclasses.replace(row, details={"carrier_frequency": 55.95e6})
        return None

    assert "139La do not enter" in weeks.of_campaign(campaign).told[0]
    taken = weeks.of_campaign(changed(campaign, with_frequency))
    assert taken.weeks.metal_frequency == pytest.approx(55.95)
    assert "width" in taken.weeks.cells[0].witnesses


def test_a_cell_without_enough_contents_stops_no_other(campaign):
    def lost(row):
        if row.cell == "cell-3" and row.node == "content" and row.elapsed > 6:
            return dataclasses.replace(row, quality="not determined", value=float("nan"))
        return None

    taken = weeks.of_campaign(changed(campaign, lost))
    assert [one.cell for one in taken.weeks.cells] == ["cell-1", "cell-2", "cell-4"]
    words = "cell-3: 2 of 10 points are values, and 4 are needed; the cell was left out."
    assert words in taken.told


def test_a_cell_whose_numbers_are_impossible_stops_no_other(campaign):
    def exact(row):
        if row.cell == "cell-3" and row.node == "content":
            return dataclasses.replace(row, independent_std=0.0)
        return None

    taken = weeks.of_campaign(changed(campaign, exact))
    assert [one.cell for one in taken.weeks.cells] == ["cell-1", "cell-2", "cell-4"]
    assert any(one.startswith("cell-3: Found a point") for one in taken.told)


def test_a_campaign_without_contents_has_no_verdict(campaign):
    campaign._rows = [row for row in campaign._rows if row.node != "content"]
    with pytest.raises(Undetermined, match=r"no cell with 4 contents after the heating"):
        weeks.of_campaign(campaign)


@pytest.mark.parametrize(
    ("artefact", "channel", "factor", "witness"),
    [("t1", "hydrogen", "steady_state", "t1"), ("echo", "metal", "echo_decay", "metal_t2")],
)
def test_what_each_content_is_corrected_for_on_its_day_is_no_rival(
    campaign, artefact, channel, factor, witness
):
    def corrected(common):
        factors = {channel: [{"name": factor, "value": 0.99, "common": common}]}

        def change(row):
            if row.node == "content":
                details = {**row.details, "factors": json.dumps(factors)}
                return dataclasses.replace(row, details=details)
            return None

        return change

    assert artefact not in weeks.of_campaign(campaign).excluded
    assert artefact not in weeks.of_campaign(changed(campaign, corrected(True))).excluded
    taken = weeks.of_campaign(changed(campaign, corrected(False)))
    assert artefact in taken.excluded
    assert not taken.weeks.has(witness)
    assert "t1" in taken.records


def test_amplitudes_of_a_campaign_are_extrapolated_and_fitted(campaign):
    taken = weeks.of_campaign(campaign)
    assert taken.weeks.dead_time == 0
    assert {"floor", "width"} <= set(taken.excluded)
    assert not taken.weeks.has("h_width")
