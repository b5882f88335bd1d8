"""Does the work of `gpux order buy`, `sell` and `replace`: checks, sends, and prints what has become of the order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import msgspec
from msgspec import UNSET

from clients.client import Session
from clients.errors import Refused
from clients.events import Event, Filled
from clients.orders import DONE
from exchange.cli.trading import order_checks
from exchange.cli.trading.asking import KEPT, NOT_KEPT, account_of, asked, listed, refusal
from exchange.cli.trading.order_checks import OrderText
from exchange.cli.trading.place import EXIT_REFUSED, Access
from exchange.cli.trading.showing import SIDES, order_line, print_json, symbols_of
from exchange.errors import UserError
from exchange.units import money_text, price_text
from exchange.wire.messages import Cancel, Exec, Fill, InstrumentDefinition, New, Ok, Replace, Request

STAYS = "they work on after this command (gpux cancel {order_id})"
ENDS = "they end with this command"


async def enter(
    place: Access, text: OrderText, account: int, wait_s: float, keep: bool, dry_run: bool, json: bool
) -> None:
    """Check an order, send it, wait for the venue, then for its fills. With `dry_run` only a question is sent.

    wait_s   how long to wait for fills, which are printed as they come
    keep     what still works when the command ends stays in the book
    UserError: the order is wrong (code 2), or the venue refuses it (code 1)
    """
    order_checks.check_words(text)
    if not 0 <= wait_s < float("inf"):
        raise UserError(f"--wait {wait_s:g} is not 0 or more seconds")
    if not keep and not wait_s:
        raise UserError("--no-keep cancels what still works when the command ends: say when with --wait SECONDS")
    async with asked(place, KEPT if keep else NOT_KEPT) as session:
        instrument = listed(await session.instruments(), text.symbol, place.url)
        request = built(session, text, instrument, account_of(session, account), keep)
        if dry_run:
            await _ask_what_if(session, request, instrument, json)
            return
        reply = await send(session, request, json)
        if wait_s:
            await _print_fills(session, request.client_order_id, wait_s, json)
        if not keep:
            await _cancel_rest(session, request)
        view = await session.find_order(request.client_order_id, account=request.account)
        if json:
            print_json(view, sym=instrument.symbol, why=reply.reason, keep=keep)
        else:
            stays = STAYS.format(order_id=view.order_id) if keep else ENDS
            print(order_line(view, instrument.symbol, reply.reason, stays))


def built(session: Session, text: OrderText, instrument: InstrumentDefinition, account: int, keep: bool) -> New:
    """The request for an order that was typed. UserError: lots or a price do not fit the instrument."""
    order_checks.check_lots("LOTS", text.lots, instrument)
    order_checks.check_rests(text.tif, instrument)
    terms: dict[str, Any] = {
        "price_tick": order_checks.tick_of("PRICE", text.price, instrument) if text.price else None,
        "trigger_tick": order_checks.tick_of("--trigger", text.trigger, instrument) if text.trigger else None,
        "till_us": order_checks.time_us(text.till) if text.till else 0,
        "post_only": "reject" if text.post_only else "slide" if text.slide else "",
        "display_lots": text.show or None,
        "minimum_lots": text.minimum or None,
    }
    request = session.new(
        text.side, instrument, text.lots, order_type=text.order_type, tif=text.tif, tag=text.tag, account=account,
        cancel_on_disconnect=not keep, **terms,
    )  # fmt: skip
    return msgspec.structs.replace(request, client_order_id=text.client_id) if text.client_id else request


async def send(session: Session, request: Request, json: bool) -> Ok:
    """Send a request and wait for its reply. With `json` a refusal is printed before it is raised."""
    try:
        return await session.request(request)
    except Refused as refused:
        if json:
            print_json(refused.error)
        raise


async def _print_fills(session: Session, client_id: str, wait_s: float, json: bool) -> None:
    """Print the fills of an order until it is done or the time is over."""
    events: AsyncIterator[Event] = session.events()
    try:
        async with asyncio.timeout(wait_s), aclosing(events) as read:  # type: ignore[type-var]
            async for event in read:
                # The order itself may be ahead of the event, so the state is that of the message.
                message = event.fill if isinstance(event, Filled) else getattr(event, "cause", None)
                if not isinstance(message, Fill | Exec) or message.client_order_id != client_id:
                    continue
                if isinstance(message, Fill):
                    _print_fill(message, json)
                if message.state in DONE:
                    return
    except TimeoutError:
        return


def _print_fill(fill: Fill, json: bool) -> None:
    if json:
        print_json(fill)
    else:
        print(f"fill {fill.trade_id}: {fill.lots} at {price_text(fill.price_tick)} as {fill.liquidity}", flush=True)


async def _cancel_rest(session: Session, request: New) -> None:
    """Cancel what still works of an order. One that has just ended is no failure."""
    try:
        await session.request(Cancel(request_id=1, account=request.account, client_order_id=request.client_order_id))
    except Refused as refused:
        if refused.error.name not in ("ORDER_DONE", "UNKNOWN_ORDER"):
            raise


async def _ask_what_if(session: Session, request: New, instrument: InstrumentDefinition, json: bool) -> None:
    """Print what an order would need, without sending it. UserError (code 1): the risk check would refuse it."""
    notes = []
    phase = session.core.feeds.phases.get(instrument.instrument, instrument.phase)
    if phase != "OPEN":
        notes.append(f"the market is in phase {phase}")
    priced = request.price_tick is not UNSET
    if isinstance(request.price_tick, int) and (outside := order_checks.outside_limits(request.price_tick, instrument)):
        notes.append(outside)
    if not session.core.key:
        notes.append("without a key the margin is not asked")
    elif not priced:
        notes.append("without PRICE the margin is not asked: it follows from the worst price")
    view = await session.what_if([request], account=request.account) if session.core.key and priced else None
    if json:
        print_json({"dry": True, "new": request} | ({"margin": view} if view else {}), sym=instrument.symbol)
    else:
        price = price_text(request.price_tick) if isinstance(request.price_tick, int) else request.order_type
        what = f"{SIDES[request.side]} {request.order_lots} {instrument.symbol} at {price} {request.tif}"
        print("; ".join([f"dry run, nothing sent: {what}", *notes]))
    for result in view.results if view else ():
        if result.code:
            raise UserError(refusal(result), EXIT_REFUSED)
        if not json:
            need, free = money_text(result.need_mills), money_text(result.free_margin_mills)
            print(f"passes: needs ${need}, free are ${free} before it")


async def change(place: Access, name: str, price: str, account: int, terms: dict[str, Any], json: bool) -> None:
    """Replace an order. UserError: it is not there, or the change is wrong.

    name    number or client id of the order
    terms   lots, trigger, show, tif, till, tag as typed; an absent one is unchanged
    """
    if not price and not any(terms.values()):
        raise UserError("nothing to change: give PRICE, --lots or another option")
    if bool(terms["till"]) != (terms["tif"] == "gtd"):
        raise UserError(f"--till belongs to --tif gtd, which needs it; --tif {terms['tif'] or 'unchanged'}")
    order_checks.check_names("", terms["tag"])
    async with asked(place) as session:
        order_id, client_id = parse_name(name)
        number = account_of(session, account)
        view = await session.find_order(client_id, order_id=order_id, account=number)
        symbols = await symbols_of(session)
        symbol = symbols.get(view.instrument, "")
        instrument = listed(session.core.feeds.by_symbol, symbol, place.url)
        if terms["lots"]:
            order_checks.check_lots("--lots", terms["lots"], instrument)
        trigger, till = terms["trigger"], terms["till"]
        request = Replace(
            request_id=1, account=number, order_id=view.order_id,
            price_tick=order_checks.tick_of("PRICE", price, instrument) if price else UNSET,
            order_lots=terms["lots"] or UNSET,
            trigger_tick=order_checks.tick_of("--trigger", trigger, instrument) if trigger else UNSET,
            display_lots=terms["show"] or UNSET, tif=terms["tif"],
            expiry_us=order_checks.time_us(till) if till else 0, tag=terms["tag"],
        )  # fmt: skip
        reply = await send(session, request, json)
        view = await session.find_order(order_id=view.order_id, account=number)
        if json:
            print_json(view, sym=symbol, prio=reply.priority, why=reply.reason)
        else:
            place_kept = f"place in the queue {reply.priority}" if reply.priority else reply.reason
            print(order_line(view, symbol, place_kept))


def parse_name(text: str) -> tuple[int, str]:
    """(order id, 0) or ("", client order id): a text of digits is the number of an order."""
    if text.isascii() and text.isdigit():
        return int(text), ""
    order_checks.check_names(text, "")
    return 0, text
