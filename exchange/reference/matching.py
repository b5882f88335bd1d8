"""Continuous matching: entry conditions, self-match prevention, one fill after the other, the remainder."""

import copy

from exchange.codes import (
    CancelReason,
    EventFlag,
    EventKind,
    Liquidity,
    MarketState,
    Matching,
    OrderState,
    OrderType,
    SmpMode,
    StateReason,
    TimeInForce,
)
from exchange.reference.book import IMMEDIATE, Order, has_same_owner, opposite
from exchange.reference.implied import ImpliedRoute, best_route, trade_route
from exchange.reference.market import Market
from exchange.reference.orders import cancel_order, end_order, refresh, rest
from exchange.reference.pro_rata import allocate
from exchange.reference.trades import trade

Trip = tuple[int, StateReason]  # (book whose window a print would breach, reason that names the window)


# --- an order comes to its book


def enter(market: Market, order: Order) -> None:
    """Enter a new or injected order: check FOK and minimum quantity (TIF-002 to TIF-004), then match it."""
    is_open = market.market_state(order.instrument) == MarketState.OPEN
    wanted = order.leaves_lots if order.tif == TimeInForce.FOK else 0
    wanted_at_least = max(wanted, order.minimum_lots)
    if wanted_at_least and wanted_at_least > (executed_by(market, order) if is_open else 0):
        cancel_order(market, order, CancelReason.FOK if wanted else CancelReason.MINQTY)
    else:
        match_and_rest(market, order, order.minimum_lots)


def executed_by(market: Market, order: Order) -> int:
    """Lots that an order would execute now, found by matching it in a copy of the whole market (TIF-003)."""
    trial = copy.deepcopy(market)
    own = trial.orders[order.order_id]
    match(trial, own)
    return own.filled_lots


def match_and_rest(market: Market, order: Order, minimum_lots: int = 0) -> None:
    """Match an order if its market is OPEN. The remainder rests (MATCH-004) or is cancelled (TIF-001); a breach of a
    price guard reserves the market (BAND-006).

    minimum_lots   an order with a minimum quantity does not rest after a breach
    """
    trip = None
    if market.market_state(order.instrument) == MarketState.OPEN:
        trip = match(market, order)
    if order.order_id not in market.orders:
        return
    if order.leaves_lots == 0:
        end_order(market, order)
    elif trip is not None:
        reserve(market, order, *trip, minimum_lots)
    elif order.tif in IMMEDIATE:
        cancel_order(market, order, CancelReason.IOC)
    else:
        rest(market, order)


# --- matching


def match(market: Market, order: Order) -> Trip | None:
    """Trade all that an aggressor can execute now; self-match prevention may end the order.

    Best price first, then time (MATCH-001), at the resting price (MATCH-002). A better implied price comes before a
    real one (IMP-003, IMP-004). Self-match prevention comes before the test of a print (BAND-005).

    returns   the breach of a price guard that has stopped matching; None: there was none
    """
    book = market.books[order.instrument]
    is_pro_rata = market.clearing.instruments[order.instrument].matching == Matching.PRO_RATA
    while order.leaves_lots:
        maker = book.best(opposite(order.side))
        route = best_route(market, order.instrument, order.side, order)
        if route and route.is_traded_before(order, maker):
            if trip := _breach_of_route(market, route):
                return trip
            trade_route(market, order, route)
            continue
        if maker is None or not book.takes(order.side, order.price, maker):
            break
        if is_pro_rata:
            own = prevent_on_level(market, order, book.level(maker.side))
        else:
            own = has_same_owner(order, maker)
            if own:
                prevent_self_match(market, order, maker)
        if own:
            continue
        reason = breach(market, order.instrument, maker.price)
        if reason != StateReason.NONE:
            return order.instrument, reason
        if is_pro_rata:
            match_level(market, order, book.level(maker.side))
        else:
            trade(market, maker, order, maker.price, min(maker.shown_lots, order.leaves_lots), Liquidity.MAKER)
            if maker.leaves_lots and not maker.shown_lots:
                refresh(market, maker)
    return None


def match_level(market: Market, order: Order, queue: list[Order]) -> None:
    """Share an aggressor's lots among the best level of a pro-rata book, then refresh icebergs (PRO-007)."""
    book, instrument = market.books[order.instrument], market.clearing.instruments[order.instrument]
    lead_makers = market.lead_makers.get(order.instrument, [])
    top = book.top[queue[0].side]
    parts = allocate(queue, order.leaves_lots, instrument.allocation_terms, top, lead_makers)
    for maker, lots in zip(queue, parts, strict=True):
        if lots:
            trade(market, maker, order, maker.price, lots, Liquidity.MAKER)
    for maker in queue:
        if maker.leaves_lots and not maker.shown_lots:
            refresh(market, maker)


# --- self-match prevention: when two orders of one owner meet, the aggressor's mode decides (SMP-001 to SMP-007)


def prevent_self_match(market: Market, order: Order, maker: Order) -> None:
    """SMP-002 to SMP-005, in a price-time book: cancel or decrement one order or both. Either may have ended then."""
    if order.smp_mode == SmpMode.DECREMENT:
        lots = min(order.leaves_lots, maker.leaves_lots)
        _decrement(market, maker, lots)
        _decrement(market, order, lots)
        if not maker.leaves_lots:
            end_order(market, maker)
        return
    if order.smp_mode != SmpMode.CANCEL_AGGRESSOR:
        cancel_order(market, maker, CancelReason.SMP)
    if order.smp_mode != SmpMode.CANCEL_RESTING:
        cancel_order(market, order, CancelReason.SMP)


def _decrement(market: Market, order: Order, lots: int) -> None:
    """SMP-005: reduce an order without a trade, its hidden lots first."""
    book, rested = market.books[order.instrument], order.resting
    order.leaves_lots -= lots
    order.shown_lots = min(order.shown_lots, order.leaves_lots)
    if rested and not order.leaves_lots:
        book.remove(order)
    market.order_event(
        EventKind.SELF_MATCH_DECREMENTED, order, lots=lots, flags=0 if rested else EventFlag.NEVER_RESTED,
        level_lots=book.level_lots(order.side, order.price) if rested else 0,
        state=OrderState.OPEN if order.leaves_lots else OrderState.CANCELLED,
    )  # fmt: skip


def prevent_on_level(market: Market, order: Order, queue: list[Order]) -> bool:
    """SMP-007: cancel own orders on a pro-rata level, the aggressor, or both, before the level is shared.

    returns   whether the level had own orders
    """
    own = [maker for maker in queue if has_same_owner(order, maker)]
    if own and order.smp_mode == SmpMode.CANCEL_AGGRESSOR:
        cancel_order(market, order, CancelReason.SMP)
        return True
    for maker in own:
        cancel_order(market, maker, CancelReason.SMP)
    if own and order.smp_mode == SmpMode.CANCEL_BOTH:
        cancel_order(market, order, CancelReason.SMP)
    return bool(own)


# --- velocity logic and circuit breaker


def breach(market: Market, index: int, price: int) -> StateReason:
    """BAND-005: the reason of the window that a print at this price would breach; NONE: it breaches none."""
    settle_tick = market.clearing.instruments[index].settle_tick
    now_ns = market.stamp_source.time_ns
    return market.guards[index].breach(price, now_ns, market.last_tick_or_settle(index), settle_tick)


def _breach_of_route(market: Market, route: ImpliedRoute) -> Trip | None:
    """BAND-009: the breach by one of a route's linked prints; None: none breaches.

    The breaker comes before velocity, and the lead month before other books.
    """
    makers = [maker for maker in route.makers if not route.is_internal(maker)]  # SMP-010: an internal leg has no print
    prints = [(route.index, route.price), *((maker.instrument, maker.price) for maker in makers)]
    trips = [(index, reason) for index, price in prints if (reason := breach(market, index, price))]
    if not trips:
        return None
    lead = market.lead_months.get(market.clearing.instruments[route.index].group)
    breakers = [trip for trip in trips if trip[1] == StateReason.HALT_DCB]
    book, reason = (breakers or trips)[0]
    return (lead if lead in dict(trips) else book), reason


def reserve(market: Market, order: Order, index: int, reason: StateReason, minimum_lots: int) -> None:
    """Stop an order whose next print would breach a window: cancel the remainder (BAND-006) or let it rest, and make
    the market RESERVED.

    index    book of the print; if it is the lead month the whole group becomes RESERVED (BAND-008)
    reason   VELOCITY: only if the remainder rests; HALT_DCB: in any case (BAND-010)
    """
    rests = order.tif not in IMMEDIATE and not minimum_lots
    rests = rests and order.order_type not in (OrderType.MARKET, OrderType.QUOTE)
    if not rests:
        cancel_order(market, order, CancelReason.VELOCITY)
        if reason == StateReason.VELOCITY:
            return
    instrument = market.clearing.instruments[order.instrument]
    lead = index == market.lead_months.get(instrument.group)
    now_ns = market.stamp_source.time_ns
    until_ns = now_ns + market.guards[index].pause_ns(reason, now_ns)
    phases = market.phases
    phase = phases.groups[instrument.group] if lead else phases.own[instrument.index]
    phases.change_until(phase, MarketState.RESERVED, until_ns, now_ns)
    market.emit(
        EventKind.STATE_CHANGED, market_state=MarketState.RESERVED, state_reason=reason, reopen_ns=until_ns,
        instrument=0 if lead else instrument.index, group=instrument.group if lead else 0,
    )  # fmt: skip
    for quote in [other for other in market.orders.values() if other.order_type == OrderType.QUOTE]:
        of_group = market.clearing.instruments[quote.instrument].group == instrument.group
        if of_group if lead else quote.instrument == instrument.index:
            cancel_order(market, quote, CancelReason.VELOCITY)
    if rests:
        rest(market, order)  # BAND-007: after the change of state
