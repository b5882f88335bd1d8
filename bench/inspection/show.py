"""Shows books, accounts, explanations and rows, as tables for people or as JSON, one line each."""

import json
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.inspection.explain import ExplainedRow, Explanation
from exchange.units import money_text

MILLS = "_mills"


def as_json(**parts: Any) -> str:
    return json.dumps(parts)


def explanation_json(found: Explanation) -> str:
    rows = [asdict(row) | {"verdict": row.verdict} for row in found.rows]
    return as_json(**asdict(found) | {"rows": rows, "verdict": found.verdict})


def show_explanation(console: Console, found: Explanation) -> None:
    """Print the command, what was there, its checks, the verdict, and its events."""
    for row in found.rows:
        console.print(f"command   {_line(row.command)}", soft_wrap=True)
    if found.payload:
        console.print(f"payload   {found.payload}", soft_wrap=True)
    if found.account is not None:
        show_account(console, found.account, "before ")
    for number, row in enumerate(found.rows, 1):
        _show_row_explained(console, row, f" of entry {number}" if len(found.rows) > 1 else "")
    if len(found.rows) > 1:
        console.print(f"verdict   {found.verdict}")
    for event in found.events:
        console.print(f"event     {_line(event)}", soft_wrap=True)


def _show_row_explained(console: Console, row: ExplainedRow, which: str) -> None:
    if row.book is not None:
        show_book(console, row.book, "before ")
    if row.checks:
        table = Table("check", "asks", "verdict", "found")
        for check in row.checks:
            style = "bold" if check.verdict == "refused" else None
            table.add_row(check.reason, f"whether {check.asks}", check.verdict, check.found, style=style)
        console.print(table)
    console.print(f"verdict{which}   {row.verdict}", soft_wrap=True)


def show_book(console: Console, book: dict[str, Any], prefix: str = "") -> None:
    """Print a book: its day in a line, its levels in a table."""
    low, high = book["limits"]
    day = f"last {book['last'] or 'none'}  volume {book['volume_lots']:,}  open interest {book['open_interest_lots']:,}"
    console.print(f"{prefix}{book['symbol']}  {book['state']}  limits {low} to {high}  {day}", soft_wrap=True)
    table = Table("bid", "price", "ask")
    for price, lots in reversed(book["asks"]):
        table.add_row("", price, f"{lots:,}")
    table.add_section()
    for price, lots in book["bids"]:
        table.add_row(f"{lots:,}", price, "")
    console.print(table if book["bids"] or book["asks"] else "no orders")
    for side in ("bid", "ask"):
        if book[f"implied_{side}"]:
            price, lots = book[f"implied_{side}"]
            console.print(f"implied {side} {lots:,} at {price}")


def show_account(console: Console, account: dict[str, Any], prefix: str = "") -> None:
    """Print an account: money in a line, then a line for each position."""
    names = [name for name in account if name.endswith(MILLS)]
    money = "  ".join(f"{name.removesuffix(MILLS)} {money_text(account[name])}" for name in names)
    orders = f"{account['working_orders']:,} working orders"
    console.print(f"{prefix}account {account['account']}  {money} $  {orders}", soft_wrap=True)
    for one in account["positions"]:
        gain = money_text(one["unrealised_mills"])
        console.print(f"    {one['symbol']}  {one['lots']:+,} lots  gain {gain} $", soft_wrap=True)


def _line(words: dict[str, Any]) -> str:
    head = f"{words['sequence']:>8} {words['kind']}"
    return " ".join([head, *(f"{name}={value}" for name, value in words.items() if name not in ("sequence", "kind"))])


def show_row(console: Console, words: dict[str, Any]) -> None:
    """Print an event."""
    console.print(_line(words), soft_wrap=True)
