"""Market states and auctions: SET_STATE, indicative price, uncross, stops that join it, and its collar.

Rules: STATE-001, TIF-009, AUC-001 to AUC-015.
"""

import dataclasses
from typing import Any

from exchange.clearing_codes import Life
from exchange.codes import (
    CancelReason,
    CommandFlag,
    EventFlag,
    EventKind,
    Liquidity,
    MarketState,
    RejectReason,
    Side,
    StateReason,
)
from exchange.reference.book import Book, Order
from exchange.reference.cancels import cancel_waiting_orders, expire_day_orders
from exchange.reference.clearing import Instrument
from exchange.reference.controls.index import waits_for_value
from exchange.reference.market import Market
from exchange.reference.orders import cancel_order, refresh, rest
from exchange.reference.phases import COLLECTING_STATES, GOES_TO
from exchange.reference.stops import elect, inject, injection_price, is_elected_by, waiting_stops
from exchange.reference.trades import trade

# --- SET_STATE: the state of a product group or a single book changes, and what follows


def set_state(market: Market) -> None:
    """SET_STATE: change the state of a group, or of one book while its group is OPEN; or refuse."""
    command, phases = market.command, market.phases
    instruments = market.clearing.instruments
    instrument = instruments.get(command.instrument)
    is_known = instrument is not None and instrument.life == Life.LISTED
    if (command.instrument and not is_known) or (not command.instrument and command.group not in phases.groups):
        market.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN_INST)
        return
    reason, present = phases.refusal(instrument, command.group, command.market_state)
    if waits_for_value(market, instrument):
        reason = _refusal_of_waiting(phases.own[command.instrument].state, reason, command.market_state)
    elif instrument is None and command.market_state == MarketState.OPEN and _has_month_to_halt(market, command.group):
        reason = RejectReason.STATE
    forced = command.flags & CommandFlag.FORCE and command.market_state in GOES_TO
    if reason != RejectReason.NONE and not forced:
        market.refuse(EventKind.COMMAND_REFUSED, reason, state_in_force=present)
        return
    _change(market, instrument, MarketState(command.market_state))
    cancel_waiting_orders(market, command.group if instrument is None else instrument.group)


def _refusal_of_waiting(own: MarketState, reason: RejectReason, wanted: int) -> RejectReason:
    """INDEX-003: why an index month that waits for a committee's value may not change to `wanted`.

    reason  why any other book might not
    """
    if wanted == MarketState.HALT:
        return RejectReason.STATE if own in (MarketState.HALT, MarketState.CLOSED) else RejectReason.NONE
    return reason if wanted == MarketState.CLOSED else RejectReason.STATE


def _has_month_to_halt(market: Market, group: int) -> bool:
    """INDEX-003: whether a month that waits for a committee's value would open with its group."""
    waiting = [one for one in market.clearing.instruments.values() if waits_for_value(market, one)]
    states = [market.phases.own[one.index].state for one in waiting if one.group == group]
    return any(state not in (MarketState.HALT, MarketState.CLOSED) for state in states)


def _change(market: Market, instrument: Instrument | None, wanted: MarketState) -> None:
    command, phases = market.command, market.phases
    before = {index: market.market_state(index) for index in market.books}
    was_closed = instrument is None and phases.groups[command.group].state == MarketState.CLOSED
    if was_closed and wanted == MarketState.PREOPEN:
        for index in market.books:
            if _is_in_scope(market, index):
                market.books[index].volume_lots = 0
    own = {index: phase.state for index, phase in phases.own.items()}
    phases.change(instrument, command.group, wanted, command.time_ns, command.state_reason)
    for index in sorted(market.books):
        if before[index] != MarketState.OPEN == market.market_state(index):
            opens = open_book(market, index, own[index])
            if opens and before[index] in COLLECTING_STATES:
                market.guards[index].empty_windows()  # BAND-010
    if wanted == MarketState.CLOSED:
        closed = [index for index in market.books if _is_in_scope(market, index)]
        for index in closed:
            if before[index] != MarketState.CLOSED:
                settle_tick = market.clearing.instruments[index].settle_tick
                market.books[index].quoted_tick = market.books[index].quoted(settle_tick)
        expire_day_orders(market, closed)
        _end_day(market, closed)
    if instrument is not None and wanted == MarketState.OPEN and phases.own[instrument.index].state:
        return  # outside its collar: the book collects on, which was reported (AUC-014)
    if instrument is not None and wanted in (MarketState.OPEN, MarketState.CLOSED):
        market.guards[instrument.index].extensions = 0
    market.emit(
        EventKind.STATE_CHANGED, state_reason=command.state_reason, market_state=wanted,
        instrument=command.instrument, group=command.group, reopen_ns=phases.until_ns(instrument, command.group),
    )  # fmt: skip


def _is_in_scope(market: Market, index: int) -> bool:
    """Whether the command is about this book: it names the book, or only the book's group."""
    command: Any = market.command
    if command.instrument:
        return bool(command.instrument == index)
    return bool(market.clearing.instruments[index].group == command.group)


def _end_day(market: Market, indices: list[int]) -> None:
    """Clear the books' last and indicative prices (STOP-001) and their auctions' extensions (AUC-014)."""
    for index in indices:
        market.books[index].last_tick = None
        market.books[index].indicative_tick = None
        market.guards[index].extensions = 0


# --- indicative price


def indicative(market: Market) -> None:
    """INDICATIVE: report the price at which the book would uncross now without a collar (AUC-001)."""
    index = market.command.instrument
    if index not in market.books:
        market.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN_INST)
        return
    result = expected_book(market, index).uncross(market.last_tick_or_settle(index))
    market.books[index].indicative_tick = None if result is None else result.price
    if result is None:
        market.emit(EventKind.INDICATIVE_PRICE, instrument=index, flags=EventFlag.EMPTY)
    else:
        market.emit(
            EventKind.INDICATIVE_PRICE,
            instrument=index,
            uncross_tick=result.price,
            volume_lots=result.volume,
            imbalance_lots=result.imbalance,
        )


def expected_book(market: Market, index: int) -> Book:
    """A copy of the book with the stops that would join its uncross (AUC-009, AUC-014). The market is unchanged."""
    book = Book()
    for side in Side:
        for order in market.books[index].orders(side):
            book.rest(dataclasses.replace(order))
    waiting = [order for order in waiting_stops(market, index) if not order.minimum_lots]
    found = [order for order in market.elected if order.instrument == index and not order.minimum_lots]
    while True:
        for order in found:
            book.rest(dataclasses.replace(order, price=injection_price(market, order)))
        waiting = [order for order in waiting if order not in found]
        result = book.uncross(market.last_tick_or_settle(index), market.guards[index].collar_ticks)
        found = [] if result is None else [order for order in waiting if is_elected_by(order, result.price)]
        if not found:
            return book


# --- uncross


def open_book(market: Market, index: int, own: MarketState) -> bool:
    """Open a book with an uncross, or let it collect orders on if the price is outside the collar (AUC-014).

    own       the book's own state before
    returns   whether the book is open now
    """
    if not _may_uncross(market, index, own):
        return False
    uncross(market, index)
    return not _collect_again(market, index, own)


def uncross(market: Market, index: int) -> None:
    """Trade all orders that can trade at one price: better prices first, then by time (AUC-002 to AUC-012)."""
    book = market.books[index]
    before = list(book.top)
    _join_stops(market, index)
    book.top = [
        top if top is old else None for top, old in zip(book.top, before, strict=True)
    ]  # PRO-002: an auction makes no TOP order
    result = book.uncross(market.last_tick_or_settle(index), market.guards[index].collar_ticks)
    if result is None:
        # AUC-015: the book opens without an uncross, and the last price elects stops (STOP-010).
        if book.last_tick is not None:
            elect(market, index, book.last_tick, book.last_tick)
        return
    market.emit(
        EventKind.UNCROSSED,
        instrument=index,
        uncross_tick=result.price,
        volume_lots=result.volume,
        imbalance_lots=result.imbalance,
    )
    buys, sells = (book.parts(side, result.price, result.volume) for side in Side)
    while buys:
        # AUC-011: the first buyer trades with the first seller.
        (buyer, bought), (seller, sold) = buys[0], sells[0]
        lots = min(bought, sold)
        trade(market, buyer, seller, result.price, lots, Liquidity.AUCTION)
        buys[0], sells[0] = (buyer, bought - lots), (seller, sold - lots)
        buys, sells = (parts if parts[0][1] else parts[1:] for parts in (buys, sells))
    for side in Side:
        # AUC-012: icebergs whose slice is used up show the next one.
        for order in [order for order in book.orders(side) if not order.shown_lots]:
            refresh(market, order)


def _join_stops(market: Market, index: int) -> None:
    """Let stops join: first those elected before (STOP-008), then, in rounds, those that the price elects (AUC-009)."""
    for order in [order for order in market.elected if order.instrument == index]:
        _join(market, order)
    reference_tick = market.last_tick_or_settle(index)
    while True:
        result = market.books[index].uncross(reference_tick, market.guards[index].collar_ticks)
        waiting = waiting_stops(market, index)
        found = [] if result is None else [order for order in waiting if is_elected_by(order, result.price)]
        if not found:
            return
        for order in sorted(found, key=lambda order: order.stamp):
            _join(market, order)


def _join(market: Market, order: Order) -> None:
    """Make a stop a limit order in the auction; one with a minimum quantity is cancelled (TIF-004)."""
    inject(market, order)
    if order.minimum_lots:
        cancel_order(market, order, CancelReason.MINQTY)
    else:
        rest(market, order)


# --- collar (AUC-014)


def _may_uncross(market: Market, index: int, own: MarketState) -> bool:
    """Whether a book may uncross. If not, it collects on: `extensions_max` times for a time, then until a command."""
    guards, now_ns = market.guards[index], market.command.time_ns
    book, reference_tick = expected_book(market, index), market.last_tick_or_settle(index)
    wanted, possible = book.uncross(reference_tick), book.uncross(reference_tick, guards.collar_ticks)
    if wanted is None or possible is None or wanted.price == possible.price:
        return True
    if guards.extensions < guards.extensions_max:
        guards.extensions += 1
        _collect(market, index, own, now_ns + guards.extension_ns)
        return False
    if market.command.flags & CommandFlag.CLAMP and possible.volume:
        return True
    _collect(market, index, own, 0)
    return False


def _collect_again(market: Market, index: int, own: MarketState) -> bool:
    """Whether a book is still crossed after its uncross. If so, its next auction begins."""
    guards = market.guards[index]
    guards.extensions = 0
    if market.books[index].uncross(0) is None:
        return False
    _collect(market, index, own, market.command.time_ns + guards.extension_ns)
    return True


def _collect(market: Market, index: int, own: MarketState, until_ns: int) -> None:
    """Keep a book PAUSED, or make it RESERVED, until a time in ns; 0: until a command."""
    state = MarketState.PAUSED if own == MarketState.PAUSED else MarketState.RESERVED
    market.phases.change_until(market.phases.own[index], state, until_ns, market.command.time_ns)
    market.emit(
        EventKind.STATE_CHANGED,
        instrument=index,
        market_state=state,
        state_reason=StateReason.COLLAR,
        reopen_ns=until_ns,
    )
