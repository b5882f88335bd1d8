"""Queries and limits: from the released state, in pages."""

import pytest

from exchange.gateway.outbox import FRAME_BYTES_MAX, JSON
from exchange.publish import account_views
from exchange.wire.messages import (
    LimitsQuery,
    Ok,
    OrderView,
    Query,
    WhatIfOrder,
)
from tests.gateway.harness import Bench


def test_queries_answer_from_the_released_state_and_say_where(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    peer.ask(bench.order(10, "a1"))
    other.ask(bench.order(10, "b1", side="s", order_lots=2))
    last = peer.take()[-1].sequence
    replies = [peer.ask(Query(request_id=1, what=what))[0] for what in ("open", "positions", "margin", "time")]
    assert all(reply.engine_sequence == bench.venue.sequence for reply in replies)
    assert replies[0].orders[0].leaves_lots == 3 and replies[1].positions[0].lots == 2
    assert (
        replies[2].margin.equity_mills - replies[2].margin.initial_margin_mills == replies[2].margin.free_margin_mills
    )
    order = peer.ask(Query(request_id=1, what="order", client_order_id="a1"))[0].order
    assert (order.filled_lots, order.leaves_lots) == (2, 3)
    fills = peer.ask(Query(request_id=1, what="fills", first_sequence=1, last_sequence=last))[0].fills
    assert [(fill.lots, fill.filled_lots) for fill in fills] == [(2, 2)]


@pytest.mark.rule("WIRE-003")
def test_open_orders_come_in_pages_below_the_largest_frame(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_views, "PAGE_ORDERS", 2)
    peer = bench.connect(bench.keys[1])
    made = {peer.ask(bench.order(10 + number, f"a{number}"))[0].order_id for number in range(5)}
    found: list[int] = []
    for more in (True, True, False):
        page = peer.ask(Query(request_id=1, what="open", order_id=found[-1] if found else 0))[0]
        assert page.more is more and len(page.orders) <= 2
        found += [order.order_id for order in page.orders]
    assert found == sorted(made)


@pytest.mark.rule("WIRE-003")
def test_page_of_open_orders_stays_below_a_mebibyte() -> None:
    longest = OrderView(
        2**32 - 1, 2**63 - 1, "x" * 24, "cancelled", "b", "stop_limit", "day",
        -(2**31), 2**31, 2**31, 2**31, -(2**63), "t" * 8,
    )  # fmt: skip
    assert len(JSON.encode(Ok(2**53, orders=[longest] * account_views.PAGE_ORDERS))) < FRAME_BYTES_MAX


def test_limits_state_how_much_is_left(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(5, "a"))
    uses = {use.bucket: (use.tokens_left, use.capacity) for use in peer.ask(LimitsQuery(request_id=6))[0].limits}
    assert uses["order"] == (199_999, 200_000) and uses["cancel"] == (200_000, 200_000)


@pytest.mark.rule("MARGIN-018")
def test_a_hypothetical_order_is_told_what_the_order_then_is(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    wanted = WhatIfOrder(instrument=bench.instrument, side="b", price_tick=bench.price, order_lots=5)
    before = bench.venue.engine.state_hash()
    now = peer.ask(Query(request_id=1, what="margin"))[0]
    then = peer.ask(Query(request_id=1, what="margin", orders=[wanted], positions=[(bench.instrument, 0)]))[0]
    assert bench.venue.engine.state_hash() == before
    assert then.engine_sequence == bench.venue.sequence
    (result,) = then.margin.results
    assert result.code is None and result.free_margin_mills == now.margin.free_margin_mills
    assert peer.ask(bench.order(10, "a1"))[0].state == "open"
    later = peer.ask(Query(request_id=1, what="margin"))[0].margin
    assert later.free_margin_mills == then.margin.free_margin_mills == now.margin.free_margin_mills - result.need_mills
    assert later.initial_margin_mills == then.margin.initial_margin_mills


def many(key: str, row: str, count: int) -> str:
    """A `query` of `margin` with as many rows."""
    return f'"what":"margin","{key}":[{",".join([row] * count)}]'


@pytest.mark.rule("MARGIN-018", "WIRE-020")
@pytest.mark.parametrize(
    ("fields", "name", "text"),
    [
        ('"what":"positions","orders":[{"i":1,"side":"b","px":1,"q":1}]', "NOT_ALLOWED_TOGETHER",
         "orders and pos do not belong to what positions: margin has them"),
        ('"what":"margin","orders":[{"i":1,"side":"b","px":1,"q":1}]', "UNKNOWN_INSTRUMENT", "$.orders[0].i"),
        ('"what":"margin","orders":[{"i":1,"side":"x","px":1,"q":1}]', "BAD_MESSAGE", "allowed: b, s"),
        ('"what":"margin","orders":[{"i":1,"side":"b","q":1}]', "BAD_MESSAGE", "px"),
        ('"what":"margin","orders":[{"i":1,"side":"b","px":1,"q":1,"tif":"day"}]', "BAD_MESSAGE", "tif"),
        ('"what":"margin","pos":[[1,2],[1]]', "BAD_MESSAGE", "`$.pos[1]`"),
        ('"what":"margin","pos":[[1,2147483648]]', "BAD_MESSAGE", "`$.pos[0][1]`"),
        (many("orders", '{"i":1,"side":"b","px":1,"q":1}', 21), "BAD_MESSAGE", "20"),
        (many("pos", "[1,1]", 65), "BAD_MESSAGE", "64"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_by_name_with_its_place(bench: Bench, fields: str, name: str, text: str) -> None:
    peer = bench.connect(bench.keys[1])
    peer.raw(f'{{"t":"query","id":7,{fields}}}')
    (refusal,) = peer.take()
    assert (refusal.reply_to, refusal.name, refusal.applied) == (7, name, "no")
    assert text in refusal.message, refusal.message
