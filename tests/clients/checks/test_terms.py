"""What the engine refuses without looking at a book is found from the definition of the instrument and its phase."""

from typing import Any

import pytest
from msgspec import convert

from clients.checks.terms import entry_fault, known_terms, replace_fault, time_fault
from exchange.codes import MarketState, RejectReason
from exchange.units import PRICE_MAX
from exchange.wire.errors import ErrorCode, reason_code, reason_text
from exchange.wire.messages import InstrumentDefinition, New, Replace
from tests.clients.scripted_venue import INSTRUMENT

LOW, HIGH = INSTRUMENT["limit"]


def definition(**changes: Any) -> InstrumentDefinition:
    return convert(INSTRUMENT | changes, InstrumentDefinition)


def order(**changes: Any) -> New:
    usual = {"request_id": 1, "instrument": 9, "side": "b", "price_tick": 2845, "order_lots": 5, "client_order_id": "a"}
    return New(**usual | changes)


@pytest.mark.parametrize(
    ("changes", "listed", "phase", "reason"),
    [
        ({"post_only": "reject", "tif": "ioc"}, {}, "OPEN", RejectReason.BAD_COMBO),
        ({"display_lots": 1, "tif": "fok"}, {}, "OPEN", RejectReason.BAD_COMBO),
        ({"post_only": "slide", "order_type": "market"}, {}, "OPEN", RejectReason.BAD_COMBO),
        ({"order_type": "stop", "trigger_tick": 5, "tif": "ioc"}, {}, "OPEN", RejectReason.BAD_COMBO),
        ({}, {}, "CLOSED", RejectReason.STATE),
        ({}, {}, "HALT", RejectReason.STATE),
        ({"tif": "ioc"}, {}, "PREOPEN", RejectReason.STATE),
        ({"order_type": "mtl"}, {}, "RESERVED", RejectReason.STATE),
        ({}, {"ioc_only": True}, "OPEN", RejectReason.IOC_ONLY),
        ({"price_tick": 2846}, {"min_inc": 5}, "OPEN", RejectReason.OFF_TICK),
        ({"order_type": "stop", "trigger_tick": 2846}, {"min_inc": 5}, "OPEN", RejectReason.OFF_TICK),
        ({"order_lots": 501}, {"max_q": 500}, "OPEN", RejectReason.BAD_LOT),
        ({"price_tick": HIGH + 1}, {}, "OPEN", RejectReason.BAND),
        ({"price_tick": LOW - 1}, {}, "OPEN", RejectReason.BAND),
        ({"price_tick": LOW - 1, "side": "s", "tif": "gtc"}, {}, "OPEN", RejectReason.BAND),
        ({"price_tick": PRICE_MAX + 1, "side": "s", "tif": "gtc"}, {}, "OPEN", RejectReason.BAND),
    ],
)
def test_the_reason_is_the_engine_s(
    changes: dict[str, Any], listed: dict[str, Any], phase: str, reason: RejectReason
) -> None:
    fault = entry_fault(order(**changes), definition(**listed), phase)
    assert fault is not None
    assert (fault.code, fault.message) == (reason_code(reason, MarketState[phase]), reason_text(reason))
    if reason == RejectReason.BAND:
        assert (fault.low_tick, fault.high_tick) == (LOW, HIGH)


@pytest.mark.rule("BAND-004")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"price_tick": LOW},
        {"price_tick": HIGH},
        {"price_tick": LOW - 1, "tif": "gtc"},
        {"price_tick": HIGH + 1, "side": "s", "tif": "gtd", "expiry_us": 5},
        {"order_type": "market", "price_tick": HIGH + 1},
    ],
)
def test_what_the_engine_may_accept_is_sent(changes: dict[str, Any]) -> None:
    assert entry_fault(order(**changes), definition(), "OPEN") is None
    assert entry_fault(order(**changes), definition(), "") is None, "a phase that is not known refuses nothing"


def test_times_that_have_passed_are_refused() -> None:
    late = time_fault(0, 99, 100)
    assert late is not None and (late.code, late.time_us) == (ErrorCode.EXPIRED_REQUEST, 100)
    past = time_fault(100, 0, 100)
    assert past is not None and "till 100 is not after the venue's time 100" in past.message
    assert time_fault(101, 100, 100) is None and time_fault(0, 0, 100) is None


def test_a_replace_is_held_to_increment_and_lots() -> None:
    listed = definition(min_inc=5, max_q=500)
    replace = Replace(request_id=1, client_order_id="a", price_tick=2846)
    assert replace_fault(replace, listed) is not None
    assert replace_fault(Replace(request_id=1, client_order_id="a", order_lots=501), listed) is not None
    assert replace_fault(Replace(request_id=1, client_order_id="a", price_tick=2845, order_lots=500), listed) is None


def test_only_a_combination_may_have_any_price() -> None:
    assert known_terms(None) is None
    outright, spread = known_terms(definition()), known_terms(definition(combo="calendar"))
    assert outright is not None and (outright.low_tick, outright.revision) == (1, 3)
    assert spread is not None and spread.low_tick < 0
