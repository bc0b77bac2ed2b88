"""The document: complete, self-contained, safe, and written whole."""

import csv
import json
import math
import re
from html.parser import HTMLParser

import pytest
from tests.unit.report.fake_campaign import BOUNDS, DAYS, LOST, FakeCampaign

from megabar.errors import ReadError
from megabar.observables.content_budget import budget_of
from megabar.report import document, format_value, material, tables


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    return FakeCampaign(tmp_path_factory.mktemp("campaign"), cells=2)


@pytest.fixture(scope="module")
def page(campaign, tmp_path_factory):
    return document.write(campaign, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def text(page):
    return page.read_text()


class Links(HTMLParser):
    """Every address that a page names, and every anchor that it has."""

    def __init__(self):
        super().__init__()
        self.addresses, self.anchors, self.images = [], [], []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if "id" in named:
            self.anchors.append(named["id"])
        self.addresses += [named[k] for k in ("href", "src", "srcset", "action") if k in named]
        if tag == "img":
            self.images.append(named)


@pytest.fixture(scope="module")
def links(text):
    parser = Links()
    parser.feed(text)
    return parser


def test_the_page_needs_nothing_from_elsewhere(text, links):
    assert all(one.startswith(("#", "data:")) for one in links.addresses)
    assert not re.search(r"<(script|link|iframe|object)\b", text)
    assert "url(" not in text.split("<body>")[0]


def test_every_link_has_its_anchor_and_every_anchor_is_single(links):
    assert len(links.anchors) == len(set(links.anchors))
    missing = {one[1:] for one in links.addresses if one.startswith("#")} - set(links.anchors)
    assert missing == set()


def test_names_from_the_plan_are_text_and_never_markup(text):
    assert "&lt;four&gt; cells &amp; 70 days" in text
    assert "<four>" not in text


def test_every_picture_says_what_it_shows(links):
    assert len(links.images) == 4 + 2 * 7
    assert all(len(one["alt"]) > 20 for one in links.images)


def test_every_number_of_the_campaign_stands_in_the_page(campaign, text):
    for number in campaign.rows():
        shown = material.words_of(number)
        assert f">{shown}</a>" in text, (number.name, shown)


def test_bounds_and_lost_numbers_are_marked(text):
    assert len(BOUNDS | LOST) == 3
    assert re.search(r'class="lost">failed</a>', text)
    campaign = FakeCampaign(cells=3)
    facts = material.gather(campaign)
    bound = next(n for n in facts.cells[2].numbers if n.quality == "upper bound")
    assert material.words_of(bound).startswith("≤ ")


def test_failures_stand_in_red_with_reason_and_remedy(text):
    rows = re.findall(r'<tr class="failed">.*?</tr>', text, flags=re.DOTALL)
    assert len(rows) == 2
    assert "FitFailed" in rows[0]
    assert "Look at the recovery." in rows[0]
    assert "Decide with <code>array</code>: de2, de6." in rows[1]


def test_warnings_that_differ_in_numbers_alone_are_told_once(campaign):
    facts = material.gather(campaign)
    noisy = [one for one in facts.warnings if one.sentence.startswith("Noise is")]
    assert len(noisy) == 1
    assert noisy[0].count == 4  # days 60 and 70 of two cells


def test_what_nobody_looked_at_is_said(campaign):
    words = " ".join(material.gather(campaign).not_done)
    assert "nothing about superconductivity" in words
    assert "No T₁ records" in words


def test_calibration_and_reference_are_told_with_their_errors(campaign):
    words = " ".join(material.gather(campaign).assumptions)
    assert "taken as 3.00(5) hydrogen per metal atom" in words
    assert "changed by +0 (+50 −50) Hz/MHz, as stated" in words


def test_the_first_screen_gives_first_last_slope_and_pressure(campaign):
    facts = material.gather(campaign)
    row = material.summary(facts.cells[0], metal="139La")
    content = [n for n in campaign.rows() if n.cell == "cell-1" and n.node == "content"]
    after = [n for n in content if n.elapsed >= 0]
    assert row.content_first == format_value(after[0].value, after[0].std, "")
    assert row.content_last == format_value(after[-1].value, after[-1].std, "")
    assert row.pressure == "170 GPa"
    assert row.tc == "not measured"


def test_the_same_campaign_gives_the_same_bytes(campaign, page, tmp_path):
    again = document.write(campaign, tmp_path)
    assert again.read_bytes() == page.read_bytes()


def test_an_earlier_report_is_replaced_whole(campaign, tmp_path, monkeypatch):
    first = document.write(campaign, tmp_path)
    before = first.read_bytes()

    def breaks(*_words):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(document, "_rendered", breaks)
    with pytest.raises(RuntimeError, match="disk is full"):
        document.write(campaign, tmp_path)
    assert first.read_bytes() == before
    assert not [one for one in tmp_path.rglob("*") if one.name.startswith(".")]


def test_a_damaged_archive_costs_the_spectra_and_is_named(campaign, tmp_path, monkeypatch):
    def damaged(_record):
        raise ReadError(file="x.nc", field="seal", found="a byte changed.", remedy="Restore it.")

    monkeypatch.setattr(campaign, "load", damaged)
    text = document.write(campaign, tmp_path).read_text()
    assert "Not drawn: raw/cell-1/day--03/1H-fid: x.nc: seal: a byte changed." in text
    assert "and 19 more" in text
    assert "Recoveries and decays" in text


def test_the_csv_holds_every_number_with_its_bounds_in_words(campaign, page):
    with (page.parent / "tables" / "numbers.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len(campaign.rows())
    for row, number in zip(rows, sorted(campaign.rows(), key=_order), strict=True):
        assert row["quality"] == number.quality
        assert (float(row["value"]) if row["value"] else None) == (
            number.value if math.isfinite(number.value) else None
        )
        assert row["unit"] == number.unit
        assert json.loads(row["provenance"])["version"]
    assert not any("nan" in row.values() for row in rows)


def _order(number):
    return number.cell


def test_the_description_names_every_column_of_every_table(page):
    folder = page.parent / "tables"
    package = json.loads((folder / tables.DESCRIPTION).read_text())
    assert {one["path"] for one in package["resources"]} == {
        "budget.csv",
        "numbers.csv",
        "failures.csv",
    }
    for resource in package["resources"]:
        with (folder / resource["path"]).open(newline="") as stream:
            header = next(csv.reader(stream))
        assert header == [one["name"] for one in resource["schema"]["fields"]]


def test_one_cell_alone_has_no_chapter_of_all_cells(tmp_path):
    text = document.write(FakeCampaign(tmp_path, cells=1), tmp_path / "out").read_text()
    assert 'id="together"' not in text
    assert 'id="cell-1"' in text


def test_a_day_without_a_metal_line_says_so_wherever_it_appears(campaign, text):
    row = material.summary(material.gather(campaign).cells[1], metal="139La")
    assert row.undetermined == "not determined on 1 day"
    assert re.search(r'class="lost">not determined</a>', text)
    assert "not determined on 1 day" in text
    assert text.count("On day 16 H/La is not determined: the metal line does not stand out") == 1


def test_every_cell_says_how_it_was_calibrated_and_whether_its_witness_agrees(text):
    for cell in ("cell-1", "cell-2"):
        part = text.split(f'id="{cell}-budgets"')[1].split("<details")[0]
        assert "Calibration by the precursor in the same cell: its H/La is taken as 3.00(5)" in part
        assert f"Shift and amplitudes of {cell} tell the same story." in part


def test_the_first_and_the_last_day_of_a_budget_are_open(text):
    days = re.findall(r"<details( open)?><summary>Day ", text)
    assert days[: len(DAYS)] == ["", " open", *[""] * (len(DAYS) - 3), " open"]  # day -3 first


def test_a_budget_names_every_source_with_its_detail(campaign, text):
    for number in campaign.rows():
        budget = budget_of(number.details)
        for row in budget.rows if budget else ():
            assert row.detail in text


def test_a_skewed_interval_stands_below_its_number(campaign, tmp_path, monkeypatch):
    rows = campaign.rows()
    content = next(one for one in rows if one.node == "content")
    wide = {**content.details, "interval_68": [2.4, 4.9], "interval": [1.9, math.inf]}
    changed = type(content)(**{**vars(content), "details": wide})
    monkeypatch.setattr(
        campaign, "rows", lambda: tuple(changed if one is content else one for one in rows)
    )
    page = document.write(campaign, tmp_path).read_text()
    assert "68 %: 2.4 to 4.9; 95 %: above 1.9, no upper limit" in page


def test_cells_with_a_known_standard_have_a_table(text):
    table = text.split('id="cross-checks"')[1].split("</table>")[0]
    assert "LaCl3" in table
    assert "1.0(2.0)" in table
    assert "Found at its known shift." in table


def test_the_drift_of_the_metal_is_told_for_each_cell_and_for_all(text):
    assert "The 139La shift of cell-2 drifts by +" in text
    assert "2 cells d" in text.split('id="together"')[1].split("<h2")[0]
