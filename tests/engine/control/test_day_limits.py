"""The terms of a new day: what is refused, and who leaves because of a new increment (SPEC-002)."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.codes import CancelReason, CommandKind, EventKind, MarketState, TimeInForce
from exchange.engine.control.checks import ControlError
from exchange.engine.engine import blank_commands
from exchange.limits import STEP_EVENTS
from exchange.reference.listing import changes_published, is_allowed_for_one
from exchange.reference.rows import Command
from tests.market import account_payload, property_market
from tests.venues import Pair

BOOK, OTHER, GROUP = 9, 10, 2
CROWD = 3 * STEP_EVENTS
TWO = {"by_two": True}


class Market:
    """Engine and reference, group 2 closed, with GTC orders of book 9 at every tick from 81 up."""

    def __init__(self, count: int) -> None:
        self.pair, self.sequence = Pair(), 0
        self.pair.control(CommandKind.LIST, property_market())
        self.pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(1, {}))
        self.row(CommandKind.DEPOSIT, account=1, amount_mills=10**12)
        self.row(CommandKind.SET_STATE, group=GROUP, market_state=MarketState.PREOPEN)
        for number in range(count):
            fields = {"instrument": BOOK, "price": 81 + number % 20, "lots": 1, "tif": TimeInForce.GTC}
            self.row(CommandKind.NEW, account=1, **fields)
        for state in (MarketState.OPEN, MarketState.CLOSED):
            self.row(CommandKind.SET_STATE, group=GROUP, market_state=state)

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
    payload = (
        msgspec.json.encode({"books": [limits(OTHER), limits(min_inc=increment)], **TWO}) if increment < 2**64 else b""
    )
    payload = (
        payload
        or b'{"books":[{"index":9,"settle_tick":100,"low_tick":80,"high_tick":120,"min_inc":1e30}],"by_two":true}'
    )
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
    events = pair.control(CommandKind.DAY_LIMITS, {"books": [limits(OTHER), limits(min_inc=5)], **TWO})
    gone = [event for event in events if event.kind == EventKind.ORDER_CANCELLED]
    assert len(gone) == sum((81 + number % 20) % 5 != 0 for number in range(CROWD)) > 2 * STEP_EVENTS
    assert [event.order_id for event in gone] == sorted(event.order_id for event in gone)
    assert {event.reason for event in gone} == {CancelReason.ADMIN}
    after = [EventKind.INSTRUMENT_LISTED, EventKind.INSTRUMENT_LISTED, EventKind.SETTLED]
    assert [event.kind for event in events[len(gone) :]] == after, "they leave before the new terms"
    pair.compare_books()
    pair.compare_accounts()
    assert (
        not pair.fast.engine.states["scratch"].any() and not pair.fast.engine.states["cursor"]["pending_cancels"].any()
    )


@pytest.mark.rule("SPEC-002")
def test_terms_without_an_increment_leave_it_as_it_is() -> None:
    market = Market(20)
    market.pair.control(CommandKind.DAY_LIMITS, {"books": [limits(min_inc=5)], **TWO})
    events = market.pair.control(CommandKind.DAY_LIMITS, {"books": [limits()], **TWO})
    assert not [event for event in events if event.kind == EventKind.ORDER_CANCELLED]
    market.row(CommandKind.SET_STATE, group=GROUP, market_state=MarketState.PREOPEN)
    (answer,) = market.row(CommandKind.NEW, account=1, instrument=BOOK, price=99, lots=1)
    assert answer.kind == EventKind.ORDER_REJECTED
    assert market.row(CommandKind.NEW, account=1, instrument=BOOK, price=95, lots=1)[0].kind == EventKind.ORDER_ACCEPTED


SETTLES = [70, 80, 100, 120, 130]


@pytest.mark.rule("SEC-067")
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(SETTLES), st.sampled_from([20, 40]), st.integers(0, 3), st.integers(0, 3),
            st.sampled_from([False, False, False, True]),
        ),
        max_size=8,
    )
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_what_one_person_may_settle_is_what_the_reference_says(steps: list[Any]) -> None:
    """Once a day, the whole group, within the limits that it had, or once more what stands already."""
    pair = Pair()
    pair.control(CommandKind.LIST, property_market())
    engine, reference = pair.fast.engine, pair.reference
    members = [index for index, one in reference.clearing.instruments.items() if one.group == 1]
    for settle, width, day, left_out, by_two in steps:
        around = {"settle_tick": settle, "low_tick": settle - width, "high_tick": settle + width}
        named = members[1:] if left_out == 0 else members
        payload = {"books": [limits(index, **around) for index in named], "day": day, "by_two": by_two}
        before = engine.state_hash()
        allowed = by_two or is_allowed_for_one(reference, payload["books"], day)
        if allowed and not changes_published(reference, payload["books"], day):
            pair.control(CommandKind.DAY_LIMITS, payload)
            pair.compare_books()
        else:
            with pytest.raises(ControlError, match="day limits"):
                engine.check_control(CommandKind.DAY_LIMITS, msgspec.json.encode(payload))
            assert engine.state_hash() == before


@pytest.mark.rule("SETTLE-011", "SEC-067")
def test_a_day_settled_again_by_two_does_not_let_one_person_settle_a_later_one_anew() -> None:
    pair = Pair()
    pair.control(CommandKind.LIST, property_market())
    members = [index for index, one in pair.reference.clearing.instruments.items() if one.group == 1]

    def payload(settle: int, day: int, by_two: bool = False) -> dict[str, Any]:
        around = {"settle_tick": settle, "low_tick": settle - 20, "high_tick": settle + 20}
        return {"books": [limits(index, **around) for index in members], "day": day, "by_two": by_two}

    pair.control(CommandKind.DAY_LIMITS, payload(10, 5, by_two=True))
    pair.control(CommandKind.DAY_LIMITS, payload(10, 4, by_two=True))
    with pytest.raises(ControlError, match="never changes"):
        pair.fast.engine.check_control(CommandKind.DAY_LIMITS, msgspec.json.encode(payload(12, 5)))


@pytest.mark.rule("SEC-067")
def test_limits_of_a_journal_that_names_no_day_still_replay() -> None:
    """Version 0.2.0 wrote no day: such a control is not taken any more, and gives what it gave."""
    engine = Market(0).pair.fast.engine
    payload = msgspec.json.encode({"books": [limits()]})
    with pytest.raises(ControlError, match=r"day limits: day 0 not in 1\.\."):
        engine.check_control(CommandKind.DAY_LIMITS, payload)
    engine.check_control(CommandKind.DAY_LIMITS, payload, recorded=True)
    row = blank_commands(1)
    row["kind"] = CommandKind.DAY_LIMITS
    assert engine.control(row, payload)["kind"].tolist() == [EventKind.INSTRUMENT_LISTED, EventKind.SETTLED]
    assert not engine.states["groups"]["settled_day"].any()
