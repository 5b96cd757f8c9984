"""The report opens in a browser: every output can be reached, nothing fails, nothing is fetched.

REPORT=report-smoke.html checks that file; without it a report of two outputs is made.
"""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from project import ROOT, Project

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
# Without these Chromium itself looks for hosts of its own.
FLAGS = ("--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-sync")

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium, e.g. Debian's chromium")


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    if given := os.environ.get("REPORT"):
        return ROOT / given
    project = Project.cloned(tmp_path_factory.mktemp("report") / "project")
    # A report of one category has another menu than the real one, which has six.
    sizes = "datasets:\n    category: "
    project.edit("config/experiments.yaml", f"{sizes}6 Method and data", f"{sizes}7 Sizes")
    answered = project.folder / "tables/smoke/claims.csv"
    answered.parent.mkdir(parents=True, exist_ok=True)
    answered.write_text("claim,answer\nAL is as accurate as BP,not judged at this scale\n", "utf-8")
    wanted = ["figures/smoke/samples_digits.png", "tables/smoke/datasets.html"]
    for arguments in (["--cores", "2", *wanted], [*wanted, "--report", "report.html"]):
        run = project.run(*arguments)
        assert run.returncode == 0, run.stdout
    return project.folder / "report.html"


@pytest.fixture(scope="module")
def page(report):
    """The report in a browser, with all that it complained of and asked for."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.errors, page.requests = [], []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
        page.on("request", lambda request: page.requests.append(request.url))
        yield page
        browser.close()


def wanted(report: Path) -> int:
    """Number of outputs that the report must hold: all there are of its scale."""
    scale = report.stem.rpartition("-")[2]
    made = [*ROOT.glob(f"figures/{scale}/*.png"), *ROOT.glob(f"tables/{scale}/*.html")]
    return len(made) if "REPORT" in os.environ else 2


def open_category(page: Page, report: Path, category: str) -> None:
    page.goto(report.as_uri())
    page.get_by_text(category, exact=True).first.click()
    page.locator("tbody tr").first.wait_for()


def test_every_output_can_be_opened_and_says_what_it_is(page, report):
    page.goto(report.as_uri())
    page.get_by_text("This report holds every figure and table").wait_for()
    assert page.evaluate("Object.keys(results).length") == wanted(report)
    first = page.locator("body").inner_text()
    assert "What was found at the smoke scale (it only shows that the workflow works" in first
    assert "as accurate as BP" in first and "not judged at this scale" in first
    assert "Where to begin. In the menu, 1 Claims" in first
    categories = page.evaluate("Object.keys(categories)")
    seen = 0
    for category in categories:
        open_category(page, report, category)
        for row in range(page.locator("tbody tr").count()):
            open_category(page, report, category)
            line = page.locator("tbody tr").nth(row)
            is_figure = "figure" in line.inner_text()
            line.locator("a").first.click()
            if is_figure:
                # The picture itself, not the report's emblem.
                page.wait_for_function("[...document.images].some(i => i.naturalWidth > 500)")
            else:
                page.frame_locator("iframe").locator("table caption").wait_for()
            open_category(page, report, category)
            page.locator("tbody tr").nth(row).locator("a").nth(1).click()
            page.get_by_text("Description", exact=False).first.wait_for()
            seen += 1
    assert seen == page.evaluate("Object.keys(results).length")


def test_nothing_is_loaded_from_a_network_and_nothing_fails(page, report):
    page.goto(report.as_uri())
    assert page.requests
    assert not [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))]
    assert not page.errors
