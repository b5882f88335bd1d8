"""The closing window: named by LIST and DAY_LIMITS, and prints inside it are summed."""

from typing import Any

import msgspec
import pytest

from exchange.codes import CommandKind, MarketState
from exchange.engine import query
from exchange.engine.control.checks import ControlError
from exchange.engine.control.closing_window import check_closing_window, set_closing_window
from exchange.engine.state import new_state
from exchange.limits import MEDIUM
from exchange.reference.rows import Command
from tests.market import account_payload, property_market
from tests.venues import Pair

GROUP, BOOK = 1, 1
WINDOW = [1_000, 2_000]


@pytest.mark.parametrize("window", [(5, 5), (6, 5), (0, 5), (-1, 5), (5, 0)])
def test_a_window_begins_before_it_ends(window: tuple[int, int]) -> None:
    with pytest.raises(ControlError, match=f"list: a window from {window[0]} to {window[1]} ns"):
        check_closing_window("list", window)


def test_a_payload_that_names_none_leaves_the_window_as_it_is() -> None:
    state = new_state(MEDIUM)[0]
    for window in ((3, 4), (0, 0)):
        check_closing_window("list", window)
        set_closing_window(state, window)
        assert (state.window_from_ns, state.window_to_ns) == (3, 4)


@pytest.mark.rule("SETTLE-001", "SETTLE-002", "SETTLE-003")
def test_prints_from_begin_to_before_the_end_are_summed_until_the_settlement() -> None:
    pair = Pair()
    pair.control(CommandKind.LIST, {**property_market(), "window_ns": WINDOW})
    for account in (1, 2):
        pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(account, {}))
    sequence = 10

    def row(kind: CommandKind, time_ns: int, **fields: Any) -> None:
        nonlocal sequence
        sequence += 1
        pair.apply(Command(kind=kind, sequence=sequence, request_id=sequence, time_ns=time_ns, **fields))

    def closing() -> query.ClosingRow:
        (found,) = query.closings(pair.fast.engine.states, [BOOK])
        return found

    for account in (1, 2):
        row(CommandKind.DEPOSIT, 10, account=account, amount_mills=10**9)
    for state in (MarketState.PREOPEN, MarketState.OPEN):
        row(CommandKind.SET_STATE, 20, group=GROUP, market_state=state)
    for time_ns, price, lots in ((999, 101, 1), (1_000, 102, 2), (1_999, 103, 4), (2_000, 104, 8)):
        row(CommandKind.NEW, time_ns, account=1, instrument=BOOK, side=1, price=price, lots=lots, tif=1)
        row(CommandKind.NEW, time_ns, account=2, instrument=BOOK, side=0, price=price, lots=lots, tif=1)
    row(CommandKind.NEW, 2_100, account=1, instrument=BOOK, side=1, price=103, lots=1, tif=0)
    assert closing() == (6, 2 * 102 + 4 * 103, 103), "as if it closed now"
    row(CommandKind.SET_STATE, 3_000, group=GROUP, market_state=MarketState.CLOSED)
    pair.compare_books()
    assert closing() == (6, 2 * 102 + 4 * 103, 103), "last 104, lowered to the ask"
    limits = {"index": BOOK, "settle_tick": 103, "low_tick": 80, "high_tick": 120}
    pair.control(CommandKind.DAY_LIMITS, {"books": [limits], "by_two": True})
    pair.compare_books()
    assert closing() == (0, 0, None)


def test_a_listing_with_a_window_that_is_none_is_refused() -> None:
    payload = msgspec.json.encode({**property_market(), "window_ns": [7, 7]})
    with pytest.raises(ControlError, match="list: a window from 7 to 7 ns"):
        Pair().fast.engine.check_control(CommandKind.LIST, payload)
