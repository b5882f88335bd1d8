"""The index on the reference: each way in which a day gets its value."""

import pytest

from exchange.clearing_codes import IndexHow
from exchange.reference.controls.index import Index, run_index
from exchange.reference.market import Market

DAY = 20_829


def opened(external: bool = True) -> Market:
    market = Market()
    terms = {"index": 1, "group": 2, "floor_bp": 9_000, "external": external, "tick": 2_810}
    run_index(market, {"opened": [terms | {"taken_day": DAY - 1, "printed_day": DAY - 1}]})
    return market


def take(market: Market, day: int) -> tuple[int | None, str]:
    run_index(market, {"take_day": day})
    value, how = market.indices[1].taken[day]
    return value, how.name


@pytest.mark.rule("INDEX-002", "INDEX-003")
def test_print_twice_carried_front_then_missing_and_the_committee() -> None:
    market = opened()
    run_index(market, {"prints": [{"index": 1, "day": DAY, "tick": 2_900}]})
    assert [take(market, DAY + count) for count in range(3)] == [
        (2_900, "PRINT"), (2_900, "CARRIED"), (2_900, "CARRIED"),
    ]  # fmt: skip
    market.indices[1].fronts[DAY + 3] = 2_950
    assert take(market, DAY + 3) == (2_950, "FRONT")
    assert take(market, DAY + 4) == (None, "MISSING")
    run_index(market, {"committee": [{"index": 1, "day": DAY + 4, "tick": 2_805}]})
    assert market.indices[1].last(DAY + 5) == 2_805
    assert market.indices[1].missing_before(DAY + 5) == 4
    event = market.events[-1]
    assert (event.group, event.floor_bp, event.index_tick, event.index_how) == (2, 9_000, 2_805, IndexHow.COMMITTEE)


@pytest.mark.rule("INDEX-001", "INDEX-004")
def test_rentals_make_the_price_of_an_own_index_and_the_fallback_of_another() -> None:
    sales = [(1, 2_800, 6_000), (2, 2_830, 2_000), (3, 2_850, 1_000), (4, 2_870, 1_000)]
    for external, how in ((False, "PRINT"), (True, "CDP")):
        market = opened(external)
        day = DAY + 2 * external
        for earlier in range(DAY, day):
            take(market, earlier)
        rentals = [{"index": 1, "day": day, "seller": who, "tick": tick, "hours": hours} for who, tick, hours in sales]
        run_index(market, {"rentals": rentals})
        assert take(market, day) == (2_828, how)
        assert market.events[-1].susceptibility_ticks > 0


@pytest.mark.rule("INDEX-003")
def test_days_without_a_value_are_filled_on_day_three() -> None:
    market = opened()
    index = market.indices[1] = Index(2, 9_000, True, DAY - 1, taken=dict(market.indices[1].taken))
    index.taken[DAY - 12] = None, IndexHow.MISSING  # 31 December
    assert take(market, DAY)[1] == "CARRIED" and index.taken[DAY - 12] == (2_810, IndexHow.LAST)
