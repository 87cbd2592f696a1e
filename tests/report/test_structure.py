"""Every report page has a title, one heading, a language, a viewport, and tables with captions and scopes."""

from html.parser import HTMLParser

import pytest

from tests.report.report_pages import MAKERS, report_page


class Elements(HTMLParser):
    """All start tags of a page outside drawings, and the words of the page."""

    def __init__(self, text: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if "svg" not in self.inside:
            self.found.append((tag, dict(attrs)))
        if tag in ("svg", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag):
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data):
        if not self.inside:
            self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(params=MAKERS, scope="module")
def elements(request):
    return Elements(report_page(request.param).read_text(encoding="utf-8"))


def test_pages_have_language_title_heading_and_landmark(elements):
    assert elements.all("html") == [{"lang": "en"}]
    assert any(meta.get("name") == "viewport" for meta in elements.all("meta"))
    assert [len(elements.all(tag)) for tag in ("title", "main", "h1")] == [1, 1, 1]
    assert "not a medical device" in elements.words


def test_tables_have_captions_scopes_and_a_focusable_frame(elements):
    tables = len(elements.all("table"))
    assert tables and len(elements.all("caption")) == tables
    assert all(head.get("scope") in ("col", "row") for head in elements.all("th"))
    frames = [div for div in elements.all("div") if div.get("class") == "scroll"]
    assert len(frames) >= tables
    assert all(frame.get("tabindex") == "0" and frame.get("aria-label") for frame in frames)


def test_pages_use_the_terms_of_the_field(elements):
    words = elements.words.lower()
    banned = ("what it costs", "who answers", "fold of", "nothing here helps", "left before the end")
    assert not [word for word in banned if word in words]
