"""The faults: those of matching.md's table of other engines and of published surveys, and their like.

A fault names the wrong behaviour, not the changed line: when a kernel is rewritten, its faults are planted anew.
"""

from tests.mutants.money_faults import MONEY_FAULTS
from tests.mutants.plant import Fault

APPLY = "exchange/engine/apply.py"
LEVELS = "exchange/book/levels.py"
AUCTION = "exchange/book/auction.py"
INDEX = "exchange/book/index.py"
SLOTS = "exchange/book/slots.py"
KILL = "exchange/engine/cancels/kill.py"
SESSIONS = "exchange/engine/sessions.py"
MATCHING = "exchange/engine/matching/match.py"
ORDERS = "exchange/engine/orders.py"
PHASES = "exchange/engine/phases/state_changes.py"
REPLACE = "exchange/engine/entry/replace.py"
RISK = "exchange/engine/risk.py"
SELF_MATCH = "exchange/engine/matching/self_match.py"
DUPLICATES = "exchange/engine/entry/duplicates.py"
SHORT_WAY = "exchange/engine/entry/fast_path.py"
ENTRY = "exchange/engine/entry/new_order.py"
TRADES = "exchange/engine/matching/trades.py"
LOOK_AHEAD = "exchange/engine/prefetch.py"
VALIDATE = "exchange/engine/entry/validate.py"
STOPS = "exchange/engine/entry/stops.py"
STOP_BOOK = "exchange/book/stops.py"
STOP_TERMS = "exchange/engine/entry/stop_terms.py"
PRO_RATA = "exchange/book/pro_rata.py"
LEVEL_PASS = "exchange/engine/matching/level_pass.py"
IMPLIED_BOOK = "exchange/book/implied.py"
IMPLIED = "exchange/engine/matching/implied_fills.py"
DISCONNECT = "exchange/engine/cancels/disconnect.py"
CLOCK = "exchange/engine/cancels/clock.py"
FEATURED = "exchange/engine/matching/featured.py"
QUOTES = "exchange/engine/quotes/mass_quotes.py"
QUOTE_CHECKS = "exchange/engine/quotes/quote_checks.py"
PROTECTION = "exchange/engine/quotes/protection.py"
WINDOWS = "exchange/book/windows.py"
SCOPE = "exchange/engine/cancels/scope.py"
MARKET_STATE = "exchange/engine/phases/market_state.py"
DRY_RUN = "exchange/engine/matching/dry_run.py"
DAY_LIMITS = "exchange/engine/control/day_limits.py"

FAULTS = (
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
        "level totals forget a part fill", LEVELS,
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
        "IOC remainder rests", MATCHING,
        "elif is_immediate(order.tif):\n        take_out", "elif order.tif == ORDER_FOK:\n        take_out",
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
    Fault("GTC orders expire with the day", SCOPE, "goes = order.tif == DAY", "goes = True"),
    Fault("parked DAY orders outlive the day", SCOPE, "    gather_line(state, np.int64(book.first_parked), wanted)\n", ""),
    Fault("a side of a book counts past 32 bits", RISK, "return book.working[side] + lots > LOTS_CEILING", "return False"),
    # ids
    Fault("another price is the same order", DUPLICATES, "or order.price == command.price", "or True"),
    Fault("an order whose time has come works", APPLY, "if is_over(state, command.tif, command.expiry_ns):", "if False:"),
    Fault("a replace to a time that has come works", REPLACE, "if is_over(state, order.tif, order.expiry_ns):", "if False:"),
    Fault(
        "client order id in use is accepted again", VALIDATE,
        "        return DUP_ID\n", "        return NONE\n",
    ),
    Fault(
        "order id comes back after its order has ended", SLOTS, "    order.order_id += NEXT_GENERATION\n",
        "    if order.order_id < NEXT_GENERATION:\n        order.order_id += NEXT_GENERATION\n",
    ),
    Fault(
        "somebody else's order can be cancelled by its id", ORDERS,
        "if slot != 0 and state.orders[slot].account == account:", "if slot != 0:",
    ),
    Fault(
        "client order id stays taken after its order has ended", ORDERS,
        "        remove_client_order(state, slot, word)\n", "        pass\n",
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
        "    reason = NONE\n",
    ),
    Fault(
        "replace may leave the price band", REPLACE, "    reason = check_price(book, side, price, tif)\n", "    reason = NONE\n",
    ),
    Fault(
        "replace makes a post-only order take", REPLACE, "        return PO_CROSS\n", "        return NONE\n",
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
        "an uncross trades beyond its volume", PHASES,
        "lots = min(_part_lots(buy, price), _part_lots(sell, price))", "lots = _part_lots(buy, price)",
    ),
    Fault(
        "icebergs stay without a slice after an uncross", PHASES,
        "            if state.orders[slot].shown_lots == 0:\n", "            if False:\n",
    ),
    # self-match prevention
    Fault(
        "any own order stops the aggressor", SELF_MATCH,
        "    mode = np.int64(state.orders[slot].smp_mode)\n", "    mode = CANCEL_AGGRESSOR\n",
    ),
    Fault(
        "resting order's instruction rules", SELF_MATCH,
        "    mode = np.int64(state.orders[slot].smp_mode)\n", "    mode = np.int64(state.orders[resting].smp_mode)\n",
    ),
    Fault(
        "cancel both leaves the aggressor", SELF_MATCH, "    if mode != CANCEL_RESTING:\n", "    if mode == CANCEL_AGGRESSOR:\n",
    ),
    Fault(
        "decrement hits the aggressor twice", SELF_MATCH,
        "        _decrement(state, out, resting, lots)\n        _decrement(state, out, slot, lots)\n",
        "        _decrement(state, out, resting, lots)\n        _decrement(state, out, slot, lots)\n        if state.orders[slot].leaves_lots >= lots:\n            _decrement(state, out, slot, lots)\n",
    ),
    # auctions
    Fault(
        "mixed signs: reference clamped to the whole interval", AUCTION,
        "price = _clamp(reference, last_positive, first_negative)", "price = _clamp(reference, first, last)",
    ),
    Fault(
        "buy pressure gives the lowest price", AUCTION, "        return last, volume, least\n", "        return first, volume, least\n",
    ),
    Fault(
        "imbalance is not looked at", AUCTION,
        "if traded > volume or (traded == volume and abs(imbalance) < least):", "if traded > volume:",
    ),
    Fault(
        "indicative price from another reference than the uncross",
        PHASES,
        "expected_uncross(state, book, reference_tick(book), collar_ticks)",
        "expected_uncross(state, book, np.int64(book.settle_tick), collar_ticks)",
    ),
    # market states, kill, mass cancel
    Fault(
        "orders can be cancelled in the no-cancel period", VALIDATE,
        "return takes_replace(phase) or phase == HALT", "return takes_replace(phase) or phase == HALT or phase == NOCANCEL",
    ),
    Fault("new orders enter a halted market", VALIDATE, "return phase != CLOSED and phase != HALT", "return phase != CLOSED"),
    Fault(
        "kill spares GTC orders", KILL,
        "return state.books[state.orders[slot].book].phase != CLOSED",
        "return state.books[state.orders[slot].book].phase != CLOSED and state.orders[slot].tif == 0",
    ),
    Fault(
        "killed account may enter orders", VALIDATE,
        "    if is_killed(state, account, np.int64(command.session)):\n        return KILLED\n    index", "    index",
    ),
    # bands, post-only, market orders
    Fault(
        "band refuses far prices on the passive side", VALIDATE,
        "(tick - _reference_tick(book)) * (1 - 2 * side) <= book.band_ticks",
        "abs(tick - _reference_tick(book)) <= book.band_ticks",
    ),
    Fault(
        "band ignores the last price", VALIDATE, "    if book.has_last != 0:\n        return", "    if False:\n        return",
    ),
    Fault(
        "post-only slides two increments away", VALIDATE,
        "return _on_increment(book, side, tick_of(book, 1 - side, best) + 2 * side - 1)",
        "return _on_increment(book, side, tick_of(book, 1 - side, best) + 4 * side - 2)",
    ),
    Fault(
        "post-only takes", VALIDATE, "        return PO_CROSS\n", "        return NONE\n",
    ),
    *MONEY_FAULTS,
    # the short way
    Fault("short way forgets the account's largest order", SHORT_WAY, " or lots > account_row.order_lots_max:", ":"),
    Fault("short way forgets the price increment", SHORT_WAY, " or book.min_inc > 1", ""),
    Fault("short way lets a killed session in", SHORT_WAY, " or row_there(state, session).killed_by != 0:", ":"),
    Fault("short way lets a close-only account in", SHORT_WAY, '["flags"] != DEFINED', '["flags"] & DEFINED == 0'),
    Fault("short way forgets the spot month's limit", SHORT_WAY, " and book.spot_weight == 0", ""),
    Fault("short way forgets the margin", SHORT_WAY, " or lots * book.hold_bound_mills + loss > surely_free_mills(account_row):", ":"),
    Fault("short way forgets the lot increment", SHORT_WAY, " or book.lot_inc > 1", ""),
    Fault("short way forgets the position limit", SHORT_WAY, "reach_of(state.positions[row], side, lots) > account_row.position_lots_max", "False"),
    Fault("short way forgets what a side can count", SHORT_WAY, "side_is_full(book, side, lots) or ", ""),
    Fault("short way needs no room for a position", SHORT_WAY, "unlikely(row == 0) and positions_left(state) <= 0", "False"),
    Fault("short way needs no slot", SHORT_WAY, "    if not can_take_slot(state):\n        return LONG_WAY\n", ""),
    Fault("short way into books of immediate orders, and terms", SHORT_WAY, " and book.order_entry == FULL_ENTRY", ""),
    Fault("order rests in spite of implied prices", SHORT_WAY, "book.features & ASKS_MORE == 0 and not meets", "not meets"),
    Fault("IOC that meets nobody rests", ENTRY, "likely(alone) and likely(plain)", "likely(alone)"),
    Fault("an immediate order stays in its lists", ENTRY, '    if not is_immediate(command.tif):\n', "    if True:\n"),
    Fault("an immediate order leaves lists that it was not in", ORDERS, '    if is_immediate(order.tif):\n', "    if False:\n"),
    Fault("short way takes a client order id twice", SHORT_WAY, "spot == 0 and is_taken(state, command, word)", "False"),
    Fault("aggressor that came the short way rests at once", SHORT_WAY, " and not meets(book, side, place)", ""),
    Fault("short way into terms", SHORT_WAY, " or book.term != 0", ""),
    Fault("short way into books that are not open", SHORT_WAY, "book.phase == OPEN and ", ""),
    Fault("short way keeps the prices of an older print", TRADES, "    set_short_places(book)\n", ""),
    Fault("short way keeps the prices of another state", MARKET_STATE, "    set_short_places(book)\n    guard = state.guards[index]\n    if book.phase", "    guard = state.guards[index]\n    if book.phase"),
    Fault("short way keeps the prices of an older indicative price", PHASES, "    set_short_places(book)\n", ""),
    Fault("short way counts combinations at one position", SHORT_WAY, "book.leg_count != 1 or ", ""),
    Fault("short way counts at another account's position", SHORT_WAY, "position.account != account or ", ""),
    Fault("short way counts at another book's position", SHORT_WAY, " or position.book != index", ""),
    # stops
    Fault("inverted stop compare", STOP_BOOK, "return (tick - trigger) * (1 - 2 * side) >= 0", "return (tick - trigger) * (1 - 2 * side) <= 0"),
    Fault("trigger itself does not elect", STOP_BOOK, "return (tick - trigger) * (1 - 2 * side) >= 0", "return (tick - trigger) * (1 - 2 * side) > 0"),
    Fault("stops of one side only", STOP_BOOK, "    for side in range(2):\n        slot = reached", "    for side in range(1):\n        slot = reached"),
    Fault(
        "stops elected by stamp alone", STOP_BOOK,
        "key = abs(np.int64(state.orders[slot].trigger) - origin) if by_distance else np.int64(0)", "key = np.int64(0)",
    ),
    Fault("newest elected stop goes first", STOP_BOOK, "        state.links[last].newer = slot\n    book.elected_last = slot\n",
          "        state.links[slot].newer = book.elected_first\n        state.links[slot].older = 0\n        state.links[book.elected_first].older = slot\n        book.elected_first = slot\n        return\n    book.elected_last = slot\n"),
    Fault("plain stop without protection", STOP_TERMS, "        tick = trigger + book.protection_ticks\n", "        tick = trigger + 2 * book.protection_ticks\n"),
    Fault("stop that is through on entry waits", STOP_TERMS, "return book.phase == OPEN and book.has_last != 0 and", "return False and"),
    Fault("injected stop keeps its old stamp", STOPS, "    state.stamp += 1\n    order.stamp = state.stamp\n    row = order_event(state, out, TRG", "    row = order_event(state, out, TRG"),
    Fault("stops are forgotten on the way to OPEN", STOPS, "    if book.has_last != 0:\n        elect_stops", "    if False:\n        elect_stops"),
    Fault("stop's limit ignores the band", STOPS, "        tick = min(tick, worst_tick(book, side))\n", "        tick = min(tick, np.int64(book.high_tick))\n"),
    # pro-rata
    Fault("TOP shared like the others", PRO_RATA, "    left -= _give_top(state, sharing, level, left)\n", ""),
    Fault("TOP in auctions too", PRO_RATA, "order.order_id if book.phase == OPEN else 0", "order.order_id"),
    Fault("minimum allocation is not looked at", PRO_RATA, "        if share >= sharing.minimum_allocation:\n", "        if share >= 1:\n"),
    Fault("rest of a pro-rata level is lost", PRO_RATA, "    left -= _give_by_size(state, sharing, level, left)\n    _give_by_time(state, level, left)\n", "    _give_by_size(state, sharing, level, left)\n"),
    Fault("lead makers get nothing", PRO_RATA, "    for number in range(sharing.lead_makers):\n", "    for number in range(0):\n"),
    Fault("split by time is left out", PRO_RATA, "left * sharing.split_percent // 100)", "np.int64(0))"),
    Fault("own order shares in a pro-rata level", LEVEL_PASS, "    if order.smp_id == 0:\n        return False\n    book", "    if True:\n        return False\n    book"),
    # implied
    Fault("implied price from a book that is not open", IMPLIED_BOOK, "        if book.phase != OPEN:\n            return False, np.int64(0)\n", ""),
    Fault("implied price outside the daily limits", IMPLIED_BOOK, "if not exists or tick < book.low_tick or tick > book.high_tick:", "if not exists:"),
    Fault("implied trades before real orders at one price", FEATURED, "floor = max(real, worst - 1, 0)", "floor = max(real - 1, worst - 1, 0)"),
    Fault("two makers of one owner form a path", IMPLIED_BOOK, "        if have_one_owner(order, state.orders[path.slots[other]]):\n            return np.int64(other)\n", ""),
    Fault("a strip looks past orders that were not in the way", IMPLIED_BOOK, "            number = _step_back(state, number)\n", "            number = min(np.int64(0), _step_back(state, number))\n"),
    Fault("aggressor's own order in a path", IMPLIED_BOOK, "if not _choose_makers(state) or _meets_owner(state, smp_id, account):", "if not _choose_makers(state):"),
    Fault("implied-out written with the other side of the back month", IMPLIED_BOOK, "    return 1 - party if sign > 0 else party\n", "    return party if sign > 0 else 1 - party\n"),
    Fault("implied quantity of the larger order", IMPLIED_BOOK, "        lots = min(lots, np.int64(state.orders[path.slots[number]].shown_lots))\n", "        lots = max(lots, np.int64(state.orders[path.slots[number]].shown_lots))\n"),
    # client order ids
    Fault("orders are lost when the index of client order ids grows", INDEX, "            _put(state, np.int64(state.index_size), entry)\n", ""),
    Fault("a client order id is free while its order stands in the old table", INDEX, "(old != 0 and not _is_surely_not_in(state, old, word))", "False"),
    Fault("an entry that was free is written while the index moves", INDEX, "spot != 0 and state.index_old_size == 0", "spot != 0"),
    Fault("what an older command was to meet is looked for", LOOK_AHEAD, "    note.meets = met\n", "    note.meets |= met\n"),
    Fault("places of the old table become free as they move", INDEX, "            table[spot] = MOVED\n        taken", "            table[spot] = ZERO\n        taken"),
    Fault("a slot that was looked up ahead is believed", ORDERS, "if has_key(state.orders[guess], account, first, second, third):", "if guess != 0:"),
    Fault("an order that has left is found by its key", INDEX, "        and order.state != FREE\n", ""),
    Fault("an order's one row does not say that it rests", ENTRY, "codes & SAME_CODES | ACK_RESTS", "codes & SAME_CODES | ACK"),
    Fault("an order's one row does not tell its level", ENTRY, "order.order_id, lots, level_lots, number)", "order.order_id, lots, 0, number)"),
    Fault("a cancel's answer does not name its request", ORDERS, "    _take_out(state, out, slot, USER, word, command.request_id)\n", "    _take_out(state, out, slot, USER, word, 0)\n"),
    # sessions
    Fault("orders of a session that is forgotten cannot be killed", KILL, "return NONE if command.group != 0 else UNKNOWN", "return NONE if may_take_row(state, np.int64(command.group)) else UNKNOWN"),
    Fault("a session goes on where the one before it in its row was", SESSIONS, "        if row.number != number:\n            clear_row(row)\n", ""),
    Fault("a killed session stops another of its row", SESSIONS, " if row_there(state, number).number == number else np.int64(0)]", "]"),
    Fault("requests of a forgotten session count for another", SESSIONS, "    holder = row_there(state, number).number\n", "    holder = number\n"),
    # the loop
    Fault("a mass quote that is open ends with its batch", APPLY, "            if stop >= start or state.cursor.run == 0:\n", "            if state.cursor.run == 0:\n"),
    Fault("a mass quote that is cut off stays open", APPLY, "        elif unlikely(state.cursor.run != 0) and row_at(commands, index).kind != QUOTE:\n            _cut_run(state)\n", ""),
    Fault("implied prices are not told after the command that moved them", APPLY, "            if state.marked_words[CHANGED] != ZERO and", "            if state.marked_words[CHANGED] == ZERO and"),
    # disconnect, clock
    Fault("disconnect takes GTC orders where only DAY was asked", DISCONNECT, '(command["flags"] & DAY_ONLY != 0 and order.tif != DAY)', "False"),
    Fault("disconnect takes other sessions' orders", DISCONNECT, "    if command[\"flags\"] & WHOLE_ACCOUNT == 0 and order.session != command.session:\n        return 0\n", ""),
    Fault("cancels that waited are forgotten", DISCONNECT, "    state.groups[book.group].waiting = 1\n    return 1\n", "    return 1\n"),
    Fault("GTD orders outlive their time", CLOCK, "    state.cursor.slot = take_due(state, np.int64(state.time_ns))\n", "    state.cursor.slot = take_due(state, np.int64(state.time_ns) - 1)\n"),
    # quotes, protection, velocity
    Fault("unchanged side of a quote loses time", QUOTE_CHECKS, "return slot == 0 or state.orders[slot].price != tick or lots > state.orders[slot].leaves_lots", "return True"),
    Fault("larger side of a quote keeps time", QUOTE_CHECKS, "state.orders[slot].price != tick or lots > state.orders[slot].leaves_lots", "state.orders[slot].price != tick"),
    Fault("quote side of size zero stays", QUOTES, "    elif lots == 0:\n", "    elif lots < 0:\n"),
    Fault("quotes change in the no-cancel period", QUOTE_CHECKS, " or (book.phase == NOCANCEL and (bid != 0 or ask != 0))", ""),
    Fault("quote beyond the margin enters beside the old one", QUOTE_CHECKS, "    return need <= surely_free_mills(account_row)", "    return True"),
    Fault("quote beyond the position limit enters", QUOTE_CHECKS, "if reach_of(state.positions[row], side, lots) > account_row.position_lots_max:", "if lots > account_row.position_lots_max:"),
    Fault("protection trips above its threshold, not at it", PROTECTION, "protection.tried_lots >= protection.lots_max", "protection.tried_lots > protection.lots_max"),
    Fault("protection counts gross lots as delta", PROTECTION, "    protection.delta += signed\n", "    protection.delta += lots\n"),
    Fault("FOK counts quotes that protection pulls", DRY_RUN, "row = try_fill(state, maker, lots)", "row = np.int64(0)"),
    Fault("a dry run forgets fills for good", PROTECTION, "        _suppose_forgotten(state, row)\n", "        _forget_old(state, row)\n"),
    Fault("protection never forgets", PROTECTION, "oldest.time_ns > state.time_ns - protection.window_ns and protection.fills <", "oldest.time_ns > -1 and protection.fills <"),
    Fault("velocity looks at the low of the window only", WINDOWS, "(tick - low > width or high - tick > width)", "tick - low > width"),
    Fault("width itself breaches the window", WINDOWS, "(tick - low > width or high - tick > width)", "(tick - low >= width or high - tick >= width)"),
    Fault("implied group tests its own print only", WINDOWS, "    for number in range(-1, np.int64(path.count)):\n", "    for number in range(-1, 0):\n"),
    Fault("the first breach of an implied group is the reason", WINDOWS, "or (reason == REASONS[BREAKER] and worst != reason)", ""),
    Fault("a lead month that breaches beside others is overlooked", WINDOWS, "    return worst, lead if leads else book\n", "    return worst, book\n"),
    Fault("a quote stays with the session that stated it first", QUOTES, "    order.session = cursor.session\n    state.accounts", "    state.accounts"),
    Fault("groups of an implied fill are pulled in the order of prints", IMPLIED, "        for number in range(path.count):\n            maker", "        for number in range(0):\n            maker"),
    Fault("the last maker of an implied fill is checked first", IMPLIED, "path.slots[path.count - 1 - number]", "path.slots[number]"),
    # states of one book
    Fault("a halted book trades while its group is reserved and opens", MARKET_STATE, "own_state == CLOSED or (own_state == HALT and group_state != CLOSED)", "own_state == CLOSED"),
    Fault("a closed book takes orders with its group", MARKET_STATE, "    stays = own_state == CLOSED or (own", "    stays = (own"),
    Fault("one person settles a day twice", DAY_LIMITS, "again = state.groups[book.group].settled_day == terms.day", "again = False"),
    Fault("one person settles a part of a group", DAY_LIMITS, "require(group <= named,", "require(group <= group,"),
    Fault("nobody knows which day was settled", DAY_LIMITS, "        if terms.day:\n", "        if terms.day < 0:\n"),
    Fault("a reserved book stays reserved over the night", MARKET_STATE, "FOLLOW if target == CLOSED and own != CLOSED else own", "own"),
    # what is read of a state by the row, and a day's new terms
    Fault("the orders behind an order count as ahead of it", "exchange/engine/views.py", "    slot = np.int64(state.links[slot].older)\n    while slot", "    slot = np.int64(state.links[slot].newer)\n    while slot"),
    Fault("orders join a new day's window in another order", "exchange/engine/control/day_limits.py", 'slots[np.argsort(state.orders["stamp"][slots])]', "slots[::-1].copy()"),
)  # fmt: skip
