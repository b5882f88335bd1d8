"""Listing, expiry, cascade, final index settlement."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from exchange.reference.house.checks import broken
from exchange.reference.house.holdings import add_lots, pay_variation
from exchange.reference.house.life import cascade, end_contracts, first_price, list_day
from tests.reference.house.scenes import outcome_of, play

F27 = "H100.G90.F27"
PARENTS = ("H100.G90.Q1-27", "H100.G95.C27", "H100.G90.T3-27", "H100.G90.T5-27", "H100.G90.C27/I")
HELD = some.lists(some.tuples(some.sampled_from("AB"), some.integers(-900, 900), some.integers(2000, 4000)), max_size=6)


@pytest.mark.rule("CASCADE-002")
@pytest.mark.rule("CASCADE-004")
@given(some.sampled_from(PARENTS), HELD, some.integers(1, 100_000))
@settings(max_examples=25)
def test_a_cascade_moves_no_money_and_keeps_lots(symbol: str, held: list[tuple[str, int, int]], price: int) -> None:
    state = play("deposit A 1\n")
    parent = state.contracts[symbol]
    for member, lots, at in held:
        add_lots(state, member, symbol, lots, at)
        add_lots(state, "C", symbol, -lots, at)
    state.settled[symbol] = [state.prior(symbol).__class__(state.day, price, "T1")]
    pay_variation(state, [symbol], {symbol: price})
    before = {name: (state.ledger.balance(name), one.lots(symbol)) for name, one in state.members.items()}
    cascade(state, parent)
    assert not broken(state)
    assert {name: state.ledger.balance(name) for name in state.members} == {
        name: cash for name, (cash, _) in before.items()
    }
    for name, (_, lots) in before.items():
        children = state.member(name).positions()
        assert symbol not in children and set(children.values()) <= {lots}
        value = sum(
            holding.mark_num * state.contracts[child].hours for child, holding in state.member(name).holdings.items()
        )
        assert value == price * parent.hours * lots


@pytest.mark.rule("CASCADE-004")
def test_children_at_another_price_than_the_parents_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "start 2026-12-21\ntrade A buys 4 H100.G90.Q1-27 @2826 from B\nclose\n"
    assert outcome_of(lines)[0].passes
    monkeypatch.setattr("exchange.reference.house.life.child_price", lambda price, child: price + child.hours % 5)
    outcome, house = outcome_of(lines)
    assert not outcome.passes
    assert house.broken() == ["cascade of H100.G90.Q1-27: money moved"]


@pytest.mark.rule("CASCADE-003")
def test_parents_of_one_day_cascade_before_their_children_do() -> None:
    state = play(
        """start 2026-12-16
trade A buys 1 H100.G90.T5-27 @2810 from B
trade A buys 2 H100.G90.C27 @2810 from B
trade A buys 4 H100.G90.Q1-27 @2810 from B
day 2026-12-21
close
expect position A H100.G90.F27 7
expect position A H100.G90.Q1-27 0
expect position A H100.G90.Q2-27 3
"""
    )
    parents = [one.parent for one in state.cascades if one.given]
    assert parents == ["H100.G90.T5-27", "H100.G90.C27", "H100.G90.Q1-27"]


@pytest.mark.rule("SPEC-051")
def test_a_cascade_lists_a_child_that_is_missing() -> None:
    state = play("start 2026-12-21\ntrade A buys 1 H100.G90.Q1-27 @2810 from B\n")
    del state.life[F27]
    cascade(state, state.contracts["H100.G90.Q1-27"])
    assert (state.life[F27], state.member("A").lots(F27)) == ("LISTED", 1)


@pytest.mark.rule("SETTLE-010")
def test_a_physical_month_is_settled_in_cash_at_its_last_settlement() -> None:
    state = play(
        f"""start 2026-12-24
fees on
trade A buys 8 {F27} @2850 from B
order o1 C buys 1 {F27} @2700 gtc
order o2 C buys 1 {F27}-G27 @-50 gtc
close
expect settle {F27} 2850 T2
expect state {F27} SETTLED
expect state {F27}-G27 NONE
expect order o1 GONE EXPIRED
expect order o2 GONE EXPIRED
expect cash A -17856
expect cash B -5952
"""
    )
    assert not state.member("A").positions()


@pytest.mark.rule("SPEC-052")
def test_a_new_instrument_begins_at_its_children_else_at_the_period_before_else_at_the_seed() -> None:
    state = play("start 2026-11-23\nprior H100.G90.X27 2700\nclose\n")
    assert state.prior("H100.G90.Z27").price == 2700
    assert first_price(state, state.contracts["H100.G95.Z27"]) == 2966


@pytest.mark.rule("SPEC-050")
def test_two_years_of_closes_end_and_list_in_turn() -> None:
    state = play("deposit A 1\n")
    counts = {one.kind: 0 for one in state.listed()}
    for one in state.listed():
        counts[one.kind] += 1
    ended = 0
    for _ in range(760):
        ended += sum(one.ltd == state.day for one in state.listed())
        end_contracts(state, state.day)
        state.day = state.day.fromordinal(state.day.toordinal() + 1)
        list_day(state, state.day)
    found = dict.fromkeys(counts, 0)
    for one in state.listed():
        found[one.kind] += 1
    assert found == counts
    assert ended == 4 * (25 + 8 + 2 + 3 + 3) + 25 + 8 + 2
