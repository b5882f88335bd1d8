"""Instruments, prices and money of NautilusTrader."""

import pytest

from tests.clients.adapters.definitions import F27, G27, SPREAD
from tests.clients.adapters.venue_scene import needs

pytestmark = needs("nautilus")
BY_NUMBER = {one.instrument: one for one in (F27, G27, SPREAD)}


def test_a_month_is_a_futures_contract_of_its_hours() -> None:
    from clients.adapters.nautilus.instruments import instrument_id, instrument_of

    found = instrument_of(F27, instrument_id(F27, BY_NUMBER), 5)
    assert str(found.id) == "H100.G90.F27.GPUX" and type(found).__name__ == "FuturesContract"
    assert (found.multiplier, found.price_precision, str(found.price_increment)) == (744, 3, "0.001")
    assert found.expiration_ns == F27.last_trading_us * 1_000 and found.underlying == "H100"
    assert found.info["taker_fee"] == 2


def test_a_spread_is_named_by_its_legs() -> None:
    from clients.adapters.nautilus.instruments import instrument_id, instrument_of

    found = instrument_of(SPREAD, instrument_id(SPREAD, BY_NUMBER), 5)
    assert str(found.id) == "(1)H100.G90.F27_((1))H100.G90.G27.GPUX" and found.id.is_spread()
    assert (type(found).__name__, found.strategy_type, found.raw_symbol.value) == (
        "FuturesSpread", "calendar", "H100.G90.F27-G27"
    )  # fmt: skip


def test_prices_are_exact_and_off_tick_prices_are_refused() -> None:
    from nautilus_trader.model.objects import Price

    from clients.adapters.nautilus.instruments import price_of, ticks_of

    assert [str(price_of(tick)) for tick in (2845, 0, -20)] == ["2.845", "0.000", "-0.020"]
    assert [ticks_of(price_of(tick)) for tick in (2845, 0, -20)] == [2845, 0, -20]
    with pytest.raises(ValueError, match=r"2\.8455 is off the tick"):
        ticks_of(Price.from_str("2.8455"))


def test_money_has_cents() -> None:
    from clients.adapters.nautilus.instruments import money_of

    assert str(money_of(2_976, "USD")) == "2.98 USD" and str(money_of(-10, "USD")) == "-0.01 USD"
