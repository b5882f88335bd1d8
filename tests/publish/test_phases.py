"""The published state of every book is the engine's, whatever states came before (STATE-001, MDATA-012)."""

import random

import pytest

from exchange.codes import CommandFlag, CommandKind, EventKind, MarketState, StateReason
from exchange.engine import query
from exchange.publish.phases import Phases
from exchange.publish.rows import KIND
from tests.market import open_property_market
from tests.publish.helpers import LISTED, event
from tests.rows import Command
from tests.venues import EngineVenue

STATES = [state for state in MarketState if state != MarketState.NONE]
CHANGES = 60


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
    for number in range(CHANGES):
        if number % 20 == 0:  # one that begins now, as after a restart
            followers.append(Phases())
            followers[-1].add(query.instruments(states))
        one = chance.choice(listed)
        target = {"instrument": one.index} if chance.random() < 0.6 else {"group": one.group}
        flags = CommandFlag.FORCE if chance.random() < 0.5 else 0
        told = row(CommandKind.SET_STATE, order_type=chance.choice(STATES), flags=flags, **target)
        for changed in (one for one in told if one[KIND] == EventKind.STA):
            for phases in followers:
                phases.fold(changed)
        for book in listed:
            now = query.market_state(states, book.index)
            assert [phases.state(book.index) for phases in followers] == [now] * len(followers)


@pytest.mark.rule("MDATA-012")
def test_a_book_keeps_reason_and_time_of_its_own_state_while_its_group_changes() -> None:
    phases, halted, follows = Phases(), 1, 2
    phases.add(LISTED[:2])

    def told(state: MarketState, reason: StateReason, until_ns: int = 0, index: int = 0, time_ns: int = 0) -> None:
        phases.fold(
            event(
                EventKind.STA, state=state, reason=reason, value_tick_lots=until_ns, instrument=index,
                reference=LISTED[0].group, time_ns=time_ns,
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
