"""Positions and variation."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from contracts_spec.periods import close_ns
from exchange.reference.house.holdings import add_lots, close_lots, equity, pay_variation, unrealised
from exchange.reference.house.house import ReferenceHouse
from exchange.reference.house.state import HouseState
from tests.reference.house.scenes import play

F27 = "H100.G90.F27"
FILLS = some.lists(some.tuples(some.sampled_from("AB"), some.integers(-50, 50), some.integers(2500, 3100)), max_size=8)
MARKS = some.lists(some.integers(2300, 3300), max_size=6)


def opened() -> HouseState:
    house = ReferenceHouse()
    house.set_up(close_ns(date(2026, 11, 16), 10), [])
    return house.state


def fill(state: HouseState, member: str, lots: int, price: int) -> None:
    """A fill of one member against C."""
    add_lots(state, member, F27, lots, price)
    add_lots(state, "C", F27, -lots, price)


@pytest.mark.rule("SETTLE-007")
@given(FILLS, MARKS, some.permutations(range(8)))
def test_variation_depends_neither_on_the_path_nor_on_the_order_of_fills(
    fills: list[tuple[str, int, int]], marks: list[int], order: list[int]
) -> None:
    straight, winding = opened(), opened()
    for one in fills:
        fill(straight, *one)
    for place in order:
        if place < len(fills):
            fill(winding, *fills[place])
    for price in marks:
        pay_variation(winding, [F27], {F27: price})
    for state in (straight, winding):
        pay_variation(state, [F27], {F27: 2810})
        assert (state.ledger.total(), state.ledger.balance("variation")) == (0, 0)
    assert [straight.ledger.balance(one) for one in "ABC"] == [winding.ledger.balance(one) for one in "ABC"]


def test_gains_of_closed_lots_count_until_variation_pays_them() -> None:
    state = play(f"trade A buys 10 {F27} @2800 from B\ntrade A sells 10 {F27} @2805 to B\n")
    assert unrealised(state, state.member("A")) == 5 * 7440
    assert equity(state, state.member("A")) == 10**12 + 5 * 7440
    assert state.ledger.balance("A") == 10**12


@pytest.mark.rule("FEE-001")
def test_lots_that_are_settled_in_cash_pay_a_fee_on_each_side() -> None:
    state = play(f"fees on\ntrade A sells 10 {F27} @2810 to B\n")
    paid = state.ledger.balance("fees")
    close_lots(state, F27)
    assert state.ledger.balance("fees") - paid == 2 * 7440
    assert not state.member("A").positions()
