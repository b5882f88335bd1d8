"""Checks of an order before it is sent, against what the venue says of its instrument.

The venue checks all of it again. Here a mistake costs no message, and `--dry-run` finds it without an order.
"""

import re
from datetime import UTC, datetime
from typing import NamedTuple

from exchange.cli.prices import parse_price
from exchange.errors import UserError
from exchange.units import price_text
from exchange.wire.fields import PRICE_BOUND
from exchange.wire.messages import InstrumentDefinition
from exchange.wire.requests import SideText, TifText, TypeText

IMMEDIATE = ("ioc", "fok")
CLIENT_ID, TAG = re.compile(r"[A-Za-z0-9_.:-]{1,24}"), re.compile(r"[A-Za-z0-9_.:-]{1,8}")
PRICED, TRIGGERED = ("limit", "stop_limit"), ("stop", "stop_limit")


class OrderText(NamedTuple):
    """An order as it was typed. Empty texts and zeros are what was not typed."""

    side: SideText
    lots: int
    symbol: str
    price: str = ""
    order_type: TypeText = "limit"
    trigger: str = ""
    tif: TifText = "day"
    till: str = ""
    post_only: bool = False
    slide: bool = False
    show: int = 0
    minimum: int = 0
    client_id: str = ""
    tag: str = ""


def check_words(order: OrderText) -> None:
    """Raise UserError for words that do not go together. It needs no venue."""
    if order.order_type in PRICED and not order.price:
        raise UserError(f"a {order.order_type} order needs PRICE: give it after the symbol, or --type market")
    if bool(order.trigger) != (order.order_type in TRIGGERED):
        raise UserError(f"--trigger belongs to --type stop and stop_limit, each needs one; --type {order.order_type}")
    if bool(order.till) != (order.tif == "gtd"):
        raise UserError(f"--till belongs to --tif gtd, which needs it; --tif {order.tif}")
    if order.post_only and order.slide:
        raise UserError("--post-only refuses an order that would trade, --slide reprices it: give one of them")
    if (order.post_only or order.slide) and (order.tif in IMMEDIATE or order.order_type != "limit"):
        raise UserError("--post-only and --slide are for limit orders that rest: not with --tif ioc or fok")
    if order.tif in IMMEDIATE and order.show:
        raise UserError(f"--show is for an order that rests: not with --tif {order.tif}")
    check_names(order.client_id, order.tag)


def check_names(client_id: str, tag: str) -> None:
    """Raise UserError for a client order id or a tag that no order may have; an empty one is none."""
    for option, text, pattern, most in (("--id", client_id, CLIENT_ID, 24), ("--tag", tag, TAG, 8)):
        if text and pattern.fullmatch(text) is None:
            raise UserError(f"{option} {text!r} is not 1 to {most} characters from A-Z a-z 0-9 _ . : -")
    if client_id.isdigit():
        raise UserError(f"--id {client_id} has only digits, which name an order by its number: add a letter")


def check_lots(name: str, lots: int, instrument: InstrumentDefinition) -> None:
    """Raise UserError if no order of the instrument may have so many lots."""
    low, high = instrument.order_lots_min, instrument.order_lots_max
    if not low <= lots <= high:
        raise UserError(f"{name} {lots} not in {low}..{high} for {instrument.symbol}")


def tick_of(name: str, text: str, instrument: InstrumentDefinition) -> int:
    """The price in ticks. UserError: it is no price, or between the instrument's increments."""
    tick = parse_price(name, text)
    low = -PRICE_BOUND if instrument.combo else 1
    if not low <= tick <= PRICE_BOUND:
        raise UserError(f"{name} {text} is not in {price_text(low)} to {price_text(PRICE_BOUND)}")
    step = instrument.minimum_increment
    if tick % step:
        below = tick // step * step
        near = f"{price_text(below)} and {price_text(below + step)}"
        raise UserError(
            f"{name} {text} is off the tick of {instrument.symbol}, {price_text(step)}: the nearest are {near}"
        )
    return tick


def check_rests(tif: str, instrument: InstrumentDefinition) -> None:
    """Raise UserError if the order would rest and the instrument takes none that does."""
    if instrument.ioc_only and tif not in IMMEDIATE:
        raise UserError(f"{instrument.symbol} takes immediate orders only: add --tif ioc or --tif fok")


def outside_limits(tick: int, instrument: InstrumentDefinition) -> str:
    """A sentence if a price is outside the limits of the day, which the venue refuses unless the order may wait."""
    low, high = instrument.limit_ticks
    if low <= tick <= high:
        return ""
    return f"price {price_text(tick)} is outside the limits of the day, {price_text(low)} to {price_text(high)}"


def time_us(text: str) -> int:
    """Microseconds since 1970 of a time like 2026-12-01T15:00, UTC unless it says otherwise. UserError: it is none."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"--till {text!r} is not a time like 2026-12-01T15:00 (UTC)") from None
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return int(time.timestamp()) * 1_000_000
