"""The payload of MARGIN: pairs that are listed, and months near their last trading day."""

from datetime import date

import pytest

from exchange.engine.calls.margin_payload import commodities_of, margin_payload
from tests.engine.calls.launch_market import SPEC, LaunchMarket

F27 = 84  # months since 2020-01
MARKET = LaunchMarket()


@pytest.mark.rule("MARGIN-007")
def test_pairs_are_those_of_listed_commodities_in_their_order() -> None:
    states = MARKET.engine.states
    assert commodities_of(states, SPEC) == {"A100": 1, "A100/I": 2, "H100": 3, "H100/I": 4, "B200": 5, "B200/I": 6}
    payload = margin_payload(states, SPEC, date(2026, 12, 1))
    assert payload.pairs == [(1, 2, 1, 1, 9_000), (3, 4, 1, 1, 9_000), (5, 6, 1, 1, 9_000), (3, 5, 2, 1, 4_000)]
    assert (payload.addon_bp, payload.maintenance_bp) == (5_000, 8_000)


@pytest.mark.rule("MARGIN-009")
@pytest.mark.parametrize(
    ("day", "months"),
    [
        (date(2026, 12, 17), []),
        (date(2026, 12, 18), [F27]),  # from the close of 12-17, 5 business days before 12-24
        (date(2026, 12, 24), [F27]),
        (date(2026, 12, 25), []),
        (date(2027, 1, 20), [F27 + 1]),
    ],
)
def test_the_add_on_month_is_that_of_the_five_business_days_before_its_last(day: date, months: list[int]) -> None:
    found = margin_payload(MARKET.engine.states, SPEC, day).addon
    assert found == [(commodity, month) for commodity in (1, 3, 5) for month in months]
