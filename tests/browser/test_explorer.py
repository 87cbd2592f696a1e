"""The page of `hpg serve` in a real browser, served on the loopback."""

import base64
import json

import pytest

from tests.browser.chromium import chromium, findings, sideways
from tests.web.asking import served
from tests.web.test_app import ROWS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("explorer")]
WAIT = 30_000


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def server():
    with served() as found:
        yield found


@pytest.fixture
def page(browser, server):
    """A fresh page that is ready; a script that fails, or one that the policy refuses, fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened, problems = context.new_page(), []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "console", lambda said: problems.append(said.text) if said.type == "error" and "422" not in said.text else None
    )
    opened.goto(server[0])
    opened.wait_for_selector("html[data-ready]", state="attached", timeout=WAIT)
    yield opened
    context.close()
    assert problems == []


def show(page, view):
    page.click(f"#tab-{view}")
    page.wait_for_selector(f"#panel-{view}:not([hidden])")


def test_a_lab_moves_the_axis(page):
    testosterone = page.locator('[data-organ="testosterone"]')
    page.wait_for_selector("html[data-redrawn]", state="attached")
    before = testosterone.get_attribute("aria-label")
    page.fill("#lab-testosterone", "240")
    page.press("#lab-testosterone", "Tab")
    page.wait_for_selector("text=1 lab.")
    moved = "before => document.querySelector('[data-organ=\"testosterone\"]').getAttribute('aria-label') !== before"
    page.wait_for_function(moved, arg=before)


def test_an_organ_says_its_states_equations_parameters_and_sources(page):
    page.focus('[data-organ="leydig"]')
    page.keyboard.press("Enter")
    text = page.inner_text("#organ")
    assert "leydig_capacity" in text and "leydig_half_maximum" in text and "Source" in text
    page.click("#organ details summary")
    assert "def synthesis_response" in page.inner_text("#organ pre")


def test_an_error_in_a_sentence_is_shown_at_its_word(page):
    page.fill("#protocol-1", "clomiphen 25 mg daily")
    page.press("#protocol-1", "Tab")
    page.wait_for_selector("#error-1 mark")
    assert page.inner_text("#error-1 mark") == "clomiphen"
    assert page.get_attribute("#protocol-1", "aria-invalid") == "true"


def test_a_course_is_moved_with_the_keyboard(page):
    page.focus("#protocol-list .protocol[data-line='1'] .bar")
    for day in (14, 28):  # two quick presses are one move, and the course keeps the focus
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "day => document.getElementById('protocol-1').value.includes(`from day ${day}`)", arg=day
        )
        page.wait_for_selector(f".bar[aria-valuenow='{day}']:focus")


def test_a_lab_that_cannot_be_stays_said_and_no_other_man_is_drawn(page):
    show(page, "charts")
    page.fill("#lab-testosterone", "abc")
    page.press("#lab-testosterone", "Tab")
    page.wait_for_selector("html[data-stale]", state="attached")
    page.select_option("#days", "183")
    page.wait_for_timeout(800)
    assert "testosterone" in page.inner_text("#status") and page.locator("html[data-stale]").count() == 1
    page.fill("#lab-testosterone", "265 ng/dL")
    page.press("#lab-testosterone", "Tab")
    page.wait_for_selector("html:not([data-stale])", state="attached")
    assert page.inner_text("#status") == ""


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("18", "18 nmol/L"),
        ("1.8e1", "1.8e1 nmol/L"),
        ("18 at 8:00", "18 nmol/L at 8:00"),
        ("520 ng/dL", "520 ng/dL"),
        ("3,1", "3,1"),
    ],
)
def test_a_lab_has_the_unit_that_is_chosen_unless_it_says_another(page, typed, sent):
    page.select_option("select[aria-label='unit of Testosterone']", "nmol/L")
    page.fill("#lab-testosterone", typed)
    with page.expect_request("**/api/man") as request:
        page.press("#lab-testosterone", "Tab")
    assert request.value.post_data_json["labs"] == {"testosterone": sent}


def test_after_a_lab_that_cannot_be_a_slider_has_no_man_to_move(page):
    page.fill("#lab-testosterone", "abc")
    page.press("#lab-testosterone", "Tab")
    page.wait_for_selector("html[data-stale]", state="attached")
    page.click("#traits summary")
    page.evaluate(
        "() => { const one = document.getElementById('trait-aromatase'); one.value = '1'; one.dispatchEvent(new Event('input')); }"
    )
    page.wait_for_timeout(300)
    assert page.locator("html[data-stale]").count() == 1


def test_a_diagnosis_with_labs_of_its_own_takes_labs_and_traits(page):
    page.select_option("#diagnosis", "secondary_hypogonadism")
    page.fill("#lab-testosterone", "180")
    page.press("#lab-testosterone", "Tab")
    page.click("#traits summary")
    page.wait_for_timeout(1000)
    page.evaluate(
        "() => { const one = document.getElementById('trait-aromatase'); one.value = '1'; one.dispatchEvent(new Event('input')); }"
    )
    page.wait_for_timeout(800)
    assert page.inner_text("#status") == ""


def test_protocols_are_compared_with_bands_that_a_link_restores(page):
    page.fill("#lab-testosterone", "240")
    page.press("#lab-testosterone", "Tab")
    page.click("#add-protocol")
    show(page, "charts")
    page.wait_for_selector("#panel-charts canvas")
    assert page.locator("#panel-charts .legend li").count() == 4
    page.click("#show-bands")
    page.wait_for_selector("#bands-progress progress", state="detached", timeout=WAIT)
    assert page.inner_text("#bands-progress") == ""
    address = page.evaluate("() => location.href")
    page.evaluate("address => { location.hash = ''; location.href = address; }", address)  # pasted into the open page
    page.wait_for_timeout(500)
    assert page.input_value("#lab-testosterone") == "240"
    other = page.context.new_page()
    other.goto(address)
    other.wait_for_selector("html[data-ready]", state="attached", timeout=WAIT)
    assert other.input_value("#lab-testosterone") == "240"
    assert other.locator("#protocol-list textarea").count() == 4
    assert other.get_attribute("#tab-charts", "aria-selected") == "true"


@pytest.mark.parametrize(
    "text", ["damaged", base64.urlsafe_b64encode(b'{"man": 3, "days": -5, "protocols": []}').decode()]
)
def test_a_damaged_link_is_said_and_costs_nothing(page, server, text):
    page.evaluate("text => { location.hash = text; }", text)  # pasted into the open page
    page.wait_for_selector("#status.problem")
    other = page.context.new_page()
    other.goto(f"{server[0]}/#{text}")
    other.wait_for_selector("html[data-ready]", state="attached", timeout=WAIT)
    for one in (page, other):
        assert one.locator("#protocol-list textarea").count() == 3
        assert "damaged" in one.inner_text("#status")


def test_a_moved_slider_redraws_charts_soon(page):
    """One man, four protocols, a year: from change to paint (the goal is 150 ms on a free machine)."""
    page.click("#add-protocol")
    show(page, "charts")
    page.click("#traits summary")
    page.wait_for_selector("#panel-charts canvas")
    times = []
    for number in range(8):
        page.evaluate("() => { delete document.documentElement.dataset.redrawn; }")
        page.evaluate(
            "value => { const slider = document.getElementById('trait-leydig_output'); slider.value = value; "
            "slider.dispatchEvent(new Event('input')); }",
            str(-1 + number / 4),
        )
        page.wait_for_selector("html[data-redrawn]", state="attached")
        times.append(int(page.get_attribute("html", "data-redrawn") or 0))
    print("slider to paint (ms):", sorted(times))
    assert page.inner_text("#status") == ""


def test_a_data_set_is_read_row_by_row_and_its_man_learned(page):
    show(page, "data")
    page.set_input_files("#data-file", {"name": "man.csv", "mimeType": "text/csv", "buffer": ROWS.encode()})
    page.wait_for_selector("#panel-data table")
    assert "gold" in page.inner_text("#panel-data")
    page.click("#learn")
    page.wait_for_selector("#panel-data h3", timeout=WAIT)
    text = page.inner_text("#panel-data")
    assert "what was learned" in text and "Probabilities of diagnoses" in text and "Forecast" in text
    assert page.locator("#panel-data canvas").count() >= 2


def test_a_file_that_is_no_data_set_is_refused_in_a_sentence(page):
    show(page, "data")
    bundle = json.dumps({"resourceType": "Condition"}).encode()
    page.set_input_files("#data-file", {"name": "man.json", "mimeType": "application/json", "buffer": bundle})
    page.wait_for_selector("#panel-data .problem")
    assert "Condition" in page.inner_text("#panel-data .problem")


def test_virtual_men_respond_and_are_sorted(page):
    show(page, "population")
    page.fill("#panel-population input[type=number]", "200")
    page.click("#population-run")
    page.wait_for_selector("#panel-population table", timeout=WAIT)
    assert page.locator("#panel-population circle").count() > 150
    assert "respond" in page.inner_text("#panel-population")


def test_longer_work_can_be_cancelled(page, server):
    show(page, "search")
    before = server[1].state.desk.cancelled
    page.click("#search-run")
    page.click("#panel-search progress ~ button")
    page.wait_for_selector("#panel-search .muted")
    page.wait_for_timeout(3000)
    assert server[1].state.desk.cancelled > before, "the server has stopped too"


def test_the_evidence_is_filtered_and_its_source_a_click_away(page):
    show(page, "evidence")
    page.wait_for_selector("#panel-evidence table", timeout=WAIT)
    page.select_option("#evidence-drug", "letrozole")
    text = page.inner_text("#panel-evidence")
    assert "letrozole" in text and "enanthate" not in page.inner_text("#panel-evidence tbody")
    assert str(page.get_attribute("#panel-evidence tbody a", "href")).startswith("https://")


def test_the_tour_has_eight_steps_and_gives_the_man_back(page):
    page.fill("#lab-testosterone", "240")
    page.press("#lab-testosterone", "Tab")
    page.click("#begin-tour")
    for step in range(1, 9):
        assert page.inner_text("#tour-title").startswith(f"{step} of 8")
        page.wait_for_timeout(400)
        assert page.get_attribute("#status", "class") != "problem", page.inner_text("#status")
        page.click("#tour-next")
    assert page.is_hidden("#tour")
    assert page.input_value("#lab-testosterone") == "240"


def test_files_are_taken_away(page):
    show(page, "take")
    with page.expect_download() as download:
        page.click("text=Table (CSV)")
    assert download.value.suggested_filename == "hpgaxis.csv"
    page.click("text=The Python for this")
    page.wait_for_selector("#panel-take pre:not([hidden])")
    assert "hpg.compare" in page.inner_text("#panel-take pre")


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_no_view_has_a_serious_finding_or_scrolls_sideways(browser, server, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    opened = context.new_page()
    opened.goto(server[0])
    opened.wait_for_selector("html[data-ready]", state="attached", timeout=WAIT)
    faults = list[str]()
    opened.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    for view in ("axis", "charts", "day", "compare", "search", "population", "data", "evidence", "take"):
        show(opened, view)
        opened.wait_for_timeout(500)
        faults += [f"{view}: {one}" for one in findings(opened)]
        faults += [f"{view} scrolls sideways by {sideways(opened)} px"] * (sideways(opened) > 0)
    context.close()
    assert faults == []
