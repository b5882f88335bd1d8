"""The published state of every book is the engine's, whatever states came before (STATE-001, MDATA-012)."""

import random

import pytest

from exchange.codes import CommandFlag, CommandKind, EventKind, MarketState, Side, StateReason, TimeInForce
from exchange.conformance.venues import EngineVenue
from exchange.engine import query
from exchange.engine.event_rows import KIND
from exchange.publish.phases import Phases
from exchange.reference.rows import Command
from tests.market import open_property_market
from tests.publish.helpers import LISTED, event

STATES = [state for state in MarketState if state != MarketState.NONE]
CHANGES = 150


@pytest.mark.rule("STATE-001", "MDATA-012")
@pytest.mark.parametrize("seed", range(20))
def test_published_states_follow_the_engine_from_wherever_they_begin(seed: int) -> None:
    chance, venue, sequence = random.Random(seed), EngineVenue(), 0
    states = venue.engine.states

    def row(kind: CommandKind, **fields: int) -> list[tuple[int, ...]]:
        nonlocal sequence
        sequence += 1
        return venue.apply(Command(kind=kind, sequence=sequence, time_ns=sequence * 1_000, **fields))

    open_property_market(venue, row, (1,))
    listed = query.instruments(states)
    followers: list[Phases] = []
    seen: set[tuple[str, int | None]] = set()
    for number in range(CHANGES):
        if number % 10 == 0:  # one that begins now, as after a restart
            followers.append(Phases())
            followers[-1].add(query.instruments(states))
        one, told = chance.choice(listed), []
        if chance.random() < 0.6:
            price = chance.choice([88, 100, 112])  # two in a row may be too far from each other: RESERVED, for a time
            order = {"account": 1, "instrument": chance.choice([1, 2]), "price": price, "lots": 1}
            for side in Side:
                told += row(CommandKind.NEW, side=side, tif=TimeInForce.GTC, **order)
        else:
            target = {"instrument": one.index} if chance.random() < 0.6 else {"group": one.group}
            flags = CommandFlag.FORCE if chance.random() < 0.5 else 0
            wanted = chance.choice([*STATES, *[MarketState.OPEN] * 9])
            reason = chance.choice(list(StateReason))
            told += row(CommandKind.SET_STATE, market_state=wanted, flags=flags, state_reason=reason, **target)
        for changed in (one for one in told if one[KIND] == EventKind.STATE_CHANGED):
            for phases in followers:
                phases.fold(changed)
        for book in listed:
            now = query.market_state(states, book.index)
            assert [phases.state(book.index) for phases in followers] == [now] * len(followers)
            shown = {(phases.why(book.index), phases.until_us(book.index)) for phases in followers}
            assert len(shown) == 1, f"book {book.index} after change {number}: {shown}"
            seen.update(shown)
    assert len({why for why, _ in seen}) > 5


class Reserved:
    """A market where prints have gone too far in a book; a follower from before, and one that begins when asked."""

    def __init__(self, book: int) -> None:
        self.venue, self.sequence, self.book, self.live = EngineVenue(), 0, book, Phases()
        open_property_market(self.venue, self.row, (1,))
        self.live.add(query.instruments(self.venue.engine.states))
        for state in (MarketState.PREOPEN, MarketState.OPEN):
            self.row(CommandKind.SET_STATE, group=1, market_state=state)
        order = {"instrument": book, "account": 1, "lots": 1, "tif": TimeInForce.GTC}
        for price in (100, 108, 116):  # the last is further from the first than the book's window is wide
            for side in Side:
                self.row(CommandKind.NEW, side=side, price=price, **order)
        self.until_us = self.sequence + 5

    def row(self, kind: CommandKind, **fields: int) -> None:
        self.sequence += 1
        command = Command(kind=kind, sequence=self.sequence, time_ns=self.sequence * 1_000, **fields)
        for told in self.venue.apply(command):
            if told[KIND] == EventKind.STATE_CHANGED:
                self.live.fold(told)

    def change(self, state: MarketState, reason: StateReason, **target: int) -> None:
        self.row(CommandKind.SET_STATE, market_state=state, state_reason=reason, **(target or {"group": 1}))

    def shown(self) -> tuple[str, str, int | None]:
        fresh = Phases()
        fresh.add(query.instruments(self.venue.engine.states))
        one, two = ((now.phase(self.book), now.why(self.book), now.until_us(self.book)) for now in (self.live, fresh))
        assert one == two, f"followed {one}, begun now {two}"
        return two


@pytest.mark.rule("STATE-004", "MDATA-012")
@pytest.mark.parametrize("book", [1, 2], ids=["the lead month's breach is its group's", "another's is its own"])
def test_who_begins_while_a_market_is_reserved_knows_why_and_until_when(book: int) -> None:
    market = Reserved(book)
    assert market.shown() == ("RESERVED", "velocity", market.until_us)
    market.change(MarketState.HALT, StateReason.OPERATOR)
    assert market.shown() == ("HALT", "operator", None)
    market.row(CommandKind.CLOCK)
    market.change(MarketState.OPEN if book == 2 else MarketState.RESERVED, StateReason.SCHEDULE)
    why = "velocity" if book == 2 else "schedule"
    assert market.shown() == ("RESERVED", why, market.until_us + 2), "two commands long it stood still"


@pytest.mark.rule("STATE-004", "MDATA-012")
def test_a_time_that_two_halts_have_stopped_is_known_to_who_begins_too() -> None:
    market = Reserved(2)
    force = {"instrument": 2, "flags": int(CommandFlag.FORCE)}
    market.change(MarketState.HALT, StateReason.HALT_ADMIN, **force)
    assert market.shown() == ("HALT", "HALT_ADMIN", None)
    market.change(MarketState.HALT, StateReason.OPERATOR)
    assert market.shown() == ("HALT", "HALT_ADMIN", None)
    market.change(MarketState.RESERVED, StateReason.OPERATOR, **force)
    assert market.shown() == ("HALT", "operator", None), "its group's"
    market.change(MarketState.OPEN, StateReason.SCHEDULE)
    assert market.shown() == ("RESERVED", "operator", market.until_us + 3)


@pytest.mark.rule("MDATA-012")
def test_a_book_keeps_reason_and_time_of_its_own_state_while_its_group_changes() -> None:
    phases, halted, follows = Phases(), 1, 2
    phases.add(LISTED[:2])

    def told(state: MarketState, reason: StateReason, until_ns: int = 0, index: int = 0, time_ns: int = 0) -> None:
        phases.fold(
            event(
                EventKind.STATE_CHANGED, market_state=state, state_reason=reason, reopen_ns=until_ns, instrument=index,
                group=LISTED[0].group, time_ns=time_ns,
            )
        )  # fmt: skip

    told(MarketState.HALT, StateReason.HALT_ADMIN, index=halted)
    told(MarketState.RESERVED, StateReason.VELOCITY, 5_000_000)
    assert (phases.phase(halted), phases.why(halted), phases.until_us(halted)) == ("HALT", "HALT_ADMIN", None)
    assert (phases.phase(follows), phases.why(follows), phases.until_us(follows)) == ("RESERVED", "velocity", 5_000)
    told(MarketState.CLOSED, StateReason.SETTLING)
    assert (phases.phase(halted), phases.why(halted)) == ("CLOSED", "SETTLING")
    told(MarketState.OPEN, StateReason.SCHEDULE)
    told(MarketState.RESERVED, StateReason.VELOCITY, 1_000_000, halted, 100_000)
    told(MarketState.HALT, StateReason.OPERATOR, time_ns=300_000)
    assert (phases.phase(halted), phases.why(halted), phases.until_us(halted)) == ("HALT", "operator", None)
    told(MarketState.OPEN, StateReason.OPERATOR, time_ns=2_000_000)
    assert (phases.phase(halted), phases.why(halted), phases.until_us(halted)) == ("RESERVED", "velocity", 2_700)
    assert (phases.phase(follows), phases.why(follows)) == ("OPEN", "operator")


def test_a_book_with_another_instrument_starts_again() -> None:
    phases = Phases()
    phases.add(LISTED)
    phases.fold(event(EventKind.INDICATIVE_PRICE, 5, instrument=1, uncross_tick=2846, volume_lots=75))
    phases.remove(1)
    phases.add([LISTED[0]._replace(group=3, group_state=MarketState.PREOPEN)])
    assert (phases.phase(1), phases.phase(2)) == ("PREOPEN", "OPEN") and not phases.indicative
    assert phases.fold(event(EventKind.STATE_CHANGED, 6, group=2, market_state=MarketState.CLOSED)) == [2]


@pytest.mark.rule("INDEX-005", "MDATA-012")
def test_the_halt_of_an_index_month_outlasts_the_close_and_is_shown_as_an_administrative_one() -> None:
    market = Reserved(2)
    market.change(MarketState.OPEN, StateReason.SCHEDULE, instrument=2)
    market.change(MarketState.HALT, StateReason.HALT_INDEX, instrument=2)
    assert market.shown() == ("HALT", "HALT_ADMIN", None)
    shown = []
    for state in (MarketState.CLOSED, MarketState.PREOPEN, MarketState.OPEN):
        market.change(state, StateReason.SCHEDULE)
        shown.append(market.shown())
    assert shown == [("CLOSED", "schedule", None), *[("HALT", "HALT_ADMIN", None)] * 2]
