"""Which accounts a firm has, and how its messages are numbered."""

import random

import numpy as np
import pytest

from exchange.clearing_codes import AccountFlag
from exchange.codes import EventFlag, EventKind
from exchange.engine.state import new_state
from exchange.limits import MEDIUM
from exchange.publish.drop_copy.firms import Firms, NumberedRows
from exchange.records import EVENT
from exchange.venue.event_chunk import KeptChunk, first_numbers_of

KINDS = (EventKind.ORDER_ACCEPTED, EventKind.FILL, EventKind.POSITION_CHANGED, EventKind.CASH_MOVED, EventKind.KILLED)


class Venue:
    """Makes random events of accounts that change their firms, and keeps for each firm what it should get."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.states = new_state(MEDIUM)
        self.firms = Firms(self.states)
        self.rows: list[np.ndarray] = []
        # By firm, the place of the row that makes each of its messages, in order.
        self.sent_numbers: dict[int, list[int]] = {0: [], 5: [], 6: []}
        self.moves: list[tuple[int, int, int, int, int]] = []
        self.sequence = 0

    def row(self, account: int, kind: EventKind, number: int) -> np.ndarray:
        row = np.zeros(1, EVENT)
        row["sequence"], row["kind"], row["account"], row["account_sequence"] = self.sequence, kind, account, number
        self.rows.append(row)
        return row

    def step(self) -> None:
        self.sequence += 1
        account = self.rng.randint(1, 4)
        accounts = self.states["accounts"][0]
        if self.rng.random() < 0.1:
            accounts["firm"][account] = self.rng.choice((0, 5, 6))
            accounts["flags"][account] |= AccountFlag.DEFINED
            self.moves += self.firms.follow(self.row(account, EventKind.ACCOUNT_DEFINED, 0))
            return
        firm, kind = int(accounts["firm"][account]), self.rng.choice(KINDS)
        accounts["stream"][account] += 1
        row = self.row(account, kind, int(accounts["stream"][account]))
        self.sent_numbers[firm].append(len(self.rows) - 1)
        if kind == EventKind.FILL and self.rng.random() < 0.5:
            for _ in range(self.rng.randint(1, 3)):
                self.row(account, EventKind.LEG_FILLED, int(accounts["stream"][account]))
        if kind in (EventKind.POSITION_CHANGED, EventKind.CASH_MOVED) and self.rng.random() < 0.5:
            row["flags"] = EventFlag.MARGIN
            accounts["stream"][account] += 1
            self.sent_numbers[firm].append(self.sent_numbers[firm][-1])

    def chunks(self, size: int, kept: int = 1_000_000) -> list[KeptChunk]:
        """The newest events in chunks of whole commands."""
        rows, begins = np.concatenate(self.rows), range(1, self.sequence + 1, size)
        parts = [rows[(rows["sequence"] >= begin) & (rows["sequence"] < begin + size)] for begin in begins]
        made = [
            KeptChunk(begin, lambda part=part: first_numbers_of(part), lambda part=part: part)  # type: ignore[misc]
            for begin, part in zip(begins, parts, strict=True)
        ]
        return made[::-1][:kept]

    def expected(self, firm: int, first: int, last: int) -> list[int]:
        """Places of the rows that make these messages."""
        return list(dict.fromkeys(self.sent_numbers[firm][first - 1 : last]))


def places(venue: Venue, found: NumberedRows) -> list[int]:
    """Where rows are among all rows; legs are left out."""
    whole = np.concatenate(venue.rows)
    tags = {row.tobytes(): place for place, row in enumerate(whole) if row["kind"] != EventKind.LEG_FILLED}
    return [tags[row.tobytes()] for row in found.rows if row["kind"] != EventKind.LEG_FILLED]


@pytest.mark.rule("ACCT-010")
@pytest.mark.parametrize("seed", range(5))
def test_ranges_and_numbers_are_those_of_a_twin_that_counts_every_message(seed: int) -> None:
    venue, rng = Venue(seed), random.Random(seed)
    for _ in range(300):
        venue.step()
        for firm in (5, 6):
            assert venue.firms.number(firm) == len(venue.sent_numbers[firm])
    for firm in (5, 6):
        count = len(venue.sent_numbers[firm])
        for _ in range(30):
            first = rng.randint(1, count)
            last = rng.randint(first, count)
            found = venue.firms.range_of(firm, first, last, venue.chunks(rng.choice((1, 7, 50, 400))))
            assert found is not None and places(venue, found) == venue.expected(firm, first, last)
            before = venue.sent_numbers[firm].index(venue.sent_numbers[firm][first - 1]) + 1
            assert found.first == before, "the first message that these rows make"


@pytest.mark.rule("ACCT-010", "RATE-008")
@pytest.mark.parametrize("seed", range(4))
def test_a_long_range_is_found_in_slices_that_read_one_chunk_each(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.publish.drop_copy.firms.SLICE_MESSAGES", 20)
    venue = Venue(seed)
    for _ in range(300):
        venue.step()
    read: list[int] = []
    chunks = [
        chunk._replace(rows=lambda chunk=chunk: (read.append(chunk.first_sequence), chunk.rows())[1])
        for chunk in venue.chunks(30)
    ]
    for firm in (5, 6):
        count, first = len(venue.sent_numbers[firm]), 1
        while first <= count:
            read.clear()
            found = venue.firms.slice_of(firm, first, count, chunks)
            assert found is not None and len(read) == 1
            rows, last = found
            assert first <= last <= min(count, first + 19) and places(venue, rows) == venue.expected(firm, first, last)
            assert rows.first == venue.sent_numbers[firm].index(venue.sent_numbers[firm][first - 1]) + 1
            first = last + 1
    assert venue.firms.slice_of(5, venue.firms.oldest(5, chunks[:3]) - 1, 1_000, chunks[:3]) is None


@pytest.mark.rule("ACCT-010")
def test_moves_of_earlier_runs_give_the_same_numbers_and_ranges() -> None:
    venue = Venue(5)
    for _ in range(200):
        venue.step()
    assert venue.moves
    again = Firms(venue.states)
    again.load(venue.moves)
    for firm in (5, 6):
        count, chunks = len(venue.sent_numbers[firm]), venue.chunks(30)
        assert again.number(firm) == count
        found = again.range_of(firm, 2, count - 1, chunks)
        assert found is not None and places(venue, found) == venue.expected(firm, 2, count - 1)


@pytest.mark.rule("ACCT-010", "RECOV-013")
def test_a_range_with_events_that_are_gone_is_none_and_never_a_part() -> None:
    venue = Venue(3)
    for _ in range(300):
        venue.step()
    chunks = venue.chunks(50, kept=3)
    oldest = venue.firms.oldest(5, chunks)
    assert 1 < oldest <= venue.firms.number(5)
    assert venue.firms.range_of(5, oldest - 1, oldest, chunks) is None
    found = venue.firms.range_of(5, oldest, venue.firms.number(5), chunks)
    assert found is not None and places(venue, found) == venue.expected(5, oldest, venue.firms.number(5))
    damaged = [chunks[0], chunks[1]._replace(rows=lambda: np.zeros(0, EVENT)), chunks[2]]
    assert venue.firms.range_of(5, oldest, venue.firms.number(5), damaged) is None, "rows of a chunk are missing"
    assert venue.firms.oldest(7, []) == 0
    nothing = venue.firms.range_of(5, 1, 0, [])
    assert nothing is not None and len(nothing.rows) == 0


def test_accounts_of_a_firm_are_those_that_are_defined() -> None:
    states = new_state(MEDIUM)
    states["accounts"]["firm"][0][[1, 2, 3]] = 5
    states["accounts"]["flags"][0][[1, 3]] = AccountFlag.DEFINED
    assert Firms(states).accounts(5) == [1, 3] and Firms(states).accounts(6) == []
