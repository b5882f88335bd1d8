"""Asks a running venue for the margin of an account, as who runs it (`ShowMargin`) or with a trader's key."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from exchange.cli.arguments import whole
from exchange.cli.prices import parse_price
from exchange.cli.trading.asking import account_of, asked, listed
from exchange.cli.trading.place import Access
from exchange.demo.display import figures_table
from exchange.errors import UserError
from exchange.operator import port
from exchange.operator.requests import ShowMargin, first_out_of_bounds
from exchange.units import price_text
from exchange.wire.fields import BATCH_MAX, WHAT_IF_POSITIONS_MAX
from exchange.wire.messages import MarginView, WhatIfResult
from exchange.wire.requests import SideText

ORDER = re.compile(r"(buy|sell) +([0-9]{1,9}) +(\S+) +(\S+)")
POSITION = re.compile(r"([^=]+)=(-?[0-9]{1,9})")
SIDES: dict[str, SideText] = {"buy": "b", "sell": "s"}
WORDS = {letter: word for word, letter in SIDES.items()}
Order = tuple[str, SideText, int, int]  # symbol, side, price in ticks, lots


class MarginReport(NamedTuple):
    """The margin of an account now, and with what is hypothetical, None if nothing is."""

    account: int
    orders: list[Order]
    now: MarginView
    then: MarginView | None


def parse_orders(texts: Sequence[str]) -> list[Order]:
    """Orders from texts like `buy 10 H100.G90.F27 2.810`. UserError: a text is wrong, or there are too many."""
    _check_count("--what-if", len(texts), BATCH_MAX)
    orders = []
    for text in texts:
        found = ORDER.fullmatch(text.strip())
        if found is None:
            raise UserError(f'--what-if {text!r} is not SIDE LOTS SYMBOL PRICE, like "buy 10 H100.G90.F27 2.810"')
        side, lots, symbol, price = found.groups()
        orders.append((symbol, SIDES[side], parse_price(f"--what-if {text!r}", price), whole(lots)))
    return orders


def parse_positions(texts: Sequence[str]) -> list[tuple[str, int]]:
    """(symbol, signed lots) from texts like H100.G90.F27=-5. UserError: a text is wrong, or there are too many."""
    _check_count("--position", len(texts), WHAT_IF_POSITIONS_MAX)
    positions = []
    for text in texts:
        found = POSITION.fullmatch(text)
        if found is None:
            raise UserError(f"--position {text!r} is not SYMBOL=LOTS, like H100.G90.F27=-5")
        positions.append((found[1], whole(found[2])))
    return positions


def _check_count(option: str, count: int, most: int) -> None:
    if count > most:
        raise UserError(f"{option} is given {count} times, allowed: at most {most}")


def of_venue(folder: str, account: int, orders: list[Order], positions: list[tuple[str, int]]) -> MarginReport:
    """Ask the running venue of a folder. UserError: there is none, or it refuses."""
    request = ShowMargin(account=account, orders=orders, positions=positions)
    if found := first_out_of_bounds(request):
        field, what = found
        raise UserError(f"{field.upper()} {what}")
    now, *then = [msgspec.json.decode(line, type=MarginView) for line in port.ask(folder, request)]
    return MarginReport(account, orders, now, then[0] if then else None)


async def of_key(place: Access, account: int, orders: list[Order], positions: list[tuple[str, int]]) -> MarginReport:
    """Ask a venue with a trader's key. UserError: no venue answers, it refuses, or it has no such symbol."""
    async with asked(place) as session:
        account = account_of(session, account)
        listing = await session.instruments()
        news = [
            session.new(side, listed(listing, symbol, place.url), lots, price_tick=tick)
            for symbol, side, tick, lots in orders
        ]
        held = [(listed(listing, symbol, place.url), lots) for symbol, lots in positions]
        now = await session.what_if(account=account)
        then = await session.what_if(news, held, account) if news or held else None
        return MarginReport(account, orders, now, then)


def as_json(report: MarginReport) -> str:
    """The report as one line of JSON, with the keys of the protocol."""
    shown = {"acc": report.account, "now": report.now} | ({"then": report.then} if report.then else {})
    return msgspec.json.encode(shown).decode()


def show(report: MarginReport, console: Console) -> None:
    """Print the parts of full margin by commodity, the money, and the answer to each order."""
    hypothetical = report.then is not None
    console.print(_parts(report.now, f"full margin of account {report.account}, mills"))
    if report.then is not None and report.then.parts != report.now.parts:
        console.print(_parts(report.then, "the same with the hypothetical lots"))
    console.print(_money(report.now, report.then))
    if hypothetical and report.orders:
        assert report.then is not None
        console.print(_answers(report.orders, report.then.results))


def _parts(view: MarginView, title: str) -> Table:
    names = ("commodity", "scan", "intra", "tier", "delivery add-on", "credit", "initial margin")
    table = figures_table(names, names[:1], title=title, title_justify="left")
    for part in view.parts:
        charges = part.scan_mills, part.intra_mills, part.tier_mills, part.addon_mills
        table.add_row(part.commodity, *(f"{mills:,}" for mills in charges), "", f"{sum(charges):,}")
    total = view.total
    assert total is not None
    charges = total.scan_mills, total.intra_mills, total.tier_mills, total.addon_mills
    table.add_section()
    table.add_row("all", *(f"{mills:,}" for mills in (*charges, -total.inter_mills, total.required_mills)))
    return table


def _money(now: MarginView, then: MarginView | None) -> Table:
    names = ("mills", "now") if then is None else ("mills", "now", "then", "change")
    table = figures_table(names, names[:1])
    pairs = zip(_figures(now), _figures(then or now), strict=True)
    for (name, mills), (_, later) in pairs:
        more = () if then is None else (f"{later:,}", f"{later - mills:+,}")
        table.add_row(name, f"{mills:,}", *more)
    return table


def _figures(view: MarginView) -> list[tuple[str, int]]:
    assert view.total is not None
    return [
        ("equity", view.equity_mills),
        ("initial margin of positions", view.total.required_mills),
        ("maintenance margin", view.total.maintenance_margin_mills),
        ("margin held for positions and orders", view.initial_margin_mills),
        ("free funds", view.free_margin_mills),
    ]


def _answers(orders: Sequence[Order], results: Sequence[WhatIfResult]) -> Table:
    table = figures_table(("order", "answer", "needs", "free before it"), ("order", "answer"))
    for (symbol, side, tick, lots), result in zip(orders, results, strict=True):
        passes = "passes, only closes" if result.only_closes else "passes"
        answer = result.name if result.code else passes
        text = f"{WORDS[side]} {lots} {symbol} {price_text(tick)}"
        table.add_row(text, answer, f"{result.need_mills:,}", f"{result.free_margin_mills:,}")
    return table
