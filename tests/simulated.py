"""A market in simulated time: real sessions, gateway, venue and engine in one process, without sockets and waiting.

    with SimulatedMarket(folder, symbols) as market:
        market.run(scene(market))           # `scene` is a coroutine; `await asyncio.sleep(3600)` takes no time
    ...
    session = await market.log_on(1)        # a `clients.client.Session` of account 1

An event loop whose clock jumps to the next timer runs everything, so that strategies, their timers and the venue's
timers run unchanged, and a run repeats itself exactly.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, cast

from clients.client import Session, connect
from clients.credentials import Ed25519
from clients.events import Event
from contracts_spec.load import load_spec
from contracts_spec.periods import day_number
from contracts_spec.schema import Spec
from exchange.codes import MarketState
from exchange.engine import query
from exchange.engine.query import PositionRow
from exchange.engine.warmup import warm_up
from exchange.gateway.connection import Connection
from exchange.gateway.gateway import Gateway
from exchange.gateway.handlers.dispatch import HANDLERS
from exchange.gateway.outbox import JSON, Outbox
from exchange.gateway.throttle import LOOPBACK
from exchange.limits import NAMED
from exchange.seams import NoSyncDisk
from exchange.units import NS_PER_DAY, NS_PER_HOUR, NS_PER_S, NS_PER_US
from exchange.venue.bootstrap import LaunchCatalogue, OpenVenue, Seams
from exchange.venue.day_schedule import DaySchedule
from exchange.wire.codec import CODECS
from exchange.wire.messages import InstrumentDefinition
from exchange.wire.version import JSON_SUBPROTOCOL
from tests.gateway.harness import CountingRng, frames_of

DAY = date(2026, 11, 23)
START_HOUR = 6
TURN_S = 0.25  # between two looks of the venue's timers; a venue that serves has 0.01
TICK_S = 5.0  # between two looks of a client's timers
DEPOSIT_MILLS = 10**11
# Rare heartbeats: nothing is lost in memory.
PROFILE = replace(LOOPBACK, heartbeat_ms=60_000, dead_ms=300_000)


class _Jumping(selectors.SelectSelector):
    """Waits for nothing: the time passes at once."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "everybody waits, and no timer is set"
        self.now_s += max(0.0, timeout)
        return []


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop in simulated time, from 0 s on."""

    def __init__(self) -> None:
        self.jumping = _Jumping()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now_s


class LoopClock:
    """The venue's clock: a start, and what has passed in the loop."""

    def __init__(self, start_ns: int, loop: SimulatedLoop) -> None:
        self._start_ns, self._loop = start_ns, loop

    def now_ns(self) -> int:
        return self._start_ns + round(self._loop.time() * NS_PER_S)

    def wall_us(self) -> int:
        return self.now_ns() // NS_PER_US

    def mono_ns(self) -> int:
        return self.now_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Link:
    """Both ends of one connection in memory: the client's transport, and the socket of the venue's connection."""

    def __init__(self, market: "SimulatedMarket", session: Session) -> None:
        self._market, self._session, self._core = market, session, session.core
        self._loop = market.loop
        self._take: Callable[[list[Event]], None] = session._take
        self._received: list[bytes] = []
        self._is_waking = self._is_delivering = False
        self._closed: tuple[int, str] | None = None

    # the client's end

    def wake(self) -> None:
        if not self._is_waking:
            self._is_waking = True
            self._loop.call_soon(self._send)

    async def dial(self) -> None:
        market = self._market
        self._core.opened(self._loop.time())
        self._connection = Connection(
            market.gateway, self, CODECS[JSON_SUBPROTOCOL], JSON, "/v1/oe", "localhost", "127.0.0.1", HANDLERS
        )
        self._connection.open()

    async def run(self) -> None:
        while self._closed is None:
            self._take(self._core.tick(self._loop.time()))
            self.wake()
            await asyncio.sleep(TICK_S)
        self._take(self._core.closed(*self._closed))

    def _send(self) -> None:
        self._is_waking = False
        clock, inbound = self._market.clock, self._market.gateway.inbound
        for frame in self._core.frames():
            if self._closed is None:
                self._connection.receive([inbound.rest_of(frame)], clock.wall_us(), clock.mono_ns())

    def _deliver(self) -> None:
        self._is_delivering = False
        received, self._received = self._received, []
        for data in received:
            for _, payload in frames_of(data):
                self._take(self._core.receive(payload, self._loop.time()))
        if self._core.requests.waiting:
            self.wake()

    # the venue's end

    def write(self, data: bytes) -> None:
        self._received.append(data)
        if not self._is_delivering:
            self._is_delivering = True
            self._loop.call_soon(self._deliver)

    def pending(self) -> int:
        return 0

    def close(self, code: int, reason: str) -> None:
        if self._closed is None:
            self._closed = code, reason
            self._connection.clean_up()

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass


class SimulatedMarket:
    """A venue in a new folder. Use it as a context manager.

    symbols       that it lists; with none, all
    accounts      number of accounts, from 1 on, each with `deposit_mills`, or with what `deposits` says
    limits        name of its size
    schedule      of its day; None: it never closes
    """

    def __init__(
        self,
        folder: str,
        symbols: Sequence[str] = (),
        accounts: int = 4,
        deposit_mills: int = DEPOSIT_MILLS,
        limits: str = "medium",
        schedule: DaySchedule | None = None,
        day: date = DAY,
        spec: Spec | None = None,
        deposits: Mapping[int, int] | None = None,
    ) -> None:
        warm_up(NAMED[limits])
        self.deposit_mills = deposit_mills
        self.loop = SimulatedLoop()
        start_ns = day_number(day) * NS_PER_DAY + START_HOUR * NS_PER_HOUR
        self.clock = LoopClock(start_ns, self.loop)
        seams = Seams(NoSyncDisk(), CountingRng(), self.clock, self._spawn, self.loop.call_soon, 1 << 23)
        outbox = Outbox(self.loop.call_soon, lambda _queue, _pending: None, 1 << 30)
        catalogue = LaunchCatalogue(day, tuple(symbols), spec or load_spec())
        self.opened = OpenVenue(folder, limits, catalogue, seams, outbox, PROFILE.batch_rows, schedule)
        self.venue, self.states = self.opened.venue, self.opened.venue.states
        self.venue.small_commit_rows = 1 << 30  # the loop writes each commit itself
        self.keys = {
            account: self.opened.make_key(
                f"s{account}", account, (deposits or {}).get(account, deposit_mills), seed=bytes([account % 256]) * 32
            )
            for account in range(1, accounts + 1)
        }
        terms = {"venue": "simulated", "history": self.opened.history_name, "feed": "f_sim", "durability": "none"}
        self.gateway = Gateway(
            self.venue, outbox, self.opened.keys, PROFILE, self.clock, CountingRng(), terms, self.opened.stored
        )  # fmt: skip
        self.gateway.restore()
        self._sessions: list[Session] = []

    def __enter__(self) -> "SimulatedMarket":
        return self

    def __exit__(self, *_: object) -> None:
        self.opened.close()
        self.loop.close()

    def run(self, scene: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end, while the venue serves."""
        asyncio.set_event_loop(self.loop)
        try:
            return self.loop.run_until_complete(self._serve(scene))
        finally:
            asyncio.set_event_loop(None)

    async def log_on(self, account: int, **terms: Any) -> Session:
        """A live session of an account. It is closed when the scene has ended."""
        pair = self.keys[account]
        session = connect(
            "ws://localhost/v1/oe", pair.key, Ed25519.from_seed(pair.seed), seed=account, **terms
        )  # fmt: skip
        session._transport = cast(Any, Link(self, session))
        self._sessions.append(await session.__aenter__())
        return session

    def cash_mills(self, account: int) -> int:
        return int(self.states["accounts"]["cash_mills"][0, account])

    def positions(self, account: int) -> dict[str, PositionRow]:
        """Positions of an account by symbol."""
        symbols = {row.index: row.symbol for row in query.instruments(self.states)}
        return {symbols[row.instrument]: row for row in query.positions(self.states, account)}

    def lots(self, account: int) -> dict[str, int]:
        """Lots of an account by symbol, without those of 0 lots."""
        return {symbol: row.lots for symbol, row in self.positions(account).items() if row.lots}

    def index(self, symbol: str) -> int:
        """Number of an instrument in the engine."""
        return next(row.index for row in query.instruments(self.states) if row.symbol == symbol)

    def halted(self) -> list[str]:
        """Names of the groups' states that are not OPEN."""
        states = map(MarketState, query.group_states(self.states).values())
        return [state.name for state in states if state != MarketState.OPEN]

    def definition(self, symbol: str) -> InstrumentDefinition:
        """An instrument as clients know it."""
        table = self.venue.table
        return next(
            table.definition(place, "OPEN") for place, row in enumerate(table.rows) if row and row.symbol == symbol
        )

    async def _serve(self, scene: Coroutine[Any, Any, Any]) -> Any:
        turning = self.loop.create_task(self._turn())
        try:
            return await scene
        finally:
            for session in self._sessions:
                await session.close()
            self._sessions.clear()
            turning.cancel()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def _turn(self) -> None:
        while True:
            self.gateway.wheel.turn(self.clock.mono_ns())
            self.venue.timekeeper.turn()
            self.venue.publish_due()
            if (write := self.venue.history.begin_flush()) is not None:
                write()
                self.venue.history.end_flush()
            self.opened.keys.flush()
            if (error := self.venue.failure.error) is not None:
                raise error
            await asyncio.sleep(TURN_S)

    def _spawn(self, job: Callable[[], Any], done: Callable[[BaseException | None], None]) -> None:
        def run() -> None:
            job()
            done(None)

        self.loop.call_soon(run)
