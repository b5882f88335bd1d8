"""SET_STATE: changes the state of a product group or a single book, and does what follows (STATE-001, TIF-009)."""

from typing import Any

from exchange.codes import CommandFlag, EventKind, MarketState, RejectReason
from exchange.reference.auction import open_book
from exchange.reference.cancels import cancel_waiting_orders, expire_day_orders
from exchange.reference.clearing import Instrument
from exchange.reference.market import Market
from exchange.reference.phases import COLLECTING_STATES, GOES_TO


def set_state(market: Market) -> None:
    """SET_STATE: change the state of a group, or of one book while its group is OPEN; or refuse."""
    command, phases = market.command, market.phases
    instruments = market.clearing.instruments
    instrument = instruments.get(command.instrument)
    if (command.instrument and instrument is None) or (not command.instrument and command.group not in phases.groups):
        market.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN_INST)
        return
    reason, present = phases.refusal(instrument, command.group, command.market_state)
    forced = command.flags & CommandFlag.FORCE and command.market_state in GOES_TO
    if reason != RejectReason.NONE and not forced:
        market.refuse(EventKind.COMMAND_REFUSED, reason, state_in_force=present)
        return
    _change(market, instrument, MarketState(command.market_state))
    cancel_waiting_orders(market, command.group if instrument is None else instrument.group)


def _change(market: Market, instrument: Instrument | None, wanted: MarketState) -> None:
    command, phases = market.command, market.phases
    before = {index: market.market_state(index) for index in market.books}
    own = {index: phase.state for index, phase in phases.own.items()}
    phases.change(instrument, command.group, wanted, command.time_ns)
    for index in sorted(market.books):
        if before[index] != MarketState.OPEN == market.market_state(index):
            opens = open_book(market, index, own[index])
            if opens and before[index] in COLLECTING_STATES:
                market.guards[index].empty_windows()  # BAND-010
    if wanted == MarketState.CLOSED:
        closed = [index for index in market.books if _is_in_scope(market, index)]
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
