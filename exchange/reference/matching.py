"""Continuous matching of the reference, one fill after the other (MATCH-001, MATCH-002)."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from exchange.codes import Liquidity, Matching, StateReason
from exchange.reference.book import Order, is_own, opposite
from exchange.reference.implied import best_route, trade_route
from exchange.reference.pro_rata import match_level, prevent_on_level
from exchange.reference.self_match import prevent_self_match
from exchange.reference.velocity import breach

Trip = tuple[int, StateReason]  # book whose window a print would have breached, which window

if TYPE_CHECKING:
    from exchange.reference.engine import Reference


def match(reference: Reference, order: Order) -> Trip | None:
    """All that an aggressor executes now; it may be gone afterwards. Returns what has tripped, if that ended it."""
    book = reference.books[order.instrument]
    shared = reference.clearing.instruments[order.instrument].matching == Matching.PRO_RATA
    while order.leaves_lots:
        maker = book.best(opposite(order.side))
        path = best_route(reference, order.instrument, order.side, order)
        if path and path.is_traded_before(order, maker):
            prints = [(path.index, path.price), *((one.instrument, one.price) for one in path.makers)]
            if trips := [(index, why) for index, price in prints if (why := breach(reference, index, price))]:
                return _worst(reference, order.instrument, trips)
            trade_route(reference, order, path)
            continue
        if maker is None or not book.takes(order.side, order.price, maker):
            break
        if shared:
            own = prevent_on_level(reference, order, book.level(maker.side))
        else:
            own = is_own(order, maker)
            if own:
                prevent_self_match(reference, order, maker)
        if own:
            continue
        reason = breach(reference, order.instrument, maker.price)
        if reason != StateReason.NONE:
            return order.instrument, reason
        if shared:
            match_level(reference, order, book.level(maker.side))
        else:
            reference.trade(maker, order, maker.price, min(maker.shown_lots, order.leaves_lots), Liquidity.MAKER)
            if maker.leaves_lots and not maker.shown_lots:
                reference.refresh(maker)
    return None


def _worst(reference: Reference, index: int, trips: list[Trip]) -> Trip:
    """Of a linked group: a breaker before velocity, the lead month before others (BAND-008, BAND-010)."""
    lead = reference.lead_months.get(reference.clearing.instruments[index].group)
    breakers = [trip for trip in trips if trip[1] == StateReason.HALT_DCB]
    book, reason = (breakers or trips)[0]
    return (lead if lead in dict(trips) else book), reason


def executed_by(reference: Reference, order: Order) -> int:
    """Lots that an order would execute now: the matching itself, on a copy of everything (TIF-003)."""
    trial = copy.deepcopy(reference)
    mine = trial.orders[order.order_id]
    match(trial, mine)
    return mine.filled_lots
