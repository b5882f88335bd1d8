"""REPLACE: changes a resting order, which keeps or loses its priority, or a waiting stop (REPL-001 to REPL-007)."""

import dataclasses
from typing import Any

from exchange.codes import (
    CancelReason,
    CommandFlag,
    EventFlag,
    EventKind,
    OrderState,
    OrderType,
    RejectReason,
    Side,
    TimeInForce,
)
from exchange.reference.book import IMMEDIATE, STAMPS, STOP_TYPES, Order, signed
from exchange.reference.day_prices import can_park, outside_band, stop_outside, waits_for_a_day
from exchange.reference.entry import (
    fits_expiry,
    is_killed,
    refusal_details,
    refuses_election,
    risk_checks,
    shows_too_little,
    would_trade,
)
from exchange.reference.market import Check, Market, first_failure
from exchange.reference.matching import match_and_rest
from exchange.reference.orders import cancel_order, lose_priority
from exchange.reference.phases import REPLACE_STATES
from exchange.reference.stops import elect_if_true, protected_limit
from exchange.units import ORDER_LOTS_MAX


def replace_order(market: Market) -> None:
    """REPLACE: change an order and match it again if it has lost priority, or reject."""
    command = market.command
    order = market.find(command)
    if order is not None and order.pending:
        _replace_stop(market, order)
        return
    reason = first_failure(_checks(market, command))
    if order is None or reason != RejectReason.NONE:
        details = refusal_details(market, reason, changed_by(order, command), order) if order else {}
        market.refuse_change(EventKind.REPLACE_REJECTED, reason, order, **details)
        return
    changed = changed_by(order, command)
    if changed.leaves_lots > 0 and changed.has_expired(command.time_ns):
        _expire(market, order, changed)
        return
    kept, old_price = keeps_priority(order, changed), order.price
    if changed.leaves_lots > 0 and not kept:
        lose_priority(market, order)
    order.tif, order.expiry_ns, order.tag = changed.tif, changed.expiry_ns, changed.tag
    if changed.leaves_lots <= 0:
        # REPL-003: the new total is not above the executed lots, so nothing is left.
        market.order_event(
            EventKind.ORDER_REPLACED, order, reference=command.request_id, working_lots=order.leaves_lots
        )
        cancel_order(market, order, CancelReason.IFM)
        return
    order.price, order.order_lots, order.leaves_lots = changed.price, changed.order_lots, changed.leaves_lots
    order.display_lots, order.shown_lots = changed.display_lots, min(order.shown_lots, order.leaves_lots)
    level = market.books[order.instrument].level_lots(order.side, old_price)
    if kept:
        market.order_event(
            EventKind.ORDER_REPLACED, order, reference=command.request_id, flags=EventFlag.KEPT, level_lots=level,
            working_lots=order.leaves_lots,
        )  # fmt: skip
        return
    market.order_event(
        EventKind.ORDER_REPLACED, order, reference=command.request_id, flags=EventFlag.LOST, level_lots=level,
        old_tick=old_price, working_lots=order.leaves_lots,
    )  # fmt: skip
    match_and_rest(market, order)  # REPL-005


def _expire(market: Market, order: Order, changed: Order) -> None:
    """TIF-009: a replace to an expiry that has passed cancels the order."""
    order.tif, order.expiry_ns, order.tag = changed.tif, changed.expiry_ns, changed.tag
    market.order_event(
        EventKind.ORDER_REPLACED, order, reference=market.command.request_id, working_lots=order.leaves_lots,
        leaves_lots=0, state=OrderState.EXPIRED,
    )  # fmt: skip
    cancel_order(market, order, CancelReason.EXPIRED)


def changed_by(order: Order, command: Any) -> Order:
    """A copy of the order as a REPLACE would change it. The new total includes executed lots (REPL-002)."""
    total = order.order_lots if command.flags & CommandFlag.KEEP_LOTS else command.lots
    return dataclasses.replace(
        order,
        price=order.price if command.flags & CommandFlag.KEEP_PRICE else command.price,
        order_lots=total,
        leaves_lots=total - order.filled_lots,
        tif=command.tif if command.flags & CommandFlag.SET_TIF else order.tif,
        expiry_ns=command.expiry_ns if command.flags & CommandFlag.SET_TIF else order.expiry_ns,
        display_lots=command.display_lots if command.flags & CommandFlag.SET_DISPLAY else order.display_lots,
        tag=command.tag if command.flags & CommandFlag.SET_TAG else order.tag,
    )


def keeps_priority(order: Order, changed: Order) -> bool:
    """REPL-001, ICE-005: whether a changed order keeps priority: same price and display, and not more lots."""
    same = (changed.price, changed.display_lots) == (order.price, order.display_lots)
    return same and changed.leaves_lots <= order.leaves_lots


# --- checks, in order of precedence (ORDER-004, REPL-004)


def _checks(market: Market, command: Any) -> Check:
    account = market.clearing.accounts.get(command.account)
    yield account is None, RejectReason.UNKNOWN_ACCOUNT
    assert account is not None
    yield from _syntax_checks(command)
    order = market.find(command)
    if order is not None and order.order_type not in (*STOP_TYPES, OrderType.QUOTE):
        yield bool(command.flags & CommandFlag.SET_TRIGGER), RejectReason.BAD_COMBO
    yield order is None or order.order_type == OrderType.QUOTE, RejectReason.UNKNOWN  # ORDER-006
    assert order is not None
    yield is_killed(market, command.account, command.session), RejectReason.KILLED
    yield market.market_state(order.instrument) not in REPLACE_STATES, RejectReason.STATE
    changed = changed_by(order, command)
    min_inc = market.clearing.instruments[order.instrument].min_inc
    yield changed.price % min_inc != 0, RejectReason.OFF_TICK
    yield from _quantity_checks(market, changed)
    banded = outside_band(market, order.instrument, order.side, changed.price, changed.tif)
    if changed.leaves_lots <= 0 or keeps_priority(order, changed):
        # REPL-004: fewer checks, because the order keeps its price and does not grow.
        yield changed.price != order.price and banded, RejectReason.BAND
        yield bool(command.flags & CommandFlag.SET_TRIGGER), RejectReason.ELECTED
        return
    yield banded, RejectReason.BAND  # BAND-003
    yield from risk_checks(market, changed, order)
    yield would_trade(market, changed), RejectReason.PO_CROSS  # TIF-007
    yield bool(command.flags & CommandFlag.SET_TRIGGER), RejectReason.ELECTED  # REPL-007


def _syntax_checks(command: Any) -> Check:
    if not command.flags & CommandFlag.KEEP_LOTS:
        yield not 1 <= command.lots <= ORDER_LOTS_MAX, RejectReason.BAD_QTY
    if command.flags & CommandFlag.SET_DISPLAY:
        yield not 0 <= command.display_lots <= ORDER_LOTS_MAX, RejectReason.BAD_QTY
    if command.flags & CommandFlag.SET_TIF:
        yield command.tif not in set(TimeInForce) - set(IMMEDIATE) or not fits_expiry(command), RejectReason.BAD_COMBO


def _quantity_checks(market: Market, changed: Order) -> Check:
    instrument, account = market.clearing.instruments[changed.instrument], market.clearing.accounts[changed.account]
    yield changed.order_lots % instrument.lot_inc != 0, RejectReason.BAD_LOT
    yield changed.order_lots > min(instrument.order_lots_max, account.order_lots_max), RejectReason.BAD_LOT
    yield shows_too_little(instrument, changed.order_lots, changed.display_lots), RejectReason.SHOW


# --- a waiting stop (REPL-007)


def _replace_stop(market: Market, order: Order) -> None:
    command, changed = market.command, stop_changed_by(market, order, market.command)
    reason = first_failure(_stop_checks(market, order, changed))
    if reason != RejectReason.NONE:
        details = refusal_details(market, reason, changed, order)
        market.refuse_change(EventKind.REPLACE_REJECTED, reason, order, **details)
        return
    if changed.has_expired(command.time_ns):
        _expire(market, order, changed)
        return
    lost = changed.trigger != order.trigger or changed.leaves_lots > order.leaves_lots
    for name in ("trigger", "price", "order_lots", "leaves_lots", "display_lots", "tif", "expiry_ns", "tag"):
        setattr(order, name, getattr(changed, name))
    if lost:
        order.stamp = next(STAMPS)
    market.order_event(
        EventKind.ORDER_REPLACED, order, reference=command.request_id, working_lots=order.leaves_lots,
        state=OrderState.PENDING, flags=EventFlag.LOST if lost else EventFlag.KEPT,
    )  # fmt: skip
    if lost:
        elect_if_true(market, order)


def stop_changed_by(market: Market, order: Order, command: Any) -> Order:
    """A copy of a waiting stop as a REPLACE would change it. The limit of a plain stop moves with its trigger."""
    flags = command.flags
    trigger = command.trigger if flags & CommandFlag.SET_TRIGGER else order.trigger
    price = order.price if flags & CommandFlag.KEEP_PRICE else command.price
    if order.order_type == OrderType.STOP and flags & CommandFlag.KEEP_PRICE:
        price = order.price + trigger - order.trigger
    elif order.order_type == OrderType.STOP:
        price = protected_limit(market, order.instrument, order.side, trigger, command.price)
    return dataclasses.replace(changed_by(order, command), trigger=trigger, price=price)


def _stop_checks(market: Market, order: Order, changed: Order) -> Check:
    command, instrument = market.command, market.clearing.instruments[order.instrument]
    yield from _syntax_checks(command)
    yield is_killed(market, command.account, command.session), RejectReason.KILLED
    yield market.market_state(order.instrument) not in REPLACE_STATES, RejectReason.STATE
    limit = None if command.flags & CommandFlag.KEEP_PRICE else command.price
    prices = [changed.trigger] + ([] if limit is None else [limit])
    yield any(price % instrument.min_inc for price in prices), RejectReason.OFF_TICK
    yield from _quantity_checks(market, changed)
    moves = (changed.trigger, changed.price) != (order.trigger, order.price)
    if moves or changed.leaves_lots > order.leaves_lots:
        yield stop_outside(instrument, order.side, changed.tif, changed.trigger, limit), RejectReason.BAND
        sign, passive = signed(order.side), instrument.low_tick if order.side == Side.BUY else instrument.high_tick
        stays_out = sign * changed.price < sign * passive
        if stays_out and not can_park(instrument, order.side, changed.price, changed.tif):
            yield not waits_for_a_day(instrument, order.side, changed.tif, changed.trigger), RejectReason.BAND
    if changed.price != order.price or changed.leaves_lots > order.leaves_lots:
        yield from risk_checks(market, changed, order)
    yield order in market.elected or refuses_election(market, changed), RejectReason.ELECTED
