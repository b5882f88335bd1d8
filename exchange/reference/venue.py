"""What the reference does on the venue's behalf: states, uncross, expiry, mass cancel, kill, cash, definitions."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from exchange.codes import (
    CancelReason,
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    Liquidity,
    MarketState,
    Matching,
    RejectReason,
    Scope,
    Side,
    TimeInForce,
)
from exchange.reference import collar, stops
from exchange.reference.book import Book, Order
from exchange.reference.checks import CANCEL_STATES, COLLECTING_STATES
from exchange.reference.clearing import Account, Instrument
from exchange.reference.day_limits import set_day_limits
from exchange.reference.leaving import fire_timers, release_waiting
from exchange.reference.phases import GOES_TO
from exchange.reference.velocity import empty_windows, guard_of, lead_month
from exchange.units import MONEY_MAX

if TYPE_CHECKING:
    from exchange.reference.engine import Reference


# --- states


def set_state(reference: Reference) -> None:
    """SET_STATE of a group, or of one book while its group is OPEN (STATE-001)."""
    command, phases = reference.command, reference.phases
    instruments = reference.clearing.instruments
    instrument = instruments.get(command.instrument)
    if (command.instrument and instrument is None) or (not command.instrument and command.group not in phases.groups):
        reference.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN_INST)
        return
    reason, present = phases.refusal(instrument, command.group, command.market_state)
    forced = command.flags & CommandFlag.FORCE and command.market_state in GOES_TO
    if reason != RejectReason.NONE and not forced:
        reference.refuse(EventKind.COMMAND_REFUSED, reason, state_in_force=present)
        return
    wanted = MarketState(command.market_state)
    before = {index: reference.market_state(index) for index in instruments}
    own = {index: phase.state for index, phase in phases.own.items()}
    phases.move(instrument, command.group, wanted, command.time_ns)
    for index in sorted(instruments):
        if before[index] != MarketState.OPEN == reference.market_state(index):
            if not open_book(reference, index, own[index]):
                continue
            if before[index] in COLLECTING_STATES:
                empty_windows(reference, index)
    scope = [i for i, other in instruments.items() if other is instrument or _follows(instrument, other, command)]
    if wanted == MarketState.CLOSED:
        expire(reference, scope)
        end_day(reference, scope)
    held = instrument is not None and wanted == MarketState.OPEN and phases.own[instrument.index].state
    if not held:
        if instrument is not None and wanted in (MarketState.OPEN, MarketState.CLOSED):
            reference.guards[instrument.index].extensions = 0
        reference.emit(
            EventKind.STATE_CHANGED, state_reason=command.state_reason, market_state=wanted,
            instrument=command.instrument, group=command.group, reopen_ns=phases.until_ns(instrument, command.group),
        )  # fmt: skip
    release_waiting(reference, command.group if instrument is None else instrument.group)


def _follows(named: Instrument | None, other: Instrument, command: Any) -> bool:
    return named is None and other.group == command.group


def open_book(reference: Reference, index: int, own: MarketState) -> bool:
    """Uncross, unless the collar minds (AUC-014). Whether the book opens."""
    if not collar.may_uncross(reference, index, own, reference_tick(reference, index)):
        return False
    uncross(reference, index)
    return not collar.collect_again(reference, index, own)


def uncross(reference: Reference, index: int) -> None:
    """AUC-002 to AUC-011, AUC-015: one price, strictly better orders in full, at the price by time."""
    book = reference.books[index]
    before = list(book.top)
    stops.join_auction(reference, index, reference_tick(reference, index))
    book.top = [top if top is old else None for top, old in zip(book.top, before, strict=True)]  # PRO-002: none here
    result = book.uncross(reference_tick(reference, index), reference.guards[index].collar_ticks)
    if result is None:
        if book.last_tick is not None:
            stops.elect(reference, index, book.last_tick, book.last_tick)  # STOP-010
        return
    reference.emit(
        EventKind.UNCROSSED,
        instrument=index,
        uncross_tick=result.price,
        volume_lots=result.volume,
        imbalance_lots=result.imbalance,
    )
    buys, sells = (book.parts(side, result.price, result.volume) for side in Side)
    while buys:
        (buyer, bought), (seller, sold) = buys[0], sells[0]
        lots = min(bought, sold)
        reference.trade(buyer, seller, result.price, lots, Liquidity.AUCTION)
        buys[0], sells[0] = (buyer, bought - lots), (seller, sold - lots)
        buys, sells = (parts if parts[0][1] else parts[1:] for parts in (buys, sells))
    for side in Side:
        for order in [order for order in book.orders(side) if not order.shown_lots]:
            reference.refresh(order)


def reference_tick(reference: Reference, index: int) -> int:
    """AUC-008."""
    last = reference.books[index].last_tick
    return reference.clearing.instruments[index].settle_tick if last is None else last


def expire(reference: Reference, indices: list[int]) -> None:
    """TIF-009: DAY orders leave in order of entry."""
    for order in list(reference.orders.values()):
        if order.instrument in indices and order.tif == TimeInForce.DAY:
            reference.cancel_order(order, CancelReason.EXPIRED)


def clock(reference: Reference) -> None:
    """TIF-009: GTD orders whose time has come leave, in order of entry; then timers fire (COD-005)."""
    for order in list(reference.orders.values()):
        if order.tif == TimeInForce.GTD and order.expiry_ns <= reference.command.time_ns:
            reference.cancel_order(order, CancelReason.EXPIRED)
    fire_timers(reference)


def end_day(reference: Reference, indices: list[int]) -> None:
    """The day's prices are forgotten (STOP-001), and how often an auction was extended (AUC-014)."""
    for index in indices:
        reference.books[index].last_tick = None
        reference.books[index].indicative_tick = None
        reference.guards[index].extensions = 0


def indicative(reference: Reference) -> None:
    """IOP: where the book would uncross now (AUC-001)."""
    index = reference.command.instrument
    if index not in reference.books:
        reference.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN_INST)
        return
    result = stops.expected_uncross(reference, index, reference_tick(reference, index))
    reference.books[index].indicative_tick = None if result is None else result.price
    if result is None:
        reference.emit(EventKind.INDICATIVE_PRICE, instrument=index, flags=EventFlag.EMPTY)
    else:
        reference.emit(
            EventKind.INDICATIVE_PRICE,
            instrument=index,
            uncross_tick=result.price,
            volume_lots=result.volume,
            imbalance_lots=result.imbalance,
        )


# --- sweeps


def cancel_all(reference: Reference) -> None:
    """ORDER-013 with the filters of ENTRY-012, in order of entry."""
    command, phases = reference.command, reference.phases
    instrument = reference.clearing.instruments.get(command.instrument)
    named = [] if instrument is None else [phases.effective(instrument)]
    named += [phases.groups[command.group].state] if command.group in phases.groups else []
    if command.account not in reference.clearing.accounts:
        reference.refuse(EventKind.CANCEL_REJECTED, RejectReason.UNKNOWN_ACCOUNT)
    elif any(state not in CANCEL_STATES for state in named) or all_barred(reference):
        reference.refuse(EventKind.CANCEL_REJECTED, RejectReason.STATE)
    else:
        orders = named_orders(reference)
        for order in orders:
            reference.cancel_order(order, CancelReason.USER, command.request_id)
        reference.answer(EventKind.MASS_CANCELLED, cancel_reason=CancelReason.USER, order_count=len(orders))


def all_barred(reference: Reference) -> bool:
    """Whether it names orders, and none of them may be cancelled."""
    return any(is_named(reference, order) for order in reference.orders.values()) and not named_orders(reference)


def named_orders(reference: Reference) -> list[Order]:
    return [order for order in reference.orders.values() if is_named(reference, order) and may_cancel(reference, order)]


def is_named(reference: Reference, order: Order) -> bool:
    command = reference.command
    group = reference.clearing.instruments[order.instrument].group
    return (
        order.account == command.account
        and command.instrument in (0, order.instrument)
        and command.group in (0, group)
        and (not command.flags & CommandFlag.BY_SIDE or order.side == command.side)
        and (not command.flags & CommandFlag.BY_TAG or order.tag == command.tag)
        and (not command.flags & CommandFlag.BY_PROTECTION or command.protection_number == order.protection != 0)
    )


def may_cancel(reference: Reference, order: Order) -> bool:
    return reference.market_state(order.instrument) in CANCEL_STATES


# --- cash


def move_cash(reference: Reference) -> None:
    """DEPOSIT and WITHDRAW: what is paid in is bounded (SPEC-004), only free funds are paid out (MARGIN-015)."""
    command = reference.command
    account = reference.clearing.accounts.get(command.account)
    if account is None:
        reference.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN_ACCOUNT)
        return
    out = command.kind == CommandKind.WITHDRAW
    clearing, hold = reference.clearing, reference.initial_margin_mills(account)
    equity, funds = clearing.equity_mills(account), clearing.funds_mills(account)
    if command.amount_mills < 1:
        reference.refuse(EventKind.COMMAND_REFUSED, RejectReason.BAD_QTY)
        return
    most = funds - hold if out else MONEY_MAX - clearing.deposits_mills
    if command.amount_mills > most:
        reason = RejectReason.INSUFFICIENT_MARGIN if out else RejectReason.FULL
        reference.refuse(EventKind.COMMAND_REFUSED, reason, asked_mills=command.amount_mills, most_mills=most)
        return
    amount = -command.amount_mills if out else command.amount_mills
    account.cash_mills += amount
    clearing.deposits_mills += 0 if out else command.amount_mills
    clearing.withdrawals_mills += command.amount_mills if out else 0
    sequence = reference.next_number(account.number)
    reference.next_number(account.number)
    reference.answer(
        EventKind.CASH_MOVED, amount_mills=amount, account_sequence=sequence, equity_after_mills=equity + amount,
        margin_held_mills=hold, unpaid_gain_mills=equity - funds, flags=EventFlag.MARGIN,
    )  # fmt: skip


# --- sessions and definitions


def open_session(reference: Reference) -> None:
    forgotten = reference.sessions.open(reference.command.session, reference.command.account)
    reference.kills.pop((Scope.SESSION, forgotten), None)
    reference.answer(EventKind.SESSION_OPENED)


def control(reference: Reference, kind: CommandKind, payload: dict[str, Any]) -> None:
    """LIST, DEFINE_ACCOUNT and LEAD_MAKERS, from the payload that the exchange journals."""
    clearing = reference.clearing
    if kind == CommandKind.LIST:
        for index in clearing.list_payload(payload):
            reference.books[index] = Book()
            reference.phases.list_book(clearing.instruments[index])
            reference.guards[index] = guard_of(next(one for one in payload["instruments"] if one["index"] == index))
            reference.emit(
                EventKind.INSTRUMENT_LISTED, instrument=index, settlement_tick=clearing.instruments[index].settle_tick
            )
        for group in {listing["group"] for listing in payload["instruments"]}:
            if reference.phases.groups[group].state == MarketState.CLOSED:
                reference.lead_months[group] = lead_month(clearing, group)
        return
    if kind == CommandKind.DAY_LIMITS:
        set_day_limits(reference, payload["books"], payload.get("day", 0))
        return
    if kind == CommandKind.LEAD_MAKERS:
        set_lead_makers(reference, payload)
        return
    limits = {name: payload[name] for name in ("order_lots_max", "position_lots_max", "term_lots_max", "close_only")}
    limits |= {"smp_id": payload.get("smp_id", 0), "firm": payload.get("firm", 0)}
    known = clearing.accounts.get(payload["account"])
    if known is None:
        clearing.accounts[payload["account"]] = Account(payload["account"], **limits)
    else:
        clearing.accounts[payload["account"]] = dataclasses.replace(known, **limits)
    reference.emit(EventKind.ACCOUNT_DEFINED, account=payload["account"])


def set_lead_makers(reference: Reference, payload: dict[str, Any]) -> None:
    """PRO-003: who they are from now on."""
    shared = [index for index, one in reference.clearing.instruments.items() if one.matching == Matching.PRO_RATA]
    group = payload.get("group", 0)
    named = payload.get("instruments") or [i for i in shared if reference.clearing.instruments[i].group == group]
    for index in named:
        reference.lead_makers[index] = [(account, percent) for account, percent in payload["makers"]]
    for account, _ in payload["makers"]:
        reference.emit(EventKind.ACCOUNT_DEFINED, account=account)
