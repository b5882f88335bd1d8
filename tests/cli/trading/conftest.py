"""A venue that serves in a thread of its own, as commands of this process meet it: two members, and a broke one."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from exchange.engine.warmup import warm_up
from exchange.gateway.auth import KeyPair
from exchange.gateway.throttle import LOOPBACK, PROFILES
from exchange.limits import MEDIUM
from exchange.main import Settings, serve
from exchange.venue.bootstrap import OpenVenue
from tests.cli.mistakes import ended
from tests.clients.scenes import DAY, SYMBOL

SYMBOLS = (SYMBOL, "H100.G90.G27", "H100.G90.F27-G27")
DEPOSITS = {"alice": (1, 10**12), "bob": (2, 10**12), "poor": (3, 1_000)}


class RunningVenue(NamedTuple):
    """Where a test's venue serves, and the folder with the key files of its members."""

    url: str
    keys: Path


class ThreadedVenue:
    """Serves until `stop`. A folder that has served before serves again."""

    def __init__(self, folder: Path, keys: Path, port: int = 0) -> None:
        self.folder, self.keys, self.port = folder, keys, port
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        settings = Settings(
            port=self.port, day=DAY, symbols=SYMBOLS, durability="none", profile="loopback", limits="medium"
        )
        try:
            fresh = not self.folder.exists()
            async with serve(str(self.folder), settings, before=self._enrol if fresh else None) as server:
                self.port, self.url = server.port, server.url
                self._ready.set()
                await self._stop.wait()
        finally:
            self._ready.set()

    def _enrol(self, venue: OpenVenue) -> None:
        self.keys.mkdir(exist_ok=True)
        for number, (name, (account, mills)) in enumerate(DEPOSITS.items(), 1):
            pair: KeyPair = venue.make_key(name, account=account, deposit_mills=mills, seed=bytes([number] * 32))
            (self.keys / f"{name}.pem").write_bytes(pair.pem())
        risk = ("read", "trade", "risk")
        desk = venue.make_key("desk", account=4, deposit_mills=10**12, scopes=risk, seed=bytes([7] * 32), firm=9)
        (self.keys / "desk.pem").write_bytes(desk.pem())
        venue.make_key("reader", account=1, deposit_mills=0, scopes=("read",), seed=bytes([9] * 32))
        (self.keys / "reader.pem").write_bytes(KeyPair("k_reader", 1, bytes([9] * 32)).pem())
        (self.keys / "stranger.pem").write_bytes(KeyPair("k_stranger", 1, bytes([8] * 32)).pem())

    def start(self) -> "ThreadedVenue":
        self._thread.start()
        self._ready.wait()
        assert self._thread.is_alive(), "the venue did not start"
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


@pytest.fixture(scope="module")
def threaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedVenue]:
    """The venue of a test module."""
    warm_up(MEDIUM)
    # A small engine has few sessions, and each command opens one: the older ones of a key make room.
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setitem(PROFILES, LOOPBACK.name, replace(LOOPBACK, sessions_per_key=3))
    folder = tmp_path_factory.mktemp("venue")
    venue = ThreadedVenue(folder / "data", folder / "keys").start()
    yield venue
    venue.stop()
    monkeypatch.undo()


@pytest.fixture
def venue(
    threaded: ThreadedVenue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> RunningVenue:
    """The venue, named by the environment, with alice's key; no profile is there, and every order of before is gone."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("GPUX_VENUE", threaded.url)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("GPUX_PROFILE", raising=False)
    for name in ("alice", "bob"):
        monkeypatch.setenv("GPUX_KEY", str(threaded.keys / f"{name}.pem"))
        code, _, err = ended(capsys, "cancel", "--all")
        assert code == 0, err
    monkeypatch.setenv("GPUX_KEY", str(threaded.keys / "alice.pem"))
    return RunningVenue(threaded.url, threaded.keys)
