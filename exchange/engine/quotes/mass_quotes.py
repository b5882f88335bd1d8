"""Mass quotes: a run of QUOTE rows. Each row is an entry: bid and ask of an account in one book (QUOTE-).

Each side of a quote is an order like any other. It has a key in place of a client order id, made of side and book,
which no text can be; so it is found by account and book.
"""

import numpy as np

from exchange.book.index import add_client_order, find_hashed, hash_key
from exchange.book.levels import crosses, take_hidden_first
from exchange.book.slots import slot_of, take_slot
from exchange.clearing.positions import open_positions, own_position
from exchange.engine.emit import answer_event, market_event, next_in_stream, order_event
from exchange.engine.orders import (
    append_to_account,
    cancel_remainder,
    end_matching,
    move_order,
    rest_order,
    session_bit,
    work_order,
)
from exchange.engine.predicates import known_book
from exchange.engine.quote_counts import count_quote, join_protection
from exchange.engine.quotes.protection import find_protection
from exchange.engine.quotes.quote_checks import changes_side, check_quote, quoted_lots, quoted_tick
from exchange.kernel import kernel
from exchange.kernel_codes import (
    CANCEL_USER,
    EVENT_FLAG_KEPT,
    EVENT_FLAG_LOST,
    EVENT_ORDER_ACCEPTED,
    EVENT_ORDER_REJECTED,
    EVENT_ORDER_REPLACED,
    EVENT_QUOTE_ACCEPTED,
    FEATURE_QUOTES,
    FLAG_MORE,
    MARKET_OPEN,
    ORDER_QUOTE,
    ORDER_STATE_NONE,
    ORDER_STATE_OPEN,
    ORDER_STATE_REJECTED,
    QUOTE_ENTERED,
    QUOTE_FILLED,
    QUOTE_KEPT,
    QUOTE_NONE,
    QUOTE_REMOVED,
    REJECT_NONE,
    REJECT_STATE,
    REJECT_UNKNOWN_ACCOUNT,
    SIDE_BUY,
    SIDE_SELL,
    SMP_CANCEL_RESTING,
    TIF_DAY,
)
from exchange.limits import QUOTE_ENTRIES_MAX
from exchange.records import QUOTE_KEY, QUOTE_OWNER

KEY = np.uint64(QUOTE_KEY)


@kernel
def begin_quote(state, out, command):
    """Check one entry and update its present sides. False: it is refused, with one REJ. True: the caller has to call
    `quote_once`, which enters sides that are new or have lost their priority."""
    cursor = state.cursor
    if cursor.run == 0:
        cursor.run = command.sequence
    cursor.last_sequence = command.sequence
    cursor.more = command["flags"] & FLAG_MORE
    state.sequence = cursor.run
    bid = find_side(state, np.int64(command.account), np.int64(command.instrument), SIDE_BUY)
    ask = find_side(state, np.int64(command.account), np.int64(command.instrument), SIDE_SELL)
    reason = check_quote(state, command, bid, ask)
    place = np.int64(cursor.entries)
    if place < QUOTE_ENTRIES_MAX:
        cursor.quoted_instruments[place] = command.instrument
    cursor.entries += 1
    if reason != REJECT_NONE:
        _reject(state, out, command, reason, place)
        return False
    cursor.account = command.account
    cursor.instrument = command.instrument
    cursor.session = command.session
    cursor.request_id = command.request_id
    cursor.entry_place = place
    cursor.side = SIDE_BUY
    protection = find_protection(state, np.int64(command.account), np.int64(command.protection_number))
    cursor.protection = protection
    _update_side(state, out, command, bid, SIDE_BUY)
    _update_side(state, out, command, ask, SIDE_SELL)
    return True


@kernel
def find_side(state, account, index, side):
    """Slot of an account's quote on one side of a book, 0 if there is none. `index`: the book."""
    if not known_book(state, index) or not 0 < account < state.accounts.shape[0]:
        return np.int64(0)
    first = KEY | np.uint64(side)
    second = np.uint64(index)
    third = np.uint64(0)
    return find_hashed(state, hash_key(account, first, second, third), account, first, second, third)


@kernel
def _reject(state, out, command, reason, place):
    """Emit a REJ of one entry. The present quote stays as it is (QUOTE-002). `place`: of the entry, from 0."""
    row = answer_event(state, out, EVENT_ORDER_REJECTED, command, reason)
    row.order_type = ORDER_QUOTE
    row.state = ORDER_STATE_REJECTED
    row.entry_place = place
    row.bid_tick = np.int32(min(max(command.bid_tick, -0x7FFFFFFF), 0x7FFFFFFF))
    if reason == REJECT_STATE:
        row.book_state = state.books[np.int64(command.instrument)].market_state
    if reason != REJECT_UNKNOWN_ACCOUNT:
        row.account_sequence = next_in_stream(state, np.int64(command.account))


# --- present sides


@kernel
def _update_side(state, out, command, slot, side):
    """Cancel a present side, keep it with its priority, or take it out of its queue to enter again (QUOTE-003 to 005).
    Writes the side's terms and QuoteState to the cursor.

    slot  of the present side, 0: the side is new
    """
    cursor = state.cursor
    lots = quoted_lots(command, side)
    cursor.quote_tick[side] = quoted_tick(command, side)
    cursor.quote_lots[side] = lots
    cursor.quote_id[side] = state.orders[slot].order_id if slot != 0 else 0
    if slot == 0:
        cursor.quote_state[side] = QUOTE_ENTERED if lots != 0 else QUOTE_NONE
    elif lots == 0:
        cursor.quote_state[side] = QUOTE_REMOVED
        cursor.quote_id[side] = 0
        row = cancel_remainder(state, out, slot, CANCEL_USER)
        row.reference = cursor.request_id
    elif changes_side(state, slot, quoted_tick(command, side), lots):
        cursor.quote_state[side] = QUOTE_ENTERED
        _leave_place(state, out, slot, quoted_tick(command, side), lots)
    else:
        cursor.quote_state[side] = QUOTE_KEPT
        _keep_place(state, out, slot, lots)


@kernel
def _restate(state, order):
    """Give an updated side to the session that updates it (COD-001) and to the protection group of the entry."""
    cursor = state.cursor
    order.session = cursor.session
    state.accounts[np.int64(order.account)].sessions |= session_bit(np.int64(cursor.session))
    join_protection(state, order, np.int64(cursor.protection))


@kernel
def _keep_place(state, out, slot, lots):
    """Reduce a side to `lots`; it keeps its priority (QUOTE-004). Emits RPL with KEPT."""
    order = state.orders[slot]
    _restate(state, order)
    fewer = np.int64(order.leaves_lots) - lots
    work_order(state, order, -fewer)
    level_lots = take_hidden_first(state, state.books[order.book], slot, fewer)
    order.order_lots = order.filled_lots + lots
    _replaced(state, out, order, level_lots, EVENT_FLAG_KEPT)


@kernel
def _leave_place(state, out, slot, tick, lots):
    """Take a side out of its queue and give it its new price and lots (QUOTE-007). Emits RPL with LOST."""
    order = state.orders[slot]
    _restate(state, order)
    old_price = order.price
    level_lots = move_order(state, slot, tick, lots)
    row = _replaced(state, out, order, level_lots, EVENT_FLAG_LOST)
    row.old_tick = old_price


@kernel
def _replaced(state, out, order, level_lots, flags):
    row = order_event(state, out, EVENT_ORDER_REPLACED, order, np.int64(order.leaves_lots), level_lots)
    row.reference = state.cursor.request_id
    row["flags"] = flags
    row.account_sequence = next_in_stream(state, np.int64(order.account))
    return row


# --- sides that enter


@kernel
def quote_once(state, out):
    """Run one step of an entry: enter the next side, or emit QUOTED after both. Returns the next step: NEXT_SIDE,
    MATCH_SIDE or ENTRY_DONE."""
    cursor = state.cursor
    side = np.int64(cursor.side)
    if side > SIDE_SELL:
        _emit_entry(state, out)
        return ENTRY_DONE
    if cursor.quote_state[side] != QUOTE_ENTERED:
        cursor.side = side + 1
        return NEXT_SIDE
    slot = slot_of(state, np.int64(cursor.quote_id[side]))
    if slot == 0 and cursor.quote_id[side] == 0:
        slot = _enter(state, out, side)
        cursor.quote_id[side] = state.orders[slot].order_id
    elif slot == 0:
        cursor.quote_state[side] = QUOTE_REMOVED  # cancelled before it could enter, by its protection or a breach
        return NEXT_SIDE
    else:
        state.stamp += 1
        state.orders[slot].stamp = state.stamp
    order = state.orders[slot]
    book = state.books[order.book]
    if book.market_state == MARKET_OPEN and (
        book.features != FEATURE_QUOTES or crosses(book, side, np.int64(order.price))
    ):
        cursor.slot = slot
        return MATCH_SIDE
    rest_order(state, out, slot)
    cursor.side = side + 1
    return NEXT_SIDE


@kernel
def settle_side(state, out):
    """End the matching of a side: note whether it is filled or cancelled, or rest its remainder."""
    cursor = state.cursor
    slot = np.int64(cursor.slot)
    order = state.orders[slot]
    if order.state == ORDER_STATE_NONE:
        cursor.quote_state[np.int64(cursor.side)] = QUOTE_REMOVED
    elif order.leaves_lots == 0:
        cursor.quote_state[np.int64(cursor.side)] = QUOTE_FILLED
    end_matching(state, out, slot)
    cursor.side += 1


@kernel
def lose_side(state):
    """Note that a breach of a window has cancelled the remainder of a side (BAND-006)."""
    cursor = state.cursor
    cursor.quote_state[np.int64(cursor.side)] = QUOTE_REMOVED
    cursor.side += 1


@kernel
def _enter(state, out, side):
    """Write the order of a new side and count it as working. Emits ACK. Returns its slot."""
    cursor = state.cursor
    account = np.int64(cursor.account)
    slot = take_slot(state)
    order = state.orders[slot]
    _write_quote(state, order, side)
    book = state.books[order.book]
    order.position = open_positions(state, account, own_position(state, account, np.int64(order.book)), book)
    key_hash = hash_key(account, order.client_order_id_0, order.client_order_id_1, order.client_order_id_2)
    add_client_order(state, slot, key_hash, np.int64(0))
    append_to_account(state, account, slot, np.int64(order.session))
    work_order(state, order, np.int64(order.leaves_lots))
    count_quote(state, slot)
    join_protection(state, order, np.int64(cursor.protection))
    row = order_event(state, out, EVENT_ORDER_ACCEPTED, order, np.int64(0), np.int64(0))
    row.reference = cursor.request_id
    row.account_sequence = next_in_stream(state, account)
    return slot


@kernel
def _write_quote(state, order, side):
    """Write the ORDER row of a side: a DAY limit order, whose self-match id stands for its account (SMP-008)."""
    cursor = state.cursor
    state.entry_number += 1
    state.stamp += 1
    order.entry_number = state.entry_number
    order.stamp = state.stamp
    order.client_order_id_0 = KEY | np.uint64(side)
    order.client_order_id_1 = np.uint64(cursor.instrument)
    order.client_order_id_2 = np.uint64(0)
    order.tag = np.uint64(0)
    order.expiry_ns = 0
    order.value_tick_lots = 0
    order.account = cursor.account
    order.session = cursor.session
    order.book = cursor.instrument
    order.price = cursor.quote_tick[side]
    order.protection = 0
    order.leaves_lots = cursor.quote_lots[side]
    order.shown_lots = 0
    order.filled_lots = 0
    order.order_lots = cursor.quote_lots[side]
    order.display_lots = 0
    order.smp_id = QUOTE_OWNER + np.int64(cursor.account)
    order.side = side
    order.order_type = ORDER_QUOTE
    order.tif = TIF_DAY
    order.post_only = 0
    order.smp_mode = SMP_CANCEL_RESTING
    order.state = ORDER_STATE_OPEN
    order["flags"] = 0
    order.resting = 0


@kernel
def _emit_entry(state, out):
    """Emit QUOTED with the QuoteState of both sides."""
    cursor = state.cursor
    row = market_event(state, out, EVENT_QUOTE_ACCEPTED, np.int64(cursor.instrument))
    row.account = cursor.account
    row.session = cursor.session
    row.reference = cursor.request_id
    row.entry_place = cursor.entry_place
    row.bid_state = cursor.quote_state[SIDE_BUY]
    row.ask_state = cursor.quote_state[SIDE_SELL]
    row.bid_id = cursor.quote_id[SIDE_BUY]
    row.ask_id = np.uint64(cursor.quote_id[SIDE_SELL])


# Results of `quote_once`: what comes next.
NEXT_SIDE = 0
MATCH_SIDE = 1
ENTRY_DONE = 2
