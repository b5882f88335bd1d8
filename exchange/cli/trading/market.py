"""One instrument as a screen shows it: book, last trades, phase with its end, and the trading day so far."""

from collections import deque
from typing import NamedTuple

from clients.client import Session
from clients.events import ChannelData, Disconnected, Event, Reconnected
from clients.feeds import Feed
from clients.local_book import LocalBook, PriceLevel
from exchange.cli.trading.showing import clock
from exchange.units import price_text
from exchange.wire.messages import ChannelSpec, InstrumentDefinition, Stats, Status, Trades
from exchange.wire.requests import ChannelName

TAPE_ROWS_KEPT = 100
DAY_S = 86_400


class Print(NamedTuple):
    """One trade of the tape. `aggressor`: b, s, or n for a trade without one (auction, implied leg)."""

    time_us: int
    price_tick: int
    lots: int
    aggressor: str


class Step(NamedTuple):
    """One price of one side of a ladder: lots of orders, and lots that other books imply."""

    price_tick: int
    lots: int
    implied_lots: int


class ShownMarket:
    """State of an instrument on display, kept by its channels' events."""

    def __init__(self, instrument: InstrumentDefinition, book: LocalBook) -> None:
        self.instrument, self.book = instrument, book
        self.tape: deque[Print] = deque(maxlen=TAPE_ROWS_KEPT)  # newest first
        self.status: Status | None = None
        self.stats: Stats | None = None
        self.problem = ""  # error text while the connection is lost
        self.feeds: list[Feed] = []  # its channels

    @property
    def phase(self) -> str:
        return self.status.phase if self.status else self.instrument.phase

    def take(self, event: Event) -> None:
        """Apply an event of the session; others than this instrument's change nothing."""
        if isinstance(event, Disconnected):
            self.problem = f"disconnected: {event.reason}"
        elif isinstance(event, Reconnected):
            self.problem = ""
        elif isinstance(event, ChannelData) and event.instrument == self.instrument.instrument:
            message = event.message
            if isinstance(message, Trades):
                self.tape.extendleft(Print(message.time_us, *row[1:]) for row in message.rows)
            elif isinstance(message, Status):
                self.status = message
            elif isinstance(message, Stats):
                self.stats = message

    def sides(self, count: int) -> tuple[list[Step], list[Step]]:
        """(bids, asks) to show, best first, at most `count` prices each; none while the book is stale."""
        if not self.book.synced:
            return [], []
        book = self.book
        return steps(book.bids(count), book.implied_bid, -1)[:count], steps(book.asks(count), book.implied_ask, 1)[
            :count
        ]

    def phase_text(self, now_us: int) -> str:
        """The phase, why, and when it ends if that is known. `now_us`: time on the venue's clock."""
        status = self.status
        text = self.phase
        if status is None:
            return text
        text += f" ({status.reason})" if status.reason else ""
        if status.until_us:
            text += f" until {clock(status.until_us)}, in {countdown(status.until_us - now_us)}"
        if status.indicative:
            tick, lots, imbalance = status.indicative
            text += f", would open {price_text(tick)} x {lots:,} ({imbalance:+,})"
        return text

    def day_text(self) -> str:
        """Last price with its change to the settlement, range and volume of the trading day, open interest."""
        stats = self.stats
        if stats is None or stats.last_tick is None:
            settled = stats.previous_settle_tick if stats else self.instrument.settle_tick
            return f"no trade today, settled {price_text(settled)}"
        change = stats.last_tick - stats.previous_settle_tick
        parts = [f"last {price_text(stats.last_tick)} {'+' if change >= 0 else ''}{price_text(change)}"]
        for name, tick in (("open", stats.open_tick), ("high", stats.day_high_tick), ("low", stats.day_low_tick)):
            parts += [f"{name} {price_text(tick)}"] if tick is not None else []
        return "  ".join([*parts, f"vol {stats.volume_lots:,}", f"OI {stats.open_interest_lots:,}"])


def steps(direct: list[PriceLevel], implied: PriceLevel | None, sign: int) -> list[Step]:
    """One side, best price first, with the implied level at its own price. `sign`: 1 asks, -1 bids."""
    lots = {level.price_tick: level.lots for level in direct}
    at = {implied.price_tick: implied.lots} if implied else {}
    return [Step(tick, lots.get(tick, 0), at.get(tick, 0)) for tick in sorted(lots | at, key=lambda tick: sign * tick)]


def countdown(left_us: int) -> str:
    """Time that is left, like 4:05, 1:02:03 or 2d 03:04; below 0 it is over."""
    seconds = max(0, left_us // 1_000_000)
    days, seconds = divmod(seconds, DAY_S)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if days:
        return f"{days}d {hours:02d}:{minutes:02d}"
    return f"{hours}:{minutes:02d}:{seconds % 60:02d}" if hours else f"{minutes}:{seconds % 60:02d}"


def venue_now_us(session: Session) -> int:
    """Time on the venue's clock, of its last sign of life."""
    hello = session.core.hello
    return session.core.venue_us or (hello.time_us if hello else 0)


async def follow(session: Session, instrument: InstrumentDefinition) -> ShownMarket:
    """Subscribe to an instrument: book, trades, phase, and the day so far where the venue offers it."""
    number = instrument.instrument
    # Ten changes a second are what a screen draws.
    depth = ChannelSpec(name_of_channel="depth", instrument=number, cadence_ms=100, levels=50)
    others = [ChannelSpec(name_of_channel=name, instrument=number) for name in offered(session)]
    market = ShownMarket(instrument, await session.book(instrument, cadence_ms=100, levels=50))
    market.feeds += await session.subscribe(depth, *others)
    return market


def offered(session: Session) -> list[ChannelName]:
    """Channels of an instrument, beside its depth, that a screen shows and the venue offers."""
    hello = session.core.hello
    there_are = hello.channels if hello else []
    names: tuple[ChannelName, ...] = ("status", "trades", "stats")
    return [name for name in names if name in there_are or not there_are]
