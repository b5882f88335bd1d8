"""SET_STATE: a product group or a single book changes its state."""

import pytest

from exchange.codes import CommandFlag, CommandKind, EventKind, MarketState, RejectReason
from exchange.conformance.market import GROUP
from exchange.reference.market_states import set_state
from exchange.reference.rows import Command
from tests.reference.scenario import events, run

S = MarketState


@pytest.mark.rule("STATE-001")
def test_a_change_is_reported_or_refused_with_the_state_in_force() -> None:
    market, _ = run()
    answers = []
    for state, flags in ((S.PREOPEN, 0), (S.PAUSED, 0), (S.PREOPEN, CommandFlag.FORCE), (99, CommandFlag.FORCE)):
        market.events = []
        market.command = Command(kind=CommandKind.SET_STATE, group=GROUP, market_state=state, flags=flags)
        set_state(market)
        answers += [(event.kind, event.reason, event.state) for event in market.events]
    refused, changed = EventKind.COMMAND_REFUSED, EventKind.STATE_CHANGED
    assert answers == [
        (refused, RejectReason.STATE, S.OPEN), (changed, 0, S.PAUSED),
        (changed, 0, S.PREOPEN), (refused, RejectReason.STATE, S.PREOPEN),
    ]  # fmt: skip


@pytest.mark.parametrize("fields", [{"group": 7}, {"instrument": 77}])
def test_a_group_or_book_that_is_not_listed_is_unknown(fields: dict[str, int]) -> None:
    market, _ = run()
    market.events = []
    market.command = Command(kind=CommandKind.SET_STATE, market_state=S.PAUSED, **fields)
    set_state(market)
    assert [event.reason for event in market.events] == [RejectReason.UNKNOWN_INST]


@pytest.mark.rule("STATE-001", "STATE-005")
def test_a_book_may_halt_alone_and_its_group_closes_it() -> None:
    assert events("SS halt M2; N a M2 B1@99; N b B1@99; SS open M2; N c M2 B1@99") == [
        *("STA halt", "REJ a STATE", "ACK b", "RST b 1@99", "STA open", "ACK c", "RST c 1@99")
    ]
    market, _ = run("SS halt M2; ST closed")
    assert {market.market_state(index) for index in market.books} == {S.CLOSED}


@pytest.mark.rule("TIF-009", "STOP-001")
def test_the_day_ends_with_closed() -> None:
    market, found = run("ST closed; SS closed M1", "a B1@98; b B1@97 gtc; c M2 B1@97", "ltp=100")
    assert found[:3] == ["CXL a 1 EXPIRED", "CXL c 1 EXPIRED", "STA closed"]
    assert market.books[1].last_tick is None
    alone, found = run("SS closed M1", "a B1@98; c M2 B1@97", "ltp=100")
    assert found == ["CXL a 1 EXPIRED", "STA closed"]
    assert (alone.market_state(1), alone.market_state(2)) == (S.CLOSED, S.OPEN)


@pytest.mark.rule("BAND-010")
def test_an_uncross_empties_the_windows() -> None:
    market, _ = run("ST preopen; U", "a S1@101; t B1@101")
    assert market.guards[1].velocity.prints == []


@pytest.mark.rule("COD-004")
def test_cancels_that_waited_follow_the_change_of_state() -> None:
    found = events("ST nocancel; D 1; ST preopen", "x B1@98 sess=1")
    assert found[-2:] == ["STA preopen", "CXL x 1 COD"]
