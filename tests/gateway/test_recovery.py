"""Connections and venues that end and come back: nothing missed, nothing doubled."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.engine import query
from exchange.gateway.keys import OFF
from exchange.wire.messages import (
    AccountSnapshot,
    Cancel,
    CancelTerms,
    ChannelSpec,
    Exec,
    Fill,
    Live,
    Margin,
    Ok,
    Position,
    Subscribe,
    Trades,
    Welcome,
)
from tests.gateway.harness import Bench, Peer, killed

STREAM = (Exec, Fill, Position, Margin)


def stream_of(messages: list[Any]) -> list[Any]:
    return [message for message in messages if isinstance(message, STREAM)]


def resume(bench: Bench, name: str, applied: int, **options: Any) -> tuple[Peer, list[Any]]:
    peer = bench.open()
    return peer, peer.log_on(bench.keys[1], name, last_applied=[(1, applied)], **options)


def name_of(peer: Peer) -> str:
    assert peer.connection.session is not None
    return peer.connection.session.name


@pytest.mark.rule("RECOV-010", "ACCT-003")
def test_resume_brings_exactly_what_was_missed_then_live(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    name = name_of(peer)
    applied = stream_of(peer.ask(bench.order(10, "a1")))[-1].sequence
    peer.drop()
    other.ask(bench.order(10, "b1", side="s", order_lots=2))
    _, messages = resume(bench, name, applied)
    welcome, missed, live = messages[0], messages[1:-1], messages[-1]
    assert isinstance(welcome, Welcome) and welcome.resumed and welcome.last_id == 10
    assert [type(message) for message in missed] == [Fill, Position, Margin]
    assert [message.sequence for message in missed] == [*range(applied + 1, applied + 4)]
    assert all(message.replay for message in missed)
    assert isinstance(live, Live) and live.sequence == applied + 3 == welcome.sequences[0][1]


@pytest.mark.rule("RECOV-013")
def test_resume_of_something_no_longer_kept_is_a_snapshot(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(10, "a1"))
    bench.venue.history._chunks.clear()
    bench.venue.history._full = True
    peer.ask(bench.order(11, "a2"))
    peer.drop()
    _, messages = resume(bench, name_of_seat(bench), 2)
    assert not messages[0].resumed and isinstance(messages[1], AccountSnapshot)
    assert len(messages[1].orders) == 2 and messages[0].last_id == 11


def name_of_seat(bench: Bench) -> str:
    return next(iter(bench.gateway.registry.sessions.values())).name


@pytest.mark.rule("RECOV-003")
def test_client_that_claims_more_than_there_was_gets_a_snapshot(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.drop()
    _, messages = resume(bench, name_of_seat(bench), 900)
    assert not messages[0].resumed and isinstance(messages[1], AccountSnapshot)


def test_resume_that_does_not_say_what_it_has_gets_a_snapshot_of_the_same_session(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(10, "a1"))
    name = name_of(peer)
    peer.drop()
    welcome, snapshot, _ = bench.open().log_on(bench.keys[1], name)
    assert (welcome.session_id, welcome.resumed, welcome.last_id) == (name, False, 10)
    assert isinstance(snapshot, AccountSnapshot) and len(snapshot.orders) == 1


@pytest.mark.rule("SESS-008", "DUR-146")
def test_request_cut_off_by_a_takeover_has_its_answer_and_is_not_done_twice(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    name = name_of(peer)
    bench.hold = True
    peer.send(bench.order(10, "a1"))
    bench.settle()
    taker = bench.open()
    assert taker.log_on(bench.keys[1], name, take=True, last_applied=[(1, 2)]) == []
    bench.hold = False
    messages = taker.take()
    assert messages[0].last_id == 10 and [type(message) for message in messages[1:]] == [Exec, Live]
    answer = taker.ask(bench.order(10, "a1"))
    assert [(type(message), message.duplicate) for message in answer] == [(Ok, True)]
    assert len(query.open_orders(bench.venue.states, 1)) == 1


@pytest.mark.rule("RECOV-012", "DUR-001", "RECOV-001")
def test_after_a_kill_the_session_goes_on_with_replies_events_and_ids(bench: Bench, tmp_path: Path) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    name, history = name_of(peer), peer.hello.history
    first = peer.ask(bench.order(10, "a1"))[0]
    other.ask(bench.order(10, "b1", side="s", order_lots=2))
    before = stream_of(peer.take())
    with killed(bench, tmp_path / "again") as again:
        peer, messages = resume(again, name, before[0].sequence - 1)
        assert peer.hello.history == history
        assert messages[0].resumed and messages[0].last_id == 10
        missed = stream_of(messages)
        for message in missed:
            message.replay = False
        assert missed == before
        reply = peer.ask(again.order(10, "a1"))[0]
        assert reply.duplicate and (reply.order_id, reply.engine_sequence) == (first.order_id, first.engine_sequence)
        assert reply.received_us is None
        assert peer.ask(again.order(11, "a2"))[0].order_id not in (0, first.order_id)
        assert again.connect(again.keys[1]).connection.session.number > 2  # type: ignore[union-attr]


@pytest.mark.rule("SESS-021")
def test_grace_runs_on_after_a_restart(bench: Bench, tmp_path: Path) -> None:
    peer = bench.connect(bench.keys[1])
    off = bench.connect(bench.keys[2], cancel_terms=OFF)
    peer.ask(bench.order(10, "a1"))
    off.ask(bench.order(10, "b1"))
    with killed(bench, tmp_path / "again") as again:
        again.pass_ms(2_900)
        assert len(query.open_orders(again.venue.states, 1)) == 1
        again.pass_ms(300)
        assert query.open_orders(again.venue.states, 1) == []
        assert len(query.open_orders(again.venue.states, 2)) == 1


@pytest.mark.rule("SESS-021", "DUR-151")
def test_cancel_that_has_run_does_not_run_again_after_a_crash(bench: Bench, tmp_path: Path) -> None:
    """It would take orders that the account has entered since."""
    gone = bench.connect(bench.keys[1], cancel_terms=CancelTerms(mode="account", grace_ms=0))
    gone.drop()
    bench.pass_ms(100)
    bench.connect(bench.keys[1], cancel_terms=OFF).ask(bench.order(10, "a1"))
    with killed(bench, tmp_path / "again", store_lost=True) as again:
        again.pass_ms(4_000)
        assert len(query.open_orders(again.venue.states, 1)) == 1


@pytest.mark.rule("DUR-151")
def test_key_store_that_is_lost_is_rebuilt_from_the_journal(bench: Bench, tmp_path: Path) -> None:
    peer = bench.connect(bench.keys[1])
    name = name_of(peer)
    with killed(bench, tmp_path / "again", store_lost=True) as again:
        assert set(again.opened.keys.keys) == set(bench.opened.keys.keys)
        assert resume(again, name, 2)[1][0].resumed


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("new"), st.sampled_from("bs"), st.integers(-3, 3), st.integers(1, 9)),
        st.tuples(st.just("other"), st.sampled_from("bs"), st.integers(-3, 3), st.integers(1, 9)),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
        st.tuples(st.sampled_from(["drop", "take", "lose", "restart"])),
    ),
    min_size=5,
    max_size=40,
)


class Careful:
    """A client that applies its stream once and in order, and resends what was not answered."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.peer = bench.connect(bench.keys[1], cancel_terms=CancelTerms(grace_ms=60_000))
        self.name = name_of(self.peer)
        self.applied = 2
        self.open: dict[str, int] = {}
        self.waiting: dict[int, Any] = {}
        self.accepted = 0
        self.next_id = 10

    def read(self) -> None:
        for message in self.peer.take():
            if isinstance(message, STREAM):
                assert message.sequence == self.applied + 1, "contiguous: nothing missed, nothing doubled"
                self.applied = message.sequence
            if isinstance(message, Exec | Fill):
                if message.state == "open":
                    self.open[message.client_order_id] = message.leaves_lots
                else:
                    self.open.pop(message.client_order_id, None)
            reply_to = getattr(message, "reply_to", None)
            if reply_to in self.waiting:
                del self.waiting[reply_to]

    def ask(self, message: Any) -> None:
        self.waiting[self.next_id] = message
        self.next_id += 1
        self.peer.send(message)

    def come_back(self, bench: Bench, take: bool) -> None:
        self.bench = bench
        self.peer = bench.open()
        messages = self.peer.log_on(
            bench.keys[1], self.name, take=take, last_applied=[(1, self.applied)],
            cancel_terms=CancelTerms(grace_ms=60_000),
        )  # fmt: skip
        assert messages[0].resumed
        data = b"".join(bench_frame(self.peer, message) for message in messages[1:])
        self.peer.transport.data = data + self.peer.transport.data
        self.read()
        self.peer.send(*self.waiting.values())
        self.read()
        assert not self.waiting, "every resent request has its answer"


def bench_frame(peer: Peer, message: Any) -> bytes:
    from exchange.gateway.outbox import frame

    return frame(peer.codec.encode(message))


@pytest.mark.rule("RECOV-010", "RECOV-011", "SESS-007", "DUR-003")
@given(STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_client_sees_each_event_once_through_any_drops_takeovers_and_restarts(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    bench = Bench(str(tmp_path_factory.mktemp("venue")))
    client = Careful(bench)
    other = bench.connect(bench.keys[2], cancel_terms=OFF)
    other_id = 10
    for step in steps:
        if step[0] == "new":
            coid = f"c{client.next_id}"
            client.ask(
                bench.order(client.next_id, coid, side=step[1], price_tick=bench.price + step[2], order_lots=step[3])
            )
        elif step[0] == "cancel":
            client.ask(Cancel(request_id=client.next_id, client_order_id=f"c{10 + step[1]}"))
        elif step[0] == "other":
            other.send(
                bench.order(
                    other_id, f"o{other_id}", side=step[1], price_tick=bench.price + step[2], order_lots=step[3]
                )
            )
            other_id += 1
        elif step[0] == "restart":
            bench.close()
            bench = Bench(bench.folder)
            other = bench.connect(bench.keys[2], cancel_terms=OFF)
            other_id = 10
            client.come_back(bench, False)
        elif step[0] == "take":
            client.come_back(bench, True)
        else:
            if step[0] == "drop":
                bench.settle()
            else:
                client.peer.transport.data = b""
            client.peer.drop()
            client.come_back(bench, False)
        if step[0] != "lose":
            client.read()
    live = {order.client_order_id: order.leaves_lots for order in query.open_orders(bench.venue.states, 1)}
    client.read()
    assert client.open == live
    bench.close()


@pytest.mark.rule("MDATA-001", "RECOV-003")
def test_numbers_of_event_channels_go_on_after_a_restart(bench: Bench, tmp_path: Path) -> None:
    def trade(venue: Bench, number: int) -> Any:
        buyer, seller, reader = venue.connect(venue.keys[1]), venue.connect(venue.keys[2]), venue.open("/v1/md")
        spec = ChannelSpec(name_of_channel="trades", instrument=venue.instrument)
        reader.ask(Subscribe(request_id=1, channels=[spec]))
        buyer.ask(venue.order(number, f"b{number}"))
        seller.ask(venue.order(number, f"s{number}", side="s"))
        return next(message for message in reader.take() if isinstance(message, Trades))

    before = trade(bench, 10)
    with killed(bench, tmp_path / "again") as again:
        after = trade(again, 20)
    assert after.previous == before.sequence and after.sequence > before.sequence
