"""Prices and shares are taken as they are typed, or refused with what was found."""

import pytest

from exchange.cli.prices import parse_prices, parse_shares
from exchange.errors import UserError


@pytest.mark.rule("SPEC-053")
def test_prices_are_dollars_with_three_decimals_at_most() -> None:
    assert parse_prices(["H100.G90.H27=2.845", "A=-0.001", "B=3"]) == {"H100.G90.H27": 2_845, "A": -1, "B": 3_000}
    assert parse_prices([]) == {}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["H100"], "is not SYMBOL=PRICE"),
        (["2.845"], "is not SYMBOL=PRICE"),
        (["=2.845"], "is not SYMBOL=PRICE"),
        (["A=1", "B=2", "A=1"], "A is given twice"),
        (["A=2,845"], "not a decimal number of dollars"),
        (["A=1e3"], "not a decimal number of dollars"),
        (["A=x"], "'A=x'"),
        (["A=2.8455"], "A=2.8455"),
    ],
)
def test_what_is_no_price_is_refused(texts: list[str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse_prices(texts)


@pytest.mark.rule("PRO-003")
def test_shares_are_accounts_with_percents() -> None:
    assert parse_shares(["7=30", "4294967295=100"]) == [(7, 30), (4_294_967_295, 100)]
    for wrong in ("7", "7=", "=30", "7=30%", "7=1000", "-7=30", "7=3.5"):
        with pytest.raises(UserError, match="is not ACCOUNT=PERCENT"):
            parse_shares([wrong])
