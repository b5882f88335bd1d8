"""Price-time matching, one step at a time: a fill, or what becomes of the remainder."""

import numpy as np

from exchange.book.index import order_hash
from exchange.book.levels import available_lots, best_row, crosses, reduce_order, unlink_order
from exchange.clearing.fills import clear_fill
from exchange.codes import CancelReason, EventKind, Liquidity, OrderState, TimeInForce
from exchange.engine.emit import next_in_stream, order_event
from exchange.engine.look_ahead import ask_for_order, ask_for_owner
from exchange.engine.orders import forget_order, refresh_order, rest_order, take_out
from exchange.engine.self_match import executable_lots, is_own, prevent_self_match
from exchange.engine.validate import FOK, OPEN, is_immediate
from exchange.kernel import kernel, leaf_kernel

FILL = np.int64(EventKind.FILL)
MAKER = np.int64(Liquidity.MAKER)
TAKER = np.int64(Liquidity.TAKER)
AUCTION = np.int64(Liquidity.AUCTION)
FILLED = np.int64(OrderState.FILLED)
IOC_REASON = np.int64(CancelReason.IOC)
FOK_REASON = np.int64(CancelReason.FOK)
MINQTY_REASON = np.int64(CancelReason.MINQTY)
FREE = np.int64(OrderState.NONE)
ORDER_FOK = np.int64(TimeInForce.FOK)


@leaf_kernel
def unmet_condition(state, book, order, minimum_lots):
    """Why a new order dies before it trades: FOK or minimum quantity not there (TIF-002 to TIF-004); 0 if it may."""
    reason = MINQTY_REASON
    wanted = np.int64(minimum_lots)
    if order.tif == FOK:
        reason = FOK_REASON
        wanted = max(wanted, np.int64(order.order_lots))
    if wanted == 0:
        return 0
    # Nothing matches outside OPEN, and an order executes at most its own lots.
    if book.phase != OPEN or wanted > order.order_lots:
        return reason
    if order.smp_id != 0:
        found = executable_lots(state, book, order)
    else:
        found = available_lots(state, book, np.int64(order.side), np.int64(order.price), wanted)
    return 0 if found >= wanted else reason


@leaf_kernel
def _record_print(state, book, price, lots):
    """Last price and the day's statistics."""
    book.last_trade_id = state.trade_id
    if book.volume_lots == 0:
        book.open_tick = price
        book.day_high = price
        book.day_low = price
    book.day_high = max(book.day_high, price)
    book.day_low = min(book.day_low, price)
    book.last_tick = price
    book.has_last = 1
    book.volume_lots += lots
    book.volume_tick_lots += price * lots


@kernel
def _fill(state, out, book, slot, lots, price, liquidity):
    """One order's part of a trade: book, clearing, FILL."""
    order = state.orders[slot]
    fee = clear_fill(state, book, order, lots, price, liquidity)
    order.filled_lots += lots
    order.value_tick_lots += price * lots
    level_lots = np.int64(0)
    if order.resting == 0:
        order.leaves_lots -= lots
    elif lots == order.leaves_lots:
        level_lots = unlink_order(state, book, slot)
        order.leaves_lots = 0
        order.shown_lots = 0
    else:
        level_lots = reduce_order(state, book, slot, lots)
    if order.leaves_lots == 0:
        order.state = FILLED
    row = order_event(state, out, FILL, order, lots, level_lots)
    row.hidden_lots = order.price  # the level that changed: an uncross trades at another price
    row.price = price
    row.liquidity = liquidity
    row.reference = state.trade_id
    row.amount_mills = fee
    row.account_sequence = next_in_stream(state, np.int64(order.account))


@leaf_kernel
def trade_lots(state, out, book, first, second, price, lots, auction):
    """Match two orders at a price: resting and aggressor, or buyer and seller of an uncross. Returns the lots.

    Orders that are filled and stood in the book are forgotten; an aggressor stays until its command is done with it.
    """
    state.trade_id += 1
    _record_print(state, book, price, lots)
    _fill(state, out, book, first, lots, price, AUCTION if auction else MAKER)
    _fill(state, out, book, second, lots, price, AUCTION if auction else TAKER)
    if state.orders[first].leaves_lots == 0:
        forget_order(state, first, order_hash(state.orders[first]))
    elif state.orders[first].shown_lots == 0 and not auction:
        refresh_order(state, out, first)
    if auction and state.orders[second].leaves_lots == 0:
        forget_order(state, second, order_hash(state.orders[second]))
    return lots


@leaf_kernel
def match_once(state, out, slot):
    """One fill against the oldest order at the best opposite price (MATCH-001, MATCH-002). False: no more to do."""
    order = state.orders[slot]
    book = state.books[order.book]
    side = np.int64(order.side)
    if order.leaves_lots == 0 or not crosses(book, side, np.int64(order.price)):
        return False
    resting = np.int64(state.levels[best_row(book, 1 - side)].head)
    if is_own(order, state.orders[resting]):
        prevent_self_match(state, out, slot, resting)
        return True
    following = np.int64(state.links[resting].newer)
    if following != 0:
        ask_for_owner(state, following)
        ask_for_order(state, np.int64(state.links[following].newer))
    maker = state.orders[resting]
    lots = min(np.int64(maker.shown_lots), np.int64(order.leaves_lots))
    trade_lots(state, out, book, resting, slot, np.int64(maker.price), lots, False)
    return True


@kernel
def settle_remainder(state, out, slot):
    """After its last fill an aggressor is gone, rests, or is cancelled (MATCH-004, TIF-001)."""
    order = state.orders[slot]
    if order.state == FREE:
        return  # self-match prevention has ended it
    if order.leaves_lots == 0:
        forget_order(state, slot, order_hash(order))
    elif is_immediate(order.tif):
        take_out(state, out, slot, FOK_REASON if order.tif == ORDER_FOK else IOC_REASON)
    else:
        rest_order(state, out, slot)
