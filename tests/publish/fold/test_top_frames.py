"""`top` messages that kernels write: values of every size, and sides that are empty, real, implied or both."""

from itertools import product

import pytest

from exchange.codes import EventKind, Side
from exchange.engine.event_rows import Row
from exchange.gateway.outbox import JSON, MSGPACK
from exchange.publish.fold.event_fold import Frames
from exchange.publish.market_data import MarketData
from exchange.publish.raw_channels import payloads
from exchange.wire.messages import Top
from tests.publish.feed import START_US, at_time, rested, spec
from tests.publish.fold.test_frames import BOUNDS
from tests.publish.helpers import Levels, event, event_array, table

SIDES = ("empty", "real", "implied", "both", "implied is worse")


def rows_of(side: Side, what: str, tick: int, lots: int) -> list[Row]:
    """Events that make a side of book 1 so."""
    rows = [rested(2, tick, lots, side)] if what in ("real", "both", "implied is worse") else []
    implied = tick - side.sign if what == "implied is worse" else tick
    if what not in ("empty", "real"):
        place = {"instrument": 1, "side": side, "implied_tick": implied}
        rows.append(event(EventKind.IMPLIED_PRICE, 2, **place, implied_lots=lots))
    return rows


def said(what: str, tick: int, lots: int) -> tuple[int | None, int | None, int]:
    """Price, lots and implied lots that a message has of a side."""
    if what == "empty":
        return None, None, 0
    return tick, 2 * lots if what == "both" else lots, 0 if what in ("real", "implied is worse") else lots


@pytest.mark.rule("MDATA-010", "IMP-011")
@pytest.mark.parametrize(("bid", "ask"), [pair for pair in product(SIDES, SIDES) if pair != ("empty", "empty")])
def test_a_top_is_as_the_encoder_writes_it(bid: str, ask: str) -> None:
    for number in BOUNDS:
        market = MarketData(table(), Levels(1, START_US))
        market.subscribe(spec("top"))
        rows = rows_of(Side.BUY, bid, -number, number) + rows_of(Side.SELL, ask, number - 1, 3)
        market.fold(event_array(at_time(rows, START_US)), 2, START_US * 1_000)
        ((channel, message),) = market.due(START_US)
        assert isinstance(message, Frames) and (message.messages, message.sequence) == (1, 2)
        (text,), (packed,) = (list(payloads(message.encoded[name])) for name in ("json", "msgpack"))
        expected = Top(channel, 2, 2, START_US, 1, False, *said(bid, -number, number), *said(ask, number - 1, 3))
        assert text == JSON.encode(expected) and packed == MSGPACK.encode(expected)
