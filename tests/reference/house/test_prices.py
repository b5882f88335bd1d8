"""Quotes, marks and limits of the day."""

import pytest

from exchange.reference.house.prices import best, limits, mark, prior_price, quoted_price, resting
from tests.reference.house.scenes import play

F27 = "H100.G90.F27"


@pytest.mark.rule("MATCH-001")
def test_a_queue_is_ordered_by_price_then_by_time() -> None:
    state = play(
        f"order o1 A sells 1 {F27} @2830\norder o2 B sells 1 {F27} @2820\norder o3 C sells 1 {F27} @2830\n"
        f"order o4 A buys 1 {F27} @2790\norder o5 A buys 1 {F27} @2800\n"
    )
    assert [order.name for order in resting(state, F27, -1)] == ["o2", "o1", "o3"]
    assert (best(state, F27, 1), best(state, F27, -1), best(state, "H100.G90.G27", 1)) == (2800, 2820, None)


@pytest.mark.rule("SETTLE-003")
def test_t2_is_the_last_trade_inside_the_quotes() -> None:
    assert quoted_price(play(f"trade A buys 1 {F27} @2850 from B\n"), F27) == 2850
    lines = f"trade A buys 1 {F27} @2850 from B\norder o1 C sells 1 {F27} @2840\norder o2 C buys 1 {F27} @2835\n"
    assert quoted_price(play(lines), F27) == 2840


@pytest.mark.rule("BAND-013")
def test_limits_are_a_fifth_of_the_settlement_and_those_of_combinations_follow() -> None:
    state = play(f"prior {F27} 2846\ndeposit A 1\n")
    assert limits(state, F27) == (2277, 3415)
    assert limits(state, f"{F27}-G27") == (36 - 569 - 562, 36 + 569 + 562)
    assert prior_price(state, f"{F27}:H27") == (2846 * 744 + 2810 * 1416 + 1080) // 2160
    assert limits(state, f"{F27}:H27") == (2822 - 561, 2822 + 561)


@pytest.mark.rule("BAND-013")
def test_an_index_month_has_no_limit_in_its_last_three_days() -> None:
    symbol = f"{F27}/I"
    assert limits(play("start 2027-01-28\ndeposit A 1\n"), symbol) == (2248, 3372)
    assert limits(play("start 2027-01-29\ndeposit A 1\n"), symbol) == (1, 100_000)


@pytest.mark.rule("BAND-004")
def test_an_order_outside_the_limits_is_parked_until_they_cover_it() -> None:
    lines = f"""order o1 A sells 1 {F27} @3400 gtc
order o2 A sells 1 {F27} @3400 -> refused BAND
order o3 A buys 1 {F27} @3400 gtc -> refused BAND
order o4 A sells 1 {F27} @100001 gtc -> refused BAND
"""
    assert best(play(lines), F27, -1) is None
    raised = f"{lines}20:59:00 trade B buys 5 {F27} @3300 from C\nclose\n"
    assert best(play(raised), F27, -1) == 3400


@pytest.mark.rule("SPEC-053")
def test_the_mark_of_a_combination_follows_its_legs() -> None:
    state = play(f"trade A buys 1 {F27} @2850 from B\n10:01 expect mark {F27} 2850\n")
    assert (mark(state, f"{F27}-G27"), mark(state, "H100.G95-G90.F27")) == (40, 116)
