"""How lots count towards limits, and what breaks one."""

import pytest

from exchange.reference.house.position_limits import breaks_limit, counted, flags_of, spot_lots, spot_months
from exchange.reference.house.state import Holding, WorkingOrder
from tests.reference.house.scenes import play

F27 = "H100.G90.F27"
PHYSICAL, INDEX = ("H100", False), ("H100", True)


@pytest.mark.rule("LIMIT-001")
def test_the_spot_window_begins_at_the_close_ten_business_days_before_the_last_trading_day() -> None:
    assert spot_months(play("start 2026-12-10\ndeposit A 1\n"), PHYSICAL) == []
    state = play("start 2026-12-10\nclose\ndeposit A 1\n")
    assert (spot_months(state, PHYSICAL), spot_lots(state, "H100")) == (["F27"], 500)


@pytest.mark.rule("LIMIT-001")
@pytest.mark.rule("LIMIT-003")
def test_terms_and_combinations_count_in_the_spot_month_and_only_the_adding_side() -> None:
    state = play("start 2026-12-14\nchips H100 B200\ndeposit A 1\n")
    member = state.member("A")
    member.holdings = {"H100.G90.T3-27": Holding(300), "H100.G95.F27": Holding(-100), "B200.G90.F27": Holding(400)}
    for symbol, side, lots, breaks in (
        (F27, 1, 300, False),
        (F27, 1, 301, True),
        (F27, -1, 700, False),
        (F27, -1, 701, True),
        (f"{F27}-G27", 1, 301, True),
        (f"{F27}-G27", -1, 701, True),
        ("H100.G95-G90.F27", 1, 5000, False),
        ("H100.G90.G27", 1, 5000, False),
        ("H100.G90.F27/I", 1, 5000, False),
        ("B200.G90.F27", 1, 101, True),
    ):
        order = WorkingOrder("", "A", side, lots, symbol, 0)
        assert breaks_limit(state, member, [], order) is breaks, (symbol, side, lots)


@pytest.mark.rule("LIMIT-004")
def test_terms_count_gross_and_a_closing_order_passes() -> None:
    state = play("deposit A 1\n")
    member = state.member("A")
    member.holdings = {"H100.G90.T5-27": Holding(-600), "H100.G90.T3-27": Holding(500)}
    assert not breaks_limit(state, member, [], WorkingOrder("", "A", 1, 600, "H100.G90.T5-27", 0))
    assert breaks_limit(state, member, [], WorkingOrder("", "A", -1, 1, "H100.G90.T5-27", 0))
    assert breaks_limit(state, member, [], WorkingOrder("", "A", 1, 1, "H100.G90.T3-28", 0))


@pytest.mark.rule("SPEC-004")
def test_a_position_has_a_largest_size() -> None:
    state = play("deposit A 1\n")
    state.member("A").holdings = {F27: Holding(999_995)}
    assert not breaks_limit(state, state.member("A"), [], WorkingOrder("", "A", 1, 5, F27, 0))
    assert breaks_limit(state, state.member("A"), [], WorkingOrder("", "A", 1, 6, F27, 0))


@pytest.mark.rule("LIMIT-003")
def test_an_index_month_in_progress_counts_the_hours_that_are_left() -> None:
    state = play("start 2027-01-11\n12:00 deposit A 1\n")  # ten days are known, 504 hours are left
    assert counted(state, INDEX, "F27", 100) == 68
    assert counted(state, INDEX, "F27", -100) == -68
    assert counted(state, PHYSICAL, "F27", 100) == counted(state, INDEX, "G27", 100) == 100


@pytest.mark.rule("LIMIT-002")
@pytest.mark.rule("LIMIT-005")
def test_what_exceeds_a_limit_is_flagged() -> None:
    state = play("start 2026-12-14\ndeposit A 1\n")
    member = state.member("A")
    member.holdings = {F27: Holding(-501)}
    assert flags_of(state, member) == {"SPOT"}
    member.holdings = {"H100.G90.G27": Holding(15_001)}
    assert flags_of(state, member) == {"SINGLE_MONTH"}
    member.holdings = {"H100.G90.Q2-27": Holding(8_000)}
    assert flags_of(state, member) == {"ALL_MONTHS"}
    member.holdings = {"H100.G90.Q2-27": Holding(8_000), "H100.G90.Q3-27": Holding(-8_000)}
    assert flags_of(state, member) == frozenset()
