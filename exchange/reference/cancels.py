"""Cancels: CANCEL, CANCEL_ALL, kill switch, cancel on disconnect, dead-man timers, expiry (KILL-, COD-)."""

from exchange.codes import (
    CancelReason,
    CommandFlag,
    EventFlag,
    EventKind,
    KillParty,
    MarketState,
    RejectReason,
    Scope,
    TimeInForce,
)
from exchange.reference.book import Order
from exchange.reference.market import Check, Market, first_failure
from exchange.reference.orders import cancel_order
from exchange.reference.phases import CANCEL_STATES
from exchange.units import NS_PER_MS


def may_cancel(market: Market, order: Order) -> bool:
    """STATE-001, STATE-002: whether the state of the order's market allows cancels."""
    return market.market_state(order.instrument) in CANCEL_STATES


# --- by the member


def cancel(market: Market) -> None:
    """CANCEL: cancel one order, or reject."""
    command = market.command
    order = market.find(command)
    reason = first_failure(_cancel_checks(market, order))
    if order is None or reason != RejectReason.NONE:
        market.refuse_change(EventKind.CANCEL_REJECTED, reason, order)
    else:
        cancel_order(market, order, CancelReason.USER, reference=command.request_id)


def _cancel_checks(market: Market, order: Order | None) -> Check:
    yield market.command.account not in market.clearing.accounts, RejectReason.UNKNOWN_ACCOUNT
    yield order is None, RejectReason.UNKNOWN  # ORDER-006
    assert order is not None
    yield not may_cancel(market, order), RejectReason.STATE


def cancel_all(market: Market) -> None:
    """CANCEL_ALL: cancel the account's orders that fit all filters, in order of entry (ORDER-013, ENTRY-012)."""
    command, phases = market.command, market.phases
    instrument = market.clearing.instruments.get(command.instrument)
    states = [] if instrument is None else [phases.effective(instrument)]
    states += [phases.groups[command.group].state] if command.group in phases.groups else []
    named = [order for order in market.orders.values() if _fits_filters(market, order)]
    allowed = [order for order in named if may_cancel(market, order)]
    if command.account not in market.clearing.accounts:
        market.refuse(EventKind.CANCEL_REJECTED, RejectReason.UNKNOWN_ACCOUNT)
    elif any(state not in CANCEL_STATES for state in states) or (named and not allowed):
        market.refuse(EventKind.CANCEL_REJECTED, RejectReason.STATE)
    else:
        for order in allowed:
            cancel_order(market, order, CancelReason.USER, command.request_id)
        market.answer(EventKind.MASS_CANCELLED, cancel_reason=CancelReason.USER, order_count=len(allowed))


def _fits_filters(market: Market, order: Order) -> bool:
    command = market.command
    group = market.clearing.instruments[order.instrument].group
    return (
        order.account == command.account
        and command.instrument in (0, order.instrument)
        and command.group in (0, group)
        and (not command.flags & CommandFlag.BY_SIDE or order.side == command.side)
        and (not command.flags & CommandFlag.BY_TAG or order.tag == command.tag)
        and (not command.flags & CommandFlag.BY_PROTECTION or command.protection_number == order.protection != 0)
    )


# --- kill switch


def kill(market: Market) -> None:
    """KILL: block an account, session or firm (KILL-001), then cancel its orders if not CLOSED (KILL-002, KILL-003)."""
    reason = _scope_reason(market)
    if reason != RejectReason.NONE:
        market.refuse(EventKind.COMMAND_REFUSED, reason)
        return
    command = market.command
    # A session without a row cannot be blocked; its orders are cancelled all the same.
    blocks = command.scope != Scope.SESSION or market.sessions.claim_row(command.killed_session)
    leaving: list[Order] = []
    for account in _killed_accounts(market):
        if blocks:
            _parties(market, account).add(command.kill_party)
        orders = [order for order in market.orders.values() if _in_scope(market, order, account)]
        leaving += orders
        _report(market, EventKind.KILLED, account, len(orders))
    for order in sorted(leaving, key=lambda order: order.entry):
        cancel_order(market, order, CancelReason.KILL, command.request_id)


def unkill(market: Market) -> None:
    """UNKILL: lift a kill; only the party that set it can (KILL-004)."""
    command, reason = market.command, _scope_reason(market)
    if reason == RejectReason.NONE:
        parties = _parties(market, _killed_accounts(market)[0])
        if parties and command.kill_party not in parties:
            reason = RejectReason.KILLED
    if reason != RejectReason.NONE:
        market.refuse(EventKind.COMMAND_REFUSED, reason)
        return
    for account in _killed_accounts(market):
        _parties(market, account).discard(command.kill_party)
        _report(market, EventKind.KILL_LIFTED, account, 0)


def _scope_reason(market: Market) -> RejectReason:
    command = market.command
    if command.scope not in set(Scope) or command.kill_party not in set(KillParty):
        return RejectReason.BAD_COMBO
    if command.scope == Scope.ACCOUNT:
        known = command.account in market.clearing.accounts
        return RejectReason.NONE if known else RejectReason.UNKNOWN_ACCOUNT
    if command.scope == Scope.SESSION:
        return RejectReason.NONE if command.killed_session else RejectReason.UNKNOWN
    return RejectReason.NONE if _killed_accounts(market) else RejectReason.UNKNOWN


def _killed_accounts(market: Market) -> list[int]:
    """The accounts that a KILL or UNKILL names; for a session the account that opened it, 0 if it is not known."""
    command = market.command
    if command.scope == Scope.ACCOUNT:
        return [command.account]
    if command.scope == Scope.SESSION:
        opened_by = market.sessions.opened_by.get(command.killed_session, 0)
        return [opened_by if opened_by in market.clearing.accounts else 0]
    accounts = market.clearing.accounts.values()
    return sorted(account.number for account in accounts if account.firm == command.killed_firm != 0)


def _parties(market: Market, account: int) -> set[int]:
    """The set of parties that have killed what the command names. Callers change it in place."""
    command = market.command
    numbers = {Scope.SESSION: command.killed_session, Scope.FIRM: command.killed_firm}
    return market.kills.setdefault((command.scope, numbers.get(command.scope) or account), set())


def _in_scope(market: Market, order: Order, account: int) -> bool:
    """Whether the kill of an account or session cancels this order (KILL-003)."""
    command = market.command
    named = order.session == command.killed_session if command.scope == Scope.SESSION else order.account == account
    return named and market.market_state(order.instrument) != MarketState.CLOSED


def _report(market: Market, kind: EventKind, account: int, order_count: int) -> None:
    command = market.command
    of_session = command.scope == Scope.SESSION
    session = {"killed_session": command.killed_session} if of_session else {"session": command.session}
    market.emit(
        kind, **session, account=account, reference=command.request_id, scope=command.scope,
        kill_party=command.kill_party, order_count=order_count,
        account_sequence=market.next_number(account),
    )  # fmt: skip


# --- cancel on disconnect


def disconnect(market: Market) -> None:
    """DISCONNECT: cancel the orders of a session or account (COD-002), except those that opted out (COD-001)."""
    command = market.command
    whole = bool(command.flags & CommandFlag.WHOLE_ACCOUNT)
    if (command.account or whole) and command.account not in market.clearing.accounts:
        market.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN_ACCOUNT)
        return
    if not command.session and not whole:
        market.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN)
        return
    orders = [
        order
        for order in market.orders.values()
        if (not command.account or order.account == command.account)
        and (whole or order.session == command.session)
        and not order.no_cod
        and (not command.flags & CommandFlag.DAY_ONLY or order.tif == TimeInForce.DAY)
    ]
    _cancel_or_queue(market, orders, command.account, command.session, CancelReason.COD)


def _cancel_or_queue(market: Market, orders: list[Order], account: int, session: int, reason: CancelReason) -> None:
    """Report the disconnect, then cancel the orders whose market allows it; the other cancels wait (COD-004)."""
    now = [order for order in orders if may_cancel(market, order)]
    waiting = [order for order in orders if order not in now and order.pending_cancel is None]
    for order in waiting:
        order.pending_cancel = reason
    market.emit(
        EventKind.DISCONNECTED, account=account, session=session, cancel_reason=reason,
        order_count=len(now) + len(waiting),
        instrument=market.command.instrument if reason == CancelReason.COD else 0,
        connection_end=market.command.connection_end if reason == CancelReason.COD else 0,
        flags=EventFlag.QUEUED if waiting else 0, account_sequence=market.next_number(account),
    )  # fmt: skip
    for order in now:
        cancel_order(market, order, reason)


def cancel_waiting_orders(market: Market, group: int) -> None:
    """After a change of state, cancel the group's orders whose cancel has waited for it (COD-004)."""
    for order in list(market.orders.values()):
        in_group = market.clearing.instruments[order.instrument].group == group
        if order.pending_cancel is not None and in_group and may_cancel(market, order):
            cancel_order(market, order, order.pending_cancel)


# --- time


def set_timer(market: Market) -> None:
    """TIMER: set or disarm the dead-man timer of an account (COD-005)."""
    command = market.command
    account = market.clearing.accounts.get(command.account)
    if account is None:
        market.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN_ACCOUNT)
    elif command.delay_ms < 0:
        market.refuse(EventKind.COMMAND_REFUSED, RejectReason.BAD_QTY)
    else:
        account.timer_ns = command.time_ns + command.delay_ms * NS_PER_MS if command.delay_ms else 0
        market.answer(EventKind.TIMER_SET, fires_ns=account.timer_ns)


def clock(market: Market) -> None:
    """CLOCK: cancel expired GTD orders in order of entry (TIF-009), then fire the dead-man timers that are due."""
    for order in list(market.orders.values()):
        if order.has_expired(market.command.time_ns):
            cancel_order(market, order, CancelReason.EXPIRED)
    _fire_timers(market)


def _fire_timers(market: Market) -> None:
    """COD-005: cancel all orders of each account whose timer has run out."""
    for number in sorted(market.clearing.accounts):
        account = market.clearing.accounts[number]
        if account.timer_ns and account.timer_ns <= market.command.time_ns:
            account.timer_ns = 0
            _cancel_or_queue(market, market.working(number), number, 0, CancelReason.TIMER)


def expire_day_orders(market: Market, indices: list[int]) -> None:
    """TIF-009: cancel the DAY orders of books that close, in order of entry."""
    for order in list(market.orders.values()):
        if order.instrument in indices and order.tif == TimeInForce.DAY:
            cancel_order(market, order, CancelReason.EXPIRED)
