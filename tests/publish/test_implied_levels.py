"""Implied prices in market data: apart from real levels, on depth and top channels (IMP-011, MDATA-010)."""

from typing import Any

import pytest

from exchange.codes import EventFlag, EventKind, Liquidity, Side
from exchange.engine.event_rows import Row
from tests.publish.feed import START_US, Feed, rested
from tests.publish.helpers import LISTED, event


def implied(e: int, side: Side, price: int, lots: int) -> Row:
    return event(
        EventKind.IMPLIED_PRICE,
        e,
        instrument=1,
        side=side,
        implied_tick=price,
        implied_lots=lots,
        time_ns=START_US * 1000,
    )


def levels(message: dict[str, Any]) -> dict[str, Any]:
    return {name: message[name] for name in ("b", "a", "ib", "ia") if name in message}


@pytest.mark.rule("MDATA-010", "IMP-011")
def test_an_implied_level_is_told_apart_changes_and_goes() -> None:
    feed = Feed()
    feed.open("depth")
    told = [
        *feed.fold(implied(9000401, Side.BUY, 2845, 10)),
        *feed.fold(rested(9000402, 2844, 341), implied(9000402, Side.BUY, 2846, 3)),
        *feed.fold(implied(9000403, Side.BUY, 2846, 0), implied(9000403, Side.SELL, 2850, 1)),
    ]
    assert [levels(message) for message in told] == [
        {"b": [], "a": [], "ib": [2845, 10]},
        {"b": [[2844, 341]], "a": [], "ib": [2846, 3]},
        {"b": [], "a": [], "ib": [2846, 0], "ia": [2850, 1]},
    ]


@pytest.mark.rule("MDATA-010")
def test_a_snapshot_begins_with_the_implied_level_that_is_there() -> None:
    feed = Feed()
    feed.source.implied_levels[1] = ((2844, 7), None)
    snapshot = feed.snapshot(feed.open("depth"))[0]
    assert (snapshot["ib"], "ia" in snapshot) == ([2844, 7], False)
    assert feed.fold(implied(9000401, Side.BUY, 2844, 7)) == [], "it is as it was"


@pytest.mark.rule("RATE-006")
def test_a_slow_reader_gets_the_last_implied_level_of_each_side() -> None:
    feed = Feed()
    number = feed.open("depth")
    start = feed.market.sequence_of(number)
    for e, (side, price, lots) in enumerate(
        [(Side.BUY, 2845, 10), (Side.SELL, 2850, 2), (Side.BUY, 2845, 0), (Side.SELL, 2851, 4)], 9000401
    ):
        feed.fold(implied(e, side, price, lots))
    (merged,) = feed.market.merged(number, start)
    assert (tuple(merged.implied_bid), tuple(merged.implied_ask)) == ((2845, 0), (2851, 4))  # type: ignore[attr-defined]


@pytest.mark.rule("MDATA-010")
def test_the_top_includes_implied_lots_and_says_how_many_they_are() -> None:
    feed = Feed()
    feed.open("top")
    tops = [
        *feed.fold(implied(9000401, Side.BUY, 2845, 10)),
        *feed.fold(implied(9000402, Side.BUY, 2846, 3)),
        *feed.fold(implied(9000403, Side.BUY, 2840, 3)),
    ]
    assert [(top["bp"], top["bq"], top.get("bi", 0)) for top in tops] == [(2845, 130, 10), (2846, 3, 3), (2845, 120, 0)]


@pytest.mark.rule("MDATA-012", "IMP-008")
def test_only_the_aggressors_own_print_of_an_implied_group_has_a_side() -> None:
    feed = Feed()
    feed.open("trades")
    common = {"instrument": 1, "flags": EventFlag.IMPLIED, "time_ns": START_US * 1000, "lots": 4, "price": 2846}
    taken = event(EventKind.FILL, 9000401, side=Side.BUY, liquidity=Liquidity.TAKER, trade_id=5, level_lots=0, **common)
    leg = event(EventKind.FILL, 9000402, side=Side.SELL, liquidity=Liquidity.MAKER, trade_id=6, level_lots=71, **common)
    assert [message["x"] for message in (*feed.fold(taken), *feed.fold(leg))] == [
        [[5, 2846, 4, "b"]],
        [[6, 2846, 4, "n"]],
    ]


@pytest.mark.rule("MDATA-012", "SMP-010")
def test_an_internal_leg_changes_the_depth_of_its_book_and_is_no_trade() -> None:
    feed = Feed()
    front, back = LISTED[:2]
    for row in (front, back):
        feed.open("trades", row.instrument_id)
    feed.open("depth", back.instrument_id)
    common = {"time_ns": START_US * 1000, "lots": 4, "trade_id": 5, "liquidity": Liquidity.MAKER, "side": Side.SELL}
    taken = event(EventKind.FILL, 9000401, **common | {
        "instrument": front.index, "side": Side.BUY, "trade_tick": 2846, "liquidity": Liquidity.TAKER,
        "flags": EventFlag.IMPLIED})  # fmt: skip
    leg = event(EventKind.FILL, 9000401, instrument=back.index, trade_tick=2900, level_tick=2900, level_lots=71,
                flags=EventFlag.IMPLIED | EventFlag.INTERNAL, **common)  # fmt: skip
    sent = feed.fold(taken, leg)
    assert [message["x"] for message in sent if "x" in message] == [[[5, 2846, 4, "b"]]]
    assert [message["a"] for message in sent if "a" in message] == [[[2900, 71]]]
    assert feed.market.prints.last_id == 5
