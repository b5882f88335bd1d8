"""A path of a long strip around the orders of one owner (IMP-002, IMP-013, SMP-010)."""

from typing import Any

import pytest

from exchange.book.implied import _quotient
from exchange.codes import ComboKind, CommandKind, EventKind, MarketState, Side, TimeInForce
from exchange.conformance.market import GROUP, MONTH, account_payload, commodity, listing, ltd_ns
from exchange.conformance.venues import EngineVenue
from exchange.reference.rows import Command

MONTHS = 12
STRIP = MONTHS + 1
BUYER, FIRST, SECOND, LAST = 1, 2, 3, 4
STRANGERS = range(5, 65)
OWNER = 77  # self-match id of the orders that stand in each other's way
PRICE = 100


class Year:
    """Twelve months and their strip, offers in all of them: each month's oldest is the one that is found first."""

    def __init__(self, orders_a_month: int, shared_month: int) -> None:
        self.venue, self.sequence = EngineVenue(), 0
        self._list()
        self.offer(FIRST, shared_month, OWNER)
        self.offer(SECOND, shared_month)
        strangers = list(STRANGERS)
        for month in sorted({*range(1, MONTHS)} - {shared_month}):
            for number in range(orders_a_month):
                self.offer(strangers[(month * orders_a_month + number) % len(strangers)], month)
        self.offer(LAST, MONTHS, OWNER)

    def _list(self) -> None:
        terms = {"protection_ticks": 10, "show_ratio": 0, "lot_inc": 1}
        months = [
            listing(
                month, f"M{month}", hours=1, months=[(MONTH + month - 1, 1)], ltd_ns=ltd_ns(MONTH + month - 1),
                start_month=MONTH + month - 1, **terms,
            )
            for month in range(1, MONTHS + 1)
        ]  # fmt: skip
        legs = [(month, 1) for month in range(1, MONTHS + 1)]
        strip = listing(STRIP, "ST", combo=ComboKind.STRIP, legs=legs, hours=MONTHS, implied=True, **terms)
        market = {"commodities": [commodity(1, GROUP)], "instruments": [*months, strip]}
        self.venue.control(CommandKind.LIST, market)
        for account in (BUYER, FIRST, SECOND, LAST, *STRANGERS):
            self.venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(account, {}))
            self.row(CommandKind.DEPOSIT, account=account, amount_mills=10**15)
        for state in (MarketState.PREOPEN, MarketState.NOCANCEL, MarketState.OPEN):
            self.row(CommandKind.SET_STATE, market_state=state, group=GROUP)

    def row(self, kind: CommandKind, **fields: Any) -> list[Any]:
        self.sequence += 1
        return self.venue.apply(Command(kind=kind, sequence=self.sequence, time_ns=self.sequence, **fields))

    def offer(self, account: int, month: int, smp_id: int = 0) -> None:
        self.row(CommandKind.NEW, account=account, instrument=month, side=Side.SELL, lots=1, price=PRICE, smp_id=smp_id)

    def buy_strip(self) -> list[Any]:
        order = {"account": BUYER, "instrument": STRIP, "side": Side.BUY, "tif": TimeInForce.IOC}
        return self.row(CommandKind.NEW, lots=1, price=PRICE, **order)


@pytest.mark.rule("IMP-002", "IMP-013", "SMP-010", "INV-030")
@pytest.mark.parametrize("orders_a_month", [1, 2, 3, 6])
@pytest.mark.parametrize("shared_month", [1, 2, 7, 11])
def test_a_strip_trades_around_two_orders_of_one_owner_however_deep_the_other_months_are(
    orders_a_month: int, shared_month: int
) -> None:
    events = Year(orders_a_month, shared_month).buy_strip()
    fills = [event for event in events if event.kind == EventKind.FILL]
    assert len(fills) == MONTHS + 1
    assert {event.account for event in fills} >= {BUYER, SECOND, LAST}
    assert FIRST not in {event.account for event in fills}


@pytest.mark.rule("IMP-013")
@pytest.mark.parametrize(
    ("number", "divisor", "down", "up"),
    [(7, 2, 3, 4), (-7, 2, -4, -3), (7, -2, -4, -3), (-7, -2, 3, 4), (8, 2, 4, 4), (8, -2, -4, -4), (0, 5, 0, 0)],
)
def test_an_implied_price_is_rounded_against_the_aggressor(number: int, divisor: int, down: int, up: int) -> None:
    """A buy pays the higher price, a sell gets the lower one."""
    assert _quotient(int(Side.BUY), number, divisor) == up
    assert _quotient(int(Side.SELL), number, divisor) == down
