"""What has changed of the levels and the top that a raw channel shows, as plain Python finds it."""

from typing import Any

import numpy as np
import pytest

from exchange.codes import Side
from exchange.publish.book_view import BookView, Level, difference
from exchange.publish.fold.fold_rows import FOLLOWED
from exchange.publish.fold.raw_books import RawBooks
from exchange.publish.fold.streams import SHOWN_CHANGES, SHOWN_MAX, STREAM_LEVELS, TOP, show_side, show_top


def changes_of(shown: Any, side: Side) -> list[Level]:
    first = 2 * int(SHOWN_MAX) * side
    places = slice(first, first + int(shown["used"][side]))
    return list(zip(shown["ticks"][places].tolist(), shown["lots"][places].tolist(), strict=True))


@pytest.mark.rule("MDATA-002", "MDATA-010")
@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize("side", Side)
def test_the_changes_are_those_of_plain_python_in_the_same_order(kind: int, side: Side) -> None:
    levels, rng = STREAM_LEVELS[kind], np.random.default_rng(kind)
    book, raw, shown = np.zeros(1, FOLLOWED)[0], RawBooks(), np.zeros(1, SHOWN_CHANGES)
    view = BookView(*([(tick * sign, 5) for tick in range(0, 120, 2)] for sign in (1, 1)))
    raw.start(book, kind, 7, 1, view)
    published = BookView(*view.levels(levels))
    gone = 0
    for step in range(700):
        for _ in range(int(rng.integers(1, 9) if step % 20 else 90)):
            view.sides[side].set(int(rng.integers(-10, 130)), int(rng.integers(4)))
        raw.load(book, view)
        show_side(raw.ladders[book["ladder"]], raw.stream(book, kind), shown[0], np.int64(side))
        expected = difference(published.sides[side], view.sides[side].levels(levels))
        assert changes_of(shown[0], side) == expected
        published.apply(*((expected, []) if side == Side.BUY else ([], expected)))
        gone += sum(not lots for _, lots in expected)
    assert gone > 10


@pytest.mark.rule("MDATA-010")
def test_the_top_is_that_of_plain_python() -> None:
    rng, view = np.random.default_rng(3), BookView()
    book, raw = np.zeros(1, FOLLOWED)[0], RawBooks()
    raw.start(book, int(TOP), 7, 1, view)
    stream, before, changes = raw.stream(book, int(TOP)), view.best(), 0
    for _ in range(2_000):
        side = Side(int(rng.integers(2)))
        if rng.random() < 0.4:
            tick, lots = int(rng.integers(5)), int(rng.integers(3))
            view.implied[side] = (tick, lots) if lots else None
            book["implied_tick"][side], book["implied_lots"][side] = tick, lots
        else:
            view.sides[side].set(int(rng.integers(5)), int(rng.integers(3)))
        raw.load(book, view)
        changed = bool(show_top(raw.ladders[book["ladder"]], book, stream))
        assert changed == (view.best() != before)
        before, changes = view.best(), changes + changed
        assert [tuple(stream["top"][at : at + 3].tolist()) for at in (0, 3)] == [top or (0, 0, 0) for top in before]
    assert changes > 400
