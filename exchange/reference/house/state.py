"""All state of the house: members, orders, contracts, prices, the index. Sums are computed when they are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from contracts_spec.schema import Spec
from exchange.reference.house.ledger import Ledger
from exchange.reference.house.terms import Contract
from exchange.units import NS_PER_S

OPENING_MILLS = 10**12  # of an account that is named for the first time
MINUTE_NS = 60 * NS_PER_S
IndexName = tuple[str, str]  # chip and tier


@dataclass
class Holding:
    """A member's position in an outright: signed lots, and the sum of price x lots, counted from the last variation."""

    lots: int = 0
    mark_num: int = 0


@dataclass(frozen=True)
class MarginCall:
    """Full margin of the last run, which the member's equity must come back to, and until when."""

    required_mills: int
    due_ns: int


@dataclass
class Member:
    """An account. `standing`: OPEN, CLOSE_ONLY, LIQUIDATING, DEFAULTED; `stated`: entries in statements so far."""

    name: str
    opening_mills: int
    standing: str = "OPEN"
    call: MarginCall | None = None
    holdings: dict[str, Holding] = field(default_factory=dict)
    stated: int = 0

    def lots(self, symbol: str) -> int:
        return self.holdings[symbol].lots if symbol in self.holdings else 0

    def positions(self) -> dict[str, int]:
        """Lots by symbol, without flat positions."""
        return {symbol: holding.lots for symbol, holding in self.holdings.items() if holding.lots}


@dataclass
class WorkingOrder:
    """An order, also after its end. `side`: +1 buys, -1 sells; `status`: WORKING, FILLED or GONE, with the reason."""

    name: str
    member: str
    side: int
    lots_left: int
    symbol: str
    price: int
    gtc: bool = False
    status: str = "WORKING"
    why: str | None = None


@dataclass
class DayFigures:
    """Prints of a book since the last close: the last price, and (price, lots) of those in the closing window."""

    last: int | None = None
    window: list[tuple[int, int]] = field(default_factory=list)

    @property
    def window_lots(self) -> int:
        return sum(lots for _, lots in self.window)


@dataclass(frozen=True)
class Settled:
    """A published settlement. `at_limit`: it stood at a limit of its day, so the next day's are wider."""

    day: date
    price: int
    method: str
    flagged: bool = False
    at_limit: bool = False


@dataclass(frozen=True)
class TakenValue:
    """An index value that is frozen, and where it comes from; None: the day waits for a committee."""

    value: int | None
    how: str


@dataclass(frozen=True)
class CascadeRecord:
    """One cascade: what each member gave up and received, in mills at the parent's price (CASCADE-004)."""

    parent: str
    hours: tuple[int, int]  # of the parent, of all children
    given: Mapping[str, int]
    received: Mapping[str, int]


@dataclass
class HouseState:
    """Everything that the house knows.

    day        the trading day: from the close of the date before to its own
    contracts  all that were ever listed, by symbol; `life` where each of them stands
    settled    published settlements by symbol, oldest first
    orders     those accepted since the last close or working still, in the order of entry
    past       orders by name that had ended at a close
    rows       arrived index prints, None: taken away; `ahead`: those given before their time
    margins    full margins that were asked for, by positions and months with the delivery add-on
    mark_due_ns  when the next mark finds something new; 0: it would find nothing
    """

    spec: Spec
    now_ns: int
    day: date
    ledger: Ledger = field(default_factory=Ledger)
    members: dict[str, Member] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)
    life: dict[str, str] = field(default_factory=dict)
    settled: dict[str, list[Settled]] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    figures: dict[str, DayFigures] = field(default_factory=dict)
    orders: list[WorkingOrder] = field(default_factory=list)
    past: dict[str, WorkingOrder] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    source: dict[IndexName, str] = field(default_factory=dict)
    rows: dict[tuple[IndexName, date], int | None] = field(default_factory=dict)
    ahead: dict[tuple[IndexName, date], int | None] = field(default_factory=dict)
    rentals: dict[tuple[IndexName, date], list[tuple[str, int, int]]] = field(default_factory=dict)
    taken: dict[tuple[IndexName, date], TakenValue] = field(default_factory=dict)
    flags: dict[str, frozenset[str]] = field(default_factory=dict)
    statements: dict[str, dict[str, int]] = field(default_factory=dict)
    cascades: list[CascadeRecord] = field(default_factory=list)
    margins: dict[tuple[frozenset[tuple[str, int]], frozenset[str]], dict[str, int]] = field(default_factory=dict)
    mark_due_ns: int = 0

    def member(self, name: str) -> Member:
        """The account of that name, opened if it is named for the first time."""
        if name not in self.members:
            self.open_member(name, OPENING_MILLS)
        return self.members[name]

    def open_member(self, name: str, mills: int) -> None:
        self.members[name] = Member(name, mills)
        self.ledger.post(self.now_ns, "opening", "bank", name, mills)

    def figures_of(self, symbol: str) -> DayFigures:
        """Prints of a book on this trading day; none yet: empty."""
        return self.figures.get(symbol, DayFigures())

    def working(self, member: str) -> list[WorkingOrder]:
        """A member's working orders, oldest first."""
        return [order for order in self.orders if order.member == member and order.status == "WORKING"]

    def listed(self) -> list[Contract]:
        """Outrights that trade today, in the order in which they were listed."""
        return [one for one in self.contracts.values() if one.is_outright and self.life.get(one.symbol) == "LISTED"]

    def prior(self, symbol: str) -> Settled:
        """The last published settlement of an outright."""
        return self.settled[symbol][-1]

    def touch(self) -> None:
        """Something has happened: the next full minute has something to mark."""
        self.mark_due_ns = self.mark_due_ns or (self.now_ns // MINUTE_NS + 1) * MINUTE_NS
