"""The dead-man timer and the kill switch through the gateway (SESS-022, ACCT-011)."""

import pytest

from exchange.codes import CommandKind, KillParty, Scope
from exchange.engine import query
from exchange.wire.messages import (
    CancelAll,
    CancelTerms,
    Err,
    Exec,
    Kill,
    KillEvent,
    Ok,
    Timer,
    Unkill,
    Welcome,
)
from tests.gateway.drop_copy.firm_desk import desk_key, join, open_desk
from tests.gateway.harness import Bench


@pytest.mark.rule("SESS-022")
def test_timer_is_armed_and_disarmed(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1], cancel_terms=CancelTerms(mode="off"))
    assert peer.ask(Timer(request_id=5, ms=1_000))[0].until_us
    assert query.next_due_ns(bench.venue.states) > 0
    assert peer.ask(Timer(request_id=6, ms=0))[0].until_us is None
    refusal = peer.ask(Timer(request_id=7, ms=999))[0]
    assert isinstance(refusal, Err) and refusal.name == "BAD_MESSAGE"


@pytest.mark.rule("ACCT-011")
def test_kill_needs_the_scope_of_a_risk_desk(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    for message in (Kill(request_id=5, scope="account", account=1), Unkill(request_id=6, scope="firm")):
        refusal = peer.ask(message)[0]
        assert isinstance(refusal, Err) and refusal.name == "SCOPE"


@pytest.mark.rule("SEC-060")
@pytest.mark.parametrize("path", ["/v1/oe", "/v1/dc", "/v1/md"])
def test_an_operators_key_does_not_log_on_at_the_port_of_clients(bench: Bench, path: str) -> None:
    pair = bench.opened.make_key("ops", 1, scopes=("admin",))
    peer = bench.open(path)
    refusal = peer.log_on(pair)[0]
    assert isinstance(refusal, Err) and refusal.name == "SCOPE" and "operator's socket" in refusal.message
    assert peer.transport.closed is not None


@pytest.mark.rule("ACCT-011", "KILL-001", "KILL-004")
@pytest.mark.parametrize("path", ["/v1/dc", "/v1/oe"])
def test_a_risk_desk_stops_and_lifts_a_session_an_account_and_its_firm(bench: Bench, path: str) -> None:
    """New orders are refused, what works is cancelled, cancels stay allowed, and the drop copy reports it."""
    for account in (1, 2):
        join(bench, account, 5)
    desk = bench.open(path)
    assert isinstance(desk.log_on(desk_key(bench, 5, ("dc", "risk")))[0], Welcome)
    peer, other, stranger = (bench.connect(bench.keys[account]) for account in (1, 2, 3))
    stranger.ask(bench.order(10, "s0"))
    assert peer.connection.session is not None
    sid, ids = peer.connection.session.name, iter(range(20, 100))
    for scope in ({"scope": "session", "session_id": sid}, {"scope": "account", "account": 1}, {"scope": "firm"}):
        peer.ask(bench.order(next(ids), "a0"))
        other.ask(bench.order(next(ids), "b0"))
        desk.take()
        done, *reports = desk.ask(Kill(request_id=next(ids), **scope))  # type: ignore[arg-type]
        stopped = 2 if scope["scope"] == "firm" else 1
        assert isinstance(done, Ok) and done.count == stopped
        if path == "/v1/dc":
            kills = [report for report in reports if isinstance(report, KillEvent)]
            assert len(kills) == (3 if stopped == 2 else 1), "the desk has an account too"
            assert all(kill.on and kill.by == "risk" for kill in kills)
            assert sum(isinstance(one, Exec) and one.reason == "kill" for one in reports) == stopped
        refusal = peer.ask(bench.order(next(ids), "a1"))[0]
        assert isinstance(refusal, Err) and (refusal.name, refusal.applied) == ("KILLED", "no")
        assert isinstance(other.ask(bench.order(next(ids), "b1"))[0], Err if stopped == 2 else Ok)
        assert isinstance(peer.ask(CancelAll(request_id=next(ids)))[0], Ok), "cancels stay allowed"
        assert isinstance(desk.ask(Unkill(request_id=next(ids), **scope))[0], Ok)  # type: ignore[arg-type]
        assert isinstance(peer.ask(bench.order(next(ids), "a2"))[0], Ok)
        peer.ask(CancelAll(request_id=next(ids)))
        other.ask(CancelAll(request_id=next(ids)))
    assert [one.client_order_id for one in query.open_orders(bench.venue.states, 3)] == ["s0"]


@pytest.mark.rule("ACCT-011", "SEC-027")
def test_a_risk_desk_reaches_nothing_of_another_firm_nor_what_has_left_its_own(bench: Bench) -> None:
    for account, firm in ((1, 5), (2, 6)):
        join(bench, account, firm)
    desk, _ = open_desk(bench, desk_key(bench, 5, ("dc", "risk")))
    sessions = [bench.connect(bench.keys[account]).connection.session for account in (1, 2)]
    mine, foreign = (session.name for session in sessions if session is not None)
    refused = [
        Kill(request_id=2, scope="account", account=2),
        Kill(request_id=3, scope="account", account=99),
        Kill(request_id=4, scope="session", session_id=foreign),
        Kill(request_id=5, scope="session", session_id="s_7fffffff"),
        Unkill(request_id=6, scope="account", account=3),
    ]
    before = bench.venue.sequence
    assert [desk.ask(message)[0].name for message in refused] == ["SCOPE"] * len(refused)
    assert bench.venue.sequence == before
    join(bench, 1, 6)
    for message in (
        Kill(request_id=7, scope="session", session_id=mine),
        Kill(request_id=8, scope="account", account=1),
    ):
        assert desk.ask(message)[0].name == "SCOPE", "the account has left the firm"


@pytest.mark.rule("KILL-004", "ACCT-011")
def test_what_the_venue_has_stopped_a_risk_desk_cannot_lift(bench: Bench) -> None:
    join(bench, 1, 5)
    desk, _ = open_desk(bench, desk_key(bench, 5, ("dc", "risk")))
    peer = bench.connect(bench.keys[1])
    fields = {"kind": CommandKind.KILL, "scope": Scope.ACCOUNT, "kill_party": KillParty.VENUE, "account": 1}
    bench.venue.own.submit(fields, lambda _events: None)
    bench.settle()
    assert desk.ask(Unkill(request_id=2, scope="account", account=1))[-1].name == "KILLED"
    assert isinstance(desk.ask(Kill(request_id=3, scope="account", account=1))[0], Ok)
    assert isinstance(desk.ask(Unkill(request_id=4, scope="account", account=1))[0], Ok)
    assert peer.ask(bench.order(10, "a"))[0].name == "KILLED", "the venue's own stop is still there"


@pytest.mark.rule("ACCT-011")
def test_a_desk_without_the_scope_for_it_stops_nobody(bench: Bench) -> None:
    join(bench, 1, 5)
    desk, _ = open_desk(bench, desk_key(bench, 5))
    assert desk.ask(Kill(request_id=2, scope="firm"))[0].name == "SCOPE"
