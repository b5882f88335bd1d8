"""Continuous matching of the reference, one fill after the other (MATCH-001, MATCH-002)."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from exchange.codes import Liquidity, Matching
from tests.reference_book import Order, is_own, opposite
from tests.reference_implied import best_path, trade_path
from tests.reference_pro_rata import match_level
from tests.reference_self_match import prevent_self_match

if TYPE_CHECKING:
    from tests.reference_engine import Reference


def match(reference: Reference, order: Order) -> None:
    """All that an aggressor executes now; it may be gone afterwards."""
    book = reference.books[order.instrument]
    shared = reference.clearing.instruments[order.instrument].matching == Matching.PRO_RATA
    while order.leaves_lots:
        maker = book.best(opposite(order.side))
        path = best_path(reference, order.instrument, order.side, order.smp_id)
        if path and path.is_traded_before(order, maker):
            trade_path(reference, order, path)
            continue
        if maker is None or not book.takes(order.side, order.price, maker):
            return
        if shared:
            match_level(reference, order, book.level(maker.side))
        elif is_own(order, maker):
            prevent_self_match(reference, order, maker)
        else:
            reference.trade(maker, order, maker.price, min(maker.shown_lots, order.leaves_lots), Liquidity.MAKER)
            if maker.leaves_lots and not maker.shown_lots:
                reference.refresh(maker)


def executed_by(reference: Reference, order: Order) -> int:
    """Lots that an order would execute now: the matching itself, on a copy of everything (TIF-003)."""
    trial = copy.deepcopy(reference)
    mine = trial.orders[order.order_id]
    match(trial, mine)
    return mine.filled_lots
