"""The collar of an uncross (AUC-014): if an auction's price is too far from its reference price, the auction is
extended.

Then the book does not open with its group: its own state becomes RESERVED, or stays PAUSED. After the last extension it
waits until an operator allows an uncross at the edge of the collar (CLAMP).
"""

import numpy as np

from exchange.book.auction import clamp_to_collar, is_crossed
from exchange.engine.phases.auction_stops import expected_uncross
from exchange.engine.phases.market_state import change_state, reference_tick
from exchange.kernel import kernel
from exchange.kernel_codes import FLAG_CLAMP, MARKET_NONE, MARKET_PAUSED, MARKET_RESERVED, STATE_REASON_COLLAR


@kernel
def may_uncross(state, out, index):
    """Whether a book may uncross now. If not, its auction is extended here. Emits STA then."""
    guard = state.guards[index]
    if guard.collar_ticks == 0:
        return True
    book = state.books[index]
    reference = reference_tick(book)
    crossed, price, _, _, inside_lots = expected_uncross(state, book, reference, guard.collar_ticks)
    if not crossed or price == clamp_to_collar(price, reference, guard.collar_ticks):
        return True
    if guard.extensions < guard.extensions_max:
        guard.extensions += 1
        _extend(state, out, index, state.time_ns + guard.extension_ns)
        return False
    if state.cursor["flags"] & FLAG_CLAMP != 0 and inside_lots != 0:
        return True
    _extend(state, out, index, np.int64(0))
    return False


@kernel
def begin_next_auction(state, out, index):
    """After an uncross at the edge of its collar a book may still be crossed: then begin its next auction, with the
    price just printed as reference."""
    if is_crossed(state.books[index]):
        guard = state.guards[index]
        guard.extensions = 0
        _extend(state, out, index, state.time_ns + guard.extension_ns)


@kernel
def _extend(state, out, index, until_ns):
    """Let a book go on collecting orders until `until_ns`, or if that is 0 until an operator ends it. Emits STA."""
    own = MARKET_PAUSED if state.books[index].own_state == MARKET_PAUSED else MARKET_RESERVED
    change_state(state, out, index, np.int64(0), own, STATE_REASON_COLLAR, until_ns)
    if state.cursor.instrument == index:
        state.cursor.market_state = MARKET_NONE  # the SET_STATE is for this book only, so nothing is left to open
