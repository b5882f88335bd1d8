"""What protection groups remember over dry runs."""

from typing import Any

import pytest

from exchange.codes import CommandKind, EventKind, Side, TimeInForce
from exchange.conformance.venues import EngineVenue
from exchange.reference.rows import Command
from tests.market import open_property_market

BOOK = 9
SHORT, LONG = 10, 10**9


class Market:
    """A market maker with one protection group, and a taker."""

    def __init__(self) -> None:
        self.venue, self.sequence = EngineVenue(), 0
        open_property_market(self.venue, self.row, (1, 2))

    def row(self, kind: CommandKind, time_ns: int = 1, **fields: Any) -> list[EventKind]:
        self.sequence += 1
        events = self.venue.apply(Command(kind=kind, sequence=self.sequence, time_ns=time_ns, **fields))
        return [EventKind(event.kind) for event in events]

    def protect(self, window_ns: int, time_ns: int) -> None:
        self.row(CommandKind.MMP_SET, time_ns, account=1, smp_id=1, lots=5, expiry_ns=window_ns)

    def sell(self, lots: int, tif: TimeInForce, time_ns: int) -> list[EventKind]:
        terms = {"account": 2, "instrument": BOOK, "side": Side.SELL, "price": 99, "lots": lots, "tif": tif}
        return self.row(CommandKind.NEW, time_ns, **terms)


@pytest.mark.rule("MMP-001")
@pytest.mark.rule("TIF-003")
def test_a_dry_run_forgets_no_fill_that_a_longer_window_still_counts() -> None:
    market = Market()
    market.protect(SHORT, 1)
    quote = {"account": 1, "smp_id": 1, "instrument": BOOK, "price": 99, "trigger": 101, "minimum_lots": 20}
    market.row(CommandKind.QUOTE, 1, lots=20, **quote)
    assert EventKind.FILL in market.sell(3, TimeInForce.IOC, 2)
    before = market.venue.engine.states["protections"].copy()
    assert EventKind.ORDER_CANCELLED in market.sell(90, TimeInForce.FOK, 50), (
        "the fill has left the window, the dry run sees it"
    )
    assert (market.venue.engine.states["protections"] == before).all()
    market.protect(LONG, 60)
    assert EventKind.PROTECTION_TRIPPED in market.sell(2, TimeInForce.IOC, 70), "three lots and two are five"
