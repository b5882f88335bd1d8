"""The venues that a scenario can run on: the same commands, the same events, the same accounts."""

from typing import Any

import pytest

from exchange.codes import CommandKind, EventKind, MarketState, Side
from exchange.conformance.market import GROUP, account_payload, scenario_listing
from exchange.conformance.venues import ConformanceVenue, EngineVenue, ReferenceVenue, rows
from exchange.engine.control.checks import ControlError
from exchange.limits import MEDIUM
from exchange.reference.rows import Command

BOTH = pytest.mark.parametrize("new_venue", [EngineVenue, ReferenceVenue])


def traded(venue: ConformanceVenue) -> list[Any]:
    """Account 1 buys three lots of M1 from account 2 at 105. The events of its order."""
    venue.control(CommandKind.LIST, scenario_listing({}))
    commands: list[dict[str, Any]] = []
    for account in (1, 2):
        venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(account, {}))
        commands.append({"kind": CommandKind.DEPOSIT, "account": account, "amount_mills": 10**9})
    states = (MarketState.PREOPEN, MarketState.NOCANCEL, MarketState.OPEN)
    commands += [{"kind": CommandKind.SET_STATE, "group": GROUP, "market_state": state} for state in states]
    order = {"kind": CommandKind.NEW, "instrument": 1, "lots": 3, "price": 105}
    commands += [{**order, "account": 2, "side": Side.SELL}, {**order, "account": 1, "side": Side.BUY}]
    events: list[Any] = []
    for sequence, fields in enumerate(commands, 1):
        events = venue.apply(Command(sequence=sequence, time_ns=sequence, **fields))
    return events


@BOTH
def test_a_venue_says_what_accounts_hold(new_venue: type[ConformanceVenue]) -> None:
    venue = new_venue()
    kinds = [event.kind for event in traded(venue)]
    assert kinds == [EventKind.ORDER_ACCEPTED, *[EventKind.FILL] * 2, *[EventKind.POSITION_CHANGED] * 2]
    assert venue.position(1, 1) == (3, 315)
    assert venue.position(2, 1) == (-3, -315)
    assert venue.position(1, 2) == (0, 0)
    assert venue.cash_mills(1) == 10**9


def test_both_venues_have_the_same_events() -> None:
    assert traded(EngineVenue()) == traded(ReferenceVenue())


def test_the_reference_holds_as_much_as_the_engine() -> None:
    capacities = ReferenceVenue(MEDIUM).market.capacities
    assert (capacities.orders, capacities.session_rows, capacities.protections) == (1_024, 64, 15)


def test_the_engine_refuses_a_control_that_it_cannot_carry_out() -> None:
    with pytest.raises(ControlError):
        EngineVenue().control(CommandKind.DEFINE_ACCOUNT, account_payload(65, {}))


def test_commands_become_rows_in_order() -> None:
    found = rows([Command(sequence=1, lots=3), Command(sequence=2, price=-4)])
    assert found["sequence"].tolist() == [1, 2]
    assert (int(found["lots"][0]), int(found["price"][1])) == (3, -4)
