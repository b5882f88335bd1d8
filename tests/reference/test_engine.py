"""The reference engine: commands and controls in, events out."""

from typing import Any

import pytest

from exchange.codes import CommandFlag, CommandKind, EventKind, MarketState, RejectReason, Side
from exchange.conformance.market import GROUP, account_payload, scenario_listing
from exchange.reference.engine import COMMANDS, CONTROLS, ReferenceEngine
from exchange.reference.market import Capacities
from exchange.reference.rows import Command


def opened(capacities: Capacities | None = None) -> ReferenceEngine:
    """A market of one account, open."""
    engine = ReferenceEngine(capacities or Capacities())
    engine.control(Command(kind=CommandKind.LIST), scenario_listing({}))
    engine.control(Command(kind=CommandKind.DEFINE_ACCOUNT), account_payload(1, {}))
    engine.apply(Command(kind=CommandKind.DEPOSIT, account=1, amount_mills=10**6))
    for state in (MarketState.PREOPEN, MarketState.OPEN):
        engine.apply(Command(kind=CommandKind.SET_STATE, group=GROUP, market_state=state))
    return engine


def kinds(events: list[Any]) -> list[str]:
    return [EventKind(event.kind).abbreviation for event in events]


def test_every_kind_of_row_and_control_has_a_function() -> None:
    assert {kind for kind in CommandKind if kind < CommandKind.LIST} == set(COMMANDS)
    assert set(CONTROLS) <= {kind for kind in CommandKind if kind >= CommandKind.LIST}


def test_a_command_that_is_not_carried_out_is_refused() -> None:
    (event,) = ReferenceEngine().apply(Command(kind=CommandKind.MARK))
    assert (event.kind, event.reason) == (EventKind.COMMAND_REFUSED, RejectReason.BAD_COMBO)


@pytest.mark.rule("ORDER-003")
def test_positions_and_implied_prices_follow_what_a_command_did() -> None:
    engine = opened()
    new = {"kind": CommandKind.NEW, "account": 1, "instrument": 1, "lots": 1, "price": 100}
    assert kinds(engine.apply(Command(**new, side=Side.SELL))) == ["ACK", "RST"]
    assert kinds(engine.apply(Command(**new, side=Side.BUY))) == ["ACK", "FILL", "FILL", "POS"]


@pytest.mark.rule("QUOTE-008")
def test_another_command_ends_a_mass_quote_whose_entries_still_come() -> None:
    engine = opened()
    entry = {"kind": CommandKind.QUOTE, "account": 1, "bid_tick": 99, "bid_lots": 1, "ask_tick": 101, "ask_lots": 1}
    first = engine.apply(Command(**entry, sequence=5, instrument=1, flags=CommandFlag.MORE))
    second = engine.apply(Command(**entry, sequence=6, instrument=2, flags=CommandFlag.MORE))
    assert {event.sequence for event in [*first, *second]} == {5}
    assert engine.market.mass_quote is not None
    engine.apply(Command(kind=CommandKind.CLOCK, sequence=7))
    assert engine.market.mass_quote is None
    single = engine.apply(Command(**entry, sequence=8, instrument=1))
    assert single[-1].sequence == 8
    assert engine.market.mass_quote is None


@pytest.mark.rule("SESS-007")
def test_a_command_notes_the_request_of_its_session() -> None:
    engine = opened()
    engine.apply(Command(kind=CommandKind.CANCEL, account=1, session=3, request_id=9))
    assert engine.market.sessions.last_request == {3: 9}


def test_a_full_exchange_refuses_the_next_order() -> None:
    engine = opened(Capacities(orders=1))
    new = {"kind": CommandKind.NEW, "account": 1, "instrument": 1, "lots": 1, "price": 100}
    assert kinds(engine.apply(Command(**new))) == ["ACK", "RST"]
    (refused,) = engine.apply(Command(**new))
    assert refused.reason == RejectReason.FULL


@pytest.mark.rule("STOP-006", "STOP-007", "STOP-008")
def test_elected_stops_are_injected_one_at_a_time_until_none_is_left() -> None:
    engine = opened()
    new = {"kind": CommandKind.NEW, "account": 1, "instrument": 1, "lots": 1}
    for price in (101, 102, 103):
        engine.apply(Command(**new, side=Side.SELL, price=price))
    for trigger in (101, 102):
        engine.apply(Command(**new, side=Side.BUY, order_type=4, price=110, trigger=trigger))
    found = kinds(engine.apply(Command(**new, side=Side.BUY, price=101)))
    assert found == ["ACK", "FILL", "FILL", "TRG", "FILL", "FILL", "TRG", "FILL", "FILL", "POS"]
