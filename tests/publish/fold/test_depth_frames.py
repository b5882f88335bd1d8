"""`depth` messages that kernels write for raw channels: changed levels in order, and implied prices apart from them."""

from typing import Any

import pytest

from exchange.codes import EventKind, Side
from exchange.engine.event_rows import Row
from exchange.publish.fold.event_fold import Frames
from exchange.publish.market_data import MarketData
from tests.publish.feed import START_US, at_time, each_message, plain, rested, spec
from tests.publish.helpers import Levels, event, event_array, table


def framed(*commands: list[Row]) -> list[dict[str, Any]]:
    """What a raw channel sends, from the second message on: the first has a checksum, and is not made by kernels."""
    market = MarketData(table(), Levels(1, START_US))
    market.subscribe(spec("depth"))
    sent: list[Any] = []
    for number, rows in enumerate([[rested(2, 1, 1)], *commands], 2):
        market.fold(event_array(at_time(rows, START_US)), number, START_US * 1_000)
        sent += market.due(START_US)
    assert all(isinstance(message, Frames) for _, message in sent[1:])
    return [
        {key: value for key, value in plain(message).items() if key in ("e", "b", "a", "ib", "ia", "p", "crc")}
        for _, message in each_message(sent[1:])
    ]


def implied(e: int, side: Side, price: int, lots: int) -> Row:
    return event(EventKind.IMPLIED_PRICE, e, instrument=1, side=side, implied_tick=price, implied_lots=lots)


@pytest.mark.rule("MDATA-010", "MDATA-013")
def test_one_message_has_the_newest_lots_of_each_level_in_the_order_of_the_first_change() -> None:
    rows = [
        rested(3, 10, 1),
        rested(3, 12, 4, Side.SELL),
        rested(3, 9, 2),
        rested(3, 10, 3),
        rested(3, 12, 0, Side.SELL),
    ]
    assert framed(rows, [rested(4, 12, 7, Side.SELL)]) == [
        {"e": 3, "b": [[10, 3], [9, 2]], "a": [[12, 0]], "p": 2},
        {"e": 4, "b": [], "a": [[12, 7]], "p": 3},
    ]


@pytest.mark.rule("MDATA-010", "IMP-011")
def test_an_implied_price_is_sent_when_it_is_another_than_the_published_one() -> None:
    assert framed(
        [implied(3, Side.BUY, 10, 4)],
        [implied(4, Side.BUY, 11, 1), implied(4, Side.BUY, 10, 4)],
        [implied(5, Side.BUY, 7, 0), implied(5, Side.SELL, 12, 2), rested(5, 9, 1)],
        [implied(6, Side.BUY, 3, 0)],
        [implied(7, Side.SELL, 12, 3)],
    ) == [
        {"e": 3, "b": [], "a": [], "p": 2, "ib": [10, 4]},
        {"e": 5, "b": [[9, 1]], "a": [], "p": 3, "ib": [10, 0], "ia": [12, 2]},
        {"e": 7, "b": [], "a": [], "p": 4, "ia": [12, 3]},
    ]
