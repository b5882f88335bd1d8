"""Runs a scenario on a venue: sets up its market, sends its messages, and returns the events as text."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from exchange.codes import CommandKind, EventKind, MarketState, OrderType, Side
from exchange.conformance.event_text import Names, event_texts, id_of
from exchange.conformance.market import BOOKS, GROUP, LIMIT_TICKS, account_payload, parameter_name, scenario_listing
from exchange.conformance.message import Message
from exchange.conformance.messages import PROTECTION
from exchange.conformance.notation import Scenario
from exchange.conformance.venues import ConformanceVenue
from exchange.engine.control.checks import ControlError
from exchange.records import pack_client_order_id
from exchange.reference.rows import Command
from exchange.units import NS_PER_S

FUNDS = 10**15
UNBOUNDED_NS = 10**18
STEPS_MAX = 10_000  # trades on the way to a last price
# Accounts that trade to make a last price. No name in a scenario has a space, so they cannot clash.
MAKER, TAKER = "maker of last", "taker of last"
REFUSALS = ("REJ ", "RREJ ", "CREJ ", "REFUSED ")

S = MarketState


class CannotRun(Exception):
    """The venue cannot set up the scenario's market, an account or a last price; the message says why."""


@dataclass(frozen=True)
class Result:
    """The result of a scenario on a venue, as text in the notation.

    events           events of the messages
    end              positions and cash at the end, in the form of the scenario's field `end`
    refused_before   rejections while the book before was set up
    """

    events: list[str]
    end: list[str]
    refused_before: list[str]


def run_scenario(scenario: Scenario, venue: ConformanceVenue) -> Result:
    """Run a scenario on a new venue. CannotRun: the venue cannot set it up."""
    try:
        runner = Runner(scenario, venue)
        before = [event for message in scenario.before for event in runner.send(message)]
        events = [event for message in scenario.messages for event in runner.send(message)]
        refused = [event for event in before if event.startswith(REFUSALS)]
        return Result(events, [runner.end(entry) for entry in scenario.end], refused)
    except ControlError as error:
        raise CannotRun(str(error)) from None


class Runner:
    """Runs one scenario on one venue: sets up the market, sends messages, translates names to numbers and back."""

    def __init__(self, scenario: Scenario, venue: ConformanceVenue) -> None:
        self.venue = venue
        self.parameters = scenario.parameters
        self.protects = any(scenario.parameters.get(name) for name in ("mmp", "mmpfills", "mmpdelta", "mmphours"))
        self.accounts: dict[str, int] = {}
        self.sessions: dict[str, int] = {}
        self.leads: dict[int, int] = {}
        self.users: dict[int, set[int]] = {}  # session -> accounts that have used it
        self.owners: dict[str, tuple[int, int]] = {}  # id -> (account, the venue's order id of a quote's side, else 0)
        self.reserved: set[int] = set()  # books that have a state of their own
        self.sequence = self.clock = 0
        payload = scenario_listing(scenario.parameters, _prices(scenario))
        self._list(payload)
        for state in (S.PREOPEN, S.NOCANCEL, S.OPEN):
            self._apply(CommandKind.SET_STATE, market_state=state, group=GROUP)
        for instrument in payload["instruments"]:
            last = scenario.parameters.get(parameter_name("ltp", instrument["symbol"]))
            if last is not None:
                self._set_last(instrument["index"], instrument["settle_tick"], last)

    def send(self, message: Message) -> list[str]:
        """Send one message; returns its events as text."""
        if message.kind == CommandKind.DAY_LIMITS:
            return self._set_day_limits(**message.fields)
        fields = dict(message.fields)
        if message.target:
            fields |= self._order(message)
        elif message.account:
            fields["account"] = self._account(message.account)
        if message.session:
            fields |= self._session(message)
        if message.lead:
            self._lead(fields["account"], message.lead)
        if message.word in ("U", "UC") and BOOKS["M1"] in self.reserved:
            fields |= {"instrument": BOOKS["M1"], "group": 0}
        self.clock = max(self.clock, message.clock)
        if message.entries:
            return self._mass_quote(message, fields)
        if message.kind == CommandKind.MMP_RESET and not self.protects:
            self._protect(fields["account"])
        return self._apply(message.kind, **fields)

    def _order(self, message: Message) -> dict[str, int]:
        """COMMAND fields that name a message's order: the last one accepted under its id (ORDER-005).

        A side of a quote has no client order id (QUOTE-001), so the venue's order id is used.
        """
        if message.target not in self.owners:
            self.owners[message.target] = self._account(message.account or "a"), 0
        account, order_id = (self._account(message.account), 0) if message.account else self.owners[message.target]
        return _client(message.target) | {"account": account, "order_id": order_id}

    def _mass_quote(self, message: Message, fields: dict[str, int]) -> list[str]:
        """Send a QUOTE command for each entry; returns all their events as text."""
        if self.protects:
            fields["protection_number"] = PROTECTION
        return [event for entry in message.entries for event in self._apply(message.kind, **fields, **entry)]

    def _session(self, message: Message) -> dict[str, int]:
        """COMMAND fields of a message's session. A disconnect names the account too, if only one has used it."""
        number = self.sessions.setdefault(message.session, len(self.sessions) + 1)
        if message.kind in (CommandKind.KILL, CommandKind.UNKILL):
            return {"killed_session": number}
        users = self.users.setdefault(number, set())
        if message.account or message.target:
            users.add(self._account(message.account) if message.account else self.owners[message.target][0])
        elif len(users) == 1:
            return {"session": number, "account": min(users)}
        return {"session": number}

    def end(self, entry: str) -> str:
        """The position or cash that an entry of the field `end` asks about, in the same form."""
        name, what, *_ = entry.split()
        account = self._account(name)
        if what == "cash":
            return f"{name} cash {self.venue.cash_mills(account) - self.parameters.get('cash', FUNDS)}"
        lots, open_value_tick_lots = self.venue.position(account, BOOKS[what])
        return f"{name} {what} {lots}@{open_value_tick_lots}"

    def _account(self, name: str) -> int:
        if name not in self.accounts:
            helper = name in (MAKER, TAKER)
            number = self.accounts[name] = len(self.accounts) + 1
            self.venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(number, {} if helper else self.parameters))
            funds = FUNDS if helper else self.parameters.get("cash", FUNDS)
            if funds:
                refused = self._apply(CommandKind.DEPOSIT, account=number, amount_mills=funds)
                if refused:
                    raise CannotRun(f"no cash for account {name}: {refused[0]}")
            if self.protects and not helper:
                self._protect(number)
        return self.accounts[name]

    def _list(self, payload: dict[str, Any]) -> None:
        """List the books. CannotRun: the venue has too few price levels for them, or a price is not possible."""
        try:
            self.venue.control(CommandKind.LIST, payload)
        except ControlError as error:
            wide = [book for book in payload["instruments"] if book["high_tick"] - book["low_tick"] > 2 * LIMIT_TICKS]
            asked = ", ".join(f"{book['symbol']} {book['low_tick']}..{book['high_tick']}" for book in wide)
            raise CannotRun(f"{error}{'; asked for: ' if asked else ''}{asked}") from None

    def _lead(self, account: int, percent: int) -> None:
        """Make an account lead market maker of all pro-rata books (PRO-003)."""
        self.leads[account] = percent
        if self.parameters.get("algo", 0):
            self.venue.control(CommandKind.LEAD_MAKERS, {"makers": list(self.leads.items()), "group": GROUP})

    def _set_day_limits(self, instrument: int, settle_tick: int, width: int, min_inc: int = 0) -> list[str]:
        """Set a book's settlement, daily limits `width` ticks around it, and increment (0: unchanged)."""
        widths = {"velocity_ticks": self.parameters.get("vel", 0), "breaker_ticks": self.parameters.get("dcb", 0)}
        widths["collar_ticks"] = self.parameters.get("collar", 0)
        low_tick, high_tick = settle_tick - width, settle_tick + width
        limits = {"index": instrument, "settle_tick": settle_tick, "low_tick": low_tick, "high_tick": high_tick}
        limits |= {"min_inc": min_inc} if min_inc else {}
        payload = {"books": [limits | widths], "by_two": True}
        return event_texts(self.venue.control(CommandKind.DAY_LIMITS, payload), self._names())

    def _protect(self, number: int) -> None:
        """Define an account's protection group; thresholds that are not in the parameters are off (MMP-001)."""
        window = self.parameters.get("mmpwin", 0)
        refused = self._apply(
            CommandKind.MMP_SET, account=number, protection_number=PROTECTION, group=GROUP,
            lots_max=self.parameters.get("mmp", 0), window_ns=window * NS_PER_S if window else UNBOUNDED_NS,
            fills_max=self.parameters.get("mmpfills", 0), delta_lots_max=self.parameters.get("mmpdelta", 0),
            hours_max=self.parameters.get("mmphours", 0),
        )  # fmt: skip
        if refused:
            raise CannotRun(f"no protection for account {number}: {refused[0]}")

    def _set_last(self, index: int, settle_tick: int, last_tick: int) -> None:
        """Make a last price: two helper accounts trade at it in an uncross, which no price guard stops.

        If there is a band, they trade in steps that stay within it.
        """
        tick, lots = self.parameters.get("tick", 1), self.parameters.get("lot", 1)
        steps = list(islice(_band_steps(settle_tick, last_tick, self.parameters.get("band", 0), tick), STEPS_MAX + 1))
        if len(steps) > STEPS_MAX:
            raise CannotRun(f"no last price {last_tick}: it needs more than {STEPS_MAX} steps within the band")
        for price in steps:
            common = {"instrument": index, "lots": lots, "price": price}
            self._apply(CommandKind.SET_STATE, market_state=S.PAUSED, group=GROUP)
            answers = self._apply(
                CommandKind.NEW, account=self._account(MAKER), side=Side.SELL, **_client("maker"), **common
            )
            answers += self._apply(
                CommandKind.NEW, account=self._account(TAKER), side=Side.BUY, **_client("taker"), **common
            )
            traded = self._apply(CommandKind.SET_STATE, market_state=S.OPEN, group=GROUP)
            if not any(event.startswith("TRD") for event in traded):
                raise CannotRun(f"no last price {last_tick}: {'; '.join(answers)}")

    def _apply(self, kind: CommandKind, **fields: Any) -> list[str]:
        """Send one command; returns its events as text. Its time is the scenario's clock in seconds, plus 1 ns for each
        command so far."""
        self.sequence += 1
        time_ns = self.clock * NS_PER_S + self.sequence
        events = self.venue.apply(Command(sequence=self.sequence, time_ns=time_ns, kind=kind, **fields))
        names = self._names()
        for event in events:
            if event.kind == EventKind.STATE_CHANGED and event.instrument:
                (self.reserved.discard if event.market_state == S.OPEN else self.reserved.add)(event.instrument)
            if event.kind == EventKind.ORDER_ACCEPTED:
                order_id = event.order_id if event.order_type == OrderType.QUOTE else 0
                self.owners[id_of(event, names)] = event.account, order_id
        return event_texts(events, names)

    def _names(self) -> Names:
        accounts = {number: name for name, number in self.accounts.items()}
        sessions = {number: name for name, number in self.sessions.items()}
        return Names(accounts, sessions, bool(self.parameters.get("imp", 0)))


def _client(name: str) -> dict[str, int]:
    words = pack_client_order_id(name)
    return {f"client_order_id_{number}": word for number, word in enumerate(words)}


def _prices(scenario: Scenario) -> dict[int, list[int]]:
    """Book -> prices in the scenario. A price in a replace counts for every book where its id was entered."""
    prices: dict[int, list[int]] = {index: [] for index in BOOKS.values()}
    for name, index in BOOKS.items():
        last = scenario.parameters.get(parameter_name("ltp", name))
        prices[index] += [] if last is None else [last]
    books: dict[str, set[int]] = {}
    for message in (*scenario.before, *scenario.messages):
        if message.kind in (CommandKind.NEW, CommandKind.REPLACE):
            if message.kind == CommandKind.NEW:
                books.setdefault(message.target, set()).add(message.fields["instrument"])
            for index in books.get(message.target, ()):
                prices[index] += [message.fields[name] for name in ("price", "trigger") if name in message.fields]
        for entry in message.entries:
            sides = (("bid_lots", "bid_tick"), ("ask_lots", "ask_tick"))
            prices[entry["instrument"]] += [entry[price] for lots, price in sides if entry[lots]]
    return prices


def _band_steps(start: int, last: int, band: int, tick: int) -> Iterator[int]:
    """Yield prices on the increment from `start` to `last`, each within the band around the one before."""
    sign = 1 if last > start else -1
    while band and abs(last - start) > band:
        reach = start + sign * band
        reach -= sign * (sign * reach % tick)
        if reach == start:
            break  # the band is narrower than the increment
        start = reach
        yield start
    yield last
