"""What a key without the scope for it can neither change nor see (SESS-005, SEC-027, ACCT-001)."""

import itertools

import pytest

from exchange.engine import query
from exchange.engine.control.define_account import AccountPayload
from exchange.gateway.auth import SCOPES, KeyPair
from exchange.wire.messages import (
    Batch,
    BatchCancel,
    CancelAll,
    CancelOnDisconnect,
    CancelTerms,
    Err,
    Heartbeat,
    Kill,
    Live,
    Logout,
    Ok,
    ProtectionReset,
    ProtectionSet,
    Quote,
    Timer,
    Welcome,
)
from tests.gateway.harness import Bench

WHOLE = CancelTerms(mode="account", on="both", grace_ms=0)


def key_with(bench: Bench, *scopes: str) -> KeyPair:
    if "dc" in scopes:
        bench.opened.define_account(AccountPayload(1, 5, smp_id=1))  # such a key is a firm's
    return bench.opened.make_key("key" + "".join(scopes), 1, scopes=scopes)


def open_orders(bench: Bench) -> list[str]:
    bench.settle()
    return [order.client_order_id for order in query.open_orders(bench.venue.states, 1)]


@pytest.mark.rule("SESS-005", "SESS-020", "SEC-027")
def test_key_that_may_not_cancel_gets_no_terms_that_do(bench: Bench) -> None:
    bench.connect(bench.keys[1]).ask(bench.order(10, "a1"))
    reader = key_with(bench, "read")
    stranger = bench.open()
    refusal = stranger.log_on(reader, cancel_terms=WHOLE)[0]
    assert isinstance(refusal, Err) and refusal.name == "SCOPE"
    assert stranger.transport.closed == (4002, "SCOPE")

    peer = bench.open()
    welcome = peer.log_on(reader)[0]
    assert isinstance(welcome, Welcome) and welcome.cancel_terms.mode == "off"
    asked = [
        CancelOnDisconnect(request_id=10, mode="account", on="both", grace_ms=0),
        CancelOnDisconnect(request_id=11, mode="session"),
        Logout(request_id=12, cancel=True),
    ]
    for message in asked:
        answer = peer.ask(message)[0]
        assert isinstance(answer, Err) and (answer.name, answer.applied) == ("SCOPE", "no"), message
    assert peer.ask(CancelOnDisconnect(request_id=13, mode="off"))[0].cancel_terms.mode == "off"
    assert isinstance(peer.ask(Logout(request_id=14))[0], Ok)
    bench.pass_ms(100)
    assert open_orders(bench) == ["a1"]


@pytest.mark.rule("SESS-005", "SEC-027")
def test_key_that_may_cancel_has_the_usual_terms(bench: Bench) -> None:
    bench.connect(bench.keys[1], cancel_terms=CancelTerms(mode="off")).ask(bench.order(10, "a1"))
    peer = bench.open()
    assert peer.log_on(key_with(bench, "cancel"))[0].cancel_terms.mode == "session"
    assert peer.ask(CancelOnDisconnect(request_id=10, mode="account", on="logout"))[0].cancel_terms.mode == "account"
    peer.ask(Logout(request_id=11))
    assert open_orders(bench) == []


@pytest.mark.rule("SESS-005", "SEC-027")
@pytest.mark.parametrize("scope", sorted(set(SCOPES) - {"trade", "cancel", "admin"}))
def test_every_request_that_changes_something_needs_its_scope(bench: Bench, scope: str) -> None:
    bench.connect(bench.keys[1]).ask(bench.order(10, "a1"))
    peer, ids = bench.connect(key_with(bench, scope)), itertools.count(20)
    row = (bench.instrument, bench.price, 5, bench.price + 2, 5)
    asked = [
        bench.order(next(ids), "x"),
        CancelAll(request_id=next(ids)),
        Batch(request_id=next(ids), operations=[BatchCancel(client_order_id="a1")]),
        Timer(request_id=next(ids), ms=1_000),
        ProtectionSet(request_id=next(ids), group=1, window_ms=1_000),
        ProtectionReset(request_id=next(ids), group=1),
        Quote(request_id=next(ids), protection_group=1, quotes=[row]),
        Kill(request_id=next(ids), scope="account", account=1),  # also of the scope `risk`: the key has no firm
    ]
    before = bench.venue.sequence
    answers = [peer.ask(message)[0] for message in asked]
    assert [answer.name for answer in answers] == ["SCOPE"] * len(asked)
    assert bench.venue.sequence == before and open_orders(bench) == ["a1"]


@pytest.mark.rule("ACCT-001", "SESS-005", "SESS-006", "SESS-010")
@pytest.mark.parametrize("scopes", [("cancel",), ("trade",), ("dc",), ("risk",)])
def test_account_is_shown_only_to_a_key_that_may_read_it(bench: Bench, scopes: tuple[str, ...]) -> None:
    trader = bench.connect(bench.keys[1], cancel_terms=CancelTerms(mode="off"))
    trader.ask(bench.order(10, "a1"))
    pair, peer = key_with(bench, *scopes), bench.open()
    told = peer.log_on(pair)
    assert [type(message) for message in told] == [Welcome, Live]
    trader.ask(bench.order(11, "a2"))
    bench.pass_ms(1_500)
    assert [(type(message), message.account_sequences) for message in peer.take()] == [(Heartbeat, [])]
    again = bench.open()
    told = again.log_on(pair, sid=told[0].session_id, take=True, last_applied=[(1, 0)])
    assert [type(message) for message in told] == [Welcome, Live] and told[0].resumed
    assert trader.ask(bench.order(12, "a3"))[1].client_order_id == "a3", "a key that may read gets it"


@pytest.mark.rule("SESS-005", "SESS-021")
def test_terms_that_a_reader_once_had_do_nothing_after_a_restart(bench: Bench) -> None:
    """A journal of before may hold them."""
    bench.connect(bench.keys[1], cancel_terms=CancelTerms(mode="off")).ask(bench.order(10, "a1"))
    session = bench.connect(key_with(bench, "read")).connection.session
    assert session is not None
    session.set_terms(WHOLE)
    bench.gateway.journal_session(
        session, 0, lambda _id, _us, events: bench.gateway.record_session(events[0][0], session, session.terms)
    )
    bench.settle()
    bench.gateway.registry.sessions.clear()
    bench.gateway.restore()
    bench.pass_ms(4_000)
    assert open_orders(bench) == ["a1"]
