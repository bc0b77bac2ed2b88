"""The report in a browser: no errors, no network, nothing wider than the window."""

import shutil

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
