"""A venue's process in a temporary folder, its keys, and the proxy before it."""

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Self

from clients.blocking.loop_thread import LoopThread
from clients.credentials import Ed25519
from clients.testing.fault_proxy import FaultProxy
from clients.testing.faults import NO_FAULTS, Faults

COMMAND = (sys.executable, "-c", "from exchange.cli import main; main()")
NEEDED = ("numba", "numpy", "cyclopts")  # of the extra `venue`
START_S, STOP_S, POLL_S = 300.0, 20.0, 0.1  # a first start compiles the engine
SERVING = re.compile(r"serving (ws://\S+?:\d+)/")


def is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


class VenueNotInstalled(Exception):
    """This machine has the client alone."""


class VenueFailed(Exception):
    """The venue's process did not start, or a key could not be made; the text has what it said."""


class LocalVenue:
    """A venue for tests. Use it with `with` or `async with`.

    seed, faults    of the proxy before it, at `url`; without faults `url` is the proxy all the same
    accounts        number of accounts, numbered from 1, each with a key and a deposit
    deposit_mills   of each account
    date            trading day of the catalogue, like 2026-11-23; empty: today
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        faults: Faults = NO_FAULTS,
        accounts: int = 2,
        deposit_mills: int = 10**12,
        date: str = "",
    ) -> None:
        self.proxy: FaultProxy
        self.venue_url = ""
        self._seed, self._faults = seed, faults
        self._accounts, self._deposit_mills, self._date = accounts, deposit_mills, date
        self._folder = ""
        self._process: subprocess.Popen[str] | None = None
        self._thread: LoopThread | None = None

    @property
    def url(self) -> str:
        """The address behind the faults; `venue_url` is the venue's own."""
        return self.proxy.url

    def key(self, account: int = 1) -> tuple[str, Ed25519]:
        """Key id and secret of an account."""
        return f"k_a{account}", Ed25519.load(f"{self._folder}/a{account}.pem")

    def calm(self) -> None:
        """End the faults."""
        self.proxy.calm()

    def behind(self, faults: Faults, seed: int = 0) -> AbstractContextManager[FaultProxy]:
        """Another proxy of the same venue, for the length of a `with` block."""
        return self._proxied(FaultProxy(self.venue_url, faults, seed))

    def start(self) -> None:
        """Start the process, make the keys, open the proxy. VenueNotInstalled: the extra `venue` is missing."""
        missing = [name for name in NEEDED if not is_installed(name)]
        if missing:
            text = f"a venue needs {', '.join(missing)}, which is not installed: pip install 'gpux[venue]'"
            raise VenueNotInstalled(text)
        self._folder = tempfile.mkdtemp(prefix="gpux-venue-")
        try:
            self.venue_url = self._serve()
            self._make_keys()
            self._thread = LoopThread()
            self.proxy = FaultProxy(self.venue_url, self._faults, self._seed)
            self._thread.run(self.proxy.__aenter__, STOP_S, "proxy")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything and delete the folder."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.run(lambda: self.proxy.__aexit__(None, None, None), STOP_S, "proxy")
            thread.stop()
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _serve(self) -> str:
        """Start `gpux serve`; returns its address."""
        options = ["--port", "0", "--durability", "none", "--profile", "loopback", "--never-close"]
        options += ["--date", self._date] if self._date else []
        command = [*COMMAND, "serve", self._data, *options]
        log = Path(self._folder, "venue.log")
        with log.open("w") as out:
            self._process = subprocess.Popen(command, stderr=out, stdout=out, text=True)
        return self._wait_for(log)

    def _wait_for(self, log: Path) -> str:
        """The address in the log of the process, as soon as it is there."""
        assert self._process is not None
        for _ in range(int(START_S / POLL_S)):
            found = SERVING.search(log.read_text())
            if found is not None:
                return found[1]
            try:
                self._process.wait(POLL_S)
            except subprocess.TimeoutExpired:
                continue
            raise VenueFailed(f"gpux serve ended with code {self._process.returncode}:\n{log.read_text()}")
        raise VenueFailed(f"gpux serve does not serve after {START_S:g} s:\n{log.read_text()}")

    def _make_keys(self) -> None:
        """One key for each account, at the same time."""
        makers = []
        for account in range(1, self._accounts + 1):
            terms = ["--account", str(account), "--deposit", str(self._deposit_mills)]
            terms += ["--file", f"{self._folder}/a{account}.pem"]
            command = [*COMMAND, "key", "make", self._data, f"a{account}", *terms]
            makers.append(subprocess.Popen(command, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True))
        for maker in makers:
            said, _ = maker.communicate(timeout=START_S)
            if maker.returncode:
                raise VenueFailed(f"gpux key make ended with code {maker.returncode}:\n{said}")

    @property
    def _data(self) -> str:
        return f"{self._folder}/data"

    @contextmanager
    def _proxied(self, proxy: FaultProxy) -> Iterator[FaultProxy]:
        assert self._thread is not None, "the venue is not running"
        self._thread.run(proxy.__aenter__, STOP_S, "proxy")
        try:
            yield proxy
        finally:
            self._thread.run(lambda: proxy.__aexit__(None, None, None), STOP_S, "proxy")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)
