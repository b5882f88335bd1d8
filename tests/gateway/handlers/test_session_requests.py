"""The logout: durable before it is answered, and after the answers to earlier requests."""

from typing import Any

import pytest

from exchange.engine import query
from exchange.wire.messages import (
    Batch,
    BatchNew,
    CancelOnDisconnectFired,
    CancelTerms,
    Err,
    Logout,
    Ok,
    Query,
)
from tests.gateway.harness import Bench


def answers(messages: list[Any]) -> list[int]:
    return [message.reply_to for message in messages if isinstance(message, Ok | Err)]


@pytest.mark.rule("WIRE-015", "SESS-020")
@pytest.mark.parametrize("terms", [CancelTerms(), CancelTerms(mode="account", on="both"), CancelTerms(mode="off")])
def test_logout_is_answered_when_it_is_durable(bench: Bench, terms: CancelTerms) -> None:
    peer = bench.connect(bench.keys[1], cancel_terms=terms)
    peer.ask(bench.order(10, "a1"))
    bench.hold = True
    peer.send(Logout(request_id=11))
    assert peer.take() == [] and peer.transport.closed is None
    bench.hold = False
    before = bench.venue.journal.durable_sequence
    told = peer.take()
    assert isinstance(told[-1], Ok) and told[-1].reply_to == 11
    assert peer.transport.closed == (1000, "logout") and not peer.transport.paused
    assert bench.venue.journal.durable_sequence > before
    gone = terms.on == "both"
    assert any(isinstance(message, CancelOnDisconnectFired) for message in told) == gone
    assert len(query.open_orders(bench.venue.states, 1)) == (not gone)


@pytest.mark.rule("WIRE-014", "WIRE-005")
@pytest.mark.parametrize("mode", ["session", "off"])
@pytest.mark.parametrize("together", [False, True])
def test_requests_before_a_logout_are_answered_and_those_behind_it_not_served(
    bench: Bench, mode: Any, together: bool
) -> None:
    peer = bench.connect(bench.keys[1], cancel_terms=CancelTerms(mode=mode))
    late = bench.order(12, "late", expires_us=bench.clock.wall_us() - 1)
    refused = Batch(
        request_id=13, atomic=True,
        operations=[BatchNew(instrument=99, side="b", price_tick=5, order_lots=1, client_order_id="c")],
    )  # fmt: skip
    asked = [
        bench.order(10, "a1"), Query(request_id=11, what="open"), late, refused, bench.order(14, "a2"),
        Logout(request_id=15), bench.order(16, "a3"), Logout(request_id=17),
    ]  # fmt: skip
    if together:
        peer.raw(b"[" + b",".join(map(peer.codec.encode, asked)) + b"]")
    else:
        peer.send(*asked)
    assert sorted(answers(peer.take())) == [10, 11, 12, 13, 14, 15]
    assert peer.transport.closed == (1000, "logout")
    assert [order.client_order_id for order in query.open_orders(bench.venue.states, 1)] == ["a1", "a2"]


@pytest.mark.rule("SESS-020", "SESS-021")
def test_connection_that_ends_during_its_logout_has_logged_out(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1], cancel_terms=CancelTerms(grace_ms=0))
    peer.ask(bench.order(10, "a1"))
    bench.hold = True
    peer.send(Logout(request_id=11))
    bench.settle()
    peer.drop()
    bench.hold = False
    bench.pass_ms(200)
    assert len(query.open_orders(bench.venue.states, 1)) == 1


def test_logout_is_answered_and_closed(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    assert isinstance(peer.ask(Logout(request_id=9))[0], Ok)
    assert peer.transport.closed == (1000, "logout")
