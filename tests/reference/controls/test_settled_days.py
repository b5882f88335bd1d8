"""Published settlements on the reference, and what an index learns from them."""

import pytest

from exchange.codes import Family, PeriodKind, SettleMethod
from exchange.reference.clearing import Instrument
from exchange.reference.controls.index import Index
from exchange.reference.controls.settled_days import note_settlements
from exchange.reference.market import Market
from exchange.units import NS_PER_DAY
from tests.engine.control.house.test_settled_days import DAY

FIELDS = ("index", "group", "commodity", "combo", "legs", "months", "hours", "fee_hours", "order_entry", "min_inc")
FIELDS += ("order_lots_max", "band_ticks", "settle_tick", "low_tick", "high_tick", "maker_fee", "taker_fee")


def market_of(*months: tuple[int, int]) -> Market:
    """Months of G90 by (book, last trading day)."""
    market = Market()
    for index, ltd in months:
        terms = dict.fromkeys((*FIELDS, "auction_fee"), 0) | {"index": index, "group": 2, "instrument_id": 100 + index}
        terms |= {"floor_bp": 9_000, "family": Family.PHY, "period_kind": PeriodKind.MONTH, "ltd_ns": ltd * NS_PER_DAY}
        market.clearing.instruments[index] = Instrument(**terms, term=False)  # type: ignore[arg-type]
    market.indices[1] = Index(2, 9_000, True, DAY - 1)
    return market


@pytest.mark.rule("SETTLE-011", "INDEX-003")
def test_the_nearest_month_that_still_trades_is_the_front_and_counts_if_its_window_made_its_price() -> None:
    market = market_of((1, DAY - 1), (2, DAY), (3, DAY + 30))
    t1 = {"settle_tick": 2_900, "method": SettleMethod.T1}
    note_settlements(market, [{"index": 1, **t1}, {"index": 2, **t1 | {"settle_tick": 2_850}}, {"index": 3, **t1}], DAY)
    assert market.indices[1].fronts == {DAY: 2_850}
    note_settlements(
        market, [{"index": 2, "settle_tick": 2_860, "method": SettleMethod.T2}, {"index": 3, **t1}], DAY + 1
    )
    assert market.indices[1].fronts == {DAY: 2_850, DAY + 1: 2_900}, "book 2 trades no more"
    note_settlements(market, [{"index": 3, "settle_tick": 2_860, "method": SettleMethod.T2}], DAY + 2)
    assert DAY + 2 not in market.indices[1].fronts
    assert market.published == {101: {DAY}, 102: {DAY, DAY + 1}, 103: {DAY, DAY + 1, DAY + 2}}


@pytest.mark.rule("SETTLE-011")
def test_a_settlement_of_an_unknown_day_is_not_noted() -> None:
    market = market_of((2, DAY))
    note_settlements(market, [{"index": 2, "settle_tick": 2_860, "method": SettleMethod.T1}], 0)
    assert not market.published and not market.indices[1].fronts
