"""A venue from start to stop: what it leaves behind, and what the next start makes of it."""

import asyncio
import contextlib
import errno
import gc
from pathlib import Path

import pytest

from exchange.codes import MarketState
from exchange.engine import query
from exchange.engine.warmup import warm_up
from exchange.errors import UserError
from exchange.gateway.auth import KeyPair
from exchange.limits import MEDIUM
from exchange.main import YOUNG_OBJECTS, Settings, long_run, prepare, serve
from exchange.seams import RealDisk
from exchange.venue.bootstrap import OpenVenue
from exchange.venue.folder_check import verify_folder
from exchange.venue.loop import run_loop
from tests.gateway.harness import DAY, SYMBOL
from tests.gateway.sockets import Venue, reply, run


@pytest.fixture(autouse=True, scope="module")
def _compiled() -> None:
    """Kernels compile before any test that has a time limit."""
    warm_up(MEDIUM)


def test_clean_stop_closes_with_1001_and_the_folder_opens_again(tmp_path: object) -> None:
    settings = Settings(
        day=DAY, symbols=(SYMBOL,), durability="none", limits="medium", segment_bytes=1 << 20
    )  # fmt: skip
    keys: list[KeyPair] = []

    async def main() -> None:
        def before(opened: OpenVenue) -> None:
            keys.append(opened.make_key("k1", 1, 10**12))

        async with serve(str(tmp_path), settings, before) as server:
            venue = Venue(server, keys)
            raw = await (await venue.raw("/v1/md")).opened()
            async with venue.live() as connection:
                await connection.send(venue.order(10))
                assert (await reply(connection))["st"] == "open"
            sequence = server.venue.sequence
            closing = asyncio.ensure_future(raw.close_code())
        assert await closing == 1001
        await raw.writer.wait_closed()
        async with serve(str(tmp_path), settings) as server:
            assert server.venue.sequence >= sequence and list(server.gateway.keys.keys) == ["k_k1"]

    run_loop(main())


@pytest.mark.rule("DUR-101")
def test_snapshot_is_taken_when_due_and_at_a_stop_and_the_next_start_uses_it(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.journal.journal.SNAPSHOT_RECORDS", 5)
    monkeypatch.setattr("exchange.venue.bootstrap.CLOSING_SNAPSHOT_RECORDS", 1)
    hashes: list[bytes] = []

    async def test(venue: Venue) -> None:
        opened = venue.server.opened
        while not opened.journal.snapshot_sequence:
            await asyncio.sleep(0)
        async with venue.live() as connection:
            await connection.send(venue.order(10))
            assert (await reply(connection))["st"] == "open"
        hashes.append(venue.server.venue.engine.state_hash())

    run(tmp_path, test)
    with prepare(str(tmp_path), Settings(limits="medium", day=DAY, durability="none")) as opened:
        assert opened.report.snapshot_sequence == opened.report.last_sequence and opened.report.replayed == 0
        assert opened.engine.state_hash() == hashes[0]


@pytest.mark.rule("DUR-024", "DUR-152")
def test_snapshot_that_finds_no_room_is_told_and_the_venue_trades_on(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("exchange.journal.journal.SNAPSHOT_RECORDS", 5)
    monkeypatch.setattr("exchange.venue.bootstrap.CLOSING_SNAPSHOT_RECORDS", 1)
    monkeypatch.setattr("exchange.journal.pending.write_snapshot", full)
    lines: list[str] = []

    async def test(venue: Venue) -> None:
        venue.server.opened.warnings.listen(lines.append)
        while not lines:
            await asyncio.sleep(0)
        async with venue.live() as connection:
            await connection.send(venue.order(10))
            assert (await reply(connection))["st"] == "open"

    run(tmp_path, test)
    assert len(lines) == 2 and all("a snapshot was not written" in line for line in lines)
    with prepare(str(tmp_path), Settings(limits="medium", day=DAY, durability="none")) as opened:
        assert opened.report.snapshot_sequence == 0 and len(query.open_orders(opened.engine.states, 1)) == 1


@pytest.mark.rule("DUR-024")
def test_disk_that_fills_up_halts_the_market_and_cancels_are_still_taken(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, lines = [False], list[str]()
    open_file = RealDisk.open

    def open_if_room(disk: RealDisk, path: str, create: bool = False, write: bool = True) -> int:
        if full[0] and path.endswith(".seg.tmp"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return open_file(disk, path, create, write)

    monkeypatch.setattr(RealDisk, "open", open_if_room)
    monkeypatch.setattr("exchange.venue.upkeep.TRY_SPACE_NS", 0)

    async def test(venue: Venue) -> None:
        server, journal = venue.server, venue.server.opened.journal
        server.opened.warnings.listen(lines.append)
        while journal.spares_ready < 2:
            await asyncio.sleep(0)
        async with venue.talker() as client:
            order = {"i": venue.instrument, "side": "b", "px": venue.price, "q": 1}
            placed = await client.ask("new", coid="before", **order)
            full[0] = True
            monkeypatch.setattr("exchange.journal.journal.SPARES", 3)  # as if one had just been used up
            journal.make_spares()
            while not lines or not server.venue.idle:
                await asyncio.sleep(0)
            assert set(query.group_states(server.venue.states).values()) == {MarketState.HALT}
            assert (await client.ask("new", coid="refused", **order))["name"] == "HALTED"
            cancelled = await client.ask("cancel", oid=placed["oid"])
            assert cancelled["t"] == "ok", cancelled
            full[0] = False
            while len(lines) < 2:
                await asyncio.sleep(0)
            assert journal.spares_ready == 3 and not server.venue.failed

    run(tmp_path, test)
    assert "all groups HALT" in lines[0] and "the disk has space again" in lines[1]


@pytest.mark.rule("DUR-083")
def test_exception_of_a_timer_ends_every_connection_and_the_venue(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(venue: Venue) -> None:
        server = venue.server
        raw = await (await venue.raw("/v1/md")).opened()

        def broken() -> None:
            raise KeyError("feed")

        monkeypatch.setattr(server.venue, "publish_due", broken)
        assert repr(await server.failed) == "KeyError('feed')" and server.venue.failed
        assert await raw.close_code() == 1001
        await raw.writer.wait_closed()

    run(tmp_path, test)


@pytest.mark.rule("SEC-037", "DUR-148")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"host": "0.0.0.0"}, "host 0.0.0.0"),
        ({"host": "0.0.0.0", "durability": "none"}, "host 0.0.0.0"),
        ({"durability": "later"}, "not one of local, none"),
        ({"profile": "fast"}, "not one of"),
        ({"limits": "huge"}, "not one of"),
        ({"port": 70_000}, "not in 0..65535"),
    ],
)
def test_settings_that_must_not_be_combined_are_refused_by_name(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        Settings(day=DAY, **wrong).check()  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.rule("DUR-151")
def test_set_up_that_is_interrupted_between_journal_and_key_store_loses_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    settings = Settings(day=DAY, symbols=(SYMBOL,), durability="none", limits="medium", segment_bytes=1 << 20)
    with contextlib.suppress(KeyboardInterrupt), prepare(str(tmp_path), settings) as opened:
        monkeypatch.setattr(opened.keys, "define", interrupted)
        opened.make_key("k1", 1, 10**12)
    assert opened.venue.failed and not list(opened.keys.keys)
    verify_folder(str(tmp_path), deep=True)
    with prepare(str(tmp_path), settings) as opened:
        assert list(opened.keys.keys) == ["k_k1"]


@pytest.mark.parametrize("is_frozen", [False, True])
def test_what_a_program_has_frozen_itself_stays_so(is_frozen: bool) -> None:
    gc.unfreeze()
    if is_frozen:
        gc.freeze()
    try:
        with long_run():
            assert gc.get_freeze_count() > 0 and gc.get_threshold()[0] == YOUNG_OBJECTS
        assert (gc.get_freeze_count() > 0) == is_frozen and gc.get_threshold()[0] != YOUNG_OBJECTS
    finally:
        gc.freeze()  # as for all tests
