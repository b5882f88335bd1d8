"""Does the work of `gpux cancel` and `gpux order list`: cancels orders one by one or all together, and lists them."""

from collections.abc import Sequence
from typing import Literal

from clients.errors import Refused
from exchange.cli.trading.asking import account_of, asked, listed, refusal
from exchange.cli.trading.order_entry import parse_name, send
from exchange.cli.trading.place import EXIT_REFUSED, Access
from exchange.cli.trading.showing import SIDES, average, print_json, show, symbols_of, table
from exchange.errors import UserError
from exchange.units import price_text
from exchange.wire.messages import Cancel, CancelAll, OrderView

SIDE_LETTERS: dict[str, Literal["", "b", "s"]] = {"": "", "buy": "b", "sell": "s"}


async def cancel(place: Access, names: Sequence[str], account: int, json: bool) -> None:
    """Cancel orders by number or client order id, each by itself. UserError (code 1): some were not cancelled."""
    wanted = [parse_name(name) for name in names]
    refusals = []
    async with asked(place) as session:
        number = account_of(session, account)
        for order_id, client_id in wanted:
            request = Cancel(request_id=1, account=number, order_id=order_id, client_order_id=client_id)
            try:
                reply = await send(session, request, json)
            except Refused as refused:
                refusals.append(f"{order_id or client_id}: {refusal(refused.error)}")
                continue
            if json:
                print_json(reply)
            else:
                print(f"order {reply.order_id} {reply.state}, {reply.filled_lots or 0} lots filled before")
    if refusals:
        raise UserError(f"{len(refusals)} of {len(wanted)} not cancelled: {'; '.join(refusals)}", EXIT_REFUSED)


async def cancel_all(
    place: Access, symbol: str, chip: str, side: Literal["", "buy", "sell"], tag: str, account: int, json: bool
) -> None:
    """Cancel the orders of an account that match all filters; empty ones match every order."""
    async with asked(place) as session:
        instrument = listed(await session.instruments(), symbol, place.url).instrument if symbol else 0
        request = CancelAll(
            request_id=1, account=account_of(session, account), instrument=instrument, chip=chip.upper(),
            side=SIDE_LETTERS[side], tag=tag,
        )  # fmt: skip
        reply = await send(session, request, json)
        if json:
            print_json(reply)
        else:
            print(f"cancelled {reply.count or 0} orders")


async def list_orders(place: Access, account: int, json: bool) -> None:
    """Print the working orders and quotes of an account, of all its sessions."""
    async with asked(place) as session:
        orders = await session.open_orders(account_of(session, account))
        symbols = await symbols_of(session)
        if json:
            for order in orders:
                print_json(order, sym=symbols.get(order.instrument))
        else:
            _show_orders(orders, symbols)


def _show_orders(orders: Sequence[OrderView], symbols: dict[int, str]) -> None:
    names = ("order", "symbol", "side", "price", "working", "filled", "average", "type", "tif", "state", "coid")
    made = table(names, ("symbol", "side", "type", "tif", "state", "coid"))
    for order in orders:
        made.add_row(
            str(order.order_id), symbols.get(order.instrument, str(order.instrument)), SIDES[order.side],
            price_text(order.price_tick), f"{order.leaves_lots:,}", f"{order.filled_lots:,}",
            average(order.value_tick_lots, order.filled_lots), order.order_type, order.tif, order.state,
            order.client_order_id,
        )  # fmt: skip
    show(made, "no working orders", spare=("coid", "average", "state", "type", "tif"))
