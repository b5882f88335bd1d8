"""Orders in, answers out: order of checks, resends, throttles, cancel on disconnect."""

from dataclasses import replace

import pytest
from msgspec import UNSET

from exchange.engine import query
from exchange.gateway.throttle import LOOPBACK, STANDARD
from exchange.wire.messages import (
    Batch,
    BatchCancel,
    BatchNew,
    Cancel,
    CancelAll,
    Err,
    Exec,
    Fill,
    Margin,
    New,
    Ok,
    Position,
    Query,
    Replace,
    Replay,
)
from tests.gateway.harness import Bench, Peer


def error_of(peer: Peer, message: object) -> str:
    answer = peer.ask(message)[0]
    assert isinstance(answer, Err), answer
    return answer.name


@pytest.mark.rule("ENTRY-001", "WIRE-014")
def test_reply_states_the_order_and_comes_before_the_events_of_its_command(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    reply, event = peer.ask(bench.order(10, "a1"))
    assert isinstance(reply, Ok) and (reply.reply_to, reply.state, reply.leaves_lots) == (10, "open", 5)
    assert isinstance(event, Exec) and event.event == "new" and event.engine_sequence == reply.engine_sequence
    assert reply.received_us and reply.sent_us and reply.sent_us >= reply.received_us


@pytest.mark.rule("WIRE-015", "DUR-002")
def test_nothing_is_shown_before_it_is_durable(bench: Bench) -> None:
    trader, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    trader.ask(bench.order(10, "a1"))
    bench.hold = True
    other.send(bench.order(10, "b1", side="s"))
    bench.settle()
    assert query.open_orders(bench.venue.states, 1) == []
    assert trader.take() == [] and other.take() == []
    bench.hold = False
    kinds = [type(message) for message in trader.take()]
    assert kinds == [Fill, Position, Margin]
    assert [type(message) for message in other.take()] == [Ok, Exec, Fill, Position, Margin]


@pytest.mark.rule("WIRE-005")
def test_requests_of_one_tick_meet_in_one_commit_in_the_order_sent(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    before = bench.venue.counters.batches
    answers = peer.ask(*(bench.order(10 + number, f"o{number}") for number in range(20)))
    assert bench.venue.counters.batches == before + 1
    sequences = [answer.engine_sequence for answer in answers if isinstance(answer, Ok)]
    assert sequences == [*range(sequences[0], sequences[0] + 20)]


@pytest.mark.rule("ACCT-001")
def test_account_stream_is_contiguous_and_reaches_every_session_of_the_account(bench: Bench) -> None:
    peer, twin = bench.connect(bench.keys[1]), bench.connect(bench.keys[1])
    other = bench.connect(bench.keys[2])
    peer.ask(bench.order(10, "a1"), bench.order(11, "a2", price_tick=bench.price + 1))
    other.ask(bench.order(10, "b1", side="s", order_lots=7))
    seen = [message for message in twin.take() if isinstance(message, Exec | Fill | Position | Margin)]
    assert [message.sequence for message in seen] == [*range(3, 3 + len(seen))]
    assert {message.account for message in seen} == {1}


@pytest.mark.rule("RECOV-011", "BAD-052")
def test_repeated_request_gets_its_stored_reply_and_no_second_order(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    first = peer.ask(bench.order(10, "a1"))[0]
    again = peer.ask(bench.order(10, "a1"))
    assert len(again) == 1 and again[0].duplicate
    again[0].duplicate = False
    assert again[0] == first
    assert len(query.open_orders(bench.venue.states, 1)) == 1


@pytest.mark.rule("RECOV-011")
def test_copy_of_a_request_that_still_waits_is_answered_with_it(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    bench.hold = True
    peer.send(bench.order(10, "a1"), bench.order(10, "a1"))
    bench.settle()
    bench.hold = False
    replies = [message for message in peer.take() if isinstance(message, Ok)]
    assert [(reply.reply_to, reply.duplicate) for reply in replies] == [(10, False), (10, True)]


@pytest.mark.rule("SESS-007", "BAD-052")
def test_ids_only_rise_may_skip_and_one_never_seen_below_is_refused(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(10, "a1"))
    assert isinstance(peer.ask(bench.order(500, "a2"))[0], Ok)
    assert error_of(peer, bench.order(400, "a3")) == "ID_ORDER"


@pytest.mark.rule("RECOV-011")
def test_replies_older_than_the_window_are_gone_and_say_so(tmp_path: object) -> None:
    with Bench(str(tmp_path), replace(LOOPBACK, dedup=4)) as bench:
        peer = bench.connect(bench.keys[1])
        for number in range(10, 20):
            peer.ask(bench.order(number, f"o{number}"))
        assert error_of(peer, bench.order(15, "o15")) == "DUP_ID"
        assert peer.ask(bench.order(16, "o16"))[0].duplicate


@pytest.mark.rule("ENTRY-003", "BAD-050", "BAD-051")
def test_live_client_order_id_with_the_same_content_is_no_second_order(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    first = peer.ask(bench.order(10, "a1"))[0]
    again = peer.ask(bench.order(11, "a1"))[0]
    assert again.duplicate and again.order_id == first.order_id
    other = peer.ask(bench.order(12, "a1", order_lots=6))[0]
    assert other.name == "DUP_COID" and other.order.order_id == first.order_id


@pytest.mark.rule("SEC-015", "BAD-048", "BAD-049")
def test_other_accounts_can_be_neither_traded_nor_seen(bench: Bench) -> None:
    mine, theirs = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    order = theirs.ask(bench.order(10, "b1"))[0]
    assert error_of(mine, bench.order(10, "a1", account=2)) == "SCOPE"
    assert error_of(mine, Cancel(request_id=11, account=2, order_id=order.order_id)) == "SCOPE"
    assert error_of(mine, Cancel(request_id=12, order_id=order.order_id)) == "UNKNOWN_ORDER"
    assert error_of(mine, Replace(request_id=13, order_id=order.order_id, order_lots=1)) == "UNKNOWN_ORDER"
    assert error_of(mine, Query(request_id=14, what="open", account=2)) == "SCOPE"
    assert error_of(mine, Query(request_id=15, what="order", order_id=order.order_id)) == "UNKNOWN_ORDER"
    assert error_of(mine, Replay(request_id=16, account=2, first_sequence=1, last_sequence=3)) == "SCOPE"
    assert isinstance(mine.ask(CancelAll(request_id=17))[0], Ok)
    assert len(query.open_orders(bench.venue.states, 2)) == 1
    assert theirs.take() == []


@pytest.mark.rule("SESS-005", "SEC-027")
def test_scopes_of_the_key_decide_what_it_may_do(tmp_path: object) -> None:
    with Bench(str(tmp_path)) as bench:
        reader = bench.opened.make_key("reader", 1, scopes=("read",))
        canceller = bench.opened.make_key("canceller", 1, scopes=("cancel",))
        trader = bench.connect(bench.keys[1])
        trader.ask(bench.order(10, "a1"))
        reading = bench.connect(reader)
        assert error_of(reading, bench.order(10, "a2")) == "SCOPE"
        assert error_of(reading, Cancel(request_id=10, client_order_id="a1")) == "SCOPE"
        assert len(reading.ask(Query(request_id=11, what="open"))[0].orders) == 1
        cancelling = bench.connect(canceller)
        assert error_of(cancelling, bench.order(10, "a2")) == "SCOPE"
        assert error_of(cancelling, Query(request_id=11, what="open")) == "SCOPE"
        assert cancelling.ask(Cancel(request_id=12, client_order_id="a1"))[0].state == "cancelled"


@pytest.mark.rule("SEC-043", "SEC-044", "RATE-002", "RATE-003", "BAD-055")
def test_orders_beyond_the_bucket_are_throttled_while_cancels_pass(tmp_path: object) -> None:
    with Bench(str(tmp_path), STANDARD) as bench:
        peer = bench.connect(bench.keys[1])
        answers = [
            message
            for number in range(500)
            for message in peer.ask(bench.order(10 + number, f"o{number}"))
            if isinstance(message, Ok | Err)
        ]
        refusals = [answer for answer in answers if isinstance(answer, Err)]
        assert len(refusals) == 100 and all(refusal.name == "THROTTLED" for refusal in refusals)
        assert refusals[0].retry_us == 5_000 and refusals[0].limit_left == ("order", 0)
        assert peer.ask(Cancel(request_id=9_000, client_order_id="o1"))[0].state == "cancelled"
        low = [answer.limit_left for answer in answers if isinstance(answer, Ok) and answer.limit_left]
        assert low[0] == ("order", 79)


@pytest.mark.rule("SEC-048", "RATE-005")
def test_full_queue_says_busy_to_orders_and_keeps_a_lane_for_cancels(tmp_path: object) -> None:
    with Bench(str(tmp_path), replace(LOOPBACK, batch_rows=20, queue_batches=2, inflight=1_000)) as bench:
        peer = bench.connect(bench.keys[1])
        bench.hold = True
        peer.send(bench.order(1, "first"))
        bench.settle()
        peer.send(*(bench.order(10 + number, f"o{number}") for number in range(100)))
        peer.send(Cancel(request_id=900, client_order_id="first"))
        bench.hold = False
        answers = [message for message in peer.take() if isinstance(message, Ok | Err)]
        assert [answer.name for answer in answers if isinstance(answer, Err)] == ["BUSY"] * 60
        assert answers[-1].reply_to == 900 and answers[-1].state == "cancelled"
        assert isinstance(peer.ask(bench.order(901, "later"))[0], Ok)


@pytest.mark.rule("ENTRY-005", "BAD-061")
def test_request_that_is_late_at_the_sequencer_is_never_sequenced(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    now_us = bench.clock.wall_us()
    assert error_of(peer, bench.order(10, "a1", expires_us=now_us - 1)) == "EXPIRED_REQUEST"
    bench.hold = True
    peer.send(bench.order(11, "a2"))
    bench.settle()
    peer.send(bench.order(12, "late", expires_us=now_us + 1_000), bench.order(13, "a3", expires_us=now_us + 10**9))
    bench.clock.now += 2_000_000
    bench.hold = False
    answers = {message.reply_to: message for message in peer.take() if isinstance(message, Ok | Err)}
    assert answers[12].name == "EXPIRED_REQUEST" and answers[12].time_us
    assert answers[11].state == answers[13].state == "open"
    assert [order.client_order_id for order in query.open_orders(bench.venue.states, 1)] == ["a2", "a3"]


@pytest.mark.rule("ENTRY-013")
def test_batch_runs_in_order_and_each_operation_has_its_result(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    operations = [
        BatchNew(instrument=bench.instrument, side="b", price_tick=bench.price, order_lots=5, client_order_id="b1"),
        BatchCancel(client_order_id="nothing"),
        BatchNew(instrument=99, side="b", price_tick=bench.price, order_lots=5, client_order_id="b2"),
        BatchCancel(client_order_id="b1"),
    ]
    reply = next(
        message for message in peer.ask(Batch(request_id=10, operations=operations)) if isinstance(message, Ok)
    )
    assert [(result.state, result.name) for result in reply.results] == [
        ("open", ""),
        ("", "UNKNOWN_ORDER"),
        ("", "UNKNOWN_INSTRUMENT"),
        ("cancelled", ""),
    ]
    again = peer.ask(Batch(request_id=10, operations=operations))[0]
    assert again.duplicate and again.results == reply.results


@pytest.mark.rule("BAD-053", "ENTRY-011")
def test_cancel_of_a_filled_order_is_too_late_and_says_how_it_ended(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    peer.ask(bench.order(10, "a1"))
    other.ask(bench.order(10, "b1", side="s"))
    peer.take()
    error = peer.ask(Cancel(request_id=11, client_order_id="a1"))[0]
    assert (error.name, error.state, error.filled_lots) == ("ORDER_DONE", "filled", 5)
    ended = peer.ask(Query(request_id=12, what="order", client_order_id="a1"))[0].order
    assert (ended.state, ended.filled_lots) == ("filled", 5)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"order_type": "stop"}, "BAD_MESSAGE"),
        ({"order_type": "stop_limit"}, "BAD_MESSAGE"),
        ({"order_type": "stop_limit", "price_tick": UNSET, "trigger_tick": 5}, "BAD_MESSAGE"),
        ({"order_type": "stop", "trigger_tick": 0}, "BAD_MESSAGE"),
        ({"tif": "gtd"}, "BAD_MESSAGE"),
        ({"tif": "gtc", "expiry_us": 5}, "NOT_ALLOWED_TOGETHER"),
        ({"order_type": "mtl"}, "NOT_ALLOWED_TOGETHER"),
        ({"trigger_tick": 5}, "NOT_ALLOWED_TOGETHER"),
        ({"expiry_us": 5}, "NOT_ALLOWED_TOGETHER"),
        ({"order_lots": 0}, "LOTS_RANGE"),
        ({"instrument": 5}, "UNKNOWN_INSTRUMENT"),
        ({"revision": 77}, "STALE_REV"),
        ({"price_tick": 0}, "BAD_MESSAGE"),
        ({"price_tick": -1}, "BAD_MESSAGE"),
    ],
)
@pytest.mark.rule("DUR-141", "BAD-034", "BAD-037")
def test_new_order_that_is_wrong_by_itself_changes_nothing(bench: Bench, changes: dict, name: str) -> None:
    peer = bench.connect(bench.keys[1])
    before = bench.venue.engine.state_hash()
    fields = {"instrument": bench.instrument, "side": "b", "price_tick": bench.price, "order_lots": 5} | changes
    answer = peer.ask(New(request_id=10, client_order_id="a1", **fields))[0]
    assert answer.name == name and answer.applied == "no"
    assert bench.venue.engine.state_hash() == before
    assert isinstance(peer.ask(bench.order(10, "a1"))[0], Ok), "the id was not used up"
