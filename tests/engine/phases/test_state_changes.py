"""When what is RESERVED reopens after a halt: the halt stops the time, the way back lets it run on (STATE-004)."""

from typing import Any

import pytest

from exchange.codes import CommandFlag, CommandKind, EventKind, MarketState, Side
from exchange.engine import query
from exchange.reference.rows import Command
from tests.market import account_payload, narrow_market
from tests.venues import Pair

S = MarketState
BOOK, GROUP = 1, 1


class Market:
    """Engine and reference; a print five ticks off reserves book 1, alone or as lead month with its group."""

    def __init__(self, lead: bool) -> None:
        self.pair, self.sequence, self.now_ns, self.lead = Pair(), 0, 0, lead
        market = narrow_market()
        for instrument in market["instruments"]:
            instrument["guard"] = {"velocity": {"width_ticks": 5, "window_ns": 60, "pause_ns": 1_000}}
            if not lead:
                instrument["floor_bp"] = 0
        self.pair.control(CommandKind.LIST, market)
        self.pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(1, {}))
        self.row(CommandKind.DEPOSIT, account=1, amount_mills=10**12)
        for state in (S.PREOPEN, S.OPEN):
            self.row(CommandKind.SET_STATE, group=GROUP, market_state=state)

    def row(self, kind: CommandKind, **fields: Any) -> list[Any]:
        self.sequence += 1
        known = {"sequence": self.sequence, "request_id": self.sequence, "time_ns": self.now_ns}
        return self.pair.apply(Command(kind=kind, **known, **fields))

    def breach(self) -> int:
        """When the market is to reopen."""
        settle = self.pair.reference.clearing.instruments[BOOK].settle_tick
        for side in (Side.SELL, Side.BUY):
            order = {"account": 1, "instrument": BOOK, "side": side, "price": settle + 6, "lots": 1}
            answers = self.row(CommandKind.NEW, **order)
        (reserved,) = [event for event in answers if event.kind == EventKind.STATE_CHANGED]
        assert (reserved.state, reserved.instrument) == (S.RESERVED, 0 if self.lead else BOOK)
        return int(reserved.value_tick_lots)

    def change(self, state: MarketState, whole: bool | None = None, flags: int = 0) -> int:
        """When the new state ends, as its event says."""
        whole = self.lead if whole is None else whole
        target = {"group": GROUP} if whole else {"instrument": BOOK}
        answers = self.row(CommandKind.SET_STATE, market_state=state, flags=flags, **target)
        assert [event.kind for event in answers] == [EventKind.STATE_CHANGED], answers
        return int(answers[0].value_tick_lots)

    def is_due(self) -> bool:
        groups, books = query.due_to_reopen(self.pair.fast.engine.states, self.now_ns)
        return (GROUP in groups) if self.lead else (BOOK in books)


@pytest.mark.rule("STATE-001", "STATE-004")
@pytest.mark.parametrize("lead", [False, True])
def test_a_halt_stops_the_time_to_the_reopening_and_the_way_back_lets_it_run_on(lead: bool) -> None:
    market = Market(lead)
    assert market.breach() == 1_000
    market.now_ns = 400
    assert market.change(S.HALT) == 0, "no timer ends a halt"
    market.now_ns = 5_000
    assert not market.is_due()
    assert market.change(S.RESERVED) == 5_600, "600 were left"
    market.now_ns = 5_500
    assert market.change(S.HALT) == 0 and market.change(S.RESERVED) == 5_600, "as often as it is halted"
    market.now_ns = 5_599
    assert not market.is_due()
    market.now_ns = 5_600
    assert market.is_due()
    assert market.row(CommandKind.SET_STATE, market_state=S.OPEN, **({"group": 1} if lead else {"instrument": 1}))


@pytest.mark.rule("STATE-004")
@pytest.mark.parametrize("lead", [False, True])
def test_a_time_that_had_come_when_the_halt_came_is_due_right_after_it(lead: bool) -> None:
    market = Market(lead)
    market.breach()
    market.now_ns = 1_500
    market.change(S.HALT)
    market.now_ns = 9_000
    assert market.change(S.RESERVED) == 9_001


@pytest.mark.rule("STATE-001")
@pytest.mark.parametrize("lead", [False, True])
def test_who_pauses_after_the_halt_opens_by_his_own_command(lead: bool) -> None:
    market = Market(lead)
    market.breach()
    assert market.change(S.HALT) == market.change(S.PAUSED) == 0
    market.now_ns = 10**9
    assert not market.is_due()
    assert market.change(S.HALT) == market.change(S.PAUSED) == 0, "the first halt's time is gone"


@pytest.mark.rule("STATE-004")
def test_a_halt_of_the_group_stops_the_time_of_a_book_of_its_own() -> None:
    market = Market(lead=False)
    market.breach()
    market.now_ns = 300
    market.change(S.HALT, whole=True)
    market.now_ns = 2_000
    market.change(S.OPEN, whole=True)
    assert not market.is_due() and market.pair.reference.market_state(BOOK) == S.RESERVED
    market.now_ns = 2_200
    assert market.change(S.HALT) == 0
    assert market.change(S.RESERVED) == 2_700
    market.change(S.HALT, whole=True)
    market.change(S.HALT, whole=True, flags=int(CommandFlag.FORCE))
    market.now_ns = 4_000
    market.change(S.OPEN, whole=True)
    market.now_ns = 4_499
    assert not market.is_due()
    market.now_ns = 4_500
    assert market.is_due()
