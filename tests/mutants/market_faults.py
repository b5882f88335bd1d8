"""Faults of markets and what meets in them: auctions, states, stops, pro-rata, implied prices, quotes, sessions."""

from tests.mutants.plant import Fault

APPLY = "exchange/engine/apply.py"
AUCTION = "exchange/book/auction.py"
CLOCK = "exchange/engine/cancels/clock.py"
DAY_LIMITS = "exchange/engine/control/day_limits.py"
DISCONNECT = "exchange/engine/cancels/disconnect.py"
DRY_RUN = "exchange/engine/matching/dry_run.py"
FEATURED = "exchange/engine/matching/featured.py"
IMPLIED = "exchange/engine/matching/implied_fills.py"
IMPLIED_BOOK = "exchange/book/implied.py"
KILL = "exchange/engine/cancels/kill.py"
LEVEL_PASS = "exchange/engine/matching/level_pass.py"
MARKET_STATE = "exchange/engine/phases/market_state.py"
OWNERS = "exchange/book/owners.py"
PHASES = "exchange/engine/phases/state_changes.py"
PREDICATES = "exchange/engine/predicates.py"
PROTECTION = "exchange/engine/quotes/protection.py"
PRO_RATA = "exchange/book/pro_rata.py"
QUOTES = "exchange/engine/quotes/mass_quotes.py"
QUOTE_CHECKS = "exchange/engine/quotes/quote_checks.py"
SESSIONS = "exchange/engine/sessions.py"
STOPS = "exchange/engine/entry/stops.py"
STOP_BOOK = "exchange/book/stops.py"
STOP_TERMS = "exchange/engine/entry/stop_terms.py"
VALIDATE = "exchange/engine/entry/validate.py"
WINDOWS = "exchange/book/windows.py"

MARKET_FAULTS = (
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
        "indicative price from another reference than the uncross", PHASES,
        "expected_uncross(state, book, reference_tick(book), collar_ticks)",
        "expected_uncross(state, book, np.int64(book.mark_tick), collar_ticks)",
    ),
    # market states, kill, mass cancel
    Fault(
        "orders can be cancelled in the no-cancel period", PREDICATES,
        "return takes_replace(market_state) or market_state == MARKET_HALT",
        "return market_state != MARKET_CLOSED",
    ),
    Fault(
        "new orders enter a halted market", PREDICATES,
        "return market_state != MARKET_CLOSED and market_state != MARKET_HALT",
        "return market_state != MARKET_CLOSED",
    ),
    Fault(
        "kill spares GTC orders", KILL,
        "return state.books[state.orders[slot].book].market_state != MARKET_CLOSED",
        "return state.books[state.orders[slot].book].market_state != MARKET_CLOSED and state.orders[slot].tif == 0",
    ),
    Fault(
        "killed account may enter orders", VALIDATE,
        "    if is_killed(state, account, np.int64(command.session)):\n        return REJECT_KILLED\n    index",
        "    index",
    ),
    # stops
    Fault(
        "inverted stop compare", STOP_BOOK,
        "return ticks_better(side, tick, trigger) >= 0",
        "return ticks_better(side, tick, trigger) <= 0",
    ),
    Fault(
        "trigger itself does not elect", STOP_BOOK,
        "return ticks_better(side, tick, trigger) >= 0",
        "return ticks_better(side, tick, trigger) > 0",
    ),
    Fault("stops of one side only", STOP_BOOK, "    for side in range(2):\n        slot = reached", "    for side in range(1):\n        slot = reached"),
    Fault(
        "stops elected by stamp alone", STOP_BOOK,
        "key = abs(np.int64(state.orders[slot].trigger) - origin) if by_distance else np.int64(0)", "key = np.int64(0)",
    ),
    Fault("newest elected stop goes first", STOP_BOOK, "        state.links[last].newer = slot\n    book.injection_last = slot\n",
          "        state.links[slot].newer = book.injection_first\n        state.links[slot].older = 0\n        state.links[book.injection_first].older = slot\n        book.injection_first = slot\n        return\n    book.injection_last = slot\n"),
    Fault(
        "plain stop without protection", STOP_TERMS,
        "trigger + book.protection_ticks * sign_of(side)",
        "trigger",
    ),
    Fault(
        "stop that is through on entry waits", STOP_TERMS,
        "return book.market_state == MARKET_OPEN and book.has_last != 0 and",
        "return False and",
    ),
    Fault(
        "injected stop keeps its old stamp", STOPS,
        "    state.stamp += 1\n    order.stamp = state.stamp\n    row = order_event(state, out, EVENT_STOP_TRIGGERED",
        "    row = order_event(state, out, EVENT_STOP_TRIGGERED",
    ),
    Fault("stops are not elected on the way to OPEN", STOPS, "    if book.has_last != 0:\n        elect_stops", "    if False:\n        elect_stops"),
    Fault(
        "stop's limit ignores the band", STOPS,
        "worse_of(side, tick, best_tick_allowed(book, side))",
        "tick",
    ),
    # pro-rata
    Fault("TOP shared like the others", PRO_RATA, "    left -= _give_top(state, allocation, level, left)\n", ""),
    Fault(
        "TOP in auctions too", PRO_RATA,
        "order.order_id if book.market_state == MARKET_OPEN else 0",
        "order.order_id",
    ),
    Fault("minimum allocation is not looked at", PRO_RATA, "        if share >= allocation.minimum_allocation:\n", "        if share >= 1:\n"),
    Fault("rest of a pro-rata level is lost", PRO_RATA, "    left -= _give_by_size(state, allocation, level, left)\n    _give_by_time(state, level, left)\n", "    _give_by_size(state, allocation, level, left)\n"),
    Fault("lead makers get nothing", PRO_RATA, "    for number in range(allocation.lead_makers):\n", "    for number in range(0):\n"),
    Fault("split by time is left out", PRO_RATA, "left * allocation.split_percent // 100)", "np.int64(0))"),
    Fault("own order shares in a pro-rata level", LEVEL_PASS, "    if order.smp_id == 0:\n        return False\n    book", "    if True:\n        return False\n    book"),
    # implied
    Fault(
        "implied price from a book that is not open", IMPLIED_BOOK,
        "        if book.market_state != MARKET_OPEN:\n            return False, np.int64(0)\n",
        "",
    ),
    Fault(
        "implied price outside the daily limits", IMPLIED_BOOK,
        "if not exists or not in_limits(book, tick):",
        "if not exists:",
    ),
    Fault("implied trades before real orders at one price", FEATURED, "floor_place = max(real, worst - 1, 0)", "floor_place = max(real - 1, worst - 1, 0)"),
    Fault("aggressor's own order in a route", IMPLIED_BOOK, "        if _meets_owner(state, smp_id, account):\n            continue\n", ""),
    Fault("a leg between orders of one owner is like any other", IMPLIED_BOOK, "    if route.own_leg != 0:\n        whole", "    if False:\n        whole"),
    Fault("a quote and an order of one account have two owners", OWNERS, " or is_of_owner(other.smp_id, other.account, order)", ""),
    Fault("an internal leg prints and pays a fee", IMPLIED, "if route.internal[number] != 0:", "if False:"),
    Fault("an internal leg is held against the windows", WINDOWS, "if number >= 0 and route.internal[number] != 0:", "if False:"),
    Fault("a dry run counts prints of internal legs", DRY_RUN, "if state.route.internal[number] == 0:", "if True:"),
    Fault(
        "implied-out written with the other side of the back month", IMPLIED_BOOK,
        "    return leg_side(1 - combination_side, sign)\n",
        "    return leg_side(combination_side, sign)\n",
    ),
    Fault(
        "implied quantity of the larger order", IMPLIED_BOOK,
        "        lots = min(lots, np.int64(state.orders[route.slots[number]].shown_lots))\n",
        "        lots = max(lots, np.int64(state.orders[route.slots[number]].shown_lots))\n",
    ),
    # sessions
    Fault(
        "orders of a session whose row another has taken cannot be killed", KILL,
        "return REJECT_NONE if command.killed_session != 0 else REJECT_UNKNOWN",
        "return REJECT_NONE if may_take_row(state, np.int64(command.killed_session)) else REJECT_UNKNOWN",
    ),
    Fault("a session goes on where the one before it in its row was", SESSIONS, "        if row.number != number:\n            clear_row(row)\n", ""),
    Fault("a killed session stops another of its row", SESSIONS, " if row_there(state, number).number == number else np.int64(0)]", "]"),
    Fault("requests of a session whose row another has taken count for that", SESSIONS, "    holder = row_there(state, number).number\n", "    holder = number\n"),
    # the loop
    Fault("a mass quote that is open ends with its batch", APPLY, "            if stop >= start or state.cursor.run == 0:\n", "            if state.cursor.run == 0:\n"),
    Fault(
        "a mass quote that is cut off stays open", APPLY,
        "        elif unlikely(state.cursor.run != 0) and row_at(commands, index).kind != KIND_QUOTE:\n            _cut_run(state)\n",
        "",
    ),
    Fault("implied prices are not published after the command that moved them", APPLY, "            if state.marked_words[IMPLIED_CHANGED] != ZERO and", "            if state.marked_words[IMPLIED_CHANGED] == ZERO and"),
    # disconnect, clock
    Fault(
        "disconnect takes GTC orders where only DAY was asked", DISCONNECT,
        '(command["flags"] & FLAG_DAY_ONLY != 0 and order.tif != TIF_DAY)',
        "False",
    ),
    Fault(
        "disconnect takes other sessions' orders", DISCONNECT,
        '    if command["flags"] & FLAG_WHOLE_ACCOUNT == 0 and order.session != command.session:\n        return 0\n',
        "",
    ),
    Fault("cancels that waited are never done", DISCONNECT, "    state.groups[book.group].waiting = 1\n    return 1\n", "    return 1\n"),
    Fault(
        "GTD orders outlive their time", CLOCK,
        "    state.cursor.due_root = take_due(state, np.int64(state.time_ns))\n",
        "    state.cursor.due_root = take_due(state, np.int64(state.time_ns) - 1)\n",
    ),
    # quotes, protection, velocity
    Fault("unchanged side of a quote loses time", QUOTE_CHECKS, "return slot == 0 or state.orders[slot].price != tick or lots > state.orders[slot].leaves_lots", "return True"),
    Fault("larger side of a quote keeps time", QUOTE_CHECKS, "state.orders[slot].price != tick or lots > state.orders[slot].leaves_lots", "state.orders[slot].price != tick"),
    Fault("quote side of size zero stays", QUOTES, "    elif lots == 0:\n", "    elif lots < 0:\n"),
    Fault(
        "quotes change in the no-cancel period", QUOTE_CHECKS,
        " or (book.market_state == MARKET_NOCANCEL and (bid != 0 or ask != 0))",
        "",
    ),
    Fault(
        "quote beyond the margin enters beside the old one", QUOTE_CHECKS,
        "    return need <= free_margin_floor_mills(account_row)",
        "    return True",
    ),
    Fault("quote beyond the position limit enters", QUOTE_CHECKS, "if possible_lots(state.positions[row], side, lots) > account_row.position_lots_max:", "if lots > account_row.position_lots_max:"),
    Fault("protection trips above its threshold, not at it", PROTECTION, "protection.dry_lots >= protection.lots_max", "protection.dry_lots > protection.lots_max"),
    Fault("protection counts gross lots as delta", PROTECTION, "    protection.delta += signed\n", "    protection.delta += lots\n"),
    Fault("FOK counts quotes that protection pulls", DRY_RUN, "row = count_dry_fill(state, maker, lots)", "row = np.int64(0)"),
    Fault(
        "a dry run drops fills for good", PROTECTION,
        "        _suppose_dropped(state, row)\n",
        "        _drop_old_fills(state, row)\n",
    ),
    Fault("protection never drops a fill", PROTECTION, "oldest.time_ns > state.time_ns - protection.window_ns and protection.fills <", "oldest.time_ns > -1 and protection.fills <"),
    Fault("velocity looks at the low of the window only", WINDOWS, "(tick - low > width or high - tick > width)", "tick - low > width"),
    Fault("width itself breaches the window", WINDOWS, "(tick - low > width or high - tick > width)", "(tick - low >= width or high - tick >= width)"),
    Fault(
        "implied group tests its own print only", WINDOWS,
        "    for number in range(-1, np.int64(route.count)):\n",
        "    for number in range(-1, 0):\n",
    ),
    Fault("the first breach of an implied group is the reason", WINDOWS, "or (reason == REASONS[BREAKER] and worst != reason)", ""),
    Fault("a lead month that breaches beside others is overlooked", WINDOWS, "    return worst, lead if leads else book\n", "    return worst, book\n"),
    Fault("a quote stays with the session that stated it first", QUOTES, "    order.session = cursor.session\n    state.accounts", "    state.accounts"),
    Fault(
        "groups of an implied fill are pulled in the order of prints", IMPLIED,
        "        for number in range(route.count):\n            maker",
        "        for number in range(0):\n            maker",
    ),
    Fault(
        "the last maker of an implied fill is pulled first", IMPLIED,
        "route.slots[route.count - 1 - number]",
        "route.slots[number]",
    ),
    # states of one book
    Fault(
        "a halted book trades while its group is reserved and opens", MARKET_STATE,
        "own_state == MARKET_CLOSED or (own_state == MARKET_HALT and group_state != MARKET_CLOSED)",
        "own_state == MARKET_CLOSED",
    ),
    Fault(
        "a closed book takes orders with its group", MARKET_STATE,
        "    stays = own_state == MARKET_CLOSED or (own",
        "    stays = (own",
    ),
    Fault("one person settles a day twice", DAY_LIMITS, "again = state.groups[book.group].settled_day == terms.day", "again = False"),
    Fault("one person settles a part of a group", DAY_LIMITS, "require(group <= named,", "require(group <= group,"),
    Fault("the day that was settled is not noted", DAY_LIMITS, "        if terms.day:\n", "        if terms.day < 0:\n"),
    Fault(
        "a reserved book stays reserved over the night", MARKET_STATE,
        "MARKET_NONE if target == MARKET_CLOSED and own != MARKET_CLOSED else own",
        "own",
    ),
    # what is read of a state by the row, and a day's new terms
    Fault("the orders behind an order count as ahead of it", "exchange/engine/views.py", "    slot = np.int64(state.links[slot].older)\n    while slot", "    slot = np.int64(state.links[slot].newer)\n    while slot"),
    Fault("orders join a new day's window in another order", "exchange/engine/control/day_limits.py", 'slots[np.argsort(state.orders["stamp"][slots])]', "slots[::-1].copy()"),
)  # fmt: skip
