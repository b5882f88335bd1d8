"""Parses the orders of the scenario notation into messages."""

import re
import zlib
from collections.abc import Callable

from exchange.codes import CommandFlag, CommandKind, OrderType, PostOnly, Side, SmpMode, TimeInForce
from exchange.conformance.market import BOOKS
from exchange.conformance.message import Message
from exchange.conformance.words import Word, Words, name, notation_error, number
from exchange.records import QUOTE_OWNER, TAG_BYTES, pack_tag
from exchange.units import NS_PER_S

LOTS_MAX = (1 << 31) - 1
PRICE_MAX = 10**12
CLOCK_MAX = 10**9
# Account of a lead market maker without acct=. No name in a scenario has a space, so it cannot clash.
LEAD_ACCOUNT = "lead "
SIDES = {"B": Side.BUY, "S": Side.SELL}
SMP_MODES = {
    "CR": SmpMode.CANCEL_RESTING,
    "CA": SmpMode.CANCEL_AGGRESSOR,
    "CB": SmpMode.CANCEL_BOTH,
    "DC": SmpMode.DECREMENT,
}
MARKETS = {"mkt": OrderType.MARKET, "mlm": OrderType.MARKET_TO_LIMIT}
STOPS = {OrderType.LIMIT: OrderType.STOP_LIMIT, OrderType.MARKET: OrderType.STOP}
SIDE_ALLOWED = "side, lots and price like B5@100, S3@-4, B1@mkt, B1@mlm, or B1 with stop=104"
ORDER_ALLOWED = (
    f"{' '.join(BOOKS)}, one {SIDE_ALLOWED}, ioc fok gtc gtd=t po slide disp=n min=n lmm=percent stop=p "
    "smp=KEY[:CR|CA|CB|DC] acct=A sess=S tag=t nocod rie, each once"
)
SIDE_WORD = re.compile(r"([BS])([0-9]+)(?:@(.*))?", re.ASCII)


def is_order(words: list[Word]) -> bool:
    """Whether an entry that begins with a message word is really an order whose id is that word."""
    texts = [word.text for word in words[1:] if word.text not in BOOKS]
    found = SIDE_WORD.fullmatch(texts[0]) if texts else None
    return found is not None and (found[3] is not None or any(text.startswith("stop=") for text in texts))


def read_order(entry: Word, words: Words) -> Message:
    target = name(words.take("an order id"), "an order id")
    names = {"acct": "a", "sess": ""}
    fields: dict[str, int] = {"instrument": BOOKS["M1"], "tif": TimeInForce.DAY}
    said: set[str] = set()
    lead = 0
    for word in words.rest():
        key, value, given = _element(word)
        if key in said:
            raise notation_error(word, f"{key} once in an order")
        said.add(key)
        fields |= given
        if key in names:
            names[key] = name(value, key)
        if key == "lmm":
            lead = number(value, 0, 100, "percent")
    if lead and "acct" not in said:
        names["acct"] = LEAD_ACCOUNT + target
    if "side" not in said or ("price" not in fields and "trigger" not in fields and "order_type" not in fields):
        raise notation_error(entry.end(), SIDE_ALLOWED)
    if "trigger" in fields:
        fields["order_type"] = _stop_type(entry, fields)
    if "slide" in said:
        fields["post_only"] = PostOnly.SLIDE
    return Message("N", text_of(entry), CommandKind.NEW, target, names["acct"], names["sess"], 0, fields, lead)


def _stop_type(entry: Word, fields: dict[str, int]) -> int:
    """The order type of a stop: stop-limit if it has a price, plain stop with @mkt or without a price."""
    given = OrderType(fields.get("order_type", OrderType.LIMIT if "price" in fields else OrderType.MARKET))
    if given not in STOPS:
        raise notation_error(entry, "stop= with a price, or without one")
    return STOPS[given]


def _element(word: Word) -> tuple[str, Word, dict[str, int]]:
    """(element, its value, COMMAND fields) of one word of an order."""
    key, equals, _ = word.text.partition("=")
    value = word.part(len(key) + 1)
    if word.text in BOOKS:
        return "book", value, {"instrument": BOOKS[word.text]}
    if word.text in FLAGS:
        return (*FLAGS[word.text][:1], value, FLAGS[word.text][1])
    if equals and key in VALUES:
        return ("tif" if key == "gtd" else key), value, VALUES[key](value)
    if SIDE_WORD.fullmatch(word.text):
        return "side", value, _side(word)
    raise notation_error(word, ORDER_ALLOWED)


def _side(word: Word) -> dict[str, int]:
    lots, _, price = word.text[1:].partition("@")
    fields: dict[str, int] = {"side": SIDES[word.text[0]]}
    fields["lots"] = number(word.part(1, 1 + len(lots)), 0, LOTS_MAX, "lots")
    if price in MARKETS:
        return fields | {"order_type": MARKETS[price]}
    if "@" in word.text:
        fields["price"] = read_price(word.part(2 + len(lots)))
    return fields


def read_price(word: Word) -> int:
    return number(word, -PRICE_MAX, PRICE_MAX, "a price, mkt or mlm")


def read_lots(word: Word) -> int:
    return number(word, 0, LOTS_MAX, "lots")


def _given_lots(word: Word) -> int:
    """Lots of a display or minimum. A written 0 becomes -1, which is refused: 0 in a row means none (ORDER-001)."""
    return read_lots(word) or -1


def _smp(value: Word) -> dict[str, int]:
    """Self-match fields of a text KEY or KEY:MODE. Equal keys give equal ids; an id is never 0."""
    key, colon, mode = value.text.partition(":")
    if colon and mode not in SMP_MODES:
        raise notation_error(value.part(len(key) + 1), " ".join(SMP_MODES))
    key = name(value.part(0, len(key)), "a self-match key")
    return {"smp_id": zlib.crc32(key.encode("ascii")) % QUOTE_OWNER or 1, "smp_mode": SMP_MODES[mode or "CR"]}


def read_tag(value: Word) -> int:
    return pack_tag(name(value, "a tag", TAG_BYTES))


# Word -> (element, COMMAND fields).
FLAGS: dict[str, tuple[str, dict[str, int]]] = {
    "ioc": ("tif", {"tif": TimeInForce.IOC}),
    "fok": ("tif", {"tif": TimeInForce.FOK}),
    "gtc": ("tif", {"tif": TimeInForce.GTC}),
    "po": ("po", {"post_only": PostOnly.REJECT}),
    "rie": ("rie", {"flags": CommandFlag.REJECT_IF_ELECTED}),
    "slide": ("slide", {"post_only": PostOnly.SLIDE}),
    "nocod": ("nocod", {"flags": CommandFlag.NO_COD}),
}
VALUES: dict[str, Callable[[Word], dict[str, int]]] = {
    "gtd": lambda value: {"tif": TimeInForce.GTD, "expiry_ns": number(value, 0, CLOCK_MAX, "clock") * NS_PER_S},
    "disp": lambda value: {"display_lots": _given_lots(value)},
    "min": lambda value: {"minimum_lots": _given_lots(value)},
    "stop": lambda value: {"trigger": number(value, -PRICE_MAX, PRICE_MAX, "a price")},
    "smp": _smp,
    "tag": lambda value: {"tag": read_tag(value)},
    "lmm": lambda _: {},
    "acct": lambda _: {},
    "sess": lambda _: {},
}
# What a replace can change apart from total and price -> its flag.
REPLACED = {"disp": CommandFlag.SET_DISPLAY, "stop": CommandFlag.SET_TRIGGER}


def text_of(entry: Word) -> str:
    return " ".join(entry.text.split())
