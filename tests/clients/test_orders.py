"""The state machine of one client order id."""

from typing import Any

import pytest

from clients.orders import Order, OrderTable
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import Cancel, Exec, Fill, New, Ok, OrderView, Query, Replace

NEW = New(request_id=1, account=7, instrument=3, side="b", price_tick=2845, order_lots=12, client_order_id="a")


def an_exec(**changes: Any) -> Exec:
    fields: dict[str, Any] = {
        "account": 7, "sequence": 1, "engine_sequence": 10, "time_us": 0, "event": "new", "instrument": 3,
        "order_id": 90, "client_order_id": "a", "state": "open", "side": "b", "order_type": "limit", "tif": "day",
        "price_tick": 2845, "order_lots": 12, "leaves_lots": 12, "filled_lots": 0, "value_tick_lots": 0,
    }  # fmt: skip
    return Exec(**(fields | changes))


def a_fill(**changes: Any) -> Fill:
    fields: dict[str, Any] = {
        "account": 7, "sequence": 2, "engine_sequence": 20, "time_us": 0, "instrument": 3, "order_id": 90,
        "client_order_id": "a", "trade_id": 5, "side": "b", "price_tick": 2845, "lots": 4, "leaves_lots": 8,
        "filled_lots": 4, "value_tick_lots": 11380, "liquidity": "maker", "fee_mills": 0, "state": "open",
    }  # fmt: skip
    return Fill(**(fields | changes))


def placed() -> tuple[OrderTable, Order]:
    table = OrderTable()
    return table, table.place(7, NEW)


def test_an_order_is_sent_then_open_then_filled() -> None:
    table, order = placed()
    assert order.state == "sent" and not order.done and not order.working and order.leaves_lots == 12
    table.take_reply(7, NEW, Ok(1, order_id=90, state="open", leaves_lots=12, filled_lots=0, engine_sequence=10))
    assert order.working and order.order_id == 90
    table.take_exec(an_exec())
    table.take_fill(a_fill())
    assert (order.leaves_lots, order.filled_lots) == (8, 4)
    table.take_fill(a_fill(engine_sequence=21, lots=8, leaves_lots=0, filled_lots=12, state="filled"))
    assert order.done and order.filled_lots == 12


def test_two_fills_of_one_command_both_count() -> None:
    table, order = placed()
    table.take_fill(a_fill())
    table.take_fill(a_fill(lots=3, leaves_lots=5, filled_lots=7, value_tick_lots=19915))
    assert (order.leaves_lots, order.filled_lots, order.value_tick_lots) == (5, 7, 19915)


@pytest.mark.rule("ENTRY-010")
def test_a_replace_moves_price_and_total() -> None:
    table, order = placed()
    table.take_exec(an_exec())
    request = Replace(request_id=2, account=7, client_order_id="a", price_tick=2844, order_lots=15)
    reply = Ok(2, state="open", leaves_lots=15, filled_lots=0, engine_sequence=11, price_tick=2844, order_lots=15)
    assert table.take_reply(7, request, reply) == (order, False)
    assert (order.price_tick, order.order_lots, order.leaves_lots) == (2844, 15, 15)


def test_a_refused_replace_leaves_the_order_where_it_was() -> None:
    table, order = placed()
    table.take_exec(an_exec())
    request = Replace(request_id=2, account=7, client_order_id="a", price_tick=9999, order_lots=15)
    assert table.take_reply(7, request, error(2, ErrorCode.PRICE_BAND, "no")) == (None, False)
    assert order.working and order.price_tick == 2845 and order.error is None


@pytest.mark.rule("ENTRY-011")
def test_a_refused_cancel_tells_how_the_order_had_ended() -> None:
    table, order = placed()
    table.take_exec(an_exec())
    refusal = error(2, ErrorCode.ORDER_DONE, "already filled")
    refusal.state, refusal.filled_lots = "filled", 12
    table.take_reply(7, Cancel(request_id=2, account=7, client_order_id="a"), refusal)
    assert order.state == "filled" and order.filled_lots == 12 and order.leaves_lots == 0


@pytest.mark.rule("WIRE-020")
def test_an_unknown_outcome_must_be_asked_for_and_the_answer_is_final() -> None:
    table, order = placed()
    assert table.take_reply(7, NEW, error(1, ErrorCode.TIMEOUT, "")) == (order, True)
    assert not order.done
    query = Query(request_id=2, what="order", account=7, client_order_id="a")
    table.take_reply(7, query, error(2, ErrorCode.UNKNOWN_ORDER, ""))
    assert order.state == "unknown" and order.done


@pytest.mark.rule("RECOV-011")
def test_a_reply_that_is_older_than_the_stream_is_ignored() -> None:
    table, order = placed()
    table.take_exec(an_exec())
    table.take_fill(a_fill())
    old = Ok(1, order_id=90, state="open", leaves_lots=12, filled_lots=0, engine_sequence=10, duplicate=True)
    assert table.take_reply(7, NEW, old) == (None, False)
    assert order.leaves_lots == 8


@pytest.mark.rule("ENTRY-003")
def test_an_id_is_free_again_once_its_order_is_done() -> None:
    table, first = placed()
    table.take_exec(an_exec(event="cancelled", state="cancelled", leaves_lots=0))
    second = table.place(7, NEW)
    assert second is not first and first.done and not second.done
    assert table.get(7, "a") is second


def test_orders_of_other_sessions_of_the_account_are_known_too() -> None:
    table = OrderTable()
    order = table.take_exec(an_exec(client_order_id="theirs"))
    assert order.working and table.live(3) == [order] and table.live(4) == []


def test_requests_on_their_way_are_counted_per_order() -> None:
    table, order = placed()
    cancel = Cancel(request_id=2, account=7, client_order_id="a")
    table.note_sent(7, NEW)
    table.note_sent(7, cancel)
    assert order.unanswered == 2
    table.take_reply(7, NEW, Ok(1, state="open", leaves_lots=12, engine_sequence=10))
    table.take_reply(7, cancel, error(2, ErrorCode.THROTTLED, ""))
    assert order.unanswered == 0


def test_a_snapshot_names_the_live_orders_it_does_not_show() -> None:
    table, sent = placed()
    gone = table.take_exec(an_exec(client_order_id="gone"))
    view = OrderView(3, 91, "kept", "open", "s", "limit", "gtc", 2850, 5, 5, 0, 0)
    assert table.take_snapshot(7, [view], 30) == [gone]
    kept = table.get(7, "kept")
    assert kept is not None and kept.working and sent.state == "sent"


def test_only_so_many_finished_orders_are_remembered() -> None:
    table = OrderTable(finished_max=3)
    for number in range(10):
        table.take_exec(an_exec(client_order_id=f"c{number}", event="cancelled", state="cancelled"))
    assert [order.client_order_id for order in table] == ["c7", "c8", "c9"]


@pytest.mark.rule("ENTRY-003", "ENTRY-021")
def test_a_refusal_under_the_name_of_a_working_order_leaves_it_as_it_is() -> None:
    table, order = placed()
    table.take_exec(an_exec())
    assert table.take_exec(an_exec(event="rejected", state="rejected", engine_sequence=99, leaves_lots=0)) is None
    assert order.state == "open" and order.leaves_lots == 12
    quote = table.take_exec(an_exec(client_order_id="", order_type="quote"))
    refused = an_exec(client_order_id="", order_type="quote", event="rejected", state="rejected", engine_sequence=99)
    assert table.take_exec(refused) is None and quote is table.quote(7, 3, "b") and quote.working
    assert table.take_exec(an_exec(client_order_id="fresh", event="rejected", state="rejected")).state == "rejected"


@pytest.mark.rule("ENTRY-003", "ENTRY-021")
@pytest.mark.parametrize("code", [code for code in ErrorCode if code != ErrorCode.DUP_COID], ids=lambda code: code.name)
def test_whatever_refuses_a_new_it_ends_only_an_order_that_never_came_to_be(code: ErrorCode) -> None:
    """A `new` under the id of a live order may be refused for anything before the id is looked at."""
    other = New(
        request_id=2, account=7, instrument=3, side="b", price_tick=2800, order_lots=3, client_order_id="a", tag="x"
    )
    refusal = error(2, code, "no")
    known = {
        "open": [an_exec()],
        "pending": [an_exec(state="pending")],
        "partly filled": [an_exec(), a_fill()],
    }
    for told in known.values():
        table, order = placed()
        for message in told:
            table.take_exec(message) if isinstance(message, Exec) else table.take_fill(message)
        before = repr(order), order.state, order.price_tick, order.order_lots, order.leaves_lots, order.tag
        assert table.place(7, other) is order
        table.note_sent(7, other)
        assert before == (repr(order), *before[1:]), "nobody has answered yet"
        unsure = refusal.applied == "unknown"  # then it is asked for, and stays meanwhile
        assert table.take_reply(7, other, refusal) == ((order, True) if unsure else (None, False))
        assert before == (repr(order), order.state, order.price_tick, order.order_lots, order.leaves_lots, order.tag)
        assert order.error is None and order.unanswered == 0 and table.live() == [order]
    table, order = placed()
    table.take_reply(7, NEW, refusal)
    assert (order.state, order.error) == (("sent", None) if refusal.applied == "unknown" else ("rejected", refusal))


@pytest.mark.rule("ENTRY-020")
def test_a_quote_has_no_id_of_ours_and_is_found_by_its_place() -> None:
    table = OrderTable()
    bid = table.take_exec(an_exec(client_order_id="", order_type="quote"))
    table.take_exec(an_exec(client_order_id="", order_type="quote", side="s"))
    table.take_fill(a_fill(client_order_id=""))
    assert table.quote(7, 3, "b") is bid and (bid.leaves_lots, bid.filled_lots) == (8, 4)
    assert table.quote(7, 3, "s").leaves_lots == 12 and table.quote(7, 4, "b") is None
    assert table.take_snapshot(7, [], 30) == [] and bid.state == "unknown", "what a snapshot does not show is lost"


def test_an_order_that_takes_its_price_from_the_book_can_be_placed() -> None:
    table = OrderTable()
    market = New(
        request_id=1, account=7, instrument=3, side="b", order_type="market", order_lots=5, client_order_id="m"
    )
    assert table.place(7, market).leaves_lots == 5


@pytest.mark.rule("ENTRY-003")
def test_a_second_order_under_a_used_id_leaves_the_first_as_it_is() -> None:
    table, order = placed()
    table.take_exec(an_exec())
    other = New(**{name: getattr(NEW, name) for name in NEW.__struct_fields__} | {"price_tick": 2800, "order_lots": 3})
    assert table.place(7, other) is order
    live = OrderView(3, 90, "a", "open", "b", "limit", "day", 2845, 12, 12, 0, 0)
    refusal = error(2, ErrorCode.DUP_COID, "an order with this coid is live")
    refusal.order, refusal.engine_sequence = live, 15
    table.take_reply(7, other, refusal)
    assert table.take_exec(an_exec(event="rejected", order_id=0, state="rejected", engine_sequence=15)) is None
    assert (order.order_id, order.state, order.price_tick, order.order_lots, order.leaves_lots) == (
        90, "open", 2845, 12, 12,
    )  # fmt: skip
    refusal.order = None
    assert table.take_reply(7, other, refusal) == (order, True), "what holds the id has to be asked for"
