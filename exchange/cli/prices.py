"""Reads settlement prices, and shares of lead market makers, as a person types them."""

import re
from collections.abc import Sequence

from exchange.cli.arguments import DECIMAL
from exchange.errors import UserError
from exchange.units import price_from_text

SHARE = re.compile(r"([0-9]{1,10})=([0-9]{1,3})")


def parse_prices(texts: Sequence[str]) -> dict[str, int]:
    """Price in ticks by symbol, from texts like H100.G90.H27=2.845 (dollars). UserError: a text is wrong."""
    prices: dict[str, int] = {}
    for text in texts:
        symbol, equals, price = text.partition("=")
        if not equals or not symbol:
            raise UserError(f"{text!r} is not SYMBOL=PRICE, like H100.G90.H27=2.845")
        if symbol in prices:
            raise UserError(f"{symbol} is given twice")
        if DECIMAL.fullmatch(price) is None:
            raise UserError(f"{text!r}: price {price!r} is not a decimal number of dollars, like 2.845")
        try:
            prices[symbol] = price_from_text(price)
        except ValueError as error:
            raise UserError(f"{text!r}: {error}") from None
    return prices


def parse_shares(texts: Sequence[str]) -> list[tuple[int, int]]:
    """(account, percent) of each text like 7=30. UserError: a text is wrong."""
    shares = []
    for text in texts:
        found = SHARE.fullmatch(text)
        if found is None:
            raise UserError(f"{text!r} is not ACCOUNT=PERCENT, like 7=30")
        shares.append((int(found[1]), int(found[2])))
    return shares
