"""The report ends with the verdict, and says which assumption a reader may change."""

import pytest
from tests.unit.report import fake_verdict
from tests.unit.report.fake_campaign import FakeCampaign

from megabar.report import document, verdict_pages


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    path = document.write(
        FakeCampaign(folder, cells=1), folder, verdict=fake_verdict.document(cells=1)
    )
    return path.read_text(encoding="utf-8")


def test_the_verdict_is_the_last_chapter(html):
    assert html.rindex("<h2") == html.index('<h2 id="verdict">')


def test_every_assumption_stands_with_its_origin_and_the_loss_without_it(html):
    table = html[html.index('id="verdict-assumptions"') :]
    for one in fake_verdict.document()["assumptions"]:
        row = table[table.index(f">{one['change']}<") :]
        assert one["assumption"] in table
        assert f'<td class="n">{100 * one["loss"]:.0f} %</td>' in row[: row.index("</tr>")]


def test_priors_missing_records_and_exclusions_are_told(html):
    fake = fake_verdict.document(cells=1)
    for words in (*fake["missing"], *fake["left_out"], fake["excluded"][0]["words"]):
        assert words in html
    assert "content on day 0" in html
    assert "critical temperature per hydrogen" not in html  # a prior that nobody used


def test_the_publication_against_a_loss_is_cited(html):
    assert "arXiv:2507.08009" in html


def test_without_a_verdict_the_page_says_why(tmp_path):
    campaign = FakeCampaign(tmp_path, cells=1)
    path = document.write(campaign, tmp_path, no_verdict="Found no cell with 4 contents.")
    page = path.read_text(encoding="utf-8")
    assert "There is no verdict. Found no cell with 4 contents." in page
    document.write(campaign, tmp_path)
    assert 'id="verdict"' not in path.read_text(encoding="utf-8")


def test_a_day_that_never_comes_is_no_number():
    fake = fake_verdict.document(cells=1)
    below = {"probability": 0.2, "horizon": 140.0, "median": None, "interval_68": [90.0, None],
             "interval_95": [70.0, None]}  # fmt: skip
    fake["forecast"]["cells"][0]["below_threshold"] = below
    (row,) = verdict_pages.page(fake).forecast
    assert row[2:4] == ("not reached", "70 to never")
