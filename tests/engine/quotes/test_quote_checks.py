"""A quote that finds no room in the table of positions is refused for that last of all (QUOTE-002, ORDER-004)."""

from typing import Any

import pytest

from exchange.codes import CommandKind, EventKind, MarketState, RejectReason, Side, TimeInForce
from exchange.conformance.market import MONTH
from exchange.conformance.venues import EngineVenue
from exchange.limits import MEDIUM
from exchange.reference.rows import Command
from tests.market import account_payload, commodity, listing

BOOKS = 20
POOR, CLOSING, RICH = 61, 62, 63


class Market:
    """Enough books and accounts to use up the table of positions; three accounts have none in the last book."""

    def __init__(self) -> None:
        self.venue, self.sequence = EngineVenue(), 0
        books = [listing(index, f"M{index}", months=[(MONTH, 1)], hours=1) for index in range(1, BOOKS + 1)]
        terms = {"commodities": [commodity(1, 1, psr_mills=1)], "instruments": books}
        self.venue.control(CommandKind.LIST, terms)
        for account in range(1, RICH + 1):
            limits = {"closeonly": account == CLOSING, "maxpos": 1_000}
            self.venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(account, limits))
            if account != POOR:
                self.row(CommandKind.DEPOSIT, account=account, amount_mills=10**9)
        for state in (MarketState.PREOPEN, MarketState.OPEN):
            self.row(CommandKind.SET_STATE, group=1, market_state=state)
        for number in range(MEDIUM.positions):
            self.buy(account=1 + number // BOOKS, instrument=1 + number % BOOKS)
            self.row(CommandKind.CANCEL_ALL, account=1 + number // BOOKS)
        assert self.venue.engine.states["used_positions"][0] == MEDIUM.positions

    def row(self, kind: CommandKind, **fields: Any) -> list[tuple[str, str]]:
        self.sequence += 1
        events = self.venue.apply(Command(kind=kind, sequence=self.sequence, request_id=self.sequence, **fields))
        return [(EventKind(event.kind).abbreviation, RejectReason(event.reason).abbreviation) for event in events]

    def buy(self, **fields: Any) -> list[tuple[str, str]]:
        return self.row(CommandKind.NEW, side=Side.BUY, price=90, lots=1, tif=TimeInForce.GTC, **fields)

    def quote(self, account: int, lots: int) -> list[tuple[str, str]]:
        sides = {"price": 90, "lots": lots, "trigger": 110, "minimum_lots": lots}
        return self.row(CommandKind.QUOTE, account=account, instrument=BOOKS, **sides)


@pytest.mark.rule("QUOTE-002")
@pytest.mark.rule("ORDER-004")
def test_a_quote_without_a_row_for_its_position_is_refused_for_the_topmost_reason() -> None:
    market = Market()
    before = market.venue.engine.states.copy()
    assert market.quote(CLOSING, 5) == [("REJ", "CLOSE_ONLY")]
    assert market.quote(RICH, 1_001) == [("REJ", "POSITION")]
    assert market.quote(POOR, 5) == [("REJ", "RISK")]
    assert market.quote(RICH, 5) == [("REJ", "FULL")]
    assert market.buy(account=POOR, instrument=BOOKS) == [("REJ", "RISK")], "an order likewise"
    assert market.buy(account=RICH, instrument=BOOKS) == [("REJ", "FULL")]
    after = market.venue.engine.states
    for table in ("positions", "position_index", "risks", "books", "orders", "used_positions"):
        assert (before[table] == after[table]).all(), f"{table} are as they were"
