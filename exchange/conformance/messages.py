"""Parses the messages of the scenario notation.

orders     id [book] B5@100 | S5@mkt | B5@mlm | B5 stop=104 | B5@108 stop=104, then any of
           ioc fok gtc gtd=t po slide disp=n min=n lmm=percent smp=KEY[:CR|CA|CB|DC] acct=A sess=S tag=t
           nocod (no cancel on disconnect) rie (reject if it would be elected at once)
messages   N order   X id (cancel)   R id total@price [disp=n] [stop=p] (replace)   U (uncross)   IOP   ST state
           T clock   MR account (reset protection)   MQ account book:lots@bid/lots@ask ... [sess=S]
           id is that of the last order accepted under it, or of a side of a quote like mm.M1b
           XA account [book] [B|S] [tag=t] [mmp]    cancel all that fit the filters; mmp: quotes under protection
           K, UK account | sess=S | firm=number [risk]    kill, lift a kill; risk: the clearing firm's desk asks
           D session [all] [acct=A]    disconnect; all: GTC orders too; acct: orders of the whole account
           TM account n    dead-man timer, in units of the clock; 0 disarms it
           D+ account mills    deposit             D- account mills    withdraw
           DL book settle@width [tick=n]    settlement, daily limits and increment of the next day, while CLOSED
           UC    like U, by the operator: the uncross may happen at the edge of the collar
           SS state [book]    change the state of the group or of one book, only if it is allowed; ST always changes it
"""

import re
from collections.abc import Callable

from exchange.codes import (
    CommandFlag,
    CommandKind,
    KillParty,
    MarketState,
    Scope,
)
from exchange.conformance.market import BOOKS, GROUP
from exchange.conformance.message import Message
from exchange.conformance.orders import (
    CLOCK_MAX,
    PRICE_MAX,
    REPLACED,
    SIDES,
    VALUES,
    is_order,
    read_lots,
    read_order,
    read_price,
    read_tag,
    text_of,
)
from exchange.conformance.words import Word, Words, name, notation_error, number

MS_PER_CLOCK = 1_000
TIMER_MAX = 3_600
FIRM_MAX = 10**9
PROTECTION = 1  # number of the only protection group that `mmp=` gives every account
MILLS_MAX = 10**17
FORCED = {"group": GROUP, "flags": int(CommandFlag.FORCE)}  # allows any change of state
STATES = {state.name.lower(): state for state in MarketState if state != MarketState.NONE}
QUOTE = re.compile(r"(\w+):([0-9]+)@(-?[0-9]+)/([0-9]+)@(-?[0-9]+)", re.ASCII)


def read_before(entry: Word) -> Message:
    """Parse an entry of the field `book before`: a message, or an order, which needs no N. NotationError: neither."""
    words = entry.words()
    if words and (words[0].text not in MESSAGES or is_order(words)):
        return read_order(entry, Words(entry))
    return read_message(entry)


def read_message(entry: Word) -> Message:
    """Parse an entry of the field `messages`. NotationError: it is not a message."""
    words = Words(entry)
    word = words.take(MESSAGE_ALLOWED)
    if word.text not in MESSAGES:
        raise notation_error(word, MESSAGE_ALLOWED)
    message = MESSAGES[word.text](entry, words)
    words.close()
    return message


def _cancel(entry: Word, words: Words) -> Message:
    return Message("X", text_of(entry), CommandKind.CANCEL, name(words.take("an order id"), "an order id"))


def _replace(entry: Word, words: Words) -> Message:
    target = name(words.take("an order id"), "an order id")
    allowed = "new total and price like 2@100, or 2@- to keep a stop without a limit"
    change = words.take(allowed)
    lots, at, price = change.text.partition("@")
    if not at:
        raise notation_error(change, allowed)
    fields = {"lots": read_lots(change.part(0, len(lots))), "flags": 0}
    if price == "-":
        fields["flags"] |= CommandFlag.KEEP_PRICE
    else:
        fields["price"] = number(change.part(len(lots) + 1), -PRICE_MAX, PRICE_MAX, "a price, or -")
    for word in words.rest():
        key, equals, _ = word.text.partition("=")
        if not equals or key not in REPLACED:
            raise notation_error(word, "disp=n stop=p")
        fields["flags"] |= REPLACED[key]
        fields |= VALUES[key](word.part(len(key) + 1))
    return Message("R", text_of(entry), CommandKind.REPLACE, target, fields=fields)


def _cancel_all(entry: Word, words: Words) -> Message:
    owner = name(words.take("an account"), "an account")
    fields: dict[str, int] = {"flags": 0}
    for word in words.rest():
        if word.text in BOOKS:
            fields["instrument"] = BOOKS[word.text]
        elif word.text in SIDES:
            fields |= {"side": SIDES[word.text], "flags": fields["flags"] | CommandFlag.BY_SIDE}
        elif word.text.startswith("tag="):
            fields |= {"tag": read_tag(word.part(4)), "flags": fields["flags"] | CommandFlag.BY_TAG}
        elif word.text == "mmp":
            fields |= {"protection_number": PROTECTION, "flags": fields["flags"] | CommandFlag.BY_PROTECTION}
        else:
            raise notation_error(word, f"{' '.join(BOOKS)}, B or S, tag=t, mmp")
    return Message("XA", text_of(entry), CommandKind.CANCEL_ALL, account=owner, fields=fields)


def _of_account(word: str, kind: CommandKind, fields: dict[str, int]) -> Callable[[Word, Words], Message]:
    def read(entry: Word, words: Words) -> Message:
        owner = name(words.take("an account"), "an account")
        return Message(word, text_of(entry), kind, account=owner, fields=fields)

    return read


def _cash(word: str, kind: CommandKind) -> Callable[[Word, Words], Message]:
    def read(entry: Word, words: Words) -> Message:
        owner = name(words.take("an account"), "an account")
        mills = number(words.take("mills"), -MILLS_MAX, MILLS_MAX, "mills")
        return Message(word, text_of(entry), kind, account=owner, fields={"amount_mills": mills})

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
            raise notation_error(word, "all acct=A")
    fields = {"flags": int(flags)}
    return Message("D", text_of(entry), CommandKind.DISCONNECT, account=owner, session=session, fields=fields)


def _timer(entry: Word, words: Words) -> Message:
    owner = name(words.take("an account"), "an account")
    wait = number(words.take("the clock"), 0, TIMER_MAX, "the clock")
    return Message("TM", text_of(entry), CommandKind.TIMER, account=owner, fields={"delay_ms": wait * MS_PER_CLOCK})


def _kill(word: str, kind: CommandKind) -> Callable[[Word, Words], Message]:
    def read(entry: Word, words: Words) -> Message:
        scope = words.take("an account, sess=S or firm=number")
        fields: dict[str, int] = {}
        owner = session = ""
        if scope.text.startswith("sess="):
            session = name(scope.part(5), "a session")
            fields["scope"] = Scope.SESSION
        elif scope.text.startswith("firm="):
            fields |= {"scope": Scope.FIRM, "killed_firm": number(scope.part(5), 1, FIRM_MAX, "a firm")}
        else:
            owner = name(scope, "an account")
        for party in words.rest():
            if party.text != "risk":
                raise notation_error(party, "risk")
            fields["kill_party"] = KillParty.RISK
        return Message(word, text_of(entry), kind, account=owner, session=session, fields=fields)

    return read


def _clock(entry: Word, words: Words) -> Message:
    clock = number(words.take("the clock"), 0, CLOCK_MAX, "the clock")
    return Message("T", text_of(entry), CommandKind.CLOCK, clock=clock)


def _indicative(entry: Word, words: Words) -> Message:
    return Message("IOP", text_of(entry), CommandKind.INDICATIVE, fields={"instrument": BOOKS["M1"]})


def _uncross(entry: Word, words: Words) -> Message:
    return Message("U", text_of(entry), CommandKind.SET_STATE, fields={"market_state": MarketState.OPEN, **FORCED})


def _clamped(entry: Word, words: Words) -> Message:
    flags = int(CommandFlag.FORCE | CommandFlag.CLAMP)
    fields = {"market_state": MarketState.OPEN, "group": GROUP, "flags": flags}
    return Message("UC", text_of(entry), CommandKind.SET_STATE, fields=fields)


def _state(word: str) -> Callable[[Word, Words], Message]:
    def read(entry: Word, words: Words) -> Message:
        wanted = words.take(" ".join(STATES))
        if wanted.text not in STATES:
            raise notation_error(wanted, " ".join(STATES))
        fields = {"market_state": STATES[wanted.text], **(FORCED if word == "ST" else {"group": GROUP})}
        if word == "SS" and words.waiting:
            fields |= {"instrument": book(words.take("a book")), "group": 0}
        return Message(word, text_of(entry), CommandKind.SET_STATE, fields=fields)

    return read


def _day_limits(entry: Word, words: Words) -> Message:
    index = book(words.take("a book"))
    allowed = "settlement and width of the daily limits like 110@20"
    word = words.take(allowed)
    settle, at, _ = word.text.partition("@")
    if not at:
        raise notation_error(word, allowed)
    fields = {"instrument": index, "settle_tick": read_price(word.part(0, len(settle)))}
    fields["width"] = number(word.part(len(settle) + 1), 0, PRICE_MAX, "a width")
    if words.waiting:
        word = words.take("tick=n")
        if not word.text.startswith("tick="):
            raise notation_error(word, "tick=n")
        fields["min_inc"] = number(word.part(5), 1, PRICE_MAX, "an increment")
    return Message("DL", text_of(entry), CommandKind.DAY_LIMITS, fields=fields)


def _mass_quote(entry: Word, words: Words) -> Message:
    owner = name(words.take("an account"), "an account")
    entries: list[dict[str, int]] = []
    session = ""
    allowed = f"book:lots@bid/lots@ask with a book of {' '.join(BOOKS)}, like M1:5@99/5@101"
    for word in [words.take(allowed), *words.rest()]:
        if entries and word.text.startswith("sess="):
            session = name(word.part(5), "a session")
            continue
        found = QUOTE.fullmatch(word.text)
        if found is None or found[1] not in BOOKS:
            raise notation_error(word, allowed)
        entries.append(
            {
                "instrument": BOOKS[found[1]],
                "bid_lots": read_lots(word.part(*found.span(2))),
                "bid_tick": read_price(word.part(*found.span(3))),
                "ask_lots": read_lots(word.part(*found.span(4))),
                "ask_tick": read_price(word.part(*found.span(5))),
                "flags": CommandFlag.MORE,
            }
        )
    entries[-1]["flags"] = 0
    return Message(
        "MQ",
        text_of(entry),
        CommandKind.QUOTE,
        account=owner,
        session=session,
        entries=tuple(entries),
    )


def book(word: Word) -> int:
    """The index of the book that a word names. NotationError: no book."""
    if word.text not in BOOKS:
        raise notation_error(word, " ".join(BOOKS))
    return BOOKS[word.text]


MESSAGES: dict[str, Callable[[Word, Words], Message]] = {
    "N": read_order,
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
    "MR": _of_account("MR", CommandKind.MMP_RESET, {"protection_number": PROTECTION}),
    "MQ": _mass_quote,
    "IOP": _indicative,
    "U": _uncross,
    "UC": _clamped,
    "ST": _state("ST"),
    "SS": _state("SS"),
    "DL": _day_limits,
}
MESSAGE_ALLOWED = f"a message: {' '.join(MESSAGES)}"
