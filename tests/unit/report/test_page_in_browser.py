"""The report in a browser: no errors, no network, nothing wider than the window."""

import shutil
from itertools import pairwise

import pytest
from tests.unit.report.fake_campaign import FakeCampaign

from megabar.report import document

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="No chromium on this machine: apt-get install chromium."
)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return document.write(FakeCampaign(folder, cells=1), folder).as_uri()


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def opened(browser, address, request):
    window = browser.new_page(viewport={"width": request.param, "height": 900})
    window.complaints, window.asked = [], []
    window.on("console", lambda message: window.complaints.append(message.text))
    window.on("pageerror", lambda error: window.complaints.append(str(error)))
    window.on("request", lambda asked: window.asked.append(asked.url))
    window.goto(address)
    yield window
    window.close()


@pytest.mark.parametrize("opened", [1280], indirect=True)
def test_the_page_asks_for_nothing_and_complains_about_nothing(opened, address):
    assert opened.complaints == []
    assert [one for one in opened.asked if not one.startswith(("data:", address))] == []


@pytest.mark.parametrize("opened", [1280], indirect=True)
def test_every_picture_is_drawn(opened):
    widths = opened.eval_on_selector_all("img", "all => all.map(one => one.naturalWidth)")
    assert len(widths) == 7
    assert min(widths) > 100


@pytest.mark.parametrize("opened", [1280, 800, 390], indirect=True)
def test_nothing_is_wider_than_the_window(opened):
    assert opened.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


@pytest.mark.parametrize("opened", [1280], indirect=True)
def test_a_number_leads_to_its_record(opened):
    link = opened.locator("td a[href^='#record-']").first
    target = link.get_attribute("href")[1:]
    assert opened.locator(f"[id='{target}']").count() == 1
    assert "least squares" in link.get_attribute("title")


@pytest.mark.parametrize("opened", [1280], indirect=True)
def test_a_followed_link_opens_the_fold_that_holds_its_record(opened):
    opened.locator("td a[href^='#record-']").first.click()
    record = opened.locator(".record:target")
    record.wait_for(state="visible", timeout=3000)
    assert record.is_visible()


@pytest.mark.parametrize("opened", [1280, 390], indirect=True)
def test_the_budget_of_the_first_day_is_open_and_its_bars_lie_on_the_ruler(opened):
    first = opened.locator("details[open] table.tornado").first
    assert first.is_visible()
    boxes = [bar.bounding_box() for bar in first.locator("td.bar rect").all()]
    tracks = [track.bounding_box() for track in first.locator("td.bar svg").all()]
    assert len(boxes) == 6  # five sources and all together
    for box, track in zip(boxes, tracks, strict=True):
        assert track["x"] - 1 <= box["x"]
        assert box["x"] + box["width"] <= track["x"] + track["width"] + 1
    assert max(box["width"] for box in boxes) > 60


@pytest.mark.parametrize("opened", [1280, 390], indirect=True)
def test_no_mark_of_the_ruler_covers_another(opened):
    marks = opened.locator("details[open] table.tornado").first.locator(".marks span").all()
    boxes = sorted((mark.bounding_box() for mark in marks), key=lambda box: box["x"])
    assert len(boxes) >= 3
    for left, right in pairwise(boxes):
        assert left["x"] + left["width"] < right["x"]


@pytest.mark.parametrize("opened", [1280], indirect=True)
def test_a_day_between_opens_when_asked(opened):
    day = opened.locator("details:has(table.tornado)").nth(2)  # the first two are day -3, and day 1
    assert not day.locator("table").is_visible()
    day.locator("summary").click()
    assert day.locator("table").is_visible()
    assert "echo decay, ¹³⁹La" in day.inner_text()


@pytest.mark.parametrize("opened", [1280], indirect=True)
def test_sources_against_days_is_read_without_scrolling_on_a_desk(opened):
    table = opened.locator("table.sources")
    wider = table.evaluate("one => one.scrollWidth - one.parentElement.clientWidth")
    assert wider <= 0
    words = table.locator("tbody tr").first.inner_text()
    assert words.startswith("amplitude, ¹³⁹La")
