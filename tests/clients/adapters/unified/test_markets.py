"""Instruments as markets of ccxt."""

import pytest

from clients.adapters.unified.markets import base_of, dollars, iso_day, market_of, unified_symbol
from tests.clients.adapters.definitions import F27, SPREAD


def test_a_month_is_a_future_whose_contract_is_its_hours() -> None:
    market = market_of(F27)
    assert market["id"] == "H100.G90.F27"
    assert market["symbol"] == "H100.G90.F27/USD:USD-261224"
    assert market["contractSize"] == 744 and market["expiryDatetime"] == "2026-12-24T21:00:00.000Z"
    assert market["precision"] == {"amount": 1.0, "price": 0.001}
    assert market["limits"]["price"] == {"min": 2.248, "max": 3.372}
    assert market["taker"] == pytest.approx(2 * 744 / 1000) and not market["percentage"]
    assert market["info"]["sym"] == "H100.G90.F27"  # as on the wire


def test_symbols_have_only_the_separators_of_unified_symbols() -> None:
    assert base_of("H100.G90.F27/I") == "H100.G90.F27.I"
    assert base_of("H100.G90.F27:H27") == "H100.G90.F27+H27"
    assert unified_symbol(SPREAD) == "H100.G90.F27-G27/USD:USD-261224"


def test_an_instrument_that_no_longer_trades_is_not_active() -> None:
    from msgspec.structs import replace

    assert market_of(F27)["active"] and not market_of(replace(F27, life="expired"))["active"]


def test_money_is_exact() -> None:
    assert [dollars(mills) for mills in (0, 1, -1_500, 10**18)] == ["0", "0.001", "-1.5", "1000000000000000"]
    assert iso_day(1_798_146_000_000_000) == "261224"
