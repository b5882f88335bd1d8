"""The engine's clearing house and the reference house play the same lines, and give the same answers.

A `HousePair` plays a line on both and compares how it ends; `compare` asks both for what a scenario could expect.
`shrunk` takes lines out of a scenario as long as the two still differ.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import count

from exchange.conformance.clearing.expectations import read_expectation
from exchange.conformance.clearing.house import ClearingHouse, NotBuilt
from exchange.conformance.clearing.lines import ExpectLine, SetupLine, VerbLine
from exchange.conformance.clearing.notation import read_clearing
from exchange.conformance.clearing.setup import SETUP
from exchange.conformance.engine_house.house import EngineHouse
from exchange.conformance.engine_house.orders import both_orders, foreseen, one_order
from exchange.conformance.engine_house.running import RunningVenue
from exchange.conformance.words import Word
from exchange.engine import query
from exchange.errors import UserError
from exchange.reference.house.house import ReferenceHouse
from exchange.reference.house.margin import free_mills
from exchange.reference.house.orders import refusal
from exchange.reference.house.state import HouseState, WorkingOrder

HEAD = "scenario R | SPEC-001 | Random lines\n"
RISKY = ("order", "trade", "withdraw")
OF_ACCOUNT = ("cash", "equity", "account", "call", "margin", "statement")
OF_INSTRUMENT = ("state", "mark", "limits", "phase")
OF_OUTRIGHT = ("settle", "open")
FLAGS = ("SPOT", "SINGLE_MONTH", "ALL_MONTHS")


class Difference(AssertionError):
    """Engine and reference differ; the message says in what. `kind`: what is the same in a shorter scenario."""

    def __init__(self, text: str, kind: str) -> None:
        super().__init__(text)
        self.kind = kind


class HousePair:
    """Both houses, opened by the same set-up lines.

    skipped   expectations that the engine has not got yet
    bounded   lines left out because only one house refuses them for RISK: the hold may be bounded in several ways
    """

    def __init__(self, setup: Sequence[str]) -> None:
        scenario = read_clearing(HEAD + "\n".join(setup) + "\n", "random")[0]
        self.lines: list[str] = list(setup)
        self.setup: tuple[SetupLine, ...] = scenario.setup
        self.reference, self.engine = ReferenceHouse(), EngineHouse()
        self.houses: tuple[ClearingHouse, ClearingHouse] = (self.reference, self.engine)
        self.skipped: set[str] = set()
        self.ended: set[str] = set()  # orders
        self.compared = self.bounded = 0
        for house in self.houses:
            house.set_up(scenario.start_ns, scenario.setup)

    @property
    def state(self) -> HouseState:
        """What the reference knows, for whoever chooses the next line."""
        return self.reference.state

    def advance(self, time_ns: int) -> None:
        """Run both to a moment."""
        for house in self.houses:
            house.advance(time_ns)

    def play(self, line: VerbLine) -> str | None:
        """Play a line at its moment on both. Returns the reason of a refusal. Difference: it ends in two ways."""
        self.advance(line.time_ns)
        if self._is_bounded_otherwise(line):
            self.bounded += 1
            return "bounded"
        self.lines.append(line.text)
        before = self.engine.state_hash()
        expected, actual = (house.carry_out(line) for house in self.houses)
        if expected != actual:
            ends = f"reference {expected or 'accepted'}, engine {actual or 'accepted'}"
            raise Difference(f"{line.text}: {ends}", f"{line.name} {ends}")
        if actual is not None and self.engine.state_hash() != before:
            raise Difference(f"{line.text}: refused, and something has changed", f"{line.name} changed")
        self._compare(of_names(sorted(self.state.members), ("cash",)))
        return expected

    def _is_bounded_otherwise(self, line: VerbLine) -> bool:
        """Whether one house would refuse a line for RISK, and the other would not (MARGIN-013)."""
        if line.name not in RISKY:
            return False
        reasons = {_of_reference(self.state, line), _of_engine(self.engine.venue, line)}
        return len(reasons) > 1 and "RISK" in reasons

    def compare(self, everything: bool = False) -> None:
        """Ask both about accounts, orders, and books that have traded. Difference: an answer differs, or something is
        broken.

        everything   ask about all instruments
        """
        for house in self.houses:
            if broken := house.broken():
                raise Difference(f"{type(house).__name__}: {'; '.join(broken)}", type(house).__name__)
        self._compare(of_names(sorted(self.state.members), OF_ACCOUNT))
        self._compare(self._of_positions())
        self._compare(self._of_orders())
        symbols = self.state.contracts if everything else [one for one in self.state.figures if one in self.state.life]
        self._compare(of_instruments(self.state, symbols))

    def _of_positions(self) -> Iterator[str]:
        for name, member in sorted(self.state.members.items()):
            yield from (f"position {name} {symbol}" for symbol in sorted(member.holdings))
            yield from (f"flag {name} {flag}" for flag in FLAGS)
        yield "fees"

    def _of_orders(self) -> Iterator[str]:
        """Orders by name, each until it has been seen at its end."""
        for order in [*self.state.past.values(), *self.state.orders]:
            if order.name and order.name not in self.ended:
                yield f"order {order.name}"
                if order.status != "WORKING":
                    self.ended.add(order.name)

    def _compare(self, asked: Iterator[str]) -> None:
        for text in asked:
            self.compared += 1
            line = asking(text)
            expected = self.reference.answer(line)
            try:
                actual = self.engine.answer(line)
            except NotBuilt:
                self.skipped.add(text.split()[0])
                continue
            if expected != actual:
                raise Difference(f"expect {text}: reference {expected}, engine {actual}", text.split()[0])


def _of_reference(state: HouseState, line: VerbLine) -> str | None:
    """The reason for which the reference would refuse a line."""
    values = line.values
    if line.name == "withdraw":
        return "RISK" if values["mills"] > free_mills(state, state.member(values["account"])) else None
    side = 1 if values["side"] == "buys" else -1
    terms = values["lots"], values["symbol"], values["price"]
    orders = [WorkingOrder(values.get("order", ""), values["account"], side, *terms, bool(values.get("gtc")))]
    if line.name == "trade":
        orders.insert(0, WorkingOrder("", values["maker"], -side, *terms))
    return next(filter(None, (refusal(state, one) for one in orders)), None)


def _of_engine(venue: RunningVenue, line: VerbLine) -> str | None:
    """The reason for which the engine would refuse a line."""
    values = line.values
    if line.name == "withdraw":
        free = query.margin(venue.states, venue.account(values["account"])).free_margin_mills
        return "RISK" if values["mills"] > free else None
    orders = both_orders(venue, values) if line.name == "trade" else (one_order(venue, values),)
    return next(filter(None, (foreseen(venue, one) for one in orders)), None)


def of_names(accounts: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    return (f"{name} {account}" for account in accounts for name in names)


def of_instruments(state: HouseState, symbols: Iterable[str]) -> Iterator[str]:
    """Everything that can be asked about instruments."""
    for symbol in symbols:
        live = state.life.get(symbol) == "LISTED"
        names = (OF_INSTRUMENT if live else ("state",), OF_OUTRIGHT if state.contracts[symbol].is_outright else ())
        yield from (f"{name} {symbol}" for several in names for name in several)


_ANSWERS = {
    "cash": "0", "equity": "0", "account": "OPEN", "call": "0", "margin": "total 0", "statement": "vm 0", "flag": "yes",
    "position": "0", "state": "NONE", "mark": "0", "limits": "0..0", "phase": "OPEN", "settle": "0", "open": "0",
    "order": "GONE", "fees": "0", "index": "0 PRINT",
}  # fmt: skip


@cache
def asking(text: str) -> ExpectLine:
    """A line that asks. Its own answer is never looked at."""
    word = Word(f"{text} {_ANSWERS[text.split()[0]]}", "random", 1)
    name, values, question = read_expectation(word.words(), word.end())
    return ExpectLine("random", text, 0, name, values, question)


# --- scenarios as text


def difference_of(lines: Sequence[str]) -> Difference | None:
    """In what the houses differ when they play a text; None: in nothing, or the text is no scenario."""
    setup = [line for line in lines if line.split()[0] in SETUP]
    try:
        read = read_clearing(HEAD + "\n".join(lines) + "\n", "random")[0]
        pair = HousePair(setup)
        for line in read.lines:
            if isinstance(line, VerbLine):
                pair.advance(line.time_ns) if line.name in ("day", "close") else pair.play(line)
        pair.compare(everything=True)
    except Difference as error:
        return error
    except (NotBuilt, UserError):
        return None
    return None


def shrunk(lines: Sequence[str], kind: str, tries_max: int = 400) -> list[str]:
    """As few lines as still make a difference of a kind."""
    found, tries = list(lines), count()
    size = max(1, len(found) // 2)
    while size and next(tries) < tries_max:
        place = 0
        while place < len(found) and next(tries) < tries_max:
            fewer = found[:place] + found[place + size :]
            difference = difference_of(fewer) if fewer else None
            if difference is not None and difference.kind == kind:
                found = fewer
            else:
                place += size
        size //= 2
    return found
