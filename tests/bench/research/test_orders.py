"""Own orders: rows and handles."""

from typing import Any

import numpy as np
import pytest

from bench import Replay
from bench.research.orders import (
    Order,
    OrderError,
    OwnOrders,
    cancel_fields,
    command_fields,
    new_fields,
    number_in,
    replace_fields,
)
from exchange.codes import CommandFlag, CommandKind, OrderState, PostOnly, Side, TimeInForce
from exchange.records import COMMAND, COMMAND_STRUCT, unpack_client_order_id
from tests.bench.research.small_flow import small_flow


def row(fields: tuple[int, ...]) -> np.record:
    data = COMMAND_STRUCT.pack(0, 0, *fields)
    return np.frombuffer(data, COMMAND)[0]  # type: ignore[no-any-return]


def order(**changes: int) -> Order:
    return Order(**({"number": 7, "account": 3, "instrument": 2, "side": Side.SELL, "price": 90, "lots": 4} | changes))  # type: ignore[arg-type]


def test_a_new_order_becomes_a_row() -> None:
    made = row(new_fields(order(), tif="IOC", post_only="slide", display=2))
    assert (made.kind, made.side, made.tif, made.post_only) == (
        CommandKind.NEW, Side.SELL, TimeInForce.IOC, PostOnly.SLIDE,
    )  # fmt: skip
    assert (made.account, made.instrument, made.price, made.lots, made.display_lots) == (3, 2, 90, 4, 2)
    words = made.client_order_id_0, made.client_order_id_1, made.client_order_id_2
    assert (made.request_id, unpack_client_order_id(*map(int, words))) == (7, "own-7")


def test_changes_name_the_order_by_id_once_it_is_known() -> None:
    early, known = row(cancel_fields(order(), 9)), row(replace_fields(order(id=55), 9, None, 6))
    assert (early.kind, early.order_id, early.request_id) == (CommandKind.CANCEL, 0, 9)
    assert early.client_order_id_0 != 0 == known.client_order_id_0
    assert (known.order_id, known.lots, known["flags"]) == (55, 6, CommandFlag.KEEP_PRICE)
    assert row(replace_fields(order(), 9, 80, None))["flags"] == CommandFlag.KEEP_LOTS
    with pytest.raises(OrderError, match="replace needs a price, lots or both"):
        replace_fields(order(), 9, None, None)


def test_fields_that_are_not_named_are_zero() -> None:
    made = row(command_fields(CommandKind.DEPOSIT, account=5, amount_mills=10))
    assert (made.kind, made.account, made.amount_mills, made.lots, made.tag) == (CommandKind.DEPOSIT, 5, 10, 0, 0)


@pytest.mark.parametrize(
    ("changes", "text"),
    [({"tif": "GTX"}, "tif 'GTX', allowed: DAY, GTC, GTD, IOC, FOK"), ({"post_only": "yes"}, "post_only 'yes'")],
)
def test_words_that_are_not_known_are_refused(changes: dict[str, str], text: str) -> None:
    with pytest.raises(OrderError, match=text):
        new_fields(order(), **({"tif": "GTC", "post_only": "no", "display": 0} | changes))  # type: ignore[arg-type]


def test_a_handle_shows_what_became_of_its_order() -> None:
    replay = Replay(small_flow())
    ask = replay.book(1).best_ask or 0
    shown = int(replay.book(1).asks["shown_lots"][0])
    made = replay.submit("buy", ask, shown + 5, tif="IOC")
    assert (made.state, made.leaves, made.is_live) == (OrderState.CANCELLED, 0, False)
    assert (made.filled, made.average_price) == (shown, ask)
    assert made.filled == sum(fill.lots for fill in made.fills)
    assert repr(made) == f"<own-1: buy {shown + 5} at {ask} in 1: CANCELLED, {shown} filled>"


def test_an_iceberg_shows_one_slice_at_a_time() -> None:
    replay = Replay(small_flow())
    bid = replay.book(1).best_bid or 0
    shown = int(replay.book(1).bids["shown_lots"][0])
    made = replay.submit("buy", bid, 40, display_lots=4)
    assert int(replay.book(1).bids["shown_lots"][0]) == shown + 4
    while replay.advance(until_fill=True) and made.filled < 9:
        assert made.leaves == 40 - made.filled


def test_orders_before_they_were_sent_keep_their_numbers() -> None:
    orders = OwnOrders()
    first = orders.new(1, 1, "buy", 10, 2)
    orders.add(first)
    orders.ask(first)
    number = orders.requests
    second = orders.new(1, 1, "sell", 12, 3)
    orders.add(second)
    first.price, first.state = 11, OrderState.OPEN
    again = orders.unsent()
    assert [(one.number, one.price, one.state) for one in again.all] == [
        (first.number, 10, OrderState.NONE),
        (second.number, 12, OrderState.NONE),
    ]
    assert (number, again.requests, again.numbered(first.number)) == (2, 3, again.all[0])
    assert again.numbered(number) is None
    again.all[1].state = OrderState.OPEN
    again.drop_unsent()
    assert [one.number for one in again.all] == [second.number]
    assert (again.numbered(first.number), again.requests, again.unsent().all[0].number) == (None, 3, second.number)


@pytest.mark.parametrize("value", [None, "5", 5.5, float("nan"), 0, 11, [5]])
def test_what_is_no_number_in_the_range_is_refused(value: Any) -> None:
    with pytest.raises(OrderError, match=r"lots .* is not a whole number in 1\.\.10"):
        number_in("lots", value, 1, 10)


def test_numbers_of_numpy_are_numbers() -> None:
    assert [number_in("lots", value, 1, 10) for value in (np.int64(3), np.float64(4), np.uint8(5))] == [3, 4, 5]
