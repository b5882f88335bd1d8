"""The state of one account: events in order, snapshots in pages, and no gap unnoticed."""

from typing import Any

import msgspec
import pytest

from clients.account import AccountState, AccountStates, StreamGap
from clients.events import Filled, OrderChanged
from clients.orders import OrderTable
from exchange.wire.messages import AccountSnapshot, Margin, MarginView, OrderView, Position, PositionView
from tests.clients.test_orders import NEW, a_fill, an_exec

MONTH = 3


def account() -> AccountState:
    return AccountState(7, OrderTable())


def position(sequence: int, lots: int) -> Position:
    return Position(7, sequence, 10 + sequence, 0, MONTH, lots, 2845 * lots, 2845, 0)


def margin(sequence: int) -> Margin:
    return Margin(
        account=7, sequence=sequence, engine_sequence=10 + sequence, time_us=0, currency="USD", equity_mills=1_000,
        initial_margin_mills=100, maintenance_margin_mills=80, free_margin_mills=900,
    )  # fmt: skip


def a_view(**changes: Any) -> OrderView:
    fields: dict[str, Any] = {
        "instrument": MONTH, "order_id": 90, "client_order_id": "a", "state": "open", "side": "b",
        "order_type": "limit", "tif": "day", "price_tick": 2845, "order_lots": 12, "leaves_lots": 12,
        "filled_lots": 0, "value_tick_lots": 0,
    }  # fmt: skip
    return OrderView(**(fields | changes))


def test_events_change_orders_positions_and_margin() -> None:
    state = account()
    order = state.orders.place(7, NEW)
    (changed,) = state.take(an_exec(sequence=1))
    (filled,) = state.take(a_fill(sequence=2))
    assert isinstance(changed, OrderChanged) and isinstance(filled, Filled)
    assert changed.order is filled.order is order and order.filled_lots == 4
    assert state.take(position(3, 4)) and state.position_lots(MONTH) == 4
    assert state.take(margin(4)) and state.margin is not None and state.margin.equity_mills == 1_000


@pytest.mark.rule("MARGIN-017", "RECOV-003")
def test_margin_without_a_number_is_the_latest_and_no_event_of_the_stream() -> None:
    state = account()
    state.take(margin(1))
    update = msgspec.structs.replace(margin(0), free_margin_mills=500)
    assert state.take(update) == [update] and state.margin is update
    assert state.take(update) == [update], "the same figures may come again"
    assert state.sequence == 1
    (numbered,) = state.take(margin(2))
    assert state.margin is numbered, "of both forms the one that came last counts"


def test_a_flat_position_is_dropped() -> None:
    state = account()
    state.take(position(1, -4))
    assert state.position_lots(MONTH) == -4
    state.take(position(2, 0))
    assert state.position_lots(MONTH) == 0 and not state.positions


@pytest.mark.rule("RECOV-003")
def test_an_event_that_was_applied_is_ignored_and_a_missing_one_raises() -> None:
    state = account()
    state.take(position(1, 4))
    assert state.take(position(1, 9)) == [] and state.position_lots(MONTH) == 4
    with pytest.raises(StreamGap) as gap:
        state.take(position(3, 9))
    assert (gap.value.account, gap.value.expected, gap.value.received) == (7, 2, 3)


@pytest.mark.rule("SESS-010")
def test_a_heartbeat_ahead_twice_in_a_row_is_a_gap() -> None:
    state = account()
    state.heartbeat(1)
    state.take(position(1, 4))
    state.heartbeat(2)
    with pytest.raises(StreamGap):
        state.heartbeat(2)


@pytest.mark.rule("SESS-006")
def test_a_snapshot_in_pages_replaces_all_and_names_the_orders_that_are_gone() -> None:
    state = account()
    state.take(position(1, 4))
    lost = state.orders.place(7, NEW)
    state.take(an_exec(sequence=2))
    view = PositionView(MONTH + 1, 5, 0, 2845, 0)
    equity = MarginView("USD", 2_000, 0, 0, 2_000)
    first = AccountSnapshot(7, 9, 50, 0, orders=[a_view(client_order_id="b")], positions=[], margin=equity, more=True)
    last = AccountSnapshot(7, 9, 50, 0, orders=[a_view(client_order_id="c")], positions=[view], margin=equity)
    assert state.load(first) == [] and state.sequence == 2
    assert state.load(last) == [lost]
    assert (state.sequence, state.position_lots(MONTH), state.position_lots(MONTH + 1)) == (9, 0, 5)
    assert {order.client_order_id for order in state.orders.live()} == {"a", "b", "c"}


@pytest.mark.rule("SESS-006")
@pytest.mark.parametrize("end", ["disconnected", "expect"])
def test_pages_of_a_snapshot_that_was_cut_off_are_not_of_the_next_one(end: str) -> None:
    accounts, orders = AccountStates(), OrderTable()
    accounts.expect([7], orders)
    equity = MarginView("USD", 2_000, 0, 0, 2_000)
    gone, view = a_view(client_order_id="gone"), PositionView(MONTH, 5, 0, 2845, 0)
    accounts[7].load(AccountSnapshot(7, 9, 50, 0, orders=[gone], positions=[view], margin=equity, more=True))
    if end == "disconnected":
        accounts.disconnected()
    else:
        accounts.expect([7], orders)
    accounts[7].load(AccountSnapshot(7, 12, 60, 0, orders=[], positions=[], margin=equity))
    assert not orders.live() and not accounts[7].positions


def test_accounts_of_a_session_become_live_together() -> None:
    accounts, orders = AccountStates(), OrderTable()
    accounts.expect((7, 8), orders)
    assert not accounts.go_live(7, 1.0) and accounts.go_live(8, 2.0)
    assert (accounts[7].heard, accounts[8].heard) == (1.0, 2.0)
    assert not accounts.go_live(9, 3.0), "an account of somebody else"
    assert accounts.applied() == [(7, 0), (8, 0)]
    accounts.heartbeat([(7, 0), (9, 5)], 4.0)
    assert (accounts[7].heard, accounts[8].heard) == (4.0, 2.0)
    accounts.disconnected()
    assert not any(account.live for account in accounts.values())
