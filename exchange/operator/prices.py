"""Settlement prices, and the shares of lead market makers, as a person gives them."""

from collections.abc import Sequence

from exchange.errors import UserError
from exchange.units import price_from_text


def parse_prices(texts: Sequence[str]) -> dict[str, int]:
    """Ticks by symbol of texts like H100.G90.H27=2.845."""
    prices: dict[str, int] = {}
    for text in texts:
        symbol, equals, price = text.partition("=")
        if not equals or not symbol:
            raise UserError(f"{text!r} is not SYMBOL=PRICE, like H100.G90.H27=2.845")
        if symbol in prices:
            raise UserError(f"{symbol} is given twice")
        try:
            prices[symbol] = price_from_text(price)
        except ValueError as error:
            raise UserError(f"{text!r}: {error}") from None
    return prices


def parse_shares(texts: Sequence[str]) -> list[tuple[int, int]]:
    """(account, percent) of texts like 7=30."""
    shares = []
    for text in texts:
        account, _, percent = text.partition("=")
        if not (account.isascii() and account.isdigit() and percent.isascii() and percent.isdigit()):
            raise UserError(f"{text!r} is not ACCOUNT=PERCENT, like 7=30")
        shares.append((int(account), int(percent)))
    return shares
