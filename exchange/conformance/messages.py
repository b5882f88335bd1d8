"""Orders and messages of the scenario notation, read into what a stage needs to send them.

orders     id [book] B5@100 | S5@mkt | B5@mlm | B5 stop=104 | B5@108 stop=104, then any of
           ioc fok gtc gtd=t po slide disp=n min=n lmm=percent smp=KEY[:CR|CA|CB|DC] acct=A sess=S tag=t
messages   N order   X id   R id total@price [disp=n] [stop=p]   U   IOP   ST state   K account   D session
           T clock   MR account   MQ account book:lots@bid/lots@ask ...
ours       XA account [book] [B|S] [tag=t] cancel all, with filters
           K and UK (lift a kill) of an account, sess=S or firm=number, then risk: the clearing firm's desk is the party
           D session [all] [acct=A]: GTC too, of the whole account   TM account n: its dead-man timer, 0 disarms
           nocod, rie in an order: spared by cancel on disconnect; rejected if it would be elected at once
           D+ account mills, D- account mills deposit, withdraw
           DL book settle@width settlement and daily limits of the next day, while CLOSED
           SS state [book] ask for exactly this change, of the group or of one book
"""

import re
import zlib
from collections.abc import Callable

from exchange.codes import (
    CommandFlag,
    CommandKind,
    KillParty,
    MarketState,
    OrderType,
    PostOnly,
    Scope,
    Side,
    SmpMode,
    TimeInForce,
)
from exchange.conformance.market import BOOKS, GROUP
from exchange.conformance.message import Message
from exchange.conformance.words import Word, Words, name, number, wrong
from exchange.records import TAG_BYTES, pack_tag
from exchange.units import NS_PER_S

LOTS_MAX = (1 << 31) - 1
PRICE_MAX = 10**12
CLOCK_MAX = 10**9
MS_PER_CLOCK = 1_000
TIMER_MAX = 3_600
FIRM_MAX = 10**9
MILLS_MAX = 10**17
# A lead market maker without acct= has an account of its own; a space keeps it apart from accounts of scenarios.
LEAD_ACCOUNT = "lead "
SIDES = {"B": Side.BUY, "S": Side.SELL}
FORCED = {"group": GROUP, "flags": int(CommandFlag.FORCE)}  # whatever the group's state was before
STATES = {state.name.lower(): state for state in MarketState if state != MarketState.NONE}
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
QUOTE = re.compile(r"(\w+):([0-9]+)@(-?[0-9]+)/([0-9]+)@(-?[0-9]+)", re.ASCII)
SIDE_WORD = re.compile(r"([BS])([0-9]+)(?:@(.*))?", re.ASCII)


def read_before(entry: Word) -> Message:
    """An entry of the book before: a message, or an order without its N."""
    words = entry.words()
    if words and (words[0].text not in MESSAGES or _is_order(words)):
        return _order(entry, Words(entry))
    return read_message(entry)


def read_message(entry: Word) -> Message:
    """An entry of the messages. NotationError: it is none."""
    words = Words(entry)
    word = words.take(MESSAGE_ALLOWED)
    if word.text not in MESSAGES:
        raise wrong(word, MESSAGE_ALLOWED)
    message = MESSAGES[word.text](entry, words)
    words.close()
    return message


def _is_order(words: list[Word]) -> bool:
    """Whether an entry that begins like a message is an order of that id."""
    texts = [word.text for word in words[1:] if word.text not in BOOKS]
    found = SIDE_WORD.fullmatch(texts[0]) if texts else None
    return found is not None and (found[3] is not None or any(text.startswith("stop=") for text in texts))


# --- orders


def _order(entry: Word, words: Words) -> Message:
    target = name(words.take("an order id"), "an order id")
    names = {"acct": "a", "sess": ""}
    fields: dict[str, int] = {"instrument": BOOKS["M1"], "tif": TimeInForce.DAY}
    said: set[str] = set()
    lead = 0
    for word in words.rest():
        key, value, told = _element(word)
        if key in said:
            raise wrong(word, f"{key} once in an order")
        said.add(key)
        fields |= told
        if key in names:
            names[key] = name(value, key)
        if key == "lmm":
            lead = number(value, 0, 100, "percent")
    if lead and "acct" not in said:
        names["acct"] = LEAD_ACCOUNT + target
    if "side" not in said or ("price" not in fields and "trigger" not in fields and "order_type" not in fields):
        raise wrong(entry.end(), SIDE_ALLOWED)
    if "trigger" in fields:
        fields["order_type"] = _stop_type(entry, fields)
    if "slide" in said:
        fields["post_only"] = PostOnly.SLIDE
    features = tuple(sorted(said))
    return Message("N", _text(entry), CommandKind.NEW, target, names["acct"], names["sess"], 0, fields, features, lead)


def _stop_type(entry: Word, fields: dict[str, int]) -> int:
    """A limit makes a stop-limit order, no price or @mkt a plain stop."""
    given = OrderType(fields.get("order_type", OrderType.LIMIT if "price" in fields else OrderType.MARKET))
    if given not in STOPS:
        raise wrong(entry, "stop= with a price, or without one")
    return STOPS[given]


def _element(word: Word) -> tuple[str, Word, dict[str, int]]:
    """(what it is about, its value, COMMAND fields) of one word of an order."""
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
    raise wrong(word, ORDER_ALLOWED)


def _side(word: Word) -> dict[str, int]:
    lots, _, price = word.text[1:].partition("@")
    fields: dict[str, int] = {"side": SIDES[word.text[0]]}
    fields["lots"] = number(word.part(1, 1 + len(lots)), 0, LOTS_MAX, "lots")
    if price in MARKETS:
        return fields | {"order_type": MARKETS[price]}
    if "@" in word.text:
        fields["price"] = _price(word.part(2 + len(lots)))
    return fields


def _price(word: Word) -> int:
    return number(word, -PRICE_MAX, PRICE_MAX, "a price, mkt or mlm")


def _lots(word: Word) -> int:
    return number(word, 0, LOTS_MAX, "lots")


def _smp(value: Word) -> dict[str, int]:
    """Equal keys are equal numbers, none of them 0."""
    key, colon, mode = value.text.partition(":")
    if colon and mode not in SMP_MODES:
        raise wrong(value.part(len(key) + 1), " ".join(SMP_MODES))
    key = name(value.part(0, len(key)), "a self-match key")
    return {"smp_id": zlib.crc32(key.encode("ascii")) or 1, "smp_mode": SMP_MODES[mode or "CR"]}


def _tag(value: Word) -> int:
    return pack_tag(name(value, "a tag", TAG_BYTES))


# Word -> (what it is about, COMMAND fields).
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
    "disp": lambda value: {"display_lots": _lots(value)},
    "min": lambda value: {"minimum_lots": _lots(value)},
    "stop": lambda value: {"trigger": number(value, -PRICE_MAX, PRICE_MAX, "a price")},
    "smp": _smp,
    "tag": lambda value: {"tag": _tag(value)},
    "lmm": lambda _: {},
    "acct": lambda _: {},
    "sess": lambda _: {},
}
# What a replace may change by name.
REPLACED = {"disp": CommandFlag.SET_DISPLAY, "stop": CommandFlag.SET_TRIGGER}


# --- messages


def _cancel(entry: Word, words: Words) -> Message:
    return Message("X", _text(entry), CommandKind.CANCEL, name(words.take("an order id"), "an order id"))


def _replace(entry: Word, words: Words) -> Message:
    target = name(words.take("an order id"), "an order id")
    allowed = "new total and price like 2@100, or 2@- to keep a stop without a limit"
    change = words.take(allowed)
    lots, at, price = change.text.partition("@")
    if not at:
        raise wrong(change, allowed)
    fields = {"lots": _lots(change.part(0, len(lots))), "flags": 0}
    if price == "-":
        fields["flags"] |= CommandFlag.KEEP_PRICE
    else:
        fields["price"] = number(change.part(len(lots) + 1), -PRICE_MAX, PRICE_MAX, "a price, or -")
    for word in words.rest():
        key, equals, _ = word.text.partition("=")
        if not equals or key not in REPLACED:
            raise wrong(word, "disp=n stop=p")
        fields["flags"] |= REPLACED[key]
        fields |= VALUES[key](word.part(len(key) + 1))
    return Message("R", _text(entry), CommandKind.REPLACE, target, fields=fields)


def _cancel_all(entry: Word, words: Words) -> Message:
    owner = name(words.take("an account"), "an account")
    fields: dict[str, int] = {"flags": 0}
    for word in words.rest():
        if word.text in BOOKS:
            fields["instrument"] = BOOKS[word.text]
        elif word.text in SIDES:
            fields |= {"side": SIDES[word.text], "flags": fields["flags"] | CommandFlag.BY_SIDE}
        elif word.text.startswith("tag="):
            fields |= {"tag": _tag(word.part(4)), "flags": fields["flags"] | CommandFlag.BY_TAG}
        else:
            raise wrong(word, f"{' '.join(BOOKS)}, B or S, tag=t")
    return Message("XA", _text(entry), CommandKind.CANCEL_ALL, account=owner, fields=fields)


def _of_account(word: str, kind: CommandKind) -> Callable[[Word, Words], Message]:
    def read(entry: Word, words: Words) -> Message:
        owner = name(words.take("an account"), "an account")
        return Message(word, _text(entry), kind, account=owner, features=(word,))

    return read


def _cash(word: str, kind: CommandKind) -> Callable[[Word, Words], Message]:
    def read(entry: Word, words: Words) -> Message:
        owner = name(words.take("an account"), "an account")
        mills = number(words.take("mills"), -MILLS_MAX, MILLS_MAX, "mills")
        return Message(word, _text(entry), kind, account=owner, fields={"price": mills})

    return read


def _disconnect(entry: Word, words: Words) -> Message:
    session = name(words.take("a session"), "a session")
    owner, flags = "", CommandFlag.DAY_ONLY
    for word in words.rest():
        if word.text == "all":
            flags &= ~CommandFlag.DAY_ONLY
        elif word.text.startswith("acct="):
            owner = name(word.part(5), "an account")
            flags |= CommandFlag.WHOLE_ACCOUNT
        else:
            raise wrong(word, "all acct=A")
    fields = {"flags": int(flags)}
    return Message("D", _text(entry), CommandKind.DISCONNECT, account=owner, session=session, fields=fields)


def _timer(entry: Word, words: Words) -> Message:
    owner = name(words.take("an account"), "an account")
    wait = number(words.take("the clock"), 0, TIMER_MAX, "the clock")
    return Message("TM", _text(entry), CommandKind.TIMER, account=owner, fields={"lots": wait * MS_PER_CLOCK})


def _kill(word: str, kind: CommandKind) -> Callable[[Word, Words], Message]:
    def read(entry: Word, words: Words) -> Message:
        whom = words.take("an account, sess=S or firm=number")
        fields: dict[str, int] = {}
        owner = session = ""
        if whom.text.startswith("sess="):
            session = name(whom.part(5), "a session")
            fields["order_type"] = Scope.SESSION
        elif whom.text.startswith("firm="):
            fields |= {"order_type": Scope.FIRM, "group": number(whom.part(5), 1, FIRM_MAX, "a firm")}
        else:
            owner = name(whom, "an account")
        for party in words.rest():
            if party.text != "risk":
                raise wrong(party, "risk")
            fields["reason"] = KillParty.RISK
        return Message(word, _text(entry), kind, account=owner, session=session, fields=fields)

    return read


def _clock(entry: Word, words: Words) -> Message:
    clock = number(words.take("the clock"), 0, CLOCK_MAX, "the clock")
    return Message("T", _text(entry), CommandKind.CLOCK, clock=clock, features=("T",))


def _indicative(entry: Word, words: Words) -> Message:
    return Message("IOP", _text(entry), CommandKind.INDICATIVE, fields={"instrument": BOOKS["M1"]})


def _uncross(entry: Word, words: Words) -> Message:
    return Message("U", _text(entry), CommandKind.SET_STATE, fields={"order_type": MarketState.OPEN, **FORCED})


def _state(word: str) -> Callable[[Word, Words], Message]:
    def read(entry: Word, words: Words) -> Message:
        wanted = words.take(" ".join(STATES))
        if wanted.text not in STATES:
            raise wrong(wanted, " ".join(STATES))
        fields = {"order_type": STATES[wanted.text], **(FORCED if word == "ST" else {"group": GROUP})}
        if word == "SS" and words.waiting:
            fields |= {"instrument": book(words.take("a book")), "group": 0}
        return Message(word, _text(entry), CommandKind.SET_STATE, fields=fields)

    return read


def _day_limits(entry: Word, words: Words) -> Message:
    index = book(words.take("a book"))
    allowed = "settlement and width of the daily limits like 110@20"
    word = words.take(allowed)
    settle, at, _ = word.text.partition("@")
    if not at:
        raise wrong(word, allowed)
    fields = {"instrument": index, "price": _price(word.part(0, len(settle)))}
    fields["lots"] = number(word.part(len(settle) + 1), 0, PRICE_MAX, "a width")
    return Message("DL", _text(entry), CommandKind.DAY_LIMITS, fields=fields)


def _mass_quote(entry: Word, words: Words) -> Message:
    owner = name(words.take("an account"), "an account")
    allowed = f"book:lots@bid/lots@ask with a book of {' '.join(BOOKS)}, like M1:5@99/5@101"
    for word in [words.take(allowed), *words.rest()]:
        found = QUOTE.fullmatch(word.text)
        if found is None or found[1] not in BOOKS:
            raise wrong(word, allowed)
        for group in (2, 4):
            _lots(word.part(*found.span(group)))
            number(word.part(*found.span(group + 1)), -PRICE_MAX, PRICE_MAX, "a price")
    return Message("MQ", _text(entry), CommandKind.QUOTE, account=owner, features=("MQ",))


def book(word: Word) -> int:
    """Index of a book's name."""
    if word.text not in BOOKS:
        raise wrong(word, " ".join(BOOKS))
    return BOOKS[word.text]


def _text(entry: Word) -> str:
    return " ".join(entry.text.split())


MESSAGES: dict[str, Callable[[Word, Words], Message]] = {
    "N": _order,
    "X": _cancel,
    "R": _replace,
    "XA": _cancel_all,
    "K": _kill("K", CommandKind.KILL),
    "UK": _kill("UK", CommandKind.UNKILL),
    "D+": _cash("D+", CommandKind.DEPOSIT),
    "D-": _cash("D-", CommandKind.WITHDRAW),
    "D": _disconnect,
    "T": _clock,
    "TM": _timer,
    "MR": _of_account("MR", CommandKind.MMP_RESET),
    "MQ": _mass_quote,
    "IOP": _indicative,
    "U": _uncross,
    "ST": _state("ST"),
    "SS": _state("SS"),
    "DL": _day_limits,
}
MESSAGE_ALLOWED = f"a message: {' '.join(MESSAGES)}"
