"""The collar of an uncross in the reference (AUC-014): who opens, who collects on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.codes import CommandFlag, EventKind, MarketState, StateReason
from exchange.reference import stops

if TYPE_CHECKING:
    from exchange.reference.engine import Reference


def may_uncross(reference: Reference, index: int, own: MarketState, around: int) -> bool:
    """Whether a book that was in its own state `own` uncrosses; if not, it is told why."""
    guard, now_ns = reference.guards[index], reference.command.time_ns
    book = stops.expected_book(reference, index, around)
    wanted, possible = book.uncross(around), book.uncross(around, guard.collar_ticks)
    if wanted is None or possible is None or wanted.price == possible.price:
        return True
    if guard.extensions < guard.extensions_max:
        guard.extensions += 1
        _collect(reference, index, own, now_ns + guard.extension_ns)
        return False
    if reference.command.flags & CommandFlag.CLAMP and possible.volume:
        return True
    _collect(reference, index, own, 0)
    return False


def collect_again(reference: Reference, index: int, own: MarketState) -> bool:
    """A book that is crossed after its uncross begins the next auction."""
    guard = reference.guards[index]
    guard.extensions = 0
    if reference.books[index].uncross(0) is None:
        return False
    _collect(reference, index, own, reference.command.time_ns + guard.extension_ns)
    return True


def _collect(reference: Reference, index: int, own: MarketState, until_ns: int) -> None:
    state = MarketState.PAUSED if own == MarketState.PAUSED else MarketState.RESERVED
    reference.phases.reserve(reference.phases.own[index], state, until_ns, reference.command.time_ns)
    reference.emit(
        EventKind.STATE_CHANGED,
        instrument=index,
        market_state=state,
        state_reason=StateReason.COLLAR,
        reopen_ns=until_ns,
    )
