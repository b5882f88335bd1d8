"""Each difference between the local state and the venue's reports is named; what is just changing is left out."""

import pytest

from clients.account import AccountState
from clients.orders import Order, OrderTable
from clients.reports.differences import Difference, fill_differences, order_differences, position_differences
from exchange.wire.messages import Fill, OrderView, PositionView

AT = 100


def view(name: str = "a", **changes: object) -> OrderView:
    found = OrderView(9, 5, name, "open", "b", "limit", "day", 2845, 10, 10, 0, 0)
    for attribute, value in changes.items():
        setattr(found, attribute, value)
    return found


def table(*views: OrderView) -> OrderTable:
    orders = OrderTable()
    for one in views:
        orders.repair(7, one, AT)
    return orders


def one(orders: OrderTable, name: str = "a") -> Order:
    found = orders.get(7, name)
    assert found is not None
    return found


def test_equal_states_have_no_difference() -> None:
    assert order_differences(table(view(), view("b")), 7, [view("b"), view()], AT) == ([], [], [])


def test_an_order_that_only_the_venue_knows() -> None:
    found, repairs, gone = order_differences(table(), 7, [view()], AT)
    assert found == [Difference("order unknown here", 7, "a", "-", "open b 10/10@2845, 0 filled")]
    assert repairs == [view()] and not gone
    assert str(found[0]) == "account 7: order unknown here: a: here -, at the venue open b 10/10@2845, 0 filled"


@pytest.mark.parametrize("change", [{"price_tick": 2846}, {"leaves_lots": 4, "filled_lots": 6}, {"state": "pending"}])
def test_an_order_that_differs(change: dict[str, object]) -> None:
    found, repairs, gone = order_differences(table(view()), 7, [view(**change)], AT)
    assert [difference.kind for difference in found] == ["order differs"] and len(repairs) == 1 and not gone


def test_an_order_that_only_the_session_knows() -> None:
    orders = table(view())
    found, repairs, gone = order_differences(orders, 7, [], AT)
    assert [difference.kind for difference in found] == ["order unknown at the venue"]
    assert gone == [one(orders)] and not repairs


def test_what_is_just_changing_is_left_out() -> None:
    orders = table(view(), view("b"))
    one(orders).take_view(view(price_tick=2900), AT + 1)  # the session knows a later state
    one(orders, "b").unanswered += 1
    assert order_differences(orders, 7, [view("b", price_tick=1)], AT) == ([], [], [])


def test_an_id_that_was_used_again_is_another_order() -> None:
    orders = table(view(state="filled"))
    found, *_ = order_differences(orders, 7, [view(order_id=6)], AT)
    assert [difference.kind for difference in found] == ["order unknown here"]


def test_fills_that_were_not_seen_are_named() -> None:
    fill = Fill(7, 1059, 50, 1, 9, 5, "a", 55501, "b", 2845, 4, 8, 4, 11380, "maker", 0, "open")
    assert fill_differences(7, [1059], [fill]) == []
    (found,) = fill_differences(7, [1058], [fill])
    assert (found.kind, found.name, found.there) == ("fill not seen", "trade 55501", "b 4 at 2845, event 1059")


def test_positions_that_differ_are_named_unless_a_later_change_is_known() -> None:
    state = AccountState(7, OrderTable())
    state.repair([PositionView(9, 5, 0, 0, 0), PositionView(10, 1, 0, 0, 0)], AT, [])
    there = [PositionView(9, 6, 0, 0, 0), PositionView(10, 1, 0, 0, 0), PositionView(11, -2, 0, 0, 0)]
    found = position_differences(state, there, AT)
    assert [(row.name, row.here, row.there) for row in found] == [
        ("instrument 9", "5 lots", "6 lots"), ("instrument 11", "0 lots", "-2 lots")
    ]  # fmt: skip
    assert [row.name for row in position_differences(state, there, AT - 1)] == ["instrument 11"]
