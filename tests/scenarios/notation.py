"""Reads scenario lines and runs them on anything that applies COMMAND rows.

A line is `id | rule codes | parameters | book before | messages | expected events [| end]`. Beyond the
notation of the shared scenarios these tables know:

    messages     XA acct [book] [B|S] [tag=t]   cancel all, with filters      UK acct   lift a kill
                 D+ acct mills, D- acct mills   deposit, withdraw
                 SS state [book]   ask for exactly this change, of the group or of one book
    orders       tag=t
    parameters   cash=mills, maxpos=lots, maxord=lots, lot=lots, tick=n of every account and book; fee=1 fees on
    end          `acct book lots@price-sum` positions, `acct cash mills` after the last message
"""

import re
from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol

from exchange.codes import (
    CancelReason,
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    MarketState,
    PostOnly,
    RejectReason,
    Side,
    TimeInForce,
)
from exchange.records import pack_client_order_id, pack_tag, unpack_client_order_id
from tests.market import account_payload, scenario_listing
from tests.rows import Command

BOOKS = {"M1": 1, "M2": 2, "SP": 3, "ST": 4, "M3": 5, "TS": 6}
BOOK_NAMES = {index: name for name, index in BOOKS.items()}
SIDES = {"B": Side.BUY, "S": Side.SELL}
GROUP = 1
FUNDS = 10**15
HELPERS = ("maker-of-last", "taker-of-last")
# What this exchange does not do yet: a line that uses one of these is not run.
NOT_YET = re.compile(
    r"disp=|stop=|\bslide\b|smp=|gtd=|@mkt|@mlm|lmm=|algo=prorata|imp=1|vel=|mmp|maxshow|\bMQ |\bMR |\bD \d|\bT \d"
)

S = MarketState
STEPS = {
    S.CLOSED: [S.PREOPEN],
    S.PREOPEN: [S.NOCANCEL],
    S.NOCANCEL: [S.OPEN],
    S.OPEN: [S.RESERVED, S.PAUSED, S.HALT, S.CLOSED],
    S.RESERVED: [S.OPEN],
    S.PAUSED: [S.OPEN],
    S.HALT: [S.OPEN, S.CLOSED],
}


class Venue(Protocol):
    """What a scenario runs on: the reference or the compiled engine."""

    def control(self, kind: CommandKind, payload: dict[str, Any]) -> None: ...
    def apply(self, command: Any) -> list[Any]: ...
    def position(self, account: int, index: int) -> tuple[int, int]: ...
    def cash_mills(self, account: int) -> int: ...


@dataclass(frozen=True)
class Scenario:
    name: str
    codes: tuple[str, ...]
    parameters: dict[str, int]
    before: list[str]
    messages: list[str]
    expected: list[str]
    end: list[str]
    line: str


def read_scenarios(text: str) -> list[Scenario]:
    """Every scenario of a table, comments left out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [_scenario(line) for line in lines]


def _scenario(line: str) -> Scenario:
    fields = [field.strip() for field in line.split("|")]
    assert len(fields) in (6, 7), f"a scenario has six or seven fields: {line}"
    name, codes, parameters, before, messages, expected, end = [*fields, "-"][:7]
    values = dict(entry.split("=") for entry in parameters.split() if entry != "-")
    known = {key: int(value) for key, value in values.items() if re.fullmatch(r"-?\d+", value)}
    return Scenario(
        name, tuple(codes.split()), known, _entries(before), _entries(messages), _entries(expected), _entries(end), line
    )


def _entries(field: str) -> list[str]:
    return [entry.strip() for entry in field.split(";") if entry.strip() and entry.strip() != "-"]


class Stage:
    """One scenario on one venue: speaks the notation, keeps names of accounts, counts sequences."""

    def __init__(self, venue: Venue, parameters: dict[str, int]) -> None:
        self.venue = venue
        self.parameters = parameters
        self.accounts: dict[str, int] = {}
        self.owners: dict[str, str] = {}
        self.state = S.CLOSED
        self.sequence = 0
        venue.control(CommandKind.LIST, scenario_listing(parameters))
        self._walk(S.OPEN)
        for book in ("M1", "M2", "SP", "ST", "TS", "M3"):
            last = parameters.get("ltp" if book == "M1" else f"ltp.{book}")
            if last is not None:
                self._order(f"l1 {book} S1@{last} acct={HELPERS[0]}")
                self._order(f"l2 {book} B1@{last} acct={HELPERS[1]}")

    def send(self, message: str) -> list[str]:
        """Events of one message, in the notation."""
        word, _, rest = message.partition(" ")
        if word == "N":
            return self._order(rest)
        if word == "X":
            return self._target(CommandKind.CANCEL, rest)
        if word == "R":
            return self._replace(rest)
        if word == "XA":
            return self._cancel_all(rest)
        if word in ("K", "UK"):
            return self._apply(CommandKind.KILL if word == "K" else CommandKind.UNKILL, account=self._account(rest))
        if word in ("D+", "D-"):
            name, mills = rest.split()
            kind = CommandKind.DEPOSIT if word == "D+" else CommandKind.WITHDRAW
            return self._apply(kind, account=self._account(name), price=int(mills))
        if word == "IOP":
            return self._apply(CommandKind.INDICATIVE, instrument=1)
        if word == "SS":
            return self._set_state(*rest.split())
        if word in ("U", "ST"):
            return self._walk(S.OPEN if word == "U" else S[rest.upper()])
        return self._order(message)

    def _account(self, name: str) -> int:
        if name not in self.accounts:
            number = self.accounts[name] = len(self.accounts) + 1
            self.venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(number, self.parameters))
            funds = FUNDS if name in HELPERS else self.parameters.get("cash", FUNDS)
            if funds:
                self._apply(CommandKind.DEPOSIT, account=number, price=funds)
        return self.accounts[name]

    def _order(self, text: str) -> list[str]:
        name, *words = text.split()
        fields: dict[str, Any] = {"instrument": 1, "tif": TimeInForce.DAY}
        owner = "a"
        for word in words:
            key, _, value = word.partition("=")
            if word in BOOKS:
                fields["instrument"] = BOOKS[word]
            elif found := re.fullmatch(r"([BS])(\d+)@(-?\d+)", word):
                fields |= {"side": SIDES[found[1]], "lots": int(found[2]), "price": int(found[3])}
            elif word in ("ioc", "fok", "gtc"):
                fields["tif"] = TimeInForce[word.upper()]
            elif word == "po":
                fields["post_only"] = PostOnly.REJECT
            elif key == "acct":
                owner = value
            else:
                fields |= {"min": lambda v: {"minimum_lots": int(v)}, "sess": lambda v: {"session": int(v)},
                           "tag": lambda v: {"tag": pack_tag(v)}}[key](value)  # fmt: skip
        self.owners.setdefault(name, owner)
        return self._apply(CommandKind.NEW, account=self._account(owner), **_client(name), **fields)

    def _target(self, kind: CommandKind, name: str, **fields: Any) -> list[str]:
        account = self._account(self.owners.get(name, "a"))
        return self._apply(kind, account=account, **_client(name), **fields)

    def _replace(self, text: str) -> list[str]:
        name, change, *_ = text.split()
        total, price = change.split("@")
        return self._target(CommandKind.REPLACE, name, lots=int(total), price=int(price))

    def _cancel_all(self, text: str) -> list[str]:
        owner, *words = text.split()
        fields: dict[str, Any] = {"flags": 0}
        for word in words:
            if word in BOOKS:
                fields["instrument"] = BOOKS[word]
            elif word in SIDES:
                fields |= {"side": SIDES[word], "flags": fields["flags"] | CommandFlag.BY_SIDE}
            else:
                fields |= {"tag": pack_tag(word.removeprefix("tag=")), "flags": fields["flags"] | CommandFlag.BY_TAG}
        return self._apply(CommandKind.CANCEL_ALL, account=self._account(owner), **fields)

    def _walk(self, wanted: MarketState) -> list[str]:
        """Take the group to a state by the shortest way that the table allows; tells the last step's state only."""
        told: list[str] = []
        for step in _way(self.state, wanted):
            events = self._apply(CommandKind.SET_STATE, order_type=step, group=GROUP)
            told += [event for event in events if step == wanted or not event.startswith("STA")]
        self.state = wanted
        return told

    def _set_state(self, name: str, book: str = "") -> list[str]:
        wanted = S[name.upper()]
        scope = {"instrument": BOOKS[book]} if book else {"group": GROUP}
        told = self._apply(CommandKind.SET_STATE, order_type=wanted, **scope)
        if not book and any(event.startswith("STA") for event in told):
            self.state = wanted
        return told

    def _apply(self, kind: CommandKind, **fields: Any) -> list[str]:
        self.sequence += 1
        events = self.venue.apply(Command(sequence=self.sequence, time_ns=self.sequence, kind=kind, **fields))
        names = {number: name for name, number in self.accounts.items()}
        return told_events(events, names)

    def end(self, entry: str) -> str:
        """What an entry of the last field should read."""
        name, what, *_ = entry.split()
        account = self._account(name)
        if what == "cash":
            return f"{name} cash {self.venue.cash_mills(account) - self.parameters.get('cash', FUNDS)}"
        lots, mark_num = self.venue.position(account, BOOKS[what])
        return f"{name} {what} {lots}@{mark_num}"


def _client(name: str) -> dict[str, int]:
    words = pack_client_order_id(name)
    return {f"client_order_id_{number}": word for number, word in enumerate(words)}


def _way(start: MarketState, wanted: MarketState) -> list[MarketState]:
    ways = deque([[start]])
    while ways:
        way = ways.popleft()
        if way[-1] == wanted:
            return way[1:]
        ways.extend([*way, step] for step in STEPS[way[-1]] if step not in way)
    raise AssertionError(f"no way from {start} to {wanted}")


def run(scenario: Scenario, venue: Venue) -> tuple[list[str], list[str]]:
    """(events told, end told) of a scenario."""
    stage = Stage(venue, scenario.parameters)
    for entry in scenario.before:
        stage.send(entry)
    told = [event for message in scenario.messages for event in stage.send(message)]
    return told, [stage.end(entry) for entry in scenario.end]


def sorted_runs(events: list[str]) -> list[str]:
    """Unbroken runs of CXL with one reason of ORDER-014's list sorted by id, before comparing."""
    result: list[str] = []
    run_of: list[str] = []
    reason = ""
    for event in [*events, ""]:
        found = re.fullmatch(r"CXL \S+ \d+ (KILL|COD|MMP|VELOCITY|EXPIRED)", event)
        if run_of and (not found or found[1] != reason):
            result += sorted(run_of)
            run_of = []
        if found:
            run_of.append(event)
            reason = found[1]
        else:
            result.append(event)
    return result[:-1]


# --- events as text


def told_events(events: list[Any], accounts: dict[int, str]) -> list[str]:
    """EVENT rows in the notation; a trade's two rows become one TRD, positions and cash are not told."""
    told: list[str] = []
    pending: Any = None
    for event in events:
        if event.kind == EventKind.FILL:
            if pending is None:
                pending = event
                continue
            told.append(f"TRD {_name(pending)} {_name(event)} {event.lots}@{event.price}")
            pending = None
        elif event.kind in TOLD:
            told.append(TOLD[EventKind(event.kind)](event, accounts))
    return told


def _name(event: Any) -> str:
    return unpack_client_order_id(event.client_order_id_0, event.client_order_id_1, event.client_order_id_2)


def _reject(event: Any, _: dict[int, str]) -> str:
    return f"{EventKind(event.kind).name} {_name(event)} {RejectReason(event.reason).name}".replace("  ", " ")


def _replaced(event: Any, _: dict[int, str]) -> str:
    ends = {int(EventFlag.KEPT): " keep", int(EventFlag.LOST): " lose", 0: ""}
    return f"RPL {_name(event)}{ends[event.flags]}"


def _indicative(event: Any, _: dict[int, str]) -> str:
    if event.flags & EventFlag.EMPTY:
        return "IOP none"
    return f"IOP {event.lots}@{event.price} imb={event.leaves_lots}"


TOLD = {
    EventKind.ACK: lambda event, _: f"ACK {_name(event)}",
    EventKind.REJ: _reject,
    EventKind.RREJ: _reject,
    EventKind.CREJ: _reject,
    EventKind.RST: lambda event, _: f"RST {_name(event)} {event.lots}@{event.price}",
    EventKind.RPL: _replaced,
    EventKind.CXL: lambda event, _: f"CXL {_name(event)} {event.lots} {CancelReason(event.reason).name}",
    EventKind.UNX: lambda event, _: f"UNX {event.lots}@{event.price} imb={event.leaves_lots}",
    EventKind.IOP: _indicative,
    EventKind.STA: lambda event, _: f"STA {MarketState(event.state).name.lower()}",
    EventKind.KIL: lambda event, accounts: f"KIL {accounts[event.account]}",
    EventKind.REFUSED: lambda event, _: f"REFUSED {RejectReason(event.reason).name}",
}
