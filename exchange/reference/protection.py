"""Market-maker protection: a group counts the fills of its quotes, and pulls the quotes at a threshold (MMP-)."""

from typing import Any

from exchange.codes import CancelReason, EventKind, OrderType, ProtectionState, RejectReason, Threshold
from exchange.reference.book import Order, signed
from exchange.reference.market import Check, Market, Protection, first_failure
from exchange.reference.orders import cancel_order

FILLS_MAX = 256  # fills that a group remembers (MMP-001)


# --- fills


def count_fill(market: Market, order: Order, lots: int) -> None:
    """MMP-001: count a maker fill of a quote. If a threshold is reached, the quote's group trips (MMP-002)."""
    protection = market.protections.get((order.account, order.protection))
    if protection is None:
        return
    hours = market.clearing.instruments[order.instrument].hours
    now = market.stamp_source.time_ns
    fills = [*protection.fills, (now, signed(order.side) * lots, lots * hours)]
    protection.fills = [fill for fill in fills[-FILLS_MAX:] if fill[0] > now - protection.window_ns]
    counts = {
        Threshold.LOTS: sum(abs(lots) for _, lots, _ in protection.fills),
        Threshold.FILLS: len(protection.fills),
        Threshold.DELTA: abs(sum(lots for _, lots, _ in protection.fills)),
        Threshold.HOURS: sum(hours for _, _, hours in protection.fills),
    }
    reached = [why for why in counts if protection.limits[why] and counts[why] >= protection.limits[why]]
    if reached and not protection.tripped:
        protection.tripped = reached[0]
        market.tripped.append(protection)


def pull_tripped(market: Market) -> None:
    """Report each group that the last trade has tripped, and cancel its quotes, oldest first (MMP-002)."""
    while market.tripped:
        protection = market.tripped.pop(0)
        quotes = [
            order
            for order in market.working(protection.account)
            if order.order_type == OrderType.QUOTE and order.protection == protection.number
        ]
        market.emit(
            EventKind.PROTECTION_TRIPPED, account=protection.account, protection_number=protection.number,
            threshold=protection.tripped, protection_state=ProtectionState.TRIPPED, quote_count=len(quotes),
            account_sequence=market.next_number(protection.account),
        )  # fmt: skip
        for order in quotes:
            cancel_order(market, order, CancelReason.MMP)


def allows_quotes(market: Market, group: int) -> bool:
    """MMP-003: whether the command's protection group allows quotes in product group `group`; with none it does."""
    command = market.command
    if not command.protection_number:
        return True
    found = market.protections.get((command.account, command.protection_number))
    return found is not None and not found.tripped and found.group in (0, group)


# --- commands


def set_protection(market: Market) -> None:
    """MMP_SET: define or change a protection group."""
    command = market.command
    reason = first_failure(_set_checks(market))
    if reason != RejectReason.NONE:
        market.refuse(EventKind.COMMAND_REFUSED, reason)
        return
    key = (command.account, command.protection_number)
    protection = market.protections.setdefault(key, Protection(*key))
    protection.group, protection.window_ns = command.group, command.window_ns
    protection.limits = {
        Threshold.LOTS: command.lots_max,
        Threshold.FILLS: command.fills_max or FILLS_MAX,
        Threshold.DELTA: command.delta_lots_max,
        Threshold.HOURS: command.hours_max,
    }
    _answer(market, EventKind.PROTECTION_DEFINED, protection)


def _set_checks(market: Market) -> Check:
    command = market.command
    yield command.account not in market.clearing.accounts, RejectReason.UNKNOWN_ACCOUNT
    thresholds = (command.lots_max, command.delta_lots_max, command.hours_max)
    yield command.window_ns < 1 or min(thresholds) < 0, RejectReason.BAD_QTY
    yield not 0 <= command.fills_max <= FILLS_MAX or not command.protection_number, RejectReason.BAD_QTY
    yield command.group not in (0, *market.phases.groups), RejectReason.UNKNOWN_INST
    known = (command.account, command.protection_number) in market.protections
    yield not known and len(market.protections) == market.capacities.protections, RejectReason.FULL


def reset_protection(market: Market) -> None:
    """MMP_RESET: allow quotes in a tripped group again; its counters start from zero (MMP-003)."""
    command = market.command
    protection = market.protections.get((command.account, command.protection_number))
    if command.account not in market.clearing.accounts:
        market.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN_ACCOUNT)
    elif protection is None:
        market.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN)
    else:
        protection.tripped, protection.fills = Threshold.NONE, []
        _answer(market, EventKind.PROTECTION_RESET, protection, account_sequence=market.next_number(command.account))


def _answer(market: Market, kind: EventKind, protection: Protection, **fields: Any) -> None:
    state = ProtectionState.TRIPPED if protection.tripped else ProtectionState.ARMED
    market.answer(kind, protection_number=protection.number, protection_state=state, **fields)
