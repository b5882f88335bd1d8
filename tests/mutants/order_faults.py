"""Faults of an order on its own way: price and time, qualifiers, ids, replaces, icebergs, bands, the fast path."""

from tests.mutants.plant import Fault

APPLY = "exchange/engine/apply.py"
DUPLICATES = "exchange/engine/entry/duplicates.py"
ENTRY = "exchange/engine/entry/new_order.py"
FAST_PATH = "exchange/engine/entry/fast_path.py"
FEATURED = "exchange/engine/matching/featured.py"
INDEX = "exchange/book/index.py"
LEVELS = "exchange/book/levels.py"
LIMIT_PRICE = "exchange/engine/entry/limit_price.py"
MARKET_STATE = "exchange/engine/phases/market_state.py"
MATCHING = "exchange/engine/matching/match.py"
ORDERS = "exchange/engine/orders.py"
PHASES = "exchange/engine/phases/state_changes.py"
PREFETCH = "exchange/engine/prefetch.py"
PRICE_RANGE = "exchange/engine/entry/price_range.py"
REPLACE = "exchange/engine/entry/replace.py"
RISK = "exchange/engine/risk.py"
SCOPE = "exchange/engine/cancels/scope.py"
SELF_MATCH = "exchange/engine/matching/self_match.py"
SLOTS = "exchange/book/slots.py"
TRADES = "exchange/engine/matching/trades.py"
UNCROSS = "exchange/engine/matching/uncross.py"
VALIDATE = "exchange/engine/entry/validate.py"

ORDER_FAULTS = (
    # price, time, best price
    Fault(
        "marketable limit walks through its own price", LEVELS,
        "return best != 0 and best >= place_of(book, other, tick)", "return best != 0",
    ),
    Fault("aggressor goes on beyond its limit", MATCHING, "best != 0 and best >= worst:", "best != 0:"),
    Fault(
        "limit equal to the best opposite price does not trade", LEVELS,
        "return best != 0 and best >= place_of(book, other, tick)",
        "return best != 0 and best > place_of(book, other, tick)",
    ),
    Fault(
        "stale best price after a cancel", LEVELS,
        "        if place == book.best[side]:\n            book.best[side] = worse_place(state, book, side, place)\n",
        "",
    ),
    Fault(
        "better price does not become the best", LEVELS,
        "        if place > book.best[side]:\n            book.best[side] = place\n",
        "        if book.best[side] == 0:\n            book.best[side] = place\n",
    ),
    Fault(
        "orders behind a cancelled middle order are dropped", LEVELS,
        "        state.links[newer].older = older\n", "        state.links[newer].older = 0\n        level.tail = older\n",
    ),
    Fault(
        "newest order at a price trades first", MATCHING,
        "        resting = np.int64(state.levels[first + best].head)\n",
        "        resting = np.int64(state.levels[first + best].tail)\n",
    ),
    Fault(
        "every trade at the aggressor's limit", TRADES,
        "    price = np.int64(maker.price)\n", "    price = np.int64(order.price)\n",
    ),
    Fault(
        "taker's price on one side only", TRADES,
        "    price = np.int64(maker.price)\n", "    price = np.int64(maker.price if order.side == 0 else order.price)\n",
    ),
    Fault(
        "part fill sends the maker to the back", TRADES,
        "    elif maker.shown_lots == 0:\n", "    else:\n",
    ),
    Fault(
        "level totals leave out a part fill", LEVELS,
        "    order.shown_lots -= shown\n    level.shown_lots -= shown\n", "    order.shown_lots -= shown\n",
    ),
    Fault(
        "newest order at a price trades first in a featured book", FEATURED,
        "    resting = np.int64(state.levels[best_row(book, 1 - np.int64(order.side))].head)\n    maker",
        "    resting = np.int64(state.levels[best_row(book, 1 - np.int64(order.side))].tail)\n    maker",
    ),
    Fault(
        "part fill sends the maker to the back in a featured book", TRADES,
        "elif state.orders[first].shown_lots == 0 and not auction:", "elif not auction:",
    ),
    # time in force
    Fault(
        "IOC remainder rests", ORDERS,
        "elif is_immediate(order.tif):\n        cancel_remainder",
        "elif order.tif == TIF_FOK:\n        cancel_remainder",
    ),
    Fault(
        "FOK counts only what is shown", LEVELS,
        "found += np.int64(level.shown_lots) + level.hidden_lots", "found += np.int64(level.shown_lots)",
    ),
    Fault(
        "FOK ignores self-match prevention", MATCHING, "    if order.smp_id != 0 or book.features != 0:\n", "    if book.features != 0:\n",
    ),
    Fault(
        "minimum quantity is tested as all of the order", MATCHING,
        "return 0 if found >= wanted else reason", "return 0 if found >= order.order_lots else reason",
    ),
    Fault(
        "GTC orders expire with the day", SCOPE,
        "found = order.tif == TIF_DAY",
        "found = True",
    ),
    Fault(
        "parked DAY orders outlive the day", SCOPE,
        "    gather_list(state, np.int64(book.first_parked), wanted)\n",
        "",
    ),
    Fault("a side of a book counts past 32 bits", RISK, "return book.working_lots[side] + lots > LOTS_CEILING", "return False"),
    # ids
    Fault("another price is the same order", DUPLICATES, "or order.price == command.price", "or True"),
    Fault("an order whose time has come works", APPLY, "if is_over(state, command.tif, command.expiry_ns):", "if False:"),
    Fault("a replace to a time that has come works", REPLACE, "if is_over(state, order.tif, order.expiry_ns):", "if False:"),
    Fault(
        "client order id in use is accepted again", VALIDATE,
        "        return REJECT_DUP_ID\n",
        "        return REJECT_NONE\n",
    ),
    Fault(
        "order id comes back after its order has ended", SLOTS, "    order.order_id += NEXT_GENERATION\n",
        "    if order.order_id < NEXT_GENERATION:\n        order.order_id += NEXT_GENERATION\n",
    ),
    Fault(
        "another account's order can be cancelled by its id", ORDERS,
        "if slot != 0 and state.orders[slot].account == account:", "if slot != 0:",
    ),
    Fault(
        "client order id stays taken after its order has ended", ORDERS,
        "        remove_client_order(state, slot, key_hash)\n", "        pass\n",
    ),
    # replace
    Fault(
        "move to the same price loses time", REPLACE,
        "return price == order.price and leaves <= order.leaves_lots and display == order.display_lots", "return False",
    ),
    Fault(
        "size up keeps time", REPLACE,
        "return price == order.price and leaves <= order.leaves_lots and display == order.display_lots",
        "return price == order.price and display == order.display_lots",
    ),
    Fault(
        "replace sets what is left to the new total", REPLACE,
        "move_order(state, slot, price, total - order.filled_lots)",
        "move_order(state, slot, price, total)",
    ),
    Fault(
        "replace is not tested against margin", REPLACE,
        "    reason = check_risk(state, account, np.int64(order.position), book, side, more_lots, more_loss)\n",
        "    reason = REJECT_NONE\n",
    ),
    Fault(
        "replace may leave the price band", REPLACE, "    reason = check_price(book, side, price, tif)\n", "    reason = REJECT_NONE\n",
    ),
    Fault(
        "replace makes a post-only order take", REPLACE,
        "        return REJECT_PO_CROSS\n",
        "        return REJECT_NONE\n",
    ),
    Fault(
        "smaller size takes shown lots first", LEVELS,
        "hidden = min(lots, np.int64(order.leaves_lots) - order.shown_lots)",
        "hidden = max(np.int64(0), lots - np.int64(order.shown_lots))",
    ),
    # icebergs
    Fault(
        "iceberg never loses time", ORDERS,
        "    unlink_order(state, book, slot)\n    state.stamp += 1\n    order.stamp = state.stamp\n    order.shown_lots = slice_lots(order)\n    level_lots = link_order(state, book, slot)\n",
        "    level = state.levels[row_of(book, np.int64(order.side), place_of(book, np.int64(order.side), np.int64(order.price)))]\n    order.shown_lots = slice_lots(order)\n    level.shown_lots += order.shown_lots\n    level.hidden_lots -= order.shown_lots\n    level_lots = np.int64(level.shown_lots)\n",
    ),
    Fault(
        "iceberg shows all it has when it rests", ORDERS, "    if order.display_lots == 0:\n", "    if True:\n",
    ),
    Fault(
        "an uncross trades beyond its volume", UNCROSS,
        "lots = min(_part_lots(buy, price), _part_lots(sell, price))",
        "lots = _part_lots(buy, price)",
    ),
    Fault(
        "icebergs stay without a slice after an uncross", UNCROSS,
        "            if state.orders[slot].shown_lots == 0:\n",
        "            if False:\n",
    ),
    # self-match prevention
    Fault(
        "any own order stops the aggressor", SELF_MATCH,
        "    mode = np.int64(state.orders[slot].smp_mode)\n",
        "    mode = SMP_CANCEL_AGGRESSOR\n",
    ),
    Fault(
        "resting order's instruction rules", SELF_MATCH,
        "    mode = np.int64(state.orders[slot].smp_mode)\n", "    mode = np.int64(state.orders[resting].smp_mode)\n",
    ),
    Fault(
        "cancel both leaves the aggressor", SELF_MATCH,
        "    if mode != SMP_CANCEL_RESTING:\n",
        "    if mode == SMP_CANCEL_AGGRESSOR:\n",
    ),
    Fault(
        "decrement hits the aggressor twice", SELF_MATCH,
        "        _decrement(state, out, resting, lots)\n        _decrement(state, out, slot, lots)\n",
        "        _decrement(state, out, resting, lots)\n        _decrement(state, out, slot, lots)\n        if state.orders[slot].leaves_lots >= lots:\n            _decrement(state, out, slot, lots)\n",
    ),
    # bands, post-only, market orders
    Fault(
        "band refuses far prices on the passive side", PRICE_RANGE,
        "ticks_better(side, tick, _reference_tick(book)) <= book.band_ticks",
        "abs(tick - _reference_tick(book)) <= book.band_ticks",
    ),
    Fault(
        "band ignores the last price", PRICE_RANGE,
        "    if book.has_last != 0:\n        return",
        "    if False:\n        return",
    ),
    Fault(
        "post-only slides two increments away", LIMIT_PRICE,
        "tick_of(book, 1 - side, best) - sign_of(side), np",
        "tick_of(book, 1 - side, best) - 2 * sign_of(side), np",
    ),
    Fault(
        "post-only takes", VALIDATE,
        "        return REJECT_PO_CROSS\n",
        "        return REJECT_NONE\n",
    ),
    # the fast path
    Fault("fast path leaves out the account's largest order", FAST_PATH, " or lots > account_row.order_lots_max:", ":"),
    Fault("fast path leaves out the price increment", FAST_PATH, " or book.min_inc > 1", ""),
    Fault("fast path lets a killed session in", FAST_PATH, " or row_there(state, session).killed_by != 0:", ":"),
    Fault(
        "fast path lets a close-only account in", FAST_PATH,
        '["flags"] != ACCOUNT_FLAG_DEFINED',
        '["flags"] & ACCOUNT_FLAG_DEFINED == 0',
    ),
    Fault("fast path leaves out the spot month's limit", FAST_PATH, " and book.spot_weight == 0", ""),
    Fault(
        "fast path leaves out the margin", FAST_PATH,
        " or lots * book.margin_bound_mills + loss > free_margin_floor_mills(account_row):",
        ":",
    ),
    Fault("fast path leaves out the lot increment", FAST_PATH, " or book.lot_inc > 1", ""),
    Fault("fast path leaves out the position limit", FAST_PATH, "possible_lots(state.positions[row], side, lots) > account_row.position_lots_max", "False"),
    Fault("fast path lets a side count past what it can", FAST_PATH, "side_is_full(book, side, lots) or ", ""),
    Fault("fast path needs no row for a position", FAST_PATH, "unlikely(row == 0) and positions_left(state) <= 0", "False"),
    Fault(
        "fast path needs no slot", FAST_PATH,
        "    if not can_take_slot(state):\n        return SLOW_PATH\n",
        "",
    ),
    Fault(
        "fast path into books of immediate orders, and terms", FAST_PATH,
        " and book.order_entry == ENTRY_FULL",
        "",
    ),
    Fault(
        "order rests in spite of implied prices", FAST_PATH,
        "book.features & RESTING_FEATURES == 0 and not crosses_at",
        "not crosses_at",
    ),
    Fault("IOC that meets no order rests", ENTRY, "likely(only_rests) and likely(plain)", "likely(only_rests)"),
    Fault("an immediate order stays in its lists", ENTRY, '    if not is_immediate(command.tif):\n', "    if True:\n"),
    Fault("an immediate order leaves lists that it was not in", ORDERS, '    if is_immediate(order.tif):\n', "    if False:\n"),
    Fault("fast path takes a client order id twice", FAST_PATH, "entry_index == 0 and is_taken(state, command, key_hash)", "False"),
    Fault("aggressor that came the fast path rests at once", FAST_PATH, " and not crosses_at(book, side, place)", ""),
    Fault("fast path into terms", FAST_PATH, " or book.term != 0", ""),
    Fault(
        "fast path into books that are not open", FAST_PATH,
        "book.market_state == MARKET_OPEN and ",
        "",
    ),
    Fault(
        "fast path keeps the prices of an older print", TRADES,
        "    refresh_fast_path(book)\n",
        "",
    ),
    Fault(
        "fast path keeps the prices of another state", MARKET_STATE,
        "    refresh_fast_path(book)\n    guard = state.guards[index]\n    if book.market_state",
        "    guard = state.guards[index]\n    if book.market_state",
    ),
    Fault(
        "fast path keeps the prices of an older indicative price", PHASES,
        "    refresh_fast_path(book)\n",
        "",
    ),
    Fault("fast path counts combinations at one position", FAST_PATH, "book.leg_count != 1 or ", ""),
    Fault("fast path counts at another account's position", FAST_PATH, "position.account != account or ", ""),
    Fault("fast path counts at another book's position", FAST_PATH, " or position.book != index", ""),
    # client order ids
    Fault("orders are lost when the index of client order ids grows", INDEX, "            _put(state, np.int64(state.index_size), entry)\n", ""),
    Fault("a client order id is free while its order stands in the old table", INDEX, "(old != 0 and not _is_surely_not_in(state, old, key_hash))", "False"),
    Fault("an entry that was free is written while the index moves", INDEX, "entry_index != 0 and state.index_old_size == 0", "entry_index != 0"),
    Fault("what an older command was to meet is looked for", PREFETCH, "    note.crosses = crossing\n", "    note.crosses |= crossing\n"),
    Fault("places of the old table become free as they move", INDEX, "            table[entry_index] = MOVED\n        taken", "            table[entry_index] = ZERO\n        taken"),
    Fault("a slot that was looked up ahead is believed", ORDERS, "if has_key(state.orders[guess], account, first, second, third):", "if guess != 0:"),
    Fault(
        "an order that has left is found by its key", INDEX,
        "        and order.state != ORDER_STATE_NONE\n",
        "",
    ),
    Fault("an order's one row does not say that it rests", ENTRY, "codes & SHARED_CODES | ACK_RESTS", "codes & SHARED_CODES | ACK"),
    Fault("an order's one row does not say its level", ENTRY, "order.order_id, lots, level_lots, number)", "order.order_id, lots, 0, number)"),
    Fault(
        "a cancel's answer does not name its request", ORDERS,
        "    _cancel_remainder(state, out, slot, CANCEL_USER, key_hash, command.request_id)\n",
        "    _cancel_remainder(state, out, slot, CANCEL_USER, key_hash, 0)\n",
    ),
)  # fmt: skip
