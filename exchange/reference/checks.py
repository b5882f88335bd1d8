"""Entry checks of the reference in order of precedence: the first that fails names the reason (ORDER-004)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from exchange.codes import (
    REJECT_PRECEDENCE,
    ComboKind,
    CommandFlag,
    MarketState,
    OrderEntry,
    OrderType,
    PostOnly,
    RejectReason,
    Scope,
    Side,
    SmpMode,
    TimeInForce,
)
from exchange.reference import stops
from exchange.reference.book import Order, Owner, signed
from exchange.reference.implied import best_tradeable
from exchange.units import ORDER_LOTS_MAX, PRICE_MAX

if TYPE_CHECKING:
    from exchange.reference.clearing import Instrument
    from exchange.reference.engine import Reference

SIDE_LOTS_MAX = 2**31 - 1
STOP_TYPES = (OrderType.STOP, OrderType.STOP_LIMIT)
MARKET_TYPES = (OrderType.MARKET, OrderType.MARKET_TO_LIMIT)
IMMEDIATE = (TimeInForce.IOC, TimeInForce.FOK)
# STATE-001: where members may enter, replace, cancel, and where books collect without matching.
ENTRY_STATES = (
    MarketState.PREOPEN,
    MarketState.NOCANCEL,
    MarketState.OPEN,
    MarketState.RESERVED,
    MarketState.PAUSED,
)
REPLACE_STATES = tuple(state for state in ENTRY_STATES if state != MarketState.NOCANCEL)
CANCEL_STATES = (*REPLACE_STATES, MarketState.HALT)
COLLECTING_STATES = tuple(state for state in ENTRY_STATES if state != MarketState.OPEN)

Check = Iterator[tuple[bool, RejectReason]]


def first_failure(checks: Check) -> RejectReason:
    """The reason of the first check that fails. They come in the order of REJECT_PRECEDENCE."""
    rank = 0
    for failed, reason in checks:
        assert REJECT_PRECEDENCE.index(reason) >= rank, (
            f"{reason.name} is checked behind {REJECT_PRECEDENCE[rank].name}"
        )
        rank = REJECT_PRECEDENCE.index(reason)
        if failed:
            return reason
    return RejectReason.NONE


def new_reason(reference: Reference, command: Any) -> RejectReason:
    """Why a NEW is refused; NONE if it is accepted."""
    return first_failure(_new_checks(reference, command))


def _new_checks(reference: Reference, command: Any) -> Check:
    account = reference.clearing.accounts.get(command.account)
    yield account is None, RejectReason.UNKNOWN_ACCOUNT
    assert account is not None
    yield not 1 <= command.lots <= ORDER_LOTS_MAX, RejectReason.BAD_QTY
    yield not 0 <= command.display_lots <= ORDER_LOTS_MAX, RejectReason.BAD_QTY
    yield not 0 <= command.minimum_lots <= ORDER_LOTS_MAX, RejectReason.BAD_QTY
    yield command.side not in set(Side) or command.tif not in set(TimeInForce), RejectReason.BAD_COMBO
    yield command.order_type not in set(OrderType) - {OrderType.QUOTE}, RejectReason.BAD_COMBO
    yield not fits_expiry(command), RejectReason.BAD_COMBO
    yield command.smp_mode not in set(SmpMode), RejectReason.BAD_COMBO
    takes = command.tif in IMMEDIATE or command.order_type in MARKET_TYPES
    yield command.post_only not in set(PostOnly), RejectReason.BAD_COMBO
    yield (command.post_only != PostOnly.NONE or command.display_lots) and takes, RejectReason.BAD_COMBO
    stop = command.order_type in STOP_TYPES
    yield stop and (command.tif in IMMEDIATE or command.post_only != PostOnly.NONE), RejectReason.BAD_COMBO
    yield is_killed(reference, command.account, command.session), RejectReason.KILLED
    instrument = reference.clearing.instruments.get(command.instrument)
    yield instrument is None, RejectReason.UNKNOWN_INST
    assert instrument is not None
    state = reference.market_state(command.instrument)
    yield state not in ENTRY_STATES, RejectReason.STATE
    yield state != MarketState.OPEN and takes, RejectReason.STATE
    ioc_only = instrument.order_entry == OrderEntry.IOC_ONLY
    yield ioc_only and command.tif not in IMMEDIATE, RejectReason.IOC_ONLY
    market = command.order_type in MARKET_TYPES
    tighten = command.flags & CommandFlag.TIGHTEN
    priced = command.order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT) or tighten
    yield stop and command.trigger % instrument.min_inc != 0, RejectReason.OFF_TICK
    yield priced and command.price % instrument.min_inc != 0, RejectReason.OFF_TICK
    yield command.lots % instrument.lot_inc != 0, RejectReason.BAD_LOT
    yield command.lots > min(instrument.order_lots_max, account.order_lots_max), RejectReason.BAD_LOT
    yield shows_too_little(instrument, command.lots, command.display_lots), RejectReason.SHOW
    yield reference.find_client(command.account, client_words(command)) is not None, RejectReason.DUP_ID
    yield market and best_price(reference, command) is None, RejectReason.NO_OPP
    beyond = not instrument.low_tick <= command.price <= instrument.high_tick
    yield market and priced and beyond, RejectReason.BAND
    limit = command.price if priced else None
    outside = stop and stop_outside(instrument, command.side, command.tif, command.trigger, limit)
    yield outside, RejectReason.BAND
    order = reference.draft(command)
    for price in () if market or stop else (command.price, order.price):
        yield outside_band(reference, command.instrument, command.side, price, command.tif), RejectReason.BAND
    yield from _risk_checks(reference, order, None)
    yield command.post_only == PostOnly.REJECT and _would_take(reference, order), RejectReason.PO_CROSS
    yield stop and refuses_election(reference, order), RejectReason.ELECTED


def replace_reason(reference: Reference, command: Any) -> RejectReason:
    """Why a REPLACE is refused; NONE if it is accepted (REPL-004)."""
    return first_failure(_replace_checks(reference, command))


def _replace_syntax(command: Any) -> Check:
    if not command.flags & CommandFlag.KEEP_LOTS:
        yield not 1 <= command.lots <= ORDER_LOTS_MAX, RejectReason.BAD_QTY
    if command.flags & CommandFlag.SET_DISPLAY:
        yield not 0 <= command.display_lots <= ORDER_LOTS_MAX, RejectReason.BAD_QTY
    if command.flags & CommandFlag.SET_TIF:
        yield command.tif not in set(TimeInForce) - set(IMMEDIATE) or not fits_expiry(command), RejectReason.BAD_COMBO


def _replace_checks(reference: Reference, command: Any) -> Check:
    account = reference.clearing.accounts.get(command.account)
    yield account is None, RejectReason.UNKNOWN_ACCOUNT
    assert account is not None
    yield from _replace_syntax(command)
    order = reference.find(command)
    if order is not None and order.order_type not in (*STOP_TYPES, OrderType.QUOTE):
        yield bool(command.flags & CommandFlag.SET_TRIGGER), RejectReason.BAD_COMBO
    yield order is None or order.order_type == OrderType.QUOTE, RejectReason.UNKNOWN
    assert order is not None
    yield is_killed(reference, command.account, command.session), RejectReason.KILLED
    instrument = reference.clearing.instruments[order.instrument]
    yield reference.market_state(order.instrument) not in REPLACE_STATES, RejectReason.STATE
    changed = changed_by(order, command)
    yield changed.price % instrument.min_inc != 0, RejectReason.OFF_TICK
    yield changed.order_lots % instrument.lot_inc != 0, RejectReason.BAD_LOT
    yield changed.order_lots > min(instrument.order_lots_max, account.order_lots_max), RejectReason.BAD_LOT
    yield shows_too_little(instrument, changed.order_lots, changed.display_lots), RejectReason.SHOW
    banded = outside_band(reference, order.instrument, order.side, changed.price, changed.tif)
    if changed.leaves_lots <= 0 or keeps_priority(order, changed):
        yield changed.price != order.price and banded, RejectReason.BAND
        yield bool(command.flags & CommandFlag.SET_TRIGGER), RejectReason.ELECTED
        return
    yield banded, RejectReason.BAND
    yield from _risk_checks(reference, changed, order)
    yield _would_take(reference, changed), RejectReason.PO_CROSS
    yield bool(command.flags & CommandFlag.SET_TRIGGER), RejectReason.ELECTED


def stop_replace_checks(reference: Reference, order: Order, changed: Order) -> Check:
    """REPL-007, in the order of every other replace."""
    command, account = reference.command, reference.clearing.accounts[order.account]
    instrument = reference.clearing.instruments[order.instrument]
    yield from _replace_syntax(command)
    yield is_killed(reference, command.account, command.session), RejectReason.KILLED
    yield reference.market_state(order.instrument) not in REPLACE_STATES, RejectReason.STATE
    prices = [changed.trigger] + ([] if command.flags & CommandFlag.KEEP_PRICE else [command.price])
    yield any(price % instrument.min_inc for price in prices), RejectReason.OFF_TICK
    yield changed.order_lots % instrument.lot_inc != 0, RejectReason.BAD_LOT
    yield changed.order_lots > min(instrument.order_lots_max, account.order_lots_max), RejectReason.BAD_LOT
    yield shows_too_little(instrument, changed.order_lots, changed.display_lots), RejectReason.SHOW
    moves = (changed.trigger, changed.price) != (order.trigger, order.price)
    if moves or changed.leaves_lots > order.leaves_lots:
        limit = None if command.flags & CommandFlag.KEEP_PRICE else command.price
        yield stop_outside(instrument, order.side, changed.tif, changed.trigger, limit), RejectReason.BAND
        sign, passive = signed(order.side), instrument.low_tick if order.side == Side.BUY else instrument.high_tick
        stays_out = sign * changed.price < sign * passive
        if stays_out and not can_park(instrument, order.side, changed.price, changed.tif):
            yield not waits_for_a_day(instrument, order.side, changed.tif, changed.trigger), RejectReason.BAND
    if changed.price != order.price or changed.leaves_lots > order.leaves_lots:
        yield from _risk_checks(reference, changed, order)
    yield order in reference.elected or refuses_election(reference, changed), RejectReason.ELECTED


def refuses_election(reference: Reference, order: Order) -> bool:
    """STOP-002: `reject_if_elected`, and its trigger is true now."""
    last = reference.books[order.instrument].last_tick
    if not order.reject_if_elected or last is None or reference.market_state(order.instrument) != MarketState.OPEN:
        return False
    return signed(order.side) * last >= signed(order.side) * order.trigger


def fits_expiry(command: Any) -> bool:
    """GTD orders, and no others, say until when (TIF-009)."""
    return command.expiry_ns > 0 if command.tif == TimeInForce.GTD else command.expiry_ns == 0


def is_killed(reference: Reference, account: int, session: int) -> bool:
    """KILL-001."""
    firm = reference.clearing.accounts[account].firm
    places = [(Scope.ACCOUNT, account), (Scope.SESSION, session), (Scope.FIRM, firm)]
    return any(reference.kills.get(place) for place in places)


def shows_too_little(instrument: Instrument, lots: int, display_lots: int) -> bool:
    """ICE-006."""
    return bool(display_lots and instrument.show_ratio) and lots > display_lots * instrument.show_ratio


def best_price(reference: Reference, command: Any) -> int | None:
    """The best price that a NEW could trade at, implied ones included (ORDER-008, ORDER-011, TIF-006)."""
    smp_id = command.smp_id or reference.clearing.accounts[command.account].smp_id
    owner = Owner(command.account, smp_id, command.order_type)
    return best_tradeable(reference, command.instrument, command.side, owner)


def entry_price(reference: Reference, command: Any) -> int:
    """The limit that a NEW works at: its own, a slid one (TIF-006), or what a market order finds (ORDER-008 to 012)."""
    if command.order_type in STOP_TYPES:
        return stops.entry_price(reference, command)
    instrument, sign = reference.clearing.instruments[command.instrument], signed(command.side)
    best = best_price(reference, command)
    market = command.order_type != OrderType.LIMIT
    if not market:
        is_open = reference.market_state(command.instrument) == MarketState.OPEN
        if command.post_only != PostOnly.SLIDE or not is_open or best is None:
            return command.price
        if sign * command.price < sign * best:
            return command.price
        price = best - sign
    else:
        assert best is not None, "without an opposite price it is refused (ORDER-010)"
        points = instrument.protection_ticks if command.order_type == OrderType.MARKET else 0
        caps = [best + sign * points, worst_price(reference, command.instrument, command.side)]
        caps += [command.price] if command.flags & CommandFlag.TIGHTEN else []
        price = min(sign * cap for cap in caps) * sign
    while price % instrument.min_inc and not (market and price == best):  # an implied price may be off the increment
        price -= sign
    return price


def changed_by(order: Order, command: Any) -> Order:
    """What a REPLACE asks for; the total counts what has been executed (REPL-002)."""
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
    """REPL-001, ICE-005: lost by another price or display and by size up."""
    same = (changed.price, changed.display_lots) == (order.price, order.display_lots)
    return same and changed.leaves_lots <= order.leaves_lots


def worst_price(reference: Reference, index: int, side: int) -> int:
    """BAND-001, BAND-002 and the daily limits, which outrank the band (BAND-004)."""
    instrument, book = reference.clearing.instruments[index], reference.books[index]
    limit = instrument.high_tick if side == Side.BUY else instrument.low_tick
    known = [tick for tick in (book.last_tick, book.indicative_tick, instrument.settle_tick) if tick is not None]
    band = known[0] + signed(side) * instrument.band_ticks if instrument.band_ticks else limit
    return min(signed(side) * limit, signed(side) * band) * signed(side)


def is_known(instrument: Instrument, price: int) -> bool:
    """The prices that the venue knows at all (SPEC-004)."""
    lowest = 1 if instrument.combo in (ComboKind.OUTRIGHT, ComboKind.STRIP) else -PRICE_MAX
    return lowest <= price <= PRICE_MAX


def can_park(instrument: Instrument, side: int, price: int, tif: int) -> bool:
    """BAND-004: GTC and GTD orders on the passive side."""
    passive = price < instrument.low_tick if side == Side.BUY else price > instrument.high_tick
    return tif in (TimeInForce.GTC, TimeInForce.GTD) and passive and is_known(instrument, price)


def waits_for_a_day(instrument: Instrument, side: int, tif: int, trigger: int) -> bool:
    """A stop that outlives the day, with a trigger that the day's prices cannot reach."""
    beyond = trigger > instrument.high_tick if side == Side.BUY else trigger < instrument.low_tick
    return tif in (TimeInForce.GTC, TimeInForce.GTD) and beyond and is_known(instrument, trigger)


def stop_outside(instrument: Instrument, side: int, tif: int, trigger: int, limit: int | None) -> bool:
    """STOP-009, BAND-004: whether the day refuses a stop's trigger, or the limit that it names."""
    if waits_for_a_day(instrument, side, tif, trigger):
        return limit is not None and not is_known(instrument, limit)
    if not instrument.low_tick <= trigger <= instrument.high_tick:
        return True
    if limit is None or instrument.low_tick <= limit <= instrument.high_tick:
        return False
    return not can_park(instrument, side, limit, tif)


def outside_band(reference: Reference, index: int, side: int, price: int, tif: int) -> bool:
    instrument = reference.clearing.instruments[index]
    if can_park(instrument, side, price, tif):
        return False
    if not instrument.low_tick <= price <= instrument.high_tick:
        return True
    return signed(side) * (price - worst_price(reference, index, side)) > 0


def told_beside(reference: Reference, reason: RejectReason, order: Order, replaced: Order | None) -> dict[str, int]:
    """What a refused order is told beside its reason: the prices it might have had, or the money it lacks."""
    instrument = reference.clearing.instruments[order.instrument]
    if reason == RejectReason.BAND:
        low, high = instrument.low_tick, instrument.high_tick
        if order.order_type not in (*STOP_TYPES, *MARKET_TYPES) or (replaced and not replaced.pending):
            worst = worst_price(reference, order.instrument, order.side)
            low, high = (low, worst) if order.side == Side.BUY else (worst, high)
        return {"lowest_tick": low, "highest_tick": high}
    if reason == RejectReason.INSUFFICIENT_MARGIN:
        clearing, account = reference.clearing, reference.clearing.accounts[order.account]
        now = reference.working(order.account)
        then = [other for other in now if other is not replaced] + [order]
        held = clearing.initial_margin_mills(account, now)
        need = clearing.initial_margin_mills(account, then) - held
        return {"needed_mills": need, "free_margin_mills": clearing.funds_mills(account) - held}
    return {}


def told_of_new(reference: Reference, reason: RejectReason) -> dict[str, int]:
    """The same of a NEW."""
    known = reason in (RejectReason.BAND, RejectReason.INSUFFICIENT_MARGIN)
    return told_beside(reference, reason, reference.draft(reference.command), None) if known else {}


def _would_take(reference: Reference, order: Order) -> bool:
    """TIF-005; inert where nothing matches (TIF-008)."""
    if order.post_only == PostOnly.NONE or reference.market_state(order.instrument) != MarketState.OPEN:
        return False
    best = best_tradeable(reference, order.instrument, order.side, order)
    return best is not None and signed(order.side) * order.price >= signed(order.side) * best


def _risk_checks(reference: Reference, order: Order, replaced: Order | None) -> Check:
    """Limits and hold with the order as it would work, in place of the one it replaces."""
    clearing = reference.clearing
    account = clearing.accounts[order.account]
    working = [other for other in reference.working(order.account) if other is not replaced] + [order]
    closes = clearing.only_closes(account, working, order)
    yield account.close_only and not closes, RejectReason.CLOSE_ONLY
    yield clearing.limit_broken(account, working, order), RejectReason.POSITION
    short_of_money = clearing.initial_margin_mills(account, working) > clearing.funds_mills(account)
    yield short_of_money and not closes, RejectReason.INSUFFICIENT_MARGIN
    yield replaced is None and reference.ids.is_full(), RejectReason.FULL
    yield side_is_full(reference, order, replaced), RejectReason.FULL


def side_is_full(reference: Reference, order: Order, replaced: Order | None) -> bool:
    """ORDER-016."""
    others = [other for other in reference.orders.values() if other.instrument == order.instrument]
    same = [other for other in others if other.side == order.side and other is not replaced]
    return sum(other.leaves_lots for other in same) + order.leaves_lots > SIDE_LOTS_MAX


def client_words(command: Any) -> tuple[int, int, int]:
    return (command.client_order_id_0, command.client_order_id_1, command.client_order_id_2)
