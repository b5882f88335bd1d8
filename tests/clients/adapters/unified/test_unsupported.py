"""Methods of ccxt that the venue has no use for."""

from clients.adapters.unified.unsupported import METHODS, camel


def test_every_reason_is_a_sentence() -> None:
    assert all(len(why.split()) > 4 for why in METHODS.values())


def test_has_spells_methods_in_camel_case() -> None:
    assert camel("set_leverage") == "setLeverage"
    assert camel("create_market_order_with_cost") == "createMarketOrderWithCost"
