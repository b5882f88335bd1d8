"""Implied prices: prices at which an aggressor can trade here with the best real orders of other books (IMP-001 to
IMP-014).

An implied *route* is the set of real orders that one implied fill would trade. "In": the aggressor is in the
combination, and each leg has an order. "Out": the aggressor is in a leg; the combination and each other leg have an
order. A search writes its route to `state.route`; the next search overwrites it.

By IMP-012 the sum over legs of weight * price is divisor * the combination's price. A spread has weights +1 and -1 and
divisor 1. A strip has the hours of its months as weights and their sum as divisor.
"""

import numpy as np

from exchange.book.levels import IMPLIED_CHANGED, ZERO, best_row, best_tick, in_limits, place_of
from exchange.book.owners import have_one_owner, is_of_owner
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import COMBO_STRIP, FEATURE_IMPLIED, MARKET_OPEN, leg_side, sign_of


@leaf_kernel
def side_of_combination(side, combo, own_leg):
    """Side on which a route trades the combination: that of the aggressor if it is in the combination itself, else that
    of the combination's resting order.

    side      the aggressor's
    own_leg   number of the aggressor's book among the legs, from 1; 0: the aggressor is in the combination
    """
    if own_leg == 0:
        return side
    return leg_side(1 - side, combo.legs[own_leg - 1].sign)


@leaf_kernel
def resting_side(combination_side, sign):
    """Side of the resting orders that fill one leg of a combination.

    combination_side  side on which the combination trades, see `side_of_combination`
    sign              the leg's: +1 or -1
    """
    return leg_side(1 - combination_side, sign)


@leaf_kernel
def leg_weight(state, combo, leg):
    """Weight of a leg in the combination's price, without its sign (IMP-012, IMP-013)."""
    if combo.combo == COMBO_STRIP:
        return np.int64(state.books[combo.legs[leg].book].hours)
    return np.int64(1)


@leaf_kernel
def _quotient(side, number, divisor):
    """number / divisor, rounded against an aggressor of `side`: up for a buy, down for a sell.

    The divisor may be negative.
    """
    sign = -sign_of(side)
    if divisor < 0:
        number = -number
        divisor = -divisor
    return sign * (sign * number // divisor)


@kernel
def price_route(state, combination, own_leg, side):
    """Price for an aggressor through one combination, from best real prices (IMP-001, IMP-006, IMP-013).

    own_leg  number of the aggressor's book among the legs, from 1; 0: the aggressor is in the combination
    side     the aggressor's
    returns  whether there is a price, and the price in ticks. Nothing is written
    """
    combo = state.books[combination]
    combination_side = side_of_combination(side, combo, own_leg)
    number = np.int64(0)
    whole = np.int64(0)
    own = np.int64(0)
    if combo.market_state != MARKET_OPEN or (own_leg != 0 and combo.best[combination_side] == 0):
        return False, np.int64(0)
    for leg in range(np.int64(combo.leg_count)):
        sign = np.int64(combo.legs[leg].sign)
        book = state.books[combo.legs[leg].book]
        weight = leg_weight(state, combo, leg)
        whole += weight
        if book.market_state != MARKET_OPEN:
            return False, np.int64(0)
        if leg + 1 == own_leg:
            own = sign * weight
            continue
        resting = resting_side(combination_side, sign)
        if book.best[resting] == 0:
            return False, np.int64(0)
        number += sign * weight * best_tick(book, resting)
    divisor = whole if combo.combo == COMBO_STRIP else np.int64(1)
    if own_leg == 0:
        return True, _quotient(side, number, divisor)
    return True, _quotient(side, divisor * best_tick(combo, combination_side) - number, own)


@kernel
def clear_route(state):
    """Set `state.route` to zero, so that a search without a trade leaves the state as it was."""
    route = state.route
    for number in range(route.count):
        route.books[number] = 0
        route.sides[number] = 0
        route.slots[number] = 0
        route.ticks[number] = 0
        route.internal[number] = 0
    route.count = 0
    route.combination = 0
    route.own_leg = 0
    route.tick = 0
    route.lots = 0


@leaf_kernel
def _head_of(state, index, side):
    """Slot of the oldest order at the best price of one side of a book."""
    return np.int64(state.levels[best_row(state.books[index], side)].head)


@kernel
def _add_route_entry(state, index, side):
    route = state.route
    count = route.count
    route.books[count] = index
    route.sides[count] = side
    route.slots[count] = _head_of(state, index, side)
    route.ticks[count] = best_tick(state.books[index], side)
    route.count = count + 1


@kernel
def _note_route(state, combination, own_leg, side, tick):
    """Write the books, sides, orders and prices of a route to `state.route`: first the combination, then the legs
    (IMP-007). Its orders are the oldest at their best prices, of any owner (IMP-002)."""
    clear_route(state)
    route = state.route
    route.combination = combination
    route.own_leg = own_leg
    route.tick = tick
    combo = state.books[combination]
    combination_side = side_of_combination(side, combo, own_leg)
    if own_leg != 0:
        _add_route_entry(state, np.int64(combination), combination_side)
    for leg in range(np.int64(combo.leg_count)):
        if leg + 1 != own_leg:
            _add_route_entry(
                state, np.int64(combo.legs[leg].book), resting_side(combination_side, combo.legs[leg].sign)
            )


@kernel
def _mark_internal_legs(state):
    """Mark the orders of the route that trade with the combination's order and have its owner (SMP-010). An aggressor
    in the combination trades each leg itself, so then there are none."""
    route = state.route
    if route.own_leg != 0:
        whole = state.orders[route.slots[0]]
        for number in range(1, route.count):
            route.internal[number] = 1 if have_one_owner(whole, state.orders[route.slots[number]]) else 0


@kernel
def _meets_owner(state, smp_id, account):
    """Whether an order of the aggressor's owner rests at the best level of any book of the route (SMP-010)."""
    if smp_id != 0:
        for number in range(state.route.count):
            slot = np.int64(state.route.slots[number])
            while slot != 0:
                if is_of_owner(smp_id, account, state.orders[slot]):
                    return True
                slot = np.int64(state.links[slot].newer)
    return False


@kernel
def _route_lots(state):
    """Lots that the route can trade: the smallest displayed size of its orders."""
    route = state.route
    lots = np.int64(state.orders[route.slots[0]].shown_lots)
    for number in range(1, route.count):
        lots = min(lots, np.int64(state.orders[route.slots[number]].shown_lots))
    return lots


@leaf_kernel
def find_route(state, index, side, smp_id, account, floor_place):
    """As `search_route`, but skips the search if the computed implied price shows that there is no route.

    As long as no book has changed since implied prices were computed, no aggressor can get a better one. If it is not
    better than `floor_place`, there is no route.
    """
    if state.marked_words[IMPLIED_CHANGED] == ZERO:
        quote = state.implied[index]
        other = 1 - side
        if quote.lots[other] == 0 or place_of(state.books[index], other, np.int64(quote.tick[other])) <= floor_place:
            return np.int64(0)
    return search_route(state, index, side, smp_id, account, floor_place)


@kernel
def search_route(state, index, side, smp_id, account, floor_place):
    """Find the route that an aggressor would trade next and write it to `state.route` (IMP-001 to IMP-009).

    index        the aggressor's book
    smp_id       the aggressor's, 0: no self-match prevention
    account      the aggressor's
    floor_place  place on the opposite side; only better prices count, because real orders trade first (IMP-003)
    returns      place of the route's price on the opposite side; 0 if there is no route, `state.route` is then zero
    """
    book = state.books[index]
    chosen = np.int64(-1)
    best = floor_place
    stamp = np.int64(0)
    noted = np.int64(-1)
    if book.market_state != MARKET_OPEN:
        return np.int64(0)
    first = np.int64(state.route_ranges[index].first)
    for number in range(first, first + state.route_ranges[index].count):
        implied_route = state.implied_routes[number]
        exists, tick = price_route(state, np.int64(implied_route.combination), np.int64(implied_route.own_leg), side)
        if not exists or not in_limits(book, tick):
            continue
        place = place_of(book, 1 - side, tick)
        # At equal prices the nearest expiry wins; at equal expiries, the route whose first order has the earlier stamp.
        tie = chosen >= 0 and place == best and implied_route.expiry_rank == state.implied_routes[chosen].expiry_rank
        if place <= best and not tie:
            continue
        _note_route(state, np.int64(implied_route.combination), np.int64(implied_route.own_leg), side, tick)
        noted = np.int64(number)
        if _meets_owner(state, smp_id, account):
            continue
        if not tie or state.orders[state.route.slots[0]].stamp < stamp:
            chosen = np.int64(number)
            best = place
            stamp = np.int64(state.orders[state.route.slots[0]].stamp)
    if chosen < 0:
        clear_route(state)
        return np.int64(0)
    if noted != chosen:
        implied_route = state.implied_routes[chosen]
        exists, tick = price_route(state, np.int64(implied_route.combination), np.int64(implied_route.own_leg), side)
        _note_route(state, np.int64(implied_route.combination), np.int64(implied_route.own_leg), side, tick)
    state.route.lots = _route_lots(state)
    _mark_internal_legs(state)
    return best


@kernel
def _implied_place(state, index, side, smp_id, account):
    book = state.books[index]
    real = np.int64(book.best[1 - side])
    place = find_route(state, index, side, smp_id, account, real)
    clear_route(state)
    return max(place, real)


@leaf_kernel
def opposite_place(state, index, side, smp_id, account):
    """Place, on the opposite side, of the best price for an aggressor, real or implied; 0 if there is none (ORDER-008,
    TIF-005). `state.route` is zero afterwards."""
    book = state.books[index]
    if book.features & FEATURE_IMPLIED == 0:
        return np.int64(book.best[1 - side])
    return _implied_place(state, index, side, smp_id, account)
