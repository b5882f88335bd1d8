"""Small questions about accounts, states and order terms, answered as the tables of the rules say (STATE-001)."""

import pytest

from exchange.codes import MarketState, OrderType, TimeInForce
from exchange.engine import predicates
from tests.played import play

# STATE-001: what each state takes of (New, Replace, Cancel).
TAKES = {
    MarketState.CLOSED: (False, False, False),
    MarketState.PREOPEN: (True, True, True),
    MarketState.NOCANCEL: (True, False, False),
    MarketState.OPEN: (True, True, True),
    MarketState.RESERVED: (True, True, True),
    MarketState.PAUSED: (True, True, True),
    MarketState.HALT: (False, False, True),
}


@pytest.mark.rule("STATE-001")
@pytest.mark.parametrize("state", TAKES)
def test_what_a_state_takes_is_what_the_table_says(state: MarketState) -> None:
    asked = (predicates.takes_new, predicates.takes_replace, predicates.takes_cancel)
    assert tuple(bool(question(int(state))) for question in asked) == TAKES[state]


@pytest.mark.rule("STATE-001")
@pytest.mark.parametrize("state", [state for state in TAKES if state != MarketState.NOCANCEL])
def test_commands_are_taken_as_the_table_says(state: MarketState) -> None:
    market = play(f"ST {state.name.lower()}; N n B1@98; R g 2@99; X g", "g B1@99 gtc")
    answers = [any(event.startswith(word) for event in market.events) for word in ("ACK n", "RPL g", "CXL g")]
    assert tuple(answers) == TAKES[state]


def test_types_and_times_in_force_are_told_apart() -> None:
    immediate = {tif for tif in TimeInForce if predicates.is_immediate(int(tif))}
    assert immediate == {TimeInForce.IOC, TimeInForce.FOK}
    markets = {kind for kind in OrderType if predicates.is_market(int(kind))}
    assert markets == {OrderType.MARKET, OrderType.MARKET_TO_LIMIT}
    assert {kind for kind in OrderType if predicates.is_stop(int(kind))} == {OrderType.STOP, OrderType.STOP_LIMIT}


@pytest.mark.rule("SMP-001")
def test_an_order_without_a_self_match_key_has_its_account_s() -> None:
    market = play("-", "a B1@99 acct=A smp=Z; b B1@98 acct=A")
    assert market.order("a").smp_id != 0 and market.order("b").smp_id == market.state.accounts[1].smp_id == 0
