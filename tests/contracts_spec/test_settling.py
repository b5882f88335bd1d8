"""Settlement prices of a day: which method each book gets, and the order of its tiers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.ids import Terms
from contracts_spec.periods import parse_period
from contracts_spec.settling import BookClose, Settlement, settle_day
from exchange.codes import Family, SettleMethod

BENCHMARK = 9_000
T1, T2, T3, T4 = SettleMethod.T1, SettleMethod.T2, SettleMethod.T3, SettleMethod.T4


def terms(code: str, floor_bp: int = BENCHMARK, family: Family = Family.PHY) -> Terms:
    return Terms(2, family, floor_bp, parse_period(code))


def close(prior: int, **fields: Any) -> BookClose:
    return BookClose(prior, prior - 500, prior + 500)._replace(**fields)


def settle(closes: dict[Terms, BookClose]) -> dict[str, Settlement]:
    """By period and tier, like `F27.90`."""
    return {f"{one.period.code}.{one.floor_bp // 100}": found for one, found in settle_day(closes, BENCHMARK).items()}


@pytest.mark.rule("SETTLE-002", "SETTLE-003", "SETTLE-004")
def test_the_window_comes_before_quotes_and_quotes_before_the_month_before() -> None:
    found = settle(
        {
            terms("F27"): close(2_810, window_lots=5, window_tick_lots=5 * 2_846, quoted_tick=2_700),
            terms("G27"): close(2_800, window_lots=4, window_tick_lots=4 * 2_900, quoted_tick=2_826),
            terms("H27"): close(2_790),
            terms("J27"): close(2_780),
        }
    )
    assert found == {
        "F27.90": Settlement(2_846, T1),
        "G27.90": Settlement(2_826, T2),
        "H27.90": Settlement(2_816, T3),  # 2,790 and the change of G27, 26
        "J27.90": Settlement(2_806, T3),  # and on it goes
    }


@pytest.mark.rule("SETTLE-004")
def test_the_first_month_without_a_trade_keeps_its_settlement() -> None:
    assert settle({terms("F27"): close(2_810)}) == {"F27.90": Settlement(2_810, T3)}


@pytest.mark.rule("SETTLE-004", "SETTLE-010", "BAND-013")
def test_prices_are_held_inside_the_limits_and_the_next_month_follows_what_is_left() -> None:
    found = settle({terms("F27"): close(2_810, quoted_tick=9_000), terms("G27"): close(2_800)})
    assert (found["F27.90"].price_tick, found["G27.90"].price_tick) == (3_310, 3_300)


@pytest.mark.rule("SETTLE-005")
def test_a_quarter_is_the_mean_of_its_months_by_hours_and_a_year_of_what_covers_it() -> None:
    """Vector V5; the year has no listed set that covers it."""
    months = {
        terms(code): close(2_810, quoted_tick=tick) for code, tick in (("F27", 2_846), ("G27", 2_826), ("H27", 2_803))
    }
    found = settle({**months, terms("Q1-27"): close(2_810), terms("C27"): close(2_700)})
    assert found["Q1-27.90"] == Settlement(2_825, T4)
    assert found["C27.90"] == Settlement(2_700, T4)


@pytest.mark.rule("SETTLE-005")
def test_terms_follow_from_the_years_of_physical_delivery() -> None:
    years = {terms(code): close(2_400, quoted_tick=2_400 + 10 * at) for at, code in enumerate(("C27", "C28", "C29"))}
    found = settle({**years, terms("T3-27", family=Family.TOP): close(2_500)})
    assert found["T3-27.90"] == Settlement(2_410, T4)


@pytest.mark.rule("SETTLE-005")
def test_a_parent_that_nothing_covers_follows_the_period_before_it() -> None:
    found = settle({terms("Q2-27"): close(2_700, quoted_tick=2_730), terms("Q3-27"): close(2_650)})
    assert found["Q3-27.90"] == Settlement(2_680, T4)


@pytest.mark.rule("SETTLE-006")
def test_tiers_are_brought_into_order_but_prices_of_the_window_stay_and_are_flagged() -> None:
    """Vector V21."""
    traded = close(2_846, window_lots=40, window_tick_lots=40 * 2_846)
    quoted = close(2_840, quoted_tick=2_840)
    found = settle({terms("F27"): traded, terms("F27", 9_500): quoted})
    assert found["F27.95"] == Settlement(2_846, T2)
    both = settle({terms("F27"): traded, terms("F27", 9_500): close(2_840, window_lots=5, window_tick_lots=14_200)})
    assert both == {"F27.90": Settlement(2_846, T1, True), "F27.95": Settlement(2_840, T1, True)}


@pytest.mark.rule("SETTLE-006")
def test_a_quarter_follows_from_months_whose_tiers_are_in_order() -> None:
    closes = {}
    for code in ("F27", "G27", "H27"):
        closes[terms(code)] = close(2_800, quoted_tick=2_800)
        closes[terms(code, 9_500)] = close(2_790)
    closes[terms("Q1-27", 9_500)] = close(2_700)
    assert settle(closes)["Q1-27.95"].price_tick == 2_800, "not the 2,790 that each month had alone"


PERIODS = ["F27", "G27", "H27", "Q1-27", "Q2-27"]
BOOKS = st.builds(
    lambda prior, lots, tick, quoted: close(
        prior, window_lots=lots, window_tick_lots=lots * tick, quoted_tick=quoted
    ),
    st.integers(600, 2_000), st.integers(0, 9), st.integers(600, 2_000), st.none() | st.integers(600, 2_000),
)  # fmt: skip
CLOSES = st.dictionaries(
    st.builds(terms, st.sampled_from(PERIODS), st.sampled_from([8_000, 8_500, 9_000, 9_500])), BOOKS, max_size=20
)


@pytest.mark.rule("SETTLE-006", "SETTLE-010")
@given(closes=CLOSES, data=st.data())
def test_every_book_settles_inside_its_limits_whatever_the_order_of_the_books(
    closes: dict[Terms, BookClose], data: st.DataObject
) -> None:
    found = settle_day(closes, BENCHMARK)
    assert found.keys() == closes.keys()
    for one, settlement in found.items():
        assert closes[one].low_tick <= settlement.price_tick <= closes[one].high_tick
        assert (settlement.method == T1) == (closes[one].window_lots >= 5)
        assert settlement.method == T1 or not settlement.flagged
    again = dict(data.draw(st.permutations(list(closes.items()))))
    assert settle_day(again, BENCHMARK) == found


@pytest.mark.rule("SETTLE-006")
@given(closes=CLOSES)
def test_with_limits_that_do_not_bind_tiers_are_in_order_unless_two_window_prices_are_flagged(
    closes: dict[Terms, BookClose],
) -> None:
    closes = {one: book._replace(low_tick=1, high_tick=100_000) for one, book in closes.items()}
    found = settle_day(closes, BENCHMARK)
    for one, settlement in found.items():
        for other, higher in found.items():
            if other.period == one.period and other.floor_bp > one.floor_bp:
                ordered = higher.price_tick >= settlement.price_tick
                assert ordered or settlement.method == T1 or higher.method == T1
                if T1 == settlement.method == higher.method:
                    assert ordered or (settlement.flagged and higher.flagged)


@pytest.mark.rule("SETTLE-006", "SETTLE-011")
def test_a_given_price_stands_as_it_is_and_others_follow_from_it() -> None:
    closes = {terms(code): close(2_810) for code in ("F27", "G27", "H27", "Q1-27")}
    closes[terms("F27")] = close(2_810, given_tick=9_000)
    closes[terms("F27", 8_500)] = close(2_653, window_lots=9, window_tick_lots=9 * 3_000, quoted_tick=3_000)
    closes[terms("F27", 9_500)] = close(2_966)
    found = settle(closes)
    assert found["F27.90"] == Settlement(9_000, SettleMethod.GIVEN), "also outside its limits"
    assert found["G27.90"] == Settlement(3_310, T3), "its own limits hold"
    assert found["F27.85"] == Settlement(3_000, T1) and found["F27.95"].price_tick == 3_466
    lower = closes | {terms("F27"): close(2_810, given_tick=2_900)}
    assert settle(lower)["F27.90"] == Settlement(2_900, SettleMethod.GIVEN, True), "below a price of the window"
