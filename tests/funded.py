"""A market of H100 months at their launch figures, reference and engine side by side, with accounts as rich as a test
wants them: the figures of contracts.md section 8 to the mill."""

from typing import Any

from exchange.codes import ComboKind, CommandKind, EventKind, MarketState, RejectReason, Side, TimeInForce
from exchange.engine import query
from exchange.publish.account_views import margin_view
from exchange.reference.rows import Command
from tests.market import MONTH, account_payload, commodity, listing
from tests.venues import Pair

F27, G27, SPREAD, TERM = 1, 2, 3, 4
HOURS = {F27: 744, G27: 672, TERM: 26_304}
MARK, LOW, HIGH = 2_810, 2_248, 3_372
PSR, INTRA, TIER = 400, 60, 50
RICH = 9
REFUSALS = (EventKind.ORDER_REJECTED, EventKind.REPLACE_REJECTED, EventKind.COMMAND_REFUSED)


def h100_market(taker_fee: int = 0) -> dict[str, Any]:
    """Two months, their calendar, a term of three years."""
    fees = {"taker_fee": taker_fee, "auction_fee": taker_fee}
    day = {"settle_tick": MARK, "low_tick": LOW, "high_tick": HIGH, "protection_ticks": 50, **fees}
    months = {F27: [(MONTH, 744)], G27: [(MONTH + 1, 672)], TERM: [(MONTH + 12 + n, 730) for n in range(36)]}
    return {
        "commodities": [commodity(1, 1, psr_mills=PSR, intra_mills=INTRA, tier_mills=TIER)],
        "instruments": [
            listing(F27, "F27", hours=HOURS[F27], months=months[F27], **day),
            listing(G27, "G27", hours=HOURS[G27], months=months[G27], **day),
            listing(SPREAD, "F27-G27", combo=ComboKind.CALENDAR, legs=[(F27, 1), (G27, -1)], hours=HOURS[F27],
                    **{**day, "settle_tick": 0, "low_tick": -500, "high_tick": 500}),
            listing(TERM, "T3-28", hours=HOURS[TERM], months=months[TERM], term=True, **day),
        ],
    }  # fmt: skip


class Funded:
    """Opens the market. Account RICH can pay everything and takes the other side."""

    def __init__(self, taker_fee: int = 0, market: dict[str, Any] | None = None) -> None:
        """`market`: LIST payload; by default `h100_market`."""
        self.pair, self.sequence = Pair(), 0
        self.pair.control(CommandKind.LIST, market or h100_market(taker_fee))
        self.account(RICH, 10**15)
        self.states(MarketState.PREOPEN, MarketState.OPEN)

    def account(self, number: int, mills: int = 0, **limits: int) -> None:
        """Define an account, or give it other limits, and pay in."""
        self.pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(number, limits))
        if mills:
            assert self.row(CommandKind.DEPOSIT, account=number, amount_mills=mills) == ["CASH"]

    def states(self, *states: MarketState) -> None:
        for state in states:
            self.row(CommandKind.SET_STATE, group=1, market_state=state)

    def row(self, kind: CommandKind, **fields: Any) -> list[str]:
        """What becomes of a row: kinds of its events, a refusal with its reason."""
        return [_text(event) for event in self.events(kind, **fields)]

    def events(self, kind: CommandKind, **fields: Any) -> list[Any]:
        self.sequence += 1
        row = {"sequence": self.sequence, "time_ns": self.sequence, "request_id": self.sequence} | fields
        return self.pair.apply(Command(kind=kind, **row))

    def new(self, account: int, side: Side, lots: int, price: int = 0, book: int = F27, **fields: Any) -> str:
        """The first event of a new order, GTC if nothing else is said: ACK, or why not."""
        terms = {"instrument": book, "side": side, "lots": lots, "price": price, "tif": TimeInForce.GTC}
        return self.row(CommandKind.NEW, account=account, **terms | fields)[0]

    def trade(self, account: int, side: Side, lots: int, price: int, book: int = F27) -> None:
        """The account takes what RICH has entered for it."""
        assert self.new(RICH, Side(1 - side), lots, price, book) == "ACK"
        assert self.new(account, side, lots, price, book, tif=TimeInForce.IOC) == "ACK"

    def settle(self, mark: int, *books: int) -> None:
        """A day ends with this mark of these books, and as wide limits as before."""
        width = HIGH - MARK
        terms = [
            {"index": book, "settle_tick": mark, "low_tick": mark - width, "high_tick": mark + width} for book in books
        ]
        self.states(MarketState.CLOSED)
        self.pair.control(CommandKind.DAY_LIMITS, {"books": terms, "by_two": True})
        self.states(MarketState.PREOPEN, MarketState.OPEN)

    def free(self, account: int) -> int:
        """Free funds as the account is told, which all that answer for it agree on."""
        self.pair.compare_accounts()
        return margin_view(self.pair.fast.engine.states, account).free_margin_mills

    def held(self, account: int) -> int:
        return query.margin(self.pair.fast.engine.states, account).initial_mills

    def lots(self, account: int, book: int = F27) -> int:
        return query.position(self.pair.fast.engine.states, account, book).lots


def _text(event: Any) -> str:
    name = EventKind(event.kind).abbreviation
    return f"{name} {RejectReason(event.reason).abbreviation}" if event.kind in REFUSALS else name
