"""The market that the demo makes goes on trading: no breaker, no order that velocity lets nothing print of."""

from pathlib import Path

import pytest

from exchange.engine.warmup import warm_up
from exchange.limits import TEST
from tests.demo.paper_market import PaperMarket

STILL_S_MAX = 5.0


@pytest.fixture(autouse=True, scope="module")
def _compiled() -> None:
    warm_up(TEST)


@pytest.mark.rule("BAND-012", "STATE-004")
@pytest.mark.parametrize("seed", [1, 2])
def test_every_market_of_the_demo_trades_on_and_stays_open(seed: int, tmp_path: Path) -> None:
    market = PaperMarket(str(tmp_path))
    market.trade(26.0, seed)
    assert market.states == [] and not any(market.refused.values())
    still = {symbol: market.stood_still_s(symbol, 26.0) for symbol in market.trades}
    assert max(still.values()) < STILL_S_MAX, still


@pytest.mark.rule("BAND-012")
@pytest.mark.parametrize("mood", [-90, 90])
def test_one_sided_orders_fill_the_makers_and_stop_no_market(mood: int, tmp_path: Path) -> None:
    market = PaperMarket(str(tmp_path))
    market.trade(10.0, 1, mood)
    assert market.states == [] and not any(market.refused.values())
    assert all(market.trades.values())
