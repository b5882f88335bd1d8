"""Builds a venue from its parts and serves it: one data folder, one venue, one port. `gpux serve`, the demo and tests
call this.

    from exchange.main import Settings, prepare, serve

    with prepare(folder, Settings(symbols=("H100.G90.H27",))) as setup:     # creates the folder on first use
        key = setup.make_key("mm1", account=7, deposit_mills=25_000_000)    # journalled; the venue does not serve yet

    async with serve(folder, Settings(port=0)) as server:                   # recovers, listens, returns when ready
        server.port, server.url                                             # "ws://127.0.0.1:PORT"
        server.venue.counters                                               # commands, batches, events, trades so far
        server.venue.engine.state_hash()

`key` is a `gateway.auth.KeyPair`: `key.key` (the key id), `key.account`, `key.seed` (32 private bytes, Ed25519).
Leaving `async with` stops cleanly: sockets closed with 1001, last batch durable, SEAL and HEAD written, lock released.
`serve(folder, settings, before=function)` calls `function(setup)` on the opened venue before it listens, so that a
program can make its keys and serve without opening the folder twice.
"""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from contracts_spec.periods import day_of
from exchange.engine.warmup import warm_up
from exchange.errors import UserError
from exchange.gateway.accept_limits import FILES_KEPT, files_wanted, fit_profile
from exchange.gateway.gateway import Gateway
from exchange.gateway.origins import Address, parse_origin
from exchange.gateway.outbox import Outbox
from exchange.gateway.server import GatewayServer
from exchange.gateway.throttle import PROFILES, Profile
from exchange.journal.segments import SEGMENT_BYTES
from exchange.limits import NAMED
from exchange.operator.desk import OperatorDesk
from exchange.operator.port import OperatorPort
from exchange.seams import Clock, Disk, NoSyncDisk, RealClock, RealDisk, RealNet, RealRng, Rng
from exchange.units import NS_PER_DAY
from exchange.venue.bootstrap import LaunchCatalogue, OpenVenue, Seams
from exchange.venue.day_schedule import DaySchedule
from exchange.venue.loop import Writer
from exchange.venue.upkeep import Upkeep
from exchange.venue.venue import Venue
from exchange.web import Site, assets
from exchange.wire.errors import CloseCode

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
YOUNG_OBJECTS = 50_000  # new objects between garbage collections; most objects of a tick die with it


@dataclass(frozen=True)
class Settings:
    """How a venue is run. `day` and `symbols` are used only on the first start, when the catalogue is listed."""

    host: str = "127.0.0.1"
    port: int = 0
    day: date | None = None  # trading day that the catalogue is for; None: today
    symbols: tuple[str, ...] = ()  # instruments to list; (): all
    durability: str = "local"
    profile: str = "standard"
    limits: str = "venue"
    names: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")
    origins: tuple[str, ...] = ()  # origins of web pages that may connect, besides the venue's own
    disk: Disk = field(default_factory=RealDisk)
    clock: Clock = field(default_factory=RealClock)
    rng: Rng = field(default_factory=RealRng)
    segment_bytes: int = SEGMENT_BYTES  # size of a segment of a new journal
    schedule: DaySchedule | None = None  # None: market states change by command only

    @property
    def first_day(self) -> date:
        """Trading day that the catalogue of a new venue is for."""
        return self.day or day_of(self.clock.now_ns() // NS_PER_DAY)

    def check(self) -> None:
        """Raise UserError for a value that is not allowed (SEC-037, DUR-148)."""
        if self.profile not in PROFILES:
            raise UserError(f"profile {self.profile!r} not one of {', '.join(PROFILES)}")
        if self.durability not in ("local", "none"):
            raise UserError(f"durability {self.durability!r} not one of local, none")
        if self.limits not in NAMED:
            raise UserError(f"limits {self.limits!r} not one of {', '.join(NAMED)}")
        if not 0 <= self.port < 65_536:
            raise UserError(f"port {self.port} not in 0..65535")
        for origin in self.origins:
            parse_origin(origin)
        if self.host not in LOOPBACK_HOSTS:
            raise UserError(f"host {self.host}: only loopback is served without a certificate (SEC-037)")


def check_open_files(settings: Settings) -> None:
    """Raise UserError, exit code 78, if the limit of open files is too low. Call it before anything is opened."""
    _fitted(PROFILES[settings.profile])


def _fitted(profile: Profile) -> tuple[Profile, int]:
    """Raise the limit of open files as far as possible. Returns a profile that fits it, and the limit."""
    net = RealNet()
    used = net.open_files()
    files_max = net.allow_files(files_wanted(profile, used))
    return fit_profile(profile, files_max, used), files_max


class RunningServer:
    """A venue that serves clients. `failed` is done, with the error, when the venue has stopped because of one."""

    def __init__(self, settings: Settings, opened: OpenVenue, writer: Writer, on_stop: Callable[[], None]) -> None:
        """`on_stop` is called when an operator asks for the end of the program."""
        self.settings = settings
        self.opened = opened
        self.venue: Venue = opened.venue
        self.failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self.upkeep = Upkeep(opened, settings.clock, writer)
        profile = self._fit(PROFILES[settings.profile])
        terms = {
            "venue": "gpux",
            "history": opened.history_name,
            "feed": f"f_{settings.rng.bytes(4).hex()}",
            "durability": settings.durability,
        }
        self.gateway = Gateway(
            self.venue, opened.outbox, opened.keys, profile, settings.clock, settings.rng, terms, opened.stored
        )
        address = Address(settings.host, settings.port, settings.names, settings.origins)
        site = Site(assets, lambda: not self.failed.done())
        self.listener = GatewayServer(self.gateway, address, self.upkeep.turn, site.answer)
        self.desk = OperatorDesk(self.venue, self.gateway, opened.spec, settings.clock, on_stop)
        self.operator = OperatorPort(opened.folder, self.desk, settings.disk)
        self.venue.failure.listen(self._fail)

    def _fit(self, profile: Profile) -> Profile:
        """The profile with the connections that open files allow; reserves the disk's share of open files."""
        fitted, files_max = _fitted(profile)
        self.opened.seams.disk.keep_free(FILES_KEPT)
        if fitted != profile:
            most = f"{fitted.connections_max:,} connections at most, not {profile.connections_max:,}"
            self.opened.warnings.note(f"{most}: the limit of open files (ulimit -n) is {files_max:,}")
        return fitted

    @property
    def port(self) -> int:
        return self.listener.port

    @property
    def url(self) -> str:
        return f"ws://{self.settings.host}:{self.port}"

    async def start(self) -> None:
        self.gateway.restore()
        await self.listener.start()
        try:
            await self.operator.start()
        except UserError:
            await self.listener.stop()
            raise

    async def stop(self) -> None:
        """Close all sockets and wait until the last batch is durable."""
        await self.operator.stop()
        await self.listener.stop()
        while not (self.upkeep.idle and self.venue.idle) and not self.failed.done():
            await asyncio.sleep(0.001)
        self.upkeep.stop()
        self.opened.seams.disk.keep_free(0)

    def _fail(self, error: BaseException) -> None:
        """End every connection after the venue has failed: nothing more is sent but the close."""
        for connection in self.gateway.connections:
            connection.queue.close(CloseCode.SHUTDOWN, "the venue has stopped")
        self.operator.fail()
        if not self.failed.done():
            self.failed.set_result(error)


@contextlib.contextmanager
def prepare(folder: str, settings: Settings | None = None) -> Iterator[OpenVenue]:
    """Open the venue of a folder without serving it, to make keys, accounts, deposits. Makes the folder if need be."""
    settings = settings or Settings()
    settings.check()
    opened = _open(folder, settings, Writer())
    try:
        with _setting_up(opened):
            yield opened
    finally:
        opened.close()


@contextlib.asynccontextmanager
async def serve(
    folder: str,
    settings: Settings | None = None,
    before: Callable[[OpenVenue], None] | None = None,
    on_stop: Callable[[], None] = lambda: None,
) -> AsyncIterator[RunningServer]:
    """Open a folder and serve it until the block ends.

    before    called with the opened venue before it listens
    on_stop   called after an operator has asked for a stop and clients were notified; the caller then ends the block
    """
    settings = settings or Settings()
    settings.check()
    warm_up(NAMED[settings.limits])
    writer = Writer()
    opened = _open(folder, settings, writer)
    try:
        if before is not None:
            with _setting_up(opened):
                before(opened)
        writer.start()
        server = RunningServer(settings, opened, writer, on_stop)
        try:
            await server.start()
        except OSError as error:
            raise UserError(f"cannot listen on {settings.host} port {settings.port}: {error.strerror}") from error
        with long_run():
            try:
                yield server
            finally:
                await server.stop()
    finally:
        writer.stop()
        opened.close()


@contextlib.contextmanager
def long_run() -> Iterator[None]:
    """Garbage collection for a venue that serves: what exists at the start is not looked at again.

    A program that has frozen its objects itself decides what is looked at.
    """
    is_frozen = gc.get_freeze_count() > 0
    if not is_frozen:
        gc.collect()
        gc.freeze()
    thresholds = gc.get_threshold()
    gc.set_threshold(YOUNG_OBJECTS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        if not is_frozen:
            gc.unfreeze()


@contextlib.contextmanager
def _setting_up(opened: OpenVenue) -> Iterator[None]:
    """After an interruption it is not known which stores have what the journal has: the next start brings them up to
    date. A UserError is raised between two commands, or where the venue has failed already."""
    try:
        yield
    except UserError:
        raise
    except BaseException as error:
        opened.venue.fail(error)
        raise


def _open(folder: str, settings: Settings, writer: Writer) -> OpenVenue:
    disk = NoSyncDisk() if settings.durability == "none" else settings.disk
    catalogue = LaunchCatalogue(settings.first_day, settings.symbols)
    seams = Seams(disk, settings.rng, settings.clock, writer.spawn, writer.schedule, settings.segment_bytes)
    profile = PROFILES[settings.profile]
    outbox = Outbox(
        writer.schedule,
        lambda queue, pending: queue.owner.gateway.slow.note_pending(queue.owner, pending),
        profile.soft_kb * 1_024,
    )
    return OpenVenue(folder, settings.limits, catalogue, seams, outbox, profile.batch_rows, settings.schedule)
