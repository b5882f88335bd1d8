"""Prints what commands found: a line for one order, tables for lists, or a line of JSON for each.

JSON has the keys of the protocol, with `sym` for the symbol of an instrument.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.table import Table

from clients.client import Session
from exchange.demo.display import figures_table, print_whole
from exchange.units import price_text
from exchange.wire.messages import OrderView

SIDES = {"b": "buy", "s": "sell"}
WORKING = ("open", "pending")


def print_json(message: msgspec.Struct | Mapping[str, Any], **more: Any) -> None:
    """Print a message as one line of JSON, with more keys in front. An empty text is left out."""
    found = {name: value for name, value in more.items() if value not in ("", None)}
    print(json.dumps(found | dict(msgspec.to_builtins(message)), separators=(",", ":")))


def table(names: Sequence[str], left: Sequence[str], title: str = "") -> Table:
    """An empty table: words at the left, figures at the right, each row one line."""
    made = figures_table(names, left, title=title or None, title_justify="left")
    for column in made.columns:
        column.no_wrap = True
    return made


def show(made: Table, empty: str, spare: Sequence[str] = ()) -> None:
    """Print a table, or what it means that it has no row. `spare`: as for `print_whole`."""
    if made.row_count:
        print_whole(made, spare)
    else:
        print(empty)


async def symbols_of(session: Session) -> dict[int, str]:
    """Symbols of the venue's instruments by their ids."""
    return {row.instrument: row.symbol for row in (await session.instruments()).values()}


def average(value_tick_lots: int, lots: int) -> str:
    """Average price of lots, exact to a tenth of a mill and rounded down; empty without lots."""
    if not lots:
        return ""
    tenths = abs(value_tick_lots) * 10 // abs(lots)
    sign = "-" if (value_tick_lots < 0) != (lots < 0) and tenths else ""
    whole, rest = divmod(tenths, 10_000)
    return f"{sign}{whole}.{rest:04d}".removesuffix("0")


def order_line(view: OrderView, symbol: str, why: str = "", stays: str = "") -> str:
    """What has become of an order, in one line. `stays`: what is said of one that works on."""
    price = price_text(view.price_tick) if view.price_tick or view.order_type == "limit" else view.order_type
    text = f"order {view.order_id} {view.state}: {SIDES[view.side]} {view.order_lots} {symbol} at {price} {view.tif}"
    text += f", coid {view.client_order_id}" if view.client_order_id else ""
    if view.filled_lots:
        text += f"; filled {view.filled_lots} at {average(view.value_tick_lots, view.filled_lots)}"
    if view.state in WORKING:
        text += f"; {view.leaves_lots} working" + (f", {stays}" if stays else "")
    return text + (f"; {why}" if why else "")


def clock(time_us: int) -> str:
    """Time of day, UTC."""
    return datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%H:%M:%S")


def moment(time_us: int) -> str:
    """Day and time of day, UTC."""
    return datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
