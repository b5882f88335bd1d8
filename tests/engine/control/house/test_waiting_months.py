"""An index month with a day that has no value never opens; engine and reference side by side (INDEX-005)."""

from typing import Any

import pytest

from exchange.codes import CommandKind, Family, MarketState, Side, StateReason
from exchange.engine import query
from tests.engine.control.house.test_index import EXT, SEED, Indexed
from tests.funded import HIGH, LOW, RICH
from tests.market import MONTH, listing

S = MarketState
IDX = 5
WHOLE = {"group": 1}
ALONE = {"instrument": IDX}


class Market(Indexed):
    """The market with an index month, of January 2027."""

    def __init__(self) -> None:
        super().__init__()
        self.funded.states(S.CLOSED)
        terms = {"settle_tick": SEED, "low_tick": LOW, "high_tick": HIGH, "hours": 744, "months": [(MONTH, 744)]}
        twin = listing(IDX, "H100.G90.F27/I", family=Family.IDX, floor_bp=9_000, start_month=MONTH, **terms)
        self.funded.pair.control(CommandKind.LIST, {"commodities": [], "instruments": [twin]})
        self.funded.states(S.PREOPEN, S.OPEN)

    def lose_the_index(self) -> None:
        """Take days without a print until one has no value."""
        while self.take()[EXT][0] is not None:
            pass

    def find_a_value(self) -> None:
        self.do(committee=[{"index": EXT, "day": self.day - 1, "tick": SEED}], by_two=True)

    def change(self, state: MarketState, reason: StateReason = StateReason.OPERATOR, **target: int) -> bool:
        """Whether a state changes."""
        answer = self.funded.row(CommandKind.SET_STATE, market_state=state, state_reason=reason, **(target or WHOLE))
        self.funded.pair.compare_books()
        assert answer in (["STA"], ["REFUSED STATE"]), answer
        return answer == ["STA"]

    def halt(self) -> bool:
        """As the venue does when the index has no value."""
        return self.change(S.HALT, StateReason.HALT_INDEX, **ALONE)

    def month(self) -> Any:
        return query.market_state(self.states, IDX)

    @property
    def states(self) -> Any:
        return self.funded.pair.fast.engine.states


@pytest.mark.rule("INDEX-005", "STATE-001")
def test_a_group_does_not_open_before_its_waiting_month_is_halted() -> None:
    market = Market()
    market.change(S.CLOSED)
    market.lose_the_index()
    assert market.change(S.PREOPEN)
    assert not market.change(S.OPEN), "the month would open with it"
    assert market.halt(), "also while its group is not OPEN"
    assert market.change(S.OPEN)
    assert (market.month(), query.market_state(market.states, 1)) == (S.HALT, S.OPEN)


@pytest.mark.rule("INDEX-005", "STATE-001")
def test_the_halt_of_an_index_month_outlasts_the_day_and_its_state_before_does_not() -> None:
    market = Market()
    market.change(S.PAUSED, **ALONE)
    market.lose_the_index()
    market.halt()
    seen = []
    for state in (S.CLOSED, S.PREOPEN, S.NOCANCEL, S.OPEN):
        assert market.change(state)
        seen.append(market.month())
    assert seen == [S.CLOSED, S.HALT, S.HALT, S.HALT]
    market.find_a_value()
    assert not market.change(S.RESERVED, **ALONE)
    assert market.change(S.OPEN, **ALONE) and market.month() == S.OPEN


@pytest.mark.rule("INDEX-003", "INDEX-005")
def test_a_waiting_month_goes_to_halt_or_closed_only_until_it_has_its_value() -> None:
    market = Market()
    market.lose_the_index()
    assert not market.change(S.PAUSED, **ALONE)
    assert market.halt() and not market.halt()
    assert not any(market.change(state, **ALONE) for state in (S.OPEN, S.PAUSED, S.PREOPEN, S.RESERVED))
    assert market.change(S.CLOSED, **ALONE)
    assert not market.change(S.PREOPEN, **ALONE) and not market.halt()
    market.find_a_value()
    assert market.change(S.PREOPEN, **ALONE)


@pytest.mark.rule("INDEX-005", "STATE-001")
def test_an_operators_halt_of_a_waiting_month_ends_with_the_day_and_the_venues_follows() -> None:
    market = Market()
    assert market.change(S.HALT, StateReason.HALT_ADMIN, **ALONE)
    market.lose_the_index()
    assert not market.halt(), "it is halted"
    market.change(S.CLOSED), market.change(S.PREOPEN)
    assert market.month() == S.PREOPEN and not market.change(S.OPEN)
    assert market.halt() and market.change(S.OPEN)


@pytest.mark.rule("INDEX-005", "SPEC-051")
def test_a_month_that_is_listed_after_a_lost_day_waits_too() -> None:
    index = Indexed()
    index.take(), index.take(), index.take()
    index.funded.states(S.CLOSED)
    terms = {"settle_tick": SEED, "low_tick": LOW, "high_tick": HIGH, "hours": 744, "months": [(MONTH, 744)]}
    months = [
        listing(number, f"H100.{floor}.F27/I", family=Family.IDX, floor_bp=floor, start_month=MONTH, **terms)
        for number, floor in ((IDX, 9_000), (IDX + 1, 9_500))
    ]
    index.funded.pair.control(CommandKind.LIST, {"commodities": [], "instruments": months})
    waits = index.state.books["waits_for_value"]
    assert (waits[IDX], waits[IDX + 1]) == (1, 0), "the other has no index"


@pytest.mark.rule("INDEX-003", "INDEX-005")
def test_orders_of_a_waiting_month_do_not_trade_at_the_opening_of_its_group() -> None:
    market = Market()
    for side in Side:
        assert market.funded.new(RICH, side, 1, SEED + side, IDX) == "ACK"
    market.change(S.CLOSED)
    market.lose_the_index()
    market.halt(), market.change(S.PREOPEN)
    assert market.change(S.OPEN)
    assert market.funded.new(RICH, Side.BUY, 1, SEED, IDX) == "REJ STATE"
