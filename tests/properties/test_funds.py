"""MARGIN-015, MARGIN-016 and SPEC-004 as properties: gains never become funds, a position can always be closed, and no
amount carries money out of 64 bits."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.codes import CommandFlag, CommandKind, EventKind, OrderType, RejectReason, Side, TimeInForce
from exchange.units import MONEY_MAX
from tests.funded import F27, G27, HIGH, LOW, MARK, RICH, SPREAD, TERM, Funded

BOOKS = (F27, G27, TERM)
SIDES = st.sampled_from(list(Side))
PRICES = st.integers(LOW, HIGH) | st.sampled_from([LOW, HIGH])
FILLS = st.lists(
    st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from([F27, F27, G27, SPREAD]), SIDES, PRICES, st.integers(1, 30)),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(FILLS)
@pytest.mark.rule("MARGIN-015")
def test_no_sequence_of_fills_at_any_prices_turns_gains_into_funds(
    fills: list[tuple[int, int, Side, int, int]],
) -> None:
    """Whatever the accounts own, they can use what they have paid in and no more; reported free margin is what can be
    paid out, to the mill."""
    market = Funded()
    paid_in = {number: 3_000_000 * number for number in (1, 2, 3)}
    for number, mills in paid_in.items():
        market.account(number, mills)
    for account, book, side, price, lots in fills:
        price = price - MARK if book == SPREAD else price
        market.new(1 + account % 3, Side(1 - side), lots, price, book)
        market.new(account, side, lots, price, book, tif=TimeInForce.IOC)
        for number, mills in paid_in.items():
            assert market.free(number) + market.held(number) <= mills, "what is used and what is free was paid in"
    for number in paid_in:
        free = market.free(number)
        assert market.row(CommandKind.WITHDRAW, account=number, amount_mills=max(free, 0) + 1) == ["REFUSED RISK"]
        assert free <= 0 or market.row(CommandKind.WITHDRAW, account=number, amount_mills=free) == ["CASH"]
        assert market.free(number) == min(free, 0)


@st.composite
def closing_orders(draw: st.DrawFn, side: Side, lots: int, mark: int) -> list[dict[str, Any]]:
    """NEWs of every kind that close a position of so many lots between them, at any price of the day."""
    orders = []
    while lots:
        part = draw(st.integers(1, lots))
        lots -= part
        price = mark + draw(st.integers(LOW - MARK, HIGH - MARK))
        way: dict[str, Any] = draw(
            st.sampled_from(
                [
                    {"tif": TimeInForce.GTC},
                    {"tif": TimeInForce.DAY, "display_lots": 1},
                    {"tif": TimeInForce.GTC, "order_type": OrderType.STOP_LIMIT, "trigger": price},
                    {"tif": TimeInForce.DAY, "order_type": OrderType.STOP, "trigger": price},
                    {"quote": True},
                    {"replaced": True},
                ]
            )
        )
        orders.append({"side": side, "lots": part, "price": price, **way})
    return orders


@settings(max_examples=60, deadline=None)
@given(st.data())
@pytest.mark.rule("MARGIN-016")
def test_an_account_with_any_funds_and_any_loss_can_close_its_positions(data: st.DataObject) -> None:
    market = Funded(taker_fee=data.draw(st.sampled_from([0, 2, 10_000])))
    market.account(1, 10**15)
    held = {book: data.draw(st.integers(-12, 12), f"lots of {book}") for book in BOOKS}
    for book, lots in held.items():
        if lots:
            side = Side.BUY if lots > 0 else Side.SELL
            market.trade(1, side, abs(lots), data.draw(PRICES), book)
    left = data.draw(st.integers(0, 10**7), "mills left")
    taken = market.free(1) - left
    assert taken <= 0 or market.row(CommandKind.WITHDRAW, account=1, amount_mills=taken) == ["CASH"]
    mark = MARK + data.draw(st.integers(-1_000, 1_000), "new mark")
    market.settle(mark, *BOOKS)
    for book, lots in held.items():
        side = Side.SELL if lots > 0 else Side.BUY
        for number, order in enumerate(data.draw(closing_orders(side, abs(lots), mark))):
            _close(market, book, number, **order)
        assert market.new(1, side, 1, mark, book) != "ACK" or market.free(1) >= 0, "one lot more opens"
    market.pair.compare_accounts()


def _close(market: Funded, book: int, number: int, side: Side, lots: int, price: int, **way: Any) -> None:
    """Enter what closes: as a NEW, as a quote, or by a replace of a smaller order at another price."""
    if way.pop("quote", False):
        if any(order.order_type == OrderType.QUOTE and order.instrument == book for order in working(market)):
            assert market.new(1, side, lots, price, book) == "ACK"
            return
        sides = {"price": price, "lots": lots} if side == Side.BUY else {"trigger": price, "minimum_lots": lots}
        assert market.row(CommandKind.QUOTE, account=1, instrument=book, **sides)[0] == "ACK"
    elif way.pop("replaced", False):
        name = {"client_order_id_0": 1 + book, "client_order_id_1": 1 + number}
        assert market.new(1, side, 1, price, book, **name) == "ACK"
        told = market.row(CommandKind.REPLACE, account=1, lots=lots, flags=int(CommandFlag.KEEP_PRICE), **name)
        assert told[0] == "RPL"
    else:
        assert market.new(1, side, lots, price, book, **way) == "ACK"


def working(market: Funded) -> list[Any]:
    return market.pair.reference.working(1)


AMOUNTS = st.one_of(
    st.integers(1, 10**15),
    st.sampled_from([10**15, MONEY_MAX // 3, MONEY_MAX - 1, MONEY_MAX, MONEY_MAX + 1, 2**62, 2**63 - 1]),
    st.sampled_from([0, -1, -(10**15), -(2**63)]),
    st.integers(-(2**63), 2**63 - 1),
)
MOVES = st.lists(
    st.tuples(st.sampled_from([CommandKind.DEPOSIT, CommandKind.WITHDRAW]), st.integers(1, 4), AMOUNTS), max_size=40
)


@settings(max_examples=80, deadline=None)
@given(MOVES)
@pytest.mark.rule("SPEC-004", "INV-018")
def test_no_amounts_paid_in_and_out_carry_money_out_of_its_bounds(moves: list[tuple[CommandKind, int, int]]) -> None:
    market = Funded()
    cash, total = dict.fromkeys(range(1, 5), 0), 10**15  # RICH's
    for number in cash:
        market.account(number)
    for kind, number, amount in moves:
        (told,) = market.events(kind, account=number, price=amount)
        out = kind == CommandKind.WITHDRAW
        most = cash[number] if out else MONEY_MAX - total
        if 1 <= amount <= most:
            assert told.kind == EventKind.CASH_MOVED and told.amount_mills == (-amount if out else amount)
            cash[number] += told.amount_mills
            total += 0 if out else amount
        else:
            beyond = RejectReason.INSUFFICIENT_MARGIN if out else RejectReason.FULL
            assert (told.kind, told.reason) == (
                EventKind.COMMAND_REFUSED,
                beyond if amount > 0 else RejectReason.BAD_QTY,
            )
        assert market.free(number) == cash[number]
    market.pair.reference.clearing.check()
    assert market.free(RICH) == 10**15
