"""Finds instruments by what a user types: a symbol, a part of it, or the number of its book."""

from collections.abc import Sequence

from exchange.errors import UserError

LISTED_MAX = 300  # characters of symbols in a message


def find_symbol(typed: str, known: Sequence[tuple[int, str]], where: str) -> list[int]:
    """Places of an instrument among those known. Several: all have its symbol, or have had the book of that number.

    typed   symbol, a part of it that only one symbol has, or the number of a book
    known   book and symbol of each
    where   for the message
    UserError: there is none, or several symbols have this part
    """
    same = [place for place, (index, symbol) in enumerate(known) if typed in (symbol, str(index))]
    if same:
        return same
    found = [place for place, (_, symbol) in enumerate(known) if typed.upper() in symbol.upper()]
    symbols = list(dict.fromkeys(known[place][1] for place in found))
    if len(symbols) == 1:
        return found
    there = symbols or list(dict.fromkeys(symbol for _, symbol in known))
    listed = ", ".join(there) or "none"
    listed = listed if len(listed) < LISTED_MAX else f"{listed[:LISTED_MAX]}... ({len(there)} in all)"
    what = f"{len(symbols)} instruments match" if symbols else "no such instrument"
    raise UserError(f"--book {typed}: {what} {where}; there: {listed}")
