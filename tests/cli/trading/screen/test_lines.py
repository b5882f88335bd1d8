"""Only what has changed is painted, and what is painted is what was to be shown."""

import asyncio
from random import Random

import pytest
from rich.text import Text
from textual.app import App, ComposeResult
from textual.geometry import Region

from exchange.cli.trading.screen.lines import Lines, changed_span
from tests.cli.trading.screen.keyboard import text_of


@pytest.mark.parametrize(
    ("old", "new", "span"),
    [
        ("heard 0.1 s", "heard 0.1 s", (0, 0)),
        ("heard 0.1 s", "heard 0.2 s", (8, 9)),
        ("heard 9.9 s", "heard 10.0 s", (6, 12)),
        ("abc", "", (0, 3)),
        ("", "abc", (0, 3)),
        ("a   b", "a", (4, 5)),
        ("ab", "文b", (0, 3)),
    ],
)
def test_the_changed_columns_are_found(old: str, new: str, span: tuple[int, int]) -> None:
    assert changed_span(Text(old), Text(new)) == span


def test_another_style_is_a_change_of_the_whole_line() -> None:
    assert changed_span(Text("abc"), Text("abc", "bold")) == (0, 3)
    spans = Text("abc")
    spans.stylize("red", 1, 2)
    assert changed_span(Text("abc"), spans) == (0, 3)
    assert changed_span(spans, spans.copy()) == (0, 0)


class Page(App[None]):
    """Nothing but lines."""

    def compose(self) -> ComposeResult:
        yield Lines()


def test_after_any_changes_the_terminal_shows_the_last_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step changes some characters, lines or styles; what is painted between them is never the whole."""
    painted: list[Region] = []
    refresh = Lines.refresh

    def note(self: Lines, *regions: Region, **options: bool) -> Lines:
        painted.extend(regions)
        return refresh(self, *regions, **options)

    monkeypatch.setattr(Lines, "refresh", note)
    rng = Random(5)

    async def run() -> None:
        app = Page()
        async with app.run_test(size=(20, 6)) as pilot:
            shown = ["." * 20] * 6
            for _ in range(60):
                row, column = rng.randrange(6), rng.randrange(20)
                line = shown[row][:column] + rng.choice("abc ") + shown[row][column + 1 :]
                shown = [*shown[:row], line, *shown[row + 1 :]][: rng.randint(4, 6)]
                shown += ["-" * 20] * (6 - len(shown))
                app.query_one(Lines).show([Text(text) for text in shown])
                await pilot.pause()
                assert text_of(app).splitlines() == [text.rstrip() for text in shown]

    asyncio.run(run())
    assert sum(region.area for region in painted) < 60 * 120 // 2


def test_a_smaller_page_leaves_nothing_behind() -> None:
    async def run() -> None:
        app = Page()
        async with app.run_test(size=(10, 3)) as pilot:
            app.query_one(Lines).show([Text("aaa"), Text("bbb"), Text("ccc")])
            await pilot.pause()
            app.query_one(Lines).show([Text("a")])
            await pilot.pause()
            assert text_of(app).split() == ["a"]

    asyncio.run(run())
