"""The market state of every book, followed from STATE_CHANGED events (STATE-001, MDATA-012)."""

from collections.abc import Iterable

from exchange.codes import EventFlag, EventKind, MarketState, StateReason
from exchange.engine.event_rows import (
    FLAGS,
    GROUP,
    IMBALANCE_LOTS,
    INSTRUMENT,
    KIND,
    MARKET_STATE,
    REOPEN_NS,
    STATE_REASON,
    TIME_NS,
    UNCROSS_TICK,
    VOLUME_LOTS,
    Row,
)
from exchange.engine.query import InstrumentRow

Indicative = tuple[int, int, int]  # price_tick, lots, imbalance

_FOLLOW = int(MarketState.NONE)
_OPEN = int(MarketState.OPEN)
_HALT = int(MarketState.HALT)
_CLOSED = int(MarketState.CLOSED)


def reason_text(reason: int) -> str:
    """The reason in a `status` message. SETTLING, HALT_DCB and HALT_ADMIN are in capitals, others in lower case;
    the halt of an index month is one of them (INDEX-003)."""
    if reason == StateReason.NONE:
        return ""
    if reason == StateReason.HALT_INDEX:
        reason = StateReason.HALT_ADMIN
    name = StateReason(reason).name
    return name if reason in (StateReason.SETTLING, StateReason.HALT_DCB, StateReason.HALT_ADMIN) else name.lower()


def _end_ns(row: InstrumentRow) -> int:
    """When a book's own state ends, in the form that `Phases._own_terms` keeps."""
    if row.own_state == _HALT:
        return 0
    return -row.reopen_ns if row.group_state == _HALT else row.reopen_ns


class Phases:
    """Effective state, its reason and end, and the indicative price of each book."""

    def __init__(self) -> None:
        self._groups: dict[int, int] = {}  # group -> its state
        self._members: dict[int, list[int]] = {}
        self._group_of: dict[int, int] = {}
        self._own: dict[int, int] = {}  # book -> its own state
        # (reason of a state, ns when the timer ends it, 0 never); while the book's group halts: minus the ns left.
        self._own_terms: dict[int, tuple[int, int]] = {}
        self._group_terms: dict[int, tuple[int, int]] = {}
        self.indicative: dict[int, Indicative] = {}

    def add(self, rows: Iterable[InstrumentRow]) -> None:
        """Add instruments that are not known yet, with their states in the engine now."""
        for row in rows:
            if row.index not in self._group_of:
                self._group_of[row.index] = row.group
                self._members.setdefault(row.group, []).append(row.index)
                self._groups[row.group], self._own[row.index] = int(row.group_state), row.own_state
                self._own_terms[row.index] = row.reason, _end_ns(row)
                until_ns = 0 if row.group_state == _HALT else row.group_reopen_ns
                self._group_terms[row.group] = row.group_reason, until_ns

    def end(self, index: int) -> None:
        """The book's instrument has ended: it stays CLOSED, whatever its group does."""
        self._own[index], self._own_terms[index] = _CLOSED, (int(StateReason.NONE), 0)
        self.indicative.pop(index, None)

    def remove(self, index: int) -> None:
        """Forget a book: it has another instrument, which is added next."""
        self._members[self._group_of.pop(index)].remove(index)
        self.indicative.pop(index, None)

    def fold(self, row: Row) -> list[int]:
        """Read a STATE_CHANGED or INDICATIVE_PRICE row; returns the books that it concerns."""
        index = row[INSTRUMENT]
        if row[KIND] == EventKind.INDICATIVE_PRICE:
            if row[FLAGS] & EventFlag.EMPTY:
                self.indicative.pop(index, None)
            else:
                self.indicative[index] = (row[UNCROSS_TICK], row[VOLUME_LOTS], row[IMBALANCE_LOTS])
            return [index]
        if index:
            self._own[index] = _FOLLOW if row[MARKET_STATE] == _OPEN else row[MARKET_STATE]
            self._own_terms[index] = row[STATE_REASON], row[REOPEN_NS]
            books = [index]
        else:
            self._groups[row[GROUP]] = row[MARKET_STATE]
            self._group_terms[row[GROUP]] = row[STATE_REASON], row[REOPEN_NS]
            books = self._members.get(row[GROUP], [])
            if row[MARKET_STATE] == _CLOSED:
                self._own.update({book: _FOLLOW for book in books if not self._outlasts_day(book)})
            self._hold(books, row[MARKET_STATE] == _HALT, row[TIME_NS])
        for book in books:
            self.indicative.pop(book, None)
        return books

    def _outlasts_day(self, book: int) -> bool:
        """Whether a book's own state stays when its group closes: CLOSED, the halt of an index month (INDEX-003)."""
        halted = self._own[book] == _HALT and self._own_terms[book][0] == StateReason.HALT_INDEX
        return halted or self._own[book] == _CLOSED

    def _hold(self, books: Iterable[int], halts: bool, now_ns: int) -> None:
        """Stop the timers of the books' own states while their group halts, and restart them afterwards."""
        for book in books:
            reason, until_ns = self._own_terms[book]
            if halts and until_ns > 0:
                self._own_terms[book] = reason, -max(until_ns - now_ns, 1)
            elif not halts and until_ns < 0:
                self._own_terms[book] = reason, now_ns - until_ns

    def _is_own(self, index: int) -> bool:
        """Whether the book's own state is in force; else its group's is."""
        group, own = self._groups[self._group_of[index]], self._own[index]
        if own in (_HALT, _CLOSED):
            return own == _CLOSED or group != _CLOSED
        return group == _OPEN and own != _FOLLOW

    def state(self, index: int) -> int:
        """The effective MarketState: the stricter of the book's own and its group's."""
        return self._own[index] if self._is_own(index) else self._groups[self._group_of[index]]

    def group(self, index: int) -> int:
        """The product group of a book."""
        return self._group_of[index]

    def phase(self, index: int) -> str:
        return MarketState(self.state(index)).name

    def until_us(self, index: int) -> int | None:
        """When the venue's timer ends the effective state, in us; None: no timer runs (STATE-004, AUC-014)."""
        return self._in_force(index)[1] // 1_000 or None

    def why(self, index: int) -> str:
        """The reason of the effective state, as the wire names it."""
        return reason_text(self._in_force(index)[0])

    def _in_force(self, index: int) -> tuple[int, int]:
        return self._own_terms[index] if self._is_own(index) else self._group_terms[self._group_of[index]]
