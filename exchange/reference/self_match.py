"""Self-match prevention: when two orders of one owner meet, the aggressor's mode decides (SMP-001 to SMP-007)."""

from exchange.codes import CancelReason, EventFlag, EventKind, OrderState, SmpMode
from exchange.reference.book import Order, is_own
from exchange.reference.market import Market
from exchange.reference.orders import cancel_order, end_order


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
    own = [maker for maker in queue if is_own(order, maker)]
    if own and order.smp_mode == SmpMode.CANCEL_AGGRESSOR:
        cancel_order(market, order, CancelReason.SMP)
        return True
    for maker in own:
        cancel_order(market, maker, CancelReason.SMP)
    if own and order.smp_mode == SmpMode.CANCEL_BOTH:
        cancel_order(market, order, CancelReason.SMP)
    return bool(own)
