"""The accounts of the story, and how they send orders."""

from enum import IntEnum

from exchange.codes import CommandKind, EventKind, OrderType, Side, TimeInForce
from exchange.demo.simulated_venue import SimulatedVenue
from exchange.engine import query
from exchange.engine.event_rows import ACCOUNT, INSTRUMENT, KIND, LOTS, Row
from exchange.engine.query import InstrumentRow
from exchange.units import MILLS_PER_DOLLAR
from exchange.venue.account_terms import new_account


class Who(IntEnum):
    """Account numbers."""

    MAKER = 1
    CLOUD = 2
    BANK = 3
    FUND = 4
    SPECULATOR = 5


ROLES = {
    Who.MAKER: "market maker: quotes every outright each day",
    Who.CLOUD: "cloud operator: sells the next calendar years against its capacity",
    Who.BANK: "bank: buys three years of capacity for a borrower",
    Who.FUND: "fund: trades calendar spreads and the slope of the curve",
    Who.SPECULATOR: "speculator: buys a quarter with little money",
}
DEPOSITS = {  # mills
    Who.MAKER: 60_000_000 * MILLS_PER_DOLLAR,
    Who.CLOUD: 3_000_000 * MILLS_PER_DOLLAR,
    Who.BANK: 4_000_000 * MILLS_PER_DOLLAR,
    Who.FUND: 42_000 * MILLS_PER_DOLLAR,
    Who.SPECULATOR: 37_500 * MILLS_PER_DOLLAR,
}


class Desk:
    """Sends the orders of all accounts, and knows what is listed."""

    def __init__(self, simulated: SimulatedVenue) -> None:
        self.simulated, self.states = simulated, simulated.states
        self._listed: dict[str, InstrumentRow] = {}
        self._listed_at = 0

    def open_accounts(self) -> None:
        """Define the accounts and pay their deposits in, before the venue serves."""
        opened = self.simulated.opened
        for who in Who:
            opened.define_account(new_account(self.simulated.spec, who))
            opened.deposit(who, DEPOSITS[who])

    @property
    def listed(self) -> dict[str, InstrumentRow]:
        """The listed instruments by symbol; prices are those of the last settlement."""
        present = int(self.states["listed_sequence"][0])
        if present != self._listed_at:
            self._listed = {row.symbol: row for row in query.instruments(self.states)}
            self._listed_at = present
        return self._listed

    def take(self, who: Who, side: Side, symbol: str, lots: int) -> int:
        """Buy or sell at once what the other side shows, at most `lots`. Returns the lots traded."""
        row = self.listed.get(symbol)
        if row is None or lots <= 0:
            return 0
        bids, asks = query.depth(self.states, row.index, 1)
        implied_bid, implied_ask = query.implied(self.states, row.index)
        shown = [*(asks if side == Side.BUY else bids)]
        implied = implied_ask if side == Side.BUY else implied_bid
        prices = [price for price, _ in (*shown, *([implied] if implied else []))]
        if not prices:
            return 0
        price = min(prices) if side == Side.BUY else max(prices)
        events = self.simulated.row(
            CommandKind.NEW, account=who, instrument=row.index, side=side, order_type=OrderType.LIMIT,
            tif=TimeInForce.IOC, price=price, lots=lots, smp_id=who,
        )  # fmt: skip
        return sum(event[LOTS] for event in events if _is_own_fill(event, who, row.index))

    def deposit(self, who: Who, mills: int) -> None:
        """Pay money into an account."""
        self.simulated.row(CommandKind.DEPOSIT, account=who, amount_mills=mills)

    def held_lots(self, who: Who, symbol: str) -> int:
        """Lots of an account in a listed instrument, long above 0."""
        row = self.listed.get(symbol)
        return query.position(self.states, who, row.index).lots if row else 0


def _is_own_fill(event: Row, who: Who, index: int) -> bool:
    return event[KIND] == EventKind.FILL and event[ACCOUNT] == who and event[INSTRUMENT] == index
