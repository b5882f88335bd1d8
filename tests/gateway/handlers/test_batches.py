"""Atomic batches: all operations are checked before any runs, and one refusal refuses all (ENTRY-013)."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from exchange.codes import CommandKind
from exchange.engine import query
from exchange.gateway.throttle import STANDARD
from exchange.operator.desk import OperatorDesk
from exchange.records import COMMAND
from exchange.wire.messages import (
    Batch,
    BatchCancel,
    BatchNew,
    BatchReplace,
    BatchResult,
    Cancel,
    Err,
    Exec,
    New,
    Ok,
    Replace,
)
from tests.gateway.harness import Bench, Peer

SINGLE: dict[type, Any] = {BatchNew: New, BatchReplace: Replace, BatchCancel: Cancel}


def new(bench: Bench, coid: str, **changes: Any) -> BatchNew:
    fields: dict[str, Any] = {"side": "b", "price_tick": bench.price, "order_lots": 5, "client_order_id": coid}
    return BatchNew(instrument=bench.instrument, **fields | changes)


def atomic(request_id: int, *operations: Any, **more: Any) -> Batch:
    return Batch(request_id=request_id, operations=list(operations), atomic=True, **more)


def working(bench: Bench) -> Peer:
    """A connection whose orders `old` and `gone` rest."""
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(10, "old"), bench.order(11, "gone"))
    return peer


def whole(bench: Bench, peer: Peer, message: Batch) -> Ok | Err:
    """The one answer; a refusal leaves every byte of the state and the journal's end as they were."""
    before = bench.venue.engine.state_hash(), bench.venue.sequence
    told = peer.ask(message)
    (answer,) = [message for message in told if isinstance(message, Ok | Err)]
    if isinstance(answer, Err):
        assert told == [answer] and (bench.venue.engine.state_hash(), bench.venue.sequence) == before
    return answer


@pytest.mark.rule("ENTRY-013")
def test_a_batch_that_passes_runs_whole_and_in_order(bench: Bench) -> None:
    peer, other = working(bench), bench.connect(bench.keys[2])
    other.ask(bench.order(10, "ask", side="s", price_tick=bench.price + 1, order_lots=3))
    operations = [
        new(bench, "b1"),
        BatchReplace(client_order_id="old", order_lots=2),
        BatchCancel(client_order_id="gone"),
        new(bench, "b2", price_tick=bench.price + 1, tif="ioc"),
    ]
    answer = whole(bench, peer, atomic(12, *operations))
    assert isinstance(answer, Ok) and answer.results is not None
    assert [(result.state, result.leaves_lots, result.filled_lots) for result in answer.results] == [
        ("open", 5, 0), ("open", 2, 0), ("cancelled", 0, 0), ("cancelled", 0, 3),
    ]  # fmt: skip
    assert [result.priority for result in answer.results] == ["", "kept", "", ""]
    first = answer.results[0].engine_sequence
    assert first and [result.engine_sequence for result in answer.results] == list(range(first, first + 4))
    assert peer.ask(atomic(12, *operations))[0].results == answer.results, "a resend gets the same"


BAD = {
    "a price beyond the band": ({"price_tick": 1}, "PRICE_BAND"),
    "a coid that is live": ({"client_order_id": "old"}, "DUP_COID"),
    "more than there is money for": ({"order_lots": 10_000}, "MARGIN"),
    "terms that do not go together": ({"tif": "gtc", "expiry_us": 5}, "NOT_ALLOWED_TOGETHER"),
    "no lots": ({"order_lots": 0}, "LOTS_RANGE"),
    "an instrument that is not listed": ({"instrument": 99}, "UNKNOWN_INSTRUMENT"),
}


@pytest.mark.rule("ENTRY-013", "ENTRY-002")
@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("case", BAD)
def test_one_bad_operation_in_any_place_refuses_all(bench: Bench, case: str, place: int) -> None:
    changes, name = BAD[case]
    peer = working(bench)
    margin_held_mills = query.margin(bench.venue.states, 1).initial_mills
    bench.venue.states["accounts"][0][1]["cash_mills"] = 20 * margin_held_mills
    operations = [
        BatchCancel(client_order_id="gone"),
        new(bench, "b1"),
        BatchReplace(client_order_id="old", order_lots=7, price_tick=bench.price - 1),
    ]
    bad = msgspec.structs.replace(new(bench, "bad"), **changes)
    operations.insert(place, bad)
    answer = whole(bench, peer, atomic(12, *operations))
    assert isinstance(answer, Err) and (answer.name, answer.code, answer.index) == ("BATCH_REFUSED", 5203, place)
    assert answer.applied == "no" and f"operation {place}: {name}" in answer.message
    assert {order.client_order_id for order in query.open_orders(bench.venue.states, 1)} == {"old", "gone"}
    again = peer.ask(atomic(12, *operations))[0]
    assert again.duplicate and again.index == place, "a resend gets the same"
    operations.remove(bad)
    assert isinstance(whole(bench, peer, atomic(13, *operations)), Ok), "the others are good"


@pytest.mark.rule("ENTRY-013")
@pytest.mark.parametrize(
    ("operation", "name"),
    [
        (BatchCancel(client_order_id="nothing"), "UNKNOWN_ORDER"),
        (BatchReplace(client_order_id="nothing", order_lots=1), "UNKNOWN_ORDER"),
        (BatchReplace(client_order_id="old", price_tick=1), "PRICE_BAND"),
        (BatchReplace(client_order_id="old", tif="ioc"), "NOT_ALLOWED_TOGETHER"),
        (BatchCancel(), "BAD_MESSAGE"),
        (BatchCancel(client_order_id="old", account=2), "SCOPE"),
    ],
)
def test_a_bad_cancel_or_replace_refuses_all(bench: Bench, operation: Any, name: str) -> None:
    peer = working(bench)
    answer = whole(bench, peer, atomic(12, new(bench, "b1"), operation))
    assert isinstance(answer, Err) and (answer.name, answer.index) == ("BATCH_REFUSED", 1)
    assert f"operation 1: {name}" in answer.message


@pytest.mark.rule("ENTRY-013")
def test_the_first_of_several_refusals_is_named_whichever_check_finds_it(bench: Bench) -> None:
    peer = working(bench)
    by_the_engine, by_itself = new(bench, "far", price_tick=1), new(bench, "none", order_lots=0)
    late = new(bench, "late", expires_us=bench.clock.wall_us() - 1)
    orders = [[by_the_engine, by_itself, late], [by_itself, late, by_the_engine], [late, by_the_engine, by_itself]]
    names = ["PRICE_BAND", "LOTS_RANGE", "EXPIRED_REQUEST"]
    for request_id, (operations, name) in enumerate(zip(orders, names, strict=True), 12):
        answer = whole(bench, peer, atomic(request_id, new(bench, "fine"), *operations))
        assert isinstance(answer, Err) and answer.index == 1 and f"operation 1: {name}" in answer.message
    answer = whole(bench, peer, atomic(20, new(bench, "fine"), by_itself, expires_us=bench.clock.wall_us() - 1))
    assert isinstance(answer, Err) and answer.name == "EXPIRED_REQUEST" and answer.time_us


@pytest.mark.rule("ENTRY-013", "ENTRY-014")
def test_each_operation_is_checked_against_the_state_before_the_batch(bench: Bench) -> None:
    peer = working(bench)
    answer = whole(bench, peer, atomic(12, new(bench, "twice"), new(bench, "twice", order_lots=6)))
    assert isinstance(answer, Ok) and answer.results is not None
    assert [(result.state, result.name) for result in answer.results] == [("open", ""), ("", "DUP_COID")]
    answer = whole(bench, peer, atomic(13, BatchCancel(client_order_id="old"), BatchCancel(client_order_id="old")))
    assert isinstance(answer, Ok) and answer.results is not None
    assert [(result.state, result.name) for result in answer.results] == [
        ("cancelled", ""),
        ("cancelled", "ORDER_DONE"),
    ]
    answer = whole(bench, peer, atomic(14, BatchCancel(client_order_id="gone"), new(bench, "gone")))
    assert isinstance(answer, Err) and answer.index == 1, "its coid is not free before"
    again = whole(bench, peer, atomic(15, new(bench, "fine"), new(bench, "twice")))
    text = "operation 1: DUP_COID: an order with this coid is live"
    assert again.message == text, "it may be the very same order: nothing is said of that"


@pytest.mark.rule("ENTRY-013", "WIRE-005")
def test_it_is_checked_after_everything_that_came_before_and_before_what_came_after(bench: Bench) -> None:
    peer = working(bench)
    bench.hold = True
    peer.send(bench.order(12, "before"), bench.order(13, "also"))
    peer.send(atomic(14, BatchCancel(client_order_id="before"), BatchCancel(client_order_id="after")))
    peer.send(bench.order(15, "after"))
    peer.send(atomic(16, BatchCancel(client_order_id="before"), BatchCancel(client_order_id="after")))
    peer.send(bench.order(17, "before"))
    assert peer.take() == [], "nothing is sent before it is durable"
    bench.hold = False
    answers = {message.reply_to: message for message in peer.take() if isinstance(message, Ok | Err)}
    assert (answers[14].name, answers[14].index) == ("BATCH_REFUSED", 1)
    assert [result.state for result in answers[16].results] == ["cancelled", "cancelled"]
    assert answers[17].state == "open" and answers[17].engine_sequence == answers[16].results[1].engine_sequence + 1


@pytest.mark.rule("ENTRY-013", "SESSION-003")
def test_an_account_that_an_earlier_control_stops_is_refused_whole(bench: Bench) -> None:
    peer = working(bench)
    bench.hold = True
    peer.send(bench.order(12, "before"))
    desk = OperatorDesk(bench.venue, bench.gateway, bench.opened.spec, bench.clock)
    desk.take(b'{"do":"account","account":1,"order_lots_max":4}', lambda answer: None)
    peer.send(atomic(13, new(bench, "small", order_lots=4), new(bench, "large")))
    bench.hold = False
    answers = {message.reply_to: message for message in peer.take() if isinstance(message, Ok | Err)}
    assert answers[13].index == 1 and "LOTS_RANGE" in answers[13].message


@pytest.mark.rule("ENTRY-013", "ENTRY-014", "RECOV-012")
def test_its_rows_are_one_frame_and_a_restart_keeps_all_of_them(tmp_path: Path) -> None:
    frames: list[list[int]] = []
    with Bench(str(tmp_path)) as bench:
        journal = bench.venue.journal
        append = journal.append

        def watched(rows: Any) -> Any:
            frames.append(rows["kind"].tolist())
            assert rows.dtype == COMMAND
            return append(rows)

        peer = working(bench)
        journal.append = watched
        peer.send(bench.order(12, "x"), atomic(13, new(bench, "b1"), BatchCancel(client_order_id="gone")))
        peer.send(bench.order(14, "y"))
        assert sum(isinstance(message, Exec) for message in peer.take()) == 4
        before = bench.venue.engine.state_hash()
    new_kind, cancel_kind = int(CommandKind.NEW), int(CommandKind.CANCEL)
    assert frames[:3] == [[new_kind], [new_kind, cancel_kind], [new_kind]]
    with Bench(str(tmp_path)) as after:
        assert after.venue.engine.state_hash() == before


@pytest.mark.rule("RATE-001", "ENTRY-013")
def test_a_key_that_may_only_cancel_batches_cancels(bench: Bench) -> None:
    peer = working(bench)
    peer.connection.session.may_trade = False  # type: ignore[union-attr]
    answer = whole(bench, peer, atomic(12, new(bench, "b1"), BatchCancel(client_order_id="old")))
    assert isinstance(answer, Err) and answer.name == "SCOPE"
    cancels = [BatchCancel(client_order_id=name) for name in ("old", "gone")]
    answer = whole(bench, peer, atomic(13, *cancels))
    assert isinstance(answer, Ok) and len(answer.results or []) == 2


@pytest.mark.rule("RECOV-011", "RECOV-012", "WIRE-020")
@pytest.mark.parametrize("whole_or_not", [True, False])
def test_a_batch_sent_again_after_a_restart_has_its_results_again_and_is_not_done_twice(
    tmp_path: Path, whole_or_not: bool
) -> None:
    with Bench(str(tmp_path)) as bench:
        peer = working(bench)
        name = peer.connection.session.name  # type: ignore[union-attr]
        batches = [
            Batch(request_id=12, operations=[new(bench, "b1"), new(bench, "b2")], atomic=whole_or_not),
            Batch(request_id=13, operations=[new(bench, "b3")], atomic=whole_or_not),
        ]
        told = [whole(bench, peer, message) for message in batches]
        refused = atomic(14, new(bench, "b4", price_tick=1))
        assert isinstance(whole(bench, peer, refused), Err)
    with Bench(str(tmp_path)) as after:
        peer = after.open()
        assert peer.log_on(after.keys[1], name, last_applied=[(1, 0)])[0].last_id == 13
        for message, before in zip(batches, told, strict=True):
            answer = peer.ask(message)[0]
            assert isinstance(answer, Ok) and isinstance(before, Ok) and answer.duplicate
            assert answer.results == before.results and before.results
            other = peer.ask(after.order(message.request_id, "b1"))[0]
            assert isinstance(other, Err) and (other.name, other.applied) == ("DUP_ID", "unknown"), "it was no order"
        changed = peer.ask(Batch(request_id=13, operations=[new(after, "b9")]))[0]
        assert isinstance(changed, Err) and changed.name == "DUP_ID", "nor this batch"
        assert len(query.open_orders(after.venue.states, 1)) == 5
        again = peer.ask(refused)[0]
        assert isinstance(again, Err) and again.name == "BATCH_REFUSED", (
            "a refusal that changed nothing is decided again"
        )


@pytest.mark.rule("RECOV-012", "WIRE-020")
def test_a_batch_whose_reply_is_too_old_says_that_it_was_processed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.gateway.session.WHOLE_REPLIES_MAX", 2)
    peer = working(bench)
    batches = [  # the reply shows the live order as it was then, which events do not
        Batch(request_id=number, operations=[new(bench, f"b{number}"), new(bench, "old", order_lots=9)])
        for number in range(12, 16)
    ]
    for message in batches:
        peer.ask(message)
    assert peer.ask(batches[3])[0].duplicate
    answer = peer.ask(batches[0])[0]
    assert isinstance(answer, Err) and (answer.name, answer.applied) == ("DUP_ID", "unknown")


@pytest.mark.rule("ENTRY-013", "SEC-047")
def test_refused_batches_that_wait_in_one_line_are_all_answered(tmp_path: Path) -> None:
    """More of them at once than calls can nest: five connections, each with all that it may have unanswered."""
    with Bench(str(tmp_path), STANDARD) as bench:
        peers = [bench.connect(bench.keys[1]) for _ in range(5)]
        count = STANDARD.inflight
        for peer in peers:
            peer.send(*(atomic(10 + number, BatchCancel(client_order_id="gone")) for number in range(count)))
        assert [len(peer.take()) for peer in peers] == [count] * 5
        assert peers[0].ask(bench.order(10 + count, "a"))[0].state == "open"


@pytest.mark.rule("ENTRY-013", "WIRE-020", "WIRE-030")
@pytest.mark.parametrize("encoding", ["json", "msgpack", "binary"])
def test_each_result_has_all_that_the_reply_to_the_single_request_has(bench: Bench, encoding: str) -> None:
    """Prices allowed, margin needed and free, how an order ended, the order that has the id."""
    formats: dict[str, Any] = {encoding: True} if encoding != "json" else {}
    poor = bench.opened.make_key("poor", 9, 10**7)
    peer, other = bench.connect(poor, **formats), bench.connect(bench.keys[2])
    peer.ask(bench.order(10, "done"), bench.order(11, "live"), bench.order(12, "part", order_lots=9))
    other.ask(bench.order(10, "s", side="s", order_lots=5))
    operations: list[Any] = [
        new(bench, "far", price_tick=2 * bench.price),
        new(bench, "dear", order_lots=10_000, side="s"),
        BatchCancel(client_order_id="done"),
        BatchCancel(order_id=4_711),
        BatchReplace(client_order_id="live", price_tick=bench.price + 1, order_lots=3),
        new(bench, "live", order_lots=9),
        new(bench, "odd", display_lots=2, tif="ioc"),
        BatchNew(instrument=99, side="b", price_tick=bench.price, order_lots=1, client_order_id="none"),
        new(bench, "late", expires_us=1),
        new(bench, "fine"),
    ]
    singles = []
    for number, operation in enumerate(operations):
        fields = {name: getattr(operation, name) for name in operation.__struct_fields__} | {
            "request_id": 20 + 2 * number
        }
        if operation.client_order_id == "fine":
            fields["client_order_id"] = "fine2"
        reply = peer.ask(SINGLE[type(operation)](**fields))[0]
        assert isinstance(reply, Ok | Err) and reply.reply_to == 20 + 2 * number
        singles.append(reply)
    peer.ask(Replace(request_id=198, client_order_id="live", price_tick=bench.price, order_lots=5))
    peer.ask(Cancel(request_id=199, client_order_id="fine2"))
    (answer,) = (one for one in peer.ask(Batch(request_id=200, operations=operations)) if isinstance(one, Ok))
    for operation, single, result in zip(operations, singles, answer.results or [], strict=True):
        for name in result.__struct_fields__:
            expected = getattr(single, name, getattr(BatchResult(), name))
            if name in ("engine_sequence", "order_id") and not (name == "order_id" and single.order_id is None):
                continue
            if name in ("client_order_id", "order_id") and not expected:
                expected = getattr(operation, name, None) or expected
            if operation.client_order_id == "fine" and name == "client_order_id":
                expected = "fine"
            assert getattr(result, name) == expected, (operation, name)
    names = [result.name for result in answer.results or []]
    assert names == [
        "PRICE_BAND", "MARGIN", "ORDER_DONE", "UNKNOWN_ORDER", "", "DUP_COID", "NOT_ALLOWED_TOGETHER",
        "UNKNOWN_INSTRUMENT", "EXPIRED_REQUEST", "",
    ]  # fmt: skip
    band, margin, done = (answer.results or [])[:3]
    assert band.low_tick and band.high_tick and margin.need_mills and margin.free_margin_mills is not None
    assert (done.state, done.filled_lots) == ("filled", 5)
