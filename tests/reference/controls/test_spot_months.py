"""Spot months on the reference: terms of a commodity, by which lots are counted anew."""

import pytest

from exchange.codes import Side
from exchange.reference.controls.spot_months import set_spot_months
from tests.funded import F27, MARK, Funded
from tests.market import MONTH


@pytest.mark.rule("LIMIT-001", "LIMIT-003")
def test_only_the_named_commodity_changes() -> None:
    funded = Funded()
    funded.account(1, 10**12)
    funded.trade(1, Side.BUY, 5, MARK)
    market = funded.pair.reference
    set_spot_months(market, {"commodities": [{"commodity": 1, "month": MONTH, "lots_max": 7, "books": [F27]}]})
    row = market.clearing.commodities[1]
    assert (row.spot_month, row.spot_lots_max, row.psr_mills) == (MONTH, 7, 400)
    assert market.clearing.spot_weight(market.clearing.instruments[F27]) == 1
