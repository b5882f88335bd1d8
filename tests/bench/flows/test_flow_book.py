"""The generator's book, step by step: which order a step is for, and what it trades with."""

import numpy as np
import pytest

from bench.flows.flow_book import ADD, AGGRESS, CANCEL, CURSOR, LEVEL, MID, ORDER, REACH_TICKS, REPLACE, STEP, TICKS
from bench.flows.flow_book import play_steps as play
from exchange.codes import Side

BUY, SELL = int(Side.BUY), int(Side.SELL)
Steps = list[dict[str, int]]


def played(*steps: dict[str, int]) -> np.ndarray:
    """The steps after the book has played them."""
    rows = np.zeros(len(steps), STEP)
    for row, fields in zip(rows, steps, strict=True):
        for name, value in fields.items():
            row[name] = value
    count = len(steps) + 1
    best = np.full((1, 2), [0, TICKS - 1], np.int32)
    tables = np.zeros(count, ORDER), np.zeros((1, 2, TICKS), LEVEL), best, np.zeros(count, np.int32)
    play(rows, *tables, np.zeros(1, CURSOR))
    return rows


def add(side: int, distance: int = 0, lots: int = 5) -> dict[str, int]:
    return {"kind": ADD, "side": side, "distance": distance, "lots": lots}


def aggress(side: int, lots: int) -> dict[str, int]:
    return {"kind": AGGRESS, "side": side, "lots": lots}


def test_the_first_orders_stand_around_the_middle_and_never_cross() -> None:
    rows = played(add(BUY), add(SELL, 3), add(BUY, 2))
    assert rows["price"].tolist() == [MID - 1, MID + 3, MID]
    assert rows["order"].tolist() == [1, 2, 3] and not rows["fills"].any()


def test_a_price_stays_inside_the_ladder_whatever_its_distance() -> None:
    rows = played(add(BUY, 10 * TICKS), add(SELL, 10 * TICKS))
    assert rows["price"].tolist() == [1, TICKS - 2]


def test_an_aggressor_trades_with_the_best_price_first_and_then_by_time() -> None:
    rows = played(add(SELL, 1, 4), add(SELL, 0, 4), add(SELL, 0, 4), aggress(BUY, 6), aggress(BUY, 6))
    assert rows["fills"].tolist() == [0, 0, 0, 2, 2]
    assert rows["price"][3] == MID + 1 + REACH_TICKS


def test_an_aggressor_without_an_opposite_side_becomes_a_resting_order() -> None:
    rows = played(aggress(BUY, 29))
    assert rows["kind"].tolist() == [ADD] and rows["price"][0] == MID - 1 and 1 <= rows["lots"][0] <= 10


def test_what_an_aggressor_leaves_does_not_rest() -> None:
    rows = played(add(SELL, 0, 4), aggress(BUY, 9), aggress(SELL, 3))
    assert rows["fills"].tolist() == [0, 1, 0] and rows["kind"][2] == ADD, "no bid is left to sell to"


@pytest.mark.parametrize("recent", [0, 1])
def test_a_cancel_names_a_live_order_and_its_side(recent: int) -> None:
    rows = played(add(BUY), add(SELL), {"kind": CANCEL, "recent": recent, "pick": 12_345}, aggress(BUY, 3))
    assert rows["order"][2] in (1, 2) and rows["side"][2] == rows["side"][rows["order"][2] - 1]


def test_without_a_live_order_everything_is_an_entry() -> None:
    rows = played({"kind": CANCEL, "lots": 3}, {"kind": REPLACE, "lots": 3, "pick": 1})
    assert rows["kind"].tolist() == [ADD, REPLACE] and rows["order"].tolist() == [1, 1]


@pytest.mark.rule("REPL-001")
@pytest.mark.rule("REPL-002")
def test_a_smaller_size_keeps_its_turn_and_a_new_price_loses_it() -> None:
    first, second = add(SELL, 0, 8), add(SELL, 0, 8)
    down = {"kind": REPLACE, "down": 1, "pick": 0}
    kept = played(first, second, down, aggress(BUY, 5))
    assert (kept["order"][2], kept["lots"][2], kept["fills"][3]) == (1, 4, 2), "four lots of the first, one more"
    moved = played(first, second, down | {"down": 0, "distance": 7}, aggress(BUY, 8))
    assert moved["price"].tolist()[:3] == [MID + 1, MID + 1, MID + 8]
    assert moved["fills"][3] == 1, "the second is first now"
