"""The short way through the checks of a NEW: most are plain orders that pass every one of them.

`validate` finds the first reason of a refusal, in order of precedence. Here only the answer "no reason" counts, so
what is asked together is compared together. Whoever is not let through goes the long way, which lets him through or
says why not: the two must agree on everybody that the short way accepts.
"""

import numpy as np

from exchange.book.index import ZERO, find_hashed, has_client_order_id, is_surely_free
from exchange.book.layout import BOOK
from exchange.book.slots import can_take_slot
from exchange.clearing.margin import ask_for_risk, loss_per_lot
from exchange.clearing.positions import find_hashed_position, positions_left
from exchange.codes import AccountFlag, MarketState, OrderEntry, TimeInForce
from exchange.engine.risk import free_mills, reach_of, side_is_full
from exchange.engine.validate import CODES, UNUSUAL, is_in_range
from exchange.kernel import leaf_kernel, word_at
from exchange.records import COMMAND, code_word, place_in

DEFINED = np.int64(AccountFlag.DEFINED)

TIF_CODE = code_word(COMMAND, "kind", tif=0xFF)
IOC_CODE = code_word(COMMAND, "kind", tif=int(TimeInForce.IOC))
# Codes of a book that takes any limit order and counts it at one position.
BOOK_CODES = place_in(BOOK, "phase")
USUAL = {"phase": int(MarketState.OPEN), "order_entry": int(OrderEntry.FULL), "term": 0, "leg_count": 1}
USUAL_CODES = code_word(BOOK, "phase", **USUAL)
ASKED_CODES = code_word(BOOK, "phase", **dict.fromkeys(USUAL, 0xFF))


@leaf_kernel
def _is_plain(command):
    """A limit order, DAY, GTC or IOC, and nothing else."""
    codes = word_at(command, CODES)
    if codes & TIF_CODE == IOC_CODE:
        codes ^= IOC_CODE
    numbers = command.minimum_lots | command.display_lots | command.expiry_ns
    return codes & UNUSUAL == ZERO and numbers == 0


@leaf_kernel
def _is_let_in(state, command):
    """Account, session and book take orders, and no special limit applies (ranks 0 to 5)."""
    account, index, session = np.int64(command.account), np.int64(command.instrument), np.int64(command.session)
    if account >= state.accounts.shape[0] or session >= state.sessions.shape[0] or index > state.books_listed:
        return False
    book = state.books[index]
    if state.accounts[account]["flags"] != DEFINED or state.sessions[session].killed_by != 0:
        return False
    return word_at(book, BOOK_CODES) & ASKED_CODES == USUAL_CODES and book.spot_weight == 0


@leaf_kernel
def _fits(book, account_row, side, tick, lots):
    """Increments, largest order, prices (ranks 6 and 10)."""
    if (book.min_inc > 1 and tick % book.min_inc != 0) or (book.lot_inc > 1 and lots % book.lot_inc != 0):
        return False
    if lots < 1 or lots > book.order_lots_max or lots > account_row.order_lots_max:
        return False
    return is_in_range(book, side, tick)


@leaf_kernel
def _is_free(state, command, word):
    """No live order of the account has the client order id, if one is given (rank 7)."""
    if not has_client_order_id(command) or is_surely_free(state, word):
        return True
    account, first = np.int64(command.account), command.client_order_id_0
    return find_hashed(state, word, account, first, command.client_order_id_1, command.client_order_id_2) == 0


@leaf_kernel
def take_short_way(state, command, word, position_word):
    """Whether a NEW is accepted, the account's position in its book (0: none yet), the loss that it may make.

    word, position_word  its `order_hash`, and the `position_hash` of its account and book
    """
    row, loss = np.int64(0), np.int64(0)
    if not _is_plain(command) or not _is_let_in(state, command):
        return False, row, loss
    account, index = np.int64(command.account), np.int64(command.instrument)
    side, tick, lots = np.int64(command.side), command.price, np.int64(command.lots)
    account_row, book = state.accounts[account], state.books[index]
    ask_for_risk(state, account, book)
    if not _fits(book, account_row, side, tick, lots):
        return False, row, loss
    row = find_hashed_position(state, account, index, position_word)
    if reach_of(state.positions[row], side, lots) > account_row.position_lots_max or side_is_full(book, side, lots):
        return False, row, loss
    loss = lots * loss_per_lot(book, side, tick)
    if lots * book.hold_bound_mills + loss > free_mills(account_row) or not _is_free(state, command, word):
        return False, row, loss
    return can_take_slot(state) and (row != 0 or positions_left(state) > 0), row, loss
