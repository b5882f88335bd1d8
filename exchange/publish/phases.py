"""What market every book is in, followed from STA events (STATE-001, MDATA-012)."""

from collections.abc import Iterable

from exchange.codes import EventFlag, EventKind, MarketState, StateReason
from exchange.engine.query import InstrumentRow
from exchange.publish.rows import (
    FLAGS,
    INSTRUMENT,
    KIND,
    LEAVES_LOTS,
    LOTS,
    PRICE,
    REASON,
    REFERENCE,
    STATE,
    VALUE_TICK_LOTS,
    Row,
)

Indicative = tuple[int, int, int]  # price_tick, lots, imbalance

_FOLLOW = int(MarketState.NONE)
_OPEN = int(MarketState.OPEN)
_HALT = int(MarketState.HALT)
_CLOSED = int(MarketState.CLOSED)


def reason_text(reason: int) -> str:
    """`why` of a status: what the calendar calls it stands in capitals, what a breaker or person did does not."""
    if reason == StateReason.NONE:
        return ""
    name = StateReason(reason).name
    return name if reason in (StateReason.SETTLING, StateReason.HALT_DCB, StateReason.HALT_ADMIN) else name.lower()


class Phases:
    """Effective state, reason and indicative opening of each book."""

    def __init__(self) -> None:
        self._groups: dict[int, int] = {}  # group -> its state
        self._members: dict[int, list[int]] = {}
        self._group_of: dict[int, int] = {}
        self._own: dict[int, int] = {}  # book -> its own state
        self._reasons: dict[int, int] = {}
        self._until_ns: dict[int, int] = {}  # when the venue's timer ends the state
        self.indicative: dict[int, Indicative] = {}

    def add(self, rows: Iterable[InstrumentRow]) -> None:
        """Take up instruments that are not known yet, as the engine has them now."""
        for row in rows:
            if row.index not in self._group_of:
                self._group_of[row.index] = row.group
                self._members.setdefault(row.group, []).append(row.index)
                self._groups[row.group], self._own[row.index] = int(row.group_state), row.own_state

    def fold(self, row: Row) -> list[int]:
        """Follow a STA or IOP; returns the books it concerns."""
        index = row[INSTRUMENT]
        if row[KIND] == EventKind.IOP:
            if row[FLAGS] & EventFlag.EMPTY:
                self.indicative.pop(index, None)
            else:
                self.indicative[index] = (row[PRICE], row[LOTS], row[LEAVES_LOTS])
            return [index]
        if index:
            self._own[index] = _FOLLOW if row[STATE] == _OPEN else row[STATE]
            books = [index]
        else:
            self._groups[row[REFERENCE]] = row[STATE]
            books = self._members.get(row[REFERENCE], [])
            if row[STATE] == _CLOSED:
                self._own.update({book: _FOLLOW for book in books if self._own[book] != _CLOSED})
        for book in books:
            if index or not self._outlasts(book, row[STATE]):
                self._reasons[book] = row[REASON]
                self._until_ns[book] = row[VALUE_TICK_LOTS]
            self.indicative.pop(book, None)
        return books

    def _outlasts(self, index: int, group_state: int) -> bool:
        """Whether a book keeps its own HALT or CLOSED, and the reason for it, in this state of its group."""
        return self._own[index] in (_HALT, _CLOSED) and group_state != _CLOSED

    def state(self, index: int) -> int:
        """Effective MarketState, the stricter of the book's own and its group's."""
        group, own = self._groups[self._group_of[index]], self._own[index]
        if _CLOSED in (group, own):
            return _CLOSED
        return own if own == _HALT or (group == _OPEN and own != _FOLLOW) else group

    def phase(self, index: int) -> str:
        return MarketState(self.state(index)).name

    def until_us(self, index: int) -> int | None:
        """When the venue's timer ends the state, if one does (STATE-004, AUC-014)."""
        return self._until_ns.get(index, 0) // 1_000 or None

    def why(self, index: int) -> str:
        return reason_text(self._reasons.get(index, StateReason.NONE))
