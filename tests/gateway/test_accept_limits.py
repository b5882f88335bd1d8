"""Which connections are accepted, within the limit of open files (SEC-034, SEC-040)."""

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from exchange.engine.warmup import warm_up
from exchange.errors import UserError
from exchange.gateway.accept_limits import (
    CONNECTIONS_MIN,
    CROWDED,
    FILES_FREE,
    FILES_KEPT,
    FULL,
    SOCKETS_MIN,
    AcceptLimits,
    files_wanted,
    fit_profile,
)
from exchange.gateway.throttle import LOOPBACK, STANDARD
from exchange.journal.errors import JournalFailed
from exchange.journal.spares import Spares
from exchange.limits import MEDIUM
from exchange.operator.port import ask
from exchange.operator.requests import DefineAccount, ShowStatus
from exchange.seams import RealDisk
from tests.journal.fault_disk import FaultDisk
from tests.journal.helpers import run_now
from tests.served import Served

FILES = 160


@pytest.mark.rule("SEC-040")
@given(files_max=st.integers(0, 20_000), used=st.integers(3, 300))
def test_connections_and_a_burst_of_new_ones_leave_the_venues_own_files_free(files_max: int, used: int) -> None:
    if files_max < used + FILES_KEPT + FILES_FREE + SOCKETS_MIN:
        with pytest.raises(UserError, match=f"limit of open files is {files_max}") as refused:
            fit_profile(STANDARD, files_max, used)
        assert refused.value.code == 78
        return
    fitted = fit_profile(STANDARD, files_max, used)
    assert fitted.connections_max >= CONNECTIONS_MIN and fitted.backlog >= 1
    assert used + fitted.connections_max + fitted.backlog + FILES_KEPT + FILES_FREE <= files_max
    if files_max >= files_wanted(STANDARD, used):
        assert fitted == STANDARD, "enough is enough"


class Guests:
    """The limits, and the address of each accepted connection, by number."""

    def __init__(self, **limits: Any) -> None:
        profile = replace(STANDARD, **limits)
        gateway = SimpleNamespace(
            profile=profile, limits_address=lambda address: address != "here", is_blocked=lambda address: False
        )
        self.limits, self.inside, self.cut = AcceptLimits(cast(Any, gateway)), dict[int, str](), list[int]()

    def come(self, number: int, address: str = "here") -> str:
        refusal = self.limits.refusal(address)
        if not refusal:
            self.limits.add(number, address, lambda: self.cut.append(number))
            self.inside[number] = address
        return refusal

    def go(self, number: int) -> None:
        self.limits.remove(number, self.inside.pop(number))


@pytest.mark.rule("SEC-034", "SEC-040", "SEC-005")
def test_a_new_connection_replaces_the_oldest_half_open_one() -> None:
    guests = Guests(connections_max=8)
    assert [guests.come(number) for number in range(2)] == ["", ""]
    assert guests.come(2) == "" and guests.cut == [0], "a quarter may be half open"
    guests.go(0)
    guests.limits.note_upgrade(1)
    guests.limits.note_upgrade(2)
    for number in range(3, 9):
        assert guests.come(number) == ""
        guests.limits.note_upgrade(number)
    assert guests.come(9) == FULL and guests.cut == [0], "an upgraded one is not cut off for another"
    guests.go(5)
    assert guests.come(9) == ""
    assert guests.come(10) == "" and guests.cut == [0, 9]


@pytest.mark.rule("SEC-034", "SEC-040")
def test_an_address_has_its_own_cap() -> None:
    guests = Guests(connections_per_address=3)
    assert [guests.come(number, "there") for number in range(4)] == ["", "", "", CROWDED]
    assert guests.come(5, "elsewhere") == ""
    guests.go(1)
    assert guests.come(6, "there") == ""


def silent(port: int) -> socket.socket:
    """A connection that says nothing."""
    made = socket.socket()
    made.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        made.connect(("127.0.0.1", port))
    return made


@pytest.fixture(scope="module")
def compiled() -> None:
    warm_up(MEDIUM)


@pytest.fixture
def served(tmp_path: Path, compiled: None) -> Iterator[Served]:
    with Served(tmp_path / "venue", "--profile", "loopback", files=FILES) as made:
        yield made


@pytest.mark.rule("SEC-005", "SEC-040", "DUR-024")
def test_a_flood_of_half_open_sockets_halts_nothing_and_keeps_no_client_out(served: Served, tmp_path: Path) -> None:
    """More sockets than the process may have files, while the journal goes through its segments."""
    folder = str(tmp_path / "venue")
    assert f"the limit of open files (ulimit -n) is {FILES}" in served.text

    async def come_in() -> None:
        async with connect(f"ws://127.0.0.1:{served.port}/v1/md", open_timeout=60) as connection:
            assert "hello" in str(await connection.recv())

    flood: list[socket.socket] = []
    try:
        for number in range(900):
            if number % 4 == 0:
                flood += [silent(served.port) for _ in range(3)]
            ask(folder, DefineAccount(account=1 + number % 60, order_lots_max=number % 100))
            if number % 300 == 150:
                asyncio.run(come_in())
        assert ask(folder, ShowStatus())[1:] == ["H100 OPEN"], "nothing is halted"
    finally:
        for one in flood:
            one.close()
    segments = len([name for name in os.listdir(f"{folder}/journal") if name.endswith(".seg")])
    assert segments >= 5 and len(flood) > 4 * FILES
    served.process.terminate()
    assert served.ended() == 0 and "HALT" not in served.text and "Traceback" not in served.text, served.text


@pytest.mark.rule("SEC-034", "SEC-040")
def test_beyond_the_cap_a_connection_is_refused_with_503(served: Served) -> None:
    async def fill() -> tuple[int, int]:
        """How many are let in, and with which status the next is not."""
        async with contextlib.AsyncExitStack() as stack:
            for number in range(FILES):
                try:
                    await stack.enter_async_context(connect(f"ws://127.0.0.1:{served.port}/v1/md", open_timeout=60))
                except InvalidStatus as refused:
                    return number, refused.response.status_code
        return 0, 0

    most, status = asyncio.run(fill())
    assert status == 503 and most >= CONNECTIONS_MIN and f"{most} connections at most, not 4,096" in served.text
    served.process.terminate()
    assert served.ended() == 0


@pytest.mark.rule("SEC-040")
def test_a_limit_that_is_too_low_for_any_venue_stops_the_start(tmp_path: Path, compiled: None) -> None:
    served = Served(tmp_path / "venue", files=72)
    assert served.ended() == 78, served.text
    assert "limit of open files is 72" in served.text and "Traceback" not in served.text
    assert "new venue" not in served.text and not (tmp_path / "venue" / "journal").exists(), "before it opens anything"


@pytest.mark.rule("DUR-024", "DUR-083")
@pytest.mark.parametrize(
    ("number", "code", "expected"),
    [
        (errno.ENOSPC, 73, "the disk is full"),
        (errno.EDQUOT, 73, "the disk is full"),
        (errno.EMFILE, 74, "it cannot be made: Too many open files"),
        (errno.ENFILE, 74, "it cannot be made: Too many open files in system"),
        (errno.EIO, 74, "it cannot be made: Input/output error"),
    ],
)
def test_only_a_full_disk_is_said_to_be_full(
    number: int, code: int, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FaultDisk()
    spares = Spares(disk, "data/journal", 4_096, 0, run_now)

    def refuse(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(disk, "open", refuse)
    spares.ensure_later(1)
    assert spares.problem == expected and spares.error is not None and JournalFailed(spares.error).code == code


def test_the_disk_keeps_descriptors_that_sockets_cannot_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, real = RealDisk(), os.open
    disk.keep_free(2)
    left = [0]

    def scarce(path: str, flags: int, mode: int = 0o777) -> int:
        """Every descriptor is taken but those that the disk gives back."""
        if left[0] == 0:
            raise OSError(errno.EMFILE, "Too many open files")
        left[0] -= 1
        return real(path, flags, mode)

    def give_back(handle: int, close: Any = os.close) -> None:
        close(handle)
        left[0] += 1

    monkeypatch.setattr(os, "open", scarce)
    monkeypatch.setattr(os, "close", give_back)
    first, second = (disk.open(f"{tmp_path}/{name}", create=True) for name in "ab")
    with pytest.raises(OSError, match="Too many open files"):
        disk.open(f"{tmp_path}/c", create=True)
    disk.close(first)
    third = disk.open(f"{tmp_path}/c", create=True)
    disk.close(second)
    disk.close(third)
    disk.keep_free(0)
    assert left[0] == 2


def test_the_loopback_profile_is_fitted_too() -> None:
    assert (
        fit_profile(LOOPBACK, 1_024, 30).connections_max
        == 1_024 - 30 - FILES_KEPT - FILES_FREE - fit_profile(LOOPBACK, 1_024, 30).backlog
    )
