"""Full margin, the hold of working orders, free funds."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from exchange.reference.house.margin import (
    addon_months,
    free_mills,
    full_margin,
    hold_mills,
    initial_mills,
    lots_if_filled,
    maintenance_mills,
    only_closes,
)
from exchange.reference.house.orders import trade
from exchange.reference.house.prices import mark
from exchange.reference.house.state import Holding, HouseState, Member, WorkingOrder
from tests.reference.house.scenes import play

F27, G27 = "H100.G90.F27", "H100.G90.G27"
SYMBOLS = (F27, G27, "H100.G95.F27", "H100.G90.Q1-27", "H100.G90.F27/I", "B200.G90.F27")
BOOKS = (*SYMBOLS, f"{F27}-G27", f"{F27}:H27", "H100.G95-G90.F27")
LOTS = some.integers(-30, 30)
NEAR = "start 2026-12-18\nchips H100 B200\n"  # F27 pays the delivery add-on


@cache
def opened(lines: str) -> HouseState:
    return play(f"{lines}deposit A 1\n")


def held(lines: str, lots: dict[str, int]) -> HouseState:
    """A house in which A holds some lots, one for all that ask for the same."""
    state = opened(lines)
    state.member("A").holdings = {symbol: Holding(count, 0) for symbol, count in lots.items()}
    return state


def orders_of(some_orders: list[tuple[str, int]]) -> list[WorkingOrder]:
    return [WorkingOrder("", "A", 1 if lots > 0 else -1, abs(lots), symbol, 0) for symbol, lots in some_orders if lots]


@pytest.mark.rule("MARGIN-009")
def test_uncovered_shorts_pay_more_from_the_close_five_business_days_before_the_last_trading_day() -> None:
    lots = {F27: -10, "H100.G95.F27": 10, "H100.G90.Q1-27": -2}
    state = held("start 2026-12-17\n", lots)
    assert (addon_months(state), full_margin(state, state.member("A"))["addon"]) == (set(), 0)
    state = held("start 2026-12-18\n", lots)
    assert addon_months(state) == {"F27"}
    assert full_margin(state, state.member("A"))["addon"] == 12 * 744 * 200
    assert addon_months(held("start 2026-12-24\n", {})) == {"F27"}
    assert not addon_months(held("start 2026-12-25\n", {}))


@pytest.mark.rule("MARGIN-013")
@given(
    some.dictionaries(some.sampled_from(SYMBOLS), LOTS, max_size=4),
    some.lists(some.tuples(some.sampled_from(BOOKS), LOTS, some.integers(0, 30)), max_size=5),
)
@settings(max_examples=60)
def test_the_full_rule_never_asks_for_more_than_the_hold_whatever_fills(
    lots: dict[str, int], entered: list[tuple[str, int, int]]
) -> None:
    state = held(NEAR, lots)
    member, orders = state.member("A"), orders_of([(symbol, count) for symbol, count, _ in entered])
    for order in orders:
        order.price = -order.side * 100_000  # better than any mark: nothing is lost by a fill
    hold = hold_mills(state, member, orders)
    fills = [min(abs(count), filled) for _, count, filled in entered if count]
    more = [
        (order.side * sign * filled, leg)
        for order, filled in zip(orders, fills, strict=True)
        for leg, sign in state.contracts[order.symbol].legs
    ]
    full = full_margin(state, member, more)
    assert hold >= full["total"] + full["inter"]


@pytest.mark.rule("MARGIN-003")
@given(some.dictionaries(some.sampled_from(SYMBOLS), LOTS, max_size=5))
def test_without_orders_the_hold_is_the_full_rule_for_one_instrument_and_never_below_it(lots: dict[str, int]) -> None:
    state = held("chips H100 B200\n", lots)
    full = full_margin(state, state.member("A"))
    hold = hold_mills(state, state.member("A"), [])
    assert hold >= full["total"] + full["inter"]
    if len([one for one in lots.values() if one]) <= 1:
        assert hold == full["total"]


@pytest.mark.rule("MARGIN-013")
def test_a_price_beyond_the_mark_and_the_fee_are_held() -> None:
    state = play("fees on\ndeposit A 1\n")
    buy = WorkingOrder("", "A", 1, 10, F27, 2815)
    assert hold_mills(state, state.member("A"), [buy]) == 7440 * (400 + 5 + 2)
    assert hold_mills(state, state.member("A"), [buy], "block") == 7440 * (400 + 5 + 3)
    sell = WorkingOrder("", "A", -1, 10, F27, 2815)
    assert hold_mills(state, state.member("A"), [sell]) == 7440 * (400 + 2)
    spread = WorkingOrder("", "A", 1, 1, f"{F27}-G27", 3)
    legs = 72 * 400 + 672 * 60
    assert hold_mills(state, state.member("A"), [spread]) == legs + 3 * 744 + 72 * 562 + 2 * 744


@pytest.mark.rule("MARGIN-015")
def test_free_funds_count_losses_at_once_and_gains_not() -> None:
    state = play(f"account A 3000000\naccount B 3100000\ntrade A buys 10 {F27} @2800 from B\n")
    assert free_mills(state, state.member("A")) == 24_000
    assert free_mills(state, state.member("B")) == 124_000 - 74_400


@pytest.mark.rule("MARGIN-012")
def test_maintenance_is_four_fifths() -> None:
    state = play(f"trade A buys 10 {F27} @2800 from B\n")
    assert (initial_mills(state, state.member("A")), maintenance_mills(state, state.member("A"))) == (
        2_976_000,
        2_380_800,
    )


@pytest.mark.rule("MARGIN-016")
def test_an_order_only_closes_what_is_held_together_with_all_of_its_side() -> None:
    state = play(f"trade A buys 10 {F27} @2810 from B\ntrade A sells 10 {G27} @2810 to B\n")
    member, others = state.member("A"), [WorkingOrder("", "A", -1, 4, F27, 2900)]
    assert lots_if_filled(state, member, others, F27, -1) == -6
    for symbol, side, lots, closes in (
        (F27, -1, 6, True),
        (F27, -1, 7, False),
        (F27, 1, 1, False),
        (f"{F27}-G27", -1, 6, True),
        (f"{F27}-G27", 1, 6, False),
        (f"{F27}:H27", -1, 6, False),
    ):
        assert only_closes(state, member, others, WorkingOrder("", "A", side, lots, symbol, 0)) is closes


@pytest.mark.rule("MARGIN-013")
@pytest.mark.rule("MARGIN-015")
@given(
    some.sampled_from([one for one in BOOKS if one != SYMBOLS[2]]),
    some.sampled_from((1, -1)),
    some.integers(-250, 250),
    some.integers(2_400, 3_200),
)
def test_a_fill_never_takes_more_than_was_held_but_for_the_remainder_of_a_strip(
    symbol: str, side: int, beyond: int, back: int
) -> None:
    state = play(f"fees on\nchips H100 B200\nprior {F27} 2843\ntrade X buys 1 {G27} @{back} from Y\n")
    taker = WorkingOrder("", "A", side, 7, symbol, mark(state, symbol) + beyond)
    state.open_member("A", hold_mills(state, Member("A", 0), [taker]))
    assert trade(state, WorkingOrder("", "Y", -side, 7, symbol, taker.price), taker) is None
    assert taker.status == "FILLED"
    # The buyer of a strip pays its remainder in cash, while what it gains for that is no funds yet (CASCADE-006).
    remainder = state.ledger.received("A", ("remainder",))
    assert free_mills(state, state.member("A")) >= min(0, remainder)
