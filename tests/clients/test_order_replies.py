"""Batches and mass quotes: what each of their orders learns."""

import pytest

from clients import order_replies
from clients.errors import Refused
from clients.orders import OrderTable
from clients.refusals.choice import refusals_of
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import (
    Batch,
    BatchCancel,
    BatchNew,
    BatchReplace,
    BatchResult,
    Exec,
    Ok,
    Quote,
)

ROW = (3, 2844, 40, 2847, 30)


def working(table: OrderTable, coid: str) -> None:
    table.take_exec(
        Exec(7, 1, 10, 0, "new", 3, coid, "open", "b", "limit", "day", 2840, 12, 12, 0, 0, 90)
    )  # fmt: skip


def batch() -> Batch:
    return Batch(
        request_id=5,
        operations=[
            BatchNew(instrument=3, side="b", price_tick=2840, order_lots=5, client_order_id="b1"),
            BatchCancel(client_order_id="a9"),
            BatchReplace(client_order_id="a8", price_tick=2843, order_lots=5),
        ],
    )


@pytest.mark.rule("ENTRY-013")
def test_every_operation_of_a_batch_moves_its_order() -> None:
    table = OrderTable()
    for coid in ("a8", "a9"):
        working(table, coid)
    order_replies.note_sent(table, 7, batch())
    orders = [table.get(7, coid) for coid in ("b1", "a9", "a8")]
    assert [(order.state, order.unanswered) for order in orders] == [("sent", 1), ("open", 1), ("open", 1)]
    done = BatchResult(code=5202, name="ORDER_DONE", applied="no", client_order_id="a9", state="filled", filled_lots=12)
    results = [
        BatchResult(91, "b1", "open", 5, 0, engine_sequence=20),
        done,
        BatchResult(90, "a8", "open", 5, 0, "lost", engine_sequence=22),
    ]
    changed, unsure = order_replies.take_reply(table, 7, batch(), Ok(5, results=results))
    assert changed == orders and unsure == []
    assert [(order.state, order.leaves_lots, order.unanswered) for order in orders] == [
        ("open", 5, 0), ("filled", 0, 0), ("open", 5, 0),
    ]  # fmt: skip
    assert (orders[2].price_tick, orders[2].order_lots) == (2843, 5), "its event comes later and is no news"


@pytest.mark.rule("ENTRY-013", "WIRE-020")
def test_a_batch_that_is_refused_or_lost_concerns_all_of_its_orders() -> None:
    table = OrderTable()
    working(table, "a8")
    order_replies.note_sent(table, 7, batch())
    changed, _ = order_replies.take_reply(table, 7, batch(), error(5, ErrorCode.THROTTLED, ""))
    assert [(order.client_order_id, order.state) for order in changed] == [("b1", "rejected")]
    assert table.get(7, "a8").unanswered == 0 and table.get(7, "a8").working
    order_replies.note_sent(table, 7, batch())
    _, unsure = order_replies.take_reply(table, 7, batch(), error(5, ErrorCode.TIMEOUT, ""))
    assert [order.client_order_id for order in unsure] == ["b1", "a8"]


def quoted() -> tuple[OrderTable, Quote]:
    table, request = OrderTable(), Quote(request_id=5, protection_group=1, quotes=[ROW])
    order_replies.note_sent(table, 7, request)
    return table, request


@pytest.mark.rule("ENTRY-020")
def test_a_side_is_sent_until_the_stream_tells_of_it() -> None:
    table, request = quoted()
    bid = table.quote(7, 3, "b")
    assert (bid.state, bid.price_tick, bid.leaves_lots, bid.unanswered) == ("sent", 2844, 40, 1)
    order_replies.take_reply(table, 7, request, Ok(5, quotes=[(3, 1, 101, 1, 102, 0)]))
    assert (bid.state, bid.unanswered) == ("sent", 0)
    table.take_exec(Exec(7, 1, 10, 0, "new", 3, "", "open", "b", "quote", "day", 2844, 40, 40, 0, 0, 101))
    assert (bid.state, bid.order_id) == ("open", 101)


@pytest.mark.rule("ENTRY-021")
@pytest.mark.parametrize("code", [5304, 4711], ids=["known", "newer than this client"])
def test_the_sides_of_a_refused_entry_are_no_orders(code: int) -> None:
    table, request = quoted()
    changed, _ = order_replies.take_reply(table, 7, request, Ok(5, quotes=[(3, 4, 0, 4, 0, code)]))
    assert [(order.side, order.state, order.error.code) for order in changed] == [
        ("b", "rejected", code), ("s", "rejected", code),
    ]  # fmt: skip


@pytest.mark.rule("WIRE-020")
def test_a_quote_that_is_refused_whole_or_whose_reply_is_lost() -> None:
    table, request = quoted()
    order_replies.take_reply(table, 7, request, error(5, ErrorCode.QUOTE_NEEDS_MMP, ""))
    assert [table.quote(7, 3, side).state for side in ("b", "s")] == ["rejected", "rejected"]
    table, request = quoted()
    table.take_exec(Exec(7, 1, 10, 0, "new", 3, "", "open", "b", "quote", "day", 2844, 40, 40, 0, 0, 101))
    order_replies.take_reply(table, 7, request, error(5, ErrorCode.DUP_ID, ""))
    assert [table.quote(7, 3, side).state for side in ("b", "s")] == ["open", "unknown"], "the stream has told the rest"


def test_of_two_quotes_on_their_way_the_last_answer_decides() -> None:
    table, request = quoted()
    order_replies.note_sent(table, 7, request)
    refused = Ok(5, quotes=[(3, 4, 0, 4, 0, 5304)])
    assert order_replies.take_reply(table, 7, request, refused) == ([], [])
    changed, _ = order_replies.take_reply(table, 7, request, refused)
    assert len(changed) == 2


@pytest.mark.rule("ENTRY-013")
def test_each_refused_operation_is_the_exception_that_a_single_request_would_raise() -> None:
    results = [
        BatchResult(order_id=7, state="open", leaves_lots=5, filled_lots=0),
        BatchResult(code=5003, name="PRICE_BAND", message="outside", applied="no", low_tick=2_600, high_tick=3_000),
        BatchResult(code=6001, name="MARGIN", applied="no", need_mills=900, free_margin_mills=10),
        BatchResult(code=5202, name="ORDER_DONE", applied="no", order_id=9, state="filled", filled_lots=5),
        BatchResult(code=7002, name="HALTED", applied="no", phase="HALT"),
    ]
    found = {place: one for place, one in enumerate(refusals_of(results)) if one is not None}
    assert list(found) == [1, 2, 3, 4] and all(isinstance(one, Refused) for one in found.values())
    band, margin, done, halted = (one.error for one in found.values())
    assert (band.name, band.low_tick, band.high_tick) == ("PRICE_BAND", 2_600, 3_000)
    assert (margin.need_mills, margin.free_margin_mills) == (900, 10)
    assert (done.state, done.filled_lots, done.order_id) == ("filled", 5, 9) and halted.phase == "HALT"
    assert str(found[1]).startswith("PRICE_BAND: outside")
