"""The story as text for a person, and as one JSON object."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table

from exchange.clearing_codes import CashReason
from exchange.demo.board import say
from exchange.demo.checks import to_the_mill
from exchange.demo.story.cast import ROLES, Who
from exchange.demo.story.chronicle import Entry
from exchange.demo.story.play import StoryResult
from exchange.demo.story.prices import NEWS
from exchange.units import price_text

COLUMNS = {  # of the table of money: what it shows, and the reasons that it adds up
    "deposits": (CashReason.TRANSFER,),
    "variation": (CashReason.VARIATION,),
    "fees": (CashReason.FEE,),
    "adjusted": (CashReason.ADJUSTMENT, CashReason.SHORTFALL),
}
RULES_SHOWN = (
    ("SETTLE-001", "each day at 21:00 UTC every outright gets a price, from trades, quotes or its neighbours"),
    ("SETTLE-007", "at 12:00 and 21:00 gains and losses against that price move as cash, path by path the same sum"),
    ("CASCADE-002", "a term becomes years, a year months and quarters, at its last settlement, without money"),
    ("DELIVER-002", "a month closes at the settlement of its last trading day, for the fee of a cash settlement"),
    ("MARGIN-012", "equity below maintenance margin is a call, due in two hours; until then orders may only close"),
    ("FALL-003", "after a call that is not met the venue closes the positions; the house pays what the account cannot"),
)


def report(result: StoryResult, console: Console) -> None:
    """Print the story: accounts, prices, what happened, the money of each account, the checks."""
    say(console, f"{result.first} to {result.last}, {' and '.join(result.chips)}: {result.commands:,} commands, ")
    say(
        console,
        f"{result.chronicle.fills // 2:,} trades. Every price, date and amount below is read from the journal.\n",
    )
    for who in Who:
        say(console, f"  {who.value}  {ROLES[who]}")
    say(console, "")
    console.print(prices_table(result))
    say(console, "\nWhat happened:")
    for line in lines_of(result):
        say(console, f"  {line}")
    say(console, "\nWhere the money is:")
    for line in money_lines(result):
        say(console, f"  {line}")
    house = ", ".join(f"{name} {to_the_mill(mills)}" for name, mills in result.house_mills.items() if mills)
    say(console, f"The house: {house}. All accounts together: {to_the_mill(_sum(result))}.")
    say(console, "\nRules at work:")
    for rule, text in RULES_SHOWN:
        say(console, f"  {rule:<12} {text}")
    say(console, "")
    for check in result.checks:
        mark = "[green]✓[/]" if check.passed else "[bold red]✗[/]"
        console.print(f"  {mark} {check.name}: {check.detail}", highlight=False, soft_wrap=True)


def prices_table(result: StoryResult) -> Table:
    """Spot price, anchor and two forward months of each chip, at the begin of each quarter."""
    table = Table(title="dollars a GPU-hour", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("day")
    for chip in result.chips:
        for name in (f"{chip} spot", "in 6 months", "in 18 months"):
            table.add_column(name, justify="right")
    days = [day for day in result.spots if day == result.first or (day.day == 1 and day.month % 3 == 1)]
    for day in days:
        cells = [
            price_text(tick)
            for chip in result.chips
            for tick in (result.spots[day][chip].spot, *map(result.spots[day][chip].forward, (6, 18)))
        ]
        table.add_row(str(day), *cells)
    return table


def lines_of(result: StoryResult) -> Iterator[str]:
    """A line for each thing that happened, in order; months that end together share one."""
    news = [(str(one.first), f"news: {one.text}") for one in NEWS if result.first <= one.first <= result.last]
    lines = news + [(str(one[0].day), _text(one)) for one in _together(result.chronicle.entries)]
    for day, text in sorted(lines, key=lambda line: line[0]):
        yield f"{day}  {text}"


def _together(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Entries of one moment and kind together."""
    for _, group in groupby(entries, lambda one: (one.time_ns, one.what, one.symbol if one.what == "cascade" else "")):
        yield list(group)


def _text(entries: list[Entry]) -> str:
    """One or several entries in words."""
    first = entries[0]
    if first.what == "expiry":
        return _expiry(entries)
    if first.what == "cascade":
        holders = ", ".join(f"{Who(one.who).name.lower()} {one.lots:+,}" for one in entries)
        return f"{first.symbol} becomes its children at ${price_text(first.price_tick)}: {holders} lots (CASCADE-002)"
    return "; ".join(_one(one) for one in entries)


def _expiry(entries: list[Entry]) -> str:
    """Months that have ended at one moment, and what their holders have paid for it."""
    months = ", ".join(f"{one.lots:,} lots of {one.symbol} close at ${price_text(one.price_tick)}" for one in entries)
    return f"{months}, fees {to_the_mill(entries[0].amount_mills)} (DELIVER-002)"


def _one(one: Entry) -> str:
    name, money = Who(one.who).name.lower(), to_the_mill(one.amount_mills)
    words = {
        "deposit": f"{name} pays in {money}",
        "margin call": f"{name} is called for {money}",
        "call renewed": f"the call of {name} is now {money}",
        "call met": f"{name} has met its call",
        "call not met": f"{name} has not met its call: the venue closes its positions",
        "default": f"{name} is in default",
        "shortfall": f"the default account pays {money} that {name} cannot",
    }
    if one.what in words:
        return words[one.what] + (f" ({one.rule})" if one.rule else "")
    verb = {"buy": "buys", "sell": "sells", "liquidated": "is liquidated:"}[one.what]
    return f"{name} {verb} {one.lots:,} lots of {one.symbol} at ${price_text(one.price_tick)} on average"


def money_lines(result: StoryResult) -> Iterator[str]:
    """The cash of each account, and what it is the sum of, in columns."""
    yield f"{'account':<11}" + "".join(f"{name:>17}" for name in (*COLUMNS, "cash"))
    for who in Who:
        amounts = map(to_the_mill, (*_moved(result, who), result.cash_mills[who]))
        yield f"{who.name.lower():<11}" + "".join(f"{text:>17}" for text in amounts)


def _moved(result: StoryResult, who: Who) -> list[int]:
    moved = result.chronicle.money[who]
    return [sum(moved[reason] for reason in reasons) for reasons in COLUMNS.values()]


def _sum(result: StoryResult) -> int:
    return sum(result.cash_mills.values()) + sum(result.house_mills.values())


def as_object(result: StoryResult) -> dict[str, Any]:
    """The story as `gpux story --json` prints it."""
    return {
        "first": str(result.first),
        "last": str(result.last),
        "chips": result.chips,
        "commands": result.commands,
        "trades": result.chronicle.fills // 2,
        "entries": [
            {"day": str(one.day), **{name: value for name, value in one._asdict().items() if value}}
            for one in result.chronicle.entries
        ],
        "accounts": {
            who.name.lower(): {
                **dict(zip((f"{name}_mills" for name in COLUMNS), _moved(result, who), strict=True)),
                "cash_mills": result.cash_mills[who],
            }
            for who in Who
        },
        "house_mills": result.house_mills,
        "checks": [{"name": one.name, "passed": one.passed, "detail": one.detail} for one in result.checks],
        "passed": result.passed,
    }
