"""Market-maker protection: what trips a group, what is pulled then and in what order, what a dry run leaves (MMP-)."""

from typing import Any

import pytest

from exchange.codes import CommandKind, EventKind, Side, TimeInForce
from exchange.conformance.venues import EngineVenue
from exchange.reference.rows import Command
from tests.market import open_property_market
from tests.played import play

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
        self.row(CommandKind.MMP_SET, time_ns, account=1, protection_number=1, lots_max=5, window_ns=window_ns)

    def sell(self, lots: int, tif: TimeInForce, time_ns: int) -> list[EventKind]:
        terms = {"account": 2, "instrument": BOOK, "side": Side.SELL, "price": 99, "lots": lots, "tif": tif}
        return self.row(CommandKind.NEW, time_ns, **terms)


@pytest.mark.rule("MMP-001")
@pytest.mark.rule("TIF-003")
def test_a_dry_run_forgets_no_fill_that_a_longer_window_still_counts() -> None:
    market = Market()
    market.protect(SHORT, 1)
    quote = {"account": 1, "protection_number": 1, "instrument": BOOK, "bid_tick": 99, "ask_tick": 101, "ask_lots": 20}
    market.row(CommandKind.QUOTE, 1, bid_lots=20, **quote)
    assert EventKind.FILL in market.sell(3, TimeInForce.IOC, 2)
    before = market.venue.engine.states["protections"].copy()
    assert EventKind.ORDER_CANCELLED in market.sell(90, TimeInForce.FOK, 50), (
        "the fill has left the window, the dry run sees it"
    )
    assert (market.venue.engine.states["protections"] == before).all()
    market.protect(LONG, 60)
    assert EventKind.PROTECTION_TRIPPED in market.sell(2, TimeInForce.IOC, 70), "three lots and two are five"


@pytest.mark.rule("MMP-001", "MMP-002")
@pytest.mark.parametrize(
    ("threshold", "lots", "trips"),
    [
        *(("mmp=3", 2, False), ("mmp=3", 3, True), ("mmpfills=1", 1, True)),
        *(("mmpdelta=3", 2, False), ("mmpdelta=3", 3, True), ("mmphours=30", 2, False), ("mmphours=30", 3, True)),
    ],
)
def test_a_group_trips_at_its_threshold(threshold: str, lots: int, trips: bool) -> None:
    market = play(f"N t S{lots}@98", "MQ mm M1:9@98/9@102", f"{threshold} hours=10")
    assert ("MMP mm" in market.events) == trips


@pytest.mark.rule("MMP-001")
def test_fills_that_have_left_the_window_do_not_count() -> None:
    market = play("N t S1@98; T 12; N u S1@98", "MQ mm M1:2@98/2@102", "mmp=2 mmpwin=10")
    assert "MMP mm" not in market.events
    assert "MMP mm" in play("N t S1@98; T 9; N u S1@98", "MQ mm M1:2@98/2@102", "mmp=2 mmpwin=10").events


@pytest.mark.rule("MMP-004")
def test_all_quotes_of_the_group_leave_before_the_aggressor_goes_on() -> None:
    market = play("N t S3@97", "MQ mm M1:2@98/2@102 M2:2@98/2@102; b B9@97", "mmp=2")
    pulled = [f"CXL mm.{side} 2 MMP" for side in ("M1a", "M2b", "M2a")]
    assert market.events == ["ACK t", "TRD mm.M1b t 2@98", "MMP mm", *pulled, "TRD b t 1@97"]


@pytest.mark.rule("MMP-004", "IMP-007")
def test_of_groups_that_one_implied_fill_trips_the_first_maker_s_is_pulled_first() -> None:
    """The outright prints before the combination, whose quote was the first maker."""
    before = "MQ nn M2:1@90/1@99; MQ mm SP:1@0/1@3"
    market = play("N t M1 B1@103", before, "imp=1 mmp=1")
    assert [event for event in market.events if event.startswith("MMP")] == ["MMP mm", "MMP nn"]


@pytest.mark.rule("MMP-003")
def test_a_tripped_group_quotes_again_when_it_is_reset() -> None:
    market = play("N t S1@98; MQ mm M1:1@97/1@103; MR mm; MQ mm M1:1@97/1@103", "MQ mm M1:1@98/1@102", "mmp=1")
    assert market.events[4:6] == ["REJ mm#0 MMP", "MMPR mm"] and market.events[-1] == "RST mm.M1a 1@103"
