"""The terms of a new day: what is refused, and who leaves because of a new increment (SPEC-002)."""

from typing import Any

import msgspec
import pytest

from exchange.codes import CancelReason, CommandKind, EventKind, MarketState, TimeInForce
from exchange.engine.control_checks import ControlError
from exchange.limits import STEP_EVENTS
from tests.market import account_payload, property_market
from tests.rows import Command
from tests.venues import Pair

BOOK, OTHER, GROUP = 9, 10, 2
CROWD = 3 * STEP_EVENTS


class Market:
    """Engine and reference, group 2 closed, with GTC orders of book 9 at every tick from 81 up."""

    def __init__(self, count: int) -> None:
        self.pair, self.sequence = Pair(), 0
        self.pair.control(CommandKind.LIST, property_market())
        self.pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(1, {}))
        self.row(CommandKind.DEPOSIT, account=1, price=10**12)
        self.row(CommandKind.SET_STATE, group=GROUP, order_type=MarketState.PREOPEN)
        for number in range(count):
            fields = {"instrument": BOOK, "price": 81 + number % 20, "lots": 1, "tif": TimeInForce.GTC}
            self.row(CommandKind.NEW, account=1, **fields)
        for state in (MarketState.OPEN, MarketState.CLOSED):
            self.row(CommandKind.SET_STATE, group=GROUP, order_type=state)

    def row(self, kind: CommandKind, **fields: Any) -> list[Any]:
        self.sequence += 1
        return self.pair.apply(Command(kind=kind, sequence=self.sequence, request_id=self.sequence, **fields))


def limits(index: int = BOOK, **fields: int) -> dict[str, Any]:
    return {"index": index, "settle_tick": 100, "low_tick": 80, "high_tick": 120, **fields}


@pytest.mark.rule("SPEC-002")
@pytest.mark.parametrize("increment", [0, -1, -5, 100_001, 2**31, 2**70])
def test_an_increment_that_is_none_is_one_error_and_nothing_changes(increment: int) -> None:
    market = Market(3)
    engine = market.pair.fast.engine
    before = engine.state_hash()
    payload = msgspec.json.encode({"books": [limits(OTHER), limits(min_inc=increment)]}) if increment < 2**64 else b""
    payload = payload or b'{"books":[{"index":9,"settle_tick":100,"low_tick":80,"high_tick":120,"min_inc":1e30}]}'
    with pytest.raises(ControlError, match="min_inc") as refused:
        engine.check_control(CommandKind.DAY_LIMITS, payload)
    assert "\n" not in str(refused.value)
    assert engine.state_hash() == before


@pytest.mark.rule("SPEC-002")
@pytest.mark.parametrize("increment", [0, -1, 100_001])
def test_no_book_is_listed_with_an_increment_that_is_none(increment: int) -> None:
    market = property_market()
    market["instruments"][0]["min_inc"] = increment
    with pytest.raises(ControlError, match="min_inc"):
        Pair().fast.engine.check_control(CommandKind.LIST, msgspec.json.encode(market))


@pytest.mark.rule("SPEC-002", "ORDER-014")
def test_all_that_are_off_leave_oldest_first_however_short_the_event_buffer() -> None:
    market = Market(CROWD)
    pair = market.pair
    pair.fast.engine.outs["capacity"] = STEP_EVENTS
    events = pair.control(CommandKind.DAY_LIMITS, {"books": [limits(OTHER), limits(min_inc=5)]})
    gone = [event for event in events if event.kind == EventKind.CXL]
    assert len(gone) == sum((81 + number % 20) % 5 != 0 for number in range(CROWD)) > 2 * STEP_EVENTS
    assert [event.order_id for event in gone] == sorted(event.order_id for event in gone)
    assert {event.reason for event in gone} == {CancelReason.ADMIN}
    assert [event.kind for event in events[len(gone) :]] == [EventKind.LISTED] * 2, "they leave before the new terms"
    pair.compare_books()
    pair.compare_accounts()
    assert not pair.fast.engine.states["scratch"].any() and not pair.fast.engine.states["cursor"]["detour"].any()


@pytest.mark.rule("SPEC-002")
def test_terms_without_an_increment_leave_it_as_it_is() -> None:
    market = Market(20)
    market.pair.control(CommandKind.DAY_LIMITS, {"books": [limits(min_inc=5)]})
    assert not [
        e for e in market.pair.control(CommandKind.DAY_LIMITS, {"books": [limits()]}) if e.kind == EventKind.CXL
    ]
    market.row(CommandKind.SET_STATE, group=GROUP, order_type=MarketState.PREOPEN)
    (answer,) = market.row(CommandKind.NEW, account=1, instrument=BOOK, price=99, lots=1)
    assert answer.kind == EventKind.REJ
    assert market.row(CommandKind.NEW, account=1, instrument=BOOK, price=95, lots=1)[0].kind == EventKind.ACK
