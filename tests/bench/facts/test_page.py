"""The page of a report: complete, well-formed, without scripts, safe against names."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from bench.facts import figures
from bench.facts import page as paging
from bench.facts.document import document_of
from bench.facts.page import page, score_texts
from bench.facts.statistics import statistics
from tests.bench.facts.books import quoted, recorded, written

VOID = {"meta", "br"}


@pytest.fixture(autouse=True)
def _few_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two plots and two distributions, as drawing takes long."""
    monkeypatch.setattr(figures, "PLOTS", (figures.PLOTS[0], figures.PLOTS[6]))
    monkeypatch.setattr(paging, "statistics", lambda: statistics()[:2])


class Checker(HTMLParser):
    """Notes tags that are not closed in order, and everything that a page could load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [str(value) for name, value in attrs if name in ("src", "href", "action")]
        self.loads += [tag] if tag in ("script", "link", "iframe") else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()


def checked(text: str) -> str:
    checker = Checker()
    checker.feed(text)
    assert not checker.open
    assert all(load.startswith("#") for load in checker.loads), checker.loads
    return text


def test_page_has_every_fact_figure_and_score() -> None:
    document = document_of("mixed", recorded(), "sweep", recorded("sweep"))
    text = checked(page(document, recorded(), recorded("sweep")))
    assert all(f"<code>{key}</code>" in text for key in document.book.facts)
    assert all(score.name in text for score in document.scores)
    assert text.count("<svg") == 2 + 2
    assert all(column in text for column in score_texts(document.scores[0]))


def test_page_of_one_book_has_no_scores() -> None:
    text = checked(page(document_of("mixed", recorded()), recorded()))
    assert "Scores" not in text and text.count("<svg") == 2


def test_reasons_stand_in_place_of_values_and_figures() -> None:
    empty = written([quoted(9, 0, ask_lots=0)])
    text = checked(page(document_of("x", empty, "mixed", recorded()), empty, recorded()))
    assert "its book never had both sides" in text and "the first book has no values" in text
    assert "no trades" in checked(page(document_of("x", empty), empty))


def test_names_are_text() -> None:
    named = replace(recorded(), symbol="<b>&")
    text = checked(page(document_of("<script>", named), named))
    assert "<script" not in text and "&lt;b&gt;&amp;" in text
    assert re.search(r"<title>[^<]*&lt;script&gt;", text)
