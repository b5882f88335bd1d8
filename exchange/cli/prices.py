"""Reads prices, index prints, amounts, and shares of lead market makers, as a person types them."""

import re
from collections.abc import Sequence

from exchange.cli.arguments import DECIMAL
from exchange.errors import UserError
from exchange.units import price_from_text

SHARE = re.compile(r"([0-9]{1,10})=([0-9]{1,3})")
AMOUNT = re.compile(r"([0-9]{1,10})=(-?[0-9]{1,16})")
PRINTS_BYTES_MAX = 65_536  # of a file: more fit into no record of the journal


def parse_prices(texts: Sequence[str]) -> dict[str, int]:
    """Price in ticks by symbol, from texts like H100.G90.H27=2.845 (dollars). UserError: a text is wrong."""
    prices: dict[str, int] = {}
    for text in texts:
        symbol, equals, price = text.partition("=")
        if not equals or not symbol:
            raise UserError(f"{text!r} is not SYMBOL=PRICE, like H100.G90.H27=2.845")
        if symbol in prices:
            raise UserError(f"{symbol} is given twice")
        prices[symbol] = parse_price(repr(text), price)
    return prices


def parse_price(name: str, text: str) -> int:
    """Price in ticks of a decimal number of dollars. UserError: it is none; `name` is what it is called there."""
    if DECIMAL.fullmatch(text) is None:
        raise UserError(f"{name}: price {text!r} is not a decimal number of dollars, like 2.845")
    try:
        return price_from_text(text)
    except ValueError as error:
        raise UserError(f"{name}: {error}") from None


def parse_prints(lines: Sequence[str]) -> list[tuple[str, str, int]]:
    """(index, day, ticks) of each line INDEX,DAY,VALUE; the value none is 0, and empty lines do not count.

    UserError: a line is wrong
    """
    prints = []
    for number, line in enumerate(lines, 1):
        parts = [part.strip() for part in line.split(",")]
        if parts == [""]:
            continue
        if len(parts) != 3 or not all(parts):
            raise UserError(f"print {number}: {line.strip()!r} is not INDEX,DAY,VALUE, like H100.G90,2026-11-24,2.815")
        index, day, value = parts
        tick = 0 if value == "none" else parse_price(f"print {number}", value)
        if value != "none" and tick < 1:
            raise UserError(f"print {number}: value {value} is not above 0; none takes a print away")
        prints.append((index, day, tick))
    return prints


def read_prints(path: str) -> list[tuple[str, str, int]]:
    """As `parse_prints`, of the lines of a file."""
    try:
        with open(path, encoding="ascii") as file:
            text = file.read(PRINTS_BYTES_MAX + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--file {path}: {error}") from None
    if len(text) > PRINTS_BYTES_MAX:
        raise UserError(f"--file {path}: more than {PRINTS_BYTES_MAX} bytes")
    return parse_prints(text.splitlines())


def parse_amounts(texts: Sequence[str]) -> list[tuple[int, int]]:
    """(account, mills) of each text like 7=7440 or 8=-7440. UserError: a text is wrong."""
    amounts = []
    for text in texts:
        found = AMOUNT.fullmatch(text)
        if found is None:
            raise UserError(f"{text!r} is not ACCOUNT=MILLS, like 7=7440 or 8=-7440")
        amounts.append((int(found[1]), int(found[2])))
    return amounts


def parse_shares(texts: Sequence[str]) -> list[tuple[int, int]]:
    """(account, percent) of each text like 7=30. UserError: a text is wrong."""
    shares = []
    for text in texts:
        found = SHARE.fullmatch(text)
        if found is None:
            raise UserError(f"{text!r} is not ACCOUNT=PERCENT, like 7=30")
        shares.append((int(found[1]), int(found[2])))
    return shares
