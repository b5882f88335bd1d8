"""What the end of a connection does to its orders (SESS-020 to SESS-023)."""

import pytest

from exchange.codes import MarketState
from exchange.engine import query
from exchange.wire.messages import (
    CancelOnDisconnect,
    CancelOnDisconnectFired,
    CancelTerms,
    Exec,
    Logout,
    Ping,
    Query,
    Replay,
    Timer,
)
from tests.gateway.harness import Bench


@pytest.mark.rule("SESS-021", "COD-001")
def test_dropped_connection_cancels_its_session_after_grace_and_no_other(bench: Bench) -> None:
    peer, twin = bench.connect(bench.keys[1]), bench.connect(bench.keys[1])
    peer.ask(bench.order(10, "a1"), bench.order(11, "stays", cancel_on_disconnect=False))
    twin.ask(bench.order(10, "t1"))
    twin.take()
    peer.drop()
    bench.pass_ms(2_900)
    assert len(query.open_orders(bench.venue.states, 1)) == 3
    twin.send(Ping(request_id=1))
    bench.pass_ms(300)
    assert [order.client_order_id for order in query.open_orders(bench.venue.states, 1)] == ["stays", "t1"]
    assert [message.reason for message in twin.take() if isinstance(message, Exec)] == ["cod"]


@pytest.mark.rule("SESS-011", "SESS-021", "SESS-022")
def test_account_message_states_whether_the_client_fell_silent(bench: Bench) -> None:
    """A dropped connection, a silent one, an expired timer; the same when the stream is replayed."""
    watch = bench.connect(bench.keys[1], cancel_terms=CancelTerms(mode="off"))
    dropped, silent = bench.connect(bench.keys[1]), bench.connect(bench.keys[1])
    names = [peer.connection.session.name for peer in (dropped, silent)]  # type: ignore[union-attr]
    dropped.ask(bench.order(10, "a1"))
    silent.ask(bench.order(10, "s1"), bench.order(11, "s2"))
    watch.ask(bench.order(10, "w1"), Timer(request_id=11, ms=12_000))
    dropped.drop()
    told = []
    for _ in range(13):
        watch.send(Query(request_id=1, what="time"))
        bench.pass_ms(1_000)
        if silent.transport.closed is not None:
            silent.drop()
        told += [message for message in watch.take() if isinstance(message, CancelOnDisconnectFired)]
    expected = [("cod", 1, names[0]), ("dead", 2, names[1]), ("dead", 1, "")]
    assert [(fired.reason, fired.count, fired.session_id) for fired in told] == expected
    again = watch.ask(Replay(request_id=12, first_sequence=1, last_sequence=100))
    assert [message.reason for message in again if isinstance(message, CancelOnDisconnectFired)] == [
        "cod", "dead", "dead",
    ]  # fmt: skip


@pytest.mark.rule("SESS-020", "SESS-021", "COD-003")
def test_resume_within_grace_keeps_the_orders(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    name = peer.connection.session.name  # type: ignore[union-attr]
    peer.ask(bench.order(10, "a1"))
    peer.drop()
    bench.pass_ms(2_000)
    again = bench.connect(bench.keys[1], sid=name, last_applied=[(1, 3)])
    for _ in range(5):
        again.send(Ping(request_id=1))
        bench.pass_ms(1_000)
    assert len(query.open_orders(bench.venue.states, 1)) == 1


@pytest.mark.rule("SESS-020")
def test_terms_may_be_changed_and_off_means_off(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    reply = peer.ask(CancelOnDisconnect(request_id=9, mode="off"))[0]
    assert reply.cancel_terms.mode == "off" and reply.engine_sequence
    peer.ask(bench.order(10, "a1"))
    peer.drop()
    bench.pass_ms(4_000)
    assert len(query.open_orders(bench.venue.states, 1)) == 1


@pytest.mark.rule("SESS-020")
def test_account_mode_takes_all_orders_and_logout_only_when_told(bench: Bench) -> None:
    twin = bench.connect(bench.keys[1], cancel_terms=CancelTerms(mode="off"))
    peer = bench.connect(bench.keys[1], cancel_terms=CancelTerms(mode="account", on="both", grace_ms=0))
    twin.ask(bench.order(10, "t1"))
    peer.ask(bench.order(10, "a1"))
    twin.ask(Logout(request_id=11))
    assert len(query.open_orders(bench.venue.states, 1)) == 2
    peer.ask(Logout(request_id=11))
    assert query.open_orders(bench.venue.states, 1) == []


@pytest.mark.rule("COD-002")
def test_terms_may_spare_what_outlives_the_day(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1], cancel_terms=CancelTerms(orders="day", grace_ms=0))
    peer.ask(bench.order(10, "a1"))
    peer.ask(bench.order(11, "a2", tif="gtc"))
    peer.drop()
    bench.pass_ms(100)
    assert [order.client_order_id for order in query.open_orders(bench.venue.states, 1)] == ["a2"]


@pytest.mark.rule("SESS-023")
@pytest.mark.rule("COD-004")
def test_cancel_that_the_phase_forbids_waits_for_the_next_phase(bench: Bench) -> None:
    group = next(iter(bench.venue.groups.values()))
    bench.opened.set_state(group, MarketState.CLOSED)
    bench.opened.set_state(group, MarketState.PREOPEN)
    peer = bench.connect(bench.keys[1], cancel_terms=CancelTerms(grace_ms=0))
    peer.ask(bench.order(10, "a1"))
    bench.opened.set_state(group, MarketState.NOCANCEL)
    peer.drop()
    bench.pass_ms(100)
    assert len(query.open_orders(bench.venue.states, 1)) == 1
    bench.opened.set_state(group, MarketState.OPEN)
    bench.settle()
    assert query.open_orders(bench.venue.states, 1) == []
