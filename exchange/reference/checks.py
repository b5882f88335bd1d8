"""Entry checks that new orders, replaces and quotes share, and the details that a refusal reports (ORDER-004)."""

from typing import Any

from exchange.codes import MarketState, PostOnly, RejectReason, Scope, Side, TimeInForce
from exchange.reference.book import MARKET_TYPES, STOP_TYPES, Order, signed
from exchange.reference.clearing import Instrument
from exchange.reference.day_prices import worst_price
from exchange.reference.implied import best_tradeable_price
from exchange.reference.market import Check, Market
from exchange.reference.stops import is_elected_now

SIDE_LOTS_MAX = 2**31 - 1  # ORDER-016


def fits_expiry(command: Any) -> bool:
    """TIF-009: whether the expiry is given for a GTD order, and for no other."""
    return bool(command.expiry_ns > 0 if command.tif == TimeInForce.GTD else command.expiry_ns == 0)


def is_killed(market: Market, account: int, session: int) -> bool:
    """KILL-001: whether the account, the session or the account's firm is killed."""
    firm = market.clearing.accounts[account].firm
    places = [(Scope.ACCOUNT, account), (Scope.SESSION, session), (Scope.FIRM, firm)]
    return any(market.kills.get(place) for place in places)


def shows_too_little(instrument: Instrument, lots: int, display_lots: int) -> bool:
    """ICE-006: whether an iceberg's display is too small for its lots."""
    return bool(display_lots and instrument.show_ratio) and lots > display_lots * instrument.show_ratio


def refuses_election(market: Market, order: Order) -> bool:
    """STOP-002: whether the stop would be elected at once, and asks to be refused in that case."""
    return order.reject_if_elected and is_elected_now(market, order)


def would_take(market: Market, order: Order) -> bool:
    """TIF-005: whether a post-only order would trade at once; only in OPEN it can (TIF-008)."""
    if order.post_only == PostOnly.NONE or market.market_state(order.instrument) != MarketState.OPEN:
        return False
    best = best_tradeable_price(market, order.instrument, order.side, order)
    return best is not None and signed(order.side) * order.price >= signed(order.side) * best


def risk_checks(market: Market, order: Order, replaced: Order | None) -> Check:
    """Checks of limits, margin and capacity.

    order      the order as it would work
    replaced   the order that it would replace; None: it is new
    """
    clearing = market.clearing
    account = clearing.accounts[order.account]
    working = [other for other in market.working(order.account) if other is not replaced] + [order]
    closes = clearing.only_closes(account, working, order)
    yield account.close_only and not closes, RejectReason.CLOSE_ONLY
    yield clearing.breaks_limit(account, working, order), RejectReason.POSITION
    short_of_funds = clearing.initial_margin_mills(account, working) > clearing.funds_mills(account)
    yield short_of_funds and not closes, RejectReason.INSUFFICIENT_MARGIN
    yield replaced is None and not market.ids.has_free(1), RejectReason.FULL
    yield side_is_full(market, order, replaced), RejectReason.FULL


def side_is_full(market: Market, order: Order, replaced: Order | None) -> bool:
    """ORDER-016: whether the lots on one side of the book would be too many."""
    others = [other for other in market.orders.values() if other.instrument == order.instrument]
    same = [other for other in others if other.side == order.side and other is not replaced]
    return sum(other.leaves_lots for other in same) + order.leaves_lots > SIDE_LOTS_MAX


def refusal_details(market: Market, reason: RejectReason, order: Order, replaced: Order | None) -> dict[str, int]:
    """Event fields that a rejection has besides its reason: prices allowed for BAND, margin for INSUFFICIENT_MARGIN.

    order      the order as it would work
    replaced   the order that it would replace; None: it is new
    """
    instrument = market.clearing.instruments[order.instrument]
    if reason == RejectReason.BAND:
        low, high = instrument.low_tick, instrument.high_tick
        if order.order_type not in (*STOP_TYPES, *MARKET_TYPES) or (replaced and not replaced.pending):
            worst = worst_price(market, order.instrument, order.side)
            low, high = (low, worst) if order.side == Side.BUY else (worst, high)
        return {"lowest_tick": low, "highest_tick": high}
    if reason == RejectReason.INSUFFICIENT_MARGIN:
        clearing, account = market.clearing, market.clearing.accounts[order.account]
        now = market.working(order.account)
        then = [other for other in now if other is not replaced] + [order]
        held = clearing.initial_margin_mills(account, now)
        need = clearing.initial_margin_mills(account, then) - held
        return {"needed_mills": need, "free_margin_mills": clearing.funds_mills(account) - held}
    return {}
