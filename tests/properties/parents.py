"""A parent of each kind with its children, on engine and reference, for laws of cascade and variation."""

from itertools import pairwise
from typing import Any

from exchange.clearing_codes import Life
from exchange.codes import CommandKind, MarketState, PeriodKind, Side, TimeInForce
from exchange.limits import MEDIUM, Limits
from tests.ending import outright
from tests.funded import RICH, Funded
from tests.market import MONTH, commodity
from tests.venues import Pair

MONTH_HOURS = (744, 672, 744, 720, 744, 720, 744, 744, 720, 744, 720, 744)
YEARS_HOURS = (8_760, 8_784, 8_760, 8_760, 8_760)  # 2027 to 2031
PARENT = 1
FIRST_CHILD = 2
ACCOUNTS = (1, 2, RICH)
# First month and number of months of each child (CASCADE-001).
CHILDREN = {
    "Q": [(0, 1), (1, 1), (2, 1)],
    "C": [(0, 1), (1, 1), (2, 1), (3, 3), (6, 3), (9, 3)],
    "T3": [(0, 12), (12, 12), (24, 12)],
    "T5": [(0, 12), (12, 12), (24, 12), (36, 12), (48, 12)],
}


def months_of(first: int, count: int) -> list[tuple[int, int]]:
    """(month, GPU-hours of a lot) of some months from January 2027 on; 29 days in February 2028."""
    hours = [MONTH_HOURS[number % 12] + 24 * (number == 13) for number in range(first, first + count)]
    return [(MONTH + number, hour) for number, hour in zip(range(first, first + count), hours, strict=True)]


def family(kind: str, **terms: Any) -> list[dict[str, Any]]:
    """The parent and its children, as instruments of a LIST payload. `terms`: of all of them."""
    parts = CHILDREN[kind]
    months = [months_of(0, sum(count for _, count in parts)), *(months_of(*part) for part in parts)]
    assert all(one[0] + one[1] == other[0] for one, other in pairwise(parts))
    return [
        outright(index, f"{kind}-{index}", sum(hours for _, hours in one), one,
                 **{"period_kind": PeriodKind.YEAR, "term": index == PARENT and kind[0] == "T", **terms})
        for index, one in enumerate(months, PARENT)
    ]  # fmt: skip


class Family(Funded):
    """The market of one parent. All accounts can pay everything, without fees.

    books, hours   of parent and children, by book
    """

    def __init__(
        self, kind: str, rates: tuple[int, int, int], mills: int, limits: Limits = MEDIUM, **terms: Any
    ) -> None:
        listed = family(kind, **terms)
        psr, intra, tier = rates
        rows = [commodity(1, 1, psr_mills=psr, intra_mills=intra, tier_mills=tier)]
        self.hours = {one["index"]: one["hours"] for one in listed}
        self.children = [index for index in self.hours if index != PARENT]
        self.day, self.pair, self.sequence = 0, Pair(limits), 0
        self.pair.control(CommandKind.LIST, {"commodities": rows, "instruments": listed})
        for account in ACCOUNTS:
            self.account(account, mills, maxterm=1_000_000)
        self.states(MarketState.PREOPEN, MarketState.OPEN)

    def deal(self, buyer: int, seller: int, lots: int, price: int, book: int = PARENT) -> None:
        """The seller's order rests, the buyer's takes it."""
        assert self.new(seller, Side.SELL, lots, price, book) == "ACK"
        assert self.new(buyer, Side.BUY, lots, price, book, tif=TimeInForce.IOC) == "ACK"

    def mark(self, pays: bool = False) -> None:
        self.day += pays
        self.pair.control(CommandKind.MARK, {"pays": True, "day": self.day} if pays else {})

    def close_at(self, prices: dict[int, int], low_tick: int, high_tick: int) -> None:
        """A day ends with these settlements; its variation is paid."""
        self.states(MarketState.CLOSED)
        books = [
            {"index": book, "settle_tick": price, "low_tick": low_tick, "high_tick": high_tick}
            for book, price in prices.items()
        ]
        self.pair.control(CommandKind.DAY_LIMITS, {"books": books, "by_two": True})

    def reopen(self) -> None:
        self.states(MarketState.PREOPEN, MarketState.OPEN)

    def cascade(self) -> list[Any]:
        return self.pair.control(CommandKind.CASCADE, {"parent": PARENT, "children": self.children})

    def expire(self, *books: int, fee_mills: int = 0) -> list[Any]:
        ends = [{"index": book, "life": Life.SETTLED} for book in books]
        return self.pair.control(CommandKind.EXPIRE, {"books": ends, "fee_mills": fee_mills, "day": 20_811})

    def cash(self) -> dict[int, int]:
        accounts = self.pair.fast.engine.states[0].accounts
        return {account: int(accounts[account].cash_mills) for account in ACCOUNTS}

    def held(self, account: int, book: int) -> tuple[int, int]:
        """(lots, value in tick lots)."""
        return self.pair.fast.position(account, book)

    def compare(self) -> None:
        self.pair.compare_accounts()
        self.pair.compare_books()
