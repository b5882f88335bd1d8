"""The dead-man timer: it can be seen, runs through every phase and a restart, and fires (SESS-022, SESS-023)."""

from pathlib import Path
from typing import Any

import pytest

from exchange.codes import CommandKind, MarketState, StateReason
from exchange.engine import query
from exchange.wire.messages import (
    AccountSnapshot,
    CancelOnDisconnectFired,
    CancelTerms,
    Err,
    Exec,
    LimitsQuery,
    Timer,
    Welcome,
)
from tests.gateway.drop_copy.firm_desk import desk_key, join, open_desk
from tests.gateway.harness import Bench, Peer, killed

STAYS = CancelTerms(mode="off")


def seen(peer: Peer, request_id: int, account: int = 0) -> int | None:
    """When the timer fires, as a client can ask at any time."""
    until_us: int | None = peer.ask(LimitsQuery(request_id=request_id, account=account))[0].until_us
    return until_us


def bring(bench: Bench, *states: MarketState) -> None:
    """Bring the market into states, as an operator does."""
    for state in states:
        reason = StateReason.HALT_ADMIN if state == MarketState.HALT else StateReason.OPERATOR
        fields = {
            "kind": CommandKind.SET_STATE,
            "market_state": state,
            "group": group_of(bench),
            "state_reason": reason,
        }
        bench.venue.own.submit(fields, lambda _events: None)
        bench.settle()
        assert query.market_state(bench.venue.states, 1) == state


def group_of(bench: Bench) -> int:
    return next(iter(bench.venue.groups.values()))


def live(bench: Bench) -> list[str]:
    bench.settle()
    return [order.client_order_id for order in query.open_orders(bench.venue.states, 1)]


def fired(messages: list[Any]) -> list[tuple[str, int]]:
    return [(one.reason, one.count) for one in messages if isinstance(one, CancelOnDisconnectFired)]


@pytest.mark.rule("SESS-022")
def test_its_state_is_shown_in_limits_and_in_the_snapshot(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1], cancel_terms=STAYS)
    assert seen(peer, 2) is None
    until_us = peer.ask(Timer(request_id=3, ms=60_000))[0].until_us
    assert seen(peer, 4) == seen(peer, 5, account=1) == until_us == bench.clock.wall_us() + 60_000_000
    bench.pass_ms(1_000)
    (page,) = (one for one in bench.open().log_on(bench.keys[1]) if isinstance(one, AccountSnapshot))
    assert page.until_us == until_us, "armed over another connection"
    peer.ask(Timer(request_id=6, ms=0))
    assert seen(peer, 7) is None
    (page,) = (one for one in bench.open().log_on(bench.keys[1]) if isinstance(one, AccountSnapshot))
    assert page.until_us is None
    refusal = peer.ask(LimitsQuery(request_id=8, account=2))[0]
    assert isinstance(refusal, Err) and refusal.name == "SCOPE"


@pytest.mark.rule("SESS-022", "WIRE-015")
def test_a_timer_that_is_not_durable_yet_is_not_shown(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1], cancel_terms=STAYS)
    bench.hold = True
    assert peer.ask(Timer(request_id=3, ms=60_000)) == [] and peer.ask(LimitsQuery(request_id=4)) == []
    bench.hold = False
    assert [reply.until_us is not None for reply in peer.take()] == [True, True]


@pytest.mark.rule("SESS-022")
@pytest.mark.parametrize(
    "states",
    [
        (MarketState.HALT,),
        (MarketState.HALT, MarketState.OPEN, MarketState.HALT),
        (MarketState.CLOSED, MarketState.PREOPEN),
        (MarketState.RESERVED,),
    ],
)
def test_it_runs_and_fires_through_halts_and_auctions_where_cancels_are_allowed(
    bench: Bench, states: tuple[MarketState, ...]
) -> None:
    peer = bench.connect(bench.keys[1], cancel_terms=STAYS)
    peer.ask(bench.order(10, "a1", tif="gtc"), bench.order(11, "a2", tif="gtc"))
    until_us = peer.ask(Timer(request_id=12, ms=2_000))[0].until_us
    bring(bench, *states)
    assert seen(peer, 13) == until_us, "no change of state stops or moves it"
    bench.pass_ms(1_900)
    assert not fired(peer.take()) and live(bench) == ["a1", "a2"]
    bench.pass_ms(200)
    heard = peer.take()
    assert fired(heard) == [("dead", 2)] and live(bench) == []
    assert [one.reason for one in heard if isinstance(one, Exec)] == ["timer", "timer"]
    assert seen(peer, 14) is None, "it is over"


@pytest.mark.rule("SESS-022", "SESS-023", "COD-004")
@pytest.mark.parametrize("forbids", [MarketState.NOCANCEL, MarketState.CLOSED])
def test_where_no_cancel_is_allowed_it_fires_in_time_and_the_cancels_come_with_the_next_phase(
    bench: Bench, forbids: MarketState
) -> None:
    bring(bench, MarketState.CLOSED, MarketState.PREOPEN)
    peer = bench.connect(bench.keys[1], cancel_terms=STAYS)
    peer.ask(bench.order(10, "a1", tif="gtc"), bench.order(11, "a2", tif="gtc"), Timer(request_id=12, ms=1_000))
    bring(bench, MarketState.NOCANCEL)
    if forbids == MarketState.CLOSED:
        bring(bench, MarketState.OPEN, MarketState.CLOSED)
    bench.pass_ms(1_100)
    heard = peer.take()
    assert fired(heard) == [("dead", 2)], "what it has fired for"
    assert not [one for one in heard if isinstance(one, Exec) and one.reason == "timer"] and live(bench) == ["a1", "a2"]
    bring(bench, MarketState.PREOPEN if forbids == MarketState.CLOSED else MarketState.OPEN)
    assert [one.reason for one in peer.take() if isinstance(one, Exec)] == ["timer", "timer"] and live(bench) == []


@pytest.mark.rule("SESS-022")
def test_it_is_of_the_account_and_not_of_a_connection(bench: Bench) -> None:
    """A second connection postpones what the first has armed; the first may be gone when it fires."""
    first, second = (bench.connect(bench.keys[1], cancel_terms=STAYS) for _ in range(2))
    first.ask(bench.order(10, "a1"), Timer(request_id=11, ms=1_500))
    bench.pass_ms(1_000)
    second.ask(Timer(request_id=10, ms=2_000))
    first.drop()
    bench.pass_ms(1_900)
    assert live(bench) == ["a1"]
    bench.pass_ms(200)
    assert fired(second.take()) == [("dead", 1)] and live(bench) == []


@pytest.mark.rule("SESS-022", "ACCT-010")
@pytest.mark.parametrize("late", [False, True])
def test_it_outlives_the_venue_and_a_desk_hears_of_it(tmp_path: Path, late: bool) -> None:
    """The timer has ended while the venue did not run, or ends after the start."""
    with Bench(str(tmp_path / "first")) as bench:
        join(bench, 1, 5)
        pair = desk_key(bench, 5)
        peer = bench.connect(bench.keys[1], cancel_terms=STAYS)
        peer.ask(bench.order(10, "a1", tif="gtc"))
        until_us = peer.ask(Timer(request_id=11, ms=5_000))[0].until_us
        again = killed(bench, tmp_path / "second", later_ns=10**10 if late else 10**9)
    with again as bench:
        desk, heard = open_desk(bench, pair)
        assert isinstance(heard[0], Welcome)
        (page,) = (one for one in heard if isinstance(one, AccountSnapshot) and one.account == 1)
        assert live(bench) == ["a1"] and page.until_us == until_us
        bench.pass_ms(100 if late else 3_900)
        assert bool(fired(desk.take())) == late
        bench.pass_ms(200)
        assert live(bench) == []
        again_heard = desk.take()
        assert bool(fired(again_heard)) != late
