"""The path of a long strip through the orders of one owner (IMP-002, IMP-013, SMP-010)."""

from typing import Any

import pytest

from exchange.book.implied import _quotient
from exchange.codes import ComboKind, CommandKind, EventFlag, EventKind, MarketState, Side, TimeInForce
from exchange.conformance.market import GROUP, MONTH, account_payload, commodity, listing, ltd_ns
from exchange.conformance.venues import EngineVenue
from exchange.reference.rows import Command

MONTHS = 12
STRIP = MONTHS + 1
TAKER, MAKER, STRANGER = 1, 2, 3
OWNER = 77  # self-match id of the maker of the whole curve
PRICE = 100


class Year:
    """Twelve months and their strip."""

    def __init__(self) -> None:
        self.venue, self.sequence = EngineVenue(), 0
        self._list()

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
        for account in (TAKER, MAKER, STRANGER):
            self.venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(account, {}))
            self.row(CommandKind.DEPOSIT, account=account, amount_mills=10**15)
        for state in (MarketState.PREOPEN, MarketState.NOCANCEL, MarketState.OPEN):
            self.row(CommandKind.SET_STATE, market_state=state, group=GROUP)

    def row(self, kind: CommandKind, **fields: Any) -> list[Any]:
        self.sequence += 1
        return self.venue.apply(Command(kind=kind, sequence=self.sequence, time_ns=self.sequence, **fields))

    def order(self, account: int, index: int, side: Side, smp_id: int = 0) -> None:
        self.row(CommandKind.NEW, account=account, instrument=index, side=side, lots=1, price=PRICE, smp_id=smp_id)

    def buy(self, index: int) -> list[Any]:
        """FILL rows of an order for one lot that takes what there is."""
        order = {"account": TAKER, "instrument": index, "side": Side.BUY, "tif": TimeInForce.IOC}
        events = self.row(CommandKind.NEW, lots=1, price=PRICE, **order)
        return [event for event in events if event.kind == EventKind.FILL]


@pytest.mark.rule("IMP-002", "IMP-013", "SMP-010")
def test_a_strip_takes_the_oldest_order_of_each_month_though_all_are_of_one_owner() -> None:
    year = Year()
    for month in range(1, MONTHS + 1):
        year.order(MAKER, month, Side.SELL, OWNER)
        year.order(STRANGER, month, Side.SELL)
    fills = year.buy(STRIP)
    assert [event.account for event in fills] == [MAKER] * MONTHS + [TAKER]
    assert {event.flags for event in fills} == {EventFlag.IMPLIED}, "the aggressor trades each leg itself"


@pytest.mark.rule("IMP-002", "IMP-013", "SMP-010")
@pytest.mark.parametrize("strangers_month", [2, 7, MONTHS])
def test_every_leg_between_a_strip_and_a_month_of_its_owner_is_internal(strangers_month: int) -> None:
    year = Year()
    year.order(MAKER, STRIP, Side.SELL, OWNER)
    for month in range(2, MONTHS + 1):
        year.order(STRANGER if month == strangers_month else MAKER, month, Side.BUY, OWNER * (month != strangers_month))
    taker, *others, whole = year.buy(1)
    assert (taker.account, whole.account) == (TAKER, MAKER) and not (taker.flags | whole.flags) & EventFlag.INTERNAL
    printed = [event.instrument for event in others if not event.flags & EventFlag.INTERNAL]
    assert len(others) == MONTHS - 1 and printed == [strangers_month]


@pytest.mark.rule("IMP-013")
@pytest.mark.parametrize(
    ("number", "divisor", "down", "up"),
    [(7, 2, 3, 4), (-7, 2, -4, -3), (7, -2, -4, -3), (-7, -2, 3, 4), (8, 2, 4, 4), (8, -2, -4, -4), (0, 5, 0, 0)],
)
def test_an_implied_price_is_rounded_against_the_aggressor(number: int, divisor: int, down: int, up: int) -> None:
    """A buy pays the higher price, a sell gets the lower one."""
    assert _quotient(int(Side.BUY), number, divisor) == up
    assert _quotient(int(Side.SELL), number, divisor) == down
