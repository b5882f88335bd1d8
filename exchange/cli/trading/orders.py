"""`gpux order` and `gpux cancel`: enter, change, list and cancel orders (`order_entry`, `order_ending`)."""

from dataclasses import dataclass
from typing import Annotated, Literal

import cyclopts
from cyclopts import Parameter

from exchange.cli.trading.place import HERE, At, place_of, with_key
from exchange.errors import UserError

HELP = """Enter, change, list and cancel orders.

An order stays in the book after the command, also if the connection is lost; `gpux cancel` takes it out. With
`--no-keep` what still works is cancelled when the command ends.

Each command logs on. A venue takes 10 logons of a key a minute unless it says otherwise; a command beyond that waits.
`gpux top` and programs log on once.

Exit codes: 0 done, 1 refused by the venue, 2 wrong use (nothing was sent), 69 no venue answers or the connection was
lost (`gpux order list` says what works).
"""
SideText = Literal["b", "s"]
SideName = Literal["buy", "sell"]
TypeName = Literal["limit", "market", "mtl", "stop", "stop_limit"]
TifName = Literal["day", "gtc", "gtd", "ioc", "fok"]
ReplacedTif = Literal["day", "gtc", "gtd"]
JSON_HELP = "Print JSON, a line for each message, with the keys of the protocol."
app = cyclopts.App(name="order", help=HELP)


@Parameter(name="*")
@dataclass(frozen=True)
class OrderOptions:
    """Options of a new order."""

    tif: Annotated[TifName, Parameter(help="How long it works; ioc: at once or not, fok: all at once or not.")] = "day"
    till: Annotated[str, Parameter(help="When a gtd order ends, like 2026-12-01T15:00, UTC.")] = ""
    post_only: Annotated[bool, Parameter(help="Refuse it if it would trade at once.", negative="")] = False
    slide: Annotated[bool, Parameter(help="If it would trade at once, move its price instead.", negative="")] = False
    type: Annotated[TypeName, Parameter(help="Type of the order; mtl: market, and the rest as a limit.")] = "limit"
    trigger: Annotated[str, Parameter(help="Price that elects a stop.")] = ""
    show: Annotated[int, Parameter(help="Lots of it that the book shows at a time (iceberg).")] = 0
    minimum: Annotated[int, Parameter(help="Lots that must trade at once, or it is cancelled.")] = 0
    id: Annotated[str, Parameter(help="Your own id of it, 1 to 24 characters; without it one is made.")] = ""
    tag: Annotated[str, Parameter(help="Up to 8 characters, by which gpux cancel --all --tag finds it.")] = ""
    account: Annotated[int, Parameter(help="Account; without it the first of the key.")] = 0
    wait: Annotated[float, Parameter(help="Print fills as they come, for so many seconds or until it is done.")] = 0.0
    keep: Annotated[
        bool, Parameter(help="What works stays in the book after the command; --no-keep cancels it, needs --wait.")
    ] = True
    dry_run: Annotated[
        bool, Parameter(help="Check it and show the margin that it needs, but send no order.", negative="")
    ] = False
    json: Annotated[bool, Parameter(help=JSON_HELP, negative="")] = False


PLAIN = OrderOptions()


@app.command
def buy(lots: int, symbol: str, price: str = "", *, terms: OrderOptions = PLAIN, at: At = HERE) -> None:
    """Buy, like: gpux order buy 10 H100.G90.H27 2.810

    The order stays in the book after the command, also if the connection is lost. Exit codes: 0 done, 1 refused by the
    venue, 2 wrong use (nothing was sent), 69 no venue answers or the connection was lost.

    Args:
        lots: Lots; one lot is one GPU for every hour of the period.
        symbol: Instrument, like H100.G90.H27.
        price: Limit in dollars per GPU-hour, like 2.810; a market order may go without.
    """
    _enter("b", lots, symbol, price, terms, at)


@app.command
def sell(lots: int, symbol: str, price: str = "", *, terms: OrderOptions = PLAIN, at: At = HERE) -> None:
    """Sell, like: gpux order sell 10 H100.G90.H27 2.820

    The order stays in the book after the command, also if the connection is lost. Exit codes as of gpux order buy.

    Args:
        lots: Lots; one lot is one GPU for every hour of the period.
        symbol: Instrument, like H100.G90.H27.
        price: Limit in dollars per GPU-hour, like 2.820; a market order may go without.
    """
    _enter("s", lots, symbol, price, terms, at)


def _enter(side: SideText, lots: int, symbol: str, price: str, terms: OrderOptions, at: At) -> None:
    from exchange.cli.trading.order_checks import OrderText
    from exchange.cli.trading.order_entry import enter
    from exchange.venue.loop import run_loop

    text = OrderText(
        side, lots, symbol, price, terms.type, terms.trigger, terms.tif, terms.till, terms.post_only, terms.slide,
        terms.show, terms.minimum, terms.id, terms.tag,
    )  # fmt: skip
    place = place_of(at) if terms.dry_run else with_key(at)
    run_loop(enter(place, text, terms.account, terms.wait, terms.keep, terms.dry_run, terms.json))


@app.command
def replace(
    order: str,
    price: str = "",
    *,
    lots: int = 0,
    trigger: str = "",
    show: int = 0,
    tif: ReplacedTif | None = None,
    till: str = "",
    tag: str = "",
    account: int = 0,
    json: Annotated[bool, Parameter(negative="")] = False,
    at: At = HERE,
) -> None:
    """Change an order in place, like: gpux order replace 90071 2.815

    A smaller size keeps the place in the queue; another price, a larger size or another size shown loses it.

    Args:
        order: Number of the order, or your own id of it.
        price: New limit in dollars per GPU-hour.
        lots: New total, filled lots included; at or below what is filled it cancels the rest.
        trigger: New price that elects a stop.
        show: New lots that the book shows at a time.
        tif: How long it works now: day, gtc or gtd.
        till: When a gtd order ends, like 2026-12-01T15:00, UTC.
        tag: New tag, up to 8 characters.
        account: Account; without it the first of the key.
        json: Print JSON, a line for each message, with the keys of the protocol.
    """
    from exchange.cli.trading.order_entry import change
    from exchange.venue.loop import run_loop

    terms = {"lots": lots, "trigger": trigger, "show": show, "tif": tif or "", "till": till, "tag": tag}
    run_loop(change(with_key(at), order, price, account, terms, json))


@app.command(name="list")
def list_(*, account: int = 0, json: Annotated[bool, Parameter(negative="")] = False, at: At = HERE) -> None:
    """List the working orders and quotes of an account, of all its sessions.

    Args:
        account: Account; without it the first of the key.
        json: Print JSON, a line for each order, with the keys of the protocol.
    """
    from exchange.cli.trading.order_ending import list_orders
    from exchange.venue.loop import run_loop

    run_loop(list_orders(with_key(at), account, json))


@app.command
def cancel(
    *orders: str,
    all: Annotated[bool, Parameter(negative="")] = False,
    symbol: str = "",
    chip: str = "",
    side: SideName | None = None,
    tag: str = "",
    account: int = 0,
    json: Annotated[bool, Parameter(negative="")] = False,
    at: At = HERE,
) -> None:
    """Cancel orders by number or by your own id, or with --all every order of the account that matches the filters.

    Exit codes: 0 all cancelled, 1 the venue has refused one, 2 wrong use, 69 no venue answers.

    Args:
        orders: Numbers of orders, or your own ids.
        all: Cancel every order of the account, of all its sessions, that matches the filters below.
        symbol: Only of this instrument.
        chip: Only of this chip, like H100.
        side: Only this side.
        tag: Only with this tag.
        account: Account; without it the first of the key.
        json: Print JSON, a line for each reply, with the keys of the protocol.
    """
    from exchange.cli.trading import order_ending
    from exchange.venue.loop import run_loop

    if bool(orders) == all:
        raise UserError("give the numbers or ids of orders (gpux order list shows them), or --all")
    if not all and (symbol or chip or side or tag):
        raise UserError("--symbol, --chip, --side and --tag choose among all orders: add --all")
    place = with_key(at)
    if all:
        run_loop(order_ending.cancel_all(place, symbol, chip, side or "", tag, account, json))
    else:
        run_loop(order_ending.cancel(place, orders, account, json))
