"""Price-time matching, one step at a time: a fill, or what becomes of the remainder."""

import numpy as np

from exchange.book.index import order_hash
from exchange.book.levels import available_lots, best_row, crosses
from exchange.codes import CancelReason, OrderState, TimeInForce
from exchange.engine.dry_run import executable_lots
from exchange.engine.featured import match_featured
from exchange.engine.look_ahead import ask_for_order, ask_for_owner
from exchange.engine.orders import forget_order, rest_order, take_out
from exchange.engine.self_match import is_own, prevent_self_match
from exchange.engine.trades import trade_lots
from exchange.engine.validate import FOK, OPEN, is_immediate
from exchange.kernel import kernel, leaf_kernel

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
    if order.smp_id != 0 or book.features != 0:
        found = executable_lots(state, book, order)
    else:
        found = available_lots(state, book, np.int64(order.side), np.int64(order.price), wanted)
    return 0 if found >= wanted else reason


@leaf_kernel
def match_once(state, out, slot):
    """One fill against the oldest order at the best opposite price (MATCH-001, MATCH-002). False: no more to do."""
    order = state.orders[slot]
    book = state.books[order.book]
    side = np.int64(order.side)
    if book.features != 0:
        return match_featured(state, out, slot)
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


@leaf_kernel
def start_order(state, out, slot, minimum_lots):
    """An order comes to its book: it is killed by a condition, rests, or returns True and is to be matched."""
    order = state.orders[slot]
    book = state.books[order.book]
    reason = unmet_condition(state, book, order, minimum_lots)
    if reason != 0:
        take_out(state, out, slot, reason)
    elif book.phase == OPEN and (book.features != 0 or crosses(book, np.int64(order.side), np.int64(order.price))):
        return True
    elif is_immediate(order.tif):
        settle_remainder(state, out, slot)
    else:
        rest_order(state, out, slot)
    return False


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
