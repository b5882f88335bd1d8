"""Orders that others take out: kill switch, cancel on disconnect, dead-man timer (KILL-, COD-)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.codes import (
    CancelReason,
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    KillParty,
    MarketState,
    RejectReason,
    Scope,
    TimeInForce,
)
from exchange.reference.book import Order
from exchange.reference.checks import CANCEL_STATES
from exchange.units import NS_PER_MS

if TYPE_CHECKING:
    from exchange.reference.engine import Reference


# --- kill


def kill(reference: Reference) -> None:
    """KILL-001 to KILL-003: block the whole scope first, then cancel what it works, but not in CLOSED markets."""
    reason = _scope_reason(reference)
    if reason != RejectReason.NONE:
        reference.refuse(EventKind.COMMAND_REFUSED, reason)
        return
    command = reference.command
    noted = command.scope != Scope.SESSION or reference.sessions.take(command.killed_session)
    leaving: list[Order] = []
    for account in _places(reference):
        if noted:  # of a session that is forgotten the orders leave, and that is all
            _parties(reference, account).add(command.kill_party)
        orders = [order for order in reference.orders.values() if _in_scope(reference, order, account)]
        leaving += orders
        _tell(reference, EventKind.KILLED, account, len(orders))
    for order in sorted(leaving, key=lambda order: order.entry):
        reference.cancel_order(order, CancelReason.KILL, command.request_id)


def unkill(reference: Reference) -> None:
    """KILL-004: only who set it lifts it."""
    command, reason = reference.command, _scope_reason(reference)
    if reason == RejectReason.NONE:
        parties = _parties(reference, _places(reference)[0])
        if parties and command.kill_party not in parties:
            reason = RejectReason.KILLED
    if reason != RejectReason.NONE:
        reference.refuse(EventKind.COMMAND_REFUSED, reason)
        return
    for account in _places(reference):
        _parties(reference, account).discard(command.kill_party)
        _tell(reference, EventKind.KILL_LIFTED, account, 0)


def _scope_reason(reference: Reference) -> RejectReason:
    command = reference.command
    if command.scope not in set(Scope) or command.kill_party not in set(KillParty):
        return RejectReason.BAD_COMBO
    if command.scope == Scope.ACCOUNT:
        known = command.account in reference.clearing.accounts
        return RejectReason.NONE if known else RejectReason.UNKNOWN_ACCOUNT
    if command.scope == Scope.SESSION:
        return RejectReason.NONE if command.killed_session else RejectReason.UNKNOWN
    return RejectReason.NONE if _places(reference) else RejectReason.UNKNOWN


def _places(reference: Reference) -> list[int]:
    """The accounts that the running command blocks; of a session the one that opened it."""
    command = reference.command
    if command.scope == Scope.ACCOUNT:
        return [command.account]
    if command.scope == Scope.SESSION:
        opened_by = reference.sessions.opened_by.get(command.killed_session, 0)
        return [opened_by if opened_by in reference.clearing.accounts else 0]
    accounts = reference.clearing.accounts.values()
    return sorted(account.number for account in accounts if account.firm == command.killed_firm != 0)


def _parties(reference: Reference, account: int) -> set[int]:
    """Who has killed what the running command names: to be changed in place."""
    command = reference.command
    numbers = {Scope.SESSION: command.killed_session, Scope.FIRM: command.killed_firm}
    return reference.kills.setdefault((command.scope, numbers.get(command.scope) or account), set())


def _in_scope(reference: Reference, order: Order, account: int) -> bool:
    command = reference.command
    named = order.session == command.killed_session if command.scope == Scope.SESSION else order.account == account
    return named and reference.market_state(order.instrument) != MarketState.CLOSED


def _tell(reference: Reference, kind: EventKind, account: int, lots: int) -> None:
    command = reference.command
    of_session = command.scope == Scope.SESSION
    whom = {"killed_session": command.killed_session} if of_session else {"session": command.session}
    reference.emit(
        kind, **whom, account=account, reference=command.request_id, scope=command.scope,
        kill_party=command.kill_party, order_count=lots,
        account_sequence=reference.next_number(account),
    )  # fmt: skip


# --- disconnect and timer


def disconnect(reference: Reference) -> None:
    """COD-001 to COD-004: the session's or the account's orders, without those whose terms spare them."""
    command = reference.command
    whole = bool(command.flags & CommandFlag.WHOLE_ACCOUNT)
    if (command.account or whole) and command.account not in reference.clearing.accounts:
        reference.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN_ACCOUNT)
        return
    if not command.session and not whole:
        reference.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN)
        return
    orders = [
        order
        for order in reference.orders.values()
        if (not command.account or order.account == command.account)
        and (whole or order.session == command.session)
        and not order.no_cod
        and (not command.flags & CommandFlag.DAY_ONLY or order.tif == TimeInForce.DAY)
    ]
    _part_with(reference, orders, command.account, command.session, CancelReason.COD)


def _part_with(reference: Reference, orders: list[Order], account: int, session: int, reason: CancelReason) -> None:
    """DSC, then those leave that may; the others wait for a state that allows it."""
    now = [order for order in orders if reference.market_state(order.instrument) in CANCEL_STATES]
    waiting = [order for order in orders if order not in now and order.waits is None]
    for order in waiting:
        order.waits = reason
    reference.emit(
        EventKind.DISCONNECTED, account=account, session=session, cancel_reason=reason,
        order_count=len(now) + len(waiting),
        instrument=reference.command.instrument if reason == CancelReason.COD else 0,
        connection_end=reference.command.connection_end if reason == CancelReason.COD else 0,
        flags=EventFlag.QUEUED if waiting else 0, account_sequence=reference.next_number(account),
    )  # fmt: skip
    for order in now:
        reference.cancel_order(order, reason)


def release_waiting(reference: Reference, group: int) -> None:
    """After STA: cancels that waited for it (COD-004, AUC-013)."""
    for order in list(reference.orders.values()):
        in_group = reference.clearing.instruments[order.instrument].group == group
        if order.waits is not None and in_group and reference.market_state(order.instrument) in CANCEL_STATES:
            reference.cancel_order(order, order.waits)


def set_timer(reference: Reference) -> None:
    """COD-005: one an account, each command sets it anew."""
    command = reference.command
    account = reference.clearing.accounts.get(command.account)
    if account is None:
        reference.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN_ACCOUNT)
    elif command.delay_ms < 0:
        reference.refuse(EventKind.COMMAND_REFUSED, RejectReason.BAD_QTY)
    else:
        account.timer_ns = command.time_ns + command.delay_ms * NS_PER_MS if command.delay_ms else 0
        reference.answer(EventKind.TIMER_SET, fires_ns=account.timer_ns)


def fire_timers(reference: Reference) -> None:
    """The clock has reached a timer: everything of its account goes."""
    assert reference.command.kind == CommandKind.CLOCK
    for number in sorted(reference.clearing.accounts):
        account = reference.clearing.accounts[number]
        if account.timer_ns and account.timer_ns <= reference.command.time_ns:
            account.timer_ns = 0
            _part_with(reference, reference.working(number), number, 0, CancelReason.TIMER)
