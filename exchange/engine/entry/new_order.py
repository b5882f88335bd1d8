"""NEW: checks an order, writes its row, acknowledges it and counts it as working.

A plain order that cannot trade at once joins its queue here, and one ACK with the flag RESTS reports both.
`engine.apply` gets the slot of any other accepted order, to match it, keep it as a stop, or rest it.
"""

import numpy as np

from exchange.book.expiry import is_over, keep_expiry
from exchange.book.index import LOW_32, SHIFT_32, ZERO, add_client_order, find_hashed, has_client_order_id
from exchange.book.layout import ORDER
from exchange.book.levels import link_at
from exchange.book.slots import take_slot
from exchange.clearing.margin import add_working, loss_per_lot
from exchange.clearing.positions import make_position, open_positions, own_position
from exchange.codes import CommandFlag, EventFlag, EventKind, OrderState
from exchange.engine.emit import (
    LEVEL_LOTS,
    LOTS,
    SHARED_CODES,
    TOTALS,
    code_word,
    next_in_stream,
    next_row,
    refuse,
    write_price_range,
)
from exchange.engine.entry.duplicates import has_same_content, repeat_order
from exchange.engine.entry.fast_path import take_fast_path
from exchange.engine.entry.limit_price import entry_tick
from exchange.engine.entry.plain_order import CODES, is_immediate_limit, is_plain
from exchange.engine.entry.price_range import price_range
from exchange.engine.entry.validate import check_entry, check_terms
from exchange.engine.orders import append_to_account
from exchange.engine.predicates import is_immediate, is_stop, owner_smp_id
from exchange.engine.risk import recompute_scans_if_short, write_money
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    EVENT_ORDER_ACCEPTED,
    EVENT_ORDER_REJECTED,
    ORDER_LIMIT,
    REJECT_BAND,
    REJECT_DUP_ID,
    REJECT_INSUFFICIENT_MARGIN,
    REJECT_NONE,
    TIF_GTD,
)
from exchange.machine import NO_SOURCE, copy_bytes, likely, move_bytes, put_word, word_at
from exchange.records import CLIENT_ORDER_ID_BYTES, COMMAND, EVENT, ROW_BYTES, place_in

ACK = np.uint64(EVENT_ORDER_ACCEPTED)
ACK_RESTS = code_word(EVENT, "kind", kind=int(EventKind.ORDER_ACCEPTED), flags=int(EventFlag.RESTS))
NEW_FLAGS = int(CommandFlag.NO_COD | CommandFlag.REJECT_IF_ELECTED | CommandFlag.TIGHTEN | CommandFlag.LIQUIDATION)

# Offsets of fields in ORDER rows. Fields at the same offset in COMMAND, ORDER and EVENT are copied.
ORDER_CODES = place_in(ORDER, "resting")
OWNER, BOOK_AND_PRICE, POSITION = (place_in(ORDER, name) for name in ("account", "book", "position"))
SHOWN_LOTS, FILLED_LOTS, DISPLAY_LOTS = (place_in(ORDER, f"{which}_lots") for which in ("shown", "filled", "display"))
CLIENT_ORDER_ID = place_in(ORDER, "client_order_id_0")
CLIENT_ORDER_ID_END = CLIENT_ORDER_ID + CLIENT_ORDER_ID_BYTES
EXPIRY = place_in(ORDER, "expiry_ns")
COPIED = ("account", "session", "client_order_id_0", "client_order_id_1", "client_order_id_2")
assert all(place_in(ORDER, name) == place_in(COMMAND, name) == place_in(EVENT, name) for name in COPIED)
assert all(place_in(ORDER, name) == place_in(COMMAND, name) for name in ("expiry_ns", "tag"))
assert all(place_in(EVENT, name) == place_in(COMMAND, name) for name in ("sequence", "time_ns", "kind", "instrument"))
# Pairs of four-byte fields that are written as one word.
PAIRS = (
    ("account", "session"), ("book", "price"), ("position", "smp_id"), ("shown_lots", "leaves_lots"),
    ("filled_lots", "order_lots"), ("display_lots", "trigger"),
)  # fmt: skip
assert all(place_in(ORDER, second) == place_in(ORDER, first) + 4 for first, second in PAIRS)

# For `move_bytes`: which one-byte field of a NEW becomes which one-byte field of its ORDER.
CODES_OF_ORDER = ("resting", "smp_mode", "side", "post_only", "state", "flags", "order_type", "tif")
assert [place_in(ORDER, name) - ORDER_CODES for name in CODES_OF_ORDER] == list(range(8))
FROM_NEW = {name: place_in(COMMAND, name) - CODES for name in CODES_OF_ORDER if name not in ("resting", "state")}
CODE_SOURCES = sum(FROM_NEW.get(name, NO_SOURCE) << 8 * place for place, name in enumerate(CODES_OF_ORDER))
KEPT_CODES = code_word(ORDER, "resting", **dict.fromkeys(CODES_OF_ORDER, 0xFF) | {"flags": NEW_FLAGS})
PENDING_CODE = code_word(ORDER, "resting", state=int(OrderState.PENDING))
OPEN_CODE = code_word(ORDER, "resting", state=int(OrderState.OPEN))
EXPIRED_CODE = code_word(ORDER, "resting", state=int(OrderState.EXPIRED))
RESTING_CODES = code_word(ORDER, "resting", state=int(OrderState.OPEN), resting=1)


@leaf_kernel
def _join_halves(low, high):
    """One word of two four-byte fields."""
    return (np.uint64(low) & LOW_32) | (np.uint64(high) << SHIFT_32)


@leaf_kernel
def _order_codes(command, status):
    """The eight one-byte fields of a new ORDER as one word, from those of its NEW.

    status  the fields `state` and `resting`, as a word with all others 0
    """
    return move_bytes(word_at(command, CODES), CODE_SOURCES) & KEPT_CODES | status


@leaf_kernel
def _write_order(state, order, command, codes, price_word, position, smp_id, shown_lots, display_and_trigger_word):
    """Write the ORDER row of a NEW, word by word, with the next entry number and stamp.

    codes                     result of `_order_codes`
    price_word                book and `entry_tick`, as one word
    position                  row of its owner's position, 0 for a combination
    display_and_trigger_word  display and trigger, as one word; 0 for most orders
    """
    lots = np.int64(command.lots)
    state.entry_number += 1
    state.stamp += 1
    order.entry_number = state.entry_number
    order.stamp = state.stamp
    put_word(order, ORDER_CODES, codes)
    put_word(order, OWNER, word_at(command, OWNER))
    put_word(order, BOOK_AND_PRICE, price_word)
    put_word(order, POSITION, _join_halves(position, smp_id))
    copy_bytes(order, command, CLIENT_ORDER_ID, CLIENT_ORDER_ID_END)
    put_word(order, SHOWN_LOTS, _join_halves(shown_lots, lots))
    put_word(order, FILLED_LOTS, _join_halves(0, lots))
    put_word(order, DISPLAY_LOTS, display_and_trigger_word)
    order.value_tick_lots = 0
    copy_bytes(order, command, EXPIRY, ROW_BYTES)


@leaf_kernel
def _emit_ack(out, command, codes, price_word, order_id, shown_lots, level_lots, number):
    """Emit the ACK of a new order. Returns the row.

    It copies from the NEW, not from the ORDER row: that has just been written in pieces, and a wide load of it would
    wait for these stores.

    codes                   one-byte fields of the ACK, its flags included
    price_word              book and `entry_tick`, as one word
    shown_lots, level_lots  of an order that rests at once, else 0
    number                  number in its account's stream
    """
    lots = np.int64(command.lots)
    row = next_row(out)
    copy_bytes(row, command, 0, BOOK_AND_PRICE)
    put_word(row, ORDER_CODES, codes)
    put_word(row, BOOK_AND_PRICE, price_word)
    row.order_id = order_id
    row.reference = command.request_id
    copy_bytes(row, command, CLIENT_ORDER_ID, CLIENT_ORDER_ID_END)
    put_word(row, LOTS, _join_halves(shown_lots, lots))
    put_word(row, TOTALS, _join_halves(0, lots))
    put_word(row, LEVEL_LOTS, np.uint64(level_lots))
    row.value_tick_lots = 0
    row.account_sequence = number
    row.amount_mills = 0
    return row


@kernel
def check_new(state, command, key_hash):
    """Check a NEW on the slow path. Nothing is written.

    key_hash  its `order_hash`
    returns   RejectReason, NONE if it is accepted; row of the account's position, 0 none yet; its `entry_tick`
    """
    reason, row, tick = check_entry(state, command), np.int64(0), np.int64(0)
    if reason == REJECT_NONE:
        index = np.int64(command.instrument)
        book = state.books[index]
        row = own_position(state, np.int64(command.account), index)
        tick = entry_tick(state, book, command)
        reason = check_terms(state, command, book, row, key_hash, tick)
    return reason, row, tick


@kernel
def _refuse_new(state, out, command, key_hash, reason, tick):
    """Emit a REJ. For BAND it has the range of allowed prices, for RISK the margin needed and the free margin, for
    DUP_ID of a repeated order the live order.

    key_hash, tick  `order_hash` and `entry_tick` of the NEW
    """
    if reason == REJECT_DUP_ID:
        first, second, third = command.client_order_id_0, command.client_order_id_1, command.client_order_id_2
        live = state.orders[find_hashed(state, key_hash, np.int64(command.account), first, second, third)]
        if has_same_content(live, command):
            repeat_order(state, out, command, live)
            return
    row = refuse(state, out, EVENT_ORDER_REJECTED, command, reason)
    if reason != REJECT_BAND and reason != REJECT_INSUFFICIENT_MARGIN:
        return
    book = state.books[np.int64(command.instrument)]
    side, lots = np.int64(command.side), np.int64(command.lots)
    if reason == REJECT_INSUFFICIENT_MARGIN:
        loss = lots * loss_per_lot(book, side, tick)
        write_money(state, row, np.int64(command.account), book, side, lots, loss)
    elif command.order_type == ORDER_LIMIT:
        lowest, highest = price_range(book, side)
        write_price_range(row, lowest, highest)
    else:
        write_price_range(row, np.int64(book.low_tick), np.int64(book.high_tick))


@kernel
def _take_slow_path(state, out, command, key_hash):
    """Check a NEW reason by reason. Emits REJ if there is a reason to refuse it.

    returns  whether it is accepted; row of the account's position, 0 none yet; its `entry_tick`; most that its lots
             can lose, mills
    """
    reason, row, tick = check_new(state, command, key_hash)
    if reason != REJECT_NONE:
        _refuse_new(state, out, command, key_hash, reason, tick)
        return False, row, tick, np.int64(0)
    book = state.books[np.int64(command.instrument)]
    return True, row, tick, np.int64(command.lots) * loss_per_lot(book, np.int64(command.side), tick)


@leaf_kernel
def enter_order(state, out, command, key_hash, position):
    """Check a NEW and write its order. Emits ACK or REJ.

    Returns the slot of an order that the caller has to match, keep as a stop, or rest. Returns 0 if nothing is left to
    do: the order was refused, or it rests already, which its ACK says with the flag RESTS.

    key_hash  the command's `order_hash`
    position  POSITION row to try first for the account, or POSITION_UNKNOWN
    """
    place, row, loss, entry_index = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    plain = is_plain(command)
    if likely(plain) or is_immediate_limit(command):
        place, level_row, row, loss, entry_index, only_rests = take_fast_path(state, command, key_hash, position)
        if likely(only_rests) and likely(plain):
            _enter_resting(state, out, command, key_hash, place, level_row, row, loss, entry_index)
            return np.int64(0)
    return _enter(state, out, command, key_hash, place, row, loss, entry_index)


@leaf_kernel
def _first_state(command):
    """First state of an order, as a word for `_order_codes`."""
    return PENDING_CODE if is_stop(command.order_type) else OPEN_CODE


@kernel
def _enter(state, out, command, key_hash, place, row, loss, entry_index):
    """The part of `enter_order` for an order that does not only rest.

    place, row, loss, entry_index  results of `take_fast_path`; if `place` is 0, the order takes the slow path here
    """
    account, side, tick = np.int64(command.account), np.int64(command.side), np.int64(command.price)
    if place == 0:
        accepted, row, tick, loss = _take_slow_path(state, out, command, key_hash)
        if not accepted:
            return np.int64(0)
    index, lots = np.int64(command.instrument), np.int64(command.lots)
    book = state.books[index]
    row = open_positions(state, account, row, book)
    slot = take_slot(state)
    order = state.orders[slot]
    over = is_over(state, command.tif, command.expiry_ns)
    codes = _order_codes(command, EXPIRED_CODE if over else _first_state(command))
    smp_id = owner_smp_id(command, state.accounts[account])
    display_and_trigger_word = _join_halves(np.int64(command.display_lots), command.trigger)
    _write_order(state, order, command, codes, _join_halves(index, tick), row, smp_id, 0, display_and_trigger_word)
    number = next_in_stream(state, account)
    ack = _emit_ack(out, command, codes & SHARED_CODES | ACK, _join_halves(index, tick), order.order_id, 0, 0, number)
    if over:
        ack.leaves_lots = 0
    if not is_immediate(command.tif):
        if has_client_order_id(command):
            add_client_order(state, slot, key_hash, entry_index)
        append_to_account(state, account, slot, np.int64(command.session))
    if command.tif == TIF_GTD:
        keep_expiry(state, slot)
    add_working(state, account, row, book, side, lots, loss)
    if place == 0:
        recompute_scans_if_short(state, account)
    return slot


@leaf_kernel
def _enter_resting(state, out, command, key_hash, place, level_row, row, loss, entry_index):
    """The part of `enter_order` for a plain order that only rests: put it into its queue. Emits ACK with RESTS."""
    account, index, side = np.int64(command.account), np.int64(command.instrument), np.int64(command.side & 1)
    lots, tick, session = np.int64(command.lots), command.price, np.int64(command.session)
    book, account_row = state.books[index], state.accounts[account]
    if row == 0:
        row = make_position(state, account, index)
    account_row.recent_position = row
    slot = take_slot(state)
    order = state.orders[slot]
    codes, price_word = _order_codes(command, RESTING_CODES), _join_halves(index, tick)
    _write_order(state, order, command, codes, price_word, row, owner_smp_id(command, account_row), lots, ZERO)
    level_lots = link_at(state, book, slot, index, side, place, level_row, lots, np.int64(0))
    number = next_in_stream(state, account)
    _emit_ack(out, command, codes & SHARED_CODES | ACK_RESTS, price_word, order.order_id, lots, level_lots, number)
    if has_client_order_id(command):
        add_client_order(state, slot, key_hash, entry_index)
    append_to_account(state, account, slot, session)
    add_working(state, account, row, book, side, lots, loss)
