"""The pages in a real browser: no serious finding of axe-core, no sideways scrolling on a phone, in light and dark.

Without Chromium the tests are skipped; with the environment variable CI they fail.
"""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import chromium, findings, sideways
from tests.report.report_pages import MAKERS, report_page

SITE = Path(__file__).parents[2] / "build" / "docs"
SITE_PAGES = ("index.html", "model.html", "tutorial.html")
WIDE_PAGES = ("generated/equations.html", "generated/validation.html", "generated/parameters.html")
"""Pages of hundreds of formulas and rows, on which axe-core takes minutes."""
VIEWS: list[tuple[int, Literal["light", "dark"]]] = [(360, "light"), (1280, "dark")]
"""A phone in light and a desk in dark: colours do not depend on the width."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def check(browser: Browser, file: Path) -> None:
    """Check a page in every view, with all that can be unfolded shown."""
    for width, scheme in VIEWS:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        page.goto(file.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert findings(page) == [], f"{file.name} at {width} px, {scheme}"
        assert sideways(page) <= 0, f"{file.name} at {width} px scrolls sideways"
        context.close()


@pytest.mark.parametrize("name", MAKERS)
def test_report_pages(browser, name):
    check(browser, report_page(name))


@pytest.mark.skipif(not SITE.exists(), reason="the documentation was not built: make docs")
@pytest.mark.parametrize("name", SITE_PAGES)
def test_documentation_pages(browser, name):
    check(browser, SITE / name)


@pytest.mark.skipif(not SITE.exists(), reason="the documentation was not built: make docs")
@pytest.mark.parametrize("name", WIDE_PAGES)
def test_wide_pages_do_not_scroll_sideways(browser, name):
    page = browser.new_page(viewport={"width": 400, "height": 900})
    page.goto((SITE / name).as_uri())
    assert sideways(page) <= 0
    if name == "generated/equations.html":
        page.set_viewport_size({"width": 1280, "height": 900})
        boxes = page.locator(".formula").evaluate_all("all => all.map(one => one.scrollWidth - one.clientWidth)")
        assert max(boxes) <= 0, "formulas fit a page of 1280 px"
    page.close()


def test_points_of_a_scatter_say_their_trial(browser):
    page = browser.new_page()
    page.goto(report_page("validation").as_uri())
    titles = page.locator(".pictures svg [id^=error-class] title").all_text_contents()
    assert any(title.startswith("matsumoto-1990-testosterone-enanthate, ") for title in titles)
    page.close()
