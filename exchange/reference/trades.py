"""Trades: the fills of both orders, their fees and positions, and the effects of the print."""

from exchange.codes import ComboKind, EventFlag, EventKind, Liquidity, OrderState, OrderType
from exchange.reference.book import Order, opposite
from exchange.reference.clearing import Instrument
from exchange.reference.market import Market
from exchange.reference.orders import end_order
from exchange.reference.protection import count_fill, pull_tripped
from exchange.reference.stops import elect


def trade(market: Market, first: Order, second: Order, price: int, lots: int, liquidity: Liquidity) -> None:
    """Trade two orders (INV-002).

    first, second   resting order and aggressor; in an uncross buyer and seller
    liquidity       MAKER, or AUCTION in an uncross
    """
    market.trades += 1
    note_print(market, first.instrument, price, lots)
    for order in (first, second):
        taker = order is second and liquidity == Liquidity.MAKER
        fill(market, order, price, lots, Liquidity.TAKER if taker else liquidity)
    for order in (first, second):
        if not order.leaves_lots and (order is first or liquidity == Liquidity.AUCTION):
            end_order(market, order)
    pull_tripped(market)


def note_print(market: Market, index: int, price: int, lots: int) -> None:
    """Make a price the book's last price, add it to the closing window (SETTLE-001) and the look-back windows
    (BAND-005), and elect stops (STOP-004)."""
    book = market.books[index]
    book.volume_lots += lots
    start_ns, end_ns = market.window_ns
    if start_ns <= market.stamp_source.time_ns < end_ns:
        book.window_lots += lots
        book.window_tick_lots += price * lots
    origin, book.last_tick = book.last_tick, price
    market.guards[index].note_print(price, market.stamp_source.time_ns)
    elect(market, index, price, origin)


def fill(
    market: Market,
    order: Order,
    price: int,
    lots: int,
    role: Liquidity,
    leg_ticks: list[int] | None = None,
    flags: int = 0,
) -> None:
    """Fill one order: change its lots, book positions and the fee, and emit FILL.

    leg_ticks   prices of a combination's legs if these have traded too; None: computed
    flags       EventFlag; INTERNAL: there is no fee (SMP-010)
    """
    instrument, book = market.clearing.instruments[order.instrument], market.books[order.instrument]
    if role == Liquidity.MAKER and order.order_type == OrderType.QUOTE:
        count_fill(market, order, lots)
    residual = 0
    if leg_ticks is None:
        last_ticks = {index: other.last_tick for index, other in market.books.items()}
        leg_ticks, residual = market.clearing.leg_prices(instrument, price, last_ticks)
    market.clearing.book_fill(order, instrument, lots, leg_ticks, residual)
    for leg, _ in instrument.legs:
        if (order.account, leg) not in market.changed_positions:
            market.changed_positions.append((order.account, leg))
    order.leaves_lots -= lots
    order.shown_lots -= min(lots, order.shown_lots)
    order.filled_lots += lots
    order.value_tick_lots += price * lots
    rested = order.resting
    if rested and not order.leaves_lots:
        book.remove(order)
    is_internal = flags & EventFlag.INTERNAL
    market.order_event(
        EventKind.FILL, order, trade_tick=price, lots=lots, liquidity=role, trade_id=market.trades,
        fee_mills=0 if is_internal else market.clearing.charge_fee(order.account, instrument, role, lots),
        level_lots=book.level_lots(order.side, order.price) if rested else 0, level_tick=order.price,
        state=OrderState.OPEN if order.leaves_lots else OrderState.FILLED, flags=flags,
    )  # fmt: skip
    if instrument.combo != ComboKind.OUTRIGHT:
        _report_legs(market, order, instrument, lots, leg_ticks)


def _report_legs(market: Market, order: Order, instrument: Instrument, lots: int, leg_ticks: list[int]) -> None:
    """Report the price of each leg of a combination's fill; all have the number of the fill (SETTLE-012)."""
    for (leg, sign), tick in zip(instrument.legs, leg_ticks, strict=True):
        market.emit(
            EventKind.LEG_FILLED, account=order.account, instrument=leg, order_id=order.order_id,
            side=order.side if sign > 0 else opposite(order.side), trade_id=market.trades, trade_tick=tick, lots=lots,
            account_sequence=market.clearing.accounts[order.account].sequence,
        )  # fmt: skip


def report_positions(market: Market) -> None:
    """Report every position that the command's fills have changed; an account's last report includes its margin."""
    for number, (account_number, index) in enumerate(market.changed_positions):
        account = market.clearing.accounts[account_number]
        last = all(other != account_number for other, _ in market.changed_positions[number + 1 :])
        position, mark_tick = account.positions[index], market.clearing.marks[index]
        sequence = market.next_number(account_number)
        if last:
            market.next_number(account_number)
        market.emit(
            EventKind.POSITION_CHANGED, account=account_number, instrument=index, mark_tick=mark_tick,
            position_lots=position.lots, open_value_tick_lots=position.open_value_tick_lots,
            account_sequence=sequence, flags=EventFlag.MARGIN if last else 0,
            margin_held_mills=market.initial_margin_mills(account), required_mills=account.required_mills,
            equity_mills=market.clearing.equity_mills(account),
            unpaid_gain_mills=market.clearing.equity_mills(account) - market.clearing.funds_mills(account),
        )  # fmt: skip
    market.changed_positions = []
