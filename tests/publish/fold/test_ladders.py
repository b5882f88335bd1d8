"""Sorted tables of levels: what they hold is the best of the book, and they say when they lack levels."""

from typing import Any

import numpy as np
import pytest

from exchange.codes import Side
from exchange.publish.book_view import BookView, Level, SideLevels
from exchange.publish.fold.fold_rows import FOLLOWED
from exchange.publish.fold.ladders import SHOWN_MAX, rank_of, row_of, set_level
from exchange.publish.fold.raw_books import RawBooks

FILL_UP = int(SHOWN_MAX) + 14


def ladder_of(view: BookView, room: int) -> tuple[RawBooks, int]:
    """Tables with one ladder of so many rows a side, and its row."""
    raw, book = RawBooks(), np.zeros(1, FOLLOWED)[0]
    raw.load(book, view)
    row = int(book["ladder"])
    raw.ladders[row]["room"] = room
    return raw, row


def levels_of(ladder: Any, side: Side) -> list[Level]:
    """Best first."""
    rows = [row_of(ladder, np.int64(side), np.int64(place)) for place in range(ladder["used"][side])]
    return [(int(rank_of(np.int64(side), ladder["ranks"][row])), int(ladder["lots"][row])) for row in rows]


def put(raw: RawBooks, row: int, side: Side, tick: int, lots: int) -> bool:
    rank = rank_of(np.int64(side), np.int64(tick))
    return bool(set_level(raw.ladders, np.int64(row), np.int64(side), rank, np.int64(lots)))


@pytest.mark.rule("MDATA-010")
@pytest.mark.parametrize("side", Side)
def test_a_ladder_holds_the_best_levels_until_it_is_short(side: Side) -> None:
    """Against `SideLevels`, with levels that come and go anywhere; loaded again whenever it is short."""
    rng, view = np.random.default_rng(int(side)), BookView()
    raw, row = ladder_of(view, FILL_UP)
    loads = cut = 0
    for step in range(6_000):
        growing = step // 500 % 2 == 0
        tick, lots = int(rng.integers(-80, 80)), int(rng.integers(1, 9)) * int(rng.random() < (0.7 if growing else 0.2))
        view.sides[side].set(tick, lots)
        short = put(raw, row, side, tick, lots)
        held = levels_of(raw.ladders[row], side)
        assert held == view.sides[side].levels(len(held) or 1)
        missing = len(held) < len(view.sides[side].lots)
        assert short or not missing or len(held) >= SHOWN_MAX, "it lacks a level that may be shown, and does not say so"
        cut += missing
        if short:
            loads += 1
            raw, row = ladder_of(view, FILL_UP)
    assert loads > 3 and cut > 300


@pytest.mark.parametrize("count", [50, 223, 224, 225, 400])
def test_a_loaded_ladder_is_cut_if_there_are_more_levels(count: int) -> None:
    raw, row = ladder_of(BookView([(tick, 1) for tick in range(count)], [(900, 2)]), 256)
    held = levels_of(raw.ladders[row], Side.BUY)
    assert held == [(tick, 1) for tick in range(count - 1, max(count - 225, -1), -1)]
    assert list(raw.ladders[row]["is_cut"]) == [count > 224, False]
    assert levels_of(raw.ladders[row], Side.SELL) == [(900, 2)]


def test_what_lies_below_a_cut_is_left_out_and_does_not_come_back() -> None:
    raw, row = ladder_of(BookView(), FILL_UP)
    levels = SideLevels(Side.BUY)
    for tick in range(FILL_UP, -1, -1):  # the last one finds it full, and is worse than all
        put(raw, row, Side.BUY, tick, 1)
        levels.set(tick, 1)
    held = levels_of(raw.ladders[row], Side.BUY)
    assert len(held) == FILL_UP - FILL_UP // 8 and held == levels.levels(len(held))
    put(raw, row, Side.BUY, held[-1][0], 0)
    put(raw, row, Side.BUY, held[-1][0] - 1, 5)
    assert levels_of(raw.ladders[row], Side.BUY) == held[:-1], (
        "the floor stays, so a level below it is not the next one"
    )
