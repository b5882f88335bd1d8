"""A NEW comes in: checked, written, told, counted; one that meets nobody also rests at once."""

import numpy as np

from exchange.book.expiry import GTD, keep_expiry
from exchange.book.index import LOW_32, SHIFT_32, add_client_order, has_client_order_id
from exchange.book.layout import ORDER
from exchange.book.levels import crosses, link_slot
from exchange.book.slots import take_slot
from exchange.book.stops import is_stop
from exchange.clearing.margin import change_working, loss_per_lot
from exchange.clearing.positions import open_positions, own_position
from exchange.codes import BookFeature, CommandFlag, EventKind, OrderState, OrderType, TimeInForce
from exchange.engine.emit import next_in_stream, order_words, refuse, same_codes, tell_order, tell_prices
from exchange.engine.orders import append_to_account
from exchange.engine.risk import RISK, tell_money
from exchange.engine.short_way import take_short_way
from exchange.engine.validate import (
    BAND,
    CODES,
    NONE,
    check_entry,
    check_terms,
    entry_tick,
    owner_smp_id,
    price_range,
)
from exchange.kernel import copy_bytes, kernel, leaf_kernel, put_word, word_at
from exchange.records import CLIENT_ORDER_ID_BYTES, COMMAND, ROW_BYTES, code_word, place_in

LIMIT = np.int64(OrderType.LIMIT)
IOC = np.int64(TimeInForce.IOC)
ACK = np.uint64(EventKind.ACK)
RST = np.uint64(EventKind.RST)
REJ = np.int64(EventKind.REJ)
ASKS_MORE = np.int64(BookFeature.IMPLIED | BookFeature.PRO_RATA)  # of an order that only rests
NEW_FLAGS = int(CommandFlag.NO_COD | CommandFlag.REJECT_IF_ELECTED | CommandFlag.TIGHTEN)

# Places in rows. What COMMAND and ORDER have in the same place is copied.
ORDER_CODES = place_in(ORDER, "resting")
OWNER, BOOK_AND_PRICE, POSITION = (place_in(ORDER, name) for name in ("account", "book", "position"))
SHOWN_LOTS, FILLED_LOTS, DISPLAY_LOTS = (place_in(ORDER, f"{which}_lots") for which in ("shown", "filled", "display"))
CLIENT_ORDER_ID = place_in(ORDER, "client_order_id_0")
CLIENT_ORDER_ID_END = CLIENT_ORDER_ID + CLIENT_ORDER_ID_BYTES
EXPIRY = place_in(ORDER, "expiry_ns")
COPIED = ("account", "session", "client_order_id_0", "client_order_id_1", "client_order_id_2", "expiry_ns", "tag")
assert all(place_in(ORDER, name) == place_in(COMMAND, name) for name in COPIED)
# Two fields of four bytes that are written as one word.
PAIRS = (
    ("account", "session"), ("book", "price"), ("position", "smp_id"), ("shown_lots", "leaves_lots"),
    ("filled_lots", "order_lots"), ("display_lots", "trigger"),
)  # fmt: skip
assert all(place_in(ORDER, second) == place_in(ORDER, first) + 4 for first, second in PAIRS)

# Codes of a COMMAND that an ORDER has so many bytes further on, or back.
SIDE_CODE = code_word(COMMAND, "kind", side=0xFF)
SMP_CODE = code_word(COMMAND, "kind", smp_mode=0xFF)
TYPE_AND_TIF = code_word(COMMAND, "kind", order_type=0xFF, tif=0xFF)
POST_AND_FLAGS = code_word(COMMAND, "kind", post_only=0xFF, flags=NEW_FLAGS)
PENDING_CODE = code_word(ORDER, "resting", state=int(OrderState.PENDING))
OPEN_CODE = code_word(ORDER, "resting", state=int(OrderState.OPEN))
SHIFT_8 = np.uint64(8)
MOVES = {"side": 1, "order_type": 4, "tif": 4, "post_only": -1, "flags": -1, "smp_mode": -4}  # bytes, by `_order_codes`
CODES_MOVE = place_in(ORDER, "resting") - place_in(COMMAND, "kind")
assert all(place_in(ORDER, name) == place_in(COMMAND, name) + move + CODES_MOVE for name, move in MOVES.items())


@leaf_kernel
def _two_halves(low, high):
    """Two fields of four bytes as one word."""
    return (np.uint64(low) & LOW_32) | (np.uint64(high) << SHIFT_32)


@leaf_kernel
def _order_codes(command):
    """The codes of a fresh order, moved from where its NEW has them: eight bytes at once."""
    codes = word_at(command, CODES)
    status = PENDING_CODE if is_stop(command.order_type) else OPEN_CODE
    forward = ((codes & TYPE_AND_TIF) << SHIFT_32) | ((codes & SIDE_CODE) << SHIFT_8)
    back = ((codes & POST_AND_FLAGS) >> SHIFT_8) | ((codes & SMP_CODE) >> SHIFT_32)
    return forward | back | status


@leaf_kernel
def _write_order(state, order, command, tick, position, rests):
    """Fill a fresh row from its NEW, in words. `tick`: its `entry_tick`; `position`: as ORDER says."""
    lots = np.int64(command.lots)
    state.entry += 1
    state.stamp += 1
    order.entry = state.entry
    order.stamp = state.stamp
    put_word(order, ORDER_CODES, _order_codes(command) | np.uint64(rests))
    put_word(order, OWNER, word_at(command, OWNER))
    put_word(order, BOOK_AND_PRICE, _two_halves(np.int64(command.instrument), tick))
    put_word(order, POSITION, _two_halves(position, owner_smp_id(state, command)))
    copy_bytes(order, command, CLIENT_ORDER_ID, CLIENT_ORDER_ID_END)
    put_word(order, SHOWN_LOTS, _two_halves(lots * rests, lots))
    put_word(order, FILLED_LOTS, _two_halves(0, lots))
    put_word(order, DISPLAY_LOTS, _two_halves(np.int64(command.display_lots), command.trigger))
    order.value_tick_lots = 0
    copy_bytes(order, command, EXPIRY, ROW_BYTES)


@kernel
def check_new(state, command, word):
    """The reason a NEW is refused for, the account's position in its book (0: none yet), its `entry_tick`.

    word  its `order_hash`
    """
    reason, row, tick = check_entry(state, command), np.int64(0), np.int64(0)
    if reason == NONE:
        index = np.int64(command.instrument)
        book = state.books[index]
        row = own_position(state, np.int64(command.account), index)
        tick = entry_tick(state, book, command)
        reason = check_terms(state, command, book, row, word, tick)
    return reason, row, tick


@kernel
def _refuse_new(state, out, command, reason, tick):
    """REJ; beside the reason it says what would have been in order: prices, or money. `tick`: the `entry_tick`."""
    row = refuse(state, out, REJ, command, reason)
    if reason != BAND and reason != RISK:
        return
    book = state.books[np.int64(command.instrument)]
    side, lots = np.int64(command.side), np.int64(command.lots)
    if reason == RISK:
        loss = lots * loss_per_lot(book, side, tick)
        tell_money(state, row, np.int64(command.account), book, side, lots, loss)
    elif command.order_type == LIMIT:
        lowest, highest = price_range(book, side)
        tell_prices(row, lowest, highest)
    else:
        tell_prices(row, np.int64(book.low_tick), np.int64(book.high_tick))


@kernel
def _take_long_way(state, out, command, word):
    """The checks of a NEW one by one, and REJ if it fails one. As `take_short_way`, and its `entry_tick`."""
    reason, row, tick = check_new(state, command, word)
    if reason != NONE:
        _refuse_new(state, out, command, reason, tick)
        return False, row, tick, np.int64(0)
    book = state.books[np.int64(command.instrument)]
    return True, row, tick, np.int64(command.lots) * loss_per_lot(book, np.int64(command.side), tick)


@leaf_kernel
def _rests_at_once(book, command, side, tick):
    """Whether an order that has come the short way, into an OPEN book, meets nobody and just joins its queue."""
    return command.tif != IOC and book.features & ASKS_MORE == 0 and not crosses(book, side, tick)


@leaf_kernel
def enter_order(state, out, command, word, position_word):
    """NEW: ACK, or REJ and 0. Returns the order's slot, 0 too if it rests already and RST is told.

    word, position_word  as `take_short_way` says
    """
    accepted, row, loss = take_short_way(state, command, word, position_word)
    account, side, tick = np.int64(command.account), np.int64(command.side), np.int64(command.price)
    rests = False
    if accepted:
        rests = _rests_at_once(state.books[np.int64(command.instrument)], command, side, tick)
    else:
        accepted, row, tick, loss = _take_long_way(state, out, command, word)
        if not accepted:
            return np.int64(0)
    index, lots = np.int64(command.instrument), np.int64(command.lots)
    book = state.books[index]
    row = open_positions(state, account, row, book)
    slot = take_slot(state)
    level_lots = link_slot(state, book, slot, index, side, tick, lots, np.int64(0)) if rests else np.int64(0)
    order = state.orders[slot]
    _write_order(state, order, command, tick, row, rests)
    words, codes = order_words(order), same_codes(order)
    number = next_in_stream(state, account)
    tell_order(state, out, words, codes | ACK, np.int64(0), lots, np.int64(0), command.request_id, number)
    if rests:
        tell_order(state, out, words, codes | RST, lots, lots, level_lots, 0, 0)
    if has_client_order_id(command):
        add_client_order(state, slot, word)
    if command.tif == GTD:
        keep_expiry(state, slot)
    append_to_account(state, account, slot, np.int64(command.session))
    change_working(state, account, row, book, side, lots, loss)
    return np.int64(0) if rests else slot
