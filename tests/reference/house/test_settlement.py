"""Prices of the close."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from exchange.codes import Family
from exchange.reference.house.settlement import cover_of, minute_marks, noon_marks, settlements_of_day
from exchange.reference.house.state import DayFigures, Settled
from tests.reference.house.scenes import play

F27 = "H100.G90.F27"
TIERS = ("G80", "G85", "G90", "G95")


@pytest.mark.rule("SETTLE-005")
def test_a_parent_is_covered_by_months_else_quarters_else_years() -> None:
    state = play("deposit A 1\n")

    def cover(symbol: str) -> list[str]:
        contract = state.contracts[symbol]
        family = Family.PHY if contract.family is Family.TOP else contract.family
        return [one.symbol for one in cover_of(state, "H100", family, contract.floor_bp, contract.period)]

    assert cover("H100.G90.Q1-27") == ["H100.G90.F27", "H100.G90.G27", "H100.G90.H27"]
    assert cover("H100.G85.C28")[0] == "H100.G85.Q1-28"
    assert cover("H100.G90.C27/I")[-1] == "H100.G90.Q4-27/I"
    assert cover("H100.G90.T3-27") == ["H100.G90.C27", "H100.G90.C28", "H100.G90.C29"]
    assert cover("H100.G90.C29") == cover("H100.G90.T5-28") == []


@pytest.mark.rule("SETTLE-004")
def test_a_month_moves_as_the_one_before_did_inside_its_limits_before_tiers_are_ordered() -> None:
    play(
        """prior H100.G95.Z26 2700
prior H100.G95.F27 2811
trade A buys 1 H100.G90.Z26 @2850 from B
close
expect settle H100.G90.G27 2850 T3
expect settle H100.G95.Z26 2850 T3
expect settle H100.G95.F27 2850 T3
expect settle H100.G95.G27 2966 T3
"""
    )


@pytest.mark.rule("BAND-013")
def test_a_month_held_at_its_limit_moves_the_next_one_only_as_far() -> None:
    play(
        """prior H100.G90.Z26 3000
prior H100.G90.F27 2500
trade A buys 1 H100.G90.Z26 @3600 from B
close
expect settle H100.G90.F27 3000 T3
expect settle H100.G90.G27 3310 T3
"""
    )


@pytest.mark.rule("SETTLE-005")
@pytest.mark.rule("SETTLE-006")
def test_parents_follow_the_prices_of_today_after_their_tiers_were_ordered() -> None:
    play(
        f"""prior H100.G95.F27 2810
20:59 trade A buys 5 {F27} @2900 from B
close
expect settle H100.G95.F27 2900 T3
expect settle H100.G90.Q1-27 2900 T4
expect settle H100.G95.Q1-27 2943 T4
"""
    )


@pytest.mark.rule("SETTLE-006")
def test_a_tier_that_is_raised_stays_inside_its_own_limits() -> None:
    play(
        f"""prior H100.G95.F27 2400
20:59 trade A buys 5 {F27} @2900 from B
close
expect settle H100.G95.F27 2880 T3
expect limits H100.G95.F27 1728..4032
"""
    )


@pytest.mark.rule("SETTLE-006")
def test_two_prices_of_the_window_in_the_wrong_order_are_flagged() -> None:
    state = play("deposit A 1\n")
    state.figures = {F27: DayFigures(2900, [(2900, 5)]), "H100.G80.F27": DayFigures(2950, [(2950, 9)])}
    settled = settlements_of_day(state)
    assert [(settled[f"H100.{tier}.F27"].price, settled[f"H100.{tier}.F27"].flagged) for tier in TIERS] == [
        (2950, True),
        (2900, False),
        (2900, True),
        (2966, False),
    ]


@pytest.mark.rule("SETTLE-006")
@given(some.lists(some.tuples(some.integers(2300, 3300), some.sampled_from((0, 1, 5, 9))), min_size=4, max_size=4))
def test_tiers_are_in_order_unless_windows_or_limits_contradict(books: list[tuple[int, int]]) -> None:
    state = play("deposit A 1\n")
    for tier, (price, lots) in zip(TIERS, books, strict=True):
        symbol = f"H100.{tier}.F27"
        state.settled[symbol] = [Settled(state.day, 2810, "SEED")]
        if lots:
            state.figures[symbol] = DayFigures(price, [(price, lots)])
    found = settlements_of_day(state)
    settled = [found[f"H100.{tier}.F27"] for tier in TIERS]
    prices = [one.price for one in settled]
    windows = [one.price for one in settled if one.method == "T1"]
    assert prices == sorted(prices) or windows != sorted(windows)
    assert any(one.flagged for one in settled) == (windows != sorted(windows))
    assert [one.price for one, (_, lots) in zip(settled, books, strict=True) if lots >= 5] == [
        price for price, lots in books if lots >= 5
    ]


@pytest.mark.rule("MARGIN-014")
def test_noon_marks_every_book_and_a_minute_only_those_that_printed() -> None:
    state = play(f"trade A buys 1 {F27} @2850 from B\norder o1 C buys 1 H100.G90.G27 @2830\n")
    assert minute_marks(state) == {F27: 2850}
    marks = noon_marks(state)
    assert (marks[F27], marks["H100.G90.G27"], marks["H100.G90.H27"]) == (2850, 2830, 2810)
    state.paused.add("H100")
    assert minute_marks(state) == {}


@pytest.mark.rule("SETTLE-008")
def test_an_index_month_counts_the_days_that_are_known() -> None:
    play(
        """start 2027-01-01
prior H100.G90.F27/I 2900
close
expect settle H100.G90.F27/I 2900 INDEX
close
expect settle H100.G90.F27/I 2897 INDEX
"""
    )
