"""Elected stops that a halt holds up (STOP-008). What halts a market in mid-cascade is not needed to test the line."""

from typing import Any

import pytest

from exchange.book.check import check_books
from exchange.book.stops import join_injection_queue, leave_trigger
from exchange.codes import CommandKind, EventKind, MarketState, OrderType, Side
from exchange.conformance.venues import EngineVenue
from exchange.reference.rows import Command
from tests.market import account_payload, listing
from tests.strategies import client_words

BOOK = 1


class Market:
    """One book in RESERVED with stops of accounts 1 and 2; `hold_up` elects some as a halted cascade leaves them."""

    def __init__(self) -> None:
        self.venue, self.sequence = EngineVenue(), 0
        book = listing(BOOK, "M", months=[(84, 1)], protection_ticks=5)
        terms = {"index": 1, "group": 1, "psr_mills": 1, "intra_mills": 0, "tier_mills": 0}
        commodities = [{**terms, "spot_lots_max": 0, "spot_month": 0}]
        self.venue.control(CommandKind.LIST, {"commodities": commodities, "instruments": [book]})
        for account in (1, 2):
            self.venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(account, {}))
            self.row(CommandKind.DEPOSIT, account=account, amount_mills=10**9)
        for state in (MarketState.PREOPEN, MarketState.OPEN, MarketState.RESERVED):
            self.set_state(state)
        self.slots = {name: self.stop(name, account) for name, account in (("a", 1), ("b", 2), ("c", 1))}

    def row(self, kind: CommandKind, **fields: Any) -> list[tuple[str, str]]:
        self.sequence += 1
        events = self.venue.apply(Command(sequence=self.sequence, time_ns=self.sequence, kind=kind, **fields))
        check_books(self.venue.engine.states)
        names = {client_words(name)["client_order_id_0"]: name for name in "abcd"}
        return [(EventKind(event.kind).abbreviation, names.get(event.client_order_id_0, "")) for event in events]

    def set_state(self, state: MarketState) -> list[tuple[str, str]]:
        return self.row(CommandKind.SET_STATE, group=1, market_state=state)

    def stop(self, name: str, account: int) -> int:
        terms = {"order_type": OrderType.STOP, "trigger": 105, "lots": 2, "instrument": BOOK}
        self.row(CommandKind.NEW, account=account, side=Side.BUY, **terms, **client_words(name))
        return int(self.venue.engine.states[0].accounts[account].last_order)

    def hold_up(self, names: str) -> None:
        state = self.venue.engine.states[0]
        for name in names:
            leave_trigger(state, state.books[BOOK], self.slots[name])
            join_injection_queue(state, BOOK, self.slots[name])
        check_books(self.venue.engine.states)


@pytest.mark.rule("STOP-008")
def test_stops_of_a_halted_cascade_join_the_next_uncross_first_in_their_order() -> None:
    market = Market()
    market.hold_up("ca")
    joined = [("TRG", "c"), ("RST", "c"), ("TRG", "a"), ("RST", "a")]
    assert market.set_state(MarketState.OPEN) == [*joined, ("STA", "")]


@pytest.mark.rule("STOP-008")
@pytest.mark.rule("KILL-002")
def test_stops_of_a_halted_cascade_can_be_cancelled_and_killed() -> None:
    market = Market()
    market.hold_up("abc")
    assert market.row(CommandKind.CANCEL, account=2, **client_words("b")) == [("CXL", "b")]
    assert market.row(CommandKind.KILL, account=1) == [("KIL", ""), ("CXL", "a"), ("CXL", "c")]
    assert market.set_state(MarketState.OPEN) == [("STA", "")]


@pytest.mark.rule("STOP-008")
@pytest.mark.rule("REPL-007")
def test_a_stop_of_a_halted_cascade_is_elected_and_not_replaced() -> None:
    market = Market()
    market.hold_up("a")
    assert market.row(CommandKind.REPLACE, account=1, lots=1, price=100, **client_words("a")) == [("RREJ", "a")]


@pytest.mark.rule("STOP-008")
@pytest.mark.rule("TIF-009")
def test_stops_of_a_halted_cascade_end_with_the_day() -> None:
    market = Market()
    market.hold_up("b")
    ended = [("CXL", "a"), ("CXL", "b"), ("CXL", "c"), ("STA", "")]
    assert market.set_state(MarketState.CLOSED) == ended
