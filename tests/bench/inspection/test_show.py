"""What is shown of a book without orders, and of a position."""

import io

from rich.console import Console

from bench.inspection.show import show_account, show_book

BOOK = {
    "symbol": "X", "state": "OPEN", "limits": ["1.000", "3.000"], "settlement": "2.000", "last": None, "volume_lots": 0,
    "open_interest_lots": 0, "implied_bid": ["1.900", 7], "implied_ask": None, "bids": [], "asks": [],
}  # fmt: skip


def test_an_empty_book_says_so_and_implied_prices_stand_apart() -> None:
    out = io.StringIO()
    console = Console(file=out, width=120)
    show_book(console, BOOK)
    position = {"symbol": "X", "lots": -4, "unrealised_mills": 50}
    show_account(console, {"account": 3, "cash_mills": 12_340, "working_orders": 2, "positions": [position]})
    text = out.getvalue()
    assert (
        "X  OPEN  limits 1.000 to 3.000  last none" in text and "no orders" in text and "implied bid 7 at 1.900" in text
    )
    assert "account 3  cash 12.34 $  2 working orders" in text and "X  -4 lots  gain 0.05 $" in text
