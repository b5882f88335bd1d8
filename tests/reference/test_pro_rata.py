"""How a price level is shared among its orders."""

import pytest

from exchange.codes import Side
from exchange.reference.book import Order
from exchange.reference.pro_rata import AllocationTerms, allocate
from tests.reference.scenario import order

PLAIN = AllocationTerms(top=False)


def queue_of(*shown: int) -> list[Order]:
    return [order(number, Side.BUY, 100, lots, shown_lots=lots) for number, lots in enumerate(shown, 1)]


@pytest.mark.rule("PRO-001")
def test_an_aggressor_that_takes_all_fills_all() -> None:
    assert allocate(queue_of(3, 5, 2), 10, PLAIN) == [3, 5, 2]
    assert allocate(queue_of(3, 5, 2), 99, PLAIN) == [3, 5, 2]


@pytest.mark.rule("PRO-002")
def test_top_comes_first_up_to_its_ceiling() -> None:
    queue = queue_of(10, 50)
    assert allocate(queue, 12, AllocationTerms(), top=queue[0]) == [10, 2]
    assert allocate(queue, 12, AllocationTerms(top_lots_max=4), top=queue[0]) == [5, 7], "4, and 1 that is left over"
    assert allocate(queue, 12, PLAIN, top=queue[0]) == [2, 10]


@pytest.mark.rule("PRO-003")
def test_a_lead_market_maker_gets_its_percentage_up_to_what_it_shows() -> None:
    assert allocate(queue_of(40, 40, 20), 50, PLAIN, lead_makers=[(2, 50)]) == [14, 30, 6]
    assert allocate(queue_of(90, 4), 50, PLAIN, lead_makers=[(2, 50)]) == [46, 4]


@pytest.mark.rule("PRO-004")
def test_a_percentage_goes_in_time_order() -> None:
    # 40 % of 15 lots by time; 9 are left for 4, 10 and 10, which is 1, 3 and 3; the rest by time.
    assert allocate(queue_of(10, 10, 10), 15, AllocationTerms(top=False, split_percent=40)) == [9, 3, 3]


@pytest.mark.rule("PRO-005", "PRO-006")
def test_a_share_below_the_minimum_becomes_nothing_and_the_rest_goes_by_time() -> None:
    # 10 lots over 60: 5, 3.3 and 1.7; the last share of 1 is below the minimum of 2.
    assert allocate(queue_of(30, 20, 10), 10, PLAIN) == [7, 3, 0]
    assert allocate(queue_of(30, 20, 10), 10, AllocationTerms(top=False, minimum_allocation=1)) == [6, 3, 1]


@pytest.mark.rule("PRO-007")
def test_hidden_lots_do_not_weigh() -> None:
    queue = queue_of(5, 5)
    queue[0].leaves_lots = 500
    assert allocate(queue, 8, PLAIN) == [4, 4]
