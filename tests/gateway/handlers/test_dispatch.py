"""Requests that do not trade: queries, limits, replays, and the logout with the answers before it."""

from typing import Any, get_args

import pytest

from exchange.engine import query
from exchange.gateway.handlers.dispatch import PRIVATE, PUBLIC
from exchange.gateway.outbox import FRAME_BYTES_MAX, JSON
from exchange.publish import account_views
from exchange.wire.messages import (
    Auth,
    Batch,
    BatchNew,
    CancelOnDisconnectFired,
    CancelTerms,
    ClientMessages,
    Err,
    Exec,
    LimitsQuery,
    Logout,
    Ok,
    OrderView,
    Ping,
    Query,
    Replay,
    ReplayEnd,
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


@pytest.mark.rule("RECOV-014")
def test_replay_gives_a_closed_range_marked_and_ended(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    live = [m for n in range(5) for m in peer.ask(bench.order(10 + n, f"o{n}")) if isinstance(m, Exec)]
    answer = peer.ask(Replay(request_id=90, first_sequence=4, last_sequence=6))
    assert (answer[0].first_sequence, answer[0].last_sequence) == (4, 6)
    replayed = answer[1:-1]
    assert isinstance(answer[-1], ReplayEnd) and all(message.replay for message in replayed)
    for message in replayed:
        message.replay = False
    assert replayed == live[1:4]
    refusal = peer.ask(Replay(request_id=91, first_sequence=1, last_sequence=9_000))[0]
    assert isinstance(refusal, Err) and refusal.name == "REPLAY_RANGE"


def test_limits_state_how_much_is_left(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(5, "a"))
    uses = {use.bucket: (use.tokens_left, use.capacity) for use in peer.ask(LimitsQuery(request_id=6))[0].limits}
    assert uses["order"] == (199_999, 200_000) and uses["cancel"] == (200_000, 200_000)


def test_logout_is_answered_and_closed(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    assert isinstance(peer.ask(Logout(request_id=9))[0], Ok)
    assert peer.transport.closed == (1000, "logout")


@pytest.mark.rule("WIRE-014")
def test_every_request_has_a_handler() -> None:
    assert {*PRIVATE, *PUBLIC} == {*get_args(ClientMessages)} - {Auth, Ping}
