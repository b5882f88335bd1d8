"""Which accounts a clearing firm has, and the numbers `d` of its messages, from 1 without gaps (ACCT-010).

    firms = Firms(states)
    firms.load(moves)               # of earlier runs
    firms.follow(events)            # after each batch that defines accounts
    firms.number(5)                 # of the last message of firm 5
    firms.range_of(5, 100, 200, history.chunks())
    firms.slice_of(5, 100, 900_000, history.chunks())   # the beginning of a long range, from one chunk

Nothing counts messages. Every message of an account has the next number of the account's stream, which is in the
engine's state; so the number of a firm's last message is the sum of the streams of its accounts. An account that joins
brings a stream that the firm has not seen, and one that leaves takes one away: the sum is corrected by what the stream
was then (a *move*). Moves are noted in the journal, so all numbers follow from it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from exchange.clearing_codes import AccountFlag
from exchange.codes import EventFlag, EventKind
from exchange.engine import query

SLICE_MESSAGES = 5_000  # that are found at a time: about 10 ms with the reading of their chunk

_DEFINED = int(EventKind.ACCOUNT_DEFINED)
_LEG = int(EventKind.LEG_FILLED)
_WITH_MARGIN = (int(EventKind.POSITION_CHANGED), int(EventKind.CASH_MOVED))


class Move(NamedTuple):
    """An account that has had messages moves between firms; fields as in `gateway.firms.firm_moves`."""

    sequence: int
    account: int
    left: int
    joined: int
    stream: int


class HistoryChunk(Protocol):
    """A chunk of the kept events, as `venue.event_chunk.KeptChunk`."""

    @property
    def first_sequence(self) -> int: ...

    @property
    def first_numbers(self) -> Callable[[], dict[int, int]]: ...

    @property
    def rows(self) -> Callable[[], np.ndarray]: ...


class NumberedRows(NamedTuple):
    """EVENT rows of a firm, shape (n,), in order; the first message that they make has the number `first`."""

    first: int
    rows: np.ndarray


class Firms:
    """The firm of every account, followed from the engine's state, and the moves between firms."""

    def __init__(self, states: np.ndarray) -> None:
        """`states`: the engine's STATE, read between batches."""
        self._states = states
        self._firms: np.ndarray = states["accounts"]["firm"][0].copy()
        self._moves: list[Move] = []

    def load(self, moves: Iterable[tuple[int, int, int, int, int]]) -> None:
        """Note the moves of earlier runs, in order."""
        self._moves += [Move(*move) for move in moves]

    def follow(self, events: np.ndarray) -> list[Move]:
        """Note the new terms of accounts; returns the moves among them.

        events   EVENT rows just released, shape (n,); the state is the one after them
        """
        moves = []
        for row in events[events["kind"] == _DEFINED]:
            account = int(row["account"])
            left, joined = int(self._firms[account]), query.firm_of(self._states, account)
            stream = query.account_sequence(self._states, account)
            if left != joined and stream:
                moves.append(Move(int(row["sequence"]), account, left, joined, stream))
            self._firms[account] = joined
        self._moves += moves
        return moves

    def accounts(self, firm: int) -> list[int]:
        """The accounts of a firm, ascending."""
        is_defined = self._states["accounts"]["flags"][0] & AccountFlag.DEFINED != 0
        return [int(account) for account in np.flatnonzero((self._firms == firm) & is_defined)]

    def number(self, firm: int) -> int:
        """Number of the last message of a firm; 0: it has had none."""
        return self._number(firm, self._firms, self._states["accounts"]["stream"][0], self._moves)

    def rows_of(self, firm: int, events: np.ndarray) -> np.ndarray:
        """The EVENT rows just released that make messages of a firm."""
        rows: np.ndarray = events[(self._firms[events["account"]] == firm) & (events["account_sequence"] > 0)]
        return rows

    def range_of(self, firm: int, first: int, last: int, chunks: Iterable[HistoryChunk]) -> NumberedRows | None:
        """The rows that make the messages `first` to `last` of a firm, and perhaps one before and after them.

        chunks    of the kept events, the newest first
        returns   None: one of them is not kept
        """
        found: list[np.ndarray] = []
        begin = last + 1
        for before, after, chunk in self._numbered(firm, chunks):
            if begin <= first:
                break
            if before < last and before < after:
                mine = self._part(firm, first, last, before, after, chunk.rows())
                if mine is None:
                    return None
                begin, rows = mine
                found.append(rows)
        if begin > first:
            return None
        return NumberedRows(begin, np.concatenate(found[::-1])) if found else NumberedRows(first, np.zeros(0))

    def slice_of(
        self, firm: int, first: int, last: int, chunks: Iterable[HistoryChunk]
    ) -> tuple[NumberedRows, int] | None:
        """As `range_of`, but only the first messages, as far as they are in one chunk; and the number of the last one.

        So a long range, of many chunks, is found in steps. `first` <= `last`.
        """
        for before, after, chunk in self._numbered(firm, chunks):
            if before < first <= after:
                last = min(last, after, first + SLICE_MESSAGES - 1)
                part = self._part(firm, first, last, before, after, chunk.rows())
                return None if part is None else (NumberedRows(*part), last)
        return None

    def oldest(self, firm: int, chunks: Iterable[HistoryChunk]) -> int:
        """Number of the oldest message of a firm that is kept; 0: none is."""
        number = self.number(firm)
        before = min((before for before, _, _ in self._numbered(firm, chunks)), default=number)
        return before + 1 if before < number else 0

    def _numbered(self, firm: int, chunks: Iterable[HistoryChunk]) -> Iterator[tuple[int, int, HistoryChunk]]:
        """The chunks with the numbers of the last message before each, and of the last one in it, the newest first.

        Goes back in time from the present streams, firms and moves. Reads no rows of a full chunk.
        """
        accounts = self._states["accounts"][0]
        streams, firms, moves = accounts["stream"].copy(), self._firms.copy(), self._moves.copy()
        after = self.number(firm)
        for chunk in chunks:
            for account, number in chunk.first_numbers().items():
                streams[account] = number - 1
            while moves and moves[-1].sequence >= chunk.first_sequence:
                move = moves.pop()
                firms[move.account] = move.left
            before = self._number(firm, firms, streams, moves)
            yield before, after, chunk
            after = before

    def _part(
        self, firm: int, first: int, last: int, before: int, after: int, events: np.ndarray
    ) -> tuple[int, np.ndarray] | None:
        """Of the rows of a chunk those that make messages `first` to `last`, and the number of their first message.

        before, after   numbers of the firm's last message before the chunk, and of the last one in it
        returns         None: rows are missing
        """
        if not len(events):
            return None
        rows = events[self._was_of(firm, events)]
        counts = _count_messages(rows)
        ends = before + np.cumsum(counts)  # a leg has the number of its fill
        if not len(ends) or ends[-1] != after:
            return None
        begins = ends - np.maximum(counts, 1) + 1
        wanted = (ends >= first) & (begins <= last)
        return int(begins[wanted][0]), rows[wanted]

    def _was_of(self, firm: int, events: np.ndarray) -> np.ndarray:
        """Mask of the rows in streams of accounts that belonged to the firm when these rows were made."""
        accounts = events["account"]
        is_of: np.ndarray = self._firms[accounts] == firm
        for move in reversed(self._moves):
            if move.sequence < events["sequence"][0]:
                break
            is_of[(accounts == move.account) & (events["sequence"] < move.sequence)] = move.left == firm
        return is_of & (events["account_sequence"] > 0)

    @staticmethod
    def _number(firm: int, firms: np.ndarray, streams: np.ndarray, moves: Iterable[Move]) -> int:
        """Number of a firm's last message: the sum of its accounts' streams, corrected by the moves until then."""
        number = int(streams[firms == firm].sum())
        for move in moves:
            number += (move.left == firm) * move.stream - (move.joined == firm) * move.stream
        return number


def _count_messages(rows: np.ndarray) -> np.ndarray:
    """How many messages each row makes, shape (n,): a leg is part of its fill, a margin may follow (ACCT-002)."""
    shows_margin = np.isin(rows["kind"], _WITH_MARGIN) & (rows["flags"] & int(EventFlag.MARGIN) != 0)
    counts: np.ndarray = np.where(rows["kind"] == _LEG, 0, 1) + shows_margin
    return counts
